"""The settings of foreign platforms, each with what it cannot do without."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field, SecretStr

from bot.config.group import Group, ServerUrl

_TELEGRAM_TOKEN = re.compile(r"\d+:[\w-]+", re.ASCII)
_WEBHOOK_SECRET = re.compile(r"[\w-]{1,256}", re.ASCII)

Lack = tuple[tuple[str, ...], str]
"""A setting that a platform cannot do without, by its path, and why."""


class PlatformSettings(Group):
    """A channel to a foreign platform: on when it has its `PROOF`, the token by which the bot is known there."""

    NAME: ClassVar[str]
    PROOF: ClassVar[str]

    @property
    def proof(self) -> SecretStr | None:
        found: SecretStr | None = getattr(self, self.PROOF)
        return found

    def lacks(self, public_url: str) -> Iterator[Lack]:
        """What is missing or has no usable form, where the channel is set up at all."""
        if self.proof is None and self.model_fields_set:
            yield self._lack(self.PROOF, f"{self.NAME} is set up without the bot's token")
        if self.proof is not None:
            yield from self._lacks_beside_proof(public_url)

    def _lacks_beside_proof(self, public_url: str) -> Iterator[Lack]:
        """What else is missing where there is a token: nothing, unless a platform says so."""
        return iter(())

    def _lack(self, field: str, why: str) -> Lack:
        return (self.NAME, field), f"{why} (set it, or leave out all of {self.NAME})"


class TelegramSettings(PlatformSettings):
    NAME = "telegram"
    PROOF = "token"

    token: SecretStr | None = Field(default=None, description="Token of the bot; with it the channel is on.")
    base_url: ServerUrl = Field(
        default="https://api.telegram.org", description="Server of the Bot API.", examples=["http://127.0.0.1:9000"]
    )
    mode: Literal["polling", "webhook"] = Field(
        default="polling",
        description="How updates come. By webhook, Telegram must reach `http.public_url`.",
        examples=["webhook"],
    )
    webhook_secret: SecretStr | None = Field(
        default=None,
        description="Proves that a webhook call is genuine: up to 256 letters, digits, dashes and underscores.",
    )

    def _lacks_beside_proof(self, public_url: str) -> Iterator[Lack]:
        if not _TELEGRAM_TOKEN.fullmatch(_revealed(self.token)):
            why = "this is no token of a bot: a number, a colon, and letters (ask @BotFather for it)"
            yield (self.NAME, "token"), why
        if self.mode == "webhook" and not _WEBHOOK_SECRET.fullmatch(_revealed(self.webhook_secret)):
            why = "a webhook needs a secret of 1 to 256 letters, digits, dashes and underscores"
            yield self._lack("webhook_secret", why)
        if self.mode == "webhook" and not public_url:
            why = "the webhook needs an address that Telegram can reach (set it, or poll)"
            yield ("http", "public_url"), why


class SlackSettings(PlatformSettings):
    NAME = "slack"
    PROOF = "bot_token"

    bot_token: SecretStr | None = Field(default=None, description="Token of the app's bot; with it the channel is on.")
    app_token: SecretStr | None = Field(default=None, description="Token for socket mode.")
    signing_secret: SecretStr | None = Field(
        default=None, description="Proves that a request is genuine; for mode http."
    )
    base_url: ServerUrl = Field(
        default="https://slack.com", description="Server of the Web API.", examples=["http://127.0.0.1:9000"]
    )
    mode: Literal["http", "socket"] = Field(default="http", description="How events come in.", examples=["socket"])

    def _lacks_beside_proof(self, public_url: str) -> Iterator[Lack]:
        if self.mode == "http" and self.signing_secret is None:
            yield self._lack("signing_secret", "events over HTTP need the secret that proves them genuine")
        if self.mode == "socket" and self.app_token is None:
            yield self._lack("app_token", "socket mode needs the app's own token")


def _revealed(secret: SecretStr | None) -> str:
    return "" if secret is None else secret.get_secret_value()
