"""Stretches of time joined, laid over each other and taken out of each other; pure."""

from __future__ import annotations

from collections.abc import Iterable

from bot.sla.booking import Span
from bot.sla.calendar import Calendar


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same time in order, without overlap, in as few spans as there can be."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda each: each.start):
        if found and span.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return tuple(found)


def common(some: Iterable[Span], others: Iterable[Span]) -> tuple[Span, ...]:
    """The time that lies in both."""
    others = tuple(others)
    both = (Span(max(a.start, b.start), min(a.end, b.end)) for a in some for b in others)
    return joined(span for span in both if span.start < span.end)


def without(some: Iterable[Span], others: Iterable[Span]) -> tuple[Span, ...]:
    """The time of `some` that lies in none of the others."""
    left = joined(some)
    for gone in joined(others):
        pieces = (
            piece
            for span in left
            for piece in (Span(span.start, min(span.end, gone.start)), Span(max(span.start, gone.end), span.end))
        )
        left = joined(piece for piece in pieces if piece.start < piece.end)
    return left


def open_time(calendar: Calendar, within: Span) -> tuple[Span, ...]:
    """When a desk is open."""
    return joined(Span(each.start, each.end) for each in calendar.segments(within.start, within.end) if each.is_open)
