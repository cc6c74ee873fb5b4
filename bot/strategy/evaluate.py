"""Does a search strategy find this record?  Yes, no, or unknown (Kleene's three values).

`fields` reads the terms; here their answers are put together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from bot.model import Answer, Record
from bot.strategy.fields import Folded, Given, folded, ignored, read, read_range
from bot.strategy.mesh import NO_TREE, Tree
from bot.strategy.tree import And, Node, Not, Or, Range, Term


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a strategy says of a record.  Its concepts are what the topmost AND joins."""

    answer: Answer
    concepts: int
    concepts_met: int  #: How many of them are answered yes.


def evaluate(
    node: Node,
    record: Record,
    *,
    mesh: Tree = NO_TREE,
    today: date | None = None,
    strict: bool = False,
) -> Verdict:
    """Ask a strategy about a record.

    `mesh` explodes headings; `today` serves "last 30 days", which is unknown without it.  A strict
    answer is unknown also where PubMed only says no because it has not indexed the record yet.
    A record's text is folded once if all strategies are asked about it before the next record.
    """
    return _verdict(node, folded(record), Given(mesh=mesh, today=today, strict=strict))


def answer(node: Node, record: Folded, given: Given) -> Answer:
    """What one clause says of a record."""
    match node:
        case Term():
            return read(node, record, given)
        case And():
            return _joined(asked(node), record, given, decides="no", otherwise="yes")
        case Or():
            return _joined(node.operands, record, given, decides="yes", otherwise="no")
        case Not():
            kept = answer(node.left, record, given)
            if kept == "no":
                return kept
            return _all((kept, _opposite(answer(node.right, record, given))))
        case Range():
            return read_range(node, record)


def asked(node: And) -> tuple[Node, ...]:
    """The operands that PubMed looks for; all of them where none has more than stop words."""
    operands = tuple(
        operand for operand in node.operands if not (isinstance(operand, Term) and ignored(operand))
    )
    return operands or node.operands


def _verdict(node: Node, record: Folded, given: Given) -> Verdict:
    match node:
        case And():
            parts = [_verdict(operand, record, given) for operand in asked(node)]
            return Verdict(
                answer=_all(part.answer for part in parts),
                concepts=sum(part.concepts for part in parts),
                concepts_met=sum(part.concepts_met for part in parts),
            )
        case Not():
            kept = _verdict(node.left, record, given)
            removed = _opposite(answer(node.right, record, given))
            return replace(kept, answer=_all((kept.answer, removed)))
        case _:
            told = answer(node, record, given)
            return Verdict(answer=told, concepts=1, concepts_met=int(told == "yes"))


def _joined(
    operands: tuple[Node, ...],
    record: Folded,
    given: Given,
    *,
    decides: Answer,
    otherwise: Answer,
) -> Answer:
    """Kleene's AND and OR: one answer decides; else unknown if one is unknown."""
    result = otherwise
    for operand in operands:
        told = answer(operand, record, given)
        if told == decides:
            return told
        if told == "unknown":
            result = told
    return result


def _all(answers: Iterable[Answer]) -> Answer:
    """Kleene's AND of answers at hand."""
    told = set(answers)
    return "no" if "no" in told else "unknown" if "unknown" in told else "yes"


def _opposite(answer: Answer) -> Answer:
    return "unknown" if answer == "unknown" else "yes" if answer == "no" else "no"
