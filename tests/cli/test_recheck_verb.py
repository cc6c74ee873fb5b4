"""`litbot recheck`: what it says; and what `status`, `doctor` and `run` say of delivered studies."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import pubmed_set, record
from cli_place import Litbot, answer, write_query

from bot.model import Link
from bot.sandbox import Sandbox
from bot.sandbox.eutils import ALWAYS, Fault

SENT = "2026-10-26T12:00"
LATER = "2026-11-16T12:00"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as opened:
        opened.pubmed.load(pubmed_set(record(created="2026-10-25")))
        opened.advance(datetime(2026, 10, 26, 12, tzinfo=UTC))
        yield opened


@pytest.fixture
def settings(sandbox: Sandbox, place: Path, litbot: Litbot) -> dict[str, str]:
    """A study was delivered to a channel."""
    write_query(place / "queries", "relapse")
    settings = {"EUTILS_URL": sandbox.pubmed.url, "NCBI_API_KEY": "sandbox"}
    chosen = ("--every", "daily", "--at", "08:00", "--back", "7")
    added = litbot("subscription", "add", "C0123456789", "relapse", *chosen, NOW="2026-10-25T07:00")
    assert added.exit_code == 0
    assert litbot("run", NOW=SENT, **settings).exit_code == 0
    sandbox.advance(datetime(2026, 11, 16, 12, tzinfo=UTC))
    return settings


def test_what_has_happened_is_asked_and_counted(
    litbot: Litbot, settings: dict[str, str], sandbox: Sandbox
) -> None:
    link = Link(kind="RetractionIn", pmid="90000077", citation="J Made Up. 2026")
    retraction = record(pmid="90000077", doi="10.5555/r", title="Retraction: made up")
    sandbox.pubmed.load(pubmed_set(record(created="2026-10-25", links=(link,)), retraction))

    found = answer(litbot("recheck", "--json", NOW=LATER, **settings))

    assert [(run["known"], run["new"]) for run in found["runs"]] == [(1, 0), (0, 1)]
    assert found["problems"] == []
    sent = answer(litbot("status", "--json", NOW=LATER))["delivered"]
    assert sent["studies"] == sent["checked"] == sent["flagged"] == 1
    assert sent["checked_at"].startswith("2026-11-16")
    assert sent["problems"] == []
    shown = litbot("status", NOW=LATER).stdout
    assert "1 studies delivered; last checked 2026-11-16: 1 by their PMIDs, 1 of them read" in shown


def test_a_study_that_is_gone_is_named_once_and_stays_in_the_status(
    litbot: Litbot, settings: dict[str, str], sandbox: Sandbox
) -> None:
    sandbox.pubmed.change("90000001", gone=True)

    first = litbot("recheck", "--all", NOW=LATER, **settings)
    again = litbot("recheck", "--all", NOW="2026-11-24T12:00", **settings)

    assert first.exit_code == again.exit_code == 0
    assert "PMID 90000001: PubMed does not give it" in first.stdout
    assert "90000001" not in again.stdout
    (odd,) = answer(litbot("status", "--json", NOW=LATER))["delivered"]["problems"]
    assert (odd["task"], odd["problem"]) == ("90000001", "PubMed does not give it")
    assert "PubMed does not give it" in litbot("status", NOW=LATER).stdout


def test_a_failure_ends_with_1_and_is_named(
    litbot: Litbot, settings: dict[str, str], sandbox: Sandbox
) -> None:
    sandbox.pubmed.fail(Fault(endpoint="epost", shape="html", times=ALWAYS))

    result = litbot("recheck", NOW=LATER, **settings)

    assert result.exit_code == 1
    assert "delivered studies: 1 not checked: pubmed flags: epost" in result.stderr


@pytest.mark.parametrize(
    ("checked", "finding"),
    [
        (True, "ok: delivered studies: last checked 2026-11-16"),
        (False, "warn: delivered studies: PubMed was not asked what happened to them yet"),
    ],
)
def test_the_doctor_warns_when_nobody_would_hear_of_a_retraction(
    litbot: Litbot, settings: dict[str, str], checked: bool, finding: str
) -> None:
    if checked:
        litbot("recheck", NOW=LATER, **settings)

    assert finding in litbot("doctor", NOW=LATER, **settings).stdout


def test_a_cycle_tells_what_it_finds_when_it_looks_again(
    litbot: Litbot, settings: dict[str, str], sandbox: Sandbox
) -> None:
    link = Link(kind="RetractionIn", pmid="90000077", citation="J Made Up. 2026")
    sandbox.pubmed.load(pubmed_set(record(created="2026-10-25", links=(link,))))

    ran = answer(litbot("run", "--json", NOW=LATER, **settings))

    assert "delivered studies" in {run["source"] for run in ran["runs"]}
    assert sum(one["notices"] for one in (*ran["composed"], *ran["notified"])) == 1
