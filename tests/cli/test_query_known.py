"""litbot query check as the gate of known studies."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import pubmed_set, record
from cli_place import Litbot, answer, write_query

from bot.ports import Found
from bot.sandbox import Sandbox
from bot.sandbox.eutils import ALWAYS, Fault
from bot.store import matches, records
from bot.store.database import connect, prepare, writing

NOW = datetime(2026, 3, 2, tzinfo=UTC)
KNOWN = "known_studies: [{citation: Sample 2026, pmid: 90000001}]\n"
NBIB = "PMID- 90000001\nTI  - Ketamine with psychotherapy for depression.\n"
BOTH = '"(ketamin*[tiab] OR spravato[tiab]) AND (psychotherap*[tiab] OR counsel*[tiab])"'
LESS = '"(ketamin*[tiab] OR spravato[tiab]) AND counsel*[tiab]"'


@pytest.fixture
def known(place: Path) -> Path:
    """The query `relapse` finds its known study, whose citation lies beside it."""
    (place / "queries" / "known").mkdir()
    (place / "queries" / "known" / "sample.nbib").write_text(NBIB)
    write_query(place / "queries", "relapse", BOTH, more=KNOWN)
    return place


def git(place: Path, *arguments: str) -> None:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *who, *arguments], cwd=place, check=True, capture_output=True)


def commit(place: Path) -> None:
    git(place, "add", ".")
    git(place, "commit", "-m", "x")


def test_queries_that_find_their_known_studies_pass(litbot: Litbot, known: Path) -> None:
    result = litbot("query", "check")

    assert (result.exit_code, result.stderr) == (0, "")
    assert "known studies at hand: 1 found, 0 lost, 0 that nobody can tell\n" in result.stdout
    assert "relapse loses" not in result.stdout


def test_a_lost_study_is_named_at_its_place_with_the_deleted_term(
    litbot: Litbot, known: Path
) -> None:
    git(known, "init")
    commit(known)
    write_query(known / "queries", "relapse", LESS, more=KNOWN)

    result = litbot("query", "check")

    assert result.exit_code == 1
    lost = result.stdout.splitlines()[0]
    assert lost.startswith("queries/relapse.yaml:4:49: relapse loses Sample 2026 (90000001): ")
    assert "found before by psychotherap*[tiab], now deleted" in lost
    assert result.stdout.endswith("known studies are lost\n")
    (one,) = answer(litbot("query", "check", "--json"))["known_studies"]
    assert (one["outcome"], one["terms"]) == ("lost", ["psychotherap*[tiab]"])


def test_a_loss_stays_lost_when_it_has_been_committed(litbot: Litbot, known: Path) -> None:
    git(known, "init")
    commit(known)
    write_query(known / "queries", "relapse", LESS, more=KNOWN)
    commit(known)
    write_query(known / "queries", "relapse", LESS, more=f"{KNOWN}why: [Psychotherapy is gone.]\n")
    commit(known)

    for arguments in ([], ["--against", "HEAD~2"]):
        result = litbot("query", "check", *arguments)
        assert result.exit_code == 1
        assert "psychotherap*[tiab], now deleted" in result.stdout
    assert litbot("query", "check", "--against", "HEAD").exit_code == 0  # the title cannot tell


@pytest.mark.parametrize("revision", ["nowhere", "-x", "--all", "HEAD:queries"])
def test_a_revision_that_git_does_not_know_opens_no_gate(
    litbot: Litbot, known: Path, revision: str
) -> None:
    git(known, "init")
    commit(known)

    result = litbot("query", "check", f"--against={revision}")

    assert result.exit_code == 2
    assert f"git knows no revision '{revision}'" in result.stderr


def test_the_earlier_text_is_found_in_a_hook_of_a_linked_worktree_too(
    litbot: Litbot, known: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(known, "init")
    commit(known)
    write_query(known / "queries", "relapse", LESS, more=KNOWN)
    monkeypatch.setenv("GIT_DIR", str(known / ".git"))

    assert "psychotherap*[tiab], now deleted" in litbot("query", "check").stdout


def test_without_git_the_text_that_was_polled_last_is_the_earlier_one(
    litbot: Litbot, known: Path
) -> None:
    engine = connect("sqlite:///var/litbot.db")
    prepare(engine)
    with writing(engine) as db:
        matches.adopt(db, {"relapse": ("x", BOTH.strip('"'))}, NOW)
    engine.dispose()
    write_query(known / "queries", "relapse", LESS, more=KNOWN)

    result = litbot("query", "check")

    assert result.exit_code == 1
    assert "psychotherap*[tiab], now deleted" in result.stdout


def test_a_loss_without_an_earlier_text_says_that_there_is_none(
    litbot: Litbot, known: Path
) -> None:
    (known / "queries" / "known" / "sample.nbib").write_text(
        f"{NBIB}AB  - Of 60 participants, 41 were well.\nOT  - ketamine\nLA  - eng\n"
    )
    write_query(known / "queries", "relapse", LESS, more=KNOWN)

    result = litbot("query", "check")

    assert result.exit_code == 1
    assert "does not find it: counsel*[tiab]" in result.stdout
    assert "there is no earlier text to compare with" in result.stdout


def test_the_record_in_the_database_decides_what_a_citation_cannot(
    litbot: Litbot, known: Path
) -> None:
    write_query(known / "queries", "relapse", '"ketamin*[tiab] AND weeks[tiab]"', more=KNOWN)
    unclear = litbot("query", "check")
    engine = connect("sqlite:///var/litbot.db")
    prepare(engine)
    with writing(engine, saves_records=True) as db:
        records.keep(db, "pubmed", "relapse", [Found(key="90000001", record=record())], NOW)
    engine.dispose()

    result = litbot("query", "check")

    assert unclear.exit_code == 0
    assert "its abstract is not at hand" in unclear.stdout
    assert result.exit_code == 1
    assert "does not find it: weeks[tiab]" in result.stdout


def test_a_database_of_another_version_keeps_no_query_from_its_check(
    litbot: Litbot, known: Path
) -> None:
    Path("var").mkdir()
    connect("sqlite:///var/litbot.db").connect().close()

    result = litbot("query", "check")

    assert result.exit_code == 0
    assert "only records beside the queries are looked at" in result.stderr


def test_a_file_of_records_that_cannot_be_read_is_named(litbot: Litbot, known: Path) -> None:
    (known / "queries" / "known" / "broken.xml").write_text("<PubmedArticleSet><PubmedArticle>")

    result = litbot("query", "check")

    assert result.exit_code == 1
    assert "known/broken.xml" in result.stderr


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as opened:
        opened.pubmed.load(pubmed_set(record()))
        opened.advance(datetime(2026, 11, 24, tzinfo=UTC))
        yield opened


def test_pubmed_is_asked_only_if_that_is_wanted_and_by_one_search(
    litbot: Litbot, known: Path, sandbox: Sandbox
) -> None:
    settings = {"EUTILS_URL": sandbox.pubmed.url, "NCBI_API_KEY": "sandbox"}

    litbot("query", "check", **settings)
    assert sandbox.pubmed.log == []
    found = litbot("query", "check", "--online", **settings)
    write_query(known / "queries", "relapse", "zebra[tiab]", more=KNOWN)
    lost = litbot("query", "check", "--online", **settings)

    assert (found.exit_code, lost.exit_code) == (0, 1)
    assert "known studies at PubMed: 1 found, 0 lost, 0 not checked" in found.stdout
    assert "PubMed does not find it" in lost.stdout
    assert len(sandbox.pubmed.log) == 2


def test_where_pubmed_cannot_be_asked_the_check_fails_and_says_so(
    litbot: Litbot, known: Path, sandbox: Sandbox
) -> None:
    sandbox.pubmed.fail(Fault(endpoint="esearch", shape="outage", times=ALWAYS))

    result = litbot(
        "query", "check", "--online", EUTILS_URL=sandbox.pubmed.url, NCBI_API_KEY="sandbox"
    )

    assert result.exit_code == 1
    assert "Database is not supported" in result.stdout
    assert "1 not checked" in result.stdout
