"""Style sheets and scripts of the pages: read once, addressed by a hash of their content."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

_FOREVER = "public, max-age=31536000, immutable"
_ASK_FIRST = "no-cache"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is served."""

    content: bytes
    media_type: str
    version: str


def load_assets(folder: Path) -> Mapping[str, Asset]:
    """Every file of `folder` by name; folders below it are left out."""
    return {file.name: _asset(file) for file in sorted(folder.iterdir()) if file.is_file()}


def serve_asset(assets: Mapping[str, Asset], request: Request) -> Response:
    """The file named by the path: kept for ever under `?v=<its version>`, else asked for again each time."""
    asset = assets.get(request.path_params["name"])
    if asset is None:
        return Response("No such file.", 404, media_type="text/plain")
    tag = f'"{asset.version}"'
    caching = _FOREVER if request.query_params.get("v") == asset.version else _ASK_FIRST
    headers = {"etag": tag, "cache-control": caching}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(asset.content, media_type=asset.media_type, headers=headers)


def _asset(file: Path) -> Asset:
    content = file.read_bytes()
    return Asset(content, _TYPES[file.suffix], hashlib.sha256(content).hexdigest()[:16])
