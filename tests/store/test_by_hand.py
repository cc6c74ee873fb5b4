"""What an operator splits stays split, what is merged stays merged, and nobody is told again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from joined_place import (
    BRIDGE,
    DAY,
    NEW,
    NOW,
    OLD,
    STRANGER,
    keep,
    match,
    merge,
    retraction,
    rows,
    split,
    subscribe,
    tell,
    told,
    untold,
)

from bot.model import Link, Relation
from bot.store import (
    Engine,
    notices,
    records,
    relations,
)
from bot.store.database import reading, writing


def test_a_split_tells_nobody_again_and_keeps_everybodys_notices(engine: Engine) -> None:
    reader = subscribe(engine, "one@example.org")
    keep(engine, OLD, BRIDGE, STRANGER)
    match(engine, 1)
    tell(engine, reader, {1: "yes"})

    settled = split(engine, 1)

    new = settled.record_of[2]
    assert new == 3
    assert untold(engine, reader) == []
    assert told(engine) == {(reader, 1), (reader, new)}
    with writing(engine) as db:
        notices.note(db, retraction(new), NOW)
    with reading(engine) as db:
        assert [one.notice.record_id for one in notices.untold(db, reader, NOW)] == [new]
        assert records.read(db, [1, new]) == {1: OLD, new: BRIDGE}


@pytest.mark.parametrize("both", [False, True], ids=["one half says so", "both say so"])
def test_a_notice_goes_with_the_half_that_says_so(engine: Engine, both: bool) -> None:
    reader = subscribe(engine, "one@example.org")
    link = Link(kind="RetractionIn", pmid="5")
    retracted = replace(BRIDGE, links=(link,))
    keep(engine, replace(OLD, links=(link,)) if both else OLD, retracted)
    tell(engine, reader, {1: "yes"})
    said = Relation(kind="retraction of", inverse=True, pmid="5", basis="pubmed")
    with writing(engine) as db:
        relations.say(db, [(1, said, None)], NOW)
        notices.note(db, retraction(1), NOW)
        (one,) = notices.of(db, [1])[1]
        notices.tell(db, reader, {one.id: "part-1"}, NOW)

    new = split(engine, 1).record_of[2]

    with reading(engine) as db:
        noted = notices.of(db, [1, new])
        assert set(noted) == ({1, new} if both else {new})
        assert {row.record_id for row in relations.of(db, [1, new])} == set(noted)
        assert notices.untold(db, reader, NOW) == []


def test_a_split_holds_when_its_citations_come_again_elsewhere(engine: Engine) -> None:
    keep(engine, OLD, BRIDGE)
    new = split(engine, 1).record_of[2]

    again = keep(engine, OLD, BRIDGE, task="another", now=NOW + DAY)
    same = keep(engine, OLD, BRIDGE, now=NOW + DAY)

    assert [one.record_id for one in (*again, *same)] == [1, new] * 2
    assert len(rows(engine, "records")) == 2


def test_a_split_holds_when_a_bridge_comes(engine: Engine) -> None:
    keep(engine, OLD, NEW)
    keep(engine, BRIDGE)
    split(engine, 1, 1)
    halves = {row["id"]: row["record_id"] for row in rows(engine, "citations")}

    (bridge,) = keep(engine, replace(BRIDGE, issue="2", published="2025"))

    held = {row["id"]: row["record_id"] for row in rows(engine, "citations")}
    assert halves[1] != halves[2] == halves[3]
    assert {number: held[number] for number in halves} == halves
    assert bridge.joined == ()


def test_to_split_off_a_bridge_parts_what_it_bridged(engine: Engine) -> None:
    keep(engine, OLD, NEW)
    keep(engine, BRIDGE)

    settled = split(engine, 1)

    assert settled.record_of == {1: 1, 2: 3, 3: 4}


def test_a_merge_by_hand_holds_and_a_split_undoes_it(engine: Engine) -> None:
    keep(engine, OLD, STRANGER)

    merged = merge(engine, 1, 2)
    again = keep(engine, STRANGER, task="another", now=NOW + DAY)
    parted = split(engine, 1, 2, 3)

    assert merged.joined == {2: 1}
    assert [one.record_id for one in again] == [1]
    assert parted.record_of == {1: 1, 2: 3, 3: 3}
    assert [(row["kind"], row["rule"]) for row in rows(engine, "joins")] == [
        ("join", "by hand"),
        ("split", "by hand"),
    ]


def test_a_merge_by_hand_undoes_a_split(engine: Engine) -> None:
    keep(engine, OLD, BRIDGE)
    new = split(engine, 1).record_of[2]

    settled = merge(engine, 1, new)

    assert settled.record_of == {1: 1, 2: 1}
