"""The tree of MeSH descriptors, as far as one is at hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.strategy.words import words

#: Two-letter codes of the qualifiers, in capitals.
QUALIFIERS: Mapping[str, str] = {}


@dataclass(frozen=True)
class Tree:
    """Which descriptors stand below which; the empty tree knows none."""

    def below(self, descriptor: str) -> frozenset[str]:
        """The folded names of a descriptor and all narrower ones; itself when unknown."""
        return frozenset({words((descriptor,)).strip()})

    def knows(self, descriptor: str) -> bool:  # noqa: ARG002 - the empty tree
        """Is this the name of a descriptor?"""
        return False


NO_TREE = Tree()
