"""The source of journal feeds, over real HTTP against the sandbox's publishers."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.config import Settings
from bot.errors import SourceError
from bot.http import Http, ThreadLimiter
from bot.model import Journal
from bot.ports import Batch, Task
from bot.sandbox.journals import Journals
from bot.sources.feeds import Feeds, build
from bot.sources.feeds.child import Child

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def feed(*items: str) -> bytes:
    body = "".join(f"<item>{item}</item>" for item in items)
    return f"<rss version='2.0'><channel><title>J</title>{body}</channel></rss>".encode()


def item(number: int) -> str:
    return f"<title>Sample trial {number}</title><link>https://example.org/{number}</link>"


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    child = Child()
    yield child
    child.close()


@pytest.fixture
def journals() -> Iterator[Journals]:
    with Journals() as server:
        server.put("/feed", feed(item(1), item(2)))
        yield server


@pytest.fixture
def feeds(journals: Journals, child: Child) -> Feeds:
    limiter = ThreadLimiter(pause=lambda _: None)
    http = Http(limiter, user_agent="t", allowed_private=[journals.host], pause=lambda _: None)
    return Feeds(http, child)


def task(journals: Journals, cursor: dict[str, str] | None = None, path: str = "/feed") -> Task:
    journal = Journal(name="sample", title="Sample Journal", feed=journals.url(path))
    return Task(kind="poll", subject=journal, cursor=cursor or {})


def poll(feeds: Feeds, one: Task, now: datetime = NOW) -> Batch:
    return feeds.fetch(one, lambda _: frozenset(), now)


def test_a_first_poll_gives_records_and_a_cursor(feeds: Feeds, journals: Journals) -> None:
    batch = poll(feeds, task(journals))
    assert [found.key for found in batch.found] == [
        "https://example.org/1",
        "https://example.org/2",
    ]
    assert (batch.reported, batch.incomplete, batch.warnings) == (2, "", ())
    assert set(batch.cursor) == {"etag", "last_modified", "sha256", "full_at"}
    assert batch.cursor["full_at"] == NOW.isoformat()


def test_the_marks_of_a_version_go_back_byte_for_byte(feeds: Feeds, journals: Journals) -> None:
    first = poll(feeds, task(journals))
    again = poll(feeds, task(journals, dict(first.cursor)), NOW + timedelta(hours=1))
    asked = journals.log[1].headers
    assert asked["if-none-match"] == first.cursor["etag"]
    assert asked["if-none-match"].endswith('-gzip"')
    assert asked["if-modified-since"] == first.cursor["last_modified"]
    assert (again.unchanged, again.cursor) == (True, first.cursor)


def test_equal_bytes_are_not_read_again(feeds: Feeds, journals: Journals, child: Child) -> None:
    journals.put("/bare", feed(item(1)), etag=False)
    first = poll(feeds, task(journals, path="/bare"))
    read = child.documents
    again = poll(feeds, task(journals, dict(first.cursor), "/bare"))
    assert (again.unchanged, child.documents) == (True, read)


def test_once_a_week_nothing_is_asked_conditionally(feeds: Feeds, journals: Journals) -> None:
    first = poll(feeds, task(journals))
    later = NOW + timedelta(days=7)
    again = poll(feeds, task(journals, dict(first.cursor)), later)
    assert "if-none-match" not in journals.log[1].headers
    assert again.cursor["full_at"] == later.isoformat()


@pytest.mark.parametrize(
    ("shape", "sentence"),
    [
        ("403", "refuses the bot"),
        ("challenge", "refuses the bot"),
        ("404", "has no feed at this address"),
        ("410", "says the feed is gone"),
        ("429", "too many requests"),
        ("500", "answered 500"),
        ("503", "answered 503"),
        ("html", "a web page came instead"),
        ("json", "JSON came instead"),
        ("empty", "the answer is empty"),
        ("bomb", "longer than 20,000,000 bytes"),
        ("endless", "longer than 20,000,000 bytes"),
        ("reset", "connection failed"),
    ],
)
def test_each_failure_has_its_own_sentence(
    feeds: Feeds, journals: Journals, shape: str, sentence: str
) -> None:
    journals.fail("/feed", shape, times=9)  # type: ignore[arg-type]
    with pytest.raises(SourceError, match=sentence) as caught:
        poll(feeds, task(journals))
    assert caught.value.permanent is (shape == "410")
    assert caught.value.task == "sample"


def test_a_challenge_that_says_200_is_told_from_a_web_page(
    feeds: Feeds, journals: Journals
) -> None:
    page = b"<html><head><title>Just a moment...</title></head><body>wait</body></html>"
    journals.put("/feed", page, content_type="text/html")
    with pytest.raises(SourceError, match="a challenge page for browsers"):
        poll(feeds, task(journals))


@pytest.mark.parametrize("status", ["403", "429", "503"])
def test_when_to_come_back_is_what_the_server_said(
    feeds: Feeds, journals: Journals, status: str
) -> None:
    journals.fail("/feed", status, times=9, value="3600")  # type: ignore[arg-type]
    with pytest.raises(SourceError) as caught:
        poll(feeds, task(journals))
    assert caught.value.retry_at == NOW + timedelta(hours=1)
    journals.fail("/other", status, times=9)  # type: ignore[arg-type]
    with pytest.raises(SourceError) as caught:
        poll(feeds, task(journals, path="/other"))
    assert caught.value.retry_at is None


def test_a_feed_without_items_is_incomplete_and_not_a_failure(
    feeds: Feeds, journals: Journals
) -> None:
    journals.fail("/feed", "no-items")
    assert poll(feeds, task(journals)).incomplete == "the feed holds no items"


def test_a_feed_that_is_cut_off_gives_what_is_whole(feeds: Feeds, journals: Journals) -> None:
    whole = feed(item(1), item(2), item(3))
    journals.put("/feed", whole[: whole.index(b"example.org/3")])
    batch = poll(feeds, task(journals))
    assert [found.record.title for found in batch.found] == ["Sample trial 1", "Sample trial 2"]
    assert batch.incomplete == "the feed is cut off after 2 items"
    assert batch.reported == 2


def test_an_item_without_a_title_is_set_aside_with_its_bytes(
    feeds: Feeds, journals: Journals
) -> None:
    journals.put("/feed", feed(item(1), "<title> - </title><link>https://example.org/x</link>"))
    batch = poll(feeds, task(journals))
    assert (len(batch.found), len(batch.problems), batch.reported) == (1, 1, 2)
    assert b"https://example.org/x" in batch.problems[0].raw


def test_a_repeated_item_is_one_record_and_counted(feeds: Feeds, journals: Journals) -> None:
    journals.put("/feed", feed(item(1), item(2), item(1)))
    batch = poll(feeds, task(journals))
    assert (len(batch.found), batch.repeated, batch.reported) == (2, 1, 3)


def test_a_journal_that_is_called_like_the_record_is_not_believed(
    feeds: Feeds, journals: Journals
) -> None:
    name = "<prism:publicationName>Sample trial 1</prism:publicationName>"
    prism = b" xmlns:prism='http://prismstandard.org/namespaces/1.2/basic/'>"
    body = feed(item(1) + name).replace(b"<rss version='2.0'>", b"<rss version='2.0'" + prism)
    journals.put("/feed", body)
    assert [one.record.journal for one in poll(feeds, task(journals)).found] == ["Sample Journal"]


@pytest.mark.parametrize(
    "links",
    [
        ("https://example.org/toc", "https://example.org/toc"),
        ("https://example.org/view?id=1", "https://example.org/view?id=2"),
        ("", ""),
        ("https://doi.org/10.5555/same", "https://doi.org/10.5555/same"),
    ],
)
def test_two_records_never_share_a_key_by_accident(
    feeds: Feeds, journals: Journals, links: tuple[str, str]
) -> None:
    titles = ("One sample", "Another sample")
    items = (f"<title>{t}</title><link>{k}</link>" for t, k in zip(titles, links, strict=True))
    journals.put("/feed", feed(*items))
    batch = poll(feeds, task(journals))
    assert len({found.key for found in batch.found}) == 2


def test_a_redirect_is_followed_and_a_permanent_one_proposed(
    feeds: Feeds, journals: Journals
) -> None:
    journals.put("/new", feed(item(1)))
    journals.fail("/feed", "301", value="/new")
    batch = poll(feeds, task(journals))
    assert len(batch.found) == 1
    assert batch.warnings == (
        f"the feed has moved for good; put {journals.url('/new')} into journals.yaml",
    )


def test_a_redirect_into_the_house_is_refused(feeds: Feeds, journals: Journals) -> None:
    with Journals() as inner:
        journals.fail("/feed", "302", value=inner.url("/feed"))
        with pytest.raises(SourceError, match="not a public address"):
            poll(feeds, task(journals))
        assert inner.log == []


def test_a_journal_without_an_address_says_so(feeds: Feeds) -> None:
    journal = Journal(name="sample", title="Sample Journal")
    with pytest.raises(SourceError, match="no address of a feed") as caught:
        poll(feeds, Task(kind="poll", subject=journal))
    assert caught.value.permanent


def test_a_feed_has_nothing_to_sweep(feeds: Feeds, journals: Journals) -> None:
    journal = Journal(name="sample", title="Sample Journal", feed=journals.url("/feed"))
    batch = feeds.fetch(Task(kind="sweep", subject=journal), lambda _: frozenset(), NOW)
    assert (batch.unchanged, journals.log) == (True, [])


def test_a_process_that_is_late_is_replaced(journals: Journals) -> None:
    http = Http(ThreadLimiter(), user_agent="t", allowed_private=[journals.host])
    slow = Child(read_time=0.05)
    feeds = Feeds(http, slow)
    assert len(poll(feeds, task(journals)).found) == 2  # a start has its own time
    journals.put("/huge", feed(*(item(number) for number in range(20_000))))
    with pytest.raises(SourceError, match=r"could not be read in 0\.05 s"):
        poll(feeds, task(journals, path="/huge"))
    assert len(poll(feeds, task(journals)).found) == 2
    feeds.close()


def test_a_reader_that_dies_at_work_is_named_and_replaced(journals: Journals) -> None:
    http = Http(ThreadLimiter(), user_agent="t", allowed_private=[journals.host])
    child = Child()
    feeds = Feeds(http, child)
    poll(feeds, task(journals))
    journals.put("/next", feed(item(1)))
    os.kill(child.pid, signal.SIGSTOP)  # it cannot answer ...
    problems: list[str] = []

    def run() -> None:
        try:
            poll(feeds, task(journals, path="/next"))
        except SourceError as error:
            problems.append(error.problem)

    thread = threading.Thread(target=run)
    thread.start()
    while child.documents < 2:  # ... and when it has the document, it dies
        thread.join(0.01)
    os.kill(child.pid, signal.SIGKILL)
    thread.join()
    assert problems == ["the feed ended the process that read it"]
    assert len(poll(feeds, task(journals, path="/next")).found) == 1
    feeds.close()


def test_one_process_serves_many_threads(feeds: Feeds, journals: Journals) -> None:
    for number in range(6):
        journals.put(f"/{number}", feed(item(number)))
    titles: list[str] = []

    def run(number: int) -> None:
        batch = poll(feeds, task(journals, path=f"/{number}"))
        titles.extend(found.record.title for found in batch.found)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(titles) == [f"Sample trial {number}" for number in range(6)]


@pytest.mark.parametrize(
    ("body", "title"),
    [
        (
            "<rss><channel><item><title>Caf\u00e9</title></item></channel></rss>".encode("cp1252"),
            "Caf\u00e9",
        ),
        (
            "<?xml version='1.0' encoding='iso-8859-1'?><rss><channel><item><title>Caf\u00e9</title>"
            "</item></channel></rss>".encode(),
            "Caf\u00e9",
        ),
        ("\ufeff <rss><channel><item><title>T</title></item></channel></rss>".encode(), "T"),
        (
            "<rss><channel><item><title>T&nbsp;&amp; U</title></item></channel></rss>".encode(
                "utf-16"
            ),
            "T & U",
        ),
        (b"<rss><channel><item><title>T&#xD800;&#x110000;\x07</title></item></channel></rss>", "T"),
        (
            b"<!DOCTYPE rss [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><rss><channel><item>"
            b"<title>T&x;</title></item></channel></rss>",
            "T",
        ),
    ],
    ids=["undeclared", "misdeclared", "mark", "utf-16", "illegal", "external entity"],
)
def test_odd_bytes_are_read(feeds: Feeds, journals: Journals, body: bytes, title: str) -> None:
    journals.put("/odd", body)
    assert [f.record.title for f in poll(feeds, task(journals, path="/odd")).found] == [title]


@pytest.mark.parametrize(
    "body",
    [
        feed(f"<title>T</title><author>{'a' * 40_000}</author>"),
        b"<rss><channel><item><title>T</title><description>" + b"<b>" * 100_000 + b"</rss>",
        feed("<title>T</title><description>" + "&lt;div&gt;" * 100_000 + "</description>"),
        b"<!DOCTYPE r [<!ENTITY a 'aaaaaaaaaa'>"
        + b"".join(
            f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>".encode() for n in range(8)
        )
        + b"]><rss><channel><item><title>T&i;</title></item></channel></rss>",
    ],
    ids=["author", "depth", "escaped depth", "entities"],
)
def test_hostile_bytes_end_soon_in_records_or_a_sentence(
    feeds: Feeds, journals: Journals, body: bytes
) -> None:
    journals.put("/hostile", body)
    began = time.monotonic()
    try:
        batch = poll(feeds, task(journals, path="/hostile"))
        assert batch.found or batch.incomplete
    except SourceError as error:
        assert error.problem  # noqa: PT017 - either end is right, silence is not
    assert time.monotonic() - began < 15


def test_sixty_unchanged_feeds_cost_sixty_requests_and_no_reading(
    feeds: Feeds, journals: Journals, child: Child
) -> None:
    paths = [f"/{number}" for number in range(60)]
    for path in paths:
        journals.put(path, feed(item(1)))
    cursors = {path: dict(poll(feeds, task(journals, path=path)).cursor) for path in paths}
    asked, read = len(journals.log), child.documents
    for path in paths:
        assert poll(feeds, task(journals, cursors[path], path)).unchanged
    assert [one.status for one in journals.log[asked:]] == [304] * 60
    assert child.documents == read


def test_every_source_is_built_alike() -> None:
    source = build(Settings(), Http(ThreadLimiter(), user_agent="t"))
    assert source.name == "feed"
    source.close()
