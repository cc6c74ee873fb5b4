"""The records of the local E-utilities: which exist on a day, and what is odd about some."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Literal

from bot.formats import pubmed_xml
from bot.model import Record
from bot.sandbox.eutils_query import Indexed, Query, parse


@dataclass(slots=True, kw_only=True)
class Held:
    """One record, and what is odd about it here."""

    raw: bytes
    record: Record
    appears: date | None = None  #: Created on this day, whatever its entry date says.
    mesh_from: date | None = None  #: Its MeSH headings arrive on this day.
    absent: bool = False  #: ESearch lists it, EFetch never gives it.
    deleted: bool = False  #: EFetch gives a DeleteCitation for it.
    gone: bool = False  #: ESearch lists it no longer, EFetch gives nothing.
    merged_into: str = ""  #: EFetch gives this record instead.
    odd: Literal["", "xml", "text"] = ""  #: Its XML is broken; with `text` MEDLINE text too.
    later: tuple[tuple[date, Record, bytes], ...] = ()  #: Its next versions, from these days on.

    def shown(self, today: date | None) -> tuple[Record, bytes]:
        """The record as it is on this day."""
        record, raw = self.record, self.raw
        for begins, newer, its_raw in self.later:
            if today is None or begins <= today:
                record, raw = newer, its_raw
        if self.appears:
            record = replace(record, created=self.appears.isoformat())
            raw = _with_create_date(raw, self.appears)
        if self.mesh_from and today and today < self.mesh_from:
            record = replace(record, mesh=(), indexed=record.entered, status="In-Process")
            raw = re.sub(rb"<MeshHeadingList>.*?</MeshHeadingList>", b"", raw, flags=re.DOTALL)
        elif self.mesh_from:
            day = self.mesh_from.isoformat()
            record = replace(record, indexed=day, revised=day)
        if self.odd:
            raw = raw.replace(b"</PMID>", b"</PMID><broken>", 1)
        return record, raw


class Holdings:
    """The records, their day, and the lists on the history server."""

    def __init__(self, today: date | None) -> None:
        """Without `today` every record exists; with it, those created until then."""
        self.held: dict[str, Held] = {}
        self._today = today
        self._visible: dict[str, tuple[Indexed, bytes]] | None = None
        self._histories: dict[str, list[list[str]]] = {}
        self._lock = threading.Lock()

    @property
    def today(self) -> date | None:
        """The day at this PubMed."""
        return self._today

    @today.setter
    def today(self, day: date | None) -> None:
        self._today = day
        self._visible = None

    def load(self, xml: bytes | Path | IO[bytes]) -> list[str]:
        """Hold the records of this PubMed XML, in place of older versions; give their PMIDs."""
        pmids = []
        for record, raw in _read(xml):
            self.held[record.pmid] = Held(raw=raw, record=record)
            pmids.append(record.pmid)
        self._visible = None
        return pmids

    def revise(self, day: date, xml: bytes) -> None:
        """Hold these versions of records that are held already, from this day on."""
        for record, raw in _read(xml):
            held = self.held[record.pmid]
            later = (*held.later, (day, record, raw))
            held.later = tuple(sorted(later, key=lambda version: version[0]))
        self._visible = None

    def change(self, pmid: str, **oddities: object) -> None:
        """Set what is odd about a held record: the fields of `Held`."""
        for name, value in oddities.items():
            setattr(self.held[pmid], name, value)
        self._visible = None

    def visible(self) -> dict[str, tuple[Indexed, bytes]]:
        """The records that exist on this day."""
        if self._visible is None:
            shown = ((pmid, one.shown(self._today)) for pmid, one in self.held.items())
            self._visible = {
                pmid: (Indexed(record), raw)
                for pmid, (record, raw) in shown
                if not self.held[pmid].gone
                and (self._today is None or record.created <= self._today.isoformat())
            }
        return self._visible

    def found(self, term: str, webenv: str = "") -> tuple[list[str], Query]:
        """PMIDs of a search, newest first, and how the term was read."""
        today = self._today or datetime.now(UTC).date()
        query = parse(term, today, lambda number: self.remembered(webenv, number))
        pmids = [pmid for pmid, (one, _raw) in self.visible().items() if query.matches(one)]
        return sorted(pmids, key=int, reverse=True), query

    def remember(self, ids: Sequence[str], webenv: str = "") -> tuple[str, int]:
        """Put ids on the history server: WebEnv and query_key."""
        with self._lock:
            webenv = (
                webenv if webenv in self._histories else f"MCID_{len(self._histories) + 1:024x}"
            )
            lists = self._histories.setdefault(webenv, [])
            lists.append(list(ids))
            return webenv, len(lists)

    def remembered(self, webenv: str, query_key: str) -> list[str] | None:
        """The ids of a history; None when there is no such one."""
        lists = self._histories.get(webenv, [])
        return (
            lists[int(query_key) - 1]
            if query_key.isdigit() and 0 < int(query_key) <= len(lists)
            else None
        )


def _read(xml: bytes | Path | IO[bytes]) -> Iterator[tuple[Record, bytes]]:
    """The records of this PubMed XML, each with its bytes."""
    if isinstance(xml, Path):
        xml = xml.read_bytes()
    whole = xml if isinstance(xml, bytes) else xml.read()
    raws = re.findall(
        rb"<PubmedArticle>.*?</PubmedArticle>|<PubmedBookArticle>.*?</PubmedBookArticle>",
        whole,
        re.DOTALL,
    )
    for raw in raws:
        one_set = io.BytesIO(b"<PubmedArticleSet>" + raw + b"</PubmedArticleSet>")
        for one in pubmed_xml.read(one_set):
            match one:
                case pubmed_xml.Read(record=record):
                    yield record, raw
                case pubmed_xml.Unreadable(pmid=pmid):
                    # served all the same, so that the bot can say what it cannot read
                    yield Record(title="", pmid=pmid, created=_create_date(raw)), raw


def _create_date(raw: bytes) -> str:
    """The create date of a record that cannot be read as a whole; an early one for want of one."""
    parts = rb"\D*<Year>(\d{4})</Year>\s*<Month>(\d{1,2})</Month>\s*<Day>(\d{1,2})</Day>"
    found = re.search(rb'PubStatus="entrez">' + parts, raw)
    if not found:
        return "1900-01-01"
    year, month, day = (int(part) for part in found.groups())
    return f"{year:04}-{month:02}-{day:02}"


def _with_create_date(raw: bytes, day: date) -> bytes:
    parts = f"<Year>{day.year}</Year><Month>{day.month}</Month><Day>{day.day}</Day>".encode()
    return re.sub(
        rb'(<PubMedPubDate PubStatus="entrez">).*?(</PubMedPubDate>)',
        lambda found: found[1] + parts + found[2],
        raw,
        flags=re.DOTALL,
    )
