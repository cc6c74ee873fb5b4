"""Reading what PubMed adds when it indexes a record: headings, substances, publication types.

On a record without them the answer is no, as PubMed answers today.  A heading that the tree of
descriptors does not know may have narrower ones, or be another name of one (an entry term): then
an indexed record that lacks it is "unknown".  `:noexp` and `*` stop the explosion, quotes and `*`
stop the mapping (User Guide).  Whether `*` goes on into the next words of a name is not documented:
`depress*` is "unknown" for Depressive Disorder.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from bot.model import Answer, MeshHeading
from bot.strategy.folded import Folded, Given
from bot.strategy.mesh import QUALIFIERS, Tree
from bot.strategy.tree import Term
from bot.strategy.words import Pattern, name, pattern

#: Qualifiers that are searched together with the one before them (MeSH, topical qualifiers).
_NARROWER_QUALIFIERS = {
    "adverse effects": ("poisoning", "toxicity"),
    "analysis": ("blood", "cerebrospinal fluid", "isolation & purification", "urine"),
    "complications": ("secondary",),
    "epidemiology": ("ethnology", "mortality"),
    "microbiology": ("virology",),
    "surgery": ("transplantation",),
    "therapeutic use": (
        "administration & dosage", "adverse effects", "contraindications", "poisoning", "toxicity",
    ),
    "therapy": (
        "diet therapy", "drug therapy", "nursing", "prevention & control", "radiotherapy",
        "rehabilitation", "surgery", "transplantation",
    ),
}  # fmt: skip

#: Publication types directly below others (MeSH, tree V), and the names some have had before.
_NARROWER_TYPES = {
    "clinical study": ("clinical trial", "observational study"),
    "clinical trial": (
        "adaptive clinical trial", "clinical trial phase i", "clinical trial phase ii",
        "clinical trial phase iii", "clinical trial phase iv", "controlled clinical trial",
    ),
    "controlled clinical trial": ("randomized controlled trial",),
    "randomized controlled trial": ("equivalence trial", "pragmatic clinical trial"),
    "review": ("scoping review", "systematic review"),
    "meta analysis": ("network meta analysis",),
    "guideline": ("practice guideline",),
    "consensus development conference": ("consensus development conference nih",),
    "biography": ("autobiography",),
    "evaluation study": ("evaluation studies",),
    "evaluation studies": ("evaluation study",),
    "validation study": ("validation studies",),
    "validation studies": ("validation study",),
    "congress": ("congresses",),
    "congresses": ("congress",),
}  # fmt: skip

#: The publication types with others below them, and those.
TYPES = frozenset(_NARROWER_TYPES).union(*_NARROWER_TYPES.values())


def read_heading(term: Term, record: Folded, given: Given) -> Answer:
    """`Ketamine`, `Ketamine/adverse effects`; with [majr] only where it is a main point."""
    if not record.record.mesh:
        return "no"
    descriptor, _, qualifier = term.text.partition("/")
    best = _best(
        _lesser(fits, _fits(qualifier, heading.qualifiers, term))
        if qualifier.strip() and fits != "no"
        else fits
        for heading, fits in _headings(descriptor, term, record, given)
    )
    decided = (
        "*" in descriptor
        or given.mesh.knows(descriptor)
        or (term.quoted and term.modifier == "noexp")
    )
    return best if decided or best == "yes" else "unknown"


def _headings(
    descriptor: str, term: Term, record: Folded, given: Given
) -> Iterator[tuple[MeshHeading, Answer]]:
    """Each heading that may be meant, and whether it is this descriptor or one below it."""
    wanted = pattern(descriptor)
    explode = "*" not in descriptor and term.modifier != "noexp"
    names = _exploded(given.mesh, descriptor) if explode else frozenset[str]()
    for heading, folded in zip(record.record.mesh, record.headings, strict=True):
        if heading.major or term.tag == "mh":
            yield heading, "yes" if folded in names else _is(wanted, folded)


@lru_cache(maxsize=16384)
def _exploded(mesh: Tree, descriptor: str) -> frozenset[str]:
    return frozenset(map(name, mesh.below(descriptor)))


def read_subheading(term: Term, record: Folded, given: Given) -> Answer:  # noqa: ARG001 - all alike
    return _best(_fits(term.text, heading.qualifiers, term) for heading in record.record.mesh)


def _fits(qualifier: str, own: Iterable[str], term: Term) -> Answer:
    """Is the qualifier, or one that is searched with it, among a heading's own?"""
    if "*" in qualifier:
        return _one_of(qualifier, own)
    wanted = _qualifiers(qualifier, explode=term.modifier != "noexp")
    return _yes(any(one.casefold() in wanted for one in own))


@lru_cache(maxsize=1024)
def _qualifiers(text: str, *, explode: bool) -> frozenset[str]:
    """The qualifier by its whole name, and those searched with it; two letters are its code."""
    plain = text.strip().casefold()
    plain = QUALIFIERS.get(plain.upper(), plain)
    plain = plain.replace(" and ", " & ")
    return frozenset({plain, *(_NARROWER_QUALIFIERS.get(plain, ()) if explode else ())})


def read_substance(term: Term, record: Folded, given: Given) -> Answer:  # noqa: ARG001 - all alike
    """Its name; PubMed also knows other names of a substance that is not quoted."""
    if not record.record.substances:
        return "no"
    found = _one_of(term.text, record.record.substances)
    return found if term.quoted or "*" in term.text or found == "yes" else "unknown"


def read_publication_type(term: Term, record: Folded, given: Given) -> Answer:
    types = record.record.publication_types
    found = _one_of(term.text, types)
    if found == "yes" or "*" in term.text or term.modifier == "noexp":
        return found
    below = _types_below(given.mesh, term.text)
    return _yes(any(name(one) in below for one in types))


@lru_cache(maxsize=1024)
def _types_below(mesh: Tree, text: str) -> frozenset[str]:
    below, rest = set[str](), [name(text).strip()]
    while rest:
        new = set(_NARROWER_TYPES.get(rest.pop(), ())) - below
        below |= new
        rest += new
    return _exploded(mesh, text) | frozenset(map(name, below))


def read_only_indexed(term: Term, record: Folded, given: Given) -> Answer:  # noqa: ARG001 - all alike
    """A field that a record here does not keep, but that an unindexed one cannot have."""
    return "unknown" if record.settled else "no"


def _one_of(text: str, values: Iterable[str]) -> Answer:
    wanted = pattern(text)
    return _best(_is(wanted, name(value)) for value in values)


def _is(wanted: Pattern, folded: str) -> Answer:
    if wanted.is_all(folded):
        return "yes"
    return "unknown" if wanted.may_be(folded) else "no"


def _best(answers: Iterable[Answer]) -> Answer:
    told = set(answers)
    return "yes" if "yes" in told else "unknown" if "unknown" in told else "no"


def _lesser(one: Answer, other: Answer) -> Answer:
    return "no" if "no" in (one, other) else "unknown" if "unknown" in (one, other) else "yes"


def _yes(condition: bool) -> Answer:
    return "yes" if condition else "no"
