"""The documents say what is so."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
import yaml

from bot import __version__, config, schedule
from bot.cli import app
from bot.config import PREFIX, Settings
from bot.web import server

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
README = (ROOT / "README.md").read_text()
ENV_EXAMPLE = (ROOT / ".env.example").read_text()
COMPOSE = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text()
SERVICE = (ROOT / "deploy/litbot.service").read_text()
DEPLOYED = sorted(path.name for path in (ROOT / "deploy").iterdir())
SETTINGS = {PREFIX + name.upper(): field for name, field in Settings.model_fields.items()}
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in ("", "queries/", "templates/", "bot/sandbox/samples/")
    for path in ROOT.glob(f"{folder}*.md")
)


def command_tree() -> dict[str, typer.core.TyperCommand | typer.core.TyperGroup]:
    """Every command by its name, groups included: `query check`, `query`, and litbot as ``."""
    tree = {}
    todo = [("", typer.main.get_command(app))]
    while todo:
        name, command = todo.pop()
        tree[name] = command
        todo += [
            (f"{name} {part}".strip(), sub)
            for part, sub in getattr(command, "commands", {}).items()
        ]
    return tree


COMMANDS = command_tree()
LEAVES = {name for name, command in COMMANDS.items() if not hasattr(command, "commands")}


def table(text: str, heading: str) -> dict[str, list[str]]:
    """The rows of the first table after these words, by their first cell without backticks."""
    lines = text[text.index(heading) :].splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith("|---"))
    rows = {}
    for line in lines[start + 1 :]:
        if not line.startswith("|"):
            break
        first, *others = (cell.strip() for cell in line.strip("|").split("|"))
        rows[first.strip("`")] = others
    return rows


def written_commands(document: str) -> Iterator[list[str]]:
    """What follows `litbot` wherever a document shows a command: in a line or in a block."""
    text = (ROOT / document).read_text()
    for block in re.findall(r"^```.*?^```", text, re.DOTALL | re.MULTILINE):
        text = text.replace(block, "")
        for line in block.splitlines():
            if line.startswith("litbot "):
                yield shlex.split(line, comments=True)[1:]
    for inline in re.findall(r"`(litbot [^`]+)`", text):
        yield shlex.split(inline)[1:]


# ---- settings


def test_the_readme_lists_every_setting_and_nothing_else() -> None:
    assert set(table(README, "## Settings")) == set(SETTINGS)


@pytest.mark.parametrize("name", SETTINGS)
def test_the_readme_gives_the_default_of_each_setting(name: str) -> None:
    if name in ("LITBOT_QUERIES_DIR", "LITBOT_TEMPLATES_DIR"):
        return  # the first folder that is there: said in words
    default = SETTINGS[name].get_default()
    shown = str(getattr(default, "get_secret_value", lambda: default or "")())

    assert table(README, "## Settings")[name][0].strip("`") == shown


def test_the_example_of_an_env_file_names_every_setting_once() -> None:
    named = re.findall(r"^#?(LITBOT_\w+)=", ENV_EXAMPLE, re.MULTILINE)

    assert sorted(named) == sorted(SETTINGS)


def test_the_example_of_an_env_file_shows_the_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    lines = re.sub(r"^#(?=LITBOT_\w+=)", "", ENV_EXAMPLE, flags=re.MULTILINE)
    (tmp_path / ".env").write_text(lines)

    assert config.load({}, tmp_path / ".env") == config.load({}, tmp_path / "none")


# ---- commands


def test_the_readme_lists_every_command_and_nothing_else() -> None:
    listed = {name.removeprefix("litbot ") for name in table(README, "## Commands")}

    assert listed == LEAVES


@pytest.mark.parametrize(
    ("option", "commands"),
    [("--json", LEAVES), ("--dry-run", {"run", "compose", "deliver"})],
    ids=["json", "dry-run"],
)
def test_the_options_that_the_readme_promises_are_there(option: str, commands: set[str]) -> None:
    having = {
        name
        for name in LEAVES
        if any(option in parameter.opts for parameter in COMMANDS[name].params)
    }

    assert having == commands


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_in_a_document_exists_with_its_options(document: str) -> None:
    for words in written_commands(document):
        name = ""
        for word in words:
            longer = f"{name} {word}".strip()
            if longer not in COMMANDS:
                break
            name = longer
        if words and words[0] == "COMMAND":
            continue
        options = {option for parameter in COMMANDS[name].params for option in parameter.opts} | {
            "--help"
        }
        named = {word for word in words if word.startswith("--")}

        assert name or named, f"litbot {' '.join(words)} does not exist"
        assert named <= options, f"litbot {name} has no {named - options}"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_make_target_in_a_document_exists(document: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    text = (ROOT / document).read_text()

    assert set(re.findall(r"(?:^|`)make ([a-z]+)", text, re.MULTILINE)) <= targets


def test_the_hook_for_pre_commit_runs_a_command_that_exists() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())

    assert hook["entry"].removeprefix("litbot ") in LEAVES


# ---- the package


def test_the_changelog_tells_of_this_version() -> None:
    assert f"## {__version__} " in (ROOT / "CHANGELOG.md").read_text()


def test_contributing_gives_the_reason_for_every_dependency() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    extras = PYPROJECT["project"]["optional-dependencies"]
    needed, developing = (
        {re.split(r"[\[><=]", name)[0].lower() for name in names} - {"litbot"}
        for names in (PYPROJECT["project"]["dependencies"] + extras["postgresql"], extras["dev"])
    )
    to_run, to_develop = table(text, "To run:"), table(text, "To develop:")

    assert set(to_run) == needed
    assert set(to_develop) == developing
    assert all(why for row in (*to_run.values(), *to_develop.values()) for why in row)


def test_the_lock_file_names_every_dependency_with_hashes_and_no_index() -> None:
    text = (ROOT / "requirements.lock").read_text()
    packages = re.split(r"\n(?=[a-z])", re.sub(r"^ *#.*\n", "", text, flags=re.MULTILINE))
    pinned = {one.split("==")[0] for one in packages}
    extras = PYPROJECT["project"]["optional-dependencies"]
    named = (*PYPROJECT["project"]["dependencies"], *extras["postgresql"], *extras["dev"])

    assert {re.split(r"[\[><=]", name)[0].lower() for name in named} - {"litbot"} <= pinned
    assert all("--hash=sha256:" in one for one in packages)
    assert "://" not in text


# ---- deployment


@pytest.mark.parametrize("name", DEPLOYED)
def test_a_file_for_deployment_names_only_settings_that_exist(name: str) -> None:
    text = (ROOT / "deploy" / name).read_text()
    named = {found.removesuffix("_FILE") for found in re.findall(r"LITBOT_[A-Z_]+", text)}

    assert named <= set(SETTINGS)


@pytest.mark.parametrize("name", DEPLOYED)
def test_the_readme_or_another_file_leads_to_each_file_for_deployment(name: str) -> None:
    places = [README, *(p.read_text() for p in (ROOT / "deploy").iterdir() if p.name != name)]

    assert any(f"deploy/{name}" in text for text in places)


def test_image_compose_and_readme_agree_on_the_port() -> None:
    port = Settings.model_fields["web_port"].default
    bot = COMPOSE["services"]["litbot"]

    assert f"EXPOSE {port}\n" in DOCKERFILE
    assert f"http://127.0.0.1:{port}/healthz" in DOCKERFILE
    assert bot["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert bot["environment"]["LITBOT_WEB_PORT"] == str(port)
    assert f"port {port}" in README


def test_image_and_compose_agree_on_name_file_and_folders() -> None:
    bot = COMPOSE["services"]["litbot"]
    home = re.findall(r"^WORKDIR (\S+)", DOCKERFILE, re.MULTILINE)[-1]

    assert f"docker build -f {bot['build']['dockerfile']} -t {bot['image']} ." in DOCKERFILE
    assert {volume.split(":")[1] for volume in bot["volumes"]} == {f"{home}/var", f"{home}/queries"}
    assert f"VOLUME {home}/var\n" in DOCKERFILE


def test_compose_offers_the_database_that_its_head_explains() -> None:
    service = COMPOSE["services"]["postgresql"]
    address = re.search(r"LITBOT_DATABASE_URL=(\S+)", (ROOT / "deploy/compose.yaml").read_text())
    user, name = service["environment"]["POSTGRES_USER"], service["environment"]["POSTGRES_DB"]

    assert address
    assert address[1] == f"postgresql://{user}:PASSWORD@postgresql/{name}"
    assert service["profiles"] == ["postgresql"]


def test_image_and_unit_run_the_server_as_a_user_without_rights() -> None:
    assert re.search(r"^USER litbot$", DOCKERFILE, re.MULTILINE)
    assert 'ENTRYPOINT ["litbot"]\nCMD ["serve"]' in DOCKERFILE
    assert re.search(r"^ExecStart=\S+/litbot serve$", SERVICE, re.MULTILINE)
    assert "\nDynamicUser=yes\n" in SERVICE
    assert "serve" in LEAVES


def test_unit_and_compose_wait_longer_than_the_server_takes_to_stop() -> None:
    longest = schedule.LONGEST_STOP + server.GRACE
    unit = re.search(r"^TimeoutStopSec=(\d+)$", SERVICE, re.MULTILINE)

    assert unit
    assert int(unit[1]) > longest
    assert int(COMPOSE["services"]["litbot"]["stop_grace_period"].removesuffix("s")) > longest


def test_the_image_is_of_a_python_on_which_litbot_is_tested() -> None:
    (version,) = set(re.findall(r"^FROM python:(\S+)-slim", DOCKERFILE, re.MULTILINE))

    assert f"Programming Language :: Python :: {version}" in PYPROJECT["project"]["classifiers"]


def test_the_slack_app_asks_for_what_it_needs_and_nothing_more() -> None:
    manifest = yaml.safe_load((ROOT / "deploy/slack-app.yaml").read_text())

    assert manifest["oauth_config"]["scopes"] == {
        "bot": ["chat:write", "channels:history", "groups:history"]
    }


# ---- every document


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_to_a_file_leads_somewhere(document: str) -> None:
    text = (ROOT / document).read_text()
    links = re.findall(r"\]\((?!https?:)([^)#]+)", text)

    assert [link for link in links if not ((ROOT / document).parent / link).exists()] == []


@pytest.mark.parametrize("document", [*DOCUMENTS, ".env.example", "Makefile", ".ci/run"])
def test_a_document_names_no_folder_of_somebodys_machine(document: str) -> None:
    text = (ROOT / document).read_text()

    assert re.findall(r"(?<![\w.])/(?:home|root|Users|tmp|work|mnt)/\S*", text) == []
