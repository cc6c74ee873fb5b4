"""The fields of one PubMed XML element: PubmedArticle, PubmedBookArticle, and their older forms."""

from __future__ import annotations

from collections.abc import Iterable

from lxml import etree

from bot import identifiers
from bot.errors import FormatError
from bot.formats.text import clean, flatten, iso_date, partial_date, two_dates
from bot.model import Author, Link, MeshHeading, Record, Section

#: What NLM writes where a title is missing or not yet translated.
NO_TITLE = frozenset({"", "not available", "in process citation", "no title available"})
#: Databanks whose accession numbers are trial registrations (NLM's list of DataBankName values);
#: the others are sequences, structures and data sets.
REGISTRIES = frozenset(
    {"anzctr", "chictr", "clinicaltrials.gov", "cris", "ctri", "drks", "eudract", "irct", "isrctn"}
    | {"itmctr", "japiccti", "jma", "jprn", "kct", "lbctr", "ntr", "pactr", "rebec", "repec"}
    | {"rpcec", "slctr", "tctr", "umin", "umin-ctr"}
)
ADDRESS = "https://pubmed.ncbi.nlm.nih.gov/{}/"

_Element = etree._Element
_Parts = dict[str, list[_Element]]
_NONE: list[_Element] = []


def record(element: _Element) -> Record:
    """Read one record; raise FormatError when it has no PMID or no citation."""
    parts = _parts(element)
    if element.tag == "MedlineCitation":
        return _article(element, {})
    if element.tag == "BookDocument":
        return _book(element, {})
    for citation in parts.get("MedlineCitation", _NONE):
        return _article(citation, _first_parts(parts, "PubmedData"))
    for document in parts.get("BookDocument", _NONE):
        return _book(document, _first_parts(parts, "PubmedBookData"))
    raise FormatError(f"<{element.tag}> holds neither MedlineCitation nor BookDocument")


def _article(citation: _Element, extra: _Parts) -> Record:
    parts = _parts(citation)
    article = _first_parts(parts, "Article")
    if "Article" not in parts:
        raise FormatError("MedlineCitation holds no Article")
    pmid, version = _pmid(parts)
    issue = _first_parts(journal := _first_parts(article, "Journal"), "JournalIssue")
    about = _first_parts(parts, "MedlineJournalInfo")
    vernacular = _text(article, "VernacularTitle")
    abstract = _abstract(_first(article, "Abstract"))
    ids = _article_ids(extra)
    dates = _history(extra)
    authors, affiliations = _authors(article.get("AuthorList", _NONE)[:1])
    printed, online = _date(_first(issue, "PubDate")), _date(_first(article, "ArticleDate"))
    published, also_published = two_dates(printed, online)
    return Record(
        title=_title(_text(article, "ArticleTitle"), vernacular),
        pmid=pmid,
        pmid_version=version,
        doi=ids.get("doi", "") or _location(article, "doi"),
        pmcid=ids.get("pmc", "") or _other_pmcid(parts),
        pii=ids.get("pii", "") or _location(article, "pii"),
        registrations=_registrations(article, abstract),
        vernacular_title=vernacular,
        abstract=abstract,
        other_abstract=tuple(
            section for other in parts.get("OtherAbstract", _NONE) for section in _abstract(other)
        ),
        keywords=_keywords(parts),
        authors=authors,
        affiliations=_unique(affiliations, _texts(article, "Affiliation")),
        journal=_text(journal, "Title"),
        journal_abbreviation=_text(about, "MedlineTA") or _text(journal, "ISOAbbreviation"),
        issns=_unique(_texts(journal, "ISSN"), _texts(about, "ISSNLinking")),
        volume=_text(issue, "Volume"),
        issue=_text(issue, "Issue"),
        pages=_pages(_first(article, "Pagination")),
        published=published,
        also_published=also_published,
        languages=_languages(article),
        publication_types=_unique(
            clean(child.text or "")
            for group in article.get("PublicationTypeList", _NONE)
            for child in group.iterchildren("PublicationType")
        ),
        mesh=tuple(
            _heading(child)
            for group in parts.get("MeshHeadingList", _NONE)
            for child in group.iterchildren("MeshHeading")
        ),
        substances=_substances(parts),
        links=tuple(
            _link(child)
            for group in parts.get("CommentsCorrectionsList", _NONE)
            for child in group.iterchildren("CommentsCorrections")
        ),
        grants=_grants(_first(article, "GrantList")),
        conflict_statement=_text(parts, "CoiStatement"),
        status=citation.get("Status", ""),
        created=dates.get("entrez", "") or _date(_first(parts, "DateCreated")),
        entered=dates.get("pubmed", ""),
        indexed=dates.get("medline", ""),
        revised=_date(_first(parts, "DateRevised")),
        url=ADDRESS.format(pmid),
    )


def _book(document: _Element, extra: _Parts) -> Record:
    """A chapter, or, where there is no ArticleTitle, a whole book."""
    parts = _parts(document)
    book = _first_parts(parts, "Book")
    pmid, version = _pmid(parts)
    chapter, title = _text(parts, "ArticleTitle"), _text(book, "BookTitle")
    vernacular = _text(parts, "VernacularTitle")
    publisher = _text(_first_parts(book, "Publisher"), "PublisherName")
    abstract = _abstract(_first(parts, "Abstract"))
    ids = _article_ids(extra) | _article_ids(parts)
    dates = _history(extra)
    lists = parts.get("AuthorList", _NONE) or book.get("AuthorList", _NONE)
    authors, affiliations = _authors([one for one in lists if one.get("Type") != "editors"])
    if not authors:
        authors, affiliations = _authors(lists)
    return Record(
        title=_title(chapter, vernacular) or title,
        pmid=pmid,
        pmid_version=version,
        doi=ids.get("doi", "") or _location(parts, "doi") or _location(book, "doi"),
        pmcid=ids.get("pmc", ""),
        pii=ids.get("pii", "") or _location(parts, "pii"),
        registrations=_registrations(parts, abstract),
        vernacular_title=vernacular,
        abstract=abstract,
        keywords=_keywords(parts),
        authors=authors,
        affiliations=affiliations,
        journal=title if chapter else _text(book, "CollectionTitle") or publisher,
        issns=(),
        volume=_text(book, "Volume"),
        pages=_pages(_first(parts, "Pagination")),
        published=_date(_first(parts, "ContributionDate")) or _date(_first(book, "PubDate")),
        languages=_languages(parts),
        publication_types=_unique(_texts(parts, "PublicationType")),
        grants=_grants(_first(parts, "GrantList")),
        created=dates.get("entrez", ""),
        entered=dates.get("pubmed", ""),
        indexed=dates.get("medline", ""),
        revised=_date(_first(parts, "DateRevised")),
        url=ADDRESS.format(pmid),
    )


def _parts(element: _Element) -> _Parts:
    """The children by tag: one walk instead of a search for each field."""
    parts: _Parts = {}
    for child in element:
        parts.setdefault(child.tag, []).append(child)
    return parts


def _first(parts: _Parts, tag: str) -> _Element | None:
    found = parts.get(tag)
    return found[0] if found else None


def _first_parts(parts: _Parts, tag: str) -> _Parts:
    found = parts.get(tag)
    return _parts(found[0]) if found else {}


def _plain(element: _Element) -> str:
    return clean(flatten(element) if len(element) else element.text or "")


def _text(parts: _Parts, tag: str) -> str:
    found = parts.get(tag)
    return _plain(found[0]) if found else ""


def _texts(parts: _Parts, tag: str) -> list[str]:
    return [_plain(child) for child in parts.get(tag, _NONE)]


def _unique(*texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for group in texts for text in group if text))


def _pmid(parts: _Parts) -> tuple[str, int]:
    for element in parts.get("PMID", _NONE):
        version = element.get("Version", "1")
        pmid = identifiers.pmid(element.text or "")
        if pmid:
            return pmid, int(version) if version.isascii() and version.isdigit() else 1
    raise FormatError("the record has no PMID")


def _title(title: str, vernacular: str) -> str:
    """The title, brackets of a translation included; the vernacular one where it is missing."""
    if title.strip("[] .").casefold() in NO_TITLE:
        return vernacular or title
    return title


def _abstract(element: _Element | None) -> tuple[Section, ...]:
    if element is None:
        return ()
    return tuple(
        Section(label=clean(child.get("Label", "")), text=text)
        for child in element.iterchildren("AbstractText")
        if (text := _plain(child))
    )


def _article_ids(extra: _Parts) -> dict[str, str]:
    """PubMed's own identifiers of the record, normalised.

    Its DOI wins over the publisher's ELocationID: it is there more often, and it is the one that
    PubMed links to.  (In the one real record seen where they differ, it was the right one.)
    """
    ids: dict[str, str] = {}
    for child in (child for group in extra.get("ArticleIdList", _NONE)[:1] for child in group):
        kind, text = child.get("IdType", ""), clean(child.text or "")
        if kind == "doi":
            text = identifiers.doi(text)
        elif kind == "pmc":
            text = identifiers.pmcid(text)
        if text:
            ids.setdefault(kind, text)
    return ids


def _location(parts: _Parts, kind: str) -> str:
    for child in parts.get("ELocationID", _NONE):
        if child.get("EIdType") == kind and child.get("ValidYN", "Y") != "N":
            text = clean(child.text or "")
            if kind != "doi":
                return text
            if doi := identifiers.doi(text):
                return doi
    return ""


def _other_pmcid(parts: _Parts) -> str:
    """The PMCID of records made before ArticleIdList carried it."""
    for child in parts.get("OtherID", _NONE):
        words = (child.text or "").split()
        if child.get("Source") == "NLM" and words and words[0].startswith("PMC"):
            return identifiers.pmcid(words[0])
    return ""


def _registrations(article: _Parts, abstract: tuple[Section, ...]) -> tuple[str, ...]:
    numbers: list[str] = []
    for group in article.get("DataBankList", _NONE):
        for bank in group:
            name = clean(bank.findtext("DataBankName") or "").casefold()
            for child in bank.iter("AccessionNumber"):
                text = clean(child.text or "")
                numbers += identifiers.registrations(text) or (
                    [text.upper()] if name in REGISTRIES and text else []
                )
    for section in abstract:
        numbers += identifiers.registrations(section.text)
    return tuple(dict.fromkeys(numbers))


def _keywords(parts: _Parts) -> tuple[str, ...]:
    return _unique(
        _plain(child)
        for group in parts.get("KeywordList", _NONE)
        for child in group.iterchildren("Keyword")
    )


def _authors(lists: Iterable[_Element]) -> tuple[tuple[Author, ...], tuple[str, ...]]:
    """Authors and affiliations; a misspelt name that was later corrected is left out."""
    authors: list[Author] = []
    affiliations: list[str] = []
    for child in (child for group in lists for child in group.iterchildren("Author")):
        if child.get("ValidYN") == "N":
            continue
        parts = _parts(child)
        author = _author(parts)
        if author.last or author.collective:
            authors.append(author)
        for one in parts.get("AffiliationInfo", _NONE):
            affiliations += map(_plain, one.iterchildren("Affiliation"))
        affiliations += _texts(parts, "Affiliation")  # before 2015
    return tuple(authors), _unique(affiliations)


def _author(parts: _Parts) -> Author:
    last, initials = _text(parts, "LastName"), _text(parts, "Initials")
    fore = _text(parts, "ForeName")
    if not fore and "FirstName" in parts:  # before 2003
        fore = f"{_text(parts, 'FirstName')} {_text(parts, 'MiddleName')}".strip()
    if not last:  # a single name, put in the wrong place
        last, fore = fore, ""
    initials = initials or "".join(word[0] for word in fore.split())
    return Author(
        last=last,
        fore=fore,
        initials=f"{initials} {_text(parts, 'Suffix')}".strip() if "Suffix" in parts else initials,
        collective=_text(parts, "CollectiveName"),
    )


def _pages(element: _Element | None) -> str:
    if element is None:
        return ""
    parts = _parts(element)
    pages = _text(parts, "MedlinePgn")
    if pages:
        return pages
    start, end = _text(parts, "StartPage"), _text(parts, "EndPage")
    return f"{start}-{end}" if end and end != start else start


def _date(element: _Element | None) -> str:
    if element is None:
        return ""
    parts = {child.tag: clean(child.text or "") for child in element}
    if "Year" in parts:
        month = parts.get("Month", "") or parts.get("Season", "")
        return iso_date(parts["Year"], month, parts.get("Day", ""))
    return partial_date(parts.get("MedlineDate", ""))


def _history(extra: _Parts) -> dict[str, str]:
    """PubStatus -> date: entrez is the create date, pubmed the entry date, medline MeSH's."""
    dates: dict[str, str] = {}
    for group in extra.get("History", _NONE):
        for child in group:
            status = child.get("PubStatus", "")
            if status in ("entrez", "pubmed", "medline") and status not in dates:
                dates[status] = _date(child)
    return dates


def _languages(parts: _Parts) -> tuple[str, ...]:
    return _unique(text.lower()[:3] for text in _texts(parts, "Language"))


def _heading(element: _Element) -> MeshHeading:
    descriptor = ui = ""
    major = False
    qualifiers = []
    for child in element:
        major = major or child.get("MajorTopicYN") == "Y"
        if child.tag == "DescriptorName":
            descriptor, ui = clean(child.text or ""), child.get("UI", "")
        elif child.tag == "QualifierName":
            qualifiers.append(clean(child.text or ""))
    return MeshHeading(descriptor=descriptor, ui=ui, major=major, qualifiers=tuple(qualifiers))


def _substances(parts: _Parts) -> tuple[str, ...]:
    """Substances and supplementary concepts: what PubMed's [nm] finds."""
    return _unique(
        (
            _plain(child)
            for group in parts.get("ChemicalList", _NONE)
            for child in group.iter("NameOfSubstance")
        ),
        (
            _plain(child)
            for group in parts.get("SupplMeshList", _NONE)
            for child in group.iterchildren("SupplMeshName")
        ),
    )


def _link(element: _Element) -> Link:
    parts = _parts(element)
    return Link(
        kind=element.get("RefType", ""),
        pmid=identifiers.pmid(_text(parts, "PMID")),
        citation=_text(parts, "RefSource"),
    )


def _grants(element: _Element | None) -> tuple[str, ...]:
    """Number/acronym/agency/country, as the MEDLINE format writes them."""
    if element is None:
        return ()
    return _unique(
        "/".join(filter(None, (_text(_parts(grant), tag) for tag in _GRANT)))
        for grant in element.iterchildren("Grant")
    )


_GRANT = ("GrantID", "Acronym", "Agency", "Country")
