"""The peer of bench.telegram: python-telegram-bot behind a webhook endpoint as its documentation shows it.

Run as `python -m bench._peer_telegram PORT TOKEN BASE_URL [FOLDER]`. Starlette hands every update to the application's
queue and answers; the application has one handler, which does nothing. Nothing is stored, but with a FOLDER
(`bench._rows`) the rows of a ticket before the answer.
"""

import asyncio
import sys
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import Update
from telegram.ext import Application, MessageHandler, filters

from bench._rows import Rows


async def _nothing(update: Update, context: Any) -> None:
    return None


async def serve(port: int, token: str, base_url: str, folder: str = "") -> None:
    """Until killed."""
    rows = Rows(Path(folder)) if folder else None
    application = Application.builder().token(token).base_url(f"{base_url}/bot").updater(None).build()
    application.add_handler(MessageHandler(filters.ALL, _nothing))

    async def take(request: Request) -> Response:
        update = Update.de_json(data=await request.json(), bot=application.bot)
        await application.update_queue.put(update)
        if rows is not None:
            await rows.write()
        return Response()

    async def ready(request: Request) -> Response:
        return Response()

    routes = [Route("/telegram/webhook", take, methods=["POST"]), Route("/readyz", ready)]
    server = uvicorn.Server(
        uvicorn.Config(
            Starlette(routes=routes), port=port, loop="uvloop", http="httptools", log_level="error", access_log=False
        )
    )
    async with application:
        await application.start()
        await server.serve()
        await application.stop()


def main() -> None:
    """Serve on uvloop, as ours does."""
    import uvloop

    port, *rest = sys.argv[1:]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(int(port), *rest))


if __name__ == "__main__":
    main()
