"""Loads the .sql files by aiosql into one object with a function per query: `queries.due(raw, now=...)`.

A query without suffix gives a list; aiosql's own answer is a generator, and an UPDATE .. RETURNING that
nobody reads would do nothing. One dialect serves both engines; where they must differ, `name_pg` is
PostgreSQL's twin of `name`: the same parameters, loaded under the plain name there, not at all on SQLite.
"""

import re
from pathlib import Path
from typing import Any, Literal

import aiosql

SQL = Path(__file__).parent / "sql"
Engine = Literal["sqlite", "postgres"]
_ADAPTERS = {"sqlite": "sqlite3", "postgres": "psycopg"}
_QUERY = re.compile(r"^--\s*name\s*:\s*(?P<name>[\w-]+)", re.MULTILINE)
_TWIN = "_pg"


def load(folder: Path = SQL, engine: Engine = "sqlite") -> Any:
    """All queries of the .sql files in `folder`, for synchronous connections of `engine`.

    Raises ValueError if two queries bear one name (aiosql would keep either) or a twin has no sibling.
    """
    texts: dict[str, str] = {}
    for path in sorted(folder.glob("*.sql")):
        for name, text in split_queries(path.read_text(encoding="utf-8")):
            if name in texts:
                raise ValueError(f"query {name} in {path}: there is one of that name already; rename it")
            texts[name] = text
    for name in [name for name in texts if name.endswith(_TWIN)]:
        plain = name.removesuffix(_TWIN)
        if plain not in texts:
            raise ValueError(f"query {name} in {folder}: twin of no query; add {plain} or rename it")
        twin = texts.pop(name)
        if engine == "postgres":
            texts[plain] = re.sub(rf"\b{name.replace('_', '[_-]')}\b", plain, twin, count=1)
    queries = aiosql.from_str("\n".join(texts.values()), _ADAPTERS[engine])
    _answer_at_once(queries.driver_adapter)
    return queries


def _answer_at_once(adapter: Any) -> None:
    """Lists instead of generators; and `$` takes the first column of any row, also of a sqlite3.Row."""
    lazy, one = adapter.select, adapter.select_one

    def value(*arguments: Any) -> Any:
        row = one(*arguments)
        return None if row is None else row[0]

    adapter.select = lambda *arguments: list(lazy(*arguments))
    adapter.select_value = value


def split_queries(text: str) -> list[tuple[str, str]]:
    """(name, text from its `-- name:` line on) of every query in a .sql file, in order."""
    starts = list(_QUERY.finditer(text))
    ends = [match.start() for match in starts[1:]] + [len(text)]
    return [
        (match["name"].replace("-", "_"), text[match.start() : end]) for match, end in zip(starts, ends, strict=True)
    ]
