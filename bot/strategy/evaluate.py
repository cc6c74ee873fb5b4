"""Does a search strategy find this record?  Yes, no, or unknown (Kleene's three values).

`fields` reads the terms; here their answers are put together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from bot.model import Answer, Record
from bot.strategy.fields import Folded, folded, read, read_range
from bot.strategy.tree import And, Node, Not, Or, Range, Term


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a strategy says of a record.  Its concepts are what the topmost AND joins."""

    answer: Answer
    concepts: int
    concepts_met: int  #: How many of them are answered yes.


def evaluate(node: Node, record: Record) -> Verdict:
    """Ask a strategy about a record.

    A record's text is folded once if all strategies are asked about it before the next record.
    """
    return _verdict(node, folded(record))


def _verdict(node: Node, record: Folded) -> Verdict:
    match node:
        case And():
            parts = [_verdict(operand, record) for operand in node.operands]
            return Verdict(
                answer=_all(part.answer for part in parts),
                concepts=sum(part.concepts for part in parts),
                concepts_met=sum(part.concepts_met for part in parts),
            )
        case Not():
            kept = _verdict(node.left, record)
            removed = _opposite(_answer(node.right, record))
            return replace(kept, answer=_all((kept.answer, removed)))
        case _:
            answer = _answer(node, record)
            return Verdict(answer=answer, concepts=1, concepts_met=int(answer == "yes"))


def _answer(node: Node, record: Folded) -> Answer:
    match node:
        case Term():
            return read(node, record)
        case And():
            return _joined(node.operands, record, decides="no", otherwise="yes")
        case Or():
            return _joined(node.operands, record, decides="yes", otherwise="no")
        case Not():
            kept = _answer(node.left, record)
            return kept if kept == "no" else _all((kept, _opposite(_answer(node.right, record))))
        case Range():
            return read_range(node, record.record)


def _joined(
    operands: tuple[Node, ...], record: Folded, *, decides: Answer, otherwise: Answer
) -> Answer:
    """Kleene's AND and OR: one answer decides; else unknown if one is unknown."""
    result = otherwise
    for operand in operands:
        answer = _answer(operand, record)
        if answer == decides:
            return answer
        if answer == "unknown":
            result = answer
    return result


def _all(answers: Iterable[Answer]) -> Answer:
    """Kleene's AND of answers at hand."""
    told = set(answers)
    return "no" if "no" in told else "unknown" if "unknown" in told else "yes"


def _opposite(answer: Answer) -> Answer:
    return "unknown" if answer == "unknown" else "yes" if answer == "no" else "no"
