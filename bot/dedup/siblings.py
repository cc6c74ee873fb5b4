"""Siblings: editions of one text, or numbers of one series, by their titles."""

from __future__ import annotations

from typing import Final

from rapidfuzz import fuzz

from bot import editions
from bot.dedup.citing import Citation
from bot.dedup.comparing import Comparison

_NO_LETTERS: Final = {ord(c): None for c in "0123456789 "}


def are_editions(one: Citation, other: Citation, seen: Comparison, veto: bool) -> bool:
    """Are they editions, or printings, of one text, and surely not one?"""
    if not veto and (seen.years or 0) <= 1:
        return False
    if not (editions.is_guidance(one.title) or editions.is_guidance(other.title)):
        return False
    if not (editions.is_long(one.title) and editions.is_long(other.title)):
        return False
    known = share_names(one, other) or seen.journal or not (one.names or other.names)
    return bool(known) and editions.counted(one.title, other.title) is not None


def share_names(one: Citation, other: Citation) -> bool:
    """Is anybody an author of both?"""
    return not set(one.names).isdisjoint(other.names)


def letters_agree(one: Citation, other: Citation) -> bool:
    """But for their numbers, the titles are one, or nearly."""
    ours, theirs = one.title.translate(_NO_LETTERS), other.title.translate(_NO_LETTERS)
    return ours == theirs or (len(ours) > 20 and fuzz.ratio(ours, theirs) >= 97)
