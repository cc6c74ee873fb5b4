"""Files of saved queries: what is read from them, and how their mistakes are named."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from bot import saved_queries
from bot.errors import QueryFilesError
from bot.model import Journal, KnownStudy, Owner, Record, SavedQuery

GOOD = """\
# yaml-language-server: $schema=schema.json
title: Ketamine and sleep
question: >
  Does ketamine
  change sleep?
owner:
  name: Library
  target: librarian@example.org
pubmed: |
  (ketamin*[tiab]
    OR Ketamine[mh])
  AND sleep[tiab]
journals: [psychiatry]
known_studies:
  - pmid: 30917760
    citation: "Dore 2019"
  - doi: https://doi.org/10.1159/000517074
    citation: Wilkinson 2021
why:
  - "One reason: text words find records before they are indexed."
languages: [eng, ger]
publication_types: [Clinical Trial]
"""
JOURNALS = """\
sleep-journal:
  title: Journal of Sleep
  issns: [0028-4793, "2168-622X"]
  feed: https://example.org/feed?jc=sleep&type=etoc
  groups: [psychiatry, sleep]
  confirmed: true
other:
  title: The Other
  groups: [addiction]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sleep.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "journals.yaml").write_text(JOURNALS, encoding="utf-8")
    return tmp_path


def problems(folder: Path) -> list[str]:
    return [str(error).removeprefix(f"{folder}/") for error in saved_queries.check(folder)]


def test_a_query_is_read_with_its_strategy_byte_for_byte(folder: Path) -> None:
    queries = saved_queries.load(folder)

    assert queries.queries == {
        "sleep": SavedQuery(
            name="sleep",
            title="Ketamine and sleep",
            question="Does ketamine change sleep?",
            owner=Owner(name="Library", target="librarian@example.org"),
            pubmed="(ketamin*[tiab]\n  OR Ketamine[mh])\nAND sleep[tiab]\n",
            journals=("psychiatry",),
            known_studies=(
                KnownStudy(pmid="30917760", citation="Dore 2019"),
                KnownStudy(doi="10.1159/000517074", citation="Wilkinson 2021"),
            ),
            why=("One reason: text words find records before they are indexed.",),
            languages=("eng", "ger"),
            publication_types=("Clinical Trial",),
        )
    }
    assert queries.journals["sleep-journal"] == Journal(
        name="sleep-journal",
        title="Journal of Sleep",
        issns=("0028-4793", "2168-622X"),
        feed="https://example.org/feed?jc=sleep&type=etoc",
        groups=("psychiatry", "sleep"),
        confirmed=True,
    )


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("[psychiatry]", ["sleep-journal"]),
        ("[addiction, sleep]", ["sleep-journal", "other"]),
        ("all", ["sleep-journal", "other"]),
        ("[all]", ["sleep-journal", "other"]),
        ("[]", []),
    ],
)
def test_a_query_has_the_journals_of_its_groups(folder: Path, asked: str, names: list[str]) -> None:
    text = GOOD.replace("journals: [psychiatry]", f"journals: {asked}")
    (folder / "sleep.yaml").write_text(text, encoding="utf-8")

    queries = saved_queries.load(folder)

    assert [journal.name for journal in queries.journals_of(queries.queries["sleep"])] == names


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("pubmed: |", "pubmd: |", "sleep.yaml:9: pubmd: unknown key; did you mean pubmed"),
        ("languages:", "zzz:", "sleep.yaml:21: zzz: unknown key; there are: title, question"),
        ("  name: Library\n", "", "sleep.yaml:6: owner.name: is missing (A person or a team)"),
        ("  name: Library", "  nmae: Library", "sleep.yaml:7: owner.nmae: unknown key; did you mean name"),
        ("title: Ketamine and sleep", "title: 12", 'sleep.yaml:2: title: must be text; write "12" in quotes'),
        ("title: Ketamine and sleep", "title: yes", "sleep.yaml:2: title: must be text"),
        ("title: Ketamine and sleep", "title:", "sleep.yaml:2: title: has no value"),
        ("title: Ketamine and sleep", "title: ' '", "sleep.yaml:2: title: must not be empty"),
        ("title: Ketamine and sleep", "title: a\ntitle: b", "sleep.yaml:3: title: is already given in line 2"),
        ("  name: Library", "  name: a\n  name: b", "sleep.yaml:8: owner.name: is already given in line 7"),
        ("owner:\n  name: Library\n  target: librarian@example.org", "owner: me", "sleep.yaml:6: owner: must hold the keys name, target"),
        ("librarian@example.org", "librarian", "sleep.yaml:8: owner.target: 'librarian' is neither an email address nor a Slack channel"),
        ("librarian@example.org", '"#"', "sleep.yaml:8: owner.target: '#' is neither"),
        ("why:\n  - ", "why: ", "sleep.yaml:19: why: must be a list"),
        ('"Dore 2019"', "12", "sleep.yaml:16: known_studies.citation: must be text"),
        ("30917760", "3091776x", "sleep.yaml:15: known_studies.pmid: '3091776x' is not a PMID"),
        ("30917760", "0", "sleep.yaml:15: known_studies.pmid: '0' is not a PMID"),
        ("https://doi.org/10.1159/000517074", "see 10.1159/000517074", "sleep.yaml:17: known_studies.doi: 'see 10.1159/000517074' is not a DOI"),
        ("https://doi.org/10.1159/000517074", "11.1159/1", "sleep.yaml:17: known_studies.doi: '11.1159/1' is not a DOI"),
        ("pmid: 30917760\n    ", "", "sleep.yaml:15: known_studies: needs a pmid or a doi"),
        ("[eng, ger]", "[eng, english]", "sleep.yaml:21: languages: 'english' is not a language"),
        ("[eng, ger]", "[eng, eng]", "sleep.yaml:21: languages: 'eng' stands here twice"),
        ("[psychiatry]", "[psychiatri]", "sleep.yaml:13: journals: unknown group 'psychiatri'; did you mean psychiatry"),
        ("[psychiatry]", "\n- psychiatry\n- x", "sleep.yaml:15: journals: unknown group 'x'; there are: addiction, psychiatry, sleep"),
        ("[psychiatry]", "psychiatry", "sleep.yaml:13: journals: must be a list"),
        ("  AND sleep", "  AND (sleep", "sleep.yaml:12: pubmed: column 7: '(' is never closed"),
        ("    OR Ketamine", "    OR OR Ketamine", "sleep.yaml:11: pubmed: column 8: two operators in a row: OR OR"),
        ("  AND sleep", "  AND #2", "sleep.yaml:12: pubmed: column 7: '#2' refers to a line of a search history"),
        ("  AND sleep[tiab]", "  AND 3", "sleep.yaml:12: pubmed: column 7: '3' refers to a line"),
        ("title: Ketamine and sleep", "title: [a", "sleep.yaml:3: is not readable YAML"),
        ("title: Ketamine and sleep", "title: a\x07b", "sleep.yaml:2: holds a character that YAML forbids"),
        ("title: Ketamine and sleep", "title: &a b\nquestion: *a", "sleep.yaml:3: is not readable YAML: aliases are not followed"),
        ("title: Ketamine and sleep", "title: " + "[" * 5000 + "]" * 5000, "sleep.yaml:2: is not readable YAML: nested too deeply"),
        ("title: Ketamine and sleep", "title: " + "x" * 300_000, "sleep.yaml:1: is larger than 256 kB"),
        ("title: Ketamine and sleep", "title: !!python/object/apply:os.system [a]", "sleep.yaml:2: title: must be text"),
        ("title: Ketamine and sleep", '"a\\e[2J\\nb": c', "sleep.yaml:2: 'a\\x1b[2J\\nb': unknown key"),
        (GOOD, "- a\n- b", "sleep.yaml:1: must hold keys with values"),
        (GOOD, "", "sleep.yaml:1: must hold keys with values"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_file_line_and_key(
    folder: Path, old: str, new: str, expected: str
) -> None:
    assert old in GOOD
    (folder / "sleep.yaml").write_text(GOOD.replace(old, new, 1), encoding="utf-8")

    found = problems(folder)

    assert any(problem.startswith(expected) for problem in found), found


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("  feed: https", "  fed: https", "journals.yaml:4: sleep-journal.fed: unknown key; did you mean feed"),
        ("https://example.org", "ftp://example.org", "journals.yaml:4: sleep-journal.feed: 'ftp://example.org/feed?jc=sleep&type=etoc' is not the http(s) address"),
        ("https://example.org", "https://user:secret@example.org", "journals.yaml:4: sleep-journal.feed:"),
        ("https://example.org", "https://[::1", "journals.yaml:4: sleep-journal.feed:"),
        ("2168-622X", "2168-6221", "journals.yaml:3: sleep-journal.issns: '2168-6221' is mistyped: by its first seven digits it ends in X"),
        ("0028-4793", "00284793", "journals.yaml:3: sleep-journal.issns: '00284793' is not an ISSN"),
        ("groups: [addiction]", "groups: []", "journals.yaml:9: other.groups: must name at least one"),
        ("groups: [addiction]", "groups: [all]", "journals.yaml:9: other.groups: 'all' already means every group"),
        ("groups: [addiction]", "groups: [Two Words]", "journals.yaml:9: other.groups: 'Two Words' may hold only"),
        ("  groups: [addiction]\n", "", "journals.yaml:7: other.groups: is missing"),
        ("  title: The Other\n", "", "journals.yaml:7: other.title: is missing"),
        ("other:", "Other One:", "journals.yaml:7: Other One: a journal's key may hold only"),
        ("other:", "sleep-journal:", "journals.yaml:7: sleep-journal: is already given in line 1"),
        ("The Other\n", "The Other\n  feed: https://example.org/feed?jc=sleep&type=etoc\n", "journals.yaml:9: other.feed: is the feed of sleep-journal too"),
        ("confirmed: true", "confirmed: perhaps", "journals.yaml:6: sleep-journal.confirmed: must be true or false"),
        (JOURNALS, "other: 1", "journals.yaml:1: other: must hold the keys title, issns, feed"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_journal_list_is_named_too(
    folder: Path, old: str, new: str, expected: str
) -> None:
    assert old in JOURNALS
    (folder / "journals.yaml").write_text(JOURNALS.replace(old, new, 1), encoding="utf-8")

    found = problems(folder)

    assert any(problem.startswith(expected) for problem in found), found
    assert not any("unknown group" in problem for problem in found)


def test_every_problem_of_every_file_is_reported_at_once(folder: Path) -> None:
    bad = GOOD.replace("title:", "titel:").replace("AND sleep", "AND (sleep").replace("eng", "EN")
    (folder / "a.yaml").write_text(bad, encoding="utf-8")
    (folder / "b.yaml").write_bytes(b"title: caf\xc3\xa9\nquestion: caf\xe9\n")
    (folder / "Sleep.yaml").write_text(GOOD, encoding="utf-8")
    (folder / "c.yml").write_text(GOOD, encoding="utf-8")
    (folder / "d.yaml").mkdir()
    (folder / "README.md").write_text("not a query", encoding="utf-8")
    (folder / ".hidden.yaml").write_text("not a query", encoding="utf-8")

    with pytest.raises(QueryFilesError) as caught:
        saved_queries.load(folder)

    assert [str(error).removeprefix(f"{folder}/") for error in caught.value.errors] == [
        "Sleep.yaml:1: the name 'Sleep' may hold only a-z, 0-9 and hyphens",
        "a.yaml:2: title: is missing (The heading in digests)",
        "a.yaml:2: titel: unknown key; did you mean title",
        "a.yaml:12: pubmed: column 7: '(' is never closed",
        "a.yaml:21: languages: 'EN' is not a language; use MARC's three letters, e.g. eng",
        "b.yaml:2: is not UTF-8 (byte 0xe9)",
        "c.yml:1: is not read under this name; rename it to end in .yaml",
        "d.yaml:1: is not a file",
        "sleep.yaml:1: has the same name as Sleep.yaml",
    ]


def test_a_folder_without_queries_is_a_problem_and_so_is_no_folder(tmp_path: Path) -> None:
    empty = [str(error) for error in saved_queries.check(tmp_path)]
    absent = [str(error) for error in saved_queries.check(tmp_path / "queries")]

    assert empty == [f"{tmp_path}:1: holds no saved query; add one as NAME.yaml"]
    assert absent == [f"{tmp_path / 'queries'}:1: cannot be read: No such file or directory"]


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read every file")
def test_a_file_that_may_not_be_read_is_named(folder: Path) -> None:
    (folder / "sleep.yaml").chmod(0)

    assert problems(folder) == ["sleep.yaml:1: cannot be read: Permission denied"]


@pytest.mark.parametrize(
    ("scalar", "expected"),
    [
        ('"(ketamin*[tiab]"', "sleep.yaml:9: pubmed: column 10: '(' is never closed"),
        ("(ketamin*[tiab]", "sleep.yaml:9: pubmed: column 9: '(' is never closed"),
        (">\n  (ketamin*[tiab]\n  AND x", "sleep.yaml:9: pubmed: '(' is never closed"),
        ("|2-\n    a OR\n   (b", "sleep.yaml:11: pubmed: column 4: '(' is never closed"),
        (
            "| # as run in PubMed\n\n  a\n\n  OR (b",
            "sleep.yaml:13: pubmed: column 6: '(' is never closed",
        ),
    ],
)
def test_a_broken_strategy_is_found_in_every_style_of_yaml(
    folder: Path, scalar: str, expected: str
) -> None:
    start, rest = GOOD.split("pubmed: |")
    _, end = rest.split("journals:")
    text = f"{start}pubmed: {scalar}\njournals:{end}"
    (folder / "sleep.yaml").write_text(text, encoding="utf-8")

    assert problems(folder) == [expected]


@pytest.mark.parametrize(
    "text", ["covid 19 AND sleep", "2020:2024[dp]", '"#1"', "123[pmid] OR 5[pmid]"]
)
def test_numbers_among_words_and_with_tags_are_no_line_references(folder: Path, text: str) -> None:
    (folder / "sleep.yaml").write_text(GOOD.replace("AND sleep[tiab]", f"AND ({text})"))

    assert problems(folder) == []


def test_the_schema_accepts_a_good_query_and_refuses_a_wrong_key() -> None:
    query = {
        "title": "a",
        "question": "b",
        "owner": {"name": "c", "target": "#evidence"},
        "pubmed": "ketamin*[tiab]",
        "journals": "all",
        "known_studies": [{"pmid": 1, "citation": "d"}],
    }
    schema = saved_queries.schema()

    jsonschema.validate(query, schema)

    with pytest.raises(jsonschema.ValidationError, match="pubmd"):
        jsonschema.validate({**query, "pubmd": "x"}, schema)
    properties = schema["properties"]
    assert all("description" in part or "$ref" in part for part in properties.values())


def query(**fields: object) -> SavedQuery:
    return replace(
        SavedQuery(
            name="q", title="t", question="?", owner=Owner(name="n", target="#x"), pubmed="a"
        ),
        **fields,  # type: ignore[arg-type] # a table's values
    )


@pytest.mark.parametrize(
    ("fields", "same"),
    [
        ({"title": "other", "question": "other", "why": ("x",)}, True),
        ({"known_studies": (KnownStudy(citation="c", pmid="1"),)}, True),
        ({"owner": Owner(name="m", target="#y")}, True),
        ({"pubmed": "a "}, False),
        ({"journals": ("all",)}, False),
        ({"languages": ("eng",)}, False),
        ({"publication_types": ("eng",)}, False),
    ],
)
def test_the_fingerprint_changes_with_the_search_alone(
    fields: dict[str, object], same: bool
) -> None:
    assert (
        saved_queries.fingerprint(query(**fields)) == saved_queries.fingerprint(query())
    ) is same


def test_the_order_of_groups_does_not_change_the_search() -> None:
    first, second = query(journals=("a", "b")), query(journals=("b", "a"))

    assert saved_queries.fingerprint(first) == saved_queries.fingerprint(second)


INDEXED = Record(title="t", status="MEDLINE", languages=("fre",), publication_types=("Review",))


@pytest.mark.parametrize(
    ("asked", "record", "expected"),
    [
        ({}, INDEXED, True),
        ({"languages": ("eng",)}, INDEXED, False),
        ({"languages": ("eng", "fre")}, INDEXED, True),
        ({"languages": ("eng",)}, replace(INDEXED, languages=("FRE", "ENG")), True),
        ({"languages": ("eng",)}, replace(INDEXED, languages=None), True),
        ({"languages": ("eng",)}, replace(INDEXED, languages=()), True),
        ({"languages": ("eng",)}, replace(INDEXED, languages=("und",)), True),
        ({"languages": ("eng",)}, replace(INDEXED, status="Publisher"), True),
        ({"languages": ("eng",)}, replace(INDEXED, status=""), True),
        ({"publication_types": ("Clinical Trial",)}, INDEXED, False),
        ({"publication_types": ("clinical trial", "review")}, INDEXED, True),
        ({"publication_types": ("Clinical Trial",)}, replace(INDEXED, publication_types=()), True),
        ({"publication_types": ("Clinical Trial",)}, replace(INDEXED, status="In-Process"), True),
    ],
)
def test_only_an_indexed_record_that_says_otherwise_is_unwanted(
    asked: dict[str, object], record: Record, expected: bool
) -> None:
    assert saved_queries.wanted(query(**asked), record) is expected
