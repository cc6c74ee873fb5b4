"""What a strategy says of a record: yes, no, or unknown."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.model import Answer, Author, MeshHeading, Record, Section
from bot.strategy import evaluate, parse
from bot.strategy.words import fold, only_stop_words

FEED = Record(
    title="Ketamine-assisted psychotherapy for Ménière's disease: a pilot",
    abstract=None,
    keywords=None,
    languages=None,
    affiliations=None,
    journal="The Lancet Psychiatry",
    issns=("2215-0366",),
    authors=(Author(last="Doe", fore="Jane", initials="JA"), Author(collective="MIND Group")),
    doi="10.1000/abc",
    published="2024-03",
)
PUBMED = replace(
    FEED,
    pmid="12345",
    abstract=(
        Section(label="AIMS", text="We asked whether the working alliance changed."),
        Section(label="RESULTS", text="Organisation of care. Relapses were rare at 6 months."),
    ),
    keywords=("Esketamine", "rapport"),
    languages=("eng",),
    journal_abbreviation="Lancet Psychiatry",
    publication_types=("Journal Article", "Clinical Trial"),
    status="MEDLINE",
    created="2024-03-09",
    mesh=(
        MeshHeading(descriptor="Ketamine", qualifiers=("adverse effects",), major=True),
        MeshHeading(descriptor="Depressive Disorder, Major"),
    ),
    substances=("Ketamine",),
)
UNINDEXED = replace(PUBMED, status="Publisher", mesh=(), substances=(), publication_types=())


def answer(strategy: str, record: Record) -> Answer:
    return evaluate(parse(strategy), record).answer


@pytest.mark.parametrize(
    ("strategy", "record", "expected"),
    [
        ("KETAMINE", PUBMED, "yes"),
        ("ketamin[tw]", PUBMED, "no"),  # a word, not its beginning
        ("ketamin*", PUBMED, "yes"),
        ("organi*ation", PUBMED, "yes"),
        ("organi*ed[tw]", PUBMED, "no"),
        ('"organi*ation of car*"[tiab]', PUBMED, "yes"),
        ('"organi*ation car*"[tiab]', PUBMED, "no"),
        ("ket*[tiab]", PUBMED, "no"),  # searched as `ket`: fewer than four letters
        ("Meniere's disease[ti]", PUBMED, "yes"),
        ("ketamine assisted[ti]", PUBMED, "yes"),
        ("ketamine-assisted[ti]", PUBMED, "yes"),
        ("assisted ketamine[ti]", PUBMED, "no"),
        ("assisted ketamine", PUBMED, "yes"),  # untagged words are ANDed
        ("working alliance[tiab]", PUBMED, "yes"),
        ("alliance[ti]", PUBMED, "no"),
        ('"pilot aims"[tiab]', PUBMED, "no"),  # the title ends before the abstract begins
        ('"care relapses"[tiab]', PUBMED, "yes"),
        ("rapport[tiab]", PUBMED, "yes"),  # PubMed's [tiab] holds the author keywords
        ("rapport[ot]", PUBMED, "yes"),
        ("alliance[ot]", PUBMED, "no"),
        ('"alliance asked"[tiab:~3]', PUBMED, "yes"),  # any order
        ('"alliance asked"[tiab:~2]', PUBMED, "no"),
        ('"pilot working"[tiab:~9]', PUBMED, "no"),  # not from one part into the next
        ("depressive disorder major[tw]", PUBMED, "yes"),
        ("depressive disorder major[tiab]", PUBMED, "no"),
        ("Depressive Disorder, Major[mh]", PUBMED, "yes"),
        ("Depressive Disorder[mh]", PUBMED, "unknown"),  # may have narrower ones: no tree is given
        ('"Depressive Disorder"[mh:noexp]', PUBMED, "no"),
        ("depress*[mh]", PUBMED, "unknown"),  # one heading is three words long
        ("Ketamine[majr]", PUBMED, "yes"),
        ('"Depressive Disorder, Major"[majr:noexp]', PUBMED, "no"),
        ("ketamine/adverse effects[mh]", PUBMED, "yes"),
        ('"ketamine/therapeutic use"[mh:noexp]', PUBMED, "no"),
        ("ketamine/ae[mh]", PUBMED, "yes"),
        ("adverse effects[sh]", PUBMED, "yes"),
        ("ketamine[nm]", PUBMED, "yes"),
        ("clinical trial[pt]", PUBMED, "yes"),
        ("ketamine[mh]", UNINDEXED, "no"),  # as PubMed answers today
        ("ketamine[nm]", UNINDEXED, "no"),
        ("clinical trial[pt]", UNINDEXED, "no"),
        ("lancet psychiatry[ta]", PUBMED, "yes"),
        ('"The Lancet Psychiatry"[Journal]', PUBMED, "yes"),
        ("2215-0366[ta]", PUBMED, "yes"),
        ("0028-4793[ta]", PUBMED, "unknown"),
        ("Lancet[ta]", PUBMED, "no"),
        ("lancet psychiatry[ta]", FEED, "yes"),
        ("j psychopharmacol[ta]", FEED, "unknown"),  # a feed names no abbreviation
        ("doe[au]", PUBMED, "yes"),
        ("doe j[au]", PUBMED, "yes"),
        ('"doe j"[au]', PUBMED, "no"),
        ('"doe ja"[au]', PUBMED, "yes"),
        ("Jane Doe[au]", PUBMED, "yes"),
        ("doe b[au]", PUBMED, "no"),
        ("do[au]", PUBMED, "no"),
        ("MIND Group[au]", PUBMED, "yes"),
        ("english[la]", PUBMED, "yes"),
        ("FRE[la]", PUBMED, "no"),
        ("english[la]", FEED, "unknown"),
        ("12345[pmid]", PUBMED, "yes"),
        ("1 12345 2[uid]", PUBMED, "yes"),
        ("12345[pmid]", FEED, "no"),
        ("1:20000[uid]", PUBMED, "yes"),
        ("10.1000/ABC[doi]", FEED, "yes"),
        ('"10.1000/abd"[aid]', FEED, "no"),
        ("2024[dp]", PUBMED, "yes"),
        ("2024/03/01:2024/03/31[dp]", PUBMED, "yes"),
        ("2024/03/02:2024/03/31[dp]", PUBMED, "no"),  # a month is its first day
        ('"2024/01/01"[crdt] : "3000"[crdt]', PUBMED, "yes"),
        ("2024/01/01:3000[crdt]", FEED, "unknown"),
        ('"last 30 days"[crdt]', PUBMED, "unknown"),
        ("all[sb]", FEED, "yes"),
        ("medline[sb]", PUBMED, "yes"),
        ("hospital[ad]", PUBMED, "unknown"),
        ("ketamine[no such field]", PUBMED, "unknown"),
        ("hasabstract", PUBMED, "yes"),
        ("hasabstract", replace(PUBMED, abstract=()), "no"),
        ("hasabstract", FEED, "unknown"),
        ("hasretractionin", PUBMED, "no"),
        ("ketamine[tiab]", FEED, "yes"),  # the title says so already
        ("alliance[tiab]", FEED, "unknown"),
        ("alliance[ti]", FEED, "no"),
        ("alliance[tw]", replace(PUBMED, abstract=()), "no"),  # there is none: known
        ("mindfulness", replace(PUBMED, keywords=None), "unknown"),
    ],
)  # fmt: skip
def test_a_term_is_read_in_its_field(strategy: str, record: Record, expected: Answer) -> None:
    assert answer(strategy, record) == expected


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("alliance[tiab] AND zebra[ti]", "no"),
        ("alliance[tiab] AND ketamine[ti]", "unknown"),
        ("alliance[tiab] OR zebra[ti]", "unknown"),
        ("alliance[tiab] OR ketamine[ti]", "yes"),
        ("ketamine[ti] NOT alliance[tiab]", "unknown"),
        ("ketamine[ti] NOT zebra[ti]", "yes"),
        ("ketamine[ti] NOT pilot[ti]", "no"),
        ("zebra[ti] NOT alliance[tiab]", "no"),
        ("ketamine[ti] OR (pilot[ti] NOT alliance[tiab])", "yes"),
    ],
)
def test_unknown_goes_through_and_or_and_not(strategy: str, expected: Answer) -> None:
    assert answer(strategy, FEED) == expected


ORDER: dict[Answer, int] = {"no": 0, "unknown": 1, "yes": 2}
TERMS: list[str] = ["ketamine[ti]", "zebra[ti]", "alliance[tiab]"]  # yes, no, unknown of FEED


@given(st.sampled_from(TERMS), st.sampled_from(TERMS))
def test_and_is_the_lesser_or_the_greater_and_not_the_opposite(left: str, right: str) -> None:
    a, b = ORDER[answer(left, FEED)], ORDER[answer(right, FEED)]

    assert ORDER[answer(f"{left} AND {right}", FEED)] == min(a, b)
    assert ORDER[answer(f"{left} OR {right}", FEED)] == max(a, b)
    assert ORDER[answer(f"{left} NOT {right}", FEED)] == min(a, 2 - b)
    # The same below the top, where concepts are not counted.
    assert ORDER[answer(f"zebra[ti] OR ({left} AND {right})", FEED)] == min(a, b)
    assert ORDER[answer(f"zebra[ti] OR ({left} NOT {right})", FEED)] == min(a, 2 - b)


@pytest.mark.parametrize(
    ("strategy", "concepts", "met"),
    [
        ("ketamine[ti]", 1, 1),
        ("(ketamine[ti] OR zebra[ti]) AND alliance[tiab] AND zebra[ti]", 3, 1),
        ("ketamine[ti] AND (pilot[ti] AND alliance[tiab])", 3, 2),
        ("ketamine[ti] AND pilot[ti] NOT zebra[ti]", 2, 2),
        ("ketamine[ti] NOT zebra[ti] AND pilot[ti]", 2, 2),
        ("ketamine pilot", 2, 2),
        ("(ketamine[ti] AND pilot[ti]) OR zebra[ti]", 1, 1),
    ],
)
def test_concepts_are_the_operands_of_the_topmost_and(
    strategy: str, concepts: int, met: int
) -> None:
    verdict = evaluate(parse(strategy), FEED)

    assert (verdict.concepts, verdict.concepts_met) == (concepts, met)


@given(title=st.text(max_size=60).filter(lambda text: any(map(str.isalnum, fold(text)))))
def test_every_title_is_found_by_its_own_words(title: str) -> None:
    plain = title.replace('"', " ").replace("*", " ")
    assume(not only_stop_words(plain))

    assert answer(f'"{plain}"[ti]', Record(title=title)) == "yes"


def test_stars_in_one_long_word_cost_no_more_than_reading_it() -> None:
    record = Record(title="aaaa" * 50_000 + "b")

    assert answer("aaaa*a*a*a*a*a*a*a*c[ti]", record) == "no"
    assert answer("aaaa*a*a*a*a*a*a*a*b[ti]", record) == "yes"
