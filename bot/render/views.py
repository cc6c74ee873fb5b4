"""What templates see of a digest: clean text, ready to be shown, nothing to decide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import count

from bot.digest import Block, BlockName, Digest, Entry, Quote
from bot.render.notices import EventView, FlagView, event_view, flagged_title, flags
from bot.render.plain import (
    clean,
    cut,
    day,
    full_day,
    grey_line,
    link,
    listed,
    number,
    span,
)

QUOTE_LENGTH = 1000  # characters of one quoted section in a mail: nine in ten results are shorter
TITLE_LENGTH = 600
NOTE_LENGTH = 300
NOTES_SHOWN = 10  # failures, silent feeds: the rest is counted

_KINDS: Mapping[BlockName, str] = {
    "new": "new",
    "confirmed": "confirmed",
    "late": "indexed late",
    "gained": "gained by the change of the query",
    "possible": "may match",
    "about": "about studies you were sent",
    "notices": "about other studies",
}
_ABOUT: Mapping[BlockName, str] = {
    "about": "",
    "notices": "They match, and are no studies themselves.",
    "new": "",
    "confirmed": "You saw these as possible matches. Their abstracts are here now, and they match.",
    "late": "Published earlier; PubMed added, indexed or revised them only now.",
    "gained": "Older records that the changed query finds and the old one did not.",
    "possible": "The title fits, and the feed gives no abstract. PubMed's record will decide.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyView:
    """One record as shown."""

    number: int  #: Counts through all the parts of a digest.
    title: str
    url: str  #: https, or empty.
    address: str  #: An http address, to be shown as text: mail links are https only.
    line: str  #: Authors, journal, date, publication types.
    found: str  #: Where it was found, and by which query if there are several.
    note: str
    quotes: tuple[Quote, ...]
    flags: tuple[FlagView, ...]  #: What has happened to it: shown before everything.
    event: EventView | None  #: It tells of this; `title` and `line` say it all.
    record_id: int | None  #: What is shown by it; a notice may show no record.


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockView:
    """One heading and what stands under it in this part."""

    name: str
    heading: str
    about: str  #: One sentence, or empty.
    count: int
    continued: bool
    entries: tuple[StudyView, ...]
    titles: tuple[StudyView, ...]
    hidden: str  #: `and 110 more, not listed`, or empty.


@dataclass(frozen=True, slots=True, kw_only=True)
class PartView:
    """One numbered part of a digest; most digests have one."""

    title: str
    span: str
    dates: str  #: The span with its year.
    studies: str  #: `12 studies`, `1 study and 2 notices`; empty when there is none.
    kinds: str  #: `9 new, 2 indexed late, 1 may match`.
    searched: str
    queries: str
    first: str  #: The first record's title.
    blocks: tuple[BlockView, ...]
    failures: tuple[str, ...]
    feeds: tuple[str, ...]
    undecided: tuple[str, ...]
    undecided_command: str
    quiet: bool
    part: int
    parts: int
    reason: str  #: What follows "You get this mail because", without full stop.
    postal_address: str
    sender: str
    unsubscribe: str  #: Where the reader's own address will stand; empty on Slack.

    @property
    def shows(self) -> tuple[int, ...]:
        """The records in this part."""
        studies = (one for block in self.blocks for one in (*block.entries, *block.titles))
        return tuple(one.record_id for one in studies if one.record_id is not None)


def whole(
    digest: Digest, *, reason: str, postal_address: str, sender: str, unsubscribe: str
) -> PartView:
    """The whole digest as one part."""
    numbers = count(1)
    several = len(digest.queries) > 1
    blocks = tuple(_block(block, numbers, several=several) for block in digest.blocks)
    through = digest.searched_through
    return PartView(
        title=cut(clean(digest.title), 100) or "Literature",
        span=span(digest.since, digest.due_at, year=False),
        dates=span(digest.since, digest.due_at, year=True),
        studies=_counted(digest),
        kinds=", ".join(_kind(block) for block in digest.blocks),
        searched=f"Searched through {full_day(through)}" if through else "Not yet searched in full",
        queries=listed(digest.queries, 6) if several else "",
        first=_first(blocks),
        blocks=blocks,
        failures=_notes(digest.failures),
        feeds=_notes(digest.feeds),
        undecided=_notes(
            f"{cut(clean(title), 100)}: {number(waiting, 'record', 'records')} without an abstract"
            for title, waiting in digest.undecided.items()
        ),
        undecided_command=cut(clean(digest.undecided_command), NOTE_LENGTH),
        quiet=digest.quiet,
        part=1,
        parts=1,
        reason=clean(reason),
        postal_address=clean(postal_address),
        sender=sender,
        unsubscribe=unsubscribe,
    )


def portion(whole: PartView, start: int, stop: int, part: int, parts: int) -> PartView:
    """The studies numbered `start` + 1 to `stop`, as one part; only the first part has notes."""
    blocks = []
    for block in whole.blocks:
        entries = tuple(study for study in block.entries if start < study.number <= stop)
        titles = tuple(study for study in block.titles if start < study.number <= stop)
        numbers = [study.number for study in (*block.entries, *block.titles)] or [1]
        counted_here = block.hidden and start < numbers[-1] <= stop
        if entries or titles or counted_here:
            blocks.append(
                replace(
                    block,
                    continued=numbers[0] <= start,
                    entries=entries,
                    titles=titles,
                    hidden=block.hidden if counted_here else "",
                )
            )
    view = replace(whole, blocks=tuple(blocks), part=part, parts=parts)
    if part > 1:
        view = replace(view, first=_first(blocks))
    return view if part == 1 else replace(view, failures=(), feeds=(), undecided=())


def _first(blocks: Iterable[BlockView]) -> str:
    studies = (study for block in blocks for study in (*block.entries, *block.titles))
    return next((cut(study.title, 110) for study in studies), "")


def _counted(digest: Digest) -> str:
    studies, notices = digest.total - digest.notices, digest.notices
    counted = [number(studies, "study", "studies")] if studies else []
    return " and ".join(counted + ([number(notices, "notice", "notices")] if notices else []))


def _kind(block: Block) -> str:
    if block.name in ("about", "notices"):
        return f"{number(block.count, 'notice', 'notices')} {_KINDS[block.name]}"
    shown = block.count - block.hidden
    listed_only = f" ({f'newest {shown}' if shown else 'not'} listed)" if block.hidden else ""
    return f"{block.count:,} {_KINDS[block.name]}{listed_only}"


def _block(block: Block, numbers: count[int], *, several: bool) -> BlockView:
    return BlockView(
        name=block.name,
        heading=block.heading,
        about=_ABOUT[block.name],
        count=block.count,
        continued=False,
        entries=tuple(
            _study(entry, next(numbers), block, several=several) for entry in block.entries
        ),
        titles=tuple(
            _study(entry, next(numbers), block, several=several) for entry in block.titles
        ),
        hidden=f"and {block.hidden:,} more, not listed" if block.hidden else "",
    )


def _study(entry: Entry, place: int, block: Block, *, several: bool) -> StudyView:
    record, address = entry.record, link(entry.record)
    queries = f"for {listed(entry.queries)}" if several and entry.queries else ""
    found_in = listed(entry.found_in)
    published = f"; published {day(record.published)}" if record.published else ""
    marks = flags(entry)
    event = event_view(entry.event) if entry.event else None
    title = clean(record.title) or clean(record.vernacular_title) or "(no title)"
    kind = entry.note if block.name == "notices" else event.heading if event else ""
    if kind and not title.casefold().startswith(kind.casefold().split()[0]):
        title = f"{kind}: {title}"
    return StudyView(
        number=place,
        title=cut(flagged_title(title, marks), TITLE_LENGTH),
        url=address if address.startswith("https:") else "",
        address="" if address.startswith("https:") else address,
        line=event.sentence if event else grey_line(record),
        found=" · ".join(filter(None, (found_in and f"Found in {found_in}", queries))),
        note=clean(entry.note) + (published if entry.note == "Indexed late" else ""),
        quotes=tuple(
            Quote(
                label=cut(_label(clean(quote.label)), 80) or "Abstract, last sentences",
                text=cut(clean(quote.text), QUOTE_LENGTH),
            )
            for quote in entry.quotes
        ),
        flags=marks,
        event=event,
        record_id=_shown(entry),
    )


def _shown(entry: Entry) -> int | None:
    if entry.event is None:
        return entry.record_id
    return entry.event.notice.other_id if entry.event.brings else None


def _label(label: str) -> str:
    """The journal's own label, without shouting: `MAIN RESULTS` is `Main results`."""
    return label.capitalize() if label.isupper() else label


def _notes(lines: Iterable[str]) -> tuple[str, ...]:
    shown = [cut(clean(line), NOTE_LENGTH) for line in lines]
    if len(shown) > NOTES_SHOWN:
        shown[NOTES_SHOWN:] = [f"and {len(shown) - NOTES_SHOWN} more; `litbot status` names them"]
    return tuple(shown)
