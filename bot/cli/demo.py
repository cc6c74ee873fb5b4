"""`litbot demo`: the whole job on this machine, in less than a minute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from bot.cli import options, output
from bot.errors import SettingsError
from bot.render.plain import cut, full_day, number
from bot.sandbox import demo as played
from bot.sandbox.demo import Outcome, Week
from bot.sandbox.scenes import Files, Samples, Scene
from bot.store.watermarks import Run

FOLDER = Path("litbot-demo")
COUNTS = ("reported", "known", "new", "merged", "owed", "quarantined")
SHOWN = 5  # of a kind in one week; the rest is counted
MOST_ROWS = 10  # feeds with a row of their own in the account

SOURCES: Mapping[str, tuple[str, str]] = {
    "PubMed": ("pubmed", "poll"),
    "PubMed, late": ("pubmed", "sweep"),
    "feeds": ("feed", "poll"),
}


def demo(
    folder: Annotated[
        Path, typer.Option("--folder", help="Where the digests and the database are written.")
    ] = FOLDER,
    records: Annotated[
        Path | None,
        typer.Option("--records", help="PubMed XML of your own, plain or .gz; needs --feeds."),
    ] = None,
    feeds: Annotated[
        Path | None,
        typer.Option("--feeds", help="A folder of feeds of your own, plain or .gz."),
    ] = None,
    keep: Annotated[
        bool,
        typer.Option(
            "--keep",
            help="Leave an earlier demo as it is and write beside it (default: write anew).",
            show_default=False,
        ),
    ] = False,
    json: options.Json = False,
) -> None:
    """Play three weeks of PubMed, journals, mail and Slack; nothing leaves this machine.

    The samples are made up.  With --records and --feeds your own files are served, every record
    and feed item is accounted for, and exit 1 names what is not.
    """
    output.log_to_stderr("ERROR")  # what failed is in the answer
    scene: Scene
    if records and feeds:
        scene = Files(records, feeds)
    elif records or feeds:
        raise SettingsError("--records and --feeds: give both, or neither for the samples")
    else:
        scene = Samples()
    place = played.empty_folder(folder, keep=keep)
    if json:
        outcome = played.play(scene, place, lambda _: None)
        output.as_json(_facts(outcome))
    else:
        output.line("Three simulated weeks against a PubMed, journals, a mail server and a Slack")
        output.line("that run on this machine only.")
        outcome = played.play(scene, place, _show_week)
        _show_outcome(outcome)
    if outcome.differences:
        raise typer.Exit(1)


def _show_week(week: Week) -> None:
    rows = []
    for name, (source, kind) in SOURCES.items():
        runs = [r for r in week.report.runs if r.source == source and r.kind == kind]
        if runs:
            rows.append([name, len(runs), *_counted(runs)])
    title = f"Week {week.number}: Monday {full_day(week.now.date())}"
    output.table(["asked", "times", *COUNTS], rows, title=title)
    studies = max((one.records for one in week.report.composed), default=0)
    mails, posts = number(len(week.mails), "mail", "mails"), len(week.posts)
    output.line(
        f"Digests of {number(studies, 'study', 'studies')}: {mails} to the email reader, "
        f"{number(posts, 'message', 'messages')} to the Slack channel."
    )
    _list("Failed: ", dict.fromkeys(week.report.problems))
    _list("The operator was told: ", [str(alert.message["Subject"]) for alert in week.alerts])


def _list(what: str, texts: Iterable[str]) -> None:
    lines = [cut(text, 160) for text in texts]
    for line in lines[:SHOWN]:
        output.line(what + line)
    if len(lines) > SHOWN:
        output.line(f"{what}{len(lines) - SHOWN} more; --json names them")


def _show_outcome(outcome: Outcome) -> None:
    groups: dict[tuple[str, str], list[Run]] = {}
    feeds = {run.task for run in outcome.runs if run.source == "feed"}
    for run in outcome.runs:
        together = run.source == "feed" and len(feeds) > MOST_ROWS
        task = f"{len(feeds)} feeds" if together else f"{run.source} {run.task}"
        groups.setdefault((task, run.kind), []).append(run)
    rows = [
        [task, kind, len(runs), *_counted(runs)]
        for (task, kind), runs in sorted(groups.items(), key=lambda group: group[0])
    ]
    title = "The account: reported = known + new + merged + owed + quarantined"
    output.table(["source", "kind", "times", *COUNTS], rows, title=title)
    told = ", ".join(f"{count:,} by {channel}" for channel, count in sorted(outcome.told.items()))
    output.line(f"{number(outcome.records, 'record', 'records')} in the store; told: {told}.")
    for name in outcome.unreadable:
        output.line(f"Set aside: {cut(name, 160)}")
    for difference in outcome.differences:
        output.problem(f"not accounted for: {difference}")
    if not outcome.differences:
        output.line("Nothing was lost, and every study was told exactly once to each subscriber.")
    output.line(f"The digests are in {outcome.folder.resolve()}: open week-1/digest-1.html")


def _counted(runs: Sequence[Run]) -> list[int]:
    total: Counter[str] = Counter()
    for run in runs:
        total.update({name: getattr(run, name) for name in COUNTS})
    return [total[name] for name in COUNTS]


def _facts(outcome: Outcome) -> dict[str, object]:
    return {
        "folder": outcome.folder.resolve(),
        "records": outcome.records,
        "told": outcome.told,
        "unreadable": outcome.unreadable,
        "differences": outcome.differences,
        "weeks": [
            {
                "week": week.number,
                "now": week.now,
                "runs": week.report.runs,
                "digests": week.report.composed,
                "mails": len(week.mails),
                "slack_messages": len(week.posts),
                "alerts": [str(alert.message["Subject"]) for alert in week.alerts],
                "problems": week.report.problems,
            }
            for week in outcome.weeks
        ],
    }
