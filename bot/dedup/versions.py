"""Versions of one work, as identifiers tell them: of a review, of an article."""

from __future__ import annotations

import re

_REVIEW = re.compile(r"(10\.1002/14651858\.[a-z]{2}\d{6})(?:\.pub(\d+))?$")  # of Cochrane
_OPEN = re.compile(r"(10\.12688/[a-z]+\.\d+)\.(\d+)$")  # articles that are reviewed in the open


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
