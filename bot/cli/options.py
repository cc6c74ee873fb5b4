"""Options that many commands share, and what they are read into: settings, a clock, a database."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bot import config
from bot.cli import output
from bot.config import Settings
from bot.errors import SettingsError, StoreError
from bot.saved_queries import Queries
from bot.store import Engine
from bot.store.database import connect, version

JSON = "litbot.json"  # what remembers --json for the place where errors are shown


def _remember(context: typer.Context, value: bool) -> bool:
    context.meta[JSON] = value
    return value


Records = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="RECORDS",
        help="Files: PubMed XML, .nbib, RIS or CSV, also gzipped.",
        show_default="the store",
    ),
]
Json = Annotated[
    bool,
    typer.Option(
        "--json",
        callback=_remember,
        is_eager=True,
        help="Print one JSON object on stdout and everything else on stderr (default: off).",
        show_default=False,
    ),
]
Database = Annotated[
    str,
    typer.Option(
        "--database",
        metavar="URL",
        envvar="LITBOT_DATABASE_URL",
        help="The database, SQLite or PostgreSQL.",
        show_default="sqlite:///var/litbot.db",
    ),
]
Now = Annotated[
    str,
    typer.Option(
        "--now",
        metavar="ISO",
        envvar="LITBOT_NOW",
        help="Act as if it were this time, for replays; without an offset it is UTC.",
        show_default="the clock",
    ),
]
WeeksSince = Annotated[
    str,
    typer.Option(
        "--since",
        metavar="DATE",
        help="Count the whole weeks from this date on.",
        show_default="26 weeks ago",
    ),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        help="Say what would be done; change nothing and send nothing (default: off).",
        show_default=False,
    ),
]


def settings(database: str = "") -> Settings:
    """The settings, with the database named on the command line; from here on the log is open."""
    read = config.load()
    if database:
        read = read.model_copy(update={"database_url": database})
    output.log_to_stderr(read.log_level)
    return read


def clock(now: str) -> datetime:
    """The time that `--now` names, else this moment; in UTC."""
    if not now:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(now)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise SettingsError(
            f"--now: {now!r} is not an ISO time; right would be 2026-03-02T07:00:00+00:00"
        ) from error


def is_missing(engine: Engine) -> bool:
    """Is this a SQLite file that is not there?  Connecting would make it."""
    return (
        engine.url.get_backend_name() == "sqlite" and not Path(engine.url.database or "").exists()
    )


def existing(read: Settings) -> Engine:
    """The database as it is: for commands that only look.

    Raise StoreError where there is none, or where it is older or newer than the program.
    """
    engine = connect(read.database_url)
    if is_missing(engine):
        raise StoreError(
            f"there is no database at {engine.url.database} yet; run: litbot db upgrade"
        )
    at, newest = version(engine)
    if at != newest:
        raise StoreError(
            f"the database is at migration {at or 'none'}, this litbot needs {newest}; "
            "make a copy, then run: litbot db upgrade"
        )
    return engine


def named(queries: Queries, names: list[str]) -> list[str]:
    """The names, if each is a saved query or a journal; else raise SettingsError."""
    known = {*queries.queries, *queries.journals}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SettingsError(
            *(
                f"{name!r} is neither a saved query nor a journal; there are: "
                f"{', '.join(sorted(queries.queries)) or 'none'}, and the keys of journals.yaml"
                for name in unknown
            )
        )
    return names
