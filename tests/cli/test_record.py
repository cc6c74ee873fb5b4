"""One record from the command line: its life, why it is one, and what is put right by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from builders import record
from cli_place import Litbot, answer

from bot.model import Cadence, Link
from bot.pipeline.relating import relate
from bot.ports import Found
from bot.store import digests, records, subscriptions
from bot.store import schema as tables
from bot.store.database import connect, prepare, writing

NOW = datetime(2026, 3, 2, 7, tzinfo=UTC)
LATER = "2026-03-09T07:00:00"
PUBMED = record(
    pmid="90000007",
    doi="10.5555/show.7",
    pmcid="PMC777",
    title="Bright light and the first week after a heart attack",
    links=(Link(kind="RetractionIn", pmid="90000099", citation="J Made Up Stud. 2026;8:1"),),
)
FEED = replace(PUBMED, pmid="", pmcid="", created="", status="", links=(), url="https://e.org/7")
OTHER = record(
    pmid="90000008",
    doi="10.5555/show.8",
    title="\x1b[31mHouse dust of three made-up islands, read by candlelight",
    authors=(),
    pages="90-97",
    abstract=(),
)


@pytest.fixture
def filled(litbot: Litbot) -> Litbot:
    """A database with two records; the first was shown twice and told to one reader."""
    engine = connect("sqlite:///var/litbot.db")
    prepare(engine)
    with writing(engine, saves_records=True) as db:
        for source, task, one in (("pubmed", "relapse", PUBMED), ("feed", "j", FEED)):
            kept = records.keep(db, source, task, [Found(key=one.url, record=one)], NOW)
            relate(db, kept, "pubmed" if source == "pubmed" else "feed", NOW)
        records.keep(db, "pubmed", "relapse", [Found(key="8", record=OTHER)], NOW)
        reader = subscriptions.create(
            db,
            channel="email",
            target="reader@example.org",
            queries={"relapse": NOW},
            cadence=Cadence(every="weekly"),
            layout="standard",
            quiet=True,
            next_due=NOW,
            now=NOW,
        )
        digest = digests.save(db, reader, NOW, "", 1, NOW)
        assert digest
        digests.tell(db, reader, digest, {1: "yes"}, [])
    engine.dispose()
    return litbot


@pytest.mark.parametrize(
    "name",
    [
        "1",
        "90000007",
        "pmid:90000007",
        "10.5555/SHOW.7",
        "https://doi.org/10.5555/show.7",
        "PMC777",
    ],
)
def test_a_record_is_found_by_its_number_and_its_identifiers(filled: Litbot, name: str) -> None:
    found = answer(filled("record", "show", name, "--json"))

    assert (found["record"], found["pmid"], found["absorbed"]) == (1, "90000007", [])


def test_the_life_of_a_record_says_who_showed_it_and_who_was_told(filled: Litbot) -> None:
    result = filled("record", "show", "1")

    assert result.exit_code == 0
    for words in (
        "record 1: Bright light",
        "PMID 90000007, DOI 10.5555/show.7, PMCID PMC777",
        "Sightings",
        "relapse",
        "https://e.org/7",
        "same",
        "retraction of",
        "PMID 90000099",
        "Told of it",
        "2026-03-02 07:00",
    ):
        assert words in result.stdout
    assert "reader@example.org" not in result.stdout


def test_the_life_of_a_record_as_json_has_every_part(filled: Litbot) -> None:
    found = answer(filled("record", "show", "1", "--json"))

    assert [one["source"] for one in found["sightings"]] == ["feed", "pubmed"]
    assert [one["verdict"] for one in found["decisions"]] == ["same"]
    assert [one["kind"] for one in found["relations"]] == ["retraction of"]
    assert [one["notice"]["kind"] for one in found["notices"]] == ["retraction"]
    assert [(one["subscription_id"], one["digest_id"]) for one in found["told"]] == [(1, 1)]


def test_explain_names_the_rule_and_the_fields(filled: Litbot) -> None:
    result = filled("record", "explain", "1")
    found = answer(filled("record", "explain", "1", "--json"))

    assert [one["citation"] for one in found["citations"]] == [1, 2]
    assert found["decisions"][0]["rule"]
    assert found["decisions"][0]["fields"]
    assert "Why they are one record" in result.stdout


def test_a_split_is_remembered_and_tells_nobody_again(filled: Litbot) -> None:
    result = answer(filled("record", "split", "1", "--now", LATER, "--json"))

    assert [(one["record"], one["citations"]) for one in result["records"]] == [(1, [1]), (3, [2])]
    both = [answer(filled("record", "show", number, "--json")) for number in ("1", "3")]
    assert [[one["subscription_id"] for one in life["told"]] for life in both] == [[1], [1]]
    assert [(one["kind"], one["rule"]) for one in both[1]["joins"]] == [("split", "by hand")]
    assert [one["notice"]["kind"] for one in both[0]["notices"]] == ["retraction"]
    assert both[1]["notices"] == []  # PubMed's citation alone says so
    assert [one["verdict"] for one in both[0]["rulings"]] == ["apart"]


def test_a_merge_by_hand_keeps_the_lower_number_and_the_other_leads_to_it(filled: Litbot) -> None:
    result = filled("record", "merge", "2", "pmid:90000007", "--now", LATER)

    assert result.stdout.startswith("record 2 went into record 1\n")
    shown = filled("record", "show", "2")
    assert shown.stdout.startswith("record 2 went into record 1\nrecord 1: ")
    found = answer(filled("record", "show", "2", "--json"))
    assert (found["record"], found["absorbed"]) == (1, [2])


def test_a_title_cannot_steer_the_terminal(filled: Litbot) -> None:
    for command in ("show", "explain"):
        assert "\x1b" not in filled("record", command, "2").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "77"), "'77' is no record of this database"),
        (("show", "nonsense"), "give the number of a record, a PMID, a DOI or a PMCID"),
        (("explain", "10.5555/none"), "'10.5555/none' is no record"),
        (("split", "2"), "record 2 has one citation alone"),
        (("split", "1", "--citation", "9"), "record 1 has no citation 9; it has: 1, 2"),
        (("split", "1", "--citation", "1", "--citation", "2"), "nothing would be left of it"),
        (("merge", "1", "90000007"), "both are record 1"),
        (("merge", "1", "77"), "'77' is no record"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(
    filled: Litbot, arguments: tuple[str, ...], said: str
) -> None:
    result = filled("record", *arguments)

    assert result.exit_code == 2
    assert said in result.stderr
    engine = connect("sqlite:///var/litbot.db")
    with engine.connect() as db:
        assert db.execute(sa.select(sa.func.count()).select_from(tables.records)).scalar() == 2
        assert not db.execute(sa.select(tables.rulings)).all()
    engine.dispose()


def test_a_doi_of_several_records_is_not_guessed(filled: Litbot) -> None:
    engine = connect("sqlite:///var/litbot.db")
    with writing(engine) as db:
        key = {"scheme": "doi", "value": "10.5555/show.7", "record_id": 2}
        db.execute(sa.insert(tables.record_keys), key)
    engine.dispose()

    result = filled("record", "show", "10.5555/show.7")

    assert result.exit_code == 2
    assert "DOI 10.5555/show.7 is of several records: 1, 2" in result.stderr
