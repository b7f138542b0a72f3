"""What Pledge says, as Slack wants it: within its limits, in order, foreign words inert."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.channels.base import Form
from bot.channels.slack import home
from bot.channels.slack.modals import view
from bot.channels.slack.read import Own, Reader
from bot.channels.slack.write import Part, cut, escaped, parts, size
from bot.text import Bold, Button, Code, Items, Link, Mention, Moment, Rich, Text, paragraph

AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def only(rich: Rich) -> Part:
    (part,) = parts(rich)
    return part


def elements(rich: Rich) -> list[dict[str, Any]]:
    """What stands in the only section."""
    ((section,),) = [block["elements"] for block in only(rich).blocks if block["type"] == "rich_text"]
    return list(section["elements"])


def test_every_node_has_its_element() -> None:
    line = paragraph(
        Bold((Text("Due at"),)), " ", Moment(AT, "15:00, Moscow"), " for ", Mention("Ann", "T1/U1"), Code("/eta 2h")
    )
    date = {
        "type": "date",
        "timestamp": 1795521600,
        "format": "{date_short_pretty} {time}",
        "fallback": "15:00, Moscow",
    }
    assert elements(Rich((line,))) == [
        {"type": "text", "text": "Due at", "style": {"bold": True}},
        {"type": "text", "text": " "},
        date,
        {"type": "text", "text": " for "},
        {"type": "user", "user_id": "U1"},
        {"type": "text", "text": "/eta 2h", "style": {"code": True}},
    ]
    token = "<!date^1795521600^{date_short_pretty} {time}|15:00, Moscow>"
    assert only(Rich((line,))).text == f"Due at {token} for <@U1>/eta 2h"


@pytest.mark.parametrize(
    ("hours", "form"), [(0.5, "{time}"), (23.5, "{time}"), (24, "{date_short_pretty} {time}")], ids=str
)
def test_a_stretch_shows_both_its_ends_in_the_reader_s_own_time(hours: float, form: str) -> None:
    until = AT + timedelta(hours=hours)
    stretch = Moment(AT, "Tue 24 Nov 15:00-15:30 GMT-3", until)
    start, dash, end = elements(Rich((paragraph(Bold((stretch,))),)))
    assert (start["timestamp"], start["format"], start["fallback"]) == (
        1795521600,
        "{date_short_pretty} {time}",
        "Tue 24 Nov 15:00",
    )
    assert dash == {"type": "text", "text": "-", "style": {"bold": True}}
    assert (end["timestamp"], end["format"], end["fallback"]) == (int(until.timestamp()), form, "15:30 GMT-3")
    token = "<!date^1795521600^{date_short_pretty} {time}|Tue 24 Nov 15:00>"
    said = only(Rich((paragraph(stretch),))).text
    assert said == f"{token}-<!date^{int(until.timestamp())}^{form}|15:30 GMT-3>"


def test_lines_are_one_section_and_items_a_list() -> None:
    rich = Rich((paragraph("a"), paragraph("b"), Items((paragraph("one"), paragraph("two"))), paragraph("c")))
    first, listed, last = only(rich).blocks[0]["elements"]
    assert first["elements"] == [{"type": "text", "text": "a\nb"}]
    assert (listed["type"], len(listed["elements"])) == ("rich_text_list", 2)
    assert last["elements"] == [{"type": "text", "text": "c"}]
    assert only(rich).text == "a\nb\n• one\n• two\nc"


def test_a_link_of_ours_is_a_link_and_nothing_else_is() -> None:
    ours = Rich((paragraph(Link("board", "https://p.example/a?b&c")),))
    assert elements(ours) == [{"type": "link", "url": "https://p.example/a?b&c", "text": "board"}]
    assert only(ours).text == "<https://p.example/a?b&amp;c|board>"
    words = "x (javascript:alert(1))"
    assert elements(Rich((paragraph(Link("x", "javascript:alert(1)")),))) == [{"type": "text", "text": words}]


@pytest.mark.parametrize(
    "words", ["<!channel>", "<@U1>", "<#C1>", "<!subteam^S1>", "<https://evil|click>", "a & b < c", "*b* _i_ `c`"]
)
def test_words_of_others_call_nobody_and_lead_nowhere(words: str) -> None:
    part = only(Rich((paragraph(words),)))
    assert elements(Rich((paragraph(words),))) == [{"type": "text", "text": words}]
    assert "<" not in part.text and ">" not in part.text
    assert part.text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") == words


def test_everybody_is_not_called_by_name() -> None:
    for name in ("@everyone", "@channel", "@Here"):
        assert name not in escaped(f"hey {name}!")
    assert escaped("@hereford") == "@hereford"


def test_marks_that_turn_the_reading_direction_are_left_out() -> None:
    assert elements(Rich((paragraph("a\u202eb\u2066c\x07\r\nd"),))) == [{"type": "text", "text": "abc\nd"}]


def test_a_mention_without_an_id_is_a_name() -> None:
    assert elements(Rich((paragraph(Mention("<Ann>")),))) == [{"type": "text", "text": "<Ann>"}]


def test_buttons_stand_below_in_rows_with_ids_of_their_own() -> None:
    buttons = tuple(Button(f"{n}" + "x" * 100, f"action-{n}") for n in range(30))
    part = only(Rich((paragraph("choose"),), buttons))
    rows = [block["elements"] for block in part.blocks if block["type"] == "actions"]
    assert [len(row) for row in rows] == [25, 5]
    elements: list[dict[str, Any]] = [each for row in rows for each in row]
    assert len({each["action_id"] for each in elements}) == 30
    assert [each["value"] for each in elements] == [f"action-{n}" for n in range(30)]
    assert all(len(each["text"]["text"]) <= 75 for each in elements)


@pytest.mark.parametrize("words", ["word & <word> 🧑‍🚒 ", "&<🧑‍🚒>", "x" * 50])
def test_a_long_text_comes_whole_in_order_and_uncut_entities(words: str) -> None:
    said = parts(Rich((paragraph(words * 2000),), (Button("Go", "a"),)))
    blocks = [block for part in said for block in part.blocks if block["type"] == "rich_text"]
    texts = [each["text"] for block in blocks for section in block["elements"] for each in section["elements"]]
    assert len(texts) == len(blocks) and all(0 < size(text) <= 3000 for text in texts)
    assert all(len(part.blocks) <= 50 and part.text and size(part.text) <= 4000 for part in said)
    assert "".join(texts) == words * 2000
    whole = "".join(part.whole for part in said).replace("\n", "")
    assert whole.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").replace(" ", "") == (
        words * 2000
    ).replace(" ", "")
    assert [part.blocks[-1]["type"] == "actions" for part in said] == [False] * (len(said) - 1) + [True]


def test_a_date_of_the_fallback_is_never_cut_in_two() -> None:
    line = paragraph(*[node for _ in range(300) for node in ("until ", Moment(AT, "15:00"), " ")])
    said = parts(Rich((line,)))
    assert len(said) > 1
    for part in said:
        assert part.text.count("<!date^") == part.text.count("|15:00>") > 0


def test_there_is_always_something_to_say() -> None:
    assert only(Rich((), (Button("Go", "a"),))).text == "Go"
    assert only(Rich((paragraph(" "),))).text.strip()


def test_cutting_counts_utf16_units() -> None:
    assert cut("🧑🧑🧑", 5) == "🧑🧑…"
    assert cut("abc", 3) == "abc"


def test_a_form_keeps_within_its_limits_and_remembers_where_it_was_asked() -> None:
    asked = Reader(Own(), AT, str, str).unreadable(b"", "")
    modal = view(Form("/eta T-42", "t" * 40, "q" * 3000, "s" * 30, "c" * 30, hint="h" * 200), asked)
    assert modal is not None
    assert [len(modal[key]["text"]) for key in ("title", "submit", "close")] == [24, 24, 24]
    assert len(modal["blocks"][0]["element"]["placeholder"]["text"]) == 150
    assert view(Form("/eta " + "x" * 3000, "ETA", "When?", "Give", "Cancel"), asked) is None


def test_the_home_ends_with_its_hundredth_block() -> None:
    lines = tuple(paragraph("x" * 2500) for _ in range(200))
    assert len(home.view(Rich(lines))["blocks"]) == 100


def test_a_bar_in_the_words_of_a_date_or_a_link_ends_neither() -> None:
    line = paragraph(Moment(AT, "15:00|now"), " ", Link("a|b", "https://example.com/?q=1|2"))
    (part,) = parts(Rich((line,)))
    date, link = part.text.split("> <")
    assert date.endswith("|15:00/now") and link == "https://example.com/?q=1%7C2|a/b>"
