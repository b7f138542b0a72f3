"""The rooms of the house keep to themselves: import contracts, one home for the wall clock, SQL only by parameters."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BOT = ROOT / "bot"
PYTHON = sorted(BOT.rglob("*.py"))
SHIPPED = sorted(
    path
    for path in [*BOT.rglob("*"), *(ROOT / "locales").rglob("*")]
    if path.suffix in {".py", ".sql", ".js", ".css", ".html", ".toml", ".po"}
)

CLOCKS = {
    *("datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today"),
    *("time.time", "time.time_ns", "time.localtime", "time.gmtime"),
}
CLOCK_HOMES = {"bot/app.py"}

# A platform may be named where it is adapted, configured or quoted: settings, and agreements as data.
PLATFORM = re.compile(r"telegram|slack|skype|ms.?teams|microsoft.teams|discord|whatsapp", re.IGNORECASE)
PLATFORM_HOMES = re.compile(r"bot/channels/(telegram|slack|teams)\b|bot/platforms.py|bot/config/|bot/policies/")

UNSAFE_MODULES = {"pickle", "cPickle", "marshal", "shelve", "dill", "cloudpickle", "jsonpickle", "yaml"}
UNSAFE_BUILTINS = {"eval", "exec", "__import__"}

# SQL that is put together after all: names of our own savepoints, settings and files of our own, never a value.
BUILT_SQL = {
    "bot/store/tx.py": {"f'SAVEPOINT {name}'", "f'ROLLBACK TO {name}'", "f'RELEASE {name}'"},
    "bot/store/units.py": {"f'PRAGMA {setting}'"},
    "bot/store/migrate.py": {"f'PRAGMA user_version={len(migrations)}'", "statement"},
}

LONGEST = 300
LONGER = {
    "bot/app.py": "the composition root: the whole wiring is one story, read from top to bottom",
    "bot/channels/base.py": "the whole contract of a channel on one page; half of it are docstrings",
    "bot/desk/session.py": "one short method per verb of the Desk protocol; taken apart, it would need inheritance",
    "bot/notice.py": "every kind of value a notice can hold, with how it is worded and stored, in one place",
    "bot/sla/replay.py": "one rule per kind of event of the log; taken apart, no reading of a log would be whole",
    "bot/store/outbox.py": "every move of the delivery's state machine, one method each, on one page",
    "bot/web/widget/pledge-chat.js": "clients embed one file; there is no build step that could join several",
}


@dataclass(frozen=True, slots=True)
class Source:
    """A Python file, parsed, with the dotted names behind its local ones."""

    name: str
    tree: ast.Module
    imported: Mapping[str, str]

    def dotted(self, node: ast.expr) -> str:
        """`dt.now` -> "datetime.datetime.now" after `from datetime import datetime as dt`; "" where unknown."""
        if isinstance(node, ast.Name):
            return self.imported.get(node.id, node.id)
        if isinstance(node, ast.Attribute):
            return f"{self.dotted(node.value)}.{node.attr}"
        return ""

    def imports(self) -> Iterator[str]:
        """Modules that are imported, wherever in the file."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module


def source(text: str, name: str = "bot/planted.py") -> Source:
    tree = ast.parse(text)
    imported: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {
                a.asname or a.name.partition(".")[0]: a.name if a.asname else a.name.partition(".")[0]
                for a in node.names
            }
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
    return Source(name, tree, imported)


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


SOURCES = [source(path.read_text(encoding="utf-8"), relative(path)) for path in PYTHON]


# What the checks look for --------------------------------------------------------------------------------------


def wall_clocks(module: Source) -> list[str]:
    """Where the wall clock is read, also by a reference that is called elsewhere."""
    return [
        f"{module.name}:{node.lineno}: {module.dotted(node)}"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Name | ast.Attribute) and module.dotted(node) in CLOCKS
    ]


def unsafe_calls(module: Source) -> list[str]:
    """Ways from data to code (S37)."""
    found = [f"{module.name}: {name}" for name in module.imports() if name.partition(".")[0] in UNSAFE_MODULES]
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and module.dotted(node.func) in UNSAFE_BUILTINS:
            found.append(f"{module.name}:{node.lineno}: {ast.unparse(node.func)}")
    return found


def built_sql(module: Source) -> list[str]:
    """SQL that is executed without being a literal (S28)."""
    found = []
    for node in ast.walk(module.tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if node.func.attr not in {"execute", "executemany", "executescript"} or not node.args:
            continue
        statement = node.args[0]
        is_literal = isinstance(statement, ast.Constant) and isinstance(statement.value, str)
        if not is_literal and ast.unparse(statement) not in BUILT_SQL.get(module.name, ()):
            found.append(f"{module.name}:{node.lineno}: {ast.unparse(statement)}")
    return found


def docstring_fault(module: Source) -> str | None:
    """Why the file does not say in a sentence what it is for."""
    text = ast.get_docstring(module.tree)
    if not text:
        return f"{module.name}: no docstring"
    first = " ".join(text.split("\n\n")[0].split())
    if not first.endswith((".", ":", "?")) and ". " not in first:
        return f"{module.name}: the docstring does not begin with a sentence: {first[:60]}"
    return None


# The checks ----------------------------------------------------------------------------------------------------


def test_every_import_contract_is_kept() -> None:
    """In a process of its own: the linter configures logging for the whole process it runs in."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_channel_is_hidden_from_the_core() -> None:
    """Each channel stands in the contract "adapters", so that a new one cannot be forgotten there."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    protected = next(each for each in contracts if each["id"] == "adapters")["protected_modules"]
    channels = {path.stem for path in (BOT / "channels").iterdir() if not path.name.startswith(("_", "."))}
    assert {f"bot.channels.{name}" for name in channels - {"base"}} == set(protected)


def test_the_promise_engine_stands_on_the_standard_library_alone() -> None:
    pure = (
        "bot/sla/",
        "bot/when/",
        "bot/tickets.py",
        "bot/text.py",
        "bot/people.py",
        "bot/duty.py",
        "bot/wording.py",
        "bot/now.py",
    )
    foreign = [
        f"{module.name}: {name}"
        for module in SOURCES
        if module.name.startswith(pure)
        for name in module.imports()
        if name.partition(".")[0] not in {*sys.stdlib_module_names, "bot"}
    ]
    assert not foreign


def test_the_promise_engine_does_no_work_at_the_edge() -> None:
    edge = {"asyncio", "socket", "sqlite3", "subprocess", "threading", "urllib", "http", "random", "secrets", "os"}
    found = [
        f"{module.name}: {name}"
        for module in SOURCES
        if module.name.startswith("bot/sla/")
        for name in module.imports()
        if name.partition(".")[0] in edge
    ]
    assert not found


def test_the_wall_clock_is_read_in_the_composition_root_only() -> None:
    assert not [each for module in SOURCES if module.name not in CLOCK_HOMES for each in wall_clocks(module)]


def test_no_platform_is_named_outside_its_adapter_and_its_settings() -> None:
    named = []
    for path in SHIPPED:
        if PLATFORM_HOMES.search(relative(path)):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if PLATFORM.search(line):
                named.append(f"{relative(path)}:{number}: {line.strip()[:80]}")
    assert not named


def test_nothing_turns_data_into_code() -> None:
    assert not [each for module in SOURCES for each in unsafe_calls(module)]


def test_sql_is_never_put_together_from_values() -> None:
    assert not [each for module in SOURCES for each in built_sql(module)]


def test_every_module_begins_with_what_it_is_for() -> None:
    assert not [fault for module in SOURCES if (fault := docstring_fault(module))]


def test_no_file_is_long_without_a_reason() -> None:
    files = [*SHIPPED, *(ROOT / "bench").glob("*.py")]
    lengths = {
        relative(path): len(path.read_text(encoding="utf-8").splitlines())
        for path in files
        if path.suffix in {".py", ".js", ".css", ".html"}
    }
    long = {name: length for name, length in lengths.items() if length > LONGEST}
    assert not {name: length for name, length in long.items() if name not in LONGER}
    assert set(LONGER) <= set(long), "a reason for a file that is not long any more; take it out"


# The checks themselves: each finds what it is for ----------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "import datetime\ndatetime.datetime.now()",
        "from datetime import datetime as when\nread = when.utcnow",
        "from datetime import date\ndate.today()",
        "import time as t\nt.time()",
        "from time import time_ns\ntime_ns()",
    ],
)
def test_a_planted_wall_clock_is_found(text: str) -> None:
    assert len(wall_clocks(source(text))) == 1


def test_a_clock_for_waiting_is_no_wall_clock() -> None:
    assert not wall_clocks(source("import time\ntime.monotonic()\nnow = times.business().now()"))


@pytest.mark.parametrize("text", ["import pickle", "from yaml import load", "eval('1')", "exec(words)"])
def test_a_planted_way_from_data_to_code_is_found(text: str) -> None:
    assert unsafe_calls(source(text))


@pytest.mark.parametrize(
    "text",
    [
        "c.execute(f'SELECT {column}')",
        "c.execute('SELECT %s' % name)",
        "c.executemany('SELECT {}'.format(name), rows)",
        "c.executescript(text)",
        "c.execute('SELECT ' + name)",
    ],
)
def test_planted_sql_from_values_is_found(text: str) -> None:
    assert built_sql(source(text))


def test_a_literal_with_parameters_is_no_built_sql() -> None:
    assert not built_sql(source("c.execute('SELECT 1 WHERE id = ?', (id,))"))


@pytest.mark.parametrize("text", ["", "import re", '"""Helpers"""'])
def test_a_module_that_does_not_say_what_it_is_for_is_found(text: str) -> None:
    assert docstring_fault(source(text))
