"""litbot status, on a store that was filled by its own functions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cli_place import Litbot, answer

from bot.model import Record
from bot.ports import Found
from bot.store import Connection, matches, outbox, records, watermarks
from bot.store.database import connect, writing
from bot.store.matches import Match
from bot.store.watermarks import Run, State

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOSTILE = "\x1b]8;;http://evil.example\x07 [link=x]broken[/link]"


@pytest.fixture
def db(litbot: Litbot) -> Iterator[Connection]:
    """An open transaction on the database; commit it before asking."""
    litbot("db", "upgrade")
    with writing(connect("sqlite:///var/litbot.db")) as opened:
        yield opened


def run(**values: Any) -> Run:
    return Run(
        **({"source": "pubmed", "task": "relapse", "kind": "poll", "started_at": NOW} | values)
    )


def state(source: str, task: str, name: str = "ok", **values: Any) -> State:
    plain = State(source, task, name, NOW, 0, "", None, "", NOW, NOW, "", None)
    return plain._replace(**values)


def test_every_record_is_accounted_for_and_what_is_missing_has_a_name(
    litbot: Litbot, db: Connection
) -> None:
    watermarks.record_run(
        db, run(reported=10, known=2, new=4, merged=1, owed=1, quarantined=2, matched=5)
    )
    watermarks.record_run(db, run(reported=3, known=3))
    watermarks.record_run(db, run(kind="baseline", reported=900, known=900))
    watermarks.record_run(db, run(kind="sweep", reported=20, known=19, new=1))
    watermarks.set_state(db, state("pubmed", "relapse"))
    records.set_aside(db, "pubmed", "relapse", [("77", HOSTILE, b"<x"), ("78", "odd", b"")], NOW)
    watermarks.owe(db, "pubmed", "relapse", ["55"], [], NOW - timedelta(days=40))
    watermarks.owe(db, "pubmed", "relapse", ["56"], [], NOW)
    db.commit()

    found = answer(litbot("status", "--json"))
    shown = litbot("status").stdout

    assert found["totals"] == {
        "reported": 33, "new": 5, "known": 24, "merged": 1, "owed": 1,
        "unreadable": 2, "missing": 0, "adds_up": True,
    }  # fmt: skip
    poll, sweep = found["sources"]
    assert (poll["kind"], poll["polls"], poll["reported"], poll["state"]) == ("poll", 2, 13, "ok")
    assert (sweep["kind"], sweep["new"], sweep["adds_up"]) == ("sweep", 1, True)
    assert [one["key"] for one in found["unreadable"]] == ["77", "78"]
    assert [one["key"] for one in found["owed"]] == ["55", "56"]
    assert found["owed"][0]["given_up_at"]
    assert "33 records reported: 5 new, 24 known, 1 merged, 2 unreadable, 1 owed" in shown
    assert "given up 2026-03-02" in shown
    assert "[link=x]broken[/link]" in shown
    assert "\x1b" not in shown


def test_a_sum_that_does_not_add_up_is_shouted(litbot: Litbot, db: Connection) -> None:
    watermarks.record_run(db, run(reported=10, new=9))
    db.commit()

    found = answer(litbot("status", "--json"))
    shown = litbot("status").stdout

    assert not found["totals"]["adds_up"]
    assert not found["sources"][0]["adds_up"]
    assert "THE SUM DOES NOT ADD UP in 1 complete runs" in shown
    assert "NO, in 1 runs" in shown


def test_an_incomplete_poll_is_no_loss_and_is_counted_apart(litbot: Litbot, db: Connection) -> None:
    watermarks.record_run(db, run(reported=10, new=6, problem="the page ends too early"))
    db.commit()

    found = answer(litbot("status", "--json"))

    assert found["totals"]["adds_up"]
    assert found["totals"]["missing"] == 4
    assert found["sources"][0]["incomplete"] == 1
    assert "4 were listed by incomplete polls" in litbot("status").stdout


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (state("feed", "j"), "ok"),
        (
            state("feed", "j", "failing", problem="answer 403"),
            "failing since 2026-03-02: answer 403",
        ),
        (state("feed", "j", "muted", problem="gone"), "muted since 2026-03-02: gone"),
        (
            state("feed", "j", new_at=NOW - timedelta(days=60), coverage="covered"),
            "silent, covered by PubMed",
        ),
        (
            state("feed", "j", new_at=NOW - timedelta(days=60), coverage="missing"),
            "silent, NOT in PubMed",
        ),
        (None, "never polled"),
    ],
    ids=["ok", "failing", "muted", "covered", "missing", "unknown"],
)
def test_the_state_of_a_source_is_said_in_words(
    litbot: Litbot, db: Connection, one: State | None, said: str
) -> None:
    watermarks.record_run(db, run(source="feed", task="j"))
    if one:
        watermarks.set_state(db, one)
    db.commit()

    (source,) = answer(litbot("status", "--json", NOW=NOW.isoformat()))["sources"]

    assert source["summary"] == said


def test_a_query_shows_what_it_waits_for_and_how_pubmed_reads_it(
    litbot: Litbot, db: Connection
) -> None:
    matches.adopt(db, {"relapse": ("f", "s"), "safety": ("g", "t")}, NOW)
    matches.note(db, "relapse", translation='"ketamine"[All Fields]')
    shown = [Found(key=str(n), record=Record(title=f"Title number {n}")) for n in range(3)]
    kept = records.keep(db, "feed", "j", shown, NOW)
    matches.save(
        db, [Match(one.record_id, "relapse", "unknown", "new", "j", 0, NOW) for one in kept]
    )
    watermarks.record_run(db, run(warnings=["old warning"]))
    watermarks.record_run(db, run(warnings=["phrase not found: ketmaine"]))
    db.commit()

    found = answer(litbot("status", "--json"))

    relapse, safety = found["queries"]
    assert (relapse["undecided"], safety["undecided"]) == (3, 0)
    assert relapse["translation"] == '"ketamine"[All Fields]'
    assert relapse["warnings"] == ["phrase not found: ketmaine"]
    assert found["records"] == 3
    assert "phrase not found: ketmaine" in litbot("status").stdout


def test_the_outbox_is_shown_by_channel_and_state_with_what_is_stuck(
    litbot: Litbot, db: Connection
) -> None:
    litbot_target = "ada@example.org"
    parts = [
        outbox.New(f"digest-{n}", None, None, "email", litbot_target, {"text": ""}, {})
        for n in range(3)
    ]
    outbox.put(db, parts, NOW)
    first, second = outbox.claim(db, NOW), outbox.claim(db, NOW)
    assert first
    assert second
    outbox.sent(db, first, "<id>", NOW)
    outbox.failed(db, second, "the mailbox does not exist")
    db.commit()

    found = answer(litbot("status", "--json"))
    shown = litbot("status").stdout

    assert {one["state"]: one["parts"] for one in found["outbox"]} == {
        "failed": 1,
        "pending": 1,
        "sent": 1,
    }
    assert [(one["key"], one["problem"]) for one in found["stuck"]] == [
        ("digest-1", "the mailbox does not exist")
    ]
    assert litbot_target not in shown


def test_the_next_digests_are_in_the_order_of_time(litbot: Litbot) -> None:
    litbot("subscription", "add", "C024BE91L", "relapse", "--every", "monthly", NOW="2026-03-02")
    litbot("subscription", "add", "C024BE91M", "safety", "--every", "daily", NOW="2026-03-02")

    found = answer(litbot("status", "--json"))["due"]

    assert [one["subscription"] for one in found] == [2, 1]
    assert found[0]["next_due"] == "2026-03-02T07:00:00+00:00"
