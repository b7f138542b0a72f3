"""A signed event of Slack until it is a committed ticket and confirmed, against a bare slack-bolt app.

Ours: POST /slack/events of a real bot: signature, inbox row, message, ticket, event, clock, its steps, buttons and the
window in the outbox, in one durable unit; the 200 comes after its commit. Windows of earlier tickets are posted beside,
one a second and channel as Slack takes them. The peer (bench._peer_slack): slack-bolt's AsyncApp over its own Starlette
adapter, which verifies the signature, confirms, and does nothing. Slack is the fake of the tests; this process is the
load: raw sockets on loopback, kept open.
"""

import asyncio
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from bench._box import BotProcess, free_port, until
from bench._load import Round, load
from bench._machine import conditions, spread

# isort: split
# The tests are no package: bench._box has put their folder in place.
from channels.slack.slack_api import BOT_TOKEN, SECRET, SlackApi
from channels.slack.slack_push import Push
from channels.slack.slack_rooms import Message, Room

CONNECTIONS = (1, 32)
_CLIENTS = 20
_PEOPLE = 10  # of each client
_CLIENT = """
[[clients]]
id = "c{n}"
name = "c{n}"
agreement = "redtrack-premium"
manager = "mia"
locale = "en"
zone = "Etc/GMT-3"
rooms = [{{ channel = "slack", id = "{room}" }}]
"""
_STAFF = '[vendor]\nname = "Vendor"\n[[staff]]\nid = "mia"\nname = "Mia"\nrole = "manager"\n'


@dataclass(frozen=True, slots=True)
class Result:
    """Medians over the rounds; `cpu_us` is the server's time per event, of all its threads."""

    who: str
    connections: int
    per_s: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    cpu_spread: str
    rounds: int
    conditions: str


def run(rounds: int = 5, count: int = 600) -> list[Result]:
    """Alternate the two servers for each number of connections; `count` events in a round."""
    return asyncio.run(_run(rounds, count))


async def _run(rounds: int, count: int) -> list[Result]:
    measured: dict[tuple[str, int], list[Round]] = {}
    with tempfile.TemporaryDirectory() as name:
        async with SlackApi(now=_now, echoes=False) as slack:
            rooms = _furnish(slack)
            bot = _bot(Path(name), slack, rooms)
            port = free_port()
            command = [sys.executable, "-m", "bench._peer_slack", str(port), slack.url, BOT_TOKEN, SECRET]
            peer = subprocess.Popen(command)
            try:
                await asyncio.to_thread(bot.start)
                await asyncio.to_thread(until, lambda: _answers(port), what="the peer")
                assert bot.process is not None
                servers = {"Pledge": (bot.port, bot.process.pid), "bare slack-bolt": (port, peer.pid)}
                for who, (at, pid) in servers.items():
                    await load(at, pid, _events(slack, rooms, at, _CLIENTS * _PEOPLE, f"warming up {who}"), 4)
                for number in range(rounds):
                    for connections in CONNECTIONS:
                        for who, (at, pid) in servers.items():
                            events = _events(slack, rooms, at, count, f"{number} of {who}")
                            _forget_windows(bot)
                            measured.setdefault((who, connections), []).append(await load(at, pid, events, connections))
            finally:
                bot.end()
                peer.kill()
                peer.wait()
    return [_result(who, connections, each) for (who, connections), each in measured.items()]


def _now() -> datetime:
    return datetime.now(UTC)


def _furnish(slack: SlackApi) -> list[Room]:
    """Many people, because one person's commands wait after twenty at once."""
    names = [[slack.person(f"a{n}x{m}", team="T0000ACME").key for m in range(_PEOPLE)] for n in range(_CLIENTS)]
    return [slack.channel(f"client{n}", *each) for n, each in enumerate(names)]


def _bot(folder: Path, slack: SlackApi, rooms: list[Room]) -> BotProcess:
    bot = BotProcess(folder / "bot", at=None)
    clients = "".join(_CLIENT.format(n=n, room=room.id) for n, room in enumerate(rooms))
    (bot.folder / "roster.toml").write_text(_STAFF + clients)
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
        headers = {"content-type": "application/json", **slack.pusher.signed(body)}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"POST /slack/events HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n{lines}content-length: {len(body)}\r\n\r\n"
        found.append(head.encode() + body)
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


def _answers(port: int) -> bool:
    try:
        connection = HTTPConnection("127.0.0.1", port, timeout=2)
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False


def _result(who: str, connections: int, each: list[Round]) -> Result:
    return Result(
        who=who,
        connections=connections,
        per_s=statistics.median(one.per_s for one in each),
        p50_ms=statistics.median(one.p50_ms for one in each),
        p99_ms=statistics.median(one.p99_ms for one in each),
        cpu_us=statistics.median(one.cpu_us for one in each),
        cpu_spread=spread([one.cpu_us for one in each]),
        rounds=len(each),
        conditions=conditions(),
    )


def main() -> None:
    """Print both side by side."""
    results = run()
    for one in results:
        print(
            f"{one.connections:4} connections  {one.who:16}{one.per_s:7,.0f}/s   p50 {one.p50_ms:7.2f} ms   "
            f"p99 {one.p99_ms:7.2f} ms   server {one.cpu_us:6,.0f} us each ({one.cpu_spread})"
        )
    print(results[0].conditions)


if __name__ == "__main__":
    main()
