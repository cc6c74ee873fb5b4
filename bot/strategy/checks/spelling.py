"""Misspelt words, by comparison with words one slip of the finger away.

A word is reported only where the other word is far commoner: it stands in the strategy or in a
known study, or English has it much more often.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from bot.strategy.checks import variants, vocabulary
from bot.strategy.checks.finding import Finding, found
from bot.strategy.checks.view import View, words
from bot.strategy.texts import texts
from bot.strategy.words import words as folded_words

_CAMEL = re.compile("[a-z][A-Z]|[A-Z]{2}")  # eHealth, NOACs
COMMON = 100  # counts; the word list begins at 50, where rare words and slips stand
_LONG = 8  # letters: a long word is one edit away from hardly any other
SHORTEST = 5  # letters; shorter words are one edit away from too many others
_LONGEST_ENDING = 4  # letters
_SUFFIXES = """
    al ally ac an ar ary at ate ated ates atic ed en ency ent er ers es est ful ia iac ial ian ic
    ical ics ies ify in ine ing ings ion ions ious ish ism ist ists ite itic ity ive ize ized less
    like ly ment ness oid oma or ors ory ose ous ship th tion wise"""
_ENDINGS = frozenset(_SUFFIXES.split())


def of_tree(view: View) -> Iterator[Finding]:
    """Words that look misspelt."""
    own = _Own(view)
    for term in view.text_terms:
        if _CAMEL.search(term.text):
            continue
        for word in words(term):
            stem = word.strip("*")
            if len(stem) < SHORTEST or not (stem.isascii() and stem.isalpha()):
                continue
            if right := _right(stem, own, starred="*" in word):
                fix = str(replace(term, text=term.text.casefold().replace(stem, right)))
                problem = f"{stem!r} looks misspelt; did you mean {right}"
                yield found("LB503", term.start, term.end, problem, fix=fix)


class _Own:
    """The words of a strategy, and of the studies that it must find."""

    def __init__(self, view: View) -> None:
        told = [[word.strip("*") for word in words(term)] for term in view.terms]
        self.counts = Counter(word for one in told for word in one)
        self._sorted = sorted(word for word in self.counts if len(word) >= SHORTEST)
        self._joined = {"".join(pair) for one in told for pair in itertools.pairwise(one)}
        self.counts.update(self._joined)
        self.studies = _of_studies(view)
        self._plain: dict[str, set[str]] = {}
        for word in self._sorted:
            self._plain.setdefault(variants.american(word), set()).add(word)
        self._spellings = {other for word in self._sorted for other in variants.spellings(word)}

    def beginning(self, stem: str) -> list[str]:
        """The words of the strategy that begin so."""
        at = bisect_left(self._sorted, stem)
        return self._sorted[at : bisect_left(self._sorted, stem + "~")]

    def has_apart(self, word: str, *, starred: bool) -> bool:
        """Does the word, or what it begins, stand here as two words?"""
        return word in self._joined or (
            starred and any(one.startswith(word) for one in self._joined)
        )

    def has_form_of(self, word: str) -> bool:
        """Is there another word that begins so, is its beginning, or is this word spelled else?"""
        if any(other != word for other in self.beginning(word)):
            return True
        if any(
            word[:end] in self.counts and _may_end(word[:end], word[end:])
            for end in range(max(SHORTEST, len(word) - _LONGEST_ENDING), len(word))
        ):
            return True
        plain = variants.american(word)
        forms = (plain, *variants.numbers(plain))
        return any(self._plain.get(form, {word}) != {word} for form in forms)

    def near(self, word: str, edits: set[str], *, starred: bool) -> Iterator[str]:
        """The words here that are one edit away, in one of their spellings."""
        yield from (one for one in edits if one in self.counts or one in self.studies)
        yield from edits & self._spellings
        plain = vocabulary.one_edit_away(variants.american(word))
        for one in plain & self._plain.keys():
            yield from self._plain[one]
        if starred:
            yield from (one for one in edits if self.beginning(one))


def _may_end(word: str, ending: str) -> bool:
    """Is a word with this ending another form of it, and not a slip of the finger?

    What follows the stem of a truncated word is anybody's guess.
    """
    if not vocabulary.is_known(word):
        return True
    if len(ending) == 1:
        return (
            ending in ("s", "y")
            or (ending == "a" and word[-1] == "c")
            or (ending in "dr" and word[-1] == "e")
        )
    if ending == "es":
        return word.endswith(("s", "x", "z", "ch", "sh"))
    return ending in _ENDINGS


def _of_studies(view: View) -> frozenset[str]:
    told = (texts(study) for study in view.known)
    return frozenset(
        folded_words(
            text for one in told for text in (one["title"], one["abstract"], one["keywords"])
        ).split()
    )


def _right(word: str, own: _Own, *, starred: bool) -> str:
    """What was probably meant; empty where the word is a word."""
    if word in own.studies or vocabulary.is_known(word):
        return ""
    if vocabulary.is_stem(word) and (starred or own.counts[word] > 1):
        return ""
    if word[0] in "em" and word[1] != word[0] and vocabulary.is_known(word[1:]):
        return ""  # ehealth, mhealth
    if own.has_form_of(word) or own.has_apart(word, starred=starred):
        return ""
    edits = {
        one
        for one in vocabulary.one_edit_away(word)
        if not word.startswith(one) or not _may_end(one, word.removeprefix(one))
    }
    beside = [one for one in own.near(word, edits, starred=starred) if _is_other(one, word)]
    if beside:
        return max(sorted(beside), key=lambda one: (own.counts[one], _often(one)))
    if starred and vocabulary.is_stem(word):
        return ""
    known = [one for one in edits if _is_common(one, starred=starred) and _is_other(one, word)]
    return max(sorted(known), key=_often, default="")


def _often(word: str) -> int:
    return vocabulary.english().get(word, 0)


def _is_other(word: str, than: str) -> bool:
    """Do the two differ in more than their number and the Atlantic?"""
    one, two = variants.american(word), variants.american(than)
    same = one == two or one in variants.numbers(two) or two in variants.numbers(one)
    return len(word) >= SHORTEST and not same


def _is_common(word: str, *, starred: bool) -> bool:
    """Is this, or for a stem what it begins, so common that a slip of it is likely?"""
    if len(word) < SHORTEST:
        return False
    often = vocabulary.english().get(word, 0) >= COMMON
    if not starred:
        chief = len(word) > SHORTEST and word in vocabulary.heading_words()
        long = len(word) > _LONG and vocabulary.is_known(word)
        return often or chief or long or (len(word) == _LONG and word in vocabulary.medical())
    begun = list(vocabulary.beginning(word))
    return (
        any(vocabulary.english().get(one, 0) >= COMMON for one in begun)
        or len(begun) > 1
        or any(one in vocabulary.heading_words() for one in begun)
        or (len(begun) == 1 and len(word) > _LONG)
    )
