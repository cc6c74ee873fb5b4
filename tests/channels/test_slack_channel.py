"""The Slack channel against a real HTTP server: every fault ends in exactly one message."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.channels import slack
from bot.config import Settings
from bot.errors import DeliveryError, SettingsError
from bot.ports import Part, Receipt
from bot.sandbox.slack import SlackApi

TOKEN = "xoxb-sandbox"


@pytest.fixture
def api() -> Iterator[SlackApi]:
    with SlackApi() as running:
        yield running


def settings(url: str, token: str = TOKEN) -> Settings:
    return Settings.model_validate({"slack_api_url": url, "slack_token": token})


def channel(api: SlackApi, token: str = TOKEN) -> tuple[slack.Slack, list[float]]:
    """The channel, and what it waited for instead of sleeping."""
    built = slack.build(settings(api.url, token), None)
    waits: list[float] = []
    built.pause = waits.append
    built.posts.timeout = built.reads.timeout = 0.3
    return built, waits


def part(key: str = "7:1", target: str = "C00GENERAL", **fields: str) -> Part:
    payload = {"text": "Two new studies", "blocks": [{"type": "divider"}]}
    return Part(key=key, target=target, body={"payload": json.dumps(payload)}, **fields)


def since() -> datetime:
    return datetime.now(UTC) - timedelta(minutes=1)


def deliver(sender: slack.Slack, sent: Part) -> tuple[Receipt, list[DeliveryError]]:
    """Send as the outbox does: after an unknown outcome look first, then send again."""
    errors: list[DeliveryError] = []
    for _ in range(5):
        try:
            if errors and errors[-1].unknown:
                found = sender.find(sent, since())
                if found:
                    return found, errors
            return sender.send(sent), errors
        except DeliveryError as error:
            errors.append(error)
    raise AssertionError(errors)


def test_a_post_carries_its_key_and_its_receipt_is_its_ts(api: SlackApi) -> None:
    sender, _ = channel(api)

    receipt = sender.send(part())

    [posted] = api.messages
    assert receipt.id == posted["ts"]
    assert posted["channel"] == "C00GENERAL"
    assert posted["text"] == "Two new studies"
    assert posted["unfurl_links"] is posted["unfurl_media"] is False
    assert posted["metadata"]["event_payload"] == {"key": "7:1"}


# What each fault leaves, and whether the first attempt could know: (fault, times, unknown).
FAULTS = [
    ("accept_reset", 1, True),
    ("accept_close", 1, True),
    ("accept_500", 1, True),
    ("accept_hang", 1, True),
    ("accept_error:fatal_error", 1, True),
    ("accept_error:internal_error", 1, True),
    ("hang", 1, True),
    ("reset", 1, True),
    ("html", 1, True),
    ("list", 1, True),
    ("broken", 1, True),
    ("500", 1, True),
    ("502", 1, True),
    ("503", 1, True),
    ("error:fatal_error", 1, True),
    ("error:service_unavailable", 1, False),
    ("error:request_timeout", 1, False),
    ("error:team_added_to_org", 1, False),
    ("error:ratelimited", 1, False),
    ("error:an_error_that_is_new", 1, False),
    ("429", 1, None),
    ("429", 3, None),
    ("429", 4, False),
    ("429", 8, False),
    ("accept_reset", 2, True),
    ("accept_500", 3, True),
]


@pytest.mark.parametrize(("fault", "times", "unknown"), FAULTS)
@pytest.mark.parametrize("threaded", [False, True], ids=["message", "reply"])
def test_every_fault_ends_in_exactly_one_message(
    api: SlackApi, fault: str, times: int, unknown: bool | None, threaded: bool
) -> None:
    sender, _ = channel(api)
    parent = sender.send(part("parent"))
    sent = part(reply_to=parent.id if threaded else "")
    api.fail(fault, times=times)

    receipt, errors = deliver(sender, sent)

    mine = [m for m in api.messages if m["metadata"]["event_payload"]["key"] == sent.key]
    assert [message["ts"] for message in mine] == [receipt.id]
    assert [error.unknown for error in errors[:1]] == ([] if unknown is None else [unknown])
    assert not any(error.permanent for error in errors)


@pytest.mark.parametrize("fault", ["accept_reset", "accept_close", "accept_500", "503"])
def test_the_sdk_repeats_no_post_by_itself(api: SlackApi, fault: str) -> None:
    sender, _ = channel(api)
    api.fail(fault)

    with pytest.raises(DeliveryError):
        sender.send(part())

    assert [call.method for call in api.log] == ["chat.postMessage"]


def test_a_rate_limit_is_waited_for_as_long_as_slack_asks(api: SlackApi) -> None:
    sender, waits = channel(api)
    api.fail("429", retry_after="7")
    api.fail("429", retry_after="soon")

    sender.send(part())

    assert waits == [7.0, 1.0]
    assert len(api.messages) == 1


def test_a_long_rate_limit_goes_back_to_the_outbox(api: SlackApi) -> None:
    sender, waits = channel(api)
    api.fail("429", retry_after="600")

    with pytest.raises(DeliveryError) as caught:
        sender.send(part())

    assert caught.value.retry_after == 600
    assert not caught.value.unknown
    assert waits == []


def test_posts_to_one_channel_keep_a_pace_and_do_not_wait_for_another(api: SlackApi) -> None:
    sender, waits = channel(api)

    sender.send(part("7:1"))
    sender.send(part("8:1", target="C00RELAPSE"))
    assert waits == []
    sender.send(part("7:2"))

    assert len(waits) == 1
    assert 0.5 < waits[0] <= slack.GAP


@pytest.mark.parametrize(
    ("target", "remedy"),
    [
        ("C000CLOSED", "is_archived: the channel is archived"),
        ("C0000ALIEN", "not_in_channel: .*invite"),
        ("G000HIDDEN", "channel_not_found: .*private"),
        ("C0000NONE0", "channel_not_found"),
    ],
)
def test_a_wrong_channel_is_permanent_and_blocks_no_other(
    api: SlackApi, target: str, remedy: str
) -> None:
    sender, _ = channel(api)

    with pytest.raises(DeliveryError, match=remedy) as caught:
        sender.send(part("8:1", target=target))
    sender.send(part("7:1"))

    assert caught.value.permanent
    assert not caught.value.service_down
    assert len(api.messages) == 1


@pytest.mark.parametrize(
    "name",
    [
        "restricted_action",
        "restricted_action_read_only_channel",
        "restricted_action_of_a_new_kind",
        "cannot_reply_to_message",
        "messages_tab_disabled",
    ],
)
def test_other_faults_of_the_channel_are_permanent(api: SlackApi, name: str) -> None:
    api.fail(f"error:{name}")

    with pytest.raises(DeliveryError, match=name) as caught:
        channel(api)[0].send(part())

    assert caught.value.permanent


@pytest.mark.parametrize(
    "name",
    [
        "invalid_auth",
        "account_inactive",
        "token_revoked",
        "token_expired",
        "missing_scope",
        "org_login_required",
    ],
)
def test_a_fault_of_the_app_holds_every_part_back_for_the_operator(
    api: SlackApi, name: str
) -> None:
    api.fail(f"error:{name}")

    with pytest.raises(DeliveryError, match=name) as caught:
        channel(api)[0].send(part())

    assert caught.value.service_down
    assert not caught.value.permanent
    assert not caught.value.unknown


@pytest.mark.parametrize(
    "payload",
    [
        {"text": ""},
        {"text": "x", "blocks": [{"type": "divider"}] * 51},
        {"text": "x", "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3000}}] * 5},
    ],
    ids=["no_text", "invalid_blocks", "msg_blocks_too_long"],
)  # fmt: skip
def test_a_message_that_slack_refuses_is_permanent_and_says_where(
    api: SlackApi, payload: dict[str, object], request: pytest.FixtureRequest
) -> None:
    sent = Part(key="k", target="C00GENERAL", body={"payload": json.dumps(payload)})

    with pytest.raises(DeliveryError, match="Slack refused the message") as caught:
        channel(api)[0].send(sent)

    assert caught.value.permanent
    assert ("/blocks" in str(caught.value)) == ("invalid_blocks" in str(caught.value))


def test_nothing_is_found_of_a_part_that_was_not_posted(api: SlackApi) -> None:
    sender, _ = channel(api)
    sender.send(part("7:1"))

    assert sender.find(part("7:2"), since()) is None


def test_a_post_is_found_on_a_later_page_and_in_its_thread() -> None:
    with SlackApi(page=2) as api:
        sender, _ = channel(api)
        parent = sender.send(part("7:1"))
        replies = [sender.send(part(f"7:{n}", reply_to=parent.id)) for n in range(2, 8)]
        for n in range(8, 14):
            sender.send(part(f"7:{n}"))

        assert sender.find(part("7:1"), since()) == parent
        assert sender.find(part("7:6", reply_to=parent.id), since()) == replies[4]


def test_a_thread_that_is_gone_holds_no_message(api: SlackApi) -> None:
    assert channel(api)[0].find(part(reply_to="1000000000.000001"), since()) is None


@pytest.mark.parametrize(
    ("target", "scope"), [("C00GENERAL", "channels:history"), ("G00PRIVATE", "groups:history")]
)
def test_where_nobody_can_look_the_outcome_stays_unknown_and_the_scope_is_named(
    target: str, scope: str
) -> None:
    with SlackApi(scopes=["chat:write"]) as api:
        sender, _ = channel(api)
        api.fail("accept_reset")
        with pytest.raises(DeliveryError):
            sender.send(part(target=target))

        with pytest.raises(DeliveryError, match=scope) as caught:
            sender.find(part(target=target), since())

    assert caught.value.unknown
    assert len(api.messages) == 1


@pytest.mark.parametrize("fault", ["reset", "503", "429"])
def test_reading_is_tried_again_at_once(api: SlackApi, fault: str) -> None:
    sender, _ = channel(api)
    sent = sender.send(part())
    api.fail(fault, method="conversations.history")

    assert sender.find(part(), since()) == sent


def test_a_correction_changes_the_message_in_place(api: SlackApi) -> None:
    sender, _ = channel(api)
    first = sender.send(part())
    corrected = Part(
        key="7:1:corrected",
        target="C00GENERAL",
        body={"payload": json.dumps({"text": "One study, one retracted"})},
        replaces=first.id,
    )
    api.fail("accept_reset", method="chat.update")

    receipt, errors = deliver(sender, corrected)

    assert receipt == first
    assert len(errors) == 1
    assert [message["text"] for message in api.messages] == ["One study, one retracted"]


def test_a_service_that_is_not_there_is_down_and_nothing_is_in_doubt() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/api/"
    sender = slack.build(settings(url), None)

    with pytest.raises(DeliveryError, match=r"cannot connect to Slack: .*refused") as caught:
        sender.send(part())

    assert caught.value.service_down
    assert not caught.value.unknown


def test_checking_names_a_bad_token_and_missing_scopes(api: SlackApi) -> None:
    channel(api)[0].check()
    with pytest.raises(DeliveryError, match="LITBOT_SLACK_TOKEN") as caught:
        channel(api, "xoxb-secret-and-wrong")[0].check()
    assert "xoxb-secret" not in str(caught.value)
    api.scopes = frozenset({"chat:write"})
    with pytest.raises(DeliveryError, match="lacks the scopes channels:history"):
        channel(api)[0].check()


@pytest.mark.parametrize("token", ["", "xoxb-1\nHost: x", "xoxb 1", "xoxb-é"])
def test_what_cannot_be_a_token_is_a_settings_error_that_does_not_show_it(token: str) -> None:
    with pytest.raises(SettingsError, match="LITBOT_SLACK_TOKEN: not a token") as caught:
        slack.build(settings("http://127.0.0.1:1/", token), None)

    assert not token or token not in str(caught.value)


@pytest.mark.parametrize("fault", ["html", "reset", "error:invalid_auth", "429"])
def test_no_error_and_no_cause_of_it_shows_the_token(api: SlackApi, fault: str) -> None:
    api.fail(fault, times=-1)

    with pytest.raises(DeliveryError) as caught:
        channel(api)[0].send(part())

    error: BaseException | None = caught.value
    while error:
        assert TOKEN not in str(error)
        assert TOKEN not in repr(error)
        error = error.__cause__
