"""One client's message as a unit of work, without web and delivery: microseconds of the writing thread, and statements.

No peer: the figure says what a ticket costs, and shows a query too many.
"""

import asyncio
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench._box import bot_in_a_box
from bench._machine import conditions, spread
from bot.store.tx import Tx


@dataclass(frozen=True, slots=True)
class Result:
    """Median over the rounds of the CPU time of a unit that opens a ticket, with all its rows."""

    cpu_us: float
    cpu_spread: str
    statements: int
    rounds: int
    conditions: str


async def _measure(place: Path, rounds: int, units: int) -> tuple[list[float], int]:
    async with bot_in_a_box("2026-11-20T11:00:00+03:00", path=place) as bot:
        said = [bot.inbound("acme", "acme/ann", f"/new Export {n} fails") for n in range((rounds + 1) * units + 1)]
        now = bot.clock.now

        def many(tx: Tx) -> float:
            begun = time.thread_time()
            for _ in range(units):
                bot.desk.receive(tx, said.pop(), now, now)
            return (time.thread_time() - begun) / units * 1e6

        def counted(tx: Tx) -> int:
            seen: list[str] = []
            tx.connection.set_trace_callback(seen.append)
            bot.desk.receive(tx, said.pop(), now, now)
            tx.connection.set_trace_callback(None)
            return len(seen)

        await bot.store.write(many)  # warms up
        return [await bot.store.write(many) for _ in range(rounds)], await bot.store.write(counted)


def run(rounds: int = 7, units: int = 300) -> Result:
    """Measure `rounds` batches of `units` units, each batch one commit."""
    with tempfile.TemporaryDirectory() as name:
        taken, statements = asyncio.run(_measure(Path(name) / "unit.db", rounds, units))
    return Result(statistics.median(taken), spread(taken), statements, rounds, conditions())


def main() -> None:
    """Print the cost."""
    one = run()
    print(f"opening a ticket: {one.cpu_us:,.0f} us ({one.cpu_spread}), {one.statements} statements\n{one.conditions}")


if __name__ == "__main__":
    main()
