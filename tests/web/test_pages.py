"""The web pages, asked over a real socket."""

from __future__ import annotations

import base64
import hashlib
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import uvicorn

from bot import subscribing, web
from bot.config import Settings
from bot.model import Cadence
from bot.pipeline import Bot
from bot.store import Engine, outbox, subscriptions, watermarks
from bot.store.database import connect, reading, writing
from bot.store.watermarks import State
from bot.wiring import bot as wired

SECRET = "s" * 32
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ADDRESS = "ada.reader@example.org"
QUERY = """\
title: Relapse <script>alert(1)</script> after ketamine
question: Does it last?
owner: {name: A librarian, target: librarian@example.org}
pubmed: ketamin*[tiab]
"""


class Site:
    """A served bot, its clock, and a client."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot
        self.now = NOW
        listener = web.listen("127.0.0.1", 0)
        app = web.create_app(bot, lambda: self.now)
        self._server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
        self._thread = threading.Thread(target=self._server.run, args=([listener],))
        self._thread.start()
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}")

    def close(self) -> None:
        self.client.close()
        self._server.should_exit = True
        self._thread.join()

    def subscribe(self) -> int:
        with writing(self.bot.engine) as db:
            number = subscriptions.create(
                db,
                channel="email",
                target=ADDRESS,
                queries={"relapse": NOW, "gone-query": NOW},
                cadence=Cadence(every="weekly"),
                layout="standard",
                quiet=True,
                next_due=NOW,
                now=NOW,
            )
            part = outbox.New("digest-1", None, number, "email", ADDRESS, {"text": ""}, {})
            outbox.put(db, [part], NOW)
        return number

    def active(self, number: int) -> bool:
        with reading(self.bot.engine) as db:
            found = subscriptions.get(db, number)
        assert found is not None
        return found.active


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries" / "relapse.yaml").write_text(QUERY)
    settings = Settings(
        database_url=f"sqlite:///{tmp_path}/litbot.db",
        queries_dir=tmp_path / "queries",
        outbox_dir=tmp_path / "outbox",
        secret_key=SECRET,
        poll_minutes=60,
    )
    with wired(settings) as bot:
        served = Site(bot)
        yield served
        served.close()


def path_of(number: int, generation: int = 1) -> str:
    token = subscribing.token(SECRET, subscribing.UNSUBSCRIBING, number, generation)
    return f"/unsubscribe/{token}"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_at_an_unsubscribe_link_changes_nothing(site: Site, method: str) -> None:
    number = site.subscribe()

    answers = [site.client.request(method, path_of(number)) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert site.active(number)


def test_the_page_shows_the_topics_and_one_button_and_nothing_of_the_reader(site: Site) -> None:
    html = site.client.get(path_of(site.subscribe())).text

    assert html.count("<button") == 1
    assert html.count('<form method="post">') == 1
    assert "Relapse &lt;script&gt;alert(1)&lt;/script&gt; after ketamine" in html
    assert "gone-query" in html
    assert '<html lang="en">' in html
    assert "<title>Unsubscribe" in html
    assert 'name="viewport"' in html
    assert "ada.reader" not in html


def test_a_page_has_no_script_and_asks_nobody_else(site: Site) -> None:
    number = site.subscribe()
    pages = [
        site.client.get(path_of(number)),
        site.client.post(path_of(number)),
        site.client.get(path_of(number)),
        site.client.get("/unsubscribe/no-token"),
    ]

    for page in pages:
        assert "<script" not in page.text
        assert not re.search(r"(?:src|href|action|url\()\s*=?", page.text)
        assert "set-cookie" not in page.headers


def test_a_page_may_use_its_own_style_and_nothing_else(site: Site) -> None:
    page = site.client.get(path_of(site.subscribe()))

    (style,) = re.findall(r"<style>(.*?)</style>", page.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = page.headers["content-security-policy"]
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "sent",
    [
        {"data": {"List-Unsubscribe": "One-Click"}},
        {"files": {"List-Unsubscribe": (None, "One-Click")}},
        {"content": b""},
        {"data": {}, "headers": {"Origin": "null", "Sec-Fetch-Site": "cross-site"}},
        {"content": b"\xff" * 100_000, "headers": {"Content-Type": "application/json"}},
    ],
    ids=["form", "multipart", "empty", "null origin", "anything"],
)
def test_a_post_ends_the_subscription_at_once_whatever_its_body(
    site: Site, sent: dict[str, object]
) -> None:
    number = site.subscribe()

    answer = site.client.post(path_of(number), **sent)  # type: ignore[arg-type]

    with reading(site.bot.engine) as db:
        waiting = outbox.waiting(db)
    assert answer.status_code == 200
    assert "You are unsubscribed" in answer.text
    assert not site.active(number)
    assert waiting == [("email", "cancelled", 1, "the subscription ended")]


def test_a_post_again_is_answered_the_same(site: Site) -> None:
    number = site.subscribe()

    answers = [site.client.post(path_of(number)) for _ in range(3)]
    look = site.client.get(path_of(number))

    assert {(answer.status_code, answer.text) for answer in answers} == {(200, answers[0].text)}
    assert look.status_code == 200
    assert "You are unsubscribed" in look.text
    assert "<button" not in look.text


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_a_link_that_is_not_ours_is_not_known(site: Site, method: str) -> None:
    number = site.subscribe()
    forged = path_of(number)[:-1] + ("A" if path_of(number)[-1] != "A" else "B")
    revoked = path_of(number, generation=2)
    other = f"/unsubscribe/{subscribing.token(SECRET, 'other', number, 1)}"
    nobody = path_of(999)

    for path in (forged, revoked, other, nobody, "/unsubscribe/x", f"{path_of(number)}%00"):
        answer = site.client.request(method, path)
        assert answer.status_code == 404
        if method != "HEAD":
            assert "This link is not known" in answer.text
    assert site.active(number)


@pytest.mark.parametrize("path", ["/", "/docs", "/redoc", "/openapi.json", "/unsubscribe/"])
def test_there_is_nothing_else(site: Site, path: str) -> None:
    answer = site.client.get(path)

    assert answer.status_code == 404
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def complete(engine: Engine, moment: datetime, source: str = "pubmed") -> None:
    state = State(source, "relapse", "ok", moment, 0, "", None, "", moment, None, "", None)
    with writing(engine) as db:
        watermarks.set_state(db, state)


def test_health_is_good_for_three_intervals_after_the_last_complete_poll(site: Site) -> None:
    complete(site.bot.engine, NOW)

    site.now = NOW + timedelta(minutes=179)
    well = site.client.get("/healthz")
    site.now = NOW + timedelta(minutes=181)
    late = site.client.get("/healthz")

    poll = NOW.isoformat()
    assert (well.status_code, late.status_code) == (200, 503)
    assert well.json() == {"status": "ok", "database": "ok", "last_complete_poll": poll}
    assert late.json() == {"status": "failing", "database": "ok", "last_complete_poll": poll}


def test_health_gives_the_first_poll_its_time_and_no_more(site: Site) -> None:
    fresh = site.client.get("/healthz")
    site.now = NOW + timedelta(minutes=181)
    never = site.client.get("/healthz")

    assert (fresh.status_code, never.status_code) == (200, 503)
    assert never.json()["last_complete_poll"] is None


def test_that_a_strategy_is_read_well_is_no_poll(site: Site) -> None:
    site.now = NOW + timedelta(minutes=181)
    complete(site.bot.engine, site.now, source="strategy")

    assert site.client.get("/healthz").status_code == 503


def test_health_is_bad_without_a_database(tmp_path: Path) -> None:
    settings = Settings(
        database_url="postgresql://127.0.0.1:1/nowhere",
        outbox_dir=tmp_path,
        secret_key=SECRET,
    )
    (tmp_path / "relapse.yaml").write_text(QUERY)
    settings = settings.model_copy(update={"queries_dir": tmp_path})
    with wired(settings, engine=connect(settings.database_url)) as bot:
        site = Site(bot)
        health = site.client.get("/healthz")
        page = site.client.post(path_of(1))
        site.close()

    assert (health.status_code, page.status_code) == (503, 503)
    assert health.json()["database"] == "unreachable"
    assert page.headers["retry-after"] == "300"
    assert "127.0.0.1" not in page.text
