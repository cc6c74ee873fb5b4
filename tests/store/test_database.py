"""Opening, migrating, writing at the same time, and rehearsing."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from bot.errors import StoreError
from bot.model import Watermark
from bot.store import Engine, watermarks
from bot.store.database import connect, downgrade, prepare, reading, rehearsal, upgrade, writing
from bot.store.schema import metadata

NOW = datetime(2026, 3, 2, 7, tzinfo=UTC)


def mark(task: str, n: int = 0) -> Watermark:
    return Watermark(source="pubmed", task=task, cursor={"n": str(n)}, moved_at=NOW)


def test_the_migrations_make_the_tables_that_the_code_describes(engine: Engine) -> None:
    with engine.connect() as db:
        differences = compare_metadata(MigrationContext.configure(db), metadata)

    assert differences == []


def test_migrations_go_down_to_nothing_and_up_again(engine: Engine) -> None:
    downgrade(engine, "base")
    with reading(engine) as db:
        left = set(sa.inspect(db).get_table_names()) - {"alembic_version"}

    upgrade(engine)

    assert left == set()
    with writing(engine) as db:
        watermarks.move(db, mark("a"))


def test_a_database_of_another_version_is_refused_with_the_remedy(engine: Engine) -> None:
    with writing(engine) as db:
        db.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")

    with pytest.raises(StoreError, match=r"0000.*litbot db upgrade"):
        prepare(engine)


def test_two_processes_may_prepare_an_empty_database_at_once(tmp_path: Path) -> None:
    engines = [connect(f"sqlite:///{tmp_path}/new.db") for _ in range(4)]
    threads = [threading.Thread(target=prepare, args=[one]) for one in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with writing(engines[0]) as db:
        watermarks.move(db, mark("a"))


def test_writers_wait_for_one_another_and_none_is_refused(engine: Engine) -> None:
    def count(task: str) -> None:
        for _ in range(20):
            with writing(engine, saves_records=True) as db:
                n = int(watermarks.cursor(db, "pubmed", "shared").get("n", 0))
                watermarks.move(db, mark("shared", n + 1))

    threads = [threading.Thread(target=count, args=[str(i)]) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with reading(engine) as db:
        assert watermarks.cursor(db, "pubmed", "shared") == {"n": "80"}


def test_a_failed_transaction_leaves_nothing(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), writing(engine) as db:
        watermarks.move(db, mark("a"))
        _ = 1 / 0

    with reading(engine) as db:
        assert watermarks.cursor(db, "pubmed", "a") == {}


def test_a_rehearsal_sees_what_is_there_and_leaves_nothing(engine: Engine) -> None:
    with writing(engine) as db:
        watermarks.move(db, mark("old", 1))

    with rehearsal(engine) as only:
        with writing(only, saves_records=True) as db:
            watermarks.move(db, mark("new", 2))
        with pytest.raises(ZeroDivisionError), writing(only) as db:
            watermarks.move(db, mark("third", 3))
            _ = 1 / 0
        with reading(only) as db:
            inside = [watermarks.cursor(db, "pubmed", t) for t in ("old", "new", "third")]

    assert inside == [{"n": "1"}, {"n": "2"}, {}]
    with reading(engine) as db:
        assert watermarks.cursor(db, "pubmed", "new") == {}
        assert watermarks.cursor(db, "pubmed", "old") == {"n": "1"}


def test_a_rehearsal_makes_no_file(tmp_path: Path) -> None:
    with rehearsal(connect(f"sqlite:///{tmp_path}/none/litbot.db")) as only, writing(only) as db:
        watermarks.move(db, mark("a"))

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("mysql://host/db", "mysql"),
        ("nonsense", "LITBOT_DATABASE_URL"),
    ],
)
def test_an_address_that_is_none_is_refused(url: str, named: str) -> None:
    with pytest.raises(StoreError, match=named):
        connect(url)


def test_an_unreachable_database_is_one_line_without_the_password(tmp_path: Path) -> None:
    engine = connect("postgresql://litbot:secret@127.0.0.1:9/none")

    with pytest.raises(StoreError) as caught:
        prepare(engine)

    assert "127.0.0.1:9" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_time_without_a_zone_is_refused(engine: Engine) -> None:
    naive = mark("a").moved_at.replace(tzinfo=None)

    with pytest.raises(sa.exc.StatementError, match="without a zone"), writing(engine) as db:
        watermarks.move(db, Watermark(source="s", task="t", cursor={}, moved_at=naive))


def test_times_come_back_in_utc(engine: Engine) -> None:
    state = watermarks.State(
        "feed", "a", "ok", NOW, 0, "", NOW + timedelta(hours=1), "", None, None, "", None
    )
    with writing(engine) as db:
        watermarks.set_state(db, state)
    with reading(engine) as db:
        assert watermarks.state(db, "feed", "a") == state
