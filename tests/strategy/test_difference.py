"""What a change of a strategy does to a record, and which words did it."""

from __future__ import annotations

import pytest
from builders import record
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Record, Section
from bot.strategy import evaluate, parse
from bot.strategy.difference import Change, change

RECORD = record(
    title="Ketamine and relapse in rats",
    abstract=(Section(text="Craving came back."),),
    keywords=("addiction",),
    mesh=(),
    substances=(),
    publication_types=(),
)
WITHHELD = record(title="Ketamine", abstract=None, keywords=None)


def changed(old: str, new: str, found: Record = RECORD) -> Change:
    told = change(parse(old), parse(new), found)
    assert told is not None
    return told


def terms(told: Change) -> list[str]:
    return [str(reason.term) for reason in told.terms]


@pytest.mark.parametrize(
    ("old", "new", "kind", "responsible", "losses"),
    [
        (
            "heroin[tiab]",
            "heroin[tiab] OR relaps*[ti]",
            "gained",
            ["relaps*[ti]"],
            ["heroin[tiab]"],
        ),
        ("heroin[tiab] OR relaps*[ti]", "heroin[tiab]", "lost", ["relaps*[ti]"], ["heroin[tiab]"]),
        (
            "(ketamin*[ti] OR rats[ti]) AND (heroin[ti] OR craving[tiab])",
            "ketamin*[ti] AND heroin[ti]",
            "lost",
            ["craving[tiab]"],  # rats is gone too, but ketamin* still meets its concept
            ["heroin[ti]"],
        ),
        ("ketamin*[ti]", "ketamin*[ti] NOT rats[ti]", "lost", [], ["rats[ti]"]),
        ("ketamin*[ti] NOT rats[ti]", "ketamin*[ti]", "gained", [], ["rats[ti]"]),
        ("ketamin*[ti]", "ketamin*[ti] AND heroin[ti]", "lost", [], ["heroin[ti]"]),
        ("heroin[ti] OR RELAPS*[TI]", "heroin[ti]", "lost", ["RELAPS*[ti]"], ["heroin[ti]"]),
    ],
    ids=["or-added", "or-deleted", "concept", "not-added", "not-deleted", "and-added", "capitals"],
)
def test_the_words_responsible_are_named(
    old: str, new: str, kind: str, responsible: list[str], losses: list[str]
) -> None:
    told = changed(old, new)

    assert told.kind == kind
    assert terms(told) == responsible
    assert [str(loss.clause) for loss in told.losses] == losses


def test_a_term_that_only_changed_its_case_is_not_responsible() -> None:
    told = changed("Ketamin*[ti] AND (craving[tiab] OR heroin[ti])", "ketamin*[ti] AND heroin[ti]")

    assert terms(told) == ["craving[tiab]"]


def test_what_not_removes_is_named_with_its_words() -> None:
    (loss,) = changed("ketamin*[ti]", "ketamin*[ti] NOT (mice[ti] OR rats[ti])").losses

    assert [str(reason.term) for reason in loss.terms] == ["rats[ti]"]
    assert [(span.field, span.start, span.end) for span in loss.terms[0].spans] == [
        ("title", 24, 28)
    ]


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("heroin[ti]", "heroin[tiab]", "gained"),
        ("ketamin*[ti]", "ketamin*[ti] AND heroin[tiab]", "lost"),
        ("heroin[tiab]", "heroin[tiab] OR ketamin*[ti]", "gained"),
    ],
    ids=["no-unknown", "yes-unknown", "unknown-yes"],
)
def test_unknown_lies_between_no_and_yes(old: str, new: str, kind: str) -> None:
    assert changed(old, new, WITHHELD).kind == kind


_TERMS = st.sampled_from(["ketamin*[ti]", "rats[ti]", "heroin[ti]", "craving[tiab]", "mice[tiab]"])
_STRATEGIES = st.recursive(
    _TERMS,
    lambda inner: st.tuples(inner, st.sampled_from(["AND", "OR", "NOT"]), inner).map(
        lambda parts: f"({parts[0]}) {parts[1]} ({parts[2]})"
    ),
    max_leaves=6,
)


@given(old=_STRATEGIES, new=_STRATEGIES, found=st.sampled_from([RECORD, WITHHELD]))
def test_a_change_is_told_exactly_where_the_answers_differ_and_never_without_a_cause(
    old: str, new: str, found: Record
) -> None:
    told = change(parse(old), parse(new), found)

    before, after = (evaluate(parse(text), found).answer for text in (old, new))
    assert (told is None) == (before == after)
    if told:
        assert (told.before, told.after) == (before, after)
        assert told.terms or told.losses
        other = change(parse(new), parse(old), found)
        assert other is not None
        assert (other.terms, other.losses) == (told.terms, told.losses)
        assert other.kind != told.kind
