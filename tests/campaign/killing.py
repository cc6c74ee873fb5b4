"""Run litbot in a child process that is killed at a chosen moment.

The children come from a fork server that has imported everything, so that one costs milliseconds.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa
from sqlalchemy import event
from world import World

from bot import pipeline, wiring
from bot.channels.slack import Slack
from bot.config import Settings
from bot.sandbox import Sandbox
from bot.store import Engine
from bot.store.database import connect

#: Of the n-th writing transaction: before its commit, between its statements, after its commit.
Moment = Literal["before", "inside", "after"]

children = multiprocessing.get_context("forkserver")
children.set_forkserver_preload(["bot.wiring", "bot.sandbox", "psycopg"])

SECONDS = 60  # more than any child needs


class Kill(NamedTuple):
    """When the child is to die."""

    moment: Moment
    number: int


class Snapshot:
    """A world's database as it is now; everything can be set back to it."""

    def __init__(self, world: World) -> None:
        self.world = world
        world.engine.dispose()
        url = sa.make_url(world.database_url)
        if url.get_backend_name() == "sqlite":
            database = Path(url.database or "")
            engine = connect(world.database_url)
            with engine.connect() as db:
                db.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            engine.dispose()
            shutil.copy(database, f"{database}.saved")
        else:
            self._administer(f"CREATE DATABASE {url.database}_saved TEMPLATE {url.database}")

    def set_back(self) -> None:
        """The database as it was when this was made."""
        url = sa.make_url(self.world.database_url)
        self.world.engine.dispose()
        if url.get_backend_name() == "sqlite":
            for left in ("-wal", "-shm"):
                Path(f"{url.database}{left}").unlink(missing_ok=True)
            shutil.copy(f"{url.database}.saved", url.database or "")
        else:
            self._administer(
                f"DROP DATABASE {url.database} WITH (FORCE)",
                f"CREATE DATABASE {url.database} TEMPLATE {url.database}_saved",
            )

    def close(self) -> None:
        url = sa.make_url(self.world.database_url)
        if url.get_backend_name() != "sqlite":
            self._administer(f"DROP DATABASE {url.database}_saved WITH (FORCE)")

    def _administer(self, *statements: str) -> None:
        url = sa.make_url(self.world.database_url).set(database="postgres")
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as db:
            for statement in statements:
                db.exec_driver_sql(statement)
        engine.dispose()


def start(
    settings: Settings, now: datetime, kill: Kill | None = None, *, polls: bool = True
) -> Any:
    """Start one cycle in a child process, or only the part of it that tells readers."""
    child = children.Process(target=_cycle, args=(settings, now, kill, polls))
    child.start()
    return child


def finish(child: Any) -> bool:
    """Wait for a child; True when it ended by itself and well, False when it was killed."""
    child.join(SECONDS)
    if child.is_alive():
        child.kill()
        raise AssertionError(f"the child still runs after {SECONDS} s")
    if child.exitcode == -signal.SIGKILL:
        return False
    assert child.exitcode == 0, f"the child ended with {child.exitcode}"
    return True


def _cycle(settings: Settings, now: datetime, kill: Kill | None, polls: bool) -> None:
    engine = connect(settings.database_url)
    if kill is not None:
        _arm(engine, kill)
    with wiring.bot(settings, engine=engine, http=Sandbox.http(settings)) as bot:
        slack = bot.channels["slack"]
        assert isinstance(slack, Slack)
        slack.pause = lambda _: None
        if polls:
            pipeline.cycle(bot, now)
        else:
            pipeline.compose(bot, now)
            pipeline.deliver(bot, now)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _arm(engine: Engine, kill: Kill) -> None:
    """Die at that moment of the n-th transaction that writes."""
    writes = 0

    @event.listens_for(engine, "begin")
    def count(db: sa.Connection) -> None:
        nonlocal writes
        writes += bool(db.get_execution_options().get("writes"))

    @event.listens_for(engine, "after_cursor_execute")
    def inside(db: sa.Connection, *statement: object) -> None:
        writing = db.get_execution_options().get("writes")
        begun = not str(statement[1]).startswith("BEGIN")
        if kill.moment == "inside" and writing and begun and writes == kill.number:
            _die()

    commit: Any = engine.dialect.do_commit

    def do_commit(connection: Any) -> None:
        if kill.moment == "before" and writes == kill.number:
            _die()
        commit(connection)
        if kill.moment == "after" and writes == kill.number:
            _die()

    engine.dialect.do_commit = do_commit  # type: ignore[method-assign]  # the moment itself
