"""litbot query new: the first text of a saved query."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection

from bot.cli import at_hand, options, output
from bot.config import Settings
from bot.errors import SettingsError
from bot.formats.text import clean
from bot.model import KnownStudy, Record
from bot.render.plain import cut
from bot.saved_queries import starting
from bot.saved_queries.starting import Start
from bot.store import records
from bot.strategy.mesh import Tree

_OWNER = re.compile(r"\s*(?P<name>[^<>]*?)\s*<(?P<target>[^<>\s]+)>\s*")
NOBODY = ("Your library", "librarian@example.org")  # as in queries/README.md
LONGEST_CITATION = 100  # characters


def new(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="The query's name: a-z, 0-9 and hyphens."),
    ],
    title: Annotated[
        str,
        typer.Option("--title", metavar="TEXT", help="The heading in digests.", show_default=False),
    ],
    words: Annotated[
        list[str],
        typer.Option(
            "--word",
            "--concept",
            metavar="WORDS",
            help="The words of one concept, between commas; once for each concept.",
            show_default=False,
        ),
    ],
    known: Annotated[
        list[str] | None,
        typer.Option(
            "--known",
            metavar="PMID|DOI",
            help="A study that the query must find; may be repeated.",
            show_default="none",
        ),
    ] = None,
    question: Annotated[
        str,
        typer.Option(
            "--question",
            metavar="TEXT",
            help="What the readers want to know, in one sentence.",
            show_default="made of the title",
        ),
    ] = "",
    owner: Annotated[
        str,
        typer.Option(
            "--owner",
            metavar="WHO",
            help="Who is told when it breaks: an address or a Slack channel, or 'Name <address>'.",
            show_default="LITBOT_OPERATOR, else an example",
        ),
    ] = "",
    database: options.Database = "",
    json: options.Json = False,
) -> None:
    """Write NAME.yaml beside the saved queries: every key explained, and a strategy to widen.

    Asks nobody, and never changes a file that is there.  Known studies that the store holds are
    cited from it.
    """
    settings = options.settings(database)
    named, target = _owner(owner, settings)
    path = settings.queries_dir / f"{starting.name_of(name)}.yaml"
    heading = clean(title).rstrip(".")
    with at_hand.store(settings) as db:
        start = Start(
            title=heading,
            question=question or (f"What is new on: {heading}?" if heading else ""),
            owner=named,
            target=target,
            concepts=tuple(map(starting.concept, words)),
            known_studies=tuple(dict.fromkeys(_cited(one, db) for one in known or ())),
        )
        text = starting.written(start, _heading(at_hand.mesh_tree(db)))
    _write(path, text)
    if json:
        output.as_json({"file": path, "next": f"litbot query check {path}"})
    else:
        output.line(f"wrote {path}")
        output.line(f"widen its groups, then run: litbot query check {path}")


def _owner(text: str, settings: Settings) -> tuple[str, str]:
    if not text:
        return ("The operator", settings.operator) if settings.operator else NOBODY
    found = _OWNER.fullmatch(text)
    name, target = (found["name"], found["target"]) if found else ("", text.strip())
    return name or NOBODY[0], target


def _cited(text: str, db: Connection | None) -> KnownStudy:
    """A known study, cited as the store knows it."""
    study = starting.study(text)
    if db is None:
        return study
    pmids, dois = filter(None, [study.pmid]), filter(None, [study.doi])
    numbers = {**records.by_pmid(db, [*pmids]), **records.by_doi(db, [*dois])}
    for record in records.read(db, list(numbers.values())[:1]).values():
        return replace(study, citation=_citation(record), pmid=record.pmid, doi=record.doi)
    return study


def _citation(record: Record) -> str:
    authors = [author.last or author.collective for author in record.authors[:1]]
    who = " ".join(filter(None, (*authors, record.published[:4])))
    return cut(clean(", ".join(filter(None, (who, record.title)))), LONGEST_CITATION)


def _heading(mesh: Tree) -> Callable[[str], str]:
    """What gives the MeSH heading that a word is."""

    def find(word: str) -> str:
        known = mesh.find(word)
        return known.name if known else ""

    return find


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise SettingsError(
            f"{path} is there already, and is left as it is; edit it, or choose another name"
        ) from error
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be written: {error.strerror}; LITBOT_QUERIES_DIR names its folder"
        ) from error
