"""Checks of PRESS element 5: what PubMed cannot read, reads otherwise, or reads twice."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.errors import StrategyError
from bot.strategy import dates
from bot.strategy.checks import characters, values
from bot.strategy.checks.finding import Finding, found
from bot.strategy.checks.view import HEADING, TEXT, Finder, View, nodes, words
from bot.strategy.tree import TAGS, And, Or, Range, Term

LONGEST = 8000  # characters
_CURLY = frozenset("\u201c\u201d\u201e\u201f\u00ab\u00bb\uff02")
_FOREIGN = re.compile(
    r"""(?P<adjacent>\b(?:adj|near|next|within|onear|pre)(?:/?\d+)\b | \bN\d+\b(?=\s+["\w(]) |
           \bW/?\d+\b(?=\s+["\w(]) | \bNEAR\b(?=\s+\w) | \bADJ\b)
    | (?P<field>\.(?:mp|tw|ti|ab|kw|kf|sh|hw|af|pt|ot|nm)(?:,(?:mp|tw|ti|ab|kw|kf|sh|hw))*\.
        | :(?:ti|ab|kw|de|exp)(?:,(?:ti|ab|kw|de))*\b | /(?:exp|de)\b(?=\s|\)|$)
        | \b(?:TITLE-ABS-KEY|TITLE|ABS|ALL|TS|TI|AB|MH|SU|DE|TX)(?=\s*[(=])
        | \b(?:TI|AB|MH|TX)\s+(?=["(])
        | \bMeSH\s+descriptor\b | \bDE\s+(?="))
    | (?P<explode>\bexp\s*(?=\w+.*?/|") | (?<=[a-z])/(?=\s|\)|$))
    | (?P<wildcard>(?<=\w)[$?\#!](?=[\w\[\s)"~]|$)(?!\d))
    """,
    re.VERBOSE,
)
_ANSWERS = {
    "adjacent": 'PubMed has only "..."[tiab:~N]',
    "field": "PubMed's fields stand in brackets, as in [tiab]",
    "explode": "PubMed explodes headings by itself, as in [mh]",
    "wildcard": "PubMed's only wildcard is *",
}
_QUOTED = re.compile(r'"[^"]*"')
_TAG_INSIDE = re.compile(r"\[[A-Za-z][^\]]*\]")
_OPERATOR = re.compile(r"\b(?:AND|OR|NOT)\b")
#: `#3`, or a bare number where terms should be, as strategies copied from a search history have.
_SETS = re.compile(r"\b(?:or|and|OR|AND)/\d+(?:[-,]\d+)*|\bS\d+\b(?=\s*(?:AND\b|OR\b|NOT\b|\)|$))")
_LINE_REFERENCE = re.compile(r"\s*(\d{1,3})\s*|\s*(#\d+)\b.*", re.DOTALL)


def broken(text: str, error: StrategyError) -> Finding:
    """The finding for a strategy that cannot be parsed."""
    lines = text.split("\n")
    at = sum(len(line) + 1 for line in lines[: error.line - 1]) + error.column - 1
    at = max(0, min(at, len(text) - 1))
    if text[at : at + 1] in _CURLY:
        return found("LB511", at, at + 1, error.problem, fix='"')
    end = len(text) if "never closed" in error.problem else min(at + 1, len(text))
    return found("LB501", at, end, error.problem)


def of_text(text: str) -> Iterator[Finding]:
    """What can be seen without a tree."""
    for start, end in line_references(text):
        problem = f"{text[start:end]!r} refers to a line of a search history; write out its terms"
        yield found("LB504", start, end, problem)
    plain = re.sub(r'"[^"]*"|\[[^\]]*\]', lambda quoted: "~" * len(quoted.group()), text)
    for match in _FOREIGN.finditer(plain):
        kind = match.lastgroup or ""
        shown = text[match.start() : match.end()].strip()
        yield found(
            "LB507", match.start(), match.end(), f"{shown!r} is not PubMed's: {_ANSWERS[kind]}"
        )
    for match in _QUOTED.finditer(text):
        inside = match.group()
        if not _TAG_INSIDE.search(inside):
            continue
        fix = re.sub(r'\s*(\[[^\]]*\])([^"]*)"$', r'\2"\1', inside)
        yield found("LB508", match.start(), match.end(), f"the tag in {inside} is quoted", fix=fix)
    yield from characters.of_text(text)
    if len(text) > LONGEST:
        yield found("LB510", 0, 1, f"the strategy has {len(text)} characters")


def line_reference(text: str) -> tuple[int, int] | None:
    """Where the first bare number of a line of a search history begins and ends."""
    return next(_numbers(text), None)


def line_references(text: str) -> Iterator[tuple[int, int]]:
    """Every reference to a line of a search history, also as Ovid and EBSCOhost write them."""
    yield from _numbers(text)
    for match in _SETS.finditer(_QUOTED.sub(lambda quoted: "~" * len(quoted.group()), text)):
        yield match.span()


def _numbers(text: str) -> Iterator[tuple[int, int]]:
    plain = re.sub(r'"[^"]*"', lambda quoted: "x" * len(quoted.group()), text)
    plain = _OPERATOR.sub(lambda operator: "(" * len(operator.group()), plain)
    for operand in re.finditer(r"[^()]+", plain):
        if reference := _LINE_REFERENCE.fullmatch(operand.group()):
            number = reference.group(1) or reference.group(2)
            at = operand.start() + operand.group().index(number)
            yield at, at + len(number)


def of_tree(view: View) -> Iterator[Finding]:
    """Tags, dates, and terms that find nothing more."""
    for leaf in view.leaves:
        yield from _tag(leaf)
        yield from _dates(leaf)
        yield from values.of_leaf(leaf)
    for node in nodes(view.root):
        if isinstance(node, Or | And):
            terms = [one for one in node.operands if isinstance(one, Term)]
            yield from _twice(terms, view.text)
            if isinstance(node, Or):
                yield from _covered(terms)
    yield from _twice_across(view)


def _tag(leaf: Term | Range) -> Iterator[Finding]:
    if not leaf.tag or leaf.tag in TAGS:
        return
    near = difflib.get_close_matches(leaf.tag, sorted(TAGS), 1, 0.5)
    right = (
        "tiab"
        if leaf.tag in ("ab", "abstract", "tiabs", "ti,ab", "tak")
        else near[0]
        if near
        else ""
    )
    hint = f"; did you mean [{right}]" if right else ""
    fix = str(replace(leaf, tag=right)) if right else None
    yield found("LB502", leaf.start, leaf.end, f"[{leaf.tag}] is no field of PubMed{hint}", fix=fix)


def _dates(leaf: Term | Range) -> Iterator[Finding]:
    if isinstance(leaf, Range):
        if not leaf.tag:
            yield found("LB509", leaf.start, leaf.end, "a range needs a field, as in 2020:2024[dp]")
        elif leaf.tag in dates.TAGS and not all(map(values.is_date, (leaf.low, leaf.high))):
            yield found("LB509", leaf.start, leaf.end, f"{leaf} has an end that is no date")
        elif leaf.tag in {*dates.TAGS, "pmid"} and values.is_reversed(leaf):
            yield found("LB509", leaf.start, leaf.end, f"{leaf} ends before it begins")
    elif leaf.tag in dates.TAGS and not values.is_date(leaf.text):
        yield found("LB509", leaf.start, leaf.end, f"{leaf.text!r} is no date; right is 2024/03/01")


def _key(term: Term) -> tuple[str, ...]:
    told = words(term)
    if term.modifier.startswith("~"):
        told = tuple(sorted(told))
    return (term.tag, term.modifier, *told)


def _repeat(term: Term) -> tuple[str, ...]:
    """What two terms share that find the same; elsewhere quotes and punctuation matter."""
    if term.tag in TEXT | {"mh", "majr"}:
        return _key(term)
    return (term.tag, term.modifier, str(term.quoted), term.text.casefold())


def _twice(terms: Sequence[Term], text: str) -> Iterator[Finding]:
    """Exact repeats side by side; an OR before the second one may go with it."""
    seen: dict[tuple[str, ...], Term] = {}
    for term in terms:
        first = seen.setdefault(_repeat(term), term)
        if first is term:
            continue
        before = re.search(r"\s*\bOR\s+$", text[: term.start])
        start = before.start() if before else term.start
        yield found(
            "LB505", start, term.end, f"{term} stands here twice",
            fix="" if before else None, safe=before is not None,
        )  # fmt: skip


def _covered(terms: Sequence[Term]) -> Iterator[Finding]:
    finder = Finder(one for one in terms if one.tag in TEXT and not one.modifier)
    for term in terms:
        for other in finder.finding(words(term)) if term.tag in TEXT else ():
            if other.tag == term.tag and words(other) != words(term):
                yield found("LB506", term.start, term.end, f"{other} finds {term} already")
                break


def _twice_across(view: View) -> Iterator[Finding]:
    """A term in two concepts."""
    places: dict[tuple[str, ...], list[tuple[int, Term]]] = {}
    for number, concept in enumerate(view.concepts):
        for term in concept.terms:
            if term.tag in TEXT | HEADING:
                places.setdefault(_key(term), []).append((number, term))
    for here in places.values():
        if len({number for number, _term in here}) > 1:
            for _number, term in here:
                problem = f"{term} stands in another concept as well"
                yield found("LB102", term.start, term.end, problem)
