"""litbot query match: what a search strategy says of records, one by one."""

from __future__ import annotations

import json as js
import sys
from collections.abc import Iterator
from itertools import chain
from typing import Annotated

import typer
from rich.text import Text

from bot.cli import at_hand, options, output, strategies, telling
from bot.cli.strategies import Asked
from bot.cli.telling import Told
from bot.errors import StoreError
from bot.model import Record
from bot.render.plain import clean, grey_line
from bot.strategy.texts import texts

_ANSWERS = {"yes": "bold green", "no": "red", "unknown": "yellow"}


def match(
    query: Annotated[
        str,
        typer.Argument(
            metavar="QUERY",
            help="A query's file or name, a file with a strategy, REV:FILE of git, or a strategy.",
        ),
    ],
    records: options.Records = None,
    store: Annotated[
        bool,
        typer.Option(
            "--store",
            help="Also the records of the store (default: only where no file is named).",
            show_default=False,
        ),
    ] = False,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            help="Answer unknown also where PubMed has not indexed a record yet (default: off).",
            show_default=False,
        ),
    ] = False,
    why: Annotated[
        bool,
        typer.Option("--why/--no-why", help="Give the reasons.", show_default="--why"),
    ] = True,
    database: options.Database = "",
    now: options.Now = "",
    json: options.Json = False,
) -> None:
    """Say of each record whether a strategy finds it: yes, no or unknown, and why.

    A line is the PMID (else the DOI, else the number in the file), the answer and the reasons,
    with tabs between them; a reason says where its term stands in the query.  Only the strategy is
    asked, not the query's languages and publication_types.  Asks nobody and changes nothing.
    Exit 1 when something could not be read.
    """
    settings, today = options.settings(database), options.clock(now).date()
    asked = strategies.asked(query, settings)
    problems: list[str] = []
    with at_hand.store(settings) as db:
        wanted = store or not records
        if wanted and db is None:
            raise StoreError("there is no database yet; name files of records, or run: litbot poll")
        mesh = at_hand.mesh_tree(db)
        entries = chain(
            at_hand.in_files(records or (), problems), at_hand.stored(db) if wanted else ()
        )
        answers = (
            (
                name,
                record,
                telling.told(asked, record, mesh=mesh, today=today, strict=strict, why=why),
            )
            for name, record in entries
        )
        if json:
            _as_json(asked, answers, problems)
        elif sys.stdout.isatty():
            _marked(asked, answers)
        else:
            _plain(asked, answers)
    if problems:
        raise typer.Exit(1)


_Answers = Iterator[tuple[str, Record, Told]]


def _plain(asked: Asked, answers: _Answers) -> None:
    for name, record, told in answers:
        output.row((name, told.answer, *telling.lines(asked, record, told)))


def _marked(asked: Asked, answers: _Answers) -> None:
    for name, record, told in answers:
        head = Text(clean(name), style="bold")
        head.append(f"  {told.answer}", style=_ANSWERS[told.answer])
        output.styled(head)
        known = texts(record)
        output.styled(
            telling.marked(record.title, telling.spans_in(told.reasons, "title")), indent=2
        )
        if grey := grey_line(record):
            output.styled(Text(grey, style="dim"), indent=2)
        if spans := telling.spans_in(told.reasons, "abstract"):
            output.styled(telling.passages(known["abstract"], spans), indent=2)
        for line in telling.lines(asked, record, told):
            output.styled(Text(line), indent=4)


def _as_json(asked: Asked, answers: _Answers, problems: list[str]) -> None:
    """One object, written record by record: there may be a hundred thousand."""
    sys.stdout.write(f'{{"query": {js.dumps(asked.name or asked.text)}, "records": [')
    separator = "\n"
    for name, record, told in answers:
        line = js.dumps(telling.as_values(name, asked, record, told))
        sys.stdout.write(f"{separator}{line}")
        separator = ",\n"
    sys.stdout.write(f'\n], "problems": {js.dumps(problems)}}}\n')
