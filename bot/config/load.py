"""Gathers the settings from their sources, the first that has one wins: variables, secret files, pledge.toml.

Every mistake is listed with the place it stands in; values of secrets are never shown.
"""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import EnvSettingsSource, NestedSecretsSettingsSource, SecretsSettingsSource

from bot.config.settings import PREFIX, SQLITE, Settings

CONFIG, SECRETS_DIR = "PLEDGE_CONFIG", "PLEDGE_SECRETS_DIR"
"""Where the file and the folder are that settings are read from: variables only."""

_Path = tuple[str, ...]
_Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SettingProblem:
    """One mistake: the variable or file it stands in, the key there, and what is wrong with the way out."""

    source: str
    key: str
    message: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.source, self.key, self.message) if part)


class SettingsError(ValueError):
    """Settings that cannot be used; `.problems` holds every mistake."""

    def __init__(self, problems: Sequence[SettingProblem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class _Layer:
    """What one source says; `name` is how a problem calls the source of a setting."""

    values: _Values
    file: str = ""  # of pledge.toml; "" for sources that name every setting by itself
    folder: Path | None = None  # of secret files

    def place(self, path: _Path) -> tuple[str, str]:
        """(source, key): the variable or secret file with what is inside its value, or the file with the key."""
        if self.file:
            return self.file, ".".join(path)
        setting = next((each for each, _ in fields() if path[: len(each)] == each), path)
        inside = ".".join(path[len(setting) :])
        return (variable(setting) if self.folder is None else str(self.folder / "__".join(setting))), inside


def load_settings(env: Mapping[str, str], cwd: Path) -> Settings:
    """The settings of this environment; relative paths are taken from `cwd`. SettingsError lists every mistake.

    An empty variable counts as not set. Without a roster setting `cwd`/roster.toml is taken where it exists,
    and where there is none either, the demo is on unless that is set.
    """
    problems: list[SettingProblem] = []
    layers = [_variables(env, problems), _secrets(env, cwd, problems), _file(env, cwd, problems)]
    merged: dict[str, Any] = {}
    for layer in reversed(layers):
        merged = _merge(merged, layer.values)
    settings = None
    try:
        settings = Settings(**merged)
    except ValidationError as error:
        problems += [_problem(details, layers) for details in error.errors(include_url=False)]
    problems += _incomplete(settings) if settings is not None else ()
    if merged.get("roster") and settings is not None and settings.demo:
        source, key = next(layer.place(("demo",)) for layer in layers if "demo" in layer.values)
        message = "the demo has a roster of its own (leave out either this or the roster)"
        problems.append(SettingProblem(source, key, message))
    if settings is None or problems:
        raise SettingsError(problems)
    settled = _settled(settings, cwd, demo_is_set="demo" in merged)
    if settled.demo and (real := list(_real(settled))):
        raise SettingsError(real)
    return settled


def variables() -> dict[str, _Path]:
    """Every setting: the name of its variable, and the path of its key in pledge.toml."""
    return {variable(path): path for path, _ in fields()}


def fields(model: type[BaseModel] = Settings, prefix: _Path = ()) -> Iterator[tuple[_Path, FieldInfo]]:
    """Every setting with its path, in the order of the reference."""
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from fields(field.annotation, (*prefix, name))
        else:
            yield (*prefix, name), field


def variable(path: _Path) -> str:
    return PREFIX + "__".join(path).upper()


def _variables(env: Mapping[str, str], problems: list[SettingProblem]) -> _Layer:
    known = variables()
    names = [*known, CONFIG, SECRETS_DIR]
    found: dict[str, str] = {}
    for name in sorted(name for name in env if name.startswith(PREFIX) and env[name]):
        if name not in names:
            problems.append(SettingProblem(name, "", f"no such setting{_nearest(name, names)}"))
        elif name in known and _is_readable(name, known[name], env[name], problems):
            found[name] = env[name]
    source = EnvSettingsSource(Settings)
    # The source reads the process's variables by itself; here they are an argument like everything else.
    source.env_vars = {name.lower(): value for name, value in found.items()}
    return _Layer(source())


def _secrets(env: Mapping[str, str], cwd: Path, problems: list[SettingProblem]) -> _Layer:
    """A folder with a file per setting, `telegram__token`; folders in it are left alone."""
    if not env.get(SECRETS_DIR):
        return _Layer({})
    folder = cwd / env[SECRETS_DIR]
    if not folder.is_dir():
        problems.append(SettingProblem(SECRETS_DIR, "", f'"{folder}" is no folder (create it, or unset this)'))
        return _Layer({})
    names = ["__".join(path) for path, _ in fields()]
    problems += [
        SettingProblem(str(file), "", f"no such setting{_nearest(file.name, names)}")
        for file in sorted(folder.iterdir())
        if file.is_file() and not file.name.startswith(".") and file.name not in names
    ]
    try:
        plain = SecretsSettingsSource(Settings, secrets_dir=folder)
        source = NestedSecretsSettingsSource(plain, secrets_prefix="", secrets_nested_delimiter="__")
        return _Layer(source(), folder=folder)
    except (OSError, ValueError) as error:
        # The text of such an error may quote what stands in the file.
        message = f"cannot be read ({type(error).__name__}; every file must be one readable value in UTF-8)"
        problems.append(SettingProblem(str(folder), "", message))
        return _Layer({})


def _file(env: Mapping[str, str], cwd: Path, problems: list[SettingProblem]) -> _Layer:
    path = cwd / (env.get(CONFIG) or "pledge.toml")
    if not path.is_file():
        if env.get(CONFIG):
            message = f'there is no file "{path}" (write it, or unset this)'
            problems.append(SettingProblem(CONFIG, "", message))
        return _Layer({})
    try:
        return _Layer(tomllib.loads(path.read_text("utf-8")), file=str(path))
    except tomllib.TOMLDecodeError as error:
        problems.append(SettingProblem(str(path), "", f"not TOML: {error} (correct the line)"))
    except RecursionError:
        message = "not TOML: tables or lists stand too deep in each other (no setting needs more than three levels)"
        problems.append(SettingProblem(str(path), "", message))
    except (OSError, UnicodeDecodeError) as error:
        message = f"not readable: {type(error).__name__} (it must be a text in UTF-8 that this user may read)"
        problems.append(SettingProblem(str(path), "", message))
    return _Layer({})


def _is_readable(name: str, path: _Path, value: str, problems: list[SettingProblem]) -> bool:
    """Whether a variable that stands for a table is JSON; the source would name the group only."""
    field = _field(path)
    if field is None or not str(field.annotation).startswith("dict"):
        return True
    try:
        json.loads(value)
    except ValueError as error:
        problems.append(SettingProblem(name, "", f"not JSON: {error}{_example(field)}"))
        return False
    return True


def _problem(details: Mapping[str, Any], layers: Sequence[_Layer]) -> SettingProblem:
    """A sentence for what pydantic found, at the source that had its way."""
    path = tuple(str(part) for part in details["loc"])
    source, key = next((layer.place(path) for layer in layers if _holds(layer.values, path)), layers[0].place(path))
    if details["type"] == "extra_forbidden":
        known = [".".join(each) for each, _ in fields()]
        return SettingProblem(source, key, f"no such setting{_nearest('.'.join(path), known)}")
    message = str(details["msg"]).removeprefix("Value error, ")
    message = message[0].lower() + message[1:]
    field = _field(path)
    if field is None or _is_secret(field):
        return SettingProblem(source, key, message)
    # An address may carry a password between its scheme and its host.
    shown = str(details["input"]).rpartition("@")[2][:60]
    return SettingProblem(source, key, f'"{shown}": {message}{_example(field)}')


def _incomplete(settings: Settings) -> Iterator[SettingProblem]:
    """Channels that are half set up."""
    for platform in settings.platforms:
        for path, why in platform.lacks(settings.http.public_url):
            yield SettingProblem(variable(path), "", why)


def _real(settings: Settings) -> Iterator[SettingProblem]:
    """Channels on which people of flesh and blood would talk to a demo with invented people and a simulated clock."""
    message = "the demo talks to nobody outside (set PLEDGE_ROSTER, or leave out the token; PLEDGE_DEMO=false: no demo)"
    for platform in settings.platforms:
        if platform.proof is not None:
            yield SettingProblem(variable((platform.NAME, platform.PROOF)), "", message)


def _settled(settings: Settings, cwd: Path, *, demo_is_set: bool) -> Settings:
    """The same with absolute paths, and with the roster and the demo decided."""
    beside = cwd / "roster.toml"
    roster = cwd / settings.roster if settings.roster else None
    if roster is None and beside.is_file() and not settings.demo:
        roster = beside
    clock, inapp = settings.clock, settings.inapp
    return settings.model_copy(
        update={
            "database": f"{SQLITE}{cwd / settings.database_path}",
            "roster": roster,
            "policies": cwd / settings.policies if settings.policies else None,
            "demo": settings.demo if demo_is_set else roster is None,
            "clock": clock.model_copy(update={"file": cwd / clock.file if clock.file else None}),
            "inapp": inapp.model_copy(update={"keys": cwd / inapp.keys if inapp.keys else None}),
        }
    )


def _field(path: _Path) -> FieldInfo | None:
    """The setting a path leads to, or into; None where there is none."""
    return next((field for each, field in fields() if path[: len(each)] == each), None)


def _is_secret(field: FieldInfo) -> bool:
    return SecretStr.__name__ in str(field.annotation)


def _example(field: FieldInfo) -> str:
    return f" (write for example {field.examples[0]})" if field.examples else ""


def _holds(values: object, path: _Path) -> bool:
    for part in path:
        if not isinstance(values, Mapping):
            # The rest of the path is inside a value that this source gave as a whole.
            return True
        if part not in values:
            return False
        values = values[part]
    return True


def _merge(base: _Values, over: _Values) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        merged[key] = _merge(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged


def _nearest(word: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f" (did you mean {close[0]}?)" if close else " (docs/reference/settings.md lists them all)"
