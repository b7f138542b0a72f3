"""The dead man's switch: an address that is asked while all is well, so that somebody else notices when it is not."""

from __future__ import annotations

from bot import log

_WITHIN_S = 10

logger = log.get(__name__)


class Heartbeat:
    """Asks the operator's address; what it answers is logged when it changes from well to ill or back."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._fails = False

    async def beat(self) -> None:
        """Ask once. Never raises: a watcher that cannot be reached is his matter, and he will notice."""
        # Loaded when first needed: most installations have no such address.
        import aiohttp

        try:
            limit = aiohttp.ClientTimeout(total=_WITHIN_S)
            async with aiohttp.ClientSession(timeout=limit) as session, session.get(self._url) as answer:
                answer.raise_for_status()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            # The address is as good as a password: only what kind of failure it was is written down.
            if not self._fails:
                logger.warning("the watcher does not answer", action="heartbeat.failed", reason=type(error).__name__)
            self._fails = True
            return
        if self._fails:
            logger.info("the watcher answers again", action="heartbeat.back")
        self._fails = False
