"""The schedule: which verb of the pipeline runs when, in one process.

APScheduler only says "again"; what is due stands in the database.  So nothing is lost when a run
is late, and a change of the clocks neither skips nor repeats a digest.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler

from bot import known_studies, notices, pipeline
from bot.config import Settings
from bot.errors import BotError, HttpError
from bot.http import Http
from bot.pipeline import Bot

log = logging.getLogger(__name__)

SEND_EVERY = 60  # seconds between two looks for what is due and what waits
LONGEST_STOP = 60.0  # seconds that a running job may take to end; docker kills after its own time
HEARTBEAT_DEADLINE = 30.0  # seconds

Clock = Callable[[], datetime]


class Jobs:
    """The three verbs as jobs, and how far the present cycle has come.

    Each runs in a thread of its own, never twice at once.  Nothing is composed before the first
    poll has ended, or during a poll: a digest that is due then tells what is just being found.
    """

    def __init__(self, bot: Bot, http: Http, clock: Clock) -> None:
        self._bot = bot
        self._http = http
        self._clock = clock
        self._ready = False  # has a poll ended, well or not, and does none run?
        self._polled = self._composed = self._told = 0  # cycles that have come so far

    def poll(self) -> None:
        """Ask the sources for what is new, and PubMed for what happened to delivered studies;
        every week, for the known studies too."""
        self._ready = False
        polled = _done("poll", lambda: pipeline.poll(self._bot, self._clock()))
        if polled:
            _done("recheck", lambda: notices.recheck(self._bot, self._clock()))
        self._polled += polled
        self._ready = True
        if polled:
            _done("known studies", lambda: known_studies.recheck(self._bot, self._clock()))

    def compose(self) -> None:
        """Write the digests that are due."""
        polled = self._polled
        if self._ready and _done("compose", lambda: pipeline.compose(self._bot, self._clock())):
            self._composed = polled

    def deliver(self) -> None:
        """Send what waits; when that ends a cycle, say that litbot lives."""
        composed = self._composed
        if not _done("deliver", lambda: pipeline.deliver(self._bot, self._clock())):
            return
        if composed > self._told:
            self._told = composed
            beat(self._bot.settings, self._http)


def _done(name: str, work: Callable[[], object]) -> bool:
    """Do one job and log what goes wrong; the next one comes at its time."""
    try:
        work()
    except BotError as error:
        log.error("%s failed: %s", name, error)  # noqa: TRY400 - its message says all
        return False
    except Exception:  # a bug in one run must not end the service
        log.exception("%s failed", name)
        return False
    return True


def scheduler(jobs: Jobs, poll_minutes: int) -> BackgroundScheduler:
    """The jobs with their times, not yet started."""
    made = BackgroundScheduler(
        timezone=UTC,
        jobstores={"default": MemoryJobStore()},
        executors={"default": ThreadPoolExecutor(3)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    soon = datetime.now(UTC)
    for name, job, seconds in (
        ("poll", jobs.poll, poll_minutes * 60),
        ("compose", jobs.compose, SEND_EVERY),
        ("deliver", jobs.deliver, SEND_EVERY),
    ):
        made.add_job(job, "interval", id=name, seconds=seconds, next_run_time=soon)
    return made


def start(bot: Bot, http: Http, clock: Clock) -> BackgroundScheduler:
    """Begin to work; the first poll starts at once."""
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # "still running" is no warning here
    running = scheduler(Jobs(bot, http, clock), bot.settings.poll_minutes)
    running.start()
    return running


def stop(running: BackgroundScheduler) -> bool:
    """Begin no job any more and wait for those that run; False when one did not end in time."""
    log.info("stopping: waiting for what runs")
    waiting = threading.Thread(target=running.shutdown, name="shutdown", daemon=True)
    waiting.start()
    waiting.join(LONGEST_STOP)
    if waiting.is_alive():
        log.warning("a job did not end in %g s; it is cut off and done again later", LONGEST_STOP)
    return not waiting.is_alive()


def beat(settings: Settings, http: Http) -> None:
    """Call the heartbeat address, if there is one; its address is a secret and is not logged."""
    address = settings.heartbeat_url.get_secret_value()
    if not address:
        return
    try:
        reply = http.request(
            "GET", address, per_second=1, attempts=2, deadline=HEARTBEAT_DEADLINE, limit=1_000_000
        )
    except HttpError as error:
        log.warning("the heartbeat was not heard: %s", error.problem)
        return
    if reply.status >= 400:
        log.warning("the heartbeat was not heard: answer %d", reply.status)
