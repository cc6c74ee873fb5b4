"""Checks of fields that have few values, and of what may follow a colon in a tag."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache

from bot.strategy import dates, flags, indexing
from bot.strategy.checks import vocabulary
from bot.strategy.checks.finding import Finding, found
from bot.strategy.mesh import QUALIFIERS, folded
from bot.strategy.names import LANGUAGES
from bot.strategy.tree import Range, Term

_EXPLODED = ("mh", "majr", "sh", "pa", "pt")  # the fields that have narrower values
_NEAR = 0.75  # of the letters in common: another value was probably meant
_DAY = re.compile(r"(\d{4})[/-](\d{1,2})[/-](\d{1,2})", re.ASCII)
_PMIDS = re.compile(r"\d{1,8}(?:\.\d+)?(?:[\s,]+\d{1,8}(?:\.\d+)?)*", re.ASCII)
_DIGITS_ONLY = re.compile(r"[\dxX]+-[\dxX]+", re.ASCII)
_ISSN = re.compile(r"\d{4}-?\d{3}[\dxX]", re.ASCII)


def of_leaf(leaf: Term | Range) -> Iterator[Finding]:
    """The modifier and the value of one term."""
    if isinstance(leaf, Range):
        return
    if leaf.modifier and not leaf.modifier.startswith("~"):
        yield from _modifier(leaf)
    if leaf.tag and "*" not in leaf.text:
        yield from _value(leaf)


def is_date(text: str) -> bool:
    """As `dates.is_date`, and the month has this day."""
    if day := _DAY.fullmatch(text.strip()):
        try:
            date(*map(int, day.groups()))
        except ValueError:
            return False
    return dates.is_date(text)


def is_reversed(span: Range) -> bool:
    """Does the first end lie behind the last?  Only where both can be read as numbers."""
    low, high = (
        [int(part) for part in re.split("[/-]", end.strip()) if part.isascii() and part.isdigit()]
        for end in (span.low, span.high)
    )
    shorter = min(len(low), len(high))
    return low[:shorter] > high[:shorter]


def _modifier(term: Term) -> Iterator[Finding]:
    if term.modifier == "noexp" and term.tag in _EXPLODED:
        return
    if term.tag in _EXPLODED:
        right = "noexp" if "no" in term.modifier else ""
        hint = f"did you mean {right}" if right else "PubMed explodes by itself"
    else:
        right, hint = "", f"[{term.tag}] has nothing to explode"
    fix = str(replace(term, modifier=right))
    problem = f"{term.modifier!r} is no modifier of [{term.tag}]; {hint}"
    yield found("LB513", term.start, term.end, problem, fix=fix)


def _value(term: Term) -> Iterator[Finding]:
    match term.tag:
        case "pmid" if not _PMIDS.fullmatch(term.text):
            problem = f"{term.text!r} is no PMID; right is 30917760"
            yield found("LB514", term.start, term.end, problem, level="error")
        case "ta" if _DIGITS_ONLY.fullmatch(term.text) and not _ISSN.fullmatch(term.text):
            problem = f"{term.text!r} is no ISSN; right is 0028-4793"
            yield found("LB514", term.start, term.end, problem)
        case "la" if len(term.text) != 3 or not term.text.isalpha():
            yield from _listed(term, "language")
        case "sb":
            yield from _listed(term, "filter", only_near=True)
        case "pt":
            yield from _listed(term, "publication type")
        case "sh":
            yield from _listed(term, "subheading")


def _listed(term: Term, kind: str, *, only_near: bool = False) -> Iterator[Finding]:
    known = _known(term.tag)
    name = folded(term.text)
    if name in known:
        return
    near = difflib.get_close_matches(name, sorted(known), 1, _NEAR)
    if only_near and not near:
        return
    hint = f"; did you mean {known[near[0]]}" if near else ""
    fix = str(replace(term, text=known[near[0]])) if near else None
    problem = f"PubMed has no {kind} {term.text!r}{hint}"
    yield found("LB514", term.start, term.end, problem, fix=fix)


@cache
def _known(tag: str) -> dict[str, str]:
    """The values of a field, folded, each as it is written."""
    match tag:
        case "la":
            values = [*LANGUAGES, "multiple languages", "undetermined"]
        case "sb":
            values = [*flags.SUBSETS, *_SUBSETS]
        case "sh":
            names = QUALIFIERS.values()
            values = [*names, *(name.replace("&", "and") for name in names), *QUALIFIERS]
            values.append("contraindications")
        case _:
            types = (name for name, places in vocabulary.headings().items() if _is_type(places))
            values = [*types, *indexing.TYPES, *_FORMER_TYPES]
    return {folded(value): value for value in values}


def _is_type(places: frozenset[str]) -> bool:
    return any(place.startswith("V") for place in places)


#: PubMed's subsets beside the states of a record (User Guide); near misses of these are slips.
_SUBSETS = """
all; aids; bioethics; cam; cancer; dietsuppl; history; space; systematic; tox; vet; jsubsetaim;
jsubsetd; jsubsetn; jsubsetk; jsubsetx; free full text; full text; pubmed pmc; pubmed pmc local;
pubmed books; ahead of print; preprint; medline; inprocess; in process; publisher; oldmedline;
pubmednotmedline; pubmed not medline; hasabstract; loattrfree full text; loattrfull text
""".replace("\n", " ").split("; ")
#: Names that PubMed still takes.
_FORMER_TYPES = (
    "clinical trial, phase 1", "clinical trial, phase 2", "clinical trial, phase 3",
    "clinical trial, phase 4", "clinical conference", "congresses", "evaluation studies",
    "retraction notice", "corrected and republished article",
    "scientific integrity review", "research support, n.i.h., extramural", "news",
    "meta analysis", "journal article", "letter", "lecture", "webcast", "interview",
)  # fmt: skip
