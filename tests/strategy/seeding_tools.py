"""What the seeders of errors take strategies apart with."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from bot.strategy import parse
from bot.strategy.tree import And, Node, Or, Term, children


@dataclass(frozen=True, slots=True)
class Mutant:
    """A spoilt strategy."""

    text: str
    at: int  #: Where the change begins, in the spoilt text.
    codes: str  #: Codes, or their beginnings, that name the error, between spaces.


Seeder = Callable[[str, Random], Mutant | None]


def nodes(root: Node) -> Iterator[Node]:
    yield root
    for child in children(root):
        yield from nodes(child)


def terms(text: str) -> list[Term]:
    return [node for node in nodes(parse(text)) if isinstance(node, Term)]


def concepts(text: str) -> list[Node]:
    root = parse(text)
    while not isinstance(root, And | Or | Term):
        root = children(root)[0]
    return list(root.operands) if isinstance(root, And) else [root]


def pick(choices: list[Term], chance: Random) -> Term | None:
    return chance.choice(choices) if choices else None


def replaced(text: str, term: Term, new: str, codes: str) -> Mutant:
    return Mutant(text[: term.start] + new + text[term.end :], term.start, codes)


def removed(text: str, gone: list[Term]) -> str:
    """Without these terms and one OR for each."""
    for term in sorted(gone, key=lambda one: -one.start):
        after = re.match(r"\s*OR\s+", text[term.end :])
        before = re.search(r"\s*\bOR\s+$", text[: term.start])
        if after:
            text = text[: term.start] + text[term.end + after.end() :]
        elif before:
            text = text[: before.start()] + text[term.end :]
        else:
            return ""
    return text


def words_of(text: str) -> list[Term]:
    return [term for term in terms(text) if term.tag == "tiab"]


def headings_of(text: str) -> list[Term]:
    return [
        term for term in terms(text) if term.tag == "mh" and term.text not in ("animals", "humans")
    ]


def source(text: str, term: Term) -> str:
    return text[term.start : term.end]
