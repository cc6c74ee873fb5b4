"""Which of many records carry a flag: what is sent to PubMed, and what it may answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from builders import pubmed_set, record

from bot.config import Settings
from bot.errors import SourceError
from bot.http import Http, ThreadLimiter
from bot.model import Link
from bot.sandbox.eutils import Eutils, Fault
from bot.sources import pubmed
from bot.sources.pubmed.flagging import FLAGS
from bot.strategy import flags


@pytest.fixture
def server() -> Iterator[Eutils]:
    with Eutils(today=date(2026, 11, 24)) as opened:
        linked = {
            "101": "RetractionIn",
            "102": "ErratumIn",
            "103": "CommentIn",
            "104": "UpdateIn",
            "105": "CorrectedandRepublishedIn",
            "106": "ExpressionOfConcernIn",
        }
        opened.load(
            pubmed_set(
                *(
                    record(pmid=pmid, links=(Link(kind=kind, pmid="900", citation="x"),))
                    for pmid, kind in linked.items()
                ),
                record(pmid="107", title="RETRACTED: a made-up study"),
                record(pmid="108", publication_types=("Retracted Publication",)),
                record(pmid="109"),
            )
        )
        yield opened


class AtOnce(ThreadLimiter):
    """The server is ours."""

    def wait(self, host: str, per_second: float) -> None:
        pass


def connect(server: Eutils) -> pubmed.PubMed:
    http = Http(AtOnce(), user_agent="litbot-test", pause=lambda _seconds: None)
    return pubmed.build(Settings(eutils_url=server.url), http)


def test_of_a_posted_list_those_are_named_to_which_something_happened(server: Eutils) -> None:
    asked = ["109", "108", "107", "106", "105", "104", "103", "102", "999"]

    found = connect(server).flagged(asked)

    assert found.pmids == ("108", "107", "106", "105", "104", "102")  # not 101: it was not asked
    assert found.warnings == ()
    assert [one.endpoint for one in server.log] == ["epost", "esearch"]


def test_of_no_records_nothing_is_asked(server: Eutils) -> None:
    assert connect(server).flagged([]).pmids == ()
    assert server.log == []


def test_a_list_that_pubmed_ignores_is_an_error_and_not_an_answer(server: Eutils) -> None:
    server.fail(Fault(endpoint="esearch", shape="history-ignored"))

    with pytest.raises(SourceError, match="counts 7 records in a list of 2"):
        connect(server).flagged(["101", "109"])


def test_a_history_that_has_expired_is_an_error(server: Eutils) -> None:
    server.fail(Fault(endpoint="esearch", shape="expired"))

    with pytest.raises(SourceError, match="Unable to obtain query #1"):
        connect(server).flagged(["101"])


def test_what_pubmed_does_not_find_is_a_warning(server: Eutils) -> None:
    server.fail(Fault(endpoint="esearch", shape="warnings"))

    found = connect(server).flagged(["101", "109"])

    assert found.pmids == ("101",)
    assert "PubMed does not find the phrase 'made-up phrase'" in found.warnings


@pytest.mark.parametrize("flag", FLAGS)
def test_a_flag_is_one_that_strategies_know_too(flag: str) -> None:
    assert flag in flags.FLAGS
