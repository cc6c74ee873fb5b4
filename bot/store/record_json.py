"""Records as JSON values, the form in which the database keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from bot.model import Author, Link, MeshHeading, Record, Section


def to_json(record: Record) -> dict[str, Any]:
    """A record as JSON values."""
    return asdict(record)


def from_json(body: Mapping[str, Any]) -> Record:
    """The record that `to_json` wrote; fields added since then have their defaults."""

    def many(name: str, kind: Any) -> Any:
        return tuple(kind(**entry) for entry in body.get(name) or ())

    plain: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in body.items()
    }
    plain["abstract"] = None if body.get("abstract") is None else many("abstract", Section)
    plain["other_abstract"] = many("other_abstract", Section)
    plain["authors"] = many("authors", Author)
    plain["links"] = many("links", Link)
    plain["mesh"] = tuple(
        MeshHeading(**{**heading, "qualifiers": tuple(heading["qualifiers"])})
        for heading in body.get("mesh") or ()
    )
    return Record(**plain)
