"""The ledger of promised moments as lines: `/sla etas [client NAME] [period]`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta

from bot.commands._etas import Promised
from bot.commands._lines import some
from bot.commands.base import Call, Refusal, Reply, answer
from bot.notice import At, Key, Quote, Say, Value, say
from bot.sla.clock import EtaOutcome
from bot.sla.report import eta_tally

USUAL = timedelta(days=30)
_PERIODS = {
    "day|день": 1,
    "week|неделя|неделю": 7,
    "month|месяц": 30,
    "quarter|квартал": 91,
    "year|год": 365,
}
_DAYS = re.compile(r"(\d{1,3})\s*(?:d|days?|д|дн|дней|дня|день)", re.IGNORECASE)
_CLIENT = re.compile(r"(?:client|клиент\w*)\s+(\S+)\s*", re.IGNORECASE)


def etas(call: Call, words: str) -> Reply:
    """The counts of a period, by default the last thirty days, and every ETA that was moved or broken."""
    client, rest = None, words
    if (named := _CLIENT.match(words)) is not None:
        client, rest = named[1], words[named.end() :]
    since = call.now - _period(rest.strip())
    found = call.desk.etas().ledger(since, client)
    if not found:
        return answer(say("sla.etas_none", since=At(since)))
    rows = [_row(each) for each in reversed(found) if each.entry.moved_at or each.entry.outcome is EtaOutcome.BROKEN]
    return answer(say("sla.etas_since", since=At(since)), *tally(found), *some(rows))


def tally(found: Sequence[Promised]) -> Iterator[Say]:
    """ "18 kept, 4 moved, 1 broken": nothing where no ETA was given."""
    if found:
        counts = eta_tally([each.entry for each in found])
        yield say("sla.etas", kept=counts.kept, moved=counts.moved, broken=counts.broken, open=counts.open)


def _period(word: str) -> timedelta:
    if not word:
        return USUAL
    if (days := _DAYS.fullmatch(word)) is not None and int(days[1]):
        return timedelta(days=int(days[1]))
    for names, length in _PERIODS.items():
        if word.casefold() in names.split("|"):
            return timedelta(days=length)
    raise Refusal(say("errors.period", value=Quote(word, 40), example=Key("shown.sla_etas")))


def _row(each: Promised) -> Say:
    entry = each.entry
    common: dict[str, Value] = {"ref": each.reference, "client": each.client, "eta": At(entry.eta_at)}
    if entry.moved_at is None:
        return Say("sla.eta_broken", common)
    key = "sla.eta_moved" if entry.was_told_before else "sla.eta_moved_late"
    return Say(key, common | {"at": At(entry.moved_at)})
