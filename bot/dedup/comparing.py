"""What the fields of two citations say: they agree, they differ, or one of them does not tell."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import OSA

from bot.dedup.citing import Citation, alike
from bot.dedup.wording import Likeness, likeness


class Comparison(NamedTuple):
    """Field by field: True, they agree; False, they differ; None, nobody knows."""

    pmid: bool | None
    doi: bool | None
    doi_near: bool
    title: Likeness
    authors: bool | None
    first_author: bool | None
    all_authors: bool  #: Of the shorter list.
    journal: bool | None
    volume: bool | None
    issue: bool | None
    pages: bool | None
    years: int | None  #: How many apart.
    abstract: float | None  #: How much they share, 0 to 1.


def compare(one: Citation, other: Citation) -> Comparison:
    """Compare two citations field by field."""
    doi = _agree(one.doi, other.doi)
    share, first = people(one, other)
    return Comparison(
        pmid=_agree(one.pmid, other.pmid),
        doi=doi,
        doi_near=doi is False and near_dois(one.doi, other.doi),
        title=title(one, other),
        authors=None if share is None else share >= 0.5,
        first_author=first,
        all_authors=share == 1,
        journal=journals(one, other),
        volume=volumes(one, other),
        issue=bool(set(one.issues) & set(other.issues)) if one.issues and other.issues else None,
        pages=pages(one, other),
        years=_years_apart(one.years, other.years),
        abstract=alike(one.sketch, other.sketch)
        if len(one.sketch) >= 12 and len(other.sketch) >= 12
        else None,
    )


def _agree(one: str, other: str) -> bool | None:
    return one == other if one and other else None


def _years_apart(one: tuple[int, ...], other: tuple[int, ...]) -> int | None:
    if not one or not other:
        return None
    return 0 if one == other else min(abs(a - b) for a in one for b in other)


_ORDER: tuple[Likeness, ...] = ("equal", "near", "slip", "part", "like", "other", "")


def title(one: Citation, other: Citation) -> Likeness:
    """The best likeness of their titles, in any of their languages."""
    if not one.title and not other.title and one.kind:  # two notices that say no more
        return "equal"
    if not one.other_titles and not other.other_titles:
        return likeness(one.title, other.title)
    return min(
        (
            likeness(ours, theirs)
            for ours in (one.title, *one.other_titles)
            for theirs in (other.title, *other.other_titles)
        ),
        key=_ORDER.index,
    )


_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")
_LAST_NUMBER = re.compile(r"\d+$")


def near_dois(one: str, other: str) -> bool:
    """A letter off, a zero lost (`.027` and `.27`), or something behind it.  With another last
    number it is the DOI of another article."""
    if _ZEROS.sub("", one) == _ZEROS.sub("", other):
        return True
    short, long = sorted((one, other), key=len)
    if long.startswith(short):
        return not long[len(short)].isdigit()
    if _LAST_NUMBER.sub("", one) == _LAST_NUMBER.sub("", other):
        return False
    return OSA.distance(one, other, score_cutoff=1) == 1


def people(one: Citation, other: Citation) -> tuple[float | None, bool | None]:
    """The share of the shorter list of authors that is in the other; is a first author?"""
    if not one.names or not other.names:
        return None, None
    if one.names == other.names:
        return 1.0, True
    few, many = sorted((one, other), key=lambda each: (len(each.names), each.names))
    written = set(many.names)  # as they are
    found = sum(name in written or _is_among(name, many) for name in few.names)
    if found * 2 < len(few.names) and _swapped(one, other):
        return 1.0, True
    first = _is_among(one.names[0], other) or _is_among(other.names[0], one)
    return found / len(few.names), first


def _swapped(one: Citation, other: Citation) -> bool:
    """Are they the same people, with first names for surnames?  `Ada S. B.` is `Sample-Bee A.`"""
    if len(one.names) != len(other.names) or len(one.names) < 2:
        return False
    ours, theirs = _letters(one), _letters(other)
    pairs = [a <= b or b <= a for a, b in zip(ours, theirs, strict=True)]
    return sum(pairs) * 5 >= len(pairs) * 4


def _letters(citation: Citation) -> list[set[str]]:
    """The initials of every author, that of the surname too."""
    return [
        {name[0], *(fore if len(fore) <= 3 else fore[:1])}
        for name, fore in zip(citation.names, citation.fores, strict=False)
    ]


def _is_among(name: str, citation: Citation) -> bool:
    if name in citation.names or name in citation.fores:
        return True
    if len(name) < 4:
        return any(theirs.startswith(name) or theirs.endswith(name) for theirs in citation.names)
    return any(
        name in theirs
        or (len(theirs) >= 4 and theirs in name)
        or OSA.distance(name, theirs, score_cutoff=1) <= 1
        for theirs in citation.names
    )


def journals(one: Citation, other: Citation) -> bool | None:
    """Are they in one journal?  Other ISSNs say nothing: print and online have their own."""
    if one.issns and set(one.issns) & set(other.issns):
        return True
    answers = [journal_names(ours, theirs) for ours in one.journals for theirs in other.journals]
    if True in answers:
        return True
    return None if None in answers or not answers else False


def journal_names(one: str, other: str) -> bool | None:
    """Is one name the other, or its abbreviation?  None where one only begins like the other."""
    return True if one == other else _journal_names(*sorted((one, other)))


@lru_cache(maxsize=50_000)
def _journal_names(one: str, other: str) -> bool | None:
    ours, theirs = one.split(), other.split()
    if len(ours) == len(theirs):
        return all(map(_abbreviates, ours, theirs))
    few, many = sorted((ours, theirs), key=len)
    if len(few) == 1 and len(few[0]) >= 3 and "".join(word[0] for word in many).startswith(few[0]):
        return True
    if all(map(_abbreviates, few, many)) or all(map(_abbreviates, few, many[-len(few) :])):
        return None
    if len(few) >= 3 and _in_order(few, many):
        return None
    return False


def _in_order(few: list[str], many: list[str]) -> bool:
    rest = iter(many)
    return all(any(_abbreviates(word, one) for one in rest) for word in few)


def _abbreviates(one: str, other: str) -> bool:
    """Do the letters of the shorter word stand in the longer one, in their order?"""
    short, long = sorted((one, other), key=len)
    if short[0] != long[0]:
        return False
    if long.startswith(short):
        return True
    rest = iter(long)
    return all(letter in rest for letter in short)


def volumes(one: Citation, other: Citation) -> bool | None:
    """Exports mistake the number of an issue or a supplement for the volume: that tells nothing."""
    if not one.volume or not other.volume:
        return None
    if one.volume == other.volume:
        return True
    return None if one.volume in other.issues or other.volume in one.issues else False


def pages(one: Citation, other: Citation) -> bool | None:
    """Do they begin on one page?"""
    if not one.pages or not other.pages:
        return None
    if one.mangled or other.mangled:
        return (
            True
            if set(one.pages) <= set(other.pages) or set(other.pages) <= set(one.pages)
            else None
        )
    if one.pages[0] != other.pages[0]:
        return False
    return one.page_letter == other.page_letter or not {one.page_letter, other.page_letter} <= {
        "s",
        "a",
        "p",
        "b",
    }


def counts_articles(one: Citation, other: Citation) -> bool:
    """Is one page an article's number, or the other one counted within the article?"""
    letters = {one.page_letter, other.page_letter}
    return "1" in (one.pages[0], other.pages[0]) or "e" in letters
