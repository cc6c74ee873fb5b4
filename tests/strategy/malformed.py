"""Strategies that are wrong, with the place of what is wrong.

`refused` cannot be parsed; the column is exact.  All others parse, and are to be warned of: `kind`
says what for, and any column from `column` to `last` points at it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Malformed:
    """One strategy on one line; columns count from 1."""

    text: str
    column: int
    kind: str
    says: str = ""  #: Words of the refusal.
    last: int = 0  #: The last column of the term at fault, 0 where there is just one column.


REFUSED = tuple(
    Malformed(text=text, column=column, kind="refused", says=says)
    for text, column, says in (
        ("", 1, "empty"),
        ("   ", 1, "empty"),
        ("(relapse[ti] AND therapy[ti]", 1, "'(' is never closed"),
        ("relapse[ti] AND (therapy[ti] OR (group[ti])", 17, "'(' is never closed"),
        ("relapse[ti] OR therapy[ti])", 27, "')' has no '('"),
        ("relapse[ti] OR ()", 16, "nothing stands between"),
        ("relapse[ti] AND", 13, "AND has nothing after it"),
        ("(relapse[ti] OR) therapy[ti]", 14, "OR has nothing after it"),
        ("OR relapse[ti]", 1, "OR has nothing before it"),
        ("relapse[ti] AND (NOT therapy[ti])", 18, "NOT has nothing before it"),
        ("relapse[ti] AND OR therapy[ti]", 17, "two operators in a row: AND OR"),
        ("relapse[ti] AND NOT therapy[ti]", 17, "two operators in a row: AND NOT"),
        ('relapse[ti] OR "group therapy[tiab]', 16, "quotation mark is never closed"),
        ("relapse[ti OR therapy", 8, "'[' is never closed"),
        ("relapse] OR therapy[ti]", 8, "']' has no '['"),
        ('relapse[ti] OR ""[tiab]', 16, "empty quotes"),
        ("relapse[ti] OR --", 16, "nothing to search for"),
        ("relapse[]", 8, "names no field"),
        ("(relapse OR therapy)[tiab]", 21, "must follow a word"),
        ("relapse[ti][tiab]", 12, "must follow a word"),
        ("relapse AND 2020:[dp]", 18, "two ends"),
        (":2020[dp]", 1, "two ends"),
        ("2020:2021:2022[dp]", 10, "two ends"),
        ("2020[dp]:2021[crdt]", 1, "one field"),
        ("relapse[ti] OR “group therapy”[tiab]", 16, "“ is a typographic quotation mark"),
        ("relapse[ti] OR «therapy»[tiab]", 16, "« is a typographic quotation mark"),
    )
)

WARNED = tuple(
    Malformed(text=text, column=column, last=last, kind=kind)
    for text, column, last, kind in (
        ("relapse[ti] OR therapy[tibb]", 16, 28, "unknown tag"),
        ("relapse[ab]", 1, 11, "unknown tag"),
        ("relapse[ti] OR cat*[tiab]", 16, 25, "short stem"),
        ("relapse[ti] OR *therapy[tiab]", 16, 29, "leading wildcard"),
        ('"group therapy"[mh:~2]', 1, 22, "proximity in a field without it"),
        ("group therapy[tiab:~2]", 1, 22, "proximity without quotes"),
        ('"group therapy"[tiab:~x]', 1, 24, "proximity without a number"),
        ('"ketamin* therapy"[tiab:~3]', 1, 27, "wildcard in proximity"),
        ("relapse[ti] AND 2024/13/01[dp]", 17, 30, "no date"),
        ("relapse[ti] AND yesterday[crdt]", 17, 31, "no date"),
        ("relapse[ti] AND 2020:2024", 17, 25, "range without a tag"),
        ("relapse[ti] & therapy[ti]", 13, 13, "typed operator"),
        ("relapse[ti] OR therapy[ti] AND group[ti]", 1, 40, "mixed operators"),
        ("relapse or therapy", 9, 10, "lower-case operator"),
        ("#1 AND #2", 1, 9, "line reference"),
    )
)
