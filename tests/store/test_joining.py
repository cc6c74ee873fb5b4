"""Records become one, and all that points to them goes along; citations are known again."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa
from builders import record
from joined_place import (
    BRIDGE,
    DAY,
    NEW,
    NOW,
    OLD,
    STRANGER,
    bare,
    keep,
    keep_pubmed,
    match,
    retraction,
    rows,
    subscribe,
    tell,
    told,
    untold,
)

from bot.model import Answer, MatchKind, Record, Relation
from bot.ports import Found
from bot.store import (
    Engine,
    by_hand,
    digests,
    matches,
    notices,
    records,
    relations,
    subscriptions,
)
from bot.store import schema as tables
from bot.store.database import reading, writing
from bot.store.matches import Match
from bot.store.records import Kept


def test_a_bridging_record_joins_what_it_bridges(engine: Engine) -> None:
    old, new = keep(engine, OLD, NEW)

    (bridge,) = keep(engine, BRIDGE)

    assert (old.record_id, new.record_id) == (1, 2)
    assert (bridge.record_id, bridge.joined, bridge.new) == (1, (2,), False)
    assert [row["id"] for row in rows(engine, "records")] == [1]
    assert {row["record_id"] for row in rows(engine, "sightings")} == {1}
    assert {row["record_id"] for row in rows(engine, "citations")} == {1}
    with reading(engine) as db:
        assert records.by_doi(db, ["10.5555/join.1"]) == {"10.5555/join.1": 1}
        assert by_hand.find(db, "2") == (1, (2,))


def test_a_bridge_in_one_batch_with_what_it_bridges_makes_one_record(engine: Engine) -> None:
    kept = keep(engine, OLD, NEW, BRIDGE)

    assert {one.record_id for one in kept} == {1}
    assert [one.new for one in kept] == [True, False, False]
    assert rows(engine, "joins") == []


def test_who_was_told_of_either_was_told(engine: Engine) -> None:
    one, other = subscribe(engine, "one@example.org"), subscribe(engine, "other@example.org")
    keep(engine, OLD, NEW, STRANGER)
    match(engine, 1)
    match(engine, 2)
    tell(engine, one, {1: "yes"})
    tell(engine, other, {2: "yes"})

    keep(engine, BRIDGE)

    assert told(engine) == {(one, 1), (other, 1)}
    assert untold(engine, one) == untold(engine, other) == []
    with writing(engine) as db:
        notices.note(db, retraction(1), NOW)
    with reading(engine) as db:
        assert [len(notices.untold(db, number, NOW)) for number in (one, other)] == [1, 1]


def test_what_was_told_of_both_halves_is_told_once_of_a_retraction(engine: Engine) -> None:
    reader = subscribe(engine, "one@example.org")
    keep(engine, OLD, NEW)
    tell(engine, reader, {1: "yes", 2: "yes"})
    with writing(engine) as db:
        notices.note(db, retraction(1), NOW)
        notices.note(db, retraction(2), NOW)
        (first,) = notices.of(db, [1])[1]
        notices.tell(db, reader, {first.id: "part-1"}, NOW)

    keep(engine, BRIDGE)

    with reading(engine) as db:
        assert notices.untold(db, reader, NOW) == []
        assert len(notices.of(db, [1])[1]) == 1


def test_a_possible_match_that_was_told_is_confirmed_by_the_joined_one(engine: Engine) -> None:
    reader = subscribe(engine, "one@example.org")
    keep(engine, OLD, NEW)
    match(engine, 1, "unknown")
    match(engine, 2, "yes")
    tell(engine, reader, {1: "unknown"})

    keep(engine, BRIDGE)

    with reading(engine) as db:
        wanted = subscriptions.get(db, reader)
        assert wanted
        (one,) = digests.untold(db, wanted, NOW)
    assert (one.record_id, one.answer, one.told_as_possible) == (1, "yes", True)


def test_what_was_told_once_as_possible_and_once_as_real_is_not_told_again(engine: Engine) -> None:
    reader = subscribe(engine, "one@example.org")
    keep(engine, OLD, NEW)
    match(engine, 1, "unknown")
    match(engine, 2, "yes")
    tell(engine, reader, {1: "unknown", 2: "yes"})

    keep(engine, BRIDGE)

    assert untold(engine, reader) == []


MATCHES: list[tuple[tuple[Answer, MatchKind, int], ...]] = [  # two, and the one that counts
    (("yes", "new", 3), ("yes", "new", 1), ("yes", "new", 1)),
    (("no", "new", 1), ("yes", "late", 2), ("yes", "late", 2)),
    (("unknown", "new", 1), ("no", "new", 0), ("unknown", "new", 1)),
    (("yes", "baseline", 1), ("yes", "new", 2), ("yes", "new", 2)),
    (("yes", "baseline", 1), ("unknown", "new", 2), ("yes", "baseline", 1)),
]


def test_of_two_matches_the_surer_and_earlier_one_counts(engine: Engine) -> None:
    keep(engine, OLD, NEW)
    with writing(engine) as db:
        for place, (*pair, _) in enumerate(MATCHES):
            for query, order in ((f"{place}", pair), (f"{place} swapped", pair[::-1])):
                for number, (answer, kind, day) in enumerate(order, 1):
                    at = NOW + day * DAY
                    matches.save(db, [Match(number, query, answer, kind, "feed", 1, at)])

    keep(engine, BRIDGE)

    left = {row["query"]: row for row in rows(engine, "matches")}
    assert {row["record_id"] for row in left.values()} == {1}
    for place, (*_, best) in enumerate(MATCHES):
        for query in (f"{place}", f"{place} swapped"):
            row = left[query]
            days = (row["matched_at"] - NOW).days
            assert (row["answer"], row["kind"], days) == best, query


def test_relations_notices_and_shown_parts_go_along(engine: Engine) -> None:
    keep(engine, OLD, NEW, STRANGER)
    comment = Relation(kind="comment on", pmid="8", basis="pubmed")
    part_of = Relation(kind="companion of", basis="title")
    with writing(engine) as db:
        said = [(1, comment, None), (2, comment, 3), (2, part_of, 1), (3, part_of, 2)]
        relations.say(db, said, NOW)
        notices.note(db, retraction(2), NOW)
        for part, number in (("a", 1), ("a", 2), ("b", 2)):
            db.execute(sa.insert(tables.shown), {"part": part, "record_id": number})

    keep(engine, BRIDGE)

    found = {
        (row["record_id"], row["kind"], row["scheme"], row["value"], row["other_id"])
        for row in rows(engine, "relations")
    }
    assert found == {(1, "comment on", "pmid", "8", 3), (3, "companion of", "record", "1", 1)}
    assert [row["record_id"] for row in rows(engine, "notices")] == [1]
    shown = {(row["part"], row["record_id"]) for row in rows(engine, "shown")}
    assert shown == {("a", 1), ("b", 1)}


def test_a_number_that_is_no_more_is_never_given_again(engine: Engine) -> None:
    keep(engine, OLD, NEW)
    keep(engine, BRIDGE)

    (kept,) = keep(engine, STRANGER)

    assert kept.record_id > 2


# ---- citations and sightings


def test_a_pmid_that_six_queries_show_is_one_citation(engine: Engine) -> None:
    kept = [keep_pubmed(engine, record(), task=f"q{number}")[0] for number in range(6)]

    assert [one.new for one in kept] == [True, *[False] * 5]
    assert [one.rule for one in kept] == ["", *["pmid"] * 5]
    assert len(rows(engine, "citations")) == 1
    assert {row["citation_id"] for row in rows(engine, "sightings")} == {1}


def test_what_a_source_shows_anew_under_one_key_stays_one_record(engine: Engine) -> None:
    first, second = bare("A title of the first day"), bare("Something else by the second day")

    def show(one: Record) -> Kept:
        with writing(engine, saves_records=True) as db:
            return records.keep(db, "feed", "t", [Found(key="guid", record=one)], NOW)[0]

    kept = [show(one) for one in (first, second, first, second)]

    assert {one.record_id for one in kept} == {1}
    assert [one.rule for one in kept] == ["", *["sighting"] * 3]
    assert [one.first_sighting for one in kept] == [True, False, False, False]
    assert len(rows(engine, "citations")) == 2
    assert [row["reason"] for row in rows(engine, "rulings")] == ["sighting"]


def test_what_a_citation_says_more_reaches_the_record(engine: Engine) -> None:
    plain = replace(record(), mesh=(), indexed="")
    keep_pubmed(engine, plain)

    (kept,) = keep_pubmed(engine, record())

    assert kept.record.mesh == record().mesh
    with reading(engine) as db:
        assert records.read(db, [1])[1] == record()
    assert len(rows(engine, "citations")) == 1


def test_a_pmid_is_of_the_record_that_pubmed_gave(engine: Engine) -> None:
    wrong = bare("Salt marsh birds of a made-up island, counted by their voices", pmid="90000001")
    keep(engine, wrong)

    (kept,) = keep_pubmed(engine, record())

    with reading(engine) as db:
        assert records.by_pmid(db, ["90000001"]) == {"90000001": kept.record_id}
    assert kept.record_id == 2


def test_only_pubmed_gives_a_record_whole(engine: Engine) -> None:
    keep(engine, STRANGER)
    keep_pubmed(engine, record())

    assert [row["read_at"] for row in rows(engine, "records")] == [None, NOW]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["study first", "notice first"])
@pytest.mark.parametrize("batches", [1, 2])
def test_a_notice_and_its_study_are_related_and_not_one(
    engine: Engine, order: tuple[int, int], batches: int
) -> None:
    both = (record(), record(pmid="90000002", doi="10.5555/n", title=f"Erratum: {record().title}"))
    shown = [both[number] for number in order]

    kept = [
        one
        for some in ([shown] if batches == 1 else [shown[:1], shown[1:]])
        for one in keep_pubmed(engine, *some)
    ]

    assert [one.record_id for one in kept] == [1, 2]
    assert kept[1].related == (1,)
    assert kept[0].related == ((2,) if batches == 1 else ())
