"""Who is who: the declared roster, read from its file, compared with the rows and applied to them."""

from bot.roster.apply import Changes, apply_roster, preview_roster
from bot.roster.errors import RosterConflict, RosterError
from bot.roster.fields import KEYS
from bot.roster.file import Roster, load_roster, parse_roster
from bot.roster.plan import described, plan_changes
from bot.roster.remarks import is_on_call

__all__ = [
    "KEYS",
    "Changes",
    "Roster",
    "RosterConflict",
    "RosterError",
    "apply_roster",
    "described",
    "is_on_call",
    "load_roster",
    "parse_roster",
    "plan_changes",
    "preview_roster",
]
