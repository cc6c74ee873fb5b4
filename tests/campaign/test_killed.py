"""Killed at any moment and run again: nothing is lost, and nothing comes twice.

The table: before, inside and after every commit, and before and after every acceptance of a part by
Slack and by the mail server; alone, and with a second process at the same work.  Only a mail whose
acceptance was not heard of may come once more, under the same Message-ID.
"""

from __future__ import annotations

import itertools
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
import sqlalchemy as sa
from killing import Kill, Moment, Snapshot, finish, start
from world import READER, START, World, shown, study

from bot import pipeline
from bot.store.database import reading
from bot.store.schema import outbox

MOMENTS: tuple[Moment, ...] = ("before", "inside", "after")
EXPECTED = [f"9000000{n}" for n in range(1, 6)]
LATER = START + timedelta(minutes=1)


class Table:
    """One world with something of everything, and a database that can be set back."""

    def __init__(self, world: World, *, polled: bool) -> None:
        self.world = world
        self.polled = polled
        world.publish(*(study(n) for n in range(1, 6)))
        world.show(shown(2), shown(5))
        self.subscriptions = (world.subscribe("slack"), world.subscribe("email"))
        world.sandbox.advance(START)
        if polled:
            with world.bot() as bot:
                pipeline.poll(bot, START - timedelta(hours=1))
        self.snapshot = Snapshot(world)

    def set_back(self) -> None:
        """Everything as it was before anybody ran."""
        self.snapshot.set_back()
        self.world.sandbox.slack.messages.clear()
        self.world.sandbox.mailbox.messages.clear()

    def close(self) -> None:
        self.snapshot.close()

    def check(self, case: str, *, mails_lost_sight_of: int) -> None:
        """Everybody was told of everything, once."""
        world = self.world
        for subscription in self.subscriptions:
            assert world.pmids_told(subscription) == EXPECTED, case
        assert world.records() == len(EXPECTED), case
        assert set(world.outbox_states()) == {"sent"}, case
        with reading(world.engine) as db:
            rows = db.execute(sa.select(outbox.c.key, outbox.c.channel, outbox.c["values"])).all()
        posts = {row.key for row in rows if row.channel == "slack"}
        mails = {row.values["message_id"] for row in rows if row.channel == "email"}
        assert len(posts) > 1, case
        assert dict(world.slack_keys()) == dict.fromkeys(posts, 1), case
        came = world.mail_ids()
        assert set(came) == mails, case
        assert came.total() <= len(mails) + mails_lost_sight_of, case
        contents = {m.content for m in world.sandbox.mailbox.messages if READER in m.recipients}
        assert len(contents) == len(mails), f"{case}: a mail changed when it was sent again"


@pytest.fixture(params=["from nothing", "after a poll"])
def table(request: pytest.FixtureRequest, world: World) -> Iterator[Table]:
    made = Table(world, polled=request.param == "after a poll")
    yield made
    made.close()


@pytest.fixture
def polled(world: World) -> Iterator[Table]:
    made = Table(world, polled=True)
    yield made
    made.close()


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_at_every_commit(table: Table, moment: Moment) -> None:
    settings = table.world.settings()
    for number in itertools.count(1):
        table.set_back()
        done = finish(start(settings, START, Kill(moment, number)))
        composed = table.world.outbox_states().total() > 0
        finish(start(settings, LATER))
        # a mail was accepted, and the process died before it could commit that
        lost_sight_of = int(not done and moment != "after")
        table.check(f"{moment} commit {number}", mails_lost_sight_of=lost_sight_of)
        if done or (composed and not table.polled):
            break  # from there on it is the other table's case
    assert number >= 8, "fewer commits than a cycle has"


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_while_a_second_process_is_at_the_same_work(polled: Table, moment: Moment) -> None:
    settings = polled.world.settings()
    killed = 0
    for number in range(1, 20, 2):
        polled.set_back()
        child, second = start(settings, START, Kill(moment, number)), start(settings, START)
        done = finish(child)
        finish(second)
        killed += not done
        finish(start(settings, LATER))
        polled.check(f"{moment} commit {number}", mails_lost_sight_of=int(not done))
    assert killed >= 4, "it died too seldom to show anything"


@pytest.mark.parametrize("when", ["before_accept", "on_accept"])
@pytest.mark.parametrize("channel", ["slack", "mailbox"])
@pytest.mark.parametrize("company", ["alone", "with a second process"])
def test_killed_at_every_send(polled: Table, channel: str, when: str, company: str) -> None:
    table, settings = polled, polled.world.settings()
    server = getattr(table.world.sandbox, channel)
    for number in itertools.count(1):
        case = f"{when} of part {number} by the {channel}, {company}"
        table.set_back()
        victims: list[int] = []
        setattr(server, when, _killer(victims, number))
        child = start(settings, START)
        victims.append(child.pid)
        second = start(settings, START) if company != "alone" else None
        if second is not None:
            victims.append(second.pid)
        ends = [finish(one) for one in (child, second) if one is not None]
        setattr(server, when, None)
        finish(start(settings, LATER))
        # the whole mail was on its way in both cases: the server keeps it either way
        heard_nothing = int(not all(ends) and channel == "mailbox")
        table.check(case, mails_lost_sight_of=heard_nothing)
        if all(ends):
            break
    assert number > 1 or company != "alone", "nothing was sent"


def _killer(victims: list[int], number: int) -> Callable[[object], None]:
    """Kill whoever is at work when the n-th part is accepted: it is one of these processes."""
    calls = itertools.count(1)

    def kill(_: object) -> None:
        if next(calls) == number:
            while not victims:
                time.sleep(0.001)  # the process is still being started
            for victim in victims:
                with suppress(ProcessLookupError):  # the second process may have ended
                    os.kill(victim, signal.SIGKILL)

    return kill


def test_two_processes_at_once_double_nothing(table: Table) -> None:
    settings = table.world.settings()
    for turn in range(2):
        table.set_back()

        for child in [start(settings, START) for _ in range(3)]:
            finish(child)

        finish(start(settings, LATER))
        table.check(f"turn {turn}", mails_lost_sight_of=0)
