"""PubMed's E-utilities on loopback: ESearch, EPost, EFetch, EInfo, and the ways they fail."""

from __future__ import annotations

import socket
import struct
import threading
from dataclasses import dataclass
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from bot.sandbox.eutils_holdings import Held, Holdings
from bot.sandbox.eutils_replies import ENDPOINTS, Fault, whole_answer

__all__ = ["ALWAYS", "Asked", "Eutils", "Fault", "Held"]

ALWAYS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request that came."""

    endpoint: str
    method: str
    fields: dict[str, str]


class Eutils(Holdings):
    """A server to be used in `with`; `url` is its address, `log` what it was asked."""

    def __init__(self, *, today: date | None = None) -> None:
        """Without `today` every record exists; with it, those created until then."""
        super().__init__(today)
        self.log: list[Asked] = []
        self.faults: list[Fault] = []
        self.closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )

    @property
    def url(self) -> str:
        """The address for LITBOT_EUTILS_URL."""
        return f"http://127.0.0.1:{self._server.server_port}/entrez/eutils/"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def fail(self, fault: Fault) -> None:
        """Let requests fail; rules are tried in the order in which they were given."""
        self.faults.append(fault)

    def requests(self, endpoint: str) -> list[Asked]:
        """What one endpoint was asked."""
        return [one for one in self.log if one.endpoint == endpoint]

    def due_fault(self, endpoint: str) -> Fault | None:
        """The rule that this request meets, counted down."""
        with self._lock:
            for rule in self.faults:
                if rule.endpoint not in ("*", endpoint) or rule.times <= 0:
                    continue
                if rule.skip > 0:
                    rule.skip -= 1
                    continue
                rule.times -= 1
                return rule
        return None


def _handler(server: Eutils) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            """Keep quiet; `log` is for the tests."""

        def do_GET(self) -> None:
            self._reply(urlsplit(self.path).query)

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            self._reply(self.rfile.read(length).decode())

        def _reply(self, form: str) -> None:
            fields = dict(parse_qsl(form, keep_blank_values=True))
            endpoint = urlsplit(self.path).path.rpartition("/")[2].removesuffix(".fcgi")
            if endpoint not in ENDPOINTS:
                self.send_error(404)
                return
            server.log.append(Asked(endpoint=endpoint, method=self.command, fields=fields))
            fault = server.due_fault(endpoint)
            shape = fault.shape if fault else ""
            if shape == "hang":
                server.closing.wait()
            if shape in ("closed", "reset", "hang"):
                self._drop(reset=shape == "reset")
                return
            answer = whole_answer(shape, fields) or ENDPOINTS[endpoint](server, fields, fault)
            body = answer.body.encode() if isinstance(answer.body, str) else answer.body
            if shape == "truncated":
                body = body[: len(body) // 2]
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.kind)
            self.send_header("Content-Length", str(len(body)))
            if shape == "retry-after":
                self.send_header("Retry-After", "1")
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if shape == "cut" else body)
            if shape == "cut":
                self._drop(reset=False)

        def _drop(self, *, reset: bool) -> None:
            self.close_connection = True
            if reset:
                never_linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, never_linger)
            else:
                self.wfile.flush()
                self.connection.shutdown(socket.SHUT_RDWR)

    return Handler
