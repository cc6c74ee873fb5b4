"""Which records are one work, and which are not; what is merged, and what never is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import dedup
from bot.model import Author, Record, Section

TITLE = "Ketamine with group psychotherapy for alcohol use disorder: a trial in two clinics"
AUTHORS = (Author(last="Muñoz", initials="A"), Author(last="Okafor", initials="BC"))
RECORD = Record(
    title=TITLE,
    doi="10.1000/jx.2026.17",
    authors=AUTHORS,
    journal="Journal of Examples",
    published="2026-03",
    pages="101-9",
    volume="12",
)


def changed(**fields: object) -> Record:
    return replace(RECORD, **fields)  # type: ignore[arg-type]  # a table's cells


SAME = {
    "the same PMID, whatever the title": (
        changed(pmid="1", title="One"),
        changed(pmid="1", title="Another"),
        "pmid",
    ),
    "one DOI, one title": (RECORD, changed(journal="", authors=()), "doi and title"),
    "one DOI, markup and accents in the title": (
        RECORD,
        changed(title=TITLE.replace("Ketamine", "<i>Kétamine</i>").replace(":", "&#58;")),
        "doi and title",
    ),
    "one DOI, a subtitle lost": (
        RECORD,
        changed(title=TITLE.split(":", maxsplit=1)[0]),
        "doi and title",
    ),
    "one DOI, a bracketed translation": (
        changed(title=f"[{TITLE}]", vernacular_title="Ketamin mit Gruppentherapie"),
        changed(title="Ketamin mit Gruppentherapie"),
        "doi and title",
    ),
    "one PMCID": (changed(pmcid="PMC7", doi=""), changed(pmcid="PMC7", pages=""), "pmcid"),
    "no DOI in one of them": (RECORD, changed(doi=""), "title, journal and authors"),
    "ahead of print against the issue": (
        changed(doi="", pages="", volume="", published="2025-12-29"),
        RECORD,
        "title, journal and authors",
    ),
    "an abbreviated journal": (
        changed(doi="", journal_abbreviation="J Ex"),
        changed(journal="J Ex"),
        "title, journal and authors",
    ),
    "an e-number against a number": (
        changed(doi="", pages="e0137960"),
        changed(pages="137960"),
        "title, journal and authors",
    ),
    "authors in another order, without accents": (
        changed(doi=""),
        changed(authors=(Author(last="Okafor"), Author(last="Munoz"))),
        "title, journal and authors",
    ),
    "no authors in one": (changed(doi=""), changed(authors=()), "title, journal and authors"),
}

DIFFERENT = {
    "two PMIDs": (changed(pmid="1"), changed(pmid="2")),
    "two DOIs, however alike": (RECORD, changed(doi="10.1000/jx.2026.18")),
    "one DOI for a whole supplement": (
        RECORD,
        changed(title="Poor sleep and heart rate in nurses on night shifts in winter"),
    ),
    "the erratum with the record's DOI": (RECORD, changed(title=f"Erratum to: {TITLE}")),
    "the correction": (changed(doi=""), changed(title=f"Correction: {TITLE}", doi="")),
    "the retraction notice": (RECORD, changed(title=f"Retraction: {TITLE}")),
    "the retraction note": (RECORD, changed(title=f"Retraction Note to: {TITLE}")),
    "the expression of concern": (RECORD, changed(title=f"Expression of Concern: {TITLE}")),
    "the reply": (RECORD, changed(title=f"Reply to: {TITLE}")),
    "the comment": (RECORD, changed(title=f"Comment on: {TITLE}")),
    "the letter about it": (RECORD, changed(title=f"RE: {TITLE}")),
    "parts with one DOI": (changed(title=f"{TITLE}. Part I"), changed(title=f"{TITLE}. Part II")),
    "parts without a DOI": (
        changed(title=f"{TITLE}. Part 1", doi=""),
        changed(title=f"{TITLE}. Part 2", doi=""),
    ),
    "a generic title": (
        changed(title="Editorial", doi="", pages=""),
        changed(title="Editorial", doi="", pages=""),
    ),
    "one guideline in two journals": (changed(doi=""), changed(doi="", journal="Annals of Y")),
    "other authors": (changed(doi=""), changed(doi="", authors=(Author(last="Else"),))),
    "another year's edition": (changed(doi=""), changed(doi="", published="2024")),
    "other pages": (changed(doi=""), changed(doi="", pages="S14")),
    "the abstract in another volume": (changed(doi=""), changed(doi="", volume="11 Suppl 2")),
    "only the title in common": (Record(title=TITLE), Record(title=TITLE)),
}


@pytest.mark.parametrize(("one", "other", "rule"), SAME.values(), ids=SAME.keys())
def test_these_are_one_work(one: Record, other: Record, rule: str) -> None:
    assert dedup.same(one, other) == rule
    assert dedup.same(other, one) == rule


@pytest.mark.parametrize(("one", "other"), DIFFERENT.values(), ids=DIFFERENT.keys())
def test_these_are_two_works(one: Record, other: Record) -> None:
    assert dedup.same(one, other) == ""
    assert dedup.same(other, one) == ""


@pytest.mark.parametrize(("one", "other", "rule"), SAME.values(), ids=SAME.keys())
def test_what_is_one_work_shares_a_key(one: Record, other: Record, rule: str) -> None:
    assert set(dedup.keys(one)) & set(dedup.keys(other))


def test_the_strongest_rule_wins_and_then_the_first_record() -> None:
    by_title, by_doi = changed(doi=""), changed(authors=())

    assert dedup.find(RECORD, [(3, by_title), (9, by_doi)]) == (9, "doi and title")
    assert dedup.find(RECORD, [(9, by_doi), (4, by_doi)]) == (4, "doi and title")
    assert dedup.find(RECORD, []) is None


def test_pubmed_s_words_win_over_a_feed_s_and_gaps_are_filled() -> None:
    feed = changed(abstract=None, keywords=("k",), url="https://j.example/1")
    pubmed = changed(
        title=f"{TITLE}.", pmid="5", created="2026-03-02", abstract=(Section(text="A."),), doi=""
    )

    for merged in (dedup.merge(feed, pubmed), dedup.merge(pubmed, feed)):
        assert merged.title == f"{TITLE}."
        assert merged.pmid == "5"
        assert merged.doi == RECORD.doi
        assert merged.keywords == ("k",)
        assert merged.abstract == (Section(text="A."),)


def test_a_feed_of_pubmed_does_not_replace_pubmed_s_record() -> None:
    pubmed = changed(pmid="5", created="2026-03-02", journal="The Whole Name")
    feed = changed(pmid="5", journal="Whole", abstract=None)

    assert dedup.merge(pubmed, feed).journal == "The Whole Name"


def test_a_withheld_abstract_is_not_an_absent_one() -> None:
    withheld, absent = changed(abstract=None), changed(abstract=())

    assert dedup.merge(withheld, absent).abstract == ()
    assert dedup.merge(withheld, withheld).abstract is None


texts = st.sampled_from(["", "a", "A study of something long enough to be a key", "b"])
somebody = st.builds(
    Record,
    title=texts,
    pmid=st.sampled_from(["", "1", "2"]),
    doi=st.sampled_from(["", "10.1/a", "10.1/b"]),
    journal=texts,
    published=st.sampled_from(["", "2025", "2026-01"]),
    created=st.sampled_from(["", "2026-01-01"]),
    abstract=st.sampled_from([None, (), (Section(text="x"),)]),
)


@given(somebody)
def test_merging_a_record_with_itself_changes_nothing(record: Record) -> None:
    assert dedup.merge(record, record) == record


@given(somebody, somebody)
def test_a_merge_done_twice_is_done_once(one: Record, other: Record) -> None:
    once = dedup.merge(one, other)

    assert dedup.merge(once, other) == once


@given(somebody, somebody)
def test_sameness_has_no_direction(one: Record, other: Record) -> None:
    assert dedup.same(one, other) == dedup.same(other, one)
