"""What records say of each other, and which of the others are stored.

A row names the other record by PMID or DOI, and points to it once it is stored; rows may wait for
years.  A row without either is a citation, or what a record says of itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.model import Relation
from bot.store.chunks import chunks
from bot.store.database import add
from bot.store.schema import record_keys, relations


class Related(NamedTuple):
    """A relation as the store holds it."""

    id: int
    record_id: int  #: It says so.
    relation: Relation
    other_id: int | None  #: Of whom; None while it is not stored.


def of(db: Connection, numbers: Iterable[int]) -> list[Related]:
    """What these records say, and what is said of them, in the order of time."""
    found: dict[int, Related] = {}
    for some in chunks(sorted(set(numbers))):
        rows = db.execute(
            sa.select(relations).where(
                sa.or_(relations.c.record_id.in_(some), relations.c.other_id.in_(some))
            )
        )
        found.update((row.id, _related(row)) for row in rows)
    return [found[number] for number in sorted(found)]


def say(db: Connection, said: Iterable[tuple[int, Relation, int | None]], now: datetime) -> None:
    """Save what records say: (record, relation, the other where it is stored)."""
    rows = [
        _named(relation, other)
        | {
            "record_id": number,
            "kind": relation.kind,
            "inverse": relation.inverse,
            "citation": relation.citation,
            "basis": relation.basis,
            "other_id": other,
            "noted_at": now,
        }
        for number, relation, other in said
    ]
    add(db, relations, rows)


def change(db: Connection, number: int, relation: Relation) -> None:
    """Somebody who knows better says what was said before."""
    db.execute(
        sa.update(relations)
        .where(relations.c.id == number)
        .values(basis=relation.basis, citation=relation.citation)
    )


def forget(db: Connection, numbers: Sequence[int]) -> None:
    """Their records do not say so any more."""
    for some in chunks(numbers):
        db.execute(sa.delete(relations).where(relations.c.id.in_(some)))


def waiting(db: Connection, names: Mapping[str, Sequence[str]]) -> list[Related]:
    """The rows that wait for records with these PMIDs and DOIs (scheme -> values)."""
    found = []
    for scheme, values in names.items():
        for some in chunks(values):
            rows = db.execute(
                sa.select(relations).where(
                    relations.c.scheme == scheme,
                    relations.c.value.in_(some),
                    relations.c.other_id.is_(None),
                )
            )
            found += [_related(row) for row in rows]
    return found


def found(db: Connection, names: Mapping[str, Iterable[str]]) -> dict[tuple[str, str], int]:
    """The record of each PMID and DOI that one record alone has: a supplement's is nobody's."""
    held: dict[tuple[str, str], set[int]] = {}
    for scheme, values in names.items():
        for some in chunks(sorted(set(values))):
            rows = db.execute(
                sa.select(record_keys.c.value, record_keys.c.record_id).where(
                    record_keys.c.scheme == scheme, record_keys.c.value.in_(some)
                )
            )
            for value, number in rows:
                held.setdefault((scheme, value), set()).add(number)
    return {name: min(numbers) for name, numbers in held.items() if len(numbers) == 1}


def resolve(db: Connection, others: Mapping[int, int]) -> None:
    """The other record of these rows is stored now: row -> record."""
    for row, number in others.items():
        db.execute(sa.update(relations).where(relations.c.id == row).values(other_id=number))


def name(relation: Relation) -> tuple[str, str]:
    """By which identifier the other record is found: scheme and value; both empty for none."""
    if relation.pmid:
        return "pmid", relation.pmid
    return ("doi", relation.doi) if relation.doi else ("", "")


def _named(relation: Relation, other: int | None) -> dict[str, Any]:
    scheme, value = name(relation)
    if not value and other is not None:
        scheme, value = "record", str(other)
    return {"scheme": scheme, "value": value}


def _related(row: Any) -> Related:
    relation = Relation(
        kind=row.kind,
        inverse=row.inverse,
        pmid=row.value if row.scheme == "pmid" else "",
        doi=row.value if row.scheme == "doi" else "",
        citation=row.citation,
        basis=row.basis,
    )
    return Related(row.id, row.record_id, relation, row.other_id)
