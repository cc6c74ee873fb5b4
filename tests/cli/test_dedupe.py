"""litbot dedupe: which records of files are one work."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest
from builders import pubmed_set, record
from cli_place import Litbot, answer
from click.testing import Result
from hypothesis import given
from hypothesis import strategies as st

from bot.cli.deduping import Names
from bot.store.database import connect

TITLE = "Ketamine with psychotherapy for depression: a made-up trial"
HEADER = "id,title,authors,year,journal,volume,number,pages,doi,pmid,abstract"
TRIAL = f'{TITLE},"Sample, A. B.; Other, C.",2026,J Made Up Stud,7,2,11-19,10.5555/litbot.1,,'
LETTER = 'Nothing like it was ever seen before,"Else, D.",2020,J Other Things,1,1,3-4,,,'


def table(*rows: str) -> str:
    return "\n".join((HEADER, *rows, ""))


def write(name: str, content: str | bytes) -> str:
    Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
    return name


def rows(text: str) -> list[tuple[str, str, str]]:
    header, *others = csv.reader(io.StringIO(text))
    assert header == ["cluster", "id", "rule"]
    return [(cluster, id_, rule) for cluster, id_, rule in others]


def works(text: str) -> set[frozenset[str]]:
    """The clusters, without their numbers and order."""
    found = defaultdict(set)
    for cluster, id_, _ in rows(text):
        found[cluster].add(id_)
    return {frozenset(some) for some in found.values()}


# ---- the answer


def test_a_record_is_one_work_in_every_format(litbot: Litbot) -> None:
    files = [
        write("a.csv", table(f"x1,{TRIAL}", f"x2,{LETTER}")),
        write("b.xml", pubmed_set(record(title=f"{TITLE}."))),
        write(
            "c.ris",
            f"TY  - JOUR\nID  - r1\nTI  - {TITLE}\nAU  - Sample, A. B.\nPY  - 2026\n"
            "JO  - J Made Up Stud\nVL  - 7\nIS  - 2\nSP  - 11\nEP  - 19\nDO  - 10.5555/litbot.1\nER  - \n",
        ),
        write(
            "d.nbib",
            f"PMID- 90000001\nTI  - {TITLE}.\nAU  - Sample AB\nTA  - J Made Up Stud\nDP  - 2026 Oct\n"
            "VI  - 7\nIP  - 2\nPG  - 11-9\nAID - 10.5555/litbot.1 [doi]\n",
        ),
        write(
            "e.bib",
            f"@article{{sample, title={{{TITLE}}}, author={{Sample, A. B.}}, year=2026, "
            "journal={J Made Up Stud}, volume=7, number=2, pages={11--19}, doi={10.5555/litbot.1}}\n",
        ),
    ]

    result = litbot("dedupe", *files)

    assert result.exit_code == 0
    assert works(result.stdout) == {
        frozenset({"x1", "90000001", "r1", "90000001#2", "sample"}),
        frozenset({"x2"}),
    }
    assert [bool(rule) for _, _, rule in rows(result.stdout)] == [False, *[True] * 4, False]


def test_every_record_stands_once_in_the_answer_and_the_counts_add_up(litbot: Litbot) -> None:
    write("a.csv", table(*(f"{n},{TRIAL if n % 2 else LETTER}" for n in range(1, 8))))

    result = litbot("dedupe", "a.csv")

    assert [(cluster, id_) for cluster, id_, _ in rows(result.stdout)] == [
        *(("1", "1"), ("1", "3"), ("1", "5"), ("1", "7")),
        *(("2", "2"), ("2", "4"), ("2", "6")),
    ]
    assert "read 7 records: 7 new, 0 there already; 0 could not be read\n" in result.stderr
    assert "7 records are 2 works and 5 duplicates\n" in result.stderr


def test_no_setting_is_needed_and_none_is_looked_at(litbot: Litbot) -> None:
    write("a.csv", table(f"1,{TRIAL}"))

    result = litbot("dedupe", "a.csv", SMPT_URL="a slip", WEB_PORT="99999")

    assert result.exit_code == 0
    assert not Path("var").exists()


def test_json_holds_the_clusters_what_is_related_and_the_counts(litbot: Litbot) -> None:
    erratum = TRIAL.replace(TITLE, f"Erratum: {TITLE}").replace("litbot.1", "litbot.2")
    write("a.csv", table(f"1,{TRIAL}", f"2,{TRIAL}", f"3,{erratum}"))

    result = litbot("dedupe", "a.csv", "--json")

    found = answer(result)
    assert [(row["cluster"], row["id"]) for row in found["clusters"]] == [
        *((1, "1"), (1, "2"), (2, "3"))
    ]
    assert {(one["id"], one["other"]) for one in found["related"]} >= {("1", "3")}
    assert {name: found[name] for name in ("read", "new", "works", "duplicates")} == {
        "read": 3,
        "new": 3,
        "works": 2,
        "duplicates": 1,
    }
    assert found["problems"] == []
    assert result.stderr == ""


def test_the_clusters_may_go_to_a_file(litbot: Litbot) -> None:
    write("a.csv", table(f"1,{TRIAL}"))

    result = litbot("dedupe", "a.csv", "--clusters", "out.csv")

    assert result.stdout == ""
    assert Path("out.csv").read_text() == "cluster,id,rule\n1,1,\n"


# ---- ids


def test_an_id_that_comes_again_gets_a_name_of_its_own(litbot: Litbot) -> None:
    write("a.csv", table(f"1,{TRIAL}", f"1,{LETTER}", f"1,{TRIAL}", f"1#2,{TRIAL}"))

    result = litbot("dedupe", "a.csv", "--json")

    found = answer(result)
    assert result.exit_code == 0
    assert [row["id"] for row in found["clusters"]] == ["1", "1#3", "1#2#2", "1#2"]
    assert [(one["id"], one["name"]) for one in found["renamed"]] == [
        *(("1", "1#2"), ("1", "1#3"), ("1#2", "1#2#2"))
    ]
    assert "a.csv: entry 2: the id '1' is taken; it is called '1#2'\n" in result.stderr


def test_what_another_file_says_again_under_its_id_is_the_same_entry(litbot: Litbot) -> None:
    write("a.csv", table(f"1,{TRIAL}", f"2,{LETTER}"))
    write("b.csv", table(f"2,{LETTER}", f"1,{LETTER}"))

    result = litbot("dedupe", "a.csv", "b.csv")

    assert works(result.stdout) == {frozenset({"1"}), frozenset({"2", "1#2"})}
    assert "read 4 records: 3 new, 1 there already" in result.stderr


@given(st.lists(st.tuples(st.sampled_from(["a", "a#2", "b"]), st.integers(0, 2)), max_size=12))
def test_a_name_is_given_once_in_a_file_and_the_same_one_when_it_is_fed_again(
    file: list[tuple[str, int]],
) -> None:
    said: dict[str, int] = {}

    def feed() -> list[tuple[str, bool]]:
        names, given_ = Names(), []
        for own, content in file:
            name, known = names.give(
                own, lambda name, content=content: said[name] == content if name in said else None
            )
            said[name] = content
            given_.append((name, known))
        return given_

    first, second = feed(), feed()

    assert len({name for name, _ in first}) == len(file)
    assert not any(known for _, known in first)
    assert second == [(name, True) for name, _ in first]


@pytest.mark.parametrize("id_", ["=1+1", "+cmd", "-x", "@a", "\uff1d1"])
def test_what_a_spreadsheet_would_run_stands_behind_an_apostrophe(id_: str, litbot: Litbot) -> None:
    write("a.csv", table(f"{id_},{TRIAL}"))

    shown, for_programs = litbot("dedupe", "a.csv"), litbot("dedupe", "a.csv", "--json")

    assert rows(shown.stdout) == [("1", f"'{id_}", "")]
    assert "behind an apostrophe" in shown.stderr
    assert answer(for_programs)["clusters"][0]["id"] == id_


@pytest.mark.parametrize("id_", ["-5", "+1.5", "1-2", "a=b", "#12"])
def test_any_other_id_is_given_as_it_is(id_: str, litbot: Litbot) -> None:
    write("a.csv", table(f"{id_},{TRIAL}"))

    assert rows(litbot("dedupe", "a.csv").stdout) == [("1", id_, "")]


def test_nothing_foreign_steers_the_terminal(litbot: Litbot) -> None:
    steering = "\x1b]0;owned\x07\x9b31m\u202e"
    write(
        f"{steering}.csv", table(f"{steering}1,{TRIAL}", f"{steering}1,{LETTER}", "1,2" + "," * 99)
    )
    write("b.bib", f"@article{{{steering} a, title={{never closed\n\n@article{{b, title={{B}}}}\n")
    write("c.csv", f"{steering}name,{steering}age\n1,2\n")

    result = litbot("dedupe", f"{steering}.csv", "b.bib", "c.csv", f"none{steering}")

    assert result.exit_code == 1
    assert not set("\x1b\x07\x9b\u202e") & set(result.stdout + result.stderr)


# ---- a set that grows


def made_up(count: int) -> list[str]:
    """Rows of which every third is an earlier one, written otherwise."""
    found = []
    for n in range(count):
        of = n - 2 if n % 3 == 2 else n
        words = " ".join(f"{word}{of}" for word in ("sampling", "remission", "made", "trial"))
        title = (
            f"A study of {words} in people".upper() if of < n else f"A study of {words} in people"
        )
        doi = "" if n % 2 else f"10.5555/x.{of}"
        found.append(
            f'k{n},{title},"Sample{of}, A.",2026,J Made Up Stud,{of},1,{of}-{of + 8},{doi},,'
        )
    return found


def batches(lines: list[str], count: int) -> Iterable[str]:
    size = -(-len(lines) // count)
    for start in range(0, len(lines), size):
        yield write("batch.csv", table(*lines[start : start + size]))


def test_a_set_fed_in_batches_is_the_set_fed_at_once(litbot: Litbot) -> None:
    lines = made_up(60)
    at_once = litbot("dedupe", write("all.csv", table(*lines))).stdout

    for name in batches(lines, 5):
        grown = litbot("dedupe", name, "--state", "set.db")

    assert grown.exit_code == 0
    assert rows(grown.stdout) == rows(at_once)
    assert len(works(at_once)) == 40


def test_the_order_in_which_a_set_is_fed_does_not_matter(litbot: Litbot) -> None:
    lines = made_up(60)
    at_once = litbot("dedupe", write("all.csv", table(*lines))).stdout

    for name in batches(sorted(lines, key=lambda line: line[::-1]), 3):
        grown = litbot("dedupe", name, "--state", "set.db")

    assert works(grown.stdout) == works(at_once)


def test_a_file_fed_a_second_time_adds_nothing_and_says_so(litbot: Litbot) -> None:
    write("a.csv", table(f"1,{TRIAL}", f"1,{LETTER}", f"2,{TRIAL}"))
    first = litbot("dedupe", "a.csv", "--state", "set.db")

    second = litbot("dedupe", "a.csv", "--state", "set.db")

    assert "read 3 records: 3 new, 0 there already" in first.stderr
    assert "read 3 records: 0 new, 3 there already" in second.stderr
    assert second.stdout == first.stdout


def test_an_id_with_other_content_is_kept_beside_what_was_fed_under_it(litbot: Litbot) -> None:
    litbot("dedupe", write("a.csv", table(f"1,{TRIAL}")), "--state", "set.db")

    result = litbot("dedupe", write("b.csv", table(f"1,{LETTER}")), "--state", "set.db")
    again = litbot("dedupe", "b.csv", "--state", "set.db")

    assert works(result.stdout) == {frozenset({"1"}), frozenset({"1#2"})}
    assert "b.csv: entry 1: the id '1' is taken; it is called '1#2'" in result.stderr
    assert "0 new, 1 there already" in again.stderr
    assert again.stdout == result.stdout


def test_without_a_file_the_state_is_shown(litbot: Litbot) -> None:
    fed = litbot("dedupe", write("a.csv", table(f"1,{TRIAL}")), "--state", "set.db")

    assert litbot("dedupe", "--state", "set.db").stdout == fed.stdout


def test_what_shares_a_pmid_and_says_the_same_is_shown_under_each_of_its_ids(
    litbot: Litbot,
) -> None:
    with_pmid = TRIAL.replace(",,", ",90000001,")
    write("a.csv", table(f"x,{with_pmid}", f"y,{LETTER}", f"z,{with_pmid}"))
    in_memory = litbot("dedupe", "a.csv")

    in_state = litbot("dedupe", "a.csv", "--state", "set.db")
    again = litbot("dedupe", "a.csv", "--state", "set.db")

    assert works(in_state.stdout) == works(in_memory.stdout)
    assert sorted(rows(in_state.stdout)) == sorted(rows(in_memory.stdout))
    assert "0 new, 3 there already" in again.stderr


def test_a_state_may_be_on_a_server(database_url: str, litbot: Litbot) -> None:
    write("a.csv", table(f"1,{TRIAL}", f"2,{TRIAL}", f"3,{LETTER}"))

    results = [litbot("dedupe", "a.csv", "--state", database_url) for _ in range(2)]

    assert works(results[0].stdout) == {frozenset({"1", "2"}), frozenset({"3"})}
    assert results[1].stdout == results[0].stdout


# ---- the labelled sets


def measured(shared: Path, gold: Path, clusters: Path) -> dict[str, float]:
    tool = shared / "tools/measure_dedup.py"
    done = subprocess.run(
        [sys.executable, tool, gold, clusters, "--json"], check=True, capture_output=True, text=True
    )
    found = json.loads(done.stdout)
    assert found["unknown_ids"] == 0
    return dict(found)


@pytest.mark.parametrize("name", ["copper", "diabetes"])
def test_the_labelled_sets_hold_no_false_pair(shared: Path, name: str, litbot: Litbot) -> None:
    gold = shared / "data/dedup" / name

    litbot("dedupe", str(gold / "records.csv"), "--clusters", "out.csv")

    found = measured(shared, gold, Path("out.csv"))
    assert (found["FP"], found["lost_entities"]) == (0, 0)
    assert found["recall"] >= 0.99


def test_a_labelled_set_fed_in_twenty_batches_and_another_order_is_the_same(
    shared: Path, litbot: Litbot
) -> None:
    gold = shared / "data/dedup/copper"
    at_once = litbot("dedupe", str(gold / "records.csv"))
    with (gold / "records.csv").open(encoding="utf-8", newline="") as stream:
        header, *lines = csv.reader(stream)
    lines.sort(key=lambda line: line[1][::-1])

    for start in range(0, len(lines), 26):
        with Path("batch.csv").open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([header, *lines[start : start + 26]])
        grown = litbot("dedupe", "batch.csv", "--state", "set.db")

    assert works(grown.stdout) == works(at_once.stdout)


# ---- what goes wrong


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
    assert "the database is at migration 0002" in result.stderr


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
