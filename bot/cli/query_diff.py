"""litbot query diff: what a change of a query gains and loses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from bot.cli import at_hand, options, output, strategies, telling, weeks
from bot.cli.query_preview import record_values, service, show
from bot.cli.strategies import Asked
from bot.cli.weeks import Load
from bot.config import Settings
from bot.errors import SettingsError, SourceError, StoreError
from bot.model import Record
from bot.render.plain import clean, cut, number
from bot.sources.pubmed import listing, previewing
from bot.sources.pubmed.previewing import Only
from bot.strategy import evaluate
from bot.strategy.difference import Change, change
from bot.strategy.mesh import Tree

LONGEST_TITLE = 120  # characters in a line


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compared:
    """What is asked about each record."""

    old: Asked
    new: Asked
    mesh: Tree
    today: date


@dataclass(slots=True)
class _Counts:
    """What the records at hand say; filled while they are listed."""

    records: int = 0
    changes: dict[str, int] = field(default_factory=lambda: {"gained": 0, "lost": 0})
    before: list[str] = field(default_factory=list)  #: Create dates of what the old text finds.
    after: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class _AtPubmed:
    gained: Only
    lost: Only
    before: Load
    after: Load
    requests: int


def diff(
    old: Annotated[
        str,
        typer.Argument(
            metavar="OLD", help="A query's file or name, REV:FILE of git, or a strategy."
        ),
    ],
    new: Annotated[
        str,
        typer.Argument(metavar="NEW", help="The same, changed; left out with --against."),
    ] = "",
    records: options.Records = None,
    against: Annotated[
        str,
        typer.Option(
            "--against",
            metavar="REV",
            help="Compare OLD as git has it in this revision with OLD as it is.",
            show_default="two queries",
        ),
    ] = "",
    online: Annotated[
        bool,
        typer.Option(
            "--online",
            help="Ask PubMed too: what is gained and lost there, and each week (default: off).",
            show_default=False,
        ),
    ] = False,
    since: options.WeeksSince = "",
    database: options.Database = "",
    now: options.Now = "",
    json: options.Json = False,
) -> None:
    """Show which records a change of a query gains and loses, and which terms do it.

    Looks at the records of the store, or of the files; weeks are counted up to the newest of
    these.  A line is the PMID (else the DOI, else the number), gained or lost, both answers, the
    title and the reasons, with tabs between them.  Changes nothing.  Exit 1 when something could
    not be read, or PubMed does not answer.
    """
    settings, today = options.settings(database), listing.today(options.clock(now))
    files = list(records or ())
    if against and new:  # then there is no NEW
        files.insert(0, Path(new))
    first, second = _both(old, new, against, settings)
    problems: list[str] = []
    counts = _Counts()
    days = weeks.first_days(today, since)
    with at_hand.store(settings) as db:
        if not files and db is None and not online:
            raise StoreError(
                "there is no database yet; name files of records, add --online, or run: litbot poll"
            )
        compared = _Compared(old=first, new=second, mesh=at_hand.mesh_tree(db), today=today)
        entries = at_hand.in_files(files, problems) if files else at_hand.stored(db)
        changes = _changes(compared, entries, counts)
        if json:
            values = [_values(compared, *one) for one in changes]
        else:
            for name, record, change in changes:
                output.row(_line(compared, name, record, change))
    pubmed = _ask(compared, settings, days, problems) if online else None
    if files and not since:  # they may be old: their weeks, not ours
        days = weeks.first_days(weeks.day_after([*counts.before, *counts.after], today), "")
    before, after = weeks.load(days, counts.before), weeks.load(days, counts.after)
    if json:
        output.as_json(
            {
                "old": first.name or first.text,
                "new": second.name or second.text,
                "records": counts.records,
                "gained": [one for one in values if one["change"] == "gained"],
                "lost": [one for one in values if one["change"] == "lost"],
                "weekly_median": {"before": before.median, "after": after.median},
                "pubmed": pubmed and _pubmed_values(compared, pubmed),
                "problems": problems,
            }
        )
    else:
        _summary(counts, before, after)
        if pubmed:
            _show(compared, pubmed)
    if problems:
        raise typer.Exit(1)


def _both(old: str, new: str, against: str, settings: Settings) -> tuple[Asked, Asked]:
    if not against:
        if not new:
            raise SettingsError("NEW is missing; name a second query, or add --against REV")
        return strategies.asked(old, settings), strategies.asked(new, settings)
    path = strategies.saved_file(old, settings)
    if path is None:
        raise SettingsError(
            f"{old!r} is not a saved query; --against compares the file of one with an earlier text"
        )
    return strategies.at_revision(path, against), strategies.asked(old, settings)


_Changes = Iterator[tuple[str, Record, Change]]


def _changes(
    compared: _Compared, entries: Iterator[tuple[str, Record]], counts: _Counts
) -> _Changes:
    for name, record in entries:
        counts.records += 1
        answers = []
        for asked, created in ((compared.old, counts.before), (compared.new, counts.after)):
            verdict = evaluate(asked.node, record, mesh=compared.mesh, today=compared.today)
            answers.append(verdict.answer)
            if verdict.answer == "yes":
                created.append(record.created)
        if answers[0] != answers[1] and (changed := _change(compared, record)):
            counts.changes[changed.kind] += 1
            yield name, record, changed


def _sides(compared: _Compared, changed: Change) -> tuple[Asked, Asked]:
    """The text that finds the record, and the other one."""
    gained = changed.kind == "gained"
    return (compared.new, compared.old) if gained else (compared.old, compared.new)


def _line(compared: _Compared, name: str, record: Record, changed: Change) -> list[str]:
    return [
        name,
        changed.kind,
        f"{changed.before} -> {changed.after}",
        cut(clean(record.title), LONGEST_TITLE),
        *_reasons(compared, record, changed),
    ]


def _reasons(compared: _Compared, record: Record, changed: Change) -> Iterator[str]:
    finding, other = _sides(compared, changed)
    gained = changed.kind == "gained"
    by, then = ("found by", "before:") if gained else ("was found by", "now:")
    for one in changed.terms:
        yield f"{by} {telling.term(finding, one.term)} {telling.where(record, one)}".rstrip()
    for loss in changed.losses:
        lost = telling.lost(other, record, loss, changed.before if gained else changed.after)
        yield f"{then} {lost}"


def _values(
    compared: _Compared, name: str, record: Record, changed: Change
) -> Mapping[str, object]:
    finding, other = _sides(compared, changed)
    return {
        "id": name,
        "change": changed.kind,
        "before": changed.before,
        "after": changed.after,
        "title": record.title,
        "terms": telling.reason_values(finding, record, changed.terms),
        "losses": telling.loss_values(other, record, changed.losses),
    }


def _summary(counts: _Counts, before: Load, after: Load) -> None:
    output.line(
        f"{counts.changes['gained']} gained, {counts.changes['lost']} lost "
        f"of {number(counts.records, 'record', 'records')} at hand"
    )
    output.line(f"records a week at hand: median {before.median:g} -> {after.median:g}")
    output.line(f"before: {before}", indent=2)
    output.line(f"after: {after}", indent=2)


def _ask(
    compared: _Compared, settings: Settings, days: tuple[date, ...], problems: list[str]
) -> _AtPubmed | None:
    pubmed, old, new = service(settings), compared.old, compared.new
    name = new.name or "diff"
    output.progress_line(f"asking PubMed, {2 * len(days) + 4} requests")
    try:
        gained = previewing.only(pubmed, name, new.text, old.text)
        lost = previewing.only(pubmed, name, old.text, new.text)
        return _AtPubmed(
            gained=gained,
            lost=lost,
            before=Load(since=days[0], counts=previewing.weekly(pubmed, name, old.text, days)),
            after=Load(since=days[0], counts=previewing.weekly(pubmed, name, new.text, days)),
            requests=2 * len(days) + 2 + bool(gained.first) + bool(lost.first),
        )
    except SourceError as error:
        problems.append(str(error))
        output.problem(str(error))
        return None


def _show(compared: _Compared, pubmed: _AtPubmed) -> None:
    output.line("")
    output.line(
        f"PubMed, by {pubmed.requests} requests: {pubmed.gained.count} gained, "
        f"{pubmed.lost.count} lost; records a week: median {pubmed.before.median:g} -> "
        f"{pubmed.after.median:g}"
    )
    output.line(f"before: {pubmed.before}", indent=2)
    output.line(f"after: {pubmed.after}", indent=2)
    for kind, only, asked in (
        ("gained", pubmed.gained, compared.new),
        ("lost", pubmed.lost, compared.old),
    ):
        if only.first:
            output.line("")
            output.line(f"{kind}, the first {len(only.first)}")
        for record in only.first:
            show(asked, record.pmid, record, compared.mesh, compared.today)
            if changed := _change(compared, record):
                for reason in _reasons(compared, record, changed):
                    output.line(reason, indent=4)


def _change(compared: _Compared, record: Record) -> Change | None:
    return change(
        compared.old.node,
        compared.new.node,
        record,
        mesh=compared.mesh,
        today=compared.today,
    )


def _pubmed_values(compared: _Compared, pubmed: _AtPubmed) -> Mapping[str, object]:
    def first(only: Only, asked: Asked) -> Mapping[str, object]:
        shown = [
            record_values(asked, (one.pmid, one), compared.mesh, compared.today)
            for one in only.first
        ]
        return {"count": only.count, "first": shown}

    return {
        "gained": first(pubmed.gained, compared.new),
        "lost": first(pubmed.lost, compared.old),
        "weekly_median": {"before": pubmed.before.median, "after": pubmed.after.median},
        "requests": pubmed.requests,
    }
