"""The peer of bench.slack: a bare slack-bolt app behind its own Starlette adapter, whose listener does nothing.

Run as `python -m bench._peer_slack PORT SLACK_URL TOKEN SECRET [FOLDER]`. Nothing is stored, but with a FOLDER
(`bench._rows`) the rows of a ticket before the answer.
"""

import sys
from pathlib import Path
from typing import Any

import uvicorn
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench._rows import Rows


def build(slack_url: str, token: str, secret: str, folder: str = "") -> Starlette:
    """The app; it verifies the signature, asks who it is once, and confirms."""
    opened: list[Rows] = []
    app = AsyncApp(signing_secret=secret, client=AsyncWebClient(token, base_url=f"{slack_url}/api/"))

    @app.event("message")
    async def heard(event: dict[str, Any]) -> None:
        return None

    handler = AsyncSlackRequestHandler(app)

    async def take(request: Request) -> Response:
        answer = await handler.handle(request)
        if folder:
            opened.extend([] if opened else [Rows(Path(folder))])
            await opened[0].write()
        return answer

    async def ready(request: Request) -> Response:
        return Response()

    return Starlette(routes=[Route("/slack/events", take, methods=["POST"]), Route("/readyz", ready)])


def main() -> None:
    """Serve until killed."""
    port, *rest = sys.argv[1:]
    uvicorn.run(build(*rest), port=int(port), loop="uvloop", http="httptools", log_level="error", access_log=False)


if __name__ == "__main__":
    main()
