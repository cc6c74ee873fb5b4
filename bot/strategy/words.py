"""Words as PubMed compares them: no case, no accents, punctuation as spaces, no stemming.

The apostrophe is punctuation too (User Guide): `Crohn's` is two words, in a term and in a text.
A Greek letter is its name, as PubMed finds the same with both (NLM Tech Bull 2010;375:e13).  A
folded text holds its words between single spaces, and one text a line: no phrase crosses from the
title into the abstract.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

SHORTEST_STEM = 4  # PubMed searches `cat*` as `cat`, without a warning

_WORD = re.compile(r"[^\W_]+")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
_STARRED_WORD = re.compile(r"(?:[^\W_]|\*)+")
#: ASCII to lower case, with a space for all that is neither letter nor digit.
_ASCII = bytes(byte if chr(byte).isalnum() else 32 for byte in bytes(range(128)).lower()).ljust(256)
_GREEK_NAMES = """
alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau
upsilon phi chi psi omega
"""
_GREEK = str.maketrans(dict(zip("αβγδεζηθικλμνξοπρστυφχψω", _GREEK_NAMES.split(), strict=True)))

#: Letters that Unicode does not take apart, as they are written without them.
_LETTERS = {"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h"}
_PLAIN = _GREEK | str.maketrans({**_LETTERS, "ŧ": "t", "ı": "i"})

_STOP_WORDS = """
a about again all almost also although always among an and another any are as at be because been
before being between both but by can could did do does done due during each either enough
especially etc for found from further had has have having here how however i if in into is it its
itself just kg km made mainly make may mg might ml mm most mostly must nearly neither no nor
obtained of often on our overall perhaps pmid quite rather really regarding seem seen several
should show showed shown shows significantly since so some such than that the their theirs them
then there therefore these they this those through thus to upon use used using various very was we
were what when which while with within without would
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())  #: What PubMed ignores (User Guide).


def fold(text: str) -> str:
    """The text in lower case, in plain letters, Greek ones by name; punctuation stays."""
    if text.isascii():
        return text.lower()
    letters = unicodedata.normalize("NFKD", text).casefold()
    plain = _BEYOND_ASCII.sub(lambda run: "".join(filter(_stands_alone, run.group())), letters)
    return plain.translate(_PLAIN)


def _stands_alone(letter: str) -> bool:
    return not unicodedata.combining(letter)


def words(texts: Iterable[str]) -> str:
    """The texts folded, one a line."""
    return "\n".join(f" {' '.join(_split(text))} " for text in texts)


def _split(text: str) -> list[str]:
    if text.isascii():  # most texts, and four times as fast
        return text.encode().translate(_ASCII).decode().split()
    return _WORD.findall(fold(text))


@lru_cache(maxsize=65536)
def name(text: str) -> str:
    """A short text folded: a heading, a journal, the form of a name; they come again and again."""
    return words((text,))


class Placed(NamedTuple):
    """One folded word of a text and its offsets there."""

    word: str
    start: int
    end: int


def placed(text: str) -> list[Placed]:
    """The words of one text, each with its place."""
    letters: list[str] = []
    offsets: list[int] = []
    for at, letter in enumerate(text):
        folded = fold(letter)
        letters += folded
        offsets += [at] * len(folded)
    return [
        Placed(word.group(), offsets[word.start()], offsets[word.end() - 1] + 1)
        for word in _WORD.finditer("".join(letters))
    ]


@lru_cache(maxsize=65536)
def only_stop_words(text: str) -> bool:
    """Is there nothing in this term that PubMed would look for?"""
    return all(len(word) == 1 and word[0] in STOP_WORDS for word in pattern(text).words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """Words to be found side by side, each cut at its `*`: `organi*ation` is (organi, ation)."""

    words: tuple[tuple[str, ...], ...]
    start: str  #: Stands in every text in which the pattern can be found.
    simple: bool  #: `start` is all there is to find: at most one `*`, the last character.
    pieces: tuple[str, ...]  #: The words as one text, cut at every `*`.

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
        return len(words) == len(self.words) and all(map(fits, self.words, words))

    def may_be(self, folded: str) -> bool:
        """Is this folded text, one line, nothing but the words, if `*` stands for words too?"""
        return len(self.pieces) > 1 and fits(self.pieces, folded.strip())

    def places(self, words: Sequence[str]) -> Iterator[tuple[int, int]]:
        """From which word to which (not included) the pattern stands in a text's words."""
        length = len(self.words)
        for at in range(len(words) - length + 1):
            if all(map(fits, self.words, words[at : at + length])):
                yield at, at + length

    def _stands_in(self, words: list[str]) -> bool:
        return any(True for _place in self.places(words))


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
        pieces=tuple(re.split(r"\*+", " ".join(found))),
    )


def fits(pieces: tuple[str, ...], word: str) -> bool:
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
        return any(True for line in folded.split("\n") for _place in self.places(line.split()))

    def places(self, words: Sequence[str]) -> Iterator[tuple[int, int]]:
        """From which word to which (not included) all stand near each other in a text's words."""
        widest = len(self.words) + self.between
        last: dict[str, int] = {}
        for at, word in enumerate(words):
            if word in self.words:
                last[word] = at
                first = min(last.values())
                if len(last) == len(self.words) and at - first < widest:
                    yield first, at + 1


def near(text: str, between: int) -> Near:
    """What a proximity term looks for."""
    words = tuple(dict.fromkeys(_WORD.findall(fold(text))))
    return Near(
        words=frozenset(words), padded=tuple(f" {word} " for word in words), between=between
    )
