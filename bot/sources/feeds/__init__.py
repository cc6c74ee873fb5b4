"""Journal feeds: what publishers show of their newest records, often without abstracts.

A feed is asked for politely (conditional requests, one a second per host) and read in a process
of its own.  What came instead of a feed is named; nothing is ever taken for "no news".
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from bot import identifiers
from bot.config import Settings
from bot.errors import HttpError, SourceError
from bot.http import Http, Reply, retry_at
from bot.model import Author, Journal, Link, Record, Section
from bot.ports import Batch, Found, Known, Problem, Task
from bot.sources.feeds.child import Child, Unreadable

log = logging.getLogger(__name__)

PER_SECOND = 1.0  # requests to one host; publishers publish no limit, and answer 403 to haste
LONGEST = 20_000_000  # bytes; the longest capture has 0.5 MB
DEADLINE = 60.0  # seconds
ATTEMPTS = 3
FULL_EVERY = timedelta(days=7)  # some servers answer 304 for ever


def build(settings: Settings, http: Http) -> Feeds:  # noqa: ARG001 - every source is built alike
    """The source of journal feeds."""
    return Feeds(http)


class Feeds:
    """Reads one feed of one journal at a time; holds the process that reads them."""

    name = "feed"

    def __init__(self, http: Http, child: Child | None = None) -> None:
        self._http = http
        self._child = child or Child()

    def fetch(self, task: Task, known: Known, now: datetime) -> Batch:  # noqa: ARG002
        """Fetch what the feed shows now.  Raise SourceError when it shows no feed.

        Only a poll has a meaning: a feed has no past to sweep.  The cursor holds `etag`,
        `last_modified`, `sha256` of the body, and `full_at`, the last unconditional request.
        """
        journal = task.subject
        if task.kind != "poll" or not isinstance(journal, Journal):
            return Batch(unchanged=True, cursor=task.cursor)
        if not journal.feed:
            raise self._error(task, "no address of a feed in journals.yaml", permanent=True)
        conditions = _conditions(task.cursor, now)
        reply = self._ask(task, journal, conditions)
        cursor = _cursor(task.cursor, reply, now if not conditions else None)
        if reply.status == 304 and conditions:
            return Batch(unchanged=True, cursor=cursor)
        if reply.status != 200:
            raise self._refusal(task, reply, now)
        warnings = _moved(reply)
        if cursor["sha256"] == task.cursor.get("sha256"):
            return Batch(unchanged=True, cursor=cursor, warnings=warnings)
        answer = self._read(task, reply)
        if answer["refusal"]:
            raise self._error(task, answer["refusal"])
        found, problems, repeated = told_apart(answer["items"], journal)
        log.info("read %s: %d found, %d problems", task.name, len(found), len(problems))
        return Batch(
            found=found,
            problems=problems,
            repeated=repeated,
            reported=len(found) + len(problems) + repeated,
            cursor=cursor,
            incomplete=answer["incomplete"],
            warnings=warnings,
        )

    def close(self) -> None:
        """End the process that reads feeds."""
        self._child.close()

    def _ask(self, task: Task, journal: Journal, conditions: Mapping[str, str]) -> Reply:
        try:
            return self._http.request(
                "GET",
                journal.feed,
                headers=conditions,
                per_second=PER_SECOND,
                limit=LONGEST,
                deadline=DEADLINE,
                attempts=ATTEMPTS,
                public_only=True,
            )
        except HttpError as error:
            raise SourceError(self.name, task.name, str(error), retry_at=error.retry_at) from error

    def _read(self, task: Task, reply: Reply) -> dict[str, Any]:
        content_type = reply.headers.get("Content-Type", "")
        charset = content_type.lower().partition("charset=")[2].strip(" \"';")[:40]
        try:
            return self._child.read(reply.body, charset)
        except Unreadable as error:
            raise self._error(task, str(error)) from error

    def _refusal(self, task: Task, reply: Reply, now: datetime) -> SourceError:
        """What a status other than 200 and an expected 304 means."""
        host = urlsplit(reply.url).hostname or ""
        again = retry_at(reply.headers, now)
        if reply.status == 410:
            return self._error(task, f"{host} says the feed is gone (410)", permanent=True)
        if reply.status == 304:
            return self._error(task, f"{host} answered 304 to a request without conditions")
        if reply.status == 403:
            return self._error(task, f"{host} refuses the bot (403)", retry_at=again)
        if reply.status == 429:
            return self._error(task, f"{host} says too many requests (429)", retry_at=again)
        if reply.status == 404:
            return self._error(task, f"{host} has no feed at this address (404)")
        return self._error(task, f"{host} answered {reply.status}", retry_at=again)

    def _error(
        self,
        task: Task,
        problem: str,
        *,
        permanent: bool = False,
        retry_at: datetime | None = None,
    ) -> SourceError:
        return SourceError(self.name, task.name, problem, permanent=permanent, retry_at=retry_at)


class _Candidate(NamedTuple):
    keys: tuple[str, ...]  #: From the surest identity to the weakest.
    record: Record


def _conditions(cursor: Mapping[str, str], now: datetime) -> dict[str, str]:
    """The conditional headers, byte for byte as the server gave them; none once a week."""
    full_at = cursor.get("full_at", "")
    if not full_at or now - datetime.fromisoformat(full_at) >= FULL_EVERY:
        return {}
    headers = {
        "If-None-Match": cursor.get("etag", ""),
        "If-Modified-Since": cursor.get("last_modified", ""),
    }
    return {name: value for name, value in headers.items() if value}


def _cursor(before: Mapping[str, str], reply: Reply, full_at: datetime | None) -> dict[str, str]:
    cursor = {
        "etag": reply.headers.get("ETag", ""),
        "last_modified": reply.headers.get("Last-Modified", ""),
        "sha256": hashlib.sha256(reply.body).hexdigest(),
        "full_at": full_at.astimezone(UTC).isoformat() if full_at else before.get("full_at", ""),
    }
    if reply.status == 304:  # it has no body, and may leave the other headers out
        cursor["sha256"] = before.get("sha256", "")
        cursor["etag"] = cursor["etag"] or before.get("etag", "")
        cursor["last_modified"] = cursor["last_modified"] or before.get("last_modified", "")
    return cursor


def _moved(reply: Reply) -> tuple[str, ...]:
    if not reply.moved:
        return ()
    return (f"the feed has moved for good; put {reply.moved[:500]} into journals.yaml",)


def told_apart(
    items: Iterable[Mapping[str, Any]], journal: Journal
) -> tuple[tuple[Found, ...], tuple[Problem, ...], int]:
    """Records under distinct keys, what cannot be read, and how many only repeat another one."""
    found: dict[str, Record] = {}
    problems: dict[str, Problem] = {}
    repeated = 0
    for item in items:
        raw = str(item["raw"]).encode()
        candidate = _candidate(item["draft"], journal) if "draft" in item else None
        if candidate is None:
            reason = item.get("problem", "the item has no title")
            key = f"raw:{hashlib.sha256(raw).hexdigest()[:16]}"
            repeated += key in problems
            problems[key] = Problem(key=key, reason=reason, raw=raw)
            continue
        same = [key for key in candidate.keys if key in found]
        if same and _is_repeat(found[same[0]], candidate.record):
            repeated += 1
            continue
        # a key that another record holds by accident is passed over for a weaker one
        key = next((key for key in candidate.keys if key not in found), "")
        if not key:
            repeated += 1
            continue
        found[key] = candidate.record
    records = tuple(Found(key=key, record=record) for key, record in found.items())
    return records, tuple(problems.values()), repeated


def _is_repeat(one: Record, other: Record) -> bool:
    same_title = identifiers.folded_title(one.title) == identifiers.folded_title(other.title)
    return same_title and one.doi == other.doi and one.url == other.url


def _candidate(draft: Mapping[str, Any], journal: Journal) -> _Candidate | None:
    """The record of a draft, with its keys; None without a usable title."""
    title = draft["title"]
    folded = identifiers.folded_title(title)
    if not folded:
        return None
    # some feeds repeat the record's title where the journal's should stand
    named = draft["journal"] if identifiers.folded_title(draft["journal"]) != folded else ""
    abstract = draft["abstract"]
    sections = abstract and tuple(Section(label=label, text=text) for label, text in abstract)
    text = " ".join((title, *(part[1] for part in abstract or ())))
    doi, pmid, pii, link = draft["doi"], draft["pmid"], draft["pii"], draft["link"]
    record = Record(
        title=title,
        pmid=pmid,
        doi=doi,
        pmcid=draft["pmcid"],
        pii=pii,
        registrations=identifiers.registrations(text),
        abstract=None if abstract is None else tuple(sections or ()),
        keywords=None,
        languages=None,
        affiliations=None,
        authors=tuple(Author(**author) for author in draft["authors"]),
        journal=named or journal.title,
        journal_abbreviation=draft["journal_abbreviation"],
        issns=journal.issns,
        volume=draft["volume"],
        issue=draft["issue"],
        pages=draft["pages"],
        published=draft["published"],
        publication_types=tuple(draft["publication_types"]),
        links=tuple(Link(**link) for link in draft["links"]),
        url=_url(doi, pmid, link),
    )
    by_title = f"{identifiers.folded_title(record.journal)}|{folded}|{record.published[:4]}"
    keys = (
        f"doi:{doi}" if doi else "",
        f"pmid:{pmid}" if pmid else "",
        f"pii:{pii}" if pii else "",
        # a query that is no tracking may be all that tells two records apart, or change daily
        link if link and "?" not in link and urlsplit(link).path.strip("/") else "",
        by_title,
        f"{by_title}|{link}",
    )
    return _Candidate(tuple(key for key in keys if key), record)


def _url(doi: str, pmid: str, link: str) -> str:
    if pmid:
        return f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/"
    return f"https://doi.org/{doi}" if doi else link
