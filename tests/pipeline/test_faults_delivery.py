"""Each way in which Slack and mail fail: each part arrives once, and what cannot is named."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from itertools import pairwise
from typing import get_args

import pytest
from world import OPERATOR, READER, SLACK_ROOM, START, World, on_databases, study

from bot import pipeline
from bot.sandbox import slack as slack_sandbox
from bot.sandbox import smtp as smtp_sandbox

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
OTHER_ROOM, OTHER_READER = "C00GENERAL", "second@example.org"
FAILED = "could not be delivered by"


@pytest.fixture
def world(world: World) -> World:
    """Enough studies for a parent and replies."""
    world.journal_fed = False
    world.write_queries()
    world.publish(*(study(number) for number in range(1, 7)))
    return world


def hurry(world: World, fault: str) -> None:
    """Nobody waits long for a server that hangs, and no other is given up on a busy machine."""
    if "hang" in fault:
        world.patience = 2.0


def everybody(world: World) -> None:
    for room in (SLACK_ROOM, OTHER_ROOM):
        world.subscribe("slack", room)
    for reader in (READER, OTHER_READER):
        world.subscribe("email", reader)


def in_room(world: World, room: str) -> list[str]:
    """The keys that were posted to a room."""
    return [
        str(message["metadata"]["event_payload"]["key"])
        for message in world.sandbox.slack.messages
        if message["channel"] == room
    ]


#: Slack's faults, the words of the problem, and what is known then of the part.
SLACK = [
    ("429", "too many messages", "pending"),
    ("500", "not Slack's (500)", "unknown"),
    ("502", "not Slack's (502)", "unknown"),
    ("503", "not Slack's (503)", "unknown"),
    ("html", "not Slack's", "unknown"),
    ("list", "not Slack's", "unknown"),
    ("broken", "not Slack's", "unknown"),
    ("hang", "no answer in time", "unknown"),
    ("reset", "the connection was lost", "unknown"),
    ("accept_hang", "no answer in time", "unknown"),
    ("accept_reset", "the connection was lost", "unknown"),
    ("accept_close", "the connection was lost", "unknown"),
    ("accept_500", "not Slack's (500)", "unknown"),
    ("accept_error:fatal_error", "Slack failed (200 fatal_error)", "unknown"),
    ("accept_error:internal_error", "Slack failed (200 internal_error)", "unknown"),
    ("error:service_unavailable", "Slack refused it for now", "pending"),
    ("error:request_timeout", "Slack refused it for now", "pending"),
    ("error:team_added_to_org", "Slack refused it for now", "pending"),
    ("error:ratelimited", "too many messages", "pending"),
    ("error:invalid_auth", "the token is refused", "pending"),
    ("error:token_revoked", "the token was revoked", "pending"),
    ("error:missing_scope", "lacks a scope", "pending"),
]


def attempt(world: World, now: datetime) -> tuple[str, ...]:
    """One delivery; its problems."""
    world.sandbox.advance(now)
    with world.bot() as bot:
        return tuple(pipeline.deliver(bot, now).problems)


@pytest.mark.parametrize(
    ("database_url", "fault", "words", "state", "skip"),
    on_databases(*((*row, number % 2) for number, row in enumerate(SLACK))),
    indirect=["database_url"],
)
def test_what_slack_may_have_posted_is_looked_up_and_the_rest_goes_on(
    world: World, fault: str, words: str, state: str, skip: int
) -> None:
    """With `skip` it is the reply in the thread that fails, else the digest's first message."""
    everybody(world)
    hurry(world, fault)
    times = 4 if fault == "429" else 1  # shorter pauses are waited for
    world.sandbox.slack.fail(fault, channel=SLACK_ROOM, times=times, skip=skip)

    (problem,) = world.at(START).problems
    assert words in problem
    assert SLACK_ROOM not in problem
    assert world.outbox_states()[state] >= 1
    assert set(world.mail_ids(READER).values()) == set(world.mail_ids(OTHER_READER).values()) == {1}
    if "hang" not in fault and fault not in (
        "error:invalid_auth",
        "error:token_revoked",
        "error:missing_scope",
    ):
        assert len(in_room(world, OTHER_ROOM)) == 2
    calls = len(world.sandbox.slack.log)
    attempt(world, START + 4 * MINUTE)
    assert [
        one for one in world.sandbox.slack.log[calls:] if one.arguments["channel"] == SLACK_ROOM
    ] == []

    assert attempt(world, START + 6 * MINUTE) == ()
    assert world.outbox_states() == {"sent": 6}
    for room in (SLACK_ROOM, OTHER_ROOM):
        parent, reply = in_room(world, room)
        assert (parent[-2:], reply[-2:]) == ("-1", "-2")
    assert set(world.mail_ids(READER).values()) == set(world.mail_ids(OTHER_READER).values()) == {1}
    assert world.subjects() == []


def test_what_slack_has_posted_and_nobody_can_look_up_is_named_and_never_posted_again(
    world: World,
) -> None:
    world.subscribe("slack")
    slack = world.sandbox.slack
    slack.fail("accept_reset")
    slack.fail("error:no_permission", method="conversations.history", times=-1)

    world.at(START)
    for hour in range(1, 30):
        (problem,) = attempt(world, START + hour * HOUR) or ("",)
        assert not problem or "cannot be read" in problem
    assert len(slack.messages) == 1
    assert world.outbox_states()["unknown"] == 1
    attempt(world, START + 31 * HOUR)
    assert world.subjects()

    slack._rules.clear()
    attempt(world, START + 40 * HOUR)
    assert set(world.slack_keys().values()) == {1}
    assert len(slack.messages) == 2


@pytest.mark.parametrize(
    ("database_url", "name", "words"),
    on_databases(
        ("channel_not_found", "no such channel"),
        ("not_in_channel", "invite it there"),
        ("is_archived", "the channel is archived"),
        ("restricted_action", "forbids the bot to post"),
        ("cannot_reply_to_message", "takes no replies"),
        ("messages_tab_disabled", "closed the app's messages"),
        ("invalid_blocks", "Slack refused the message: invalid_blocks"),
        ("msg_too_long", "Slack refused the message: msg_too_long"),
        ("metadata_too_large", "Slack refused the message: metadata_too_large"),
    ),
    indirect=["database_url"],
)
def test_what_slack_refuses_for_good_is_named_and_goes_out_when_it_is_mended(
    world: World, name: str, words: str
) -> None:
    everybody(world)
    world.sandbox.slack.fail(f"error:{name}", channel=SLACK_ROOM, times=-1)

    (problem,) = world.at(START).problems
    assert words in problem
    assert in_room(world, SLACK_ROOM) == []
    assert len(in_room(world, OTHER_ROOM)) == 2
    assert len(world.mail_ids()) == len(world.mail_ids(OTHER_READER)) == 1
    for hour in (1, 9):
        assert attempt(world, START + hour * HOUR) == ()
    assert world.outbox_states()["failed"] == 2
    (subject,) = world.subjects()
    assert FAILED in subject

    world.sandbox.slack._rules.clear()
    assert world.retry(START + 10 * HOUR) == 2
    assert attempt(world, START + 10 * HOUR) == ()
    assert len(in_room(world, SLACK_ROOM)) == 2
    assert set(world.slack_keys().values()) == {1}


#: What mail servers do, the words of the problem, and how often the mail comes in the end.
MAIL = [
    ("full", "recipient refused (452 4.2.2)", 1),
    ("grey", "recipient refused (450 4.7.1)", 1),
    ("policy", "refused by policy (550 5.7.1)", 1),  # a judgement of us, not of the address
    ("nosender", "sender refused (550 5.7.60)", 1),
    ("closing", "the server closes down (421 4.3.2)", 1),
    ("nonsense", "an answer that is not SMTP", 1),
    ("lose", "the connection was lost after the mail was handed over", 1),
    ("lose-early", "the connection was lost before the mail was handed over", 1),
    ("hang", "no answer in time after the mail was handed over", 1),
    ("hang-early", "no answer in time before the mail was handed over", 1),
    ("policy", "refused by policy (550 5.7.1)", 1),
    ("drop", "the connection was lost after the mail was handed over", 2),
    ("hang-kept", "no answer in time after the mail was handed over", 2),
]
MAIL_FOR_GOOD = [
    ("nouser", "recipient refused (550 5.1.1)"),
    ("nodata", "mail refused (554 5.5.1)"),
    ("spam", "refused by policy (550 5.7.1)"),
    ("toolarge", "mail refused (552 5.3.4)"),
]


def test_every_fault_of_the_mail_server_is_in_these_tables() -> None:
    assert {row[0] for row in MAIL + MAIL_FOR_GOOD} == set(get_args(smtp_sandbox.Fault))


def test_every_fault_of_slack_is_in_these_tables() -> None:
    documented = slack_sandbox.SlackApi.__doc__ or ""
    faults = set(re.findall(r"`([a-z0-9_]+)(?::NAME)?`", documented)) - {
        "fail",
        "url",
    }
    assert {row[0].partition(":")[0] for row in SLACK} >= faults


@pytest.mark.parametrize(
    ("database_url", "fault", "words", "copies"), on_databases(*MAIL), indirect=["database_url"]
)
def test_a_mail_comes_once_and_once_more_only_for_a_lost_answer(
    world: World, fault: str, words: str, copies: int
) -> None:
    everybody(world)
    hurry(world, fault)
    at_mail = fault in smtp_sandbox.AT_MAIL  # before the server knows whom it is for
    world.sandbox.mailbox.fail(fault, recipient="" if at_mail else READER)  # type: ignore[arg-type]

    (problem,) = world.at(START).problems
    assert words in problem
    assert READER not in problem
    assert all(len(in_room(world, room)) == 2 for room in (SLACK_ROOM, OTHER_ROOM))
    if not at_mail and "hang" not in fault:
        assert len(world.mail_ids(OTHER_READER)) == 1
    before = world.sandbox.mailbox.connections
    assert attempt(world, START + 4 * MINUTE) == ()
    if not at_mail and "hang" not in fault:
        assert world.sandbox.mailbox.connections == before

    assert attempt(world, START + 6 * MINUTE) == ()
    assert world.outbox_states() == {"sent": 6}
    assert list(world.mail_ids(READER).values()) == [copies]
    assert list(world.mail_ids(OTHER_READER).values()) == [1]
    same = {m.content for m in world.sandbox.mailbox.messages if READER in m.recipients}
    assert len(same) == 1
    assert set(world.slack_keys().values()) == {1}
    assert world.subjects() == []


@pytest.mark.parametrize(
    ("database_url", "fault", "words"), on_databases(*MAIL_FOR_GOOD), indirect=["database_url"]
)
def test_a_mail_that_is_refused_for_good_is_named_and_goes_out_when_it_is_mended(
    world: World, fault: str, words: str
) -> None:
    everybody(world)
    world.sandbox.mailbox.fail(fault, recipient=READER)  # type: ignore[arg-type]

    (problem,) = world.at(START).problems
    assert words in problem
    assert READER not in problem
    assert len(world.mail_ids(OTHER_READER)) == 1
    assert set(world.slack_keys().values()) == {1}
    for hour in (1, 9):
        assert attempt(world, START + hour * HOUR) == ()
    assert world.outbox_states()["failed"] == 1
    (subject,) = world.subjects()
    assert FAILED in subject
    assert READER not in world.mailed(OPERATOR)

    assert world.retry(START + 10 * HOUR) == 1
    assert attempt(world, START + 10 * HOUR) == ()
    assert list(world.mail_ids(READER).values()) == [1]


def test_attempts_back_off_and_after_two_days_the_part_is_given_up_by_name(world: World) -> None:
    world.subscribe("email")
    world.subscribe("email", OTHER_READER)
    world.sandbox.mailbox.fail("full", recipient=READER, times=-1)
    world.at(START)

    tried = []
    with world.bot() as bot:
        for quarter in range(1, 4 * 24 * 4):
            now = START + quarter * 15 * MINUTE
            if pipeline.deliver(bot, now).problems:
                tried.append(now - START)

    assert len(tried) == 13  # and the one of the first cycle
    pauses = [later - earlier for earlier, later in pairwise(tried)]
    assert pauses == sorted(pauses)
    assert max(pauses) <= 7 * HOUR
    assert 40 * HOUR < tried[-1] < 56 * HOUR
    assert world.outbox_states()["failed"] == 1
    (subject,) = world.subjects()
    assert FAILED in subject


@pytest.mark.parametrize(
    ("database_url", "down", "told_by"),
    on_databases(("slack", "email"), ("email", "slack")),
    indirect=["database_url"],
)
def test_a_channel_that_stays_down_is_told_once_and_holds_up_no_other(
    world: World, down: str, told_by: str
) -> None:
    everybody(world)
    operator = OTHER_ROOM if told_by == "slack" else OPERATOR
    if down == "slack":
        world.sandbox.slack.fail("error:invalid_auth", times=-1)
    else:
        world.sandbox.mailbox.fail("nosender", times=-1)

    for quarter in range(9):
        report = world.at(START + quarter * 15 * MINUTE, operator=operator)
        assert len(report.problems) == 1
    subject = f"litbot: nothing goes out by {down}"
    if down == "slack":
        assert world.subjects() == [subject]
        assert len(world.mail_ids()) == len(world.mail_ids(OTHER_READER)) == 1
    else:
        assert world.slack_text().count(subject) >= 1
        assert len(world.slack_keys()) == 2 * 2 + 1
    assert world.outbox_states()["failed"] == 0

    world.sandbox.slack._rules.clear()
    world.sandbox.mailbox._rules.clear()
    assert world.at(START + 3 * HOUR, operator=operator).problems == ()
    assert len(world.mail_ids()) == len(world.mail_ids(OTHER_READER)) == 1
    assert all(len(in_room(world, room)) >= 2 for room in (SLACK_ROOM, OTHER_ROOM))
    assert set(world.slack_keys().values()) == {1}
