"""What the three verbs work with, and what they report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.config import Settings
from bot.model import ChannelName
from bot.ports import Channel, Source
from bot.render import Renderer
from bot.saved_queries import Queries
from bot.sources.pubmed import PubMed
from bot.store import Engine
from bot.store.watermarks import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """Everything that the three verbs need."""

    settings: Settings
    engine: Engine
    queries: Queries
    pubmed: PubMed
    feeds: Source
    channels: Mapping[ChannelName, Channel]
    renderer: Renderer


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a command did, for the person or the log that asked."""

    runs: Sequence[Run] = ()
    composed: Sequence[Composed] = ()
    notified: Sequence[Notified] = ()
    delivered: Sequence[Delivered] = ()
    problems: Sequence[str] = ()  #: What failed, named.
    busy: bool = False  #: Another process was at some of it, and goes on from there.

    def __add__(self, other: Report) -> Report:
        return Report(
            runs=(*self.runs, *other.runs),
            composed=(*self.composed, *other.composed),
            notified=(*self.notified, *other.notified),
            delivered=(*self.delivered, *other.delivered),
            problems=(*self.problems, *other.problems),
            busy=self.busy or other.busy,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """One digest that was put into the outbox."""

    subscription: int
    due_at: datetime
    records: int
    parts: int
    notices: int = 0  #: What happened to studies that were told before.


@dataclass(frozen=True, slots=True, kw_only=True)
class Notified:
    """What one subscription is told outside its digests, of studies that it was sent."""

    subscription: int
    notices: int
    parts: int  #: With the messages that are corrected.


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What became of one part."""

    key: str
    channel: ChannelName
    state: str  #: sent, pending, unknown, failed; cancelled for a correction that cannot be made
    problem: str = ""
    service_down: bool = False  #: The channel's service, not this part, is in trouble.
