"""Stretches of time joined, laid over each other and taken out of each other, against time counted hour by hour."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bot.sla.booking import Span
from bot.sla.stretches import common, joined, without

DAY = datetime(2025, 3, 17, tzinfo=UTC)
SPANS = st.lists(
    st.tuples(st.integers(0, 23), st.integers(1, 6)).map(
        lambda each: Span(DAY + timedelta(hours=each[0]), DAY + timedelta(hours=sum(each)))
    ),
    max_size=6,
)


def hours(spans: Iterable[Span]) -> set[int]:
    return {n for n in range(30) for span in spans if span.start <= DAY + timedelta(hours=n) < span.end}


@given(SPANS, SPANS)
def test_what_comes_of_two_lists_is_the_time_that_is_meant(some: list[Span], others: list[Span]) -> None:
    assert hours(joined(some)) == hours(some)
    assert hours(common(some, others)) == hours(some) & hours(others)
    assert hours(without(some, others)) == hours(some) - hours(others)
    for found in (joined(some), common(some, others), without(some, others)):
        assert all(one.end < two.start for one, two in pairwise(found))
        assert all(span.start < span.end for span in found)
