"""Groups: which citations are one record.  A function of what they say, never of their order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
    may never be one.
    """
    members = {number: [number] for number in citations}
    place = {number: number for number in citations}
    packed = {number: one.pack() for number, one in citations.items()}
    apart = {pair for pair, verdict in rulings.items() if verdict == "apart"}
    for (one, other), verdict in sorted(rulings.items()):
        if verdict == "together" and one in place and other in place:
            _join(members, place, one, other)
    same = [edge for edge in edges if edge.decision.verdict == "same"]
    same.sort(key=lambda edge: _order(edge, packed))
    for edge in same:
        ours, theirs = place[edge.one], place[edge.other]
        if ours != theirs and not any(
            _never(one, other, citations, apart)
            for one in members[ours]
            for other in members[theirs]
        ):
            _join(members, place, edge.one, edge.other)
    return sorted(tuple(sorted(some)) for some in members.values())


def _order(edge: Edge, packed: Mapping[int, str]) -> tuple[int, str, str]:
    """The strongest first; then by what the citations say: their numbers tell of their arrival."""
    one, other = sorted((packed[edge.one], packed[edge.other]))
    return -edge.decision.strength, one, other


def _never(
    one: int, other: int, citations: Mapping[int, Citation], apart: set[tuple[int, int]]
) -> bool:
    return (min(one, other), max(one, other)) in apart or decide(
        citations[one], citations[other]
    ).veto


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

    def add(self, number: int, citation: Citation) -> tuple[Edge, ...]:
        """Take in a citation; say to which of the earlier ones it is the same or related."""
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
