"""A Slack Web API on loopback: channels, scopes, rates, and each way in which a post goes wrong."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl

from bot.sandbox.blocks import Json, error, refused

TOKEN = "xoxb-sandbox"  # noqa: S105 no secret
BOT = {"bot_id": "B00SANDBOX", "user_id": "U00SANDBOX"}
SCOPES = ("chat:write", "channels:history", "groups:history", "channels:read", "groups:read")
NEEDS = {
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "conversations.history": "channels:history",
    "conversations.replies": "channels:history",
    "conversations.info": "channels:read",
    "conversations.list": "channels:read",
}
BURST = 3  # posts to one channel before the rate counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """One Slack channel; a private one that the bot has not joined does not exist for it."""

    id: str
    name: str
    member: bool = True
    archived: bool = False
    private: bool = False


ROOMS = (
    Room(id="C00GENERAL", name="general"),
    Room(id="C00RELAPSE", name="relapse"),
    Room(id="C000CLOSED", name="closed", archived=True),
    Room(id="C0000ALIEN", name="alien", member=False),
    Room(id="G00PRIVATE", name="private", private=True),
    Room(id="G000HIDDEN", name="hidden", private=True, member=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request as it came in, and what was done with it."""

    method: str
    arguments: Json
    fault: str
    reply: Json = field(default_factory=dict)  #: Empty where none was sent.


@dataclass(slots=True, kw_only=True)
class _Rule:
    fault: str
    method: str
    channel: str
    left: int
    skip: int
    retry_after: str


class SlackApi:
    """The server; a context manager.  `url` is what LITBOT_SLACK_API_URL should be.

    Faults for `fail`: `429`, `500`, `502`, `503`, `html` (in a 200), `list` (JSON, but no object),
    `broken` (JSON cut short), `error:NAME`, `hang`, `reset`: nothing is posted.  `accept_hang`,
    `accept_reset`, `accept_close`, `accept_500`, `accept_error:NAME`: it is posted, and the client
    is not told.  A hanging call ends when the client or the server goes.
    """

    def __init__(
        self,
        *,
        token: str = TOKEN,
        rooms: Iterable[Room] = ROOMS,
        scopes: Iterable[str] = SCOPES,
        rate: float = 0.0,
        page: int = 100,
        clock: Callable[[], float] = time.time,
        before_accept: Callable[[Json], None] | None = None,
        on_accept: Callable[[Json], None] | None = None,
    ) -> None:
        self.token = token
        self.rooms = {room.id: room for room in rooms}
        self.scopes = frozenset(scopes)
        self.rate = rate  #: Posts a second to one channel; 0: no limit.
        self.page = page  #: Most messages in one page of a history.
        self.clock = clock
        self.before_accept = before_accept
        self.on_accept = on_accept
        self.messages: list[Json] = []  #: As posted, with `channel` and `ts`.
        self.log: list[Call] = []
        self.closing = threading.Event()
        self._rules: list[_Rule] = []
        self._buckets: dict[str, tuple[float, float]] = {}
        self._count = 0
        self._lock = threading.RLock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Desk)
        self._server.daemon_threads = True
        self._server.api = self  # type: ignore[attr-defined]  # how its handlers find us

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """The address of the API, with the final slash."""
        return f"http://127.0.0.1:{self._server.server_port}/api/"

    def fail(
        self,
        fault: str,
        *,
        method: str = "chat.postMessage",
        channel: str = "",
        times: int = 1,
        skip: int = 0,
        retry_after: str = "1",
    ) -> None:
        """Fail like this in one channel or in all, `times` times (-1: always)."""
        rule = _Rule(
            fault=fault,
            method=method,
            channel=channel,
            left=times,
            skip=skip,
            retry_after=retry_after,
        )
        with self._lock:
            self._rules.append(rule)

    def answer(self, method: str, given: Json, token: str) -> tuple[str, str, Json]:
        """One call: the fault that it meets, its Retry-After, and the reply."""
        with self._lock:
            fault, retry_after = self._next_rule(method, str(given.get("channel", "")))
            if not fault and method == "chat.postMessage" and self._too_fast(given):
                fault, retry_after = "429", "1"
            kind, _, name = fault.partition(":")
            if kind == "error":
                reply = {"ok": False, "error": name}
            elif fault and not kind.startswith("accept"):
                reply = {"ok": False, "error": "ratelimited"} if fault == "429" else {}
            else:
                reply = self._reply(method, given, token)
                if kind == "accept_error":
                    reply = {"ok": False, "error": name}
            self.log.append(Call(method=method, arguments=given, fault=fault, reply=reply))
            return fault, retry_after, reply

    def _next_rule(self, method: str, channel: str) -> tuple[str, str]:
        for rule in self._rules:
            if rule.left == 0 or rule.method != method or rule.channel not in ("", channel):
                continue
            if rule.skip:
                rule.skip -= 1
                continue
            rule.left -= rule.left > 0
            return rule.fault, rule.retry_after
        return "", ""

    def _too_fast(self, given: Json) -> bool:
        if not self.rate:
            return False
        now, channel = time.monotonic(), str(given.get("channel"))
        level, since = self._buckets.get(channel, (0.0, now))
        level = max(0.0, level - (now - since) * self.rate)
        full = level > BURST - 1
        self._buckets[channel] = (level if full else level + 1, now)
        return full

    def _reply(self, method: str, given: Json, token: str) -> Json:
        room = self.rooms.get(str(given.get("channel", "")))
        if room and room.private and not room.member:
            room = None
        if denied := self._denied(method, room, token):
            return denied
        if method == "auth.test":
            return {"ok": True, "team": "Sandbox", "user": "litbot", **BOT}
        if method == "conversations.list":
            shown = [_shown(r) for r in self.rooms.values() if r.member or not r.private]
            return {"ok": True, "channels": shown, "response_metadata": {"next_cursor": ""}}
        if method not in NEEDS:
            return error("unknown_method")
        if room is None:
            return error("channel_not_found")
        if method == "conversations.info":
            return {"ok": True, "channel": _shown(room)}
        if not room.member:
            return error("not_in_channel")
        if method == "chat.postMessage":
            return self._post(room, given)
        if method == "chat.update":
            return self._update(room, given)
        return self._history(method, room, given)

    def _denied(self, method: str, room: Room | None, token: str) -> Json:
        if not token:
            return error("not_authed")
        if token != self.token:
            return error("invalid_auth")
        scope = NEEDS.get(method, "")
        if room and room.private:
            scope = scope.replace("channels:", "groups:")
        if scope and scope not in self.scopes:
            return error("missing_scope", needed=scope, provided=",".join(sorted(self.scopes)))
        return {}

    def _post(self, room: Room, given: Json) -> Json:
        if room.archived:
            return error("is_archived")
        if refusal := refused(given):
            return refusal
        thread = given.get("thread_ts")
        if thread and not any(
            posted["channel"] == room.id and posted["ts"] == thread for posted in self.messages
        ):
            return error("thread_not_found")
        self._count += 1
        posted = {**given, "ts": f"{int(self.clock())}.{self._count:06d}", "type": "message", **BOT}
        if self.before_accept:
            self.before_accept(posted)
        self.messages.append(posted)
        if self.on_accept:
            self.on_accept(posted)
        return {"ok": True, "channel": room.id, "ts": posted["ts"], "message": posted}

    def _update(self, room: Room, given: Json) -> Json:
        if refusal := refused(given):
            return refusal
        for posted in self.messages:
            if posted["channel"] == room.id and posted["ts"] == given.get("ts"):
                changed = ("text", "blocks", "metadata")
                posted |= {name: given[name] for name in changed if name in given}
                posted["edited"] = {"user": BOT["user_id"]}
                return {"ok": True, "channel": room.id, "ts": posted["ts"]}
        return error("message_not_found")

    def _history(self, method: str, room: Room, given: Json) -> Json:
        here = [posted for posted in self.messages if posted["channel"] == room.id]
        if method == "conversations.replies":
            thread = given.get("ts")
            found = [posted for posted in here if thread in (posted["ts"], posted.get("thread_ts"))]
            if not found:
                return error("thread_not_found")
        else:
            found = [posted for posted in reversed(here) if not posted.get("thread_ts")]
        found = [posted for posted in found if float(posted["ts"]) >= float(given.get("oldest", 0))]
        if str(given.get("include_all_metadata")) not in ("1", "true", "True"):
            hidden = ("metadata",)
            found = [{k: v for k, v in posted.items() if k not in hidden} for posted in found]
        begin = int(given.get("cursor") or 0)
        end = begin + min(self.page, int(given.get("limit", 100)))
        more = {"next_cursor": str(end) if end < len(found) else ""}
        return {
            "ok": True,
            "messages": found[begin:end],
            "has_more": end < len(found),
            "response_metadata": more,
        }


def _shown(room: Room) -> Json:
    return {
        "id": room.id,
        "name": room.name,
        "is_member": room.member,
        "is_archived": room.archived,
        "is_private": room.private,
    }


class _Desk(BaseHTTPRequestHandler):
    """Reads a call as the SDK sends it, and answers, or does not."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing on the terminal."""

    def do_POST(self) -> None:
        api: SlackApi = self.server.api  # type: ignore[attr-defined]
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        if "json" in (self.headers.get("Content-Type") or ""):
            given = json.loads(raw or "{}")
        else:
            given = dict(parse_qsl(raw, keep_blank_values=True))
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        method = self.path.rpartition("/")[2]
        fault, retry_after, reply = api.answer(method, given, token)
        if fault in ("hang", "accept_hang"):
            self._wait_for_the_end(api)
        elif fault in ("reset", "accept_reset", "accept_close"):
            self._break(reset=fault != "accept_close")
        elif fault in ("500", "502", "503", "accept_500"):
            self._send(int(fault[-3:]), b"<html><body>Server error</body></html>", "text/html")
        elif fault == "html":
            self._send(200, b"<!doctype html><title>Sign in</title>", "text/html")
        elif fault in ("list", "broken"):
            self._send(200, {"list": b'["odd"]', "broken": b'{"ok": tr'}[fault], "application/json")
        else:
            extra = {"X-OAuth-Scopes": ",".join(sorted(api.scopes))}
            if fault == "429":
                extra["Retry-After"] = retry_after
            status = 429 if fault == "429" else 200
            self._send(status, json.dumps(reply).encode(), "application/json; charset=utf-8", extra)

    def _send(
        self, status: int, body: bytes, kind: str, extra: Mapping[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, **(extra or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _break(self, *, reset: bool) -> None:
        if reset:  # a linger of zero seconds makes close() send RST
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RD)
        self.connection.close()

    def _wait_for_the_end(self, api: SlackApi) -> None:
        self.close_connection = True
        self.connection.settimeout(0.05)
        while not api.closing.is_set():
            try:
                if not self.connection.recv(1):
                    return
            except TimeoutError:
                continue
            except OSError:
                return
