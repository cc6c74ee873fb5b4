"""Checks of PRESS element 2: AND, OR, NOT and proximity."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.strategy.checks import vocabulary
from bot.strategy.checks.finding import Finding, found
from bot.strategy.checks.tokens import Group, Piece, grouped
from bot.strategy.checks.view import HEADING, TEXT, View, heading, nodes, words
from bot.strategy.mesh import folded
from bot.strategy.tree import And, Node, Not, Or, Term, short_tag

_SIGNS = {"&": "AND", "|": "OR"}
_LOWER = re.compile(r"(?<![^\s)\]\"])(?:and|or|not|And|Or|Not)(?![^\s(\"\[])")
_TAG = re.compile(r"\[([^\]:]*)[^\]]*\]\s*$")
_PROXIMITY_FIELDS = ("ti", "tiab", "ad")
_ALIKE = 4  # letters in common at the beginning: two forms of one word


def of_text(text: str) -> Iterator[Finding]:
    """What can be seen without a tree."""
    for group in grouped(text).all():
        yield from _mixed(group)
        for piece in group.operators:
            if piece.text in _SIGNS:
                yield _sign(text, piece)
        for member in group.members:
            if isinstance(member, Piece):
                yield from _lower_case(member)
        for left, right in group.implied:
            yield from _implied(text, left, right)
        yield from _joined_concepts(group)


def _sign(text: str, piece: Piece) -> Finding:
    """A sign needs no space around it; the word in its place does."""
    word = _SIGNS[piece.text]
    before = "" if text[: piece.start][-1:].isspace() else " "
    after = "" if text[piece.end :][:1].isspace() else " "
    fix = f"{before}{word}{after}"
    problem = f"{piece.text} means {word}"
    return found("LB206", piece.start, piece.end, problem, fix=fix, safe=True)


def _mixed(group: Group) -> Iterator[Finding]:
    kinds = {_SIGNS.get(one.text, one.text) for one in group.operators}
    if "OR" not in kinds or not (kinds - {"OR"} or group.implied):
        return
    first = _SIGNS.get(group.operators[0].text, group.operators[0].text)
    odd = next(
        (one for one in group.operators if _SIGNS.get(one.text, one.text) != first),
        group.operators[0],
    )
    told = " and ".join(sorted({*kinds, *(["AND"] if group.implied else [])}))
    start = min([odd.start, *(one.start for one in group.members[:1])])
    yield found("LB201", start, odd.end, f"{told} stand side by side without parentheses")


def _lower_case(piece: Piece) -> Iterator[Finding]:
    if piece.text.startswith('"'):
        return
    tag = _TAG.search(piece.text)
    plain = piece.text[: tag.start()] if tag else piece.text
    if tag and short_tag(tag[1]) in HEADING and folded(plain) in vocabulary.headings():
        return
    for word in _LOWER.finditer(plain):
        at = piece.start + word.start()
        upper = word.group().upper()
        yield found("LB205", at, at + len(upper), f"{word.group()} is no operator", fix=upper)


def _implied(text: str, left: Piece | Group, right: Piece | Group) -> Iterator[Finding]:
    between = text[left.end : right.start]
    if not between.strip():
        yield found(
            "LB207",
            right.start,
            right.start + 1,
            "no operator stands before this; it is read as AND",
        )


def _joined_concepts(group: Group) -> Iterator[Finding]:
    """An OR of parentheses that have headings and text words each."""
    if {_SIGNS.get(one.text, one.text) for one in group.operators} != {"OR"}:
        return
    like = [member for member in group.members if isinstance(member, Group) and _is_concept(member)]
    if len(like) > 1 and not _alike(like):
        between = [one for one in group.operators if like[0].end <= one.start <= like[1].start]
        at = between[0] if between else group.operators[0]
        yield found("LB203", at.start, at.end, "OR joins two groups that look like two concepts")


def _is_concept(group: Group) -> bool:
    tags = {short_tag(match[1]) for one in group.terms() if (match := _TAG.search(one.text))}
    return bool(tags & HEADING and tags & TEXT)


def _alike(groups: list[Group]) -> bool:
    """Do two of the groups share a word?"""
    seen: set[str] = set()
    for group in groups:
        here = {
            word[:6]
            for one in group.terms()
            for word in re.findall(r"\w{5,}", one.text.partition("[")[0].casefold())
        }
        if here & seen:
            return True
        seen |= here
    return False


def of_tree(view: View) -> Iterator[Finding]:
    """What is to be said of NOT, of AND between synonyms, and of proximity."""
    for node in nodes(view.root):
        if isinstance(node, Not) and not is_human_filter(node):
            yield found(
                "LB202", node.right.start, node.right.end, "NOT removes whatever also says this"
            )
        elif isinstance(node, And):
            yield from _synonyms(node)
    for term in view.terms:
        yield from _proximity(term)


def is_human_filter(node: Not) -> bool:
    """NOT (animals NOT humans): removes only what is about animals alone."""
    right = node.right
    if not isinstance(right, Not):
        # The inner half of the filter itself.
        return _is_heading(node.left, "animals") and _is_heading(right, "humans")
    return _is_heading(right.left, "animals") and _is_heading(right.right, "humans")


def _is_heading(node: Node, name: str) -> bool:
    return isinstance(node, Term) and node.tag == "mh" and heading(node)[0] in (name, name[:-1])


def _synonyms(node: And) -> Iterator[Finding]:
    leaves = [one for one in node.operands if isinstance(one, Term) and one.tag in HEADING | TEXT]
    for at, one in enumerate(leaves):
        for other in leaves[at + 1 :]:
            if not one.modifier.startswith("~") and _stems(one) & _stems(other):
                yield found(
                    "LB204", other.start, other.end, f"AND joins this to {one}, which says the same"
                )
                return
    for outer in node.operands:
        if not isinstance(outer, Or) or not leaves:
            continue
        stems = {stem for leaf in outer.operands if isinstance(leaf, Term) for stem in _stems(leaf)}
        for one in leaves:
            if _stems(one) & stems:
                yield found(
                    "LB204", one.start, one.end,
                    "AND joins this to a group that has other forms of it",
                )  # fmt: skip


def _stems(term: Term) -> set[str]:
    """The first letters of the only word, or of all words of a heading."""
    told = [word.strip("*") for word in words(term)]
    if len(told) > 1 and term.tag not in HEADING:
        return set()
    return {word[: max(_ALIKE, len(word) - 3)][:6] for word in told if len(word) > _ALIKE}


def _proximity(term: Term) -> Iterator[Finding]:
    if not term.modifier.startswith("~"):
        return
    if not term.quoted:
        fix = f'"{term.text}"[{term.tag}:{term.modifier}]'
        yield found(
            "LB208", term.start, term.end, "proximity needs quotes around the words", fix=fix
        )
    elif term.tag not in _PROXIMITY_FIELDS:
        yield found(
            "LB208", term.start, term.end, f"{term.tag} has no proximity; ti, tiab, ad have"
        )
    elif not re.fullmatch(r"~\d{1,4}", term.modifier):
        yield found("LB208", term.start, term.end, f"{term.modifier!r} is no distance; right is ~2")
    elif "*" in term.text:
        yield found("LB209", term.start, term.end, "with a wildcard PubMed ignores the distance")
