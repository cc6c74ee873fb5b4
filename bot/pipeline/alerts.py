"""Say when a source or a query breaks, and when it heals: once each, to those who can mend it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from typing import Final, Literal

from bot import subscribing
from bot.config import Settings
from bot.errors import SettingsError, SourceError
from bot.model import ChannelName, SavedQuery
from bot.render import Renderer
from bot.store import Connection, outbox, watermarks
from bot.store.watermarks import State

Event = Literal["", "broke", "healed"]

SILENT: Final = timedelta(days=30)  # a feed without anything new for so long is asked about


def after_success(old: State | None, source: str, task: str, now: datetime) -> tuple[State, Event]:
    """The state of a source that has just answered completely."""
    new_at = old.new_at if old else None
    since = old.since if old and old.state == "ok" else now
    state = State(source, task, "ok", since, 0, "", None, "", now, new_at, "", None)
    if old:
        state = state._replace(coverage=old.coverage, coverage_at=old.coverage_at)
    return state, "healed" if old and old.state != "ok" else ""


def after_failure(old: State | None, error: SourceError, now: datetime) -> tuple[State, Event]:
    """The state of a source that has just failed; it broke if it was well before."""
    broken = old is not None and old.state != "ok"
    state = State(
        source=error.source,
        task=error.task,
        state="muted" if error.permanent else "failing",
        since=old.since if old and broken else now,
        failures=(old.failures if old else 0) + 1,
        problem=error.problem,
        retry_at=error.retry_at,
        address="",
        complete_at=old.complete_at if old else None,
        new_at=old.new_at if old else None,
        coverage=old.coverage if old else "",
        coverage_at=old.coverage_at if old else None,
    )
    return state, "" if broken else "broke"


def is_silent(state: State, now: datetime) -> bool:
    """Has this feed given nothing new for a month, or does it not answer?"""
    if state.state != "ok":
        return True
    return (state.new_at or state.since) <= now - SILENT


def tell(
    db: Connection,
    settings: Settings,
    renderer: Renderer,
    targets: Iterable[str],
    *,
    key: str,
    subject: str,
    lines: Sequence[str],
    now: datetime,
) -> None:
    """Put one message into the outbox for each target; the same key never twice."""
    for target in dict.fromkeys(target for target in targets if target):
        reached = _reached(settings, target)
        if reached is None:
            continue  # `doctor` names it; a wrong address must not stop a poll
        channel, address = reached
        name = sha256(f"{key} {channel} {address}".encode()).hexdigest()[:32]
        part = outbox.New(
            key=f"alert-{name}",
            digest_id=None,
            subscription_id=None,
            channel=channel,
            target=address,
            body=renderer.message(subject, lines, channel),
            values=own_values(settings, f"alert-{name}", now) if channel == "email" else {},
        )
        outbox.put(db, [part], now)


def _reached(settings: Settings, target: str) -> tuple[ChannelName, str] | None:
    """How a target is reached; None when it cannot be with these settings."""
    channel: ChannelName
    if target.startswith("#"):
        channel, address = "slack", target  # Slack takes the name of a channel, while it keeps it
    else:
        try:
            channel, address = subscribing.target(target)
        except SettingsError:
            return None
    given = {"email": settings.smtp_url, "slack": settings.slack_token}
    set_up = {name for name, secret in given.items() if secret.get_secret_value()}
    return (channel, address) if channel in set_up or not set_up else None


def own_values(settings: Settings, key: str, now: datetime) -> dict[str, str]:
    """What one mail has of its own, the same at every attempt."""
    _, _, domain = settings.mail_from.rstrip("> ").rpartition("@")
    name = sha256(key.encode()).hexdigest()
    return {
        "message_id": f"<{name[:40]}@{domain or 'litbot.invalid'}>",
        "date": format_datetime(now),
        "boundary": f"=_{name[40:64]}",
    }


def source_changed(
    db: Connection,
    settings: Settings,
    renderer: Renderer,
    state: State,
    event: Event,
    query: SavedQuery | None,
    now: datetime,
) -> None:
    """Remember the state; tell the operator, and the owner of a query that is at fault."""
    watermarks.set_state(db, state)
    if not event:
        return
    name = f"{state.source} {state.task}".strip()
    targets = [settings.operator]
    if query is not None and state.source == "strategy":
        targets = [query.owner.target, settings.operator]
    if event == "broke":
        subject = f"litbot: {name} broke"
        lines = [
            f"{name}: {state.problem}",
            "Nothing is lost: its watermark stays, and the next good poll catches up.",
            "You will hear of it once more, when it works again.",
        ]
        if state.source == "strategy":
            lines[1:2] = ["PubMed reads the search strategy otherwise than it is written."]
    else:
        subject = f"litbot: {name} works again"
        lines = [f"{name} works again."]
    tell(
        db,
        settings,
        renderer,
        targets,
        key=f"{name} {state.since.isoformat()} {event}",
        subject=subject,
        lines=lines,
        now=now,
    )
