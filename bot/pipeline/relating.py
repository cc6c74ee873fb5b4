"""Save what kept records say of others, and note what happened to studies by that.

It runs in the transaction that kept them, so no order of arrival matters: the notice before the
study, the study before the notice, both at once, or one of them years later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from bot import relations
from bot.model import Basis, Notice, Record, Relation, RelationKind
from bot.relations import Said
from bot.store import Connection, citations, notices, records
from bot.store import relations as stored
from bot.store.records import Kept
from bot.store.relations import Related

_BASES: Final[Sequence[Basis]] = ("pubmed", "feed", "title")  # the surest first

#: What a record can be to several others.
_MANY: Final[frozenset[RelationKind]] = frozenset(
    {"new version of", "part of", "companion of", "translation of", "protocol of"}
)


def relate(db: Connection, kept: Sequence[Kept], basis: Basis, now: datetime) -> None:
    """Save the relations of these records, stated and inferred, and note the events that readers
    must hear of; `basis` is who showed the records."""
    seen = {one.record_id: one.record for one in kept}
    dropped = _say(db, seen, now)
    _find_others(db, seen)
    _infer(db, kept, now)
    _note(db, stored.of(db, seen), seen, now)
    if basis == "pubmed":
        _note_return(db, dropped, now)


def _say(db: Connection, seen: Mapping[int, Record], now: datetime) -> set[int]:
    """Bring the rows of these records to what they say now.  Returns the records that PubMed
    called retracted and does not any more."""
    rows: dict[int, list[Related]] = {number: [] for number in seen}
    for row in stored.of(db, seen):
        if row.record_id in rows:
            rows[row.record_id].append(row)
    new: list[tuple[int, Relation, int | None]] = []
    gone: list[Related] = []
    for number, shown in _shown(db, seen).items():
        said: dict[tuple[object, ...], Relation] = {}
        for record in shown:
            for one in relations.stated(record, "pubmed" if record.status else "feed"):
                known = said.get(_key(one))
                said[_key(one)] = one if known is None else _surer(known, one)
        for row in rows[number]:
            now_said = said.pop(_key(row.relation), None)
            if now_said is None:
                gone += [] if _is_inferred(row) else [row]
            elif _surer(row.relation, now_said) != row.relation:
                stored.change(db, row.id, _surer(row.relation, now_said))
        new += [(number, one, None) for one in said.values()]
    stored.forget(db, [row.id for row in gone])
    stored.say(db, new, now)
    return {
        row.record_id
        for row in gone
        if row.relation.kind == "retraction of"
        and row.relation.inverse
        and row.relation.basis == "pubmed"
    }


def _shown(db: Connection, seen: Mapping[int, Record]) -> dict[int, list[Record]]:
    """What the sources say of each record; of two citations by PubMed, what it says now."""
    numbers = citations.of_records(db, seen)
    several = {number: some for number, some in numbers.items() if len(some) > 1}
    bodies = citations.bodies(db, [one for some in several.values() for one in some])
    shown = {number: [record] for number, record in seen.items()}
    for number, some in several.items():
        told = [bodies[one] for one in some]
        last = {one.pmid: one for one in told if one.status}
        shown[number] = [one for one in told if not one.status] + list(last.values())
    return shown


def _key(relation: Relation) -> tuple[object, ...]:
    """What makes a relation one of its record."""
    named = stored.name(relation)
    return relation.kind, relation.inverse, named, "" if any(named) else relation.citation


def _surer(known: Relation, seen: Relation) -> Relation:
    """Of two that are one: what the surer one says, with the citation that either has."""
    best, other = sorted((seen, known), key=lambda one: _BASES.index(one.basis))
    return best if best.citation else replace(best, citation=other.citation)


def _is_inferred(row: Related) -> bool:
    return row.relation.basis == "title" and row.other_id is not None


def _find_others(db: Connection, seen: Mapping[int, Record]) -> None:
    """Point rows to the records that they name, where these are stored by now."""
    names: dict[str, set[str]] = {"pmid": set(), "doi": set()}
    for record in seen.values():
        names["pmid"] |= {record.pmid} - {""}
        names["doi"] |= {record.doi} - {""}
    open_ = stored.waiting(db, {scheme: sorted(values) for scheme, values in names.items()})
    open_ += [row for row in stored.of(db, seen) if row.other_id is None]
    wanted: dict[str, set[str]] = {"pmid": set(), "doi": set()}
    for row in open_:
        scheme, value = stored.name(row.relation)
        if value:
            wanted[scheme].add(value)
    found = stored.found(db, wanted)
    others = {row.id: found.get(stored.name(row.relation)) for row in open_}
    own = {row.id: row.record_id for row in open_}
    stored.resolve(
        db, {row: number for row, number in others.items() if number and number != own[row]}
    )


def _infer(db: Connection, kept: Sequence[Kept], now: datetime) -> None:
    """Save what titles say of related records where nobody says it, and forget it where somebody
    does by now: of these two records, or of whom the notice or the preprint really is."""
    found = {frozenset((one.record_id, other)) for one in kept for other in one.related}
    pairs = {pair for pair in found if len(pair) == 2}
    numbers = {one.record_id for one in kept} | {number for pair in pairs for number in pair}
    rows = stored.of(db, numbers)
    inferred = [row for row in rows if _is_inferred(row)]
    told = [row for row in rows if row.relation.basis != "title"]
    pairs_told = {_pair(row) for row in told}
    settled = {_speaker(row.record_id, row.relation, row.other_id) for row in told} - {None}
    wrong = [
        row
        for row in inferred
        if _pair(row) in pairs_told
        or _speaker(row.record_id, row.relation, row.other_id) in settled
    ]
    stored.forget(db, [row.id for row in wrong])
    for one, other in ((row.record_id, row.other_id) for row in wrong):
        if other is not None:
            notices.take_back(db, one, other)
            notices.take_back(db, other, one)
    open_ = pairs - pairs_told - {_pair(row) for row in inferred}
    held = records.read(db, sorted({number for pair in open_ for number in pair}))
    new = []
    for one, other in sorted(tuple(sorted(pair)) for pair in open_ if pair <= set(held)):
        relation = relations.between(held[one], held[other])
        if relation is not None and _speaker(one, relation, other) not in settled:
            named = replace(relation, pmid=held[other].pmid, doi=held[other].doi)
            new.append((one, named, other))
    stored.say(db, new, now)


def _speaker(one: int, relation: Relation, other: int | None) -> tuple[int, RelationKind] | None:
    """Which record is so by this relation, where it is so to one other record only."""
    speaker = other if relation.inverse else one
    return None if speaker is None or relation.kind in _MANY else (speaker, relation.kind)


def _pair(row: Related) -> frozenset[int | None]:
    return frozenset((row.record_id, row.other_id))


def _note(
    db: Connection, rows: Iterable[Related], seen: Mapping[int, Record], now: datetime
) -> None:
    """Note what happened to the studies that these rows are about."""
    touched = {number for row in rows for number in (row.record_id, row.other_id) if number}
    # what happens to a retraction happens to the study that it retracts
    studies = touched | {
        number
        for some in _about(db, touched).values()
        for number, said in some
        if number and said.kind == "retraction of" and not said.inverse
    }
    about = _about(db, studies)
    named = {number for some in about.values() for number, _ in some if number}
    about |= _about(db, named - studies)
    others = {number for some in about.values() for number, _ in some if number}
    held = dict(seen) | records.read(db, sorted((others | studies) - set(seen)))
    for number in sorted(studies & set(held)):
        said = [
            Said(relation, other, held.get(other) if other else None)
            for other, relation in [*about.get(number, ()), *_undone(number, about, held)]
        ]
        for notice in relations.noticed(number, held[number], said):
            notices.note(db, notice, now)


_Seen = tuple[int | None, Relation]  # the other record, and the relation as seen from this one


def _about(db: Connection, numbers: Iterable[int]) -> dict[int, list[_Seen]]:
    """The relations of each of these records as seen from it, with the other record."""
    wanted = set(numbers)
    found: dict[int, list[_Seen]] = {number: [] for number in wanted}
    rows = stored.of(db, wanted)
    others = {row.record_id for row in rows if row.record_id not in wanted}
    names = records.read(db, sorted(others | {row.record_id for row in rows if row.other_id}))
    for row in rows:
        if row.record_id in wanted:
            found[row.record_id].append((row.other_id, row.relation))
        if row.other_id in wanted and row.other_id is not None:
            one = names[row.record_id]
            flipped = replace(
                row.relation,
                inverse=not row.relation.inverse,
                pmid=one.pmid,
                doi=one.doi,
                citation="",
            )
            found[row.other_id].append((row.record_id, flipped))
    return found


def _undone(
    number: int, about: Mapping[int, Sequence[_Seen]], held: Mapping[int, Record]
) -> Iterator[_Seen]:
    """Who retracts the retraction of a study reinstates it."""
    for notice, relation in about.get(number, ()):
        if notice is None or notice not in held or not relation.inverse:
            continue
        if relation.kind != "retraction of":
            continue
        if relations.notice_kind(held[notice]) != "retraction of":
            continue
        for other, said in about.get(notice, ()):
            undoes = said.kind in ("retraction of", "reinstatement of")
            if said.inverse and undoes and other != number:
                yield other, replace(said, kind="reinstatement of")


def _note_return(db: Connection, dropped: Iterable[int], now: datetime) -> None:
    """PubMed called these retracted and does not any more, and nobody else does."""
    about = _about(db, dropped)
    for number, said in about.items():
        if any(
            relation.kind == "retraction of" and relation.inverse and relation.basis != "title"
            for _, relation in said
        ):
            continue
        notices.close(db, number)  # if it is retracted once more, that is told once more
        notices.note(
            db,
            Notice(record_id=number, kind="reinstatement", identity="", basis="pubmed"),
            now,
        )
