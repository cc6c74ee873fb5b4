"""litbot query."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
from cli_place import Litbot, answer, write_query

from bot.model import Record
from bot.ports import Found
from bot.store import matches, records
from bot.store.database import connect, writing
from bot.store.matches import Match

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def test_good_queries_are_all_well(litbot: Litbot, place: Path) -> None:
    for name in ("relapse", "safety"):
        write_query(place / "queries", name, "(ketamin*[tiab] OR esketamin*[tiab] OR Ketamine[mh])")

    result = litbot("query", "check", "--strict")

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.endswith("2 saved queries, 0 journals: all well\n")


def test_every_problem_of_every_file_is_named(litbot: Litbot, place: Path) -> None:
    write_query(place / "queries", "safety", more="pubmd: x\n")
    write_query(place / "queries", "relapse", pubmed="(ketamin*[tiab]")
    (place / "queries" / "broken.yaml").write_text("title: [")

    result = litbot("query", "check")

    named = [line.split(" ")[0] for line in result.stderr.splitlines()]
    assert result.exit_code == 2
    assert [name.split(":")[0] for name in named] == [
        "queries/broken.yaml",
        "queries/relapse.yaml",
        "queries/safety.yaml",
    ]
    assert result.stdout.startswith("queries/relapse.yaml:4:9: LB501 [error] '(' is never closed\n")
    assert "safety" not in result.stdout


@pytest.mark.parametrize("flag", [[], ["--json"]])
def test_the_schema_accepts_a_good_query(litbot: Litbot, flag: list[str]) -> None:
    schema = answer(litbot("query", "schema", *flag))

    jsonschema.Draft202012Validator.check_schema(schema)
    assert "pubmed" in schema["properties"]


def test_queries_are_listed(litbot: Litbot) -> None:
    shown = litbot("query", "list").stdout
    listed = answer(litbot("query", "list", "--json"))

    assert "About relapse" in shown
    assert [query["name"] for query in listed["queries"]] == ["relapse", "safety"]


def test_what_is_undecided_is_listed_with_titles_that_steer_nothing(litbot: Litbot) -> None:
    litbot("db", "upgrade")
    engine = connect("sqlite:///var/litbot.db")
    with writing(engine, saves_records=True) as db:
        matches.adopt(db, {"relapse": ("f", "s")}, NOW)
        title = "\x1b[2J[bold]A title[/bold]"
        (kept,) = records.keep(db, "feed", "j", [Found(key="1", record=Record(title=title))], NOW)
        matches.save(db, [Match(kept.record_id, "relapse", "unknown", "new", "j", 0, NOW)])

    shown = litbot("query", "undecided", "relapse")
    listed = answer(litbot("query", "undecided", "relapse", "--json"))
    unknown = litbot("query", "undecided", "safety")

    assert "[2J[bold]A title[/bold]" in shown.stdout
    assert "\x1b" not in shown.stdout
    assert [one["title"] for one in listed["undecided"]] == [title]
    assert unknown.exit_code == 2
    assert "'safety' is not a query that was polled; there are: relapse" in unknown.stderr
