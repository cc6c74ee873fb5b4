"""Ask PubMed every week whether each saved query still finds its known studies."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.errors import SourceError
from bot.model import KnownStudy, SavedQuery, Watermark
from bot.pipeline import Bot, Report, alerts
from bot.store import watermarks
from bot.store.database import reading, writing
from bot.store.watermarks import State

log = logging.getLogger(__name__)

SOURCE: Final = "known studies"  # the source under which the store keeps how a query is doing
EVERY: Final = timedelta(days=7, hours=-1)  # a weekly cron job is seconds late or early
LEASE: Final = timedelta(minutes=10)  # one search and, seldom, one fetch


def recheck(bot: Bot, now: datetime) -> Report:
    """Ask PubMed about each query whose last check is a week old, or which was changed since.

    A loss is told once to the query's owner and the operator, and so is its end.  A request that
    fails is named, changes nothing, and is made again next time.
    """
    report = Report()
    for query in bot.queries.queries.values():
        with reading(bot.engine) as db:
            last = watermarks.cursor(db, SOURCE, query.name)
        if _is_due(query, last, now):
            report += _recheck(bot, query, now)
    return report


def _is_due(query: SavedQuery, last: Mapping[str, str], now: datetime) -> bool:
    if not last:
        return bool(query.known_studies)
    if last["asked"] != _asked(query):
        return True
    return datetime.fromisoformat(last["at"]) <= now - EVERY


def _asked(query: SavedQuery) -> str:
    """What decides the answer, as a hash; a change of it is checked at once."""
    studies = [(study.pmid, study.doi) for study in query.known_studies]
    return hashlib.sha256(json.dumps([query.pubmed, studies]).encode()).hexdigest()


def _recheck(bot: Bot, query: SavedQuery, now: datetime) -> Report:
    with watermarks.lease(bot.engine, f"{SOURCE} {query.name}", LEASE) as mine:
        if not mine:
            return Report(busy=True)
        with reading(bot.engine) as db:  # another process may just have ended
            if not _is_due(query, watermarks.cursor(db, SOURCE, query.name), now):
                return Report()
        try:
            lost = bot.pubmed.lost(query.name, query.pubmed, query.known_studies)
        except SourceError as error:
            log.warning("could not check the known studies of %s: %s", query.name, error)
            return Report(problems=[f"{SOURCE} {query.name}: not checked: {error}"])
        _settle(bot, query, lost, now)
    log.info("checked the known studies of %s: %d lost", query.name, len(lost))
    return Report()


def _settle(bot: Bot, query: SavedQuery, lost: Sequence[KnownStudy], now: datetime) -> None:
    """Remember the answer, and tell whoever can mend it when it is another one."""
    names = {study.pmid or study.doi for study in lost}
    with writing(bot.engine) as db:
        old = watermarks.cursor(db, SOURCE, query.name).get("lost", "").split()
        before = watermarks.state(db, SOURCE, query.name)
        since = before.since if before and bool(old) == bool(names) else now
        watermarks.set_state(db, _state(query, lost, since, now))
        cursor = {"at": now.isoformat(), "asked": _asked(query), "lost": " ".join(sorted(names))}
        mark = Watermark(source=SOURCE, task=query.name, cursor=cursor, moved_at=now)
        watermarks.move(db, mark)
        if not names.difference(old) and (names or not old):
            return
        subject, lines = _message(query, lost)
        alerts.tell(
            db,
            bot.settings,
            bot.renderer,
            [query.owner.target, bot.settings.operator],
            key=f"{SOURCE} {query.name} {now.isoformat()}",
            subject=subject,
            lines=lines,
            now=now,
        )


def _state(query: SavedQuery, lost: Sequence[KnownStudy], since: datetime, now: datetime) -> State:
    problem = f"PubMed does not find {_named(lost)}" if lost else ""
    return State(
        source=SOURCE,
        task=query.name,
        state="failing" if lost else "ok",
        since=since,
        failures=len(lost),
        problem=problem,
        retry_at=None,
        address="",
        complete_at=now,
        new_at=None,
        coverage="",
        coverage_at=None,
    )


def _named(studies: Sequence[KnownStudy]) -> str:
    return "; ".join(f"{study.citation} ({study.pmid or study.doi})" for study in studies)


def _message(query: SavedQuery, lost: Sequence[KnownStudy]) -> tuple[str, Sequence[str]]:
    if not lost:
        subject = f"litbot: {query.name} finds its known studies again"
        return subject, [f"At PubMed the saved query {query.name} finds its known studies again."]
    return f"litbot: {query.name} has lost a known study", [
        f"At PubMed the saved query {query.name} does not find: {_named(lost)}.",
        "Studies like it are missed too.  Either the query was changed, or PubMed reads it "
        "otherwise than before.",
        f"See what PubMed makes of it (litbot status), and mend queries/{query.name}.yaml.",
        "You will hear of it once more, when they are found again.",
    ]
