"""Replies of the E-utilities that are not records."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.formats import eutilities
from bot.formats.eutilities import Posted, RefusalError, Search

WHOLE = (
    b"<eSearchResult><Count>2</Count><RetMax>2</RetMax><RetStart>0</RetStart>"
    b"<IdList><Id>7</Id><Id>8</Id></IdList><TranslationSet/>"
    b"<QueryTranslation>ketamine[Title]</QueryTranslation></eSearchResult>"
)


def test_a_search_result_is_read() -> None:
    assert eutilities.search(WHOLE) == Search(
        count=2, ids=("7", "8"), translation="ketamine[Title]"
    )


def test_zero_hits_alone_are_no_warning() -> None:
    reply = (
        b"<eSearchResult><Count>0</Count><IdList/><WarningList>"
        b"<OutputMessage>No items found.</OutputMessage></WarningList></eSearchResult>"
    )

    assert eutilities.search(reply) == Search(count=0, ids=())


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "empty"),
        (b"\n ", "empty"),
        (WHOLE[:60], "cut off"),
        (WHOLE.replace(b"<Count>2</Count>", b""), "without Count"),
        (WHOLE.replace(b"<Count>2<", b"<Count>two<"), "without Count"),
        (WHOLE.replace(b"<IdList><Id>7</Id><Id>8</Id></IdList>", b""), "without IdList"),
        (WHOLE.replace(b"<Id>7<", b"<Id>seven<"), "no number"),
        (WHOLE.replace(b"eSearchResult", b"eFetchResult"), "eFetchResult"),
        (b'{"error":"API rate limit exceeded","api-key":"k","count":"4","limit":"3"}', "rate"),
        (b'{"esearchresult":{"ERROR":"Search Backend failed"}}', "Search Backend failed"),
        (b'{"esearchresult":{"count":"0","idlist":[]}}', "JSON instead"),
        (b"<html>x", "web page"),
        (b"<!DOCTYPE html><html>x", "web page"),
        (b"<eSearchResult><ERROR>Can't run executor</ERROR></eSearchResult>", "Can't run"),
        (b"Service Unavailable", "cut off or damaged"),
    ],
)
def test_what_is_no_search_result_is_refused_with_a_reason(body: bytes, said: str) -> None:
    with pytest.raises(RefusalError, match=said) as caught:
        eutilities.search(body)

    assert not caught.value.query_at_fault


@pytest.mark.parametrize(
    ("text", "at_fault"),
    [
        ("Cannot search because the number of wildcards (*) exceeds 256", True),
        ("Empty term and query_key - nothing todo", True),
        ("Database is not supported: pubmed", False),
        ("Search is temporarily unavailable", False),
        ("Too many requests", False),
    ],
)
def test_a_refused_query_is_told_from_an_outage(text: str, at_fault: bool) -> None:
    with pytest.raises(RefusalError) as caught:
        eutilities.check(f"<eSearchResult><ERROR>{text}</ERROR></eSearchResult>".encode())

    assert caught.value.query_at_fault is at_fault


def test_a_posted_list_is_read_or_refused() -> None:
    good = b"<ePostResult><QueryKey>1</QueryKey><WebEnv>MCID_1</WebEnv></ePostResult>"

    assert eutilities.posted(good) == Posted(webenv="MCID_1", query_key="1")
    with pytest.raises(RefusalError, match="without WebEnv"):
        eutilities.posted(good.replace(b"MCID_1", b""))


@pytest.mark.parametrize(("name", "count"), [("esearch5.xml", 5), ("esearch8.xml", 0)])
def test_real_search_results_are_read(shared: Path, name: str, count: int) -> None:
    body = (shared / "data" / "pubmed" / "entrez_replies" / name).read_bytes()

    found = eutilities.search(body)

    assert (found.count, len(found.ids)) == (count, count)
    assert found.translation
    assert bool(found.warnings) is (count == 0)


@pytest.mark.parametrize("name", ["epost2.xml", "epost3.xml"])
def test_real_errors_of_epost_are_refused(shared: Path, name: str) -> None:
    with pytest.raises(RefusalError):
        eutilities.posted((shared / "data" / "pubmed" / "entrez_replies" / name).read_bytes())
