"""The peer of bench.intake: a bare Starlette app that inserts one row per request by aiosqlite and commits it.

Run as `python -m bench._peer_intake PORT FILE`; it authenticates nobody, parses the same body and keeps its text.
"""

import sys

import aiosqlite
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


def build(file: str) -> Starlette:
    """The app over one shared connection, opened with the first request."""
    opened: list[aiosqlite.Connection] = []

    async def connection() -> aiosqlite.Connection:
        if not opened:
            opened.append(await aiosqlite.connect(file))
            for setting in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
                await opened[0].execute_fetchall(f"PRAGMA {setting}")
            await opened[0].execute(
                "CREATE TABLE note (id INTEGER PRIMARY KEY, own_id TEXT UNIQUE, body TEXT NOT NULL)"
            )
            await opened[0].commit()
        return opened[0]

    async def take(request: Request) -> Response:
        data = await request.json()
        database = await connection()
        cursor = await database.execute(
            "INSERT INTO note (own_id, body) VALUES (?, ?)", (data["client_msg_id"], data["text"])
        )
        await database.commit()
        return JSONResponse({"seq": cursor.lastrowid})

    async def ready(request: Request) -> Response:
        await connection()
        return Response()

    return Starlette(routes=[Route("/inapp/messages", take, methods=["POST"]), Route("/readyz", ready)])


def main() -> None:
    """Serve until killed."""
    port, file = sys.argv[1:]
    uvicorn.run(build(file), port=int(port), loop="uvloop", http="httptools", log_level="error", access_log=False)


if __name__ == "__main__":
    main()
