"""What happened to studies, and which subscription was told of it.

One row for each event and study.  The same event is often said twice, and first without the PMID
of the notice (by the study's publication type, by a feed); it stays one, and gains what it lacked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.model import Basis, Notice, NoticeKind
from bot.store.database import add
from bot.store.schema import digests, notices, subscriptions, told, told_notices

#: By email these do not wait for the next digest.
URGENT: Final[frozenset[NoticeKind]] = frozenset({"retraction", "concern", "withdrawal"})
#: A study has one of these, whoever says so, until it is undone: the identity alone tells.
_ONCE: Final[frozenset[NoticeKind]] = frozenset(
    {"retraction", "withdrawal", "reinstatement", "publication"}
)
_SURER: Final[Sequence[Basis]] = ("title", "feed", "pubmed")  # the last one knows best
_PAST: Final = "past"  # begins the identity of an event that came to its end
_MARKS = re.compile(r"[\W_]+")
CHUNK = 500  # values in one IN list


class Noted(NamedTuple):
    """An event as the store holds it."""

    id: int
    notice: Notice


class Untold(NamedTuple):
    """An event that a subscription is to be told, and when it was told of the study."""

    id: int
    notice: Notice
    told_at: datetime  #: When the digest or the notice was written that told of the study.
    digest_id: int  #: That digest.


def note(db: Connection, notice: Notice, now: datetime) -> bool:
    """Remember an event; True when it is a new one."""
    rows = db.execute(
        sa.select(notices)
        .where(notices.c.record_id == notice.record_id, notices.c.kind == notice.kind)
        .order_by(notices.c.id)
    ).all()
    same = [row for row in rows if _same(_notice(row), notice)]
    if not same:
        db.execute(sa.insert(notices), _values(notice) | {"noted_at": now})
        return True
    whole = notice
    for row in reversed(same):
        whole = _filled(_notice(row), whole)
    for row in same[1:]:  # two that only this one shows to be the same
        _absorb(db, row.id, same[0].id)
    if whole != _notice(same[0]):
        db.execute(sa.update(notices).where(notices.c.id == same[0].id).values(**_values(whole)))
    return False


def close(db: Connection, record: int) -> None:
    """A retraction was taken back: what is said of the study from now on is another event.

    The retraction goes into the past, and so does a return that was before it.
    """
    rows = db.execute(
        sa.select(notices)
        .where(
            notices.c.record_id == record,
            notices.c.kind.in_(("retraction", "reinstatement")),
            notices.c.identity.not_like(f"{_PAST}%"),
        )
        .order_by(notices.c.noted_at, notices.c.id)
    ).all()
    last = max((n for n, row in enumerate(rows) if row.kind == "retraction"), default=-1)
    for row in rows[: last + 1]:
        db.execute(
            sa.update(notices)
            .where(notices.c.id == row.id)
            .values(identity=f"{_PAST} {row.id} {row.identity}".strip())
        )


def take_back(db: Connection, record: int, other: int) -> None:
    """Forget what only titles suggested of these two, as far as nobody was told."""
    was_told = sa.exists().where(told_notices.c.notice_id == notices.c.id)
    db.execute(
        sa.delete(notices).where(
            notices.c.record_id == record,
            notices.c.other_id == other,
            notices.c.basis == "title",
            ~was_told,
        )
    )


def move(db: Connection, record: int, into: int) -> None:
    """Two records have become one: what happened to one or by one is the other's from now on."""
    theirs = db.execute(
        sa.select(notices).where(notices.c.record_id == into).order_by(notices.c.id)
    ).all()
    for row in db.execute(
        sa.select(notices).where(notices.c.record_id == record).order_by(notices.c.id)
    ).all():
        own = _notice(row)
        same = next((r for r in theirs if r.kind == row.kind and _same(_notice(r), own)), None)
        if same is None:
            moved = sa.update(notices).where(notices.c.id == row.id).values(record_id=into)
            db.execute(moved)
        else:
            _absorb(db, row.id, same.id)
            whole = _filled(_notice(same), own)
            kept = _values(whole) | {"record_id": into}
            db.execute(sa.update(notices).where(notices.c.id == same.id).values(**kept))
    db.execute(sa.update(notices).where(notices.c.other_id == record).values(other_id=into))


def of(db: Connection, records: Iterable[int]) -> dict[int, tuple[Noted, ...]]:
    """What happened to these studies, oldest first."""
    return _found(db, notices.c.record_id, records)


def by(db: Connection, records: Iterable[int]) -> dict[int, tuple[Noted, ...]]:
    """What these records (notices, articles) made happen to other studies."""
    return _found(db, notices.c.other_id, records)


def untold(db: Connection, subscription: int, now: datetime) -> list[Untold]:
    """What happened to the studies that a subscription was told of, and it was not told yet."""
    known = sa.and_(
        told_notices.c.notice_id == notices.c.id,
        told_notices.c.subscription_id == subscription,
    )
    told_at = sa.func.coalesce(_told_by_notice(subscription), digests.c.composed_at)
    rows = db.execute(
        sa.select(notices, told_at.label("told_at"), told.c.digest_id)
        .join(told, told.c.record_id == notices.c.record_id)
        .join(digests, digests.c.id == told.c.digest_id)
        .where(
            told.c.subscription_id == subscription,
            notices.c.noted_at <= now,
            ~sa.exists().where(known),
        )
        .order_by(notices.c.noted_at, notices.c.id)
    )
    return [Untold(row.id, _notice(row), row.told_at, row.digest_id) for row in rows]


def _told_by_notice(subscription: int) -> sa.ScalarSelect[datetime | None]:
    """When a study was told that came by a notice: such a one has the digest of its preprint."""
    brought, first = notices.alias("brought"), told.alias("first")
    said = told_notices.alias("said")
    return (
        sa.select(sa.func.min(said.c.told_at))
        .join(brought, brought.c.id == said.c.notice_id)
        .join(first, first.c.record_id == brought.c.record_id)
        .where(
            brought.c.other_id == told.c.record_id,
            said.c.part != "",
            said.c.subscription_id == subscription,
            first.c.subscription_id == subscription,
            first.c.digest_id == told.c.digest_id,
        )
        .correlate(told)
        .scalar_subquery()
    )


def waiting(db: Connection, now: datetime) -> list[int]:
    """The active subscriptions that are to be told at once: of all on Slack, by email of the
    urgent ones."""
    known = sa.and_(
        told_notices.c.notice_id == notices.c.id,
        told_notices.c.subscription_id == told.c.subscription_id,
    )
    rows = db.execute(
        sa.select(subscriptions.c.id)
        .distinct()
        .join_from(notices, told, told.c.record_id == notices.c.record_id)
        .join(subscriptions, subscriptions.c.id == told.c.subscription_id)
        .where(
            subscriptions.c.active,
            notices.c.noted_at <= now,
            sa.or_(subscriptions.c.channel == "slack", notices.c.kind.in_(sorted(URGENT))),
            ~sa.exists().where(known),
        )
        .order_by(subscriptions.c.id)
    )
    return list(rows.scalars())


def tell(db: Connection, subscription: int, parts: Mapping[int, str], now: datetime) -> None:
    """Remember that a subscription is told: notice -> the part that says it; "": the digest does,
    with the study."""
    rows = [
        {"notice_id": number, "subscription_id": subscription, "part": part, "told_at": now}
        for number, part in parts.items()
    ]
    add(db, told_notices, rows)


def told_since(
    db: Connection, subscription: int, records: Iterable[int]
) -> dict[int, tuple[Noted, ...]]:
    """What a subscription was told of these studies after it was told of the studies themselves."""
    after = sa.select(told_notices.c.notice_id).where(
        told_notices.c.subscription_id == subscription, told_notices.c.part != ""
    )
    return _found(db, notices.c.record_id, records, notices.c.id.in_(after))


def _found(
    db: Connection,
    column: sa.Column[Any],
    records: Iterable[int],
    condition: sa.ColumnElement[bool] | None = None,
) -> dict[int, tuple[Noted, ...]]:
    also = sa.true() if condition is None else condition
    numbers, found = sorted(set(records)), dict[int, tuple[Noted, ...]]()
    for start in range(0, len(numbers), CHUNK):
        rows = db.execute(
            sa.select(notices, column.label("record"))
            .where(column.in_(numbers[start : start + CHUNK]), also)
            .order_by(notices.c.noted_at, notices.c.id)
        )
        for row in rows:
            found[row.record] = (*found.get(row.record, ()), Noted(row.id, _notice(row)))
    return found


def _same(one: Notice, other: Notice) -> bool:
    """Are two events of one kind and one study the same?  What is past does not come again."""
    if one.identity.startswith(_PAST) != other.identity.startswith(_PAST):
        return False
    identified = ((one.pmid, other.pmid), (one.doi, other.doi), (one.other_id, other.other_id))
    if one.identity == other.identity or any(
        all(pair) and len({*pair}) == 1 for pair in identified
    ):
        return True
    if one.kind in _ONCE or any(map(all, identified)):
        return False
    if any(a.doi and a.doi in b.citation.casefold() for a, b in ((one, other), (other, one))):
        return True
    cited = (_MARKS.sub("", one.citation.casefold()), _MARKS.sub("", other.citation.casefold()))
    if all(cited) and cited[0] == cited[1]:
        return True
    if not _named(one) or not _named(other):
        return not all(cited)
    return bool(one.published and other.published) and (
        one.published.startswith(other.published) or other.published.startswith(one.published)
    )


def _named(notice: Notice) -> bool:
    return bool(notice.pmid or notice.doi or notice.other_id)


def _filled(known: Notice, seen: Notice) -> Notice:
    """The known event with what it lacks; a surer basis and a more exact date count."""
    surer = max(known.basis, seen.basis, key=_SURER.index)
    dates = (known.published, seen.published)
    exact = seen.published if seen.published.startswith(known.published) else known.published
    return Notice(
        record_id=known.record_id,
        kind=known.kind,
        identity=known.identity,
        other_id=known.other_id or seen.other_id,
        pmid=known.pmid or seen.pmid,
        doi=known.doi or seen.doi,
        citation=known.citation or seen.citation,
        published=exact if all(dates) else "".join(dates),
        basis=surer,
    )


def _absorb(db: Connection, gone: int, into: int) -> None:
    """Whoever was told of one event was told of the other."""
    rows = db.execute(sa.select(told_notices).where(told_notices.c.notice_id == gone)).mappings()
    add(db, told_notices, [dict(row) | {"notice_id": into} for row in rows])
    db.execute(sa.delete(told_notices).where(told_notices.c.notice_id == gone))
    db.execute(sa.delete(notices).where(notices.c.id == gone))


def _values(notice: Notice) -> dict[str, object]:
    return {name: getattr(notice, name) for name in notice.__slots__}


def _notice(row: Any) -> Notice:
    return Notice(
        record_id=row.record_id,
        kind=row.kind,
        identity=row.identity,
        other_id=row.other_id,
        pmid=row.pmid,
        doi=row.doi,
        citation=row.citation,
        published=row.published,
        basis=row.basis,
    )
