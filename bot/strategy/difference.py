"""What a change of a strategy does to one record, and which words did it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from bot.model import Answer, Record
from bot.strategy.evaluate import asked, evaluate
from bot.strategy.mesh import NO_TREE, Tree
from bot.strategy.reasons import Loss, Reason, losses, reasons
from bot.strategy.tree import And, Node, Not, children, levels

_ORDER: tuple[Answer, ...] = ("no", "unknown", "yes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A record that two texts of a strategy answer differently.

    `terms` stand in the text that finds the record, or may find it; `losses` in the other one.
    """

    before: Answer
    after: Answer
    terms: tuple[Reason, ...]  #: What found the record and stands in the other text no more.
    losses: tuple[Loss, ...]  #: What in the other text stands in the way.

    @property
    def kind(self) -> Literal["gained", "lost"]:
        """Is the record nearer to a yes than before, or farther from it?"""
        nearer = _ORDER.index(self.after) > _ORDER.index(self.before)
        return "gained" if nearer else "lost"


def change(
    old: Node, new: Node, record: Record, *, mesh: Tree = NO_TREE, today: date | None = None
) -> Change | None:
    """Compare what two texts of a strategy say of a record; None where they say the same."""
    before = evaluate(old, record, mesh=mesh, today=today).answer
    after = evaluate(new, record, mesh=mesh, today=today).answer
    if before == after:
        return None
    gained = _ORDER.index(after) > _ORDER.index(before)
    finding, other = (new, old) if gained else (old, new)
    return Change(
        before=before,
        after=after,
        terms=_responsible(finding, other, reasons(finding, record, mesh=mesh, today=today)),
        losses=losses(other, record, mesh=mesh, today=today),
    )


def _responsible(finding: Node, other: Node, found: tuple[Reason, ...]) -> tuple[Reason, ...]:
    """The terms that only the finding text has, in concepts that no term of both texts meets."""
    both = {_written(node) for level in levels(other) for node in level if not children(node)}
    own = [one for one in found if _written(one.term) not in both]
    telling = [
        one
        for concept in _concepts(finding)
        if (inside := [one for one in found if concept.start <= one.term.start < concept.end])
        and all(one in own for one in inside)
        for one in inside
    ]
    return tuple(telling or own)


def _concepts(node: Node) -> Iterator[Node]:
    """The operands of the topmost ANDs, without what a NOT takes away."""
    match node:
        case And():
            for operand in asked(node):
                yield from _concepts(operand)
        case Not():
            yield from _concepts(node.left)
        case _:
            yield node


def _written(node: Node) -> str:
    return str(node).casefold()
