"""What the E-utilities answer around the records: searches, posted lists, and refusals.

NCBI reports most failures inside HTTP 200: an <ERROR>, JSON about the request rate, a page in
HTML, half an XML.  Nothing is read with a default: what is not there is an error, not a zero.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from lxml import etree

from bot.errors import FormatError
from bot.formats.text import clean

#: What the service says of a query that no waiting will mend (seen live, or documented).
_QUERY_AT_FAULT = re.compile(
    r"wildcard|empty term|(?:query|term)\b.{0,40} too (?:long|large|complex)"
    r"|too many (?:terms|clauses)|query syntax|syntax error in|unbalanced|invalid (?:term|query)",
    re.IGNORECASE,
)
_ERROR = re.compile(rb"<ERROR>(.*?)(?:</ERROR>|$)", re.DOTALL | re.IGNORECASE)
_HTML = re.compile(rb"\s*(?:<!doctype html|<html|<head|<body)", re.IGNORECASE)


class RefusalError(FormatError):
    """The service answered, but not what was asked for."""

    def __init__(self, problem: str, *, query_at_fault: bool = False) -> None:
        super().__init__(problem)
        self.query_at_fault = query_at_fault  #: The strategy is wrong, the service is well.


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """An ESearch reply."""

    count: int  #: All that the search finds; the ids are at most as many as were asked for.
    ids: tuple[str, ...]
    warnings: tuple[str, ...] = ()  #: Sentences for the query's owner.
    translation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A list of ids on the history server."""

    webenv: str
    query_key: str


def rate_limited(body: bytes) -> bool:
    """Is this the JSON about the request rate, which comes with HTTP 429 and also with 200?"""
    return body.lstrip()[:1] == b"{" and b"rate limit" in body[:1_000].lower()


def check(body: bytes) -> None:
    """Raise RefusalError when this is an error page, an <ERROR>, or nothing at all."""
    start = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        raise RefusalError("an empty answer")
    if rate_limited(start):
        raise RefusalError(
            "the request rate was exceeded; set LITBOT_NCBI_API_KEY for ten a second"
        )
    if _HTML.match(start):
        raise RefusalError("a web page instead of XML")
    if start[:1] in b"{[":
        _refuse(_json_error(start) or "JSON instead of XML")
    if start[:1] != b"<" or b"<PubmedArticleSet" in start[:2_000]:
        return
    if errors := _ERROR.findall(start[:20_000]):
        _refuse(" ".join(clean(one.decode("utf-8", "replace")) for one in errors))


def search(body: bytes) -> Search:
    """Read an ESearch reply; raise RefusalError when it is none, or lacks Count or IdList."""
    root = _root(body, "eSearchResult")
    count, listed = (root.findtext("Count") or "").strip(), root.find("IdList")
    if not (count.isascii() and count.isdigit()):
        raise RefusalError("a search result without Count")
    if listed is None:
        raise RefusalError("a search result without IdList")
    ids = [(one.text or "").strip() for one in listed.iterchildren("Id")]
    if not all(one.isascii() and one.isdigit() for one in ids):
        raise RefusalError("a search result with an id that is no number")
    return Search(
        count=int(count),
        ids=tuple(dict.fromkeys(ids)),
        warnings=_warnings(root),
        translation=clean(root.findtext("QueryTranslation") or ""),
    )


def posted(body: bytes) -> Posted:
    """Read an EPost reply; raise RefusalError when it is none."""
    root = _root(body, "ePostResult")
    webenv = (root.findtext("WebEnv") or "").strip()
    query_key = (root.findtext("QueryKey") or "").strip()
    if not webenv or not query_key:
        raise RefusalError("a posted list without WebEnv or QueryKey")
    return Posted(webenv=webenv, query_key=query_key)


_SENTENCES = {
    "ErrorList/PhraseNotFound": "PubMed does not find the phrase {!r}",
    "ErrorList/FieldNotFound": "PubMed does not know the field {!r} and ignores it",
    "WarningList/PhraseIgnored": "PubMed ignores the phrase {!r}",
    "WarningList/QuotedPhraseNotFound": "PubMed's phrase index does not hold {!r}",
    "WarningList/OutputMessage": "PubMed says: {}",
}


def _warnings(root: etree._Element) -> tuple[str, ...]:
    return tuple(
        sentence.format(text)
        for path, sentence in _SENTENCES.items()
        for one in root.iterfind(path)
        if (text := clean(one.text or "")) and text != "No items found."
    )


def _root(body: bytes, name: str) -> etree._Element:
    check(body)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise RefusalError(f"XML that is cut off or damaged: {error.msg}") from error
    if root.tag != name:
        raise RefusalError(f"<{root.tag}> where <{name}> was expected")
    return root


def _json_error(body: bytes) -> str:
    """What the JSON says went wrong; empty when it says nothing."""
    try:
        answer = json.loads(body)
    except ValueError:
        return ""
    if not isinstance(answer, dict):
        return ""
    inner = answer.get("esearchresult")
    for level in (answer, inner if isinstance(inner, dict) else {}):
        for key in ("ERROR", "error"):
            if isinstance(level.get(key), str):
                return clean(level[key])
    return ""


def _refuse(text: str) -> None:
    raise RefusalError(text[:300], query_at_fault=bool(_QUERY_AT_FAULT.search(text)))
