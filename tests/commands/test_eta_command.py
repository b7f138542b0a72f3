"""`/eta`: a promise is read exactly, in the room's zone and language, or not at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from fakes import CLIENT_ROOM, DIRECT, MINUTE, STAFF, FakeDesk, happened, tell, ticketed

from bot.people import Room
from bot.sla.log import EventKind

RUSSIAN = replace(DIRECT, locale="ru")
RESOLVED = happened(EventKind.RESOLVED, MINUTE)


def utc(hour: int, minute: int = 0, day: int = 20) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


# Now it is Friday 12:00 in GMT+3 (the direct chat) and 10:00 in Berlin (the client's room).
@pytest.mark.parametrize(
    ("room", "written", "ref", "eta_at", "reason"),
    [
        (DIRECT, "16:00", 42, utc(13), ""),
        (CLIENT_ROOM, "16:00", 42, utc(15), ""),
        (DIRECT, "2h", 42, utc(11), ""),
        (DIRECT, "T-43 2h waiting for the vendor", 43, utc(11), "waiting for the vendor"),
        (DIRECT, "#43 tomorrow noon", 43, utc(9, day=21), ""),
        (DIRECT, "end of day", 42, utc(16), ""),
        (DIRECT, "T-43 eod: the index is rebuilt", 43, utc(16), "the index is rebuilt"),
        (RUSSIAN, "через 2 часа ждём поставщика", 42, utc(11), "ждём поставщика"),
        (RUSSIAN, "T-43 завтра 9:30", 43, utc(6, 30, day=21), ""),
        # A bare number is a ticket only where a time follows.
        (DIRECT, "43 2h", 43, utc(11), ""),
        (DIRECT, "43 16:00 a restart", 43, utc(13), "a restart"),
        (DIRECT, "2 hours", 42, utc(11), ""),
        (DIRECT, "4 pm", 42, utc(13), ""),
        (DIRECT, "24 Nov 15:00", 42, utc(12, day=24), ""),
    ],
)
def test_a_time_is_promised(room: Room, written: str, ref: int, eta_at: datetime, reason: str) -> None:
    desk = FakeDesk(STAFF, room, [ticketed()] if ref == 42 else [ticketed(), ticketed(ref=43)])
    tell(desk, f"/eta {written}")
    assert desk.done == [("give_eta", ref, eta_at, reason)]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("16", "'16' lacks its unit. This works: 16:00, 2h, tomorrow 9:30, Mon 10:00."),
        ("soon", "'soon' is no time that can be read here. This works: 16:00, 2h, tomorrow 9:30, Mon 10:00."),
        (
            "T-42 3/4 12:00",
            "'3/4' can have the day first or the month first. This works: 16:00, 2h, tomorrow 9:30, Mon 10:00.",
        ),
        (
            "tomorrow",
            "'tomorrow' lacks the time of day. This works: 16:00, 2h, tomorrow 9:30, Mon 10:00.",
        ),
        (
            "42 Nov 15:00",
            "'42 Nov' is not in the calendar. This works: 16:00, 2h, tomorrow 9:30, Mon 10:00.",
        ),
        ("T-9 2h", "There is no ticket T-9 here; status lists the open ones."),
        ("9 2h", "There is no ticket T-9 here; status lists the open ones."),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_works(written: str, said: str) -> None:
    desk = FakeDesk(STAFF, DIRECT, [ticketed()])
    assert tell(desk, f"/eta {written}") == said
    assert desk.done == []


def test_staff_elsewhere_hears_what_the_client_was_told() -> None:
    said = tell(FakeDesk(STAFF, DIRECT, [ticketed()]), "/eta 2h")
    assert said == "Acme is told: fix expected by 14:00 GMT+3 (in 2 h). T-42."


def test_in_the_clients_room_the_promise_itself_is_the_answer() -> None:
    assert tell(FakeDesk(STAFF, CLIENT_ROOM, [ticketed()]), "/eta 2h") == ""


@pytest.mark.parametrize("command", ["/eta", "/eta T-42", "/ask-eta", "/ask_eta T-42"])
def test_without_a_time_it_is_asked_for(command: str) -> None:
    desk = FakeDesk(STAFF, DIRECT, [ticketed()])
    said = tell(desk, command)
    assert said == ("By when? For example 16:00, 2h, tomorrow 9:30. T-42\n[ETA in 1 h][ETA in 2 h][ETA end of day]")
    assert desk.done == [("ask", "eta", 42)]


@pytest.mark.parametrize("when", ["1h", "2h", "end of day"])
@pytest.mark.parametrize("locale", ["en", "ru"])
def test_the_offered_times_can_be_read_in_every_language(when: str, locale: str) -> None:
    desk = FakeDesk(STAFF, replace(DIRECT, locale=locale), [ticketed()])
    tell(desk, f"/eta T-42 {when}")
    assert desk.done[0][0] == "give_eta"


def test_no_time_is_asked_for_a_closed_ticket() -> None:
    desk = FakeDesk(STAFF, DIRECT, [ticketed(RESOLVED)])
    assert tell(desk, "/eta T-42") == "T-42 is resolved since 11:59 GMT+3; reopen T-42 opens it again."
    assert desk.done == []


def test_the_same_promise_twice_is_made_once() -> None:
    desk = FakeDesk(STAFF, DIRECT, [ticketed()])
    tell(desk, "/eta 16:00")
    assert tell(desk, "/eta 16:00") == "Already so: T-42."
    assert len(desk.done) == 1
