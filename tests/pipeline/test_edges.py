"""The corners of the cycle: what is decided late, filtered, changed, left or broken meanwhile."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from world import START, WEEK, World, shown, study

from bot import pipeline
from bot.store import subscriptions, watermarks
from bot.store.database import reading, rehearsal, writing

DAY = timedelta(days=1)
TEMPLATES = Path(__file__).parents[2] / "templates"


def limit_to_english(world: World) -> None:
    path = world.folder / "queries" / "world.yaml"
    path.write_text(path.read_text() + "languages: [eng]\n")


def test_a_mail_whose_answers_are_always_lost_is_given_up_after_three(world: World) -> None:
    world.subscribe("email", "drop@example.org")

    for turn in range(9):
        world.at(START + turn * timedelta(hours=8))

    ids = world.mail_ids("drop@example.org")
    assert len(ids) == 1
    assert 1 <= ids.total() <= 3
    assert world.outbox_states()["failed"] == 1
    assert "could not be delivered" in world.mail_text("operator@sandbox.invalid")


def test_a_control_character_in_an_identifier_stops_no_feed(world: World) -> None:
    world.show(shown(1, doi="10.5555/x%00y"), shown(2))

    report = world.at(START)

    assert report.problems == ()
    assert set(world.matches()) == {"10.5555/x", "10.5555/world.2"}


def test_a_broken_layout_stops_one_digest_and_no_other(world: World) -> None:
    shutil.copytree(TEMPLATES, world.folder / "templates")
    (world.folder / "templates" / "digest" / "broken.jinja").write_text("{% macro subject(part")
    broken = world.subscribe("email", "first@example.org", layout="broken")
    whole = world.subscribe("email")
    world.publish(study(1))

    report = world.at(START, templates_dir=world.folder / "templates")

    assert any("broken.jinja" in problem for problem in report.problems)
    assert world.pmids_told(broken) == []
    assert world.pmids_told(whole) == ["90000001"]
    assert "broken" in world.mail_text("operator@sandbox.invalid")
    (world.folder / "templates" / "digest" / "broken.jinja").write_text(
        (TEMPLATES / "digest" / "standard.jinja").read_text()
    )
    world.at(START + DAY, templates_dir=world.folder / "templates")
    assert world.pmids_told(broken) == ["90000001"]


def test_what_a_query_limits_is_not_gained_by_a_change(world: World) -> None:
    limit_to_english(world)
    world.publish(study(1), study(2, languages=("ger",)))
    world.at(START)
    world.strategy = f"({world.strategy})"
    world.write_queries()
    limit_to_english(world)

    world.at(START + DAY)

    assert set(world.matches()) == {"90000001"}


def test_what_a_change_gains_of_records_once_refused_is_no_news(world: World) -> None:
    world.subscribe()
    hidden = study(
        1,
        created="2026-03-03",
        title="A trial of a new treatment in the made-up world",
        abstract=(),
        keywords=(),
        mesh=(),
        substances=(),
    )
    world.show(replace(hidden, pmid="", created="", status=""), withheld=True)
    world.publish(hidden)
    world.at(START + 2 * DAY)
    assert world.matches() == {"90000001": ("no", "new")}
    world.strategy = "ketamine[tiab] OR treatment[tiab]"
    world.write_queries()

    world.at(START + 3 * DAY)
    world.at(START + WEEK)

    assert world.matches() == {"90000001": ("yes", "gained")}


def test_years_old_items_of_a_feed_are_no_news_to_a_query_that_comes_later(world: World) -> None:
    world.show(shown(1, published="2024-01-01"))
    world.strategy = "somethingelse[tiab]"
    world.write_queries()
    world.at(START)
    second = (world.folder / "queries" / "world.yaml").read_text()
    (world.folder / "queries" / "second.yaml").write_text(
        second.replace("somethingelse", "ketamine")
    )
    world.at(START + 40 * DAY)
    world.show(shown(1, published="2024-01-01"), shown(2, published="2026-04-10"))

    world.at(START + 41 * DAY)

    assert world.matches() == {
        "10.5555/world.1": ("yes", "baseline"),
        "10.5555/world.2": ("yes", "new"),
    }


def test_a_query_that_was_away_is_matched_with_what_the_feeds_showed_meanwhile(
    world: World,
) -> None:
    path = world.folder / "queries" / "world.yaml"
    world.at(START)
    text = path.read_text()
    path.rename(path.with_suffix(".away"))
    (world.folder / "queries" / "other.yaml").write_text(text.replace("ketamine", "nothing"))
    world.show(shown(1, published="2026-03-03"))
    world.at(START + DAY)
    path.with_suffix(".away").rename(path)

    world.at(START + 2 * DAY)

    assert world.matches() == {"10.5555/world.1": ("yes", "new")}


def test_a_possible_match_is_shown_again_only_when_there_is_an_abstract(world: World) -> None:
    world.subscribe("email")
    bare = study(1, created="2026-03-04", title="Ketamine in a made-up clinic", abstract=())
    world.show(replace(bare, pmid="", created="", status=""), withheld=True)
    world.at(START)
    world.publish(bare)

    world.at(START + WEEK)

    assert world.matches() == {"90000001": ("yes", "new")}
    assert world.mail_text().count("Ketamine in a made-up clinic") == 1


def test_an_owed_record_that_another_query_fetched_is_owed_no_longer(world: World) -> None:
    world.publish(study(1), study(2))
    world.sandbox.pubmed.change("90000001", absent=True)
    world.at(START)
    assert world.owed() == ["90000001"]
    world.sandbox.pubmed.change("90000001", absent=False)
    with world.bot() as bot:
        found = bot.pubmed.records(["90000001"]).found
        with writing(world.engine, saves_records=True) as db:
            pipeline.polling.records.keep(db, "pubmed", "another", found, START)

    world.at(START + DAY)

    assert world.owed() == []
    assert world.matches()["90000001"] == ("yes", "new")


def test_who_has_just_left_gets_no_digest(world: World) -> None:
    number = world.subscribe("email")
    with writing(world.engine) as db:
        assert subscriptions.end(db, number)
        moved = subscriptions.postpone(db, number, was=START, next_due=START + WEEK)

    assert not moved


def test_a_digest_names_the_oldest_mark_which_is_the_day_before_the_poll(world: World) -> None:
    world.subscribe("email")

    world.at(START)

    assert world.cursor() == {"since": "2026-03-01"}
    assert "Searched through 1 Mar 2026; nothing new" in world.mail_text()


def test_a_rehearsal_holds_no_lease(world: World) -> None:
    with (
        rehearsal(world.engine) as rehearsed,
        watermarks.lease(rehearsed, "task", DAY) as mine,
        watermarks.lease(world.engine, "task", DAY) as real,
    ):
        assert mine
        assert real


def test_the_owner_hears_of_a_query_that_breaks_and_so_does_the_operator(world: World) -> None:
    world.strategy = " OR ".join(f"ketam{n}*[tiab]" for n in range(300))
    world.write_queries()

    world.at(START)

    for address in ("owner@example.org", "operator@sandbox.invalid"):
        assert "strategy world broke" in world.mail_text(address)
    with reading(world.engine) as db:
        state = watermarks.state(db, "strategy", "world")
    assert state is not None
    assert state.state == "failing"
