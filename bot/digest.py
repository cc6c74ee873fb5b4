"""What a digest holds: what is quoted of a record, what comes first, when the next one is due.

Nothing is dropped here.  Every candidate is shown in full, shown as a title, or (only what a
changed query gained) counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.errors import SettingsError
from bot.model import Answer, Cadence, MatchKind, Record, Section

FULL_ENTRIES = 25  # about six minutes of reading; from here on titles
GAINED_SHOWN = 10  # a widened query can gain hundreds of old records: they are no news

BlockName = Literal["new", "confirmed", "late", "gained", "possible"]

#: In the order of the digest.
HEADINGS: Mapping[BlockName, str] = {
    "new": "New studies",
    "confirmed": "Confirmed: shown before as a possible match",
    "late": "Indexed late",
    "gained": "Gained by the change of the query",
    "possible": "May match: no abstract in the feed",
}
_NOTES: Mapping[BlockName, str] = {
    "new": "",
    "confirmed": "Shown before as a possible match; now confirmed",
    "late": "Indexed late",
    "gained": "Gained by the change of the query",
    "possible": "May match: no abstract in the feed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A slice of an abstract, letter for letter; `label` is the journal's own, or empty."""

    label: str
    text: str


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One record in a digest."""

    record_id: int
    record: Record
    queries: tuple[str, ...]  #: Titles of the saved queries.
    found_in: tuple[str, ...]
    quotes: tuple[Quote, ...]  #: Empty where only the title is shown.
    note: str


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
    def quiet(self) -> bool:
        """Is there nothing new?"""
        return not self.total


def arrange(
    candidates: Iterable[Candidate],
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

    `titles` maps the subscription's saved queries to their titles; `undecided` counts by the same
    names.  `gained_more` counts what changed queries gained beside the candidates.  Raises
    SettingsError when `zone` is no IANA time zone.
    """
    sorted_in: dict[BlockName, list[Candidate]] = {name: [] for name in HEADINGS}
    for candidate in _newest_first(candidates):
        sorted_in[_block_of(candidate)].append(candidate)
    blocks, room = [], FULL_ENTRIES
    for name, members in sorted_in.items():
        shown = members[:GAINED_SHOWN] if name == "gained" else members
        hidden = len(members) - len(shown) + (gained_more if name == "gained" else 0)
        if shown or hidden:
            blocks.append(
                Block(
                    name=name,
                    heading=HEADINGS[name],
                    entries=tuple(_entry(each, name, titles, full=True) for each in shown[:room]),
                    titles=tuple(_entry(each, name, titles, full=False) for each in shown[room:]),
                    hidden=hidden,
                )
            )
            room = max(0, room - len(shown))
    clock = _zone(zone)
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


def _block_of(candidate: Candidate) -> BlockName:
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
    candidate: Candidate, name: BlockName, titles: Mapping[str, str], *, full: bool
) -> Entry:
    return Entry(
        record_id=candidate.record_id,
        record=candidate.record,
        queries=tuple(titles.get(query, query) for query in candidate.queries),
        found_in=candidate.found_in,
        quotes=quotes(candidate.record) if full else (),
        note=_NOTES[name],
    )


# What is quoted.  Results come before conclusions, and no conclusion stands alone where the
# abstract has a result: in 56 % of psychiatry and psychology trials with a non-significant primary
# endpoint the abstract's conclusion says more than the result (Jellison 2020).
_RESULT = re.compile(r"\b(r[eé]sult|finding|ergebnis)", re.IGNORECASE)
_CONCLUSION = re.compile(r"\b(conclu|interpretation|schlussfolgerung)", re.IGNORECASE)
_LAST_WORD = re.compile(r"\b(discussion|summary|significance|implication)", re.IGNORECASE)
_ASIDE = re.compile(r"registration|funding|grant|copyright|ethic|conflict|keyword", re.IGNORECASE)

#: A heading within an abstract that came as one text: "... in 2024. Results: Of 120 ...".
_INLINE_HEADING = re.compile(
    r"(?:^|(?<=[.!?)\]]\s))"
    r"((?:main |key |principal )?"
    r"(?:background|introduction|context|importance|rationale|objectives?|aims?|purpose|questions?"
    r"|(?:materials? and |patients and )?methods?|(?:study )?design|setting|participants|patients"
    r"|interventions?|(?:outcomes? )?measure(?:ment)?s|outcomes?|data sources|study selection"
    r"|(?:methods? and )?results?|findings?|limitations?|discussion|conclusions?|interpretation"
    r"|(?:clinical )?(?:significance|implications|relevance)|funding|trial registration)"
    r"(?:(?: and |/| & )(?:\w+)(?: \w+)?)?)"
    r"\s*:\s+",
    re.IGNORECASE,
)


def quotes(record: Record) -> tuple[Quote, ...]:
    """The abstract's labelled results and conclusions, else its last two sentences.

    Every text is a slice of one section.  Empty when there is no abstract.
    """
    sections = [part for section in record.abstract or () for part in _parts(section)]
    results = _labelled(sections, _RESULT)
    conclusions = _labelled(sections, _CONCLUSION) or _labelled(sections, _LAST_WORD)
    chosen = list(dict.fromkeys([*results, *conclusions]))
    if chosen:
        return tuple(chosen)
    for section in reversed(sections):
        text = _last_two(section.text)
        if text and not _ASIDE.search(section.label):
            return (Quote(label=section.label, text=text),)
    return ()


def _parts(section: Section) -> Iterator[Section]:
    """The section, or what its inline headings divide it into when it has no label itself."""
    label = "" if section.label == "UNLABELLED" else section.label  # PubMed's word for none
    headings = [] if label else list(_INLINE_HEADING.finditer(section.text))
    if not headings:
        yield Section(label=label, text=section.text)
        return
    yield Section(text=section.text[: headings[0].start()])
    ends = [*(heading.start() for heading in headings[1:]), len(section.text)]
    for heading, end in zip(headings, ends, strict=True):
        yield Section(label=heading.group(1), text=section.text[heading.end() : end].rstrip())


def _labelled(sections: Iterable[Section], label: re.Pattern[str]) -> list[Quote]:
    found = (section for section in sections if label.search(section.label))
    trimmed = (Quote(label=section.label, text=_trimmed(section.text)) for section in found)
    return [quote for quote in trimmed if quote.text]


# Sentences.  A wrong break quotes half a result, a missed one only lengthens the quote; so in
# doubt there is no break.
_STOP = re.compile(r"[.!?]+[\"'”’)\]]*\s+(?=[\"'“‘(\[]?[^\W_a-z])|[。！？]\s*")
_ABBREVIATED = re.compile(
    r"(?:\b[^\W\d_]|\b(?:vs|cf|al|ca|approx|resp|ref|refs|fig|figs|tab|eq|no|nos|vol|dr|prof|mr|mrs"
    r"|ms|st|inc|ltd|co|dept|univ|sp|spp|subsp|var|etc|i\.?e|e\.?g|a\.?k\.?a|u\.?s|u\.?k))\.$",
    re.IGNORECASE,
)
_NOTICE = re.compile(
    r"^\W*(?:(?:clinical |study |protocol |systematic review |prospero )*(?:trials? )?"
    r"registration\b"
    r"|(?:this|the|our) (?:\w+ ){0,4}(?:is|was|were|has been) (?:\w+ly |also |previously )?"
    r"(?:pre-?)?registered\b"
    r"|(?:pre-?)?registered (?:at|with|in|on|under|as)\b"
    r"|(?:https?://|www\.)?clinicaltrials\.gov\b|prospero\b|isrctn\b|nct\d{8}"
    r"|(?:unique )?identifier\b|funding\b|funded by\b|grants?:|supported by\b"
    r"|(?:this|the) (?:\w+ ){0,3}(?:is|was|were|has been) (?:\w+ly )?(?:funded|supported) by\b"
    r"|©|\(c\) ?\d{4}|copyright\b|all rights reserved\b|published by\b|licensee\b"
    r"|keywords?:)"
    r"|©|copyright \(c\)|all rights reserved|psyc(?:info|articles) database record"
    r"|creative commons",
    re.IGNORECASE,
)


def _sentences(text: str) -> list[tuple[int, int]]:
    """Where each sentence begins and ends; there is no break within brackets."""
    spans, start, depth, seen = [], 0, 0, 0
    for stop in _STOP.finditer(text):
        depth += sum((c in "([") - (c in ")]") for c in text[seen : stop.end()])
        seen = stop.end()
        end = stop.start() + len(stop.group().rstrip())
        last_word = text[max(start, end - 12) : end]
        number_goes_on = last_word[-2:-1].isdigit() and text[stop.end() : stop.end() + 1].isdigit()
        if depth > 0 or number_goes_on or _ABBREVIATED.search(last_word):
            continue
        spans.append((start, end))
        start, depth = stop.end(), 0
    if text[start:].strip():
        spans.append((start, len(text.rstrip())))
    return spans


def _without_notices(text: str) -> list[tuple[int, int]]:
    """The sentences without the registration, funding and copyright lines at the end."""
    spans = _sentences(text)
    while spans and _NOTICE.search(text[slice(*spans[-1])]):
        spans.pop()
    return spans


def _trimmed(text: str) -> str:
    spans = _without_notices(text)
    return text[spans[0][0] : spans[-1][1]].strip() if spans else ""


def _last_two(text: str) -> str:
    spans = _without_notices(text)[-2:]
    return text[spans[0][0] : spans[-1][1]].strip() if spans else ""


def next_due(cadence: Cadence, after: datetime) -> datetime:
    """When the next digest is due, strictly after `after`, in UTC.

    A wall time that the clocks skip in spring is due at the next existing minute; one that they
    repeat in autumn is due once, the first time.  Raises SettingsError for a zone or a day of
    the month that cannot be kept.
    """
    if cadence.every == "monthly" and not 1 <= cadence.day <= 28:
        raise SettingsError(
            f"cadence: day {cadence.day} is not in every month; choose one of 1 to 28"
        )
    zone = _zone(cadence.zone)
    day = after.astimezone(zone).date() - timedelta(days=1)
    while True:
        if _falls_on(cadence, day):
            due = _moment(datetime.combine(day, time(cadence.hour, cadence.minute)), zone)
            if due > after:
                return due
        day += timedelta(days=1)


def _falls_on(cadence: Cadence, day: date) -> bool:
    if cadence.every == "weekly":
        return day.weekday() == cadence.weekday
    return cadence.every == "daily" or day.day == cadence.day


def _moment(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first moment at which the clocks show this time, or the next one that they show."""
    while True:
        moment = wall.replace(tzinfo=zone).astimezone(UTC)
        if moment.astimezone(zone).replace(tzinfo=None) == wall:
            return moment
        wall += timedelta(minutes=1)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingsError(
            f"cadence: {name!r} is not an IANA time zone; right would be e.g. Europe/London"
        ) from error
