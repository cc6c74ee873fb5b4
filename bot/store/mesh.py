"""The MeSH descriptors that were imported, and the tree of them that the whole bot asks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.store.schema import mesh
from bot.strategy.mesh import BUILT_IN, Descriptor, Tree

_last: dict[tuple[str, str], Tree] = {}  # by fingerprint and edition; at most one


def replace(db: Connection, descriptors: Iterable[Descriptor], *, file: str, now: datetime) -> None:
    """Put these in the place of all that were there; `file` is where they come from.

    They are one row, as nobody asks for one of them: 30,000 rows took PostgreSQL two seconds.
    """
    rows = [[one.name, one.ui, list(one.tree_numbers)] for one in descriptors]
    row = {
        "file": file,
        "fingerprint": hashlib.sha256(json.dumps(rows).encode()).hexdigest(),
        "imported_at": now,
        "descriptors": rows,
    }
    db.execute(sa.delete(mesh))
    db.execute(sa.insert(mesh), row)


def tree(db: Connection) -> Tree:
    """The tree of MeSH: the imported one, or else the part that litbot ships.

    Whoever evaluates a strategy and has a database asks here.  The same descriptors are read once
    in a process (30,000 take half a second), so asking again costs one small statement.
    """
    row = db.execute(sa.select(mesh.c.file, mesh.c.fingerprint, mesh.c.imported_at)).first()
    if row is None:
        return BUILT_IN
    edition = f"{row.file}, imported {row.imported_at:%Y-%m-%d}"
    known = _last.get((row.fingerprint, edition))
    if known is None:
        rows = db.execute(sa.select(mesh.c.descriptors)).scalar_one()
        descriptors = (Descriptor(name, ui, tuple(numbers)) for name, ui, numbers in rows)
        known = Tree(descriptors, edition=edition)
        _last.clear()
        _last[row.fingerprint, edition] = known
    return known
