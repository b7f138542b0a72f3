"""A client's message over HTTP until it is a committed ticket, against a bare insert per request.

Ours: POST /inapp/messages of a real bot with a signed-in session: inbox row, message, ticket, event, clock, its steps,
buttons and the window in the outbox, in one durable unit; the answer comes after its commit, while the windows of
earlier tickets are delivered beside. The peer (bench._peer_intake): Starlette and aiosqlite, one row, a commit each.
Both run under uvicorn with uvloop and httptools; this process is the load: raw sockets on loopback, kept open.
"""

import asyncio
import json
import secrets
import tempfile
from http.client import HTTPConnection
from pathlib import Path

from bench._box import BotProcess, token, until
from bench._load import Result, Round, Rounds, Server, load, post, results, show, side_by_side

CONNECTIONS = (1, 32, 256)
_CLIENTS = tuple(f"client{n}" for n in range(20))
_PER_PERSON = 15  # one person may say 20 things at once, then one a second


def run(rounds: int = 5, count: int = 600) -> list[Result]:
    """Alternate the two servers for each number of connections; `count` requests in a round."""
    return asyncio.run(_run(rounds, count))


async def _run(rounds: int, count: int) -> list[Result]:
    measured: Rounds = {}
    with tempfile.TemporaryDirectory() as name:
        bot = BotProcess(Path(name) / "bot", clients=_CLIENTS, at=None)
        async with side_by_side(bot, ("bench._peer_intake", str(Path(name) / "peer.db"))) as (ours, peer):
            await _ours(bot, ours, 100, 4)
            await _theirs(peer, 100, 4)
            for _ in range(rounds):
                for connections in CONNECTIONS:
                    done = await _ours(bot, ours, count, connections)
                    measured.setdefault(("Pledge", connections), []).append(done)
                    done = await _theirs(peer, count, connections)
                    measured.setdefault(("bare insert", connections), []).append(done)
    return results(measured)


async def _ours(bot: BotProcess, server: Server, count: int, connections: int) -> Round:
    sessions = await asyncio.to_thread(_sessions, server.port, count // _PER_PERSON + 1)
    requests = [
        _request(server.port, f"/new Export {n} fails since this morning", sessions[n % len(sessions)])
        for n in range(count)
    ]
    done = await load(server, requests, connections)
    await asyncio.to_thread(until, lambda: bot.unsent() == 0, within_s=120, what="the last window")
    return done


async def _theirs(server: Server, count: int, connections: int) -> Round:
    requests = [_request(server.port, f"Export {n} fails since this morning") for n in range(count)]
    return await load(server, requests, connections)


def _request(port: int, text: str, session: str = "") -> bytes:
    data = json.dumps({"client_msg_id": secrets.token_urlsafe(12), "text": text}).encode()
    return post(port, "/inapp/messages", data, {"authorization": f"Bearer {session}"} if session else {})


def _sessions(port: int, people: int) -> list[str]:
    """That many people of all clients, signed in."""
    connection, found = HTTPConnection("127.0.0.1", port), []
    for n in range(people):
        body = json.dumps({"token": token(_CLIENTS[n % len(_CLIENTS)], secrets.token_hex(6), secrets.token_hex(8))})
        connection.request("POST", "/inapp/session", body, {"content-type": "application/json"})
        found.append(json.loads(connection.getresponse().read())["session"])
    connection.close()
    return found


def main() -> None:
    """Print both side by side."""
    show(run())


if __name__ == "__main__":
    main()
