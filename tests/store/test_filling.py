"""A database of the version before citations comes through whole, and goes on without repeats."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from builders import record

from bot import dedup
from bot.model import Cadence
from bot.ports import Found
from bot.store import Engine, digests, records, subscriptions
from bot.store import schema as tables
from bot.store.database import downgrade, prepare, reading, upgrade, writing
from bot.store.record_json import to_json

THEN, NOW = datetime(2026, 3, 2, 7, tzinfo=UTC), datetime(2026, 3, 9, 7, tzinfo=UTC)
PUBMED = record(pmid="11", doi="10.5555/f.1", title="Lithium in drinking water and quiet towns")
FEED = record(
    pmid="",
    doi="10.5555/f.2",
    title="A school garden, and how long its harvest keeps children awake",
    authors=(),
    abstract=None,
    created="",
    status="",
    pages="",
)
UNKEYED = replace(FEED, doi="", title="Night shifts of porters in three made-up hospitals")


@pytest.fixture
def old(engine: Engine) -> Engine:
    """A database at revision 0002 with three records, one of them told as a possible match."""
    downgrade(engine, "0002")
    cadence = Cadence(every="weekly")
    with writing(engine) as db:
        subscription = subscriptions.create(
            db,
            channel="email",
            target="reader@example.org",
            queries={"q": THEN},
            cadence=cadence,
            layout="standard",
            quiet=True,
            next_due=NOW,
            now=THEN,
        )
        for number, one in enumerate((PUBMED, FEED, UNKEYED), 1):
            row = {"id": number, "body": to_json(one), "first_seen": THEN, "changed_at": THEN}
            columns = [tables.records.c[name] for name in row]
            db.execute(sa.insert(sa.table("records", *map(_bare, columns))), row)
            for scheme, value in (("pmid", one.pmid), ("doi", one.doi), ("title", one.title)):
                if value:
                    key = {"scheme": scheme, "value": value, "record_id": number}
                    db.execute(sa.insert(tables.record_keys), key)
            sighting = {"source": "feed", "task": "j", "key": one.title, "record_id": number}
            names = ("source", "task", "key", "record_id", "rule", "seen_at")
            columns = [_bare(tables.sightings.c[name]) for name in names]
            values = {**sighting, "rule": "", "seen_at": THEN}
            db.execute(sa.insert(sa.table("sightings", *columns)), values)
        match = {"query": "q", "kind": "new", "source": "feed", "concepts_met": 1}
        match |= {"matched_at": THEN, "asked_at": None}
        for number, answer in ((1, "yes"), (2, "unknown")):
            row = {**match, "record_id": number, "answer": answer}
            db.execute(sa.insert(tables.matches), row)
        digest = digests.save(db, subscription, THEN, "", 2, THEN)
        assert digest
        digests.tell(db, subscription, digest, {1: "yes", 2: "unknown"}, [])
    return engine


def _bare(column: sa.Column[object]) -> sa.ColumnClause[object]:
    return sa.column(column.name, column.type)


def contents(engine: Engine, name: str) -> list[tuple[object, ...]]:
    table = tables.metadata.tables[name]
    with reading(engine) as db:
        return sorted(map(tuple, db.execute(sa.select(*table.primary_key.columns))))


def test_an_upgrade_keeps_records_matches_and_who_was_told(old: Engine) -> None:
    kept = ("records", "matches", "told", "digests", "subscriptions")
    before = {name: contents(old, name) for name in kept}

    upgrade(old)

    assert {name: contents(old, name) for name in kept} == before
    with reading(old) as db:
        assert records.read(db, [1, 2, 3]) == {1: PUBMED, 2: FEED, 3: UNKEYED}
        assert records.by_pmid(db, ["11"]) == {"11": 1}
        rows = db.execute(sa.select(tables.citations)).all()
        assert {(row.record_id, row.seen_at) for row in rows} == {(n, THEN) for n in (1, 2, 3)}


def test_what_an_old_database_holds_is_known_when_it_is_shown_again(old: Engine) -> None:
    upgrade(old)
    again = [PUBMED, replace(FEED, volume="12"), replace(UNKEYED, title="Another title by now")]
    keys = [one.title for one in (PUBMED, FEED, UNKEYED)]
    found = [Found(key=key, record=one) for key, one in zip(keys, again, strict=True)]
    elsewhere = replace(FEED, url="https://example.org/2")

    with writing(old, saves_records=True) as db:
        kept = records.keep(db, "feed", "j", found, NOW)
        other = records.keep(db, "feed", "k", [Found(key="x", record=elsewhere)], NOW)

    assert [one.record_id for one in kept] == [1, 2, 3]
    assert not any(one.new or one.first_sighting for one in kept)
    assert other[0].record_id == 2
    assert len(contents(old, "records")) == 3


def test_duplicates_of_an_old_database_are_joined_when_one_is_seen_again(old: Engine) -> None:
    with writing(old) as db:  # two records that the rules of that time did not join
        same = to_json(replace(FEED, url="https://example.org/3"))
        db.execute(sa.update(tables.records).where(tables.records.c.id == 3).values(body=same))
    upgrade(old)
    assert len(contents(old, "records")) == 3

    with writing(old, saves_records=True) as db:
        (kept,) = records.keep(db, "feed", "k", [Found(key="x", record=FEED)], NOW)

    assert kept.record_id == 2
    assert kept.joined == (3,)


def test_a_database_with_another_way_of_comparing_is_compared_anew(engine: Engine) -> None:
    pair = [Found(key="1", record=FEED), Found(key="2", record=replace(FEED, volume="12"))]
    with writing(engine, saves_records=True) as db:
        kept = records.keep(db, "feed", "j", pair, NOW)
        assert kept[0].record_id == kept[1].record_id
        db.execute(sa.update(tables.citations).values(packed="[]", scheme=dedup.SCHEME - 1))
        db.execute(sa.delete(tables.citation_keys))
    decided = contents(engine, "decisions")

    prepare(engine)

    with writing(engine, saves_records=True) as db:
        again = records.keep(db, "feed", "k", pair[:1], NOW + timedelta(days=1))
    assert again[0].record_id == kept[0].record_id
    assert set(decided) <= set(contents(engine, "decisions"))
