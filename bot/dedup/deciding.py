"""Are two citations the same work, related ones, or neither?  With the rule that says so."""

from __future__ import annotations

from typing import Literal, NamedTuple

from rapidfuzz import fuzz

from bot.dedup.citing import Citation


class Decision(NamedTuple):
    """What two citations are to each other."""

    verdict: Literal["same", "related", "different"]
    rule: str
    fields: tuple[str, ...]  #: Those that decided.
    strength: int  #: The strongest joins first; 0 where nothing joins.
    veto: bool  #: Never one record, whatever else speaks for it.


def decide(one: Citation, other: Citation) -> Decision:
    """Compare two citations; their order does not matter."""
    if one.kind != other.kind and fuzz.ratio(one.title, other.title) > 90:
        return Decision("related", "notice", ("title",), 0, True)
    if one.pmid and one.pmid == other.pmid:
        return Decision("same", "pmid", ("pmid",), 1000, False)
    if fuzz.ratio(one.title, other.title) > 95 and len(one.title) > 30:
        return Decision("same", "title", ("title",), 500, False)
    return Decision("different", "", (), 0, True)
