"""Open the database, begin transactions, bring its tables up to date.

SQLite by default: write-ahead log, foreign keys, and `BEGIN IMMEDIATE` for every writer (a
transaction that first reads and then writes is refused at once when another writes in between;
551 of 800 failed that way in a measurement, none with IMMEDIATE).
"""

from __future__ import annotations

import importlib.util
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, event
from sqlalchemy.dialects import postgresql, sqlite

from bot.errors import StoreError
from bot.store import filling

BUSY_SECONDS = 30
MIGRATIONS = Path(__file__).parent / "migrations"
#: One number for litbot's advisory locks on PostgreSQL: whoever saves records holds it.
RECORDS_LOCK = 5_241_907
OWN = ("records", "sightings")  # in every database of litbot, however old


def connect(url: str) -> Engine:
    """An engine for SQLite or PostgreSQL; it connects to nothing yet.

    Raise StoreError for anything else.
    """
    try:
        address = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise StoreError(
            "LITBOT_DATABASE_URL is not a database address; "
            "give sqlite:///var/litbot.db or postgresql://user@host/name"
        ) from error
    match address.get_backend_name():
        case "sqlite":
            engine = sa.create_engine(
                address,
                connect_args={"timeout": BUSY_SECONDS},
                hide_parameters=True,  # an error must not show addresses
            )
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
            return engine
        case "postgresql":
            if importlib.util.find_spec("psycopg") is None:
                raise StoreError("PostgreSQL needs psycopg; run: pip install 'litbot[postgresql]'")
            return sa.create_engine(
                address.set(drivername="postgresql+psycopg"),
                pool_pre_ping=True,
                hide_parameters=True,
            )
        case other:
            raise StoreError(f"database {other!r} is not supported; use sqlite or postgresql")


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun by _begin_sqlite
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")


def _begin_sqlite(db: Connection) -> None:
    writes = db.get_execution_options().get("writes", False)
    db.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _translated(engine: Engine) -> Iterator[None]:
    try:
        yield
    except sa.exc.DatabaseError as error:
        if isinstance(error, sa.exc.IntegrityError | sa.exc.ProgrammingError):
            raise  # a bug of ours
        address = engine.url.render_as_string(hide_password=True)
        reason = str(error.orig).strip().splitlines()[0] if error.orig else "no reason given"
        raise StoreError(
            f"database {address}: {reason}; check LITBOT_DATABASE_URL and that it is running"
        ) from error


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads.  Raise StoreError when the database cannot be reached."""
    with _translated(engine), engine.connect() as db:
        yield db


@contextmanager
def writing(engine: Engine, *, saves_records: bool = False) -> Iterator[Connection]:
    """A transaction that writes, committed at the end, rolled back by an exception.

    Whoever saves records must say so: on PostgreSQL such transactions wait for one another, as
    every writer does on SQLite, so that two polls cannot both decide that a record is new.
    """
    with _translated(engine), engine.connect().execution_options(writes=True) as db, db.begin():
        rehearsed = db.get_execution_options().get("rehearsal", False)
        if saves_records and db.dialect.name == "postgresql" and not rehearsed:
            db.execute(sa.select(sa.func.pg_advisory_xact_lock(RECORDS_LOCK)))
        yield db


def add(
    db: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]], *, replace: bool = False
) -> None:
    """Insert rows; where the key is there already, leave the old row or `replace` its values."""
    if not rows:
        return
    insert = _insert(db, table)
    if replace:
        key = [column.name for column in table.primary_key]
        changed = {name: insert.excluded[name] for name in rows[0] if name not in key}
        db.execute(insert.on_conflict_do_update(index_elements=key, set_=changed), list(rows))
    else:
        db.execute(insert.on_conflict_do_nothing(), list(rows))


def add_one(db: Connection, table: sa.Table, row: Mapping[str, Any]) -> bool:
    """Insert a row; False when its key is there already: somebody else came first."""
    written = _insert(db, table).on_conflict_do_nothing().returning(sa.literal(1))
    return db.execute(written, dict(row)).first() is not None


def _insert(db: Connection, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
    if db.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def _alembic(db: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = db
    return config


def version(engine: Engine) -> tuple[str | None, str]:
    """The migration that the database is at (None: it is empty), and the newest one."""
    with reading(engine) as db:
        return MigrationContext.configure(db).get_current_revision(), _newest(db)


def _newest(db: Connection) -> str:
    return ScriptDirectory.from_config(_alembic(db)).get_current_head() or ""


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the tables up to date; two processes at once do it one after the other."""
    with writing(engine, saves_records=True) as db:
        command.upgrade(_alembic(db), revision)
        if MigrationContext.configure(db).get_current_revision() == _newest(db):
            filling.fill(db)


def downgrade(engine: Engine, revision: str) -> None:
    """Go back to an older migration; `base` empties the database."""
    with writing(engine, saves_records=True) as db:
        command.downgrade(_alembic(db), revision)


def is_foreign(engine: Engine) -> bool:
    """Does the database hold tables of somebody else and none of ours?  Not a byte is changed.

    Raise StoreError when it cannot be read.
    """
    if engine.url.get_backend_name() != "sqlite":
        with reading(engine) as db:
            tables = set(sa.inspect(db).get_table_names())
    elif not Path(engine.url.database or "").is_file():
        return False
    else:  # our own connections would make the log of somebody else's file a write-ahead log
        address = f"file:{quote(engine.url.database or '')}?mode=ro"
        try:
            with closing(sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS)) as db:
                rows = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        except sqlite3.Error as error:
            raise StoreError(f"{engine.url.database} cannot be read: {error}") from error
        tables = {name for (name,) in rows}
    return bool(tables - {"alembic_version"}) and not tables >= {"alembic_version", *OWN}


def prepare(engine: Engine) -> None:
    """Fill an empty database (for SQLite, make its folder and file), and compare the citations
    anew in one that was written when they were compared in another way.

    Raise StoreError for one that is older or newer than the program.
    """
    if engine.url.get_backend_name() == "sqlite" and engine.url.database:
        try:
            Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"cannot make the folder of {engine.url.database}: {error.strerror}"
            ) from error
    at, newest = version(engine)
    if at is None:
        upgrade(engine)
    elif at != newest:
        raise StoreError(
            f"the database is at migration {at}, this litbot needs {newest}; "
            "make a copy, then run: litbot db upgrade"
        )
    else:
        with reading(engine) as db:
            outdated = filling.is_outdated(db)
        if outdated:
            upgrade(engine)


@contextmanager
def rehearsal(engine: Engine) -> Iterator[Engine]:
    """An engine on which everything can be done and nothing stays: for `--dry-run`.

    SQLite: a copy of the file, so that the real one is not locked meanwhile.  PostgreSQL: one
    transaction that is rolled back, with a savepoint for each of those inside.
    """
    if engine.url.get_backend_name() == "sqlite":
        with tempfile.TemporaryDirectory(prefix="litbot-") as folder:
            copy = connect(f"sqlite:///{folder}/rehearsal.db")
            original = engine.url.database or ""
            if Path(original).is_file():
                with (
                    closing(sqlite3.connect(f"file:{quote(original)}?mode=ro", uri=True)) as source,
                    closing(sqlite3.connect(f"{folder}/rehearsal.db")) as target,
                ):
                    source.backup(target)
            prepare(copy)
            yield copy
            copy.dispose()
        return
    if version(engine)[0] is None:
        raise StoreError("the database is empty, and a rehearsal fills none: litbot db upgrade")
    prepare(engine)
    only = sa.create_engine(
        engine.url,
        poolclass=sa.pool.StaticPool,
        pool_reset_on_return=None,
        execution_options={"rehearsal": True},
    )
    only.connect().close()  # the dialect asks the server what it is, and rolls that back
    run = {"commit": "RELEASE SAVEPOINT", "rollback": "ROLLBACK TO SAVEPOINT"}

    def end(word: str) -> Callable[[Any], None]:
        return lambda connection: connection.execute(f"{run[word]} rehearsal")

    event.listen(only, "begin", lambda db: db.exec_driver_sql("SAVEPOINT rehearsal"))
    only.dialect.do_commit = end("commit")  # type: ignore[assignment,method-assign]  # none may commit
    only.dialect.do_rollback = end("rollback")  # type: ignore[assignment,method-assign]
    try:
        yield only
    finally:
        only.raw_connection().driver_connection.rollback()  # type: ignore[union-attr]  # it is open
        only.dispose()
