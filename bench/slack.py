"""A signed event of Slack until it is a committed ticket and confirmed, against a bare slack-bolt app.

Ours: POST /slack/events of a real bot: signature, inbox row, message, ticket, event, clock, its steps, buttons and
the window in the outbox, in one durable unit; the 200 comes after its commit. Windows of earlier tickets are posted
beside, one a second and channel as Slack takes them. The peer (bench._peer_slack): slack-bolt's AsyncApp over its own
Starlette adapter, which verifies the signature, confirms, and does nothing; and the same with the rows of a ticket
copied into our schema, a commit for all that wait: the floor for whoever keeps what we keep. Slack is the fake of the
tests; this process is the load: raw sockets on loopback, kept open.
"""

import asyncio
import sqlite3
import tempfile
import time
from pathlib import Path
from typing import Any

from bench._box import BotProcess
from bench._load import Result, Rounds, load, post, results, show, side_by_side
from bench._rows import leave_template
from bot.app import wall_clock
from bot.channels.slack.manifest import SCOPES

# isort: split
# The tests are no package: bench._box has put their folder in place.
from channels.slack.slack_api import BOT_TOKEN, SECRET, SlackApi
from channels.slack.slack_push import Push
from channels.slack.slack_rooms import Message, Room

CONNECTIONS = (1, 32)
_CLIENTS = 20
_PEOPLE = 10  # of each client


def run(rounds: int = 5, count: int = 600) -> list[Result]:
    """Alternate the two servers for each number of connections; `count` events in a round."""
    return asyncio.run(_run(rounds, count))


async def _run(rounds: int, count: int) -> list[Result]:
    measured: Rounds = {}
    with tempfile.TemporaryDirectory() as name:
        async with SlackApi(now=wall_clock, scopes=SCOPES, echoes=False) as slack:
            rooms = _furnish(slack)
            bot = _bot(Path(name) / "bot", slack, rooms)
            await leave_template(Path(name))
            bare = ("bench._peer_slack", slack.url, BOT_TOKEN, SECRET)
            async with side_by_side(bot, bare, (*bare, name)) as (ours, peer, writing):
                servers = {"Pledge": ours, "slack-bolt and the rows": writing, "slack-bolt": peer}
                for what, server in servers.items():
                    events = _events(slack, rooms, server.port, _CLIENTS * _PEOPLE, f"warming up {what}")
                    await load(server, events, 4)
                for number in range(rounds):
                    for connections in CONNECTIONS:
                        for what, server in servers.items():
                            events = _events(slack, rooms, server.port, count, f"{number} of {what}")
                            _forget_windows(bot)
                            done = await load(server, events, connections)
                            measured.setdefault((what, connections), []).append(done)
    return results(measured)


def _furnish(slack: SlackApi) -> list[Room]:
    """Many people, because one person's commands wait after twenty at once."""
    names = [[slack.person(f"a{n}x{m}", team="T0000ACME").key for m in range(_PEOPLE)] for n in range(_CLIENTS)]
    return [slack.channel(f"client{n}", *each) for n, each in enumerate(names)]


def _bot(folder: Path, slack: SlackApi, rooms: list[Room]) -> BotProcess:
    bot = BotProcess(folder, at=None)
    bot.give_rooms("slack", {f"c{n}": room.id for n, room in enumerate(rooms)})
    bot.settings = {
        "PLEDGE_SLACK__BOT_TOKEN": BOT_TOKEN,
        "PLEDGE_SLACK__SIGNING_SECRET": SECRET,
        "PLEDGE_SLACK__BASE_URL": slack.url,
    }
    return bot


def _events(slack: SlackApi, rooms: list[Room], port: int, count: int, what: str) -> list[bytes]:
    """Signed requests, each a client's message that opens a ticket."""
    found = []
    for n in range(count):
        room = rooms[n % len(rooms)]
        who = list(room.members.values())[n // len(rooms) % _PEOPLE]
        message = Message(slack.ts(), who.id, who.team, f"@Pledge new export {n} fails, {what}")
        room.messages.append(message)
        body = Push("events_api", _envelope(slack, room, message)).body
        found.append(post(port, "/slack/events", body, slack.pusher.signed(body)))
    return found


def _envelope(slack: SlackApi, room: Room, message: Message) -> dict[str, Any]:
    event = message.as_json(room) | {"channel": room.id, "channel_type": "group", "event_ts": message.ts}
    return slack.envelope(event, message.team, room).payload


def _forget_windows(bot: BotProcess) -> None:
    """What the last round left to post would take minutes at Slack's pace, and is not what is measured here."""
    connection = sqlite3.connect(bot.database, timeout=10)
    with connection:
        connection.execute("UPDATE outbox SET state = 'superseded' WHERE state = 'pending'")
    connection.close()
    time.sleep(0.3)  # what is on its way arrives


def main() -> None:
    """Print both side by side."""
    show(run())


if __name__ == "__main__":
    main()
