"""Many search strategies and a batch of records at once, with the answers that `evaluate` gives.

Every distinct term is looked up once for the whole batch: what comes out is one integer with a
bit for each record.  A strategy is then a few operations on integers, whatever the batch.  Kleene's
three values take two of them for each node: which records can be a yes, and which are one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from bot.model import Answer, Record
from bot.strategy.absent import KINDS
from bot.strategy.evaluate import asked
from bot.strategy.fields import read
from bot.strategy.folded import Folded, Given
from bot.strategy.mesh import NO_TREE, Tree
from bot.strategy.percolate_parts import PartTerms
from bot.strategy.percolate_words import WordTerms
from bot.strategy.transposed import Found, bits, numbers
from bot.strategy.tree import And, Node, Not, Or, Range, Term


class Matches(NamedTuple):
    """What one strategy says of a batch of records: a bit for each, the first record the lowest."""

    name: str
    found: int  #: The answer is yes.
    open: int  #: The answer is unknown; all others are no.

    def answers(self, count: int) -> list[Answer]:
        """What it says of each of these records."""
        return [
            "yes" if self.found >> place & 1 else "unknown" if self.open >> place & 1 else "no"
            for place in range(count)
        ]

    def yes(self) -> list[int]:
        """The places of the records that the strategy finds."""
        return list(numbers(self.found))

    def unknown(self) -> list[int]:
        """The places of the records of which nobody can say."""
        return list(numbers(self.open))


class _Either(NamedTuple):
    """An OR; also a term alone, which is an OR of one."""

    terms: tuple[int, ...]
    kinds: tuple[int, ...]  #: Of the terms: what they say where they are not found.
    others: tuple[_Clause, ...]


class _Both(NamedTuple):
    operands: tuple[_Clause, ...]


class _Without(NamedTuple):
    left: _Clause
    right: _Clause


#: Records that are looked through together: all that is kept of them meanwhile is some 20 kB each.
BLOCK = 2_500

_Clause = _Either | _Both | _Without
#: What a term says of each kind of record that it is not found in: is it unknown?
_Absence = tuple[str, tuple[bool, ...]]


class Percolator:
    """Search strategies made ready for one batch of records after another.

    It takes about 1 kB for each distinct term.
    """

    def __init__(
        self,
        strategies: Mapping[str, Node],
        *,
        mesh: Tree = NO_TREE,
        today: date | None = None,
    ) -> None:
        """`mesh` and `today` are those of `evaluate`."""
        self._given = Given(mesh=mesh, today=today)
        self._words = WordTerms()
        self._parts = PartTerms(self._given)
        self._terms: dict[Term | Range, tuple[int, int | None]] = {}  #: Number and absence.
        self._absences: dict[_Absence, int] = {}
        self._clauses = {name: self._clause(node) for name, node in strategies.items()}

    def match(self, records: Sequence[Record]) -> list[Matches]:
        """The strategies that do not answer no to all of these records, in their own order."""
        found: dict[str, int] = {}
        open_: dict[str, int] = {}
        for start in range(0, len(records), BLOCK):
            for one in self._match(records[start : start + BLOCK]):
                found[one.name] = found.get(one.name, 0) | one.found << start
                open_[one.name] = open_.get(one.name, 0) | one.open << start
        return [Matches(name, found[name], open_[name]) for name in self._clauses if name in found]

    def _match(self, records: Sequence[Record]) -> Iterator[Matches]:
        folded = [Folded(record=record) for record in records]
        found = Found()
        self._words.look_up(folded, found)
        self._parts.look_up(folded, found)
        absent = self._unknown_where_absent(folded)
        for name, clause in self._clauses.items():
            yes, can = _answer(clause, found, absent)
            if can:
                yield Matches(name, yes, can & ~yes)

    def _clause(self, node: Node) -> _Clause:
        match node:
            case And():
                return _Both(tuple(map(self._clause, asked(node))))
            case Not():
                return _Without(self._clause(node.left), self._clause(node.right))
            case Or():
                return self._either(node.operands)
            case _:
                return self._either((node,))

    def _either(self, operands: Sequence[Node]) -> _Either:
        known = [self._number(one) for one in operands if isinstance(one, Term | Range)]
        return _Either(
            terms=tuple({number: None for number, _ in known}),
            kinds=tuple({absence: None for _, absence in known if absence is not None}),
            others=tuple(
                self._clause(one) for one in operands if not isinstance(one, Term | Range)
            ),
        )

    def _number(self, term: Term | Range) -> tuple[int, int | None]:
        """Every distinct term gets a number, and is looked up under it."""
        if term not in self._terms:
            number = len(self._terms)
            by_word = isinstance(term, Term) and self._words.add(number, term)
            alone = by_word or self._parts.add(number, term)
            self._terms[term] = number, self._absence(term) if alone else None
        return self._terms[term]

    def _absence(self, term: Term | Range) -> int | None:
        """Which records leave this term open though it is not found; None if none does."""
        if isinstance(term, Range) or term.tag not in KINDS:
            return None
        empty = KINDS[term.tag].empty
        unknown = tuple(read(term, record, self._given) == "unknown" for record in empty)
        if not any(unknown):
            return None
        return self._absences.setdefault((term.tag, unknown), len(self._absences))

    def _unknown_where_absent(self, records: Sequence[Folded]) -> list[int]:
        """For each absence the records that it leaves open."""
        rows = []
        kinds: dict[str, list[int]] = {}
        for tag, unknown in self._absences:
            if tag not in kinds:
                kinds[tag] = [KINDS[tag].kind(record) for record in records]
            open_ = (place for place, kind in enumerate(kinds[tag]) if unknown[kind])
            rows.append(bits(open_, len(records)))
        return rows


def _answer(clause: _Clause, found: Found, absent: Sequence[int]) -> tuple[int, int]:
    """Which records are a yes, and which can be one."""
    match clause:
        case _Either(terms, kinds, others):
            yes = can = 0
            for number in terms:
                if number in found.yes:
                    yes |= found.yes[number]
                if number in found.maybe:
                    can |= found.maybe[number]
            for kind in kinds:
                can |= absent[kind]
            can |= yes
            for other in others:
                more, perhaps = _answer(other, found, absent)
                yes |= more
                can |= perhaps
            return yes, can
        case _Both(operands):
            yes = can = -1
            for operand in operands:
                some, perhaps = _answer(operand, found, absent)
                yes &= some
                can &= perhaps
                if not can:
                    return 0, 0
            return yes, can
        case _Without(left, right):
            yes, can = _answer(left, found, absent)
            if not can:
                return 0, 0
            taken, perhaps = _answer(right, found, absent)
            return yes & ~perhaps, can & ~taken
