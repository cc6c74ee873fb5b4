"""Feeds as publishers really sent them, and documents made to break readers (shared data)."""

from __future__ import annotations

import csv
import gzip
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.model import Journal
from bot.sources.feeds import told_apart
from bot.sources.feeds.child import Child, Unreadable

JOURNAL = Journal(name="sample", title="Sample Journal")
CONTROL = frozenset(map(chr, range(32))) - {"\n"}


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    child = Child()
    yield child
    child.close()


def documents(folder: Path) -> Iterator[tuple[dict[str, str], bytes]]:
    with (folder / "manifest.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            body = (folder / row["file"]).read_bytes()
            yield row, gzip.decompress(body) if row["file"].endswith(".gz") else body


def test_every_item_of_every_capture_is_accounted_for(shared: Path, child: Child) -> None:
    for row, body in documents(shared / "data" / "feeds"):
        told = child.read(body, "")
        found, problems, repeated = told_apart(told["items"], JOURNAL)
        name = row["file"]
        assert (told["refusal"], told["incomplete"]) == ("", ""), name
        assert (len(found), problems, repeated) == (int(row["items"]), (), 0), name
        assert len({one.key for one in found}) == len(found), name
        for one in found:
            texts = (one.record.title, one.record.abstract_text, one.record.journal)
            assert not any(CONTROL & set(text) for text in texts), name
            assert not any("</" in text or "&lt;" in text for text in texts), name
            assert one.record.url == "" or one.record.url.startswith(("http://", "https://")), name


@pytest.mark.parametrize(
    ("family", "field", "at_least"),
    [
        ("pubmed", "doi", 1.0),
        ("pubmed", "pmid", 1.0),
        ("pubmed", "abstract", 1.0),
        ("wiley", "doi", 1.0),
        ("tandf", "doi", 1.0),
        ("elsevier", "pii", 1.0),
        ("elsevier", "published", 1.0),
        ("oup", "abstract", 0.9),
        ("biorxiv", "abstract", 1.0),
        ("pensoft", "doi", 1.0),
        ("nature", "doi", 1.0),
        ("ojs", "abstract", 0.9),
    ],
)
def test_what_a_family_gives_is_found(
    shared: Path, child: Child, family: str, field: str, at_least: float
) -> None:
    folder = shared / "data" / "feeds"
    file = next(file for file in sorted(folder.glob(f"{family}-1.xml*")))
    body = file.read_bytes()
    told = child.read(gzip.decompress(body) if file.suffix == ".gz" else body, "")
    found, _, _ = told_apart(told["items"], JOURNAL)
    filled = sum(bool(getattr(one.record, field)) for one in found)
    assert filled >= at_least * len(found)


@pytest.mark.parametrize("family", ["tandf", "elsevier", "bmc", "nature", "elsevier-health"])
def test_what_a_family_withholds_is_unknown(shared: Path, child: Child, family: str) -> None:
    body = (shared / "data" / "feeds" / f"{family}-1.xml").read_bytes()
    found, _, _ = told_apart(child.read(body, "")["items"], JOURNAL)
    assert all(one.record.abstract is None for one in found)


def test_records_keep_their_keys_from_poll_to_poll(shared: Path, child: Child) -> None:
    folder = shared / "data" / "feeds"

    def keys(name: str) -> dict[str, str]:
        found, _, _ = told_apart(child.read((folder / name).read_bytes(), "")["items"], JOURNAL)
        return {one.record.title: one.key for one in found}

    for first, second in (
        ("pubmed-1.xml", "pubmed-2.xml"),
        ("cnki-1.xml", "cnki-2.xml"),
        ("elsevier-1.xml", "elsevier-3.xml"),
        ("tandf-1.xml", "tandf-2.xml"),
        ("pensoft-1.xml", "pensoft-3.xml"),
    ):
        one, other = keys(first), keys(second)
        common = one.keys() & other.keys()
        assert common, (first, second)
        assert {one[title] for title in common} == {other[title] for title in common}


def test_every_hostile_document_ends_in_records_or_a_sentence(shared: Path, child: Child) -> None:
    for row, body in documents(shared / "data" / "feeds-hostile"):
        began = time.monotonic()
        try:
            told = child.read(body, "")
        except Unreadable:
            continue
        finally:
            assert time.monotonic() - began < 20, row["file"]
        found, problems, _ = told_apart(told["items"], JOURNAL)
        named = told["refusal"] or told["incomplete"]
        assert found or problems or named, row["file"]
        for one in found:
            assert "root:" not in one.record.title, row["file"]
            assert "<script" not in one.record.abstract_text, row["file"]
