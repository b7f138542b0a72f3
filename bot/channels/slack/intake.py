"""What comes in, by whatever way: handed to the core, which commits it, before anybody may confirm it to Slack."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.channels.base import FormCheck, Forms, Inbound, InboundKind, News, NewsKind, Receipt, Receive, Unavailable
from bot.channels.slack import acts, home, modals, theirs
from bot.channels.slack.api import Api, redacted
from bot.channels.slack.people import People
from bot.channels.slack.post import Posts
from bot.channels.slack.read import ACCOUNT, NAME, Own, Reader
from bot.channels.slack.verdict import FAULTS
from bot.channels.slack.words import moment
from bot.channels.slack.write import escaped
from bot.now import Times
from bot.text import Rich

logger = logging.getLogger(__name__)

Json = Mapping[str, Any]
After = Callable[[], Awaitable[None]]
Rooms = Callable[[], Awaitable[Sequence[str]]]
Direct = Callable[[str], Awaitable[str | None]]
"""The channel of the chat that somebody (`team/user`) has with the bot; None where none is stored."""

_FORM_S = 1.5
"""How long opening a form may take: an act must be confirmed within three seconds, and its commit comes behind it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What to confirm with, and what to do once that is said; `after` never raises."""

    body: Mapping[str, Any] | None = None
    after: After | None = None


_DONE = Answer()


class Intake:
    """Takes what was verified. Its methods raise Unavailable where nothing was stored: then confirm nothing."""

    def __init__(
        self,
        api: Api,
        people: People,
        posts: Posts,
        times: Times,
        heard: Callable[[], None],
        missed: Callable[[datetime | None], None],
        forms: Forms | None = None,
        home: home.Home | None = None,
        direct: Direct | None = None,
        form_check: FormCheck | None = None,
    ) -> None:
        """`heard` is told of every event that was committed, `missed` of every one that was not (given the moment
        where Slack itself has left some out), `stirred` of the room to which somebody came or which somebody left.
        Commands, presses and forms come by ways of their own and say nothing of events.
        """
        self.stirred: Callable[[str], None] = lambda room: None
        self.own = Own()
        self.receive: Receive | None = None
        self._api = api
        self._people = people
        self._posts = posts
        self._times = times
        self._heard = heard
        self._missed = missed
        self._forms = forms
        self._home = home
        self._direct = direct
        self._form_check = form_check

    async def introduce(self) -> None:
        """Learn who we are. Raises what a call raises; until then events say enough."""
        who, _ = await self._api.who()
        self.know(who)

    def know(self, who: Mapping[str, object]) -> None:
        """What `auth.test` said; nothing where it said nothing."""
        if who.get("team_id"):
            team, user, bot, name = (str(who.get(key) or "") for key in ("team_id", "user_id", "bot_id", "user"))
            self.own = Own(team, user, bot, name)

    async def event(self, envelope: Json, raw: bytes) -> Answer:
        """A body of the Events API; over HTTP also the challenge by which an address is verified."""
        try:
            return await self._event(envelope, raw)
        except BaseException:
            self._missed(None)  # also where the request was cut off: it is as good as not stored
            raise

    async def _event(self, envelope: Json, raw: bytes) -> Answer:
        match envelope.get("type"):
            case "url_verification":
                return Answer({"challenge": str(envelope.get("challenge", ""))})
            case "app_rate_limited":
                told = self._throttled(envelope, raw)
                await self._take(told)
                self._missed(told.at)
                return _DONE
        if theirs.is_event(self.own, envelope):
            return _DONE
        event = envelope.get("event")
        event = event if isinstance(event, Mapping) else {}
        self._posts.note(event.get("user"), event.get("channel"))
        await self._learn(event)
        inbound = self.reader().event(envelope, _without_token(envelope, raw))
        if inbound is not None:
            await self._take(inbound)
            self._heard()
        if event.get("type") in ("member_joined_channel", "member_left_channel"):
            self.stirred(str(event.get("channel")))
        if event.get("type") == "app_home_opened" and event.get("tab") == "home" and self._home is not None:
            return Answer(after=lambda: self._show_home(str(event.get("user"))))
        return _DONE

    async def unreadable(self, raw: bytes, reason: str) -> Answer:
        """Something genuine that is no JSON and no form."""
        await self._take(self.reader().unreadable(raw, reason))
        return _DONE

    async def slash(self, fields: Mapping[str, str], raw: bytes) -> Answer:
        if fields.get("ssl_check") == "1" or theirs.is_elsewhere(self.own, fields.get("team_id")):
            return _DONE
        try:
            inbound = acts.slash(self.reader(), fields, _without_token(fields, raw))
        except KeyError as error:
            return await self.unreadable(raw, f"slash command without {error}")
        inbound = await self._placed(inbound)
        if await self._asked(inbound, fields.get("trigger_id", "")):
            return _DONE
        receipt = await self._take(inbound)
        after = self._housed(inbound)
        if receipt.notice is None:
            return Answer(after=after)
        return Answer({"response_type": "ephemeral", "text": escaped(receipt.notice)}, after)

    async def interaction(self, data: Json, raw: bytes) -> Answer:
        inbound = acts.interaction(self.reader(), data, _without_token(data, raw))
        if inbound is None or theirs.is_act(self.own, data):
            return _DONE
        if inbound.kind is not InboundKind.UNREADABLE:
            inbound = await self._placed(inbound)
            if data.get("type") == "view_submission":
                if (wrong := await self._wrong_in(inbound)) is not None:
                    return Answer(modals.errors(wrong))
            elif await self._asked(inbound, str(data.get("trigger_id", ""))):
                return _DONE
        receipt = await self._take(inbound)
        notice = receipt.notice
        after = self._housed(inbound)
        if notice is None or inbound.kind is InboundKind.UNREADABLE:
            return Answer(after=after)
        url = str(data.get("response_url") or "")
        return Answer(after=lambda: self._whisper(inbound, notice, url, after))

    async def remembered(self, message: Json, room: str) -> bool:
        """A message found in a room's history; one that was heard at the time is recognised by the core. Whether some
        of it was not.
        """
        await self._learn(message)
        found = [(inbound, await self._take(inbound)) for inbound in self.reader().history(message, room)]
        if any(inbound.kind is InboundKind.ROOM for inbound, _ in found):
            self.stirred(room)  # what has happened since stands elsewhere
        return any(not receipt.duplicate for _, receipt in found)

    async def gap(self, inbound: Inbound) -> None:
        await self._take(inbound)

    def reader(self) -> Reader:
        people = self._people
        return Reader(self.own, self._times.business(), people.name_of, people.team_of, people.is_guest)

    async def _take(self, inbound: Inbound) -> Receipt:
        if self.receive is None:
            raise Unavailable("the channel is not listening")
        team, _, user = inbound.sender.rpartition("/")
        # The same user id in another workspace is somebody else, of whom Slack has told us nothing.
        is_theirs = bool(user) and self._people.team_of(user) == team
        profile = self._people.profile_of(user, self.own.team) if is_theirs else None
        return await self.receive(inbound if profile is None else replace(inbound, profile=profile))

    async def _learn(self, event: Json) -> None:
        inner = event.get("message") if event.get("subtype") == "message_changed" else event
        user = inner.get("user") if isinstance(inner, Mapping) else None
        if isinstance(user, str) and user != self.own.user:
            await self._people.learn(user)

    async def _placed(self, inbound: Inbound) -> Inbound:
        """An act without a room of ours is one in the person's own chat with the bot.

        Where that is not known, the person's own address stands for it: Slack is not asked before the commit.
        """
        if inbound.room:
            return inbound
        room = self._posts.known(inbound.sender)
        if room is None and self._direct is not None:
            room = await self._direct(inbound.sender)
        return replace(inbound, room=room or inbound.sender, direct=True, bare_commands=True)

    def _housed(self, inbound: Inbound) -> After | None:
        """What finds the chat that a person's own address stands for; None where the room is a real one."""
        if inbound.room != inbound.sender or inbound.kind is InboundKind.UNREADABLE:
            return None
        return lambda: self._move_in(inbound)

    async def _move_in(self, inbound: Inbound) -> None:
        """Tell the core the chat's real id, so that what is pressed there later is known; posts find it anyway."""
        try:
            room = await self._posts.channel(inbound.sender)
            news = News(NewsKind.MOVED, room)
            once = f"direct:{inbound.sender}:{room}"
            moved = replace(inbound, kind=InboundKind.ROOM, news=news, text="", event_id=once, message_id=once)
            await self._take(replace(moved, direct=False, action=None, payload=b""))
        except (*FAULTS, Unavailable) as error:
            logger.warning("no direct chat was found: %s", redacted(error), extra={"action": "slack.direct"})

    async def _asked(self, inbound: Inbound, trigger: str) -> bool:
        """Whether a form was opened for the words this act lacks; if not, the core asks in its own way."""
        if self._forms is None or not trigger:
            return False
        form = await self._forms(inbound)
        view = None if form is None else modals.view(form, inbound)
        if view is None:
            return False
        try:
            async with asyncio.timeout(_FORM_S):
                await self._api.call("views.open", trigger_id=trigger, view=view)
        except FAULTS as error:
            # Above all a trigger that is older than its three seconds, or an answer that would make it so.
            logger.warning("no form was opened: %s", redacted(error), extra={"action": "slack.form"})
            return False
        return True

    async def _wrong_in(self, inbound: Inbound) -> Rich | None:
        """What is wrong with the words of a filled-in form: nothing is stored then, it stands there to be mended."""
        return None if self._form_check is None else await self._form_check(inbound)

    async def _whisper(self, inbound: Inbound, notice: str, url: str, after: After | None = None) -> None:
        """Show the notice to the presser only: in the button's thread where it has one, which an answer to its
        address could not. Behind `after`.
        """
        if after is not None:
            await after()
        text = escaped(notice)
        body = {"response_type": "ephemeral", "replace_original": False, "text": text}
        if inbound.thread is None and url and await self._api.respond(url, body):
            return
        user = inbound.sender.rpartition("/")[2]
        try:
            await self._posts.whisper(await self._posts.channel(inbound.room), user, text, inbound.thread)
        except FAULTS as error:
            if not (inbound.thread is not None and url and await self._api.respond(url, body)):
                logger.warning("a notice was not shown: %s", redacted(error), extra={"action": "slack.notice"})

    async def _show_home(self, user: str) -> None:
        assert self._home is not None
        await self._people.learn(user)
        profile = self._people.profile_of(user, self.own.team)
        if profile is None or self._people.team_of(user) != self.own.team:
            return  # Slack shows people of other workspaces nothing
        try:
            rich = await self._home(f"{self.own.team}/{user}", profile)
            await self._api.call("views.publish", user_id=user, view=home.view(rich))
        except (*FAULTS, Unavailable) as error:
            logger.warning("no home was shown: %s", redacted(error), extra={"action": "slack.home"})

    def _throttled(self, envelope: Json, raw: bytes) -> Inbound:
        """Slack leaves events out for a while, because there are too many of them."""
        minute = envelope.get("minute_rate_limited")
        base = self.reader().unreadable(raw, "Slack left events out: more than 30,000 in an hour", f"rate:{minute}")
        at = moment(f"{minute}.000000") if isinstance(minute, int) else base.at
        return replace(base, kind=InboundKind.GAP, at=at, channel=NAME, account=ACCOUNT)


def _without_token(data: Json, raw: bytes) -> bytes:
    """The body without Slack's old verification token, which stands in every one and belongs into no store."""
    token = data.get("token")
    return raw.replace(token.encode(), b"-") if isinstance(token, str) and token else raw
