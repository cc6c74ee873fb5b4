"""The stand-in of publishers: it must fail as they do, else tests against it prove nothing."""

from __future__ import annotations

import gzip
import http.client
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.sandbox.journals import NO_ITEMS, Journals


@pytest.fixture
def journals() -> Iterator[Journals]:
    with Journals() as server:
        server.put("/feed", NO_ITEMS)
        yield server


def ask(journals: Journals, path: str, headers: dict[str, str] | None = None):
    connection = http.client.HTTPConnection(journals.host, timeout=10)
    connection.request("GET", path, headers=headers or {})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


def test_a_version_that_is_known_is_answered_304(journals: Journals) -> None:
    first, _ = ask(journals, "/feed")
    for name, value in (
        ("If-None-Match", first.headers["ETag"]),
        ("If-Modified-Since", first.headers["Last-Modified"]),
    ):
        again, body = ask(journals, "/feed", {name: value})
        assert (again.status, body) == (304, b"")
    journals.put("/feed", NO_ITEMS + b"\n")
    assert ask(journals, "/feed", {"If-None-Match": first.headers["ETag"]})[0].status == 200


def test_a_server_may_say_nothing_about_versions(journals: Journals) -> None:
    journals.put("/bare", NO_ITEMS, etag=False)
    answer, _ = ask(journals, "/bare")
    assert answer.headers["ETag"] is None
    assert answer.headers["Last-Modified"] is None


def test_gzip_is_used_when_accepted_and_changes_the_etag(journals: Journals) -> None:
    answer, body = ask(journals, "/feed", {"Accept-Encoding": "gzip"})
    assert gzip.decompress(body) == NO_ITEMS
    assert answer.headers["ETag"].endswith('-gzip"')


@pytest.mark.parametrize(
    ("shape", "status", "begin"),
    [
        ("403", 403, b"no"),
        ("challenge", 403, b"<!DOCTYPE"),
        ("html", 200, b"<!DOCTYPE"),
        ("json", 200, b"{"),
        ("empty", 200, b""),
        ("truncated", 200, b"<?xml"),
        ("no-items", 200, b"<?xml"),
    ],
)
def test_a_failure_has_its_shape_and_then_passes(
    journals: Journals, shape: str, status: int, begin: bytes
) -> None:
    journals.fail("/feed", shape)  # type: ignore[arg-type]
    answer, body = ask(journals, "/feed")
    assert (answer.status, body[: len(begin)]) == (status, begin)
    assert ask(journals, "/feed")[0].status == 200
    assert [asked.status for asked in journals.log] == [status, 200]


def test_retry_after_and_location_are_the_given_value(journals: Journals) -> None:
    journals.fail("/feed", "429", value="120")
    journals.fail("/feed", "301", value="http://10.0.0.1/")
    assert ask(journals, "/feed")[0].headers["Retry-After"] == "120"
    assert ask(journals, "/feed")[0].headers["Location"] == "http://10.0.0.1/"


def test_a_reset_is_a_reset(journals: Journals) -> None:
    journals.fail("/feed", "reset")
    with pytest.raises(ConnectionError):
        ask(journals, "/feed")


def test_an_unknown_path_is_404(journals: Journals) -> None:
    assert ask(journals, "/other")[0].status == 404


def test_a_folder_of_feeds_is_served_plain(journals: Journals, tmp_path: Path) -> None:
    (tmp_path / "one.xml").write_bytes(NO_ITEMS)
    (tmp_path / "two.xml.gz").write_bytes(gzip.compress(NO_ITEMS))
    (tmp_path / "manifest.csv").write_text("file")
    assert journals.serve_folder(tmp_path) == ("/one.xml", "/two.xml")
    assert ask(journals, "/two.xml")[1] == NO_ITEMS
