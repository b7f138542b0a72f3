"""What Pledge says, as Slack wants it: within its limits, in order, foreign words inert."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.channels.slack import home
from bot.channels.slack.modals import Form, view
from bot.channels.slack.read import Own, Reader
from bot.channels.slack.write import Part, cut, escaped, parts, size
from bot.text import Bold, Button, Code, Items, Link, Mention, Moment, Rich, Text, paragraph

AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def only(rich: Rich) -> Part:
    (part,) = parts(rich)
    return part


def markup(rich: Rich) -> str:
    return "\n".join(block["text"]["text"] for block in only(rich).blocks if block["type"] == "section")


def test_every_node_has_its_markup() -> None:
    line = paragraph(
        Bold((Text("Due"),)), " ", Moment(AT, "15:00, Moscow"), " ", Mention("Ann", "T1/U1"), " ", Code("/eta 2h")
    )
    token = "<!date^1795521600^{date_short_pretty} {time}|15:00, Moscow>"
    assert markup(Rich((line, Items((paragraph("one"),))))) == f"*Due* {token} <@U1> `/eta 2h`\n• one"


def test_a_link_of_ours_is_a_link_and_nothing_else_is() -> None:
    assert (
        markup(
            Rich(
                (
                    paragraph(
                        Link("board", "https://p.example/a?b&c"),
                    ),
                )
            )
        )
        == "<https://p.example/a?b&amp;c|board>"
    )
    assert (
        markup(
            Rich(
                (
                    paragraph(
                        Link("x", "javascript:alert(1)"),
                    ),
                )
            )
        )
        == "x (javascript:alert(1))"
    )
    block = only(Rich((paragraph("www.evil.example"),))).blocks[0]
    assert block["text"]["verbatim"] is True


@pytest.mark.parametrize(
    "words", ["<!channel>", "<@U1>", "<#C1>", "<!subteam^S1>", "<https://evil|click>", "a & b < c"]
)
def test_words_of_others_call_nobody_and_lead_nowhere(words: str) -> None:
    text = markup(Rich((paragraph(words),)))
    assert "<" not in text and ">" not in text
    assert text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") == words


def test_everybody_is_not_called_by_name() -> None:
    assert "@everyone" not in escaped("@everyone") and "@channel" not in escaped("hey @Channel".lower())
    assert escaped("@hereford") == "@hereford"


def test_marks_that_turn_the_reading_direction_are_left_out() -> None:
    assert escaped("a\u202eb\u2066c\x07\r\nd") == "abc\nd"


def test_a_mention_without_an_id_is_a_name() -> None:
    assert markup(Rich((paragraph(Mention("<Ann>")),))) == "&lt;Ann&gt;"


def test_bold_that_slack_would_not_show_is_left_out() -> None:
    assert markup(Rich((paragraph(Bold((Text("a*b"),))),))) == "a*b"
    assert markup(Rich((paragraph("x", Bold((Text(" due "),))),))) == "x *due* "


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
    sections = [block["text"]["text"] for part in said for block in part.blocks if block["type"] == "section"]
    assert all(0 < size(text) <= 3000 for text in sections)
    assert all(len(part.blocks) <= 50 and part.text and size(part.text) <= 4000 for part in said)
    whole = "".join(sections).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert whole.replace(" ", "") == (words * 2000).replace(" ", "")
    assert [part.blocks[-1]["type"] == "actions" for part in said] == [False] * (len(said) - 1) + [True]


def test_a_date_is_never_cut_in_two() -> None:
    line = paragraph(*[node for _ in range(300) for node in ("until ", Moment(AT, "15:00"), " ")])
    for part in parts(Rich((line,))):
        for block in part.blocks:
            text = block["text"]["text"]
            assert text.count("<!date^") == text.count("|15:00>")


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
