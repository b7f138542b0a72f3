"""What an operator can choose, with the form each value must have; docs/reference/settings.md is tested against it."""

from __future__ import annotations

import re
import string
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    SecretStr,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.config.group import ADDRESS, Group, ServerUrl
from bot.config.platforms import PlatformSettings, SlackSettings, TelegramSettings

CHANNELS = ("inapp", TelegramSettings.NAME, SlackSettings.NAME)
"""The channels this version can reach."""

MEETING_PARTS = frozenset({"manager", "client", "call"})
"""What the link of a call can be put together from."""

PREFIX = "PLEDGE_"
SQLITE = "sqlite:///"
_DURATION = re.compile(r"(?:(\d{1,6})\s*h)?\s*(?:(\d{1,6})\s*m)?\s*(?:(\d{1,6})\s*s)?")


def _database(value: str) -> str:
    if value.startswith(SQLITE) and len(value) > len(SQLITE):
        return value
    if value == SQLITE:
        raise ValueError(f"names no file (write it after {SQLITE})")
    kind = value.partition(":")[0]
    if kind in ("postgres", "postgresql"):
        raise ValueError("this version keeps its data in SQLite only")
    raise ValueError(f'a database address begins with {SQLITE}, not "{kind[:20]}"')


def meeting_link(value: str) -> str:
    """A link with a part that differs for each call or manager, or an empty text; ValueError says what to write."""
    try:
        named = {name for _, name, _, _ in string.Formatter().parse(value) if name is not None}
    except ValueError:
        named = {""}
    if value and (not named <= MEETING_PARTS or not ADDRESS.match(value) or not value.startswith("https://")):
        raise ValueError("this is no link: https:// and a name, in which {manager}, {client} and {call} may stand")
    return value


def _duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    parts = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    hours, minutes, seconds = (int(part or 0) for part in (parts.groups() if parts else ("", "", "")))
    if not hours + minutes + seconds:
        raise ValueError("this is no length of time with its unit")
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


MeetingUrl = Annotated[str, AfterValidator(meeting_link)]
Duration = Annotated[timedelta, BeforeValidator(_duration)]


class LogSettings(Group):
    format: Literal["auto", "json", "text"] = Field(
        default="auto",
        description="One JSON object per event, or lines for people; `auto`: lines on a terminal, else JSON.",
        examples=["json"],
    )
    level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_upper)] = Field(
        default="INFO", description="What is logged: this and everything graver.", examples=["DEBUG"]
    )

    def as_json(self, on_terminal: bool) -> bool:
        return self.format == "json" or (self.format == "auto" and not on_terminal)


class HttpSettings(Group):
    host: str = Field(
        default="127.0.0.1",
        min_length=1,
        description="Address the web server listens on; 0.0.0.0: every one.",
        examples=["127.0.0.1"],
    )
    port: int = Field(default=8080, ge=0, le=65535, description="Its port; 0: any that is free.", examples=["8080"])
    public_url: ServerUrl = Field(
        default="",
        description="How browsers reach the bot from outside; empty: by host and port. With https, cookies "
        "are sent over https only.",
        examples=["https://pledge.example.com"],
    )

    @property
    def url(self) -> str:
        """Where a browser finds the bot; for the address "all interfaces" this machine's own name for itself."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - read, not bound
        return self.public_url or f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


class ClockSettings(Group):
    start: AwareDatetime | None = Field(
        default=None,
        description="Business time begins at this moment instead of now. Every page and the log then say that "
        "time is simulated.",
        examples=["2026-11-20T10:00:00+03:00"],
    )
    speed: float | None = Field(
        default=None,
        ge=0,
        le=100_000,
        allow_inf_nan=False,
        description="Business seconds in a second; 0: business time stands.",
        examples=["60"],
    )
    file: Path | None = Field(
        default=None,
        description="Tests: business time is the moment written in this file.",
        examples=["var/clock"],
    )


class InAppSettings(Group):
    keys: Path | None = Field(
        default=None,
        description="Folder of the keys by which your clients' products sign in their people: "
        "`<client>/<kid>.hs256` or `<client>/<kid>.ed25519.pub`.",
        examples=["/run/secrets/inapp"],
    )
    origins: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="Client id -> the web pages that may show the chat for that client, as JSON in a variable.",
        examples=['{"acme": ["https://app.acme.example"]}'],
    )


class DeskSettings(Group):
    join_window: Duration = Field(
        default=timedelta(hours=12),
        description="A client's next message within this time joins the open ticket.",
        examples=["12h"],
    )
    first_ref: int | None = Field(
        default=None,
        ge=1,
        le=1_000_000,
        description="The number of the first ticket in a new database; without one it is drawn by lot.",
        examples=["100"],
    )
    meeting: MeetingUrl = Field(
        default="",
        description="Where calls are held: an https link in which `{manager}` and `{client}` stand for their ids and "
        "`{call}` for one that nobody can guess. Without it none is named.",
        examples=["https://meet.example.com/{call}"],
    )
    shadow: bool = Field(
        default=False,
        description="Everything is worked out and told to the staff, marked as shadow, and nothing is posted to any "
        "client; `shadow = true` at a client of the roster does so for that one. What was kept back is never posted.",
        examples=["true"],
    )


class HealthSettings(Group):
    ping_url: SecretStr | None = Field(
        default=None,
        description="Asked every half minute while all is well: a service that raises an alarm when it is not asked.",
    )


class Settings(BaseSettings):
    """All settings, checked; made by `load_settings`, in tests also by hand."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,
        hide_input_in_errors=True,
    )

    database: Annotated[str, AfterValidator(_database)] = Field(
        default="sqlite:///var/pledge.db",
        description="The database file: three slashes before a relative path, four before an absolute one.",
        examples=["sqlite:////data/pledge.db"],
    )
    roster: Path | None = Field(
        default=None,
        description="Who is who. Without it `./roster.toml`, where there is one.",
        examples=["/etc/pledge/roster.toml"],
    )
    policies: Path | None = Field(
        default=None,
        description="Folder with your own policy files, beside the shipped ones.",
        examples=["/etc/pledge/policies"],
    )
    demo: bool = Field(
        default=False,
        description="The demo, with invented people and a page that shows both sides. Without this setting it is "
        "on where there is no roster.",
        examples=["false"],
    )
    log: LogSettings = LogSettings()
    http: HttpSettings = HttpSettings()
    clock: ClockSettings = ClockSettings()
    inapp: InAppSettings = InAppSettings()
    desk: DeskSettings = DeskSettings()
    health: HealthSettings = HealthSettings()
    telegram: TelegramSettings = TelegramSettings()
    slack: SlackSettings = SlackSettings()

    @property
    def platforms(self) -> tuple[PlatformSettings, ...]:
        return self.telegram, self.slack

    @property
    def database_path(self) -> Path:
        return Path(self.database.removeprefix(SQLITE))

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        *_: PydanticBaseSettingsSource,
        **__: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what is handed in: `load_settings` asks the sources itself, to say where a value came from."""
        return (init_settings,)
