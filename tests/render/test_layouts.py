"""Layouts are files: found by name, run in a sandbox, named with their line when broken."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from golden import hostile
from golden.reading import RENDERER, Page, block_characters, mails, mrkdwn_texts
from golden.sober import sober

from bot.errors import SettingsError
from bot.ports import UNSUBSCRIBE
from bot.render import Renderer, slack

HOSTILE_LINES = [title for title in hostile.HOSTILE_TITLES if title.strip()]


def test_a_message_to_the_operator_is_escaped_in_both_kinds() -> None:
    mailed = RENDERER.message("PubMed <broke> & *stopped*", HOSTILE_LINES, "email")
    posted = json.loads(RENDERER.message("PubMed <broke>", HOSTILE_LINES, "slack")["payload"])

    assert set(mailed) == {"subject", "text", "html"}
    assert mailed["subject"] == "PubMed <broke> & *stopped*"
    assert "script" not in Page(mailed["html"]).tags
    assert "<script>alert(1)</script>" in Page(mailed["html"]).text
    assert UNSUBSCRIBE not in mailed["html"] + mailed["text"]
    assert not any(re.search("[<>]|@here", text) for text in mrkdwn_texts(posted))


def test_a_long_message_to_the_operator_says_how_much_is_left_out() -> None:
    posted = json.loads(RENDERER.message("Feeds", ["x" * 900] * 80, "slack")["payload"])

    assert block_characters(posted) <= slack.MESSAGE_TEXT
    assert len(posted["blocks"]) <= 50
    assert re.search(r"and \d+ more lines", str(posted))


def layout(folder: Path, text: str) -> Renderer:
    """A renderer whose one layout `mine` is the given text."""
    (folder / "digest").mkdir()
    (folder / "digest" / "mine.jinja").write_text(text, encoding="utf-8")
    return Renderer(folder)


FOUR = (
    "{% macro subject(part, title) %}{{ title }}{% endmacro %}\n"
    "{% macro text(part) %}TEXT{% endmacro %}\n"
    "{% macro html(part) %}HTML{% endmacro %}\n"
    "{% macro slack(study) %}{{ study.link }}{% endmacro %}\n"
)


def test_the_layouts_are_the_files(tmp_path: Path) -> None:
    assert RENDERER.layouts() == ("standard",)
    assert layout(tmp_path, FOUR).layouts() == ("mine",)


def test_a_layout_of_ones_own_is_used(tmp_path: Path) -> None:
    (body,) = mails(sober(1), layout(tmp_path, FOUR), "mine")

    assert body["subject"] == "Ketamine psychotherapy"
    assert body["text"] == "TEXT\n"


@pytest.mark.parametrize("name", ["absent", "../digest/standard", "/etc/passwd", ""])
def test_a_layout_that_does_not_exist_is_named_with_those_that_do(name: str) -> None:
    with pytest.raises(SettingsError, match=r"no such layout; there are: standard"):
        mails(sober(1), layout=name)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (FOUR + "{% if %}", r"mine\.jinja:5: Expected an expression"),
        (FOUR.replace("TEXT", "{{ part.titel }}"), r"mine\.jinja:2: .*has no attribute 'titel'"),
        (FOUR.replace("TEXT", "{{ part.title | safe }}"), r"mine\.jinja:2: No filter named 'safe'"),
        (FOUR.replace("TEXT", "{{ 1 + part.title }}"), r"mine\.jinja:2: macro text: unsupported"),
        (FOUR.replace("TEXT", "{{ part.__class__ }}"), r"mine\.jinja:2: .*__class__.*unsafe"),
        (FOUR.replace("macro html", "macro htm"), r"mine\.jinja: macro html: .*html"),
        (FOUR.replace("TEXT", "{% include 'absent' %}"), r"mine\.jinja:2: .*absent"),
    ],
    ids=["syntax", "attribute", "safe", "type", "sandbox", "macro", "include"],
)
def test_a_broken_layout_is_named_with_its_line(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(SettingsError, match=problem):
        mails(sober(1), layout(tmp_path, text), "mine")


def test_a_layout_that_overfills_a_slack_section_is_refused(tmp_path: Path) -> None:
    renderer = layout(tmp_path, FOUR.replace("{{ study.link }}", "{{ 'x' * 3001 }}"))

    with pytest.raises(SettingsError, match="3001 characters for one study"):
        renderer.slack(sober(1), layout="mine")
