"""litbot query check and explain: findings with their place, fixes, answers, exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_place import Litbot, answer, write_query
from typer.testing import CliRunner

from bot.cli import app
from bot.strategy.checks import CODES

MIXED = "asthma*[tiab] AND yoga[tiab] OR pilates[tiab]\n"


def test_a_finding_has_its_place_a_caret_a_reason_and_a_remedy(litbot: Litbot, place: Path) -> None:
    (place / "cough.txt").write_text('Cough[mh] OR cough*[tiab]\n  OR "acute cough"[tiab]\n')

    result = litbot("query", "check", "cough.txt")

    assert result.exit_code == 0
    assert result.stdout.splitlines()[:5] == [
        'cough.txt:2:6: LB402 [warning] "acute cough"[tiab] is found only if the phrase index has it',
        '    OR "acute cough"[tiab]',
        "       ^^^^^^^^^^^^^^^^^^^",
        f"    because {CODES['LB402'].why}",
        '    perhaps: "acute cough"[tiab:~0]',
    ]


def test_a_saved_query_is_placed_in_its_file_whatever_the_style_of_its_text(
    litbot: Litbot, place: Path
) -> None:
    write_query(place / "queries", "block", "|\n  cough*[tiab] OR\n   cat*[tiab]")
    write_query(place / "queries", "quoted", '"cough*[tiab] OR cat*[tiab]"')

    found = answer(litbot("query", "check", "--json"))["findings"]

    places = {(one["file"], one["line"], one["column"]) for one in found if one["code"] == "LB403"}
    assert places == {("queries/block.yaml", 6, 4), ("queries/quoted.yaml", 4, 26)}


@pytest.mark.parametrize(
    ("text", "flags", "code"),
    [
        ("asthma*[tiab] OR wheez*[tiab]\n", [], 0),
        (MIXED, [], 0),
        (MIXED, ["--strict"], 1),
        ("asthma*[ab] OR wheez*[tiab]\n", [], 1),
        ("(asthma*[tiab] OR wheez*[tiab]\n", [], 1),
        ("", [], 1),
    ],
    ids=["notes", "warnings", "warnings, strictly", "an error", "syntax", "empty"],
)
def test_errors_fail_and_warnings_only_strictly(
    litbot: Litbot, place: Path, text: str, flags: list[str], code: int
) -> None:
    (place / "one.txt").write_text(text)

    assert litbot("query", "check", "one.txt", *flags).exit_code == code


def test_stdin_is_a_file_too() -> None:
    result = CliRunner().invoke(app, ["query", "check", "-"], input=MIXED)

    assert result.stdout.startswith("-:1:1: LB201 [warning]")


def test_what_why_answers_is_told_only_on_request(litbot: Litbot, place: Path) -> None:
    reason = '["[LB304] Narrower headings are other questions."]'
    pubmed = "(asthma*[tiab] OR Asthma[mh:noexp])"
    path = str(write_query(place / "queries", "relapse", pubmed, more=f"why: {reason}\n"))

    assert "LB304" not in litbot("query", "check", path).stdout
    assert "LB304 [warning, answered]" in litbot("query", "check", "--all", path).stdout
    assert litbot("query", "check", "--strict", path).exit_code == 0


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_fix_changes_only_its_place_in_the_file(
    litbot: Litbot, place: Path, newline: str, mark: str
) -> None:
    path = place / "queries" / "relapse.yaml"
    before = (
        mark + "title:   'Asthma'   # spaces stay\nquestion: Why?\n"
        "owner: {name: A, target: a@example.org}\n"
        "pubmed: |\n  (asthma*[tiab] | wheez*[tiab]\n    OR wheez*[tiab])\n  & yoga*[tiab]\n\nwhy: [x]\n"
    ).replace("\n", newline)
    path.write_bytes(before.encode())

    result = litbot("query", "check", "--fix", "queries/relapse.yaml")

    after = (
        before.replace("|" + " wheez", "OR wheez")
        .replace(f"{newline}    OR wheez*[tiab])", ")")
        .replace("& yoga", "AND yoga")
    )
    assert result.exit_code == 0
    assert path.read_bytes().decode() == after
    litbot("query", "check", "--fix", "queries/relapse.yaml")
    assert path.read_bytes().decode() == after


@pytest.mark.parametrize("newline", ["\r", "\x85", "\u2028", "\u2029"])
@pytest.mark.parametrize("style", ["|\n  ", ">\n  ", "", "'"])
def test_every_line_end_of_yaml_is_counted(
    litbot: Litbot, place: Path, newline: str, style: str
) -> None:
    path = place / "queries" / "relapse.yaml"
    pubmed = f"{style}cat*[tiab]\n  OR wheez*[tiab]{style.strip() if style == chr(39) else ''}"
    whole = (
        "title: Asthma\nquestion: Why?\nowner: {name: A, target: a@example.org}\n"
        f"pubmed: {pubmed}\nwhy: [x]\n"
    ).replace("\n", newline)
    path.write_bytes(whole.encode())

    for flags in (["--all"], ["--fix"], ["--json"]):
        result = litbot("query", "check", str(path), *flags)
        assert result.exit_code in (0, 1, 2)
        assert result.exception is None or isinstance(result.exception, SystemExit)
    shown = litbot("query", "check", "--all", str(path)).stdout
    assert "relapse.yaml:5:" in shown or "relapse.yaml:4:" in shown or newline in "\u2028\u2029"


def test_a_file_whose_places_cannot_be_told_is_not_touched(litbot: Litbot, place: Path) -> None:
    path = write_query(place / "queries", "relapse", ">\n  (asthma*[tiab]\n  | wheez*[tiab])")
    before = path.read_bytes()

    result = litbot("query", "check", "--fix")

    assert result.exit_code == 2
    assert "write the strategy as a block" in result.stderr
    assert path.read_bytes() == before


@pytest.mark.parametrize("arguments", [["none.txt"], ["none.yaml"], ["-", "--fix"], ["bytes.txt"]])
def test_what_cannot_be_checked_is_one_clear_line(
    litbot: Litbot, place: Path, arguments: list[str]
) -> None:
    (place / "bytes.txt").write_bytes(b"\xff\xfe")

    result = litbot("query", "check", *arguments)

    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1


def test_a_strategy_cannot_steer_the_terminal(litbot: Litbot, place: Path) -> None:
    (place / "bad.txt").write_text('"a\x1b]0;b\x07 ulcer"[tiab] OR cat*[tiab]')

    assert "\x1b" not in litbot("query", "check", "--all", "bad.txt").stdout


def test_every_code_is_listed_and_explained(litbot: Litbot) -> None:
    listed = litbot("query", "explain").stdout

    for code in CODES:
        assert code in listed
    assert "left to right" in litbot("query", "explain", "lb201").stdout
    assert answer(litbot("query", "explain", "LB201", "--json"))["codes"][0]["level"] == "warning"
    assert litbot("query", "explain", "LB999").exit_code == 2


def test_a_plain_file_is_mended_behind_its_byte_order_mark(litbot: Litbot, place: Path) -> None:
    (place / "one.txt").write_bytes(b"\xef\xbb\xbfcough*[tiab] & fever*[tiab]\r\n")

    litbot("query", "check", "--fix", "one.txt")

    assert (place / "one.txt").read_bytes() == b"\xef\xbb\xbfcough*[tiab] AND fever*[tiab]\r\n"
