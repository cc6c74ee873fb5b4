"""What the store knows of a record, read from both databases."""

from __future__ import annotations

from dataclasses import replace

from joined_place import BRIDGE, NEW, NOW, OLD, keep, match, retraction, rows, subscribe, tell

from bot.store import Engine, life, notices
from bot.store.database import reading, writing


def test_a_life_names_sightings_joins_and_who_was_told_what(engine: Engine) -> None:
    reader = subscribe(engine, "one@example.org")
    keep(engine, OLD, NEW)
    match(engine, 1)
    tell(engine, reader, {1: "yes"})
    keep(engine, BRIDGE)
    with writing(engine) as db:
        notices.note(db, retraction(1), NOW)
        (one,) = notices.of(db, [1])[1]
        notices.tell(db, reader, {one.id: "part-1"}, NOW)

    with reading(engine) as db:
        found = life.of(db, 1)

    assert [(one.key, one.rule == "") for one in found.sightings] == [
        (row["key"], row["rule"] == "")
        for row in sorted(rows(engine, "sightings"), key=lambda row: row["key"])
    ]
    assert [(one.kind, one.record_id, one.other_id) for one in found.joins] == [("join", 1, 2)]
    assert {one.verdict for one in found.decisions} == {"same"}
    assert [(one.query, one.answer) for one in found.matches] == [("q", "yes")]
    assert [(one.subscription_id, one.channel) for one in found.told] == [(reader, "email")]
    assert [(one.subscription_id, one.part) for one in found.told_notices] == [(reader, "part-1")]


def test_a_near_miss_is_named_with_what_told_it_apart(engine: Engine) -> None:
    far = replace(OLD, published="2010", authors=(), abstract=(), volume="40", pages="7-9")
    keep(engine, BRIDGE, far)

    with reading(engine) as db:
        pairs = life.decisions(db, 1) + life.near_misses(db, 1)

    assert [(one.citation, one.other, one.record_id) for one in pairs] == [(1, 2, 2)]
    assert pairs[0].verdict != "same"
    assert pairs[0].rule
    assert pairs[0].fields
