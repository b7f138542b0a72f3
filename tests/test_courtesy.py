"""Which words open nothing: thanks and emoji alone, in English and Russian, and never a word of substance."""

from __future__ import annotations

import pytest

from bot.desk.routing import is_courtesy


@pytest.mark.parametrize(
    "text",
    ["thanks", "Thank you!", "thank you very much", "ok", "👍", "🙏🙏", "...", "Great, it works now", "Got it, thanks",
     "спасибо", "Спасибо большое за помощь", "ок", "Понял, спасибо!", "всё работает", ":)"],
)  # fmt: skip
def test_courtesy_opens_nothing(text: str) -> None:
    assert is_courtesy(text)


@pytest.mark.parametrize(
    "text",
    ["thanks, but it still fails", "ok?", "it", "works on my side only", "no", "not ok", "спасибо, но не работает",
     "thank you for the help, now the report is empty", "500", "down", "all good except the funnels",
     "yes yes yes yes yes yes yes yes", "да, но не сейчас"],
)  # fmt: skip
def test_one_word_of_substance_is_a_message(text: str) -> None:
    assert not is_courtesy(text)
