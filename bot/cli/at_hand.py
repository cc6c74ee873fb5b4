"""What can be looked at without asking anybody: the store's records, files, the MeSH tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection

from bot.cli import options, output
from bot.config import Settings
from bot.errors import FormatError
from bot.formats import reading as files
from bot.model import Record
from bot.store import mesh, records
from bot.store.database import connect, reading
from bot.strategy.mesh import BUILT_IN, Tree


@contextmanager
def store(settings: Settings) -> Iterator[Connection | None]:
    """A connection that only reads; None where there is no database yet.

    Raise StoreError for a database that is older or newer than the program.
    """
    if options.is_missing(connect(settings.database_url)):
        yield None
        return
    engine = options.existing(settings)
    with reading(engine) as db:
        yield db
    engine.dispose()


def mesh_tree(db: Connection | None) -> Tree:
    """The tree that was imported, else the one that litbot comes with."""
    return mesh.tree(db) if db else BUILT_IN


def stored(db: Connection | None) -> Iterator[tuple[str, Record]]:
    """The store's records under what each is called."""
    for number, record in records.every(db) if db else ():
        yield called(record, number), record


def in_files(paths: Iterable[Path], problems: list[str]) -> Iterator[tuple[str, Record]]:
    """The files' records under what each is called; what cannot be read is named on stderr."""
    for path in paths:
        number = 0
        try:
            for number, one in enumerate(files.records(path), 1):
                if isinstance(one, Record):
                    yield called(one, number), one
                else:
                    _report(f"{path}: entry {one.number}: {one.reason}", problems)
        except FormatError as error:
            _report(str(error), problems)
        else:
            if not number:
                _report(f"{path}: holds no record", problems)


def called(record: Record, number: int) -> str:
    """The PMID of a record, else its DOI, else its number where it was found."""
    return record.pmid or record.doi or str(number)


def _report(problem: str, problems: list[str]) -> None:
    problems.append(problem)
    output.problem(problem)
