"""The command line: one module for each noun, gathered here; and how errors end a command."""

from __future__ import annotations

import sys
from io import TextIOWrapper

import typer
from typer.core import TyperGroup

from bot import __version__
from bot.cli import (
    cycle,
    db,
    dedupe,
    demo,
    doctor,
    mesh,
    options,
    output,
    query,
    query_diff,
    query_match,
    query_new,
    query_preview,
    record,
    serve,
    status,
    subscription,
)
from bot.errors import (
    BotError,
    QueryError,
    QueryFilesError,
    SettingsError,
    StoreError,
    StrategyError,
)

#: Settings or queries are wrong and nothing was done (exit 2); any other BotError is exit 1.
NOTHING_DONE = (SettingsError, QueryError, QueryFilesError, StrategyError, StoreError)


class Commands(TyperGroup):
    """Ends a command that raised a BotError with its message and an exit code, no traceback."""

    def invoke(self, context: typer.Context) -> object:  # type: ignore[override]  # typer's Context
        try:
            return super().invoke(context)
        except BotError as error:
            output.problem(str(error))
            if context.meta.get(options.JSON):
                output.as_json({"problems": str(error).splitlines()})
            raise typer.Exit(2 if isinstance(error, NOTHING_DONE) else 1) from error


app = typer.Typer(
    name="litbot",
    cls=Commands,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,  # they print local variables, and so secrets
)


def _version(wanted: bool) -> None:
    if wanted:
        output.line(f"litbot {__version__}")
        raise typer.Exit


@app.callback()
def _litbot(
    _: bool = typer.Option(
        False,
        "--version",
        callback=_version,
        is_eager=True,
        help="Print the version.",
    ),
) -> None:
    """Watch PubMed and journals with saved queries, and tell each new study once.

    Settings come from LITBOT_* in the environment and from .env.  Exit 0: done.  1: something
    failed and is named on stderr.  2: settings or queries are wrong, and nothing was done.
    """


app.command()(cycle.run)
app.command()(cycle.poll)
app.command()(cycle.recheck)
app.command()(cycle.compose)
app.command()(cycle.deliver)
app.command()(serve.serve)
app.command()(status.status)
app.command()(doctor.doctor)
query.app.command()(query_match.match)
query.app.command()(query_preview.preview)
query.app.command()(query_diff.diff)
query.app.command()(query_new.new)
app.add_typer(query.app, name="query")
app.add_typer(subscription.app, name="subscription")
app.add_typer(record.app, name="record")
app.add_typer(mesh.app, name="mesh")
app.add_typer(db.app, name="db")
app.command()(dedupe.dedupe)
app.command()(demo.demo)


def main() -> None:
    """The entry point of `litbot` and `python -m bot`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a letter shows "?"
    app(prog_name="litbot")
