"""Journals on loopback: feeds as publishers serve them, and every way in which they fail."""

from __future__ import annotations

import functools
import gzip
import hashlib
import socket
import struct
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Literal, NamedTuple, Self
from urllib.parse import quote, urlsplit

Shape = Literal[
    "403",
    "404",
    "410",
    "429",
    "500",
    "503",
    "challenge",
    "html",
    "json",
    "empty",
    "truncated",
    "no-items",
    "301",
    "302",
    "endless",
    "drip",
    "hang",
    "reset",
    "bomb",
]

LONG = 200_000_000  # bytes of the endless body and of the decoded bomb
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)

CHALLENGE = (
    b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>"
    b"<noscript>Enable JavaScript and cookies to continue</noscript></body></html>"
)
MAINTENANCE = (
    b"<!DOCTYPE html><html><head><title>Maintenance</title></head><body>Back soon.</body></html>"
)
NO_ITEMS = (
    b'<?xml version="1.0"?><rss version="2.0"><channel><title>A journal</title>'
    b"<link>https://example.org/</link><description/></channel></rss>"
)
RATE_LIMIT = b'{"error":"API rate limit exceeded","count":"4","limit":"3"}'


class Asked(NamedTuple):
    """One request as it came in."""

    method: str
    path: str
    headers: Mapping[str, str]  #: Names in lower case.
    status: int  #: What was answered; 0 where no status line was sent.


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    body: bytes
    content_type: str
    etag: str
    last_modified: str


@dataclass(slots=True, kw_only=True)
class _Fault:
    shape: Shape
    value: str
    left: int


class Journals:
    """A web server of journal feeds; use it as a context manager."""

    def __init__(self) -> None:
        self.log: list[Asked] = []
        self._pages: dict[str, _Page] = {}
        self._faults: dict[str, list[_Fault]] = {}
        self._versions = 0
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Answer, self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def host(self) -> str:
        """The server's `host:port`."""
        return f"127.0.0.1:{self._server.server_port}"

    def url(self, path: str) -> str:
        """The whole address of a path."""
        return f"http://{self.host}{path}"

    def put(
        self,
        path: str,
        body: bytes,
        content_type: str = "application/rss+xml",
        etag: bool = True,
    ) -> None:
        """Serve these bytes; without `etag` the server says nothing about their version."""
        with self._lock:
            self._versions += 1
            changed = BEGAN + timedelta(seconds=self._versions)
            self._pages[path] = _Page(
                body=body,
                content_type=content_type,
                etag=f'"{hashlib.sha256(body).hexdigest()[:16]}"' if etag else "",
                last_modified=format_datetime(changed, usegmt=True) if etag else "",
            )

    def serve_folder(self, folder: Path) -> tuple[str, ...]:
        """Serve every feed of a folder, plain or .gz, under its name without .gz; the paths."""
        paths = []
        for file in sorted(folder.iterdir()):
            name = file.name.removesuffix(".gz")
            if not name.endswith((".xml", ".rss", ".rdf", ".atom")):
                continue
            body = file.read_bytes()
            path = f"/{quote(name)}"
            self.put(path, gzip.decompress(body) if file.suffix == ".gz" else body)
            paths.append(path)
        return tuple(paths)

    def fail(self, path: str, shape: Shape, times: int = 1, value: str = "") -> None:
        """Answer the next `times` requests for the path in this shape.

        `value` is the Retry-After of 403, 429 and 503, and the address of 301 and 302.
        """
        with self._lock:
            self._faults.setdefault(path, []).append(_Fault(shape=shape, value=value, left=times))

    def _take(self, path: str) -> tuple[_Page | None, _Fault | None]:
        with self._lock:
            for fault in self._faults.get(path, ()):
                if fault.left > 0:
                    fault.left -= 1
                    return self._pages.get(path), fault
            return self._pages.get(path), None


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def __init__(self, journals: Journals, *connection: object) -> None:
        self.journals = journals
        super().__init__(*connection)  # type: ignore[arg-type]  # what the server passes on

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        page, fault = self.journals._take(path)
        with suppress(ConnectionError):  # the client has heard enough
            if fault is not None:
                self._fail(fault, page)
            elif page is None:
                self._send(404, b"not here", "text/plain")
            else:
                self._serve(page)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing on stderr; `Journals.log` has it."""

    def _note(self, status: int) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.journals.log.append(Asked(self.command, self.path, headers, status))

    def _serve(self, page: _Page) -> None:
        zipped = "gzip" in self.headers.get("Accept-Encoding", "")
        etag = page.etag
        if zipped and etag:
            etag = f'{etag[:-1]}-gzip"'  # as Apache does
        headers = {"ETag": etag, "Last-Modified": page.last_modified} if etag else {}
        asked = self.headers.get("If-None-Match")
        since = self.headers.get("If-Modified-Since")
        if etag and (asked == etag or (asked is None and since == page.last_modified)):
            self._send(304, b"", "", headers)
            return
        body = gzip.compress(page.body, 1) if zipped else page.body
        if zipped:
            headers["Content-Encoding"] = "gzip"
        self._send(200, body, page.content_type, headers)

    def _send(
        self, status: int, body: bytes, content_type: str, headers: Mapping[str, str] | None = None
    ) -> None:
        self._note(status)
        self.send_response(status)
        if content_type:
            self.send_header("Content-Type", content_type)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _fail(self, fault: _Fault, page: _Page | None) -> None:
        body = page.body if page else NO_ITEMS
        whole = {
            "html": (200, MAINTENANCE, "text/html"),
            "json": (200, RATE_LIMIT, "application/json"),
            "challenge": (403, CHALLENGE, "text/html"),
            "empty": (200, b"", "application/rss+xml"),
            "truncated": (200, body[: len(body) * 2 // 3], "application/rss+xml"),
            "no-items": (200, NO_ITEMS, "application/rss+xml"),
        }
        if fault.shape in whole:
            self._send(*whole[fault.shape])
        elif fault.shape in ("301", "302"):
            self._send(int(fault.shape), b"", "", {"Location": fault.value})
        elif fault.shape.isdigit():
            headers = {"Retry-After": fault.value} if fault.value else {}
            self._send(int(fault.shape), b"no", "text/plain", headers)
        else:
            self._misbehave(fault.shape)

    def _misbehave(self, shape: Shape) -> None:
        self.close_connection = True
        if shape == "reset":
            self._note(0)
            # lingering for 0 s makes close() send a reset
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            return
        if shape == "hang":
            self._note(0)
            self._wait_for_end()
            return
        self._note(200)
        self.send_response(200)
        self.send_header("Content-Type", "application/rss+xml")
        self.send_header("Connection", "close")
        if shape == "bomb":
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        bodies: dict[str, Callable[[], Iterable[bytes]]] = {
            "endless": _endless,
            "bomb": _bomb,
            "drip": self._drip,
        }
        for piece in bodies[shape]():
            self.wfile.write(piece)

    def _drip(self) -> Iterator[bytes]:
        while not self.journals._closing.wait(0.02):
            yield b" "

    def _wait_for_end(self) -> None:
        """Return when the client goes away, or the server closes."""
        self.connection.settimeout(0.05)
        while not self.journals._closing.is_set():
            with suppress(TimeoutError):
                if not self.connection.recv(1):
                    return


def _endless() -> Iterator[bytes]:
    for _ in range(LONG // 100_000):
        yield b" " * 100_000


@functools.cache
def _bomb() -> tuple[bytes, ...]:
    packer = zlib.compressobj(9, wbits=31)
    pieces = [packer.compress(bytes(1_000_000)) for _ in range(LONG // 1_000_000)]
    return (*pieces, packer.flush())
