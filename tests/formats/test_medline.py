"""Reading MEDLINE text and .nbib files."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest

from bot.formats import medline
from bot.model import Author, Link, MeshHeading, Record, Section

SAMPLE = """
PMID- 90000001
OWN - NLM
STAT- MEDLINE
LR  - 20261102
IS  - 0000-0019 (Print)
IS  - 0000-0027 (Linking)
VI  - 7
IP  - 2
DP  - 2026 Oct
TI  - Ketamine with psychotherapy for depression: a
      made-up trial.
PG  - 11-19
LID - 10.5555/LITBOT.1 [doi]
AB  - BACKGROUND: Ketamine works fast. RESULTS: Of 60 participants, 41 were well
      (NCT01234567).
FAU - Sample, Ada B
AU  - Sample AB
FAU - van der Example, Jo
AU  - van der Example J Jr
AD  - Department of Samples, Example University,
      Exampletown.
CN  - Sample Group
LA  - ENG
GR  - R01 000001/Example Institute/United States
PT  - Journal Article
DEP - 20261015
TA  - J Made Up Stud
JT  - Journal of made-up studies
RN  - 690G0D6V8H (Ketamine)
MH  - Depression/drug therapy/*therapy
MH  - *Ketamine
EIN - J Made Up Stud. 2026;8:1. PMID: 90000009
PMC - PMC7
OT  - ketamine assisted
      psychotherapy
OT  - *alliance
COIS- None declared by
      any author.
CRDT- 2026/10/20 11:15
PHST- 2026/10/20 11:15 [entrez]
PHST- 2026/10/21 06:00 [pubmed]
PHST- 2026/11/02 06:00 [medline]
AID - S0000-1 [pii]
"""


def test_every_field_that_the_format_holds_is_read() -> None:
    (record,) = medline.read(io.StringIO(SAMPLE))

    assert record == Record(
        title="Ketamine with psychotherapy for depression: a made-up trial.",
        pmid="90000001",
        doi="10.5555/litbot.1",
        pmcid="PMC7",
        pii="S0000-1",
        registrations=("NCT01234567",),
        abstract=(
            Section(label="BACKGROUND", text="Ketamine works fast."),
            Section(label="RESULTS", text="Of 60 participants, 41 were well (NCT01234567)."),
        ),
        keywords=("ketamine assisted psychotherapy", "alliance"),
        authors=(
            Author(last="Sample", fore="Ada B", initials="AB"),
            Author(last="van der Example", fore="Jo", initials="J Jr"),
            Author(collective="Sample Group"),
        ),
        affiliations=("Department of Samples, Example University, Exampletown.",),
        journal="Journal of made-up studies",
        journal_abbreviation="J Made Up Stud",
        issns=("0000-0019", "0000-0027"),
        volume="7",
        issue="2",
        pages="11-19",
        published="2026-10-15",
        also_published="2026-10",
        languages=("eng",),
        publication_types=("Journal Article",),
        mesh=(
            MeshHeading(
                descriptor="Depression", major=True, qualifiers=("drug therapy", "therapy")
            ),
            MeshHeading(descriptor="Ketamine", major=True),
        ),
        substances=("Ketamine",),
        links=(Link(kind="ErratumIn", pmid="90000009", citation="J Made Up Stud. 2026;8:1."),),
        grants=("R01 000001/Example Institute/United States",),
        conflict_statement="None declared by any author.",
        status="MEDLINE",
        created="2026-10-20",
        entered="2026-10-21",
        indexed="2026-11-02",
        revised="2026-11-02",
        url="https://pubmed.ncbi.nlm.nih.gov/90000001/",
    )


@pytest.mark.parametrize(
    "abstract",
    ["We studied THREE THINGS: ketamine, rest. CONCLUSION: it helped.", "RESULTS: only one label."],
)
def test_capitals_and_a_colon_alone_make_no_structured_abstract(abstract: str) -> None:
    (record,) = medline.read(io.StringIO(f"PMID- 1\nTI  - T.\nAB  - {abstract}\n"))

    assert record.abstract == (Section(text=abstract),)


def test_records_are_told_apart_by_an_empty_line() -> None:
    text = "PMID- 1\r\nTI  - One.\r\n\r\n\r\nPMID- 2\r\nTI  - Two.\r\n"

    assert [record.title for record in medline.read(io.StringIO(text))] == ["One.", "Two."]


@pytest.mark.parametrize("text", ["", "\n\n", "Error occurred: cannot get document summary\n"])
def test_what_is_no_record_gives_none(text: str) -> None:
    assert list(medline.read(io.StringIO(text))) == []


@pytest.mark.parametrize(
    ("name", "count"), [("medline.nbib.gz", 787), ("social-anxiety.nbib.gz", 133)]
)
def test_every_real_record_is_read(shared: Path, name: str, count: int) -> None:
    with gzip.open(shared / "data" / "pubmed" / name, "rt", encoding="utf-8") as stream:
        records = list(medline.read(stream))

    assert len(records) == count
    assert all(record.title and record.published for record in records)
