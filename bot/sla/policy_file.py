"""Policy files: finds them, merges `extends`, plans and variants, and answers with checked policies.

    PolicyError      files that cannot be used; `.problems` holds every mistake, not the first
    UnknownPolicy    a policy, plan or variant that no file declares

The format is described in docs/reference/policy-file.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.sla.policy import Policy
from bot.sla.policy_json import digest, from_json, to_json
from bot.sla.policy_lint import Remark, lint
from bot.sla.policy_read import read_policy
from bot.sla.policy_table import ONLY_AT_TOP, Problem, is_list, nearest, parse_toml, shown

__all__ = [
    "SHIPPED",
    "Catalog",
    "Entry",
    "PolicyError",
    "Problem",
    "Remark",
    "UnknownPolicy",
    "digest",
    "from_json",
    "lint",
    "load_file",
    "load_files",
    "load_folder",
    "to_json",
]

SHIPPED = Path(__file__).parent.parent / "policies"
# These lists grow when a file extends another or a plan is chosen; every other list is replaced.
_GROWING = ("holidays", "closures", "reading", "doubts")
_WITH_READINGS = ("calendar", "ladder")

_Raw = Mapping[str, object]


class PolicyError(ValueError):
    """One or more files cannot be used."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class UnknownPolicy(LookupError):
    """What was asked for is not declared; the message lists what is."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One agreement: its file and every combination of plan and variant, checked."""

    id: str
    name: str
    file: Path
    plans: tuple[str, ...]
    variants: tuple[str, ...]
    policies: Mapping[tuple[str, str], Policy]  # by (plan, variant); "" for none


@dataclass(frozen=True, slots=True)
class Catalog:
    """The agreements at hand, by id."""

    entries: Mapping[str, Entry]

    def get(self, identity: str, plan: str = "", variant: str = "") -> Policy:
        """The resolved policy. UnknownPolicy lists what exists, also where a plan is needed but not named."""
        entry = self.entries.get(identity)
        if entry is None:
            raise UnknownPolicy(f'no policy "{identity}"{nearest(identity, sorted(self.entries))}')
        if entry.plans and not plan:
            raise UnknownPolicy(f"policy {identity}: has plans, name one (use {', '.join(entry.plans)})")
        _check_known("plan", plan, entry.plans, identity)
        _check_known("variant", variant, entry.variants, identity)
        return entry.policies[plan, variant]


def load_folder(folder: Path | None = None) -> Catalog:
    """The shipped agreements and those of the operator's folder, which may extend them but not replace them.

    PolicyError holds the problems of all files; a folder that does not exist raises FileNotFoundError.
    """
    if folder is not None and not folder.is_dir():
        raise FileNotFoundError(f"policy folder {folder} does not exist (create it, or correct the setting)")
    return load_files(sorted(folder.glob("*.toml")) if folder else [])


def load_file(path: Path) -> Catalog:
    """The shipped agreements and those of one file."""
    return load_files([path])


def load_files(paths: Sequence[Path]) -> Catalog:
    """The shipped agreements and those of `paths`; a shipped file named again is not read twice."""
    wanted = {path.resolve(): path for path in (*sorted(SHIPPED.glob("*.toml")), *paths)}
    problems: list[Problem] = []
    sources: dict[str, tuple[Path, _Raw]] = {}
    for path in wanted.values():
        raw = _parse(path, problems)
        identity = raw.get("id") if raw is not None else None
        if raw is None or not isinstance(identity, str) or not identity:
            if raw is not None:
                problems.append(Problem(path.name, "id", shown(identity), 'missing (write id = "...")'))
        elif identity in sources:
            taken = sources[identity][0]
            message = f'"{identity}" is taken by {taken} (choose another and write extends = "{identity}")'
            problems.append(Problem(path.name, "id", identity, message))
        else:
            sources[identity] = (path, raw)
    found: dict[str, list[Problem]] = {identity: [] for identity in sources}
    entries = {identity: _read_entry(identity, sources, found[identity]) for identity in sources}
    problems += _without_inherited(found, sources)
    if problems:
        raise PolicyError(problems)
    return Catalog(entries)


def _parse(path: Path, problems: list[Problem]) -> _Raw | None:
    try:
        return parse_toml(path.read_text("utf-8"))
    except ValueError as error:
        problems.append(Problem(path.name, "", "", f"not readable as TOML: {error} (correct the line)"))
    return None


def _read_entry(identity: str, sources: Mapping[str, tuple[Path, _Raw]], problems: list[Problem]) -> Entry:
    """Reads every combination of plan and variant, so that a mistake in any of them shows at load."""
    path, _ = sources[identity]
    raw = _extended(identity, sources, problems, ())
    plans = _overlays(raw, "plans", path.name, problems)
    variants = _overlays(raw, "variants", path.name, problems)
    policies: dict[tuple[str, str], Policy] = {}
    # What the common part says is a mistake of the agreement; the rest is told once, with the first that shows it.
    common = set(read_policy(raw, file=path.name)[1])
    found: dict[Problem, str] = {}
    for plan in plans or {"": {}}:
        for variant in ("", *variants):
            merged = merge(merge(raw, plans.get(plan, {})), variants.get(variant, {}))
            policy, wrong = read_policy(merged, file=path.name, plan=plan, variant=variant)
            if policy:
                policies[plan, variant] = policy
            for problem in wrong:
                found.setdefault(problem, "" if problem in common else _where(plan, variant))
    for problem, where in found.items():
        problems.append(Problem(problem.file, f"{where}{problem.key}", problem.value, problem.message))
    name = raw.get("name")
    return Entry(identity, str(name), path, tuple(plans), tuple(variants), policies)


def _extended(
    identity: str,
    sources: Mapping[str, tuple[Path, _Raw]],
    problems: list[Problem],
    seen: tuple[str, ...],
) -> _Raw:
    """The file's table over those of the agreements it extends."""
    path, raw = sources[identity]
    if "extends" not in raw:
        return raw
    base = raw["extends"]
    if not isinstance(base, str) or base not in sources:
        known = nearest(base, sorted(sources.keys() - {identity}))
        problems.append(Problem(path.name, "extends", shown(base), f"no policy {shown(base)}{known}"))
        return raw
    if base == identity or base in seen:
        circle = " -> ".join((*seen, identity, base))
        message = f"goes in a circle: {circle} (let one of them stand alone)"
        problems.append(Problem(path.name, "extends", base, message))
        return raw
    return merge(_extended(base, sources, problems, (*seen, identity)), raw)


def merge(base: _Raw, over: _Raw, growing: Sequence[str] = _GROWING) -> dict[str, object]:
    """Tables merge key by key and other values are replaced, but the lists under `growing` add up."""
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            merged[key] = merge(old, value, ("reading",) if key in _WITH_READINGS else ())
        elif key in growing and old is not None and _can_grow(old) and _can_grow(value):
            merged[key] = [*_as_list(old), *_as_list(value)]
        else:
            merged[key] = value
    return merged


def _can_grow(value: object) -> bool:
    return is_list(value) or isinstance(value, str)


def _as_list(value: object) -> list[object]:
    return list(value) if is_list(value) else [value]


def _overlays(raw: _Raw, key: str, file: str, problems: list[Problem]) -> dict[str, _Raw]:
    """The tables under `plans` or `variants`, each a piece of a policy laid over the common part."""
    tables = raw.get(key, {})
    if not isinstance(tables, Mapping):
        message = f"{shown(tables)} is not a table (write [{key}.NAME] and its keys below)"
        problems.append(Problem(file, key, shown(tables), message))
        return {}
    found: dict[str, _Raw] = {}
    for name, table in tables.items():
        if not isinstance(table, Mapping):
            message = f"{shown(table)} is not a table (write [{key}.{name}] and its keys below)"
            problems.append(Problem(file, f"{key}.{name}", shown(table), message))
            continue
        for inner in sorted(table.keys() & set(ONLY_AT_TOP)):
            message = f"belongs to the whole agreement (move it out of [{key}.{name}])"
            problems.append(Problem(file, f"{key}.{name}.{inner}", shown(table[inner]), message))
        found[name] = {inner: value for inner, value in table.items() if inner not in ONLY_AT_TOP}
    return found


def _where(plan: str, variant: str) -> str:
    words = (f'plan "{plan}": ' if plan else "", f'variant "{variant}": ' if variant else "")
    return "".join(words)


def _without_inherited(
    found: Mapping[str, Sequence[Problem]], sources: Mapping[str, tuple[Path, _Raw]]
) -> list[Problem]:
    """Says a mistake once, in the file that makes it, and not again for each file that extends it."""
    kept = []
    for identity, problems in found.items():
        inherited: set[tuple[str, str]] = set()
        base = sources[identity][1].get("extends")
        seen = {identity}
        while isinstance(base, str) and base in sources and base not in seen:
            seen.add(base)
            inherited |= {(problem.key, problem.message) for problem in found[base]}
            base = sources[base][1].get("extends")
        kept += [problem for problem in problems if (problem.key, problem.message) not in inherited]
    return kept


def _check_known(what: str, name: str, known: Sequence[str], identity: str) -> None:
    if name and name not in known:
        ways = nearest(name, known) if known else f" (it has no {what}s, leave it out)"
        raise UnknownPolicy(f'policy {identity}: no {what} "{name}"{ways}')
