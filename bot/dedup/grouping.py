"""Groups: which citations are one record.  A function of what they say, never of their order."""

from __future__ import annotations

from collections.abc import Collection as Some
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from bot.dedup.blocking import keys
from bot.dedup.citing import Citation
from bot.dedup.deciding import Decision, decide


class Edge(NamedTuple):
    """Two citations that are the same or related; `one` has the smaller number."""

    one: int
    other: int
    decision: Decision


def group(
    citations: Mapping[int, Citation],
    edges: Iterable[Edge],
    rulings: Mapping[tuple[int, int], str],
) -> list[tuple[int, ...]]:
    """Part citations into records.

    `rulings` (smaller number, larger number) say `together`, which joins before everything, or
    `apart`.  Then the strongest edge joins first, unless two of those that it would bring together
    may never be one.  Of citations that a ruling has brought together, however they differ, it is
    enough that one is the same.
    """
    edges = list(edges)
    same = [edge for edge in edges if edge.decision.verdict == "same"]
    known = {(edge.one, edge.other): edge.decision.veto for edge in edges}
    known.update({pair: True for pair, verdict in rulings.items() if verdict == "apart"})
    together = [pair for pair, verdict in rulings.items() if verdict == "together"]
    members, place = _components(citations, [*together, *(edge[:2] for edge in same)])
    within: dict[int, list[Edge]] = {}
    for edge in same:
        within.setdefault(place[edge.one], []).append(edge)
    groups: list[tuple[int, ...]] = []
    ruled = {number for pair in rulings for number in pair}
    for root, component in members.items():
        telling = _telling(component, citations, ruled)
        if any(_never(pair, citations, known) for pair in _pairs(telling)):
            some = {number: citations[number] for number in component}
            groups += _parted(some, within.get(root, []), rulings, known)
        else:
            groups.append(tuple(sorted(component)))
    return sorted(groups)


def _telling(
    component: Iterable[int], citations: Mapping[int, Citation], ruled: Some[int]
) -> list[int]:
    """Without the copies of those that are there: what is said of one is said of them."""
    first: dict[Citation, int] = {}
    return [
        number
        for number in component
        if first.setdefault(citations[number], number) == number or number in ruled
    ]


def _pairs(numbers: Iterable[int]) -> Iterable[tuple[int, int]]:
    return combinations(sorted(numbers), 2)


def _components(
    citations: Mapping[int, Citation], ties: Iterable[tuple[int, int]]
) -> tuple[dict[int, list[int]], dict[int, int]]:
    """What hangs together, if nothing forbids it; and where each citation is."""
    members = {number: [number] for number in citations}
    place = {number: number for number in citations}
    for one, other in ties:
        if one in place and other in place:
            _join(members, place, one, other)
    return members, place


def _parted(
    citations: Mapping[int, Citation],
    same: Sequence[Edge],
    rulings: Mapping[tuple[int, int], str],
    known: dict[tuple[int, int], bool],
) -> list[tuple[int, ...]]:
    """One component in which something is forbidden."""
    together = [pair for pair, verdict in rulings.items() if verdict == "together"]
    members, place = _components(citations, together)
    tied = dict(place)
    seen_same = {edge[:2] for edge in same}
    apart = {pair for pair, verdict in rulings.items() if verdict == "apart"}
    for edge in _strongest_first(citations, same):
        ours, theirs = members[place[edge.one]], members[place[edge.other]]
        if ours is theirs:
            continue
        pairs = [(min(one, other), max(one, other)) for one in ours for other in theirs]
        barred = {_tied(pair, tied) for pair in pairs if _never(pair, citations, known)}
        if barred:
            barred -= {_tied(pair, tied) for pair in seen_same.intersection(pairs)}
        if not barred and apart.isdisjoint(pairs):
            _join(members, place, edge.one, edge.other)
    return [tuple(sorted(some)) for some in members.values()]


def _strongest_first(citations: Mapping[int, Citation], same: Sequence[Edge]) -> list[Edge]:
    """Of equal strength, in the order of what they say: their numbers tell of their arrival."""
    numbers = {number for edge in same for number in edge[:2]}
    packed = {number: citations[number].pack() for number in numbers}

    def order(edge: Edge) -> tuple[int, str, str]:
        one, other = sorted((packed[edge.one], packed[edge.other]))
        return -edge.decision.strength, one, other

    return sorted(same, key=order)


def _tied(pair: tuple[int, int], tied: Mapping[int, int]) -> frozenset[int]:
    """What rulings have made of the two."""
    return frozenset((tied[pair[0]], tied[pair[1]]))


def _never(
    pair: tuple[int, int],
    citations: Mapping[int, Citation],
    known: dict[tuple[int, int], bool],
) -> bool:
    """May these two never be one record?  Remembered, for groups meet more than once."""
    if pair not in known:
        known[pair] = decide(citations[pair[0]], citations[pair[1]]).veto
    return known[pair]


def _join(members: dict[int, list[int]], place: dict[int, int], one: int, other: int) -> None:
    kept, gone = place[one], place[other]
    if kept != gone:
        for number in members[gone]:
            place[number] = kept
        members[kept] += members.pop(gone)


class Collection:
    """Citations in memory, found by their keys; the same result as through the store."""

    def __init__(self) -> None:
        self.citations: dict[int, Citation] = {}
        self.edges: list[Edge] = []
        self.compared = 0  #: Pairs that shared a key.
        self._by_key: dict[int, list[int]] = {}
        self._first: dict[Citation, int] = {}

    def add(self, number: int, citation: Citation) -> tuple[Edge, ...]:
        """Take in a citation; say to which of the earlier ones it is the same or related."""
        first = self._first.setdefault(citation, number)
        if first != number:
            decision = decide(citation, citation)
            if decision.verdict == "same":  # a copy is what the first one is, and hides behind it
                self.citations[number] = citation
                edge = Edge(min(first, number), max(first, number), decision)
                self.edges.append(edge)
                return (edge,)
        candidates: set[int] = set()
        for key in keys(citation):
            there = self._by_key.setdefault(key, [])
            candidates.update(there)
            there.append(number)
        self.citations[number] = citation
        found = []
        for candidate in sorted(candidates):
            self.compared += 1
            decision = decide(self.citations[candidate], citation)
            if decision.verdict != "different":
                one, other = sorted((candidate, number))
                found.append(Edge(one, other, decision))
        self.edges += found
        return tuple(found)

    def groups(self) -> list[tuple[int, ...]]:
        """The citations of each record."""
        return group(self.citations, self.edges, {})
