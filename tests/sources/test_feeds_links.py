"""Which other records an item of a feed names, in every form that publishers have for it."""

from __future__ import annotations

import pytest

from bot import relations
from bot.model import Journal, Link, Record, Relation
from bot.sources.feeds import told_apart
from bot.sources.feeds.reader import answer

JOURNAL = Journal(name="sample", title="Sample Journal")
SPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
    'xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/" '
    'xmlns:crossref="http://www.crossref.org/schema/5.3.1" '
    'xmlns:rel="http://www.crossref.org/relations.xsd" xmlns:atom="http://www.w3.org/2005/Atom" '
    'xmlns:xlink="http://www.w3.org/1999/xlink" '
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
)
TITLE = "Nightly lavender spray against restless sleep in shift workers"


def shown(inside: str, title: str = TITLE) -> Record:
    body = f"<title>{title}</title><link>https://journal.example/9</link>{inside}"
    document = f'<rss version="2.0" {SPACES}><channel><item>{body}</item></channel></rss>'
    found, _, _ = told_apart(answer(document.encode(), "")["items"], JOURNAL)  # type: ignore[arg-type]
    return found[0].record


OTHER = "10.5555/sleep.1"
WORDS = {
    "Crossref's update": (f'<crossref:update type="retraction" date="2026-01-05">{OTHER}</crossref:update>', "RetractionOf"),
    "with the DOI inside": (f'<updates><update type="correction"><doi>{OTHER}</doi></update></updates>', "ErratumFor"),
    "with the DOI as attribute": (f'<update type="withdrawal" doi="{OTHER}"/>', "WithdrawalOf"),
    "of a corrigendum": (f'<crossref:update type="corrigendum">{OTHER}</crossref:update>', "ErratumFor"),
    "of a concern": (f'<crossref:update type="expression_of_concern">{OTHER}</crossref:update>', "ExpressionOfConcernFor"),
    "of a partial retraction": (f'<crossref:update type="partial_retraction">{OTHER}</crossref:update>', "PartialRetractionOf"),
    "of a new version": (f'<crossref:update type="new_version">{OTHER}</crossref:update>', "VersionOf"),
    "of a removal": (f'<crossref:update type="removal">{OTHER}</crossref:update>', "WithdrawalOf"),
    "updated by": (f'<crossref:updated-by type="retraction">{OTHER}</crossref:updated-by>', "RetractionIn"),
    "Crossref's relation": (f'<rel:inter_work_relation relationship-type="isPreprintOf" identifier-type="doi">{OTHER}</rel:inter_work_relation>', "PreprintOf"),
    "and its inverse": (f'<rel:intra_work_relation relationship-type="hasPreprint">{OTHER}</rel:intra_work_relation>', "PreprintIn"),
    "of a reply": (f'<rel:inter_work_relation relationship-type="isReplyTo">{OTHER}</rel:inter_work_relation>', "ReplyOf"),
    "of a translation": (f'<rel:inter_work_relation relationship-type="isTranslationOf">{OTHER}</rel:inter_work_relation>', "TranslationOf"),
    "JATS": (f'<related-article related-article-type="corrected-article" xlink:href="{OTHER}"/>', "ErratumFor"),
    "JATS on the article": (f'<related-article related-article-type="retraction-forward" xlink:href="{OTHER}"/>', "RetractionIn"),
    "PRISM": (f"<prism:isCorrectionOf>doi:{OTHER}</prism:isCorrectionOf>", "ErratumFor"),
    "PRISM on the article": (f"<prism:hasCorrection>{OTHER}</prism:hasCorrection>", "ErratumIn"),
    "PRISM as a resource": (f'<prism:isTranslationOf rdf:resource="https://doi.org/{OTHER}"/>', "TranslationOf"),
    "Dublin Core": (f"<dcterms:isReplacedBy>https://doi.org/{OTHER}</dcterms:isReplacedBy>", "VersionIn"),
    "a link": (f'<atom:link rel="retraction" href="https://doi.org/{OTHER}"/>', "RetractionIn"),
    "a link the other way": (f'<atom:link rel="corrects" href="https://doi.org/{OTHER}"/>', "ErratumFor"),
    "published elsewhere": (f'<atom:link rel="published-article" href="https://doi.org/{OTHER}"/>', "PreprintOf"),
}  # fmt: skip


@pytest.mark.parametrize(("inside", "kind"), WORDS.values(), ids=WORDS)
def test_a_feed_names_another_record(inside: str, kind: str) -> None:
    assert shown(inside).links == (Link(kind=kind, doi=OTHER),)


@pytest.mark.parametrize(
    "inside",
    [
        '<atom:link rel="alternate" href="https://doi.org/10.5555/sleep.1"/>',
        '<atom:link rel="license" href="https://doi.org/10.5555/sleep.1"/>',
        "<prism:isPartOf>10.5555/journal</prism:isPartOf>",
        "<dc:source>10.5555/sleep.1</dc:source>",
        '<crossref:update type="retraction">soon</crossref:update>',
        "<description>The correction of 10.5555/sleep.1 is &lt;b&gt;late&lt;/b&gt;.</description>",
        '<update type="holiday">10.5555/sleep.1</update>',
    ],
)
def test_other_words_name_no_record(inside: str) -> None:
    assert shown(inside).links == ()


def test_a_link_to_pubmed_names_a_pmid() -> None:
    inside = '<atom:link rel="corrected-by" href="https://pubmed.ncbi.nlm.nih.gov/90000009/"/>'

    assert shown(inside).links == (Link(kind="ErratumIn", pmid="90000009"),)


def test_a_version_of_a_preprint_is_the_preprint() -> None:
    inside = "<rel:x relationship-type='hasPreprint'>10.1101/2023.04.05.23288001v2</rel:x>"

    assert shown(inside).links[0].doi == "10.1101/2023.04.05.23288001"


def test_what_a_feed_says_has_the_feed_as_its_basis() -> None:
    record = shown(f'<crossref:update type="retraction">{OTHER}</crossref:update>')

    assert relations.stated(record, "feed") == (
        Relation(kind="retraction of", doi=OTHER, basis="feed"),
    )


@pytest.mark.parametrize("title", [f"Correction to: {TITLE}", "Correction", "Erratum"])
def test_a_plain_relation_of_a_notice_says_of_whom_and_the_title_says_how(title: str) -> None:
    record = shown(f"<dc:relation>https://doi.org/{OTHER}</dc:relation>", title)

    assert relations.stated(record, "feed") == (
        Relation(kind="erratum for", doi=OTHER, basis="title"),
    )


def test_a_plain_relation_of_a_study_says_nothing() -> None:
    record = shown(f"<dc:relation>https://doi.org/{OTHER}</dc:relation>")

    assert relations.stated(record, "feed") == ()


def test_a_doi_in_the_title_of_a_notice_names_its_study() -> None:
    record = shown(
        "", f"Corrigendum: Okonjo A (2024) {TITLE}. Sleep 7: 11. https://doi.org/{OTHER}"
    )

    assert relations.stated(record, "feed") == (
        Relation(kind="erratum for", doi=OTHER, basis="title"),
    )


def test_a_thousand_relations_are_no_relations_of_notice() -> None:
    many = "".join(
        f"<crossref:update type='correction'>10.5555/{n}</crossref:update>" for n in range(1000)
    )

    assert len(shown(many).links) == 50
