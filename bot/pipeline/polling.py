"""Ask the sources for what is new and save it: one commit for each task, with its watermark."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.errors import SourceError
from bot.model import Journal, SavedQuery
from bot.pipeline import outcomes, saving, waiting
from bot.pipeline.parts import Bot, Report
from bot.ports import Batch, Known, Task, TaskKind
from bot.saved_queries import fingerprint
from bot.store import Connection, matches, records, watermarks
from bot.store.database import reading, writing
from bot.store.matches import QueryState

log = logging.getLogger(__name__)

LEASE: Final = timedelta(minutes=30)  # a poll of one task is minutes; a dead holder is noticed
OVERLAP: Final = timedelta(days=8)  # what PubMed's poll looks back: its overlap and its mark's day
FEED_THREADS: Final = 8


def poll(bot: Bot, now: datetime, *, names: Collection[str] = (), sweep: bool = False) -> Report:
    """Ask the sources for what is new, and save it; a failed one is named and blocks no other.

    `names` restricts the poll to some saved queries and journals.  A sweep looks again at the
    long windows; it is due by itself every `settings.sweep_days`.
    """
    report = Report()
    current = {q.name: (fingerprint(q), q.pubmed) for q in bot.queries.queries.values()}
    with writing(bot.engine) as db:
        changed = matches.adopt(db, current, now)
        states = matches.states(db)
    for name, query in bot.queries.queries.items():
        if states[name].feeds_matched_at is None:
            _match_stored(bot, query, now)
    for name, query in bot.queries.queries.items():
        if names and name not in names:
            continue
        with watermarks.lease(bot.engine, f"pubmed {name}", LEASE) as mine:
            if not mine:
                report += Report(
                    problems=[f"pubmed {name}: another process is polling it"], busy=True
                )
                continue
            report += _poll_query(
                bot, query, states[name], now, sweep=sweep, changed=name in changed
            )
    report += _poll_feeds(bot, now, names)
    report += waiting.decide_waiting(bot, now)
    report += waiting.ask_about_silent_feeds(bot, now)
    return report


def _poll_query(
    bot: Bot, query: SavedQuery, state: QueryState, now: datetime, *, sweep: bool, changed: bool
) -> Report:
    """One query's turn at PubMed: its poll, and its baseline or sweep where that is due."""
    if changed:
        return _change_query(bot, query, state, now)
    last_sweep = now - timedelta(days=bot.settings.sweep_days)
    then: TaskKind | None = None
    if state.baseline_at is None:
        then = "baseline"
    elif sweep or state.swept_at is None or state.swept_at <= last_sweep:
        then = "sweep"
    report = _ask(bot, query, "poll", now, more=then is not None)
    if then is None or report.problems:
        return report
    return report + _ask(bot, query, then, now, more=False)


def _change_query(bot: Bot, query: SavedQuery, state: QueryState, now: datetime) -> Report:
    """Close the books of the old text, then see what the new one finds beside it.

    Nothing that the change gains is news; what PubMed has created since the last poll still is,
    so the old text is polled once more.  Where PubMed refuses the old text (perhaps that is why
    it was changed) the new one is polled from the old mark.
    """
    old = replace(query, pubmed=state.strategy)
    report = _ask(bot, old, "poll", now, more=True)
    if report.problems:
        with reading(bot.engine) as db:
            broken = watermarks.state(db, "strategy", query.name)
        if broken is None or broken.state == "ok":
            return report  # PubMed is down: the change waits, and so does the query
        report = _ask(bot, query, "poll", now, more=True)
        if report.problems:
            return report
    try:
        batch = _complete(bot.pubmed.fetch(Task(kind="baseline", subject=query), _known(bot), now))
        with reading(bot.engine) as db:
            newly = saving.newly_found(db, query, batch.listed)
            shown = newly[: saving.GAINED_SHOWN]
            missing = [pmid for pmid in shown if pmid not in records.by_pmid(db, shown)]
        fetched = _complete(bot.pubmed.records(missing)).found if missing else ()
    except SourceError as error:
        return report + outcomes.failed(bot, error, query.name, "baseline", now)
    with writing(bot.engine, saves_records=True) as db:
        counted = saving.gain(db, query, newly, fetched, now)
        matches.changed(db, query.name, (fingerprint(query), query.pubmed), counted, now)
        _match_stored_in(db, bot, query, now, kind="gained")
        run = saving.baseline_run(query, batch, now)
        outcomes.settle(db, bot, query, run, {}, now)
    log.info("took the baseline of %s again: its change gains %d", query.name, len(newly))
    return report


def _complete(batch: Batch) -> Batch:
    """A batch of which nothing is left out.  Raise SourceError for another."""
    if batch.incomplete:
        raise SourceError("pubmed", "", batch.incomplete)
    return batch


def _match_stored(bot: Bot, query: SavedQuery, now: datetime) -> None:
    """Match what the feeds have shown before a new query came."""
    with writing(bot.engine, saves_records=True) as db:
        _match_stored_in(db, bot, query, now, kind="new")
        matches.note(db, query.name, feeds_matched_at=now)


def _match_stored_in(
    db: Connection, bot: Bot, query: SavedQuery, now: datetime, *, kind: str
) -> None:
    since = now - timedelta(days=bot.settings.news_days)
    journals = [journal.name for journal in bot.queries.journals_of(query)]
    shown = records.sighted_since(db, "feed", journals, since)
    seen = records.read(db, sorted(shown))
    old = [n for n, record in seen.items() if saving.is_old(record, now, bot.settings.news_days)]
    for journal in dict.fromkeys(shown.values()):
        own = {number: seen[number] for number, task in shown.items() if task == journal}
        saving.match_locally(
            db,
            (query,),
            own,
            now,
            source=journal,
            kind="gained" if kind == "gained" else "new",
            old=old if kind == "new" else (),
        )


def _known(bot: Bot, baseline_of: str = "") -> Known:
    """Ask the store which PMIDs need no fetching: it holds them, or a baseline knows them."""

    def known(pmids: Sequence[str]) -> frozenset[str]:
        with reading(bot.engine) as db:
            untold = matches.known(db, baseline_of, pmids) if baseline_of else {}
            return frozenset(records.by_pmid(db, pmids)) | frozenset(untold)

    return known


def _ask(bot: Bot, query: SavedQuery, kind: TaskKind, now: datetime, *, more: bool) -> Report:
    """Fetch one task of PubMed and save it: one commit, and the watermark in the same one."""
    source, name = bot.pubmed, query.name
    with reading(bot.engine) as db:
        cursor = watermarks.cursor(db, source.name, name)
        owed = watermarks.owes(db, source.name, name, given_up=kind == "sweep")
    task = Task(kind=kind, subject=query, cursor=cursor, owed=owed)
    try:
        batch = source.fetch(task, _known(bot, name if kind == "sweep" else ""), now)
    except SourceError as error:
        return outcomes.failed(bot, error, name, kind, now)
    with writing(bot.engine, saves_records=True) as db:
        if kind == "baseline":
            run = saving.baseline(db, query, batch, now)
        else:
            fresh = (now - OVERLAP).date().isoformat()
            run = saving.pubmed_batch(db, query, kind, batch, now, fresh_since=fresh)
            if kind == "sweep" and not run.problem:
                matches.note(db, name, swept_at=now)
        mark = batch.cursor if kind == "poll" else {}
        outcomes.settle(db, bot, query, run, mark, now, more=more)
    return outcomes.reported(run)


def _poll_feeds(bot: Bot, now: datetime, names: Collection[str]) -> Report:
    """Fetch the feeds side by side, save them one by one."""
    readers: dict[str, list[SavedQuery]] = {}
    for query in bot.queries.queries.values():
        for journal in bot.queries.journals_of(query):
            readers.setdefault(journal.name, []).append(query)
    journals = [bot.queries.journals[name] for name in readers if not names or name in names]
    with watermarks.lease(bot.engine, "feeds", LEASE) as mine:
        if not mine:
            return Report(problems=["feeds: another process is polling them"], busy=True)
        return _fetch_and_save(bot, now, journals, readers)


def _fetch_and_save(
    bot: Bot,
    now: datetime,
    journals: Sequence[Journal],
    readers: Mapping[str, Sequence[SavedQuery]],
) -> Report:
    report = Report()
    with reading(bot.engine) as db:
        states = {state.task: state for state in watermarks.states(db, "feed")}
        due = [
            (journal, watermarks.cursor(db, "feed", journal.name))
            for journal in journals
            if journal.feed and _may_ask(states.get(journal.name), journal, now)
        ]
    with ThreadPoolExecutor(FEED_THREADS) as threads:
        fetched = threads.map(lambda one: _fetch_feed(bot, one[0], one[1], now), due)
        for (journal, _), batch in zip(due, fetched, strict=True):
            if isinstance(batch, SourceError):
                report += outcomes.failed(bot, batch, journal.name, "poll", now)
                continue
            with writing(bot.engine, saves_records=True) as db:
                days = bot.settings.news_days
                run = saving.feed_batch(
                    db, journal, readers[journal.name], batch, now, news_days=days
                )
                outcomes.settle(db, bot, journal, run, batch.cursor, now)
            report += outcomes.reported(run)
    return report


def _may_ask(state: watermarks.State | None, journal: Journal, now: datetime) -> bool:
    """A feed that is gone is not asked again until its address changes; one may ask for a pause."""
    if state is None or state.address not in ("", journal.feed):
        return True
    return state.state != "muted" and (state.retry_at is None or state.retry_at <= now)


def _fetch_feed(
    bot: Bot, journal: Journal, cursor: Mapping[str, str], now: datetime
) -> Batch | SourceError:
    try:
        return bot.feeds.fetch(
            Task(kind="poll", subject=journal, cursor=cursor), lambda _: frozenset(), now
        )
    except SourceError as error:
        return error
