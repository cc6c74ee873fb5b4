"""The polite session: what it retries, what it refuses, and what it never tells."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from bot.errors import HttpError
from bot.http import Http, ThreadLimiter, is_public, retry_at
from bot.sandbox.journals import NO_ITEMS, Journals

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def journals() -> Iterator[Journals]:
    with Journals() as server:
        server.put("/feed", NO_ITEMS)
        yield server


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def http(pauses: list[float]) -> Http:
    return Http(ThreadLimiter(), user_agent="litbot-test", pause=pauses.append)


def get(http: Http, url: str, **options: object):
    return http.request("GET", url, per_second=1000, **options)  # type: ignore[arg-type]


def test_a_good_answer_comes_decoded_with_its_headers(http: Http, journals: Journals) -> None:
    reply = get(http, journals.url("/feed"))
    assert (reply.status, reply.body) == (200, NO_ITEMS)
    assert reply.headers["content-ENCODING"] == "gzip"
    assert journals.log[0].headers["user-agent"] == "litbot-test"
    assert "br" not in journals.log[0].headers["accept-encoding"]


@pytest.mark.parametrize("shape", ["429", "500", "503", "reset"])
def test_what_may_pass_is_asked_again(
    http: Http, journals: Journals, pauses: list[float], shape: str
) -> None:
    journals.fail("/feed", shape, times=2)  # type: ignore[arg-type]
    assert get(http, journals.url("/feed")).status == 200
    assert len(pauses) == 2
    assert 0.5 <= pauses[0] <= 1.5
    assert 1 <= pauses[1] <= 3


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_refusal_is_not_asked_again(http: Http, journals: Journals, status: int) -> None:
    journals.fail("/feed", str(status), times=9)  # type: ignore[arg-type]
    assert get(http, journals.url("/feed")).status == status
    assert len(journals.log) == 1


def test_the_last_reply_is_returned_when_all_attempts_fail(http: Http, journals: Journals) -> None:
    journals.fail("/feed", "503", times=9)
    assert get(http, journals.url("/feed")).status == 503
    assert len(journals.log) == 4


def test_a_reply_counts_more_than_a_lost_connection_after_it(
    http: Http, journals: Journals
) -> None:
    journals.fail("/feed", "500")
    journals.fail("/feed", "reset", times=9)
    assert get(http, journals.url("/feed")).status == 500


def test_retry_after_is_obeyed_when_short(
    http: Http, journals: Journals, pauses: list[float]
) -> None:
    journals.fail("/feed", "429", value="7")
    assert get(http, journals.url("/feed")).status == 200
    assert pauses == [pytest.approx(7, abs=0.1)]


def test_a_long_retry_after_is_for_the_caller(
    http: Http, journals: Journals, pauses: list[float]
) -> None:
    journals.fail("/feed", "503", value="3600")
    reply = get(http, journals.url("/feed"))
    assert (reply.status, pauses) == (503, [])
    assert retry_at(reply.headers, NOW) == NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("120", NOW + timedelta(seconds=120)),
        (format_datetime(NOW, usegmt=True), NOW),
        ("soon", None),
        ("", None),
        ("-5", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str, expected: datetime | None) -> None:
    assert retry_at({"Retry-After": text}, NOW) == expected


def test_a_post_is_repeated_even_after_half_an_answer(http: Http) -> None:
    half = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nabc"
    whole = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"
    with Answering(half, whole) as url:
        assert http.request("POST", url, data={"a": "b"}, per_second=1000).body == b"abc"


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other"])
def test_a_post_is_never_turned_into_a_get(http: Http, status: str) -> None:
    answer = f"HTTP/1.1 {status}\r\nLocation: /new\r\nContent-Length: 0\r\n\r\n".encode()
    with Answering(answer) as url, pytest.raises(HttpError, match="redirect elsewhere"):
        http.request("POST", url, data={"a": "b"}, per_second=1000)


@pytest.mark.parametrize("shape", ["endless", "bomb"])
def test_a_body_without_end_is_stopped_at_the_limit(
    http: Http, journals: Journals, shape: str
) -> None:
    journals.fail("/feed", shape, times=9)  # type: ignore[arg-type]
    with pytest.raises(HttpError, match="longer than 1,000,000 bytes"):
        get(http, journals.url("/feed"), limit=1_000_000)
    assert len(journals.log) == 1


@pytest.mark.parametrize("shape", ["drip", "hang"])
def test_a_server_that_is_slow_on_purpose_is_left_at_the_deadline(
    http: Http, journals: Journals, shape: str
) -> None:
    journals.fail("/feed", shape, times=9)  # type: ignore[arg-type]
    began = time.monotonic()
    with pytest.raises(HttpError, match=r"no complete answer in 0\.3 s"):
        get(http, journals.url("/feed"), deadline=0.3)
    assert time.monotonic() - began < 5


def test_a_private_address_is_refused_before_anything_is_sent(
    http: Http, journals: Journals
) -> None:
    with pytest.raises(HttpError, match="not a public address"):
        get(http, journals.url("/feed"), public_only=True)
    assert journals.log == []


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "[::1]"]
)
def test_no_spelling_of_a_private_address_passes(http: Http, host: str) -> None:
    with pytest.raises(HttpError, match=r"not a public address|cannot be resolved|not valid"):
        get(http, f"http://{host}:9/", public_only=True)


def test_an_exception_is_one_exact_host_and_port(journals: Journals) -> None:
    allowed = Http(ThreadLimiter(), user_agent="t", allowed_private=[journals.host])
    assert get(allowed, journals.url("/feed"), public_only=True).status == 200
    other = Http(ThreadLimiter(), user_agent="t", allowed_private=["127.0.0.1:80"])
    with pytest.raises(HttpError, match="not a public address"):
        get(other, journals.url("/feed"), public_only=True)


def test_a_kept_connection_is_checked_again(http: Http, journals: Journals) -> None:
    assert get(http, journals.url("/feed")).status == 200
    with pytest.raises(HttpError, match="not a public address"):
        get(http, journals.url("/feed"), public_only=True)
    assert len(journals.log) == 1


def test_a_name_that_changes_after_the_check_gains_nothing(
    journals: Journals, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: public at the first look, loopback at the second."""
    real, looks = socket.getaddrinfo, []

    def rebind(host: str, port: int, *rest: object, **more: object):
        if host != "rebind.example":
            return real(host, port, *rest, **more)  # type: ignore[call-overload]
        looks.append(host)
        address = "93.184.216.34" if len(looks) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", rebind)
    http = Http(ThreadLimiter(), user_agent="t")
    port = journals.host.partition(":")[2]
    with pytest.raises(HttpError, match="not a public address"):
        get(http, f"http://rebind.example:{port}/feed", public_only=True)
    assert (len(looks), journals.log) == (2, [])


def test_a_redirect_to_another_private_host_needs_its_own_exception(journals: Journals) -> None:
    with Journals() as inner:
        inner.put("/secret", b"secret")
        journals.fail("/feed", "302", value=inner.url("/secret"))
        http = Http(ThreadLimiter(), user_agent="t", allowed_private=[journals.host])
        with pytest.raises(HttpError, match="not a public address"):
            get(http, journals.url("/feed"), public_only=True)
        assert inner.log == []


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://example.org/", "gopher://x/"])
def test_a_redirect_leads_to_http_only(http: Http, journals: Journals, target: str) -> None:
    journals.fail("/feed", "302", value=target)
    with pytest.raises(HttpError, match="not an http or https address"):
        get(http, journals.url("/feed"))


def test_a_loop_of_redirects_ends(http: Http, journals: Journals) -> None:
    journals.fail("/feed", "302", times=99, value="/feed")
    with pytest.raises(HttpError, match="redirects more than 5 times"):
        get(http, journals.url("/feed"))
    assert len(journals.log) == 6


def test_a_permanent_redirect_names_the_new_address(http: Http, journals: Journals) -> None:
    journals.put("/new", NO_ITEMS)
    journals.fail("/feed", "301", value="/new")
    reply = get(http, journals.url("/feed"))
    assert (reply.status, reply.moved) == (200, journals.url("/new"))
    journals.fail("/feed", "302", value="/new")
    assert get(http, journals.url("/feed")).moved == ""


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/?api_key=SECRET",
        "http://no-such-host.invalid/?k=SECRET",
        "http:///SECRET",
    ],
)
def test_no_error_tells_the_address(http: Http, url: str) -> None:
    with pytest.raises(HttpError) as caught:
        get(http, url, attempts=1)
    shown = [str(caught.value), repr(caught.value.__cause__), repr(caught.value.__context__)]
    assert not any("SECRET" in text for text in shown)


def test_an_encoding_that_was_not_asked_for_is_named(http: Http) -> None:
    body = b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 3\r\n\r\nabc"
    with Answering(body) as url, pytest.raises(HttpError, match="encoding 'br'"):
        get(http, url)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nabc", "cut off"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
            "cannot be decoded",
        ),
        (b"no http at all\r\n\r\n", "connection failed"),
    ],
)
def test_half_an_answer_is_none(http: Http, answer: bytes, problem: str) -> None:
    with Answering(answer) as url, pytest.raises(HttpError, match=problem):
        get(http, url, attempts=1)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1", True),
        ("127.0.0.1", False),
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("fec0::1", False),
        ("ff0e::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("::127.0.0.1", False),
        ("2002:7f00:1::", False),
        ("64:ff9b::a00:1", False),
        ("64:ff9b::808:808", True),
    ],
)
def test_private_addresses_are_known_in_every_wrapping(address: str, expected: bool) -> None:
    assert is_public(address) is expected


def test_turns_at_a_host_are_spaced_and_hosts_do_not_wait_for_each_other() -> None:
    clock, slept = [100.0], []
    limiter = ThreadLimiter(clock=lambda: clock[0], pause=slept.append)
    for _ in range(3):
        limiter.wait("a", 2)
    limiter.wait("b", 2)
    assert slept == [0.5, 1.0]
    clock[0] += 60
    limiter.wait("a", 2)
    assert slept == [0.5, 1.0]


def test_many_threads_share_one_session_safely(http: Http, journals: Journals) -> None:
    statuses: list[int] = []
    threads = [
        threading.Thread(
            target=lambda: statuses.extend(
                get(http, journals.url("/feed")).status for _ in range(5)
            )
        )
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 40


def test_nothing_is_logged_above_debug(
    http: Http, journals: Journals, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    journals.fail("/feed", "500")
    get(http, journals.url("/feed?api_key=SECRET"))
    assert "SECRET" not in caplog.text


class Answering:
    """Raw answers, one to each connection; the last one again and again."""

    def __init__(self, *answers: bytes) -> None:
        self._answers = list(answers)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> str:
        self._thread.start()
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/"

    def __exit__(self, *exception: object) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                more = len(self._answers) > 1
                connection.sendall(self._answers.pop(0) if more else self._answers[0])
