"""Proof that a fix changes no meaning: the strategy means the same before and after it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.errors import StrategyError
from bot.strategy.checks.finding import Finding
from bot.strategy.parse import parse
from bot.strategy.tree import And, Node, Not, Or, Range, Term

QUOTES = "LB511"  #: The code of the only fixes that make a broken strategy readable.

#: Invisible characters beside no letter part no words.
_INVISIBLE = "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+"
_AT_EDGES = re.compile(rf"(?<![^\W_]){_INVISIBLE}|{_INVISIBLE}(?![^\W_])")


def applied(text: str, fixes: Sequence[Finding]) -> str:
    """The text with these fixes, which do not overlap and stand in its order."""
    for one in reversed(fixes):
        text = text[: one.start] + (one.fix or "") + text[one.end :]
    return text


def kept(text: str, fixes: Sequence[Finding]) -> tuple[Finding, ...]:
    """Those of the fixes that together leave the strategy what it is.

    A strategy that cannot be read means nothing yet; it must be readable with straight quotes.
    """
    if not fixes:
        return ()
    before = _meaning(text)
    if before is None:
        quotes = tuple(one for one in fixes if one.code == QUOTES)
        return quotes if _meaning(applied(text, quotes)) is not None else ()
    chosen = _chosen(text, fixes, before)
    return chosen if _meaning(applied(text, chosen)) == before else ()


def _chosen(text: str, fixes: Sequence[Finding], before: str) -> tuple[Finding, ...]:
    """The fixes that keep the meaning, looked for by halves: nearly always all do."""
    if _meaning(applied(text, fixes)) == before:
        return tuple(fixes)
    if len(fixes) == 1:
        return ()
    half = len(fixes) // 2
    return _chosen(text, fixes[:half], before) + _chosen(text, fixes[half:], before)


def _meaning(text: str) -> str | None:
    """What a strategy says, in one form; None for a text that cannot be read."""
    try:
        return _plain(parse(text))
    except StrategyError:
        return None


def _plain(node: Node) -> str:
    """The tree with nothing twice in one AND or OR, and without capitals.

    As text: Python compares deep trees with more frames than it allows.
    """
    match node:
        case Term():
            said = _AT_EDGES.sub("", node.text).casefold()
            return repr((said, node.quoted, node.tag, node.modifier))
        case Range():
            return str(node)
        case Not():
            return f"({_plain(node.left)} NOT {_plain(node.right)})"
        case And() | Or():
            operands = dict.fromkeys(map(_plain, node.operands))
            operator = f" {type(node).__name__} "
            return f"({operator.join(operands)})" if len(operands) > 1 else next(iter(operands))
