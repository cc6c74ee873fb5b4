"""The local E-utilities look into lists, know flags, and change their records in time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import builders
import pytest
import requests
from lxml import etree

from bot.model import Link
from bot.sandbox.eutils import Eutils


@pytest.fixture
def server() -> Iterator[Eutils]:
    with Eutils(today=date(2026, 11, 24)) as opened:
        erratum = (Link(kind="ErratumIn", pmid="9", citation="x"),)
        opened.load(
            builders.pubmed_set(
                builders.record(pmid="1", links=erratum),
                builders.record(pmid="2", links=erratum),
                builders.record(pmid="3"),
            )
        )
        yield opened


def ask(server: Eutils, utility: str, **fields: str) -> etree._Element:
    answer = requests.post(f"{server.url}{utility}.fcgi", data=fields, timeout=10)
    assert answer.status_code == 200
    return etree.fromstring(answer.content)


def ids(found: etree._Element) -> list[str]:
    return [one.text or "" for one in found.iterfind("IdList/Id")]


def test_a_search_looks_into_a_posted_list_and_into_an_earlier_search(server: Eutils) -> None:
    posted = ask(server, "epost", id="1,3,77")
    history = {"WebEnv": posted.findtext("WebEnv") or "", "usehistory": "y"}

    first = ask(server, "esearch", term="#1 AND haserratumin", **history)
    both = ask(server, "esearch", term="#1 NOT #2", **history)

    assert ids(first) == ["1"]
    assert first.findtext("QueryKey") == "2"
    assert ids(both) == ["3"]


@pytest.mark.parametrize("history", [{}, {"WebEnv": "MCID_0", "usehistory": "y"}])
def test_a_list_that_nobody_holds_is_an_error(server: Eutils, history: dict[str, str]) -> None:
    found = ask(server, "esearch", term="#1 AND haserratumin", **history)

    assert found.findtext("ERROR") == "Search Backend failed: Exception: Unable to obtain query #1"


def test_a_word_like_a_flag_that_is_none_is_not_found(server: Eutils) -> None:
    found = ask(server, "esearch", term="haserratumin OR haspartialretractionin")

    assert ids(found) == ["2", "1"]
    assert found.findtext("ErrorList/PhraseNotFound") == "haspartialretractionin"


def test_a_flag_in_quotes_or_with_a_tag_is_a_word(server: Eutils) -> None:
    assert ids(ask(server, "esearch", term='"haserratumin"')) == []
    assert ids(ask(server, "esearch", term="haserratumin[tiab]")) == []


def test_a_record_becomes_another_on_its_day(server: Eutils) -> None:
    server.revise(date(2026, 12, 5), builders.pubmed_set(builders.record(pmid="3", title="Third")))
    server.revise(date(2026, 12, 1), builders.pubmed_set(builders.record(pmid="3", title="Second")))

    titles = []
    for day in (date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 4), date(2026, 12, 5)):
        server.today = day
        fetched = ask(server, "efetch", id="3", rettype="xml")
        titles.append(fetched.findtext(".//ArticleTitle") or "")

    assert titles[1:] == ["Second", "Second", "Third"]
    assert titles[0] not in titles[1:]


def test_a_record_that_is_gone_is_neither_listed_nor_given(server: Eutils) -> None:
    server.change("1", gone=True)

    assert ids(ask(server, "esearch", term="haserratumin")) == ["2"]
    assert len(ask(server, "efetch", id="1,2", rettype="xml")) == 1
