"""What real exports of RIS and CSV do to their fields."""

from __future__ import annotations

import csv as table
import gzip
from pathlib import Path
from typing import Any

import pytest

from bot.errors import FormatError
from bot.formats import csv
from bot.formats.reading import Entry, Unreadable, entries, records
from bot.model import Author, Record

RIS_IDS = """\
TY  - JOUR
ID  - 12
TI  - A
ER  -
TY  - JOUR
TI  - B
UR  - https://pubmed.ncbi.nlm.nih.gov/90000001/
ER  -
TY  - JOUR
TI  - C
ER  -
"""


def read(folder: Path, content: str) -> list[Record]:
    path = folder / "export"
    path.write_text(content, encoding="utf-8")
    return [one for one in records(path) if isinstance(one, Record)]


def from_ris(folder: Path, *lines: str) -> Record:
    (found,) = read(folder, "\n".join(("TY  - JOUR", "TI  - A", *lines, "ER  - ", "")))
    return found


def from_csv(folder: Path, header: str, row: str) -> Record:
    (found,) = read(folder, f"title,{header}\nA,{row}\n")
    return found


@pytest.mark.parametrize(
    ("lines", "published"),
    [
        (("PY  - 2026", "DA  - 2026/03/05/"), "2026-03-05"),
        (("PY  - 2026///",), "2026"),
        (("PY  - 2026", "DA  - Mar 5"), "2026"),
        (("PY  - 2026", "DA  - 2026 Mar 5"), "2026-03-05"),
        (("PY  - 2026", "Y1  - 2025/12/30/"), "2026"),
        (("Y1  - 2026/03//",), "2026-03"),
        ((), ""),
    ],
)
def test_the_most_exact_date_of_the_year_is_taken(
    lines: tuple[str, ...], published: str, tmp_path: Path
) -> None:
    assert from_ris(tmp_path, *lines).published == published


def test_keywords_on_lines_without_a_tag_are_keywords_of_their_own(tmp_path: Path) -> None:
    found = from_ris(tmp_path, "KW  - ketamine", "depression", "    relapse", "AB  - It", "helps.")

    assert found.keywords == ("ketamine", "depression", "relapse")
    assert found.abstract_text == "It helps."


@pytest.mark.parametrize(
    ("language", "codes"),
    [("English", ("eng",)), ("ger", ("ger",)), ("Malay", ("may",)), ("Unknown", None), ("", None)],
)
def test_a_language_is_taken_only_where_it_is_one(
    language: str, codes: tuple[str, ...] | None, tmp_path: Path
) -> None:
    assert from_ris(tmp_path, f"LA  - {language}").languages == codes


def test_words_before_the_first_entry_are_passed_over(tmp_path: Path) -> None:
    (found,) = read(
        tmp_path, "Provider: A shop\nContent: text/plain\n\nTY  - JOUR\nTI  - A\nER  -\n"
    )

    assert found == Record(
        title="A", abstract=None, keywords=None, affiliations=None, languages=None
    )


def test_an_entry_between_others_may_lack_its_end(tmp_path: Path) -> None:
    found = read(tmp_path, "TY  - JOUR\nTI  - A\nTY  - JOUR\nTI  - B\nER  - \n")

    assert [one.title for one in found] == ["A", "B"]


def test_an_entry_that_does_not_end_is_named(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"the last entry \('B'\) has no ER line"):
        read(tmp_path, "TY  - JOUR\nTI  - A\nER  -\nTY  - JOUR\nTI  - B\nAB  - It hel")


@pytest.mark.parametrize(
    ("rows", "line", "reason", "titles"),
    [
        ('"B,2\nC,3\nD,4\n', 3, "has a quote that is never closed", ["A", "C", "D"]),
        ('"B,2\nC,3\n"D, or E",4\n', 3, "cannot be read: ','", ["A", "C", "D, or E"]),
        ('"B" b,2\n"C, c",3\n', 3, "cannot be read: ','", ["A", "C, c"]),
        (f'"{"B" * csv.LONGEST_CELL}C",2\nD,4\n', 3, "has a cell of more than", ["A", "D"]),
    ],
    ids=["open-to-the-end", "open-to-the-next-quote", "stray", "endless"],
)
def test_a_row_with_broken_quotes_is_named_and_takes_no_other_with_it(
    rows: str, line: int, reason: str, titles: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "export"
    path.write_text(f"title,doi\nA,1\n{rows}")

    found = list(records(path))

    assert [one.title for one in found if isinstance(one, Record)] == titles
    (problem,) = (one.reason for one in found if isinstance(one, Unreadable))
    assert problem.startswith(f"the row in line {line} {reason}")


def test_the_rest_of_a_broken_cell_makes_no_records(tmp_path: Path) -> None:
    path = tmp_path / "export"
    path.write_text('title,doi,year\n"A" a,1,"in\nthe middle\nof it",\nB,2,2026\n')

    found = list(records(path))

    assert [one.title for one in found if isinstance(one, Record)] == ["B"]
    assert len(found) == 4


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("Sample AB, van der Example J.", ("Sample AB", "van der Example J")),
        ("Sample, A. B.; Example, J.", ("Sample AB", "Example J")),
        ("van der Sample, Ada Bea", ("van der Sample AB",)),
        ("Sample, Ada | Example, Jo", ("Sample A", "Example J")),
        ("The Made-up Group", ("The Made-up Group",)),
        ("", ()),
    ],
)
def test_the_authors_of_one_cell_are_told_apart(
    cell: str, names: tuple[str, ...], tmp_path: Path
) -> None:
    found = from_csv(tmp_path, "authors", f'"{cell}"')

    assert tuple(author.name for author in found.authors) == names


def test_no_phrase_crosses_two_keywords_of_a_cell(tmp_path: Path) -> None:
    assert from_csv(tmp_path, "keywords", '"ketamine, relapse"').keywords == ("ketamine", "relapse")
    assert from_csv(tmp_path, "keywords", '"Disorder, Major; relapse"').keywords == (
        "Disorder, Major",
        "relapse",
    )


def test_numbers_that_a_spreadsheet_has_made_of_identifiers_and_years(tmp_path: Path) -> None:
    found = from_csv(tmp_path, "pmid,date,year", "90000001.0,,2026")

    assert (found.pmid, found.published) == ("90000001", "2026")


def test_an_author_of_one_word_is_kept(tmp_path: Path) -> None:
    assert from_csv(tmp_path, "authors", "Sample").authors == (Author(collective="Sample"),)


@pytest.mark.parametrize("name", ["copper", "diabetes"])
def test_every_row_of_the_deduplication_sets_is_read(shared: Path, name: str) -> None:
    path = shared / "data/dedup" / name / "records.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(table.DictReader(stream))

    found = [one for one in records(path) if isinstance(one, Record)]

    assert len(found) == len(rows)
    assert [bool(one.abstract) for one in found] == [bool(row["abstract"].strip()) for row in rows]
    assert sum(bool(one.published) for one in found) == sum(bool(row["year"]) for row in rows)


def test_a_row_with_too_many_cells_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    path = tmp_path / "export"
    path.write_text('title,doi\n"A\n\nb",\nA, b and c,10.5555/1\nB,\n')

    first, second, third = records(path)

    assert second == Unreadable(
        number=2,
        reason="the row in line 5 has 3 cells, the first row 2; quote the cells that hold ','",
    )
    assert isinstance(first, Record)
    assert isinstance(third, Record)


def test_a_delimiter_at_the_end_of_every_row_is_no_cell(tmp_path: Path) -> None:
    found = read(tmp_path, "title,doi\nA,10.5555/1,\nB,,\nC,\n")

    assert [one.title for one in found] == ["A", "B", "C"]


def test_the_first_row_of_a_file_that_was_joined_to_another_is_no_record(tmp_path: Path) -> None:
    found = read(tmp_path, "title,doi\nA,\ntitle,doi\nB,\n")

    assert [one.title for one in found] == ["A", "B"]


def test_cells_that_have_moved_on_to_where_no_column_is_are_named(tmp_path: Path) -> None:
    path = tmp_path / "export"
    path.write_text("title,doi,abstract\nA,,\nB, or C,10.5555/1,\n")

    assert [type(one) for one in records(path)] == [Record, Unreadable]


def test_what_there_is_of_an_entry_that_does_not_end_is_read_before_it_is_named(
    tmp_path: Path,
) -> None:
    path = tmp_path / "export"
    path.write_text("TY  - JOUR\nTI  - A\nDO  - 10.5555/1\n")
    found = records(path)

    first = next(found)

    assert isinstance(first, Record)
    assert first.doi == "10.5555/1"
    with pytest.raises(FormatError, match="has no ER line"):
        next(found)


@pytest.mark.parametrize(
    ("header", "row", "field", "value"),
    [
        (
            "Key,Publication Title,Date",
            "AB12,J Made Up Stud,2026-03-05",
            "journal",
            "J Made Up Stud",
        ),
        ("Source title,Page start,Page end", "J,11,19", "pages", "11-19"),
        ("Art. No.,Page start,Page end", "e0137,,", "pages", "e0137"),
        ("SO\tPY\tBP\tEP\tDI", "J\t2026\t11\t19\t10.5555/1", "pages", "11-19"),
        ("Published Year,Covidence #", "2026,#12", "published", "2026"),
        ("Pubmed Id,UT (Unique WOS ID)", "90000001,WOS:1", "pmid", "90000001"),
        ("issn,eIssn", "0000-0019,0000-0027", "issns", ("0000-0019", "0000-0027")),
        ("publisher|volume|issue", "P|7|2", "issue", "2"),
    ],
    ids=["zotero", "scopus", "article-number", "wos-tabs", "covidence", "wos", "issns", "bars"],
)
def test_the_columns_of_databases_and_tools_are_known(
    header: str, row: str, field: str, value: object, tmp_path: Path
) -> None:
    delimiter = next((one for one in "\t|" if one in header), ",")
    (found,) = read(tmp_path, f"title{delimiter}{header}\nA{delimiter}{row}\n")

    assert getattr(found, field) == value


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"'])
def test_the_line_that_tells_a_spreadsheet_its_delimiter_is_heeded(
    line: str, tmp_path: Path
) -> None:
    (found,) = read(tmp_path, f"{line}\ntitle;doi\nA, b, c;10.5555/1\n")

    assert (found.title, found.doi) == ("A, b, c", "10.5555/1")


def test_bytes_without_meaning_are_left_out_of_a_cell(tmp_path: Path) -> None:
    found = from_csv(tmp_path, "journal", "J\0ourn\x1b[2Jal")

    assert found.journal == "Journ[2Jal"


@pytest.mark.parametrize(
    ("content", "ids"),
    [
        ("id,pmid,title\nx 1,7,A\n,8,B\n,,C\n", ["x 1", "8", "export:3"]),
        ("Covidence #,title\n#12,A\n", ["#12"]),
        (RIS_IDS, ["12", "90000001", "export:3"]),
        ("PMID- 90000001\nTI  - A\n\nTI  - B\n", ["90000001", "export:2"]),
        ("@article{sample2026, title={A}}\n", ["sample2026"]),
    ],
    ids=["csv", "covidence", "ris", "medline", "bibtex"],
)
def test_a_record_is_called_by_its_own_id_or_its_pmid_or_its_place(
    content: str, ids: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "export"
    path.write_text(content)

    assert [one.id for one in entries(path) if isinstance(one, Entry)] == ids


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzipped"])
def test_the_reader_tells_how_many_bytes_it_has_read(packed: bool, tmp_path: Path) -> None:
    content = b"title\n" + b"A made-up title\n" * 20_000
    path = tmp_path / "export"
    path.write_bytes(gzip.compress(content) if packed else content)
    steps: list[int] = []

    count = sum(1 for _ in entries(path, advanced=steps.append))

    assert count == 20_000
    assert sum(steps) == path.stat().st_size


def titles(path: Path, **how: Any) -> list[str]:
    return [one.record.title for one in entries(path, **how) if isinstance(one, Entry)]


@pytest.mark.parametrize("letter", ["\u00e4", "\u2019"])
def test_lines_that_are_not_utf_8_are_read_by_the_named_encoding(
    letter: str, tmp_path: Path
) -> None:
    path = tmp_path / "export"
    path.write_bytes(f"title\nBl{letter}tter\n".encode("cp1252") + "\u03b1-Blockers\n".encode())

    assert titles(path, encoding="cp1252") == [f"Bl{letter}tter", "\u03b1-Blockers"]


def test_without_a_named_encoding_they_are_told_and_read_as_windows_writes_them(
    tmp_path: Path,
) -> None:
    path = tmp_path / "export"
    path.write_bytes(b"title\nA\nBl\xe4tter\nB\x81\n")
    told: list[tuple[int, int]] = []

    found = titles(path, foreign=lambda line, byte: told.append((line, byte)))

    assert found == ["A", "Bl\u00e4tter", "B"]
    assert told == [(3, 0xE4), (4, 0x81)]


def test_what_comes_before_the_break_of_a_packed_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "export"
    path.write_bytes(gzip.compress(b"title\n" + b"A made-up title\n" * 100)[:-9])
    found = records(path)

    assert len([next(found) for _ in range(100)]) == 100
    with pytest.raises(FormatError, match="cannot be read: Compressed file ended"):
        next(found)


def test_a_byte_that_the_named_encoding_lacks_is_named(tmp_path: Path) -> None:
    path = tmp_path / "export"
    path.write_bytes(b"title\nBl\x81tter\n")

    with pytest.raises(FormatError, match=r"line 2 is neither UTF-8 nor cp1252 \(byte 0x81\)"):
        list(entries(path, encoding="cp1252"))
