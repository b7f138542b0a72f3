"""`/hold`: whom a ticket waits for, in either language, never guessed from a slip."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fakes import DIRECT, MINUTE, POLICY, STAFF, FakeDesk, happened, tell, ticketed

from bot.sla.log import EventKind


@pytest.mark.parametrize(
    ("written", "reason", "who"),
    [
        ("client", "client", "Acme"),
        ("T-42 client", "client", "Acme"),
        ("42 the client", "client", "Acme"),
        ("waiting for the client", "client", "Acme"),
        ("клиент", "client", "Acme"),
        ("ждём клиента", "client", "Acme"),
        ("third party Stripe", "third_party", "Stripe"),
        ("third-party: Stripe", "third_party", "Stripe"),
        ("third_party Stripe", "third_party", "Stripe"),
        ("3rd party Stripe", "third_party", "Stripe"),
        ("#42 waiting for Stripe", "third_party", "Stripe"),
        ("waiting for third party Stripe Inc.", "third_party", "Stripe Inc."),
        ("третья сторона Stripe", "third_party", "Stripe"),
        ("ждём Stripe", "third_party", "Stripe"),
    ],
)
def test_a_wait_is_named(written: str, reason: str, who: str) -> None:
    desk = FakeDesk(STAFF, DIRECT, [ticketed()])
    told = "Acme is told that the ticket waits for details." if who == "Acme" else f"Acme is told: waiting for {who}."
    assert tell(desk, f"/hold {written}") == f"{told} T-42."
    assert desk.done == [("hold", 42, reason, who)]


@pytest.mark.parametrize("written", ["cleint", "Stripe", "clients are angry"])
def test_a_lone_name_is_no_third_party(written: str) -> None:
    desk = FakeDesk(STAFF, DIRECT, [ticketed()])
    assert tell(desk, f"/hold {written}") == (
        f"'{written}' does not say who is waited for. This works: hold T-42 client, or hold T-42 third party NAME."
    )
    assert desk.done == []


def test_without_words_the_two_sides_are_offered() -> None:
    desk = FakeDesk(STAFF, DIRECT, [ticketed()])
    assert tell(desk, "/hold") == "Who is T-42 waiting for?\n[The client][A third party]"
    assert desk.done == []


@pytest.mark.parametrize("written", ["third party", "T-42 waiting for a third party"])
def test_a_third_party_without_its_name_is_asked_for(written: str) -> None:
    desk = FakeDesk(STAFF, DIRECT, [ticketed()])
    assert tell(desk, f"/hold {written}") == "What is the third party's name? T-42"
    assert desk.done == [("ask", "third_party", 42)]


def test_the_button_asks_which_details_first() -> None:
    desk = FakeDesk(STAFF, DIRECT, [ticketed(policy=replace(POLICY, details=("order number", "a screenshot")))])
    assert tell(desk, "/ask-details T-42") == (
        "Which details does Acme have to send? Write them, or choose. T-42\n"
        "[order number][a screenshot][order number, a screenshot][As I wrote]"
    )
    assert desk.done == [("ask", "details", 42)]


@pytest.mark.parametrize(
    ("written", "details"),
    [
        ("client order number, a screenshot", "order number, a screenshot"),
        ("client: the order number", "the order number"),
        ("waiting for the client: logs", "logs"),
        ("клиента: номер заказа", "номер заказа"),
    ],
)
def test_what_stands_behind_the_client_is_what_he_is_asked_for(written: str, details: str) -> None:
    desk = FakeDesk(STAFF, DIRECT, [ticketed()])
    assert tell(desk, f"/hold T-42 {written}") == f"Acme is asked for: {details}. T-42."
    assert desk.done == [("hold", 42, "client", "Acme", details)]


def test_a_name_has_its_limit() -> None:
    desk = FakeDesk(STAFF, DIRECT, [ticketed()])
    assert tell(desk, f"/hold third party {'x' * 81}") == "That is too long; 80 characters fit."
    assert desk.done == []


@pytest.mark.parametrize("written", ["", "third party"])
def test_nothing_is_asked_about_a_closed_ticket(written: str) -> None:
    desk = FakeDesk(STAFF, DIRECT, [ticketed(happened(EventKind.RESOLVED, MINUTE))])
    assert tell(desk, f"/hold T-42 {written}") == "T-42 is resolved since 11:59 GMT+3; reopen T-42 opens it again."
    assert desk.done == []


def test_staff_hears_it_in_the_language_of_his_own_chat() -> None:
    desk = FakeDesk(STAFF, replace(DIRECT, locale="ru"), [ticketed()])
    assert tell(desk, "/hold ждём Stripe") == "Клиент (Acme) знает: ждём Stripe. T-42."
