"""Records that were fed from files: under which ids, and which of them are one work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.model import Record
from bot.ports import Found
from bot.store import records
from bot.store.chunks import chunks
from bot.store.schema import citations, decisions, sightings

SOURCE, TASK = "file", "dedupe"  # one room of ids for all files of a set


class Member(NamedTuple):
    """One record as it was fed."""

    id: str
    citation_id: int  #: Shared by what says the same of one PMID.
    record_id: int  #: The same for all that are one work.


class Decided(NamedTuple):
    """Two citations that are the same or related; `one` came first."""

    one: int
    other: int
    verdict: str
    rule: str
    strength: int


def compared(db: Connection, ids: Iterable[str]) -> dict[str, str]:
    """What was fed under these ids, packed as deduplication compares it."""
    found: dict[str, str] = {}
    for some in chunks(sorted(set(ids))):
        rows = db.execute(
            sa.select(sightings.c.key, citations.c.packed)
            .join(citations, citations.c.id == sightings.c.citation_id)
            .where(
                sightings.c.source == SOURCE, sightings.c.task == TASK, sightings.c.key.in_(some)
            )
        )
        found.update((row.key, row.packed) for row in rows)
    return found


def feed(db: Connection, new: Mapping[str, Record], now: datetime) -> None:
    """Save records under ids that are not there yet; each joins the work that it is."""
    found = [Found(key=id_, record=record) for id_, record in new.items()]
    records.keep(db, SOURCE, TASK, found, now)


def members(db: Connection) -> list[Member]:
    """All records that were fed, in their order."""
    rows = db.execute(
        sa.select(sightings.c.key, sightings.c.citation_id, sightings.c.record_id)
        .where(sightings.c.source == SOURCE, sightings.c.task == TASK)
        .order_by(sightings.c.seen_at, sightings.c.citation_id, sightings.c.key)
    )
    return [Member(*row) for row in rows]


def decided(db: Connection) -> Iterator[Decided]:
    """All pairs of citations that were found the same or related."""
    for row in db.execute(
        sa.select(
            decisions.c.citation_id,
            decisions.c.other_id,
            decisions.c.verdict,
            decisions.c.rule,
            decisions.c.strength,
        )
    ):
        yield Decided(*row)
