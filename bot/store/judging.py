"""Compare what a source shows with the citations that may be the same: stored, or just shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection

from bot import dedup
from bot.dedup import Citation, Edge
from bot.model import Record
from bot.ports import Found
from bot.store import citations
from bot.store.citations import New, Pair, Stored
from bot.store.joining import Group

#: Citations that are not stored yet have numbers from here on: they came after all that are.
UNSTORED: Final = 1 << 62


class Seen(NamedTuple):
    """What the source has shown under one key before."""

    record_id: int
    citation_id: int  #: 0 where it only listed the PMID of a record.
    packed: str


class Shown(NamedTuple):
    """One record of a batch, and the citation that it is."""

    key: str
    number: int
    fresh: bool  #: It brought the citation; nobody has said this before.


class Batch:
    """What a source shows at once: which citation each is, and what those are to one another."""

    def __init__(self, db: Connection, found: Sequence[Found], before: Mapping[str, Seen]) -> None:
        self.new: dict[int, New] = {}
        self.again: dict[int, list[Record]] = {}  #: Stored citation -> what it says this time.
        self.edges: list[Edge] = []  #: What was decided, with stored ones and among the new.
        self.together: list[Pair] = []  #: Shown under one key.
        self.before = before
        self._at = {key: seen.citation_id for key, seen in before.items()}
        shown = [_shown(one.record) for one in found]
        pairs = list(zip(found, shown, strict=True))
        changed = {one.key for one, new in pairs if not self._is_unchanged(one.key, new)}
        self._keys = {
            new.packed: dedup.keys(new.citation) for one, new in pairs if one.key in changed
        }
        self._by_key = citations.found_by(db, {key for keys in self._keys.values() for key in keys})
        candidates = {number for numbers in self._by_key.values() for number in numbers}
        self.stored: dict[int, Stored] = citations.read(db, candidates)
        self._unpacked: dict[int, Citation] = {}
        self.shown = [self._place(one.key, new) for one, new in pairs]

    def _is_unchanged(self, key: str, new: New) -> bool:
        return key in self.before and self.before[key].packed == new.packed

    def _place(self, key: str, new: New) -> Shown:
        number = self._twin(key, new)
        fresh = not number
        if number in self.new:
            known = self.new[number]
            self.new[number] = known._replace(record=dedup.merge(known.record, new.record))
        elif number:
            self.again.setdefault(number, []).append(new.record)
        else:
            number = self._add(new, self._at.get(key, 0))
        self._at[key] = number
        return Shown(key, number, fresh)

    def _twin(self, key: str, new: New) -> int:
        """The citation that says the same under this key, of this PMID or of this record; 0 when
        none does."""
        seen = self.before.get(key)
        if seen and seen.citation_id == self._at[key] and seen.packed == new.packed:
            return seen.citation_id
        for number in self._candidates(new):
            if number in self.new:
                equal, ours = self.new[number].packed == new.packed, number == self._at.get(key)
            else:
                stored = self.stored[number]
                equal = stored.packed == new.packed
                ours = seen is not None and stored.record_id == seen.record_id
            if equal and (ours or new.record.pmid):
                return number
        return 0

    def _add(self, new: New, before: int) -> int:
        """Number a new citation, and compare it with its candidates."""
        number = UNSTORED + len(self.new)
        for candidate in self._candidates(new):
            decision = dedup.decide(self._citation(candidate), new.citation)
            if decision.verdict != "different":
                self.edges.append(Edge(candidate, number, decision))
        if before:
            self.together.append((before, number))
        self.new[number] = new
        for key in self._keys[new.packed]:
            self._by_key.setdefault(key, []).append(number)
        return number

    def _candidates(self, new: New) -> list[int]:
        return sorted({n for key in self._keys[new.packed] for n in self._by_key.get(key, ())})

    def _citation(self, number: int) -> Citation:
        if number in self.new:
            return self.new[number].citation
        if number not in self._unpacked:
            self._unpacked[number] = dedup.unpack(self.stored[number].packed)
        return self._unpacked[number]

    def groups(self, db: Connection) -> Grouped:
        """The records that the new citations make, with all that they are connected to."""
        same = [edge for edge in self.edges if edge.decision.verdict == "same"]
        reached = {number for edge in same for number in (edge.one, edge.other)}
        reached.update(number for pair in self.together for number in pair)
        known = citations.component(db, reached.difference(self.new))
        compared = {number: one.citation for number, one in self.new.items()}
        for number, one in known.stored.items():
            compared[number] = self._unpacked.get(number) or dedup.unpack(one.packed)
        edges = known.edges + same
        rulings = known.rulings | dict.fromkeys(self.together, "together")
        record_of = {number: one.record_id for number, one in known.stored.items()}
        return Grouped(dedup.group(compared, edges, rulings), record_of, edges)


class Grouped(NamedTuple):
    """Groups of citations, the record of each stored one so far, and what ties them."""

    groups: list[Group]
    record_of: dict[int, int]
    edges: list[Edge]

    def rules(self, new: Iterable[int]) -> dict[int, str]:
        """The rule that ties each new citation to its group, to what came before it if to any of
        that; empty for the first of a new record."""
        group_of = {number: group for group in self.groups for number in group}
        best: dict[int, tuple[bool, int, str]] = {}
        for edge in self.edges:
            if group_of[edge.one] == group_of[edge.other]:
                _, rule, _, strength, _ = edge.decision
                for number, earlier in ((edge.one, False), (edge.other, True)):
                    tie = earlier, strength, rule
                    best[number] = max(best.get(number, tie), tie)
        return {
            number: "" if number == min(group_of[number]) else best.get(number, _BY_KEY)[2]
            for number in new
        }


_BY_KEY = (True, 0, "sighting")


def _shown(record: Record) -> New:
    citation = dedup.citation(record)
    return New(citation, citation.pack(), record)
