"""The words that a strategy found, marked in a title and in the passages of an abstract."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.cli import telling
from bot.render.plain import clean
from bot.strategy.reasons import Span

LONG = " ".join(f"word{number}" for number in range(100))


def span(text: str, word: str) -> Span:
    start = text.index(word)
    return Span(field="abstract", start=start, end=start + len(word))


def test_only_the_words_around_what_was_found_are_shown_and_gaps_are_marked() -> None:
    found = [span(LONG, "word80"), span(LONG, "word40"), span(LONG, "word41")]

    shown = telling.passages(LONG, found)

    assert shown.plain.startswith("… word3")
    assert shown.plain.count("…") == 3
    assert [shown.plain[one.start : one.end] for one in shown.spans] == [
        "word40",
        "word41",
        "word80",
    ]


def test_a_short_text_is_shown_whole() -> None:
    assert telling.passages("It helps.", [span("It helps.", "helps")]).plain == "It helps."


def test_three_passages_are_enough() -> None:
    found = [span(LONG, f"word{number} ") for number in (10, 30, 50, 70, 90)]

    assert len(telling.passages(LONG, found).spans) == 3


_SPANS = st.tuples(st.integers(0, 60), st.integers(1, 12)).map(
    lambda pair: Span(field="abstract", start=pair[0], end=pair[0] + pair[1])
)


@given(text=st.text(alphabet="ab \t\n\x1b\x9b", max_size=60), spans=st.lists(_SPANS, max_size=6))
def test_marking_keeps_every_word_and_lets_no_control_through(text: str, spans: list[Span]) -> None:
    shown = telling.marked(text, spans).plain

    assert shown.replace(" ", "") == clean(text).replace(" ", "")
    assert not {"\x1b", "\x9b", "\n", "\t"} & set(shown)


@given(spans=st.lists(_SPANS, min_size=1, max_size=6))
def test_a_passage_shows_each_word_of_its_text_once_and_in_order(spans: list[Span]) -> None:
    text = " ".join(f"w{number}" for number in range(40))

    shown = [word for word in telling.passages(text, spans).plain.split() if word != "…"]

    places = [text.split().index(word) for word in shown]
    assert places == sorted(set(places))
