"""One record per work in the store, whatever showed it and in whatever order."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from builders import record
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Author, Link, MeshHeading, Record, Section
from bot.ports import Found
from bot.store import Engine, records
from bot.store.database import reading, writing
from bot.store.record_json import from_json, to_json
from bot.store.schema import record_keys
from bot.store.schema import records as table

NOW = datetime(2026, 3, 2, 7, tzinfo=UTC)
TITLE = "Relapse after ketamine infusions and what group therapy adds to them"


def keep(engine: Engine, source: str, task: str, *shown: Record) -> list[records.Kept]:
    found = [Found(key=one.pmid or one.doi or one.title, record=one) for one in shown]
    with writing(engine, saves_records=True) as db:
        return records.keep(db, source, task, found, NOW)


def count(engine: Engine) -> int:
    with reading(engine) as db:
        return db.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def test_a_record_comes_back_as_it_was_kept(engine: Engine) -> None:
    whole = record(
        links=(Link(kind="ErratumIn", pmid="5"),),
        mesh=(MeshHeading(descriptor="Ketamine", qualifiers=("therapeutic use",)),),
        abstract=(Section(label="RESULTS", text="p < 0.05"),),
        authors=(Author(collective="The Group"),),
        keywords=None,
    )

    kept = keep(engine, "pubmed", "q", whole)

    with reading(engine) as db:
        assert records.read(db, [kept[0].record_id]) == {kept[0].record_id: whole}


def test_pubmed_and_two_feeds_show_one_record(engine: Engine) -> None:
    pubmed = record(pmid="7", doi="10.1000/x.7", title=TITLE)
    feed = record(pmid="", doi="10.1000/x.7", title=f"{TITLE}.", created="", status="")

    first = keep(engine, "feed", "journal-a", feed)[0]
    second = keep(engine, "pubmed", "q", pubmed)[0]
    third = keep(engine, "feed", "journal-b", feed)[0]

    assert first.record_id == second.record_id == third.record_id
    assert [one.new for one in (first, second, third)] == [True, False, False]
    assert second.rule
    assert third.rule
    assert count(engine) == 1


def test_the_same_feed_shown_again_is_known_and_adds_nothing(engine: Engine) -> None:
    shown = [record(pmid="", doi=f"10.1000/x.{n}", title=f"{TITLE} {n}") for n in range(5)]
    keep(engine, "feed", "a", *shown)

    again = keep(engine, "feed", "a", *shown)

    assert [one.first_sighting for one in again] == [False] * 5
    assert count(engine) == 5


def test_what_comes_later_for_a_known_record_is_added_to_it(engine: Engine) -> None:
    bare = record(pmid="", doi="10.1000/x.1", abstract=None, created="", status="")
    keep(engine, "feed", "a", bare)

    kept = keep(engine, "pubmed", "q", record(pmid="1", doi="10.1000/x.1"))[0]

    with reading(engine) as db:
        stored = records.read(db, [kept.record_id])[kept.record_id]
        assert records.by_pmid(db, ["1", "2"]) == {"1": kept.record_id}
    assert stored.abstract
    assert stored.pmid == "1"


def test_duplicates_within_one_batch_are_one_record(engine: Engine) -> None:
    kept = keep(
        engine,
        "feed",
        "a",
        record(pmid="", doi="10.1000/x.1", title=TITLE),
        record(pmid="", doi="", title=TITLE.upper()),
    )

    assert kept[0].record_id == kept[1].record_id


def test_one_pmid_can_never_be_two_records(engine: Engine) -> None:
    one, two = keep(engine, "pubmed", "q", record(pmid="1"), record(pmid="2", doi="10.1000/2"))

    with pytest.raises(sa.exc.IntegrityError), writing(engine) as db:
        db.execute(
            sa.insert(record_keys),
            {"scheme": "pmid", "value": "1", "record_id": two.record_id},
        )
    assert one.record_id != two.record_id


OTHER = "A register of early hospital discharges and what became of the families since"
WORKS = [
    record(pmid="1", doi="10.1000/a", title=TITLE),
    record(pmid="", doi="10.1000/a", title=TITLE, created="", status=""),
    record(pmid="", doi="10.1000/a", title=f"Erratum to: {TITLE}", created="", status=""),
    record(pmid="2", doi="10.1000/b", title=OTHER, authors=(), pages="40-48"),
    record(pmid="", doi="10.1000/b", title=OTHER, authors=(), created="", status="", pages=""),
]


@pytest.mark.parametrize("order", list(itertools.permutations(range(5)))[::11])
def test_the_order_of_arrival_does_not_matter(engine: Engine, order: tuple[int, ...]) -> None:
    for number in order:
        source = "pubmed" if WORKS[number].pmid else "feed"
        keep(engine, source, f"t{number}", WORKS[number])

    assert count(engine) == 3


names = st.text(max_size=8)
some_records = st.builds(
    Record,
    title=names,
    doi=names,
    abstract=st.none() | st.lists(st.builds(Section, label=names, text=names)).map(tuple),
    keywords=st.none() | st.lists(names).map(tuple),
    languages=st.none() | st.lists(names).map(tuple),
    authors=st.lists(st.builds(Author, last=names, collective=names)).map(tuple),
    mesh=st.lists(
        st.builds(
            MeshHeading,
            descriptor=names,
            major=st.booleans(),
            qualifiers=st.lists(names).map(tuple),
        )
    ).map(tuple),
    links=st.lists(st.builds(Link, kind=names, pmid=names)).map(tuple),
    pmid_version=st.integers(1, 9),
)


@given(some_records)
def test_every_record_survives_its_json(one: Record) -> None:
    assert from_json(to_json(one)) == one


def test_sightings_tell_where_a_record_was_found(engine: Engine) -> None:
    number = keep(engine, "pubmed", "q", record(pmid="1"))[0].record_id
    keep(engine, "feed", "journal-a", record(pmid="1", created="", status=""))

    with reading(engine) as db:
        assert records.found_in(db, [number]) == {number: (("feed", "journal-a"), ("pubmed", "q"))}
        assert records.sighted_since(db, "feed", ["journal-a"], NOW) == {number: "journal-a"}
        assert records.sighted_since(db, "feed", ["journal-a"], NOW + timedelta(1)) == {}
