"""Trap 26 over the strict Bot API: a button that has ended its choice is taken off its message, once and quietly."""

from datetime import timedelta

from channels.telegram.telegram_box import ANN, BEN, MIA, TelegramBox, telegram_box

URGENT = ["Service down", "Risk of downtime"]


async def opened(box: TelegramBox) -> str:
    """A ticket of Ann's; its reference."""
    await box.says(box.group, ANN, "postbacks stopped arriving")
    [(ref,)] = await box.sql("SELECT max(ref) FROM ticket")
    return f"T-{ref}"


async def nudged(box: TelegramBox) -> None:
    """A ticket of Ann's of which Mia has been reminded."""
    await opened(box)
    await box.forward(timedelta(minutes=31))


async def test_a_ticket_that_was_taken_offers_everything_but_taking_it():
    async with telegram_box() as box:
        await nudged(box)
        nudge = box.direct(MIA).posts[-1]
        words, offered = nudge.text, list(nudge.buttons)
        await box.press(box.direct(MIA), MIA, "Take it")
        assert list(nudge.buttons) == [label for label in offered if label != "Take it"]
        assert nudge.text == words
        assert len(box.api.called("editMessageReplyMarkup")) == 1
        assert box.api.called("editMessageText") == []


async def test_a_resolved_ticket_leaves_no_button_on_the_message_it_was_resolved_at():
    async with telegram_box() as box:
        await nudged(box)
        nudge = box.direct(MIA).posts[-1]
        await box.press(box.direct(MIA), MIA, "Resolved")
        assert nudge.buttons == {}
        resolved = box.group.posts[-1]
        await box.press(box.group, ANN, "Reopen", resolved)
        assert resolved.buttons == {}, "nor is there anything to confirm or rate"


async def test_an_old_button_of_a_closed_ticket_is_answered_and_taken_off():
    async with telegram_box() as box:
        ref = await opened(box)
        window = box.group.posts[0]
        assert window.buttons
        await box.says(box.direct(MIA), MIA, f"/resolve {ref}")
        press = await box.press(box.group, ANN, "Separate issue", window)
        assert press.answer
        assert window.buttons == {}


async def test_after_saying_how_bad_it_is_only_what_is_graver_is_offered():
    async with telegram_box() as box:
        await opened(box)
        window = box.group.posts[0]
        graver = [label for label in window.buttons if label != "Separate issue"]
        await box.press(box.group, ANN, graver[-1], window)
        assert list(window.buttons) == [*graver[:-1], "Separate issue"]


async def test_a_client_who_has_escalated_cannot_do_so_again_at_the_same_message():
    async with telegram_box() as box:
        ref = await opened(box)
        await box.says(box.direct(MIA), MIA, f"/eta {ref} 15:00")
        await box.says(box.direct(MIA), MIA, f"/eta {ref} 16:00 the provider needs longer")
        moved = box.group.posts[-1]
        assert list(moved.buttons) == ["Accept", "Escalate"]
        await box.press(box.group, ANN, "Accept", moved)
        assert list(moved.buttons) == ["Escalate"]
        await box.press(box.group, ANN, "Escalate", moved)
        assert moved.buttons == {}


async def test_asking_for_another_time_is_no_choice_yet():
    async with telegram_box() as box:
        await nudged(box)
        nudge = box.direct(MIA).posts[-1]
        offered = list(nudge.buttons)
        await box.press(box.direct(MIA), MIA, "Other ETA", nudge)
        assert list(nudge.buttons) == offered
        assert box.api.called("editMessageReplyMarkup") == []


async def test_who_may_not_press_a_button_takes_none_off():
    async with telegram_box() as box:
        await nudged(box)
        nudge = box.direct(MIA).posts[-1]
        offered = list(nudge.buttons)
        box.direct(MIA).people.append(ANN)
        await box.press(box.direct(MIA), ANN, "Resolved", nudge)
        assert list(nudge.buttons) == offered


async def test_a_choice_among_several_ends_with_the_choice_and_not_with_a_refusal():
    async with telegram_box() as box:
        for what in ("exports", "postbacks"):
            await box.says(box.group, ANN, f"/new {what} fail")
        await box.says(box.group, MIA, "I am looking into it")
        which = box.direct(MIA).posts[-1]
        assert list(which.buttons) == ["T-43", "T-42"]
        box.direct(MIA).people.append(ANN)
        await box.press(box.direct(MIA), ANN, "T-42", which)
        assert list(which.buttons) == ["T-43", "T-42"]
        await box.press(box.direct(MIA), MIA, "T-42", which)
        assert which.buttons == {}


async def test_a_double_press_is_one_change_of_the_message():
    async with telegram_box() as box:
        await nudged(box)
        chat = box.direct(MIA)
        nudge = chat.posts[-1]
        first, second = chat.presses(MIA, "Take it", nudge), chat.presses(MIA, "Take it", nudge)
        await box.settle()
        assert first.answered.is_set() and second.answered.is_set()
        assert len(box.api.called("editMessageReplyMarkup")) == 1


async def test_a_message_that_is_gone_or_out_of_reach_is_left_alone():
    async with telegram_box() as box:
        await nudged(box)
        chat = box.direct(MIA)
        nudge = chat.posts[-1]
        refusal = box.api.trouble(
            "editMessageReplyMarkup", "refuse", code=400, text="Bad Request: message can't be edited"
        )
        await box.press(chat, MIA, "Take it", nudge, far=True)
        assert refusal.met == 1
        posts = len(chat.posts)
        assert [list(post.buttons) for post in chat.posts[1:]] == [["Undo"]], "nothing is posted instead"
        assert await box.sql("SELECT state FROM outbox WHERE dedupe_key LIKE 'keyboard:%'") == [("sent",)]
        assert len(chat.posts) == posts


async def test_a_room_that_is_lost_meanwhile_alarms_nobody_for_a_keyboards_sake():
    async with telegram_box() as box:
        ref = await opened(box)
        await box.says(box.direct(MIA), MIA, f"/resolve {ref}")
        told = len(box.direct(MIA).posts) + len(box.direct(BEN).posts)
        box.api.trouble("editMessageReplyMarkup", "refuse", code=400, text="Bad Request: something new")
        await box.press(box.group, ANN, "Separate issue", box.group.posts[0])
        assert len(box.direct(MIA).posts) + len(box.direct(BEN).posts) == told


async def test_what_was_taken_off_and_is_pressed_all_the_same_is_taken_off_again():
    """The reader's screen may be older than the message."""
    async with telegram_box() as box:
        await nudged(box)
        chat = box.direct(MIA)
        nudge = chat.posts[-1]
        before = [list(row) for row in nudge.rows]
        await box.press(chat, MIA, "Take it", nudge)
        nudge.rows = before
        press = await box.press(chat, MIA, "Take it", nudge)
        assert press.answer
        assert "Take it" not in nudge.buttons
        assert len(box.api.called("editMessageReplyMarkup")) == 2


async def test_a_status_line_is_still_changed_in_place_after_its_buttons_were():
    async with telegram_box() as box:
        ref = await opened(box)
        await box.press(box.group, ANN, next(iter(box.group.posts[0].buttons)))
        history = "SELECT count(*) FROM revision"
        assert await box.sql(history) == [(0,)], "other buttons are no other words"
        assert ref in box.group.texts[0]


async def test_many_presses_at_one_dead_message_wait_as_one_change_of_its_buttons():
    async with telegram_box() as box:
        ref = await opened(box)
        window, before = box.group.posts[0], [list(row) for row in box.group.posts[0].rows]
        await box.says(box.direct(MIA), MIA, f"/resolve {ref}")
        await box.press(box.group, ANN, "Separate issue", window)
        window.rows = before  # his app shows what was taken off
        for _ in range(30):
            box.group.presses(ANN, "Separate issue", window)
        await box.api.taken()
        assert (await box.states())["pending"] == 1
        await box.deliver()
        assert len(box.api.called("editMessageReplyMarkup")) == 2
