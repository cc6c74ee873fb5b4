"""litbot dedupe: which records of files are one work."""

from __future__ import annotations

from pathlib import Path

import pytest
from builders import pubmed_set, record
from cli_place import Litbot, answer
from hypothesis import given
from hypothesis import strategies as st
from tables import LETTER, TITLE, TRIAL, rows, table, works, write

from bot.cli.deduping import Names


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
