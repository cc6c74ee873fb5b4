"""Save what a source gave for one task: records, sightings, matches, and a sum that adds up.

Every function takes the connection of one transaction (`database.writing(saves_records=True)`);
the caller moves the watermark in the same one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache

from bot.model import Answer, Journal, MatchKind, Record, SavedQuery
from bot.pipeline.relating import relate
from bot.ports import Batch, Found, TaskKind
from bot.saved_queries import wanted
from bot.store import Connection, matches, mesh, records, watermarks
from bot.store.matches import Match
from bot.store.watermarks import Run
from bot.strategy.evaluate import evaluate
from bot.strategy.mesh import Tree
from bot.strategy.parse import parse
from bot.strategy.percolate import Percolator

#: A change of a query is announced with so many records; the others are counted.
GAINED_SHOWN = 10


def pubmed_batch(
    db: Connection,
    query: SavedQuery,
    kind: TaskKind,
    batch: Batch,
    now: datetime,
    *,
    fresh_since: str,
) -> Run:
    """Save a poll or a sweep of one saved query.

    What a sweep adds is news when PubMed created it on or after `fresh_since` (an ISO day), else
    it is labelled late.
    """
    kept = records.keep(db, "pubmed", query.name, batch.found, now)
    relate(db, kept, "pubmed", now)
    records.readable(db, "pubmed", query.name, [one.key for one in kept])
    records.set_aside(
        db, "pubmed", query.name, ((p.key, p.reason, p.raw) for p in batch.problems), now
    )
    owed = watermarks.owes(db, "pubmed", query.name)
    came = [*(one.key for one in kept), *(problem.key for problem in batch.problems)]
    came += records.by_pmid(db, owed)  # another query may have fetched it
    watermarks.owe(db, "pubmed", query.name, keys=batch.owed, came=came, now=now)

    numbers = records.by_pmid(db, batch.listed) | {one.key: one.record_id for one in kept}
    records.sight(db, "pubmed", query.name, numbers, now)
    matched = _match_listed(db, query, kind, numbers, now, fresh_since)
    return _run("pubmed", query.name, kind, batch, kept, now, matched)


def _match_listed(
    db: Connection,
    query: SavedQuery,
    kind: TaskKind,
    numbers: Mapping[str, int],
    now: datetime,
    fresh_since: str,
) -> int:
    """PubMed has said that these records answer the query: save what is new of that."""
    before = matches.of_query(db, query.name, sorted(set(numbers.values())))
    untold = matches.known(db, query.name, list(numbers))
    open_ = {
        number
        for pmid, number in numbers.items()
        if not _settled(before.get(number), untold.get(pmid, ""), kind)
    }
    decided = []
    for number, record in records.read(db, sorted(open_)).items():
        if wanted(query, record):
            unseen = number not in before or before[number].answer == "no"
            late = kind == "sweep" and unseen and record.created < fresh_since
            label: MatchKind = "late" if late else "new"
            decided.append(Match(number, query.name, "yes", label, "pubmed", 0, now))
    matches.save(db, decided)
    return len(decided)


def _settled(before: Match | None, untold: str, kind: TaskKind) -> bool:
    """Is there nothing to tell of a record that PubMed lists?

    A sweep lists what the baseline knew; a poll lists only what is new since its mark, so there
    only what a change of the query has gained is not told again.
    """
    if before is not None and before.answer == "yes":
        return before.kind != "baseline" or kind == "sweep"
    return untold == "gained" or (untold == "baseline" and kind == "sweep")


def baseline(db: Connection, query: SavedQuery, batch: Batch, now: datetime) -> Run:
    """Remember the ids that a query finds today and does not tell."""
    if not batch.incomplete:
        numbers = records.by_pmid(db, batch.listed)
        told = matches.of_query(db, query.name, sorted(set(numbers.values())))
        awaited = _awaited(db, query)
        unknown = [
            pmid for pmid in batch.listed if pmid not in awaited and numbers.get(pmid) not in told
        ]
        matches.know(db, query.name, unknown, "baseline", now)
        matches.note(db, query.name, baseline_at=now, swept_at=now)
    return baseline_run(query, batch, now)


def baseline_run(query: SavedQuery, batch: Batch, now: datetime) -> Run:
    """The counts of a baseline: it lists ids, and all of them are known from then on."""
    listed = len(batch.listed)
    return Run(
        source="pubmed",
        task=query.name,
        kind="baseline",
        started_at=now,
        reported=listed,
        known=listed,
        problem=batch.incomplete,
    )


def _awaited(db: Connection, query: SavedQuery) -> frozenset[str]:
    """The ids that were listed and did not come, or could not be read: told when they can be."""
    owed = watermarks.owes(db, "pubmed", query.name, given_up=True)
    return records.set_aside_before(db, "pubmed", query.name) | frozenset(owed)


def newly_found(db: Connection, query: SavedQuery, listed: Sequence[str]) -> list[str]:
    """Of the ids that a changed query finds, those that the old text did not, newest first."""
    numbers = records.by_pmid(db, listed)
    held = records.read(db, sorted(set(numbers.values())))
    before = matches.of_query(db, query.name, sorted(held))
    passed_over = {
        number
        for number, record in held.items()
        if (number in before and before[number].answer == "yes") or not wanted(query, record)
    }
    known = {*matches.known(db, query.name, listed), *_awaited(db, query)}
    new = [pmid for pmid in listed if pmid not in known and numbers.get(pmid) not in passed_over]
    return sorted(new, key=int, reverse=True)


def gain(
    db: Connection,
    query: SavedQuery,
    newly: Sequence[str],
    shown: Sequence[Found],
    now: datetime,
) -> int:
    """Save what the change of a query gains; returns how many of it are only counted."""
    kept = records.keep(db, "pubmed", query.name, shown, now)
    relate(db, kept, "pubmed", now)
    numbers = records.by_pmid(db, newly[:GAINED_SHOWN])
    numbers |= {one.key: one.record_id for one in kept if one.key in newly}
    held = records.read(db, sorted(set(numbers.values())))
    matches.save(
        db,
        [
            Match(number, query.name, "yes", "gained", "pubmed", 0, now)
            for number, record in held.items()
            if wanted(query, record)
        ],
    )
    counted = [pmid for pmid in newly if pmid not in numbers]
    matches.know(db, query.name, counted, "gained", now)
    return len(counted)


def feed_batch(
    db: Connection,
    journal: Journal,
    queries: Iterable[SavedQuery],
    batch: Batch,
    now: datetime,
    *,
    news_days: int,
) -> Run:
    """Save one poll of one feed, and match its records with every query that reads the journal."""
    first_time = not records.any_sighting(db, "feed", journal.name)
    kept = records.keep(db, "feed", journal.name, batch.found, now)
    relate(db, kept, "feed", now)
    records.set_aside(
        db, "feed", journal.name, ((p.key, p.reason, p.raw) for p in batch.problems), now
    )
    seen = {one.record_id: one.record for one in kept}
    # what the feed has shown before is no news to a query that came later
    old = {
        one.record_id
        for one in kept
        if (first_time or not one.first_sighting) and is_old(one.record, now, news_days)
    }
    matched = match_locally(db, queries, seen, now, source=journal.name, kind="new", old=old)
    run = _run("feed", journal.name, "poll", batch, kept, now, matched)
    rolled_over = kept and not first_time and all(one.first_sighting for one in kept)
    if rolled_over and len(kept) > 1:
        warning = (
            f"none of the {len(kept)} records was in the feed at the last poll: "
            "some may have come and gone in between"
        )
        run = run._replace(warnings=(*run.warnings, warning))
    return run


def is_old(record: Record, now: datetime, news_days: int) -> bool:
    """Was it published, by the latest reading of its date, before the days that are news?"""
    latest = record.published + "-12-31"[len(record.published) - 4 :] if record.published else ""
    return bool(latest) and latest < (now - timedelta(days=news_days)).date().isoformat()


def match_locally(
    db: Connection,
    queries: Iterable[SavedQuery],
    seen: Mapping[int, Record],
    now: datetime,
    *,
    source: str,
    kind: MatchKind,
    old: Iterable[int] = (),
) -> int:
    """Match feed records with queries as far as they are not decided; returns how many did.

    A record that PubMed's baseline knew, or that is `old`, matches without being told.
    """
    asked = list(queries)
    told = {number: _as_told(record) for number, record in seen.items()}
    pmids = {record.pmid: number for number, record in seen.items() if record.pmid}
    passed_over = set(old)
    tree, texts = mesh.tree(db), tuple((query.name, query.pubmed) for query in asked)
    percolated = _percolator(texts, tree, now.date()).match(list(told.values()))
    answers = {one.name: dict(zip(told, one.answers(len(told)), strict=True)) for one in percolated}
    decided = []
    for query in asked:
        before = matches.of_query(db, query.name, sorted(seen))
        untold = {pmids[pmid] for pmid in matches.known(db, query.name, list(pmids))} | passed_over
        for number, record in seen.items():
            known = before.get(number)
            if (known is not None and known.answer != "unknown") or not wanted(query, record):
                continue
            answer: Answer = answers.get(query.name, {}).get(number, "no")
            if answer == ("no" if known is None else "unknown"):
                continue
            label: MatchKind = "baseline" if number in untold else kind
            concepts = _concepts_met(query, told[number], answer, tree, now)
            decided.append(Match(number, query.name, answer, label, source, concepts, now))
    matches.save(db, decided)
    return sum(1 for match in decided if match.answer == "yes")


@lru_cache(maxsize=16)
def _percolator(strategies: tuple[tuple[str, str], ...], tree: Tree, today: date) -> Percolator:
    """Journals that are read by the same queries share one."""
    parsed = {name: parse(text) for name, text in strategies}
    return Percolator(parsed, mesh=tree, today=today)


def _concepts_met(
    query: SavedQuery, record: Record, answer: Answer, tree: Tree, now: datetime
) -> int:
    """How much of the query a record meets; nobody asks that of one that it does not find."""
    if answer == "no":
        return 0
    return evaluate(parse(query.pubmed), record, mesh=tree, today=now.date()).concepts_met


def _as_told(record: Record) -> Record:
    """Feeds give no keywords and no affiliations.  Where one gives the abstract, that is enough to
    say no: a study that only its keywords would find is found by PubMed's poll."""
    if record.abstract is None:
        return record
    return replace(record, keywords=record.keywords or (), affiliations=record.affiliations or ())


def decide(
    db: Connection,
    query: SavedQuery,
    numbers: Mapping[str, int],
    found: Iterable[str],
    now: datetime,
) -> None:
    """PubMed has decided on waiting records: PMID -> record, and which of them the query finds."""
    before = matches.of_query(db, query.name, sorted(numbers.values()))
    held = records.read(db, sorted(numbers.values()))
    finds = frozenset(found)
    decided = []
    for pmid, number in numbers.items():
        match = before[number]
        if match.answer != "unknown":
            continue  # somebody has decided it meanwhile
        answer: Answer = "yes" if pmid in finds and wanted(query, held[number]) else "no"
        decided.append(match._replace(answer=answer, source="pubmed", matched_at=now))
    matches.save(db, decided)


def _run(
    source: str,
    task: str,
    kind: str,
    batch: Batch,
    kept: Sequence[records.Kept],
    now: datetime,
    matched: int,
) -> Run:
    """The counts of one poll; a problem when they do not add up."""
    new = sum(one.new for one in kept)
    if source == "feed":
        reported = batch.reported
        known = sum(not one.first_sighting for one in kept)
        owed = 0
    else:
        unlisted = {one.key for one in kept} - set(batch.listed)  # owed before, and came now
        reported = batch.reported + len(unlisted)
        elsewhere = {*(k.key for k in kept), *batch.owed, *(p.key for p in batch.problems)}
        known = sum(key not in elsewhere for key in batch.listed)
        owed = sum(key in batch.owed for key in batch.listed)
    run = Run(
        source=source,
        task=task,
        kind=kind,
        started_at=now,
        reported=reported,
        known=known,
        new=new,
        merged=len(kept) - new - (known if source == "feed" else 0) + batch.repeated,
        owed=owed,
        quarantined=len(batch.problems),
        matched=matched,
        problem=batch.incomplete,
        warnings=batch.warnings,
        translation=batch.translation,
    )
    if run.problem or run.adds_up:
        return run
    parts = run.known + run.new + run.merged + run.owed + run.quarantined
    return run._replace(problem=f"the sum does not add up: {run.reported} reported, {parts} found")
