"""litbot dedupe --state: a set that grows, and the labelled sets."""

from __future__ import annotations

import csv
import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from cli_place import Litbot
from tables import LETTER, TRIAL, rows, table, works, write

from bot.store.database import connect, downgrade, reading, writing


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


def test_a_sqlite_file_of_another_program_is_refused_and_not_a_byte_of_it_changes(
    litbot: Litbot,
) -> None:
    write("a.csv", table(f"1,{TRIAL}"))
    with closing(sqlite3.connect("theirs.sqlite")) as db:
        db.execute("CREATE TABLE records (title TEXT)")
    before = Path("theirs.sqlite").read_bytes()

    result = litbot("dedupe", "a.csv", "--state", "theirs.sqlite")

    assert result.exit_code == 2
    assert "--state theirs.sqlite holds the tables of another program" in result.stderr
    assert Path("theirs.sqlite").read_bytes() == before
    assert [path.name for path in Path().glob("theirs*")] == ["theirs.sqlite"]


def test_a_server_database_of_another_program_is_refused(database_url: str, litbot: Litbot) -> None:
    engine = connect(database_url)
    downgrade(engine, "base")
    with writing(engine) as db:
        db.exec_driver_sql("CREATE TABLE theirs (title TEXT)")
    engine.dispose()

    result = litbot("dedupe", write("a.csv", table(f"1,{TRIAL}")), "--state", database_url)

    assert result.exit_code == 2
    assert "holds the tables of another program" in result.stderr
    with reading(engine) as db:
        assert set(sa.inspect(db).get_table_names()) == {"alembic_version", "theirs"}
    engine.dispose()


@pytest.mark.parametrize(
    ("at", "said"), [("0002", "litbot db upgrade --database sqlite:///"), ("9999", "knows only")]
)
def test_a_state_of_another_litbot_is_named_with_what_to_do(
    at: str, said: str, sqlite: Path, litbot: Litbot
) -> None:
    shutil.copyfile(sqlite, "set.db")
    with closing(sqlite3.connect("set.db")) as db, db:
        db.execute("UPDATE alembic_version SET version_num = ?", (at,))

    result = litbot("dedupe", write("a.csv", table(f"1,{TRIAL}")), "--state", "set.db")

    assert result.exit_code == 2
    assert f"--state set.db is at migration {at}" in result.stderr
    assert said in result.stderr


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
