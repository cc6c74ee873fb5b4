"""What became of asking a source: its run, its state, its mark, and who is told of it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime

from bot.errors import SourceError
from bot.model import Journal, SavedQuery, Watermark
from bot.pipeline import alerts
from bot.pipeline.parts import Bot, Report
from bot.saved_queries import fingerprint
from bot.store import Connection, matches, outbox, watermarks
from bot.store.database import writing
from bot.store.watermarks import Run

log = logging.getLogger(__name__)


def settle(
    db: Connection,
    bot: Bot,
    subject: SavedQuery | Journal,
    run: Run,
    cursor: Mapping[str, str],
    now: datetime,
    *,
    more: bool = False,
) -> None:
    """Keep the run's counts; move the watermark and call the source well, or neither.

    With `more` the same cycle asks the source for more of this task; where it was broken, only the
    end shows whether it works again.
    """
    watermarks.record_run(db, run)
    query = subject if isinstance(subject, SavedQuery) else None
    old = watermarks.state(db, run.source, run.task)
    if run.problem:
        error = SourceError(run.source, run.task, run.problem)
        state, event = alerts.after_failure(old, error, now)
    else:
        state, event = alerts.after_success(old, run.source, run.task, now)
        if more and old is not None and old.state != "ok":
            state, event = old._replace(complete_at=now), ""
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


def failed(bot: Bot, error: SourceError, task: str, kind: str, now: datetime) -> Report:
    """Name a failure: in its run, its state, and to those who can mend it.  No mark moves."""
    source = "strategy" if error.query_at_fault else error.source
    named = SourceError(
        source, task, error.problem, permanent=error.permanent, retry_at=error.retry_at
    )
    problem = f"{error.source} {task}: {error.problem}"
    log.warning("%s", problem)
    journal = bot.queries.journals.get(task) if source == "feed" else None
    with writing(bot.engine) as db:
        watermarks.record_run(db, Run(error.source, task, kind, now, problem=error.problem))
        old = watermarks.state(db, source, task)
        state, event = alerts.after_failure(old, named, now)
        if journal is not None:
            pause = outbox.back_off(state.failures)
            state = state._replace(address=journal.feed, retry_at=error.retry_at or now + pause)
        query = bot.queries.queries.get(task)
        alerts.source_changed(db, bot.settings, bot.renderer, state, event, query, now)
    return Report(problems=[problem])


def reported(run: Run) -> Report:
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
