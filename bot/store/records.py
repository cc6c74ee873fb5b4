"""Records, the keys that find them, and the sightings that brought them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from bot import dedup
from bot.dedup import Edge
from bot.model import Record
from bot.ports import Found
from bot.store import citations, joining
from bot.store.chunks import CHUNK, chunks
from bot.store.citations import Ruling
from bot.store.database import add
from bot.store.judging import Batch, Grouped, Seen
from bot.store.record_json import from_json
from bot.store.schema import citations as citation_table
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
    """Save what a source showed: each record becomes part of the one it is, or a new one.

    The connection must be one that saves records (`database.writing`).
    """
    before = _seen(db, source, task, [one.key for one in found])
    batch = Batch(db, found, before)
    grouped = batch.groups(db)
    placed = _save(db, batch, grouped, now)
    numbers = [placed.record_of[shown.number] for shown in batch.shown]
    if source == "pubmed":
        whole = {n for n, one in zip(numbers, found, strict=True) if joining.is_whole(one.record)}
        _note_reading(db, whole, now)
    held = placed.records | read(db, sorted(set(numbers).difference(placed.records)))
    rules, related, joined = grouped.rules(batch.new), _related(batch, placed), dict(placed.joined)
    kept = []
    for shown, number in zip(batch.shown, numbers, strict=True):
        rule = rules[shown.number] if shown.fresh else "pmid"
        one = Kept(
            key=shown.key,
            record_id=number,
            record=held[number],
            rule="sighting" if shown.key in before else rule,
            new=shown.fresh and not rule,
            first_sighting=shown.key not in before,
            related=related.get(shown.number, ()) if shown.fresh else (),
            joined=joined.pop(number, ()) if shown.fresh else (),
        )
        kept.append(one)
    _save_sightings(db, source, task, batch, kept, placed.number_of, now)
    return kept


class _Placed(NamedTuple):
    """Where the citations of a batch are now; new ones by their numbers in the batch."""

    record_of: dict[int, int]
    number_of: dict[int, int]
    records: dict[int, Record]  #: Those that have changed or are new.
    joined: dict[int, tuple[int, ...]]  #: Record -> those that went into it.


def _save(db: Connection, batch: Batch, grouped: Grouped, now: datetime) -> _Placed:
    """Save new citations and what was decided about them, and make records of them."""
    more = _say_again(db, batch.again)
    settled = joining.settle(
        db, grouped.groups, grouped.record_of, grouped.edges, now, new=batch.new
    )
    numbers = settled.numbers
    edges = (Edge(numbers.get(e.one, e.one), numbers[e.other], e.decision) for e in batch.edges)
    citations.decide(db, edges)
    ruled = ((numbers.get(one, one), numbers[new]) for one, new in batch.together)
    citations.rule(db, [Ruling(*pair, "together", "sighting") for pair in ruled], now)
    record_of = {number: stored.record_id for number, stored in batch.stored.items()}
    record_of |= {seen.citation_id: seen.record_id for seen in batch.before.values()}
    record_of |= settled.record_of
    record_of |= {new: settled.record_of[number] for new, number in numbers.items()}
    changed = {record_of[number] for number in more}.difference(settled.records)
    joined: dict[int, tuple[int, ...]] = {}
    for gone, into in sorted(settled.joined.items()):
        joined[into] = (*joined.get(into, ()), gone)
    held = settled.records | joining.write(db, changed, now)
    return _Placed(record_of, numbers, held, joined)


def _say_again(db: Connection, again: Mapping[int, Sequence[Record]]) -> set[int]:
    """Save what stored citations say more, or otherwise, than before; returns which do."""
    known = citations.bodies(db, again)
    said = {number: dedup.merged([known[number], *shown]) for number, shown in again.items()}
    changed = {number: record for number, record in said.items() if record != known[number]}
    citations.change(db, changed)
    return set(changed)


def _related(batch: Batch, placed: _Placed) -> dict[int, tuple[int, ...]]:
    """The records that new citations are related to, by their numbers in the batch."""
    found: dict[int, set[int]] = {}
    for edge in batch.edges:
        ours, theirs = placed.record_of[edge.other], placed.record_of[edge.one]
        if edge.decision.verdict == "related" and ours != theirs:
            found.setdefault(edge.other, set()).add(theirs)
            found.setdefault(edge.one, set()).add(ours)
    return {number: tuple(sorted(records_)) for number, records_ in found.items()}


def _note_reading(db: Connection, numbers: Iterable[int], now: datetime) -> None:
    """PubMed has given these whole."""
    for some in chunks(sorted(numbers)):
        db.execute(sa.update(records).where(records.c.id.in_(some)).values(read_at=now))


def _save_sightings(
    db: Connection,
    source: str,
    task: str,
    batch: Batch,
    kept: Sequence[Kept],
    number_of: Mapping[int, int],
    now: datetime,
) -> None:
    """Remember the first time of every key, and which citation it shows now."""
    where = {"source": source, "task": task}
    rows = []
    for shown, one in zip(batch.shown, kept, strict=True):
        number = number_of.get(shown.number, shown.number)
        values = {"record_id": one.record_id, "citation_id": number}
        if one.first_sighting:
            rows.append({**where, **values, "key": one.key, "rule": one.rule, "seen_at": now})
        elif number != batch.before[one.key].citation_id:
            db.execute(
                sa.update(sightings)
                .where(*(sightings.c[name] == value for name, value in where.items()))
                .where(sightings.c.key == one.key)
                .values(values)
            )
    add(db, sightings, rows)


def _seen(db: Connection, source: str, task: str, keys: Sequence[str]) -> dict[str, Seen]:
    """What this source has shown for this task under these keys."""
    found: dict[str, Seen] = {}
    for some in chunks(keys):
        rows = db.execute(
            sa.select(
                sightings.c.key,
                sightings.c.record_id,
                sa.func.coalesce(sightings.c.citation_id, 0),
                sa.func.coalesce(citation_table.c.packed, ""),
            )
            .outerjoin_from(
                sightings, citation_table, citation_table.c.id == sightings.c.citation_id
            )
            .where(
                sightings.c.source == source, sightings.c.task == task, sightings.c.key.in_(some)
            )
        )
        found.update((key, Seen(*seen)) for key, *seen in rows)
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
