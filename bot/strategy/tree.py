"""The tree of a search strategy; `str(node)` prints what parses to the same tree.

In its normal form an AND holds no AND, an OR holds no OR, and parentheses are gone.  NOT takes
away: `left NOT right`.  A node knows its place in the text that was parsed, `text[start:end]`; two
trees are equal wherever their nodes stood.  The place of a node in parentheses begins and ends with
them, so that the text at the place of any node parses to that node.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

#: The field tags of PubMed's User Guide, each with its long names and its abbreviation in EInfo
#: (build of 2025-11-27).
_TAGS = {
    "ti": ("title", "titl"),
    "tiab": ("title/abstract",),
    "tw": ("text word", "text words", "word"),
    "all": ("all fields", "all field"),
    "mh": ("mesh", "mesh terms", "mesh term"),
    "majr": ("mesh major topic", "majr topic"),
    "sh": ("mesh subheading", "mesh subheadings", "subheading", "subheadings", "subh"),
    "nm": ("supplementary concept", "substance name", "substance", "subs"),
    "pa": ("pharmacological action", "pharmacological action term", "papx"),
    "rn": ("ec/rn number", "ecno"),
    "pt": ("publication type", "ptyp"),
    "ot": ("other term", "otrm"),
    "au": ("author", "auth", "full"),
    "1au": ("author - first", "first author", "first author name", "faut"),
    "lastau": ("author - last", "last author", "last author name", "laut"),
    "fau": ("full author name", "author - full"),
    "cn": ("author - corporate", "corporate author", "coln"),
    "auid": ("author - identifier", "author identifier"),
    "aucl": ("author cluster id",),
    "ir": ("investigator",),
    "fir": ("full investigator name", "investigator - full", "finv"),
    "ps": ("subject - personal name", "personal name as subject"),
    "ad": ("affiliation", "affl"),
    "ta": ("journal", "jour"),
    "jid": ("nlm unique id",),
    "vi": ("volume", "vol"),
    "ip": ("issue", "iss"),
    "pg": ("pagination", "page"),
    "la": ("language", "lang"),
    "dp": ("date - publication", "publication date", "pdat"),
    "epdat": ("electronic publication date", "epdt"),
    "ppdat": ("print publication date", "ppdt"),
    "crdt": ("date - create", "create date", "date - creation"),
    "edat": ("date - entry", "date - entrez", "entry date", "entrez date"),
    "mhda": ("date - mesh", "mesh date"),
    "dcom": ("date - completion", "completion date", "cdat"),
    "lr": ("date - modification", "modification date", "date - last revision", "mdat"),
    "pmid": ("uid",),
    "aid": ("article identifier", "publisher id", "pid", "doi"),
    "lid": ("location id",),
    "si": ("secondary source id",),
    "gr": ("grants and funding", "grant number", "grant", "grnt"),
    "cois": ("conflict of interest statements", "conflict of interest"),
    "tt": ("transliterated title",),
    "pl": ("place of publication", "cnty"),
    "pubn": ("publisher",),
    "book": (),
    "ed": ("editor",),
    "isbn": (),
    "eid": ("extended pmid",),
    "sb": ("filter", "filt", "subset"),
}
TAGS = frozenset(_TAGS)  #: Short forms; a tag that is none of them names no field of PubMed.
_AROUND = re.compile(r"\s*([/-])\s*")  # `Date - Publication`, `Date-Publication`
_SHORT = {_AROUND.sub(r"\1", long): short for short, names in _TAGS.items() for long in names}


def short_tag(tag: str) -> str:
    """The short form of a field tag (without brackets), in lower case; unknown tags as they are."""
    name = " ".join(_AROUND.sub(r"\1", tag.casefold()).split())
    return _SHORT.get(name, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """Words to be found in one field; the place of a node covers its tag."""

    text: str
    quoted: bool = False
    tag: str = ""  #: Short, in lower case; empty for an untagged term.
    modifier: str = ""  #: What follows a colon in the tag: `noexp`, `~3`.
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return (f'"{self.text}"' if self.quoted else self.text) + _brackets(self.tag, self.modifier)


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Everything from `low` to `high` in one field, both included."""

    low: str
    high: str
    tag: str = ""
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)

    def __str__(self) -> str:
        tag = _brackets(self.tag)
        return f'"{self.low}"{tag} : "{self.high}"{tag}'


@dataclass(frozen=True, slots=True, kw_only=True)
class And:
    """What all operands find; two or more."""

    operands: tuple[Node, ...]
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return _printed(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Or:
    """What any operand finds; two or more."""

    operands: tuple[Node, ...]
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return _printed(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """What `left` finds and `right` does not."""

    left: Node
    right: Node
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return _printed(self)


Node = Term | Range | And | Or | Not


def place(text: str, offset: int) -> tuple[int, int]:
    """The line and the column of a character of a text; both count from 1."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below this one, in the order of the text."""
    match node:
        case And() | Or():
            return node.operands
        case Not():
            return (node.left, node.right)
        case _:
            return ()


def levels(root: Node) -> Iterator[tuple[Node, ...]]:
    """The nodes level by level, the root first; without recursion, so that any depth will do."""
    level: tuple[Node, ...] = (root,)
    while level:
        yield level
        level = tuple(child for node in level for child in children(node))


def _printed(root: Node) -> str:
    """The tree as text, with every parenthesis written; without recursion, like `levels`."""
    text: list[str] = []
    rest: list[Node | str] = [root]
    while rest:
        match rest.pop():
            case str() as piece:
                text.append(piece)
            case Term() | Range() as leaf:
                text.append(str(leaf))
            case node:
                operator = f" {type(node).__name__.upper()} "
                pieces: list[Node | str] = []
                for child in children(node):
                    pieces += ["(", child, ")"] if children(child) else [child]
                    pieces.append(operator)
                rest.extend(reversed(pieces[:-1]))
    return "".join(text)


def _brackets(tag: str, modifier: str = "") -> str:
    if not tag:
        return ""
    return f"[{tag}:{modifier}]" if modifier else f"[{tag}]"
