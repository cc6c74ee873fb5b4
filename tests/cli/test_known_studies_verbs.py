"""Known studies on the command line: `run` checks them, `status` warns of the lost ones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import pubmed_set, record
from cli_place import Litbot, answer, write_query

from bot.sandbox import Sandbox
from bot.sandbox.eutils import ALWAYS, Fault

HOSTILE = "Sample\\e[2J 2026"
KNOWN = f'known_studies: [{{citation: "{HOSTILE}", pmid: 90000001}}]\n'


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as opened:
        opened.pubmed.load(pubmed_set(record()))
        opened.advance(datetime(2026, 10, 26, 12, tzinfo=UTC))
        yield opened


@pytest.fixture
def settings(sandbox: Sandbox, place: Path) -> dict[str, str]:
    """`relapse` finds its known study, `safety` has lost it."""
    write_query(place / "queries", "relapse", more=KNOWN)
    write_query(place / "queries", "safety", "zebra[tiab]", more=KNOWN)
    return {
        "EUTILS_URL": sandbox.pubmed.url, "NCBI_API_KEY": "sandbox", "NOW": "2026-10-26T12:00",
    }  # fmt: skip


def test_a_cycle_checks_and_the_status_warns_of_the_query_that_has_lost_a_study(
    litbot: Litbot, settings: dict[str, str], place: Path
) -> None:
    ran = litbot("run", **settings)

    assert ran.exit_code == 0
    assert len(list((place / "var" / "outbox").glob("alert-*.eml"))) == 1  # its owner is told
    found = answer(litbot("status", "--json"))["known_studies"]
    assert [(one["task"], one["state"]) for one in found] == [
        ("relapse", "ok"),
        ("safety", "failing"),
    ]
    shown = litbot("status").stdout
    assert "known studies of safety" in shown
    assert "since 2026-10-26 PubMed does not find Sample" in shown
    assert "known studies of relapse" not in shown
    assert "\x1b" not in shown


def test_a_cycle_that_cannot_check_says_so(
    litbot: Litbot, settings: dict[str, str], sandbox: Sandbox
) -> None:
    sandbox.pubmed.fail(Fault(endpoint="esearch", shape="outage", times=ALWAYS))

    ran = litbot("run", **settings)

    assert ran.exit_code == 1
    assert "known studies safety: not checked: pubmed safety: esearch" in ran.stderr


def test_a_rehearsal_of_a_cycle_remembers_no_check(
    litbot: Litbot, settings: dict[str, str]
) -> None:
    litbot("db", "upgrade")

    litbot("run", "--dry-run", **settings)

    assert answer(litbot("status", "--json"))["known_studies"] == []
