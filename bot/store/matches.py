"""Which record answers which saved query, and what a query knew before it was told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.model import Answer, MatchKind
from bot.store.chunks import CHUNK, chunks
from bot.store.database import add
from bot.store.schema import known_ids, matches, queries, query_changes, record_keys, records


class Match(NamedTuple):
    """A record and a query."""

    record_id: int
    query: str
    answer: Answer
    kind: MatchKind
    source: str
    concepts_met: int
    matched_at: datetime


class QueryState(NamedTuple):
    """What the store remembers of a saved query."""

    name: str
    fingerprint: str
    strategy: str
    since: datetime
    baseline_at: datetime | None
    swept_at: datetime | None
    feeds_matched_at: datetime | None
    translation: str


COLUMNS = [matches.c[name] for name in Match._fields]


def of_query(db: Connection, query: str, numbers: Sequence[int]) -> dict[int, Match]:
    """What is known of these records for this query."""
    found: dict[int, Match] = {}
    for start in range(0, len(numbers), CHUNK):
        rows = db.execute(
            sa.select(*COLUMNS).where(
                matches.c.query == query,
                matches.c.record_id.in_(numbers[start : start + CHUNK]),
            )
        )
        found.update((row.record_id, Match(*row)) for row in rows)
    return found


def save(db: Connection, decided: Sequence[Match]) -> None:
    """Remember matches; a later decision replaces an earlier one."""
    add(db, matches, [match._asdict() for match in decided], replace=True)


def undecided(db: Connection, query: str) -> list[tuple[int, datetime, datetime | None]]:
    """The unknown matches of a query: record, since when, when PubMed was last asked."""
    rows = db.execute(
        sa.select(matches.c.record_id, matches.c.matched_at, matches.c.asked_at)
        .where(matches.c.query == query, matches.c.answer == "unknown")
        .order_by(matches.c.matched_at, matches.c.record_id)
    )
    return [(row.record_id, row.matched_at, row.asked_at) for row in rows]


def asked(db: Connection, query: str, numbers: Sequence[int], now: datetime) -> None:
    """Remember that PubMed was asked to decide these."""
    for start in range(0, len(numbers), CHUNK):
        db.execute(
            sa.update(matches)
            .where(
                matches.c.query == query,
                matches.c.record_id.in_(numbers[start : start + CHUNK]),
            )
            .values(asked_at=now)
        )


def still_undecided(
    db: Connection, names: Sequence[str], since: datetime, until: datetime
) -> dict[str, int]:
    """How many records per query were matched in this time, meet no concept by their titles
    alone, and are still not decided."""
    rows = db.execute(
        sa.select(matches.c.query, sa.func.count())
        .where(
            matches.c.query.in_(names),
            matches.c.answer == "unknown",
            matches.c.concepts_met == 0,
            matches.c.kind != "baseline",
            matches.c.matched_at > since,
            matches.c.matched_at <= until,
        )
        .group_by(matches.c.query)
        .order_by(matches.c.query)
    )
    return {name: count for name, count in rows}  # noqa: C416 - rows are not pairs for mypy


def known(db: Connection, query: str, keys: Sequence[str]) -> dict[str, str]:
    """Which of these ids the query must not tell, and why: `baseline` or `gained`."""
    found: dict[str, str] = {}
    for some in chunks(keys):
        rows = db.execute(
            sa.select(known_ids.c.key, known_ids.c.kind).where(
                known_ids.c.query == query, known_ids.c.key.in_(some)
            )
        )
        found.update((key, kind) for key, kind in rows)
    return found


def know(db: Connection, query: str, keys: Sequence[str], kind: str, now: datetime) -> None:
    """Remember ids that the query finds and does not tell."""
    rows = [{"query": query, "key": key, "kind": kind, "since": now} for key in keys]
    add(db, known_ids, rows)


def pmids(db: Connection, numbers: Sequence[int]) -> dict[int, str]:
    """The PMID of each of these records that has one."""
    found: dict[int, str] = {}
    for start in range(0, len(numbers), CHUNK):
        rows = db.execute(
            sa.select(record_keys.c.record_id, record_keys.c.value).where(
                record_keys.c.scheme == "pmid",
                record_keys.c.record_id.in_(numbers[start : start + CHUNK]),
            )
        )
        found.update((number, value) for number, value in rows)
    return found


def states(db: Connection) -> dict[str, QueryState]:
    """What the store remembers of each active query."""
    columns = [queries.c[name] for name in QueryState._fields]
    rows = db.execute(sa.select(*columns).where(queries.c.active).order_by(queries.c.name))
    return {row.name: QueryState(*row) for row in rows}


def adopt(db: Connection, current: Mapping[str, tuple[str, str]], now: datetime) -> list[str]:
    """Remember the saved queries as they are now: name -> (fingerprint, strategy).

    Returns the names of those whose search has changed.  A changed query keeps its
    old text here until `changed` is called; a query whose file is gone is no longer active.
    """
    rows = {row.name: row for row in db.execute(sa.select(queries))}
    new = [name for name in current if name not in rows]
    changed = [
        name for name in current if name in rows and rows[name].fingerprint != current[name][0]
    ]
    for name in new:
        fingerprint, strategy = current[name]
        row = {"name": name, "fingerprint": fingerprint, "strategy": strategy}
        add(db, queries, [{**row, "since": now, "active": True}])
    for name, old in rows.items():
        if old.active != (name in current):
            db.execute(
                sa.update(queries)
                .where(queries.c.name == name)
                .values(active=name in current, feeds_matched_at=None)
            )
    return changed


def changed(db: Connection, name: str, state: tuple[str, str], gained: int, now: datetime) -> None:
    """Close the books of the old text: remember the new one, and what the change has gained."""
    old = db.execute(sa.select(queries.c.strategy).where(queries.c.name == name)).scalar_one()
    fingerprint, strategy = state
    row = {"query": name, "changed_at": now, "strategy": old, "gained": gained}
    add(db, query_changes, [row])
    db.execute(
        sa.update(queries)
        .where(queries.c.name == name)
        .values(
            fingerprint=fingerprint,
            strategy=strategy,
            baseline_at=now,
            swept_at=now,
            translation="",
        )
    )


def note(db: Connection, name: str, **values: datetime | str) -> None:
    """Set `baseline_at`, `swept_at` or `translation` of a query."""
    db.execute(sa.update(queries).where(queries.c.name == name).values(values))


def gained(
    db: Connection, names: Sequence[str], since: datetime, until: datetime
) -> dict[str, int]:
    """How many records each query has gained by changes in this time."""
    rows = db.execute(
        sa.select(query_changes.c.query, sa.func.sum(query_changes.c.gained))
        .where(
            query_changes.c.query.in_(names),
            query_changes.c.changed_at > since,
            query_changes.c.changed_at <= until,
        )
        .group_by(query_changes.c.query)
    )
    return {name: int(count) for name, count in rows if count}


def listed(db: Connection, query: str) -> list[tuple[int, datetime, str]]:
    """The undecided records of a query for the command line: number, since, title."""
    rows = db.execute(
        sa.select(matches.c.record_id, matches.c.matched_at, records.c.body)
        .join(records, records.c.id == matches.c.record_id)
        .where(
            matches.c.query == query, matches.c.answer == "unknown", matches.c.kind != "baseline"
        )
        .order_by(matches.c.matched_at, matches.c.record_id)
    )
    return [(row.record_id, row.matched_at, str(row.body["title"])) for row in rows]
