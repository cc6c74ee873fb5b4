"""Write what readers are told: the digests that are due, and what does not wait for one.

Told records, told notices, message parts and the next due time are one commit.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from bot.digest import Candidate, Digest, Event, arrange, next_due
from bot.errors import SettingsError
from bot.model import Subscription
from bot.pipeline import alerts, noticing
from bot.pipeline.parts import Bot, Composed, Notified, Report
from bot.pipeline.waiting import WAITING
from bot.store import (
    Connection,
    digests,
    matches,
    notices,
    outbox,
    records,
    subscriptions,
    watermarks,
)
from bot.store.database import reading, writing

log = logging.getLogger(__name__)


def compose(bot: Bot, now: datetime) -> Report:
    """Write what happened to studies that were sent, and the digests that are due."""
    with reading(bot.engine) as db:
        told = notices.waiting(db, now)
        due = subscriptions.due(db, now)
    return _notify(bot, told, now) + _write_digests(bot, due, now)


def _notify(bot: Bot, numbers: Sequence[int], now: datetime) -> Report:
    notified: list[Notified] = []
    problems = []
    for number in numbers:
        try:
            with writing(bot.engine) as db:
                one = noticing.tell_at_once(db, bot, number, now)
        except SettingsError as error:  # a template that is missing or broken
            log.warning("did not write the notices of subscription %d", number)
            problems.append(f"subscription {number}: {error}")
            continue
        if one is not None:
            log.info("wrote %d notices in %d parts", one.notices, one.parts)
            notified.append(one)
    return Report(notified=notified, problems=problems)


def _write_digests(bot: Bot, due: Sequence[Subscription], now: datetime) -> Report:
    composed, problems = [], []
    for subscription in due:
        try:
            with writing(bot.engine) as db:
                one = _compose(db, bot, subscription.id, now)
        except SettingsError as error:  # a layout that is missing or broken
            log.warning("did not compose the digest of subscription %d", subscription.id)
            problems.append(f"subscription {subscription.id}: {error}")
            _tell_of_layout(bot, subscription, error, now)
            continue
        if one is not None:
            log.info("composed a digest of %d records in %d parts", one.records, one.parts)
            composed.append(one)
    return Report(composed=composed, problems=problems)


def _tell_of_layout(
    bot: Bot, subscription: Subscription, error: SettingsError, now: datetime
) -> None:
    with writing(bot.engine) as db:
        alerts.tell(
            db,
            bot.settings,
            bot.renderer,
            [bot.settings.operator],
            key=f"layout {subscription.layout} {error}",
            subject=f"litbot: the layout {subscription.layout} is broken",
            lines=[str(error), "The digests wait, and nothing is lost."],
            now=now,
        )


def _compose(db: Connection, bot: Bot, number: int, now: datetime) -> Composed | None:
    """One digest, its told records and notices, its parts and the next due time, in one
    transaction."""
    subscription = subscriptions.hold(db, number)
    if subscription is None or not subscription.active or subscription.next_due > now:
        return None
    candidates = list(_candidates(db, bot, subscription, now))
    chosen = noticing.choose(db, subscription, candidates, now)
    happened = noticing.events(db, subscription, chosen.news)
    digest = _arrange(db, bot, subscription, chosen.shown, happened, now)
    through = digest.searched_through.isoformat() if digest.searched_through else ""
    due_at = subscription.next_due
    later = next_due(subscription.cadence, max(now, due_at))
    if not subscriptions.postpone(db, number, was=due_at, next_due=later):
        return None  # another process has composed it, or the reader has just left
    saved = digests.save(db, number, due_at, through, len(chosen.shown), now)
    if saved is None:
        return None
    confirmed = [one.record_id for one in candidates if one.told_as_possible]
    digests.tell(db, number, saved, {one.record_id: one.answer for one in candidates}, confirmed)
    parts = [] if digest.quiet and not subscription.quiet else _parts(bot, subscription, digest)
    outbox.put(db, [part._replace(digest_id=saved) for part in parts], now)
    noticing.told_by_digest(db, bot, subscription, chosen, parts[0].key if parts else "", now)
    return Composed(
        subscription=number,
        due_at=due_at,
        records=len(chosen.shown),
        parts=len(parts),
        notices=len(chosen.news) + len(chosen.renewed),
    )


def _candidates(
    db: Connection, bot: Bot, subscription: Subscription, now: datetime
) -> Iterator[Candidate]:
    """The records that this subscription is to be told of, each once, whatever found it."""
    grouped: dict[int, list[digests.Untold]] = {}
    for match in digests.untold(db, subscription, now):
        grouped.setdefault(match.record_id, []).append(match)
    seen = records.read(db, sorted(grouped))
    places = records.found_in(db, sorted(grouped))
    order = ("new", "late", "gained")
    for number, found in grouped.items():
        sure = [match for match in found if match.answer == "yes"] or found
        if sure[0].told_as_possible and not seen[number].abstract:
            continue  # it is shown once more when there is something to show
        best = min(sure, key=lambda match: order.index(match.kind))
        yield Candidate(
            record_id=number,
            record=seen[number],
            queries=tuple(match.query for match in sure),
            answer=best.answer,
            kind=best.kind,
            found_in=tuple(dict.fromkeys(_place(bot, *place) for place in places[number])),
            matched_at=best.matched_at,
            told_as_possible=best.told_as_possible,
        )


def _place(bot: Bot, source: str, task: str) -> str:
    """A source as its readers know it."""
    if source == "pubmed":
        return "PubMed"
    journal = bot.queries.journals.get(task)
    return f"{journal.title if journal else task} (feed)"


def _arrange(
    db: Connection,
    bot: Bot,
    subscription: Subscription,
    candidates: Sequence[Candidate],
    happened: Sequence[Event],
    now: datetime,
) -> Digest:
    names = sorted(subscription.queries)
    titles = {name: _title(bot, name) for name in names}
    since = digests.previous(db, subscription.id) or subscription.created_at
    waited = timedelta(days=bot.settings.waiting_days)
    tasks = [("pubmed", name) for name in names] + [
        ("feed", journal.name)
        for name in names
        if name in bot.queries.queries
        for journal in bot.queries.journals_of(bot.queries.queries[name])
        if journal.feed
    ]
    states = [
        state
        for source, task in dict.fromkeys([*tasks, *(("strategy", name) for name in names)])
        if (state := watermarks.state(db, source, task)) is not None
    ]
    asking = watermarks.state(db, "pubmed", WAITING)
    return arrange(
        candidates,
        happened,
        title=titles[names[0]] if len(names) == 1 else "Literature",
        titles=titles,
        due_at=subscription.next_due,
        since=since,
        zone=subscription.cadence.zone,
        searched_through=_searched_through(db, names, states),
        undecided=matches.still_undecided(db, names, since - waited, now - waited),
        undecided_command="litbot query undecided NAME",
        failures=[
            _failure(bot, state)
            for state in (*states, asking)
            if state is not None and state.state == "failing"
        ],
        feeds=[
            _silence(bot, state)
            for state in states
            if state.source == "feed" and alerts.is_silent(state, now)
        ],
        gained_more=sum(matches.gained(db, names, since, now).values()),
    )


def _title(bot: Bot, name: str) -> str:
    query = bot.queries.queries.get(name)
    return query.title if query else name


def _searched_through(
    db: Connection, names: Sequence[str], states: Sequence[watermarks.State]
) -> date | None:
    """The oldest mark; None while PubMed has never been searched for one of the queries.

    PubMed's mark is its own day before the poll began.  A feed without a mark is named as failing.
    """
    marks = []
    for name in names:
        mark = watermarks.cursor(db, "pubmed", name).get("since")
        if mark is None:
            return None
        marks.append(date.fromisoformat(mark))
    marks += [
        state.complete_at.astimezone(UTC).date()
        for state in states
        if state.source == "feed" and state.state != "muted" and state.complete_at
    ]
    return min(marks, default=None)


def _failure(bot: Bot, state: watermarks.State) -> str:
    journal = bot.queries.journals.get(state.task)
    name = journal.title if journal and state.source == "feed" else _title(bot, state.task)
    if state.task == WAITING:
        name = "records that wait for it"
    what = {
        "pubmed": f"PubMed was not searched completely for {name}",
        "strategy": f"PubMed did not read the search of {name} as it is written",
        "feed": f"The feed of {name} was not read",
    }[state.source]
    return f"{what} since {state.since.date().isoformat()}: {state.problem}"


def _silence(bot: Bot, state: watermarks.State) -> str:
    journal = bot.queries.journals.get(state.task)
    name = journal.title if journal else state.task
    covered = {
        "covered": "covered by PubMed",
        "missing": "NOT in PubMed",
    }.get(state.coverage, "not known to be covered by PubMed")
    return f"{name}: feed silent, {covered}"


def _parts(bot: Bot, subscription: Subscription, digest: Digest) -> list[outbox.New]:
    """The message parts of a digest; the first Slack message is the parent of the others."""
    settings = bot.settings
    stem = f"digest-{subscription.id}-{subscription.next_due:%Y%m%dT%H%M%S}"
    bodies: Sequence[Mapping[str, str]]
    if subscription.channel == "email":
        list_id = noticing.list_id(subscription)
        mails = bot.renderer.email(
            digest,
            layout=subscription.layout,
            postal_address=settings.postal_address,
            reason=f"this address is subscribed to {', '.join(digest.queries)}",
            public_url=settings.public_url,
        )
        bodies = [{**mail, "list_id": list_id} for mail in mails]
    else:
        bodies = bot.renderer.slack(digest, layout=subscription.layout)
    parts: list[outbox.New] = []
    for index, body in enumerate(bodies):
        key = f"{stem}-{index + 1}"
        values: dict[str, str] = {}
        if subscription.channel == "email":
            values = alerts.own_values(settings, key, subscription.next_due) | {
                "subscription": str(subscription.id),
                "generation": str(subscription.generation),
            }
        part = outbox.New(
            key=key,
            digest_id=None,
            subscription_id=subscription.id,
            channel=subscription.channel,
            target=subscription.target,
            body=body,
            values=values,
            reply_to=parts[0].key if parts and subscription.channel == "slack" else "",
            shows=[number for number, *_ in json.loads(body["shows"])],
        )
        parts.append(part)
    return parts
