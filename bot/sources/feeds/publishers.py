"""What each family of publishers puts where: from an item of a feed to the draft of a record.

The family is told by what is in the feed, never by a journal's name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from bot import identifiers
from bot.model import Author
from bot.sources.feeds import names
from bot.sources.feeds.drafts import (
    VERSION,
    Draft,
    abstract,
    anything,
    published,
    whole,
)
from bot.sources.feeds.items import Item
from bot.sources.feeds.text import Block, blocks, clean, iso_date, plain

_NATURE = re.compile(r"nature\.com/articles/([sd]4\d{4}-\d{3}-\d{4,5}-[\da-z])(?=$|[/?#.])")
_ARXIV = re.compile(r"arxiv\.org/(?:abs|pdf)/(\d{4}\.\d{4,5}|[a-z.-]+/\d{7})")
_PUBMED_CITATION = re.compile(
    r"^(?P<journal>.+?)\.\s(?P<date>\d{4}[^;:.]{0,30})"
    r"(?:;(?P<volume>[^():;.]{0,30})(?:\((?P<issue>[^)]{0,60})\))?)?(?::(?P<pages>[^.;\s]{1,40}))?[.;]"
)
_SECTION_PREFIX = re.compile(r"^\[[A-Z][A-Za-z&/ -]{2,40}\]\s*(?=\S)")
_ISSUE_PREFIX = re.compile(r"^[^:]{2,100}, Vol\. \d+, Pages? [\w-]+: ")

Adapter = Callable[[Item], Draft]


def adapter(channel: Item, items: Sequence[Item]) -> Adapter:
    """The adapter of the family that wrote this feed."""
    made = channel.all("generator", "dc:publisher", "admin:generatoragent", "link", "guid", "about")
    places = [" ".join(item.all("link", "guid", "about", "prism:url")).lower() for item in items]
    for told_by in ([" ".join(made).lower()], places):
        for words, function in FAMILIES:
            # a feed that collects from many publishers is none of theirs
            ours = sum(any(word in place for word in words) for place in told_by)
            if told_by and ours >= 0.8 * len(told_by):
                return function
    return anything


def pubmed(item: Item) -> Draft:
    """PubMed's own RSS: the whole abstract in the content, behind the citation; PMID in the guid.

    Its pubDate is the day of indexing; the citation has the date of publication.
    """
    draft = anything(item)
    draft.pmid = draft.pmid or identifiers.pmid(item.first("guid"))
    # a label is whatever stands bold before a colon
    content = re.sub(
        r"<p\b[^<>]*>\s*<b>([^<>]{1,80}?):?</b>:", r"<h4>\1</h4><p>", item.first("content:encoded")
    )
    parts = blocks(content)
    parts = [part for part in parts if not part.text.startswith("PMID:")]
    citation = _PUBMED_CITATION.match(parts[0].text) if parts else None
    if citation:
        parts = parts[1:]
        draft.published = iso_date(citation["date"]) or draft.published
        draft.journal_abbreviation = citation["journal"]
        draft.volume = draft.volume or citation["volume"] or ""
        draft.issue = draft.issue or citation["issue"] or ""
        draft.pages = draft.pages or citation["pages"] or ""
    draft.journal = clean(item.first("dc:source")) or draft.journal_abbreviation
    if [part.text.upper() for part in parts] == ["NO ABSTRACT"]:
        draft.abstract = []
    else:
        draft.abstract = whole(parts)
    if draft.pmid:
        draft.link = f"https://pubmed.ncbi.nlm.nih.gov/{draft.pmid}/"
    return draft


def wiley(item: Item) -> Draft:
    """Wiley: the abstract behind a picture and a blurb; its dc:date is 12 hours off."""
    draft = anything(item)
    content = item.first("content:encoded")
    heading = re.search(r"<h[1-6][^<>]*>\s*abstract\s*</h[1-6]>", content, re.IGNORECASE)
    if heading:
        draft.abstract = whole(blocks(content[heading.end() :]))
    elif re.match(r"\s*<img\b", content):
        _, _, behind_blurb = content.partition("<br/>")
        draft.abstract = whole(blocks(behind_blurb))
    else:
        draft.abstract = whole(blocks(content)) or abstract(item.all("dc:description"))
    return draft


def taylor_francis(item: Item) -> Draft:
    """Taylor & Francis: prism:publicationName is the record's title; there is no abstract."""
    draft = anything(item)
    draft.journal = clean(item.first("dc:source"))
    draft.published = published(item, "dc:date", "prism:coverdate", "pubdate")
    return draft


def sciencedirect(item: Item) -> Draft:
    """ScienceDirect: authors, journal and date stand in the description; there is no DOI."""
    draft = anything(item)
    draft.abstract = None
    for block in blocks(item.first("description")):
        text = block.text
        kind, _, rest = text.partition(":")
        if kind.casefold() == "publication date" or text.casefold().startswith("available online"):
            draft.published = iso_date(text) or draft.published
        elif kind.casefold() == "source":
            journal, _, volume = rest.partition(", Volume ")
            draft.journal = plain(re.sub(r",\s(?:Available online|Issue).*", "", journal))
            draft.volume = volume.partition(",")[0].strip()
            issue = re.search(r"\bIssues? ([\w–-]+)", volume)
            draft.issue = issue[1] if issue else ""
        elif kind.casefold() in ("author(s)", "authors", "author"):
            draft.authors = names.people([rest])
    return draft


def elsevier_health(item: Item) -> Draft:
    """The Lancet and Elsevier's health journals: a bracketed section, and one teaser sentence."""
    draft = anything(item)
    draft.title = _SECTION_PREFIX.sub("", draft.title)
    draft.abstract = None
    return draft


def nature(item: Item) -> Draft:
    """Nature: a citation line and one sentence, which is no abstract; the DOI is in the address."""
    draft = anything(item)
    draft.abstract = None
    found = _NATURE.search(draft.link.lower())
    if not draft.doi and found:
        draft.doi = identifiers.doi(f"10.1038/{found[1]}")
    return draft


def silverchair(item: Item) -> Draft:
    """OUP, JAMA and others on Silverchair: authors as `Doe J, Roe RM`, headings as boxTitle."""
    draft = anything(item)
    description = item.first("description")
    if re.search(r"boxTitle[^<>]*>\s*abstract", description, re.IGNORECASE):
        draft.abstract = whole(blocks(description))
    if item.all("author") and not item.all("prism:publicationname"):
        draft.authors = names.packed(item.first("author"))
    return draft


def atypon(item: Item) -> Draft:
    """SAGE, Liebert, NEJM and others on Atypon: a citation line, then the abstract or nothing."""
    draft = anything(item)
    draft.published = published(item, "dc:date", "prism:coverdate", "pubdate", "updated")
    return draft


def preprints(item: Item) -> Draft:
    """bioRxiv and medRxiv: the whole abstract; a new version is the same record."""
    draft = anything(item)
    draft.doi = VERSION.sub("", draft.doi)
    draft.abstract = whole(blocks(item.first("description")))
    draft.publication_types = ("Preprint",)
    draft.link = VERSION.sub("", draft.link)
    return draft


def arxiv(item: Item) -> Draft:
    """arXiv: the abstract behind "Announce Type"; the DOI follows from the number."""
    draft = anything(item)
    found = _ARXIV.search(draft.link.lower())
    if found:
        draft.doi = draft.doi or identifiers.doi(f"10.48550/arxiv.{found[1]}")
        draft.link = VERSION.sub("", draft.link)
    abstract = re.sub(r"^arXiv:\S+\s+Announce Type:\s+\S+\s+", "", item.first("description"))
    draft.abstract = whole(blocks(abstract))
    draft.publication_types = ("Preprint",)
    return draft


def ojs(item: Item) -> Draft:
    """Open Journal Systems: whole abstracts of any length."""
    draft = anything(item)
    draft.abstract = whole(blocks(item.first("description", "content:encoded")))
    draft.published = published(
        item, "prism:publicationdate", "published", "dc:date", "pubdate", "updated"
    )
    return draft


def cambridge(item: Item) -> Draft:
    """Cambridge Core: marked abstracts of any length."""
    draft = anything(item)
    draft.abstract = whole(blocks(item.first("description")))
    return draft


def plos(item: Item) -> Draft:
    """PLOS: the authors, then the whole abstract, in the content."""
    draft = anything(item)
    parts = blocks(item.first("content:encoded"))
    if parts and parts[0].text.startswith("by "):
        parts = parts[1:]
    draft.abstract = whole(parts)
    return draft


def mdpi(item: Item) -> Draft:
    """MDPI: the journal, volume and pages in front of the title."""
    draft = anything(item)
    draft.title = _ISSUE_PREFIX.sub("", draft.title)
    return draft


def pensoft(item: Item) -> Draft:
    """Pensoft: citation, DOI, authors and abstract as paragraphs of the description."""
    draft = anything(item)
    for block in blocks(item.first("description")):
        kind, _, rest = block.text.partition(": ")
        if kind == "DOI":
            draft.doi = identifiers.doi(rest)
        elif kind == "Authors":
            draft.authors = names.people([rest])
        elif kind == "Abstract":
            draft.abstract = whole([Block(rest, False)])
        elif match := re.fullmatch(r"(.+?) (\d+): ([\w-]+)", block.text):
            draft.journal, draft.volume, draft.pages = match.groups()
    return draft


def cnki(item: Item) -> Draft:
    """CNKI: `Given FAMILY;` names, then a teaser; guid and link change at every fetch."""
    draft = anything(item)
    draft.abstract = None
    listed, separator, _ = item.first("description").partition(";</br>")
    if separator:
        draft.authors = tuple(
            Author(last=family.title(), fore=given, initials=given[:1].upper())
            if given and family.isupper()
            else names.person(name)
            for name in listed.split(";")
            if name.strip()
            for given, _, family in [clean(name).rpartition(" ")]
        )
    return draft


#: The first family of which a word is in the feed's addresses or in its generator.
FAMILIES: tuple[tuple[tuple[str, ...], Adapter], ...] = (
    (("pubmed.ncbi.nlm.nih.gov", "pubmed:", "pubmed rss"), pubmed),
    (("biorxiv.org", "medrxiv.org"), preprints),
    (("arxiv.org",), arxiv),
    (("onlinelibrary.wiley.com", "interscience.wiley.com"), wiley),
    (("tandfonline.com",), taylor_francis),
    (("sciencedirect.com",), sciencedirect),
    (("thelancet.com", "?rss=yes", "elsevierhealth", "els-cdn.com"), elsevier_health),
    (("nature.com",), nature),
    (("mdpi.com",), mdpi),
    (("journals.plos.org",), plos),
    (("cambridge.org", "dx.doi.org/10.1017"), cambridge),
    (("silverchair", "academic.oup.com", "jamanetwork.com", "karger.com"), silverchair),
    (("pensoft",), pensoft),
    (("cnki.net",), cnki),
    (("open journal systems", "pkp.sfu.ca/ojs", "/article/view/"), ojs),
    (
        (
            "showfeed",
            "atypon",
            "sagepub.com",
            "liebertpub.com",
            "psychiatryonline.org",
            "nejm.org",
            "?af=r",
        ),
        atypon,
    ),
)
