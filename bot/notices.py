"""What was sent is looked at again: has something happened to it since?

Every week PubMed is asked about all delivered PMIDs, by its flags and for ids only; within a
quarter each delivered record is read whole, some every day; what a title alone calls retracted is
read at once.  Here is only chosen what to read: `relations` decides what it means, and the
pipeline tells the readers.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal

from bot.errors import SourceError
from bot.model import Watermark
from bot.pipeline import Bot, Report, alerts, relating
from bot.ports import Batch
from bot.sources.pubmed import MOST_PMIDS
from bot.store import Connection, delivered, records, watermarks
from bot.store.database import reading, writing
from bot.store.watermarks import Run, State

log = logging.getLogger(__name__)

SOURCE: Final = "delivered studies"  # under which the store keeps what was asked, and what is odd
FLAGS: Final = "flags"
READING: Final = "reading"
EVERY: Final = timedelta(days=7, hours=-1)  # a weekly cron job is seconds late or early
QUARTER: Final = 90  # days within which each delivered record is read whole
WEEKS: Final = 8  # so often a PMID that does not come is asked for weekly, then once a quarter
PAGE: Final = 200  # records that are fetched by one request and saved by one commit
PATIENCE: Final = 2  # failures in a row after which PubMed is left alone until the next run
LEASE: Final = timedelta(minutes=30)  # a whole quarter of 10,000 records takes a few

#: What is asked: what is due, the flags of all now, or every delivered record whole.
Depth = Literal["due", "flags", "all"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choice:
    """What is to be asked now, by PMID."""

    by_flags: tuple[str, ...] = ()  #: Whether anything happened to them.
    doubted: tuple[str, ...] = ()  #: Read with those that have a flag.
    oldest: tuple[str, ...] = ()  #: Read whole, for it is their turn.
    at_once: tuple[str, ...] = ()
    late: tuple[str, ...] = ()  #: Were odd before: they do not come, or another one does.
    absent: frozenset[str] = frozenset()  #: Those of them that did not come.
    read_before: int = 0  #: Of this turn, by a run that did not end well.

    def __bool__(self) -> bool:
        return any((self.by_flags, self.oldest, self.at_once, self.late))


def recheck(bot: Bot, now: datetime, *, depth: Depth = "due") -> Report:
    """Ask PubMed again about what was delivered, and save what comes.

    A request that fails is named, moves no mark, and is made again next time.
    """
    with reading(bot.engine) as db:
        if not _choose(db, now, depth):
            return Report()
    with watermarks.lease(bot.engine, SOURCE, LEASE) as mine:
        if not mine:
            return Report(busy=True)
        with reading(bot.engine) as db:  # another process may just have ended
            choice = _choose(db, now, depth)
        return _look(bot, choice, now) if choice else Report()


def _choose(db: Connection, now: datetime, depth: Depth) -> _Choice:
    odd = _odd(db)
    late = tuple(task for task, one in odd.items() if one.retry_at and one.retry_at <= now)
    at_once = (*delivered.alarmed(db), *delivered.unread_notices(db))
    choice = _Choice(
        late=late,
        absent=frozenset(one for one in late if not odd[one].address),
        at_once=tuple(one for one in at_once if one not in odd),
    )
    last = watermarks.cursor(db, SOURCE, FLAGS)
    flags = depth != "due" or not last or datetime.fromisoformat(last["at"]) <= now - EVERY
    turn = watermarks.cursor(db, SOURCE, READING)
    days = _days_since(turn, now)
    if not (flags or days > 0) or not delivered.any_with_pmid(db):
        return choice
    pmids = [one.pmid for one in delivered.studies(db) if one.pmid not in odd]
    read_before = int(turn.get("read", "0"))
    share = max(0, -(-len(pmids) * days // QUARTER) - read_before)
    return replace(
        choice,
        by_flags=tuple(pmids) if flags else (),
        doubted=tuple(one for one in delivered.doubted(db) if one not in odd) if flags else (),
        oldest=tuple(pmids if depth == "all" else pmids[:share]),
        read_before=read_before,
    )


def _odd(db: Connection) -> dict[str, State]:
    """The PMIDs that are asked for again only at their time."""
    return {one.task: one for one in watermarks.states(db, SOURCE) if one.retry_at is not None}


def _days_since(turn: Mapping[str, str], now: datetime) -> int:
    """The days whose share of the records is to be read."""
    if not turn:
        return 1
    return min(QUARTER, (_day(now) - date.fromisoformat(turn["day"])).days)


def _day(now: datetime) -> date:
    return now.astimezone(UTC).date()


def _look(bot: Bot, choice: _Choice, now: datetime) -> Report:
    hits, warnings, report = _flagged(bot, choice.by_flags)
    whole = not report.problems  # did PubMed answer about all of them?
    flagged = (*hits, *choice.doubted)
    wanted = dict.fromkeys((*choice.at_once, *flagged, *choice.oldest, *choice.late))
    came, read = _read(bot, list(wanted), choice.absent, now)
    report += read
    with reading(bot.engine) as db:  # those that the records just read have named
        odd = _odd(db)
        new = [one for one in delivered.unread_notices(db) if one not in wanted and one not in odd]
    named, read = _read(bot, new, (), now)
    report += read
    with writing(bot.engine) as db:
        if choice.by_flags:
            ended = whole and came.issuperset(flagged)
            _settle_flags(db, bot, choice, flagged, warnings, report, now, ended=ended)
        _settle_reading(db, choice, came, now)
    log.info(
        "looked again at delivered studies: %d asked by flags, %d flagged, %d read",
        len(choice.by_flags),
        len(hits),
        len(came | named),
    )
    return report


def _flagged(bot: Bot, pmids: Sequence[str]) -> tuple[list[str], list[str], Report]:
    """Those that carry a flag, and what PubMed warns of; a piece that fails is named."""
    hits: list[str] = []
    warnings: list[str] = []
    problems = []
    for some in _pieces(pmids, MOST_PMIDS):
        try:
            found = bot.pubmed.flagged(some)
        except SourceError as error:
            log.warning("could not ask about %d delivered studies: %s", len(some), error)
            problems.append(f"{SOURCE}: {len(some)} not checked: {error}")
            continue
        hits += found.pmids
        warnings += found.warnings
    return hits, list(dict.fromkeys(warnings)), Report(problems=problems)


def _read(
    bot: Bot, pmids: Sequence[str], absent: Collection[str], now: datetime
) -> tuple[frozenset[str], Report]:
    """Fetch records and save them, page by page; gives the PMIDs that are accounted for."""
    accounted: set[str] = set()
    report, failures = Report(), 0
    for some in _pieces(pmids, PAGE):
        try:
            batch = bot.pubmed.records(some, owed=[one for one in some if one in absent])
        except SourceError as error:
            log.warning("could not read %d delivered studies again: %s", len(some), error)
            report += Report(problems=[f"{SOURCE}: {len(some)} not read: {error}"])
            came = frozenset[str]()
        else:
            came = _accounted(batch)
            problem = "" if came.issuperset(some) else batch.incomplete
            with writing(bot.engine, saves_records=True) as db:
                run = _save(db, batch, problem, now)
            report += Report(runs=[run], problems=[f"{SOURCE}: {problem}"] if problem else [])
        accounted |= came
        failures = 0 if came else failures + 1
        if failures == PATIENCE:
            break
    return frozenset(accounted), report


def _accounted(batch: Batch) -> frozenset[str]:
    """The PMIDs that came, and those of which it is known that they do not."""
    found = (one.key for one in batch.found)
    return frozenset((*found, *(one.key for one in batch.problems), *batch.owed))


def _pieces(values: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


def _save(db: Connection, batch: Batch, problem: str, now: datetime) -> Run:
    """Keep what came, and remember by name what did not."""
    forwarded = {one.key: one.record.pmid for one in batch.found if one.record.pmid != one.key}
    # the record that comes in its place is the same study: nobody is sent it as another one
    delivered.hold(db, SOURCE, list(forwarded), now)
    kept = records.keep(db, "pubmed", SOURCE, batch.found, now)
    relating.relate(db, kept, "pubmed", now)
    delivered.read(db, sorted({one.record_id for one in kept}), now)
    records.readable(db, "pubmed", SOURCE, [one.key for one in kept])
    unreadable = [one for one in batch.problems if one.raw]
    records.set_aside(db, "pubmed", SOURCE, ((p.key, p.reason, p.raw) for p in unreadable), now)
    problems = {one.key: one.reason for one in batch.problems}
    problems |= dict.fromkeys(batch.owed, "PubMed does not give it")
    warnings = _remember(db, problems, forwarded, [one.key for one in kept], now)
    run = Run(
        source=SOURCE,
        task=READING,
        kind="recheck",
        started_at=now,
        reported=batch.reported,
        known=sum(not one.new for one in kept),
        new=sum(one.new for one in kept),
        owed=len(batch.owed),
        quarantined=len(batch.problems),
        problem=problem,
        warnings=warnings,
    )
    watermarks.record_run(db, run)
    return run


def _remember(
    db: Connection,
    problems: Mapping[str, str],
    forwarded: Mapping[str, str],
    came: Sequence[str],
    now: datetime,
) -> list[str]:
    """When each odd PMID is asked for again; gives those that are odd for the first time."""
    odd = {pmid: f"PubMed gives {other} in its place" for pmid, other in forwarded.items()}
    odd |= problems
    known = {one.task: one for one in watermarks.states(db, SOURCE)}
    new = []
    for pmid, problem in odd.items():
        old = known.get(pmid, _state(pmid, "", now))
        if old.state == "ok":
            old = old._replace(since=now)
            new.append(f"PMID {pmid}: {problem}")
            log.warning("PMID %s, of which readers were told: %s", pmid, problem)
        failures = old.failures + 1
        state = _state(pmid, problem, old.since)._replace(
            failures=failures,
            retry_at=now + (EVERY if failures <= WEEKS else timedelta(days=QUARTER)),
            address=forwarded.get(pmid, ""),
        )
        watermarks.set_state(db, state)
    for pmid in came:
        if pmid in known and pmid not in odd:
            watermarks.set_state(db, _state(pmid, "", now))
    return new


def _state(task: str, problem: str, since: datetime) -> State:
    return State(
        source=SOURCE,
        task=task,
        state="failing" if problem else "ok",
        since=since,
        failures=0,
        problem=problem,
        retry_at=None,
        address="",  # of a PMID: the one that comes in its place
        complete_at=None,
        new_at=None,
        coverage="",
        coverage_at=None,
    )


def _settle_flags(
    db: Connection,
    bot: Bot,
    choice: _Choice,
    flagged: Collection[str],
    warnings: Sequence[str],
    report: Report,
    now: datetime,
    *,
    ended: bool,
) -> None:
    """Move the weekly mark when all was asked and read; tell the operator of a flag that is no
    more."""
    if ended:
        counted = {"asked": str(len(choice.by_flags)), "flagged": str(len(set(flagged)))}
        cursor = {"at": now.isoformat(), **counted}
        watermarks.move(db, Watermark(source=SOURCE, task=FLAGS, cursor=cursor, moved_at=now))
    old = watermarks.state(db, SOURCE, FLAGS)
    problem = "; ".join((*warnings, *(() if ended else report.problems)))
    since = old.since if old and (old.state == "ok") == (not problem) else now
    watermarks.set_state(db, _state(FLAGS, problem, since))
    if warnings:
        alerts.tell(
            db,
            bot.settings,
            bot.renderer,
            [bot.settings.operator],
            key=f"{SOURCE} {' '.join(warnings)}",
            subject="litbot: PubMed reads the check of delivered studies otherwise",
            lines=[
                *warnings,
                "Some news about delivered studies may come late: within a quarter each of them "
                "is read whole.",
            ],
            now=now,
        )


def _settle_reading(db: Connection, choice: _Choice, came: Collection[str], now: datetime) -> None:
    """Move the daily mark when all whose turn it was are accounted for."""
    if not choice.oldest:
        return
    read = sum(one in came for one in choice.oldest)
    if read == len(choice.oldest):
        cursor = {"day": _day(now).isoformat()}
    else:
        turn = watermarks.cursor(db, SOURCE, READING)
        yesterday = (_day(now) - timedelta(days=1)).isoformat()
        cursor = {"day": turn.get("day", yesterday), "read": str(choice.read_before + read)}
    watermarks.move(db, Watermark(source=SOURCE, task=READING, cursor=cursor, moved_at=now))
