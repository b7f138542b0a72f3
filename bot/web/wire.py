"""One connection of the web server: uvicorn's, with an end to the patience for those who say nothing (S5)."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_TOO_LARGE = b"HTTP/1.1 431 \r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class Connection(HttpToolsProtocol):
    """Closes what nobody else watches: a peer that never asks, asks endlessly, or keeps a dead body coming.

    The library bounds neither the time nor the size of a request's head, so idle sockets would hold every place
    of the server for ever. Once the head is there, the application counts the body's time and size.
    """

    patience_s = 15.0
    """Seconds for a head, and for the rest of a body after its answer."""
    max_head = 32 * 1024
    """Bytes of a head that has not come to its end."""

    _overdue: asyncio.TimerHandle | None = None
    _in_head = True
    _head = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        super().connection_made(transport)
        self._wait_for_peer()

    def connection_lost(self, exc: Exception | None) -> None:
        self._peer_is_done()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._head += len(data)
        super().data_received(data)
        if self._in_head and self._head > self.max_head and not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    def on_message_begin(self) -> None:
        self._in_head, self._head = True, 0
        self._wait_for_peer()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._peer_is_done()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._peer_is_done()
        self._head = 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.more_body and not self.transport.is_closing():
            # Answered before the body was there; a keep-alive timer would be stopped by its first further byte.
            self._wait_for_peer()

    def _wait_for_peer(self) -> None:
        if self._overdue is None:
            self._overdue = self.loop.call_later(self.patience_s, self.transport.close)

    def _peer_is_done(self) -> None:
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None
