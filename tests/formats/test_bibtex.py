"""BibTeX files as reference managers and databases write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.formats import bibtex
from bot.formats.reading import Entry, Unreadable, entries
from bot.model import Author, Record, Section


def read(folder: Path, content: str) -> list[Entry | Unreadable]:
    path = folder / "some.bib"
    path.write_text(content, encoding="utf-8")
    return list(entries(path))


def one(folder: Path, fields: str) -> Record:
    (found,) = read(folder, f"@article{{sample2026, {fields}}}\n")
    assert isinstance(found, Entry)
    return found.record


def test_an_entry_is_read_whole(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        r"""% exported by hand
@string{jmus = "Journal of Made-up Studies"}
@comment{nothing to see}
@article{sample2026,
  title = {{Ketamine} and {R}elapse: \"Uber 50\% of {$\alpha$}},
  author = {M{\"u}ller, J{\"o}rg and {The Made-up Group} and Ada B. Sample and van der Other, O},
  journal = jmus, year = 2026, month = mar, volume = {7}, number = "2", pages = {11--19},
  doi = {https://doi.org/10.5555/BIB_1}, pmid = {90000001}, issn = {0000-0019},
  abstract = {Of 60 participants, 41 (68%) were well
              (NCT01234567).},
  keywords = {ketamine, relapse; craving}, language = {English},
}
""",
    )

    assert found == [
        Entry(
            number=1,
            id="sample2026",
            record=Record(
                title="Ketamine and Relapse: Über 50% of α",
                pmid="90000001",
                doi="10.5555/bib_1",
                registrations=("NCT01234567",),
                abstract=(Section(text="Of 60 participants, 41 (68%) were well (NCT01234567)."),),
                keywords=("ketamine", "relapse", "craving"),
                authors=(
                    Author(last="Müller", fore="Jörg", initials="J"),
                    Author(collective="The Made-up Group"),
                    Author(last="Sample", fore="Ada B.", initials="AB"),
                    Author(last="van der Other", fore="O", initials="O"),
                ),
                affiliations=None,
                journal="Journal of Made-up Studies",
                issns=("0000-0019",),
                volume="7",
                issue="2",
                pages="11-19",
                published="2026-03",
                languages=("eng",),
            ),
        )
    ]


@pytest.mark.parametrize(
    ("fields", "published"),
    [
        ("year = {2026}, month = {3}", "2026-03"),
        ("year = 2026, month = {March}", "2026-03"),
        ("date = {2026-03-05}", "2026-03-05"),
        ("year = {2026}", "2026"),
        ("year = {in press}", ""),
    ],
)
def test_the_date_is_read_in_each_form(tmp_path: Path, fields: str, published: str) -> None:
    assert one(tmp_path, f"title = {{A}}, {fields}").published == published


def test_a_sign_of_per_cent_hides_nothing(tmp_path: Path) -> None:
    found = one(tmp_path, r"title = {A}, abstract = {It helped 40% and \textit{hurt} 5\% of all.}")

    assert found.abstract_text == "It helped 40% and hurt 5% of all."


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"{R}\&{D} of a\_b \#1: 50\% and 5%", "R&D of a_b #1: 50% and 5%"),
        ("Dose--response~{in {people}}", "Dose\u2013response in people"),
        (
            r"Se\~nor {\O}rsted: $\beta$-blockers, 5\% off",
            "Se\u00f1or \u00d8rsted: \u03b2-blockers, 5% off",
        ),
        (r"\textit{E. coli}\textsubscript{2}", "E. coli2"),
        ("``Quoted'' words---and more", "\u201cQuoted\u201d words\u2014and more"),
    ],
)
def test_latex_is_read_as_it_is_printed(latex: str, text: str, tmp_path: Path) -> None:
    assert one(tmp_path, f"title = {{{latex}}}").title == text


def test_a_doi_may_stand_in_the_address(tmp_path: Path) -> None:
    assert one(tmp_path, "title={A}, url={https://doi.org/10.5555/a%28b%29}").doi == "10.5555/a(b)"


def test_entries_that_fail_are_named_and_spoil_no_other(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "@article{open, title={never {closed, year=2026}\n\n"
        "@article{good, title={Good}}\n"
        "@article{bad title={no comma}}\n"
        "@article{bare, year={2026}}\n"
        "@article{twice, title={B}, title={C}}\n"
        "@article{last, title={cut o",
    )

    assert [(one.number, getattr(one, "id", "")) for one in found if isinstance(one, Entry)] == [
        (2, "good"),
        (5, "twice"),
    ]
    reasons = [one.reason for one in found if isinstance(one, Unreadable)]
    assert [reason.split(":")[0] for reason in reasons] == [
        *("open", "bad", "has neither title, PMID nor DOI", "last")
    ]
    assert "end of file" in reasons[-1]


def test_two_entries_of_one_key_are_two_entries(tmp_path: Path) -> None:
    found = read(tmp_path, "@article{a, title={A}}\n@book{a, title={B}}\n")

    assert [one.record.title for one in found if isinstance(one, Entry)] == ["A", "B"]


def test_pieces_of_a_long_file_share_their_string_macros(tmp_path: Path) -> None:
    note = "made up " * (bibtex.PIECE // 40)
    text = "".join(
        f"@article{{e{n}, title={{Made-up {n}}}, journal=j, note={{{note}}}}}\n" for n in range(20)
    )

    found = read(tmp_path, f'@string{{j = "J Made Up Stud"}}\n{text}')

    assert [one.id for one in found if isinstance(one, Entry)] == [f"e{n}" for n in range(20)]
    assert {one.record.journal for one in found if isinstance(one, Entry)} == {"J Made Up Stud"}
