"""Words as a plain reader compares them: no case, no accents, punctuation as spaces, no stemming.

A folded text holds its words between single spaces, and one text a line: no phrase crosses from
the title into the abstract.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

SHORTEST_STEM = 4  # PubMed searches `cat*` as `cat`, without a warning

_WORD = re.compile(r"[^\W_]+")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
_STARRED_WORD = re.compile(r"(?:[^\W_]|\*)+")


def fold(text: str) -> str:
    """The text in lower case and without accents; punctuation stays."""
    if text.isascii():
        return text.lower()
    letters = unicodedata.normalize("NFKD", text).casefold()
    return _BEYOND_ASCII.sub(lambda run: "".join(filter(_stands_alone, run.group())), letters)


def _stands_alone(letter: str) -> bool:
    return not unicodedata.combining(letter)


def words(texts: Iterable[str]) -> str:
    """The texts folded, one a line."""
    return "\n".join(f" {' '.join(_WORD.findall(fold(text)))} " for text in texts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """Words to be found side by side, each cut at its `*`: `organi*ation` is (organi, ation)."""

    words: tuple[tuple[str, ...], ...]
    start: str  #: Stands in every text in which the pattern can be found.
    simple: bool  #: `start` is all there is to find: at most one `*`, the last character.

    def found(self, folded: str) -> bool:
        """Are the words side by side in this folded text?"""
        if self.start not in folded:
            return False
        return self.simple or any(self._stands_in(line.split()) for line in folded.split("\n"))

    def is_all(self, folded: str) -> bool:
        """Is this folded text, one line, nothing but the words?"""
        if not folded.startswith(self.start):
            return False
        words = folded.split()
        return len(words) == len(self.words) and all(map(_fits, self.words, words))

    def _stands_in(self, words: list[str]) -> bool:
        length = len(self.words)
        return any(
            all(map(_fits, self.words, words[at : at + length]))
            for at in range(len(words) - length + 1)
        )


@lru_cache(maxsize=65536)
def pattern(text: str) -> Pattern:
    """What a term looks for.  Fewer than four characters before its first `*`: no truncation."""
    plain = fold(text)
    if sum(map(str.isalnum, plain.partition("*")[0])) < SHORTEST_STEM:
        plain = plain.replace("*", " ")
    found = [word for word in _STARRED_WORD.findall(plain) if word.strip("*")]
    start, star, rest = f" {' '.join(found)} ".partition("*")
    return Pattern(
        words=tuple(tuple(re.split(r"\*+", word)) for word in found),
        start=start,
        simple=not star or not rest.strip("* "),
    )


def _fits(pieces: tuple[str, ...], word: str) -> bool:
    """Does the word consist of these pieces with anything between them?"""
    if len(pieces) == 1:
        return word == pieces[0]
    first, *middle, last = pieces
    if not word.startswith(first) or not word.endswith(last):
        return False
    at, end = len(first), len(word) - len(last)
    for piece in middle:
        at = word.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return at <= end


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """Words to be found in one text, in any order, with at most `between` others among them."""

    words: frozenset[str]
    padded: tuple[str, ...]  #: The same between spaces; all stand in a text that has them.
    between: int

    def found(self, folded: str) -> bool:
        """Are the words near each other in one line of this folded text?"""
        for word in self.padded:
            if word not in folded:
                return False
        widest = len(self.words) + self.between
        for line in folded.split("\n"):
            last: dict[str, int] = {}
            for at, word in enumerate(line.split()):
                if word in self.words:
                    last[word] = at
                    if len(last) == len(self.words) and at - min(last.values()) < widest:
                        return True
        return False


def near(text: str, between: int) -> Near:
    """What a proximity term looks for."""
    words = tuple(dict.fromkeys(_WORD.findall(fold(text))))
    return Near(
        words=frozenset(words), padded=tuple(f" {word} " for word in words), between=between
    )
