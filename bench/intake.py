"""A client's message over HTTP until it is a committed ticket, against a bare insert per request.

Ours: POST /inapp/messages of a real bot with a signed-in session: inbox row, message, ticket, event, clock, its steps,
buttons and the window in the outbox, in one durable unit; the answer comes after its commit, while the windows of
earlier tickets are delivered beside. The peer (bench._peer_intake): Starlette and aiosqlite, one row, a commit each.
Both run under uvicorn with uvloop and httptools; this process is the load: raw sockets on loopback, kept open.
"""

import asyncio
import json
import secrets
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from bench._box import BotProcess, free_port, token, until
from bench._load import Round, load
from bench._machine import conditions, spread

CONNECTIONS = (1, 32, 256)
_CLIENTS = tuple(f"client{n}" for n in range(20))
_PER_PERSON = 15  # one person may say 20 things at once, then one a second


@dataclass(frozen=True, slots=True)
class Result:
    """Medians over the rounds; `cpu_us` is the server's time per request, of all its threads."""

    who: str
    connections: int
    per_s: float
    per_s_spread: str
    p50_ms: float
    p99_ms: float
    cpu_us: float
    rounds: int
    conditions: str


def _request(port: int, body: dict[str, str], session: str = "") -> bytes:
    data = json.dumps(body).encode()
    head = f"POST /inapp/messages HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json\r\n"
    if session:
        head += f"authorization: Bearer {session}\r\n"
    return f"{head}content-length: {len(data)}\r\n\r\n".encode() + data


def _sessions(port: int, people: int) -> list[str]:
    """That many people of all clients, signed in."""
    connection, found = HTTPConnection("127.0.0.1", port), []
    for n in range(people):
        body = json.dumps({"token": token(_CLIENTS[n % len(_CLIENTS)], secrets.token_hex(6), secrets.token_hex(8))})
        connection.request("POST", "/inapp/session", body, {"content-type": "application/json"})
        found.append(json.loads(connection.getresponse().read())["session"])
    connection.close()
    return found


def _ours(bot: BotProcess, count: int, connections: int) -> Round:
    sessions = _sessions(bot.port, count // _PER_PERSON + 1)
    requests = [
        _request(
            bot.port,
            {"client_msg_id": secrets.token_urlsafe(12), "text": f"/new Export {n} fails since this morning"},
            sessions[n % len(sessions)],
        )
        for n in range(count)
    ]
    assert bot.process is not None
    done = asyncio.run(load(bot.port, bot.process.pid, requests, connections))
    until(lambda: bot.unsent() == 0, within_s=120, what="the last window")
    return done


def _theirs(port: int, pid: int, count: int, connections: int) -> Round:
    texts = [f"Export {n} fails since this morning" for n in range(count)]
    requests = [_request(port, {"client_msg_id": secrets.token_urlsafe(12), "text": text}) for text in texts]
    return asyncio.run(load(port, pid, requests, connections))


def run(rounds: int = 5, count: int = 600) -> list[Result]:
    """Alternate the two servers for each number of connections; `count` requests in a round."""
    measured: dict[tuple[str, int], list[Round]] = {}
    with tempfile.TemporaryDirectory() as name:
        bot = BotProcess(Path(name) / "bot", clients=_CLIENTS, at=None)
        port = free_port()
        command = [sys.executable, "-m", "bench._peer_intake", str(port), str(Path(name) / "peer.db")]
        peer = subprocess.Popen(command)
        try:
            bot.start()
            until(lambda: _answers(port), what="the peer")
            _ours(bot, 100, 4)
            _theirs(port, peer.pid, 100, 4)
            for _ in range(rounds):
                for connections in CONNECTIONS:
                    measured.setdefault(("Pledge", connections), []).append(_ours(bot, count, connections))
                    measured.setdefault(("bare insert", connections), []).append(
                        _theirs(port, peer.pid, count, connections)
                    )
        finally:
            bot.end()
            peer.kill()
            peer.wait()
    return [_result(who, connections, each) for (who, connections), each in sorted(measured.items(), key=_order)]


def _answers(port: int) -> bool:
    try:
        connection = HTTPConnection("127.0.0.1", port, timeout=2)
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False


def _order(item: tuple[tuple[str, int], list[Round]]) -> tuple[int, str]:
    (who, connections), _ = item
    return connections, "" if who == "Pledge" else who


def _result(who: str, connections: int, each: list[Round]) -> Result:
    return Result(
        who=who,
        connections=connections,
        per_s=statistics.median(one.per_s for one in each),
        per_s_spread=spread([one.per_s for one in each]),
        p50_ms=statistics.median(one.p50_ms for one in each),
        p99_ms=statistics.median(one.p99_ms for one in each),
        cpu_us=statistics.median(one.cpu_us for one in each),
        rounds=len(each),
        conditions=conditions(),
    )


def main() -> None:
    """Print both side by side."""
    results = run()
    for one in results:
        print(
            f"{one.connections:4} connections  {one.who:12}{one.per_s:7,.0f}/s ({one.per_s_spread})   "
            f"p50 {one.p50_ms:7.2f} ms   p99 {one.p99_ms:7.2f} ms   server {one.cpu_us:6,.0f} us each"
        )
    print(results[0].conditions)


if __name__ == "__main__":
    main()
