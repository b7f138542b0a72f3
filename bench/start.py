"""How long a start takes and what the bot holds when nothing happens: in-app only, a roster, a database in a folder."""

import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench._box import BotProcess
from bench._machine import conditions, spread


@dataclass(frozen=True, slots=True)
class Result:
    """Medians over the rounds: seconds from the start of the process to a green /readyz, MiB resident then."""

    first_start_s: float
    start_s: float
    start_spread: str
    help_s: float
    idle_mib: float
    rounds: int
    conditions: str


def run(rounds: int = 5) -> Result:
    """Each round: an empty folder, a start, a stop, a second start; then the help text."""
    first, again, help_s, memory = [], [], [], []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as name:
            bot = BotProcess(Path(name) / "bot", at=None)
            try:
                first.append(bot.start())
                bot.stop()
                again.append(bot.start())
                memory.append(_resident_mib(bot))
            finally:
                bot.end()
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-m", "bot", "--help"], check=True, capture_output=True)
        help_s.append(time.perf_counter() - begun)
    return Result(
        first_start_s=statistics.median(first),
        start_s=statistics.median(again),
        start_spread=spread(again, 2),
        help_s=statistics.median(help_s),
        idle_mib=statistics.median(memory),
        rounds=rounds,
        conditions=conditions(),
    )


def _resident_mib(bot: BotProcess) -> float:
    assert bot.process is not None
    status = Path(f"/proc/{bot.process.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def main() -> None:
    """Print the figures."""
    one = run()
    print(f"start {one.start_s:.2f} s ({one.start_spread}), with a new database {one.first_start_s:.2f} s")
    print(f"idle {one.idle_mib:.0f} MiB, `pledge --help` {one.help_s:.2f} s\n{one.conditions}")


if __name__ == "__main__":
    main()
