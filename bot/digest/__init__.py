"""What a digest holds: what is quoted of a record, what comes first, when the next one is due.

Nothing is dropped here.  Every candidate is shown in full, shown as a title, or (only what a
changed query gained) counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from typing import Literal

from bot.digest.due import day_in, next_due, zone_of
from bot.digest.quoting import Quote, quotes
from bot.model import Answer, MatchKind, Notice, NoticeKind, Record, RelationKind

__all__ = [
    "BRINGING",
    "HEADINGS",
    "NOTICES",
    "RENEWING",
    "Block",
    "BlockName",
    "Candidate",
    "Digest",
    "Entry",
    "Event",
    "Quote",
    "arrange",
    "day_in",
    "next_due",
    "quotes",
]

FULL_ENTRIES = 25  # about six minutes of reading; from here on titles
GAINED_SHOWN = 10  # a widened query can gain hundreds of old records: they are no news

BlockName = Literal["about", "new", "confirmed", "late", "gained", "possible", "notices"]

#: In the order of the digest.
HEADINGS: Mapping[BlockName, str] = {
    "about": "About studies you were sent",
    "new": "New studies",
    "confirmed": "Confirmed: shown before as a possible match",
    "late": "Indexed late",
    "gained": "Gained by the change of the query",
    "possible": "May match: no abstract in the feed",
    "notices": "Notices about studies",
}
_NOTES: Mapping[BlockName, str] = {
    "new": "",
    "confirmed": "Shown before as a possible match; now confirmed",
    "late": "Indexed late",
    "gained": "Gained by the change of the query",
    "possible": "May match: no abstract in the feed",
}
#: What a record is that is no study, but a notice about one.
NOTICES: Mapping[RelationKind, str] = {
    "retraction of": "Retraction notice",
    "expression of concern for": "Expression of concern",
    "withdrawal of": "Withdrawal notice",
    "reinstatement of": "Notice of reinstatement",
    "erratum for": "Erratum",
}
#: A new form of a study: it is news itself, and told with that where it is shown.
RENEWING: frozenset[NoticeKind] = frozenset({"version", "republication"})
#: What readers hear of by the notice, they need no second time as a new study.
BRINGING: frozenset[NoticeKind] = RENEWING | {"publication"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A record that matched and was not told yet, as the store holds it."""

    record_id: int
    record: Record
    queries: tuple[str, ...]  #: Names of the saved queries.
    answer: Answer  #: `yes`, or `unknown` where the feed gives no abstract.
    kind: MatchKind
    found_in: tuple[str, ...]  #: The sources as readers know them: PubMed, a journal.
    matched_at: datetime
    told_as_possible: bool
    notices: tuple[Notice, ...] = ()  #: What has happened to it, oldest first.
    flags: tuple[str, ...] = ()  #: What its own record says of that.
    renews: tuple[NoticeKind, datetime] | None = None  #: It is a new form of one sent then.
    about: RelationKind | None = None  #: It is no study, but a notice about one.


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happened to a study that was told before."""

    id: int  #: Of the notice in the store.
    notice: Notice
    study: Record
    other: Record | None  #: The notice or the article, where it is stored.
    sent_on: date  #: When the reader was sent the study, by the reader's calendar.

    @property
    def brings(self) -> bool:
        """Does it tell of a record that readers then need no second time, as a new study?"""
        return self.notice.kind in BRINGING


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One record in a digest."""

    record_id: int
    record: Record
    queries: tuple[str, ...]  #: Titles of the saved queries.
    found_in: tuple[str, ...]
    quotes: tuple[Quote, ...]  #: Empty where only the title is shown.
    note: str
    notices: tuple[Notice, ...] = ()
    flags: tuple[str, ...] = ()
    renews: tuple[NoticeKind, date] | None = None
    event: Event | None = None  #: It tells of this, and not of a new record.


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Entries of one kind under one heading."""

    name: BlockName
    heading: str
    entries: tuple[Entry, ...]  #: Shown in full.
    titles: tuple[Entry, ...]  #: Shown as titles.
    hidden: int = 0  #: Only counted.

    @property
    def count(self) -> int:
        """How many records this block tells of, shown or counted."""
        return len(self.entries) + len(self.titles) + self.hidden


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What one subscription is told at one time; the times are on its own wall clock."""

    title: str
    queries: tuple[str, ...]  #: Titles of all its saved queries.
    due_at: datetime
    since: datetime
    searched_through: date | None  #: The oldest mark of all; None before the first search.
    blocks: tuple[Block, ...]
    undecided: Mapping[str, int] = field(default_factory=dict)  #: Title of a query -> records.
    undecided_command: str = ""  #: What lists them.
    failures: tuple[str, ...] = ()  #: What was not searched, since when and why.
    feeds: tuple[str, ...] = ()  #: Silent feeds, and whether PubMed covers them.

    @property
    def total(self) -> int:
        """How many records it tells of, shown or counted."""
        return sum(block.count for block in self.blocks)

    @property
    def notices(self) -> int:
        """How many of these are notices, and not studies."""
        return sum(block.count for block in self.blocks if block.name in ("about", "notices"))

    @property
    def quiet(self) -> bool:
        """Is there nothing new?"""
        return not self.total


def arrange(
    candidates: Iterable[Candidate],
    events: Iterable[Event],
    *,
    title: str,
    titles: Mapping[str, str],
    due_at: datetime,
    since: datetime,
    zone: str,
    searched_through: date | None,
    undecided: Mapping[str, int],
    undecided_command: str,
    failures: Iterable[str],
    feeds: Iterable[str],
    gained_more: int,
) -> Digest:
    """Sort the candidates into blocks, newest first, and choose which are shown in full.

    `events` happened to studies that were told before; they come first, in their own order.
    `titles` maps the subscription's saved queries to their titles; `undecided` counts by the same
    names.  `gained_more` counts what changed queries gained beside the candidates.  Raises
    SettingsError when `zone` is no IANA time zone.
    """
    sorted_in: dict[BlockName, list[Candidate]] = {name: [] for name in HEADINGS}
    for candidate in _newest_first(candidates):
        sorted_in[_block_of(candidate)].append(candidate)
    blocks, room = [], FULL_ENTRIES
    about = tuple(_event_entry(event) for event in events)
    clock = zone_of(zone)

    def entries(name: BlockName, members: Iterable[Candidate], *, full: bool) -> tuple[Entry, ...]:
        return tuple(_entry(each, name, titles, clock, full=full) for each in members)

    for name, members in sorted_in.items():
        if name in ("about", "notices"):  # titles only, and no study has less room for them
            titled = about if name == "about" else entries(name, members, full=False)
            if titled:
                heading = HEADINGS[name]
                blocks.append(Block(name=name, heading=heading, entries=(), titles=titled))
            continue
        shown = members[:GAINED_SHOWN] if name == "gained" else members
        hidden = len(members) - len(shown) + (gained_more if name == "gained" else 0)
        if shown or hidden:
            blocks.append(
                Block(
                    name=name,
                    heading=HEADINGS[name],
                    entries=entries(name, shown[:room], full=True),
                    titles=entries(name, shown[room:], full=False),
                    hidden=hidden,
                )
            )
            room = max(0, room - len(shown))
    return Digest(
        title=title,
        queries=tuple(dict.fromkeys(titles.values())),
        due_at=due_at.astimezone(clock),
        since=since.astimezone(clock),
        searched_through=searched_through,
        blocks=tuple(blocks),
        undecided={titles.get(name, name): count for name, count in undecided.items() if count},
        undecided_command=undecided_command,
        failures=tuple(failures),
        feeds=tuple(feeds),
    )


def _event_entry(event: Event) -> Entry:
    return Entry(
        record_id=event.notice.record_id,
        record=event.study,
        queries=(),
        found_in=(),
        quotes=(),
        note="",
        event=event,
    )


def _block_of(candidate: Candidate) -> BlockName:
    if candidate.about is not None:
        return "notices"
    if candidate.answer == "unknown":
        return "possible"
    if candidate.told_as_possible:
        return "confirmed"
    if candidate.kind in ("late", "gained"):
        return "late" if candidate.kind == "late" else "gained"
    return "new"


def _newest_first(candidates: Iterable[Candidate]) -> list[Candidate]:
    """By the day it came into PubMed, or was found; ties by PMID, then by our own number."""

    def number(each: Candidate) -> tuple[bool, int, str, int]:
        pmid = each.record.pmid
        return (not pmid, len(pmid), pmid, each.record_id)

    return sorted(
        sorted(candidates, key=number),
        key=lambda each: each.record.created or each.matched_at.astimezone(UTC).date().isoformat(),
        reverse=True,
    )


def _entry(
    candidate: Candidate, name: BlockName, titles: Mapping[str, str], clock: tzinfo, *, full: bool
) -> Entry:
    kind, sent_at = candidate.renews or (None, None)
    return Entry(
        record_id=candidate.record_id,
        record=candidate.record,
        queries=tuple(titles.get(query, query) for query in candidate.queries),
        found_in=candidate.found_in,
        quotes=quotes(candidate.record) if full else (),
        note=NOTICES.get(candidate.about, "Notice") if candidate.about else _NOTES[name],
        notices=candidate.notices,
        flags=candidate.flags,
        renews=(kind, sent_at.astimezone(clock).date()) if kind and sent_at else None,
    )
