"""What the checks find in a strategy, and what they leave alone."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path

import pytest
import seeding
from hypothesis import given, settings
from hypothesis import strategies as st
from malformed import REFUSED, WARNED, Malformed

from bot.model import Record
from bot.strategy import checks, parse
from bot.strategy.checks import CODES, Finding

CLEAN = {
    path.stem: path.read_text(encoding="utf-8")
    for path in sorted((Path(__file__).parent / "clean").glob("*.txt"))
}
EACH = 8  # mutants of a kind
FOUND = 0.95  # of all mutants
LOUD = 0.9  # by an error or a warning, not by a note alone


def why(name: str) -> list[str]:
    path = Path(__file__).parent / "clean" / f"{name}.why"
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


@cache
def noticed(text: str) -> tuple[Finding, ...]:
    return checks.noticed(text)


def codes(text: str) -> set[str]:
    return {finding.code for finding in checks.noticed(text)}


@pytest.mark.parametrize("code", CODES)
def test_the_example_of_a_page_has_its_finding_and_the_mended_one_has_not(code: str) -> None:
    page = CODES[code]

    assert code in codes(page.before)
    assert code not in codes(page.after)
    assert code in checks.explained(code)


@pytest.mark.parametrize("name", CLEAN)
def test_a_clean_strategy_raises_at_most_one_alarm(name: str) -> None:
    open_ = checks.check(CLEAN[name], why=why(name))

    assert len([one for one in open_ if one.level != "note"]) <= 1


def found_as(clean: str, mutant: seeding.Mutant) -> set[str]:
    """The levels of findings by the right code at the place that the clean strategy has not."""
    had = {(one.code, one.problem) for one in noticed(clean)}
    return {
        one.level
        for one in checks.noticed(mutant.text)
        if (one.code, one.problem) not in had
        and one.code.startswith(tuple(mutant.codes.split()))
        and one.start - 60 <= mutant.at <= one.end + 60
    }


def test_nearly_every_error_that_is_put_into_a_clean_strategy_is_found() -> None:
    figures: dict[str, tuple[int, int, int]] = {}
    for name, seeder in (seeding.SAMPSON | seeding.SALVADOR).items():
        made = seeding.mutants(seeder, list(CLEAN.values()), number=EACH, seed=name)
        levels = [found_as(*one) for one in made]
        loud = sum(bool(found - {"note"}) for found in levels)
        figures[name] = loud, sum(map(bool, levels)), len(made)

    assert all(made == EACH for *_found, made in figures.values()), figures
    loud, found, made = map(sum, zip(*figures.values(), strict=True))
    assert found >= FOUND * made, figures
    assert loud >= LOUD * made, figures


@pytest.mark.parametrize("wrong", REFUSED, ids=lambda one: one.text[:30] or "empty")
def test_what_cannot_be_parsed_is_an_error_at_its_column(wrong: Malformed) -> None:
    errors = [one for one in checks.noticed(wrong.text) if one.level == "error"]

    assert any(one.start + 1 == wrong.column and wrong.says in one.problem for one in errors)


@pytest.mark.parametrize("wrong", WARNED, ids=lambda one: one.kind)
def test_what_pubmed_reads_otherwise_is_warned_of_at_its_column(wrong: Malformed) -> None:
    last = wrong.last or wrong.column
    named = {
        "unknown tag": "LB502", "short stem": "LB403", "leading wildcard": "LB403",
        "proximity in a field without it": "LB208", "proximity without quotes": "LB208",
        "proximity without a number": "LB208", "wildcard in proximity": "LB209",
        "no date": "LB509", "range without a tag": "LB509", "typed operator": "LB206",
        "mixed operators": "LB201", "lower-case operator": "LB205", "line reference": "LB504",
    }  # fmt: skip
    found = [one for one in checks.noticed(wrong.text) if one.code == named[wrong.kind]]

    assert found
    assert wrong.column <= found[0].start + 1 <= last
    assert found[0].level != "note"


def test_a_line_of_why_answers_the_code_that_it_begins_with() -> None:
    text = "(asthma*[tiab] OR Asthma[mh:noexp]) AND english[la]"

    def open_codes(*lines: str) -> set[str]:
        return {one.code for one in checks.check(text, why=lines) if one.level != "note"}

    assert {"LB304", "LB601"} <= open_codes()
    assert "LB304" not in open_codes("[LB304] Narrower headings are other questions.")
    assert {"LB304", "LB601"} <= open_codes("LB304 is meant so", "See [LB601]")
    assert open_codes("[LB304, LB601] Both are meant.") == open_codes() - {"LB304", "LB601"}


def test_words_after_the_code_narrow_the_answer_to_what_has_them() -> None:
    text = "(Asthma[mh:noexp] OR asthma*[tiab] OR Wounds[mh:noexp] OR wound*[tiab])"

    left = checks.check(text, why=["[LB304: asthma, eczema] Only these."])

    assert [text[one.start : one.end] for one in left if one.code == "LB304"] == [
        "Wounds[mh:noexp]"
    ]


def test_no_reason_makes_an_error_good() -> None:
    left = checks.check("asthma*[ab]", why=["[LB502] It is meant so."])

    assert "LB502" in {one.code for one in left}


def test_a_word_of_a_known_study_is_no_misspelling() -> None:
    study = Record(title="Trial of asthmma, as its discoverer spelled it")
    text = "asthmma*[tiab] OR asthma*[tiab]"

    assert "LB503" in codes(text)
    assert "LB503" not in {one.code for one in checks.noticed(text, known=(study,))}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a[tiab] & b[tiab]", "a[tiab] AND b[tiab]"),
        ("(a[tiab] | b[tiab])", "(a[tiab] OR b[tiab])"),
        ("asthma*[tiab] OR x[ti]\n  OR asthma*[tiab]", "asthma*[tiab] OR x[ti]"),
        ("\u201cfoot ulcer\u201d[tiab] OR x[ti]", '"foot ulcer"[tiab] OR x[ti]'),
        ("a[tiab]&bbbb[tiab]", "a[tiab] AND bbbb[tiab]"),
        ("(a[tiab])|(b[tiab])", "(a[tiab]) OR (b[tiab])"),
        ("R&D[tiab]", "R AND D[tiab]"),
        ("Yoga[tiab] OR yoga[tiab]", "Yoga[tiab]"),
        ("a[ab] or b[ab]", "a[ab] or b[ab]"),
    ],
)
def test_only_what_changes_no_meaning_is_mended(text: str, expected: str) -> None:
    assert checks.mended(text, checks.noticed(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        '"smith j"[au] OR smith j[au]',
        '"Lancet"[ta] OR Lancet[ta]',
        '"Depression"[mh] OR Depression[mh]',
        '"long term"[tiab] OR long term[tiab]',
        "10.1/a-b[doi] OR 10.1/a.b[doi]",
        "don\u201ct[tiab] OR won\u201ct[tiab]",
        "(a[tiab]&b[tiab]",
    ],
)
def test_what_is_nearly_the_same_is_left_alone(text: str) -> None:
    assert checks.mended(text, checks.noticed(text)) == text


@given(
    st.lists(
        st.sampled_from(["asthma*[tiab]", "wheez*[tiab]", '"Asthma"[mh]', "cough[tiab]"]),
        min_size=2,
        max_size=6,
    ),
    st.sampled_from([" OR ", " | ", "\n OR "]),
)
@settings(max_examples=30, deadline=None)
def test_what_was_mended_parses_alike_and_needs_no_more_mending(
    terms: list[str], operator: str
) -> None:
    text = operator.join(terms)
    once = text
    for _round in range(len(terms)):
        once = checks.mended(once, checks.noticed(once))

    assert checks.mended(once, checks.noticed(once)) == once
    assert "LB505" not in codes(once)
    wanted = " OR ".join(dict.fromkeys(terms))
    assert parse(once) == parse(wanted)


PIECES = ["(", ")", '"', "[", "]", "[tiab]", "[mh]", "[tiab:~2]", "[dp]", ":", "AND", "OR", "NOT", "or",
          "&", "*", "a", "asthm", "asthma*", "Asthma", "foot ulcer", "#1", "S2", "2020", "adj3", ".ti,ab.",
          "-", "/", "é", "\u201c", "\n", "haem", "ise", "/ae"]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join) | st.text(max_size=30))
@settings(max_examples=200, deadline=None)
def test_whatever_is_written_is_checked_and_every_finding_lies_in_the_text(text: str) -> None:
    for one in checks.noticed(text):
        assert 0 <= one.start <= one.end <= max(len(text), 1)
        assert one.problem
        assert one.why


def test_parentheses_may_nest_at_any_depth() -> None:
    assert "LB101" in codes("(" * 5000 + "asthma[tiab]" + ")" * 5000)


def test_what_is_as_deep_as_can_be_read_is_mended_too() -> None:
    text = "a[ti]"
    for level in range(248):
        text = f"({text} {'&|'[level % 2]} b{level}[ti])"

    mended = checks.mended(text, checks.noticed(text))

    assert parse(mended).operands[1] == parse(text).operands[1]  # type: ignore[union-attr]
    assert "&" not in mended


@pytest.mark.parametrize("text", ["or/1-5", "S1 AND S2", "(asthma*[tiab] OR #3)", "1 AND 2"])
def test_the_line_numbers_of_every_program_are_seen(text: str) -> None:
    assert "LB504" in codes(text)


@pytest.mark.parametrize(
    "text",
    [
        '"2020"[dp] : "3000"[dp]',
        "2020[dp]:2021[dp]",
        "2020:2021[dp]",
        '"Asthma"[mh] OR asthma* [tiab]',
        "30917760[pmid] OR 33972795[pmid]",
        "exercise*[tiab] OR hemispher*[tiab] OR epidemic*[tiab] OR analysis[tiab] OR literac*[tiab]",
        "Wounds and Injuries[mh] OR wound*[tiab] OR injur*[tiab]",
        '"e health"[tiab:~0] OR eHealth[tiab] OR NOAC[tiab] OR DOAC[tiab]',
    ],
)
def test_what_only_resembles_an_error_is_none(text: str) -> None:
    silent = {"LB205", "LB207", "LB301", "LB401", "LB408", "LB409", "LB503"}

    assert not codes(text) & silent


@pytest.mark.parametrize(
    ("text", "at", "mended"),
    [
        ("a[tiab]\u00a0OR b[tiab]", 7, "a[tiab] OR b[tiab]"),
        ("asthma\u200b[tiab]", 6, "asthma[tiab]"),
        ("asth\u200bma[tiab]", 4, "asth\u200bma[tiab]"),
        ("a[tiab] \u202eOR b[tiab]", 8, "a[tiab] \u202eOR b[tiab]"),
    ],
)
def test_what_nobody_sees_is_shown(text: str, at: int, mended: str) -> None:
    noticed = checks.noticed(text)

    assert ("LB512", at) in {(one.code, one.start) for one in noticed if one.level != "note"}
    assert checks.mended(text, noticed) == mended


def test_single_typographic_quotation_marks_are_seen_and_apostrophes_are_none() -> None:
    assert "LB511" in codes("\u2018x\u2019[tiab]")
    assert "LB511" not in codes("Crohn\u2019s[tiab] OR Hodgkin\u2019s[tiab]")


@pytest.mark.parametrize(
    ("text", "code", "right"),
    [
        ('"Asthma"[mh:no exp]', "LB513", "noexp"),
        ("Asthma[mesh:exp]", "LB513", "[mh]"),
        ("asthma[tiab:noexp]", "LB513", "[tiab]"),
        ('"Urinary Tract Infections"[sh]', "LB514", None),
        ("Randomized Control Trial[pt]", "LB514", "randomized controlled trial"),
        ("klingon[la]", "LB514", None),
        ("englsh[la]", "LB514", "english"),
        ("medlne[sb]", "LB514", "medline"),
        ("abc[pmid]", "LB514", None),
        ("12345-678[ta]", "LB514", None),
        ("3000:2000[dp]", "LB509", None),
        ("2024/02/31[dp]", "LB509", None),
    ],
)
def test_what_a_field_does_not_have_is_warned_of(text: str, code: str, right: str | None) -> None:
    seen = [one for one in checks.noticed(f"asthma*[tiab] AND {text}") if one.code == code]

    assert seen
    assert seen[0].level != "note"
    assert right in seen[0].fix if right and seen[0].fix else right is None


@pytest.mark.parametrize(
    "text",
    [
        '"Asthma"[mh:noexp]', "Review[pt]", "Clinical Trial, Phase III[pt]", "ger[la]", "jbo[la]",
        "Network Meta-Analysis[pt]", "systematic[sb]", "loprovany[sb]", "drug therapy[sh]", "dt[sh]",
        "1, 2 3[pmid]", "1:100[pmid]", "0028-4793[ta]", "2020/01:2020[dp]", "last 30 days[edat]",
        "2024/02/29[dp]", "2020/05/01:3000[crdt]",
    ],
)  # fmt: skip
def test_what_a_field_has_is_not(text: str) -> None:
    assert not codes(text) & {"LB509", "LB513", "LB514"}


def test_a_field_that_is_none_is_told_once() -> None:
    assert "LB412" not in codes("x[tiba] OR asthma*[tiab]")


def test_a_very_long_word_takes_no_longer_than_others() -> None:
    noticed("warm the word lists[tiab]")

    start = time.process_time()
    for tag in ("[tiab]", "*[tiab]", "[mh]"):
        checks.noticed("x" * 20_000 + tag)

    assert time.process_time() - start < 3


def test_a_thousand_terms_are_checked_in_a_second() -> None:
    noticed("warm the word lists[tiab]")
    text = " OR ".join(f"word{n}x[tiab] OR hemoglobi{n}*[tiab]" for n in range(500))

    start = time.process_time()
    checks.noticed(text)

    assert time.process_time() - start < 3  # one second on an idle machine
