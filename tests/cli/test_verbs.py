"""litbot run, poll, compose and deliver, against a sandbox."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import pubmed_set, record
from cli_place import Litbot, answer

from bot.sandbox import Sandbox
from bot.sandbox.eutils import ALWAYS, Fault
from bot.store import subscriptions, watermarks
from bot.store.database import connect, reading

NOW = "2026-10-26T12:00:00+00:00"  # a Monday
DATABASE = Path("var/litbot.db")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as opened:
        opened.pubmed.load(pubmed_set(record()))
        opened.advance(datetime(2026, 10, 26, 12, tzinfo=UTC))
        yield opened


@pytest.fixture
def settings(sandbox: Sandbox) -> dict[str, str]:
    """No mail and no Slack: digests go into the folder."""
    return {"EUTILS_URL": sandbox.pubmed.url, "NCBI_API_KEY": "sandbox", "NOW": NOW}


def subscribe(litbot: Litbot, target: str = "C024BE91L") -> None:
    made = litbot(
        "subscription", "add", target, "relapse", "--every", "daily", NOW="2026-10-25T06:00"
    )
    assert made.exit_code == 0


def mark(query: str = "relapse") -> str:
    engine = connect(f"sqlite:///{DATABASE}")
    with reading(engine) as db:
        return watermarks.cursor(db, "pubmed", query).get("since", "")


def contents(folder: Path) -> dict[str, str]:
    """Every file with its hash, SQLite's own shared memory aside."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(("-shm", "-wal"))
    }


def test_one_cycle_polls_composes_and_delivers(
    litbot: Litbot, settings: dict[str, str], place: Path
) -> None:
    subscribe(litbot)

    first = answer(litbot("run", "--json", **settings))
    again = answer(litbot("run", "--json", **settings))

    polls = [run for run in first["runs"] if run["kind"] == "poll"]
    assert [(run["task"], run["new"], run["known"]) for run in polls] == [
        ("relapse", 1, 0),
        ("safety", 0, 1),
    ]
    assert [digest["records"] for digest in first["composed"]] == [1]
    assert {part["state"] for part in first["delivered"]} == {"sent"}
    assert first["problems"] == []
    assert not first["dry_run"]
    assert list((place / "var" / "outbox").glob("digest-1-*.json"))
    assert (again["composed"], again["delivered"]) == ([], [])


def test_the_plain_answer_says_how_each_sum_adds_up(
    litbot: Litbot, settings: dict[str, str]
) -> None:
    result = litbot("poll", "relapse", **settings)

    assert result.exit_code == 0
    assert (
        "pubmed relapse (poll): 1 reported = 0 known + 1 new + 0 merged + 0 owed + 0 unreadable; "
        "1 matched"
    ) in result.stdout
    assert "safety" not in result.stdout


@pytest.mark.parametrize("command", ["run", "compose", "deliver"])
def test_a_dry_run_changes_no_file_and_sends_nothing(
    litbot: Litbot, settings: dict[str, str], place: Path, command: str
) -> None:
    subscribe(litbot)
    litbot("poll", **settings)
    if command == "deliver":
        litbot("compose", **settings)
    before = contents(place)

    said = litbot(command, "--dry-run", **settings)
    found = answer(litbot(command, "--dry-run", "--json", **settings))

    assert said.exit_code == 0
    assert "would send digest-1-" in said.stdout
    assert found["dry_run"]
    assert {part["channel"] for part in found["would_send"]} == {"slack"}
    assert found["delivered"] == []
    assert contents(place) == before


def test_a_dry_run_makes_no_database(litbot: Litbot, settings: dict[str, str], place: Path) -> None:
    result = litbot("run", "--dry-run", **settings)

    assert result.exit_code == 0
    assert not (place / "var").exists()


def test_a_source_that_fails_is_named_and_its_mark_stays(
    litbot: Litbot, settings: dict[str, str], sandbox: Sandbox
) -> None:
    litbot("poll", **settings)
    before = mark()
    sandbox.pubmed.fail(Fault(endpoint="esearch", shape="html", times=ALWAYS))

    result = litbot("poll", "relapse", **(settings | {"NOW": "2026-10-28T12:00"}))

    assert result.exit_code == 1
    assert "pubmed relapse: " in result.stderr
    assert "Traceback" not in result.stderr
    assert mark() == before


def test_since_reads_again_and_never_skips(
    litbot: Litbot, settings: dict[str, str], sandbox: Sandbox
) -> None:
    litbot("poll", **settings)
    sandbox.pubmed.log.clear()

    litbot("poll", "relapse", "--since", "2026-02-10", **settings)

    terms = [one.fields["term"] for one in sandbox.pubmed.requests("esearch")]
    assert any("2026/02/03" in term for term in terms), terms  # with the overlap of a week

    sandbox.pubmed.fail(Fault(endpoint="esearch", shape="html", times=ALWAYS))
    litbot("poll", "relapse", "--since", "2026-01-05", **settings)
    litbot("poll", "relapse", "--since", "2026-06-01", **settings)
    assert mark() == "2026-01-05"  # the older mark reads more, so it stays
    assert mark("safety") == "2026-10-25"


def test_a_sweep_can_be_had_at_once(litbot: Litbot, settings: dict[str, str]) -> None:
    litbot("poll", **settings)

    found = answer(litbot("poll", "--sweep", "--json", **settings))

    assert [run["kind"] for run in found["runs"]] == ["poll", "sweep", "poll", "sweep"]


def test_what_has_failed_for_good_is_tried_again_on_request(
    litbot: Litbot, settings: dict[str, str], sandbox: Sandbox
) -> None:
    subscribe(litbot, "C000CLOSED")  # an archived channel
    litbot("poll", **settings)
    litbot("compose", **settings)
    good = settings | {"SLACK_TOKEN": sandbox.slack.token, "SLACK_API_URL": sandbox.slack.url}

    failed = litbot("deliver", **good)
    nothing = answer(litbot("deliver", "--json", **good))
    dry = answer(litbot("deliver", "--retry", "--dry-run", "--json", **good))
    retried = answer(litbot("deliver", "--retry", "--json", **good))

    assert failed.exit_code == 1
    assert "archived" in failed.stderr
    assert nothing["delivered"] == []
    assert dry["would_send"]
    assert {part["key"] for part in retried["delivered"]} >= {dry["would_send"][0]["key"]}


def test_slack_alone_needs_no_mail_server_and_names_what_waits_for_one(
    litbot: Litbot, settings: dict[str, str], sandbox: Sandbox
) -> None:
    subscribe(litbot, "C00RELAPSE")
    subscribe(litbot, "ada@example.org")
    slack = {"SLACK_TOKEN": sandbox.slack.token, "SLACK_API_URL": sandbox.slack.url}

    result = litbot("run", "--json", **settings, **slack)

    assert {part["channel"] for part in answer(result)["delivered"]} == {"slack"}
    assert {part["state"] for part in answer(result)["delivered"]} == {"sent"}
    assert result.exit_code == 1
    assert "email: 1 parts wait, but LITBOT_SMTP_URL is not set" in result.stderr
    assert "ada" not in result.output


def test_the_heartbeat_is_not_called_by_a_dry_run(
    litbot: Litbot, settings: dict[str, str], sandbox: Sandbox
) -> None:
    sandbox.journals.put("/ping", b"ok")
    settings = settings | {"HEARTBEAT_URL": sandbox.journals.url("/ping")}

    litbot("run", "--dry-run", **settings)
    before = len(sandbox.journals.log)
    litbot("run", **settings)

    assert before == 0
    assert len(sandbox.journals.log) == 1


def test_the_clock_can_be_named_in_the_environment_or_on_the_command_line(
    litbot: Litbot, settings: dict[str, str]
) -> None:
    subscribe(litbot)

    litbot("compose", "--now", "2026-10-26T08:00+01:00", **settings)  # 07:00 UTC: due

    engine = connect(f"sqlite:///{DATABASE}")
    with reading(engine) as db:
        (one,) = subscriptions.every(db)
    assert one.next_due == datetime(2026, 10, 27, 7, tzinfo=UTC)
