"""Which records of files are one work: in memory, or with a database of what was fed before.

An entry is known by its id and by what is compared of it.  One that says the same under the same id
in another file, or was fed before, is the same entry; another one gets a name of its own, `ID#2`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

from bot import dedup
from bot.formats.reading import Entry
from bot.model import Record
from bot.store import Engine, citations, file_sets
from bot.store.database import reading, writing
from bot.store.file_sets import Decided

BY_HAND = "together by hand"  # what no decision ties


class Placed(NamedTuple):
    """An entry of a file and the name that it has from now on."""

    entry: Entry
    name: str
    known: bool  #: It was there already.


class Row(NamedTuple):
    """One record of the answer."""

    cluster: int  #: Numbered from 1, in the order of the first records.
    id: str
    rule: str  #: What ties it most strongly to a record before it; empty for the first one.


class Related(NamedTuple):
    """Two records that belong together and are not one work."""

    id: str
    other: str
    rule: str


class Answer(NamedTuple):
    """All works."""

    rows: list[Row]
    related: list[Related]


class Names:
    """The names that the entries of one file have got."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._last: dict[str, int] = {}  # of the ids that came more than once

    def give(self, own: str, same: Callable[[str], bool | None]) -> tuple[str, bool]:
        """A name for an entry with this id, and whether it is known under it.

        `same` says of a name whether what is known under it is the same; None if nothing is.
        """
        number = self._last.get(own, 1)
        while True:
            name = own if number == 1 else f"{own}#{number}"
            answer = False if name in self._taken else same(name)
            if answer is not False:
                break
            number += 1
        if number > 1:
            self._last[own] = number
        self._taken.add(name)
        return name, bool(answer)


class Works(Protocol):
    """Where records are put together."""

    def add(self, entries: Sequence[Entry], names: Names) -> list[Placed]: ...

    def answer(self) -> Answer: ...


class InMemory:
    """The records of this run alone."""

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._said: dict[str, int] = {}
        self._collection = dedup.Collection()

    def add(self, entries: Sequence[Entry], names: Names) -> list[Placed]:
        placed = []
        for entry in entries:
            citation = dedup.citation(entry.record)
            said = hash(citation)

            def same(name: str, said: int = said) -> bool | None:
                return self._said[name] == said if name in self._said else None

            name, known = names.give(entry.id, same)
            if not known:
                self._said[name] = said
                self._collection.add(len(self._ids), citation)
                self._ids.append(name)
            placed.append(Placed(entry, name, known))
        return placed

    def answer(self) -> Answer:
        edges = [
            Decided(one, other, decision.verdict, decision.rule, decision.strength)
            for one, other, decision in self._collection.edges
        ]
        groups = [sorted(some) for some in self._collection.groups()]
        return _answer(self._ids, groups, edges)


class InState:
    """The records of this run and of those before it, in a database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, entries: Sequence[Entry], names: Names) -> list[Placed]:
        placed = []
        new: dict[str, Record] = {}
        with writing(self._engine, saves_records=True) as db:
            there = file_sets.compared(db, (entry.id for entry in entries))
            for entry in entries:
                said = dedup.citation(entry.record).pack()

                def same(name: str, own: str = entry.id, said: str = said) -> bool | None:
                    if name != own and name not in there:
                        there.update(file_sets.compared(db, (name,)))
                    return there[name] == said if name in there else None

                name, known = names.give(entry.id, same)
                if not known:
                    new[name], there[name] = entry.record, said
                placed.append(Placed(entry, name, known))
            file_sets.feed(db, new, datetime.now(UTC))
        return placed

    def answer(self) -> Answer:
        places: dict[int, int] = {}
        works: dict[int, list[int]] = {}
        twins: list[tuple[int, int]] = []  # of those that share a citation
        with reading(self._engine) as db:
            members = file_sets.members(db)
            for place, one in enumerate(members):
                works.setdefault(one.record_id, []).append(place)
                if places.setdefault(one.citation_id, place) != place:
                    twins.append((one.citation_id, place))
            edges = [
                edge._replace(one=places[edge.one], other=places[edge.other])
                for edge in file_sets.decided(db)
                if edge.one in places and edge.other in places
            ]
            shared = citations.read(db, {number for number, _ in twins})
        for number, place in twins:
            twin = dedup.unpack(shared[number].packed)
            verdict, rule, _, strength, _ = dedup.decide(twin, twin)
            edges.append(Decided(places[number], place, verdict, rule, strength))
        return _answer([one.id for one in members], works.values(), edges)


def _answer(
    ids: Sequence[str], groups: Iterable[Sequence[int]], edges: Iterable[Decided]
) -> Answer:
    """The works in the order of their first records, each record with what ties it."""
    ordered = sorted(groups, key=lambda some: some[0])
    works = {number: work for work, some in enumerate(ordered) for number in some}
    ties: dict[int, tuple[bool, int, str]] = {}  # number -> to an earlier one?, strength, rule
    related = []
    for edge in edges:
        if edge.verdict == "related":
            related.append(Related(ids[edge.one], ids[edge.other], edge.rule))
        elif works[edge.one] == works[edge.other]:
            first, last = sorted((edge.one, edge.other))
            for number, earlier in ((last, True), (first, False)):
                ties[number] = max(
                    ties.get(number, (False, -1, "")), (earlier, edge.strength, edge.rule)
                )
    rows = [
        Row(work, ids[number], ties.get(number, (False, -1, BY_HAND))[2] if at else "")
        for work, some in enumerate(ordered, 1)
        for at, number in enumerate(some)
    ]
    return Answer(rows, related)
