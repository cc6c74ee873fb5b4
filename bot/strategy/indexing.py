"""Reading what PubMed adds when it indexes a record: headings, substances, publication types.

On a record without them the answer is no, as PubMed answers today.  A heading that the tree of
descriptors does not know may have narrower ones, or be another name of one (an entry term): then
an indexed record that lacks it is "unknown".  `:noexp` and `*` stop the explosion, quotes and `*`
stop the mapping (User Guide).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from bot.model import Answer, MeshHeading
from bot.strategy.folded import Folded, Given
from bot.strategy.mesh import QUALIFIERS, Tree
from bot.strategy.tree import Term
from bot.strategy.words import name, pattern

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


def read_heading(term: Term, record: Folded, given: Given) -> Answer:
    """`Ketamine`, `Ketamine/adverse effects`; with [majr] only where it is a main point."""
    if not record.record.mesh:
        return "no"
    descriptor, _, qualifier = term.text.partition("/")
    headings = _headings(descriptor, term, record, given)
    if qualifier.strip():
        wanted = _qualifiers(qualifier, explode=term.modifier != "noexp")
        headings = [heading for heading in headings if not wanted.isdisjoint(_own(heading))]
    if headings:
        return "yes"
    decided = (
        "*" in descriptor
        or given.mesh.knows(descriptor)
        or (term.quoted and term.modifier == "noexp")
    )
    return "no" if decided else "unknown"


def _headings(descriptor: str, term: Term, record: Folded, given: Given) -> list[MeshHeading]:
    wanted = pattern(descriptor)
    explode = "*" not in descriptor and term.modifier != "noexp"
    names = _exploded(given.mesh, descriptor) if explode else frozenset[str]()
    return [
        heading
        for heading, folded in zip(record.record.mesh, record.headings, strict=True)
        if (heading.major or term.tag == "mh") and (folded in names or wanted.is_all(folded))
    ]


@lru_cache(maxsize=16384)
def _exploded(mesh: Tree, descriptor: str) -> frozenset[str]:
    return frozenset(map(name, mesh.below(descriptor)))


def read_subheading(term: Term, record: Folded, given: Given) -> Answer:  # noqa: ARG001 - all alike
    wanted = _qualifiers(term.text, explode=term.modifier != "noexp")
    return _yes(any(not wanted.isdisjoint(_own(heading)) for heading in record.record.mesh))


def _own(heading: MeshHeading) -> Iterable[str]:
    return (qualifier.casefold() for qualifier in heading.qualifiers)


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
    if _is_one_of(term.text, record.record.substances):
        return "yes"
    return "no" if term.quoted or "*" in term.text else "unknown"


def read_publication_type(term: Term, record: Folded, given: Given) -> Answer:
    types = record.record.publication_types
    if _is_one_of(term.text, types):
        return "yes"
    if "*" in term.text or term.modifier == "noexp":
        return "no"
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


def _is_one_of(text: str, values: Iterable[str]) -> bool:
    wanted = pattern(text)
    return any(wanted.is_all(name(value)) for value in values)


def _yes(condition: bool) -> Answer:
    return "yes" if condition else "no"
