"""What a call is for: said by the asker's words or a button, shown, and counted on its own.

The office is open 10:00-19:00 GMT+3; 14 March 2025 is a Friday, New York is 7 hours behind.
"""

from __future__ import annotations

import pytest
from harness import bot_in_a_box, client

from bot.desk.calls.week import call_week
from bot.sla.call import CallKind, kind_wished, kinds_in
from bot.sla.policy_file import load_folder

FRIDAY = "2025-03-14T16:00+03:00"
BOTH = frozenset(CallKind)


@pytest.mark.parametrize(
    ("topic", "kind"),
    [
        ("", CallKind.ON_DEMAND),
        ("postbacks stopped", CallKind.ON_DEMAND),
        ("a strain on the trains", CallKind.ON_DEMAND),
        ("training of two new colleagues", CallKind.TRAINING),
        ("Onboarding", CallKind.TRAINING),
        ("обучение новых сотрудников", CallKind.TRAINING),
    ],
)
def test_the_words_of_the_asker_say_what_a_call_is_for(topic: str, kind: CallKind) -> None:
    assert kind_wished(topic, BOTH) is kind
    assert kind_wished(topic, kinds_in(())) is CallKind.ON_DEMAND


@pytest.mark.parametrize(
    ("named", "kinds"),
    [
        ((), {CallKind.ON_DEMAND}),
        (("help",), {CallKind.ON_DEMAND}),
        (("troubleshooting", "educational"), BOTH),
        (("Training",), {CallKind.TRAINING}),
    ],
)
def test_an_agreement_names_the_kinds_it_has(named: tuple[str, ...], kinds: set[CallKind]) -> None:
    assert kinds_in(named) == kinds


async def test_a_training_call_is_shown_as_one_to_both_and_in_the_week() -> None:
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say("acme", "acme/ann", "/book-call Mon 09:00 training for two new colleagues")
        assert bot.last("dm:mia").endswith("It is a training call.")
        await bot.press("dm:mia", "mia", "Confirm")
        await bot.say("acme", "acme/ann", "/calls")
        assert bot.last("acme") == "C-1: Mon 17 Mar 09:00-09:30 New York (Mon 16:00 GMT+3), Mia, training, agreed."
        monday = bot.moment("2025-03-17T12:00+03:00")
        week = await bot.read(lambda tx: call_week(tx, bot.desk.book, "Etc/GMT-3", monday))
        assert [row.kind for day in week.days for row in day.calls] == [CallKind.TRAINING]


async def test_a_button_says_what_the_words_did_not() -> None:
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say("acme", "acme/ann", "/book-call Mon 09:00 the new funnels")
        receipt = await bot.press("acme", "acme/ann", "It is a training")
        assert receipt.notice == "C-1 is a training call."
        (call,) = await bot.read(lambda tx: tx.calls.open(bot.clock.now))
        assert call.kind is CallKind.TRAINING
        assert bot.last("dm:mia") == "C-1 is a training call now, says Acme."
        again = await bot.press("acme", "acme/ann", "It is a training")
        assert "C-1" in (again.notice or "") and "is a training call" not in (again.notice or "")


async def test_what_the_manager_says_of_the_kind_is_told_to_the_client() -> None:
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say("acme", "acme/ann", "/book-call Mon 09:00 training")
        said = len(bot.posts("dm:mia"))
        await bot.press("dm:mia", "mia", "It is no training")
        assert bot.last("acme").startswith("C-1 is a call on demand now, says Mia.")
        assert bot.posts("dm:mia")[said:] == []


async def test_training_calls_count_on_their_own_where_the_agreement_limits_them(tmp_path) -> None:
    (tmp_path / "two.toml").write_text(
        'id = "two"\nname = "Two"\nversion = "1"\nextends = "redtrack-premium"\n'
        "[calls]\nincluded = 2\nincluded_training = 1\n"
    )
    async with bot_in_a_box(FRIDAY, client(agreement="two"), catalog=load_folder(tmp_path)) as bot:
        for when in ("Mon 09:00 funnels", "Mon 10:00 training", "Tue 09:00 reports", "Tue 10:00 training"):
            await bot.say("acme", "acme/ann", f"/book-call {when}")
            await bot.press("dm:mia", "mia", "Confirm")
        flagged = [text.splitlines()[0] for text in bot.posts("dm:mia") if "includes" in text]
        assert flagged == ["Training call 2 of 1 that the agreement includes in this month. C-4."]
        await bot.say("acme", "acme/ann", "/book-call Wed 09:00 prices")
        await bot.press("dm:mia", "mia", "Confirm")
        assert bot.last("dm:mia").startswith("Call 3 of 2 that the agreement includes in this month. C-5.")
