"""The command line in a folder of its own: two queries, no database yet, no settings around."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cli_place import Litbot, write_query
from click.testing import Result
from typer.testing import CliRunner

from bot.cli import app


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with two saved queries and nothing else."""
    for name in [name for name in os.environ if name.startswith("LITBOT_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "queries").mkdir()
    write_query(tmp_path / "queries", "relapse")
    write_query(tmp_path / "queries", "safety")
    return tmp_path


@pytest.fixture
def litbot(place: Path) -> Litbot:
    """Run `litbot` with these arguments, and settings by name: `litbot("status", NOW="...")`."""

    def run(*arguments: str, **settings: str) -> Result:
        env = {f"LITBOT_{name}": value for name, value in settings.items()}
        return CliRunner().invoke(app, arguments, env=env, prog_name="litbot")

    return run
