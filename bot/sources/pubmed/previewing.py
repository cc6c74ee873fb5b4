"""What PubMed says of a strategy before anybody saves it: counts, its reading, the newest records.

Weeks are counted by PubMed itself, one search each: exact, and no record is fetched for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.model import Record
from bot.sources.pubmed import fetching
from bot.sources.pubmed.listing import OPEN, dated
from bot.sources.pubmed.service import Service

WEEK = timedelta(days=7)
NEWEST = 10  # records that are shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A strategy as PubMed answers it."""

    count: int  #: All records that it finds.
    translation: str
    warnings: tuple[str, ...]
    newest: tuple[Record, ...]  #: By create date, the newest first.
    missing: tuple[str, ...]  #: Of these, what did not come or cannot be read.


@dataclass(frozen=True, slots=True, kw_only=True)
class Only:
    """What one strategy finds and another does not."""

    count: int
    first: tuple[Record, ...]  #: Ten of them at most.


def preview(service: Service, name: str, strategy: str, since: date) -> Preview:
    """Two searches and one fetch.  Raise SourceError when PubMed does not answer."""
    whole = service.search(name, strategy, most=0)
    newest = service.search(name, dated(strategy, "crdt", since, OPEN), most=NEWEST)
    records, missing = _records(service, name, newest.ids)
    return Preview(
        count=whole.count,
        translation=whole.translation,
        warnings=whole.warnings,
        newest=records,
        missing=missing,
    )


def weekly(service: Service, name: str, strategy: str, weeks: Sequence[date]) -> tuple[int, ...]:
    """How many records were created in each week, by its first day: one search a week."""
    return tuple(
        service.search(
            name, dated(strategy, "crdt", first, first + WEEK - timedelta(days=1)), most=0
        ).count
        for first in weeks
    )


def only(service: Service, name: str, strategy: str, other: str) -> Only:
    """One search and one fetch: what `strategy` finds and `other` does not."""
    found = service.search(name, f"({strategy}) NOT ({other})", most=NEWEST)
    records, _ = _records(service, name, found.ids)
    return Only(count=found.count, first=records)


def _records(
    service: Service, name: str, ids: Sequence[str]
) -> tuple[tuple[Record, ...], tuple[str, ...]]:
    if not ids:
        return (), ()
    fetched = fetching.fetch(service, name, ids)
    newest = sorted(fetched.found.values(), key=lambda record: record.created, reverse=True)
    return tuple(newest), tuple(one for one in ids if one not in fetched.found)
