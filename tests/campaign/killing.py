"""Run litbot in a child process that is killed at a chosen moment.

The children come from a fork server that has imported everything, so that one costs milliseconds.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from datetime import datetime
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa
from sqlalchemy import event

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


def start(settings: Settings, now: datetime, kill: Kill | None = None) -> Any:
    """Start one cycle in a child process."""
    child = children.Process(target=_cycle, args=(settings, now, kill))
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


def _cycle(settings: Settings, now: datetime, kill: Kill | None) -> None:
    engine = connect(settings.database_url)
    if kill is not None:
        _arm(engine, kill)
    with wiring.bot(settings, engine=engine, http=Sandbox.http(settings)) as bot:
        slack = bot.channels["slack"]
        assert isinstance(slack, Slack)
        slack.pause = lambda _: None
        pipeline.cycle(bot, now)


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
