"""What PubMed says of a query, records that do not come or cannot be read, records that wait."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from world import OPERATOR, OWNER, START, WEEK, World, on_databases, shown, study

from bot.store import summary
from bot.store.database import reading
from bot.store.schema import quarantine

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def world(world: World) -> World:
    """Only PubMed is asked, where a test shows no feed."""
    world.journal_fed = False
    world.write_queries()
    return world


def test_a_query_that_pubmed_refuses_goes_to_its_owner_and_blocks_no_other(world: World) -> None:
    mail = world.subscribe("email", queries={"world": START - DAY, "other": START - DAY})
    other = (world.folder / "queries" / "world.yaml").read_text()
    (world.folder / "queries" / "other.yaml").write_text(
        other.replace("title: Ketamine psychotherapy", "title: Another question")
    )
    wrong = " OR ".join(f"ketamin{n}*[tiab]" for n in range(300))
    world.strategy = f"(ketamine[tiab] OR {wrong}) AND psychotherapy[tiab]"
    world.write_queries()
    world.publish(study(1))

    for hour in range(2):
        report = world.at(START + hour * HOUR)
        assert [one.partition(": ")[0] for one in report.problems] == ["pubmed world"]
        assert "the number of wildcards (*) exceeds 256" in report.problems[0]
    assert world.cursor() == {}
    assert world.cursor(task="other") != {}
    for target in (OPERATOR, OWNER):
        assert world.subjects(target) == ["litbot: strategy world broke"]
    assert "PubMed did not read the search of Ketamine psychotherapy as it is" in world.mailed()
    assert world.pmids_told(mail) == ["90000001"]

    world.strategy = "ketamine[tiab] AND psychotherapy[tiab]"
    world.write_queries()
    world.publish(study(2, created="2026-03-05"))
    assert world.at(START + WEEK - HOUR).problems == ()
    world.at(START + WEEK)
    assert world.pmids_told(mail) == ["90000001", "90000002"]
    assert world.matches()["90000002"] == ("yes", "new")
    for target in (OPERATOR, OWNER):
        assert world.subjects(target)[1:] == ["litbot: strategy world works again"]


def test_a_warning_of_pubmed_reaches_the_owner_once_and_the_readers(world: World) -> None:
    mail = world.subscribe("email")
    world.publish(study(1))

    world.pubmed_fails("esearch", "warnings")
    for hour in range(2):
        assert world.at(START + hour * HOUR).problems == ()
    assert world.pmids_told(mail) == ["90000001"]
    assert world.subjects(OWNER) == ["litbot: strategy world broke"]
    assert "made-up phrase" in world.mailed(OWNER)
    assert "PubMed did not read the search of Ketamine psychotherapy as it is" in world.mailed()
    assert "A made-up message." in " ".join(world.runs()[0].warnings)

    world.pubmed_is_mended()
    world.at(START + WEEK)
    world.at(START + 2 * WEEK)
    assert world.subjects(OWNER)[1:] == ["litbot: strategy world works again"]


def test_another_translation_of_the_same_text_reaches_the_owner_once(world: World) -> None:
    world.publish(study(1))
    world.at(START)

    world.pubmed_fails("esearch", "translated")
    for day in (1, 2, 3):
        world.at(START + day * DAY)

    assert world.subjects(OWNER) == ["litbot: PubMed reads world differently now"]
    assert "It is: (ketamine[All Fields] AND psychotherapy[All Fields])" in world.mailed(OWNER)


def test_a_record_that_does_not_come_is_owed_asked_for_again_and_told_when_it_comes(
    world: World,
) -> None:
    mail = world.subscribe("email")
    world.publish(study(1), study(2))
    world.sandbox.pubmed.change("90000002", absent=True)

    assert world.at(START).problems == ()
    assert world.cursor() != {}
    assert world.owed() == ["90000002"]
    assert [(run.reported, run.new, run.owed) for run in world.runs()[:1]] == [(2, 1, 1)]
    world.at(START + WEEK)
    assert world.owed() == ["90000002"]

    world.sandbox.pubmed.change("90000002", absent=False)
    world.at(START + 2 * WEEK)  # long after the overlap of a poll
    world.at(START + 3 * WEEK)
    assert world.owed() == []
    assert world.pmids_told(mail) == ["90000001", "90000002"]
    assert world.mail_text().count("study number 2 ") == 1
    assert all(run.adds_up for run in world.runs())


def test_what_never_comes_is_given_up_by_name_after_30_days(world: World) -> None:
    mail = world.subscribe("email")
    world.publish(study(1), study(2), study(3, created="2026-03-05"))
    for pmid in ("90000002", "90000003"):
        world.sandbox.pubmed.change(pmid, absent=True)

    for week in range(7):
        report = world.at(START + week * WEEK)
        assert report.problems == ()
    with reading(world.engine) as db:
        owed = {one.key: one.given_up_at is not None for one in summary.still_owed(db)}
    assert owed == {"90000002": True, "90000003": True}

    world.sandbox.pubmed.log.clear()
    world.at(START + 7 * WEEK - DAY)
    assert world.sandbox.pubmed.requests("efetch") == []  # between two sweeps it is left alone

    world.sandbox.pubmed.change("90000002", absent=False)
    world.at(START + 8 * WEEK, sweep=True)
    assert world.pmids_told(mail) == ["90000001", "90000002"]


@pytest.mark.parametrize(
    ("database_url", "absent"), on_databases((2,), (30,)), indirect=["database_url"]
)
def test_more_than_two_in_a_hundred_absent_is_an_incomplete_poll(world: World, absent: int) -> None:
    mail = world.subscribe("email")
    world.publish(*(study(number) for number in range(100, 140)))
    for number in range(100, 100 + absent):
        world.sandbox.pubmed.change(str(90_000_000 + number), absent=True)

    report = world.at(START)
    assert f"{absent} of 40 records did not come" in report.problems[0]
    assert world.cursor() == {}
    assert len(world.pmids_told(mail)) == 40 - absent  # what came is told, and the rest is named
    assert "PubMed was not searched completely for Ketamine psychotherapy" in world.mailed()

    for number in range(100, 100 + absent):
        world.sandbox.pubmed.change(str(90_000_000 + number), absent=False)
    world.at(START + WEEK)
    world.at(START + 2 * WEEK)
    assert world.state().state == "ok"
    assert len(world.pmids_told(mail)) == 40
    assert all(world.mail_text().count(f"study number {number} ") == 1 for number in (100, 139))


def test_an_odd_record_is_read_as_text_or_set_aside_with_its_bytes(world: World) -> None:
    mail = world.subscribe("email")
    world.publish(study(1), study(2), study(3), study(4))
    world.sandbox.pubmed.change("90000002", odd="xml")
    world.sandbox.pubmed.change("90000003", odd="text")
    world.sandbox.pubmed.change("90000004", deleted=True)

    assert world.at(START).problems == ()
    assert world.cursor() != {}
    assert world.pmids_told(mail) == ["90000001", "90000002"]
    run = world.runs()[0]
    assert (run.reported, run.new, run.quarantined) == (4, 2, 2)
    assert run.adds_up
    with reading(world.engine) as db:
        held = {row.key: row for row in db.execute(sa.select(quarantine))}
    assert set(held) == {"90000003", "90000004"}
    assert b"<broken>" in held["90000003"].raw
    assert b"study number 3" in held["90000003"].raw
    assert held["90000004"].reason == "PubMed has deleted this record"

    world.sandbox.pubmed.change("90000003", odd="")
    world.at(START + 3 * WEEK, sweep=True)  # long after the overlap of a poll
    assert world.pmids_told(mail) == ["90000001", "90000002", "90000003"]
    assert all(run.adds_up for run in world.runs())
    with reading(world.engine) as db:
        assert [row.key for row in db.execute(sa.select(quarantine))] == ["90000004"]


def test_a_page_with_one_broken_record_loses_no_other(world: World) -> None:
    slack = world.subscribe()
    world.publish(*(study(number) for number in range(1, 6)))

    world.pubmed_fails("efetch", "odd-record", times=1)
    assert world.at(START).problems == ()

    assert world.pmids_told(slack) == [f"9000000{number}" for number in range(1, 6)]


def test_a_failed_source_is_named_on_slack_too(world: World) -> None:
    world.subscribe("slack")

    world.pubmed_fails("esearch", "outage")
    world.at(START)

    assert "PubMed was not searched completely for Ketamine psychotherapy" in world.slack_text()
    assert set(world.slack_keys().values()) == {1}


@pytest.mark.parametrize(
    ("database_url", "endpoint", "shape", "skip"),
    on_databases(
        ("esearch", "outage", 1),  # after the poll's own: which PMIDs have these DOIs?
        ("esearch", "html", 1),
        ("efetch", "empty", 0),
        ("efetch", "truncated", 0),  # the records that carry them
        ("esearch", "closed", 2),  # which of them does the query find?
    ),
    indirect=["database_url"],
)
def test_records_that_wait_are_asked_about_again_when_the_question_failed(
    world: World, endpoint: str, shape: str, skip: int
) -> None:
    """PubMed's record is too old for polls and sweeps, so that only the questions find it."""
    mail = world.subscribe("email")
    world.journal_fed = True
    world.write_queries()
    title = "A trial of a new treatment in the made-up world"
    day = "2019-03-04"
    world.publish(study(1, title=title, created=day, revised=day, indexed=day))
    world.show(study(9, title="Something else in the made-up world", pmid="", abstract=()))
    world.at(START)

    world.show(shown(1, title=title), withheld=True)
    for hour in range(2):
        world.pubmed_fails(endpoint, shape, skip=min(skip, 2 - hour))  # the DOIs are asked once
        report = world.at(START + WEEK + (hour - 1) * HOUR, sweep_days=60)
        assert len(report.problems) == 1
        assert report.problems[0].startswith("pubmed waiting records: ")
        world.pubmed_is_mended()
    assert world.state(task="waiting records").state == "failing"
    line = "PubMed was not searched completely for records that wait for it since 2026-03-09"
    assert line in world.mailed()
    assert world.state().state == "ok"

    assert world.at(START + WEEK + DAY).problems == ()
    world.at(START + 2 * WEEK)
    world.at(START + 3 * WEEK)
    assert world.pmids_told(mail) == ["90000001"]
    assert world.mail_text().count(title) == 1
    broke, healed = world.subjects(OPERATOR)
    assert broke == "litbot: pubmed waiting records broke"
    assert healed == "litbot: pubmed waiting records works again"


def test_the_question_about_a_silent_feed_is_asked_again_when_it_failed(world: World) -> None:
    world.subscribe("email")
    world.journal_fed = True
    world.write_queries()
    world.show(shown(1))
    for week in range(4):
        world.at(START + week * WEEK)

    world.pubmed_fails("esearch", "outage", skip=2)  # after the poll and the sweep's first
    report = world.at(START + 5 * WEEK)
    assert "Database is not supported" in report.problems[0]
    world.pubmed_is_mended()
    assert world.at(START + 6 * WEEK).problems == ()

    assert "feed silent, NOT in PubMed" in world.mailed()
