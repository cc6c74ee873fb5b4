"""litbot query diff, on files, on the store and against a sandbox."""

from __future__ import annotations

import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import pubmed_set, record
from cli_place import Litbot, answer, write_query

from bot.model import Record
from bot.ports import Found
from bot.sandbox import Sandbox
from bot.sandbox.eutils import ALWAYS, Fault
from bot.store import records
from bot.store.database import connect, writing

NOW = datetime(2026, 10, 26, 12, tzinfo=UTC)
OLD = "(ketamin*[ti] OR esketamin*[ti]) AND (depress*[ti] OR relaps*[ti])"
NEW = "ketamin*[ti] AND (depress*[ti] OR relaps*[ti] OR craving[ti]) NOT rats[ti]"
BARE = {"abstract": (), "keywords": (), "mesh": (), "substances": ()}


def study(number: int, title: str, **fields: object) -> Record:
    own: dict[str, object] = {"pmid": str(90_000_000 + number), "doi": f"10.5555/diff.{number}"}
    return record(**(BARE | own | {"title": title, "created": "2026-10-20"} | fields))


STUDIES = (
    study(1, "Ketamine and relapse"),
    study(2, "Ketamine and craving"),
    study(3, "Esketamine and depression"),
    study(4, "Ketamine and depression in rats"),
    study(5, "Psilocybin"),
)


@pytest.fixture
def xml(place: Path) -> str:
    (place / "some.xml").write_bytes(pubmed_set(*STUDIES))
    return "some.xml"


def rows(text: str) -> list[list[str]]:
    return [line.split("\t") for line in text.splitlines() if "\t" in line]


def test_what_is_gained_and_lost_is_told_with_the_term_responsible(
    litbot: Litbot, xml: str
) -> None:
    result = litbot("query", "diff", OLD, NEW, xml, NOW=NOW.isoformat())

    assert result.exit_code == 0
    assert rows(result.stdout) == [
        [
            "90000002",
            "gained",
            "no -> yes",
            "Ketamine and craving",
            'found by craving[ti] (1:50) in title "craving"',
            "before: lacks (depress*[ti] OR relaps*[ti]) (1:38)",
        ],
        [
            "90000003",
            "lost",
            "yes -> no",
            "Esketamine and depression",
            'was found by esketamin*[ti] (1:18) in title "Esketamine"',
            "now: lacks ketamin*[ti] (1:1)",
        ],
        [
            "90000004",
            "lost",
            "yes -> no",
            "Ketamine and depression in rats",
            'now: removed by rats[ti] (1:67) in title "rats"',
        ],
    ]
    assert result.stdout.splitlines()[3:5] == [
        "1 gained, 2 lost of 5 records at hand",
        "records a week at hand: median 0 -> 0",
    ]


@pytest.mark.parametrize("now", ["2026-10-26T12:00", "2036-10-26T12:00"], ids=["new", "old"])
def test_the_weekly_load_is_compared(litbot: Litbot, place: Path, now: str) -> None:
    days = [f"2026-{month:02}-{day:02}" for month in range(4, 11) for day in (3, 10, 17, 24)]
    shown = [study(at, "Ketamine", created=one) for at, one in enumerate(days)]
    (place / "some.xml").write_bytes(pubmed_set(*shown))

    command = ("query", "diff", "esketamin*[ti]", "ketamin*[ti]", "some.xml", "--json")
    found = answer(litbot(*command, NOW=now))

    assert found["weekly_median"] == {"before": 0, "after": 1}


def test_json_names_terms_and_losses(litbot: Litbot, xml: str) -> None:
    found = answer(litbot("query", "diff", OLD, NEW, xml, "--json"))

    (gained,) = found["gained"]
    assert (found["records"], found["problems"], found["pubmed"]) == (5, [], None)
    assert (gained["id"], gained["before"], gained["after"]) == ("90000002", "no", "yes")
    assert [one["term"] for one in gained["terms"]] == ["craving[ti]"]
    assert [one["id"] for one in found["lost"]] == ["90000003", "90000004"]
    assert found["lost"][1]["losses"][0]["removed_by"][0]["quote"] == "rats"


def test_a_query_is_compared_with_its_text_in_git(litbot: Litbot, place: Path, xml: str) -> None:
    write_query(place / "queries", "relapse", pubmed=f"'{OLD}'")
    git = ["git", "-c", "user.name=n", "-c", "user.email=e@example.org"]
    for step in (["init", "-q"], ["add", "queries"], ["commit", "-q", "-m", "A query"]):
        subprocess.run([*git, *step], check=True)
    write_query(place / "queries", "relapse", pubmed=f"'{NEW}'", more="unheard: of\n")

    by_name = litbot("query", "diff", "relapse", xml, "--against", "HEAD")
    by_file = litbot("query", "diff", "HEAD:queries/relapse.yaml", "queries/relapse.yaml", xml)

    assert [row[:2] for row in rows(by_name.stdout)] == [
        ["90000002", "gained"],
        ["90000003", "lost"],
        ["90000004", "lost"],
    ]
    assert rows(by_file.stdout) == rows(by_name.stdout)


def test_without_files_the_store_is_compared_and_left_as_it_is(litbot: Litbot) -> None:
    litbot("db", "upgrade")
    engine = connect("sqlite:///var/litbot.db")
    with writing(engine, saves_records=True) as db:
        shown = [Found(key=one.pmid, record=one) for one in STUDIES]
        records.keep(db, "pubmed", "relapse", shown, NOW)
    engine.dispose()
    before = Path("var/litbot.db").read_bytes()

    result = litbot("query", "diff", OLD, NEW)

    assert "1 gained, 2 lost of 5 records at hand" in result.stdout
    assert Path("var/litbot.db").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["relapse"], "NEW is missing"),
        (["relapse", "safety"], "there is no database yet"),
        (["ketamin*[ti]", "--against", "HEAD"], "'ketamin*[ti]' is not a saved query"),
        (["relapse", "--against", "-x"], "'-x' is not a revision"),
        (["relapse", "--against", "nowhere"], "git has no"),
        (["relapse", "(a[ti]"], "line 1, column 1"),
    ],
)
def test_what_cannot_be_compared_ends_with_code_2(
    litbot: Litbot, arguments: list[str], said: str
) -> None:
    result = litbot("query", "diff", *arguments)

    assert result.exit_code == 2
    assert said in result.stderr


def test_titles_make_no_columns_and_steer_nothing(litbot: Litbot, place: Path) -> None:
    (place / "some.csv").write_text('doi,title\n10.5555/e,"Keta\x1b[2Jmine\tketamine\nx"\n')

    result = litbot("query", "diff", "heroin[ti]", "ketamine[ti]", "some.csv")

    assert [len(row) for row in rows(result.stdout)] == [6]
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", result.stdout)


def test_online_pubmed_says_what_is_gained_and_lost(litbot: Litbot) -> None:
    with Sandbox() as sandbox:
        sandbox.pubmed.load(pubmed_set(*STUDIES))
        sandbox.advance(NOW)
        settings = {
            "EUTILS_URL": sandbox.pubmed.url,
            "NCBI_API_KEY": "sandbox",
            "NOW": NOW.isoformat(),
        }

        asked = ["--online", "--since", "2026-10-12"]
        found = answer(litbot("query", "diff", OLD, NEW, *asked, "--json", **settings))
        searches = len(sandbox.pubmed.requests("esearch")) + len(sandbox.pubmed.requests("efetch"))
        sandbox.pubmed.fail(Fault(endpoint="esearch", shape="html", times=ALWAYS))
        broken = litbot("query", "diff", OLD, NEW, *asked, **settings)

    pubmed = found["pubmed"]
    assert [one["id"] for one in pubmed["gained"]["first"]] == ["90000002"]
    assert [one["id"] for one in pubmed["lost"]["first"]] == ["90000004", "90000003"]
    assert (pubmed["gained"]["count"], pubmed["lost"]["count"]) == (1, 2)
    assert pubmed["requests"] == searches == 8
    assert broken.exit_code == 1
    assert "a web page instead of XML" in broken.stderr
