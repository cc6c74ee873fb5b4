"""The wheel carries all that litbot needs, and runs in an empty folder."""

from __future__ import annotations

import email
import email.policy
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
#: Folder of the checkout -> folder in the wheel.
CARRIED = {"bot": "bot", "queries": "bot/queries", "templates": "bot/templates"}


def run(*command: str | Path, cwd: Path, **environ: str) -> str:
    """Run a command without the settings of whoever runs the tests; give its output."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LITBOT_")}
    done = subprocess.run(
        command, cwd=cwd, env=clean | environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the source archive as an index would get it."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds litbot from the wheel; its dependencies are those of the tests."""
    folder = tmp_path_factory.mktemp("installed")
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    run(*pip, "--no-deps", "--no-index", "--target", folder, wheel, cwd=folder)
    return folder


def litbot(installed: Path, *arguments: str, cwd: Path) -> str:
    """Run the litbot that was installed."""
    return run(installed / "bin/litbot", *arguments, cwd=cwd, PYTHONPATH=str(installed))


def test_the_wheel_carries_every_file_of_the_program_its_queries_and_its_templates(
    wheel: Path,
) -> None:
    expected = {
        f"{place}/{path.relative_to(ROOT / folder).as_posix()}"
        for folder, place in CARRIED.items()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    carried = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}

    assert carried == expected


def test_the_program_that_runs_is_the_one_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    where = "import bot; print(bot.__file__)"

    said = run(sys.executable, "-c", where, cwd=tmp_path, PYTHONPATH=str(installed))

    assert Path(said.strip()).is_relative_to(installed)


def test_in_an_empty_folder_the_commands_explain_themselves(
    installed: Path, tmp_path: Path
) -> None:
    assert "subscription" in litbot(installed, "--help", cwd=tmp_path)


def test_in_an_empty_folder_the_queries_of_the_wheel_are_there(
    installed: Path, tmp_path: Path
) -> None:
    names = {path.stem for path in (ROOT / "queries").glob("*.yaml")} - {"journals"}

    listed = litbot(installed, "query", "list", cwd=tmp_path)

    assert all(name in listed for name in names)


def test_in_an_empty_folder_the_database_is_made_by_the_migrations_of_the_wheel(
    installed: Path, tmp_path: Path
) -> None:
    litbot(installed, "db", "upgrade", cwd=tmp_path)

    assert (tmp_path / "var/litbot.db").is_file()


@pytest.fixture(scope="module")
def demo(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the demo of the wheel writes in an empty folder."""
    folder = tmp_path_factory.mktemp("demo")
    litbot(installed, "demo", cwd=folder)
    return folder / "litbot-demo"


def test_in_an_empty_folder_the_demo_writes_a_digest_for_each_week(demo: Path) -> None:
    assert [len(list(demo.glob(f"week-{week}/digest-*.eml"))) for week in (1, 2, 3)] == [1, 1, 1]
    assert [len(list(demo.glob(f"week-{week}/notice-*.eml"))) for week in (1, 2, 3)] == [0, 0, 1]


def test_the_digest_in_the_readme_is_one_that_the_demo_writes(demo: Path) -> None:
    (shown,) = re.findall(r"```text\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    mail = email.message_from_bytes(
        (demo / "week-1/digest-1.eml").read_bytes(), policy=email.policy.default
    )
    body = mail.get_body(("plain",))
    assert body
    written = " ".join(body.get_content().split())

    for passage in shown.split("\n...\n"):
        assert " ".join(passage.split()) in written
