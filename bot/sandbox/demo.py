"""The whole job in three simulated weeks: the real pipeline, over HTTP and SMTP, on loopback."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from bot import pipeline, wiring
from bot.channels.slack import Slack
from bot.digest import next_due
from bot.errors import SettingsError
from bot.model import Cadence, ChannelName
from bot.pipeline import Bot, Report
from bot.sandbox import Sandbox, account
from bot.sandbox.scenes import BEGAN, MONDAYS, Scene, bundled
from bot.sandbox.smtp import Received
from bot.store import schema, subscriptions, summary
from bot.store.database import reading, writing
from bot.store.watermarks import Run

CADENCE: Final = Cadence(every="weekly", hour=7)
READER: Final = "reader@sandbox.invalid"
ROOM: Final = "C00GENERAL"
SLACKS_OWN: Final = frozenset({"ts", "type", "bot_id", "user_id"})  # not sent, but added there
MARK: Final = "litbot-demo.txt"  # stands in a folder that a demo made, so the next may clear it


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """What one week brought."""

    number: int
    now: datetime
    report: Report
    mails: Sequence[Received]  #: To the reader.
    posts: Sequence[Mapping[str, Any]]
    alerts: Sequence[Received]  #: To the operator.


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What there is when the three weeks are over."""

    folder: Path
    weeks: Sequence[Week]
    records: int  #: In the store.
    told: Mapping[ChannelName, int]  #: Records told to the subscription of each channel.
    unreadable: Sequence[str]  #: What could not be read or did not come, by name.
    differences: Sequence[str]  #: What the account cannot explain; empty when all is well.

    @property
    def runs(self) -> tuple[Run, ...]:
        """Every poll, sweep and baseline of the three weeks."""
        return tuple(run for week in self.weeks for run in week.report.runs)


def play(scene: Scene, folder: Path, tell: Callable[[Week], None]) -> Outcome:
    """Play the three weeks, and call `tell` after each.

    The database, the queries and every message that arrived are left in the folder, which must be
    empty.  Raise BotError when it cannot be played at all.
    """
    queries = folder / "queries"
    queries.mkdir(parents=True)
    (folder / MARK).write_text("Made by litbot demo, which may empty this folder.\n")
    with Sandbox() as sandbox:
        scene.write_queries(queries, sandbox)
        settings = sandbox.settings(
            folder,
            queries_dir=queries,
            templates_dir=bundled("templates"),
            **scene.settings,
        )
        with wiring.bot(settings, http=sandbox.http(settings)) as bot:
            _leave_out_pauses(bot)
            _subscribe(bot)
            weeks, differences = [], []
            for number, now in enumerate(MONDAYS, start=1):
                scene.serve(sandbox, number)
                sandbox.advance(now)
                week = _week(bot, sandbox, number, now)
                _keep(week, folder / f"week-{number}")
                with reading(bot.engine) as db:
                    differences += account.of_week(db, now, week.mails, week.posts)
                weeks.append(week)
                tell(week)
            return _outcome(bot, scene, folder, weeks, differences)


def _leave_out_pauses(bot: Bot) -> None:
    """Do not wait between two posts: the sandbox's Slack does not ask for it."""
    slack = bot.channels["slack"]
    assert isinstance(slack, Slack)
    slack.pause = lambda _: None


def _subscribe(bot: Bot) -> None:
    """One reader by email, one Slack channel, each for every query, weekly."""
    targets: dict[ChannelName, str] = {"slack": ROOM, "email": READER}
    with writing(bot.engine) as db:
        for channel, target in targets.items():
            subscriptions.create(
                db,
                channel=channel,
                target=target,
                queries=dict.fromkeys(bot.queries.queries, BEGAN),
                cadence=CADENCE,
                layout="standard",
                quiet=True,
                next_due=next_due(CADENCE, BEGAN),
                now=BEGAN,
            )


def _week(bot: Bot, sandbox: Sandbox, number: int, now: datetime) -> Week:
    mailed, posted = len(sandbox.mailbox.messages), len(sandbox.slack.messages)
    report = pipeline.cycle(bot, now)
    mails = sandbox.mailbox.messages[mailed:]
    return Week(
        number=number,
        now=now,
        report=report,
        mails=[mail for mail in mails if mail.recipients == (READER,)],
        posts=sandbox.slack.messages[posted:],
        alerts=[mail for mail in mails if mail.recipients != (READER,)],
    )


def _keep(week: Week, folder: Path) -> None:
    """Write what arrived: mails as .eml and .html, Slack messages as .json, as they were sent."""
    folder.mkdir()
    digests = [mail for mail in week.mails if " digest" in mail.message["Subject"]]
    notices = [mail for mail in week.mails if mail not in digests]
    for kind, mails in (("digest", digests), ("notice", notices), ("alert", week.alerts)):
        for place, mail in enumerate(mails, start=1):
            (folder / f"{kind}-{place}.eml").write_bytes(mail.content)
            page = mail.message.get_body(("html",))
            if page is not None:
                text = page.get_content()
                (folder / f"{kind}-{place}.html").write_text(text, encoding="utf-8")
    for place, post in enumerate(week.posts, start=1):
        path = folder / f"slack-{place}.json"
        sent = {name: value for name, value in post.items() if name not in SLACKS_OWN}
        text = json.dumps(sent, ensure_ascii=False, indent=2)
        path.write_text(text + "\n", encoding="utf-8")


def _outcome(
    bot: Bot, scene: Scene, folder: Path, weeks: Sequence[Week], differences: Sequence[str]
) -> Outcome:
    runs = [run for week in weeks for run in week.report.runs]
    with reading(bot.engine) as db:
        found = [
            *account.sums(runs),
            *scene.check(db, runs),
            *account.nothing_waits(db, MONDAYS[-1], everything=scene.everything),
            *differences,
        ]
        rows = db.execute(
            sa.select(
                schema.subscriptions.c.channel,
                sa.func.count(schema.told.c.record_id).label("number"),
            )
            .join(schema.told, schema.told.c.subscription_id == schema.subscriptions.c.id)
            .group_by(schema.subscriptions.c.channel)
        )
        told: dict[ChannelName, int] = {row.channel: row.number for row in rows}
        return Outcome(
            folder=folder,
            weeks=weeks,
            records=summary.records_held(db),
            told=told,
            unreadable=account.by_name(db),
            differences=found,
        )


def empty_folder(folder: Path, *, keep: bool) -> Path:
    """An empty folder for a demo: this one, cleared if an earlier demo made it.

    With `keep` an earlier demo stays, and the next free name beside it is returned.  Raise
    SettingsError for a folder that holds anything else.
    """
    if keep:
        free, number = folder, 1
        while free.exists():
            number += 1
            free = folder.with_name(f"{folder.name}-{number}")
        return free
    if folder.is_dir() and any(folder.iterdir()):
        if not (folder / MARK).is_file():
            raise SettingsError(
                f"{folder}: is not empty, and no demo made it; name another with --folder"
            )
        shutil.rmtree(folder)
    return folder
