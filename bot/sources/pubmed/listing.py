"""All ids that a strategy finds in a range of dates, however many there are.

A search above the ceiling is split by halving its days, and a single day by ranges of PMIDs, until
every part is complete.  The days of PubMed are US Eastern.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.errors import SourceError
from bot.formats.eutilities import Search
from bot.sources.pubmed.service import CEILING, NAME, Service

EASTERN = ZoneInfo("America/New_York")
DAY = timedelta(days=1)
OPEN = date(3000, 12, 31)  # PubMed's own way to write "until now" (User Guide)
HIGHEST_PMID = 999_999_999

_DAY = r'"?\d{4}(?:/\d{1,2}){0,2}(?: \d\d:\d\d)?"?(?:\[[^\]]*\])?'
_RANGE = rf"\(*{_DAY}\s*:\s*{_DAY}\)*"
_RANGE_AFTER = re.compile(rf"\s+AND\s+{_RANGE}\s*$")
_RANGE_BEFORE = re.compile(rf"^\s*{_RANGE}\s+AND\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The ids of a search, all of them."""

    ids: tuple[str, ...]
    warnings: tuple[str, ...]
    translation: str  #: Of the strategy, without the dates: the same from poll to poll.


def today(now: datetime) -> date:
    """The day at PubMed."""
    return now.astimezone(EASTERN).date()


def since(service: Service, task: str, strategy: str, tag: str, first: date, now: date) -> Listing:
    """List what `(strategy)` finds with a date of this tag on or after `first`."""
    whole = service.search(task, dated(strategy, tag, first, OPEN))
    ids = dict.fromkeys(whole.ids)
    if whole.count > CEILING:
        for part in _days(service, task, strategy, tag, first, OPEN, now, whole):
            ids.update(dict.fromkeys(part.ids))
        if len(ids) < whole.count:
            raise SourceError(
                NAME, task, f"esearch counts {whole.count} records, its parts list {len(ids)}"
            )
    return Listing(
        ids=tuple(ids),
        warnings=tuple(one for one in whole.warnings if f"{first:%Y/%m/%d}" not in one),
        translation=without_dates(whole.translation),
    )


def without_dates(translation: str) -> str:
    """The translation of the strategy alone."""
    return _RANGE_BEFORE.sub("", _RANGE_AFTER.sub("", translation))


def dated(strategy: str, tag: str, first: date, last: date) -> str:
    """The strategy, limited to a range of days by a tag of dates."""
    return f"({strategy}) AND {first:%Y/%m/%d}:{last:%Y/%m/%d}[{tag}]"


def _days(
    service: Service,
    task: str,
    strategy: str,
    tag: str,
    first: date,
    last: date,
    now: date,
    whole: Search,
) -> Iterator[Search]:
    """The complete parts of a range of days, whose search found too many."""
    if first == last or first > now:
        yield from _pmids(service, task, dated(strategy, tag, first, last), 1, HIGHEST_PMID, whole)
        return
    middle = now if last > now else first + (last - first) // 2
    for start, end in ((first, middle), (middle + DAY, last)):
        part = service.search(task, dated(strategy, tag, start, end))
        if part.count > CEILING:
            yield from _days(service, task, strategy, tag, start, end, now, part)
        else:
            yield part


def _pmids(
    service: Service, task: str, term: str, low: int, high: int, whole: Search
) -> Iterator[Search]:
    """The complete parts of a range of PMIDs, whose search found too many.

    It is cut at the middle of the PMIDs that were listed: they lie close together.
    """
    middle = sorted(map(int, whole.ids))[len(whole.ids) // 2]
    if not low <= middle < high:
        raise SourceError(NAME, task, f"esearch lists {middle}, which is not in {low}:{high}[uid]")
    for start, end in ((low, middle), (middle + 1, high)):
        part = service.search(task, f"{term} AND {start}:{end}[uid]")
        if part.count > CEILING:
            yield from _pmids(service, task, term, start, end, part)
        else:
            yield part
