"""What the demo brings along: a roster of an invented vendor, its staff and two clients."""

from pathlib import Path

ROSTER = Path(__file__).with_name("roster.toml")
