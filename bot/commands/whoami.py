"""`/whoami`: who the bot takes the asker for, where this is, and which agreement holds here."""

from __future__ import annotations

from bot.commands._arguments import wrong
from bot.commands.base import ANY_ROOM, EVERYBODY, Call, Command, Reply, answer
from bot.commands.language import own_name
from bot.notice import Key, Quote, Say, Zone, say
from bot.people import RoomKind


def run(call: Call) -> Reply:
    if call.rest:
        raise wrong("errors.extra", call.rest, "whoami")
    actor, room = call.actor, call.room
    lines = [say("whoami.staff", name=Quote(actor.name), role=Key(f"role.{actor.role.value}"))]
    if actor.person is None:
        lines.append(say("whoami.unknown", channel=room.channel, id=actor.ext_id))
    lines.append(
        say(
            "whoami.room",
            room=Key(f"room.{room.kind.value}"),
            channel=room.channel,
            zone=Zone(room.zone),
            language=own_name(room.locale),
        )
    )
    if room.kind is RoomKind.CLIENT:
        lines.append(_agreement(call))
    return answer(*lines)


def _agreement(call: Call) -> Say:
    policy = call.desk.terms()
    if policy is None:
        return say("hours.none")
    name = f"{policy.name} ({policy.plan})" if policy.plan else policy.name
    people = call.desk.responsible()
    return say("whoami.agreement", agreement=name, who=people[0].name if people else Key("team"))


COMMAND = Command("whoami", EVERYBODY, ANY_ROOM, run, aliases=("who-am-i",))
