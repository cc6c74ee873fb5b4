"""Records are groups of citations: give each group its record number, and move what changes.

A group keeps the lowest record number that it holds, so that numbers which readers and operators
know stay good.  Where two records have become one, the other number is no more; where one is
parted, the group with its oldest citation keeps the number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from bot import dedup
from bot.dedup import Edge
from bot.model import Record
from bot.store import citations, moving
from bot.store.chunks import chunks
from bot.store.citations import New
from bot.store.database import add
from bot.store.record_json import from_json, to_json
from bot.store.schema import citations as table
from bot.store.schema import joins, record_keys, records, sightings

BY_HAND = "by hand"
REGROUPED = "other citations fit better"

Group = tuple[int, ...]


class Settled(NamedTuple):
    """What regrouping has changed."""

    numbers: dict[int, int]  #: The number of a new citation meanwhile -> the one that it has now.
    record_of: dict[int, int]  #: Citation -> record.
    records: dict[int, Record]  #: Those that have changed or are new.
    joined: dict[int, int]  #: Record that is no more -> the one that it went into.


def assign(groups: Iterable[Group], record_of: Mapping[int, int]) -> list[tuple[Group, int]]:
    """The record number of each group; 0 for a new record."""
    taken: set[int] = set()
    assigned = []
    for group in sorted(groups, key=min):
        held = {record_of[one] for one in group if one in record_of} - taken
        number = min(held, default=0)
        taken.add(number)
        assigned.append((group, number))
    return assigned


def settle(
    db: Connection,
    groups: Iterable[Group],
    record_of: Mapping[int, int],
    edges: Iterable[Edge],
    now: datetime,
    *,
    new: Mapping[int, New] | None = None,
    parting: str = REGROUPED,
) -> Settled:
    """Make records of groups: of stored citations, and of new ones, which it saves.

    `record_of` tells the record of each stored citation so far.  `parting` is the reason that is
    kept where a record is parted.
    """
    new = new or {}
    homes = _open(db, assign(groups, record_of), new, now)
    home_of = {one: home for group, home in homes for one in group}
    order = sorted(new)
    added = citations.insert(db, [(home_of[one], new[one]) for one in order], now)
    numbers = dict(zip(order, added, strict=True))
    placed = {numbers.get(one, one): home for one, home in home_of.items()}
    moved = [one for one, number in record_of.items() if placed[one] != number]
    _point(db, {one: placed[one] for one in moved})
    joined = _carry(db, homes, record_of, list(edges), now, parting) if moved else {}
    touched = {number for one in moved for number in (record_of[one], placed[one])}
    touched |= {placed[one] for one in added}
    whole = write(db, touched - set(joined), now)
    for to, number in _partings(homes, record_of, joined) if moved else ():
        _part_relations(db, number, to)
    return Settled(numbers, placed, whole, joined)


def _open(
    db: Connection, assigned: Sequence[tuple[Group, int]], new: Mapping[int, New], now: datetime
) -> list[tuple[Group, int]]:
    """Give a new record to every group that has none."""
    bodies = []
    for group, number in assigned:
        if not number:
            stored = citations.bodies(db, [one for one in group if one not in new])
            shown = [*stored.values(), *(new[one].record for one in group if one in new)]
            bodies.append(dedup.merged(shown))
    numbers = iter(insert(db, bodies, now))
    return [(group, number or next(numbers)) for group, number in assigned]


def _point(db: Connection, moved: Mapping[int, int]) -> None:
    """Citations and their sightings belong to these records now."""
    for number in set(moved.values()):
        for some in chunks([one for one, home in moved.items() if home == number]):
            db.execute(sa.update(table).where(table.c.id.in_(some)).values(record_id=number))
            db.execute(
                sa.update(sightings)
                .where(sightings.c.citation_id.in_(some))
                .values(record_id=number)
            )


def _carry(
    db: Connection,
    homes: Sequence[tuple[Group, int]],
    record_of: Mapping[int, int],
    edges: Sequence[Edge],
    now: datetime,
    parting: str,
) -> dict[int, int]:
    """Take along what points to records whose citations have moved; returns what was joined."""
    kept = {home for _, home in homes}
    joined: dict[int, int] = {}
    for group, home in homes:
        for number in _sources(group, home, record_of):
            if number in kept:
                moving.copy(db, number, home)
                _remember(db, "split", number, home, parting, now)
            elif number not in joined:
                joined[number] = home
            else:
                moving.copy(db, number, home)
    groups = {home: group for group, home in homes}
    for number, home in joined.items():
        moving.move(db, number, home)
        rule = _reason(edges, [one for one in groups[home] if record_of.get(one) == number])
        _remember(db, "join", home, number, rule, now)
    return joined


def _sources(group: Group, home: int, record_of: Mapping[int, int]) -> list[int]:
    """The other records that the citations of a group have belonged to."""
    return sorted({record_of[one] for one in group if one in record_of} - {home})


def _reason(edges: Sequence[Edge], moved: Sequence[int]) -> str:
    """The strongest rule that ties these citations with others."""
    ties = [edge for edge in edges if (edge.one in moved) != (edge.other in moved)]
    return max(ties, key=lambda edge: edge.decision.strength).decision.rule if ties else BY_HAND


def _remember(db: Connection, kind: str, number: int, other: int, rule: str, now: datetime) -> None:
    row = {"kind": kind, "record_id": number, "other_id": other, "rule": rule, "at": now}
    db.execute(sa.insert(joins), row)


def _partings(
    homes: Sequence[tuple[Group, int]], record_of: Mapping[int, int], joined: Mapping[int, int]
) -> list[tuple[int, int]]:
    """(record that has got citations, record that has lost them and is still there)."""
    return [
        (home, number)
        for group, home in homes
        for number in _sources(group, home, record_of)
        if number not in joined
    ]


def _part_relations(db: Connection, number: int, to: int) -> None:
    shown = {
        record: list(citations.bodies(db, numbers).values())
        for record, numbers in citations.of_records(db, (number, to)).items()
    }
    moving.part_sayings(db, number, to, kept=shown[number], gone=shown[to])
    moving.part(db, number, to)


def insert(db: Connection, shown: Sequence[Record], now: datetime) -> list[int]:
    """Save new records; returns their numbers in the same order.

    SQLite gives the number of a record that was the last one and is no more to the next: so that
    no number means two records, it is told the next one.
    """
    if not shown:
        return []
    rows = [{"body": to_json(one), "first_seen": now, "changed_at": now} for one in shown]
    if db.dialect.name == "sqlite":
        used = sa.union_all(sa.select(sa.func.max(records.c.id)), sa.select(_last_joined()))
        last = max((number for number in db.execute(used).scalars() if number), default=0)
        rows = [{**row, "id": last + place} for place, row in enumerate(rows, 1)]
    returned = sa.insert(records).returning(records.c.id, sort_by_parameter_order=True)
    return list(db.execute(returned, rows).scalars())


def _last_joined() -> sa.Function[int]:
    return sa.func.max(joins.c.other_id)


def write(db: Connection, numbers: Iterable[int], now: datetime) -> dict[int, Record]:
    """Write records anew, and their identifiers, from all that was said of them."""
    wanted = sorted(numbers)
    found: dict[int, list[Record]] = {}
    for some in chunks(wanted):
        rows = db.execute(
            sa.select(table.c.record_id, table.c.body)
            .where(table.c.record_id.in_(some))
            .order_by(table.c.id)
        )
        for row in rows:
            found.setdefault(row.record_id, []).append(from_json(row.body))
    whole = {number: dedup.merged(found[number]) for number in wanted}
    for some in chunks(wanted):
        before = db.execute(sa.select(records.c.id, records.c.body).where(records.c.id.in_(some)))
        for number, body in before.all():
            if from_json(body) != whole[number]:
                db.execute(
                    sa.update(records)
                    .where(records.c.id == number)
                    .values(body=to_json(whole[number]), changed_at=now)
                )
        db.execute(sa.delete(record_keys).where(record_keys.c.record_id.in_(some)))
    identify(db, {number: found[number] for number in wanted})
    return whole


def identify(db: Connection, shown: Mapping[int, Sequence[Record]]) -> None:
    """Save the identifiers by which records are found: all that were said of them.

    One PMID is one record; where two claim it, the one that PubMed gave has it.
    """
    rows = {
        (scheme, value, number): None
        for number, records_ in shown.items()
        for one in records_
        for scheme, value in (("pmid", one.pmid), ("doi", one.doi), ("pmcid", one.pmcid))
        if value
    }
    sure = {one.pmid: number for number, said in shown.items() for one in said if is_whole(one)}
    for pmid, number in sure.items():
        if pmid:
            db.execute(
                sa.delete(record_keys).where(
                    record_keys.c.scheme == "pmid",
                    record_keys.c.value == pmid,
                    record_keys.c.record_id != number,
                )
            )
    wanted = [
        {"scheme": scheme, "value": value, "record_id": number}
        for scheme, value, number in rows
        if scheme != "pmid" or sure.get(value, number) == number
    ]
    add(db, record_keys, wanted)


def is_whole(record: Record) -> bool:
    """Did PubMed give it?  A feed of PubMed's gives a PMID, but neither of these."""
    return bool(record.created or record.status)
