"""What comes in several kinds: sources of records, channels to readers, and turns at a host."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from bot.model import Journal, Record, SavedQuery

#: `poll` asks for what is new since the cursor; `sweep` looks again at a long window and fetches
#: what is unknown; `baseline` lists the keys of that window and fetches nothing.
TaskKind = Literal["poll", "sweep", "baseline"]

#: Which of these keys (PMIDs) does the store already hold a record for?
Known = Callable[[Sequence[str]], frozenset[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One thing that a source is asked to read."""

    kind: TaskKind
    subject: SavedQuery | Journal
    cursor: Mapping[str, str] = field(default_factory=dict)  #: Empty at the first run.
    owed: tuple[str, ...] = ()  #: Keys that were listed before and did not come.

    @property
    def name(self) -> str:
        """The saved query's or the journal's name."""
        return self.subject.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One record as a source showed it, under the source's own key for it."""

    key: str
    record: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One record that could not be read, with its bytes: counted, named, quarantined."""

    key: str
    reason: str
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one source gave for one task.

    The sum that must add up.  PubMed: reported = listed = known + found + owed + problems, where
    the known are the listed keys that the store holds.  Feeds: reported = found + problems +
    repeated (which of the found are known, new or merged, only the store can say).  `incomplete`
    is empty when it does, else one sentence; then no watermark moves, and what came is kept.
    """

    found: tuple[Found, ...] = ()
    listed: tuple[str, ...] = ()
    owed: tuple[str, ...] = ()  #: Listed, asked for twice, and still absent.
    problems: tuple[Problem, ...] = ()
    repeated: int = 0  #: Items of a feed that only repeat another one of it.
    reported: int = 0
    cursor: Mapping[str, str] = field(default_factory=dict)
    incomplete: str = ""
    unchanged: bool = False  #: Not modified since the last time: nothing was read.
    warnings: tuple[str, ...] = ()  #: What the source said about the query, for its owner.
    translation: str = ""  #: How the source understood the strategy.


class Source(Protocol):
    """Where records come from.  Raises SourceError; never touches the store."""

    name: str

    def fetch(self, task: Task, known: Known, now: datetime) -> Batch: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One message part to one target, as the outbox holds it.

    `body` is shared by every recipient of the same content.  Email: `subject`, `text`, `html`,
    `list_id`.  Slack: `payload`, the chat.postMessage arguments without channel and thread as JSON.
    `values` are the recipient's own: email `message_id`, `date`, `boundary`, `subscription`,
    `generation`; Slack `key` goes into the metadata.
    """

    key: str  #: Stable over attempts.
    target: str
    body: Mapping[str, str]
    values: Mapping[str, str] = field(default_factory=dict)
    reply_to: str = ""  #: The receipt of the part that this one answers.
    replaces: str = ""  #: The receipt of the part that this one corrects.


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Proof of delivery: Slack's ts, or the mail's Message-ID."""

    id: str


#: Stands in a body where the recipient's own unsubscribe address goes.  Its characters are for
#: private use: `render` removes them from all that comes from a record, so none can ask for it.
UNSUBSCRIBE = "\ue000unsubscribe\ue001"


class Channel(Protocol):
    """How subscribers are reached.  Raises DeliveryError, permanent or not, unknown or not."""

    name: str
    finds: bool  #: Can `find` look up an unknown outcome?  Mail cannot: send it again, same key.

    def send(self, part: Part) -> Receipt: ...

    def find(self, part: Part, since: datetime) -> Receipt | None: ...

    def check(self) -> None:
        """Raise DeliveryError when the service cannot be used with these settings."""
        ...

    def close(self) -> None:
        """Give back what is held between sends."""
        ...


class Limiter(Protocol):
    """Turns at a host, shared by everybody who asks there."""

    def wait(self, host: str, per_second: float) -> None:
        """Return when it is the caller's turn; turns come at most `per_second`."""
        ...
