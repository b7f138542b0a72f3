"""`/rate T 1-5`, said by a button: the client's mark for the answer."""

from __future__ import annotations

from bot.commands.base import CLIENT, CLIENT_ROOM, Call, Command, Refusal, Reply, answer
from bot.notice import Key, Quote, say


def run(call: Call) -> Reply:
    words = call.rest.split()
    if not words or len(words) > 2 or words[-1] not in tuple("12345"):
        raise Refusal(say("errors.stars", value=Quote(call.rest, 40), example=Key("shown.rate")))
    each = call.desk.find(words[0] if len(words) == 2 else None)
    stars = int(words[-1])
    call.desk.rate(each, stars)
    return answer(say("rated", stars=stars, ref=each.ticket.reference))


COMMAND = Command("rate", CLIENT, CLIENT_ROOM, run, hidden=True)
