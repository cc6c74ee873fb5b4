"""litbot query: the saved queries."""

from __future__ import annotations

from typing import Annotated

import typer

from bot import saved_queries
from bot.cli import options, output, query_check
from bot.errors import SettingsError
from bot.store import matches
from bot.store.database import reading

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _query() -> None:
    """Look at the saved queries."""


@app.command("list")
def list_(json: options.Json = False) -> None:
    """List the saved queries.  Reads LITBOT_QUERIES_DIR; changes nothing."""
    settings = options.settings()
    queries = saved_queries.load(settings.queries_dir)
    if json:
        output.as_json({"queries": list(queries.queries.values())})
        return
    output.table(
        ("name", "title", "owner", "journals", "known studies"),
        [
            (
                query.name,
                query.title,
                query.owner.name,
                len(queries.journals_of(query)),
                len(query.known_studies),
            )
            for query in queries.queries.values()
        ],
    )


app.command()(query_check.check)
app.command()(query_check.explain)


@app.command()
def schema(json: options.Json = False) -> None:
    """Print the JSON Schema of a query file, for editors.  Changes nothing.

    It is the same with and without --json.
    """
    del json
    output.as_json(saved_queries.schema())


@app.command()
def undecided(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A saved query.")],
    database: options.Database = "",
    json: options.Json = False,
) -> None:
    """List the records of which nobody can tell yet whether they answer a query.

    Their feeds give no abstract, and PubMed has not decided.  Changes nothing.
    """
    settings = options.settings(database)
    engine = options.existing(settings)
    with reading(engine) as db:
        if name not in matches.states(db):
            known = ", ".join(matches.states(db)) or "none; run: litbot poll"
            raise SettingsError(f"{name!r} is not a query that was polled; there are: {known}")
        found = matches.listed(db, name)
    engine.dispose()
    if json:
        rows = [
            {"record": number, "since": since, "title": title} for number, since, title in found
        ]
        output.as_json({"query": name, "undecided": rows})
    elif found:
        output.table(("record", "since (UTC)", "title"), found)
    else:
        output.line(f"nothing is undecided for {name}")
