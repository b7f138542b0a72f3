"""`python -m bench [NAME ...]` measures everything, or the benchmarks named, and prints one table: ratios first."""

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from bench._machine import conditions

Row = tuple[str, str, str, str]  # what, ratio, ours, peer


def main() -> None:
    """Run one after the other, so that they do not disturb each other; a table line as soon as it is known."""
    names = sys.argv[1:] or list(_ROWS)
    unknown = [name for name in names if name not in _ROWS]
    if unknown:
        raise SystemExit(f"no benchmark {unknown[0]!r} (there are: {', '.join(_ROWS)})")
    print(conditions(), flush=True)
    print("| what | ratio | Pledge | peer |\n|---|---|---|---|", flush=True)
    for name in names:
        for row in _ROWS[name](import_module(f"bench.{name}").run()):
            print("| " + " | ".join(row) + " |", flush=True)


def _due(results: Any) -> list[Row]:
    return [
        (
            f"add {one.hours} h of working time, {one.desk}",
            f"**{one.ratio:.0f}x** ({one.ratio_spread[0]:.0f}-{one.ratio_spread[1]:.0f})",
            f"{one.ours_per_s:,.0f}/s",
            f"{one.peer} {one.peer_per_s:,.0f}/s",
        )
        for one in results
    ]


def _store(one: Any) -> list[Row]:
    return [
        (
            "durable units of one row, 100 producers",
            f"**{one.ratio:.1f}x**",
            f"{one.ours.units_per_s:,.0f}/s, p99 {one.ours.p99_ms:.1f} ms",
            f"lock and COMMIT each {one.peer.units_per_s:,.0f}/s, p99 {one.peer.p99_ms:.1f} ms",
        )
    ]


def _unit(one: Any) -> list[Row]:
    return [("opening a ticket, CPU of the unit", "-", f"{one.cpu_us:,.0f} us, {one.statements} statements", "-")]


def _intake(results: Any) -> list[Row]:
    return [
        (
            f"message to committed ticket, {ours.connections} connections",
            f"**{ours.per_s / peer.per_s:.2f}x**",
            _rate_first(ours),
            f"bare insert of one row {_rate_first(peer)}",
        )
        for ours, peer in zip(results[::2], results[1::2], strict=True)
    ]


def _slack(results: Any) -> list[Row]:
    return [
        _against(f"signed Slack event to committed ticket and 200, {ours.connections} connections", ours, peer, floor)
        for ours, floor, peer in zip(results[::3], results[1::3], results[2::3], strict=True)
    ]


def _telegram(results: Any) -> list[Row]:
    *ours, floor, peer = results
    return [
        _against(f"Telegram update to commit and 200, {one.connections} connections, {one.what}", one, peer, floor)
        for one in ours
    ]


def _against(what: str, one: Any, peer: Any, floor: Any) -> Row:
    """Beside the bare library, and beside the same with the rows of a ticket written by it."""
    return (
        what,
        f"**{one.cpu_us / peer.cpu_us:.1f}x CPU**; {one.cpu_us / floor.cpu_us:.1f}x with the rows",
        _cpu_first(one),
        f"{peer.what}, nothing stored: {_cpu_first(peer)}; {floor.what}: {_cpu_first(floor)}",
    )


def _rate_first(one: Any) -> str:
    return f"{one.per_s:,.0f}/s ({one.per_s_spread}), {_delays(one)}, {one.cpu_us:,.0f} us CPU"


def _cpu_first(one: Any) -> str:
    return f"{one.cpu_us:,.0f} us CPU ({one.cpu_spread}), {one.per_s:,.0f}/s, {_delays(one)}"


def _delays(one: Any) -> str:
    return f"p50 {one.p50_ms:.1f} p99 {one.p99_ms:.1f} ms"


def _herd(results: Any) -> list[Row]:
    *ours, peer = results
    theirs = f"{peer.what} p50 {peer.p50_s:.2f} p99 {peer.p99_s:.2f} s ({peer.p99_spread})"
    return [
        (
            f"10,000 steps due in one second, late: {one.what.removeprefix('Pledge, ')}",
            f"**{peer.p99_s / one.p99_s:.1f}x**",
            f"p50 {one.p50_s:.2f} p99 {one.p99_s:.2f} s ({one.p99_spread}), worded too",
            theirs,
        )
        for one in ours
    ]


def _deadlines(results: Any) -> list[Row]:
    return [
        (
            f"{one.deadlines:,} deadlines to a loopback sink, {one.kills} kills",
            "-",
            f"first after {one.first_s:.2f} s, {one.per_s:,.0f}/s ({one.per_s_spread}), {one.lost} lost, "
            f"{one.repeated} repeated",
            "-",
        )
        for one in results
    ]


def _delivery(results: Any) -> list[Row]:
    return [
        (
            f"deliveries claimed, sent, marked; {one.in_flight} rooms in flight",
            "-",
            f"{one.per_s:,.0f}/s ({one.spread[0]:,.0f}-{one.spread[1]:,.0f})",
            "-",
        )
        for one in results
    ]


def _start(one: Any) -> list[Row]:
    return [
        ("start until /readyz is green", "-", f"{one.start_s:.2f} s ({one.start_spread})", "-"),
        ("start with a new database", "-", f"{one.first_start_s:.2f} s", "-"),
        ("idle memory", "-", f"{one.idle_mib:.0f} MiB", "-"),
        ("`pledge --help`", "-", f"{one.help_s:.2f} s", "-"),
    ]


_ROWS: dict[str, Callable[[Any], list[Row]]] = {
    "due": _due,
    "intake": _intake,
    "telegram": _telegram,
    "slack": _slack,
    "herd": _herd,
    "store": _store,
    "deadlines": _deadlines,
    "delivery": _delivery,
    "start": _start,
    "unit": _unit,
}

if __name__ == "__main__":
    main()
