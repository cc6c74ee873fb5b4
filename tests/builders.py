"""Small builders: hand-made records, and PubMed XML for them."""

from __future__ import annotations

from dataclasses import replace
from xml.sax.saxutils import escape, quoteattr

from bot.model import Author, MeshHeading, Record, Section

DOCTYPE = (
    '<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2026//EN" '
    '"https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_260101.dtd">'
)

_RECORD = Record(
    title="Ketamine with psychotherapy for depression: a made-up trial.",
    pmid="90000001",
    doi="10.5555/litbot.1",
    abstract=(
        Section(label="BACKGROUND", text="Ketamine works fast, but not for long."),
        Section(label="RESULTS", text="Of 60 participants, 41 were well after six months."),
    ),
    keywords=("ketamine", "psychotherapy"),
    authors=(Author(last="Sample", fore="Ada B", initials="AB"),),
    affiliations=("Department of Samples, Example University, Exampletown.",),
    journal="Journal of made-up studies",
    journal_abbreviation="J Made Up Stud",
    issns=("0000-0019",),
    volume="7",
    issue="2",
    pages="11-19",
    published="2026-10-15",
    languages=("eng",),
    publication_types=("Journal Article", "Randomized Controlled Trial"),
    mesh=(
        MeshHeading(
            descriptor="Ketamine", ui="D007649", major=True, qualifiers=("adverse effects",)
        ),
    ),
    substances=("Ketamine",),
    status="MEDLINE",
    created="2026-10-20",
    entered="2026-10-20",
    indexed="2026-11-02",
    revised="2026-11-02",
    url="https://pubmed.ncbi.nlm.nih.gov/90000001/",
)


def record(**fields: object) -> Record:
    """A whole made-up record, with these fields instead of its own."""
    pmid = str(fields.get("pmid", _RECORD.pmid))
    fields.setdefault("url", f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid else "")
    return replace(_RECORD, **fields)  # type: ignore[arg-type]  # the names are the record's


def pubmed_set(*articles: Record | str, doctype: str = DOCTYPE) -> bytes:
    """An EFetch reply: records, or elements already written."""
    body = "\n".join(one if isinstance(one, str) else article_xml(one) for one in articles)
    return (
        f'<?xml version="1.0" ?>\n{doctype}\n<PubmedArticleSet>\n{body}\n</PubmedArticleSet>\n'
    ).encode()


def article_xml(record: Record) -> str:
    """One PubmedArticle that reads back as this record."""
    history = "".join(
        f'<PubMedPubDate PubStatus="{status}">{_date(day)}</PubMedPubDate>'
        for status, day in (
            ("entrez", record.created),
            ("pubmed", record.entered),
            ("medline", record.indexed),
        )
        if day
    )
    ids = "".join(
        f'<ArticleId IdType="{kind}">{escape(text)}</ArticleId>'
        for kind, text in (
            ("pubmed", record.pmid),
            ("doi", record.doi),
            ("pmc", record.pmcid),
            ("pii", record.pii),
        )
        if text
    )
    issns = "".join(f'<ISSN IssnType="Print">{issn}</ISSN>' for issn in record.issns[:1])
    return (
        f'<PubmedArticle><MedlineCitation Status="{record.status or "Publisher"}" Owner="NLM">'
        f'<PMID Version="{record.pmid_version}">{record.pmid}</PMID>'
        f"{_wrap('DateRevised', _date(record.revised))}"
        f'<Article PubModel="Print"><Journal>{issns}<JournalIssue CitedMedium="Print">'
        f"{_wrap('Volume', escape(record.volume))}{_wrap('Issue', escape(record.issue))}"
        f"<PubDate>{_date(record.published)}</PubDate></JournalIssue>"
        f"<Title>{escape(record.journal)}</Title></Journal>"
        f"<ArticleTitle>{escape(record.title)}</ArticleTitle>"
        f"{_wrap('Pagination', _wrap('MedlinePgn', escape(record.pages)))}"
        f"{_wrap('Abstract', _sections(record.abstract or ()))}"
        f"{_wrap('AuthorList', _authors(record))}"
        + "".join(f"<Language>{language}</Language>" for language in record.languages or ())
        + _wrap("DataBankList", _registrations(record))
        + _wrap(
            "GrantList",
            "".join(f"<Grant><GrantID>{escape(one)}</GrantID></Grant>" for one in record.grants),
        )
        + _wrap(
            "PublicationTypeList",
            "".join(
                f"<PublicationType>{escape(one)}</PublicationType>"
                for one in record.publication_types
            ),
        )
        + _wrap("VernacularTitle", escape(record.vernacular_title))
        + "</Article><MedlineJournalInfo>"
        + f"<MedlineTA>{escape(record.journal_abbreviation)}</MedlineTA>"
        + "".join(f"<ISSNLinking>{issn}</ISSNLinking>" for issn in record.issns[1:])
        + "</MedlineJournalInfo>"
        + _wrap(
            "ChemicalList",
            "".join(
                f"<Chemical><NameOfSubstance>{escape(one)}</NameOfSubstance></Chemical>"
                for one in record.substances
            ),
        )
        + _wrap("CommentsCorrectionsList", _links(record))
        + _wrap("MeshHeadingList", "".join(_heading(one) for one in record.mesh))
        + (
            f'<OtherAbstract Type="Publisher">{_sections(record.other_abstract)}</OtherAbstract>'
            if record.other_abstract
            else ""
        )
        + _wrap(
            "KeywordList",
            "".join(f"<Keyword>{escape(one)}</Keyword>" for one in record.keywords or ()),
        )
        + _wrap("CoiStatement", escape(record.conflict_statement))
        + f"</MedlineCitation><PubmedData>{_wrap('History', history)}"
        + f"<ArticleIdList>{ids}</ArticleIdList></PubmedData></PubmedArticle>"
    )


def _wrap(tag: str, inner: str) -> str:
    return f"<{tag}>{inner}</{tag}>" if inner else ""


def _date(day: str) -> str:
    parts = zip(("Year", "Month", "Day"), day.split("-"), strict=False)
    return "".join(f"<{tag}>{text}</{tag}>" for tag, text in parts if text)


def _sections(sections: tuple[Section, ...]) -> str:
    return "".join(
        f"<AbstractText{f' Label={quoteattr(one.label)}' if one.label else ''}>"
        f"{escape(one.text)}</AbstractText>"
        for one in sections
    )


def _authors(record: Record) -> str:
    affiliations = "".join(
        f"<AffiliationInfo><Affiliation>{escape(one)}</Affiliation></AffiliationInfo>"
        for one in record.affiliations or ()
    )
    return "".join(
        "<Author>"
        + _wrap("CollectiveName", escape(one.collective))
        + _wrap("LastName", escape(one.last))
        + _wrap("ForeName", escape(one.fore))
        + _wrap("Initials", escape(one.initials))
        + (affiliations if place == 0 else "")
        + "</Author>"
        for place, one in enumerate(record.authors)
    )


def _registrations(record: Record) -> str:
    return "".join(
        "<DataBank><DataBankName>ClinicalTrials.gov</DataBankName><AccessionNumberList>"
        f"<AccessionNumber>{escape(one)}</AccessionNumber></AccessionNumberList></DataBank>"
        for one in record.registrations
    )


def _links(record: Record) -> str:
    return "".join(
        f'<CommentsCorrections RefType="{one.kind}"><RefSource>{escape(one.citation)}</RefSource>'
        f"{_wrap('PMID', one.pmid)}</CommentsCorrections>"
        for one in record.links
    )


def _heading(heading: MeshHeading) -> str:
    major = "Y" if heading.major else "N"
    return (
        f'<MeshHeading><DescriptorName UI="{heading.ui}" MajorTopicYN="{major}">'
        f"{escape(heading.descriptor)}</DescriptorName>"
        + "".join(
            f'<QualifierName MajorTopicYN="N">{escape(one)}</QualifierName>'
            for one in heading.qualifiers
        )
        + "</MeshHeading>"
    )
