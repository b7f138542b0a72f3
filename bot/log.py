"""Structured logs: a sentence, a stable action key, ids; never a person's words, never a secret."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_SECRETS = re.compile(
    r"(?:(?<!\d)\d{6,12}:[A-Za-z0-9_-]{30,}"  # a bot token as it stands in a request's path
    r"|x(?:ox[a-z]|app)-[A-Za-z0-9-]{8,}"  # app and workspace tokens
    r"|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"  # a JSON web token
    r"|(?i:bearer)\s+[A-Za-z0-9._~+/-]{16,}=*)"
)
# Line ends of every kind, terminal escapes, and what turns the reading direction.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
REDACTED = "[redacted]"


def redacted(text: str) -> str:
    """The text with everything that looks like a credential taken out."""
    return _SECRETS.sub(REDACTED, text)


def get(name: str) -> Any:
    """The logger of a module; `.info("a sentence", action="thing.done", ticket=42)`."""
    return structlog.get_logger(name)


def configure(*, json: bool, level: str = "INFO") -> None:
    """Send everything, libraries' logs too, to stderr: one JSON object or one readable line per event."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _redact,
    ]
    renderer: Any = structlog.processors.JSONRenderer(ensure_ascii=False) if json else _Readable()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("httpx", "httpcore", "apscheduler", "aiosqlite", "uvicorn.access", "asyncio"):
        logging.getLogger(noisy).setLevel("WARNING")
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = redacted(value)
    return event


class _Readable:
    """One line for people; control signs in values are escaped, so that nobody can forge a line."""

    def __call__(self, _logger: object, _method: str, event: MutableMapping[str, Any]) -> str:
        at = event.pop("timestamp", "")
        level = str(event.pop("level", "")).upper()
        sentence = _flat(event.pop("event", ""))
        event.pop("logger", None)
        trace = event.pop("exception", None)
        rest = " ".join(f"{key}={_flat(value)}" for key, value in event.items())
        line = f"{at} {level:<7} {sentence}" + (f"  {rest}" if rest else "")
        return f"{line}\n{_indented(trace)}" if trace else line


def _flat(value: object) -> str:
    return _CONTROL.sub(lambda sign: repr(sign[0])[1:-1], str(value))


def _indented(trace: str) -> str:
    """A traceback may quote anybody's words: behind its bar no line of it looks like an event."""
    return "\n".join(f"  | {_flat(line)}" for line in trace.split("\n"))
