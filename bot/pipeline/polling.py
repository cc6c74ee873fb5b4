"""Ask the sources for what is new and save it: one commit for each task, with its watermark."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.errors import SourceError
from bot.model import Journal, SavedQuery, Watermark
from bot.pipeline import alerts, saving
from bot.pipeline.parts import Bot, Report
from bot.ports import Batch, Known, Source, Task, TaskKind
from bot.saved_queries import fingerprint
from bot.store import Connection, matches, outbox, records, watermarks
from bot.store.database import reading, writing
from bot.store.matches import QueryState
from bot.store.watermarks import Run

log = logging.getLogger(__name__)

LEASE: Final = timedelta(minutes=30)  # a poll of one task is minutes; a dead holder is noticed
OVERLAP: Final = timedelta(days=8)  # what PubMed's poll looks back: its overlap and its mark's day
ASK_AGAIN: Final = timedelta(days=1)  # whether PubMed has a record that waits for it
FEED_THREADS: Final = 8


def poll(bot: Bot, now: datetime, *, names: Collection[str] = (), sweep: bool = False) -> Report:
    """Ask the sources for what is new, and save it; a failed one is named and blocks no other.

    `names` restricts the poll to some saved queries and journals.  A sweep looks again at the
    long windows; it is due by itself every `settings.sweep_days`.
    """
    report = Report()
    current = {q.name: (fingerprint(q), q.pubmed) for q in bot.queries.queries.values()}
    with writing(bot.engine) as db:
        new, changed = matches.adopt(db, current, now)
        states = matches.states(db)
    for name, query in bot.queries.queries.items():
        if names and name not in names:
            continue
        with watermarks.lease(bot.engine, f"pubmed {name}", now, LEASE) as mine:
            if not mine:
                report += Report(
                    problems=[f"pubmed {name}: another process is polling it"], busy=True
                )
                continue
            report += _poll_query(
                bot, query, states[name], now, sweep=sweep, changed=name in changed
            )
    for name in new:
        _match_stored(bot, bot.queries.queries[name], now)
    report += _poll_feeds(bot, now, names)
    report += _decide_waiting(bot, now)
    report += _ask_about_silent_feeds(bot, now)
    return report


def _poll_query(
    bot: Bot, query: SavedQuery, state: QueryState, now: datetime, *, sweep: bool, changed: bool
) -> Report:
    """One query's turn at PubMed: its poll, and its baseline or sweep where that is due."""
    if changed:
        return _change_query(bot, query, state, now)
    report = _ask(bot, bot.pubmed, query, "poll", now)
    if report.problems:
        return report
    if state.baseline_at is None:
        return report + _ask(bot, bot.pubmed, query, "baseline", now)
    due = timedelta(days=bot.settings.sweep_days)
    if sweep or state.swept_at is None or state.swept_at <= now - due:
        report += _ask(bot, bot.pubmed, query, "sweep", now)
    return report


def _change_query(bot: Bot, query: SavedQuery, state: QueryState, now: datetime) -> Report:
    """Close the books of the old text, then see what the new one finds beside it.

    Nothing that the change gains is news; what PubMed has created since the last poll still is,
    so the old text is polled once more.  Where PubMed refuses the old text (perhaps that is why
    it was changed) the new one is polled from the old mark.
    """
    old = replace(query, pubmed=state.strategy)
    report = _ask(bot, bot.pubmed, old, "poll", now)
    if report.problems:
        with reading(bot.engine) as db:
            broken = watermarks.state(db, "strategy", query.name)
        if broken is None or broken.state == "ok":
            return report  # PubMed is down: the change waits, and so does the query
        report = _ask(bot, bot.pubmed, query, "poll", now)
        if report.problems:
            return report
    task = Task(kind="baseline", subject=query)
    try:
        batch = bot.pubmed.fetch(task, _known(bot), now)
        if batch.incomplete:
            raise SourceError("pubmed", query.name, batch.incomplete)
        with reading(bot.engine) as db:
            newly = saving.newly_found(db, query, batch.listed)
            shown = newly[: saving.GAINED_SHOWN]
            missing = [pmid for pmid in shown if pmid not in records.by_pmid(db, shown)]
        fetched = bot.pubmed.records(missing).found if missing else ()
    except SourceError as error:
        return report + _failed(bot, error, now)
    with writing(bot.engine, saves_records=True) as db:
        counted = saving.gain(db, query, newly, fetched, now)
        matches.changed(db, query.name, (fingerprint(query), query.pubmed), counted, now)
        _match_stored_in(db, bot, query, now, kind="gained")
    log.info("took the baseline of %s again: its change gains %d", query.name, len(newly))
    return report


def _match_stored(bot: Bot, query: SavedQuery, now: datetime) -> None:
    """Match what the feeds have shown before a new query came."""
    with writing(bot.engine, saves_records=True) as db:
        _match_stored_in(db, bot, query, now, kind="new")


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
            query,
            own,
            now,
            source=journal,
            kind="gained" if kind == "gained" else "new",
            old=old if kind == "new" else (),
        )


def _known(bot: Bot) -> Known:
    """Ask the store which PMIDs it holds."""

    def known(pmids: Sequence[str]) -> frozenset[str]:
        with reading(bot.engine) as db:
            return frozenset(records.by_pmid(db, pmids))

    return known


def _ask(bot: Bot, source: Source, subject: SavedQuery, kind: TaskKind, now: datetime) -> Report:
    """Fetch one task of PubMed and save it: one commit, and the watermark in the same one."""
    name = subject.name
    with reading(bot.engine) as db:
        cursor = watermarks.cursor(db, source.name, name)
        owed = watermarks.owes(db, source.name, name) if kind == "poll" else ()
    task = Task(kind=kind, subject=subject, cursor=cursor, owed=owed)
    try:
        batch = source.fetch(task, _known(bot), now)
    except SourceError as error:
        return _failed(bot, error, now, kind=kind)
    with writing(bot.engine, saves_records=True) as db:
        if kind == "baseline":
            run = _baseline(db, subject, batch, now)
        else:
            fresh = (now - OVERLAP).date().isoformat()
            run = saving.pubmed_batch(db, subject, kind, batch, now, fresh_since=fresh)
            if kind == "sweep" and not run.problem:
                matches.note(db, name, swept_at=now)
        _settle(db, bot, subject, run, batch.cursor if kind == "poll" else {}, now)
    return _reported(run)


def _baseline(db: Connection, query: SavedQuery, batch: Batch, now: datetime) -> Run:
    if batch.incomplete:
        return Run("pubmed", query.name, "baseline", now, problem=batch.incomplete)
    return saving.baseline(db, query, batch, now)


def _settle(
    db: Connection,
    bot: Bot,
    subject: SavedQuery | Journal,
    run: Run,
    cursor: Mapping[str, str],
    now: datetime,
) -> None:
    """Keep the run's counts; move the watermark and call the source well, or neither."""
    watermarks.record_run(db, run)
    query = subject if isinstance(subject, SavedQuery) else None
    old = watermarks.state(db, run.source, run.task)
    if run.problem:
        error = SourceError(run.source, run.task, run.problem)
        state, event = alerts.after_failure(old, error, now)
    else:
        state, event = alerts.after_success(old, run.source, run.task, now)
        if run.kind != "poll":
            state = state._replace(complete_at=old.complete_at if old else None)
        if run.new or run.merged:
            state = state._replace(new_at=now, coverage="", coverage_at=None)
        if cursor:
            mark = Watermark(source=run.source, task=run.task, cursor=cursor, moved_at=now)
            watermarks.move(db, mark)
    alerts.source_changed(db, bot.settings, bot.renderer, state, event, query, now)
    if query is not None and run.kind == "poll":
        _settle_strategy(db, bot, query, run, now)


def _settle_strategy(db: Connection, bot: Bot, query: SavedQuery, run: Run, now: datetime) -> None:
    """What PubMed says of the strategy: warnings, and a translation that has become another."""
    old = watermarks.state(db, "strategy", query.name)
    if run.warnings:
        error = SourceError("strategy", query.name, "; ".join(run.warnings))
        state, event = alerts.after_failure(old, error, now)
    else:
        state, event = alerts.after_success(old, "strategy", query.name, now)
    alerts.source_changed(db, bot.settings, bot.renderer, state, event, query, now)
    known = matches.states(db)[query.name]
    same_text = known.fingerprint == fingerprint(query)
    if run.translation and same_text and known.translation != run.translation:
        if known.translation:
            alerts.tell(
                db,
                bot.settings,
                bot.renderer,
                [query.owner.target],
                key=f"translation {query.name} {run.translation}",
                subject=f"litbot: PubMed reads {query.name} differently now",
                lines=[f"It was: {known.translation}", f"It is: {run.translation}"],
                now=now,
            )
        matches.note(db, query.name, translation=run.translation)


def _failed(bot: Bot, error: SourceError, now: datetime, *, kind: TaskKind = "poll") -> Report:
    """Name a failure: in its run, its state, and to those who can mend it.  No mark moves."""
    log.warning("%s", error)
    query = bot.queries.queries.get(error.task)
    source = "strategy" if error.query_at_fault else error.source
    journal = bot.queries.journals.get(error.task)
    with writing(bot.engine) as db:
        watermarks.record_run(db, Run(error.source, error.task, kind, now, problem=error.problem))
        old = watermarks.state(db, source, error.task)
        named = SourceError(
            source,
            error.task,
            error.problem,
            permanent=error.permanent,
            retry_at=error.retry_at,
        )
        state, event = alerts.after_failure(old, named, now)
        if journal is not None:
            pause = outbox.back_off(state.failures)
            state = state._replace(address=journal.feed, retry_at=error.retry_at or now + pause)
        alerts.source_changed(db, bot.settings, bot.renderer, state, event, query, now)
    return Report(problems=[str(error)])


def _reported(run: Run) -> Report:
    log.info(
        "polled %s for %s (%s): %d reported, %d new, %d matched",
        run.source,
        run.task,
        run.kind,
        run.reported,
        run.new,
        run.matched,
    )
    problems = [f"{run.source} {run.task}: {run.problem}"] if run.problem else []
    return Report(runs=[run], problems=problems)


def _poll_feeds(bot: Bot, now: datetime, names: Collection[str]) -> Report:
    """Fetch the feeds side by side, save them one by one."""
    readers: dict[str, list[SavedQuery]] = {}
    for query in bot.queries.queries.values():
        for journal in bot.queries.journals_of(query):
            readers.setdefault(journal.name, []).append(query)
    journals = [bot.queries.journals[name] for name in readers if not names or name in names]
    with watermarks.lease(bot.engine, "feeds", now, LEASE) as mine:
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
                report += _failed(bot, batch, now)
                continue
            with writing(bot.engine, saves_records=True) as db:
                days = bot.settings.news_days
                run = saving.feed_batch(
                    db, journal, readers[journal.name], batch, now, news_days=days
                )
                _settle(db, bot, journal, run, batch.cursor, now)
            report += _reported(run)
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


def _decide_waiting(bot: Bot, now: datetime) -> Report:
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
        have = matches.pmids(db, sorted({n for numbers in waiting.values() for n in numbers}))
        unseen = records.read(db, sorted(lookups - set(have)))
    dois = [record.doi for record in unseen.values() if record.doi]
    try:
        if dois:
            found = bot.pubmed.records(sorted(set(bot.pubmed.resolve(dois).values()))).found
            with writing(bot.engine, saves_records=True) as db:
                records.keep(db, "pubmed", "waiting", found, now)
        with writing(bot.engine) as db:
            for name, numbers in waiting.items():
                matches.asked(db, name, [n for n in numbers if n in lookups], now)
        for name, numbers in waiting.items():
            with reading(bot.engine) as db:
                pmids = {pmid: n for n, pmid in matches.pmids(db, numbers).items()}
            if pmids:
                query = bot.queries.queries[name]
                finds = bot.pubmed.among(query.pubmed, sorted(pmids))
                with writing(bot.engine, saves_records=True) as db:
                    saving.decide(db, query, pmids, finds, now)
    except SourceError as error:
        log.warning("%s", error)
        return Report(problems=[str(error)])
    return Report()


def _ask_about_silent_feeds(bot: Bot, now: datetime) -> Report:
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
