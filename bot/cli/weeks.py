"""How many records a week a query brings: the weeks, their median, and a line to see them by."""

from __future__ import annotations

import math
import re
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.errors import SettingsError

WEEKS = 26  # half a year: holidays count, and a trend shows
MOST = 104  # weeks; PubMed is asked once for each
WEEK = timedelta(days=7)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_BARS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The records of each week, the oldest first."""

    since: date
    counts: tuple[int, ...]

    @property
    def median(self) -> float:
        """Half of the weeks bring no more than this."""
        return statistics.median(self.counts)

    @property
    def ninetieth(self) -> int:
        """Nine in ten weeks bring no more than this (nearest rank)."""
        return sorted(self.counts)[math.ceil(len(self.counts) * 0.9) - 1]

    @property
    def line(self) -> str:
        """One bar for each week; the highest is the busiest week, the lowest one without any."""
        most = max(self.counts)
        return "".join(
            _BARS[math.ceil(count * (len(_BARS) - 1) / most) if most else 0]
            for count in self.counts
        )

    def __str__(self) -> str:
        return (
            f"median {self.median:g}, 90th percentile {self.ninetieth} "
            f"({len(self.counts)} weeks since {self.since}) {self.line}"
        )


def first_days(today: date, since: str) -> tuple[date, ...]:
    """The first day of each whole week up to yesterday, the oldest first; without `since`, 26.

    Raise SettingsError where `since` is no date, or gives no week or more than 104.
    """
    number = WEEKS
    if since:
        try:
            number = (today - date.fromisoformat(since)) // WEEK
        except ValueError as error:
            raise SettingsError(
                f"--since: {since!r} is not an ISO date; right would be 2026-03-02"
            ) from error
    if not 1 <= number <= MOST:
        earliest, latest = today - MOST * WEEK, today - WEEK
        raise SettingsError(
            f"--since: {since} gives {max(number, 0)} whole weeks; right would be a day from "
            f"{earliest} to {latest}"
        )
    return tuple(today - WEEK * (number - at) for at in range(number))


def day_after(created: Iterable[str], today: date) -> date:
    """The day after the newest create date, and not later than today; today where there is none."""
    newest = max(filter(_DAY.fullmatch, created), default="")
    try:
        return min(today, date.fromisoformat(newest) + timedelta(days=1))
    except (ValueError, OverflowError):
        return today


def load(weeks: Sequence[date], created: Iterable[str]) -> Load:
    """The weeks' records by their create dates (ISO); what lies outside is not counted."""
    days: Counter[int] = Counter()
    for text in created:
        try:
            days[(date.fromisoformat(text) - weeks[0]) // WEEK] += 1
        except ValueError:  # a partial date, or none: of a feed's record
            continue
    return Load(since=weeks[0], counts=tuple(days[at] for at in range(len(weeks))))
