"""Make citations for records that have none, and compare all anew when the way of it has changed.

Both leave the records as they are: what is found to be the same is joined when one of it is seen
next.  Records of an older database have the one citation that was merged of all they were shown as.
"""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy import Connection

from bot import dedup
from bot.dedup import Citation, Edge
from bot.store import citations
from bot.store.chunks import CHUNK
from bot.store.citations import New
from bot.store.record_json import from_json
from bot.store.schema import citation_keys, decisions, records, sightings
from bot.store.schema import citations as table


def fill(db: Connection) -> None:
    """Bring citations, keys and decisions up to date, some hundred records at a time."""
    if is_outdated(db):
        _compare_anew(db)
    without = ~sa.exists().where(table.c.record_id == records.c.id)
    last = 0
    while rows := db.execute(
        sa.select(records.c.id, records.c.body, records.c.first_seen)
        .where(records.c.id > last, without)
        .order_by(records.c.id)
        .limit(CHUNK)
    ).all():
        shown = [from_json(row.body) for row in rows]
        compared = [dedup.citation(one) for one in shown]
        new = [
            (row.id, New(citation, citation.pack(), one))
            for row, citation, one in zip(rows, compared, shown, strict=True)
        ]
        numbers = citations.insert(db, new, rows[0].first_seen)
        values = [
            {"number": number, "record": row.id, "at": row.first_seen}
            for number, row in zip(numbers, rows, strict=True)
        ]
        own = sa.update(table).where(table.c.id == sa.bindparam("number"))
        db.execute(own.values(seen_at=sa.bindparam("at")), values)
        theirs = sa.update(sightings).where(sightings.c.record_id == sa.bindparam("record"))
        db.execute(theirs.values(citation_id=sa.bindparam("number")), values)
        _decide(db, dict(zip(numbers, compared, strict=True)))
        last = rows[-1].id


def is_outdated(db: Connection) -> bool:
    """Were the citations compared in another way?  All are written anew at once, so one tells."""
    scheme = db.execute(sa.select(table.c.scheme).order_by(table.c.id).limit(1)).scalar()
    return scheme is not None and scheme != dedup.SCHEME


def _compare_anew(db: Connection) -> None:
    db.execute(sa.delete(citation_keys))
    db.execute(sa.delete(decisions))
    change = sa.update(table).where(table.c.id == sa.bindparam("number"))
    change = change.values(packed=sa.bindparam("now_packed"), scheme=dedup.SCHEME)
    last = 0
    while rows := db.execute(
        sa.select(table.c.id, table.c.body)
        .where(table.c.id > last)
        .order_by(table.c.id)
        .limit(CHUNK)
    ).all():
        compared = {row.id: dedup.citation(from_json(row.body)) for row in rows}
        db.execute(change, [{"number": one, "now_packed": c.pack()} for one, c in compared.items()])
        citations.index(db, compared)
        _decide(db, compared)
        last = rows[-1].id


def _decide(db: Connection, compared: Mapping[int, Citation]) -> None:
    """Compare citations with those that came before them; all have their keys."""
    keys = {number: dedup.keys(citation) for number, citation in compared.items()}
    by_key = citations.found_by(db, {key for some in keys.values() for key in some})
    candidates = {
        number: {one for key in some for one in by_key.get(key, ()) if one < number}
        for number, some in keys.items()
    }
    earlier = {one for some in candidates.values() for one in some}
    known = {
        one: dedup.unpack(stored.packed)
        for one, stored in citations.read(db, earlier.difference(compared)).items()
    }
    known |= compared
    edges = [
        Edge(one, number, dedup.decide(known[one], known[number]))
        for number, some in candidates.items()
        for one in sorted(some)
    ]
    citations.decide(db, [edge for edge in edges if edge.decision.verdict != "different"])
