"""Delivered studies: the records that somebody was told of, and when PubMed was last asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.relations.events import ALARMS
from bot.store.chunks import CHUNK
from bot.store.notices import URGENT
from bot.store.schema import notices, record_keys, records, relations, told

_LAST_READ = sa.func.coalesce(records.c.read_at, records.c.first_seen)


class Study(NamedTuple):
    """A delivered record, under one of its PMIDs."""

    pmid: str
    record_id: int
    read_at: datetime  #: When PubMed last gave it whole, as far as anybody noted it.


class Counts(NamedTuple):
    """How many were delivered, and how far back the oldest reading lies."""

    studies: int
    without_pmid: int  #: PubMed cannot be asked about these.
    oldest: datetime | None


def studies(db: Connection) -> list[Study]:
    """All of them that have a PMID, those first that were not read for the longest time."""
    rows = db.execute(
        sa.select(record_keys.c.value, records.c.id, _LAST_READ)
        .join_from(record_keys, records, records.c.id == record_keys.c.record_id)
        .where(record_keys.c.scheme == "pmid", _told(records.c.id))
        .order_by(_LAST_READ, records.c.id, record_keys.c.value)
    )
    return [Study(*row) for row in rows]


def any_with_pmid(db: Connection) -> bool:
    """Was anything delivered that PubMed can be asked about?"""
    row = db.execute(
        sa.select(told.c.record_id)
        .join(record_keys, record_keys.c.record_id == told.c.record_id)
        .where(record_keys.c.scheme == "pmid")
        .limit(1)
    ).first()
    return row is not None


def alarmed(db: Connection) -> list[str]:
    """The PMIDs of studies that a title alone calls retracted, withdrawn or doubtful, and of
    which PubMed was not asked since."""
    study = sa.case((relations.c.inverse, relations.c.record_id), else_=relations.c.other_id)
    rows = db.execute(
        sa.select(record_keys.c.value)
        .distinct()
        .join_from(relations, records, records.c.id == study)
        .join(record_keys, record_keys.c.record_id == records.c.id)
        .where(
            relations.c.basis == "title",
            relations.c.kind.in_(sorted(ALARMS)),
            record_keys.c.scheme == "pmid",
            relations.c.noted_at > _LAST_READ,
        )
        .order_by(record_keys.c.value)
    )
    return list(rows.scalars())


def doubted(db: Connection) -> list[str]:
    """The PMIDs of delivered studies that were retracted, withdrawn or doubted: the flag of one
    that is reinstated vanishes, and no search finds that."""
    rows = db.execute(
        sa.select(record_keys.c.value)
        .distinct()
        .join_from(notices, record_keys, record_keys.c.record_id == notices.c.record_id)
        .where(
            record_keys.c.scheme == "pmid",
            notices.c.kind.in_(sorted(URGENT)),
            _told(notices.c.record_id),
        )
        .order_by(record_keys.c.value)
    )
    return list(rows.scalars())


def unread_notices(db: Connection) -> list[str]:
    """The PMIDs of notices about delivered studies that the store has no record of."""
    held = sa.exists().where(record_keys.c.scheme == "pmid", record_keys.c.value == notices.c.pmid)
    rows = db.execute(
        sa.select(notices.c.pmid)
        .distinct()
        .where(notices.c.pmid != "", _told(notices.c.record_id), ~held)
        .order_by(notices.c.pmid)
    )
    return list(rows.scalars())


def read(db: Connection, numbers: Sequence[int], now: datetime) -> None:
    """Remember that PubMed has just given these records whole."""
    for start in range(0, len(numbers), CHUNK):
        some = numbers[start : start + CHUNK]
        db.execute(sa.update(records).where(records.c.id.in_(some)).values(read_at=now))


def counts(db: Connection) -> Counts:
    """What `status` says of them."""
    has_pmid = sa.exists().where(
        record_keys.c.scheme == "pmid", record_keys.c.record_id == records.c.id
    )
    row = db.execute(
        sa.select(
            sa.func.count(),
            sa.func.coalesce(sa.func.sum(sa.case((has_pmid, 0), else_=1)), 0),
            sa.func.min(sa.case((has_pmid, _LAST_READ))),
        ).where(_told(records.c.id))
    ).one()
    return Counts(*row)


def _told(number: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    return sa.exists().where(told.c.record_id == number)
