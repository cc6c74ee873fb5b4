"""The sandbox's Slack answers as Slack does, and fails in every way it is asked to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.sandbox.blocks import refused
from bot.sandbox.slack import SlackApi


@pytest.fixture
def api() -> Iterator[SlackApi]:
    with SlackApi() as running:
        yield running


def client(api: SlackApi, token: str = "xoxb-sandbox") -> WebClient:
    return WebClient(token, base_url=api.url, timeout=5, retry_handlers=[])


def error_of(call, *args: object, **kwargs: object) -> str:
    with pytest.raises(SlackApiError) as caught:
        call(*args, **kwargs)
    return caught.value.response["error"]


def test_a_posted_message_is_in_the_history_with_its_metadata(api: SlackApi) -> None:
    metadata = {"event_type": "seven", "event_payload": {"key": "k"}}
    slack = client(api)
    posted = slack.chat_postMessage(channel="C00GENERAL", text="parent", metadata=metadata)
    slack.chat_postMessage(channel="C00GENERAL", text="child", thread_ts=posted["ts"])

    history = slack.conversations_history(channel="C00GENERAL", include_all_metadata=True)
    replies = slack.conversations_replies(channel="C00GENERAL", ts=posted["ts"])

    assert [message["text"] for message in history["messages"]] == ["parent"]
    assert history["messages"][0]["metadata"] == metadata
    assert [message["text"] for message in replies["messages"]] == ["parent", "child"]
    assert "metadata" not in replies["messages"][0]


def test_a_history_comes_in_pages(api: SlackApi) -> None:
    slack = client(api)
    for number in range(5):
        slack.chat_postMessage(channel="C00GENERAL", text=str(number))

    texts = [
        message["text"]
        for page in slack.conversations_history(channel="C00GENERAL", limit=2)
        for message in page["messages"]
    ]

    assert texts == ["4", "3", "2", "1", "0"]


@pytest.mark.parametrize(
    ("channel", "error"),
    [
        ("C000CLOSED", "is_archived"),
        ("C0000ALIEN", "not_in_channel"),
        ("G000HIDDEN", "channel_not_found"),
        ("C0000NONE0", "channel_not_found"),
    ],
)
def test_channels_refuse_posts(api: SlackApi, channel: str, error: str) -> None:
    assert error_of(client(api).chat_postMessage, channel=channel, text="x") == error


def test_the_token_and_its_scopes_are_checked() -> None:
    with SlackApi(scopes=["chat:write"]) as api:
        assert error_of(client(api, "xoxb-other").auth_test) == "invalid_auth"
        slack = client(api)
        assert slack.auth_test().headers["X-OAuth-Scopes"] == "chat:write"
        assert error_of(slack.conversations_history, channel="C00GENERAL") == "missing_scope"
        assert error_of(slack.conversations_history, channel="G00PRIVATE") == "missing_scope"


def test_a_private_channel_that_the_bot_is_not_in_is_not_listed(api: SlackApi) -> None:
    names = [channel["name"] for channel in client(api).conversations_list()["channels"]]

    assert "private" in names
    assert "hidden" not in names


def test_a_message_is_changed_in_place(api: SlackApi) -> None:
    slack = client(api)
    ts = slack.chat_postMessage(channel="C00GENERAL", text="before")["ts"]

    slack.chat_update(channel="C00GENERAL", ts=ts, text="after")

    assert [message["text"] for message in api.messages] == ["after"]
    update = slack.chat_update
    assert error_of(update, channel="C00GENERAL", ts="1.0", text="x") == "message_not_found"


def test_posts_to_one_channel_are_held_to_a_rate() -> None:
    with SlackApi(rate=0.001) as api:
        slack = client(api)
        for _ in range(3):
            slack.chat_postMessage(channel="C00GENERAL", text="x")

        assert error_of(slack.chat_postMessage, channel="C00GENERAL", text="x") == "ratelimited"
        slack.chat_postMessage(channel="C00RELAPSE", text="x")

    assert len(api.messages) == 4
    assert [call.fault for call in api.log] == ["", "", "", "429", ""]


def test_the_hooks_see_a_message_just_before_and_just_after_it_is_posted(api: SlackApi) -> None:
    seen = []
    api.before_accept = lambda _posted: seen.append(len(api.messages))
    api.on_accept = lambda _posted: seen.append(len(api.messages))

    client(api).chat_postMessage(channel="C00GENERAL", text="x")

    assert seen == [0, 1]


def section(length: int) -> dict[str, object]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": "x" * length}}


def header(length: int, kind: str = "plain_text") -> dict[str, object]:
    return {"type": "header", "text": {"type": kind, "text": "x" * length}}


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ({}, "no_text"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"blocks": "[]x"}, "invalid_blocks_format"),
        ({"blocks": [{"text": "x"}]}, "invalid_blocks_format"),
        ({"blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
        ({"blocks": [{"type": "dividerr"}]}, "invalid_blocks"),
        ({"blocks": [{"type": "divider", "block_id": "a"}] * 2}, "invalid_blocks"),
        ({"blocks": [header(151)]}, "invalid_blocks"),
        ({"blocks": [header(5, "mrkdwn")]}, "invalid_blocks"),
        ({"blocks": [section(3001)]}, "invalid_blocks"),
        ({"blocks": [section(0)]}, "invalid_blocks"),
        ({"blocks": [{"type": "section"}]}, "invalid_blocks"),
        ({"blocks": [{"type": "context", "elements": []}]}, "invalid_blocks"),
        ({"blocks": [section(3000)] * 5}, "msg_blocks_too_long"),
        ({"blocks": [section(3000)] * 4, "text": "x"}, None),
        ({"blocks": [{"type": "divider"}] * 50, "text": "x"}, None),
        ({"blocks": [header(150)], "text": "x"}, None),
    ],
)
def test_messages_are_refused_as_slack_refuses_them(
    message: dict[str, object], error: str | None
) -> None:
    assert refused(message).get("error") == error


def test_a_reply_needs_its_thread(api: SlackApi) -> None:
    call = client(api).chat_postMessage

    assert (
        error_of(call, channel="C00GENERAL", text="x", thread_ts="1.000001") == "thread_not_found"
    )
