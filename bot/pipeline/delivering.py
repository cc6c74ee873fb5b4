"""Send what waits in the outbox: claimed before, settled after, looked up when in doubt."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import get_args

from bot.errors import DeliveryError
from bot.model import ChannelName
from bot.pipeline import alerts
from bot.pipeline.parts import Bot, Delivered, Report
from bot.ports import Part, Receipt
from bot.store import Connection, outbox
from bot.store.database import writing

log = logging.getLogger(__name__)

PATIENCE = timedelta(hours=1)  # a service that is away for less is not worth a message
MOST_IN_DOUBT = 3  # mails whose answers were lost; each may have arrived
#: What sets a channel up.
SETTING: Mapping[str, str] = {"email": "LITBOT_SMTP_URL", "slack": "LITBOT_SLACK_TOKEN"}


def deliver(bot: Bot, now: datetime) -> Report:
    """Send what waits in the outbox; one bad target or channel blocks no other."""
    done: list[Delivered] = []
    # Channels that are not set up, or whose service is in trouble: a later run tries again.
    resting: set[str] = set(get_args(ChannelName)) - set(bot.channels)
    with writing(bot.engine) as db:
        outbox.release(db, now)
        waiting = [channel for _, channel in outbox.due(db, now) if channel in resting]
    problems = [
        f"{channel}: {waiting.count(channel)} parts wait, but {SETTING[channel]} is not set"
        for channel in sorted(set(waiting))
    ]
    while True:
        with writing(bot.engine) as db:
            part = outbox.claim(db, now, without=resting)
        if part is None:
            break
        outcome = _deliver(bot, part, now)
        if outcome.service_down:
            resting.add(part.channel)
        done.append(outcome)
    problems += [f"{one.channel} {one.key}: {one.problem}" for one in done if one.problem]
    return Report(delivered=done, problems=problems)


def _deliver(bot: Bot, claimed: outbox.Claimed, now: datetime) -> Delivered:
    """Send one claimed part, or find that it has arrived before; then say so in the outbox."""
    channel = bot.channels[claimed.channel]
    part = Part(
        key=claimed.key,
        target=claimed.target,
        body=claimed.body,
        values=claimed.values,
        reply_to=claimed.reply_to,
        replaces=claimed.replaces,
    )
    outcome = Delivered(key=claimed.key, channel=claimed.channel, state="sent")
    try:
        receipt: Receipt | None = None
        if claimed.uncertain and channel.finds:
            receipt = channel.find(part, claimed.since)
        if receipt is None:
            receipt = channel.send(part)
    except DeliveryError as error:
        return _not_sent(bot, claimed, error, outcome, now)
    with writing(bot.engine) as db:
        outbox.sent(db, claimed, receipt.id, now)
    log.info("sent %s by %s", claimed.key, claimed.channel)
    return outcome


def _not_sent(
    bot: Bot, claimed: outbox.Claimed, error: DeliveryError, outcome: Delivered, now: datetime
) -> Delivered:
    log.warning("did not send %s: %s", claimed.key, error)
    if error.gone and claimed.reply_to and claimed.key.startswith(outbox.NOTICE):
        with writing(bot.engine) as db:
            outbox.alone(db, claimed, now)
        return replace(outcome, state="pending")
    problem = error.problem
    finds = bot.channels[claimed.channel].finds
    # Nobody can look a mail up: the answer to the third may be lost as well.
    most = MOST_IN_DOUBT if error.unknown and not finds else outbox.MOST_ATTEMPTS
    counts = error.unknown or not error.service_down
    last = counts and claimed.attempts >= most and not (error.unknown and finds)
    with writing(bot.engine) as db:
        if claimed.replaces and (error.permanent or last):
            outbox.dropped(db, claimed, problem)
            state, problem = "cancelled", "" if error.gone else problem
        elif error.permanent or last:
            outbox.failed(db, claimed, problem)
            state = "failed"
        else:
            pause = timedelta(seconds=error.retry_after or 0)
            not_before = now + max(pause, outbox.back_off(claimed.attempts))
            outbox.later(
                db,
                claimed,
                problem,
                not_before,
                unknown=error.unknown,
                counts=counts,
            )
            state = "unknown" if error.unknown else "pending"
        if claimed.key.startswith(("digest-", outbox.NOTICE)) or error.service_down:
            _tell_operator(db, bot, claimed, error, state, now)
    return replace(outcome, state=state, problem=problem, service_down=error.service_down)


def _tell_operator(
    db: Connection,
    bot: Bot,
    claimed: outbox.Claimed,
    error: DeliveryError,
    state: str,
    now: datetime,
) -> None:
    """Once for a part that failed or cannot be looked up, once a day for a channel in trouble."""
    channel = claimed.channel
    if state == "failed":
        key = f"failed {claimed.key}"
        subject = f"litbot: a message could not be delivered by {channel}"
        remedy = "It stays in the outbox: mend the cause, then run: litbot deliver --retry"
    elif error.service_down and claimed.since <= now - PATIENCE:
        key = f"channel {channel} {now.date().isoformat()}"
        subject = f"litbot: nothing goes out by {channel}"
        remedy = "Nothing is lost: it waits in the outbox, and is tried again."
    elif error.unknown and claimed.uncertain and bot.channels[channel].finds:
        key = f"unknown {claimed.key}"
        subject = f"litbot: a message may have arrived by {channel}, or not"
        remedy = "It is looked up again, and sent only when it is not there."
    else:
        return
    alerts.tell(
        db,
        bot.settings,
        bot.renderer,
        [bot.settings.operator],
        key=key,
        subject=subject,
        lines=[f"{claimed.key}: {error.problem}", remedy],
        now=now,
    )
