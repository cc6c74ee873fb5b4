"""What an operator decides about records, and which record a number or an identifier means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import product
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from bot import dedup, identifiers
from bot.errors import SettingsError
from bot.store import citations, joining
from bot.store.citations import Ruling
from bot.store.joining import BY_HAND, Settled
from bot.store.schema import joins, record_keys, records

HAND = "hand"


class Meant(NamedTuple):
    """The record that somebody means."""

    record_id: int
    absorbed: tuple[int, ...]  #: The numbers that led to it and are no more, the asked one first.


def find(db: Connection, text: str) -> Meant:
    """The record of a number, a PMID, a DOI or a PMCID.

    Digits are the number of a record where there is or was one, else a PMID; `pmid:` in front says
    that they are that.  Raise SettingsError for what the store does not hold.
    """
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) <= 18:
        meant = _follow(db, int(text))
        if meant is not None:
            return meant
    for scheme, value in (
        ("pmid", identifiers.pmid(text)),
        ("doi", identifiers.doi(text)),
        ("pmcid", identifiers.pmcid(text)),
    ):
        if value and (numbers := _named(db, scheme, value)):
            if len(numbers) > 1:
                raise SettingsError(
                    f"{scheme.upper()} {value} is of several records: "
                    f"{', '.join(map(str, numbers))}; name one of them by its number"
                )
            return Meant(numbers[0], ())
    raise SettingsError(
        f"{text!r} is no record of this database; give the number of a record, a PMID, a DOI or "
        "a PMCID"
    )


def _follow(db: Connection, number: int) -> Meant | None:
    """The record of this number, or the one that it went into."""
    absorbed: list[int] = []
    while number not in absorbed:
        if db.execute(sa.select(records.c.id).where(records.c.id == number)).first():
            return Meant(number, tuple(absorbed))
        absorbed.append(number)
        into = db.execute(
            sa.select(joins.c.record_id)
            .where(joins.c.kind == "join", joins.c.other_id == number)
            .order_by(joins.c.id.desc())
            .limit(1)
        ).scalar()
        number = number if into is None else into
    return None


def _named(db: Connection, scheme: str, value: str) -> list[int]:
    rows = db.execute(
        sa.select(record_keys.c.record_id)
        .where(record_keys.c.scheme == scheme, record_keys.c.value == value)
        .order_by(record_keys.c.record_id)
    )
    return list(rows.scalars())


def split(db: Connection, number: int, chosen: Sequence[int], now: datetime) -> Settled:
    """Take citations out of a record, for good; without `chosen` the one that came last.

    Raise SettingsError when they are not of this record, or when nothing would be left of it.
    """
    theirs = citations.of_records(db, [number])[number]
    chosen = chosen or theirs[-1:]
    if strange := sorted(set(chosen).difference(theirs)):
        raise SettingsError(
            f"record {number} has no citation {', '.join(map(str, strange))}; "
            f"it has: {', '.join(map(str, theirs))}"
        )
    left = [one for one in theirs if one not in chosen]
    if not left:
        raise SettingsError(
            f"record {number} has only the citations {', '.join(map(str, theirs))}: "
            "nothing would be left of it; name fewer of them"
            if len(theirs) > 1
            else f"record {number} has one citation alone: there is nothing to split"
        )
    pairs = product(chosen, left)
    citations.rule(db, [Ruling(one, other, "apart", HAND) for one, other in pairs], now)
    return regroup(db, theirs, now)


def merge(db: Connection, one: int, other: int, now: datetime) -> Settled:
    """Make one record of two, for good.  Raise SettingsError when they are one already."""
    if one == other:
        raise SettingsError(f"both are record {one}: there is nothing to merge")
    theirs = citations.of_records(db, [one, other])
    pairs = product(theirs[one], theirs[other])
    citations.rule(db, [Ruling(a, b, "together", HAND) for a, b in pairs], now)
    return regroup(db, theirs[one], now)


def regroup(db: Connection, numbers: Iterable[int], now: datetime) -> Settled:
    """Make records anew of these citations and all that is connected with them."""
    known = citations.component(db, numbers)
    compared = {number: dedup.unpack(one.packed) for number, one in known.stored.items()}
    groups = dedup.group(compared, known.edges, known.rulings)
    record_of = {number: one.record_id for number, one in known.stored.items()}
    return joining.settle(db, groups, record_of, known.edges, now, parting=BY_HAND)
