"""The words that are spelled right: an English word list, and the words and headings of MeSH.

`headings.tsv.gz` holds every descriptor of MeSH 2024 with the branches that it stands in (C14,
N04), `words.txt.gz` the further words of its entry terms (NLM; MeSH is in the public domain of the
USA).  The English words and how often they are used come with pyspellchecker.
"""

from __future__ import annotations

import gzip
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from spellchecker import SpellChecker

from bot.strategy.mesh import folded

_WORD = re.compile(r"[a-z]+")
_HERE = Path(__file__).parent
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
#: Letters of a word, and of a heading; the longest of MeSH 2024 has 98.
LONGEST_WORD, LONGEST_HEADING = 40, 110
FAR_COMMONER = 10  # times: a rarer word beside its likely misspelling proves nothing


@cache
def headings() -> Mapping[str, frozenset[str]]:
    """Every descriptor, folded, with its branches of the tree."""
    lines = gzip.decompress((_HERE / "headings.tsv.gz").read_bytes()).decode().splitlines()
    split = (line.split("\t") for line in lines)
    return {folded(name): frozenset(branches.split()) for name, branches in split}


@cache
def _single_headings() -> list[str]:
    return sorted(name for name in headings() if " " not in name)


def headings_beginning(stem: str) -> list[str]:
    """The headings of one word that begin so."""
    names = _single_headings()
    return names[bisect_left(names, stem) : bisect_left(names, stem + "~")]


@cache
def english() -> Mapping[str, int]:
    """Words of English, and how often they are met."""
    return SpellChecker(language="en", distance=1).word_frequency.dictionary


@cache
def heading_words() -> frozenset[str]:
    """The words of descriptors: the chief words of medicine."""
    return frozenset().union(*(_WORD.findall(name) for name in headings()))


@cache
def medical() -> frozenset[str]:
    """The words of MeSH."""
    further = gzip.decompress((_HERE / "words.txt.gz").read_bytes()).decode().split()
    return heading_words() | frozenset(further)


@cache
def _sorted() -> list[str]:
    return sorted({*english(), *medical()})


def is_known(word: str) -> bool:
    return word in english() or word in medical()


def beginning(stem: str) -> Iterator[str]:
    """The known words that begin so, the stem itself included."""
    words = _sorted()
    for at in range(bisect_left(words, stem), len(words)):
        if not words[at].startswith(stem):
            return
        yield words[at]


def is_stem(stem: str) -> bool:
    """Does a known word begin so?"""
    return any(True for _word in beginning(stem))


def one_edit_away(word: str) -> set[str]:
    """What one letter more, less, other, or two swapped make of a word; its first letter too.

    Nothing for what is longer than any word or heading: it would take time, and tell nothing.
    """
    if len(word) > (LONGEST_HEADING if " " in word else LONGEST_WORD):
        return set()
    cuts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    return {
        *(left + right[1:] for left, right in cuts if right),
        *(left + right[1] + right[0] + right[2:] for left, right in cuts if len(right) > 1),
        *(left + letter + right[1:] for left, right in cuts if right for letter in _LETTERS),
        *(left + letter + right for left, right in cuts for letter in _LETTERS),
    } - {word}
