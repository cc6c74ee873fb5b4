"""Bibliographic deduplication: is this a record that we already have?

A missed duplicate costs a reader ten seconds; a wrong merge hides a study.  Citations (what one
source says) are compared with citations, never with what was merged from them, so the order of
arrival cannot matter; and every decision keeps its rule.
"""

from __future__ import annotations

from typing import overload

from bot.dedup import blocking
from bot.dedup.citing import SCHEME, Citation, citation, unpack
from bot.dedup.deciding import Decision, decide
from bot.dedup.grouping import Collection, Edge, group
from bot.dedup.merging import merge, merged
from bot.dedup.strict import Key, find, notice_kind, same, titles
from bot.dedup.strict import keys as strict_keys
from bot.model import Record

__all__ = [
    "SCHEME",
    "Citation",
    "Collection",
    "Decision",
    "Edge",
    "Key",
    "citation",
    "decide",
    "find",
    "group",
    "keys",
    "merge",
    "merged",
    "notice_kind",
    "same",
    "titles",
    "unpack",
]


@overload
def keys(one: Citation) -> tuple[int, ...]: ...
@overload
def keys(one: Record) -> tuple[Key, ...]: ...
def keys(one: Citation | Record) -> tuple[int, ...] | tuple[Key, ...]:
    """What finds it."""
    return blocking.keys(one) if isinstance(one, Citation) else strict_keys(one)
