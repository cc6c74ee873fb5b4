"""One polite requests session: time-outs, limits, retries, turns per host, no private addresses.

Feeds and redirects are written by strangers, so the address that a connection really reached is
checked before a byte is sent: a name that resolves to something else at the second look (DNS
rebinding) gains nothing.  Proxies and passwords from the environment are not used.
"""

from __future__ import annotations

import email.utils
import ipaddress
import random
import socket
import threading
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from bot.errors import HttpError
from bot.ports import Limiter

CONNECT_TIMEOUT = 10.0  # seconds
READ_TIMEOUT = 30.0  # seconds between two bytes; E-utilities take up to 20 for a large page
LONGEST_PAUSE = 60.0  # seconds; a longer Retry-After is for the caller's next run
MOST_HOPS = 5
CHUNK = 65_536
RETRIED = frozenset({429, 500, 502, 503, 504})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PERMANENT = frozenset({301, 308})
ENCODINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})

Fields = Mapping[str, str] | list[tuple[str, str]]
Data = Fields | bytes


class Reply(NamedTuple):
    """What a server answered; the body is decoded."""

    status: int
    headers: Mapping[str, str]  #: Names in any case.
    body: bytes
    url: str  #: Where the body came from, after redirects.
    moved: str = ""  #: The new address, when only permanent redirects led to it.


class ThreadLimiter:
    """Turns at a host for the threads of one process, first come, first served."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock = clock
        self._pause = pause
        self._lock = threading.Lock()
        self._next: dict[str, float] = {}

    def wait(self, host: str, per_second: float) -> None:
        """Return when it is the caller's turn; turns come at most `per_second`."""
        with self._lock:
            now = self._clock()
            turn = max(now, self._next.get(host, now))
            self._next[host] = turn + 1 / per_second
        if turn > now:
            self._pause(turn - now)


class _Asked(NamedTuple):
    method: str
    url: str
    params: Fields | None
    data: Data | None
    headers: Mapping[str, str] | None
    per_second: float


class Http:
    """Asks servers politely; may be used by many threads at once."""

    def __init__(
        self,
        limiter: Limiter,
        *,
        user_agent: str,
        allowed_private: Collection[str] = (),
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """`allowed_private` names exact `host:port` exceptions from `public_only`."""
        self.limiter = limiter
        self.pause = pause
        self._user_agent = user_agent
        self._allowed = frozenset(name.lower() for name in allowed_private)
        self._local = threading.local()

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Fields | None = None,
        data: Data | None = None,
        headers: Mapping[str, str] | None = None,
        per_second: float,
        limit: int = 50_000_000,
        deadline: float = 120.0,
        attempts: int = 4,
        public_only: bool = False,
    ) -> Reply:
        """Ask, and ask again after a connection error, a time-out, 429, 500, 502, 503 or 504.

        `limit` is in bytes of the decoded body.  `deadline` is in seconds of waiting for the
        server, over all attempts and redirects; turns and pauses come on top.  A Retry-After of
        more than 60 s is not slept: the reply is returned, and `retry_at` reads it.  After the
        last attempt the last reply is returned, whatever its status; HttpError is raised when
        there was none.

        A POST is repeated too, even after a part of the answer came: use it for reads only, as
        E-utilities do.  It follows no redirect except 307 and 308 on its own host.

        With `public_only` every address of every hop must be public.  Without it the first host
        may be private, but a public one cannot redirect to a private one.
        """
        asked = _Asked(method.upper(), url, params, data, headers, per_second)
        exchange = _Exchange(limit, deadline, public_only, self._allowed)
        best: Reply | None = None
        last: Reply | None = None
        problem = "no attempt was made"
        for attempt in range(attempts):
            if attempt:
                self.pause(_back_off(attempt, last))
            last = None
            try:
                best = last = self._follow(asked, exchange)
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
                problem = _problem(error, exchange)
            if last is not None and (last.status not in RETRIED or _asks_for_long(last)):
                return last
            if exchange.left() <= 0:
                break
        if best is not None:
            return best
        # Outside the except block: the cause's text holds the whole address, with its key.
        raise HttpError(_host(url), problem)

    def _follow(self, asked: _Asked, exchange: _Exchange) -> Reply:
        """One attempt: the address and the redirects behind it."""
        session = self._session()
        session.cookies.clear()
        exchange.strict = exchange.public_only
        only_permanent = True
        for hop in range(MOST_HOPS + 1):
            host = _host(asked.url)
            if urlsplit(asked.url).scheme.lower() not in ("http", "https") or not host:
                raise HttpError(host, "not an http or https address")
            self.limiter.wait(host, asked.per_second)
            with exchange, _send(session, asked, exchange) as got:
                target = got.headers.get("Location", "") if got.status_code in REDIRECTS else ""
                if not target:
                    body = _read(got, host, exchange)
                    moved = got.url if hop and only_permanent else ""
                    return Reply(got.status_code, got.headers, body, got.url, moved)
            # http.client gives Latin-1; servers mean UTF-8 where they mean anything
            target = target.encode("latin-1", "replace").decode("utf-8", "replace")
            asked = asked._replace(url=_join(got.url, target, host), params=None)
            elsewhere = _host(asked.url) != host
            if asked.method == "POST" and (got.status_code < 307 or elsewhere):
                raise HttpError(
                    host, "answered a POST with a redirect elsewhere", status=got.status_code
                )
            exchange.strict = exchange.strict or exchange.reached_public
            only_permanent = only_permanent and got.status_code in PERMANENT
        raise HttpError(host, f"redirects more than {MOST_HOPS} times")

    def _session(self) -> requests.Session:
        """This thread's session; requests does not promise that one serves many threads."""
        if not hasattr(self._local, "session"):
            session = requests.Session()
            session.trust_env = False
            session.headers = {
                "User-Agent": self._user_agent,
                "Accept-Encoding": "gzip, deflate",  # no br: nothing here could decode it
                "Accept": "*/*",
            }
            session.mount("http://", _Adapter())
            session.mount("https://", _Adapter())
            self._local.session = session
        session_of_thread: requests.Session = self._local.session
        return session_of_thread


def retry_at(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """When Retry-After (seconds, or an HTTP date) allows the next request; None if not said."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return now + timedelta(seconds=min(int(text), 366 * 86_400))
    with suppress(ValueError):
        when = email.utils.parsedate_to_datetime(text)
        return when.replace(tzinfo=when.tzinfo or UTC).astimezone(UTC)
    return None


def is_public(address: str) -> bool:
    """Is this IP address one of the public internet, whatever form it is wrapped in?"""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in ipaddress.ip_network("64:ff9b::/96"):  # NAT64, RFC 6052
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if ip not in ipaddress.ip_network("2000::/3"):  # all that IANA has given out
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved)


class _Exchange:
    """What one call of `request` may still use, and how its connections are watched.

    Inside `with`, the connections of this thread see it.  The watchdog ends a connection that
    outlives the deadline: time-outs of sockets begin anew with every byte that drips in.
    """

    def __init__(
        self, limit: int, deadline: float, public_only: bool, allowed: frozenset[str]
    ) -> None:
        self.limit = limit
        self.deadline = deadline
        self.public_only = public_only
        self.strict = public_only
        self.allowed = allowed
        self.reached_public = False
        self.spent = 0.0
        self._began = 0.0
        self._socket: socket.socket | None = None
        self._watchdog = threading.Timer(0, self._end)

    def left(self) -> float:
        """Seconds before the deadline."""
        running = time.monotonic() - self._began if self._began else 0.0
        return self.deadline - self.spent - running

    def __enter__(self) -> None:
        self._watchdog = threading.Timer(max(self.left(), 0.01), self._end)
        self._watchdog.daemon = True
        self._began = time.monotonic()
        self._watchdog.start()
        _current.exchange = self

    def __exit__(self, *exception: object) -> None:
        _current.exchange = None
        self._watchdog.cancel()
        self._socket = None
        self.spent += time.monotonic() - self._began
        self._began = 0.0

    def check(self, sock: socket.socket, host: str, port: int) -> None:
        """Raise HttpError if the connected peer is not allowed; nothing was sent to it yet."""
        self.watch(sock)
        self.reached_public = is_public(sock.getpeername()[0])
        if self.strict and not self.reached_public and f"{host}:{port}".lower() not in self.allowed:
            raise _refusal(host, port)

    def watch(self, sock: socket.socket | None) -> None:
        """Remember the connection that the watchdog ends at the deadline."""
        self._socket = sock

    def check_name(self, host: str, port: int) -> None:
        """Raise HttpError if any address of the name is not allowed; do not even connect."""
        if not self.strict or f"{host}:{port}".lower() in self.allowed:
            return
        with suppress(OSError, UnicodeError):  # connecting will say it better
            for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
                if not is_public(str(address[0])):
                    raise _refusal(host, port)

    def _end(self) -> None:
        if self._socket is not None:
            with suppress(OSError):  # it ended by itself
                # SSLSocket's own shutdown would drop its cipher state under the reader
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


_current = threading.local()


def _refusal(host: str, port: int) -> HttpError:
    return HttpError(
        host,
        f"is not a public address; if it is yours, add {host}:{port} to "
        "LITBOT_ALLOWED_PRIVATE_HOSTS",
    )


class _Checked(HTTPConnection):
    """A connection that shows its peer to the exchange before it sends anything."""

    def _new_conn(self) -> socket.socket:
        exchange: _Exchange = _current.exchange
        exchange.check_name(self.host, self.port or 0)
        sock = super()._new_conn()
        try:
            exchange.check(sock, self.host, self.port or 0)
        except HttpError:
            sock.close()
            raise
        return sock

    def request(self, *args: Any, **kwargs: Any) -> None:  # urllib3's signature, passed on
        if self.sock is not None:  # kept alive: opened under what may have been other rules
            _current.exchange.check(self.sock, self.host, self.port or 0)
        super().request(*args, **kwargs)
        _current.exchange.watch(self.sock)  # by now the TLS socket, where there is one


class _CheckedTls(_Checked, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Checked


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _CheckedTls


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # requests' signature
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


def _send(session: requests.Session, asked: _Asked, exchange: _Exchange) -> requests.Response:
    left = max(exchange.left(), 0.01)
    return session.request(
        asked.method,
        asked.url,
        params=asked.params,
        data=asked.data,
        headers=asked.headers,
        timeout=(min(CONNECT_TIMEOUT, left), min(READ_TIMEOUT, left)),
        allow_redirects=False,
        stream=True,
    )


def _join(base: str, target: str, host: str) -> str:
    try:
        return urljoin(base, target)
    except ValueError:
        raise HttpError(host, "redirects to an address that is not valid") from None


def _read(got: requests.Response, host: str, exchange: _Exchange) -> bytes:
    """The decoded body; HttpError when it is longer than the limit allows."""
    for encoding in got.headers.get("Content-Encoding", "").lower().split(","):
        if encoding.strip() not in ENCODINGS:
            raise HttpError(
                host,
                f"sent the content encoding {encoding.strip()[:20]!r}, which was not asked for",
                status=got.status_code,
            )
    chunks, size = [], 0
    for chunk in got.iter_content(CHUNK):
        size += len(chunk)
        if size > exchange.limit:
            raise HttpError(
                host,
                f"the answer is longer than {exchange.limit:,} bytes",
                status=got.status_code,
            )
        chunks.append(chunk)
    if exchange.left() <= 0:  # the watchdog's end can look like the server's
        raise requests.Timeout
    return b"".join(chunks)


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def _back_off(attempt: int, reply: Reply | None) -> float:
    """Seconds before the next attempt: what the server asked for, else about 1, 2, 4 ..."""
    now = datetime.now(UTC)
    asked = retry_at(reply.headers, now) if reply else None
    if asked is not None:
        return max((asked - now).total_seconds(), 0.0)
    return float(min(2 ** (attempt - 1), 30) * random.uniform(0.5, 1.5))  # noqa: S311 - jitter


def _asks_for_long(reply: Reply) -> bool:
    now = datetime.now(UTC)
    asked = retry_at(reply.headers, now)
    return asked is not None and (asked - now).total_seconds() > LONGEST_PAUSE


def _problem(error: Exception, exchange: _Exchange) -> str:
    """What went wrong, without the address that the libraries' own words hold."""
    if exchange.left() <= 0:
        return f"no complete answer in {exchange.deadline:g} s"
    if isinstance(error, requests.ConnectTimeout):
        return f"no connection in {CONNECT_TIMEOUT:g} s"
    if isinstance(error, requests.Timeout):
        return f"no answer in {READ_TIMEOUT:g} s"
    if isinstance(error, requests.exceptions.InvalidURL):
        return "the address is not valid"
    cause: object = error
    for _ in range(10):  # requests and urllib3 wrap the reason several times
        if isinstance(cause, urllib3.exceptions.NameResolutionError):
            return "the name cannot be resolved"
        if isinstance(cause, OSError) and cause.strerror:
            return f"the connection failed: {cause.strerror}"
        if isinstance(cause, urllib3.exceptions.IncompleteRead):
            return "the answer was cut off"
        if isinstance(cause, urllib3.exceptions.DecodeError):
            return "the compressed answer cannot be decoded"
        nested = (getattr(cause, "reason", None), *getattr(cause, "args", ()))
        inner = [one for one in nested if isinstance(one, Exception)]
        following = inner[0] if inner else getattr(cause, "__cause__", None)
        if following is None:
            break
        cause = following
    return f"the connection failed: {type(cause).__name__}"
