"""The outbox: one row for each message part to each target, written before anything is sent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.model import ChannelName
from bot.store.database import add, add_one
from bot.store.schema import bodies, outbox
from bot.store.watermarks import free, me

#: A part in the hands of another host's process is given up after this; the longest send is a
#: connection's and a message's time-outs and three waits for a rate limit.
CLAIM_HELD = timedelta(minutes=15)
MOST_ATTEMPTS = 14  # with the pauses of `back_off`, about two days
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=5), timedelta(hours=6)


class New(NamedTuple):
    """A part to be put into the outbox."""

    key: str
    digest_id: int | None
    subscription_id: int | None
    channel: ChannelName
    target: str
    body: Mapping[str, str]
    values: Mapping[str, str]
    reply_to: str = ""


class Claimed(NamedTuple):
    """A part that this process has taken, and what happened to it before."""

    id: int
    key: str
    channel: ChannelName
    target: str
    body: Mapping[str, str]
    values: Mapping[str, str]
    reply_to: str  #: The receipt of the part that it answers.
    attempts: int
    uncertain: bool  #: An earlier attempt may have arrived.
    since: datetime  #: When the part was written.


def body_hash(body: Mapping[str, str]) -> str:
    """A body's name: equal bodies are stored once."""
    text = json.dumps(body, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def put(db: Connection, parts: Sequence[New], now: datetime) -> int:
    """Add parts; those whose key is there already are left alone.  Returns how many were added."""
    added = 0
    for part in parts:
        name = body_hash(part.body)
        row = {"hash": name, "content": dict(part.body), "created_at": now}
        add(db, bodies, [row])
        values = {
            **part._asdict(),
            "body": name,
            "values": dict(part.values),
            "state": "pending",
            "attempts": 0,
            "not_before": now,
            "claimed_by": "",
            "receipt": "",
            "problem": "",
            "created_at": now,
        }
        added += add_one(db, outbox, values)
    return added


def back_off(attempts: int) -> timedelta:
    """How long to wait after so many attempts: 5, 10, 20 ... minutes, at most 6 hours."""
    doublings = min(max(0, attempts - 1), 10)
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)


def release(db: Connection, now: datetime) -> int:
    """Parts whose sender died become unknown: they may or may not have arrived."""
    rows = db.execute(
        sa.select(outbox.c.id, outbox.c.claimed_by, outbox.c.claimed_at).where(
            outbox.c.state == "sending"
        )
    ).all()
    released = 0
    for row in rows:
        if free(row.claimed_by, row.claimed_at + CLAIM_HELD):
            changed = db.execute(
                sa.update(outbox)
                .where(
                    outbox.c.id == row.id,
                    outbox.c.state == "sending",
                    outbox.c.claimed_by == row.claimed_by,
                )
                .values(state="unknown", not_before=now, problem="the sender was interrupted")
            )
            released += changed.rowcount
    return released


def claim(db: Connection, now: datetime, *, without: Collection[str] = ()) -> Claimed | None:
    """Take the next part that is due, for this process alone; None when there is none.

    A part that answers another waits until that one has its receipt.  `without` names channels
    that are not to be used in this run.
    """
    parent = outbox.alias("parent")
    ready = sa.or_(outbox.c.reply_to == "", parent.c.state == "sent")
    while True:
        row = db.execute(
            sa.select(
                outbox, bodies.c.content, sa.func.coalesce(parent.c.receipt, "").label("answers")
            )
            .join(bodies, bodies.c.hash == outbox.c.body)
            .outerjoin(parent, parent.c.key == outbox.c.reply_to)
            .where(
                outbox.c.state.in_(("pending", "unknown")),
                outbox.c.not_before <= now,
                outbox.c.channel.not_in(list(without)),
                ready,
            )
            .order_by(outbox.c.id)
            .limit(1)
        ).first()
        if row is None:
            return None
        taken = db.execute(
            sa.update(outbox)
            .where(
                outbox.c.id == row.id,
                outbox.c.state == row.state,
                outbox.c.attempts == row.attempts,
            )
            .values(
                state="sending",
                attempts=row.attempts + 1,
                claimed_by=me(),
                claimed_at=datetime.now(UTC),
            )
        )
        if taken.rowcount == 1:
            return Claimed(
                id=row.id,
                key=row.key,
                channel=row.channel,
                target=row.target,
                body=row.content,
                values=row.values,
                reply_to=row.answers,
                attempts=row.attempts + 1,
                uncertain=row.state == "unknown",
                since=row.created_at,
            )


def _settle(db: Connection, part: Claimed, **values: object) -> None:
    db.execute(
        sa.update(outbox)
        .where(outbox.c.id == part.id, outbox.c.state == "sending", outbox.c.claimed_by == me())
        .values(**values)
    )


def sent(db: Connection, part: Claimed, receipt: str, now: datetime) -> None:
    """The part has arrived."""
    _settle(db, part, state="sent", receipt=receipt, sent_at=now, problem="")


def later(
    db: Connection,
    part: Claimed,
    problem: str,
    not_before: datetime,
    *,
    unknown: bool,
    counts: bool = True,
) -> None:
    """The part is to be tried again; `unknown` when it may have arrived.

    An attempt that failed with the whole service does not count towards giving the part up.
    """
    state = "unknown" if unknown else "pending"
    attempts = part.attempts if counts else part.attempts - 1
    _settle(db, part, state=state, problem=problem, not_before=not_before, attempts=attempts)


def failed(db: Connection, part: Claimed, problem: str) -> None:
    """Trying again unchanged cannot help; so for the parts that answer this one."""
    _settle(db, part, state="failed", problem=problem)
    db.execute(
        sa.update(outbox)
        .where(outbox.c.reply_to == part.key, outbox.c.state == "pending")
        .values(state="failed", problem="the message that it answers was not sent")
    )


def retry(db: Connection, now: datetime) -> int:
    """Give every failed part a fresh start; returns how many there are."""
    changed = db.execute(
        sa.update(outbox)
        .where(outbox.c.state == "failed")
        .values(state="pending", attempts=0, not_before=now, problem="")
    )
    return changed.rowcount


def cancel(db: Connection, subscription: int) -> int:
    """Drop what is not yet sent to a subscription that has ended."""
    changed = db.execute(
        sa.update(outbox)
        .where(
            outbox.c.subscription_id == subscription,
            outbox.c.state.in_(("pending", "unknown", "failed")),
        )
        .values(state="cancelled", problem="the subscription ended")
    )
    return changed.rowcount


def waiting(db: Connection) -> list[tuple[str, str, int, str]]:
    """What is in the outbox: channel, state, how many, and one problem."""
    rows = db.execute(
        sa.select(outbox.c.channel, outbox.c.state, sa.func.count(), sa.func.max(outbox.c.problem))
        .group_by(outbox.c.channel, outbox.c.state)
        .order_by(outbox.c.channel, outbox.c.state)
    )
    return [(channel, state, count, problem) for channel, state, count, problem in rows]


def due(db: Connection, now: datetime) -> list[tuple[str, str]]:
    """The parts that a delivery would send now: key and channel."""
    rows = db.execute(
        sa.select(outbox.c.key, outbox.c.channel)
        .where(outbox.c.state.in_(("pending", "unknown")), outbox.c.not_before <= now)
        .order_by(outbox.c.id)
    )
    return [(key, channel) for key, channel in rows]
