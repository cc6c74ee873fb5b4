"""The E-utilities, asked politely: one method per utility, one error for all that can go wrong."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.config import Settings
from bot.errors import HttpError, SourceError
from bot.formats import eutilities
from bot.http import Http, Reply, retry_at

NAME = "pubmed"
CEILING = 9_999  # ids that one search gives; above, PubMed clamps or refuses
LONG_TERM = 1_000  # characters; NBK25499: POST above "several hundred"
SLOW, FAST = 3.0, 10.0  # requests a second without and with a key (NCBI KA-05317)
RATE_TURNS = 3  # answers about the request rate inside HTTP 200, which `http` cannot see
LARGEST_PAGE = 100_000_000  # bytes; 200 records of the largest collaborations fit


class Service:
    """E-utilities at one address; every method raises SourceError for the task it is given."""

    def __init__(self, settings: Settings, http: Http) -> None:
        self._base = settings.eutils_url.rstrip("/")
        self._http = http
        self._key = settings.ncbi_api_key.get_secret_value()
        self._email = settings.ncbi_email

    def search(
        self,
        task: str,
        term: str,
        *,
        most: int = CEILING,
        within: eutilities.Posted | None = None,
    ) -> eutilities.Search:
        """ESearch: Count, and the ids up to `most`; fewer ids than that are an error.

        Of a list `within` the history server, only what the term finds in it.
        """
        fields = {"term": term, "retmax": str(most), "retmode": "xml"}
        if within:
            fields["term"] = f"#{within.query_key} AND ({term})"
            fields |= {"WebEnv": within.webenv, "usehistory": "y"}
        body = self._ask(task, "esearch", fields)
        try:
            found = eutilities.search(body)
        except eutilities.RefusalError as error:
            raise self._error(task, "esearch", error) from None  # its text may hold our key
        if len(found.ids) != min(found.count, most):
            raise SourceError(
                NAME,
                task,
                f"esearch counts {found.count} records but lists {len(found.ids)} ids",
            )
        return found

    def post(self, task: str, ids: Sequence[str]) -> eutilities.Posted:
        """EPost: put ids on the history server."""
        body = self._ask(task, "epost", {"id": ",".join(ids)})
        try:
            return eutilities.posted(body)
        except eutilities.RefusalError as error:
            raise self._error(task, "epost", error) from None

    def records(self, task: str, ids: Sequence[str]) -> bytes:
        """EFetch: the XML of these ids, at most 200."""
        return self._fetch(task, {"id": ",".join(ids), "rettype": "xml", "retmode": "xml"})

    def page(self, task: str, posted: eutilities.Posted, start: int, size: int) -> bytes:
        """EFetch: the XML of a stretch of a posted list."""
        where = {"WebEnv": posted.webenv, "query_key": posted.query_key}
        stretch = {"retstart": str(start), "retmax": str(size)}
        return self._fetch(task, where | stretch | {"rettype": "xml", "retmode": "xml"})

    def text(self, task: str, pmid: str) -> str:
        """EFetch: one record as MEDLINE text."""
        body = self._fetch(task, {"id": pmid, "rettype": "medline", "retmode": "text"})
        return body.decode("utf-8", "replace")

    def _fetch(self, task: str, fields: dict[str, str]) -> bytes:
        body = self._ask(task, "efetch", fields)
        try:
            eutilities.check(body)
        except eutilities.RefusalError as error:
            raise self._error(task, "efetch", error) from None
        return body

    def _ask(self, task: str, utility: str, fields: dict[str, str]) -> bytes:
        """The body of an answer with HTTP 200, after a few turns if the rate was exceeded."""
        fields = {"db": "pubmed", "tool": "litbot", **fields}
        if self._email:
            fields["email"] = self._email
        if self._key:
            fields["api_key"] = self._key
        for turn in range(RATE_TURNS):
            if turn:
                self._http.pause(2.0**turn)
            reply = self._request(task, utility, fields)
            if reply.status != 200 or not eutilities.rate_limited(reply.body):
                break
        if reply.status == 200:
            return reply.body
        problem = f"{utility} answers with HTTP {reply.status}"
        at_fault = reply.status == 414
        try:
            if reply.body.strip():
                eutilities.check(reply.body)
        except eutilities.RefusalError as error:
            problem, at_fault = f"{problem}: {self._scrubbed(str(error))}", error.query_at_fault
        raise SourceError(
            NAME,
            task,
            problem,
            query_at_fault=at_fault,
            retry_at=retry_at(reply.headers, datetime.now(UTC)),
        )

    def _request(self, task: str, utility: str, fields: dict[str, str]) -> Reply:
        # an address ends in logs (urllib3's too): one that holds our key or mail is never made
        by_post = (
            "id" in fields
            or len(fields.get("term", "")) > LONG_TERM
            or bool(self._key or self._email)
        )
        try:
            return self._http.request(
                "POST" if by_post else "GET",
                f"{self._base}/{utility}.fcgi",
                params=None if by_post else fields,
                data=fields if by_post else None,
                per_second=FAST if self._key else SLOW,
                limit=LARGEST_PAGE,
            )
        except HttpError as error:
            raise SourceError(
                NAME, task, f"{utility}: {error.problem}", retry_at=error.retry_at
            ) from error

    def _error(self, task: str, utility: str, error: eutilities.RefusalError) -> SourceError:
        problem = f"{utility} gives no result: {self._scrubbed(str(error))}"
        return SourceError(NAME, task, problem, query_at_fault=error.query_at_fault)

    def _scrubbed(self, text: str) -> str:
        """The service's own words without our key and address, which it likes to repeat."""
        for secret in filter(None, (self._key, self._email)):
            text = text.replace(secret, "...")
        return text
