"""How a command ends when something is wrong: a line for each problem, a code, no traceback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from cli_place import Litbot
from typer.testing import CliRunner

from bot.cli import Commands, app, options
from bot.errors import (
    BotError,
    DeliveryError,
    FormatError,
    HttpError,
    QueryError,
    QueryFilesError,
    SettingsError,
    SourceError,
    StoreError,
    StrategyError,
)

BAD_YAML = QueryError(Path("queries/relapse.yaml"), 7, "pubmd", "unknown key; did you mean pubmed")


def ending_with(error: Exception) -> typer.Typer:
    """An application whose one command, `work`, raises this."""
    failing = typer.Typer(cls=Commands, pretty_exceptions_enable=False)

    @failing.callback()
    def _all() -> None: ...

    @failing.command()
    def work(json: options.Json = False) -> None:
        raise error

    return failing


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SettingsError("LITBOT_SMPT_URL: unknown setting", "LITBOT_WEB_PORT: too large"), 2),
        (BAD_YAML, 2),
        (QueryFilesError([BAD_YAML, BAD_YAML]), 2),
        (StrategyError("a bracket is never closed"), 2),
        (StoreError("the database cannot be reached"), 2),
        (FormatError("not a record"), 1),
        (HttpError("example.org", "no answer in 30 s"), 1),
        (SourceError("pubmed", "relapse", "no answer"), 1),
        (DeliveryError("slack", "the channel is archived"), 1),
        (BotError("something else"), 1),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_an_error_ends_a_command_with_its_message_and_its_code(error: BotError, code: int) -> None:
    result = CliRunner().invoke(ending_with(error), ["work"])

    assert result.exit_code == code
    assert result.stderr == f"{error}\n"
    assert result.stdout == ""


def test_with_json_the_problems_are_on_stdout_too() -> None:
    error = SettingsError("one", "two")

    result = CliRunner().invoke(ending_with(error), ["work", "--json"])

    assert json.loads(result.stdout) == {"problems": ["one", "two"]}
    assert result.stderr == "one\ntwo\n"


def test_a_message_cannot_steer_the_terminal() -> None:
    error = SourceError("feed", "x", "\x1b]0;owned\x07 \x9b31m [red]text[/red]")

    result = CliRunner().invoke(ending_with(error), ["work"])

    assert "\x1b" not in result.stderr
    assert "\x9b" not in result.stderr
    assert "[red]text[/red]" in result.stderr


def test_a_bug_is_not_hidden() -> None:
    result = CliRunner().invoke(ending_with(ZeroDivisionError()), ["work"])

    assert isinstance(result.exception, ZeroDivisionError)


@pytest.mark.parametrize(
    ("arguments", "settings", "said"),
    [
        (["status"], {"DATABASE_URL": "postgresql://127.0.0.1:1/x"}, "database postgresql"),
        (["status"], {"DATABASE_URL": "mysql://x/y"}, "'mysql' is not supported"),
        (["status"], {}, "there is no database at var/litbot.db yet; run: litbot db upgrade"),
        (["status"], {"SMPT_URL": "smtp://x"}, "did you mean LITBOT_SMTP_URL"),
        (["status"], {"WEB_PORT": "99999"}, "LITBOT_WEB_PORT"),
        (["status", "--now", "soon"], {}, "'soon' is not an ISO time"),
        (["compose"], {"NOW": "soon"}, "'soon' is not an ISO time"),
        (["poll", "nothing"], {}, "'nothing' is neither a saved query nor a journal"),
        (["poll", "--since", "May"], {}, "'May' is not an ISO date"),
        (["poll", "--since", "2999-01-01"], {}, "lies in the future"),
        (["compose"], {"QUERIES_DIR": "nowhere"}, "nowhere:1: cannot be read"),
        (["deliver"], {"SMTP_URL": "https://x"}, "LITBOT_SMTP_URL"),
        (["serve"], {"WEB_HOST": "192.0.2.1"}, "cannot listen at 192.0.2.1:8080"),
        (["subscription", "remove", "7"], {}, "no database at"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_wrong_settings_end_a_command_with_one_line_and_code_2(
    litbot: Litbot, arguments: list[str], settings: dict[str, str], said: str
) -> None:
    if arguments[0] == "status" and "--now" in arguments:
        litbot("db", "upgrade")

    result = litbot(*arguments, **settings)

    lines = [line for line in result.stderr.splitlines() if " INFO " not in line]
    assert result.exit_code == 2
    assert len(lines) == 1
    assert said in lines[0]
    assert result.stdout == ""


def test_without_arguments_the_help_is_shown() -> None:
    result = CliRunner().invoke(app, [], prog_name="litbot")

    assert "Usage: litbot" in result.output


def test_every_command_says_what_it_does_to_the_world() -> None:
    words = ("write", "Write", "change", "Change", "leaves")
    todo, silent = [("litbot", typer.main.get_command(app))], []
    while todo:
        name, command = todo.pop()
        parts = getattr(command, "commands", None)
        if parts is None and not any(word in (command.help or "") for word in words):
            silent.append(name)
        todo += [(f"{name} {part}", sub) for part, sub in (parts or {}).items()]

    assert silent == []


def test_every_option_says_its_default_and_its_variable() -> None:
    for command in ("run", "poll", "compose", "deliver", "status", "doctor", "serve"):
        text = " ".join(CliRunner().invoke(app, [command, "--help"]).stdout.split())

        assert "env var: LITBOT_DATABASE_URL; default: (sqlite:///var/litbot.db)" in text
        assert "env var: LITBOT_NOW; default: (the clock)" in text
        assert "everything else on stderr (default: off)" in text
