"""Versions of one work, as identifiers tell them: of a preprint, of a review, of an article."""

from __future__ import annotations

import re
from typing import Final

_PREPRINT_DOI = re.compile(  # 10.1101 is shared with the journals of its publisher
    r"10\.(?:1101/(?:\d{4}\.\d\d\.\d\d\.)?\d{6,8}|64898/|21203/rs\.|48550/arxiv|2139/ssrn"
    r"|20944/preprints|312(?:19|34|35)/osf|35542/|17605/osf|26434/chemrxiv|22541/au|36227/techrxiv"
    r"|7287/peerj\.preprints|2196/preprints|1590/scielopreprints|5194/egusphere|32388/"
    r"|14293/|51094/jxiv|22541/essoar|1002/essoar)"
)
_SERVERS: Final = frozenset(
    {"medrxiv", "biorxiv", "arxiv", "psyarxiv", "chemrxiv", "socarxiv", "authorea", "ssrn"}
    | {"research square", "res sq", "preprints", "preprints org", "ssrn electronic journal"}
    | {"osf preprints", "techrxiv", "scielo preprints", "peerj preprints", "jmir preprints"}
)
#: What preprint servers put behind the DOI, or in it, for one version.
_PREPRINT_VERSION = re.compile(
    r"(?:[/.]?v\d{1,2}|\.\d{1,2})?(?:[./](?:full|abstract)(?:[.-]\w+)*)?$"
)
_REVIEW = re.compile(r"(10\.1002/14651858\.[a-z]{2}\d{6})(?:\.pub(\d+))?$")  # of Cochrane
_OPEN = re.compile(r"(10\.12688/[a-z]+\.\d+)\.(\d+)$")  # articles that are reviewed in the open


def is_preprint(doi: str, journals: tuple[str, ...]) -> bool:
    """Is it a preprint, by its DOI or by the server that stands for the (folded) journal?"""
    if doi and _PREPRINT_DOI.match(doi):
        return True
    return any(one in _SERVERS or one.split(" ")[0] in ("medrxiv", "biorxiv") for one in journals)


def preprint(doi: str) -> str:
    """The DOI of a preprint without its version."""
    return _PREPRINT_VERSION.sub("", doi)


def review(doi: str) -> tuple[str, str] | None:
    """A review and its version, where the DOI names them."""
    match = _REVIEW.match(doi)
    return (match[1], match[2] or "1") if match else None


_REVIEW_NUMBER = re.compile(r"\b(?:cd|mr|ed)\d{6}\b")


def review_number(doi: str, pages: str) -> str:
    """The number of a Cochrane review, in its DOI or instead of pages."""
    match = _REVIEW_NUMBER.search(doi if _REVIEW.match(doi) else pages.casefold())
    return match[0] if match else ""


def article(doi: str) -> str:
    """The DOI of an article without its version, where it has one."""
    match = _OPEN.match(doi)
    return match[1] if match else doi
