"""Digests, and who was told of which record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.model import Answer, MatchKind, Subscription
from bot.store.database import add, add_one
from bot.store.schema import digests, matches, told

CHUNK = 500  # values in one IN list


class Untold(NamedTuple):
    """A match that a subscription has not been told of (or only as a possible one)."""

    record_id: int
    query: str
    answer: Answer
    kind: MatchKind
    matched_at: datetime
    told_as_possible: bool


def untold(db: Connection, subscription: Subscription, now: datetime) -> list[Untold]:
    """What the next digest holds: matched since the subscription began, and not yet told to it.

    An unknown match is told when the record's title meets a concept of the query; one that was
    told as unknown is told once more when it has become a real one.
    """
    began = sa.or_(
        *(
            sa.and_(matches.c.query == query, matches.c.matched_at >= since)
            for query, since in subscription.queries.items()
        ),
        sa.false(),
    )
    was_told = sa.and_(
        told.c.record_id == matches.c.record_id, told.c.subscription_id == subscription.id
    )
    rows = db.execute(
        sa.select(
            matches.c.record_id,
            matches.c.query,
            matches.c.answer,
            matches.c.kind,
            matches.c.matched_at,
            told.c.record_id.is_not(None).label("told_as_possible"),
        )
        .outerjoin_from(matches, told, was_told)
        .where(
            began,
            matches.c.matched_at <= now,
            matches.c.kind != "baseline",
            sa.or_(
                matches.c.answer == "yes",
                sa.and_(matches.c.answer == "unknown", matches.c.concepts_met > 0),
            ),
            sa.or_(
                told.c.record_id.is_(None),
                sa.and_(
                    told.c.answer == "unknown",
                    told.c.confirmed_in.is_(None),
                    matches.c.answer == "yes",
                ),
            ),
        )
        .order_by(matches.c.record_id, matches.c.query)
    )
    return [Untold(*row) for row in rows]


def previous(db: Connection, subscription: int) -> datetime | None:
    """When the subscription's last digest was composed."""
    last: datetime | None = db.execute(
        sa.select(sa.func.max(digests.c.composed_at)).where(
            digests.c.subscription_id == subscription
        )
    ).scalar_one()
    return last


def save(
    db: Connection,
    subscription: int,
    due_at: datetime,
    searched_through: str,
    records: int,
    now: datetime,
) -> int | None:
    """The number of a new digest; None when this due time has its digest already."""
    row = {
        "subscription_id": subscription,
        "due_at": due_at,
        "composed_at": now,
        "searched_through": searched_through,
        "records": records,
    }
    if not add_one(db, digests, row):
        return None
    number: int = db.execute(
        sa.select(digests.c.id).where(
            digests.c.subscription_id == subscription, digests.c.due_at == due_at
        )
    ).scalar_one()
    return number


def tell(
    db: Connection,
    subscription: int,
    digest: int,
    answers: Mapping[int, str],
    confirmed: Sequence[int],
) -> None:
    """Remember what a digest tells: record -> yes or unknown, and what it confirms."""
    rows = [
        {"subscription_id": subscription, "record_id": n, "digest_id": digest, "answer": answer}
        for n, answer in answers.items()
        if n not in confirmed
    ]
    if rows:
        db.execute(sa.insert(told), rows)
    for number in confirmed:
        db.execute(
            sa.update(told)
            .where(told.c.subscription_id == subscription, told.c.record_id == number)
            .values(confirmed_in=digest)
        )


def tell_along(db: Connection, subscription: int, brought: Mapping[int, int]) -> None:
    """Remember that records are told outside a digest, with one that was: record -> digest."""
    rows = [
        {"subscription_id": subscription, "record_id": n, "digest_id": digest, "answer": "yes"}
        for n, digest in brought.items()
    ]
    add(db, told, rows)


def told_at(db: Connection, subscription: int, records: Iterable[int]) -> dict[int, datetime]:
    """Which of these records a subscription was told of, and when."""
    numbers, found = sorted(set(records)), dict[int, datetime]()
    for start in range(0, len(numbers), CHUNK):
        rows = db.execute(
            sa.select(told.c.record_id, digests.c.composed_at)
            .join(digests, digests.c.id == told.c.digest_id)
            .where(
                told.c.subscription_id == subscription,
                told.c.record_id.in_(numbers[start : start + CHUNK]),
            )
        )
        found.update((row.record_id, row.composed_at) for row in rows)
    return found
