"""How rich text reaches a reader: nothing lost, nothing torn, nothing that calls people by itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.telegram.write import MAX_ENTITIES, MAX_TEXT, Part, keyboard, parts_of, units
from bot.text import Bold, Button, Code, Items, Line, Link, Mention, Moment, Node, Rich, Text, paragraph, plain

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def rich(*children: Node | str) -> Rich:
    return Rich((paragraph(*children),))


def one(body: Rich) -> Part:
    (part,) = parts_of(body)
    return part


def span(part: Part, entity: dict[str, Any]) -> str:
    """The words an entity covers, by the platform's way of counting."""
    raw = part.text.encode("utf-16-le")
    return raw[entity["offset"] * 2 : (entity["offset"] + entity["length"]) * 2].decode("utf-16-le")


def test_lines_and_lists_read_like_the_plain_text():
    body = Rich((paragraph("Open:"), Items((paragraph("T-1"), paragraph("T-2"))), paragraph("Bye")))
    assert one(body).text == plain(body) == "Open:\n• T-1\n• T-2\nBye"


def test_what_stands_out_is_counted_in_utf_16_units():
    part = one(rich("😀 ", Bold((Text("due 😀"),)), " at ", Moment(AT, "12:00"), " by ", Mention("Ann", "501")))
    assert [(e["type"], span(part, e)) for e in part.entities] == [
        ("bold", "due 😀"),
        ("date_time", "12:00"),
        ("text_mention", "Ann"),
    ]
    assert part.entities[1]["unix_time"] == 1795510800
    assert part.entities[2]["user"]["id"] == 501


def test_a_link_is_one_only_to_the_web():
    part = one(rich(Link("page", "https://a.example/x"), " ", Link("call", "tg://user?id=5")))
    assert part.text == "page call (tg://user?id=5)"
    assert [(e["type"], e["url"]) for e in part.entities] == [("text_link", "https://a.example/x")]


def test_a_mention_without_an_id_here_is_a_name():
    assert one(rich(Mention("Ann", "T1/U2"), Mention("Bo"))) == Part("AnnBo")


def test_code_stays_as_it_is_and_is_part_of_nothing_else():
    part = one(rich(Bold((Text("run "), Code("a@b --x")))))
    assert [(e["type"], span(part, e)) for e in part.entities] == [("bold", "run "), ("code", "a@b --x")]


def test_what_stands_out_within_bold_is_bold_too():
    part = one(rich(Bold((Text("by "), Moment(AT, "noon")))))
    assert sorted((e["type"], span(part, e)) for e in part.entities) == [
        ("bold", "by "),
        ("bold", "noon"),
        ("date_time", "noon"),
    ]


# a client's words


@pytest.mark.parametrize("words", ["<b>x</b>", "a & b < c", "*x* _y_ `z`", "[a](tg://user?id=5)", "&lt;", "\\_"])
def test_markup_in_words_stays_words(words: str):
    assert one(rich(words)) == Part(words)


@pytest.mark.parametrize("words", ["@everyone help", "ask @mia_smith!", "(@x)", "@a@b"])
def test_words_call_nobody(words: str):
    text = one(rich(words)).text
    assert text.replace("\u2060", "") == words
    assert "@\u2060" in text


def test_an_address_stays_as_it_is():
    assert one(rich("write to ann@acme.example")).text == "write to ann@acme.example"


@pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\u200b", "\u2063", "\ufeff", "\x07", "\u200f"])
def test_signs_that_deceive_are_taken_out(sign: str):
    assert one(rich(f"invoice{sign}fdp.exe")).text == "invoicefdp.exe"


def test_joined_emoji_and_persian_keep_their_joiners():
    assert one(rich("👩\u200d👩\u200d👧 می\u200cخواهم")).text == "👩\u200d👩\u200d👧 می\u200cخواهم"


def test_a_lone_surrogate_is_no_reason_to_fail():
    assert one(rich("a\ud800b")).text == "a?b"


@pytest.mark.parametrize("ends", ["\r\n", "\r", "\u2028", "\x85"])
def test_every_kind_of_line_end_is_one(ends: str):
    assert one(rich(f"a{ends}b")).text == "a\nb"


# long texts


def test_a_long_text_is_split_between_lines():
    lines = [f"line {n} " + "x" * 90 for n in range(100)]
    parts = parts_of(Rich(tuple(paragraph(line) for line in lines)))
    assert len(parts) == 3
    assert "\n".join(part.text for part in parts).split("\n") == lines


def test_ten_thousand_signs_with_emoji_come_in_order_and_whole():
    words = [f"word{n}😀" for n in range(1000)]
    parts = parts_of(rich(" ".join(words)))
    assert len(parts) == 3
    assert " ".join(part.text for part in parts).split(" ") == words


def test_a_word_longer_than_a_message_is_cut_between_signs_as_people_see_them():
    family = "👩\u200d👩\u200d👧"
    parts = parts_of(rich(family * 1000))
    assert "".join(part.text for part in parts) == family * 1000
    assert all(len(part.text) % len(family) == 0 for part in parts)


def test_a_name_at_the_edge_goes_to_the_next_part_as_a_whole():
    parts = parts_of(rich("x" * (MAX_TEXT - 4), " ", Link("the page", "https://a.example"), " end"))
    assert [part.text for part in parts] == ["x" * (MAX_TEXT - 4), "the page end"]
    assert [span(parts[1], e) for e in parts[1].entities] == ["the page"]


def test_bold_over_two_parts_is_bold_in_both():
    parts = parts_of(rich(Bold((Text("word " * 1200),))))
    assert [[span(part, e) for e in part.entities] for part in parts] == [[part.text] for part in parts]


def test_more_marks_than_a_message_can_hold_make_a_second_one():
    parts = parts_of(rich(*(node for n in range(150) for node in (Bold((Text(f"{n}"),)), " "))))
    assert [len(part.entities) for part in parts] == [MAX_ENTITIES, 50]


def test_nothing_to_say_is_still_a_message():
    assert parts_of(Rich((paragraph("  "),))) == [Part("…")]


_TEXT = st.text(st.sampled_from("ab @\n😀é\u0301\u200d👩\u202e "), max_size=60) | st.integers(4000, 9000).map(
    "x😀 ".__mul__
)
_LEAF = st.one_of(
    st.builds(Text, _TEXT),
    st.builds(Code, _TEXT),
    st.builds(Link, _TEXT, st.just("https://a.example")),
    st.builds(Mention, _TEXT, st.just("5")),
    st.builds(Moment, st.just(AT), _TEXT),
)
_LINES = st.lists(_LEAF | st.builds(lambda n: Bold((n,)), _LEAF), max_size=4).map(lambda nodes: Line(tuple(nodes)))


@settings(deadline=None, max_examples=20)
@given(st.lists(_LINES, max_size=4))
def test_whatever_is_said_fits_and_is_said_in_full(lines: list[Line]):
    body = Rich(tuple(lines))
    parts = parts_of(body)
    kept = "".join(plain(body).split()).replace("\u202e", "").replace("(https://a.example)", "")
    assert "".join("".join(part.text.split()) for part in parts).replace("\u2060", "") == (kept or "…")
    for part in parts:
        assert part.text == part.text.strip()
        assert 1 <= units(part.text) <= MAX_TEXT
        assert len(part.entities) <= MAX_ENTITIES
        for entity in part.entities:
            assert entity["length"] > 0
            assert entity["offset"] + entity["length"] <= units(part.text)
            span(part, entity)


# buttons


def rows(*labels: str) -> list[list[str]]:
    made = keyboard([Button(label, f"a{n}") for n, label in enumerate(labels)])
    assert made is not None
    return [[button["text"] for button in row] for row in made["inline_keyboard"]]


def test_short_labels_share_a_row_and_long_ones_have_their_own():
    assert rows("Yes", "No", "Later", "Take the ticket over now", "Show the whole history") == [
        ["Yes", "No", "Later"],
        ["Take the ticket over now"],
        ["Show the whole history"],
    ]


def test_there_are_never_more_than_eight_rows():
    wide = rows(*(f"a label of its own number {n}" for n in range(20)))
    assert [len(row) for row in wide] == [3] * 6 + [2]


def test_an_action_is_carried_up_to_sixty_four_bytes():
    made = keyboard([Button("fits", "x" * 64), Button("does not", "ä" * 33)])
    assert made == {"inline_keyboard": [[{"text": "fits", "callback_data": "x" * 64}]]}
    assert keyboard([]) is None
