"""Which citations become one record: whatever their order, and with no more work than they need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import dedup
from bot.model import Author, Record, Section

TITLE = "Ketamine with group psychotherapy for alcohol use disorder: a trial in two clinics"
AUTHORS = (Author(last="Sample", initials="A"), Author(last="Example", initials="B"))
ARTICLE = Record(
    title=TITLE, doi="10.5555/a", authors=AUTHORS, journal="J Ex", volume="12", pages="101", published="2026"
)  # fmt: skip
ABSTRACT = replace(ARTICLE, doi="", journal="Heart Ex", volume="9", pages="S14", published="2024")
POOR = Record(title=TITLE, authors=AUTHORS)

#: Records that say little or contradict each other: every rule and every veto meets another one.
records = st.builds(
    Record,
    title=st.sampled_from(
        [TITLE, TITLE.upper(), TITLE[:40], f"{TITLE}. Part 2", f"Erratum to: {TITLE}", "Editorial"]
    ),
    pmid=st.sampled_from(["", "", "1", "2"]),
    doi=st.sampled_from(["", "", "10.5555/a", "10.5555/b.99", "10.1101/2026.01.02.26300001"]),
    authors=st.sampled_from([(), AUTHORS, AUTHORS[1:], (Author(last="Else"),)]),
    journal=st.sampled_from(["", "J Ex", "Journal of Examples", "Annals of Samples"]),
    published=st.sampled_from(["", "2024", "2025", "2026-01"]),
    volume=st.sampled_from(["", "12", "13"]),
    pages=st.sampled_from(["", "7", "101-9", "S14"]),
)


def grouped(shown: Sequence[Record]) -> list[list[str]]:
    """What the records of a collection say; the same content may come twice."""
    collection = dedup.Collection()
    for number, record in enumerate(shown):
        collection.add(number, dedup.citation(record))
    return said(collection.citations, collection.groups())


def said(citations: dict[int, dedup.Citation], groups: Sequence[Sequence[int]]) -> list[list[str]]:
    return sorted(sorted(citations[number].pack() for number in some) for some in groups)


@given(st.lists(records, min_size=2, max_size=9), st.randoms())
@settings(max_examples=80, deadline=None)
def test_the_order_of_arrival_does_not_matter(shown: list[Record], random: object) -> None:
    shuffled = list(shown)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert grouped(shuffled) == grouped(shown)


@given(st.lists(records, min_size=2, max_size=9))
@settings(max_examples=60, deadline=None)
def test_packed_and_unpacked_between_batches_it_is_the_same(shown: list[Record]) -> None:
    collection = dedup.Collection()
    edges: list[dedup.Edge] = []
    for number, record in enumerate(shown):
        edges += collection.add(number, dedup.unpack(dedup.citation(record).pack()))

    again = dedup.group(collection.citations, reversed(edges), {})

    assert said(collection.citations, again) == grouped(shown)


@given(records, records)
@settings(max_examples=120, deadline=None)
def test_a_decision_has_no_direction(one: Record, other: Record) -> None:
    ours, theirs = dedup.citation(one), dedup.citation(other)
    decision = dedup.decide(ours, theirs)

    assert dedup.decide(theirs, ours) == decision
    assert decision.veto or decision.verdict != "related"
    assert not (decision.veto and decision.verdict == "same")


@given(records)
@settings(max_examples=100, deadline=None)
def test_what_is_given_twice_is_one_record_unless_it_says_too_little(record: Record) -> None:
    placed = record.journal and record.pages and (record.volume or record.published)

    assert len(grouped([record, record])) <= (1 if record.title != "Editorial" or placed else 2)


def test_a_bridge_joins_what_it_bridges() -> None:
    by_doi = Record(title=TITLE[:37], doi="10.5555/a")
    by_title = replace(ARTICLE, doi="")

    assert len(grouped([by_doi, by_title])) == 2
    assert len(grouped([by_doi, by_title, ARTICLE])) == 1


def test_a_poor_record_does_not_bridge_the_article_and_its_abstract() -> None:
    groups = grouped([ARTICLE, POOR, ABSTRACT])

    assert len(groups) == 2
    assert grouped([POOR, ABSTRACT, ARTICLE]) == groups


def ruled(verdict: str, *shown: Record) -> list[tuple[int, ...]]:
    collection = dedup.Collection()
    for number, record in enumerate(shown):
        collection.add(number, dedup.citation(record))
    return dedup.group(collection.citations, collection.edges, {(0, 1): verdict})


def test_a_ruling_joins_what_looks_different() -> None:
    assert ruled("together", ARTICLE, Record(title="Something else entirely")) == [(0, 1)]


def test_a_ruling_parts_what_looks_the_same() -> None:
    assert ruled("apart", ARTICLE, ARTICLE) == [(0,), (1,)]
    assert len(ruled("apart", ARTICLE, ARTICLE, ARTICLE)) == 2


def test_a_copy_goes_where_a_ruling_has_put_the_first_one() -> None:
    part_1, part_2 = (replace(ARTICLE, title=f"{TITLE}. Part {one}", doi="") for one in "12")

    assert ruled("together", part_1, part_2, part_1) == [(0, 1, 2)]
    assert ruled("apart", part_1, part_2, part_1) == [(0, 2), (1,)]


def compared(shown: Sequence[Record]) -> int:
    collection = dedup.Collection()
    for number, record in enumerate(shown):
        collection.add(number, dedup.citation(record))
    return collection.compared


GENERIC = {
    "nothing but the title": [Record(title="Editorial")] * 5000,
    "in one journal, year by year": [
        Record(
            title="Editorial", journal="J Ex", published=str(1900 + n % 120), volume=str(n % 120)
        )
        for n in range(2000)
    ],
    "of one author": [
        Record(title="Reply", authors=AUTHORS, journal="J Ex", volume=str(n % 90), pages=str(n))
        for n in range(2000)
    ],
    "a supplement under one DOI": [
        Record(
            title=f"Sample {n * 7919} of example {n * 104729} and subject{n} in word{n}",
            doi="10.5555/supplement",
            authors=(Author(last=f"Name{n}"),),
            journal="J Ex",
            volume="12",
            pages=f"S{n}",
        )
        for n in range(500)
    ],
    "on the first page of every issue": [
        Record(
            title=f"Made-up matter{n} of subject{n} and its thing{n} in places{n}",
            authors=(Author(last="Wang" if n % 50 == 0 else f"Name{n}"),),
            journal=f"{'JACE'[n % 4]} of place{n}",
            volume=str(n % 60),
            pages="1-10",
        )
        for n in range(2000)
    ],
}


@pytest.mark.parametrize("shown", GENERIC.values(), ids=GENERIC.keys())
def test_what_many_records_share_makes_no_work(shown: list[Record]) -> None:
    assert compared(shown) <= 3 * len(shown)


def test_an_abstract_alone_finds_a_translated_record() -> None:
    text = " ".join(f"word{chr(97 + n % 26)}{chr(97 + n // 26)}text" for n in range(60))
    one = Record(title="Eine erfundene Studie über Beispiele", abstract=(Section(text=text),))
    other = Record(title="A made-up study of examples", abstract=(Section(text=text),))

    assert set(dedup.keys(dedup.citation(one))) & set(dedup.keys(dedup.citation(other)))
