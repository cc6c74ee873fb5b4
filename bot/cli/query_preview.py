"""litbot query preview: what a query would bring, before it is saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

import typer
from rich.text import Text
from sqlalchemy import Connection

from bot import saved_queries, wiring
from bot.cli import at_hand, options, output, strategies, telling, weeks
from bot.cli.strategies import Asked
from bot.cli.weeks import Load
from bot.config import Settings
from bot.errors import SourceError
from bot.model import Journal, Record, SavedQuery
from bot.pipeline.alerts import is_silent
from bot.render.plain import clean, day, listed, number
from bot.sources.pubmed import listing, previewing
from bot.sources.pubmed.previewing import NEWEST, Preview
from bot.sources.pubmed.service import Service
from bot.store import watermarks
from bot.strategy.mesh import Tree
from bot.strategy.texts import texts

JOURNALS_SHOWN = 10  # of those whose feeds are alike; --json names all


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    """What the store holds that the query would find."""

    records: int  #: All that were asked about.
    found: int
    unknown: int
    newest: tuple[tuple[str, Record], ...]
    load: Load  #: By create date: of what PubMed has shown so far.


def preview(
    query: Annotated[
        str,
        typer.Argument(
            metavar="QUERY",
            help="A query's file or name, a file with a strategy, REV:FILE of git, or a strategy.",
        ),
    ],
    since: options.WeeksSince = "",
    offline: Annotated[
        bool,
        typer.Option(
            "--offline",
            help="Ask nobody; look through the store only (default: off).",
            show_default=False,
        ),
    ] = False,
    database: options.Database = "",
    now: options.Now = "",
    json: options.Json = False,
) -> None:
    """Show what a query would bring: records a week, the newest ten and why, and the sources.

    Asks PubMed, one request a week that is counted and three more.  Writes nothing, sends
    nothing and needs no database.  Exit 1 when PubMed does not answer.
    """
    settings, moment = options.settings(database), options.clock(now)
    asked = strategies.asked(query, settings)
    today = listing.today(moment)
    days = weeks.first_days(today, since)
    saved = _saved(query, settings)
    journals = saved_queries.load(settings.queries_dir).journals_of(saved) if saved else ()
    with at_hand.store(settings) as db:
        mesh = at_hand.mesh_tree(db)
        stored = _stored(asked, db, mesh, today, days) if db else None
        states = {journal.name: _state(journal, db, moment) for journal in journals}
    seen, load = None, stored.load if stored else None
    problem = ""
    if not offline:
        try:
            seen, load = _at_pubmed(asked, settings, days)
        except SourceError as error:
            problem = str(error)
            output.problem(problem)
    newest = (
        [(one.pmid, one) for one in seen.newest] if seen else [*(stored.newest if stored else ())]
    )
    left_out = [name for name, one in newest if saved and not saved_queries.wanted(saved, one)]
    requests = 0 if seen is None else 2 + bool(seen.newest) + len(days)
    if json:
        output.as_json(
            {
                "query": asked.name or asked.text,
                "pubmed": seen and _pubmed_values(seen, requests),
                "weeks": load and {"since": load.since, "counts": load.counts},
                "median": load and load.median,
                "ninetieth_percentile": load and load.ninetieth,
                "newest": [record_values(asked, one, mesh, today) for one in newest],
                "left_out": left_out,
                "journals": [
                    {"journal": journal.name, "feed": journal.feed, "state": states[journal.name]}
                    for journal in journals
                ],
                "store": stored
                and {"records": stored.records, "yes": stored.found, "unknown": stored.unknown},
                "problems": [problem] if problem else [],
            }
        )
    else:
        _show_load(load, seen)
        output.line("")
        output.line(f"the newest {len(newest)} of them" if newest else "no record to show")
        for name, record in newest:
            show(asked, name, record, mesh, today)
        output.line("")
        if left_out:
            output.line(f"left out by languages or publication_types: {', '.join(left_out)}")
        _show_sources(seen, requests, journals, states, stored)
    if problem:
        raise typer.Exit(1)


def show(asked: Asked, name: str, record: Record, mesh: Tree, today: date) -> None:
    """One record: title, journal and date, and the words that the strategy found."""
    told = telling.told(asked, record, mesh=mesh, today=today)
    output.line("")
    output.styled(telling.marked(record.title, telling.spans_in(told.reasons, "title")))
    journal = record.journal or record.journal_abbreviation
    where = filter(None, (journal, day(record.published), f"created {record.created}", name))
    output.styled(Text(clean(" · ".join(where)), style="dim"), indent=2)
    if spans := telling.spans_in(told.reasons, "abstract"):
        output.styled(telling.passages(texts(record)["abstract"], spans), indent=2)
    if told.answer != "yes":
        output.line(f"not found offline: {told.answer}", indent=2)
    for line in telling.lines(asked, record, told):
        output.line(line, indent=4)


def record_values(
    asked: Asked, one: tuple[str, Record], mesh: Tree, today: date
) -> dict[str, object]:
    """The same for JSON."""
    name, record = one
    told = telling.told(asked, record, mesh=mesh, today=today)
    shown = {"title": record.title, "journal": record.journal, "published": record.published}
    return {
        **telling.as_values(name, asked, record, told),
        **shown,
        "created": record.created,
    }


def service(settings: Settings) -> Service:
    """PubMed as these settings reach it."""
    return Service(settings, wiring.session(settings))


def _at_pubmed(asked: Asked, settings: Settings, days: Sequence[date]) -> tuple[Preview, Load]:
    pubmed, name = service(settings), asked.name or "preview"
    output.progress_line(f"asking PubMed, {len(days) + 3} requests")
    seen = previewing.preview(pubmed, name, asked.text, days[0])
    counts = previewing.weekly(pubmed, name, asked.text, days)
    return seen, Load(since=days[0], counts=counts)


def _saved(argument: str, settings: Settings) -> SavedQuery | None:
    """The saved query that an argument names, with its journals; None for a bare strategy."""
    path = strategies.saved_file(argument, settings)
    return saved_queries.read(path) if path else None


def _state(journal: Journal, db: Connection | None, now: datetime) -> str:
    """In words, why a feed may bring nothing; empty where all is well."""
    if not journal.feed:
        return "no feed known"
    state = watermarks.state(db, "feed", journal.name) if db else None
    if state is None:
        return "never polled" if journal.confirmed else "never polled, unconfirmed"
    silent = "silent" if is_silent(state, now) else ""
    return ", ".join(filter(None, (silent, "" if journal.confirmed else "unconfirmed")))


def _stored(asked: Asked, db: Connection, mesh: Tree, today: date, days: Sequence[date]) -> _Stored:
    """Ask the strategy about every record in the store; the newest ten are kept."""
    records = found = unknown = 0
    newest: list[tuple[str, Record]] = []
    created: list[str] = []
    for name, record in at_hand.stored(db):
        records += 1
        answer = telling.told(asked, record, mesh=mesh, today=today, why=False).answer
        unknown += answer == "unknown"
        if answer != "yes":
            continue
        found += 1
        created.append(record.created)
        newest.append((name, record))
        newest.sort(key=lambda one: one[1].created or one[1].published, reverse=True)
        del newest[NEWEST:]
    return _Stored(
        records=records,
        found=found,
        unknown=unknown,
        newest=tuple(newest),
        load=weeks.load(days, created),
    )


def _show_load(load: Load | None, seen: Preview | None) -> None:
    if load is None:
        output.line("PubMed does not say and there is no database yet: nothing is known")
        return
    output.line(f"records a week, by {'PubMed' if seen else 'the store alone'}: {load}")


def _show_sources(
    seen: Preview | None,
    requests: int,
    journals: Sequence[Journal],
    states: dict[str, str],
    stored: _Stored | None,
) -> None:
    output.line("sources")
    if seen:
        output.line(
            f"PubMed: {number(seen.count, 'record', 'records')} in all, by {requests} requests",
            indent=2,
        )
        for warning in seen.warnings:
            output.line(f"PubMed warns: {warning}", indent=2)
        if seen.missing:
            output.line(f"PubMed did not give {', '.join(seen.missing)}", indent=2)
        output.line(f"PubMed reads it as: {seen.translation}", indent=2)
    else:
        output.line("PubMed: not asked", indent=2)
    read = [journal for journal in journals if journal.feed]
    output.line(f"feeds: {len(read)} of {number(len(journals), 'journal', 'journals')}", indent=2)
    for state in dict.fromkeys(filter(None, states.values())):
        names = [name for name, one in states.items() if one == state]
        output.line(f"{state}: {listed(names, JOURNALS_SHOWN)}", indent=4)
    if stored:
        output.line(
            f"store: {number(stored.records, 'record', 'records')}; it would find {stored.found}, "
            f"and of {stored.unknown} nobody can tell without their abstracts",
            indent=2,
        )
    else:
        output.line("store: there is no database yet", indent=2)


def _pubmed_values(seen: Preview, requests: int) -> dict[str, object]:
    return {
        "count": seen.count,
        "translation": seen.translation,
        "warnings": seen.warnings,
        "missing": seen.missing,
        "requests": requests,
    }
