"""Who reads along in the team's room: people and workspaces, told of by Slack, or looked up where nobody told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from channels.slack.slack_api import Trouble
from channels.slack.slack_box import Beats, SlackBot, listening, make_channel, slack_box
from channels.slack.slack_rooms import Message, Person, Room

from bot.channels.base import Unavailable
from bot.channels.slack.audience import Audience
from bot.channels.slack.catchup import CatchUp
from bot.channels.slack.read import Own
from bot.channels.slack.verdict import Throttled
from bot.channels.slack.watched import Watched

WORDS = "postbacks stopped arriving since 9am"
UNSAID = [Trouble("rate", 30), Trouble("status", 503), Trouble("drop"), Trouble("error", "internal_error")]


RUN = Audience.run


@pytest.fixture(autouse=True)
def by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """The adapter looks at rooms when the test says so."""

    async def never(audience: Audience) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Audience, "run", never)


@pytest.fixture
def team(bot: SlackBot) -> Room:
    return team_of(bot)


def team_of(bot: SlackBot) -> Room:
    return next(room for room in bot.slack.rooms.values() if room.name == "support")


def guest(bot: SlackBot, who: str) -> Person:
    made = bot.slack.person(who)
    made.is_guest = True
    return made


async def comes(bot: SlackBot, who: str) -> None:
    team_of(bot).members[who] = bot.slack.people[who]
    await tell(bot, who, "joined")


async def goes(bot: SlackBot, who: str) -> None:
    del team_of(bot).members[who]
    await tell(bot, who, "left")


async def tell(bot: SlackBot, who: str, what: str) -> None:
    room, person = team_of(bot), bot.slack.people[who]
    event = {"type": f"member_{what}_channel", "user": person.id, "channel": room.id, "team": person.team}
    await bot.slack.emit(event | {"channel_type": "G", "event_ts": bot.slack.ts()}, room=room)
    await bot.deliver()


async def look(bot: SlackBot) -> None:
    """What the adapter does by itself every few minutes."""
    bot.clock.lead += timedelta(minutes=6)
    await bot.channel.check()
    await bot.deliver()


async def is_open(bot: SlackBot) -> bool:
    """Whether something internal is said in the team's room."""
    room = team_of(bot)
    before = len(room.posts)
    await room.says("mia", "@Pledge sla")
    await bot.deliver()
    said = [post.text for post in room.posts[before:]]
    assert said, "somebody is answered in any case"
    return not any("from outside" in text for text in said)


def told(bot: SlackBot, whom: str) -> int:
    """How many lines told the lead that this one reads along."""
    return sum("can read" in text and whom in text for text in bot.read_by("lea"))


async def test_s14_a_room_that_is_shared_no_more_stays_closed_before_a_guest(bot: SlackBot, team: Room) -> None:
    guest(bot, "eve")
    await comes(bot, "eve")
    await team.shares("T000OTHER")
    await team.unshares("T000OTHER")
    assert not await is_open(bot)
    await goes(bot, "eve")
    assert await is_open(bot)


async def test_s14_a_room_that_a_guest_has_left_stays_closed_while_it_is_shared(bot: SlackBot, team: Room) -> None:
    guest(bot, "eve")
    await team.shares("T000OTHER")
    await team.shares("T000THIRD")
    await comes(bot, "eve")
    await goes(bot, "eve")
    await team.unshares("T000OTHER")
    assert not await is_open(bot)
    await team.unshares("T000THIRD")
    assert await is_open(bot)


async def test_s14_a_guest_who_leaves_under_another_name_has_left(bot: SlackBot) -> None:
    eve = guest(bot, "eve")
    await comes(bot, "eve")
    eve.name = "Evelyn"
    bot.clock.lead += timedelta(days=2)
    await goes(bot, "eve")
    assert await is_open(bot)


async def test_s14_a_guest_has_left_though_slack_does_not_say_any_more_who_that_was(bot: SlackBot) -> None:
    guest(bot, "eve")
    await comes(bot, "eve")
    bot.channel._people._known.clear()
    bot.slack.trouble("users.info", Trouble("rate", 30), times=50)
    await goes(bot, "eve")
    bot.slack.no_trouble()
    assert await is_open(bot)


@pytest.mark.parametrize("trouble", UNSAID, ids=repr)
async def test_s14_somebody_of_whom_slack_says_nothing_is_an_outsider_until_it_does(
    bot: SlackBot, trouble: Trouble
) -> None:
    guest(bot, "eve")
    bot.slack.person("nina")
    bot.slack.trouble("users.info", trouble, times=100)
    await comes(bot, "eve")
    await comes(bot, "nina")
    assert not await is_open(bot)
    await look(bot)
    assert not await is_open(bot)
    bot.slack.no_trouble()
    await look(bot)
    assert not await is_open(bot)
    assert [told(bot, bot.slack.people[who].id) for who in ("eve", "nina")] == [1, 1]
    await goes(bot, "eve")
    assert await is_open(bot), "nina is a colleague"


async def test_s14_colleagues_whom_the_roster_knows_close_no_room_though_slack_says_nothing(bot: SlackBot) -> None:
    bot.slack.trouble("users.info", Trouble("error", "internal_error"), times=100)
    bot.channel._people._known.clear()
    await look(bot)
    await comes(bot, "mia")
    assert await is_open(bot)
    assert list(await bot.channel.check()) == []
    bot.slack.person("nina")
    await comes(bot, "nina")
    assert any("does not say" in problem.text for problem in await bot.channel.check())


async def test_s14_staff_whom_the_roster_names_is_staff_though_a_guest_to_slack(bot: SlackBot, team: Room) -> None:
    bot.slack.people["tom"].is_guest = True
    bot.channel._people._known.clear()
    await look(bot)
    await comes(bot, "tom")
    assert await is_open(bot)
    assert list(await bot.channel.check()) == []


@pytest.mark.parametrize("after", [0, 3])
async def test_s14_while_slack_asks_for_a_pause_nobody_is_told_of_who_is_merely_unknown_so_far(
    bot: SlackBot, team: Room, after: int
) -> None:
    """Those who are known for outsiders by then are told of at once, and those who are known already are not let go."""
    guest(bot, "ada")
    await comes(bot, "ada")
    team.members = {"eve": guest(bot, "eve"), **{f"nina{n}": bot.slack.person(f"nina{n}") for n in range(9)}}
    team.members["ada"] = bot.slack.people["ada"]
    bot.channel._people._known.clear()
    real, asked = bot.channel._people._api.ask, 0

    async def ask(method: str, **given: Any) -> Any:
        nonlocal asked
        asked += method == "users.info"
        if method == "users.info" and asked > after:
            raise Throttled(method, 30)
        return await real(method, **given)

    bot.channel._people._api.ask = ask
    with pytest.raises(Throttled):
        await bot.channel._audience.turn()
    told_of = ["U00000ADA", "U00000EVE"] if after else ["U00000ADA"]
    known = "SELECT who FROM outsider ORDER BY who"
    assert [who for (who,) in await bot.sql(known)] == [f"T0000HOME/{each}" for each in told_of]
    bot.channel._people._api.ask = real
    bot.clock.lead += timedelta(seconds=31)
    await bot.channel._audience.turn()
    assert [who for (who,) in await bot.sql(known)] == ["T0000HOME/U00000ADA", "T0000HOME/U00000EVE"]
    await bot.deliver()
    assert not any("nina" in text.casefold() for text in bot.read_by("lea"))


async def test_s14_a_look_that_could_not_be_stored_is_made_again(bot: SlackBot, team: Room) -> None:
    await bot.channel._audience.turn()
    team.members["eve"] = guest(bot, "eve")
    bot.channel._audience.stirred()
    receive = bot.channel._intake.receive

    async def down(_: Any) -> Any:
        raise Unavailable("disk full")

    bot.channel._intake.receive = down
    with pytest.raises(Unavailable):
        await bot.channel._audience.turn()
    bot.channel._intake.receive = receive
    await bot.channel._audience.turn()
    assert [who for (who,) in await bot.sql("SELECT who FROM outsider")] == [bot.slack.people["eve"].identity]


async def test_s14_where_slack_says_nothing_of_some_the_others_are_asked_for(bot: SlackBot, team: Room) -> None:
    real = bot.channel._people._api.ask

    async def ask(method: str, **given: Any) -> Any:
        if "NINA" in str(given.get("user")):
            raise TimeoutError
        return await real(method, **given)

    bot.channel._people._api.ask = ask
    bot.channel._people._known.clear()
    team.members = {}
    for n in range(4):
        team.members |= {f"nina{n}": bot.slack.person(f"nina{n}"), f"olga{n}": bot.slack.person(f"olga{n}")}
    await look(bot)
    known = [who for (who,) in await bot.sql("SELECT who FROM outsider")]
    assert len(known) == 4 and all("NINA" in who for who in known)


async def test_s14_a_guest_who_was_there_before_the_bot_is_found(bot: SlackBot, team: Room) -> None:
    team.members["eve"] = guest(bot, "eve")
    await look(bot)
    assert not await is_open(bot)
    await look(bot)
    assert told(bot, "eve") + told(bot, "Eve") == 1
    del team.members["eve"]
    await look(bot)
    assert await is_open(bot)


async def test_s14_of_a_room_with_many_people_every_page_is_read(bot: SlackBot, team: Room) -> None:
    for n in range(5):
        team.members[f"nina{n}"] = bot.slack.person(f"nina{n}")
    team.members["eve"] = guest(bot, "eve")
    bot.slack.history_page = 2
    await look(bot)
    assert not await is_open(bot)


async def test_s14_a_room_with_more_people_than_can_be_looked_at_is_closed(
    bot: SlackBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.slack.audience._MOST_PAGES", 1)
    bot.slack.history_page = 2
    await look(bot)
    assert not await is_open(bot)


async def test_s14_a_self_check_asked_for_from_outside_tells_nobody(bot: SlackBot, team: Room) -> None:
    team.members["eve"] = guest(bot, "eve")
    other = make_channel(bot.slack, "http", bot.times, Beats(), bot.store, bot.desk)
    (problem,) = await other.check()
    assert "eve" in problem.text.casefold()
    assert await bot.sql("SELECT count(*) FROM outsider") == [(0,)]


async def test_s14_where_members_are_not_given_nobody_is_let_go(bot: SlackBot) -> None:
    guest(bot, "eve")
    await comes(bot, "eve")
    bot.slack.trouble("conversations.members", Trouble("error", "internal_error"), times=5)
    await look(bot)
    assert not await is_open(bot)


async def test_s14_a_room_that_was_made_public_is_closed_until_it_is_private_again(bot: SlackBot, team: Room) -> None:
    guest(bot, "eve")
    await comes(bot, "eve")
    for subtype in ("channel_convert_to_public", "channel_convert_to_private"):
        team.is_private = subtype == "channel_convert_to_private"
        event = {"type": "message", "subtype": subtype, "channel": team.id, "ts": bot.slack.ts(), "user": "U0"}
        await bot.slack.emit(event, room=team)
        await look(bot)
        known = await bot.sql("SELECT who FROM outsider WHERE who LIKE 'everybody%'")
        assert len(known) == (not team.is_private)
    assert not await is_open(bot), "eve is there"


def was_public(bot: SlackBot) -> None:
    team_of(bot).is_private = False


async def test_a_team_s_room_that_always_was_public_is_told_of_by_the_self_check_alone(bot: SlackBot) -> None:
    was_public(bot)
    await look(bot)
    assert await is_open(bot)
    assert any("is public" in problem.text for problem in await bot.channel.check())


async def in_outage(mode: Any, before: Callable[[SlackBot], Awaitable[None]], during: Any) -> bool:
    """Whether the team's room is open after an outage in which this happened, in the next life of the adapter."""
    async with slack_box(mode, connected=False) as bot:
        pulse = Beats(bot.clock.now)

        def life() -> Any:
            bot.channel = make_channel(bot.slack, mode, bot.times, pulse, bot.store, bot.desk)
            return listening(bot, bot.channel)

        async with life():
            if mode == "socket":
                await bot.slack.pusher.connected.wait()
            await before(bot)
            assert (await is_open(bot)) == (before is nothing)
        bot.slack.pusher.is_down = True
        during(bot)
        bot.clock.now += timedelta(minutes=10)
        bot.slack.pusher.is_down = False
        async with life():
            await bot.channel._audience.turn()
            await bot.deliver()
            return await is_open(bot)


async def nothing(bot: SlackBot) -> None:
    """Nothing happens."""


async def a_guest_comes(bot: SlackBot) -> None:
    guest(bot, "eve")
    await comes(bot, "eve")


async def it_is_shared(bot: SlackBot) -> None:
    await team_of(bot).shares("T000OTHER")
    await bot.deliver()


MODES = pytest.mark.parametrize("mode", ["http", "socket"])


@MODES
@pytest.mark.parametrize("what", ["a guest", "a member of another workspace", "a workspace"])
async def test_s14_what_happens_to_the_room_in_an_outage_is_known_after_it(mode: Any, what: str) -> None:
    def during(bot: SlackBot) -> None:
        if what == "a workspace":
            team_of(bot).shared_with.append("T000OTHER")
        else:
            eve = bot.slack.person("eve", team="T0000HOME" if what == "a guest" else "T000OTHER")
            eve.is_guest = what == "a guest"
            team_of(bot).members["eve"] = eve

    assert not await in_outage(mode, nothing, during)


@MODES
async def test_s14_a_guest_who_leaves_in_an_outage_has_left(mode: Any) -> None:
    assert await in_outage(mode, a_guest_comes, lambda bot: team_of(bot).members.pop("eve"))


@MODES
async def test_s14_a_room_that_is_shared_no_more_in_an_outage_is_open_again(mode: Any) -> None:
    assert await in_outage(mode, it_is_shared, lambda bot: team_of(bot).shared_with.clear())


async def test_s14_after_a_gap_in_one_life_rooms_are_looked_at_again(bot: SlackBot, team: Room) -> None:
    channel = bot.channel
    await channel._audience.turn()
    team.members["eve"] = guest(bot, "eve")
    await channel._audience.turn()
    assert await is_open(bot), "nobody has told of her, and nothing has happened"
    bot.clock.lead += timedelta(minutes=7)
    await channel._catch_up.turn()
    await channel._audience.turn()
    assert not await is_open(bot)


async def test_s14_a_room_that_becomes_the_team_s_is_looked_at_by_itself(bot: SlackBot) -> None:
    await bot.channel._audience.turn()
    fresh = bot.slack.channel("second", "mia")
    fresh.members["eve"] = guest(bot, "eve")
    made = "UPDATE room SET ext_id = ? WHERE kind = 'team'"
    await bot.store.write(lambda tx: tx.connection.execute(made, (fresh.id,)))
    await bot.channel._audience.turn()
    assert [who for (who,) in await bot.sql("SELECT who FROM outsider")] == [bot.slack.people["eve"].identity]


async def test_s14_the_room_is_looked_at_at_the_start_and_whenever_somebody_comes(bot: SlackBot) -> None:
    looks: asyncio.Queue[str] = asyncio.Queue()

    async def look_at(room: str, watched: Any) -> Any:
        looks.put_nowait(room)

    audience = bot.channel._audience
    audience.look = look_at
    running = asyncio.create_task(RUN(audience))
    try:
        async with asyncio.timeout(5):
            assert await looks.get() == team_of(bot).id
            assert {await looks.get() for _ in bot.rooms} == {room.id for room in bot.rooms.values()}
            bot.slack.person("nina")
            await comes(bot, "nina")
            assert await looks.get() == team_of(bot).id
            await goes(bot, "nina")
            assert await looks.get() == team_of(bot).id
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_s14_a_room_that_cannot_be_looked_at_keeps_no_other_from_it_and_is_looked_at_again(
    bot: SlackBot, team: Room
) -> None:
    asked: list[str] = []

    async def look_at(room: str, watched: Any) -> Any:
        asked.append(room)
        if room == "C1":
            raise TimeoutError

    async def rooms() -> Any:
        return {each: Watched(each != "C1", frozenset(), frozenset()) for each in ("C1", "C2")}

    audience = bot.channel._audience
    audience.look, audience._rooms = look_at, rooms
    for _ in range(2):
        with pytest.raises(TimeoutError):
            await audience.turn()
    assert asked == ["C2", "C1", "C1"], "the team's before all others"


async def test_s14_where_slack_says_nothing_of_anybody_it_is_not_asked_of_everybody(bot: SlackBot, team: Room) -> None:
    for n in range(9):
        team.members[f"nina{n}"] = bot.slack.person(f"nina{n}")
    bot.slack.trouble("users.info", Trouble("error", "internal_error"), times=100)
    bot.channel._people._known.clear()
    before = len(list(bot.slack.called("users.info")))
    await look(bot)
    assert len(list(bot.slack.called("users.info"))) - before == 3
    bot.slack.no_trouble()
    await look(bot)
    assert await is_open(bot)


async def test_s14_colleagues_are_colleagues_before_we_know_ourselves(bot: SlackBot) -> None:
    bot.channel._intake.own = Own()
    await bot.channel._audience.turn()
    assert await is_open(bot)


async def test_s14_many_who_are_new_are_told_of_in_one_line(bot: SlackBot, team: Room) -> None:
    for n in range(12):
        team.members[f"gus{n}"] = guest(bot, f"gus{n}")
    await look(bot)
    (line,) = [text for text in bot.read_by("lea") if "can read" in text]
    assert "+9" in line and line.count("T0000HOME") == 3
    (problem,) = [each for each in await bot.channel.check() if "no colleagues" in each.text]
    assert problem.text.count("T0000HOME") == 12


async def test_s14_somebody_unknown_who_comes_to_a_client_s_room_is_told_of_where_he_surely_is_a_stranger(
    bot: SlackBot,
) -> None:
    bot.slack.trouble("users.info", Trouble("error", "internal_error"), times=100)
    acme, told_before = bot.rooms["acme"], len(bot.read_by("mia"))
    for who, team in (("nina", "T0000HOME"), ("eve", "T000OTHER")):
        person = bot.slack.person(who, team=team)
        event = {"type": "member_joined_channel", "user": person.id, "channel": acme.id, "team": team}
        await bot.slack.emit(event | {"event_ts": bot.slack.ts()}, room=acme)
        await bot.deliver()
    (line,) = bot.read_by("mia")[told_before:]
    assert "T000OTHER" in line


async def test_s14_a_room_that_is_shared_with_nobody_knows_whom_is_closed(
    bot: SlackBot, team: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = team.as_json() | {"is_ext_shared": True}
    monkeypatch.setattr(team, "as_json", lambda: shown)
    await look(bot)
    assert not await is_open(bot)


@MODES
@pytest.mark.parametrize("what", ["public", "third workspace", "stranger", "guest"])
async def test_s14_who_reads_a_client_s_room_since_an_outage_is_told_to_its_manager_once(
    mode: Any, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CatchUp, "run", Audience.run)  # by hand as well
    async with slack_box(mode, connected=False) as bot:
        pulse, acme = Beats(bot.clock.now), bot.rooms["acme"]
        acme.shared_with.append("T0000ACME")

        async def life() -> None:
            bot.channel = make_channel(bot.slack, mode, bot.times, pulse, bot.store, bot.desk)
            bot.reborn()
            async with listening(bot, bot.channel):
                while mode == "socket" and not bot.channel._socket.is_connected:
                    await asyncio.sleep(0)
                await bot.channel._audience.turn()
                await bot.channel._catch_up.turn()
                await bot.channel.check()
                await bot.deliver()

        await life()
        before = len(bot.read_by("mia"))
        assert not any("can read" in text for text in bot.read_by("mia"))
        bot.clock.now += timedelta(minutes=10)
        if what == "public":
            acme.is_private = False
        elif what == "third workspace":
            acme.shared_with.append("T000OTHER")
        else:
            eve = bot.slack.person("eve", team="T0000HOME" if what == "guest" else "T000OTHER")
            eve.is_guest = what == "guest"
            acme.members["eve"] = eve
            acme.messages.append(Message(bot.slack.ts(), eve.id, eve.team, "has joined", subtype="channel_join"))
        for _ in range(3):
            bot.clock.now += timedelta(minutes=10)
            await life()
        (line,) = [text for text in bot.read_by("mia")[before:] if "can read" in text]
        named = {"public": "everybody", "third workspace": "T000OTHER"}.get(what, "U00000EVE")
        assert named in line


@pytest.mark.parametrize("shared_with", [["T0000ACME"], ["T000OTHER"]])
async def test_s14_a_room_of_a_client_with_no_listed_contact_is_its_own_workspace_s(
    bot: SlackBot, shared_with: list[str]
) -> None:
    bot.rooms["acme"].shared_with = shared_with
    await bot.store.write(lambda tx: tx.connection.execute("DELETE FROM identity WHERE ext_id LIKE 'T0000ACME/%'"))
    await bot.channel._audience.turn()
    assert await bot.sql("SELECT who FROM outsider") == []


async def test_s14_a_stranger_in_a_client_s_room_is_known_however_often_he_is_found(bot: SlackBot) -> None:
    acme, eve = bot.rooms["acme"], bot.slack.person("eve", team="T000OTHER")
    event = {"type": "member_joined_channel", "user": eve.id, "channel": acme.id, "team": eve.team}
    await bot.slack.emit(event | {"event_ts": bot.slack.ts()}, room=acme)
    for _ in range(2):
        await bot.channel._audience.turn()
        shown = Message(bot.slack.ts(), eve.id, eve.team, "has joined", subtype="channel_join").as_json(acme)
        await bot.channel._intake.remembered(shown, acme.id)
        assert acme.id not in bot.channel._audience._seen, "who has left since is found by a look"
    await bot.deliver()
    assert sum("can read" in text for text in bot.read_by("mia")) == 1


async def test_s14_a_stranger_who_left_a_client_s_room_in_an_outage_is_told_of_again_when_he_comes_back(
    bot: SlackBot,
) -> None:
    acme, eve = bot.rooms["acme"], bot.slack.person("eve", team="T000OTHER")
    for subtype in ("channel_join", "channel_leave", "group_join"):
        shown = Message(bot.slack.ts(), eve.id, eve.team, "has come or gone", subtype=subtype).as_json(acme)
        await bot.channel._intake.remembered(shown, acme.id)
        await bot.deliver()
    assert sum("can read" in text for text in bot.read_by("mia")) == 2


async def test_a_self_check_that_slack_asks_to_pause_goes_on_the_next_time(bot: SlackBot) -> None:
    bot.slack.trouble("conversations.info", Trouble("rate", 30))
    (said,) = await bot.channel.check()
    assert "3 of 3 rooms" in said.text
    bot.clock.lead += timedelta(seconds=31)
    assert list(await bot.channel.check()) == []
