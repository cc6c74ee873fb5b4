"""Ask PubMed about what feeds leave open: records without abstract, and feeds that are silent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.errors import SourceError
from bot.model import SavedQuery
from bot.pipeline import alerts, outcomes, saving
from bot.pipeline.parts import Bot, Report
from bot.pipeline.relating import relate
from bot.store import matches, records, watermarks
from bot.store.database import reading, writing

ASK_AGAIN: Final = timedelta(days=1)  # whether PubMed has a record that waits for it
#: What asking about them is called in runs and states; no query has a name with a space.
WAITING: Final = "waiting records"


def decide_waiting(bot: Bot, now: datetime) -> Report:
    """Let PubMed decide on feed records without abstract, as soon as it has them."""
    waiting: dict[str, list[int]] = {}
    lookups: set[int] = set()
    with reading(bot.engine) as db:
        for name in bot.queries.queries:
            for number, since, asked_at in matches.undecided(db, name):
                waiting.setdefault(name, []).append(number)
                fresh = since > now - timedelta(days=bot.settings.waiting_days)
                if fresh and (asked_at is None or asked_at <= now - ASK_AGAIN):
                    lookups.add(number)
    report = Report()
    try:
        _look_up(bot, lookups, waiting, now)
        for name, numbers in waiting.items():
            report += _decide(bot, bot.queries.queries[name], numbers, now)
    except SourceError as error:
        return report + outcomes.failed(bot, error, WAITING, "lookup", now)
    with writing(bot.engine) as db:
        old = watermarks.state(db, "pubmed", WAITING)
        if old is not None and old.state != "ok":
            state, event = alerts.after_success(old, "pubmed", WAITING, now)
            alerts.source_changed(db, bot.settings, bot.renderer, state, event, None, now)
    return report


def _look_up(
    bot: Bot, lookups: set[int], waiting: Mapping[str, Sequence[int]], now: datetime
) -> None:
    """Fetch the PubMed records of those that have none yet, by their DOIs."""
    with reading(bot.engine) as db:
        have = matches.pmids(db, sorted(lookups))
        unseen = records.read(db, sorted(lookups - set(have)))
    dois = [record.doi for record in unseen.values() if record.doi]
    if dois:
        found = bot.pubmed.by_doi(dois)
        with writing(bot.engine, saves_records=True) as db:
            relate(db, records.keep(db, "pubmed", "waiting", found, now), "pubmed", now)
    with writing(bot.engine) as db:
        for name, numbers in waiting.items():
            matches.asked(db, name, [n for n in numbers if n in lookups], now)


def _decide(bot: Bot, query: SavedQuery, numbers: Sequence[int], now: datetime) -> Report:
    """Ask which of these records the query finds.  A query that PubMed refuses blocks no other."""
    with reading(bot.engine) as db:
        pmids = {pmid: n for n, pmid in matches.pmids(db, numbers).items()}
    if not pmids:
        return Report()
    try:
        finds = bot.pubmed.among(query.pubmed, sorted(pmids))
    except SourceError as error:
        if not error.query_at_fault:
            raise
        return outcomes.failed(bot, error, query.name, "lookup", now)
    with writing(bot.engine, saves_records=True) as db:
        saving.decide(db, query, pmids, finds, now)
    return Report()


def ask_about_silent_feeds(bot: Bot, now: datetime) -> Report:
    """Once a month: does PubMed hold the records of a journal whose feed gives nothing new?"""
    with reading(bot.engine) as db:
        states = watermarks.states(db, "feed")
    for state in states:
        journal = bot.queries.journals.get(state.task)
        if journal is None or not journal.issns or not alerts.is_silent(state, now):
            continue
        if state.coverage_at is not None and state.coverage_at > now - alerts.SILENT:
            continue
        try:
            held = bot.pubmed.holds(journal.issns, now)
        except SourceError as error:
            return Report(problems=[str(error)])
        covered = "covered" if held else "missing"
        with writing(bot.engine) as db:
            watermarks.set_state(db, state._replace(coverage=covered, coverage_at=now))
    return Report()
