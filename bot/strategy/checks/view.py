"""A parsed strategy as the checks look at it: its concepts, its terms, its words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from bot.model import Record
from bot.strategy import flags
from bot.strategy.mesh import QUALIFIERS, Tree, folded
from bot.strategy.tree import And, Node, Not, Or, Range, Term, children
from bot.strategy.words import fold

TEXT = frozenset({"tiab", "ti", "tw", "ot", "all"})
HEADING = frozenset({"mh", "majr", "nm", "pa", "rn", "sh", "ps"})
LIMIT = frozenset({"la", "pt", "sb", "dp", "epdat", "ppdat", "crdt", "edat", "mhda", "dcom", "lr"})
IDENTIFIER = frozenset({"pmid", "aid", "lid", "si", "gr", "jid"})

_STARRED = re.compile(r"[^\W_]+(?:\*+[^\W_]+)*\*?|\*[^\W_]+\*?")


def is_flag(term: Term) -> bool:
    return not term.tag and flags.flag(term) is not None


def words(term: Term) -> tuple[str, ...]:
    """The words of a term, folded, each with its stars."""
    return _words(term.text)


@lru_cache(maxsize=65536)
def _words(text: str) -> tuple[str, ...]:
    return tuple(_STARRED.findall(fold(text)))


def heading(term: Term) -> tuple[str, str]:
    """The heading of a term, folded, and its subheading, which may be empty."""
    name, _, qualifier = term.text.rpartition("/")
    if name and (qualifier.upper() in QUALIFIERS or fold(qualifier) in QUALIFIERS.values()):
        return folded(name), qualifier
    return folded(term.text), ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """One operand of the topmost AND."""

    node: Node
    terms: tuple[Term, ...]  #: Without what a NOT removes.
    limits: tuple[Term | Range, ...]  #: The leaves that only narrow a search: language, date ...

    topical: tuple[Term, ...]  #: Those of the terms that say what the concept is.


@dataclass(frozen=True)
class View:
    """A strategy with everything that the checks ask of it."""

    text: str
    root: Node
    known: Sequence[Record]
    mesh: Tree

    @cached_property
    def leaves(self) -> tuple[Term | Range, ...]:
        return tuple(_leaves(self.root))

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        """Every term, in the order of the text."""
        return tuple(leaf for leaf in self.leaves if isinstance(leaf, Term))

    @cached_property
    def text_terms(self) -> tuple[Term, ...]:
        """The terms that are looked up in a record's texts, untagged ones included."""
        return tuple(filter(_is_text, self.terms))

    @cached_property
    def _finders(self) -> Mapping[int, Finder]:
        """For the place of each term the text words of its concept."""
        of_concept = [
            ([one for one in concept.terms if _is_text(one)], concept) for concept in self.concepts
        ]
        return {
            term.start: finder
            for terms, concept in of_concept
            for finder in (Finder(terms),)
            for term in concept.terms
        }

    def finder(self, term: Term) -> Finder:
        """The text words of the concept in which a term stands."""
        return self._finders.get(term.start) or Finder(self.text_terms)

    @cached_property
    def removed(self) -> frozenset[int]:
        """Where the terms begin that stand to the right of a NOT."""
        return frozenset(
            leaf.start
            for node in nodes(self.root)
            if isinstance(node, Not)
            for leaf in _leaves(node.right)
        )

    @cached_property
    def concepts(self) -> tuple[Concept, ...]:
        """What the topmost AND joins, limits and all."""
        kept = self.root
        while isinstance(kept, Not):
            kept = kept.left
        operands = kept.operands if isinstance(kept, And) else (kept,)
        return tuple(map(_concept, _without_not(operands)))

    @cached_property
    def groups(self) -> tuple[Or, ...]:
        """Every OR, the outer ones first."""
        return tuple(node for node in nodes(self.root) if isinstance(node, Or))


def _is_text(term: Term) -> bool:
    return term.tag in TEXT or not (term.tag or is_flag(term))


def _without_not(operands: tuple[Node, ...]) -> Iterator[Node]:
    for operand in operands:
        if isinstance(operand, Not):
            left = operand.left
            yield from _without_not(left.operands if isinstance(left, And) else (left,))
        else:
            yield operand


def _concept(node: Node) -> Concept:
    leaves = tuple(_leaves(node, removed=False))
    terms = tuple(leaf for leaf in leaves if isinstance(leaf, Term))
    limits = tuple(
        leaf for leaf in leaves if leaf.tag in LIMIT or (isinstance(leaf, Term) and is_flag(leaf))
    )
    topical = tuple(term for term in terms if term.tag in TEXT | HEADING or not term.tag)
    return Concept(node=node, terms=terms, limits=limits, topical=topical)


def nodes(root: Node) -> Iterator[Node]:
    rest = [root]
    while rest:
        node = rest.pop()
        yield node
        rest.extend(reversed(children(node)))


def _leaves(root: Node, *, removed: bool = True) -> Iterator[Term | Range]:
    rest = [root]
    while rest:
        node = rest.pop()
        if isinstance(node, Term | Range):
            yield node
        elif isinstance(node, Not) and not removed:
            rest.append(node.left)
        else:
            rest.extend(reversed(children(node)))


class Finder:
    """Terms, to be asked which of them find given words; without trying each of them."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self._words: dict[str, list[Term]] = {}
        self._others: dict[int, list[Term]] = {}
        self._lengths: set[int] = set()  #: Letters before a star.
        for term in terms:
            told = words(term)
            if len(told) == 1 and "*" not in told[0][:-1]:
                self._words.setdefault(told[0], []).append(term)
                if told[0].endswith("*"):
                    self._lengths.add(len(told[0]) - 1)
            else:
                self._others.setdefault(len(told), []).append(term)

    def finding(self, wanted: Sequence[str]) -> Iterator[Term]:
        """The terms that find every text in which these words stand side by side."""
        for word in wanted:
            stem = word.removesuffix("*")
            for pattern in {word, *(f"{stem[:end]}*" for end in self._lengths if end <= len(stem))}:
                yield from self._words.get(pattern, ())
        for length in {1, len(wanted)}:
            for term in self._others.get(length, ()):
                if covers(term, wanted):
                    yield term


def covers(term: Term, wanted: Sequence[str]) -> bool:
    """Does the term find every text in which these words, stars and all, stand side by side?"""
    have = words(term)
    if term.modifier.startswith("~"):
        have = tuple(sorted(have))
        wanted = sorted(wanted)
    if len(have) == 1:
        return any(_fits(have[0], word) for word in wanted)
    return len(have) == len(wanted) and all(map(_fits, have, wanted))


def _fits(pattern: str, word: str) -> bool:
    """Does the pattern find all that the word, which may end in a star, stands for?"""
    if pattern == word:
        return True
    if "*" not in pattern:
        return False
    stem = word.removesuffix("*")
    if pattern.endswith("*") and "*" not in pattern[:-1]:
        return stem.startswith(pattern[:-1])
    if word.endswith("*") and not pattern.endswith("*"):
        return False
    return re.fullmatch(pattern.replace("*", ".*"), stem) is not None
