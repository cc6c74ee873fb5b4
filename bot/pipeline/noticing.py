"""Tell readers what happened to the studies that they were sent.

By email what is grave goes out at once, as a mail of its own, and the rest in the next digest.  In
Slack everything goes out at once, as a reply in the thread that shows the study, and the message
with the study is corrected.  Who was told is saved in the same commit as the parts.

A new version of a review, and a corrected study, are news themselves: where they are about to be
shown as studies, they are told with that.  An article needs no showing as a new study to those
who hear that a preprint is published by it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Final, NamedTuple, get_args

from bot import relations
from bot.digest import BRINGING, RENEWING, Candidate, Event, day_in
from bot.model import Notice, NoticeKind, Subscription
from bot.pipeline import alerts
from bot.pipeline.parts import Bot, Notified
from bot.render import NOTICES_IN_A_MAIL, NOTICES_IN_A_MESSAGE
from bot.store import Connection, digests, notices, outbox, records, subscriptions
from bot.store.notices import URGENT, Untold

log = logging.getLogger(__name__)

#: Who was sent the study hears of the other record by the notice, and not as a study.
TOLD_INSTEAD: Final[frozenset[NoticeKind]] = frozenset({"publication", "withdrawal"})
_ORDER: Final[Sequence[NoticeKind]] = get_args(NoticeKind)  # the gravest first


class Chosen(NamedTuple):
    """What a digest shows, and what it tells by that."""

    shown: list[Candidate]  #: Those that are not shown are told by a notice.
    news: list[Untold]  #: What happened to studies that were told before.
    flagged: list[int]  #: Notices that are shown with the studies themselves.
    renewed: list[Untold]  #: Studies of which a new form is among the shown.


def tell_at_once(db: Connection, bot: Bot, number: int, now: datetime) -> Notified | None:
    """Write the parts about what does not wait for a digest; None when there is none."""
    subscription = subscriptions.hold(db, number)
    if subscription is None or not subscription.active:
        return None
    found = notices.untold(db, number, now)
    if subscription.channel == "email":
        chosen = [one for one in found if one.notice.kind in URGENT]
    else:
        coming = {
            match.record_id
            for match in digests.untold(db, subscription, now)
            if not match.told_as_possible
        }
        chosen = [
            one
            for one in found
            if one.notice.kind not in RENEWING or one.notice.other_id not in coming
        ]
    if not chosen:
        return None
    happened = events(db, subscription, chosen)
    write = _mails if subscription.channel == "email" else _messages
    parts = write(db, bot, subscription, happened, now)
    outbox.put(db, [part for part, _ in parts], now)
    told = {event.id: part.key for part, some in parts for event in some}
    notices.tell(db, number, told, now)
    tell_articles(db, number, chosen)
    corrections = correct(db, bot, subscription, {one.notice.record_id for one in chosen}, now)
    return Notified(subscription=number, notices=len(told), parts=len(parts) + corrections)


def events(db: Connection, subscription: Subscription, found: Sequence[Untold]) -> list[Event]:
    """What is to be told, the gravest first, with the records that it is about."""
    numbers = {one.notice.record_id for one in found} | {
        one.notice.other_id for one in found if one.notice.other_id is not None
    }
    stored = records.read(db, sorted(numbers))
    made = [
        Event(
            id=one.id,
            notice=one.notice,
            study=stored[one.notice.record_id],
            other=stored.get(one.notice.other_id) if one.notice.other_id else None,
            sent_on=day_in(subscription.cadence.zone, one.told_at),
        )
        for one in found
    ]
    return sorted(made, key=lambda event: _ORDER.index(event.notice.kind))


def tell_articles(db: Connection, subscription: int, found: Iterable[Untold]) -> None:
    """What a notice brings is told by it: the digest of the study is that of the article, too."""
    brought = {
        one.notice.other_id: one.digest_id
        for one in found
        if one.notice.kind in BRINGING and one.notice.other_id is not None
    }
    digests.tell_along(db, subscription, brought)


def choose(
    db: Connection, subscription: Subscription, candidates: Sequence[Candidate], now: datetime
) -> Chosen:
    """Which of the records are shown, as what, and what a digest tells of earlier ones."""
    numbers = [one.record_id for one in candidates]
    happened, caused = notices.of(db, numbers), notices.by(db, numbers)
    affected = {one.notice.record_id for some in caused.values() for one in some}
    told = digests.told_at(db, subscription.id, affected)
    kinds = {one.record_id: relations.notice_kind(one.record) for one in candidates}
    studies = {number for number, kind in kinds.items() if kind is None}
    untold = notices.untold(db, subscription.id, now)
    shown, flagged, renewed = list[Candidate](), list[int](), set[int]()
    for one in candidates:
        number, by_this = one.record_id, caused.get(one.record_id, ())
        known = [each for each in by_this if each.notice.record_id in told]
        if number not in studies:  # where its study is told, that tells of it
            if not known and not any(each.notice.record_id in studies for each in by_this):
                shown.append(replace(one, about=kinds[number]))
            continue
        if any(each.notice.kind in TOLD_INSTEAD for each in known):
            continue
        earlier = [each for each in known if each.notice.kind in RENEWING]
        its_own = happened.get(number, ())
        shown.append(
            replace(
                one,
                notices=tuple(each.notice for each in its_own),
                flags=relations.flags(one.record),
                renews=max(
                    ((each.notice.kind, told[each.notice.record_id]) for each in earlier),
                    key=lambda renewal: renewal[1],
                    default=None,
                ),
            )
        )
        flagged += [each.id for each in its_own]
        renewed |= {each.id for each in earlier}
    by_email = subscription.channel == "email"
    return Chosen(
        shown=shown,
        news=[one for one in untold if by_email and one.id not in renewed],
        flagged=flagged,
        renewed=[one for one in untold if one.id in renewed],
    )


def told_by_digest(
    db: Connection, bot: Bot, subscription: Subscription, chosen: Chosen, part: str, now: datetime
) -> None:
    """Remember what a digest has told of earlier studies, and correct the messages with these."""
    notices.tell(db, subscription.id, dict.fromkeys(chosen.flagged, ""), now)
    told = [*chosen.news, *chosen.renewed]
    notices.tell(db, subscription.id, {one.id: part for one in told}, now)
    tell_articles(db, subscription.id, chosen.news)
    correct(db, bot, subscription, {one.notice.record_id for one in chosen.renewed}, now)


def correct(
    db: Connection, bot: Bot, subscription: Subscription, studies: Iterable[int], now: datetime
) -> int:
    """Correct the Slack messages that show these studies: how they were, with all that has been
    told of their studies since.  Returns how many there are."""
    if subscription.channel != "slack":
        return 0
    parts = []
    for posted in outbox.showing(db, subscription.id, set(studies)):
        happened = notices.told_since(db, subscription.id, posted.shows)
        if not happened:
            continue
        titles = {n: one.title for n, one in records.read(db, posted.shows).items()}
        last = max(one.id for some in happened.values() for one in some)
        since: Mapping[int, Sequence[Notice]] = {
            number: [one.notice for one in some] for number, some in happened.items()
        }
        parts.append(
            outbox.New(
                key=f"update-{posted.key}-{last}-{now:%Y%m%dT%H%M%S}",
                digest_id=None,
                subscription_id=subscription.id,
                channel="slack",
                target=posted.target,
                body=bot.renderer.corrected(posted.body, since, titles),
                values={},
                replaces=posted.key,
            )
        )
    return outbox.put(db, parts, now)


def _mails(
    db: Connection,  # noqa: ARG001 the form of `_messages`
    bot: Bot,
    subscription: Subscription,
    happened: Sequence[Event],
    now: datetime,
) -> list[tuple[outbox.New, Sequence[Event]]]:
    """One mail about all of them; two or more when there are very many."""
    made: list[tuple[outbox.New, Sequence[Event]]] = []
    for start in range(0, len(happened), NOTICES_IN_A_MAIL):
        some = happened[start : start + NOTICES_IN_A_MAIL]
        body = bot.renderer.notices_mail(
            some,
            postal_address=bot.settings.postal_address,
            reason="this address was sent these studies"
            if len(some) > 1
            else "this address was sent this study",
            public_url=bot.settings.public_url,
        )
        part = _part(subscription, some, {**body, "list_id": list_id(subscription)}, now)
        values = alerts.own_values(bot.settings, part.key, now) | {
            "subscription": str(subscription.id),
            "generation": str(subscription.generation),
        }
        made.append((part._replace(values=values), some))
    return made


def _messages(
    db: Connection, bot: Bot, subscription: Subscription, happened: Sequence[Event], now: datetime
) -> list[tuple[outbox.New, Sequence[Event]]]:
    """Replies in the threads that show the studies; what no thread shows stands on its own."""
    threads: dict[int, str] = {}
    studies = {event.notice.record_id for event in happened}
    for posted in outbox.showing(db, subscription.id, studies):
        if posted.target == subscription.target:
            threads |= dict.fromkeys(posted.shows, posted.thread)  # the last one that shows it

    def thread(event: Event) -> str:
        return threads.get(event.notice.record_id, "")

    made: list[tuple[outbox.New, Sequence[Event]]] = []
    for key, members in groupby(sorted(happened, key=thread), thread):
        group = list(members)
        for start in range(0, len(group), NOTICES_IN_A_MESSAGE):
            some = group[start : start + NOTICES_IN_A_MESSAGE]
            part = _part(subscription, some, bot.renderer.slack_notice(some), now)
            made.append((part._replace(reply_to=key), some))
    return made


def _part(
    subscription: Subscription, some: Sequence[Event], body: Mapping[str, str], now: datetime
) -> outbox.New:
    brought = {event.notice.other_id for event in some if event.brings}
    return outbox.New(
        key=f"{outbox.NOTICE}{subscription.id}-{some[0].id}-{now:%Y%m%dT%H%M%S}",
        digest_id=None,
        subscription_id=subscription.id,
        channel=subscription.channel,
        target=subscription.target,
        body=body,
        values={},
        shows=[number for number in sorted(brought, key=str) if number is not None],
    )


def list_id(subscription: Subscription) -> str:
    """The name of a subscription's mails as a list."""
    return "-".join(sorted(subscription.queries))[:60]
