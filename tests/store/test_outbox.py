"""A part is written before it is sent, taken by one process, and never lost or doubled."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from bot.store import Engine, outbox, watermarks
from bot.store.database import reading, writing
from bot.store.outbox import Claimed, New
from bot.store.schema import bodies
from bot.store.schema import outbox as table

NOW = datetime(2026, 3, 2, 7, tzinfo=UTC)
HERE = watermarks.me().rsplit(":", 2)[0]
NOBODY = f"{HERE}:{2**22 + 1}:dead"  # above the largest process number


def part(key: str, **changes: object) -> New:
    new = New(
        key=key,
        digest_id=None,
        subscription_id=None,
        channel="email",
        target="a@example.org",
        body={"text": "the same for all"},
        values={"message_id": f"<{key}@example.org>"},
    )
    return new._replace(**changes)  # type: ignore[arg-type]  # a table's cells


def put(engine: Engine, *parts: New) -> None:
    with writing(engine) as db:
        outbox.put(db, parts, NOW)


def claim(engine: Engine, now: datetime = NOW, without: tuple[str, ...] = ()) -> Claimed | None:
    with writing(engine) as db:
        return outbox.claim(db, now, without=without)


def states(engine: Engine) -> dict[str, str]:
    with reading(engine) as db:
        return {row.key: row.state for row in db.execute(sa.select(table))}


def test_equal_bodies_are_stored_once(engine: Engine) -> None:
    put(engine, part("1"), part("2"), part("3", body={"text": "other"}))

    with reading(engine) as db:
        assert db.execute(sa.select(sa.func.count()).select_from(bodies)).scalar_one() == 2


def test_a_part_put_twice_is_there_once(engine: Engine) -> None:
    put(engine, part("1"))
    put(engine, part("1"))

    assert states(engine) == {"1": "pending"}


def test_racing_processes_each_take_other_parts(engine: Engine) -> None:
    put(engine, *(part(str(n)) for n in range(20)))
    taken: list[str] = []

    def take() -> None:
        while one := claim(engine):
            taken.append(one.key)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(taken, key=int) == [str(n) for n in range(20)]


def test_a_reply_waits_for_what_it_answers_and_knows_its_receipt(engine: Engine) -> None:
    put(engine, part("parent", channel="slack"), part("reply", channel="slack", reply_to="parent"))
    parent = claim(engine)

    assert parent is not None
    assert claim(engine) is None
    with writing(engine) as db:
        outbox.sent(db, parent, "17.5", NOW)
    reply = claim(engine)
    assert reply is not None
    assert (reply.key, reply.reply_to) == ("reply", "17.5")


def test_a_reply_fails_with_what_it_answers_and_both_can_be_retried(engine: Engine) -> None:
    put(engine, part("parent"), part("reply", reply_to="parent"))
    parent = claim(engine)
    assert parent is not None
    with writing(engine) as db:
        outbox.failed(db, parent, "the channel is archived")

    assert states(engine) == {"parent": "failed", "reply": "failed"}
    with writing(engine) as db:
        assert outbox.retry(db, NOW) == 2
    assert states(engine) == {"parent": "pending", "reply": "pending"}


def test_a_part_to_be_tried_later_is_not_due_before(engine: Engine) -> None:
    put(engine, part("1"))
    one = claim(engine)
    assert one is not None
    with writing(engine) as db:
        outbox.later(db, one, "mailbox full", NOW + timedelta(minutes=5), unknown=False)

    assert claim(engine, NOW + timedelta(minutes=4)) is None
    again = claim(engine, NOW + timedelta(minutes=5))
    assert again is not None
    assert (again.attempts, again.uncertain) == (2, False)


def test_a_resting_channel_is_left_alone(engine: Engine) -> None:
    put(engine, part("1"), part("2", channel="slack"))

    one = claim(engine, without=("email",))

    assert one is not None
    assert one.key == "2"


@pytest.mark.parametrize(
    ("holder", "age", "state"),
    [
        (NOBODY, timedelta(0), "unknown"),
        (watermarks.me(), timedelta(minutes=1), "sending"),
        (watermarks.me(), timedelta(hours=1), "sending"),
        ("elsewhere:1:a", timedelta(minutes=1), "sending"),
        ("elsewhere:1:a", timedelta(hours=1), "unknown"),
        (f"{HERE}:{os.getpid()}:before", timedelta(0), "unknown"),
    ],
    ids=["dead", "ours", "ours, long ago", "elsewhere", "elsewhere, long ago", "ours, before"],
)
def test_a_part_in_dead_hands_becomes_unknown(
    engine: Engine, holder: str, age: timedelta, state: str
) -> None:
    put(engine, part("1"))
    claim(engine)
    with writing(engine) as db:
        db.execute(sa.update(table).values(claimed_by=holder, claimed_at=datetime.now(UTC) - age))

        outbox.release(db, NOW)

    assert states(engine) == {"1": state}


def test_who_lost_a_claim_does_not_settle_it(engine: Engine) -> None:
    put(engine, part("1"))
    one = claim(engine)
    assert one is not None
    with writing(engine) as db:
        db.execute(sa.update(table).values(claimed_by="elsewhere:1:a"))
        outbox.failed(db, one, "too late")

    assert states(engine) == {"1": "sending"}


def test_what_is_not_sent_ends_with_its_subscription(engine: Engine) -> None:
    put(engine, part("1"), part("2"))
    with writing(engine) as db:
        db.execute(sa.update(table).where(table.c.key == "2").values(state="sent"))
        assert outbox.cancel(db, 1) == 0


@given(st.integers(0, 10_000))
def test_pauses_grow_and_stay_within_six_hours(attempts: int) -> None:
    pause = outbox.back_off(attempts)

    assert timedelta(minutes=5) <= pause <= timedelta(hours=6)
    assert outbox.back_off(attempts + 1) >= pause


def test_a_lease_is_held_by_one_and_taken_from_the_dead(engine: Engine) -> None:
    length = timedelta(minutes=30)
    with watermarks.lease(engine, "t", length) as mine:
        assert mine
        with watermarks.lease(engine, "t", length) as second:
            assert not second
        with writing(engine) as db:
            db.exec_driver_sql(f"UPDATE leases SET holder = '{NOBODY}'")
        with watermarks.lease(engine, "t", length) as taken:
            assert taken
    with watermarks.lease(engine, "t", length) as free:
        assert free
