"""The imported tree of MeSH in the database."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from bot.model import Watermark
from bot.store import Engine, mesh, watermarks
from bot.store.database import downgrade, reading, upgrade, writing
from bot.strategy.mesh import BUILT_IN, Descriptor

NOW = datetime(2026, 3, 2, 7, tzinfo=UTC)
SLEEP = Descriptor("Sleep", "D1", ("F02.830.855", "G11.561.803"))
REM = Descriptor("Sleep, REM", "D2", ("F02.830.855.796",))
TAG = Descriptor("Made-up Tag", "D3", ())


def test_the_shipped_table_is_used_until_another_is_imported(engine: Engine) -> None:
    with reading(engine) as db:
        assert mesh.tree(db) is BUILT_IN


def test_what_was_imported_is_used_in_its_place(engine: Engine) -> None:
    with writing(engine) as db:
        mesh.replace(db, [SLEEP, REM, TAG], file="desc2026.xml", now=NOW)
    with reading(engine) as db:
        tree = mesh.tree(db)

    assert len(tree) == 3
    assert tree.edition == "desc2026.xml, imported 2026-03-02"
    assert tree.below("sleep") == {"sleep", "sleep rem"}
    assert [tree.find(one.name) for one in (SLEEP, REM, TAG)] == [SLEEP, REM, TAG]
    assert not tree.knows("Ketamine")


def test_the_same_tree_is_read_once_and_a_new_one_at_once(engine: Engine) -> None:
    with writing(engine) as db:
        mesh.replace(db, [SLEEP, REM], file="desc2026.xml", now=NOW)
    with reading(engine) as db:
        first, second = mesh.tree(db), mesh.tree(db)
    with writing(engine) as db:
        mesh.replace(db, [SLEEP], file="desc2026.xml", now=NOW)
    with reading(engine) as db:
        third = mesh.tree(db)

    assert first is second
    assert third.below("Sleep") == {"sleep"}


def test_an_import_that_is_not_finished_leaves_the_tree_that_was_there(engine: Engine) -> None:
    with writing(engine) as db:
        mesh.replace(db, [SLEEP], file="desc2026.xml", now=NOW)

    with pytest.raises(ZeroDivisionError), writing(engine) as db:
        mesh.replace(db, [REM], file="desc2027.xml", now=NOW)
        _ = 1 / 0

    with reading(engine) as db:
        assert mesh.tree(db).find("Sleep") == SLEEP


def test_a_database_of_the_first_migration_keeps_what_it_holds(engine: Engine) -> None:
    mark = Watermark(source="pubmed", task="a", cursor={"n": "1"}, moved_at=NOW)
    with writing(engine) as db:
        watermarks.move(db, mark)
        mesh.replace(db, [SLEEP], file="desc2026.xml", now=NOW)
    downgrade(engine, "0001")
    with reading(engine) as db:
        assert not sa.inspect(db).has_table("mesh")

    upgrade(engine)

    with reading(engine) as db:
        assert watermarks.cursor(db, "pubmed", "a") == {"n": "1"}
        assert mesh.tree(db) is BUILT_IN
