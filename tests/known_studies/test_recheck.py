"""The weekly check of known studies at PubMed: told once, healed once, never in the way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from world import OPERATOR, OWNER, SLACK_ROOM, START, WEEK, World, study

from bot import known_studies, pipeline
from bot.pipeline import Report
from bot.schedule import Jobs
from bot.store import summary
from bot.store.database import reading

DAY = timedelta(days=1)
LOST = "litbot: world has lost a known study"
HEALED = "litbot: world finds its known studies again"
BY_PMID = "{citation: 'Study one', pmid: 90000001, doi: 10.5555/world.1}"
BY_DOI = "{citation: 'Study two', doi: 10.5555/world.2}"


def knows(world: World, *studies: str) -> None:
    """The query's file, with these known studies."""
    world.journal_fed = False
    world.write_queries()
    with (world.folder / "queries" / "world.yaml").open("a") as file:
        file.write(f"known_studies: [{', '.join(studies)}]\n")


def check(world: World, now: datetime) -> Report:
    world.sandbox.advance(now)
    with world.bot() as bot:
        return known_studies.recheck(bot, now) + pipeline.deliver(bot, now)


def searches(world: World) -> int:
    return len(world.sandbox.pubmed.requests("esearch"))


def publish(world: World, *numbers: int, lost: Sequence[int] = ()) -> None:
    """PubMed holds these studies; it reads some of them so that the query does not find them."""
    plain = {"title": "Another title", "abstract": (), "keywords": (), "mesh": ()}
    world.publish(*(study(number, **(plain if number in lost else {})) for number in numbers))


def test_a_loss_is_told_once_to_the_owner_and_the_operator_and_so_is_its_end(world: World) -> None:
    knows(world, BY_PMID, BY_DOI)
    publish(world, 1, 2)
    assert check(world, START).problems == ()
    assert world.subjects(OWNER) == []

    publish(world, 1, 2, lost=[1])
    for week in (1, 2):
        assert check(world, START + week * WEEK).problems == ()
    assert world.subjects(OWNER) == world.subjects(OPERATOR) == [LOST]
    told = world.mailed(OWNER)
    assert "the saved query world does not find: Study one (90000001)." in told
    assert "Study two" not in told
    assert world.state("known studies").state == "failing"

    publish(world, 1, 2)
    for week in (3, 4):
        check(world, START + week * WEEK)
    assert world.subjects(OWNER) == world.subjects(OPERATOR) == [LOST, HEALED]
    assert world.state("known studies").state == "ok"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_second_loss_is_told_too_and_half_a_cure_is_not(world: World) -> None:
    knows(world, BY_PMID, BY_DOI)
    publish(world, 1, 2, lost=[1])
    check(world, START)

    publish(world, 1, 2, lost=[1, 2])
    check(world, START + WEEK)
    assert world.subjects(OWNER) == [LOST, LOST]
    assert "Study one (90000001); Study two (10.5555/world.2)" in world.mailed(OWNER)
    assert world.state("known studies").since == START

    publish(world, 1, 2, lost=[2])
    check(world, START + 2 * WEEK)
    assert world.subjects(OWNER) == [LOST, LOST]
    assert "Study one" not in world.state("known studies").problem


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_pubmed_is_asked_once_a_week_by_one_search(world: World) -> None:
    knows(world, BY_PMID, BY_DOI)
    publish(world, 1, 2)

    asked = []
    for day in (0, 1, 6, 6.99, 8, 13, 14):
        check(world, START + day * DAY)
        asked.append(searches(world))

    assert asked == [1, 1, 1, 2, 2, 2, 3]
    assert world.sandbox.pubmed.requests("efetch") == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_changed_query_is_checked_at_once(world: World) -> None:
    knows(world, BY_PMID)
    publish(world, 1)
    check(world, START)

    world.strategy = "zebra[tiab]"
    knows(world, BY_PMID)
    check(world, START + DAY)
    assert world.subjects(OWNER) == [LOST]

    world.strategy = "ketamine[tiab]"
    knows(world, BY_PMID)
    check(world, START + 2 * DAY)
    assert world.subjects(OWNER) == [LOST, HEALED]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_study_that_is_not_known_any_more_is_not_lost_any_more(world: World) -> None:
    knows(world, BY_PMID)
    publish(world, 1, lost=[1])
    check(world, START)

    knows(world)
    check(world, START + DAY)
    check(world, START + DAY + WEEK)

    assert world.state("known studies").state == "ok"
    assert searches(world) == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_query_without_known_studies_is_not_checked(world: World) -> None:
    knows(world)

    check(world, START)

    assert searches(world) == 0
    assert world.cursor("known studies") == {}


def test_where_pubmed_is_down_that_is_named_nothing_changes_and_it_is_asked_again(
    world: World,
) -> None:
    knows(world, BY_PMID)
    publish(world, 1)
    check(world, START)
    mark, was = world.cursor("known studies"), world.state("known studies")
    publish(world, 1, lost=[1])

    world.pubmed_fails("esearch", "outage")
    for hour in range(2):
        report = check(world, START + WEEK + timedelta(hours=hour))
        (problem,) = report.problems
        assert problem.startswith("known studies world: not checked: pubmed world: ")
        assert "Database is not supported" in problem
    assert (world.cursor("known studies"), world.state("known studies")) == (mark, was)
    assert world.subjects(OWNER) == []

    world.pubmed_is_mended()
    check(world, START + WEEK + DAY)
    assert world.subjects(OWNER) == [LOST]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_one_query_that_pubmed_refuses_keeps_no_other_from_its_check(world: World) -> None:
    knows(world, BY_PMID)
    text = (world.folder / "queries" / "world.yaml").read_text()
    (world.folder / "queries" / "another.yaml").write_text(text)
    publish(world, 1)

    world.pubmed_fails("esearch", "outage", times=1)
    report = check(world, START)

    assert len(report.problems) == 1
    assert world.state("known studies", "world").state == "ok"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_check_is_no_poll(world: World) -> None:
    knows(world, BY_PMID)
    publish(world, 1)

    check(world, START)

    assert world.runs("known studies") == []
    assert world.records() == 0
    with reading(world.engine) as db:
        assert summary.last_complete(db) is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_owner_in_slack_is_told_there(world: World) -> None:
    knows(world, BY_PMID)
    file = world.folder / "queries" / "world.yaml"
    file.write_text(file.read_text().replace(OWNER, SLACK_ROOM))
    publish(world, 1, lost=[1])

    for week in range(2):
        check(world, START + week * WEEK)

    assert len(world.sandbox.slack.messages) == 1
    assert "Study one" in world.slack_text()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_worker_checks_after_a_poll_even_if_that_failed(world: World) -> None:
    knows(world, BY_PMID)
    publish(world, 1, lost=[1])
    world.sandbox.advance(START)
    world.pubmed_fails("esearch", "outage", times=1)

    with world.bot() as bot:
        Jobs(bot, world.sandbox.http(bot.settings), lambda: START).poll()

    assert world.state().state == "failing"
    assert world.state("known studies").problem == "PubMed does not find Study one (90000001)"
