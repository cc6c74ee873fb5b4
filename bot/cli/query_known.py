"""Known studies on the command line: what `litbot query check` says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import typer

from bot import known_studies, saved_queries, wiring
from bot.cli import at_hand, output, strategies
from bot.config import Settings
from bot.errors import QueryError, QueryFilesError, SettingsError, SourceError, StoreError
from bot.known_studies import Checked, Outcome
from bot.model import KnownStudy, SavedQuery
from bot.saved_queries import Place
from bot.sources import pubmed
from bot.store import Connection, matches

Against = Annotated[
    str,
    typer.Option(
        "--against",
        metavar="REV",
        help="The git revision that a change is compared with: what its text found must still be "
        "found (default: the text of each file before its last change).",
        show_default=False,
    ),
]
Online = Annotated[
    bool,
    typer.Option(
        "--online",
        help="Ask PubMed too whether it finds the known studies: one search a query "
        "(default: off).",
        show_default=False,
    ),
]

AtPubMed = Literal["found", "lost", "failed", "not asked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is known of one known study of one query."""

    file: str
    line: int  #: Of the clause that lost it, or of the strategy.
    column: int
    query: str
    study: KnownStudy
    outcome: Outcome  #: By the records at hand.
    pubmed: AtPubMed
    terms: tuple[str, ...]  #: That find it, remove it, or are gone.
    message: str

    @property
    def fails(self) -> bool:
        """Does this keep a change from being merged?"""
        return self.outcome == "lost" or self.pubmed in ("lost", "failed")


def check(
    paths: Sequence[Path], settings: Settings, *, today: date, against: str, online: bool
) -> tuple[Said, ...]:
    """Ask each query about its known studies, by the records at hand and, if wanted, at PubMed.

    Raise QueryFilesError where a file cannot be read as a saved query, FormatError where a file of
    records cannot.
    """
    said: list[Said] = []
    with ExitStack() as opened:
        db = _store(opened, settings)
        mesh = at_hand.mesh_tree(db)
        for path in paths:
            query = saved_queries.read(path)
            if not query.known_studies:
                continue
            _, place = saved_queries.strategy_at(path)
            records = known_studies.beside(path.parent)
            if db is not None:
                records += known_studies.stored(db, query.known_studies)
            before = _before(path, query, against, db)
            checked = known_studies.gate(query, records, mesh=mesh, today=today, before=before)
            asked = _at_pubmed(query, settings) if online else {}
            said += [_said(path, query, one, place, asked, before) for one in checked]
    return tuple(said)


def show(said: Sequence[Said]) -> None:
    """Print what fails and what nobody can tell, a line each, and how many are found."""
    for one in said:
        if one.fails or one.outcome == "cannot tell":
            output.line(f"{one.file}:{one.line}:{one.column}: {one.message}")
    counts = {name: sum(one.outcome == name for one in said) for name in ("found", "lost")}
    unknown = len(said) - sum(counts.values())
    if said:
        output.line(
            f"known studies at hand: {counts['found']} found, {counts['lost']} lost, "
            f"{unknown} that nobody can tell"
        )
    asked = [one.pubmed for one in said if one.pubmed != "not asked"]
    if asked:
        output.line(
            f"known studies at PubMed: {asked.count('found')} found, {asked.count('lost')} lost, "
            f"{asked.count('failed')} not checked"
        )


def _store(opened: ExitStack, settings: Settings) -> Connection | None:
    """The database, if there is one that can be read; a check does not need it."""
    try:
        return opened.enter_context(at_hand.store(settings))
    except StoreError as error:
        output.problem(f"only records beside the queries are looked at: {error}")
        return None


def _before(path: Path, query: SavedQuery, against: str, db: Connection | None) -> str:
    """An earlier text of the strategy: of the revision, else the one before the last change, or the
    one that was polled last."""
    path = path.absolute()
    if against:
        strategies.demand(path.parent, against)
    for revision in [against] if against else strategies.changes(path):
        with suppress(SettingsError, QueryFilesError, QueryError):  # a new query, or a broken one
            text = strategies.at_revision(path, revision).text
            if against or text != query.pubmed:
                return text
    states = matches.states(db) if db is not None and not against else {}
    return states[query.name].strategy if query.name in states else ""


def _at_pubmed(query: SavedQuery, settings: Settings) -> Mapping[KnownStudy, tuple[AtPubMed, str]]:
    """What PubMed says of each known study, and what of that is to be added to the sentence."""
    source = pubmed.build(settings, wiring.session(settings))
    try:
        lost = source.lost(query.name, query.pubmed, query.known_studies)
    except SourceError as error:
        return dict.fromkeys(query.known_studies, ("failed", f"; not asked: {error}"))
    return {
        study: ("lost", "; PubMed does not find it") if study in lost else ("found", "")
        for study in query.known_studies
    }


def _said(
    path: Path,
    query: SavedQuery,
    one: Checked,
    place: Place,
    asked: Mapping[KnownStudy, tuple[AtPubMed, str]],
    before: str,
) -> Said:
    answer, more = asked.get(one.study, ("not asked", ""))
    if one.outcome == "lost" and not before:
        more = f"; there is no earlier text to compare with{more}"
    line, column = place(one.clauses[0].start if one.clauses else 0)
    found_by = [reason.term for reason in one.reasons]
    removed_by = [reason.term for clause in one.clauses for reason in clause.removes]
    return Said(
        file=str(path),
        line=line,
        column=column,
        query=query.name,
        study=one.study,
        outcome=one.outcome,
        pubmed=answer,
        terms=(*map(str, found_by or removed_by), *one.deleted),
        message=known_studies.told(query, one, place) + more,
    )
