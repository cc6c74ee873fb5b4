"""The parent's end of the process that reads feeds."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

READ_TIME = 30.0  # seconds for one document; the slowest capture takes under 2
START_TIME = 30.0  # seconds more for a new process
ROOT = Path(__file__).parents[3]


class Unreadable(Exception):  # noqa: N818 - says what the document is
    """The process could not answer; the message says why, as a sentence."""


class _Process(NamedTuple):
    popen: subprocess.Popen[bytes]
    connection: Connection[Any, Any]


class Child:
    """One process at a time; started when needed, and again after it died or was late."""

    def __init__(self, read_time: float = READ_TIME) -> None:
        self.documents = 0  #: How many were given to a process so far.
        self._read_time = read_time
        self._process: _Process | None = None
        self._lock = threading.Lock()

    @property
    def pid(self) -> int:
        """The process at work; 0 when there is none."""
        return self._process.popen.pid if self._process else 0

    def read(self, body: bytes, charset: str) -> dict[str, Any]:
        """What `reader.answer` says of a document.  Raise Unreadable if it cannot say it."""
        with self._lock:
            limit = self._read_time
            if self._process is None or self._process.popen.poll() is not None:
                self._stop()
                self._process = _start()
                limit += START_TIME
            connection = self._process.connection
            self.documents += 1
            try:
                connection.send_bytes(charset.encode("ascii", "replace"))
                connection.send_bytes(body)
                if not connection.poll(limit):
                    self._stop()
                    raise Unreadable(f"the feed could not be read in {self._read_time:g} s")
                answer: dict[str, Any] = json.loads(connection.recv_bytes())
            except (EOFError, OSError) as error:
                self._stop()
                raise Unreadable("the feed ended the process that read it") from error
            return answer

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._stop()

    def _stop(self) -> None:
        if self._process is not None:
            self._process.popen.kill()
            self._process.popen.wait()
            with suppress(OSError):
                self._process.connection.close()
            self._process = None


def _start() -> _Process:
    ours, theirs = Pipe()
    # An environment of its own: what reads strangers' bytes knows no secrets.
    popen = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "bot.sources.feeds.reader", str(theirs.fileno())],
        pass_fds=(theirs.fileno(),),
        env={"PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    theirs.close()
    return _Process(popen, ours)
