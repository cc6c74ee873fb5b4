"""The life of a record: who showed it, what became of it, and who was told what of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from bot import dedup
from bot.model import Record
from bot.store import citations, notices, records, relations
from bot.store import schema as tables
from bot.store.notices import Noted
from bot.store.relations import Related


class Sighting(NamedTuple):
    """A source showed the record."""

    seen_at: datetime
    source: str
    task: str
    key: str
    rule: str
    citation: int | None


class Join(NamedTuple):
    """Records became one, or two."""

    at: datetime
    kind: str  #: join, split
    record_id: int  #: It stayed.
    other_id: int  #: It went into the other, or came out of it.
    rule: str


class Pair(NamedTuple):
    """What was decided about two citations; `record_id` is that of the other one."""

    citation: int
    other: int
    record_id: int
    verdict: str
    rule: str
    fields: Sequence[str]
    strength: int
    title: str  #: Of the other one.


class Ruled(NamedTuple):
    """What was decided by hand, or by a source that showed one key again."""

    at: datetime
    citation: int
    other: int
    verdict: str
    reason: str


class Match(NamedTuple):
    """A saved query finds the record."""

    query: str
    answer: str
    kind: str
    source: str
    matched_at: datetime


class Told(NamedTuple):
    """A digest told a subscription of the record."""

    subscription_id: int
    channel: str
    digest_id: int
    composed_at: datetime
    answer: str
    confirmed_in: int | None


class Part(NamedTuple):
    """A message part that shows the record."""

    key: str
    subscription_id: int | None
    state: str
    sent_at: datetime | None


class ToldNotice(NamedTuple):
    """A subscription was told of something that happened to the record."""

    notice_id: int
    subscription_id: int
    part: str  #: Empty where the notice stood beside the study itself.
    told_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """All that the store knows of a record."""

    record_id: int
    record: Record
    first_seen: datetime
    changed_at: datetime
    read_at: datetime | None  #: When PubMed last gave it whole.
    sightings: Sequence[Sighting]
    joins: Sequence[Join]
    decisions: Sequence[Pair]
    rulings: Sequence[Ruled]
    matches: Sequence[Match]
    relations: Sequence[Related]
    notices: Sequence[Noted]  #: What happened to it.
    caused: Sequence[Noted]  #: What it made happen to other studies.
    told: Sequence[Told]
    parts: Sequence[Part]
    told_notices: Sequence[ToldNotice]


def of(db: Connection, number: int) -> Life:
    """All that the store knows of a record that it holds."""
    row = db.execute(sa.select(tables.records).where(tables.records.c.id == number)).one()
    happened = notices.of(db, [number]).get(number, ())
    return Life(
        record_id=number,
        record=records.read(db, [number])[number],
        first_seen=row.first_seen,
        changed_at=row.changed_at,
        read_at=row.read_at,
        sightings=_sightings(db, number),
        joins=_joins(db, number),
        decisions=decisions(db, number),
        rulings=rulings(db, number),
        matches=_matches(db, number),
        relations=relations.of(db, [number]),
        notices=happened,
        caused=notices.by(db, [number]).get(number, ()),
        told=_told(db, number),
        parts=_parts(db, number),
        told_notices=_told_notices(db, [one.id for one in happened]),
    )


def _sightings(db: Connection, number: int) -> list[Sighting]:
    table = tables.sightings.c
    rows = db.execute(
        sa.select(table.seen_at, table.source, table.task, table.key, table.rule, table.citation_id)
        .where(table.record_id == number)
        .order_by(table.seen_at, table.source, table.task, table.key)
    )
    return [Sighting(*row) for row in rows]


def _joins(db: Connection, number: int) -> list[Join]:
    table = tables.joins.c
    rows = db.execute(
        sa.select(table.at, table.kind, table.record_id, table.other_id, table.rule)
        .where(sa.or_(table.record_id == number, table.other_id == number))
        .order_by(table.id)
    )
    return [Join(*row) for row in rows]


def decisions(db: Connection, number: int) -> list[Pair]:
    """What was decided about the citations of a record: with one another, and with others."""
    own = set(citations.of_records(db, [number]).get(number, ()))
    pairs = []
    for edge in citations.decided(db, own):
        one, other = (edge.one, edge.other) if edge.one in own else (edge.other, edge.one)
        pairs.append((one, other, edge.decision))
    return _pairs(db, pairs)


def near_misses(db: Connection, number: int) -> list[Pair]:
    """The citations of other records that share a key with one of this record and are different,
    compared once more."""
    own = citations.read(db, citations.of_records(db, [number]).get(number, ()))
    compared = {one: dedup.unpack(stored.packed) for one, stored in own.items()}
    keys = {one: dedup.keys(citation) for one, citation in compared.items()}
    by_key = citations.found_by(db, {key for some in keys.values() for key in some})
    others = citations.read(db, {one for some in by_key.values() for one in some}.difference(own))
    pairs = []
    for one, some in keys.items():
        for other in sorted({n for key in some for n in by_key.get(key, ()) if n in others}):
            decision = dedup.decide(compared[one], dedup.unpack(others[other].packed))
            if decision.verdict == "different":
                pairs.append((one, other, decision))
    return _pairs(db, pairs)


def _pairs(db: Connection, found: Sequence[tuple[int, int, dedup.Decision]]) -> list[Pair]:
    others = {other for _, other, _ in found}
    stored = citations.read(db, others)
    titles = {one: record.title for one, record in citations.bodies(db, others).items()}
    return [
        Pair(
            one,
            other,
            stored[other].record_id,
            decision.verdict,
            decision.rule,
            decision.fields,
            decision.strength,
            titles[other],
        )
        for one, other, decision in sorted(found, key=lambda pair: pair[:2])
    ]


def rulings(db: Connection, number: int) -> list[Ruled]:
    """What was decided by hand, or by a source, about the citations of a record."""
    table = tables.rulings.c
    own = citations.of_records(db, [number]).get(number, [])
    rows = db.execute(
        sa.select(table.at, table.citation_id, table.other_id, table.verdict, table.reason)
        .where(sa.or_(table.citation_id.in_(own), table.other_id.in_(own)))
        .order_by(table.id)
    )
    return [Ruled(*row) for row in rows]


def _matches(db: Connection, number: int) -> list[Match]:
    table = tables.matches.c
    rows = db.execute(
        sa.select(table.query, table.answer, table.kind, table.source, table.matched_at)
        .where(table.record_id == number)
        .order_by(table.matched_at, table.query)
    )
    return [Match(*row) for row in rows]


def _told(db: Connection, number: int) -> list[Told]:
    told, digests, subscriptions = tables.told.c, tables.digests.c, tables.subscriptions.c
    rows = db.execute(
        sa.select(
            told.subscription_id,
            subscriptions.channel,
            told.digest_id,
            digests.composed_at,
            told.answer,
            told.confirmed_in,
        )
        .join_from(tables.told, tables.digests, digests.id == told.digest_id)
        .join(tables.subscriptions, subscriptions.id == told.subscription_id)
        .where(told.record_id == number)
        .order_by(digests.composed_at, told.subscription_id)
    )
    return [Told(*row) for row in rows]


def _parts(db: Connection, number: int) -> list[Part]:
    shown, outbox = tables.shown.c, tables.outbox.c
    rows = db.execute(
        sa.select(outbox.key, outbox.subscription_id, outbox.state, outbox.sent_at)
        .join_from(tables.shown, tables.outbox, outbox.key == shown.part)
        .where(shown.record_id == number)
        .order_by(outbox.id)
    )
    return [Part(*row) for row in rows]


def _told_notices(db: Connection, numbers: Iterable[int]) -> list[ToldNotice]:
    table = tables.told_notices.c
    rows = db.execute(
        sa.select(table.notice_id, table.subscription_id, table.part, table.told_at)
        .where(table.notice_id.in_(list(numbers)))
        .order_by(table.told_at, table.notice_id, table.subscription_id)
    )
    return [ToldNotice(*row) for row in rows]
