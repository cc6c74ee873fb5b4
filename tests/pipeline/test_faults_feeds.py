"""Each way in which a feed fails, through the whole bot: nothing lost, nothing told twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from world import FEED, START, WEEK, World, feed, on_databases, shown, study

from bot.sandbox.eutils import ALWAYS

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TITLE = "Journal of made-up studies"
BROKE, HEALED = "litbot: feed world-journal broke", "litbot: feed world-journal works again"
OTHER = "/other.xml"


def fail(world: World, shape: str, value: str = "", path: str = FEED) -> None:
    world.sandbox.journals.fail(path, shape, ALWAYS, value)  # type: ignore[arg-type]


def mend(world: World) -> None:
    world.sandbox.journals._faults.clear()


def asked(world: World, path: str = FEED) -> int:
    return sum(one.path == path for one in world.sandbox.journals.log)


def with_another_journal(world: World) -> None:
    """A second feed on the same list, that works."""
    file = world.folder / "queries" / "journals.yaml"
    url = world.sandbox.journals.url(OTHER)
    file.write_text(
        f"{file.read_text()}other-journal:\n  title: Another journal\n  issns: ['0000-0027']\n"
        f"  feed: {url}\n  groups: [psychiatry]\n  confirmed: true\n"
    )
    world.sandbox.journals.put(OTHER, feed(shown(7)))


@pytest.mark.parametrize(
    ("database_url", "shape", "value", "words"),
    on_databases(
        ("403", "", "refuses the bot (403)"),
        ("404", "", "has no feed at this address (404)"),
        ("429", "", "says too many requests (429)"),
        ("500", "", "answered 500"),
        ("503", "", "answered 503"),
        ("challenge", "", "refuses the bot (403)"),
        ("html", "", "web page"),
        ("json", "", "JSON"),
        ("empty", "", "empty"),
        ("no-items", "", "the feed holds no items"),
        ("301", "http://127.0.0.1:1/feed.xml", "is not a public address"),
        ("302", "http://localhost/feed.xml", "is not a public address"),
        ("302", "file:///etc/passwd", "not an http or https address"),
        ("endless", "", "longer than 20,000,000 bytes"),
        ("bomb", "", "longer than 20,000,000 bytes"),
        ("drip", "", "no complete answer in"),
        ("hang", "", "no complete answer in"),
        ("reset", "", "the connection failed"),
    ),
    indirect=["database_url"],
)
def test_a_failed_feed_keeps_its_mark_is_named_and_caught_up(
    world: World, shape: str, value: str, words: str
) -> None:
    mail = world.subscribe("email")
    with_another_journal(world)
    world.show(shown(1))
    world.at(START)
    mark = world.cursor("feed", "world-journal")
    world.show(shown(1), shown(2))
    world.sandbox.journals.put(OTHER, feed(shown(7), shown(8)))
    world.publish(study(3, created="2026-03-08"))

    fail(world, shape, value)
    if shape in ("drip", "hang"):
        world.patience = 2.0
    for day in range(2):
        report = world.at(START + WEEK + day * DAY)
        assert len(report.problems) == 1
        assert report.problems[0].startswith("feed world-journal: ")
        assert words in report.problems[0]
    assert world.cursor("feed", "world-journal") == mark
    state = world.state("feed", "world-journal")
    assert (state.state, state.failures) == ("failing", 2)
    assert f"The feed of {TITLE} was not read since 2026-03-09: {state.problem}" in world.mailed()
    assert f"{TITLE}: feed silent, covered by PubMed" in world.mailed()
    assert world.subjects() == [BROKE]
    assert world.pmids_told(mail) == [f"10.5555/world.{n}" for n in (1, 7, 8)] + ["90000003"]

    mend(world)
    world.patience = 0.0
    for week in (2, 3):
        assert world.at(START + week * WEEK).problems == ()
    assert world.state("feed", "world-journal").state == "ok"
    assert world.cursor("feed", "world-journal") != mark
    assert world.pmids_told(mail) == [f"10.5555/world.{n}" for n in (1, 2, 7, 8)] + ["90000003"]
    assert all(world.mail_text().count(f"study number {n} ") == 1 for n in (1, 2, 3, 7, 8))
    assert world.subjects() == [BROKE, HEALED]
    assert all(run.adds_up for run in world.runs("feed", "world-journal") if not run.problem)


def test_of_a_feed_that_is_cut_off_what_came_is_told_and_the_rest_later(world: World) -> None:
    mail = world.subscribe("email")
    world.show(*(shown(number) for number in range(1, 7)))

    fail(world, "truncated")
    report = world.at(START)
    assert len(report.problems) == 1
    assert world.cursor("feed", "world-journal") == {}
    came = world.pmids_told(mail)
    assert 0 < len(came) < 6
    assert f"The feed of {TITLE} was not read since 2026-03-02" in world.mailed()

    mend(world)
    world.at(START + WEEK)
    world.at(START + 2 * WEEK)
    assert world.pmids_told(mail) == [f"10.5555/world.{n}" for n in range(1, 7)]
    assert all(world.mail_text().count(f"study number {n} ") == 1 for n in range(1, 7))
    assert world.subjects() == [BROKE, HEALED]


def test_a_feed_that_is_gone_is_left_alone_until_its_address_changes(world: World) -> None:
    mail = world.subscribe("email")
    fail(world, "410")

    report = world.at(START)
    assert "says the feed is gone (410)" in report.problems[0]
    assert world.state("feed", "world-journal").state == "muted"
    assert world.subjects() == [BROKE]
    assert f"{TITLE}: feed silent, NOT in PubMed" in world.mailed()
    before = asked(world)
    for week in range(1, 4):
        assert world.at(START + week * WEEK).problems == ()
    assert asked(world) == before

    file = world.folder / "queries" / "journals.yaml"
    file.write_text(file.read_text().replace(FEED, OTHER))
    world.sandbox.journals.put(OTHER, feed(shown(1)))
    assert world.at(START + 4 * WEEK).problems == ()
    assert world.state("feed", "world-journal").state == "ok"
    assert world.pmids_told(mail) == ["10.5555/world.1"]
    assert world.subjects() == [BROKE, HEALED]


@pytest.mark.parametrize(
    ("database_url", "shape", "value", "pause"),
    on_databases(
        ("429", "7200", 2 * HOUR),
        ("503", "7200", 2 * HOUR),
        ("403", "Mon, 02 Mar 2026 20:00:00 GMT", 12 * HOUR),
        ("403", "", HOUR / 12),
        ("404", "", HOUR / 12),
    ),
    indirect=["database_url"],
)
def test_a_feed_is_not_asked_before_the_time_that_it_named(
    world: World, shape: str, value: str, pause: timedelta
) -> None:
    minute = timedelta(minutes=1)
    world.show(shown(1))
    fail(world, shape, value)
    world.at(START)
    assert world.state("feed", "world-journal").retry_at == START + pause
    before = asked(world)

    assert (
        world.at(START + pause - minute).problems == ()
    )  # it is not asked, and nothing else fails
    assert asked(world) == before
    assert world.state("feed", "world-journal").state == "failing"

    mend(world)
    world.at(START + pause + minute)
    assert asked(world) == before + 1
    assert world.state("feed", "world-journal").state == "ok"


def test_a_feed_that_stays_broken_is_asked_ever_more_rarely(world: World) -> None:
    fail(world, "404")
    minute = timedelta(minutes=1)

    for quarter in range(48):
        world.at(START + quarter * 15 * minute)

    assert 5 <= asked(world) <= 9  # after 5, 10, 20 ... minutes, and at last every 6 hours


def test_a_feed_that_moved_for_good_is_read_and_the_new_address_is_named(world: World) -> None:
    mail = world.subscribe("email")
    world.sandbox.journals.put(OTHER, feed(shown(1)))
    new = world.sandbox.journals.url(OTHER)
    fail(world, "301", new)

    assert world.at(START).problems == ()

    assert world.pmids_told(mail) == ["10.5555/world.1"]
    warnings = world.runs("feed", "world-journal")[0].warnings
    assert list(warnings) == [f"the feed has moved for good; put {new} into journals.yaml"]


def test_an_item_that_cannot_be_read_is_set_aside_and_counted(world: World) -> None:
    mail = world.subscribe("email")
    untitled = shown(2, title="")
    world.show(shown(1), untitled)

    assert world.at(START).problems == ()

    run = world.runs("feed", "world-journal")[0]
    assert (run.reported, run.new, run.quarantined) == (2, 1, 1)
    assert run.adds_up
    assert world.pmids_told(mail) == ["10.5555/world.1"]
