"""Bad input on the command line: one clear line for each thing, nothing lost, the rest goes on."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
import sqlalchemy as sa
from pydantic import SecretStr
from typer.testing import CliRunner
from world import FEED, OPERATOR, READER, SLACK_ROOM, START, World, feed, shown, study

from bot import pipeline
from bot.cli import app
from bot.errors import StoreError
from bot.sandbox.smtp import Mailbox
from bot.store import database

ROOT = Path(__file__).parents[2]
MIGRATED = "UPDATE alembic_version SET version_num = '{}'"


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


def environment(world: World, now: datetime, settings: Mapping[str, str]) -> dict[str, str]:
    """The world's settings as variables, with these in place of them."""
    env = {}
    for name, value in world.settings(templates_dir=ROOT / "templates"):
        if isinstance(value, SecretStr):
            env[f"LITBOT_{name.upper()}"] = value.get_secret_value()
        elif isinstance(value, tuple):
            env[f"LITBOT_{name.upper()}"] = ",".join(value)
        else:
            env[f"LITBOT_{name.upper()}"] = str(value)
    env |= {f"LITBOT_{name}": value for name, value in settings.items()}
    return env | {"LITBOT_LOG_LEVEL": "ERROR", "LITBOT_NOW": now.isoformat()}


def program(world: World, *arguments: str, now: datetime = START, **settings: str) -> Ended:
    """`python -m bot` in a process of its own."""
    world.sandbox.advance(now)
    outer = {name: value for name, value in os.environ.items() if not name.startswith("LITBOT_")}
    ended = subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        check=False,
        cwd=world.folder,
        env=outer | environment(world, now, settings) | {"PYTHONPATH": str(ROOT)},
        text=True,
        capture_output=True,
        timeout=120,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def command(world: World, *arguments: str, **settings: str) -> Ended:
    """The same without a process, for the long tables."""
    world.sandbox.advance(START)
    env = environment(world, START, settings)
    with contextlib.chdir(world.folder):
        ended = CliRunner().invoke(app, arguments, env=env, prog_name="litbot")
    return Ended(ended.exit_code, ended.stdout, ended.stderr)


def queries(world: World) -> Path:
    return world.folder / "queries"


def rewrite(name: str, old: str, new: str) -> Callable[[World], None]:
    """One file of the queries with this in place of that."""

    def change(world: World) -> None:
        file = queries(world) / name
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))

    return change


def copy_as(name: str) -> Callable[[World], None]:
    def change(world: World) -> None:
        (queries(world) / name).write_text((queries(world) / "world.yaml").read_text())

    return change


#: What is done to the files, and the lines that name it; `{}` is the folder of the queries.
BAD_FILES = {
    "broken-yaml": (
        rewrite("world.yaml", "title: Ketamine", "title: [Ketamine"),
        "{}/world.yaml:2: ",
    ),
    "unknown-key": (
        rewrite("world.yaml", "pubmed:", "pubmd:"),
        "{}/world.yaml:4: pubmd: unknown key; did you mean pubmed",
    ),
    "unbalanced-search": (
        rewrite("world.yaml", "'ketamine[tiab] AND", "'(ketamine[tiab] AND"),
        "{}/world.yaml:4: pubmed: ",
    ),
    "unknown-group": (
        rewrite("world.yaml", "[psychiatry]", "[psychiatri]"),
        "{}/world.yaml:5: journals: ",
    ),
    "duplicate-name": (copy_as("World.yaml"), "has the same name as "),
    "other-ending": (copy_as("world.yml"), "has the same name as world.yaml"),
    "feed-in-a-file": (
        rewrite("journals.yaml", "feed: http:", "feed: file:"),
        "{}/journals.yaml:4: ",
    ),
    "not-text": (
        lambda world: (queries(world) / "world.yaml").write_bytes(b"title: \xff\xfe\x00"),
        "{}/world.yaml:1: ",
    ),
}


def lines(ended: Ended) -> list[str]:
    assert "Traceback" not in ended.err
    return ended.err.splitlines()


def nothing_was_done(world: World) -> bool:
    """No server was asked, nothing was sent, nothing stored."""
    sandbox = world.sandbox
    return not (
        sandbox.pubmed.log
        or sandbox.journals.log
        or sandbox.slack.log
        or sandbox.mailbox.messages
        or world.runs()
    )


# the files come before the database, so that one kind of it is enough
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("change", "said"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_ends_the_run_with_its_line_and_nothing_done(
    world: World, change: Callable[[World], None], said: str
) -> None:
    world.subscribe("email")
    world.publish(study(1))
    change(world)

    ended = command(world, "run")

    assert ended.code == 2
    named = lines(ended)
    assert any(said.format(queries(world)) in line for line in named)
    assert len(named) <= 2  # a key that is written wrong is also a key that is missing
    assert nothing_was_done(world)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_problem_of_every_file_is_named_at_once_and_mending_loses_nothing(
    world: World,
) -> None:
    mail = world.subscribe("email")
    world.publish(study(1))
    world.show(study(1))
    good = (queries(world) / "world.yaml").read_text()
    (queries(world) / "broken.yaml").write_text("title: [\n")
    (queries(world) / "key.yaml").write_text(good.replace("pubmed:", "pubmd:"))
    (queries(world) / "search.yaml").write_text(good.replace("'ketamine", "'(ketamine"))

    ended = program(world, "run")

    assert ended.code == 2
    named = {line.partition(": ")[0].rpartition("/")[2] for line in lines(ended)}
    assert {one.partition(":")[0] for one in named} == {"broken.yaml", "key.yaml", "search.yaml"}
    assert nothing_was_done(world)

    for name in ("broken", "key", "search"):
        (queries(world) / f"{name}.yaml").unlink()
    ended = program(world, "run")
    assert (ended.code, ended.err) == (0, "")
    assert world.pmids_told(mail) == ["90000001"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"SMPT_URL": "x"}, "LITBOT_SMPT_URL: unknown setting; did you mean LITBOT_SMTP_URL"),
        ({"DATABASE_URL": "postgresql://bot:pass@127.0.0.1:1/x"}, "database postgresql"),
        ({"DATABASE_URL": "mysql://x/y"}, "database 'mysql' is not supported"),
        ({"DATABASE_URL": "sqlite:////dev/null/x/litbot.db"}, "cannot make the folder of"),
        ({"DATABASE_URL": "sqlite:////proc/litbot.db"}, "unable to open database file"),
        ({"DATABASE_URL": "sqlite:///queries/world.yaml"}, "file is not a database"),
        ({"QUERIES_DIR": "nowhere"}, "nowhere:1: cannot be read"),
        ({"SMTP_URL": "https://mail.example.org"}, "LITBOT_SMTP_URL: not an address"),
        ({"SECRET_KEY_FILE": "nowhere"}, "LITBOT_SECRET_KEY_FILE: cannot read 'nowhere'"),
    ],
    ids=lambda value: " ".join(value.values()) if isinstance(value, dict) else "",
)
def test_a_wrong_setting_ends_the_run_with_one_line_and_nothing_done(
    world: World, settings: dict[str, str], said: str
) -> None:
    world.subscribe("email")

    ended = command(world, "run", **settings)

    assert ended.code == 2
    (line,) = lines(ended)
    assert said in line
    assert "bot:pass@" not in line
    assert nothing_was_done(world)


@pytest.mark.parametrize("at", ["0000", "9999"], ids=["older", "newer"])
def test_a_database_of_another_version_is_left_alone(world: World, at: str) -> None:
    with world.engine.begin() as db:
        db.execute(sa.text(MIGRATED.format(at)))

    for name in ("run", "poll", "compose", "deliver", "status"):
        ended = command(world, name)
        assert ended.code == 2
        (line,) = lines(ended)
        assert line.startswith(f"the database is at migration {at}, this litbot needs ")
    assert nothing_was_done(world)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_database_that_another_program_holds_is_named_and_the_next_run_does_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = world.subscribe("email")
    world.publish(study(1))
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)

    with database.writing(world.engine), pytest.raises(StoreError) as raised, world.bot() as bot:
        pipeline.cycle(bot, START)
    assert "database is locked" in str(raised.value)
    assert "\n" not in str(raised.value)

    world.at(START)
    assert world.pmids_told(mail) == ["90000001"]


def test_what_fails_in_a_run_is_one_line_each_and_the_rest_goes_on(world: World) -> None:
    """A wrong SMTP password, an archived channel, an endless feed, one that leads to ourselves."""
    journals, sandbox = queries(world) / "journals.yaml", world.sandbox
    entry = journals.read_text()
    for name in ("endless", "inward"):
        journals.write_text(
            f"{journals.read_text()}{entry.replace('world-', f'{name}-').replace(FEED, f'/{name}')}"
        )
        sandbox.journals.put(f"/{name}", feed(shown(5)))
    sandbox.journals.fail("/endless", "endless")
    sandbox.journals.fail("/inward", "302", value="http://127.0.0.1:22/")
    world.publish(study(1))
    world.show(shown(2))
    mail, slack = world.subscribe("email"), world.subscribe("slack")
    closed = world.subscribe("slack", "C000CLOSED")

    with Mailbox(login=("litbot", "the right one")) as mailbox:
        wrong = mailbox.url.replace("the%20right%20one", "the-wrong-one")
        ended = program(world, "run", SMTP_URL=wrong, OPERATOR=SLACK_ROOM)

        assert ended.code == 1
        said = lines(ended)
        assert [one for one in said if "endless" in one] == [
            "feed endless-journal: 127.0.0.1: the answer is longer than 20,000,000 bytes"
        ]
        assert [one for one in said if "inward" in one] == [
            "feed inward-journal: 127.0.0.1: is not a public address; if it is yours, add "
            "127.0.0.1:22 to LITBOT_ALLOWED_PRIVATE_HOSTS"
        ]
        (refused,) = [one for one in said if one.startswith("email ")]
        assert refused.endswith(": SMTP login refused (535): check the password in LITBOT_SMTP_URL")
        (archived,) = [one for one in said if one.startswith("slack ")]
        assert archived.endswith(": is_archived: the channel is archived")
        assert len(said) == 4
        assert "the-wrong-one" not in ended.err + ended.out
        assert "C000CLOSED" not in ended.err

        expected = ["10.5555/world.2", "90000001"]
        assert all(world.pmids_told(one) == expected for one in (mail, slack, closed))
        assert "study number 1 " in world.slack_text()
        assert mailbox.messages == []

        ended = program(world, "run", now=START + timedelta(hours=1), SMTP_URL=mailbox.url)
        assert (ended.code, ended.err) == (0, "")
        assert [mail.recipients for mail in mailbox.messages].count((READER,)) == 1
        assert world.outbox_states()["failed"] == 1
        assert world.matches()["10.5555/world.5"] == ("yes", "new")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_operator_s_own_mistakes_are_named_by_doctor_in_one_run(world: World) -> None:
    world.sandbox.journals.fail(FEED, "410")
    world.subscribe("slack", "C000CLOSED")
    with Mailbox(login=("litbot", "the right one")) as mailbox:
        wrong = mailbox.url.replace("the%20right%20one", "the-wrong-one")
        ended = program(world, "doctor", SMTP_URL=wrong, SLACK_TOKEN="xoxb-wrong")

    assert ended.code == 1
    assert "the-wrong-one" not in ended.out + ended.err
    said = ended.out + ended.err
    assert "LITBOT_SMTP_URL" in said
    assert "LITBOT_SLACK_TOKEN" in said
    assert "410" in said
    assert OPERATOR not in said
