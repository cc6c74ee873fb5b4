"""The records of known studies that are at hand: in the store, and in files beside the queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from bot.errors import FormatError
from bot.formats import reading
from bot.model import KnownStudy, Record
from bot.store import Connection, records

FOLDER = "known"


def beside(queries_dir: Path) -> tuple[Record, ...]:
    """The records in `known/` beside the queries; none where there is no such folder.

    What a record lacks there counts as withheld: a citation says nothing of an abstract.  Raise
    FormatError where a file, or an entry of one, cannot be read.
    """
    found: list[Record] = []
    for path in _files(queries_dir / FOLDER):
        for one in reading.records(path):
            if isinstance(one, reading.Unreadable):
                raise FormatError(f"{path}: entry {one.number} is no record: {one.reason}")
            found.append(_as_citation(one))
    return tuple(found)


def stored(db: Connection, studies: Iterable[KnownStudy]) -> tuple[Record, ...]:
    """The records of these studies that the store holds."""
    wanted = tuple(studies)
    numbers = {
        *records.by_pmid(db, [study.pmid for study in wanted if study.pmid]).values(),
        *records.by_doi(db, [study.doi for study in wanted if study.doi]).values(),
    }
    return tuple(records.read(db, sorted(numbers)).values())


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file() and path.suffix.lower() != ".md" and not path.name.startswith(".")
    )


def _as_citation(record: Record) -> Record:
    return replace(
        record,
        abstract=record.abstract or None,
        keywords=record.keywords or None,
        affiliations=record.affiliations or None,
        languages=record.languages or None,
    )
