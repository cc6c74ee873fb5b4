"""Each way in which PubMed fails, through the whole bot: nothing lost, nothing told twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from world import START, WEEK, World, on_databases, study

from bot.store.database import reading
from bot.store.schema import known_ids

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BROKE, HEALED = "litbot: pubmed world broke", "litbot: pubmed world works again"

#: What any utility may answer, and a part of the words in which readers hear of it.
SHAPES = [
    ("rate-429", "answers with HTTP 429"),
    ("rate-200", "the request rate was exceeded"),
    ("retry-after", "answers with HTTP 429"),
    ("500", "answers with HTTP 500"),
    ("502", "answers with HTTP 502"),
    ("error-xml", "Search Backend failed: Exception: made up"),
    ("error-json", "Search Backend failed: TXCLIENT made up"),
    ("outage", "Database is not supported: pubmed"),
    ("html", "a web page instead of XML"),
    ("truncated", ""),
    ("cut", ""),
    ("empty", "an empty answer"),
    ("closed", "the connection failed"),
    ("reset", "the connection failed"),
]


@pytest.fixture
def world(world: World) -> World:
    """Only PubMed is asked, and one reader hears of it by mail."""
    world.journal_fed = False
    world.write_queries()
    return world


def told_once(world: World, *numbers: int) -> bool:
    return all(world.mail_text().count(f"study number {number} ") == 1 for number in numbers)


@pytest.mark.parametrize(
    ("database_url", "endpoint", "shape", "words"),
    on_databases(
        *(("esearch", *row) for row in SHAPES),
        ("esearch", "no-idlist", "without IdList"),
        ("esearch", "no-count", "without Count"),
        ("esearch", "short", "counts 2 records but lists 1 ids"),
        *(("efetch", *row) for row in SHAPES),
    ),
    indirect=["database_url"],
)
def test_a_failed_poll_moves_no_mark_is_named_and_caught_up(
    world: World, endpoint: str, shape: str, words: str
) -> None:
    mail = world.subscribe("email")
    world.publish(study(1))
    world.at(START)
    mark = world.cursor()
    world.publish(study(2, created="2026-03-08"))

    world.pubmed_fails(endpoint, shape)
    for attempt in range(2):
        report = world.at(START + WEEK + attempt * HOUR)
        assert [one for one in report.problems if one.startswith("pubmed world: ")]
        assert words in report.problems[0]
    assert world.cursor() == mark
    assert (world.state().state, world.state().failures) == ("failing", 2)
    assert words in world.state().problem
    assert world.runs()[-1].problem == world.state().problem
    line = "PubMed was not searched completely for Ketamine psychotherapy since 2026-03-09:"
    assert f"{line} {world.state().problem}" in world.mailed()
    assert "sandbox" not in world.state().problem  # the key: PubMed's words repeat it
    assert world.subjects() == [BROKE]

    world.pubmed_is_mended()
    for week in (2, 3):
        report = world.at(START + week * WEEK)
        assert report.problems == ()
    assert world.cursor() != mark
    assert world.state().state == "ok"
    assert world.pmids_told(mail) == ["90000001", "90000002"]
    assert told_once(world, 1, 2)
    assert world.subjects() == [BROKE, HEALED]
    assert all(run.adds_up for run in world.runs() if not run.problem)


@pytest.mark.parametrize(
    ("database_url", "shape"),
    on_databases(("rate-200",), ("rate-429",), ("502",), ("reset",), ("closed",), ("cut",)),
    indirect=["database_url"],
)
def test_what_fails_for_a_moment_is_asked_again_and_nobody_hears_of_it(
    world: World, shape: str
) -> None:
    mail = world.subscribe("email")
    world.publish(study(1))

    for endpoint in ("esearch", "efetch"):
        world.pubmed_fails(endpoint, shape, times=2)
    report = world.at(START)

    assert report.problems == ()
    assert world.pmids_told(mail) == ["90000001"]
    assert world.subjects() == []


@pytest.mark.parametrize(
    ("database_url", "endpoint"),
    on_databases(("esearch",), ("efetch",)),
    indirect=["database_url"],
)
def test_a_server_that_never_answers_is_given_up(world: World, endpoint: str) -> None:
    mail = world.subscribe("email")
    world.publish(study(1))
    world.patience = 2.0

    world.pubmed_fails(endpoint, "hang")
    report = world.at(START)
    assert report.problems == (f"pubmed world: {endpoint}: no complete answer in 2 s",)
    assert world.cursor() == {}

    world.pubmed_is_mended()
    world.patience = 0.0
    world.at(START + WEEK)
    assert world.pmids_told(mail) == ["90000001"]


def many(first: int, count: int, created: str) -> list[object]:
    return [study(number, created=created) for number in range(first, first + count)]


@pytest.mark.parametrize(
    ("database_url", "endpoint", "shape", "skip"),
    on_databases(
        ("epost", "outage", 0),
        ("epost", "truncated", 0),
        ("epost", "closed", 0),
        ("efetch", "expired", 0),
        ("efetch", "truncated", 1),
        ("efetch", "502", 1),
        ("efetch", "html", 1),
    ),
    indirect=["database_url"],
)
def test_more_records_than_a_page_come_though_history_or_the_second_page_fails(
    world: World, endpoint: str, shape: str, skip: int
) -> None:
    """By history first, then by lists of ids; what fails again waits for the next poll."""
    mail = world.subscribe("email")
    world.publish(*many(1000, 250, "2026-02-28"))  # type: ignore[arg-type]

    world.pubmed_fails(endpoint, shape, skip=skip)
    report = world.at(START)
    if endpoint == "epost" or shape == "expired":
        assert report.problems == ()
    else:
        assert "of 250 records came" in report.problems[0]
        assert world.cursor() == {}
        assert 200 <= world.records() < 250

    world.pubmed_is_mended()
    world.at(START + WEEK)
    world.at(START + 2 * WEEK)
    assert world.state().state == "ok"
    assert len(world.pmids_told(mail)) == world.records() == 250
    assert set(world.mail_ids().values()) == {1}
    assert told_once(world, 1000, 1249)


@pytest.mark.parametrize(
    ("database_url", "shape"),
    on_databases(("outage",), ("truncated",), ("reset",)),
    indirect=["database_url"],
)
def test_a_failed_baseline_is_taken_at_the_next_poll(world: World, shape: str) -> None:
    slack = world.subscribe(back=40)
    old = study(1, created="2025-09-01", revised="2025-09-01", indexed="2025-09-01")
    world.publish(old, study(2))

    world.pubmed_fails("esearch", shape, skip=1)  # the poll's own search is answered
    for hour in range(3):
        report = world.at(START + hour * HOUR)
        assert len(report.problems) == 1
        world.pubmed_is_mended()
        world.pubmed_fails("esearch", shape, skip=1)
    assert world.state().state == "failing"
    assert world.subjects() == [BROKE]  # though each poll before it was good

    world.pubmed_is_mended()
    assert world.at(START + 3 * HOUR).problems == ()
    assert world.subjects() == [BROKE, HEALED]
    with reading(world.engine) as db:
        keys = db.execute(sa.select(known_ids.c.key).where(known_ids.c.kind == "baseline"))
        assert [key for (key,) in keys] == ["90000001"]
    world.at(START + WEEK, sweep=True)
    assert world.pmids_told(slack) == ["90000002"]


@pytest.mark.parametrize(
    ("database_url", "endpoint", "shape"),
    on_databases(
        ("esearch", "error-xml"),
        ("esearch", "no-idlist"),
        ("efetch", "html"),
        ("efetch", "truncated"),
        ("efetch", "empty"),
    ),
    indirect=["database_url"],
)
def test_a_failed_sweep_is_made_up_for_and_told_of_once(
    world: World, endpoint: str, shape: str
) -> None:
    mail = world.subscribe("email")
    world.at(START)
    late = study(1, created="2025-11-01", indexed="2026-03-05")
    world.publish(late)

    for hour in range(3):
        world.pubmed_fails(endpoint, shape, skip=int(endpoint == "esearch"))
        report = world.at(START + WEEK + hour * HOUR)
        assert len(report.problems) == 1
        world.pubmed_is_mended()
    assert world.subjects() == [BROKE]
    assert "PubMed was not searched completely for Ketamine psychotherapy" in world.mailed()

    assert world.at(START + WEEK + 3 * HOUR).problems == ()
    world.at(START + 2 * WEEK)
    world.at(START + 3 * WEEK)
    assert world.pmids_told(mail) == ["90000001"]
    assert told_once(world, 1)
    assert world.matches() == {"90000001": ("yes", "late")}
    assert world.subjects() == [BROKE, HEALED]


@pytest.mark.parametrize(
    ("database_url", "endpoint", "shape", "skip"),
    on_databases(
        ("esearch", "502", 0),  # the old text is polled once more
        ("esearch", "outage", 1),  # the new text's baseline
        ("esearch", "reset", 2),
        ("efetch", "truncated", 0),  # the newest of what is gained
        ("efetch", "error-xml", 0),
        ("efetch", "short", 0),
    ),
    indirect=["database_url"],
)
def test_a_change_of_a_query_that_fails_half_way_is_announced_whole(
    world: World, endpoint: str, shape: str, skip: int
) -> None:
    slack = world.subscribe(back=40)
    gained = [
        study(
            number,
            created="2026-01-10",
            title=f"Esketamine in psychotherapy, {number}",
            abstract=(),
            keywords=(),
        )
        for number in (10, 11, 12)
    ]
    world.publish(study(1), *gained)
    world.at(START)
    world.strategy = "(ketamine[tiab] OR esketamine[tiab]) AND psychotherapy[tiab]"
    world.write_queries()

    for hour in range(2):
        world.pubmed_fails(endpoint, shape, skip=skip, count=3)
        report = world.at(START + DAY + hour * HOUR)
        assert len(report.problems) == 1
        world.pubmed_is_mended()
    assert world.state().state == "failing"
    assert world.subjects() == [BROKE]

    world.publish(study(2, created="2026-03-07"))
    assert world.at(START + WEEK).problems == ()
    assert world.state().state == "ok"
    assert world.subjects() == [BROKE, HEALED]
    world.at(START + 2 * WEEK, sweep=True)
    told = [pmid for pmid in world.pmids_told(slack) if world.matches()[pmid][1] == "gained"]
    assert told == ["90000010", "90000011", "90000012"]
    assert [world.matches()[f"9000000{n}"] for n in (1, 2)] == [("yes", "new")] * 2
    assert set(world.slack_keys().values()) == {1}
