"""Who is told what, where and when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.model import Cadence, ChannelName, Subscription
from bot.store.schema import subscription_queries, subscriptions


def _rows(db: Connection, condition: sa.ColumnElement[bool]) -> list[Subscription]:
    since: dict[int, dict[str, datetime]] = {}
    chosen = sa.select(subscriptions.c.id).where(condition)
    for number, query, start in db.execute(
        sa.select(subscription_queries)
        .where(subscription_queries.c.subscription_id.in_(chosen))
        .order_by(subscription_queries.c.query)
    ):
        since.setdefault(number, {})[query] = start
    rows = db.execute(sa.select(subscriptions).where(condition).order_by(subscriptions.c.id))
    return [_subscription(row, since.get(row.id, {})) for row in rows]


def _subscription(row: Any, since: Mapping[str, datetime]) -> Subscription:
    return Subscription(
        id=row.id,
        channel=row.channel,
        target=row.target,
        queries=since,
        cadence=Cadence(**row.cadence),
        layout=row.layout,
        quiet=row.quiet,
        generation=row.generation,
        active=row.active,
        next_due=row.next_due,
        created_at=row.created_at,
    )


def create(
    db: Connection,
    *,
    channel: ChannelName,
    target: str,
    queries: Mapping[str, datetime],
    cadence: Cadence,
    layout: str,
    quiet: bool,
    next_due: datetime,
    now: datetime,
) -> int:
    """A new subscription's number; `queries` says since when each saved query is told."""
    number: int = db.execute(
        sa.insert(subscriptions).returning(subscriptions.c.id),
        {
            "channel": channel,
            "target": target,
            "cadence": asdict(cadence),
            "layout": layout,
            "quiet": quiet,
            "generation": 1,
            "active": True,
            "next_due": next_due,
            "created_at": now,
        },
    ).scalar_one()
    rows = [{"subscription_id": number, "query": q, "since": start} for q, start in queries.items()]
    db.execute(sa.insert(subscription_queries), rows)
    return number


def get(db: Connection, number: int) -> Subscription | None:
    """One subscription, active or not."""
    return next(iter(_rows(db, subscriptions.c.id == number)), None)


def hold(db: Connection, number: int) -> Subscription | None:
    """One subscription, for which nobody else writes or ends it until this transaction ends."""
    db.execute(  # SQLite has only one writer in any case
        sa.select(subscriptions.c.id).where(subscriptions.c.id == number).with_for_update()
    )
    return get(db, number)


def every(db: Connection, *, inactive: bool = False) -> list[Subscription]:
    """The active subscriptions, or all of them."""
    return _rows(db, sa.true() if inactive else subscriptions.c.active)


def due(db: Connection, now: datetime) -> list[Subscription]:
    """The active subscriptions whose digest is due."""
    return _rows(db, sa.and_(subscriptions.c.active, subscriptions.c.next_due <= now))


def postpone(db: Connection, number: int, *, was: datetime, next_due: datetime) -> bool:
    """Set when the next digest is due; False when somebody has moved it, or ended it."""
    changed = db.execute(
        sa.update(subscriptions)
        .where(
            subscriptions.c.id == number,
            subscriptions.c.active,
            subscriptions.c.next_due == was,
        )
        .values(next_due=next_due)
    )
    return changed.rowcount == 1


def end(db: Connection, number: int) -> bool:
    """Stop a subscription and revoke its links; False when it was ended before."""
    changed = db.execute(
        sa.update(subscriptions)
        .where(subscriptions.c.id == number, subscriptions.c.active)
        .values(active=False)
    )
    return changed.rowcount == 1


def to_targets(db: Connection, channel: ChannelName, target: str) -> Iterable[Subscription]:
    """The active subscriptions of one address or channel."""
    return _rows(
        db,
        sa.and_(
            subscriptions.c.active,
            subscriptions.c.channel == channel,
            subscriptions.c.target == target,
        ),
    )
