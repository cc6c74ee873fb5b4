"""Editions of guidelines, reports and manuals: titles that are one but for the edition they name.

Years, ordinals, versions and words like "focused update" say which edition a text is; so does who
issued it, which many a title says and its next edition does not.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from bot import titles

#: A shorter core ("editorial", "annual report") is that of many records.
FEWEST_WORDS: Final = 4
SHORTEST_CORE: Final = 20  # characters

#: Words that only say which edition of a text it is.
_EDITION_WORDS: Final = """
update updated updates updating focused revision revised version edition interim new executive
summary annual yearly amended edn ed"""
_EDITION: Final = frozenset(_EDITION_WORDS.split())
_GUIDANCE_WORDS: Final = """
guideline guidelines guidance recommendation recommendations consensus statement statements standard
standards criteria classification definition definitions position report manual strategy version
edition leitlinie leitlinien empfehlung empfehlungen recommandations guia guias recomendaciones
diretriz diretrizes"""
_GUIDANCE: Final = frozenset(_GUIDANCE_WORDS.split())
_ISSUER = re.compile(
    r" (?:an? (?:[a-z]+ ){0,3}(?:report|statement|update|guidelines?|guidance|consensus|document"
    r"|(?:position|white) paper|recommendations?) (?:of|from|by)|developed (?:by|in)|endorsed by"
    r"|on behalf of)\b.*"
)
_UNITS: Final = frozenset(
    f"{unit}{end}" for unit in ("hour", "day", "week", "month", "year", "mg") for end in ("", "s")
)
_NUMBERS: Final = {
    word: number
    for words in (
        "i ii iii iv v vi vii viii ix x xi xii xiii xiv xv",
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth",
        "one two three four five six seven eight nine ten eleven twelve",
    )
    for number, word in enumerate(words.split(), 1)
}

_Frame = tuple[tuple[str, tuple[int, ...]], ...]


class Counted(NamedTuple):
    """Two titles that are the same but for numbers."""

    mine: tuple[int, ...]  #: The numbers of the edition: years, ordinals, versions.
    theirs: tuple[int, ...]
    follow_ups: bool  #: What differs is a duration or a dose.


def counted(mine: str, theirs: str) -> Counted | None:
    """How two titles (cores of `titles.signs`) are numbered; None where they differ in words."""
    ours, others = _frame(mine), _frame(theirs)
    if len(ours) != len(others) or any(a != b for (a, _), (b, _) in zip(ours, others, strict=True)):
        return None
    different = [(a, b, word) for (word, a), (_, b) in zip(ours, others, strict=True) if a != b]
    units = any(word in _UNITS for _, _, word in different)
    return Counted(
        tuple(number for a, _, _ in different for number in a),
        tuple(number for _, b, _ in different for number in b),
        units,
    )


def is_guidance(core: str) -> bool:
    """Is it a text of which there are editions?"""
    return not _GUIDANCE.isdisjoint(core.split()) or "task force" in core or "linee guida" in core


def is_long(core: str) -> bool:
    """Does a title tell its record from all others?"""
    return len(core) >= SHORTEST_CORE and len(core.split()) >= FEWEST_WORDS


def words(core: str) -> tuple[str, ...]:
    """The words that all editions of a text have in their titles, in order."""
    return tuple([word for word, _ in _frame(core) if word])


@lru_cache(maxsize=20_000)
def _frame(core: str) -> _Frame:
    """The words that count, each with the numbers in front of it; the last one is the end."""
    framed: list[tuple[str, tuple[int, ...]]] = []
    numbers: tuple[int, ...] = ()
    for word in _without_issuer(core).split():
        number = _number(word)
        if number is not None:
            numbers = (*numbers, number)
        elif word not in titles.LITTLE and word not in _EDITION:
            framed.append((word, numbers))
            numbers = ()
    return (*framed, ("", numbers))


def _without_issuer(core: str) -> str:
    shorter = _ISSUER.sub("", core)
    return shorter if is_long(shorter) else core


def _number(word: str) -> int | None:
    if word.isdigit():
        return int(word)
    if word[:-2].isdigit() and word[-2:] in ("st", "nd", "rd", "th"):
        return int(word[:-2])
    return _NUMBERS.get(word)
