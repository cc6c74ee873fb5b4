"""litbot subscription: who is told what, where, and when."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.cli import options, output, subscription_files, terms
from bot.cli.terms import Possible, Terms
from bot.config import Settings
from bot.digest import next_due
from bot.errors import SettingsError
from bot.render import Renderer
from bot.saved_queries import load
from bot.store import Connection, Engine, outbox, subscriptions
from bot.store.database import connect, prepare, reading, writing

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _subscription() -> None:
    """Say who is told what, where, and when."""


@app.command()
def add(
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET", help="An email address, or a Slack channel's id (C024BE91L)."
        ),
    ],
    queries: Annotated[list[str], typer.Argument(metavar="QUERY", help="Saved queries.")],
    every: Annotated[
        str, typer.Option(metavar="daily|weekly|monthly", help="How often a digest is due.")
    ] = terms.DEFAULTS["every"],
    on: Annotated[
        str,
        typer.Option(
            metavar="DAY",
            help="A weekday for weekly digests, 1 to 28 for monthly ones.",
            show_default="MONDAY or 1",
        ),
    ] = "",
    at: Annotated[
        str, typer.Option(metavar="HH:MM", help="At what time, on the clock of the zone.")
    ] = terms.DEFAULTS["at"],
    zone: Annotated[
        str, typer.Option(metavar="ZONE", help="An IANA time zone such as Europe/London.")
    ] = terms.DEFAULTS["zone"],
    layout: Annotated[
        str, typer.Option(metavar="NAME", help="How digests look: a file of templates/digest.")
    ] = terms.DEFAULTS["layout"],
    quiet_weeks: Annotated[
        bool, typer.Option(help="Send a line when there is nothing new.")
    ] = True,
    back: Annotated[
        int,
        typer.Option(
            metavar="DAYS", min=0, help="Tell also what was found so many days before today."
        ),
    ] = 0,
    database: options.Database = "",
    now: options.Now = "",
    json: options.Json = False,
) -> None:
    """Subscribe a channel or an address to saved queries.

    Writes one row to the database; sends nothing before the first digest is due.
    """
    settings = options.settings(database)
    moment = options.clock(now)
    given = {
        "target": target,
        "queries": " ".join(queries),
        "every": every,
        "on": on,
        "at": at,
        "zone": zone,
        "layout": layout,
        "quiet_weeks": "yes" if quiet_weeks else "no",
        "back": str(back),
    }
    wanted = terms.read(given, _possible(settings))
    if not isinstance(wanted, Terms):
        raise SettingsError(*(f"{_option(key)}: {problem}" for key, problem in wanted))
    engine = _opened(settings)
    with writing(engine) as db:
        if same := _same(db, wanted):
            raise SettingsError(
                f"subscription {same} is the same; to change it, first run: "
                f"litbot subscription remove {same}"
            )
        number, due = _create(db, wanted, moment)
    engine.dispose()
    if json:
        output.as_json({"id": number, "next_due": due, "since": wanted.since(moment)})
    else:
        output.line(
            f"subscription {number}: {terms.shown(wanted.cadence)}; "
            f"first due {due:%Y-%m-%d %H:%M} UTC"
        )


def _option(key: str) -> str:
    return key if key in ("target", "queries") else "--" + key.replace("_", "-")


def _possible(settings: Settings) -> Possible:
    queries = load(settings.queries_dir)
    layouts = Renderer(settings.templates_dir).layouts()
    return Possible(settings=settings, queries=list(queries.queries), layouts=layouts)


def _opened(settings: Settings) -> Engine:
    engine = connect(settings.database_url)
    prepare(engine)
    return engine


def _same(db: Connection, wanted: Terms) -> int:
    """The number of an active subscription that is the same; 0 when there is none."""
    there = {terms.identity(one): one.id for one in subscriptions.every(db)}
    return there.get(wanted.identity, 0)


def _create(db: Connection, wanted: Terms, now: datetime) -> tuple[int, datetime]:
    since = wanted.since(now)
    due = next_due(wanted.cadence, now)
    number = subscriptions.create(
        db,
        channel=wanted.channel,
        target=wanted.target,
        queries=dict.fromkeys(wanted.queries, since),
        cadence=wanted.cadence,
        layout=wanted.layout,
        quiet=wanted.quiet,
        next_due=due,
        now=now,
    )
    return number, due


@app.command("list")
def list_(
    database: options.Database = "",
    every: Annotated[
        bool,
        typer.Option("--all", help="List ended ones too (default: off).", show_default=False),
    ] = False,
    json: options.Json = False,
) -> None:
    """List the subscriptions with their targets.  Changes nothing."""
    engine = options.existing(options.settings(database))
    with reading(engine) as db:
        found = subscriptions.every(db, inactive=every)
    engine.dispose()
    if json:
        output.as_json({"subscriptions": found})
        return
    if not found:
        output.line("nobody is subscribed; see: litbot subscription add --help")
        return
    output.table(
        ("id", "target", "queries", "cadence", "layout", "next due (UTC)", "state"),
        [
            (
                one.id,
                one.target,
                ", ".join(one.queries),
                terms.shown(one.cadence),
                one.layout,
                one.next_due if one.active else None,
                "active" if one.active else "ended",
            )
            for one in found
        ],
    )


@app.command()
def remove(
    number: Annotated[int, typer.Argument(metavar="ID", help="Its number in `list`.")],
    database: options.Database = "",
    json: options.Json = False,
) -> None:
    """End a subscription, and cancel what is not yet sent to it.

    Writes to the database only.  What was told stays there, and unsubscribe links keep answering.
    """
    engine = options.existing(options.settings(database))
    with writing(engine) as db:
        if subscriptions.get(db, number) is None:
            raise SettingsError(f"there is no subscription {number}; see: litbot subscription list")
        ended = subscriptions.end(db, number)
        cancelled = outbox.cancel(db, number)
    engine.dispose()
    if json:
        output.as_json({"id": number, "ended": ended, "cancelled_parts": cancelled})
    elif ended:
        output.line(f"ended subscription {number}; {cancelled} unsent parts were cancelled")
    else:
        output.line(f"subscription {number} had ended before")


@app.command("import")
def import_(
    path: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="CSV with a header line, or a YAML list (.yaml)."),
    ],
    database: options.Database = "",
    now: options.Now = "",
    json: options.Json = False,
) -> None:
    """Subscribe everybody in a file; its columns are those of `add`.

    Columns: target, queries (separated by spaces), every, on, at, zone, layout, quiet_weeks,
    back.  Writes to the database only; when anything is wrong every problem is named and nothing
    is written.  What is there already is left as it is, so a file can be read again.
    """
    settings = options.settings(database)
    moment = options.clock(now)
    wanted = subscription_files.load(path, _possible(settings))
    engine = _opened(settings)
    added: list[int] = []
    with writing(engine) as db:
        there = {terms.identity(one) for one in subscriptions.every(db)}
        for one in wanted:
            if one.identity not in there:
                there.add(one.identity)
                added.append(_create(db, one, moment)[0])
    engine.dispose()
    if json:
        output.as_json({"added": added, "already_there": len(wanted) - len(added)})
    else:
        output.line(f"added {len(added)} subscriptions; {len(wanted) - len(added)} were there")
