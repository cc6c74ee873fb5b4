"""litbot query preview, against a sandbox."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from builders import pubmed_set, record
from cli_place import Litbot, answer, write_query

from bot.cli import weeks
from bot.cli.weeks import Load
from bot.errors import SettingsError
from bot.model import Record, Section
from bot.ports import Found
from bot.sandbox import Sandbox
from bot.sandbox.eutils import ALWAYS, Fault
from bot.sources.pubmed import previewing
from bot.sources.pubmed.service import Service
from bot.store import records
from bot.store.database import connect, reading, writing

NOW = datetime(2026, 10, 26, 12, tzinfo=UTC)
TODAY = date(2026, 10, 26)
DATABASE = Path("var/litbot.db")
JOURNALS = """\
told: {title: Told, feed: https://example.org/told, groups: [g], confirmed: true}
untold: {title: Untold, groups: [g]}
unsure: {title: Unsure, feed: https://example.org/unsure, groups: [g]}
other: {title: Other, feed: https://example.org/other, groups: [h]}
"""


def study(number: int, days_ago: int, **fields: object) -> Record:
    created = (TODAY - timedelta(days=days_ago)).isoformat()
    own = {"pmid": str(90_000_000 + number), "doi": f"10.5555/preview.{number}"}
    return record(**(own | {"created": created, "entered": created} | fields))


#: Of the last three whole weeks: 1, 0 and 12 records; one of today; one much older.
STUDIES = [study(number, 1 + number % 7) for number in range(12)]
STUDIES += [
    study(20, 20),
    study(21, 0),
    study(22, 400),
    study(23, 3, title="Psilocybin", abstract=(), keywords=(), mesh=(), substances=()),
]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as opened:
        opened.pubmed.load(pubmed_set(*STUDIES))
        opened.advance(NOW)
        yield opened


@pytest.fixture
def settings(sandbox: Sandbox, place: Path) -> dict[str, str]:
    (place / "queries" / "journals.yaml").write_text(JOURNALS)
    write_query(place / "queries", "relapse", pubmed="ketamin*[tiab]", more="journals: [g]\n")
    return {"EUTILS_URL": sandbox.pubmed.url, "NCBI_API_KEY": "sandbox", "NOW": NOW.isoformat()}


def fill(*found: Record) -> None:
    engine = connect(f"sqlite:///{DATABASE}")
    with writing(engine, saves_records=True) as db:
        shown = [Found(key=str(at), record=one) for at, one in enumerate(found)]
        records.keep(db, "pubmed", "relapse", shown, NOW)
    engine.dispose()


def test_it_shows_the_weekly_load_the_newest_ten_and_the_sources(
    litbot: Litbot, sandbox: Sandbox, settings: dict[str, str]
) -> None:
    result = litbot("query", "preview", "relapse", "--since", "2026-10-05", **settings)

    lines = result.stdout.splitlines()
    assert result.exit_code == 0
    assert lines[0] == (
        "records a week, by PubMed: median 1, 90th percentile 12 (3 weeks since 2026-10-05) ▂▁█"
    )
    assert lines[2] == "the newest 10 of them"
    assert sum(line.startswith("Ketamine with psychotherapy") for line in lines) == 10
    assert "created 2026-10-26 · 90000021" in result.stdout
    assert (
        '    ketamin*[tiab] (4:9) in title "Ketamine"; abstract "Ketamine"; keywords'
        in result.stdout
    )
    assert "  PubMed: 15 records in all, by 6 requests" in lines
    assert any(line.startswith("  PubMed reads it as: ketamin*") for line in lines)
    assert "  feeds: 2 of 3 journals" in lines
    assert "    never polled: told" in lines
    assert "    no feed known: untold" in lines
    assert "    never polled, unconfirmed: unsure" in lines
    assert "  store: there is no database yet" in lines
    assert ": other" not in result.stdout


def test_nothing_is_stored_and_nothing_is_sent(
    litbot: Litbot, sandbox: Sandbox, settings: dict[str, str], place: Path
) -> None:
    litbot("query", "preview", "relapse", "--since", "2026-10-12", **settings)
    without = sorted(path.name for path in place.iterdir())
    litbot("db", "upgrade")
    fill(*STUDIES[:3])
    before = hashlib.sha256(DATABASE.read_bytes()).hexdigest()
    rows = row_counts()

    result = litbot("query", "preview", "relapse", "--since", "2026-10-12", **settings)

    assert without == ["queries"]
    assert "store: 3 records; it would find 3, and of 0 nobody can tell" in result.stdout
    assert hashlib.sha256(DATABASE.read_bytes()).hexdigest() == before
    assert row_counts() == rows
    assert sandbox.mailbox.messages == []


def row_counts() -> dict[str, int]:
    engine = connect(f"sqlite:///{DATABASE}")
    with reading(engine) as db:
        names = sa.inspect(db).get_table_names()
        counts = {
            name: db.execute(sa.select(sa.func.count()).select_from(sa.table(name))).scalar_one()
            for name in names
        }
    engine.dispose()
    return counts


def test_offline_it_looks_through_the_store_and_asks_nobody(
    litbot: Litbot, sandbox: Sandbox, settings: dict[str, str]
) -> None:
    litbot("db", "upgrade")
    bare = Record(title="No words at hand", doi="10.5555/bare", abstract=None, keywords=None)
    fill(*STUDIES, bare)

    found = answer(litbot("query", "preview", "relapse", "--offline", "--json", **settings))

    assert found["store"] == {"records": 17, "yes": 15, "unknown": 1}
    assert found["weeks"]["counts"][-3:] == [1, 0, 12]
    assert len(found["weeks"]["counts"]) == 26
    assert (found["median"], found["ninetieth_percentile"]) == (0, 0)
    assert found["newest"][0]["id"] == "90000021"
    assert len(found["newest"]) == 10
    assert found["newest"][0]["reasons"][0]["quote"] == "Ketamine"
    assert found["pubmed"] is None
    assert sandbox.pubmed.requests("esearch") == []


def test_records_that_the_query_leaves_out_by_its_other_keys_are_named(
    litbot: Litbot, settings: dict[str, str], place: Path
) -> None:
    limits = "languages: [eng]\n"
    write_query(place / "queries", "relapse", pubmed="ketamin*[tiab]", more=limits)
    litbot("db", "upgrade")
    fill(study(1, 1), study(2, 2, languages=("ger",)))
    asked = ("query", "preview", "relapse", "--offline")

    shown = litbot(*asked, **settings).stdout
    found = answer(litbot(*asked, "--json", **settings))

    assert "left out by languages or publication_types: 90000002" in shown
    assert found["left_out"] == ["90000002"]


def test_without_pubmed_and_without_a_store_nothing_is_known(
    litbot: Litbot, settings: dict[str, str]
) -> None:
    result = litbot("query", "preview", "ketamin*[tiab]", "--offline", **settings)

    assert result.exit_code == 0
    assert "there is no database yet: nothing is known" in result.stdout


def test_where_pubmed_does_not_answer_it_is_named_and_the_store_is_shown(
    litbot: Litbot, sandbox: Sandbox, settings: dict[str, str]
) -> None:
    litbot("db", "upgrade")
    fill(*STUDIES)
    sandbox.pubmed.fail(Fault(endpoint="esearch", shape="html", times=ALWAYS))

    result = litbot("query", "preview", "relapse", "--since", "2026-10-12", "--json", **settings)

    assert result.exit_code == 1
    assert "pubmed relapse: esearch" in result.stderr
    assert answer(result)["store"]["yes"] == 15


def test_half_a_year_takes_one_search_a_week_and_three_more_requests(sandbox: Sandbox) -> None:
    settings = sandbox.settings(Path())
    service = Service(settings, sandbox.http(settings))
    days = weeks.first_days(TODAY, "")

    seen = previewing.preview(service, "x", "ketamin*[tiab]", days[0])
    counts = previewing.weekly(service, "x", "ketamin*[tiab]", days)

    assert (seen.count, len(seen.newest), sum(counts)) == (15, 10, 13)
    assert len(sandbox.pubmed.requests("esearch")) == 28
    assert len(sandbox.pubmed.requests("efetch")) == 1


def test_titles_from_pubmed_steer_no_terminal(
    litbot: Litbot, sandbox: Sandbox, settings: dict[str, str]
) -> None:
    evil = study(50, 0, title="Ketamine \x9b31m [red]x[/red]\u202e", abstract=(Section(text="y"),))
    sandbox.pubmed.load(pubmed_set(evil))

    result = litbot("query", "preview", "relapse", "--since", "2026-10-19", **settings)

    assert "[red]x[/red]" in result.stdout
    assert not {"\x9b", "\u202e", "\x1b"} & set(result.stdout)


@pytest.mark.parametrize(
    ("since", "said"),
    [
        ("May", "'May' is not an ISO date"),
        ("2026-10-25", "gives 0 whole weeks"),
        ("2020-01-01", "355"),
    ],
)
def test_a_wrong_date_is_refused(
    litbot: Litbot, settings: dict[str, str], since: str, said: str
) -> None:
    result = litbot("query", "preview", "relapse", "--since", since, **settings)

    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.parametrize(
    ("counts", "median", "ninetieth", "line"),
    [
        ((0,), 0, 0, "▁"),
        ((5,), 5, 5, "█"),
        ((1, 2, 3, 4), 2.5, 4, "▃▅▇█"),
        (tuple(range(1, 11)), 5.5, 9, "▂▃▄▄▅▆▆▇██"),
        ((0, 0, 1, 1000), 0.5, 1000, "▁▁▂█"),
    ],
)
def test_a_load_is_told_by_its_median_its_ninetieth_percentile_and_a_line(
    counts: tuple[int, ...], median: float, ninetieth: int, line: str
) -> None:
    load = Load(since=TODAY, counts=counts)

    assert (load.median, load.ninetieth, load.line) == (median, ninetieth, line)


def test_weeks_are_whole_and_end_yesterday() -> None:
    days = weeks.first_days(TODAY, "2026-10-01")
    load = weeks.load(days, ["2026-10-05", "2026-10-25", "2026-10-26", "2026-10-04", "2026-10", ""])

    assert days == (date(2026, 10, 5), date(2026, 10, 12), date(2026, 10, 19))
    assert load.counts == (1, 0, 1)
    with pytest.raises(SettingsError):
        weeks.first_days(TODAY, "2026-10-26")
