"""Checks of single characters: quotation marks that are none, and what nobody sees."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from bot.strategy.checks.finding import Finding, found

_DOUBLE = re.compile(
    '(?<![^\\s(])[\u201c-\u201f\u00ab\u00bb\uff02][^\\[\\]()"\u201c-\u201f\u00ab\u00bb\uff02]+'
    "([\u201c-\u201f\u00ab\u00bb\uff02])(?=\\s*\\[|[\\s)]|$)"
)
#: Around a term; within a word it is an apostrophe, as in Crohn's.
_SINGLE = re.compile(
    '(?<![^\\s(])[\u2018\u201a\u201b\u2039][^\\[\\]()"\u2018\u201a\u201b\u2039\u203a]+?'
    "[\u2019\u2018\u203a](?=\\s*\\[|\\)|$)"
)
_STRAIGHT = re.compile(r'"[^"]*"')


def of_text(text: str) -> Iterator[Finding]:
    """Typographic quotation marks in pairs, and characters that cannot be seen."""
    plain = _STRAIGHT.sub(lambda quoted: '"' * len(quoted.group()), text)
    for match in _DOUBLE.finditer(plain):
        for at in (match.start(), match.end() - 1):
            problem = f"{text[at]} is a typographic quotation mark"
            yield found("LB511", at, at + 1, problem, fix='"', safe=True)
    for match in _SINGLE.finditer(plain):
        start, end = match.span()
        problem = f"{text[start]} and {text[end - 1]} are no quotation marks to PubMed"
        fix = f'"{text[start + 1 : end - 1]}"'
        yield found("LB511", start, end, problem, fix=fix, level="warning")
    for at, letter in enumerate(text):
        if letter in " \t\r\n" or letter.isprintable():
            continue
        space = letter.isspace()
        kind = "space like no other" if space else "character that nobody sees"
        name = unicodedata.name(letter, "a control character").lower()
        yield found(
            "LB512", at, at + 1, f"a {kind}, U+{ord(letter):04X} ({name})",
            fix=" " if space else "", safe=True, level="warning" if space else None,
        )  # fmt: skip
