"""litbot run, poll, compose, deliver: the three verbs, by hand."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Annotated

import typer

from bot import known_studies, notices, pipeline, schedule, wiring
from bot.cli import options, output
from bot.config import Settings
from bot.errors import BotError, SettingsError, StoreError
from bot.model import Watermark
from bot.pipeline import Bot, Report
from bot.store import outbox, watermarks
from bot.store.database import connect, reading, rehearsal, writing


def run(
    dry_run: options.DryRun = False,
    database: options.Database = "",
    now: options.Now = "",
    json: options.Json = False,
) -> None:
    """Do one cycle: poll the sources, compose the digests that are due, deliver what waits.

    Writes to the database and sends mails and Slack messages.  It also asks PubMed every week
    whether the queries find their known studies, and what has happened to delivered studies.
    Calls LITBOT_HEARTBEAT_URL at the end, when it is set.
    """
    settings, moment = options.settings(database), options.clock(now)
    with _bot(settings, dry_run=dry_run) as bot:
        with output.progress(_tasks(bot, ()), wanted=not json):
            report = pipeline.poll(bot, moment)
        polls_elsewhere = report.busy  # then the digests are left to that process
        report += notices.recheck(bot, moment)
        if not polls_elsewhere:
            report += pipeline.compose(bot, moment)
        report += known_studies.recheck(bot, moment)
        if dry_run:
            _finish(report, json=json, would_send=_due(bot, moment))
            return
        report += pipeline.deliver(bot, moment)
    schedule.beat(settings, wiring.session(settings))
    _finish(report, json=json)


def poll(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME",
            help="Saved queries, and keys of journals.yaml.",
            show_default="all of them",
        ),
    ] = None,
    sweep: Annotated[
        bool,
        typer.Option(
            "--sweep",
            help="Look again at the long windows now (default: every LITBOT_SWEEP_DAYS).",
            show_default=False,
        ),
    ] = False,
    since: Annotated[
        str,
        typer.Option(
            metavar="DATE", help="Read again from this ISO date.", show_default="each watermark"
        ),
    ] = "",
    database: options.Database = "",
    now: options.Now = "",
    json: options.Json = False,
) -> None:
    """Ask the sources for what is new, and save it.  Sends nothing to subscribers.

    Writes to the database only; a message to the operator may be put into the outbox.
    """
    settings, moment = options.settings(database), options.clock(now)
    with _bot(settings, dry_run=False) as bot:
        asked = options.named(bot.queries, names or [])
        if since:
            _read_again(bot, asked, _day(since, moment), moment)
        with output.progress(_tasks(bot, asked), wanted=not json):
            report = pipeline.poll(bot, moment, names=asked, sweep=sweep)
    _finish(report, json=json)


def recheck(
    whole: Annotated[
        bool,
        typer.Option(
            "--all",
            help="Read every delivered study again as a whole, not only those whose turn it is "
            "(default: off).",
            show_default=False,
        ),
    ] = False,
    database: options.Database = "",
    now: options.Now = "",
    json: options.Json = False,
) -> None:
    """Ask PubMed now what has happened to the studies that were delivered, and save it.

    Writes to the database only; `compose` and `deliver` tell the readers.  `run` and `serve` do
    this by themselves: the flags every week, each study as a whole every quarter.
    """
    settings, moment = options.settings(database), options.clock(now)
    with _bot(settings, dry_run=False) as bot:
        report = notices.recheck(bot, moment, depth="all" if whole else "flags")
    _finish(report, json=json)


def compose(
    dry_run: options.DryRun = False,
    database: options.Database = "",
    now: options.Now = "",
    json: options.Json = False,
) -> None:
    """Write what happened to sent studies and the digests that are due into the outbox.

    Writes to the database only; `deliver` sends.
    """
    settings, moment = options.settings(database), options.clock(now)
    with _bot(settings, dry_run=dry_run) as bot:
        report = pipeline.compose(bot, moment)
        would_send = _due(bot, moment) if dry_run else None
    _finish(report, json=json, would_send=would_send)


def deliver(
    retry: Annotated[
        bool,
        typer.Option(
            "--retry",
            help="Try again what has failed for good, from the beginning (default: off).",
            show_default=False,
        ),
    ] = False,
    dry_run: options.DryRun = False,
    database: options.Database = "",
    now: options.Now = "",
    json: options.Json = False,
) -> None:
    """Send what waits in the outbox, by mail, by Slack, or into LITBOT_OUTBOX_DIR.

    Sends mails and Slack messages and writes to the database.  Each part is sent once; what may
    have arrived is looked up, or sent again under the same key.
    """
    settings, moment = options.settings(database), options.clock(now)
    with _bot(settings, dry_run=dry_run) as bot:
        if retry:
            with writing(bot.engine) as db:
                outbox.retry(db, moment)
        if dry_run:
            _finish(Report(), json=json, would_send=_due(bot, moment))
            return
        report = pipeline.deliver(bot, moment)
    _finish(report, json=json)


@contextmanager
def _bot(settings: Settings, *, dry_run: bool) -> Iterator[Bot]:
    """The bot on the configured database, or on one in which nothing stays."""
    if not dry_run:
        with wiring.bot(settings) as bot:
            try:
                yield bot
            except StoreError as error:  # from here on something may have been done already
                raise BotError(str(error)) from error
        return
    engine = connect(settings.database_url)
    try:
        with rehearsal(engine) as rehearsed, wiring.bot(settings, engine=rehearsed) as bot:
            yield bot
    finally:
        engine.dispose()


def _tasks(bot: Bot, names: Collection[str]) -> list[tuple[str, str]]:
    """What a poll asks, as (source, task)."""
    queries = bot.queries.queries.values()
    feeds = {
        journal.name
        for query in queries
        for journal in bot.queries.journals_of(query)
        if journal.feed
    }
    asked = [("pubmed", query.name) for query in queries] + [("feed", name) for name in feeds]
    return [(source, task) for source, task in asked if not names or task in names]


def _day(text: str, now: datetime) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(
            f"--since: {text!r} is not an ISO date; right would be 2026-03-02"
        ) from error
    if day > now.astimezone(UTC).date():
        raise SettingsError(f"--since: {text} lies in the future")
    return day


def _read_again(bot: Bot, names: Collection[str], since: date, now: datetime) -> None:
    """Set the marks back to this day; a mark that is older stays, for it reads more."""
    with writing(bot.engine) as db:
        for source, task in _tasks(bot, names):
            if source == "feed":
                watermarks.forget(db, source, task)  # a feed gives all that it has
                continue
            cursor = watermarks.cursor(db, source, task)
            if not _is_before(cursor.get("since", ""), since):
                cursor = {**cursor, "since": since.isoformat()}
                mark = Watermark(source=source, task=task, cursor=cursor, moved_at=now)
                watermarks.move(db, mark)


def _is_before(mark: str, day: date) -> bool:
    """Is this mark a date before the day?  One that is no date is not, and is replaced."""
    try:
        return date.fromisoformat(mark) < day
    except ValueError:
        return False


def _due(bot: Bot, now: datetime) -> list[tuple[str, str]]:
    with reading(bot.engine) as db:
        return outbox.due(db, now)


def _finish(
    report: Report, *, json: bool, would_send: Sequence[tuple[str, str]] | None = None
) -> None:
    """Say what was done; exit 1 when something failed."""
    if json:
        output.as_json(_as_values(report, would_send))
    else:
        _show(report, would_send)
    for problem in report.problems:
        output.problem(problem)
    if report.problems:
        raise typer.Exit(1)


def _as_values(
    report: Report, would_send: Sequence[tuple[str, str]] | None
) -> Mapping[str, object]:
    values: dict[str, object] = {
        "runs": report.runs,
        "composed": report.composed,
        "notified": report.notified,
        "delivered": report.delivered,
        "problems": report.problems,
        "dry_run": would_send is not None,
    }
    if would_send is not None:
        values["would_send"] = [{"key": key, "channel": channel} for key, channel in would_send]
    return values


def _show(report: Report, would_send: Sequence[tuple[str, str]] | None) -> None:
    for one in report.runs:
        output.line(
            f"{one.source} {one.task} ({one.kind}): {one.reported} reported = {one.known} known + "
            f"{one.new} new + {one.merged} merged + {one.owed} owed + {one.quarantined} "
            f"unreadable; {one.matched} matched"
        )
        for odd in one.warnings if one.source == notices.SOURCE else ():
            output.line(odd, indent=4)
    for digest in report.composed:
        output.line(
            f"digest for subscription {digest.subscription}, due {digest.due_at:%Y-%m-%d %H:%M} "
            f"UTC: {digest.records} records and {digest.notices} notices in {digest.parts} parts"
        )
    for told in report.notified:
        output.line(
            f"notices for subscription {told.subscription}: {told.notices} in {told.parts} parts"
        )
    for part in report.delivered:
        output.line(f"{part.state} {part.key} by {part.channel}")
    if would_send is not None:
        for key, channel in would_send:
            output.line(f"would send {key} by {channel}")
        output.line(f"dry run: nothing was changed; {len(would_send)} parts would be sent")
    elif not (report.runs or report.composed or report.delivered or report.problems):
        output.line("nothing to do")
