"""litbot query new."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from builders import record
from cli_place import Litbot, answer

from bot import saved_queries
from bot.model import Author
from bot.ports import Found
from bot.saved_queries import starting
from bot.store import records
from bot.store.database import connect, writing
from bot.strategy import checks, parse

NEW = ("query", "new", "my-query", "--title", "Ketamine and relapse")
WORDS = ("--word", "ketamine, esketamine", "--word", "relapse, follow-up")
PATH = Path("queries/my-query.yaml")


def test_it_writes_a_file_that_loads_and_says_what_comes_next(litbot: Litbot) -> None:
    result = litbot(*NEW, *WORDS, "--known", "90000001", "--known", "https://doi.org/10.5555/X.2")

    query = saved_queries.load(Path("queries")).queries["my-query"]
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "wrote queries/my-query.yaml",
        "widen its groups, then run: litbot query check queries/my-query.yaml",
    ]
    assert (query.title, query.owner.target) == ("Ketamine and relapse", "librarian@example.org")
    assert [(one.pmid, one.doi) for one in query.known_studies] == [
        ("90000001", ""),
        ("", "10.5555/x.2"),
    ]
    assert litbot("query", "check").exit_code == 0


def test_every_key_of_a_query_is_in_the_file_and_explained(litbot: Litbot) -> None:
    litbot(*NEW, *WORDS)

    lines = PATH.read_text().splitlines()
    assert lines[0] == "# yaml-language-server: $schema=schema.json"
    for key in saved_queries.schema()["properties"]:
        at = next(
            n for n, line in enumerate(lines) if line.removeprefix("# ").startswith(f"{key}:")
        )
        assert any(line.startswith("# ") for line in lines[at - 2 : at]), key


def test_the_strategy_has_a_group_for_each_concept_with_variants_and_known_headings(
    litbot: Litbot,
) -> None:
    litbot(*NEW, *WORDS, "--concept", "behaviour")

    text = yaml.safe_load(PATH.read_text())["pubmed"]
    assert text == (
        "(\n"
        "  ketamine[tiab]\n"
        "  OR esketamine[tiab]\n"
        '  OR "Ketamine"[mh]\n'
        ")\n"
        "AND\n"
        "(\n"
        "  relapse[tiab] OR relapses[tiab]\n"
        '  OR "follow up"[tiab:~0] OR "follow ups"[tiab:~0] OR followup[tiab] OR followups[tiab]\n'
        ")\n"
        "AND\n"
        "(\n"
        "  behaviour[tiab] OR behavior[tiab] OR behaviours[tiab] OR behaviors[tiab]\n"
        ")\n"
    )


@pytest.mark.parametrize(
    "words",
    [
        "ketamine",
        "substance use disorder, addiction",
        "randomised, trial",
        "drinking",
        "e-health",
        "crohn's disease",
        "psychosis, schizophreni*",
        "tumour",
    ],
)
def test_the_written_strategy_passes_the_check_but_for_headings_to_be_chosen(
    litbot: Litbot, words: str
) -> None:
    litbot(*NEW, "--word", words)

    query = saved_queries.read(PATH)
    found = checks.check(query.pubmed, why=query.why)
    needs_heading = "LB302"  # which only people can choose
    assert {one.code for one in found if one.level != "note"} <= {needs_heading}


@pytest.mark.parametrize(
    ("word", "forms"),
    [
        ("relapses", ["relapses", "relapse"]),
        ("psychosis", ["psychosis", "psychoses"]),
        ("therapy", ["therapy", "therapies"]),
        ("therapies", ["therapies", "therapy"]),
        ("survey", ["survey", "surveys"]),
        ("stress", ["stress", "stresses"]),
        ("randomized", ["randomized"]),
        ("ketamin*", ["ketamin*"]),
        ("covid-19", ["covid-19"]),
        ("use disorder", ["use disorder", "use disorders"]),
        ("MDMA", ["MDMA"]),
        ("midomafetamine", ["midomafetamine"]),
        ("enalapril", ["enalapril"]),
        ("rituximab", ["rituximab"]),
        ("ketamine", ["ketamine"]),
        ("vaccine", ["vaccine", "vaccines"]),
        ("control program", ["control program", "control programs"]),
    ],
)
def test_a_word_stands_in_both_numbers_where_it_has_two(word: str, forms: list[str]) -> None:
    assert list(starting._forms(word)) == forms


def test_known_studies_are_cited_from_the_store(litbot: Litbot) -> None:
    litbot("db", "upgrade")
    engine = connect("sqlite:///var/litbot.db")
    known = record(
        pmid="90000007",
        doi="10.5555/known",
        title='A "title": \x1b[1m# odd',
        authors=(Author(last="Sample", initials="A"),),
        published="2024-03",
    )
    with writing(engine, saves_records=True) as db:
        records.keep(
            db, "pubmed", "x", [Found(key="1", record=known)], datetime(2026, 1, 1, tzinfo=UTC)
        )
    engine.dispose()

    litbot(*NEW, *WORDS, "--known", "10.5555/KNOWN")

    (study,) = saved_queries.read(PATH).known_studies
    assert study.citation == 'Sample 2024, A "title": [1m# odd'
    assert (study.pmid, study.doi) == ("90000007", "10.5555/known")


@pytest.mark.parametrize(
    ("owner", "name", "target"),
    [
        ("dana@example.org", "Your library", "dana@example.org"),
        ("Dana Reyes, library <dana@example.org>", "Dana Reyes, library", "dana@example.org"),
        ("#evidence", "Your library", "#evidence"),
    ],
)
def test_the_owner_is_an_address_or_a_channel(
    litbot: Litbot, owner: str, name: str, target: str
) -> None:
    litbot(*NEW, *WORDS, "--owner", owner)

    found = saved_queries.read(PATH).owner
    assert (found.name, found.target) == (name, target)


def test_without_an_owner_it_is_the_operator(litbot: Litbot) -> None:
    litbot(*NEW, *WORDS, OPERATOR="ops@example.org")

    assert saved_queries.read(PATH).owner.target == "ops@example.org"


def test_text_that_would_break_yaml_stays_text(litbot: Litbot) -> None:
    litbot(
        "query",
        "new",
        "my-query",
        *WORDS,
        "--title",
        'a: "b" #c\n- \\d \x1b[31m{e}',
        "--question",
        "é?",
    )

    query = saved_queries.read(PATH)
    assert query.title == 'a: "b" #c - \\d [31m{e}'
    assert query.question == "é?"


def test_a_file_that_is_there_is_left_as_it_is(litbot: Litbot) -> None:
    before = Path("queries/relapse.yaml").read_bytes()

    result = litbot("query", "new", "relapse", "--title", "x", "--word", "a")

    assert result.exit_code == 2
    assert "queries/relapse.yaml is there already, and is left as it is" in result.stderr
    assert Path("queries/relapse.yaml").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["Kétamine & Rechute", "--title", "x", "--word", "a"], "right would be k-tamine-rechute"),
        (["../relapse", "--title", "x", "--word", "a"], "right would be relapse"),
        (["journals", "--title", "x", "--word", "a"], "is that of the journal list"),
        (["q", "--title", " ", "--word", "a"], "title: must not be empty"),
        (["q", "--title", "x", "--word", "a[ti]"], "'a[ti]' is not a word or several"),
        (["q", "--title", "x", "--word", 'a" OR b'], "is not a word or several"),
        (["q", "--title", "x", "--word", "ket*"], "four letters or more before the star"),
        (["q", "--title", "x", "--word", " , "], "--word: is empty"),
        (["q", "--title", "x", "--word", "a", "--known", "x1"], "'x1' is neither a PMID nor a DOI"),
        (
            ["q", "--title", "x", "--word", "a", "--owner", "Dana"],
            "owner.target: 'Dana' is neither",
        ),
    ],
)
def test_what_cannot_be_written_is_refused_with_what_would_be_right(
    litbot: Litbot, place: Path, arguments: list[str], said: str
) -> None:
    before = sorted(place.rglob("*"))

    result = litbot("query", "new", *arguments)

    assert result.exit_code == 2
    assert said in result.stderr
    assert sorted(place.rglob("*")) == before


def test_where_the_folder_is_not_there_it_is_named(litbot: Litbot) -> None:
    result = litbot(*NEW, *WORDS, QUERIES_DIR="nowhere")

    assert result.exit_code == 2
    assert "nowhere/my-query.yaml cannot be written: No such file" in result.stderr


def test_json_gives_the_file_and_the_next_command(litbot: Litbot) -> None:
    found = answer(litbot(*NEW, *WORDS, "--json"))

    assert found == {"file": str(PATH), "next": f"litbot query check {PATH}"}
    parse(saved_queries.read(PATH).pubmed)
