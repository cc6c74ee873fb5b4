"""How far each source has been read, what it still owes, how its runs went, and who is at work."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from bot.model import Watermark
from bot.store.database import add, add_one, writing
from bot.store.schema import leases, owed, runs, source_states, watermarks

#: ARCHITECTURE: an id that does not come is asked for again at every poll for 30 days.
OWED_FOR = timedelta(days=30)

_NONCE = secrets.token_hex(4)


def me() -> str:
    """Who this process is, after a fork too.

    The middle part tells on this host whether a holder still lives; the last one tells a restarted
    container's first process from the one before it.
    """
    return f"{_host()}:{os.getpid()}:{_NONCE}"


def _host() -> str:
    """This host and, where the system tells them apart, this container with its own numbers."""
    try:
        namespace = Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        namespace = 0
    return f"{socket.gethostname()}/{namespace}"


class State(NamedTuple):
    """How a source is doing for one task."""

    source: str
    task: str
    state: str  #: ok, failing or muted
    since: datetime
    failures: int
    problem: str
    retry_at: datetime | None
    address: str
    complete_at: datetime | None
    new_at: datetime | None
    coverage: str
    coverage_at: datetime | None


class Run(NamedTuple):
    """One poll of one task: reported = known + new + merged + owed + quarantined."""

    source: str
    task: str
    kind: str
    started_at: datetime
    reported: int = 0
    known: int = 0
    new: int = 0
    merged: int = 0
    owed: int = 0
    quarantined: int = 0
    matched: int = 0
    problem: str = ""
    warnings: Sequence[str] = ()
    translation: str = ""

    @property
    def adds_up(self) -> bool:
        """Is every record that the source reported accounted for?"""
        parts = self.known + self.new + self.merged + self.owed + self.quarantined
        return self.reported == parts


def cursor(db: Connection, source: str, task: str) -> Mapping[str, str]:
    """How far the source has been read for the task; empty at the first run."""
    row = db.execute(
        sa.select(watermarks.c.cursor).where(
            watermarks.c.source == source, watermarks.c.task == task
        )
    ).first()
    return dict(row.cursor) if row else {}


def move(db: Connection, mark: Watermark) -> None:
    """Remember how far one source has been read for one task."""
    row = {"source": mark.source, "task": mark.task}
    values = {**row, "cursor": dict(mark.cursor), "moved_at": mark.moved_at}
    add(db, watermarks, [values], replace=True)


def forget(db: Connection, source: str, task: str) -> None:
    """Read the task from its beginning at the next poll."""
    db.execute(
        sa.delete(watermarks).where(watermarks.c.source == source, watermarks.c.task == task)
    )


def owes(db: Connection, source: str, task: str, *, given_up: bool = False) -> tuple[str, ...]:
    """The keys that the source listed and has not given yet; also those given up, if wanted."""
    statement = (
        sa.select(owed.c.key)
        .where(owed.c.source == source, owed.c.task == task)
        .order_by(owed.c.key)
    )
    if not given_up:
        statement = statement.where(owed.c.given_up_at.is_(None))
    return tuple(row.key for row in db.execute(statement))


def owe(
    db: Connection, source: str, task: str, keys: Sequence[str], came: Sequence[str], now: datetime
) -> None:
    """Remember what did not come, forget what came, give up what has not come for 30 days."""
    rows = [{"source": source, "task": task, "key": key, "since": now} for key in keys]
    add(db, owed, rows)
    ours = sa.and_(owed.c.source == source, owed.c.task == task)
    for key in came:
        db.execute(sa.delete(owed).where(ours, owed.c.key == key))
    db.execute(
        sa.update(owed)
        .where(ours, owed.c.given_up_at.is_(None), owed.c.since < now - OWED_FOR)
        .values(given_up_at=now)
    )


def record_run(db: Connection, run: Run) -> None:
    """Keep the counts of one poll."""
    db.execute(sa.insert(runs), {**run._asdict(), "warnings": list(run.warnings)})


def state(db: Connection, source: str, task: str) -> State | None:
    """How the source is doing for the task; None before the first poll."""
    columns = [source_states.c[name] for name in State._fields]
    row = db.execute(
        sa.select(*columns).where(source_states.c.source == source, source_states.c.task == task)
    ).first()
    return State(*row) if row else None


def states(db: Connection, source: str | None = None) -> list[State]:
    """How every source is doing."""
    columns = [source_states.c[name] for name in State._fields]
    statement = sa.select(*columns).order_by(source_states.c.source, source_states.c.task)
    if source:
        statement = statement.where(source_states.c.source == source)
    return [State(*row) for row in db.execute(statement)]


def set_state(db: Connection, new: State) -> None:
    """Remember how a source is doing."""
    add(db, source_states, [new._asdict()], replace=True)


def alive(holder: str) -> bool | None:
    """Is the process that wrote this name still at work?  None: it runs where we cannot look."""
    host, pid, _ = holder.rsplit(":", 2)
    if host != _host():
        return None
    if int(pid) == os.getpid():
        return holder == me()
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def free(holder: str, until: datetime) -> bool:
    """May what this holder holds be taken?  From the dead at once, from afar when time is up.

    By the real clock: a replay's would make a living process's hold look old.
    """
    living = alive(holder)
    return not living if living is not None else until <= datetime.now(UTC)


@contextmanager
def lease(engine: Engine, task: str, length: timedelta) -> Iterator[bool]:
    """Hold a task for a while; yields False when another process is at it.

    The lease of a dead process is taken over, and so is one from another host after `length`.  A
    rehearsal holds none: it changes nothing, and nobody shall wait for it.
    """
    if engine.get_execution_options().get("rehearsal"):
        yield True
        return
    now = datetime.now(UTC)
    with writing(engine) as db:
        held = db.execute(sa.select(leases).where(leases.c.task == task)).first()
        row: dict[str, Any] = {"task": task, "holder": me(), "until": now + length}
        if held is None:
            mine = add_one(db, leases, row)
        elif free(held.holder, held.until):
            taken = db.execute(
                sa.update(leases)
                .where(leases.c.task == task, leases.c.holder == held.holder)
                .values(holder=me(), until=now + length)
            )
            mine = taken.rowcount == 1
        else:
            mine = False
    try:
        yield mine
    finally:
        if mine:
            with writing(engine) as db:
                db.execute(sa.delete(leases).where(leases.c.task == task, leases.c.holder == me()))


def totals(db: Connection) -> list[Any]:
    """Per source and task: how often it was polled, and the sums of its counts."""
    sums = [
        sa.func.sum(runs.c[name]).label(name)
        for name in ("reported", "known", "new", "merged", "quarantined", "matched")
    ]
    rows = db.execute(
        sa.select(
            runs.c.source,
            runs.c.task,
            sa.func.count().label("polls"),
            sa.func.max(runs.c.started_at).label("last"),
            *sums,
        )
        .where(runs.c.kind == "poll")
        .group_by(runs.c.source, runs.c.task)
        .order_by(runs.c.source, runs.c.task)
    )
    return list(rows)


def due_sources(db: Connection, names: Iterable[str], now: datetime) -> set[str]:
    """Of these tasks of feeds, those that may be asked now: neither muted nor told to wait."""
    waiting = {
        one.task
        for one in states(db, "feed")
        if one.state == "muted" or (one.retry_at is not None and one.retry_at > now)
    }
    return set(names) - waiting
