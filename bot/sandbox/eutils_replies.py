"""What the local E-utilities answer, with NCBI's limits and texts as seen live in 2025 and 2026."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from xml.sax.saxutils import escape

from bot.sandbox.eutils_holdings import Holdings
from bot.sandbox.eutils_medline import medline_text
from bot.sandbox.eutils_query import QueryError

CEILING = 9_999
HEAD = (
    '<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, '
    '1st January 2026//EN" "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_260101.dtd">\n'
)
SEARCH_HEAD = (
    '<?xml version="1.0" encoding="UTF-8" ?>\n<!DOCTYPE eSearchResult PUBLIC "-//NLM//DTD esearch '
    '20060628//EN" "https://eutils.ncbi.nlm.nih.gov/eutils/dtd/20060628/esearch.dtd">\n'
)
TOO_FAR = (
    "'retstart' cannot be larger than 9998. For PubMed, ESearch can only retrieve the first 9,999 "
    "records matching the query."
)
OUTAGE = "Search Backend failed: Database is not supported: pubmed"
WILDCARDS = (
    "Search Backend failed: Search is temporarily unavailable. Cannot search because the number of "
    "wildcards (*) exceeds 256"
)
Shape = Literal[
    "rate-429",  # with NCBI's JSON, which repeats the caller's key
    "rate-200",  # the same JSON inside 200
    "retry-after",  # 429 with Retry-After: 1
    "500",
    "502",
    "error-xml",  # <ERROR> inside 200
    "error-json",
    "outage",  # the text of a real outage, inside 200
    "wildcards",  # a query error dressed as an outage
    "html",
    "truncated",  # half the XML, properly sent
    "cut",  # half the bytes that Content-Length promised
    "empty",
    "closed",
    "reset",
    "hang",  # no answer until the replica is closed
    "short",  # EFetch without its last `count` records, ESearch without its last ids
    "no-idlist",
    "no-count",
    "odd-record",  # the first record of EFetch is not well-formed
    "warnings",
    "translated",  # ESearch reads the same text otherwise than before
    "history-ignored",  # ESearch looks in all of PubMed, not in the list that was posted
    "expired",  # EFetch or ESearch from history: the WebEnv is gone
]


@dataclass(slots=True, kw_only=True)
class Fault:
    """What goes wrong, for the next `times` requests after `skip` good ones."""

    endpoint: Literal["esearch", "epost", "efetch", "einfo", "*"] = "*"
    shape: Shape
    times: int = 1
    skip: int = 0
    count: int = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, before the fault has touched its bytes."""

    body: str | bytes
    status: int = 200
    kind: str = "text/xml; charset=UTF-8"


def _esearch(server: Holdings, fields: dict[str, str], fault: Fault | None) -> Answer:
    term, as_json = fields.get("term", ""), fields.get("retmode") == "json"
    start, most = int(fields.get("retstart", "0")), int(fields.get("retmax", "20"))
    if not term.strip():
        return _search_error("Empty term and query_key - nothing todo", as_json)
    if term.count("*") > 256:
        return _search_error(WILDCARDS, as_json)
    if start > CEILING - 1:
        return _search_error(f"Search Backend failed: Exception: {TOO_FAR}", as_json)
    if fault and fault.shape == "history-ignored":
        term = term.partition(" AND ")[2]
    expired = fault is not None and fault.shape == "expired"
    has_history = fields.get("usehistory") == "y" and not expired
    try:
        pmids, query = server.found(term, fields.get("WebEnv", "") if has_history else "")
    except QueryError as error:
        return _search_error(f"Search Backend failed: {error.kind}: {error}", as_json)
    messages = []
    if most > CEILING:
        most = CEILING
        messages.append(f"Restrictions achieved. start and count adjusted to {start}, {CEILING}")
    listed = pmids[start : min(start + most, CEILING)]
    if fault and fault.shape == "short":
        listed = listed[: -fault.count]
    history = {}
    if fields.get("usehistory") == "y":
        webenv, key = server.remember(pmids, fields.get("WebEnv", ""))
        history = {"querykey": str(key), "webenv": webenv}
    unknown, phrases = query.unknown_fields, list(query.unknown_phrases)
    quoted: list[str] = []
    if fault and fault.shape == "warnings":
        phrases, quoted = ["made-up phrase"], ['"made up phrase"[tiab]']
        messages.append("A made-up message.")
    if not pmids:
        messages.append("No items found.")
    if as_json:
        result = {
            "count": str(len(pmids)),
            "retmax": str(len(listed)),
            "retstart": str(start),
            **history,
            "idlist": listed,
            "translationset": [],
            "querytranslation": term,
            "errorlist": {"phrasesnotfound": phrases, "fieldsnotfound": list(unknown)},
            "warninglist": {
                "phrasesignored": [],
                "quotedphrasesnotfound": quoted,
                "outputmessages": messages,
            },
        }
        return Answer(
            json.dumps({"header": {"type": "esearch"}, "esearchresult": result}),
            kind="application/json",
        )
    errors = _elements("PhraseNotFound", phrases) + _elements("FieldNotFound", unknown)
    warnings = _elements("QuotedPhraseNotFound", quoted) + _elements("OutputMessage", messages)
    keys = "".join(
        f"<{tag}>{history[name]}</{tag}>"
        for tag, name in (("QueryKey", "querykey"), ("WebEnv", "webenv"))
        if history
    )
    translation = term
    if fault and fault.shape == "translated":
        translation = term.replace("[tiab]", "[All Fields]")
    count = "" if fault and fault.shape == "no-count" else f"<Count>{len(pmids)}</Count>"
    ids = (
        ""
        if fault and fault.shape == "no-idlist"
        else f"<IdList>{_elements('Id', listed)}</IdList>"
    )
    return Answer(
        f"{SEARCH_HEAD}"
        f"<eSearchResult>{count}<RetMax>{len(listed)}</RetMax><RetStart>{start}</RetStart>{keys}{ids}"
        f"<TranslationSet/><QueryTranslation>{escape(translation)}</QueryTranslation>"
        f"{errors and f'<ErrorList>{errors}</ErrorList>'}"
        f"{warnings and f'<WarningList>{warnings}</WarningList>'}</eSearchResult>"
    )


def _epost(server: Holdings, fields: dict[str, str], _fault: Fault | None) -> Answer:
    ids = [one.strip() for one in fields.get("id", "").split(",") if one.strip()]
    if not ids or len(ids) > 10_000:
        return Answer("<ePostResult><ERROR>Empty ID list; Nothing to store</ERROR></ePostResult>")
    webenv, key = server.remember(ids, fields.get("WebEnv", ""))
    return Answer(f"<ePostResult><QueryKey>{key}</QueryKey><WebEnv>{webenv}</WebEnv></ePostResult>")


def _efetch(server: Holdings, fields: dict[str, str], fault: Fault | None) -> Answer:
    if "WebEnv" in fields:
        start, most = int(fields.get("retstart", "0")), int(fields.get("retmax", "10000"))
        ids = server.remembered(fields["WebEnv"], fields.get("query_key", ""))
        if ids is None or (fault and fault.shape == "expired"):
            return _fetch_error("Unable to obtain query #1")
        if start > CEILING - 1:
            return _fetch_error(TOO_FAR)
        ids = ids[start : min(start + most, CEILING)]  # clamped without a word
    else:
        ids = [one.strip() for one in fields.get("id", "").split(",") if one.strip()]
        if not ids:
            return _fetch_error("Empty id list - nothing todo")
    visible = server.visible()
    deleted = [pmid for pmid in ids if pmid in visible and server.held[pmid].deleted]
    given = []
    for pmid in ids:
        if pmid in visible and pmid not in deleted and not server.held[pmid].absent:
            given.append(server.held[pmid].merged_into or pmid)
    if fault and fault.shape == "short":
        given = given[: -fault.count]
    if fields.get("rettype") == "medline":
        texts = [
            medline_text(visible[pmid][0].record)
            if server.held[pmid].odd != "text"
            else "Error occurred: cannot get document summary\n"
            for pmid in given
            if pmid in visible
        ]
        return Answer("\n" + "\n".join(texts), kind="text/plain; charset=UTF-8")
    raws = [visible[pmid][1] for pmid in given if pmid in visible]
    if fault and fault.shape == "odd-record" and raws:
        raws[0] = raws[0].replace(b"</PMID>", b"</PMID><broken>", 1)
    end = f"<DeleteCitation>{_elements('PMID', deleted)}</DeleteCitation>" if deleted else ""
    return Answer(
        f"{HEAD}<PubmedArticleSet>\n".encode()
        + b"\n".join(raws)
        + f"{end}</PubmedArticleSet>\n".encode()
    )


def _einfo(server: Holdings, _fields: dict[str, str], _fault: Fault | None) -> Answer:
    return Answer(
        "<eInfoResult><DbInfo><DbName>pubmed</DbName><MenuName>PubMed</MenuName>"
        f"<Count>{len(server.visible())}</Count></DbInfo></eInfoResult>"
    )


ENDPOINTS = {"esearch": _esearch, "epost": _epost, "efetch": _efetch, "einfo": _einfo}


def _elements(tag: str, texts: Sequence[str]) -> str:
    return "".join(f"<{tag}>{escape(text)}</{tag}>" for text in texts)


def _search_error(text: str, as_json: bool) -> Answer:
    if as_json:
        return Answer(json.dumps({"esearchresult": {"ERROR": text}}), kind="application/json")
    return Answer(f"<eSearchResult><ERROR>{escape(text)}</ERROR></eSearchResult>")


def _fetch_error(text: str) -> Answer:
    text = f"Search backend cannot retrieve history data. Reason: {text}"
    return Answer(f"<eFetchResult><ERROR>{escape(text)}</ERROR></eFetchResult>", 400)


def _rate_limit(fields: dict[str, str]) -> str:
    caller = fields.get("api_key", "127.0.0.1")
    return json.dumps(
        {"error": "API rate limit exceeded", "api-key": caller, "count": "4", "limit": "3"}
    )


def whole_answer(shape: str, fields: dict[str, str]) -> Answer | None:
    """The answer to a fault that needs no look at the records."""
    match shape:
        case "rate-429" | "retry-after":
            return Answer(_rate_limit(fields), 429, "application/json")
        case "rate-200":
            return Answer(_rate_limit(fields), 200, "application/json")
        case "500" | "502":
            return Answer("<html><body>Bad Gateway</body></html>", int(shape), "text/html")
        case "error-xml":
            return _search_error("Search Backend failed: Exception: made up", as_json=False)
        case "error-json":
            return _search_error("Search Backend failed: TXCLIENT made up", as_json=True)
        case "outage":
            return _search_error(OUTAGE, as_json=False)
        case "wildcards":
            return _search_error(WILDCARDS, as_json=False)
        case "html":
            return Answer("<!DOCTYPE html><html><body>Blocked</body></html>", 200, "text/html")
        case "empty":
            return Answer("")
    return None
