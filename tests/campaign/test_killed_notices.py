"""Killed while it tells what happened to a study, and run again: nobody misses it, nobody hears it
twice, and the message with the study carries its flag."""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from datetime import timedelta

import pytest
import sqlalchemy as sa
from killing import Kill, Moment, Snapshot, finish, start
from world import READER, START, World, study

from bot.model import Notice
from bot.store import notices, records
from bot.store.database import reading, writing
from bot.store.schema import told_notices

LATER = START + timedelta(days=1)
FIRST_PARTS = 2  # the digest in Slack and by mail


class Table:
    """One world in which a study was told on both channels, and has been retracted since."""

    def __init__(self, world: World) -> None:
        self.world = world
        world.journal_fed = False
        world.write_queries()
        world.publish(study(1))
        self.subscriptions = (world.subscribe("slack"), world.subscribe("email"))
        world.at(START)
        with writing(world.engine) as db:
            (number,) = records.by_pmid(db, [study(1).pmid]).values()
            notice = Notice(
                record_id=number, kind="retraction", identity="", pmid="90000777", basis="pubmed"
            )
            notices.note(db, notice, START)
        world.sandbox.advance(LATER)
        self.posted = deepcopy(world.sandbox.slack.messages)
        self.mailed = list(world.sandbox.mailbox.messages)
        self.snapshot = Snapshot(world)

    def set_back(self) -> None:
        self.snapshot.set_back()
        self.world.sandbox.slack.messages[:] = deepcopy(self.posted)
        self.world.sandbox.mailbox.messages[:] = self.mailed

    def check(self, case: str, *, mails_lost_sight_of: int) -> None:
        world = self.world
        assert set(world.outbox_states()) == {"sent"}, case
        with reading(world.engine) as db:
            rows = db.execute(sa.select(told_notices.c.subscription_id)).scalars().all()
        assert sorted(rows) == sorted(self.subscriptions), case
        first, *replies = world.sandbox.slack.messages
        assert "*RETRACTED*" in str(first["blocks"]), case
        assert [one["thread_ts"] for one in replies] == [first["ts"]], case
        came = world.mail_ids(READER)
        assert len(came) == FIRST_PARTS, case
        assert came.total() <= FIRST_PARTS + mails_lost_sight_of, case


@pytest.fixture
def table(world: World) -> Iterator[Table]:
    made = Table(world)
    yield made
    made.snapshot.close()


@pytest.mark.parametrize(
    ("database_url", "moment"),
    [("sqlite", "before"), ("sqlite", "inside"), ("sqlite", "after"), ("postgresql", "inside")],
    indirect=["database_url"],
)
def test_killed_at_every_commit_that_tells(table: Table, moment: Moment) -> None:
    settings = table.world.settings()
    for number in itertools.count(1):
        table.set_back()
        done = finish(start(settings, LATER, Kill(moment, number), polls=False))
        finish(start(settings, LATER + timedelta(minutes=1), polls=False))
        lost_sight_of = int(not done and moment != "after")
        table.check(f"{moment} commit {number}", mails_lost_sight_of=lost_sight_of)
        if done:
            break
    assert number >= 9, "fewer commits than there are to tell"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("when", ["before_accept", "on_accept"])
@pytest.mark.parametrize("channel", ["slack", "mailbox"])
def test_killed_while_a_notice_is_sent(table: Table, channel: str, when: str) -> None:
    settings, victims = table.world.settings(), list[int]()

    def kill(_: object) -> None:
        for victim in victims:
            with suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)

    setattr(getattr(table.world.sandbox, channel), when, kill)
    child = start(settings, LATER, polls=False)
    victims.append(child.pid)
    assert not finish(child)
    setattr(getattr(table.world.sandbox, channel), when, None)

    finish(start(settings, LATER + timedelta(minutes=1), polls=False))

    table.check(f"{when} by the {channel}", mails_lost_sight_of=int(channel == "mailbox"))


def test_two_processes_at_once_tell_it_once(table: Table) -> None:
    settings = table.world.settings()

    for child in [start(settings, LATER, polls=False) for _ in range(3)]:
        finish(child)

    finish(start(settings, LATER + timedelta(minutes=1), polls=False))
    table.check("three at once", mails_lost_sight_of=0)
