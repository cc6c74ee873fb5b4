"""Dates and ranges: `2024/03[dp]`, `2024/01/01:3000[crdt]`, `"last 30 days"[edat]`.

A date without month or day is its first day, as in PubMed.  A record may be published twice, in
print and online; a range finds both dates.  A feed gives one: the other may be up to a year away.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import lru_cache

from bot import identifiers
from bot.model import Answer, Record
from bot.strategy.folded import Folded, Given
from bot.strategy.tree import Range, Term

_DATE = re.compile(r"(\d{4})(?:[/-](\d{1,2}))?(?:[/-](\d{1,2}))?", re.ASCII)
_RELATIVE = re.compile(r"last (\d{1,5}) (day|month|year)s?", re.ASCII)
_FOR_EVER = "9999"

TAGS: Mapping[str, Callable[[Record], str]] = {
    "dp": lambda record: record.published,
    "crdt": lambda record: record.created,
    "edat": lambda record: record.entered,
    "mhda": lambda record: record.indexed or record.entered,  # the entry date until it is indexed
    "lr": lambda record: record.revised,
}


def is_date(text: str) -> bool:
    """Is this a year, a month or a day, or a time such as `last 30 days`?"""
    return _days(text) is not None or _RELATIVE.fullmatch(text.casefold()) is not None


def read_date(term: Term, record: Folded, given: Given) -> Answer:
    """On this day, in this month or year, or since so long ago, which includes the future."""
    relative = _RELATIVE.fullmatch(term.text.casefold())
    if relative:
        if given.today is None:
            return "unknown"
        first = _before(given.today, int(relative[1]), relative[2])
        return _between(term.tag, record, (first, _FOR_EVER))
    return _between(term.tag, record, _days(term.text), single=True)


def read_range(node: Range, record: Folded) -> Answer:
    """Between two dates or two PMIDs, both included; no other field has ranges."""
    if node.tag == "pmid":
        ends = [identifiers.pmid(end) for end in (node.low, node.high)]
        if not all(ends):
            return "unknown"
        known = identifiers.pmid(record.record.pmid)
        return "yes" if known and int(ends[0]) <= int(known) <= int(ends[1]) else "no"
    low, high = _days(node.low), _days(node.high)
    return _between(node.tag, record, (low[0], high[1]) if low and high else None)


def _between(
    tag: str, record: Folded, ends: tuple[str, str] | None, *, single: bool = False
) -> Answer:
    known = _days(TAGS[tag](record.record)) if tag in TAGS else None
    if known is None or ends is None:
        return "unknown"
    if tag == "dp":
        return _published(record, ends, single=single)
    return "yes" if _within(known[0], ends) else "no"


def _published(record: Folded, ends: tuple[str, str], *, single: bool) -> Answer:
    """A single day leaves out an electronic date later than print (User Guide); whether a single
    month or year does is not documented."""
    printed, online = _print_and_online(record.record)
    if _within(printed, ends):
        return "yes"
    if online and _within(online, ends):
        if not single or online <= printed:
            return "yes"
        return "no" if ends[0] == ends[1] else "unknown"
    near = (
        not record.told and ends[0] <= _years_on(printed, 1) and _years_on(printed, -1) <= ends[1]
    )
    return "unknown" if near else "no"


def _print_and_online(record: Record) -> tuple[str, str]:
    """The days; online is empty where a record has one date only."""
    one, other = _days(record.published), _days(record.also_published)
    if one is None or other is None:
        return (one[0] if one else ""), ""
    if record.published.startswith(record.also_published):
        return other[0], one[0]
    return one[0], other[0]


def _within(day: str, ends: tuple[str, str]) -> bool:
    return ends[0] <= day <= ends[1]


def _years_on(day: str, years: int) -> str:
    return f"{int(day[:4]) + years:04}{day[4:]}"


def _before(today: date, number: int, unit: str) -> str:
    if unit == "day":
        days = min(number, today.toordinal() - 1)
        return (today - timedelta(days=days)).isoformat()
    months = today.year * 12 + today.month - 1 - number * (12 if unit == "year" else 1)
    year, month = divmod(months, 12)
    if year < 1:
        return ""
    day = min(today.day, calendar.monthrange(year, month + 1)[1])
    return date(year, month + 1, day).isoformat()


@lru_cache(maxsize=4096)
def _days(text: str) -> tuple[str, str] | None:
    """The first and the last day of a year, a month or a day, as ISO text; None if it is none."""
    match = _DATE.fullmatch(text.strip())
    if not match:
        return None
    year, month, day = match.groups()
    first, last = int(month or 1), int(month or 12)
    if not (1 <= first <= 12 and int(year)):
        return None
    last_day = int(day) if day else calendar.monthrange(int(year), last)[1]
    return f"{year}-{first:02}-{int(day or 1):02}", f"{year}-{last:02}-{last_day:02}"
