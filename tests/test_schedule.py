"""The schedule: the jobs' options, the order of a cycle, the heartbeat, and a clean stop."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from apscheduler.jobstores.memory import MemoryJobStore
from pydantic import SecretStr

from bot import schedule, wiring
from bot.config import Settings
from bot.model import Cadence
from bot.pipeline import Bot
from bot.sandbox import Sandbox
from bot.schedule import Jobs
from bot.store import subscriptions
from bot.store.database import reading, writing
from bot.store.schema import metadata

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
QUERY = """\
title: Relapse
question: Does it last?
owner: {name: A librarian, target: librarian@example.org}
pubmed: ketamin*[tiab]
"""


class Monitor:
    """A dead man's switch that counts the calls."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.status = 200
        monitor = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                monitor.paths.append(self.path)
                self.send_response(monitor.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/ping/a-secret"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def monitor() -> Iterator[Monitor]:
    opened = Monitor()
    yield opened
    opened.close()


@pytest.fixture
def bot(tmp_path: Path, monitor: Monitor) -> Iterator[Bot]:
    (tmp_path / "relapse.yaml").write_text(QUERY)
    with Sandbox() as sandbox:
        sandbox.advance(NOW)
        settings = sandbox.settings(
            tmp_path,
            queries_dir=tmp_path,
            outbox_dir=tmp_path / "outbox",
            heartbeat_url=monitor.url,
            smtp_url="",
            slack_token="",
        )
        with wiring.bot(settings) as made:
            yield made


def jobs_of(bot: Bot) -> Jobs:
    return Jobs(bot, wiring.session(bot.settings), lambda: NOW)


def subscribe(bot: Bot) -> None:
    with writing(bot.engine) as db:
        subscriptions.create(
            db,
            channel="slack",
            target="C024BE91L",
            queries={"relapse": NOW - timedelta(days=1)},
            cadence=Cadence(every="daily"),
            layout="standard",
            quiet=True,
            next_due=NOW,
            now=NOW - timedelta(days=1),
        )


def test_a_late_job_is_done_once_and_never_twice_at_the_same_time(bot: Bot) -> None:
    made = schedule.scheduler(jobs_of(bot), poll_minutes=60)
    made.start(paused=True)

    jobs = {job.id: job for job in made.get_jobs()}
    stores = dict(made._jobstores)
    made.shutdown(wait=False)

    assert {name: job.trigger.interval for name, job in jobs.items()} == {
        "poll": timedelta(minutes=60),
        "compose": timedelta(minutes=1),
        "deliver": timedelta(minutes=1),
    }
    for job in jobs.values():
        assert (job.coalesce, job.max_instances, job.misfire_grace_time) == (True, 1, None)
        assert job.trigger.timezone is UTC
    assert [type(store) for store in stores.values()] == [MemoryJobStore]


def test_the_heart_beats_once_for_each_complete_cycle(bot: Bot, monitor: Monitor) -> None:
    jobs = jobs_of(bot)

    jobs.deliver()
    jobs.compose()
    jobs.deliver()
    before = len(monitor.paths)
    for _ in range(2):
        jobs.poll()
        jobs.compose()
        jobs.deliver()
        jobs.compose()
        jobs.deliver()

    assert before == 0
    assert monitor.paths == ["/ping/a-secret", "/ping/a-secret"]


def test_nothing_is_composed_before_the_first_poll_has_ended(bot: Bot) -> None:
    subscribe(bot)
    jobs = jobs_of(bot)

    jobs.compose()
    before = next_due(bot)
    jobs.poll()
    jobs.compose()

    assert before == NOW
    assert next_due(bot) > NOW


def next_due(bot: Bot) -> datetime:
    with reading(bot.engine) as db:
        return subscriptions.every(db)[0].next_due


def test_a_failing_job_is_logged_and_the_next_one_runs(
    bot: Bot, monitor: Monitor, caplog: pytest.LogCaptureFixture
) -> None:
    with writing(bot.engine) as db:
        metadata.drop_all(db)
    jobs = jobs_of(bot)

    jobs.poll()
    jobs.compose()
    jobs.deliver()

    said = [record for record in caplog.records if record.name == "bot.schedule"]
    assert [record.getMessage().split(" failed")[0] for record in said] == [
        "poll",
        "compose",
        "deliver",
    ]
    assert monitor.paths == []


@pytest.mark.parametrize("status", [0, 404, 500])
def test_a_heartbeat_that_is_not_heard_is_logged_without_its_address(
    monitor: Monitor, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    caplog.set_level(logging.DEBUG, "bot")  # the libraries stay at WARNING: `log_to_stderr`
    monitor.status = status
    url = monitor.url if status else "http://127.0.0.1:1/ping/a-secret"
    settings = Settings(heartbeat_url=SecretStr(url))

    schedule.beat(settings, wiring.session(settings))

    (record,) = [record for record in caplog.records if record.name == "bot.schedule"]
    assert record.levelname == "WARNING"
    assert "a-secret" not in caplog.text
    assert "127.0.0.1" not in record.getMessage()


def test_without_an_address_no_heart_beats() -> None:
    settings = Settings()

    schedule.beat(settings, wiring.session(settings))


def test_stopping_waits_for_the_job_that_runs(bot: Bot) -> None:
    jobs = jobs_of(bot)
    entered, leave = threading.Event(), threading.Event()

    def slow() -> None:
        entered.set()
        leave.wait(20)

    jobs.poll = slow  # type: ignore[method-assign]  # any job that takes a while
    running = schedule.scheduler(jobs, poll_minutes=60)
    running.start()
    assert entered.wait(20)
    threading.Timer(0.2, leave.set).start()

    assert schedule.stop(running)
    assert leave.is_set()


def test_a_job_that_does_not_end_is_not_waited_for_for_ever(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "LONGEST_STOP", 0.1)
    jobs = jobs_of(bot)
    entered, leave = threading.Event(), threading.Event()

    def stuck() -> None:
        entered.set()
        leave.wait(20)

    jobs.poll = stuck  # type: ignore[method-assign]  # any job that takes a while
    running = schedule.scheduler(jobs, poll_minutes=60)
    running.start()
    assert entered.wait(20)

    ended = schedule.stop(running)

    leave.set()
    assert not ended
