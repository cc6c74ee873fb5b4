"""A file of records, whatever its format: PubMed XML, MEDLINE text, RIS or CSV, plain or gzipped.

The format is told by what the file begins with, not by its name.  Records are given one by one, so
that a file of any size costs the memory of one record.
"""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from bot.errors import FormatError
from bot.formats import csv, medline, pubmed_xml, ris
from bot.model import Record

_HEAD = 1 << 16  # bytes in which the first field must stand
_MEDLINE = re.compile(rb"(?:^|\n)(?:PMID|STAT|OWN |DCOM)- ")
_RIS = re.compile(rb"(?:^|\n)TY {1,2}-")
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """One entry of a file that is no record."""

    number: int  #: Its place among the entries, from 1.
    reason: str


def records(path: Path) -> Iterator[Record | Unreadable]:
    """Give the records of a file, and what in it is none, in their order.

    Raise FormatError when the file cannot be opened or is none of the formats, and, after all that
    came before, when it breaks off.
    """
    try:
        with path.open("rb") as raw:
            packed = raw.peek(2).startswith(_GZIP)  # no seeking: it may be a pipe
            yield from _read(gzip.GzipFile(fileobj=raw) if packed else raw)
    except UnicodeDecodeError as error:
        raise FormatError(
            f"{path}: is not UTF-8 (byte {error.object[error.start]:#04x}); save it as UTF-8"
        ) from error
    except FormatError as error:
        raise FormatError(f"{path}: {error}") from error
    except (OSError, EOFError, zlib.error) as error:
        problem = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise FormatError(f"{path}: cannot be read: {problem}") from error


def _read(raw: io.BufferedIOBase) -> Iterator[Record | Unreadable]:
    stream = io.BufferedReader(raw, buffer_size=_HEAD)
    head = stream.peek(_HEAD).removeprefix(_BOM).lstrip()
    if not head:
        raise FormatError("is empty; a file of records would be right")
    if head.startswith(b"<"):
        yield from _xml(stream)
        return
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    if _RIS.search(head):
        yield from _numbered(ris.read(text))
    elif _MEDLINE.search(head):
        yield from medline.read(text)
    else:
        yield from _numbered(csv.read(text))


def _xml(stream: IO[bytes]) -> Iterator[Record | Unreadable]:
    for number, one in enumerate(pubmed_xml.read(stream), 1):
        match one:
            case pubmed_xml.Read(record=record):
                yield record
            case pubmed_xml.Unreadable(pmid=pmid, reason=reason):
                yield Unreadable(number=number, reason=f"{pmid or 'without PMID'}: {reason}")
            case _:  # PMIDs that were withdrawn are no records
                pass


def _numbered(entries: Iterator[Record | None]) -> Iterator[Record | Unreadable]:
    for number, record in enumerate(entries, 1):
        yield record or Unreadable(number=number, reason="has neither title, PMID nor DOI")
