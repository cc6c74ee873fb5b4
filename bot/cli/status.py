"""litbot status: what was read, what is owed, what waits, and whether every sum adds up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot import known_studies, notices
from bot.cli import options, output
from bot.model import Subscription
from bot.pipeline.alerts import is_silent
from bot.store import (
    Connection,
    delivered,
    matches,
    outbox,
    subscriptions,
    summary,
    watermarks,
)
from bot.store.database import reading
from bot.store.matches import QueryState
from bot.store.summary import Counts, Owed, Stuck, Unreadable
from bot.store.watermarks import Run, State

#: A baseline only lists ids that are not told; what it counts is nothing that came.
COUNTED = ("poll", "sweep")


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What the store says."""

    now: datetime
    records: int
    counts: Sequence[Counts]
    states: Mapping[tuple[str, str], State]
    polls: Sequence[Run]
    unreadable: Sequence[Unreadable]
    owed: Sequence[Owed]
    queries: Mapping[str, QueryState]
    undecided: Mapping[str, int]
    outbox: Sequence[tuple[str, str, int, str]]
    stuck: Sequence[Stuck]
    subscriptions: Sequence[Subscription]
    delivered: delivered.Counts
    flags: Mapping[str, str]  #: When the delivered studies were asked by flags, and how many.


def status(
    database: options.Database = "", now: options.Now = "", json: options.Json = False
) -> None:
    """Show what each source gave, what is owed or unreadable, what waits to be sent.

    Reads the database; changes nothing and asks nobody.
    """
    engine = options.existing(options.settings(database))
    with reading(engine) as db:
        found = _read(db, options.clock(now))
    engine.dispose()
    if json:
        output.as_json(_as_values(found))
    else:
        _show(found)


def _read(db: Connection, now: datetime) -> Status:
    return Status(
        now=now,
        records=summary.records_held(db),
        counts=[one for one in summary.counts(db) if one.kind in COUNTED],
        states={(one.source, one.task): one for one in watermarks.states(db)},
        polls=summary.last_polls(db),
        unreadable=summary.unreadable(db),
        owed=summary.still_owed(db),
        queries=matches.states(db),
        undecided=summary.undecided(db),
        outbox=outbox.waiting(db),
        stuck=summary.stuck(db),
        subscriptions=sorted(subscriptions.every(db), key=lambda one: (one.next_due, one.id)),
        delivered=delivered.counts(db),
        flags=watermarks.cursor(db, notices.SOURCE, notices.FLAGS),
    )


def _totals(found: Status) -> dict[str, int]:
    names = ("reported", "new", "known", "merged", "owed", "quarantined", "missing", "uneven")
    return {name: sum(getattr(one, name) for one in found.counts) for name in names}


def _state_of(found: Status, source: str, task: str) -> str:
    """In words: ok, failing since when and why, muted, silent and whether PubMed covers it."""
    state = found.states.get((source, task))
    if state is None:
        return "never polled"
    since = f"{state.since:%Y-%m-%d}"
    covered = {"covered": ", covered by PubMed", "missing": ", NOT in PubMed"}
    coverage = covered.get(state.coverage, "") if source == "feed" else ""
    if state.state != "ok":
        return f"{state.state} since {since}: {state.problem}{coverage}"
    if source == "feed" and is_silent(state, found.now):
        return f"silent{coverage}"
    return "ok"


def _adds_up(one: Counts) -> str:
    if one.uneven:
        return f"NO, in {one.uneven} runs"
    return f"yes; {one.incomplete} incomplete" if one.incomplete else "yes"


def _as_values(found: Status) -> dict[str, object]:
    totals = _totals(found)
    runs = {(one.source, one.task): one for one in found.polls}
    return {
        "now": found.now,
        "records": found.records,
        "totals": {
            **{name: totals[name] for name in ("reported", "new", "known", "merged", "owed")},
            "unreadable": totals["quarantined"],
            "missing": totals["missing"],
            "adds_up": not totals["uneven"],
        },
        "sources": [
            {
                "source": one.source,
                "task": one.task,
                "kind": one.kind,
                "polls": one.runs,
                "incomplete": one.incomplete,
                "reported": one.reported,
                "known": one.known,
                "new": one.new,
                "merged": one.merged,
                "owed": one.owed,
                "unreadable": one.quarantined,
                "missing": one.missing,
                "matched": one.matched,
                "adds_up": not one.uneven,
                "last": one.last,
                "last_complete": state.complete_at if state else None,
                "state": state.state if state else "never polled",
                "summary": _state_of(found, one.source, one.task),
                "since": state.since if state else None,
                "problem": state.problem if state else "",
                "coverage": state.coverage if state else "",
            }
            for one in found.counts
            for state in (found.states.get((one.source, one.task)),)
        ],
        "strategies": [one for one in found.states.values() if one.source == "strategy"],
        "known_studies": _known_studies(found),
        "delivered": {
            "studies": found.delivered.studies,
            "without_pmid": found.delivered.without_pmid,
            "checked_at": found.flags.get("at"),
            "checked": int(found.flags.get("asked", "0")),
            "flagged": int(found.flags.get("flagged", "0")),
            "oldest_read_at": found.delivered.oldest,
            "problems": _delivered_problems(found),
        },
        "unreadable": found.unreadable,
        "owed": found.owed,
        "queries": [
            {
                "name": name,
                "undecided": found.undecided.get(name, 0),
                "translation": query.translation,
                "warnings": run.warnings if run else (),
                "baseline_at": query.baseline_at,
                "swept_at": query.swept_at,
            }
            for name, query in found.queries.items()
            for run in (runs.get(("pubmed", name)),)
        ],
        "warnings": [
            {"source": one.source, "task": one.task, "warnings": one.warnings}
            for one in found.polls
            if one.warnings
        ],
        "outbox": [
            {"channel": channel, "state": state, "parts": count, "problem": problem}
            for channel, state, count, problem in found.outbox
        ],
        "stuck": found.stuck,
        "due": [
            {
                "subscription": one.id,
                "channel": one.channel,
                "queries": list(one.queries),
                "next_due": one.next_due,
            }
            for one in found.subscriptions
        ],
    }


def _show(found: Status) -> None:
    totals = _totals(found)
    output.line(
        f"{totals['reported']} records reported: {totals['new']} new, {totals['known']} known, "
        f"{totals['merged']} merged, {totals['quarantined']} unreadable, {totals['owed']} owed; "
        f"{found.records} different records held"
    )
    if totals["uneven"]:
        output.line(
            f"THE SUM DOES NOT ADD UP in {totals['uneven']} complete runs: please report it"
        )
    if totals["missing"]:
        output.line(f"{totals['missing']} were listed by incomplete polls and are asked for again")
    if not found.counts:
        output.line("nothing was polled yet; run: litbot run")
        return
    columns = ("source", "task", "polls", "reported", "known", "new", "merged", "owed")
    output.table(
        (*columns, "unreadable", "adds up", "last complete (UTC)", "state"),
        [
            (
                one.source if one.kind == "poll" else f"{one.source} {one.kind}",
                one.task,
                one.runs,
                one.reported,
                one.known,
                one.new,
                one.merged,
                one.owed,
                one.quarantined,
                _adds_up(one),
                state.complete_at if state else None,
                _state_of(found, one.source, one.task),
            )
            for one in found.counts
            for state in (found.states.get((one.source, one.task)),)
        ],
        title="Sources",
    )
    _show_delivered(found)
    _show_names(found)
    _show_queries(found)
    _show_outbox(found)


def _show_delivered(found: Status) -> None:
    """When it was last asked what happened to delivered studies, and what is odd about some."""
    sent, flags = found.delivered, found.flags
    if not sent.studies:
        return
    checked = "never"
    if flags:
        at = datetime.fromisoformat(flags["at"])
        checked = f"{at:%Y-%m-%d}: {flags['asked']} by their PMIDs, {flags['flagged']} of them read"
    oldest = f"; each read since {sent.oldest:%Y-%m-%d}" if sent.oldest else ""
    alone = f"; {sent.without_pmid} without a PMID cannot be asked" if sent.without_pmid else ""
    output.line(f"{sent.studies} studies delivered; last checked {checked}{oldest}{alone}")
    odd = [(one.task, one.since, one.problem) for one in _delivered_problems(found)]
    if odd:
        output.table(("PMID, or check", "since", "what is odd"), odd, title="Odd at PubMed")


def _delivered_problems(found: Status) -> list[State]:
    """PMIDs that do not come any more, and a check that does not work."""
    return [
        one for one in found.states.values() if one.source == notices.SOURCE and one.state != "ok"
    ]


def _show_names(found: Status) -> None:
    """The records that are not there, by name."""
    if found.unreadable:
        rows = [(one.source, one.task, one.key, one.reason, one.since) for one in found.unreadable]
        output.table(("source", "task", "key", "reason", "since"), rows, title="Unreadable")
    if found.owed:
        output.table(
            ("source", "task", "key", "since", "state"),
            [
                (
                    one.source,
                    one.task,
                    one.key,
                    one.since,
                    f"given up {one.given_up_at:%Y-%m-%d}" if one.given_up_at else "asked for",
                )
                for one in found.owed
            ],
            title="Owed: listed, and not given",
        )


def _show_queries(found: Status) -> None:
    output.table(
        ("query", "undecided", "baseline", "last sweep", "state", "PubMed reads it as"),
        [
            (
                name,
                found.undecided.get(name, 0),
                query.baseline_at,
                query.swept_at,
                _strategy_state(found, name),
                query.translation or None,
            )
            for name, query in found.queries.items()
        ],
        title="Queries",
    )
    warned = [(f"{one.source} {one.task}", text) for one in found.polls for text in one.warnings]
    warned += [
        (f"{one.source} of {one.task}", f"since {one.since:%Y-%m-%d} {one.problem}")
        for one in _known_studies(found)
        if one.state != "ok"
    ]
    if warned:
        output.table(("last poll or check of", "warning"), warned, title="Warnings")


def _known_studies(found: Status) -> list[State]:
    """Whether PubMed finds what each query must find, as the last checks say."""
    return [
        one
        for one in found.states.values()
        if one.source == known_studies.SOURCE and one.task in found.queries
    ]


def _strategy_state(found: Status, name: str) -> str:
    """A strategy is well until PubMed refuses it or warns of it."""
    known = ("strategy", name) in found.states
    return _state_of(found, "strategy", name) if known else "ok"


def _show_outbox(found: Status) -> None:
    if found.outbox:
        rows = [(channel, state, count) for channel, state, count, _ in found.outbox]
        output.table(("channel", "state", "parts"), rows, title="Outbox")
    if found.stuck:
        output.table(
            ("part", "channel", "state", "attempts", "next attempt (UTC)", "problem"),
            [
                (
                    one.key,
                    one.channel,
                    one.state,
                    one.attempts,
                    None if one.state == "failed" else one.not_before,
                    one.problem,
                )
                for one in found.stuck
            ],
            title="Not delivered",
        )
    if found.subscriptions:
        output.table(
            ("subscription", "channel", "queries", "next digest (UTC)"),
            [
                (one.id, one.channel, ", ".join(one.queries), one.next_due)
                for one in found.subscriptions
            ],
            title="Next digests",
        )
