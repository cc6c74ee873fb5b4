"""The Slack channel: chat.postMessage, exactly once.

Slack has no key against repeating a post, and its SDK repeats one by itself when the connection
breaks after Slack accepted it.  So posts go through a client that repeats only what Slack refused
for its rate (429).  Every other doubt ends as an unknown outcome, and `find` looks it up: each post
carries its part's key in the metadata.

One thread at a time.
"""

from __future__ import annotations

import http.client
import json
import logging
import re
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import (
    ConnectionErrorRetryHandler,
    RateLimitErrorRetryHandler,
    ServerErrorRetryHandler,
)
from slack_sdk.http_retry.handler import RetryHandler
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.http_retry.state import RetryState
from slack_sdk.web import SlackResponse

from bot.channels import message
from bot.config import Settings
from bot.errors import DeliveryError, SettingsError
from bot.ports import Part, Receipt

TIMEOUT = 30  # seconds
GAP = 1.05  # seconds between two posts to one channel: Slack allows about one (docs, rate limits)
LONGEST_WAIT = 60.0  # seconds for a rate limit; a longer one goes back to the outbox
RATE_RETRIES = 3
CLOCKS = timedelta(minutes=5)  # how far Slack's clock and ours may differ
REPLAYED = timedelta(days=1)  # a replay's clock may be ahead of Slack's
PAGE = 200  # messages; Slack advises no more than 200 a page
SCOPES = ("chat:write", "channels:history")

#: The target's fault: trying again unchanged cannot help.
TARGET = {
    "channel_not_found": "no such channel, or a private one that the bot was not invited to",
    "not_in_channel": "the bot is not in the channel: invite it there",
    "is_archived": "the channel is archived",
    "restricted_action": "the workspace forbids the bot to post there",
    "restricted_action_read_only_channel": "the channel is read-only for the bot",
    "restricted_action_thread_only_channel": "the channel takes only replies",
    "restricted_action_non_threadable_channel": "the channel takes no replies",
    "restricted_action_thread_locked": "the thread is locked",
    "cannot_reply_to_message": "the first message takes no replies",
    "thread_not_found": "the first message of the thread is gone",
    "message_not_found": "the message to be corrected is gone",
    "cant_update_message": "the message to be corrected is not the bot's own",
    "edit_window_closed": "the workspace allows no more edits of that message",
    "messages_tab_disabled": "the reader has closed the app's messages",
    "user_disabled": "the reader's account is closed",
}
#: The fault of the message that is to be answered or corrected.
EARLIER = frozenset(
    {
        "thread_not_found", "message_not_found", "cant_update_message", "edit_window_closed",
        "cannot_reply_to_message", "restricted_action_thread_locked",
        "restricted_action_non_threadable_channel",
    }
)  # fmt: skip
#: The app's fault: every part waits until the operator has mended it.
APP = {
    "not_authed": "set LITBOT_SLACK_TOKEN",
    "invalid_auth": "the token is refused: check LITBOT_SLACK_TOKEN",
    "account_inactive": "the token's account is closed: install the app again",
    "token_revoked": "the token was revoked: install the app again",
    "token_expired": "the token has expired: turn token rotation off, install the app again",
    "missing_scope": "the token lacks a scope",
    "no_permission": "the token lacks a permission",
    "not_allowed_token_type": "LITBOT_SLACK_TOKEN must be a bot token (xoxb-)",
    "org_login_required": "the workspace is being moved to an organisation",
    "ekm_access_denied": "the administrators have suspended posting",
    "access_denied": "the administrators forbid access from here",
}
#: Our fault: the message itself is wrong.
MESSAGE = frozenset(
    {
        "invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "no_text",
        "markdown_text_conflict", "metadata_too_large", "metadata_must_be_sent_from_app",
        "invalid_metadata_format", "invalid_metadata_schema", "invalid_arguments", "invalid_json",
        "json_not_object", "invalid_arg_name", "invalid_array_arg", "invalid_charset",
        "invalid_form_data", "invalid_post_type", "missing_post_type", "too_many_attachments",
        "only_one_table_allowed", "invalid_thread_ts",
    }
)  # fmt: skip
#: Slack may have posted it: its own words are "some aspect of the operation may have succeeded".
DOUBTFUL = frozenset({"fatal_error", "internal_error"})

# The SDK logs whole messages, and as errors what the outbox mends by itself.
_SDK_LOG = logging.getLogger("slack_sdk.litbot")
_SDK_LOG.setLevel(logging.CRITICAL)
_ERROR_NAME = re.compile(r"[a-z0-9_]+")
_TOKEN = re.compile(r"[!-~]+")
# Never reached Slack: the name, the connection or the certificate failed before anything was said.
_NOT_CONNECTED = (ConnectionRefusedError, socket.gaierror, ssl.SSLCertVerificationError)


def build(settings: Settings, _http: object) -> Slack:
    """The channel for LITBOT_SLACK_TOKEN.  Raise SettingsError when that cannot be a token."""
    return Slack(settings)


class Slack:
    """Holds the two clients, and when each channel was last posted to."""

    name = "slack"
    finds = True

    def __init__(self, settings: Settings) -> None:
        token = settings.slack_token.get_secret_value()
        if not _TOKEN.fullmatch(token):
            raise SettingsError("LITBOT_SLACK_TOKEN: not a token; it starts with xoxb-")
        self.pause: Callable[[float], None] = time.sleep
        self._posted_at: dict[str, float] = {}
        rate = _RateLimit(self._wait)
        self.posts = _client(settings, [rate])
        self.reads = _client(
            settings, [rate, ConnectionErrorRetryHandler(), ServerErrorRetryHandler()]
        )

    def send(self, part: Part) -> Receipt:
        """Post one message, or correct the one that the part replaces; the receipt is its ts."""
        arguments = message.post(part)
        method = "chat.update" if part.replaces else "chat.postMessage"
        self._keep_pace(part.target)
        try:
            answer = self.posts.api_call(method, json=arguments)
        except SlackApiError as error:
            raise _refusal(error.response) from error
        except (OSError, http.client.HTTPException, ValueError, AttributeError) as error:
            # the SDK lets through what urllib raises, and trips over JSON that is not an object
            raise _lost(error) from error
        finally:
            self._posted_at[part.target] = time.monotonic()
        ts = answer.get("ts")
        if not ts:
            raise DeliveryError("slack", "an answer without a ts", unknown=True)
        return Receipt(id=str(ts))

    def find(self, part: Part, since: datetime) -> Receipt | None:
        """Look for a post whose outcome is unknown.  Raise DeliveryError where nobody can look.

        A correction needs no looking up: to make it twice is to make it once.
        """
        if part.replaces:
            return None
        method = "conversations.replies" if part.reply_to else "conversations.history"
        question: dict[str, object] = {
            "channel": part.target,
            "oldest": f"{min(since - CLOCKS, datetime.now(UTC) - REPLAYED).timestamp():.6f}",
            "include_all_metadata": True,
            "limit": PAGE,
        }
        if part.reply_to:
            question["ts"] = part.reply_to
        while True:
            try:
                answer = self.reads.api_call(method, params=question)
            except SlackApiError as error:
                if part.reply_to and error.response.get("error") == "thread_not_found":
                    return None
                raise _cannot_look(_refusal(error.response)) from error
            except (OSError, http.client.HTTPException, ValueError, AttributeError) as error:
                raise _cannot_look(_lost(error)) from error
            messages: list[dict[str, object]] = answer.get("messages") or []
            for posted in messages:
                if _key(posted) == part.key:
                    return Receipt(id=str(posted["ts"]))
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return None
            question["cursor"] = cursor

    def check(self) -> None:
        """See that the token is accepted, and has the scopes to post and to look posts up."""
        try:
            answer = self.reads.api_call("auth.test")
        except SlackApiError as error:
            raise _refusal(error.response) from error
        except (OSError, http.client.HTTPException, ValueError, AttributeError) as error:
            raise _lost(error) from error
        headers = {name.lower(): value for name, value in answer.headers.items()}
        if given := headers.get("x-oauth-scopes"):
            missing = set(SCOPES) - {scope.strip() for scope in given.split(",")}
            if missing:
                raise DeliveryError(
                    "slack", f"the token lacks the scopes {', '.join(sorted(missing))}"
                )

    def close(self) -> None:
        """Nothing is held: each call has its own connection."""

    def _keep_pace(self, channel: str) -> None:
        if channel in self._posted_at:
            left = self._posted_at[channel] + GAP - time.monotonic()
            if left > 0:
                self._wait(left)

    def _wait(self, seconds: float) -> None:
        self.pause(seconds)


def _client(settings: Settings, retry_handlers: list[RetryHandler]) -> WebClient:
    return WebClient(
        settings.slack_token.get_secret_value(),
        base_url=settings.slack_api_url,
        timeout=TIMEOUT,
        retry_handlers=retry_handlers,
        logger=_SDK_LOG,
    )


class _RateLimit(RateLimitErrorRetryHandler):
    """Waits as long as Slack asks, but not so long that other channels have to wait for this."""

    def __init__(self, wait: Callable[[float], None]) -> None:
        super().__init__(max_retry_count=RATE_RETRIES)
        self._wait = wait

    def _can_retry(
        self,
        *,
        state: RetryState,  # noqa: ARG002 the SDK's form
        request: HttpRequest,  # noqa: ARG002
        response: HttpResponse | None = None,
        error: Exception | None = None,  # noqa: ARG002
    ) -> bool:
        return (
            response is not None
            and response.status_code == 429
            and _retry_after(response.headers) <= LONGEST_WAIT
        )

    def prepare_for_next_attempt(
        self,
        *,
        state: RetryState,
        request: HttpRequest,  # noqa: ARG002
        response: HttpResponse | None = None,
        error: Exception | None = None,  # noqa: ARG002
    ) -> None:
        assert response is not None
        self._wait(_retry_after(response.headers))
        state.next_attempt_requested = True
        state.increment_current_attempt()


def _retry_after(headers: object) -> float:
    """Seconds; 1 where the header is missing or no number.  The SDK gives values or lists."""
    assert isinstance(headers, dict)
    for name, value in headers.items():
        if str(name).lower() == "retry-after":
            text = value[0] if isinstance(value, list) else value
            return float(text) if str(text).isdigit() else 1.0
    return 1.0


def _key(posted: Mapping[str, object]) -> str:
    """The part's key in one message of a channel's history; empty where it is not ours."""
    metadata = posted.get("metadata")
    if not isinstance(metadata, dict) or metadata.get("event_type") != message.EVENT_TYPE:
        return ""
    payload = metadata.get("event_payload")
    return str(payload.get("key", "")) if isinstance(payload, dict) else ""


def _refusal(answer: SlackResponse) -> DeliveryError:
    """What an answer other than `ok` means for the part."""
    status = answer.status_code
    told = answer.data if isinstance(answer.data, dict) else {}
    name = str(told.get("error", ""))
    if status == 429 or name in ("ratelimited", "rate_limited"):
        return DeliveryError(
            "slack", "too many messages for Slack", retry_after=_retry_after(answer.headers)
        )
    if not _ERROR_NAME.fullmatch(name):  # a page from a proxy, or none of Slack's own answers
        doubt = status < 300 or status >= 500
        return DeliveryError("slack", f"an answer that is not Slack's ({status})", unknown=doubt)
    if name in DOUBTFUL or status >= 500:
        return DeliveryError("slack", f"Slack failed ({status} {name})", unknown=True)
    if name in APP:
        needed = f" ({told['needed']})" if told.get("needed") else ""
        return DeliveryError("slack", f"{name}: {APP[name]}{needed}", service_down=True)
    if name in TARGET or name.startswith("restricted_action"):
        reason = TARGET.get(name, TARGET["restricted_action"])
        gone = name in EARLIER
        return DeliveryError("slack", f"{name}: {reason}", permanent=True, gone=gone)
    if name in MESSAGE:
        details = told.get("response_metadata")
        places = details.get("messages", []) if isinstance(details, dict) else []
        said = json.dumps(places)[:500] if places else "no details"
        return DeliveryError("slack", f"Slack refused the message: {name}: {said}", permanent=True)
    return DeliveryError("slack", f"Slack refused it for now: {name}")


def _lost(error: Exception) -> DeliveryError:
    """What it means that no answer came, or none that can be read."""
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, _NOT_CONNECTED):
        words = reason.strerror or "the certificate is not trusted"
        return DeliveryError("slack", f"cannot connect to Slack: {words}", service_down=True)
    if isinstance(reason, TimeoutError):
        return DeliveryError("slack", "no answer in time", unknown=True, service_down=True)
    if isinstance(error, OSError | http.client.HTTPException):
        return DeliveryError("slack", "the connection was lost", unknown=True)
    return DeliveryError("slack", "an answer that is not Slack's", unknown=True)


def _cannot_look(error: DeliveryError) -> DeliveryError:
    return DeliveryError(
        "slack",
        f"may have been posted, and the channel's history cannot be read: {error.problem}",
        unknown=True,
        service_down=error.service_down,
        retry_after=error.retry_after,
    )
