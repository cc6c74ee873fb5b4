"""The bot from end to end, on real HTTP, SMTP and both databases: nothing lost, nothing twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from world import FEED, READER, START, WEEK, World, shown, study

from bot.store.database import reading
from bot.store.schema import runs

DAY = timedelta(days=1)


def test_three_weeks_tell_each_study_once_by_slack_and_by_mail(world: World) -> None:
    slack, mail = world.subscribe("slack"), world.subscribe("email")
    world.publish(study(1, created="2026-02-20"), study(2), study(3, created="2026-03-08"))
    world.show(shown(2), shown(4))

    for week in range(3):
        report = world.at(START + week * WEEK)
        assert report.problems == ()

    expected = ["10.5555/world.4", "90000001", "90000002", "90000003"]
    assert world.pmids_told(slack) == world.pmids_told(mail) == expected
    assert set(world.slack_keys().values()) == {1}
    assert set(world.mail_ids().values()) == {1}
    for number in (1, 2, 3, 4):
        assert world.mail_text().count(f"study number {number} ") == 1


def test_a_study_found_by_pubmed_and_by_the_feed_is_one_entry_that_names_both(
    world: World,
) -> None:
    world.subscribe("email")
    world.publish(study(1))
    world.show(shown(1))

    world.at(START)

    assert world.records() == 1
    assert "Found in Journal of made-up studies (feed) and PubMed" in world.mail_text()


def test_a_quiet_week_says_so_once_or_nothing_at_all(world: World) -> None:
    world.subscribe("email")
    world.subscribe("email", "silent@example.org", quiet=False)

    world.at(START)

    assert "nothing new" in world.mail_text()
    assert world.mail_text("silent@example.org") == ""


def test_a_first_run_tells_thirty_days_and_never_what_was_there_before(world: World) -> None:
    slack = world.subscribe(back=40)
    old = study(1, created="2025-09-01", revised="2025-09-01", indexed="2025-09-01")
    world.publish(old, study(2, created="2026-02-10"))

    world.at(START)
    world.at(START + WEEK, sweep=True)

    assert world.pmids_told(slack) == ["90000002"]
    fetched = [one.fields["id"] for one in world.sandbox.pubmed.requests("efetch")]
    assert fetched == ["90000002"], "a sweep fetches only what no baseline knows"


def test_a_record_that_is_indexed_late_arrives_by_the_sweep_and_says_so(world: World) -> None:
    slack = world.subscribe()
    world.strategy = "ketamine[mh] AND psychotherapy[tiab]"
    world.write_queries()
    world.publish(study(1, created="2025-11-01", mesh=(), indexed="2025-11-01"))
    world.at(START)
    world.publish(study(1, created="2025-11-01", indexed="2026-03-05"))

    world.at(START + WEEK, sweep=True)

    assert world.pmids_told(slack) == ["90000001"]
    assert world.matches() == {"90000001": ("yes", "late")}
    assert "Indexed late" in world.slack_text()


def test_a_back_dated_deposit_arrives(world: World) -> None:
    slack = world.subscribe()
    world.at(START)
    world.publish(study(1, created="2026-03-05", entered="2023-01-01", published="2023"))

    world.at(START + WEEK)

    assert world.pmids_told(slack) == ["90000001"]


def test_a_changed_query_announces_its_gain_once_and_never_as_news(world: World) -> None:
    slack = world.subscribe(back=40)
    gained = [
        study(
            n,
            created="2026-01-10",
            title=f"Esketamine with psychotherapy, report {n}",
            abstract=(),
            keywords=(),
        )
        for n in range(10, 24)
    ]
    world.publish(study(1), *gained)
    world.at(START)
    world.strategy = "(ketamine[tiab] OR esketamine[tiab]) AND psychotherapy[tiab]"
    world.write_queries()
    world.publish(study(2, created="2026-03-07"))

    world.at(START + WEEK)
    world.at(START + 2 * WEEK, sweep=True)

    matched = world.matches()
    assert matched["90000002"] == ("yes", "new")
    told = world.pmids_told(slack)
    assert [pmid for pmid in told if matched[pmid][1] == "gained"] == [
        f"900000{n}" for n in range(14, 24)
    ]
    assert "Gained by the change of the query" in world.slack_text()
    assert "4 more" in world.slack_text()


def test_a_new_query_is_matched_with_what_the_feeds_have_shown(world: World) -> None:
    world.show(shown(1, published="2026-02-27"))
    world.strategy = "somethingelse[tiab]"
    world.write_queries()
    world.at(START)
    assert world.matches() == {}
    second = (world.folder / "queries" / "world.yaml").read_text()
    (world.folder / "queries" / "second.yaml").write_text(
        second.replace("somethingelse", "ketamine")
    )

    world.at(START + DAY)

    assert world.matches() == {"10.5555/world.1": ("yes", "new")}


def test_a_title_without_abstract_is_shown_as_possible_and_once_more_when_it_is_real(
    world: World,
) -> None:
    mail = world.subscribe("email")
    early = study(1, created="2026-03-12", title="Ketamine in a made-up clinic of the world")
    real = replace(early, title=early.title)
    world.show(replace(early, pmid="", created="", status=""), withheld=True)
    world.at(START)
    assert "MAY MATCH: NO ABSTRACT IN THE FEED" in world.mail_text()
    world.publish(real)

    world.at(START + 2 * WEEK)
    world.at(START + 3 * WEEK)

    assert world.pmids_told(mail) == ["90000001"]
    assert world.mail_text().count("Ketamine in a made-up clinic") == 2
    assert "CONFIRMED: SHOWN BEFORE AS A POSSIBLE MATCH" in world.mail_text()


def test_a_title_that_meets_no_concept_waits_for_pubmed_which_decides(world: World) -> None:
    slack = world.subscribe()
    hidden = study(1, created="2026-03-04", title="A trial of a new treatment in the made-up world")
    other = study(
        2,
        created="2026-03-04",
        title="Another trial of another treatment in this world",
        abstract=(),
        keywords=(),
        mesh=(),
        substances=(),
    )
    world.show(
        *(replace(one, pmid="", created="", status="") for one in (hidden, other)), withheld=True
    )
    world.at(START)
    assert world.pmids_told(slack) == []
    world.publish(hidden, other)

    world.at(START + WEEK)

    assert world.pmids_told(slack) == ["90000001"]
    assert world.matches()["90000002"][0] == "no"


def test_what_is_still_undecided_is_counted_with_the_command_that_lists_it(world: World) -> None:
    world.subscribe("email")
    hidden = shown(1, title="A trial of a treatment in this world")
    world.show(hidden, withheld=True)

    for week in range(4):
        world.at(START + week * WEEK)

    assert "litbot query undecided" in world.mail_text()
    assert world.matches() == {"10.5555/world.1": ("unknown", "new")}


def test_a_late_run_sends_one_longer_digest_and_never_a_gap(world: World) -> None:
    slack = world.subscribe()
    world.publish(study(1), study(2, created="2026-03-08"), study(3, created="2026-03-20"))
    world.at(START)

    world.at(START + 3 * WEEK + timedelta(hours=5))

    assert world.pmids_told(slack) == ["90000001", "90000002", "90000003"]
    assert len({key.rsplit("-", 1)[0] for key in world.slack_keys()}) == 2


def test_a_new_subscription_is_told_from_its_first_day_and_further_back_on_request(
    world: World,
) -> None:
    world.publish(study(1, created="2026-02-20"), study(2, created="2026-03-06"))
    world.at(START)
    world.at(START + 5 * DAY)
    late = START + 4 * DAY
    fresh = world.subscribe(queries={"world": late}, next_due=START + WEEK)
    back = world.subscribe(queries={"world": START - 30 * DAY}, next_due=START + WEEK)

    world.at(START + WEEK)

    assert world.pmids_told(fresh) == ["90000002"]
    assert world.pmids_told(back) == ["90000001", "90000002"]


def test_an_erratum_is_not_swallowed_by_its_study(world: World) -> None:
    slack = world.subscribe()
    whole = study(1)
    world.publish(whole, study(2, doi=whole.doi, title=f"Erratum to: {whole.title}"))

    world.at(START)

    assert world.pmids_told(slack) == ["90000001", "90000002"]


def test_a_feed_that_rolled_over_is_named(world: World) -> None:
    world.show(shown(1), shown(2))
    world.at(START)
    world.show(shown(3), shown(4))

    world.at(START + WEEK)

    with reading(world.engine) as db:
        warnings = [line for run in db.execute(sa.select(runs)) for line in run.warnings]
    assert any("none of the 2 records" in line for line in warnings)


@pytest.mark.parametrize("held", [True, False])
def test_a_silent_feed_is_asked_about_and_the_digest_says_who_covers_it(
    world: World, held: bool
) -> None:
    world.subscribe("email")
    world.show(shown(1))
    if held:
        world.publish(study(2, created="2026-03-20"))

    for week in range(8):
        world.at(START + week * WEEK)

    line = "covered by PubMed" if held else "NOT in PubMed"
    assert f"Journal of made-up studies: feed silent, {line}" in world.mail_text()
    questions = [
        one for one in world.sandbox.pubmed.requests("esearch") if "0000-0019" in one.fields["term"]
    ]
    assert len(questions) == 1


def test_a_poll_with_nothing_new_costs_one_request_and_no_fetch(world: World) -> None:
    world.publish(study(1))
    world.at(START)
    world.at(START + DAY)
    world.sandbox.pubmed.log.clear()

    world.at(START + 2 * DAY)

    assert [one.endpoint for one in world.sandbox.pubmed.log] == ["esearch"]


def test_nothing_is_told_of_another_s_channel_when_one_is_archived(world: World) -> None:
    closed = world.subscribe(target="C000CLOSED")
    world.subscribe("slack")
    world.subscribe("email")
    world.publish(study(1))

    report = world.at(START)

    assert any("archived" in problem for problem in report.problems)
    assert len(world.slack_keys()) == 1
    assert len(world.mail_ids()) == 1
    assert world.outbox_states()["failed"] == 1
    assert world.pmids_told(closed) == ["90000001"]
    assert "could not be delivered" in world.mail_text("operator@sandbox.invalid")


def test_a_mail_names_its_reader_only_in_its_own_link(world: World) -> None:
    world.subscribe("email")
    world.publish(study(1))

    world.at(START)

    assert READER not in world.mail_text()
    assert "https://litbot.sandbox.invalid/unsubscribe/" in world.mail_text()
    assert world.sandbox.journals.log[0].path == FEED
