"""Delivered studies: the records that somebody was told of, and when PubMed was last asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.relations.events import ALARMS
from bot.store import citations
from bot.store.chunks import chunks
from bot.store.database import add
from bot.store.notices import URGENT
from bot.store.records import by_pmid
from bot.store.schema import notices, record_keys, records, relations, sightings, told

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
    alarms = db.execute(
        sa.select(study, sa.func.max(relations.c.noted_at))
        .where(relations.c.basis == "title", relations.c.kind.in_(sorted(ALARMS)))
        .group_by(study)
    )
    since: dict[int, datetime] = {number: at for number, at in alarms if number is not None}
    found = []
    for some in chunks(sorted(since)):
        rows = db.execute(
            sa.select(record_keys.c.value, records.c.id, _LAST_READ)
            .join_from(record_keys, records, records.c.id == record_keys.c.record_id)
            .where(record_keys.c.scheme == "pmid", records.c.id.in_(some))
        )
        found += [pmid for pmid, number, read_at in rows if read_at < since[number]]
    return sorted(found)


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
    for some in chunks(numbers):
        db.execute(sa.update(records).where(records.c.id.in_(some)).values(read_at=now))


def hold(db: Connection, task: str, pmids: Sequence[str], now: datetime) -> None:
    """Sight these under their PMIDs, so that whatever PubMed gives for one is the same study."""
    numbers = by_pmid(db, pmids)
    theirs = citations.of_records(db, set(numbers.values()))
    rows = [
        {
            "source": "pubmed",
            "task": task,
            "key": pmid,
            "record_id": number,
            "rule": "pmid",
            "seen_at": now,
            "citation_id": theirs[number][-1],
        }
        for pmid, number in numbers.items()
        if theirs.get(number)
    ]
    add(db, sightings, rows)


def counts(db: Connection) -> Counts:
    """What `status` says of them."""
    delivered = sa.func.count(sa.distinct(told.c.record_id))
    whole: int = db.execute(sa.select(delivered)).scalar_one()
    with_pmid, oldest = db.execute(
        sa.select(sa.func.count(sa.distinct(records.c.id)), sa.func.min(_LAST_READ))
        .join_from(record_keys, records, records.c.id == record_keys.c.record_id)
        .where(record_keys.c.scheme == "pmid", _told(records.c.id))
    ).one()
    return Counts(studies=whole, without_pmid=whole - with_pmid, oldest=oldest)


def _told(number: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """Was anybody told of this record?  As a list, read once: `told` is found by its subscription,
    and to look for each record in turn would read it as often."""
    return number.in_(sa.select(told.c.record_id))
