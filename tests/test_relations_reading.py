"""What a record says of others and of itself."""

from __future__ import annotations

from io import StringIO

import pytest
from builders import record
from hypothesis import given
from hypothesis import strategies as st

from bot import relations
from bot.formats import medline
from bot.model import Link, Record, Relation, RelationKind, Section

TITLE = "Nightly lavender spray against restless sleep in shift workers: a randomised trial"
#: Every RefType of PubMed's DTD of 2026 but `Cites`, and two of MEDLINE's older tags.
REF_TYPES: dict[str, list[tuple[RelationKind, bool]]] = {
    "AssociatedDataset": [("companion of", False)],
    "AssociatedPublication": [("companion of", False)],
    "CommentIn": [("comment on", True)],
    "CommentOn": [("comment on", False)],
    "CorrectedandRepublishedFrom": [("republication of", False)],
    "CorrectedandRepublishedIn": [("republication of", True)],
    "ErratumFor": [("erratum for", False)],
    "ErratumIn": [("erratum for", True)],
    "ExpressionOfConcernFor": [("expression of concern for", False)],
    "ExpressionOfConcernIn": [("expression of concern for", True)],
    "OriginalReportIn": [("companion of", False)],
    "PartialRetractionIn": [("erratum for", True)],
    "PartialRetractionOf": [("erratum for", False)],
    "ReprintIn": [("companion of", False)],
    "ReprintOf": [("companion of", False)],
    "RepublishedFrom": [("companion of", False)],
    "RepublishedIn": [("companion of", False)],
    "RetractedandRepublishedFrom": [("republication of", False), ("retraction of", False)],
    "RetractedandRepublishedIn": [("republication of", True), ("retraction of", True)],
    "RetractionIn": [("retraction of", True)],
    "RetractionOf": [("retraction of", False)],
    "SummaryForPatientsIn": [("companion of", False)],
    "UpdateIn": [("new version of", True)],
    "UpdateOf": [("new version of", False)],
    "Cites": [],
    "AKindOfTheFuture": [],
}


@pytest.mark.parametrize(("ref_type", "said"), REF_TYPES.items(), ids=REF_TYPES)
def test_each_ref_type_of_pubmed_says_its_relation(
    ref_type: str, said: list[tuple[RelationKind, bool]]
) -> None:
    link = Link(kind=ref_type, pmid="90000009", citation="J Made Up Stud. 2026;7:80")

    assert relations.stated(record(links=(link,)), "pubmed") == tuple(
        Relation(
            kind=kind, inverse=inverse, pmid="90000009", citation=link.citation, basis="pubmed"
        )
        for kind, inverse in said
    )


TAGS = {
    "CIN": "CommentIn", "CON": "CommentOn", "CRF": "CorrectedandRepublishedFrom",
    "CRI": "CorrectedandRepublishedIn", "DDIN": "AssociatedDataset", "DRIN": "AssociatedPublication",
    "ECF": "ExpressionOfConcernFor", "ECI": "ExpressionOfConcernIn", "EFR": "ErratumFor",
    "EIN": "ErratumIn", "ORI": "OriginalReportIn", "PRIN": "PartialRetractionIn",
    "PROF": "PartialRetractionOf", "RIN": "RetractionIn", "ROF": "RetractionOf",
    "RPF": "RepublishedFrom", "RPI": "RepublishedIn", "RRF": "RetractedandRepublishedFrom",
    "RRI": "RetractedandRepublishedIn", "SPIN": "SummaryForPatientsIn", "UIN": "UpdateIn",
    "UOF": "UpdateOf",
}  # fmt: skip


def test_the_tags_of_medline_say_what_the_xml_says() -> None:
    lines = [f"{tag:<4}- J Made Up Stud. 2026;7:80. PMID: 90000009" for tag in TAGS]
    (read,) = medline.read(StringIO("\n".join(["PMID- 1", "TI  - A title", *lines, ""])))

    assert {link.kind for link in read.links} == set(TAGS.values())
    assert {link.pmid for link in read.links} == {"90000009"}


def said(one: Record, basis: str = "pubmed") -> list[tuple[str, bool, str]]:
    return [(r.kind, r.inverse, r.basis) for r in relations.stated(one, basis)]  # type: ignore[arg-type]


def update(kind: str, **fields: object) -> Record:
    citation = str(fields.pop("citation", ""))
    return record(links=(Link(kind=kind, pmid="90000009", citation=citation),), **fields)


PREPRINT = {"publication_types": ("Preprint",), "doi": "10.1101/2025.04.05.25288001"}


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (update("UpdateIn", **PREPRINT), ("preprint of", False)),
        (update("UpdateIn", **PREPRINT, citation="medRxiv. 2025 Jun"), ("new version of", True)),
        (update("UpdateOf", citation="medRxiv. 2025 Apr 7:2025.04.05"), ("preprint of", True)),
        (update("UpdateOf", citation="Res Sq. 2025 Apr 7:rs.3.rs-1"), ("preprint of", True)),
        (update("UpdateOf", **PREPRINT, citation="bioRxiv. 2024"), ("new version of", False)),
        (update("UpdateOf", citation="Cochrane Database Syst Rev. 2020"), ("new version of", False)),
        (update("UpdateOf", title="WITHDRAWN: Lavender for sleep"), ("withdrawal of", False)),
        (update("RetractionOf", title="Partial retraction: Lavender"), ("erratum for", False)),
        (update("RetractionOf", title="Retraction of the retraction of x"), ("reinstatement of", False)),
        (update("ErratumFor", title="Notice of reinstatement: Lavender"), ("reinstatement of", False)),
        (
            update("ExpressionOfConcernFor", title="Expression of concern removed: Lavender"),
            ("erratum for", False),
        ),
    ],
)  # fmt: skip
def test_a_coarse_word_is_made_exact_by_the_record(one: Record, expected: tuple[str, bool]) -> None:
    assert (*expected, "pubmed") in said(one)
    assert ("new version of", False, "pubmed") not in said(one) or expected[0] == "new version of"


def test_a_type_without_a_link_says_that_it_is_retracted() -> None:
    one = record(publication_types=("Journal Article", "Retracted Publication"))

    assert said(one) == [("retraction of", True, "pubmed")]


def test_its_own_title_is_only_a_title() -> None:
    assert said(record(title=f"RETRACTED: {TITLE}")) == [("retraction of", True, "title")]
    assert said(record(title=f"WITHDRAWN: {TITLE}", status=""), "feed") == [
        ("withdrawal of", True, "title")
    ]


@pytest.mark.parametrize("link", [Link(kind="ErratumIn", pmid="90000001"), Link(kind="ErratumIn", doi="10.5555/litbot.1"), Link(kind="ErratumIn")])  # fmt: skip
def test_a_record_says_nothing_of_itself_or_of_nobody(link: Link) -> None:
    assert relations.stated(record(links=(link,)), "pubmed") == ()


def test_the_doi_in_a_citation_names_the_other_record() -> None:
    link = Link(kind="ErratumIn", citation="BMJ. 2008 Jan 12;336(7635). doi: 10.5555/bmj.394.AD")

    assert relations.stated(record(links=(link,)), "pubmed")[0].doi == "10.5555/bmj.394.ad"


# is it a notice?


def bare(title: str, *types: str, **fields: object) -> Record:
    """A record without an abstract, as notices are."""
    return record(**({"title": title, "publication_types": types, "abstract": ()} | fields))


NOTICES: list[tuple[Record, RelationKind]] = [
    (bare("Anything", "Retraction of Publication"), "retraction of"),
    (bare("Anything", "Retraction Notice", "Journal Article"), "retraction of"),
    (bare("Anything", "Published Erratum"), "erratum for"),
    (bare("Anything", "Expression of Concern"), "expression of concern for"),
    (bare("Reinstatement: Lavender", "Published Erratum"), "reinstatement of"),
    (bare("Retraction of retraction", "Retraction of Publication"), "reinstatement of"),
    (bare("Partial retraction: Lavender", "Retraction of Publication"), "erratum for"),
    (update("RetractionOf", abstract=(), publication_types=()), "retraction of"),
    (update("ErratumFor", abstract=None, publication_types=()), "erratum for"),
    (update("WithdrawalOf", abstract=None, publication_types=()), "withdrawal of"),
    (bare(f"Retraction: {TITLE}"), "retraction of"),
    (bare(f"Retraction notice to: {TITLE}"), "retraction of"),
    (bare(f"Retraction to “{TITLE}” [J Sleep 12 (2020) 1-9]"), "retraction of"),
    (bare(f"Notice of retraction: {TITLE}"), "retraction of"),
    (bare("Retraction"), "retraction of"),
    (bare(f"Correction to: {TITLE}"), "erratum for"),
    (bare(f"Author Correction: {TITLE}"), "erratum for"),
    (bare(f"Publisher’s Correction: {TITLE}"), "erratum for"),
    (bare(f"Erratum to “{TITLE}”"), "erratum for"),
    (bare(f"Erratum for Okonjo et al., {TITLE}"), "erratum for"),
    (bare(f"Corrigendum: {TITLE}"), "erratum for"),
    (bare(f"Addendum to: {TITLE}"), "erratum for"),
    (bare("Correction."), "erratum for"),
    (bare("Errata"), "erratum for"),
    (bare(f"Expression of Concern: {TITLE}"), "expression of concern for"),
    (bare(f"Editorial expression of concern to: {TITLE}"), "expression of concern for"),
    (bare(f"Withdrawal notice: {TITLE}"), "withdrawal of"),
    (bare(f"Erratum: {TITLE}", abstract=None), "erratum for"),
    (bare(f"Erratum: {TITLE}", abstract=(Section(text="In Table 2, 12 should be 21. " * 40),)), "erratum for"),
    (bare(f"Erratum: {TITLE}", abstract=(Section(text="This corrects the article."),)), "erratum for"),
]  # fmt: skip
WHOLE = (Section(label="BACKGROUND", text="Sleep."), Section(label="RESULTS", text="Better."))
STUDIES = [
    bare(f"RETRACTED: {TITLE}", "Retracted Publication"),
    bare(f"RETRACTED ARTICLE: {TITLE}"),
    bare(f"WITHDRAWN: {TITLE}"),
    bare(f"{TITLE} [Erratum appears in J Sleep 2021;3:4]"),
    bare(f"{TITLE} (Retracted)"),
    bare(TITLE, "Corrected and Republished Article", links=(Link(kind="ErratumFor", pmid="1"),)),
    update("RetractedandRepublishedFrom", abstract=()),
    update("CorrectedandRepublishedFrom", abstract=()),
    update("ErratumIn", abstract=()),
    update("CommentOn", abstract=()),
    update("ErratumFor", abstract=WHOLE, publication_types=("Randomized Controlled Trial",)),
    bare("Correction of scoliosis with a made-up brace"),
    bare("Correction for multiple testing in small trials"),
    bare("Corrections and parole: the health of those who leave"),
    bare("Retraction of the eyelid after made-up surgery"),
    bare("Retraction pockets of the eardrum in children"),
    bare("Withdrawal: a survey of nurses"),
    bare("Withdrawal of antidepressants in primary care"),
    bare("Reinstatement of alcohol seeking in rats"),
    bare("Reinstatement: memory of fear in mice and men"),
    bare("Expression of concern in letters to parents"),
    bare("Erratic sleep in shift workers"),
    bare("Errata in the medical literature: how many and how late"),
    bare("Concern about sleep among night nurses"),
    bare(f"Erratum: {TITLE}", abstract=WHOLE),
    bare(f"Erratum: {TITLE}", abstract=(Section(text="We studied sleep in forty nurses. " * 60),)),
    bare(f"Comment on: {TITLE}"),
    bare(TITLE),
]


@pytest.mark.parametrize(("one", "kind"), NOTICES, ids=lambda one: getattr(one, "title", one))
def test_a_notice_is_told_by_its_type_its_links_or_its_title(
    one: Record, kind: RelationKind
) -> None:
    assert relations.notice_kind(one) == kind


@pytest.mark.parametrize("one", STUDIES, ids=lambda one: one.title)
def test_a_study_is_never_taken_for_a_notice(one: Record) -> None:
    assert relations.notice_kind(one) is None


@pytest.mark.parametrize(
    ("one", "flags"),
    [
        (record(), ()),
        (record(publication_types=("Retracted Publication",)), ("RETRACTED",)),
        (update("RetractionIn"), ("RETRACTED",)),
        (record(title=f"RETRACTED: {TITLE}"), ("RETRACTED",)),
        (record(title=f"{TITLE} [Retraction in J Sleep 2021]"), ("RETRACTED",)),
        (record(title=f"WITHDRAWN: {TITLE}"), ("Withdrawn",)),
        (update("ExpressionOfConcernIn"), ("Expression of concern",)),
        (update("CorrectedandRepublishedIn"), ("Corrected and republished",)),
        (update("RetractedandRepublishedIn"), ("RETRACTED", "Corrected and republished")),
        (update("ErratumIn"), ("Erratum",)),
        (update("PartialRetractionIn"), ("Erratum",)),
        (record(title=f"{TITLE} [Erratum appears in J Sleep 2021]"), ("Erratum",)),
        (record(publication_types=("Preprint",)), ("Preprint",)),
        (update("ErratumFor"), ()),
    ],
)
def test_flags_say_what_happened_to_a_study(one: Record, flags: tuple[str, ...]) -> None:
    assert relations.flags(one) == flags


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"doi": "10.1101/2025.04.05.25288001"}, True),
        ({"doi": "10.1101/123456"}, True),
        ({"doi": "10.1101/gr.123456.110"}, False),  # a journal of Cold Spring Harbor
        ({"doi": "10.21203/rs.3.rs-1234/v1"}, True),
        ({"doi": "10.48550/arxiv.2401.00001"}, True),
        ({"journal": "medRxiv : the preprint server for health sciences"}, True),
        ({"journal_abbreviation": "Res Sq"}, True),
        ({"journal": "Social science research network"}, False),
        ({"publication_types": ("Preprint",)}, True),
        ({}, False),
    ],
)
def test_a_preprint_is_told_by_its_doi_its_server_or_its_type(
    fields: dict[str, object], expected: bool
) -> None:
    assert relations.is_preprint(record(**fields)) is expected


WORDS = st.sampled_from(
    [
        "Retraction",
        "of",
        ":",
        "notice",
        "Erratum",
        "to",
        "Part",
        "II",
        "2020",
        "protocol",
        "[",
        "]",
        "WITHDRAWN:",
        "reply",
        "sleep",
        "expression of concern",
        "10.5555/x",
        "\u202e",
        "\x00",
        "é",
    ]
)
TITLES = st.lists(WORDS, max_size=12).map(" ".join) | st.text(max_size=60)


@given(TITLES, TITLES)
def test_no_title_is_too_odd_to_be_read(one: str, other: str) -> None:
    first, second = record(title=one), record(title=other, pmid="90000002")

    for each in (first, second):
        relations.flags(each)
        relations.notice_kind(each)
        relations.stated(each, "feed")
    relations.between(first, second)


#: Titles of studies that use the words of notices; the second is only printed so before them.
WORDED_LIKE_NOTICES = [
    "Reinstatement of ketamine seeking in made-up rats after stress",
    "Stress-reinstated drug seeking: a made-up study",
    "Partial retraction of tendons of the shoulder: outcome in one clinic",
    "Removal of expression of concern from painted faces: a trial",
]
FORMS: list[tuple[str, str, str, RelationKind]] = [
    ("Retraction: {}", "Retraction of Publication", "RetractionOf", "retraction of"),
    ('Retraction notice to "{}"', "Retraction Notice", "RetractionOf", "retraction of"),
    ("Retraction. {}", "Retraction of Publication", "RetractionOf", "retraction of"),
    ("Retraction of {}", "Retraction of Publication", "RetractionOf", "retraction of"),
    ("Erratum: {}", "Published Erratum", "ErratumFor", "erratum for"),
    ("Correction to: {}", "Published Erratum", "ErratumFor", "erratum for"),
    (
        "Expression of concern: {}",
        "Expression of Concern",
        "ExpressionOfConcernFor",
        "expression of concern for",
    ),
]


@pytest.mark.parametrize("study", WORDED_LIKE_NOTICES)
@pytest.mark.parametrize(("form", "kind", "link", "said"), FORMS, ids=[one[0] for one in FORMS])
def test_the_title_of_the_study_does_not_say_what_a_notice_is(
    study: str, form: str, kind: str, link: str, said: RelationKind
) -> None:
    notice = record(
        title=form.format(study),
        publication_types=(kind,),
        links=(Link(kind=link, pmid="90000009"),),
    )

    assert relations.notice_kind(notice) == said
    assert {one.kind for one in relations.stated(notice, "pubmed")} == {said}


@pytest.mark.parametrize(
    "title",
    [
        "Correction to normal of low sodium in made-up wards",
        "Correction of low sodium and survival",
        "Expressions of concern in made-up journals: a cross-sectional study",
        "Expression of concern and empathy in physicians",
        "Errata in registries of trials: a systematic review",
        "Withdrawal of antidepressants in old age",
        "Withdrawal: a survey of smokers",
        "Withdrawn behaviour in infants: a cohort",
        "Retraction of the eyelid after surgery",
        "Retraction to the mean in ageing",
        "Retracted posture of the tongue in sleep",
        "Response to lithium in bipolar disorder",
        "Reply latency in dialogue",
        "Protocol-guided sedation in intensive care",
        "Comments on social media about vaccines: content analysis",
        "Reinstatement of fear in humans",
        "Reinstated drug seeking after stress",
        "Republished data in systematic reviews",
        "Statement of concern scales in parents",
        "Addenda to consent forms: do they help?",
        "Notes of concern among nurses",
        "Corrected QT interval in athletes",
    ],
)
def test_a_study_that_begins_like_a_notice_is_none(title: str) -> None:
    assert relations.notice_kind(record(title=title)) is None
