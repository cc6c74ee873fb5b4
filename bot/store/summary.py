"""What the store holds and what waits: read for `status` and `/healthz`, changed nowhere."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.store.schema import matches, outbox, owed, quarantine, queries, records, runs
from bot.store.schema import source_states as states
from bot.store.watermarks import Run


class Counts(NamedTuple):
    """The sums of all runs of one kind: reported = known + new + merged + owed + quarantined."""

    source: str
    task: str
    kind: str
    runs: int
    incomplete: int  #: Runs with a problem: what they did not count is asked for again.
    uneven: int  #: Complete runs whose sum does not add up; anything but 0 is a loss.
    reported: int
    known: int
    new: int
    merged: int
    owed: int
    quarantined: int
    matched: int
    last: datetime

    @property
    def missing(self) -> int:
        """Reported in runs that were not complete, and not counted there."""
        parts = self.known + self.new + self.merged + self.owed + self.quarantined
        return self.reported - parts


class Unreadable(NamedTuple):
    """A record that could not be read."""

    source: str
    task: str
    key: str
    reason: str
    since: datetime


class Owed(NamedTuple):
    """A record that a source has listed and not given."""

    source: str
    task: str
    key: str
    since: datetime
    given_up_at: datetime | None


class Stuck(NamedTuple):
    """A message part that has not arrived, and why."""

    key: str
    channel: str
    state: str
    attempts: int
    problem: str
    not_before: datetime


def counts(db: Connection) -> list[Counts]:
    """What all runs have counted, for each source, task and kind."""
    parts = runs.c.known + runs.c.new + runs.c.merged + runs.c.owed + runs.c.quarantined
    complete = runs.c.problem == ""
    sums = [
        sa.func.sum(runs.c[name])
        for name in ("reported", "known", "new", "merged", "owed", "quarantined", "matched")
    ]
    rows = db.execute(
        sa.select(
            runs.c.source,
            runs.c.task,
            runs.c.kind,
            sa.func.count(),
            sa.func.sum(sa.case((complete, 0), else_=1)),
            sa.func.sum(sa.case((sa.and_(complete, runs.c.reported != parts), 1), else_=0)),
            *sums,
            sa.func.max(runs.c.started_at),
        )
        .group_by(runs.c.source, runs.c.task, runs.c.kind)
        .order_by(runs.c.source, runs.c.task, runs.c.kind)
    )
    return [Counts(*row) for row in rows]


def last_polls(db: Connection) -> list[Run]:
    """The latest poll of each source and task."""
    latest = (
        sa.select(sa.func.max(runs.c.id))
        .where(runs.c.kind == "poll")
        .group_by(runs.c.source, runs.c.task)
    )
    columns = [runs.c[name] for name in Run._fields]
    rows = db.execute(
        sa.select(*columns).where(runs.c.id.in_(latest)).order_by(runs.c.source, runs.c.task)
    )
    return [Run(*row) for row in rows]


def unreadable(db: Connection) -> list[Unreadable]:
    """Every record in quarantine, by name."""
    columns = [quarantine.c[name] for name in Unreadable._fields]
    rows = db.execute(
        sa.select(*columns).order_by(quarantine.c.source, quarantine.c.task, quarantine.c.key)
    )
    return [Unreadable(*row) for row in rows]


def still_owed(db: Connection) -> list[Owed]:
    """Every record that is owed, those included that are no longer asked for."""
    columns = [owed.c[name] for name in Owed._fields]
    rows = db.execute(sa.select(*columns).order_by(owed.c.source, owed.c.task, owed.c.key))
    return [Owed(*row) for row in rows]


def undecided(db: Connection) -> dict[str, int]:
    """How many records each active query has not decided on."""
    rows = db.execute(
        sa.select(queries.c.name, sa.func.count(matches.c.record_id))
        .outerjoin_from(
            queries,
            matches,
            sa.and_(
                matches.c.query == queries.c.name,
                matches.c.answer == "unknown",
                matches.c.kind != "baseline",
            ),
        )
        .where(queries.c.active)
        .group_by(queries.c.name)
        .order_by(queries.c.name)
    )
    return {name: count for name, count in rows}  # noqa: C416 - rows are not pairs for mypy


def stuck(db: Connection) -> list[Stuck]:
    """The parts that have failed, may have arrived, or wait after a problem."""
    columns = [outbox.c[name] for name in Stuck._fields]
    rows = db.execute(
        sa.select(*columns)
        .where(outbox.c.state.in_(("failed", "unknown", "pending")), outbox.c.problem != "")
        .order_by(outbox.c.id)
    )
    return [Stuck(*row) for row in rows]


def records_held(db: Connection) -> int:
    """How many different records the store holds."""
    held: int = db.execute(sa.select(sa.func.count()).select_from(records)).scalar_one()
    return held


def last_complete(db: Connection) -> datetime | None:
    """When the latest complete poll of any source began; None before the first."""
    last: datetime | None = db.execute(
        sa.select(sa.func.max(states.c.complete_at)).where(states.c.source.in_(("pubmed", "feed")))
    ).scalar_one()
    return last
