"""What each source said of a record, the keys that find it, and what was decided about pairs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from bot import dedup
from bot.dedup import Citation, Decision, Edge
from bot.model import Record
from bot.store.chunks import chunks
from bot.store.record_json import from_json, to_json
from bot.store.schema import citation_keys, citations, decisions, rulings

Pair = tuple[int, int]


class Stored(NamedTuple):
    """A citation as it is compared, and the record that it belongs to."""

    record_id: int
    packed: str


class Ruling(NamedTuple):
    """A pair that was decided by hand, or by a source that showed one key again."""

    one: int
    other: int
    verdict: str  #: together, apart
    reason: str  #: hand, sighting


def read(db: Connection, numbers: Iterable[int]) -> dict[int, Stored]:
    """The citations of these numbers."""
    found: dict[int, Stored] = {}
    for some in chunks(sorted(numbers)):
        rows = db.execute(
            sa.select(citations.c.id, citations.c.record_id, citations.c.packed).where(
                citations.c.id.in_(some)
            )
        )
        found.update((row.id, Stored(row.record_id, row.packed)) for row in rows)
    return found


def bodies(db: Connection, numbers: Iterable[int]) -> dict[int, Record]:
    """What the sources showed, for citations of these numbers, in the order of their arrival."""
    found: dict[int, Record] = {}
    for some in chunks(sorted(numbers)):
        rows = db.execute(
            sa.select(citations.c.id, citations.c.body)
            .where(citations.c.id.in_(some))
            .order_by(citations.c.id)
        )
        found.update((row.id, from_json(row.body)) for row in rows)
    return found


def of_records(db: Connection, numbers: Iterable[int]) -> dict[int, list[int]]:
    """The citations of each of these records, in the order of their arrival."""
    found: dict[int, list[int]] = {}
    for some in chunks(sorted(numbers)):
        rows = db.execute(
            sa.select(citations.c.record_id, citations.c.id)
            .where(citations.c.record_id.in_(some))
            .order_by(citations.c.id)
        )
        for record_id, number in rows:
            found.setdefault(record_id, []).append(number)
    return found


def found_by(db: Connection, keys: Iterable[int]) -> dict[int, list[int]]:
    """The citations that each of these keys of deduplication finds."""
    found: dict[int, list[int]] = {}
    for some in chunks(sorted(keys)):
        rows = db.execute(
            sa.select(citation_keys.c.key, citation_keys.c.citation_id).where(
                citation_keys.c.key.in_(some)
            )
        )
        for key, number in rows:
            found.setdefault(key, []).append(number)
    return found


class New(NamedTuple):
    """A citation that is not stored yet."""

    citation: Citation
    packed: str
    record: Record


def insert(db: Connection, new: Sequence[tuple[int, New]], now: datetime) -> list[int]:
    """Save citations of these records, and their keys; returns their numbers in the same order."""
    if not new:
        return []
    rows = [
        {
            "record_id": record_id,
            "packed": one.packed,
            "scheme": dedup.SCHEME,
            "body": to_json(one.record),
            "seen_at": now,
        }
        for record_id, one in new
    ]
    returned = sa.insert(citations).returning(citations.c.id, sort_by_parameter_order=True)
    numbers = list(db.execute(returned, rows).scalars())
    index(db, {number: one.citation for number, (_, one) in zip(numbers, new, strict=True)})
    return numbers


def change(db: Connection, shown: Mapping[int, Record]) -> None:
    """Save what citations say now, where that compares as before."""
    for number, record in shown.items():
        db.execute(
            sa.update(citations).where(citations.c.id == number).values(body=to_json(record))
        )


def index(db: Connection, compared: Mapping[int, Citation]) -> None:
    """Save the keys that find these citations."""
    rows = [
        {"key": key, "citation_id": number}
        for number, citation in compared.items()
        for key in dict.fromkeys(dedup.keys(citation))
    ]
    if rows:
        db.execute(sa.insert(citation_keys), rows)


def decide(db: Connection, edges: Iterable[Edge]) -> None:
    """Save decisions about pairs that were not compared before."""
    rows = []
    for edge in edges:
        one, other = sorted((edge.one, edge.other))
        row = {"citation_id": one, "other_id": other, "fields": list(edge.decision.fields)}
        row |= {"verdict": edge.decision.verdict, "rule": edge.decision.rule}
        rows.append({**row, "strength": edge.decision.strength})
    if rows:
        db.execute(sa.insert(decisions), rows)


def decided(db: Connection, numbers: Iterable[int]) -> list[Edge]:
    """The decisions that name one of these citations, each once."""
    found: dict[Pair, Edge] = {}
    for some in chunks(sorted(numbers)):
        rows = db.execute(
            sa.select(decisions).where(
                sa.or_(decisions.c.citation_id.in_(some), decisions.c.other_id.in_(some))
            )
        )
        for row in rows:
            pair = row.citation_id, row.other_id
            decision = Decision(
                row.verdict, row.rule, tuple(row.fields), row.strength, row.verdict == "related"
            )
            found[pair] = Edge(*pair, decision)
    return list(found.values())


def rule(db: Connection, ruled: Iterable[Ruling], now: datetime) -> None:
    """Save what was decided by hand or by a source; of one pair the last ruling counts."""
    rows = []
    for ruling in ruled:
        one, other = sorted((ruling.one, ruling.other))
        row = {"citation_id": one, "other_id": other, "at": now}
        rows.append({**row, "verdict": ruling.verdict, "reason": ruling.reason})
    if rows:
        db.execute(sa.insert(rulings), rows)


def ruled(db: Connection, numbers: Iterable[int]) -> dict[Pair, str]:
    """The rulings that name one of these citations: (smaller, larger) -> together or apart."""
    found: list[tuple[int, Pair, str]] = []
    for some in chunks(sorted(numbers)):
        rows = db.execute(
            sa.select(rulings).where(
                sa.or_(rulings.c.citation_id.in_(some), rulings.c.other_id.in_(some))
            )
        )
        found += [(row.id, (row.citation_id, row.other_id), row.verdict) for row in rows]
    return {pair: verdict for _, pair, verdict in sorted(found)}


class Component(NamedTuple):
    """Citations that decisions, rulings and records connect, however indirectly."""

    stored: dict[int, Stored]
    edges: list[Edge]  #: All that say `same`.
    rulings: dict[Pair, str]


def component(db: Connection, starts: Iterable[int]) -> Component:
    """What is connected with these citations: as `same`, by a ruling, or as one record."""
    stored: dict[int, Stored] = {}
    edges: dict[Pair, Edge] = {}
    by_hand: dict[Pair, str] = {}
    frontier = set(starts)
    while frontier:
        found = _with_siblings(db, frontier)
        stored |= found
        for edge in decided(db, found):
            if edge.decision.verdict == "same":
                edges[edge.one, edge.other] = edge
        by_hand |= ruled(db, found)
        together = (pair for pair, verdict in by_hand.items() if verdict == "together")
        reached = {number for pair in (*edges, *together) for number in pair}
        frontier = reached.difference(stored)
    inside = {pair: verdict for pair, verdict in by_hand.items() if stored.keys() >= set(pair)}
    return Component(stored, list(edges.values()), inside)


def _with_siblings(db: Connection, numbers: Iterable[int]) -> dict[int, Stored]:
    """These citations, and all others of their records."""
    found: dict[int, Stored] = {}
    for some in chunks(sorted(numbers)):
        theirs = sa.select(citations.c.record_id).where(citations.c.id.in_(some))
        rows = db.execute(
            sa.select(citations.c.id, citations.c.record_id, citations.c.packed).where(
                citations.c.record_id.in_(theirs)
            )
        )
        found.update((row.id, Stored(row.record_id, row.packed)) for row in rows)
    return found
