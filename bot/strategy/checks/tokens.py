"""The pieces of a strategy as they are written, also of one that cannot be parsed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["open", "close", "operator", "term"]

_KINDS: Mapping[str, Kind] = {
    "open": "open",
    "close": "close",
    "operator": "operator",
    "term": "term",
}
_PIECE = re.compile(
    r"""(?P<open>\() | (?P<close>\))
    | (?P<operator>(?:AND|OR|NOT)(?![^\s()\[\]"&|:]) | [&|])
    | (?P<term>(?:"[^"]*"|(?:(?!\b(?:AND|OR|NOT)\b)[^\s()\[\]"&|])+
        (?:\s+(?!(?:AND|OR|NOT)(?![^\s()\[\]"&|:]))[^\s()\[\]"&|]+)*) \s*(?:\[[^\]]*\])?)""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A parenthesis, an operator, or words with their tag."""

    kind: Kind
    text: str
    start: int
    end: int


def pieces(text: str) -> Iterator[Piece]:
    """The pieces in their order; what is none (a lost bracket) is left out."""
    for match in _PIECE.finditer(text):
        written = match.group().rstrip()
        kind = _KINDS[match.lastgroup or ""]
        yield Piece(kind, written, match.start(), match.start() + len(written))


@dataclass(slots=True)
class Group:
    """What stands between two parentheses, or the whole."""

    start: int = 0
    end: int = 0
    operators: list[Piece] = field(default_factory=list)
    implied: list[tuple[Piece | Group, Piece | Group]] = field(default_factory=list)
    members: list[Piece | Group] = field(default_factory=list)

    def all(self) -> Iterator[Group]:
        """This group and those in it; without recursion, as parentheses nest at any depth."""
        rest = [self]
        while rest:
            group = rest.pop()
            yield group
            rest.extend(reversed([one for one in group.members if isinstance(one, Group)]))

    def terms(self) -> Iterator[Piece]:
        """The terms in it and below."""
        for group in self.all():
            yield from (one for one in group.members if isinstance(one, Piece))


def grouped(text: str) -> Group:
    """The pieces by their parentheses; a parenthesis without partner ends with the text."""
    stack = [Group(end=len(text))]
    after_member = False
    for piece in pieces(text):
        top = stack[-1]
        match piece.kind:
            case "operator":
                top.operators.append(piece)
                after_member = False
                continue
            case "open":
                member: Piece | Group = Group(start=piece.start, end=len(text))
            case "close":
                if len(stack) > 1:
                    stack.pop().end = piece.end
                after_member = True
                continue
            case _ if piece.text == ":":  # between the ends of a range
                after_member = False
                continue
            case _:
                member = piece
                after_member = after_member and not piece.text.startswith(":")
        if after_member and top.members:
            top.implied.append((top.members[-1], member))
        top.members.append(member)
        if isinstance(member, Group):
            stack.append(member)
        after_member = not isinstance(member, Group)
    return stack[0]
