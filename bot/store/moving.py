"""What points to a record goes along when citations of it become another record's.

Two records that become one: whoever was told of either was told.  A record that is parted: whoever
was told of it was told of both, so that nobody is told again and nobody misses a notice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, RowMapping

from bot.model import Record
from bot.store import notices as noted
from bot.store.database import add
from bot.store.schema import (
    matches,
    notices,
    record_keys,
    records,
    relations,
    shown,
    sightings,
    told,
    told_notices,
)

_SURE = ("yes", "unknown", "no")  # the better answer first
_RELATION = ("kind", "inverse", "scheme", "value", "citation")  # what makes one of a record


def copy(db: Connection, record: int, to: int) -> None:
    """The other record answers the same queries and was told to the same subscriptions."""
    _copy_told(db, record, to)
    _copy_matches(db, record, to)
    rows = db.execute(sa.select(shown.c.part).where(shown.c.record_id == record)).scalars()
    add(db, shown, [{"part": part, "record_id": to} for part in rows])


def move(db: Connection, record: int, to: int) -> None:
    """One record goes into another one, and is no more."""
    copy(db, record, to)
    for table in (told, matches, shown, record_keys):
        db.execute(sa.delete(table).where(table.c["record_id"] == record))
    db.execute(sa.update(sightings).where(sightings.c.record_id == record).values(record_id=to))
    _move_relations(db, record, to)
    noted.move(db, record, to)
    _forget_own_notices(db, to)
    _keep_times(db, record, to)
    db.execute(sa.delete(records).where(records.c.id == record))


def part(db: Connection, record: int, to: int) -> None:
    """Of what a record says, and of what is said of it, that goes which another one now says or
    is meant by.  Both have their identifiers already."""
    keys = {
        (row.scheme, row.value)
        for row in db.execute(sa.select(record_keys).where(record_keys.c.record_id == to))
    }
    rows = db.execute(
        sa.select(relations.c.id, relations.c.scheme, relations.c.value).where(
            relations.c.other_id == record
        )
    ).all()
    theirs = [row.id for row in rows if (row.scheme, row.value) in keys]
    db.execute(sa.update(relations).where(relations.c.id.in_(theirs)).values(other_id=to))
    for row in db.execute(sa.select(notices).where(notices.c.other_id == record)).all():
        if ("pmid", row.pmid) in keys or ("doi", row.doi) in keys:
            db.execute(sa.update(notices).where(notices.c.id == row.id).values(other_id=to))
    for row in db.execute(sa.select(notices).where(notices.c.record_id == record)).all():
        if _concerns(db, row, to):
            _copy_notice(db, row.id, to)
            if not _concerns(db, row, record):
                db.execute(sa.delete(told_notices).where(told_notices.c.notice_id == row.id))
                db.execute(sa.delete(notices).where(notices.c.id == row.id))


def _copy_notice(db: Connection, number: int, to: int) -> None:
    """The event has happened to the other record; who was told of it is not told again."""
    row = db.execute(sa.select(notices).where(notices.c.id == number)).mappings().one()
    add(db, notices, [{k: v for k, v in row.items() if k != "id"} | {"record_id": to}])
    same = (notices.c[name] == row[name] for name in ("kind", "identity"))
    copied = db.execute(sa.select(notices.c.id).where(notices.c.record_id == to, *same))
    there = copied.scalar_one()
    rows = db.execute(sa.select(told_notices).where(told_notices.c.notice_id == number)).mappings()
    add(db, told_notices, [{**one, "notice_id": there} for one in rows])


def part_sayings(
    db: Connection, record: int, to: int, kept: Sequence[Record], gone: Sequence[Record]
) -> None:
    """A relation that only the citations say which are `gone` to another record goes along."""
    rows = db.execute(sa.select(relations).where(relations.c.record_id == record)).mappings()
    for row in rows.all():
        if not _says(gone, row):
            continue
        add(db, relations, [{k: v for k, v in row.items() if k != "id"} | {"record_id": to}])
        if not _says(kept, row):
            db.execute(sa.delete(relations).where(relations.c.id == row["id"]))


def _says(shown: Sequence[Record], relation: RowMapping) -> bool:
    named = {"pmid": relation["value"], "doi": relation["value"], "": relation["citation"]}
    value = named.get(relation["scheme"], "")
    return bool(value) and any(
        value in (link.pmid, link.doi, link.citation) for one in shown for link in one.links
    )


def _concerns(db: Connection, notice: Any, record: int) -> bool:
    """Does a relation of this record with the notice tell why there is one?"""
    says = sa.and_(
        relations.c.record_id == record,
        sa.or_(
            relations.c.other_id == notice.other_id,
            relations.c.value.in_([value for value in (notice.pmid, notice.doi) if value]),
        ),
    )
    is_named = sa.and_(relations.c.other_id == record, relations.c.record_id == notice.other_id)
    row = db.execute(sa.select(relations.c.id).where(sa.or_(says, is_named)).limit(1)).first()
    return row is not None


def _copy_told(db: Connection, record: int, to: int) -> None:
    there = {
        row.subscription_id: row
        for row in db.execute(sa.select(told).where(told.c.record_id == to))
    }
    new = []
    for row in db.execute(sa.select(told).where(told.c.record_id == record)).mappings():
        known = there.get(row["subscription_id"])
        if known is None:
            new.append({**row, "record_id": to})
            continue
        db.execute(
            sa.update(told)
            .where(told.c.record_id == to, told.c.subscription_id == known.subscription_id)
            .values(
                digest_id=min(known.digest_id, row["digest_id"]),
                answer=min(known.answer, row["answer"], key=_SURE.index),
                confirmed_in=known.confirmed_in or row["confirmed_in"],
            )
        )
    if new:
        db.execute(sa.insert(told), new)


def _copy_matches(db: Connection, record: int, to: int) -> None:
    there = {
        row["query"]: row
        for row in db.execute(sa.select(matches).where(matches.c.record_id == to)).mappings()
    }
    for row in db.execute(sa.select(matches).where(matches.c.record_id == record)).mappings():
        known = there.get(row["query"])
        if known is None:
            db.execute(sa.insert(matches), {**row, "record_id": to})
            continue
        best = _better(known, row)
        db.execute(
            sa.update(matches)
            .where(matches.c.record_id == to, matches.c.query == known["query"])
            .values({name: value for name, value in best.items() if name != "record_id"})
        )


def _better(one: RowMapping, other: RowMapping) -> RowMapping:
    """The match that counts of two by one work: the surer answer; what is news before what was
    known at the baseline; what was there first."""
    return min(
        (one, other),
        key=lambda row: (
            _SURE.index(row["answer"]),
            row["kind"] == "baseline",
            row["matched_at"],
            row["kind"],
        ),
    )


def _move_relations(db: Connection, record: int, to: int) -> None:
    """What one says and what is said of it; nothing is related with itself."""
    db.execute(sa.update(relations).where(relations.c.other_id == record).values(other_id=to))
    there = {
        tuple(row[name] for name in _RELATION): row["id"]
        for row in db.execute(sa.select(relations).where(relations.c.record_id == to)).mappings()
    }
    rows = db.execute(sa.select(relations).where(relations.c.record_id == record)).mappings()
    for row in rows.all():
        known = there.get(tuple(row[name] for name in _RELATION))
        if known is None:
            moved = sa.update(relations).where(relations.c.id == row["id"])
            db.execute(moved.values(record_id=to))
            continue
        if row["other_id"] is not None:
            db.execute(
                sa.update(relations)
                .where(relations.c.id == known)
                .values(other_id=sa.func.coalesce(relations.c.other_id, row["other_id"]))
            )
        db.execute(sa.delete(relations).where(relations.c.id == row["id"]))
    db.execute(sa.delete(relations).where(relations.c.record_id == to, relations.c.other_id == to))
    named = sa.and_(relations.c.scheme == "record", relations.c.value == str(record))
    for row in db.execute(sa.select(relations).where(named)).mappings().all():
        renamed = {k: v for k, v in row.items() if k != "id"} | {"value": str(to)}
        db.execute(sa.delete(relations).where(relations.c.id == row["id"]))
        add(db, relations, [renamed])


def _forget_own_notices(db: Connection, record: int) -> None:
    """Nothing happens to a study by itself."""
    own = sa.select(notices.c.id).where(notices.c.record_id == record, notices.c.other_id == record)
    db.execute(sa.delete(told_notices).where(told_notices.c.notice_id.in_(own)))
    db.execute(sa.delete(notices).where(notices.c.id.in_(own)))


def _keep_times(db: Connection, record: int, to: int) -> None:
    """It was seen when either was first, and read whole when either was last."""
    rows = db.execute(
        sa.select(records.c.first_seen, records.c.read_at).where(records.c.id.in_((record, to)))
    ).all()
    read = [row.read_at for row in rows if row.read_at is not None]
    db.execute(
        sa.update(records)
        .where(records.c.id == to)
        .values(first_seen=min(row.first_seen for row in rows), read_at=max(read, default=None))
    )
