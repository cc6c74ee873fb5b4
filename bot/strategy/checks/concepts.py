"""Checks of PRESS elements 1, 3 and 6: concepts, their headings, and limits."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping

from bot.strategy.checks import vocabulary
from bot.strategy.checks.finding import Finding, found
from bot.strategy.checks.operators import is_human_filter
from bot.strategy.checks.view import (
    HEADING,
    IDENTIFIER,
    LIMIT,
    TEXT,
    Concept,
    View,
    heading,
    is_flag,
    nodes,
    words,
)
from bot.strategy.mesh import BUILT_IN, NO_TREE
from bot.strategy.tree import Not, Or, Range, Term

_AGES = frozenset(
    """adult; aged; aged 80 and over; middle aged; young adult; adolescent; child; child preschool;
    infant; infant newborn; minors""".replace("\n   ", "").split("; ")
)
_KINDS = frozenset({"humans", "human", "animals", "animal", "male", "female"})
_DATES = frozenset({"dp", "epdat", "ppdat", "crdt", "edat", "mhda", "dcom", "lr"})
_KIN = 4  # letters in common that make two words relatives, at least
_SHORTEST = 5  # letters of a word that may be told by its beginning


def of_tree(view: View) -> Iterator[Finding]:
    """Everything on concepts, headings and limits."""
    topical = [concept for concept in view.concepts if concept.topical and not _limit(concept)]
    for concept in view.concepts:
        yield from _limits(concept)
    for concept in topical:
        yield from _one_term(concept)
        yield from _text_and_headings(concept)
        yield from _relatives(concept, [other for other in topical if other is not concept])
        yield from _branches(concept)
    for node in nodes(view.root):
        if isinstance(node, Not) and not is_human_filter(node):
            yield from _limits(_removed(node))
    filters = {
        leaf.start
        for node in nodes(view.root)
        if isinstance(node, Not) and is_human_filter(node)
        for leaf in nodes(node.right)
    }
    for term in view.terms:
        if term.tag in ("mh", "majr", "sh") and term.start not in filters:
            yield from _heading(term, view)
    yield from _broader(view)
    yield from _unsearched(view)


def _removed(node: Not) -> Concept:
    leaves = tuple(one for one in nodes(node.right) if isinstance(one, Term | Range))
    return Concept(
        node=node.right,
        topical=(),
        terms=tuple(one for one in leaves if isinstance(one, Term)),
        limits=tuple(one for one in leaves if one.tag in LIMIT),
    )


def _limit(concept: Concept) -> bool:
    """Does the concept only narrow the others?  Ages beside other ages are a subject."""
    names = {heading(one)[0] for one in concept.terms if one.tag in ("mh", "majr")}
    if all(one.tag in ("mh", "majr") for one in concept.terms) and names:
        return names <= _KINDS or names <= _AGES
    return not any(one.tag in TEXT | HEADING for one in concept.terms if not is_flag(one)) and bool(
        concept.limits
    )


def _limits(concept: Concept) -> Iterator[Finding]:
    if _limit(concept):
        for term in concept.terms:
            if term.tag in ("mh", "majr"):
                code = "LB603" if heading(term)[0] in _KINDS else "LB604"
                yield found(code, term.start, term.end, f"{term} limits what is found")
    only = all(leaf in concept.limits for leaf in concept.terms)
    for leaf in concept.limits:
        told = str(leaf)
        if leaf.tag == "la":
            yield found("LB601", leaf.start, leaf.end, f"{told} limits the language")
        elif leaf.tag in _DATES:
            yield found("LB602", leaf.start, leaf.end, f"{told} limits the time")
        elif leaf.tag == "pt" and only:
            yield found("LB605", leaf.start, leaf.end, f"{told} limits the publication type")
        elif leaf.tag == "sb" or (not leaf.tag and only):
            yield found("LB606", leaf.start, leaf.end, f"{told} is a filter")


def _one_term(concept: Concept) -> Iterator[Finding]:
    if len(concept.topical) == 1 and not isinstance(concept.node, Or):
        term = concept.topical[0]
        yield found("LB101", term.start, term.end, f"{term} is the only term of its concept")


def _text_and_headings(concept: Concept) -> Iterator[Finding]:
    tags = {term.tag for term in concept.topical}
    first = concept.topical[0]
    if not any(term.tag in TEXT or not term.tag for term in concept.topical):
        if not {term.tag for term in concept.terms} & IDENTIFIER:
            yield found(
                "LB301",
                first.start,
                concept.node.end,
                "the concept has headings only, no text words",
            )
    elif not tags & HEADING and not any(term.tag == "pt" for term in concept.terms):
        names = (_is_a_heading(heading(term)[0], starred=False) for term in concept.topical)
        name = next(filter(None, names), "")
        hint = f"; MeSH has {name!r}" if name else ""
        yield found("LB302", first.start, concept.node.end, f"the concept has no heading{hint}")


def _stems(term: Term) -> set[str]:
    told = (word.strip("*") for word in words(term))
    return {word[:_SHORTEST] for word in told if len(word) >= _SHORTEST}


def _kin(one: Term, other: Term) -> bool:
    """Do two terms share a word, or the better part of one?"""
    return any(
        mine == theirs
        or len(os.path.commonprefix((mine, theirs)))  # noqa: RUF071 - letters are meant
        > max(_KIN, 0.75 * min(len(mine), len(theirs)) - 1)
        for mine in _plain(one)
        for theirs in _plain(other)
    )


def _by_beginning(terms: Iterable[Term]) -> Mapping[str, list[Term]]:
    found: dict[str, list[Term]] = {}
    for term in terms:
        for word in _plain(term):
            found.setdefault(word[:_KIN], []).append(term)
    return found


def _plain(term: Term) -> list[str]:
    return [word.strip("*") for word in words(term)]


def _relatives(concept: Concept, others: list[Concept]) -> Iterator[Finding]:
    """A term like those of another concept and unlike all of its own."""
    if len(concept.topical) == 1:
        return
    mine = _by_beginning(concept.topical)
    theirs = [
        _by_beginning(one for one in other.topical if len(words(one)) == 1) for other in others
    ]
    for term in concept.topical:
        if len(words(term)) != 1:
            continue
        start = _plain(term)[0][:_KIN]
        if any(_kin(term, one) for one in mine.get(start, ()) if one is not term):
            continue
        for other in theirs:
            alike = [one for one in other.get(start, ()) if _kin(term, one)]
            if alike:
                yield found(
                    "LB102", term.start, term.end,
                    f"{term} resembles {alike[0]}, which stands in another concept",
                )  # fmt: skip
                break


def _branches(concept: Concept) -> Iterator[Finding]:
    """The one heading, or word that is one, far from all the others in the tree of MeSH.

    Where several are far from each other the concept is a wide one, and none of them has strayed.
    """
    known = {term: branches for term in concept.topical if (branches := _branches_of(term))}
    far = [term for term in known if _is_far(term, known, concept)]
    if len(far) == 1:
        yield found(
            "LB103", far[0].start, far[0].end, f"{far[0]} stands far from its concept in MeSH"
        )


def _is_far(term: Term, known: Mapping[Term, frozenset[str]], concept: Concept) -> bool:
    """Does the term share neither a word nor a branch of MeSH with any other of its concept?"""
    others = [
        branches
        for other, branches in known.items()
        if other is not term and not _stems(other) & _stems(term)
    ]
    kin = any(
        _stems(term) & _stems(other) or _share_a_short_stem(term, other)
        for other in concept.topical
        if other is not term
    )
    return not kin and bool(others) and not any(known[term] & one for one in others)


def _share_a_short_stem(one: Term, other: Term) -> bool:
    """Are they as nurse and nursing are: four letters, and endings?"""
    return any(
        mine[:_KIN] == theirs[:_KIN] and min(len(mine), len(theirs)) <= _KIN + 2
        for mine in _plain(one)
        for theirs in _plain(other)
        if len(mine) >= _KIN
    )


def _branches_of(term: Term) -> frozenset[str]:
    """The branches, as C14; all drugs and chemicals are one, as their classes stand apart."""
    return frozenset(
        branch[0] if branch.startswith("D") else branch for branch in _all_branches_of(term)
    )


def _all_branches_of(term: Term) -> frozenset[str]:
    names = vocabulary.headings()
    name, _ = heading(term)
    if term.tag in ("mh", "majr"):
        return names.get(name, frozenset())
    if "*" in term.text:  # many words, many branches: digital* is Digitalis too
        return frozenset()
    return (
        names.get(name) or names.get(name + "s") or names.get(name.removesuffix("s"), frozenset())
    )


def _heading(term: Term, view: View) -> Iterator[Finding]:
    name, qualifier = heading(term)
    if "*" in term.text:
        yield found("LB307", term.start, term.end, f"{term} is a truncated heading")
        return
    if term.tag != "sh" and not _exists(name, view):
        near = sorted(one for one in vocabulary.one_edit_away(name) if _exists(one, view))
        hint = f"; did you mean {near[0]}" if near else ""
        fix = None
        if near:
            fix = str(
                Term(text=near[0].title(), quoted=term.quoted, tag=term.tag, modifier=term.modifier)
            )
        yield found("LB303", term.start, term.end, f"MeSH has no heading {name!r}{hint}", fix=fix)
    if term.modifier == "noexp":
        yield found("LB304", term.start, term.end, f"{term} leaves out the narrower headings")
    if qualifier:
        yield found("LB305", term.start, term.end, f"{qualifier!r} restricts the heading")
    if term.tag == "majr":
        yield found("LB306", term.start, term.end, f"{term} asks for the main topic only")


def _exists(name: str, view: View) -> bool:
    if view.mesh.knows(name):
        return True
    imported = view.mesh is not BUILT_IN and view.mesh is not NO_TREE
    return not imported and name in vocabulary.headings()


def _broader(view: View) -> Iterator[Finding]:
    for group in view.groups:
        here = [one for one in group.operands if isinstance(one, Term) and one.tag == "mh"]
        for term in here:
            name, qualifier = heading(term)
            for broad in here:
                over = heading(broad)
                if broad is term or broad.modifier or over[1] or qualifier or over[0] == name:
                    continue
                if name in view.mesh.below(over[0]):
                    yield found("LB309", term.start, term.end, f"{broad} finds {term} already")
                    break


def _unsearched(view: View) -> Iterator[Finding]:
    """Words that are headings, and headings that no text word resembles."""
    headings = {heading(term)[0] for term in view.terms if term.tag in HEADING}
    for concept in view.concepts:
        text = [term for term in concept.topical if term.tag in TEXT]
        told = {stem for term in text for stem in _stems(term)}
        for term in text:
            name = heading(term)[0]
            if (
                len(words(term)) == 1
                and len(name) >= _SHORTEST - 1
                and (like := _is_a_heading(name, starred="*" in term.text))
                and like not in headings
            ):
                yield found("LB308", term.start, term.end, f"MeSH has the heading {like!r}")
        for term in concept.topical:
            if text and term.tag in ("mh", "majr") and not _of_name(heading(term)[0]) & told:
                yield found("LB310", term.start, term.end, f"no text word resembles {term}")


def _of_name(name: str) -> set[str]:
    return {word[:_SHORTEST] for word in name.split() if len(word) >= _SHORTEST}


def _is_a_heading(name: str, *, starred: bool) -> str:
    known = vocabulary.headings()
    for form in (name, name + "s", name.removesuffix("s")):
        if form in known:
            return form
    if starred:
        return min(vocabulary.headings_beginning(name), key=len, default="")
    return ""
