"""Bibliographic deduplication: is this a record that we already have?

A missed duplicate costs a reader ten seconds; a wrong merge hides a study.  Citations (what one
source says) are compared with citations, never with what was merged from them, so the order of
arrival cannot matter; and every decision keeps its rule.
"""

from __future__ import annotations

from bot.dedup.blocking import keys
from bot.dedup.citing import SCHEME, Citation, citation, unpack
from bot.dedup.deciding import Decision, decide
from bot.dedup.grouping import Collection, Edge, group
from bot.dedup.merging import merge, merged

__all__ = [
    "SCHEME",
    "Citation",
    "Collection",
    "Decision",
    "Edge",
    "citation",
    "decide",
    "group",
    "keys",
    "merge",
    "merged",
    "unpack",
]
