"""Which known studies a strategy does not find, as the local E-utilities tell it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from builders import pubmed_set, record

from bot.config import Settings
from bot.errors import SourceError
from bot.http import Http, ThreadLimiter
from bot.model import KnownStudy
from bot.sandbox.eutils import ALWAYS, Eutils, Fault
from bot.sources import pubmed


@pytest.fixture
def server() -> Iterator[Eutils]:
    with Eutils(today=date(2026, 11, 24)) as opened:
        yield opened


class AtOnce(ThreadLimiter):
    """The server is ours."""

    def wait(self, host: str, per_second: float) -> None:
        pass


def connect(server: Eutils) -> pubmed.PubMed:
    http = Http(AtOnce(), user_agent="litbot-test", pause=lambda _seconds: None)
    return pubmed.build(Settings(eutils_url=server.url), http)


STUDIES = [
    KnownStudy(citation="by both", pmid="101", doi="10.5555/a"),
    KnownStudy(citation="by PMID", pmid="102"),
    KnownStudy(citation="by DOI", doi="10.5555/c"),
    KnownStudy(citation="PubMed has none", doi="10.5555/none"),
]


@pytest.mark.parametrize(
    ("strategy", "lost"),
    [
        ("first[ti] OR second[ti] OR third[ti]", []),
        ("second[ti] OR third[ti]", ["by both"]),
        ("first[ti] OR third[ti]", ["by PMID"]),
        ("first[ti] OR second[ti]", ["by DOI"]),
        ("zebra[ti]", ["by both", "by PMID", "by DOI"]),
        ("first[ti] NOT second[ti]", ["by PMID", "by DOI"]),
    ],
)
def test_pubmed_says_which_known_studies_a_strategy_does_not_find(
    server: Eutils, strategy: str, lost: list[str]
) -> None:
    titled = [
        ("101", "10.5555/a", "First"),
        ("102", "10.5555/b", "Second"),
        ("103", "10.5555/c", "Third"),
    ]
    server.load(
        pubmed_set(*(record(pmid=pmid, doi=doi, title=title) for pmid, doi, title in titled))
    )

    found = connect(server).lost("task", strategy, STUDIES)

    assert [one.citation for one in found] == lost
    assert len(server.requests("esearch")) == 1


def test_a_strategy_of_any_length_is_asked_in_one_search(server: Eutils) -> None:
    server.load(pubmed_set(record(pmid="101", title="First")))
    strategy = " OR ".join(f"{number:040}zebra[ti]" for number in range(250))

    assert len(strategy) > 10_000
    (lost,) = connect(server).lost("task", strategy, STUDIES[:1])

    assert lost.citation == "by both"


def test_without_known_studies_pubmed_is_not_asked(server: Eutils) -> None:
    assert connect(server).lost("task", "ketamine[ti]", ()) == ()
    assert server.log == []


def test_where_the_record_of_a_lost_doi_does_not_come_nothing_is_said(server: Eutils) -> None:
    server.load(pubmed_set(record(pmid="103", doi="10.5555/c", title="Third")))
    server.fail(Fault(endpoint="efetch", shape="500", times=ALWAYS))

    with pytest.raises(SourceError, match="efetch"):
        connect(server).lost("task", "zebra[ti]", STUDIES)


def test_where_a_record_never_comes_nothing_is_said_either(server: Eutils) -> None:
    server.load(pubmed_set(record(pmid="103", doi="10.5555/c", title="Third")))
    server.held["103"].absent = True

    with pytest.raises(SourceError, match="did not all come"):
        connect(server).lost("task", "zebra[ti]", STUDIES)
