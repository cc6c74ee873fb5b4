"""The gate of known studies: found, lost by which words, or nobody can tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from builders import record
from hypothesis import given, settings
from hypothesis import strategies as st
from world import START

from bot import known_studies, saved_queries
from bot.errors import FormatError
from bot.known_studies import Checked, gate, told
from bot.model import KnownStudy, MeshHeading, Owner, Record, SavedQuery, Section
from bot.ports import Found
from bot.store import records
from bot.store.database import connect, prepare, reading, writing
from bot.strategy import evaluate, parse
from bot.strategy.mesh import BUILT_IN, NO_TREE
from bot.strategy.tree import Or, Term, levels

FOLDER = Path(__file__).parents[2] / "queries"
SHIPPED = saved_queries.load(FOLDER).queries
AT_HAND = known_studies.beside(FOLDER)

STUDY = KnownStudy(citation="Sample 2026, a made-up trial", pmid="90000001", doi="10.5555/litbot.1")
OWNER = Owner(name="Owner", target="owner@example.org")


def query(pubmed: str, *studies: KnownStudy, **fields: object) -> SavedQuery:
    made = SavedQuery(
        name="made-up", title="", question="", owner=OWNER, pubmed=pubmed,
        known_studies=studies or (STUDY,),
    )  # fmt: skip
    return replace(made, **fields)  # type: ignore[arg-type]


def ask(asked: SavedQuery, *at_hand: Record, before: str = "", **fields: object) -> Checked:
    (checked,) = gate(asked, at_hand or [record(**fields)], mesh=NO_TREE, today=None, before=before)
    return checked


def test_a_study_that_is_found_is_told_with_the_terms_that_find_it() -> None:
    checked = ask(query("(ketamine[ti] OR esketamine[ti]) AND psychotherapy[ti]"))

    assert checked.outcome == "found"
    assert [str(one.term) for one in checked.reasons] == ["ketamine[ti]", "psychotherapy[ti]"]


@pytest.mark.parametrize("name", [{"pmid": "90000001", "doi": ""}, {"pmid": "", "doi": STUDY.doi}])
def test_a_record_is_a_studys_by_its_pmid_or_by_its_doi(name: dict[str, str]) -> None:
    assert ask(query("ketamine[ti]"), **name).outcome == "found"


def test_a_lost_study_is_told_with_the_clause_and_its_place() -> None:
    checked = ask(query("ketamine[ti]\nAND (zebra[tiab] OR quagga[tiab])"))

    assert checked.outcome == "lost"
    (clause,) = checked.clauses
    assert (clause.line, clause.column) == (2, 5)
    assert clause.text == "(zebra[tiab] OR quagga[tiab])"
    assert "line 2, column 5" in told(query("x[ti]"), checked)


def test_a_long_clause_is_quoted_by_its_beginning() -> None:
    checked = ask(query(" OR ".join(f"zebra{number}[tiab]" for number in range(50))))

    assert len(told(query("x[ti]"), checked)) < 300


def test_a_study_that_a_not_takes_away_is_told_with_the_term_that_does() -> None:
    checked = ask(query("ketamine[ti] NOT (zebra[tiab] OR depression[ti] OR trial[pt])"))

    assert checked.outcome == "lost"
    (clause,) = checked.clauses
    assert [str(one.term) for one in clause.removes] == ["depression[ti]"]
    sentence = told(query("x[ti]"), checked)
    assert "the NOT at" in sentence
    assert "depression[ti]" in sentence


def test_a_deleted_term_that_alone_found_a_study_is_named_with_it() -> None:
    before = "(ketamine[ti] OR esketamine[ti]) AND (psychotherapy[ti] OR counseling[ti])"
    after = "(ketamine[ti] OR esketamine[ti]) AND (counseling[ti])"

    checked = ask(query(after), before=before)

    assert checked.outcome == "lost"
    assert checked.deleted == ("psychotherapy[ti]",)
    sentence = told(query(after), checked)
    assert "made-up loses Sample 2026, a made-up trial (90000001)" in sentence
    assert "found before by psychotherapy[ti]" in sentence


def test_a_deleted_term_beside_one_that_still_finds_the_study_is_not_blamed() -> None:
    before = "(ketamine[ti] OR depression[ti]) AND (psychotherapy[ti] OR counseling[ti])"
    after = "ketamine[ti] AND counseling[ti]"

    assert ask(query(after), before=before).deleted == ("psychotherapy[ti]",)


def test_what_the_earlier_text_did_not_find_either_is_no_fault_of_the_change() -> None:
    checked = ask(query("zebra[ti]"), before="quagga[ti] AND ketamine[ti]")

    assert (checked.outcome, checked.deleted) == ("lost", ())


def test_an_earlier_text_that_cannot_be_read_names_nothing() -> None:
    assert ask(query("zebra[ti]"), before="((ketamine[ti]").outcome == "lost"


def test_a_title_alone_that_does_not_decide_is_neither_found_nor_lost() -> None:
    checked = ask(query("ketamine[ti] AND relapse[tiab]"), abstract=None, keywords=None)

    assert checked.outcome == "cannot tell"
    assert "its abstract is not at hand" in told(query("x[ti]"), checked)


def test_a_study_without_a_record_is_neither_found_nor_lost() -> None:
    checked = ask(query("ketamine[ti]"), record(pmid="90000002", doi="10.5555/other"))

    assert checked.outcome == "cannot tell"
    assert "its record is not at hand" in told(query("x[ti]"), checked)


def test_a_title_that_found_a_study_before_a_change_and_no_longer_does_is_a_loss() -> None:
    before = "ketamine[tiab] AND (relapse[tiab] OR psychotherapy[tiab])"

    checked = ask(
        query("ketamine[tiab] AND relapse[tiab]"), before=before, abstract=None, keywords=None
    )

    assert checked.outcome == "lost"
    assert checked.deleted == ("psychotherapy[tiab]",)


def test_of_several_records_of_a_study_the_one_that_tells_most_counts() -> None:
    bare = record(abstract=None, keywords=None)
    whole = record(abstract=(Section(text="No relapse in a year."),))
    other = record(abstract=())

    asked = query("ketamine[ti] AND relapse[tiab]")

    assert ask(asked, bare, other, whole).outcome == "found"
    assert ask(asked, bare, other).outcome == "lost"


def test_what_pubmed_s_own_record_says_outweighs_a_bare_citation() -> None:
    bare = record(abstract=None, keywords=None, languages=None)
    whole = record(status="MEDLINE", languages=("eng",), mesh=(MeshHeading(descriptor="Rats"),))

    assert ask(query("ketamine[ti] NOT Rats[mh]"), bare, whole).outcome == "lost"
    in_german = replace(query("ketamine[ti]"), languages=("ger",))
    assert ask(in_german, bare, whole).outcome == "lost"


def test_a_study_that_the_querys_languages_leave_out_is_lost() -> None:
    checked = ask(query("ketamine[ti]", languages=("fre",)))

    assert checked.outcome == "lost"
    assert "languages" in told(query("x[ti]"), checked)


TERMS = st.sampled_from(
    ["ketamine[tiab]", "trial[ti]", "zebra[tiab]", "quagga[ti]", "weeks[tiab]", '"Ketamine"[mh]']
)
STRATEGIES = st.recursive(
    TERMS,
    lambda inner: st.builds(
        "({}) {} ({})".format, inner, st.sampled_from(["AND", "OR", "NOT"]), inner
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(strategy=STRATEGIES, before=STRATEGIES, withheld=st.booleans())
def test_a_study_is_found_where_the_strategy_answers_yes_and_else_a_clause_is_named(
    strategy: str, before: str, withheld: bool
) -> None:
    known = record(abstract=None, keywords=None) if withheld else record()

    checked = ask(query(strategy), known, before=before)

    answer = evaluate(parse(strategy), known).answer
    assert (checked.outcome == "found") == (answer == "yes")
    assert checked.outcome != "cannot tell" or answer == "unknown"
    assert bool(checked.clauses) == (answer != "yes")
    for clause in checked.clauses:
        parse(strategy[clause.start : clause.end])
    assert all(term not in strategy and term in before for term in checked.deleted)


# The queries that come with litbot.


def test_every_known_study_of_the_shipped_queries_is_found_by_its_citation() -> None:
    outcomes = {
        told(one, checked): checked.outcome
        for one in SHIPPED.values()
        for checked in gate(one, AT_HAND, mesh=BUILT_IN, today=None)
    }

    assert len(outcomes) == sum(len(one.known_studies) for one in SHIPPED.values())
    assert [told for told, outcome in outcomes.items() if outcome != "found"] == []


def without_each_term(text: str) -> Iterator[tuple[str, str]]:
    """Each term of each OR, and the text without it."""
    for level in levels(parse(text)):
        for node in level:
            for term in node.operands if isinstance(node, Or) else ():
                if isinstance(term, Term):
                    left, right = text[: term.start], text[term.end :]
                    shorter = re.sub(r"\bOR\s*$", "", left)
                    rest = right if shorter != left else re.sub(r"^\s*OR\b", "", right)
                    yield str(term), shorter + rest


@pytest.mark.parametrize("name", [name for name in SHIPPED if SHIPPED[name].known_studies])
@pytest.mark.parametrize("known", ["citation", "whole"])
def test_deleting_a_term_that_alone_finds_a_known_study_names_both(name: str, known: str) -> None:
    original = SHIPPED[name]
    at_hand = AT_HAND
    if known == "whole":  # as if these had no abstract at all
        at_hand = tuple(replace(one, abstract=(), keywords=()) for one in AT_HAND)
    found = gate(original, at_hand, mesh=BUILT_IN, today=None)
    clauses = parse(original.pubmed).operands  # type: ignore[union-attr]  # all of them are ANDs
    alone = {
        (terms[0], one.study.citation)
        for one in found
        for clause in clauses
        for terms in [
            [
                str(reason.term)
                for reason in one.reasons
                if clause.start <= reason.term.start < clause.end
            ]
        ]
        if len(terms) == 1
    }

    lost = {
        (term, checked.study.citation): (checked, told(original, checked))
        for term, text in without_each_term(original.pubmed)
        for checked in gate(
            replace(original, pubmed=text), at_hand, mesh=BUILT_IN, today=None,
            before=original.pubmed,
        )
        if checked.outcome != "found"
    }  # fmt: skip

    assert set(lost) == alone
    assert len(alone) >= len(original.known_studies)
    for (term, citation), (checked, sentence) in lost.items():
        assert checked.outcome == "lost"
        assert checked.deleted == (term,)
        assert term in sentence
        assert citation in sentence


# Where the records come from.


def test_records_beside_the_queries_lack_what_a_citation_does_not_tell(tmp_path: Path) -> None:
    (tmp_path / "known").mkdir()
    (tmp_path / "known" / "README.md").write_text("# Not a record\n")
    (tmp_path / "known" / "one.nbib").write_text(
        "PMID- 90000001\nTI  - A title.\n\nTI  - Another.\nLID - 10.5555/x [doi]\nAB  - Text.\n"
    )

    one, other = known_studies.beside(tmp_path)

    assert (one.pmid, one.abstract, one.keywords, one.languages) == ("90000001", None, None, None)
    assert (other.doi, other.abstract_text) == ("10.5555/x", "Text.")


def test_queries_without_records_beside_them_have_none(tmp_path: Path) -> None:
    assert known_studies.beside(tmp_path) == ()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("broken.xml", "<PubmedArticleSet><PubmedArticle>"),
        ("some.csv", "pmid,title,year\n90000001,A title,2024\n,,2024\n"),
        ("empty.nbib", ""),
    ],
)
def test_a_file_beside_the_queries_with_what_is_no_record_is_named(
    tmp_path: Path, name: str, text: str
) -> None:
    (tmp_path / "known").mkdir()
    (tmp_path / "known" / name).write_text(text)

    with pytest.raises(FormatError, match=re.escape(name)):
        known_studies.beside(tmp_path)


def test_the_stores_records_of_known_studies_are_found_by_pmid_and_by_doi(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path}/litbot.db")
    prepare(engine)
    kept = [
        record(pmid="90000001", doi="10.5555/a", title="The first of the made-up studies"),
        record(pmid="90000002", doi="10.5555/b", title="The second of the made-up studies"),
        record(pmid="90000003", doi="10.5555/c", title="The third of the made-up studies"),
    ]
    with writing(engine, saves_records=True) as db:
        records.keep(db, "pubmed", "x", [Found(key=one.pmid, record=one) for one in kept], START)

    with reading(engine) as db:
        wanted = [
            KnownStudy(citation="", pmid="90000001"),
            KnownStudy(citation="", doi="10.5555/b"),
            KnownStudy(citation="", doi="10.5555/none"),
        ]
        found = known_studies.stored(db, wanted)

    engine.dispose()
    assert {one.pmid for one in found} == {"90000001", "90000002"}


def test_the_folder_of_known_records_is_no_query() -> None:
    assert (FOLDER / "known").is_dir()
    assert "known" not in SHIPPED
