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
from bot.store.schema import bodies, outbox, shown
from bot.store.watermarks import free, me

#: A part in the hands of another host's process is given up after this; the longest send is a
#: connection's and a message's time-outs and three waits for a rate limit.
CLAIM_HELD = timedelta(minutes=15)
MOST_ATTEMPTS = 14  # with the pauses of `back_off`, about two days
#: How the keys of notices begin: they must reach their readers, in the thread or out of it.
NOTICE = "notice-"
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
    replaces: str = ""
    shows: Collection[int] = ()  #: The records that it shows.


class Posted(NamedTuple):
    """A part that shows records, or is to show them, as it was written first."""

    key: str
    thread: str  #: The key of the first part of its thread.
    target: str
    body: Mapping[str, str]
    shows: tuple[int, ...]


class Claimed(NamedTuple):
    """A part that this process has taken, and what happened to it before."""

    id: int
    key: str
    channel: ChannelName
    target: str
    body: Mapping[str, str]
    values: Mapping[str, str]
    reply_to: str  #: The receipt of the part that it answers.
    replaces: str  #: The receipt of the part that it corrects.
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
            **{name: value for name, value in part._asdict().items() if name != "shows"},
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
        if add_one(db, outbox, values):
            added += 1
            add(db, shown, [{"part": part.key, "record_id": number} for number in part.shows])
    return added


def showing(db: Connection, subscription: int, records: Collection[int]) -> list[Posted]:
    """The Slack parts of a subscription that show any of these records, oldest first."""
    mine = sa.select(shown.c.part).where(shown.c.record_id.in_(sorted(records)))
    rows = db.execute(
        sa.select(outbox.c.key, outbox.c.reply_to, outbox.c.target, bodies.c.content)
        .join(bodies, bodies.c.hash == outbox.c.body)
        .where(
            outbox.c.key.in_(mine),
            outbox.c.subscription_id == subscription,
            outbox.c.channel == "slack",
            outbox.c.state != "cancelled",
        )
        .order_by(outbox.c.id)
    ).all()
    shows: dict[str, tuple[int, ...]] = {}
    for key, number in db.execute(
        sa.select(shown.c.part, shown.c.record_id)
        .where(shown.c.part.in_([row.key for row in rows]))
        .order_by(shown.c.part, shown.c.record_id)
    ):
        shows[key] = (*shows.get(key, ()), number)
    return [
        Posted(row.key, row.reply_to or row.key, row.target, row.content, shows[row.key])
        for row in rows
    ]


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
    later = outbox.alias("later")
    db.execute(  # a correction says all that the ones before it say
        sa.update(outbox)
        .where(
            outbox.c.replaces != "",
            outbox.c.state.in_(("pending", "unknown", "failed")),
            sa.exists().where(
                later.c.replaces != "",
                later.c.replaces == outbox.c.replaces,
                later.c.id > outbox.c.id,
            ),
        )
        .values(state="cancelled", problem="a later correction was written")
    )
    return released


def claim(db: Connection, now: datetime, *, without: Collection[str] = ()) -> Claimed | None:
    """Take the next part that is due, for this process alone; None when there is none.

    A part that answers or corrects another waits until that one has its receipt; but a notice goes
    on its own where the message that it answers was not sent.  A correction is left out when there
    is a later one.  `without` names channels that are not to be used in this run.
    """
    parent, original, later = (outbox.alias(n) for n in ("parent", "original", "later"))
    alone = sa.or_(parent.c.id.is_(None), parent.c.state.in_(("failed", "cancelled")))
    ready = sa.and_(
        sa.or_(
            outbox.c.reply_to == "",
            parent.c.state == "sent",
            sa.and_(outbox.c.key.startswith(NOTICE, autoescape=True), alone),
        ),
        sa.or_(
            outbox.c.replaces == "",
            sa.and_(
                original.c.state == "sent",
                ~sa.exists().where(
                    later.c.replaces != "",  # as the index says it
                    later.c.replaces == outbox.c.replaces,
                    later.c.id > outbox.c.id,
                ),
            ),
        ),
    )
    while True:
        row = db.execute(
            sa.select(
                outbox,
                bodies.c.content,
                sa.func.coalesce(parent.c.receipt, "").label("answers"),
                sa.func.coalesce(original.c.receipt, "").label("corrects"),
            )
            .join(bodies, bodies.c.hash == outbox.c.body)
            .outerjoin(parent, parent.c.key == outbox.c.reply_to)
            .outerjoin(original, original.c.key == outbox.c.replaces)
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
                replaces=row.corrects,
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


def alone(db: Connection, part: Claimed, now: datetime) -> None:
    """The message that this notice answers is gone: it is posted on its own."""
    _settle(db, part, state="pending", reply_to="", not_before=now, attempts=part.attempts - 1)


def dropped(db: Connection, part: Claimed, problem: str) -> None:
    """A correction cannot be made; its notice has been said all the same."""
    _settle(db, part, state="cancelled", problem=problem)


def failed(db: Connection, part: Claimed, problem: str) -> None:
    """Trying again unchanged cannot help; so for the parts that answer this one, save notices."""
    _settle(db, part, state="failed", problem=problem)
    db.execute(
        sa.update(outbox)
        .where(
            outbox.c.reply_to == part.key,
            outbox.c.state == "pending",
            ~outbox.c.key.startswith(NOTICE, autoescape=True),
        )
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
