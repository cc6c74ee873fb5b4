"""Notices find their thread and correct their message, whatever has become of these."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from world import READER, START, WEEK, World, study

from bot import pipeline
from bot.model import Notice, NoticeKind
from bot.store import notices, records
from bot.store.database import writing
from bot.store.schema import shown

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
NOTICE = "90000777"
#: What fails outside the store fails alike on both databases.
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def world(world: World) -> World:
    world.journal_fed = False
    world.write_queries()
    world.publish(*(study(number) for number in range(1, 7)))
    return world


def happen(
    world: World,
    number: int,
    kind: NoticeKind = "retraction",
    pmid: str = NOTICE,
    citation: str = "",
    other: int | None = None,
) -> None:
    """Something happens to the study of this number, and PubMed says so."""
    with writing(world.engine) as db:
        (record,) = records.by_pmid(db, [study(number).pmid]).values()
        notice = Notice(
            record_id=record,
            kind=kind,
            identity=f"pmid:{pmid}" if kind == "erratum" else "",
            other_id=other,
            pmid="" if citation else pmid,
            citation=citation,
            published="2026-03-03",
            basis="pubmed",
        )
        notices.note(db, notice, START)


def tell(world: World, after: timedelta = DAY) -> tuple[str, ...]:
    """Compose and deliver, without asking anybody; the problems."""
    now = START + after
    world.sandbox.advance(now)
    with world.bot() as bot:
        report = pipeline.compose(bot, now) + pipeline.deliver(bot, now)
    return tuple(report.problems)


def posts(world: World) -> list[dict[str, object]]:
    return world.sandbox.slack.messages


def said(message: dict[str, object]) -> str:
    return " ".join(
        block["text"]["text"]
        for block in message["blocks"]  # type: ignore[attr-defined]
        if block["type"] == "section"
    )


def with_flag(world: World, flag: str = "RETRACTED") -> list[str]:
    """The keys of the messages in which a study carries the flag."""
    return [
        str(one["metadata"]["event_payload"]["key"])[-2:]  # type: ignore[index,call-overload]
        for one in posts(world)
        if f"*{flag}, " in said(one)
    ]


@pytest.mark.parametrize(("number", "place"), [(1, "-1"), (5, "-2")], ids=["parent", "reply"])
def test_a_notice_answers_in_the_thread_and_the_study_carries_its_flag(
    world: World, number: int, place: str
) -> None:
    world.subscribe("slack")
    world.at(START)
    parent = posts(world)[0]["ts"]

    happen(world, number)
    assert tell(world) == ()

    assert len(posts(world)) == 3
    assert posts(world)[2]["thread_ts"] == parent
    assert f"number {number} of" in said(posts(world)[2])
    assert with_flag(world) == [place]
    assert world.outbox_states() == {"sent": 4}


def test_a_second_notice_keeps_the_flag_of_the_first(world: World) -> None:
    world.subscribe("slack")
    world.at(START)

    happen(world, 1, "concern", "90000771")
    tell(world)
    happen(world, 1)
    happen(world, 2, "erratum", "90000772")
    tell(world, 2 * DAY)

    text = said(posts(world)[0])
    assert text.index("*EXPRESSION OF CONCERN, ") < text.index("*RETRACTED, ")
    assert text.count("*RETRACTED, ") == text.count("*Erratum, ") == 1
    assert len(posts(world)) == 4


@ON_SQLITE
def test_a_title_in_a_list_carries_its_flag_within_slacks_limits(world: World) -> None:
    world.publish(*(study(number) for number in range(7, 60)))
    world.subscribe("slack")
    world.at(START)

    for number in range(1, 60):
        happen(world, number, pmid=str(90_000_700 + number))
    assert tell(world) == ()

    shows = sum(said(one).count("*RETRACTED* <") for one in posts(world))
    whole = sum(said(one).count("*RETRACTED, ") for one in posts(world))
    assert shows + whole == 59
    assert world.outbox_states().keys() == {"sent"}


GONE = ["thread_not_found", "cannot_reply_to_message", "restricted_action_thread_locked"]


@ON_SQLITE
@pytest.mark.parametrize("error", GONE)
def test_a_notice_whose_thread_is_gone_stands_on_its_own(world: World, error: str) -> None:
    world.subscribe("slack")
    world.at(START)
    world.sandbox.slack.fail(f"error:{error}")

    happen(world, 1)
    assert tell(world) == ()

    assert "thread_ts" not in posts(world)[-1]
    assert said(posts(world)[-1]).startswith("*Retracted:*")
    assert world.outbox_states() == {"sent": 4}


@ON_SQLITE
@pytest.mark.parametrize("error", ["message_not_found", "cant_update_message", "invalid_blocks"])
def test_a_correction_that_cannot_be_made_harms_nobody(world: World, error: str) -> None:
    world.subscribe("slack")
    world.at(START)
    world.sandbox.slack.fail(f"error:{error}", method="chat.update", times=-1)

    happen(world, 1)
    problems = tell(world)

    assert [error in one for one in problems] == [True] * (error == "invalid_blocks")
    assert said(posts(world)[-1]).startswith("*Retracted:*")
    assert world.outbox_states() == {"sent": 3, "cancelled": 1}
    assert world.subjects() == []


def test_a_notice_and_a_correction_wait_for_a_message_that_is_still_to_be_posted(
    world: World,
) -> None:
    world.subscribe("slack")
    world.sandbox.slack.fail("503")
    world.at(START)
    assert posts(world) == []

    happen(world, 1)
    tell(world, MINUTE)
    assert posts(world) == []
    tell(world, 10 * MINUTE)

    first, *_, last = posts(world)
    assert last["thread_ts"] == first["ts"]
    assert with_flag(world) == ["-1"]
    assert set(world.slack_keys().values()) == {1}


def test_a_notice_goes_on_its_own_when_the_digest_never_arrived(world: World) -> None:
    world.subscribe("slack")
    world.sandbox.slack.fail("error:is_archived")
    world.at(START)

    happen(world, 1)
    tell(world)

    (only,) = posts(world)
    assert "thread_ts" not in only
    assert world.outbox_states() == {"failed": 2, "sent": 2, "pending": 1}  # one to the operator
    world.retry(START + DAY)
    tell(world)
    assert with_flag(world) == ["-1"]


def test_a_notice_that_waited_for_a_message_goes_on_its_own_when_that_fails(world: World) -> None:
    world.subscribe("slack")
    world.sandbox.slack.fail("503")
    world.at(START)
    happen(world, 1)
    tell(world, MINUTE)

    world.sandbox.slack.fail("error:is_archived")
    tell(world, 10 * MINUTE)

    (only,) = posts(world)
    assert said(only).startswith("*Retracted:*")


def test_a_study_of_which_no_message_is_known_gets_a_message_of_its_own(world: World) -> None:
    world.subscribe("slack")
    world.at(START)
    with writing(world.engine) as db:
        db.execute(sa.delete(shown))

    happen(world, 1)
    tell(world)

    assert "thread_ts" not in posts(world)[-1]
    assert with_flag(world) == []


def test_a_later_correction_takes_the_place_of_one_that_waits(world: World) -> None:
    world.subscribe("slack")
    world.at(START)
    world.sandbox.slack.fail("503", method="chat.update")
    happen(world, 1, "concern", "90000771")
    tell(world)

    happen(world, 1)
    tell(world, DAY + MINUTE)
    tell(world, 2 * DAY)

    assert with_flag(world) == with_flag(world, "EXPRESSION OF CONCERN") == ["-1"]
    assert world.outbox_states() == {"sent": 5, "cancelled": 1}


def test_who_has_left_hears_nothing(world: World) -> None:
    left = [world.subscribe("slack"), world.subscribe("email")]
    world.at(START)
    before = len(posts(world)), len(world.mail_ids())

    for number in left:
        world.unsubscribe(number)
    happen(world, 1)
    tell(world)

    assert (len(posts(world)), len(world.mail_ids())) == before


@ON_SQLITE
def test_what_is_grave_goes_out_by_mail_at_once_and_the_rest_with_the_digest(world: World) -> None:
    world.subscribe("email")
    world.at(START)
    kinds: Iterable[NoticeKind] = (
        "retraction",
        "concern",
        "withdrawal",
        "erratum",
        "reinstatement",
    )
    for number, kind in enumerate(kinds, start=1):
        happen(world, number, kind, str(90_000_770 + number))

    tell(world)
    tell(world, WEEK)
    tell(world, 2 * WEEK)

    subjects = world.subjects(READER)
    assert subjects[1] == "Retractions and concerns: 3 studies you were sent"
    assert "2 notices" in subjects[2]
    assert "nothing new" in subjects[3]
    assert world.mailed().count("You were sent this study") == 5


@ON_SQLITE
def test_one_grave_notice_is_named_in_the_subject(world: World) -> None:
    world.subscribe("email")
    world.at(START)

    happen(world, 1, "concern")
    tell(world)

    assert world.subjects(READER)[-1] == "Expression of concern: a study you were sent"


def test_what_happens_to_an_article_answers_where_its_preprint_was_shown(world: World) -> None:
    number = world.subscribe("slack")
    world.at(START)
    world.publish(study(70, created="2026-03-03", entered="2026-03-03"))
    with world.bot() as bot:
        world.sandbox.advance(START + DAY)
        pipeline.poll(bot, START + DAY)
    with writing(world.engine) as db:
        (article,) = records.by_pmid(db, [study(70).pmid]).values()
    happen(world, 1, "publication", study(70).pmid, other=article)
    tell(world, 2 * DAY)

    happen(world, 70)
    tell(world, 3 * DAY)
    tell(world, WEEK)

    *_, published, retracted, quiet = posts(world)
    assert "number 70 of" in said(published)
    assert "*RETRACTED, " in said(published)
    assert retracted["thread_ts"] == posts(world)[0]["ts"]
    assert "You were sent this study on 4 March 2026" in said(retracted)
    assert "nothing new" in said(quiet)
    assert study(70).pmid in world.pmids_told(number)


def test_whoever_was_told_of_one_of_two_records_that_are_joined_hears_once(world: World) -> None:
    number = world.subscribe("email")
    world.at(START)
    with writing(world.engine) as db:
        first, second = (records.by_pmid(db, [study(n).pmid])[study(n).pmid] for n in (1, 2))
        for record in (first, second):
            notice = Notice(
                record_id=record, kind="retraction", identity="", pmid=NOTICE, basis="pubmed"
            )
            notices.note(db, notice, START)
        notices.tell(db, number, {one.id: "" for one in notices.of(db, [second])[second]}, START)

        notices.move(db, second, first)

        assert notices.untold(db, number, START) == []
        assert len(notices.of(db, [first, second])[first]) == 1


@ON_SQLITE
def test_hostile_titles_steer_nothing(world: World) -> None:
    title = "Ketamine psychotherapy <!channel> *bold* <b>x</b> | [a](https://evil.example)"
    world.publish(study(1, title=title))
    world.subscribe("slack")
    world.subscribe("email")
    world.at(START)

    happen(world, 1, citation="J <!here> \x1b[31m <b>x</b>")
    tell(world)

    slack = json.dumps([posts(world)[0], posts(world)[-1]])
    assert "<!" not in slack
    assert "\\u001b" not in slack
    assert "\x1b" not in world.mail_text()
    html = [
        part.get_content()
        for mail in world.sandbox.mailbox.messages
        if (part := mail.message.get_body(("html",))) is not None
    ]
    assert all("<b>x</b>" not in one for one in html)
