"""Trap 26 on Slack: a button that has ended its choice is taken off its message, whose words stay as they are."""

from __future__ import annotations

from datetime import timedelta

from channels.slack.slack_api import Trouble
from channels.slack.slack_box import SlackBot


async def test_after_a_press_only_what_still_means_something_is_offered(bot: SlackBot) -> None:
    room = bot.rooms["acme"]
    await bot.says("acme", "ann", "postbacks stopped arriving")
    [before] = room.posts
    await room.presses("ann", before, "Service down")
    await bot.deliver()
    after = room.posts[0]
    assert list(after.buttons) == ["Separate issue"]
    assert (after.ts, after.text) == (before.ts, before.text)


async def test_a_ticket_taken_in_a_direct_chat_cannot_be_taken_there_again(bot: SlackBot) -> None:
    await bot.says("acme", "ann", "postbacks stopped arriving")
    await bot.forward(by=timedelta(minutes=30))
    direct = bot.slack.direct("mia")
    nudge = direct.post("Take it")
    await direct.presses("mia", nudge, "Take it")
    await bot.deliver()
    [shown] = [post for post in direct.posts if post.ts == nudge.ts]
    assert list(shown.buttons) == [label for label in nudge.buttons if label != "Take it"]
    await direct.presses("mia", nudge, "Resolved")
    await bot.deliver()
    [shown] = [post for post in direct.posts if post.ts == nudge.ts]
    assert (list(shown.buttons), shown.text) == ([], nudge.text)


async def test_a_message_slack_changes_no_more_is_left_and_nothing_posted_instead(bot: SlackBot) -> None:
    room = bot.rooms["acme"]
    await bot.says("acme", "ann", "postbacks stopped arriving")
    [before] = room.posts
    bot.slack.trouble("chat.update", Trouble("error", "edit_window_closed"))
    await room.presses("ann", before, "Service down")
    await bot.deliver()
    assert [post.ts for post in room.posts if "Separate issue" in post.buttons] == [before.ts]
