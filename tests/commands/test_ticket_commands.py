"""What moves a ticket from opening to its end: each word reaches the desk once, with the ticket that is meant."""

from __future__ import annotations

import pytest
from fakes import (
    CLIENT,
    CLIENT_ROOM,
    DIRECT,
    MINUTE,
    STAFF,
    TEAM,
    FakeDesk,
    happened,
    tell,
    ticketed,
)

from bot.commands.base import Actor
from bot.people import Room
from bot.sla.log import EventKind


# Who asks, where, what, what the desk was asked to do, and what the asker reads ("": the room was told already).
@pytest.mark.parametrize(
    ("actor", "room", "text", "done", "said"),
    [
        (CLIENT, CLIENT_ROOM, "/new the report\nis empty", ("open", "the report\nis empty"), ""),
        (
            CLIENT,
            CLIENT_ROOM,
            "/separate T-42",
            ("split", 42),
            "T-43 is a ticket of its own now, apart from T-42.",
        ),
        (STAFF, DIRECT, "/assign T-42 ben", ("assign", 42, "ben"), "Ann answers T-42 from now on."),
        (STAFF, CLIENT_ROOM, "/assign Ben Ode", ("assign", 42, "Ben Ode"), ""),
        (CLIENT, CLIENT_ROOM, "/escalate", ("escalate", 42, ""), ""),
        (CLIENT, CLIENT_ROOM, "/escalate T-42 still down", ("escalate", 42, "still down"), ""),
        (CLIENT, CLIENT_ROOM, "/escalate 42", ("escalate", 42, ""), ""),
        (CLIENT, CLIENT_ROOM, "/escalate T-42\nstill down", ("escalate", 42, "still down"), ""),
        # A bare number that is no ticket here belongs to the reason.
        (CLIENT, CLIENT_ROOM, "/escalate 3 days of silence", ("escalate", 42, "3 days of silence"), ""),
        (STAFF, DIRECT, "/escalate T-42 x", ("escalate", 42, "x"), "T-42 is at level 1; Acme is told."),
        (STAFF, TEAM, "/acknowledge T-42", ("acknowledge_escalation", 42), "Acme is told. T-42."),
        (CLIENT, CLIENT_ROOM, "/resolve", ("resolve", 42), ""),
        (STAFF, CLIENT_ROOM, "/resolve #42", ("resolve", 42), ""),
        (STAFF, DIRECT, "/resolve T42", ("resolve", 42), "T-42 is resolved; Acme is asked to confirm."),
        (CLIENT, CLIENT_ROOM, "/confirm T-42", ("confirm", 42), ""),
        (CLIENT, CLIENT_ROOM, "/reopen it happens again", ("reopen", 42, "it happens again"), ""),
        (STAFF, DIRECT, "/reopen T-42", ("reopen", 42, ""), "Acme is told. T-42."),
        (CLIENT, CLIENT_ROOM, "/rate T-42 5", ("rate", 42, 5), "Recorded: 5 of 5 for T-42."),
        (CLIENT, CLIENT_ROOM, "/rate 1", ("rate", 42, 1), "Recorded: 1 of 5 for T-42."),
        (STAFF, CLIENT_ROOM, "/take", ("take", 42), ""),
        (STAFF, DIRECT, "/take T-42", ("take", 42), "Ann has T-42."),
        (STAFF, DIRECT, "/resume T-42", ("resume", 42), "Acme is told. T-42."),
        (STAFF, CLIENT_ROOM, "/resume", ("resume", 42), ""),
        (
            STAFF,
            TEAM,
            "/note T-42 the disk is full",
            ("note", 42, "the disk is full"),
            "Note kept, for staff only. T-42.",
        ),
        (
            STAFF,
            DIRECT,
            "/meant T-42 17",
            ("meant", 42, 17),
            "Counted for T-42 from the moment it was written.",
        ),
    ],
)
def test_a_command_does_its_one_thing(actor: Actor, room: Room, text: str, done: tuple[object, ...], said: str) -> None:
    desk = FakeDesk(actor, room, [ticketed()])
    assert tell(desk, text) == said
    assert desk.done == [done]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "/resolve the problem please",
            "'the problem please' is no ticket reference. This works: resolve T-42.",
        ),
        ("/take it", "'it' is no ticket reference. This works: take T-42."),
        ("/answered T-42 yesterday", "'T-42 yesterday' is no ticket reference. This works: answered T-42."),
        ("/new", "This needs some words. This works: new the report shows no clicks."),
        ("/note", "This needs some words. This works: note T-42 the cause is a full disk."),
        ("/note T-42", "This needs some words. This works: note T-42 the cause is a full disk."),
        ("/escalate T-9 please", "There is no ticket T-9 here; status lists the open ones."),
        ("/rate T-42 6", "'T-42 6' is no mark from 1 to 5. This works: rate T-42 5."),
        ("/rate T-42", "'T-42' is no mark from 1 to 5. This works: rate T-42 5."),
        ("/rate", "'' is no mark from 1 to 5. This works: rate T-42 5."),
        ("/rate T-42 ５", "'T-42 ５' is no mark from 1 to 5. This works: rate T-42 5."),
        ("/meant T-42", "'T-42' is no ticket reference. This works: answered T-42."),
    ],
)
def test_wrong_input_is_answered_with_what_works_and_changes_nothing(text: str, said: str) -> None:
    desk = FakeDesk(STAFF, DIRECT, [ticketed()])
    assert tell(desk, text) == said
    assert desk.done == []


def test_of_several_tickets_none_is_guessed() -> None:
    desk = FakeDesk(tickets=[ticketed(), ticketed(ref=43)])
    assert tell(desk, "/escalate 3 days of silence") == "Which one: T-42, T-43?"
    assert desk.done == []


def test_without_a_ticket_there_is_nothing_to_do() -> None:
    assert tell(FakeDesk(), "/resolve") == "No ticket is open here."


@pytest.mark.parametrize("text", ["/take T-42", "/resume T-42", "/escalate T-42", "/resolve T-42"])
def test_a_command_repeated_has_no_effect(text: str) -> None:
    desk = FakeDesk(STAFF, DIRECT, [ticketed()])
    tell(desk, text)
    assert tell(desk, text) == "Already so: T-42."
    assert len(desk.done) == 1


def test_that_was_the_answer_names_the_moment_it_counts_from() -> None:
    reply = happened(EventKind.ANSWERED, 10 * MINUTE, answers="resolution")
    desk = FakeDesk(STAFF, DIRECT, [ticketed(reply)])
    assert tell(desk, "/answered") == "Recorded as the answer at 11:50 GMT+3. T-42."
    assert desk.done == [("answered", 42)]
