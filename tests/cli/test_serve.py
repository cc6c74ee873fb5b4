"""litbot serve, as a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from bot.sandbox import Sandbox
from bot.sandbox.eutils import ALWAYS, Fault


class Served:
    """`litbot serve` on a free port, and what it says on stderr."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self.log = folder / "serve.log"
        self._out = self.log.open("wb")
        env = {name: value for name, value in os.environ.items() if not name.startswith("LITBOT_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bot", "serve"],
            cwd=folder,
            env={**env, **{f"LITBOT_{name}": value for name, value in settings.items()}},
            stdout=subprocess.DEVNULL,
            stderr=self._out,
        )

    def said(self, pattern: str) -> str:
        """Wait until the log says this; the first group."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if found := re.search(pattern, self.log.read_text()):
                return found[1]
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"{pattern!r} was not said:\n{self.log.read_text()}")

    def stop(self, sent: signal.Signals) -> tuple[int, float]:
        """The exit code, and how many seconds it took."""
        began = time.monotonic()
        self.process.send_signal(sent)
        code = self.process.wait(30)
        return code, time.monotonic() - began

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._out.close()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as opened:
        yield opened


@pytest.fixture
def served(place: Path, sandbox: Sandbox) -> Iterator[Served]:
    running = Served(place, {"EUTILS_URL": sandbox.pubmed.url, "WEB_PORT": "0"})
    yield running
    running.close()


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_served_bot_polls_answers_and_stops_cleanly(served: Served, sent: signal.Signals) -> None:
    port = served.said(r"listening at http://127\.0\.0\.1:(\d+)")
    served.said(r"polled pubmed for (safety) \(baseline\)")
    health = httpx.get(f"http://127.0.0.1:{port}/healthz")

    code, seconds = served.stop(sent)

    assert health.status_code == 200
    assert health.json()["status"] == "ok"
    assert code == 0
    assert seconds < 10
    assert "Traceback" not in served.log.read_text()


def test_a_stop_waits_for_the_poll_that_runs(place: Path, sandbox: Sandbox) -> None:
    # The first two answers say "not now, in a second": the poll is at work when the signal comes.
    sandbox.pubmed.fail(Fault(endpoint="esearch", shape="retry-after", times=2))
    served = Served(place, {"EUTILS_URL": sandbox.pubmed.url, "WEB_PORT": "0"})
    try:
        served.said(r"(listening at)")
        deadline = time.monotonic() + 30
        while not sandbox.pubmed.log and time.monotonic() < deadline:
            time.sleep(0.02)

        code, _ = served.stop(signal.SIGTERM)

        log = served.log.read_text()
        assert code == 0
        assert log.index("stopping") < log.index("polled pubmed for relapse")
    finally:
        served.close()


def test_a_second_signal_does_not_wait(place: Path, sandbox: Sandbox) -> None:
    sandbox.pubmed.fail(Fault(endpoint="*", shape="hang", times=ALWAYS))
    served = Served(place, {"EUTILS_URL": sandbox.pubmed.url, "WEB_PORT": "0"})
    try:
        served.said(r"(listening at)")
        served.process.send_signal(signal.SIGTERM)
        served.said(r"(stopping)")

        code, seconds = served.stop(signal.SIGTERM)

        assert code == 1
        assert seconds < 10
    finally:
        served.close()
