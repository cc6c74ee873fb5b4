"""Are two titles the same words?  Slips of the pen are; another number, drug or animal is not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final, Literal

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

#: `equal`: the same letters.  `near`: but for spelling and small words.  `slip`: but for a letter,
#: which may be a slip of the pen or another substance.  `part`: one is the start or the end of the
#: other.  `like`: much the same, with another word or number.
Likeness = Literal["equal", "near", "slip", "part", "like", "other", ""]

SHORTEST_PART = 20  # letters that a lost subtitle leaves
_SMALL_WORDS: Final = "a an the of in on and or for to with by from at as is are its using via s"
_SMALL: Final = frozenset(_SMALL_WORDS.split())
_OPPOSITES: Final = (
    ("hyper", "hypo"),
    ("intra", "inter"),
    ("pre", "post"),
    ("in", "de"),
    ("non", ""),
    ("un", ""),
    ("in", ""),
    ("im", ""),
    ("a", ""),
    ("anti", ""),
    ("fe", ""),
)


LONG_TITLE = 28  # letters; shorter titles are those of many records
_GENERIC_WORDS: Final = """
editorial editorials editor editors comment comments commentary reply replies response responses
author authors letter letters introduction preface foreword abstract abstracts poster posters oral
presentation presentations meeting conference congress symposium proceedings session sessions news
note notes notice announcement announcements obituary memoriam memory book books review reviews
reviewer reviewers erratum errata corrigendum correction corrections guest invited issue issues
index contents table cover front back matter message welcome perspective perspectives viewpoint
opinion highlights highlight summary summaries discussion questions question answers answer case
report reports correspondence communications communication acknowledgement acknowledgements
acknowledgment acknowledgments untitled title conclusion conclusions background overview annual
image images clinical journal club quiz this that our from editorial's january february march april
may june july august september october november december dear sir"""
_GENERIC: Final = frozenset(_GENERIC_WORDS.split()) | _SMALL
_FOREIGN_WORDS: Final = """
der die das und des dem den ein eine zur zum bei mit von im fur uber les des du et une dans chez
sur par avec au aux de la el los las del en y con por para una sobre il lo gli di della dei delle
nel nella da e do dos das na no em um uma och av med hos til ved i na w z do przy oraz het een van
bij voor"""
_FOREIGN: Final = frozenset(_FOREIGN_WORDS.split()) - {"i", "e", "y", "w", "z", "do", "no", "en"}


@lru_cache(maxsize=20_000)
def weight(title: str) -> Literal["generic", "short", "long"]:
    """How much two records with this folded title have in common by it alone."""
    words = title.split()
    if all(word in _GENERIC or word.isdigit() for word in words):
        return "generic"
    return "long" if len(title) - title.count(" ") >= LONG_TITLE and len(words) >= 3 else "short"


def is_foreign(title: str) -> bool:
    """Is a folded title in another language than English, by its small words and letters?"""
    words = title.split()
    return not title.isascii() or sum(word in _FOREIGN for word in words) * 6 >= max(len(words), 6)


def likeness(one: str, other: str) -> Likeness:
    """Compare two folded titles; empty where one is missing."""
    if not one or not other:
        return ""
    if one == other:
        return "equal"
    return _likeness(*sorted((one, other)))


@lru_cache(maxsize=20_000)
def _likeness(one: str, other: str) -> Likeness:
    ours, theirs = one.replace(" ", ""), other.replace(" ", "")
    if ours == theirs:
        return "equal"
    alike = fuzz.ratio(ours, theirs)
    if alike >= 80:
        left, right = _leftover(one, other)
        if "".join(left) == "".join(right):
            return "equal"
        if _counterparts(left, right, _are_spelt_alike):
            return "near"
        if sorted("".join(left)) == sorted("".join(right)):  # `[11C]` is `C-11`
            return "near" if any(c.isdigit() for word in left for c in word) else "slip"
        if _counterparts(left, right, is_slip):
            return "slip"
    if part := _part(one, other) or _part(other, one):
        return part
    return "like" if alike >= 75 else "other"


def _leftover(one: str, other: str) -> tuple[list[str], list[str]]:
    """The words of each that the other has not, in their order."""
    left, right = Counter(one.split()), Counter(other.split())
    return list((left - right).elements()), list((right - left).elements())


def lacks_words(one: str, other: str) -> bool:
    """Is one folded title the other without some words?  Not without a negation or a number."""
    left, right = _leftover(one, other)
    dropped = left or right
    return bool(dropped) and not (left and right) and not _changes_sense(dropped)


def _changes_sense(words: Iterable[str]) -> bool:
    return any(word in _NEGATIONS or any(c.isdigit() for c in word) for word in words)


_NEGATIONS: Final = frozenset(
    ["no", "not", "non", "without", "lack", "lacks", "absence", "fail", "fails", "failure", "never"]
)


def _counterparts(left: list[str], right: list[str], is_pair: Callable[[str, str], bool]) -> bool:
    """Has every word that is left over its counterpart, or means nothing?"""
    rest = list(right)
    for word in left:
        partner = next((one for one in rest if is_pair(word, one)), "")
        if partner:
            rest.remove(partner)
        elif word not in _SMALL:
            return False
    return all(word in _SMALL for word in rest)


#: British and American spelling, and letters that are written in two ways.
_SPELLING: Final = re.compile(r"[ao]e|ou(?=r)|(?<=[lt])re$|[sz](?=(?:e[sd]?|ing|ation)$)|ll|ph")
_SPELT: Final = {"ae": "e", "oe": "e", "ou": "o", "re": "er", "s": "z", "ll": "l", "ph": "f"}


def _are_spelt_alike(one: str, other: str) -> bool:
    """Are two words one in British and in American spelling, or in singular and plural?"""
    if min(len(one), len(other)) < 4 or abs(len(one) - len(other)) > 3:
        return False
    ours, theirs = (
        _SPELLING.sub(lambda found: _SPELT.get(found[0], found[0]), word).removesuffix("s")
        for word in (one, other)
    )
    return ours == theirs


def is_slip(one: str, other: str) -> bool:
    """Are two words one, misspelt or spelt in another way?"""
    if any(c.isdigit() for c in one + other) or min(len(one), len(other)) < 4:
        return False
    if OSA.distance(one, other, score_cutoff=1) > 1:
        return False
    return not any(
        {one, other} == {a + stem, b + stem}
        for a, b in _OPPOSITES
        for stem in (one.removeprefix(a), other.removeprefix(b))
    )


def _part(short: str, whole: str) -> Literal["part", "slip", ""]:
    """Does one stand in the other, or start or end it but for a slip?  Numbers are not cut."""
    if not SHORTEST_PART <= len(short) < len(whole):
        return ""
    if _changes_sense(whole.removesuffix(short).split()[:3] if whole.endswith(f" {short}") else ()):
        return ""
    if f" {short} " in f"{whole} " or (
        whole.startswith(short) and (whole[len(short)] == " " or short[-1].isalpha())
    ):
        return "part"
    if len(short) < 2 * SHORTEST_PART:
        return ""
    ours, theirs = short.split(), whole.split()
    if (
        ours[-1].isalpha()
        and len(theirs) >= len(ours)
        and theirs[len(ours) - 1].startswith(ours[-1])
    ):
        ours.pop()  # it may be cut within a word
    for end in (theirs[: len(ours)], theirs[-len(ours) :]):
        left, right = _leftover(" ".join(ours), " ".join(end))
        if _counterparts(left, right, _are_spelt_alike):
            return "part"
        if _counterparts(left, right, is_slip):
            return "slip"
    return ""
