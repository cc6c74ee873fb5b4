"""Other ways to match many queries with a batch, for the percolation bench; all answer yes or no.

They are given what the records hold as columns of folded words.  Headings, authors and journals
stand in two columns each: by their words, and every name as one word.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Sequence

from bot.model import Record
from bot.strategy.evaluate import asked
from bot.strategy.fields import ignored
from bot.strategy.tree import And, Node, Not, Or, Term, levels
from bot.strategy.words import pattern, words

EDGE = "zqz"  # between names, so that no phrase reaches from one into the next
WORDS = ("ti", "tiab", "all")  # tags of terms that stand in titles and abstracts
COLUMNS = ("ti", "ab", "mh", "au", "ta", "whole_mh", "whole_au", "whole_ta")
_IN = {
    "ti": ("ti",),
    "tiab": ("ti", "ab"),
    "all": ("ti", "ab", "mh", "au", "ta"),
    "mh": ("whole_mh",),
    "au": ("whole_au",),
    "ta": ("whole_ta",),
}


def columns(record: Record) -> tuple[str, ...]:
    """The texts of one record; each column begins and ends with a space."""
    names = (
        _folded(heading.descriptor for heading in record.mesh),
        _folded(author.name for author in record.authors),
        _folded(name for name in (record.journal, record.journal_abbreviation) if name),
    )
    return (
        words((record.title,)),
        words((" ".join(f"{s.label} {s.text}" for s in record.abstract or ()),)),
        *(f" {f' {EDGE} '.join(some)} " for some in names),
        *(f" {' '.join(map(_whole, some))} " for some in names),
    )


def _folded(names: Iterable[str]) -> list[str]:
    return [words((name,)).strip() for name in names]


def _whole(name: str) -> str:
    return name.replace(" ", "_")


def phrase(term: Term) -> tuple[str, bool]:
    """The words of a term as the columns have them, and whether anything may follow."""
    text = " ".join("*".join(pieces) for pieces in pattern(term.text).words)
    if term.tag in ("mh", "au", "ta"):
        return _whole(text), term.tag == "au"
    return text.removesuffix("*"), text.endswith("*")


def substring(node: Node) -> Callable[[tuple[str, ...]], bool]:
    """One query by itself: is each term somewhere in the text?"""
    match node:
        case And():
            every = [substring(one) for one in asked(node)]
            return lambda row: all(one(row) for one in every)
        case Or():
            some = [substring(one) for one in node.operands]
            return lambda row: any(one(row) for one in some)
        case Not():
            left, right = substring(node.left), substring(node.right)
            return lambda row: left(row) and not right(row)
        case Term():
            if ignored(node):
                return lambda _row: False
            text, open_ = phrase(node)
            sought = f" {text}" if open_ else f" {text} "
            places = [COLUMNS.index(name) for name in _IN[node.tag]]
            return lambda row: any(sought in row[place] for place in places)
        case _:
            raise TypeError(f"the generated queries hold no range: {node}")


def fts5_text(node: Node) -> str:
    """The query in the words of SQLite's full-text search."""
    match node:
        case And():
            return "(" + " AND ".join(map(fts5_text, asked(node))) + ")"
        case Or():
            return "(" + " OR ".join(map(fts5_text, node.operands)) + ")"
        case Not():
            return f"({fts5_text(node.left)} NOT {fts5_text(node.right)})"
        case Term():
            text, open_ = phrase(node)
            if ignored(node):
                text, open_ = f"{EDGE} nowhere {EDGE}", False
            return f'{{{" ".join(_IN[node.tag])}}} : "{text}"' + (" *" if open_ else "")
        case _:
            raise TypeError(f"the generated queries hold no range: {node}")


def fts5(rows: Sequence[tuple[str, ...]], texts: Sequence[str]) -> list[list[int]]:
    """Put the batch into memory, and ask every query; the places that each finds."""
    db = sqlite3.connect(":memory:")
    db.execute(
        f"CREATE VIRTUAL TABLE batch USING fts5({', '.join(COLUMNS)}, "
        "tokenize = 'unicode61 remove_diacritics 2 tokenchars _')"
    )
    db.executemany(
        f"INSERT INTO batch(rowid, {', '.join(COLUMNS)}) VALUES (?{', ?' * len(COLUMNS)})",
        ((place, *row) for place, row in enumerate(rows)),
    )
    db.execute("INSERT INTO batch(batch) VALUES ('optimize')")  # halves the time of the queries
    found = [
        [place for (place,) in db.execute("SELECT rowid FROM batch WHERE batch MATCH ?", (text,))]
        for text in texts
    ]
    db.close()
    return found


def terms(node: Node) -> list[Term]:
    """The terms of a query, from left to right within each level of it."""
    return [one for level in levels(node) for one in level if isinstance(one, Term)]


def hyperscan_pass(texts: Sequence[str], phrases: Collection[str]) -> Callable[[], int] | None:
    """All phrases in one scan of all texts, which tells which of them stand anywhere, not where.

    None where hyperscan is missing.
    """
    try:
        import hyperscan  # noqa: PLC0415 - only where somebody has installed it
    except ImportError:
        return None
    patterns = [text.encode() for text in sorted(phrases)]
    flags = [hyperscan.HS_FLAG_SINGLEMATCH] * len(patterns)
    database = hyperscan.Database()
    database.compile(expressions=patterns, ids=list(range(len(patterns))), flags=flags)
    text = "\n".join(texts).encode()
    matched: list[int] = []

    def scan() -> int:
        matched.clear()
        database.scan(text, match_event_handler=lambda number, *_: matched.append(number))
        return len(matched)

    return scan
