"""Files of records in every format that people bring."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from builders import pubmed_set, record

from bot.errors import FormatError
from bot.formats.reading import Unreadable, records
from bot.model import Author, Record, Section

RIS = """\
TY  - JOUR
TI  - Ketamine and relapse:
      a made-up study
AU  - Sample, Ada B.
AU  - The Made-up Group
JO  - J Made Up Stud
T2  - Journal of made-up studies
PY  - 2026/03/05/
VL  - 7
IS  - 2
SP  - 11
EP  - 19
SN  - 00000019
DO  - https://doi.org/10.5555/RIS.1
UR  - https://pubmed.ncbi.nlm.nih.gov/90000001/
LA  - English
KW  - ketamine
KW  - relapse; craving
AB  - Of 60 participants,
      41 were well (NCT01234567).
ER  -

TY  - JOUR
T1  - A title alone
ER  -
"""
MEDLINE = "PMID- 90000001\nTI  - Ketamine and relapse\nAB  - It helps.\n\nPMID- 90000002\nTI  - B\n"
CSV = (
    "PMID,Title,Authors,Journal/Book,Publication Year,Create Date,DOI,Abstract\n"
    '90000001,"Ketamine, and relapse","Sample AB, Other C",J Made Up Stud,2026,2026/03/05,'
    '10.5555/CSV.1,"It ""helps""."\n'
    "90000002,A title alone,,,,,,\n"
)


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(folder: Path, content: str | bytes, name: str = "some.file") -> list[Record | Unreadable]:
    return list(records(write(folder, name, content)))


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzipped"])
@pytest.mark.parametrize(
    "content",
    [
        pubmed_set(record(pmid="90000001"), record(pmid="90000002")),
        MEDLINE.encode(),
        MEDLINE.replace("\n", "\r\n").encode(),
        RIS.encode(),
        b"\xef\xbb\xbf" + RIS.encode(),
        CSV.encode(),
        b"\xef\xbb\xbf" + CSV.encode(),
        CSV.replace(",", ";").replace("Ketamine; and", "Ketamine, and").encode(),
    ],
    ids=["xml", "medline", "medline-crlf", "ris", "ris-bom", "csv", "csv-bom", "semicolons"],
)
def test_a_format_is_told_by_its_content_not_by_its_name(
    tmp_path: Path, content: bytes, packed: bool
) -> None:
    first, second = read(tmp_path, gzip.compress(content) if packed else content)

    assert isinstance(first, Record)
    assert first.pmid == "90000001"
    assert isinstance(second, Record)


def test_a_ris_entry_is_read_whole(tmp_path: Path) -> None:
    found, _ = read(tmp_path, RIS)

    assert found == Record(
        title="Ketamine and relapse: a made-up study",
        pmid="90000001",
        doi="10.5555/ris.1",
        registrations=("NCT01234567",),
        abstract=(Section(text="Of 60 participants, 41 were well (NCT01234567)."),),
        keywords=("ketamine", "relapse", "craving"),
        authors=(
            Author(last="Sample", fore="Ada B.", initials="AB"),
            Author(collective="The Made-up Group"),
        ),
        affiliations=None,
        journal="Journal of made-up studies",
        issns=("0000-0019",),
        volume="7",
        issue="2",
        pages="11-19",
        published="2026-03-05",
        languages=("eng",),
    )


def test_a_csv_row_is_read_whole(tmp_path: Path) -> None:
    found, _ = read(tmp_path, CSV)

    assert found == Record(
        title="Ketamine, and relapse",
        pmid="90000001",
        doi="10.5555/csv.1",
        abstract=(Section(text='It "helps".'),),
        keywords=None,
        authors=(Author(last="Sample", initials="AB"), Author(last="Other", initials="C")),
        affiliations=None,
        journal="J Made Up Stud",
        published="2026",
        languages=None,
        created="2026-03-05",
    )


@pytest.mark.parametrize("content", [RIS, CSV], ids=["ris", "csv"])
def test_what_an_export_leaves_out_is_withheld_not_absent(tmp_path: Path, content: str) -> None:
    _, bare = read(tmp_path, content)

    assert isinstance(bare, Record)
    assert (bare.abstract, bare.keywords, bare.languages) == (None, None, None)


@pytest.mark.parametrize(
    ("lines", "pmid"),
    [
        ("DB  - PubMed\nAN  - 90000003", "90000003"),
        ("AN  - PMID: 90000003", "90000003"),
        ("DB  - Embase\nAN  - 90000003", ""),
        ("UR  - http://www.ncbi.nlm.nih.gov/pubmed/90000003", "90000003"),
    ],
)
def test_the_pmid_of_a_ris_entry_is_taken_only_from_what_is_one(
    tmp_path: Path, lines: str, pmid: str
) -> None:
    (found,) = read(tmp_path, f"TY  - JOUR\nTI  - A\n{lines}\nER  - \n")

    assert isinstance(found, Record)
    assert found.pmid == pmid


@pytest.mark.parametrize(
    ("name", "author"),
    [
        ("Sample, Ada", Author(last="Sample", fore="Ada", initials="A")),
        ("van der Sample, A. B.", Author(last="van der Sample", fore="A. B.", initials="AB")),
        ("Sample A. B.", Author(last="Sample", initials="AB")),
        ("Sample AB", Author(last="Sample", initials="AB")),
        ("The Made-up Group", Author(collective="The Made-up Group")),
    ],
)
def test_names_are_split_where_they_can_be(tmp_path: Path, name: str, author: Author) -> None:
    (found,) = read(tmp_path, f"TY  - JOUR\nTI  - A\nAU  - {name}\nER  - \n")

    assert isinstance(found, Record)
    assert found.authors == (author,)


def test_an_entry_that_is_no_record_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    found = read(tmp_path, "TY  - JOUR\nAU  - A\nER  - \nTY  - JOUR\nTI  - B\nER  - \n")

    assert found[0] == Unreadable(number=1, reason="has neither title, PMID nor DOI")
    assert isinstance(found[1], Record)


def test_a_line_of_medline_text_that_goes_on_from_nothing_is_no_field(tmp_path: Path) -> None:
    (found,) = read(tmp_path, "      lost\nPMID- 90000001\nTI  - Ketamine\n\n      and relapse\n")

    assert isinstance(found, Record)
    assert (found.pmid, found.title) == ("90000001", "Ketamine")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty"),
        (b"name,age\nA,1\n", "the first row names no column title: 'name,age'"),
        (b"pmid,doi\n1,\n", "the first row names no column title: 'pmid,doi'"),
        (b"title\nA\nBl\xe4tter\n", "line 3 is not UTF-8 (byte 0xe4)"),
        (b"title\n" + b"A\r\n" * 9_000 + b"\xe4\n", "line 9002 is not UTF-8 (byte 0xe4)"),
        ("title\nA\n".encode("utf-16")[:-1], "breaks off in the middle of UTF-16"),
        (b"PK\x03\x04\x14\x00", "is a workbook or an archive"),
        (b"<html></html>", "no PubMed XML: the root is html"),
        (gzip.compress(CSV.encode() * 500)[:-20], "cannot be read"),
        (pubmed_set(record())[:-20], "ends before </PubmedArticleSet>"),
    ],
    ids=[
        *("empty", "other-table", "no-titles", "latin-1", "latin-1-late"),
        *("utf-16", "workbook", "html", "cut-gzip", "cut-xml"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_the_reason(
    tmp_path: Path, content: bytes, problem: str
) -> None:
    path = write(tmp_path, "some.file", content)

    with pytest.raises(FormatError) as raised:
        list(records(path))

    assert str(raised.value).startswith(f"{path}: ")
    assert problem in str(raised.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"none\.ris: cannot be read: No such file"):
        list(records(tmp_path / "none.ris"))
