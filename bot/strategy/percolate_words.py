"""Looking up the words, phrases and truncated words of many strategies in a batch of records.

A record's texts are cut into words once.  A phrase of two words is a pair that stands side by side;
what is longer, or near, is read again where all its words and pairs are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import pairwise
from operator import and_
from typing import NamedTuple

from bot.strategy.fields import ignored, sought
from bot.strategy.flags import flag
from bot.strategy.folded import Folded
from bot.strategy.transposed import Found, bits, numbers
from bot.strategy.tree import Term
from bot.strategy.words import Near, Pattern, fits

#: A word; two words side by side; a truncated word, with its `*`.
_Key = str | tuple[str, str]

_LINE_END = " | "  # no word, so that no pair reaches from one text into the next


def _beyond(whole: str, part: str) -> str:
    """What a text has more than one that it begins with."""
    assert whole.startswith(part)
    return whole[len(part) :]


#: The texts that are read, none twice: all of a record's words are these four together.
_LAYERS: tuple[Callable[[Folded], str], ...] = (
    lambda record: record.title.words,
    lambda record: _beyond(record.title_abstract.words, record.title.words),
    lambda record: _beyond(record.everything.words, record.title_abstract.words),
    lambda record: _beyond(record.all_fields.words, record.everything.words),
    lambda record: record.keywords.words,
    lambda record: record.affiliations.words,
)
_LAYERS_OF: Mapping[str, tuple[int, ...]] = {
    "ti": (0,),
    "tiab": (0, 1),
    "tw": (0, 1, 2),
    "all": (0, 1, 2, 3),
    "": (0, 1, 2, 3),
    "ot": (4,),
    "ad": (5,),
}


class _Check(NamedTuple):
    """A term to be read again wherever all its keys are."""

    number: int
    keys: tuple[_Key, ...]
    wanted: Pattern | Near


@dataclass(frozen=True, slots=True)
class _Layer:
    """What is sought in one text of the records."""

    terms: dict[_Key, list[int]] = field(default_factory=dict)  #: Found where the key is.
    checks: dict[_Key, list[_Check]] = field(default_factory=dict)  #: By one of their keys.
    pairs: set[tuple[str, str]] = field(default_factory=set)
    #: A truncated word and its pieces, by what it begins with.
    truncated: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    lengths: set[int] = field(default_factory=set)  #: Of what `truncated` goes by.


class WordTerms:
    """The terms of words of many strategies."""

    def __init__(self) -> None:
        self._layers = tuple(_Layer() for _ in _LAYERS)

    def add(self, number: int, term: Term) -> bool:
        """Look for this term from now on; False where it is no word."""
        if term.tag not in _LAYERS_OF or flag(term):
            return False
        wanted = sought(term)
        if wanted is None or ignored(term):
            return True  # found nowhere
        keys = tuple(_near_keys(wanted) if isinstance(wanted, Near) else _keys(wanted.words))
        if not keys:
            return False
        for layer in _LAYERS_OF[term.tag]:
            _enrol(self._layers[layer], number, keys, wanted)
        return True

    def look_up(self, records: Sequence[Folded], found: Found) -> None:
        """Find all terms in these records."""
        for layer, text in zip(self._layers, _LAYERS, strict=True):
            if layer.terms or layer.checks:
                _look_up(layer, [text(record) for record in records], found.yes)


def _keys(words: Sequence[tuple[str, ...]]) -> Iterator[_Key]:
    """What stands wherever these words do: they themselves, or the pairs that they make."""
    plain = [word[0] if len(word) == 1 else "" for word in words]
    pairs = [pair for pair in pairwise(plain) if all(pair)]
    yield from pairs
    paired = {word for pair in pairs for word in pair}
    yield from (word for word in plain if word and word not in paired)
    if not any(plain):
        yield from ("*".join(word) for word in words if word[0])


def _near_keys(wanted: Near) -> Iterator[_Key]:
    yield from sorted(wanted.words, key=len, reverse=True)


def _enrol(layer: _Layer, number: int, keys: Sequence[_Key], wanted: Pattern | Near) -> None:
    for key in keys:
        if isinstance(key, tuple):
            layer.pairs.add(key)
        elif "*" in key:
            pieces = tuple(key.split("*"))
            layer.truncated.setdefault(pieces[0], {})[key] = pieces
            layer.lengths.add(len(pieces[0]))
    length = len(keys[0]) if isinstance(keys[0], tuple) else 1
    if len(keys) == 1 and isinstance(wanted, Pattern) and len(wanted.words) == length:
        layer.terms.setdefault(keys[0], []).append(number)
    else:
        check = _Check(number, tuple(keys), wanted)
        layer.checks.setdefault(keys[0], []).append(check)


def _look_up(layer: _Layer, texts: Sequence[str], yes: dict[int, int]) -> None:
    rows = _rows(layer, texts)
    for key in layer.terms.keys() & rows.keys():
        row = rows[key]
        for number in layer.terms[key]:
            yes[number] = yes.get(number, 0) | row
    for key in layer.checks.keys() & rows.keys():
        for check in layer.checks[key]:
            row = reduce(and_, [rows.get(one, 0) for one in check.keys])
            if row:
                found = (place for place in numbers(row) if check.wanted.found(texts[place]))
                yes[check.number] = yes.get(check.number, 0) | bits(found, len(texts))


def _rows(layer: _Layer, texts: Sequence[str]) -> dict[_Key, int]:
    """Where each word, each pair that is sought and each truncated word stands, bit by bit."""
    rows: defaultdict[_Key, int] = defaultdict(int)
    bit = 1
    for text in texts:
        cut = text.replace("\n", _LINE_END).split()
        for word in set(cut):
            rows[word] |= bit
        for pair in layer.pairs.intersection(pairwise(cut)):
            rows[pair] |= bit
        bit <<= 1
    for word in [key for key in rows if isinstance(key, str)]:
        for key in _truncated(layer, word):
            rows[key] |= rows[word]
    return rows


def _truncated(layer: _Layer, word: str) -> Iterator[str]:
    """The truncated words that this word is one of; one that is short may come twice."""
    for length in layer.lengths:
        beginning = word[:length]
        if beginning in layer.truncated:
            for key, pieces in layer.truncated[beginning].items():
                if fits(pieces, word):
                    yield key
