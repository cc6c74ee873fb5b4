"""A file of records, whatever its format: PubMed XML, MEDLINE, RIS, BibTeX or CSV, also gzipped.

The format is told by what the file begins with, not by its name.  Records are given one by one, so
that a file of any size costs the memory of one record.
"""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, BinaryIO

from bot.errors import FormatError
from bot.formats import bibtex, csv, medline, pubmed_xml, ris
from bot.formats.text import clean
from bot.model import Record

_HEAD = 1 << 16  # bytes in which the first field must stand
_MEDLINE = re.compile(r"(?:^|[\r\n])(?:PMID|STAT|OWN |DCOM)- ")
_RIS = re.compile(r"(?:^|[\r\n])TY {1,2}-")
_BIBTEX = re.compile(r"(?:^|[\r\n])[ \t]*@[A-Za-z]+[ \t]*[{(]")
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")  # how spreadsheets begin what they call Unicode text
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # .xlsx and every ZIP file; .xls
_BROKEN = re.compile("[\udc80-\udcff]")  # a byte that is no UTF-8, as `surrogateescape` keeps it


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One record of a file, and what it is called there."""

    number: int  #: Its place among the entries, from 1.
    id: str  #: Its own id there, else its PMID, else the file's name with its number.
    record: Record


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
    for one in entries(path):
        yield one.record if isinstance(one, Entry) else one


def entries(
    path: Path,
    *,
    encoding: str = "",
    foreign: Callable[[int, int], None] | None = None,
    advanced: Callable[[int], None] | None = None,
) -> Iterator[Entry | Unreadable]:
    """Give the records of a file with their ids, as `records` does.

    A line that is not UTF-8 is read by `encoding`; without one, `foreign` is told the line and its
    first wrong byte, and it is read as Windows writes it; without either it is an error.
    `advanced` is told how many bytes of the file have been read since it was told last.
    """
    try:
        with path.open("rb", buffering=0) as file:

            def block(size: int) -> bytes:
                read = file.read(size) or b""
                if advanced:
                    advanced(len(read))
                return read

            raw = io.BufferedReader(_Blocks(block), _HEAD)
            if raw.peek(2).startswith(_GZIP):  # no seeking: it may be a pipe
                raw = io.BufferedReader(_Blocks(gzip.GzipFile(fileobj=raw).read1), _HEAD)
            yield from _read(raw, path.name, partial(_decoded, encoding=encoding, foreign=foreign))
    except FormatError as error:
        raise FormatError(f"{path}: {error}") from error
    except (OSError, EOFError, zlib.error) as error:
        problem = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise FormatError(f"{path}: cannot be read: {problem}") from error


class _Blocks(io.RawIOBase):
    """A stream of the blocks that a function gives: what came before a broken one is not lost."""

    def __init__(self, block: Callable[[int], bytes]) -> None:
        self._block = block

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # all that is given
        block = self._block(len(buffer))
        buffer[: len(block)] = block
        return len(block)


def _read(
    stream: io.BufferedReader[_Blocks], name: str, decoded: Callable[[BinaryIO], Iterator[str]]
) -> Iterator[Entry | Unreadable]:
    head = stream.peek(_HEAD).removeprefix(_BOM).lstrip()
    if not head:
        raise FormatError("is empty; a file of records would be right")
    if head.startswith(_WORKBOOKS):
        raise FormatError("is a workbook or an archive, not text; save it as CSV (UTF-8)")
    if head.startswith(b"<"):
        yield from _named(_xml(stream), name)
        return
    wide = head.startswith(_UTF_16)
    lines = _wide(stream) if wide else decoded(stream)
    start = head.decode("utf-16" if wide else "utf-8", errors="replace")
    if _RIS.search(start):
        yield from _named(ris.read(lines), name)
    elif _MEDLINE.search(start):
        yield from _named((("", record) for record in medline.read(lines)), name)
    elif _BIBTEX.search(start):
        yield from _named(bibtex.read(lines), name)
    else:
        yield from _named(csv.read(lines), name)


def _decoded(
    stream: BinaryIO, *, encoding: str, foreign: Callable[[int, int], None] | None
) -> Iterator[str]:
    """The lines of a text in UTF-8, as far as they are."""
    text = io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="")
    for number, line in enumerate(text, 1):
        if line.isascii() or not (broken := _BROKEN.search(line)):
            yield line
            continue
        byte, raw = ord(broken[0]) - 0xDC00, line.encode("utf-8", "surrogateescape")
        if encoding:
            yield _by(encoding, raw, number)
        elif foreign:
            foreign(number, byte)
            yield _as_windows(raw)
        else:
            raise FormatError(
                f"line {number} is not UTF-8 (byte {byte:#04x}); save the file as UTF-8"
            )


def _by(encoding: str, raw: bytes, number: int) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        byte = raw[error.start]
        raise FormatError(
            f"line {number} is neither UTF-8 nor {encoding} (byte {byte:#04x})"
        ) from error


def _as_windows(raw: bytes) -> str:
    try:
        return raw.decode("cp1252")
    except UnicodeDecodeError:  # five bytes mean nothing there
        return raw.decode("latin-1")


def _wide(stream: BinaryIO) -> Iterator[str]:
    try:
        yield from io.TextIOWrapper(stream, "utf-16", newline="")
    except UnicodeError as error:
        raise FormatError(
            f"breaks off in the middle of UTF-16: {error}; save it as UTF-8"
        ) from error


def _xml(stream: IO[bytes]) -> Iterator[tuple[str, Record | str]]:
    for one in pubmed_xml.read(stream):
        match one:
            case pubmed_xml.Read(record=record):
                yield "", record
            case pubmed_xml.Unreadable(pmid=pmid, reason=reason):
                yield pmid, f"{pmid or 'without PMID'}: {reason}"
            case _:  # PMIDs that were withdrawn are no records
                pass


def _named(found: Iterable[tuple[str, Record | str]], name: str) -> Iterator[Entry | Unreadable]:
    """The entries by their own ids; instead of a record there may be the reason why it is none."""
    for number, (own, one) in enumerate(found, 1):
        if isinstance(one, Record):
            called = clean(own) or one.pmid or clean(f"{name}:{number}")
            yield Entry(number=number, id=called, record=one)
        else:
            yield Unreadable(number=number, reason=one)
