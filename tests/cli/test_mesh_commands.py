"""litbot mesh import and show."""

from __future__ import annotations

from pathlib import Path

from cli_place import Litbot, answer

RECORD = """<DescriptorRecord><DescriptorUI>{ui}</DescriptorUI>
<DescriptorName><String>{name}</String></DescriptorName>
<TreeNumberList><TreeNumber>{number}</TreeNumber></TreeNumberList></DescriptorRecord>"""
RECORDS = "".join(
    RECORD.format(ui=ui, name=name, number=number)
    for ui, name, number in (
        ("D1", "Sleep", "F02.830.855"),
        ("D2", "Sleep Stages", "F02.830.855.796"),
        ("D3", "Sleep, REM", "F02.830.855.796.500"),
    )
)
WHOLE = f"<DescriptorRecordSet>{RECORDS}</DescriptorRecordSet>"


def test_what_lies_below_a_heading_is_shown_as_a_tree(litbot: Litbot) -> None:
    result = litbot("mesh", "show", "professional-patient relations")

    assert result.exit_code == 0
    assert result.stdout.splitlines()[0].endswith("from the part of MeSH 2024 that litbot ships")
    assert "Professional-Patient Relations [F01.829.401.650]\n" in result.stdout
    assert "  Therapeutic Alliance [F01.829.401.650.918]\n" in result.stdout


def test_after_an_import_the_imported_table_is_shown(litbot: Litbot, place: Path) -> None:
    (place / "desc2026.xml").write_text(WHOLE)

    result = litbot("mesh", "import", "desc2026.xml", NOW="2026-03-02")
    shown = litbot("mesh", "show", "sleep")

    assert result.stdout == "imported 3 headings with 3 places in the tree from desc2026.xml\n"
    assert shown.stdout.splitlines() == [
        "3 headings, from desc2026.xml, imported 2026-03-02",
        "Sleep [F02.830.855]",
        "  Sleep Stages [F02.830.855.796]",
        "    Sleep, REM [F02.830.855.796.500]",
    ]
    assert answer(litbot("mesh", "show", "Sleep, REM", "--json")) == {
        "heading": "Sleep, REM",
        "from": "desc2026.xml, imported 2026-03-02",
        "places": [{"tree_number": "F02.830.855.796.500", "ui": "D3", "name": "Sleep, REM"}],
    }


def test_the_name_of_a_file_cannot_steer_the_terminal(litbot: Litbot, place: Path) -> None:
    name = "d\x1b[31m.xml"
    (place / name).write_text(WHOLE)

    assert litbot("mesh", "import", name).exit_code == 0
    assert "from d[31m.xml, imported" in litbot("mesh", "show", "Sleep").stdout


def test_of_a_file_that_breaks_off_nothing_is_imported(litbot: Litbot, place: Path) -> None:
    (place / "good.xml").write_text(WHOLE)
    (place / "cut.xml").write_text(WHOLE.removesuffix("</DescriptorRecordSet>"))
    litbot("mesh", "import", "good.xml")

    result = litbot("mesh", "import", "cut.xml", "--json")

    assert result.exit_code == 1
    assert result.stderr.startswith("cut.xml: ")
    assert "imported" not in answer(result)
    assert "from good.xml" in litbot("mesh", "show", "Sleep").stdout


def test_a_heading_that_is_not_there_is_refused_with_those_that_are_like_it(litbot: Litbot) -> None:
    misspelt, unknown = litbot("mesh", "show", "Psychoterapy"), litbot("mesh", "show", "Zebrafish")

    assert (misspelt.exit_code, unknown.exit_code) == (2, 2)
    assert "did you mean 'Psychotherapy'" in misspelt.stderr
    assert "litbot mesh import FILE" in unknown.stderr


def test_what_was_imported_explodes_the_headings_of_a_strategy(litbot: Litbot, place: Path) -> None:
    (place / "desc2026.xml").write_text(WHOLE)
    (place / "one.nbib").write_text("PMID- 90000001\nTI  - Dreams\nMH  - Sleep, REM\n")
    ask = ("query", "match", '"Sleep"[mh]', "one.nbib")

    before = litbot(*ask).stdout
    litbot("mesh", "import", "desc2026.xml")
    after = litbot(*ask).stdout

    assert "\tunknown" in before
    assert "\tyes" in after
