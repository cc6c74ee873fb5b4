"""Fetch records by their ids, and account for every id: found, a problem by name, or absent.

An id that does not come is asked for again on its own.  A record whose XML cannot be read is asked
for again as MEDLINE text.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bot.errors import FormatError, SourceError
from bot.formats import medline, pubmed_xml
from bot.model import Record
from bot.ports import Problem
from bot.sources.pubmed.service import Service

log = logging.getLogger(__name__)

PAGE = 200  # ids a request (NBK25499)
POST = 9_000  # ids on the history server: below the ceiling of 9,999
SINGLES = 20  # ids asked for again one by one; more missing is trouble of the service
MISSING = 0.02  # the share of absent ids above which a poll is incomplete


@dataclass(slots=True)
class Fetched:
    """What came, under the id that was asked for; filled while the pages are read."""

    found: dict[str, Record] = field(default_factory=dict)
    problems: dict[str, Problem] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)  #: Asked for twice.
    incomplete: str = ""  #: One sentence; empty when every id is accounted for.

    def missing(self, ids: Sequence[str]) -> list[str]:
        """Those of the ids that are not accounted for yet."""
        return [one for one in ids if one not in self.found and one not in self.problems]


def fetch(service: Service, task: str, ids: Sequence[str], *, owed: Sequence[str] = ()) -> Fetched:
    """Fetch all ids.  Those owed since earlier polls may stay away without a sign of trouble.

    Raise SourceError when the service fails before anything came; later failures are told in
    `incomplete`, and what came is kept.
    """
    fetched, asked = Fetched(), set(ids)
    try:
        for page in _pages(service, task, ids, fetched):
            _read(service, task, page, asked, fetched)
        if not fetched.incomplete:
            _ask_again(service, task, ids, set(owed), fetched)
    except SourceError as error:
        if not fetched.found:
            raise
        fetched.incomplete = f"{error.problem}; {len(fetched.found)} of {len(ids)} records came"
    return fetched


def _pages(service: Service, task: str, ids: Sequence[str], fetched: Fetched) -> Iterator[bytes]:
    """The pages of XML: by history for many ids, by lists for few or when history fails."""
    if len(ids) > PAGE:
        try:
            yield from _history_pages(service, task, ids)
            return
        except SourceError as error:
            log.warning("read the rest by lists of ids: %s", error)
            ids = fetched.missing(ids)
    for start in range(0, len(ids), PAGE):
        yield service.records(task, ids[start : start + PAGE])


def _history_pages(service: Service, task: str, ids: Sequence[str]) -> Iterator[bytes]:
    for first in range(0, len(ids), POST):
        some = ids[first : first + POST]
        posted = service.post(task, some)
        for start in range(0, len(some), PAGE):  # the stride is ours, however short a page was
            yield service.page(task, posted, start, PAGE)


def _read(service: Service, task: str, page: bytes, asked: set[str], fetched: Fetched) -> None:
    try:
        for one in pubmed_xml.read(io.BytesIO(page)):
            _take(service, task, one, asked, fetched)
    except FormatError as error:
        fetched.incomplete = f"{error}; {len(fetched.found)} of {len(asked)} records came"


def _take(
    service: Service,
    task: str,
    one: pubmed_xml.Read | pubmed_xml.Unreadable | pubmed_xml.Deleted,
    asked: set[str],
    fetched: Fetched,
) -> None:
    match one:
        case pubmed_xml.Read(pmid=pmid, record=record) if pmid in asked:
            earlier = fetched.found.get(pmid)
            if earlier is None or earlier.pmid_version < record.pmid_version:
                fetched.found[pmid] = record
        case pubmed_xml.Unreadable(pmid=pmid) if pmid in asked:
            _read_as_text(service, task, pmid, one, fetched)
        case pubmed_xml.Deleted(pmids=pmids):
            for pmid in asked.intersection(pmids):
                fetched.problems[pmid] = Problem(
                    key=pmid, reason="PubMed has deleted this record", raw=b""
                )


def _read_as_text(
    service: Service, task: str, pmid: str, odd: pubmed_xml.Unreadable, fetched: Fetched
) -> None:
    records = [
        record
        for record in medline.read(io.StringIO(service.text(task, pmid)))
        if record.pmid == pmid and record.title
    ]
    if records:
        fetched.found[pmid] = records[0]
        log.info("read %s as MEDLINE text: %s", pmid, odd.reason)
    else:
        fetched.problems[pmid] = Problem(key=pmid, reason=odd.reason, raw=odd.raw)


def _ask_again(
    service: Service, task: str, ids: Sequence[str], owed: set[str], fetched: Fetched
) -> None:
    """Ask singly for what did not come; what stays away is absent, and much of it is trouble."""
    missing = fetched.missing(ids)
    late = [one for one in missing if one in owed]
    fresh = [one for one in missing if one not in owed]
    most = max(1, int(len(ids) * MISSING))
    if len(fresh) > max(SINGLES, most):
        fetched.absent = late
        fetched.incomplete = f"{len(fresh)} of {len(ids)} records did not come"
        return
    for pmid in fresh:
        _single(service, task, pmid, fetched)
    fresh = fetched.missing(fresh)
    fetched.absent = late + fresh
    if len(fresh) > most:
        fetched.incomplete = f"{len(fresh)} of {len(ids)} records did not come, asked for twice"


def _single(service: Service, task: str, pmid: str, fetched: Fetched) -> None:
    page = service.records(task, [pmid])
    try:
        answer = list(pubmed_xml.read(io.BytesIO(page)))
    except FormatError as error:
        log.info("asked again for %s in vain: %s", pmid, error)
        return
    for one in answer:
        if isinstance(one, pubmed_xml.Unreadable):
            _read_as_text(service, task, pmid, one, fetched)
        else:
            _take(service, task, one, {pmid}, fetched)
    others = [one for one in answer if isinstance(one, pubmed_xml.Read) and one.pmid != pmid]
    if others and fetched.missing([pmid]):
        fetched.found[pmid] = others[0].record
        log.info("%s has become %s", pmid, others[0].pmid)
