"""litbot db: the database itself."""

from __future__ import annotations

import typer

from bot.cli import options, output
from bot.errors import StoreError
from bot.store.database import connect, prepare, upgrade, version

app = typer.Typer(help="Look after the database.", no_args_is_help=True)


@app.callback()
def _db() -> None:
    """Look after the database."""


@app.command("upgrade")
def upgrade_(database: options.Database = "", json: options.Json = False) -> None:
    """Bring the tables up to date, or make them where there are none.

    Writes to the database only.  Make a copy of one that holds your records before you upgrade it.
    """
    settings = options.settings(database)
    engine = connect(settings.database_url)
    if options.is_missing(engine):
        prepare(engine)
        before, newest = None, version(engine)[1]
    else:
        before, newest = version(engine)
        if before is not None and before > newest:
            raise StoreError(
                f"the database is at migration {before}, this litbot knows only {newest}; "
                "install the litbot that wrote it"
            )
        upgrade(engine)
    engine.dispose()
    if json:
        output.as_json({"was": before, "now": newest})
    elif before == newest:
        output.line(f"the database is up to date: migration {newest}")
    else:
        output.line(f"brought the database from migration {before or 'none'} to {newest}")
