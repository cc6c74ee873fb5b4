"""What real exports of RIS and CSV do to their fields."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from bot.errors import FormatError
from bot.formats.reading import records
from bot.model import Author, Record


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


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("TY  - JOUR\nTI  - A\nER  -\nTY  - JOUR\nTI  - B\nAB  - It hel", "last entry ('B')"),
        ("title,doi\nA, b and c,10.5555/1\n", "row 2: has 3 cells, and the first row 2"),
        ('title,doi\nA,1\n"B,2\nC,3\n', "row 4: unexpected end of data"),
    ],
    ids=["cut-ris", "too-many-cells", "open-quote"],
)
def test_a_file_that_would_lose_something_is_refused(
    content: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(FormatError) as raised:
        read(tmp_path, content)

    assert said in str(raised.value)


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
        rows = list(csv.DictReader(stream))

    found = [one for one in records(path) if isinstance(one, Record)]

    assert len(found) == len(rows)
    assert [bool(one.abstract) for one in found] == [bool(row["abstract"].strip()) for row in rows]
    assert sum(bool(one.published) for one in found) == sum(bool(row["year"]) for row in rows)
