"""litbot dedupe: what goes wrong is named, and nothing is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from builders import pubmed_set, record
from cli_place import Litbot, answer
from click.testing import Result
from tables import LETTER, TRIAL, rows, table, write

from bot.store.database import connect


def lines(result: Result) -> list[str]:
    return result.stderr.splitlines()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"id,title\n", "holds no record"),
        (b"id:title\n1:A\n", "the first row names no column title: 'id:title'"),
        (b"id,doi\n1,10.5555/1\n", "the first row names no column title: 'id,doi'"),
        (b"PK\x03\x04", "is a workbook or an archive"),
        (b"<html></html>", "the root is html"),
        (bytes(range(256)), "the first row names no column title"),
    ],
    ids=["empty", "no-rows", "colons", "no-title", "workbook", "html", "bytes"],
)
def test_where_no_record_is_read_the_files_are_named_and_nothing_is_written(
    content: bytes, said: str, litbot: Litbot
) -> None:
    write("bad.csv", content)

    result = litbot("dedupe", "bad.csv", "--clusters", "out.csv")
    as_json = litbot("dedupe", "bad.csv", "--json")

    assert result.exit_code == as_json.exit_code == 2
    assert lines(result)[0].startswith("bad.csv: ")
    assert said in result.stderr
    assert not Path("out.csv").exists()
    assert said in answer(as_json)["problems"][0]


@pytest.mark.parametrize(
    ("content", "said", "ids"),
    [
        (
            table(f"b,{TRIAL}", 'c,"Never closed', "d,A title,,,,,,,,,"),
            "line 3 has a quote that is never closed",
            "bd",
        ),
        (table(f"b,{TRIAL}", f"c,A, b, and c,{LETTER}"), "line 3 has 14 cells", "b"),
        (f"{table(f'b,{TRIAL}')}c,Bl\u00e4tter\n".encode("cp1252"), "line 3 is not UTF-8", "bc"),
        ("@article{x, title={open {b, \n\n@article{b, title={B}}\n", "entry 1: x: ", "b"),
        ("TY  - JOUR\nID  - b\nTI  - A\n", "has no ER line", "b"),
        (pubmed_set(record(pmid="7"))[:-20], "ends before </PubmedArticleSet>", "7"),
    ],
    ids=["quote", "cells", "latin-1", "brace", "er", "xml"],
)
def test_where_some_cannot_be_read_it_is_named_and_the_rest_is_done(
    content: str | bytes, said: str, ids: str, litbot: Litbot
) -> None:
    write("bad", content)
    write("good.csv", table(f"a,{TRIAL}"))

    result = litbot("dedupe", "bad", "good.csv", "none.csv")

    assert result.exit_code == 1
    assert {id_ for _, id_, _ in rows(result.stdout)} == {*ids, "a"}
    assert any(line.startswith("bad: ") and said in line for line in lines(result))
    assert "none.csv: cannot be read: No such file or directory" in lines(result)


def test_with_its_encoding_named_a_file_is_read_without_a_word(litbot: Litbot) -> None:
    write("a.csv", table(f"1,{TRIAL}", "2,Bl\u00e4tter").encode("latin-1"))

    result = litbot("dedupe", "a.csv", "--encoding", "latin-1")

    assert result.exit_code == 0
    assert len(rows(result.stdout)) == 2


def test_of_many_problems_of_a_kind_ten_are_printed_and_the_others_counted(
    litbot: Litbot,
) -> None:
    write("a.csv", table(f"1,{TRIAL}", *["x,y" + "," * 20] * 50))

    result = litbot("dedupe", "a.csv")

    assert sum("cells" in line for line in lines(result)) == 10
    assert "a.csv: 40 more entries are no records" in lines(result)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name a file of records"),
        (("a.csv", "--encoding", "klingon"), "--encoding 'klingon' is none of text files"),
        (("a.csv", "--encoding", "base64"), "--encoding 'base64' is none of text files"),
        (("a.csv", "--encoding", "utf-16"), "is none of text files"),
        (("a.csv", "--clusters", "nowhere/out.csv"), "there is no folder"),
        (("a.csv", "--clusters", "queries"), "is a folder"),
        (("a.csv", "--clusters", "./a.csv"), "is one of the files to read"),
        (("a.csv", "--clusters", "link.csv"), "is one of the files to read"),
        (("a.csv", "--state", "a.csv"), "a.csv is no SQLite database"),
        (("a.csv", "--state", "queries"), "is a folder"),
        (("a.csv", "--state", "nowhere/set.db"), "--state nowhere/set.db: there is no folder"),
        (("a.csv", "--state", "new.db", "--clusters", "new.db"), "is one of the files to read"),
        (("a.csv", "--state", "mysql://x/y"), "'mysql' is not supported"),
        (("a.csv", "--state", "postgresql://127.0.0.1:1/x"), "--state: database postgresql"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_what_cannot_be_meant_ends_the_command_before_anything_is_done(
    arguments: tuple[str, ...], said: str, litbot: Litbot
) -> None:
    before = write("a.csv", table(f"1,{TRIAL}"))
    Path("link.csv").symlink_to("a.csv")

    result = litbot("dedupe", *arguments)

    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""
    assert Path(before).read_text() == table(f"1,{TRIAL}")
    assert not Path("new.db").exists()


def test_a_state_of_another_version_is_named(litbot: Litbot) -> None:
    litbot("dedupe", write("a.csv", table(f"1,{TRIAL}")), "--state", "set.db")
    engine = connect("sqlite:///set.db")
    with engine.begin() as db:
        db.exec_driver_sql("UPDATE alembic_version SET version_num = '0002'")
    engine.dispose()

    result = litbot("dedupe", "a.csv", "--state", "set.db")

    assert result.exit_code == 2
    assert "is at migration 0002" in result.stderr


def test_a_reader_that_goes_away_is_no_error_of_ours(place: Path) -> None:
    write("a.csv", table(*(f"{n},Made-up word{n * 7} about thing{n * 13}" for n in range(100))))
    reader, writer = os.pipe()
    os.close(reader)

    done = subprocess.run(
        [sys.executable, "-m", "bot", "dedupe", "a.csv"],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        check=False,
    )
    os.close(writer)

    assert done.returncode in (0, 1)
    assert "Traceback" not in done.stderr
