"""litbot query match."""

from __future__ import annotations

import gzip
import os
import pty
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import pubmed_set, record
from cli_place import Litbot, answer, write_query

from bot.cli import app
from bot.model import Record, Section
from bot.ports import Found
from bot.store import records
from bot.store.database import connect, writing

NOW = datetime(2026, 11, 2, tzinfo=UTC)
TITLE = "Ketamine and relapse"
FOUND = record(pmid="90000001", title=TITLE, abstract=(Section(text="It helps."),), mesh=())
OTHER = record(
    pmid="90000002", title="Psilocybin", abstract=(), keywords=(), mesh=(), substances=()
)
RIS = (
    "TY  - JOUR\nTI  - Psilocybin\nDO  - 10.5555/bare\nER  - \nTY  - JOUR\nTI  - Ketamine\nER  - \n"
)
STRATEGY = "(ketamin*[tiab] OR esketamin*[tiab])\nAND relaps*[tiab]"


@pytest.fixture
def xml(place: Path) -> str:
    (place / "some.xml.gz").write_bytes(gzip.compress(pubmed_set(FOUND, OTHER)))
    return "some.xml.gz"


def rows(text: str) -> list[list[str]]:
    return [line.split("\t") for line in text.splitlines()]


def test_each_record_is_one_line_of_id_answer_and_reasons(litbot: Litbot, xml: str) -> None:
    result = litbot("query", "match", STRATEGY, xml)

    assert result.exit_code == 0
    assert rows(result.stdout) == [
        [
            "90000001",
            "yes",
            'ketamin*[tiab] (1:2) in title "Ketamine"; keywords "ketamine"',
            'relaps*[tiab] (2:5) in title "relapse"',
        ],
        [
            "90000002",
            "no",
            "lacks (ketamin*[tiab] OR esketamin*[tiab]) (1:1)",
            "lacks relaps*[tiab] (2:5)",
        ],
    ]


def test_what_a_not_removes_is_named_with_its_words(litbot: Litbot, xml: str) -> None:
    result = litbot("query", "match", "ketamin*[tiab] NOT (craving[ti] OR relapse[ti])", xml)

    assert rows(result.stdout)[0] == [
        "90000001",
        "no",
        'removed by relapse[ti] (1:36) in title "relapse"',
    ]


def test_what_an_export_withholds_is_unknown_and_the_clause_is_named(
    litbot: Litbot, place: Path
) -> None:
    (place / "some.ris").write_text(RIS)

    result = litbot("query", "match", "ketamin*[tiab]", "some.ris")

    assert rows(result.stdout) == [
        ["10.5555/bare", "unknown", "cannot tell ketamin*[tiab] (1:1)"],
        ["2", "yes", 'ketamin*[tiab] (1:1) in title "Ketamine"'],
    ]


def test_without_why_there_are_only_answers(litbot: Litbot, xml: str) -> None:
    result = litbot("query", "match", "--no-why", STRATEGY, xml)

    assert rows(result.stdout) == [["90000001", "yes"], ["90000002", "no"]]


def test_strict_answers_unknown_until_a_record_is_indexed(litbot: Litbot, place: Path) -> None:
    (place / "new.xml").write_bytes(pubmed_set(record(status="Publisher", mesh=(), indexed="")))

    plain = litbot("query", "match", "--no-why", "Anxiety[mh]", "new.xml")
    strict = litbot("query", "match", "--strict", "Anxiety[mh]", "new.xml")

    assert rows(plain.stdout)[0][1:] == ["no"]
    assert rows(strict.stdout)[0][1:] == ["unknown", "cannot tell Anxiety[mh] (1:1)"]


@pytest.mark.parametrize("how", ["relapse", "queries/relapse.yaml", "strategy.txt", "REV"])
def test_the_query_is_a_name_a_file_or_a_revision(
    litbot: Litbot, place: Path, xml: str, how: str
) -> None:
    write_query(place / "queries", "relapse", pubmed="|\n  ketamin*[tiab]\n  AND relapse[ti]")
    (place / "strategy.txt").write_text("ketamin*[tiab]\nAND relapse[ti]")
    if how == "REV":
        git = ["git", "-c", "user.name=n", "-c", "user.email=e@example.org"]
        for step in (["init", "-q"], ["add", "queries"], ["commit", "-q", "-m", "A query"]):
            subprocess.run([*git, *step], check=True)
        write_query(place / "queries", "relapse", pubmed="other[ti]")
        how = "HEAD:queries/relapse.yaml"

    result = litbot("query", "match", how, xml)

    at = "1:1" if how == "strategy.txt" else "5:3"
    assert rows(result.stdout)[0][:2] == ["90000001", "yes"]
    assert rows(result.stdout)[0][2].startswith(f"ketamin*[tiab] ({at})")


def test_json_gives_the_place_and_the_words_of_each_reason(litbot: Litbot, xml: str) -> None:
    found = answer(litbot("query", "match", STRATEGY, xml, "--json"))

    first, second = found["records"]
    assert (found["query"], found["problems"]) == (STRATEGY, [])
    assert [(one["id"], one["answer"]) for one in (first, second)] == [
        ("90000001", "yes"),
        ("90000002", "no"),
    ]
    assert first["reasons"][-1] == {
        "term": "relaps*[tiab]",
        "line": 2,
        "column": 5,
        "field": "title",
        "start": 13,
        "end": 20,
        "quote": "relapse",
    }
    assert [one["clause"] for one in second["losses"]] == [
        "(ketamin*[tiab] OR esketamin*[tiab])",
        "relaps*[tiab]",
    ]


def test_a_file_that_cannot_be_read_is_named_and_the_others_go_on(
    litbot: Litbot, place: Path, xml: str
) -> None:
    (place / "bad.csv").write_text("name,age\n")

    plain = litbot("query", "match", "--no-why", STRATEGY, "bad.csv", "none.ris", xml)
    found = answer(litbot("query", "match", STRATEGY, "bad.csv", "none.ris", xml, "--json"))

    assert plain.exit_code == 1
    assert [line.split(":")[0] for line in plain.stderr.splitlines()] == ["bad.csv", "none.ris"]
    assert rows(plain.stdout) == [["90000001", "yes"], ["90000002", "no"]]
    assert len(found["problems"]) == 2


def keep(*found: Record) -> None:
    """As a source that cleans nothing would leave it in the store."""
    engine = connect("sqlite:///var/litbot.db")
    with writing(engine, saves_records=True) as db:
        shown = [Found(key=str(at), record=one) for at, one in enumerate(found)]
        records.keep(db, "feed", "j", shown, NOW)
    engine.dispose()


EVIL = Record(
    title="\x1b]0;owned\x07a\x1b[2J\tketamine\nand [red]relapse[/red] \u202e",
    doi="10.5555/evil\tyes\x1b",
    keywords=("\x9b31m\tketamine",),
)
STEERS = r"[\x00-\x08\x0b\x0c\x0e-\x1a\x7f-\x9f\u202e]|\x1b[^\[]|\x1b\[\d*J"


def test_a_strangers_text_makes_no_column_no_line_and_no_escape(litbot: Litbot) -> None:
    litbot("db", "upgrade")
    keep(EVIL)

    result = litbot("query", "match", '"ketamine relapse"[tiab:~5] OR ketam*[ot]')

    assert result.stdout.count("\n") == 1
    assert [len(row) for row in rows(result.stdout)] == [4]
    assert "\x1b" not in result.stdout
    assert not re.search(STEERS, result.stdout)


@pytest.mark.parametrize("files", [[], ["--store", "some.xml.gz"]], ids=["alone", "with-files"])
def test_the_store_is_asked_where_no_file_is_named_or_when_it_is(
    litbot: Litbot, xml: str, files: list[str]
) -> None:
    litbot("db", "upgrade")
    keep(*(Record(title=f"Ketamine {number}", keywords=None) for number in range(1_203)))

    result = litbot("query", "match", "--no-why", "ketamin*[ti]", *files)

    assert result.stdout.count("\tyes\n") == 1_203 + bool(files)
    assert len({row[0] for row in rows(result.stdout)}) == 1_203 + 2 * bool(files)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("(ketamin*[tiab]", "line 1, column 1:"),
        ("relaps", "'relaps' is not a saved query; did you mean relapse"),
        ("nowhere", "'nowhere' is not a saved query; as a strategy write nowhere[tiab]"),
        ("queries", "'queries' is a folder; name one file in it"),
        ("none.yaml", "there is no file 'none.yaml'"),
        ("HEAD:queries/none.yaml", "git has no 'HEAD:queries/none.yaml'"),
        ("--help-me:queries/none.yaml", ""),
        ("bad.txt", "bad.txt:2: column 1:"),
        ("bad.yaml", "bad.yaml:5: pubmed: column 3:"),
        ("empty.yaml", "empty.yaml:1: pubmed: is missing"),
    ],
)
def test_a_query_that_is_none_ends_the_command_with_code_2(
    litbot: Litbot, place: Path, xml: str, query: str, said: str
) -> None:
    (place / "bad.txt").write_text("a[ti] AND\n(b[ti]")
    write_query(place, "bad", pubmed="|\n  (a[ti]")
    (place / "empty.yaml").write_text("title: x\n")

    result = litbot("query", "match", query, xml)

    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""


def test_without_files_and_without_a_store_nothing_can_be_said(litbot: Litbot) -> None:
    result = litbot("query", "match", "relapse")

    assert result.exit_code == 2
    assert "there is no database yet; name files of records" in result.stderr


def test_on_a_terminal_the_found_words_are_marked_and_nothing_foreign_steers_it(
    litbot: Litbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    litbot("db", "upgrade")
    keep(EVIL)
    main, end = pty.openpty()
    monkeypatch.setenv("TERM", "xterm-256color")
    with os.fdopen(end, "w") as terminal, monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", terminal)
        app(["query", "match", "ketamin*[ti]"], standalone_mode=False)
    shown = os.read(main, 65536).decode()
    os.close(main)

    assert re.search(r"\x1b\[1;32mketamine\x1b\[0m", shown)
    assert "[red]" in shown
    assert not re.search(STEERS, shown)
