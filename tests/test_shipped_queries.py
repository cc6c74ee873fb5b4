"""The queries and journals that come with litbot: readable, and finding what they must find."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
import yaml

from bot import saved_queries
from bot.model import KnownStudy, MeshHeading, Record, SavedQuery, Section
from bot.strategy import checks, evaluate, parse
from bot.strategy.tree import And, Node, Not, Or, Term, levels
from bot.strategy.words import SHORTEST_STEM

FOLDER = Path(__file__).parent.parent / "queries"
QUERIES = saved_queries.load(FOLDER)
NAMES = sorted(QUERIES.queries)

#: What each known study is called, by its DOI or else its PMID.
TITLES = {
    "10.1080/02791072.2019.1587556": "Ketamine Assisted Psychotherapy (KAP): Patient Demographics, Clinical Data and Outcomes in Three Large Practices Administering Ketamine with Psychotherapy",
    "10.2147/jpr.s360733": "Ketamine Assisted Psychotherapy: A Systematic Narrative Review of the Literature",
    "10.1159/000517074": "Cognitive Behavioral Therapy to Sustain the Antidepressant Effects of Ketamine in Treatment-Resistant Depression: A Randomized Clinical Trial",
    "10.1016/j.biopsych.2012.06.022": "Rapid and longer-term antidepressant effects of repeated ketamine infusions in treatment-resistant major depression",
    "10.1089/psymed.2023.0021": "Ketamine-Assisted Psychotherapy Provides Lasting and Effective Results in the Treatment of Depression, Anxiety, and Post-Traumatic Stress Disorder at 3 and 6 Months: Findings from a Large Retrospective Effectiveness Study",
    "10.1080/20008066.2023.2297536": "Preliminary evidence for the importance of therapeutic alliance in MDMA-assisted psychotherapy for posttraumatic stress disorder",
    "10.1371/journal.pone.0295926": "Effects of MDMA-assisted therapy for PTSD on self-experience",
    "10.1038/s41591-021-01336-3": "MDMA-assisted therapy for severe PTSD: a randomized, double-blind, placebo-controlled phase 3 study",
    "10.3389/fphar.2021.788155": "Therapeutic Alliance and Rapport Modulate Responses to Psilocybin Assisted Therapy for Depression",
    "10.1001/jamapsychiatry.2020.3285": "Effects of Psilocybin-Assisted Therapy on Major Depressive Disorder: A Randomized Clinical Trial",
    # Not confirmed word by word, so said in words of our own:
    "38483940": "The alliance with facilitators in a trial of psilocybin",
    "37651119": "One dose of psilocybin treatment for depression",
}  # fmt: skip
STUDIES = [
    pytest.param(query, study, id=f"{query.name}: {study.citation}")
    for query in QUERIES.queries.values()
    for study in query.known_studies
]


@pytest.mark.parametrize(("query", "study"), STUDIES)
def test_a_known_study_is_found_by_its_title(query: SavedQuery, study: KnownStudy) -> None:
    record = Record(title=TITLES[study.doi or study.pmid], abstract=None, keywords=None)

    assert evaluate(parse(query.pubmed), record).answer == "yes"


TOPICS = {
    "ketamine-psychotherapy": "Esketamine followed by behavioural therapies for post-traumatic stress",
    "therapeutic-alliance": "Rapport before the session predicts the effect of S-ketamine",
    "therapeutic-alliance-in-psychotherapy": "Ruptures of the working alliance in psychodynamic therapy",
    "relapse": "Time to relapse after ketamine for alcohol use disorder",
    "psychedelic-assisted-therapy": "Psilocybin with psychological support in end-of-life care",
    "ketamine-safety": "Bladder symptoms in outpatients treated with esketamine for depression",
}
ELSEWHERE = [
    "Alliance of hospitals for the purchase of vaccines",
    "Ketamine for the induction of anesthesia in cats",
    "Disease-modifying treatment of multiple sclerosis: adherence",
    "Cognitive behavioral therapy for insomnia in primary care",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_new_record_on_the_topic_is_found_and_others_are_not(name: str) -> None:
    strategy = parse(QUERIES.queries[name].pubmed)

    assert evaluate(strategy, Record(title=TOPICS[name])).answer == "yes"
    for title in ELSEWHERE:
        assert evaluate(strategy, Record(title=title)).answer == "no"


def test_a_record_found_by_headings_alone_is_found_once_it_is_indexed() -> None:
    strategy = parse(QUERIES.queries["ketamine-psychotherapy"].pubmed)
    text = (Section(text="We gave it in six sessions."),)
    headings = (MeshHeading(descriptor="Ketamine"), MeshHeading(descriptor="Psychotherapy"))

    assert evaluate(strategy, Record(title="A pilot", abstract=text)).answer == "no"
    assert evaluate(strategy, Record(title="A pilot", abstract=text, mesh=headings)).answer == "yes"


def concepts(node: Node) -> tuple[Node, ...]:
    return node.operands if isinstance(node, And) else (node,)


def terms(node: Node) -> Iterator[Term]:
    for level in levels(node):
        yield from (term for term in level if isinstance(term, Term))


@pytest.mark.parametrize("name", NAMES)
def test_every_concept_has_text_words_and_headings(name: str) -> None:
    for concept in concepts(parse(QUERIES.queries[name].pubmed)):
        assert isinstance(concept, Or)
        assert {"tiab", "mh"} <= {term.tag for term in terms(concept)} <= {"tiab", "mh", "nm"}


@pytest.mark.parametrize("name", NAMES)
def test_a_strategy_keeps_to_what_pubmed_finds_without_surprise(name: str) -> None:
    tree = parse(QUERIES.queries[name].pubmed)
    told = [str(term) for term in terms(tree)]

    assert not any(isinstance(node, Not) for level in levels(tree) for node in level)
    assert len(told) == len(set(told)), "a term stands there twice"
    assert sum(text.count("*") for text in told) <= 256
    for term in terms(tree):
        stem, star, _ = term.text.partition("*")
        assert not star or len(stem) >= SHORTEST_STEM, term
        if term.tag == "tiab" and " " in term.text:
            assert term.modifier.startswith("~"), f"{term} may be missing in the phrase index"
            assert "*" not in term.text, f"{term}: truncation makes PubMed ignore the distance"


@pytest.mark.parametrize("name", NAMES)
def test_a_query_has_no_warning_that_it_does_not_answer(name: str) -> None:
    query = QUERIES.queries[name]

    open_ = checks.check(query.pubmed, why=query.why)

    assert [one for one in open_ if one.level != "note"] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_query_says_why_and_has_a_placeholder_for_its_owner(name: str) -> None:
    query = QUERIES.queries[name]

    assert len(query.why) >= 5
    assert query.owner.target.endswith("@example.org")
    assert QUERIES.journals_of(query)
    assert (query.languages, query.publication_types) == ((), ())


@pytest.mark.parametrize("name", NAMES)
def test_a_query_file_names_its_schema_and_keeps_to_it(name: str) -> None:
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")

    jsonschema.validate(yaml.safe_load(text), saved_queries.schema())

    assert text.startswith("# yaml-language-server: $schema=schema.json\n")


def test_the_schema_file_is_the_schema() -> None:
    """If not: `litbot query schema > queries/schema.json`."""
    written = json.loads((FOLDER / "schema.json").read_text(encoding="utf-8"))

    assert written == saved_queries.schema()


def test_every_group_of_journals_is_read_by_a_query_and_every_query_by_a_confirmed_feed() -> None:
    groups = {group for journal in QUERIES.journals.values() for group in journal.groups}
    asked = {group for query in QUERIES.queries.values() for group in query.journals}

    assert groups == asked
    for query in QUERIES.queries.values():
        assert any(journal.confirmed and journal.feed for journal in QUERIES.journals_of(query))


def test_a_journal_is_confirmed_only_with_an_address() -> None:
    assert all(journal.feed for journal in QUERIES.journals.values() if journal.confirmed)
    assert not any("<" in journal.feed for journal in QUERIES.journals.values())


def test_the_readme_shows_a_query_with_every_key_that_loads(tmp_path: Path) -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    query, journal = (block.split("```")[0] for block in readme.split("```yaml\n")[1:])
    (tmp_path / "shown.yaml").write_text(query, encoding="utf-8")
    (tmp_path / "journals.yaml").write_text(journal, encoding="utf-8")

    shown = saved_queries.load(tmp_path)

    assert set(yaml.safe_load(query)) == set(saved_queries.schema()["properties"])
    assert len(shown.journals_of(shown.queries["shown"])) == 1
