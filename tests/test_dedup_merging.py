"""One record of several citations: whose words it shows."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot import dedup
from bot.model import Record, Section

TITLE = "A made-up study of samples"
RECORD = Record(title=TITLE, doi="10.5555/jx.17", journal="Journal of Examples")


def changed(**fields: object) -> Record:
    return replace(RECORD, **fields)  # type: ignore[arg-type]  # the names are the record's


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


texts = st.sampled_from(["", "a", "A study of something", "b"])
somebody = st.builds(
    Record,
    title=texts,
    pmid=st.sampled_from(["", "1", "2"]),
    doi=st.sampled_from(["", "10.5555/a", "10.5555/b"]),
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


@given(st.lists(somebody, min_size=1, max_size=4))
def test_several_records_are_merged_in_their_order(shown: list[Record]) -> None:
    merged = shown[0]
    for record in shown[1:]:
        merged = dedup.merge(merged, record)

    assert dedup.merged(shown) == merged
