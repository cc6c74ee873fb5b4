"""Records, the keys that find them, and the sightings that brought them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from bot import dedup
from bot.model import Record
from bot.ports import Found
from bot.store.chunks import CHUNK, chunks
from bot.store.database import add
from bot.store.record_json import from_json, to_json
from bot.store.schema import quarantine, record_keys, records, sightings


class Kept(NamedTuple):
    """What became of one record that a source showed."""

    key: str
    record_id: int
    record: Record
    rule: str  #: The rule of deduplication; empty for a new record.
    new: bool  #: Nothing like it was in the store.
    first_sighting: bool  #: This source had not shown it for this task.
    related: tuple[int, ...] = ()  #: Records that are not this one, and have to do with it.
    joined: tuple[int, ...] = ()  #: Records that it joined into this one; they are no more.


def by_pmid(db: Connection, pmids: Sequence[str]) -> dict[str, int]:
    """The record of each PMID that the store holds."""
    return _by_key(db, "pmid", pmids)


def by_doi(db: Connection, dois: Sequence[str]) -> dict[str, int]:
    """The record of each DOI (normalised) that the store holds."""
    return _by_key(db, "doi", dois)


def _by_key(db: Connection, scheme: str, values: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for some in chunks(values):
        rows = db.execute(
            sa.select(record_keys.c.value, record_keys.c.record_id).where(
                record_keys.c.scheme == scheme, record_keys.c.value.in_(some)
            )
        )
        found.update((value, number) for value, number in rows)
    return found


def read(db: Connection, numbers: Sequence[int]) -> dict[int, Record]:
    """The records of these numbers."""
    found: dict[int, Record] = {}
    for start in range(0, len(numbers), CHUNK):
        rows = db.execute(
            sa.select(records.c.id, records.c.body).where(
                records.c.id.in_(numbers[start : start + CHUNK])
            )
        )
        found.update((number, from_json(body)) for number, body in rows)
    return found


def every(db: Connection) -> Iterator[tuple[int, Record]]:
    """All records with their numbers, in the order of these; a few hundred in memory at a time."""
    last = 0
    while rows := db.execute(
        sa.select(records.c.id, records.c.body)
        .where(records.c.id > last)
        .order_by(records.c.id)
        .limit(CHUNK)
    ).all():
        for number, body in rows:
            yield number, from_json(body)
        last = rows[-1].id


def keep(
    db: Connection, source: str, task: str, found: Sequence[Found], now: datetime
) -> list[Kept]:
    """Save what a source showed: each record merged into the one it is, or new.

    The connection must be one that saves records (`database.writing`).
    """
    seen = _seen(db, source, task, [one.key for one in found])
    index = _Index(db, [one.record for one in found], set(seen.values()))
    kept: list[Kept] = []
    new_keys: list[dict[str, object]] = []
    new_sightings: list[dict[str, object]] = []
    for one in found:
        if one.key in seen:
            number, rule, first = seen[one.key], "sighting", False
        else:
            same = dedup.find(one.record, index.candidates(one.record))
            number, rule = same if same else (0, "")
            first = True
        if number:
            record = dedup.merge(index.records[number], one.record)
            if record != index.records[number]:
                _change(db, number, record, now)
        else:
            record = one.record
            number = _insert(db, record, now)
        new_keys += _keys(number, index.learn(number, record))
        if first:
            seen[one.key] = number
            row = {"source": source, "task": task, "key": one.key, "record_id": number}
            new_sightings.append({**row, "rule": rule, "seen_at": now})
        kept.append(Kept(one.key, number, record, rule, not rule, first))
    add(db, record_keys, new_keys)
    add(db, sightings, new_sightings)
    return kept


class _Index:
    """The stored records that some new ones could be, by their keys."""

    def __init__(self, db: Connection, new: Iterable[Record], numbers: set[int]) -> None:
        wanted: dict[str, set[str]] = {}
        for record in new:
            for scheme, value in dedup.keys(record):
                wanted.setdefault(scheme, set()).add(value)
        self.by_key: dict[dedup.Key, list[int]] = {}
        for scheme, values in wanted.items():
            for some in chunks(sorted(values)):
                rows = db.execute(
                    sa.select(record_keys.c.value, record_keys.c.record_id).where(
                        record_keys.c.scheme == scheme, record_keys.c.value.in_(some)
                    )
                )
                for value, number in rows:
                    self.by_key.setdefault((scheme, value), []).append(number)
                    numbers.add(number)
        self.records = read(db, sorted(numbers))

    def candidates(self, record: Record) -> list[tuple[int, Record]]:
        numbers = {n for key in dedup.keys(record) for n in self.by_key.get(key, ())}
        return [(number, self.records[number]) for number in sorted(numbers)]

    def learn(self, number: int, record: Record) -> list[dedup.Key]:
        """Remember a record; return the keys that are new for it."""
        self.records[number] = record
        new = [key for key in dedup.keys(record) if number not in self.by_key.get(key, ())]
        for key in new:
            self.by_key.setdefault(key, []).append(number)
        return new


def _insert(db: Connection, record: Record, now: datetime) -> int:
    row = {"body": to_json(record), "first_seen": now, "changed_at": now}
    number: int = db.execute(sa.insert(records).returning(records.c.id), row).scalar_one()
    return number


def _change(db: Connection, number: int, record: Record, now: datetime) -> None:
    db.execute(
        sa.update(records)
        .where(records.c.id == number)
        .values(body=to_json(record), changed_at=now)
    )


def _keys(number: int, keys: Iterable[dedup.Key]) -> list[dict[str, object]]:
    return [{"scheme": scheme, "value": value, "record_id": number} for scheme, value in keys]


def _seen(db: Connection, source: str, task: str, keys: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for some in chunks(keys):
        rows = db.execute(
            sa.select(sightings.c.key, sightings.c.record_id).where(
                sightings.c.source == source, sightings.c.task == task, sightings.c.key.in_(some)
            )
        )
        found.update((key, number) for key, number in rows)
    return found


def sight(
    db: Connection, source: str, task: str, sighted: Mapping[str, int], now: datetime
) -> None:
    """Remember that a source listed records for a task that the store holds already."""
    rows = [
        {
            "source": source,
            "task": task,
            "key": key,
            "record_id": number,
            "rule": "pmid",
            "seen_at": now,
        }
        for key, number in sighted.items()
    ]
    add(db, sightings, rows)


def any_sighting(db: Connection, source: str, task: str) -> bool:
    """Has this source shown anything for this task before?"""
    row = db.execute(
        sa.select(sightings.c.key)
        .where(sightings.c.source == source, sightings.c.task == task)
        .limit(1)
    ).first()
    return row is not None


def sighted_since(
    db: Connection, source: str, tasks: Sequence[str], since: datetime
) -> dict[int, str]:
    """The records that a source has shown since then for any of these tasks, with the task."""
    rows = db.execute(
        sa.select(sightings.c.record_id, sightings.c.task).where(
            sightings.c.source == source,
            sightings.c.task.in_(tasks),
            sightings.c.seen_at >= since,
        )
    )
    return {number: task for number, task in rows}  # noqa: C416 - rows are not pairs for mypy


def found_in(db: Connection, numbers: Sequence[int]) -> dict[int, tuple[tuple[str, str], ...]]:
    """Where each record was seen: (source, task), in the order of time."""
    places: dict[int, tuple[tuple[str, str], ...]] = {}
    for start in range(0, len(numbers), CHUNK):
        rows = db.execute(
            sa.select(sightings.c.record_id, sightings.c.source, sightings.c.task)
            .where(sightings.c.record_id.in_(numbers[start : start + CHUNK]))
            .order_by(sightings.c.seen_at, sightings.c.source, sightings.c.task)
        )
        for number, source, task in rows:
            places[number] = (*places.get(number, ()), (source, task))
    return places


def set_aside(
    db: Connection,
    source: str,
    task: str,
    problems: Iterable[tuple[str, str, bytes]],
    now: datetime,
) -> None:
    """Quarantine records that cannot be read: (key, reason, bytes)."""
    rows = [
        {"source": source, "task": task, "key": key, "reason": reason, "raw": raw, "since": now}
        for key, reason, raw in problems
    ]
    add(db, quarantine, rows)


def readable(db: Connection, source: str, task: str, keys: Sequence[str]) -> None:
    """Take records out of quarantine that could be read after all."""
    for some in chunks(keys):
        db.execute(
            sa.delete(quarantine).where(
                quarantine.c.source == source,
                quarantine.c.task == task,
                quarantine.c.key.in_(some),
            )
        )


def set_aside_before(db: Connection, source: str, task: str) -> frozenset[str]:
    """The keys of the records in quarantine."""
    rows = db.execute(
        sa.select(quarantine.c.key).where(quarantine.c.source == source, quarantine.c.task == task)
    )
    return frozenset(row.key for row in rows)
