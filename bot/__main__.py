"""`python -m bot` is `pledge`."""

from bot.cli import main

main(prog_name="pledge")
