"""Checking a strategy as a second librarian would, by the elements of PRESS 2015."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.errors import StrategyError
from bot.model import Record
from bot.strategy.checks import concepts, meaning, operators, spelling, syntax, textwords
from bot.strategy.checks.codes import CODES, ELEMENTS, explained
from bot.strategy.checks.finding import Finding, Level
from bot.strategy.checks.syntax import line_reference
from bot.strategy.checks.view import View
from bot.strategy.mesh import BUILT_IN, Tree
from bot.strategy.parse import parse
from bot.strategy.words import fold

__all__ = [
    "CODES", "ELEMENTS", "Finding", "Level", "answered", "check", "explained", "fixes",
    "line_reference", "mended", "noticed",
]  # fmt: skip

_ANSWER = re.compile(r"\s*\[((?:LB\d{3}[,\s]*)+)(?::([^\]]*))?\]", re.ASCII)


def check(
    text: str,
    *,
    why: Sequence[str] = (),
    known: Sequence[Record] = (),
    mesh: Tree = BUILT_IN,
) -> tuple[Finding, ...]:
    """What is noticed in a strategy and not answered in `why`, in the order of its text.

    `known` are the studies that it must find: their words are spelled right.
    """
    open_, _answered = answered(text, noticed(text, known=known, mesh=mesh), why)
    return open_


def noticed(
    text: str, *, known: Sequence[Record] = (), mesh: Tree = BUILT_IN
) -> tuple[Finding, ...]:
    """Everything that is noticed, whatever `why` says."""
    seen = [*syntax.of_text(text), *operators.of_text(text)]
    try:
        view = View(text=text, root=parse(text), known=known, mesh=mesh)
    except StrategyError as error:
        broken = syntax.broken(text, error)
        if (broken.code, broken.start) not in {(one.code, one.start) for one in seen}:
            seen.append(broken)
    else:
        for part in (syntax, operators, concepts, textwords, spelling):
            seen += part.of_tree(view)
    seen = sorted(dict.fromkeys(seen), key=lambda one: (one.start, one.end, one.code))
    proven = frozenset(meaning.kept(text, fixes(seen)))
    return tuple(one if one in proven else replace(one, safe=False) for one in seen)


def answered(
    text: str, findings: Sequence[Finding], why: Sequence[str]
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """The findings that nobody has answered, and those that `why` answers.

    A line of `why` that begins with `[LB304]` answers every finding of this code; with words,
    `[LB304: humans, adult]`, those whose text has one of the words.  No line answers an error.
    """
    answers = [
        (
            set(re.findall(r"LB\d{3}", match[1])),
            [fold(one).strip() for one in (match[2] or "").split(",")],
        )
        for line in why
        if (match := _ANSWER.match(line))
    ]
    open_: list[Finding] = []
    closed: list[Finding] = []
    for finding in findings:
        said = fold(text[finding.start : finding.end])
        told = finding.level != "error" and any(
            finding.code in codes and any(word in said for word in words)
            for codes, words in answers
        )
        (closed if told else open_).append(finding)
    return tuple(open_), tuple(closed)


def fixes(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings whose fixes are safe; of two that overlap only the first."""
    chosen: list[Finding] = []
    for one in findings:
        if one.safe and one.fix is not None and (not chosen or one.start >= chosen[-1].end):
            chosen.append(one)
    return tuple(chosen)


def mended(text: str, findings: Sequence[Finding]) -> str:
    """The strategy with every safe fix made."""
    return meaning.applied(text, fixes(findings))
