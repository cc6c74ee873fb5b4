"""The draft of a record, from the elements that most feeds share.

An abstract is only what the publisher meant as the whole abstract: a teaser, a citation line or a
sentence for the table of contents counts as withheld (None), so that nobody is told "no" on half
a text.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from bot import identifiers
from bot.model import Author, Link
from bot.sources.feeds import links, names
from bot.sources.feeds.items import Item
from bot.sources.feeds.text import Block, blocks, clean, is_cut, is_label, iso_date, plain, sections

#: Characters; shorter texts of unknown kind are one sentence about the article, not its abstract.
SHORTEST_ABSTRACT = 250
TRACKING = re.compile(
    r"(?:utm_\w+|af|rss|dgcid|ff|fc|track|ui|mi|ai|feed|ref|cmp|cmpid|src|source|rft_dat|"
    r"guestaccesskey|mc_cid|mc_eid|fbclid|gclid|via|xtor)",
    re.IGNORECASE,
)
_CITATION = re.compile(
    r"early\s?view|ahead of (?:print|issue)|\bvol(?:ume|\.)?\s?\d|\bissue \d|\bpages? [\w-]+\d|"
    r"published online|publication date|available online|online first|\bsource:|"
    r"\bauthors?(?:\(s\))?:|\bdoi\b|\bpmid\b|^[\w .&:-]{3,80} \d+: \S+$|"
    r"^(?:html|xml|pdf)$|^by (?:[^.]|\b\w\.)+$|^[.\s]*$",
    re.IGNORECASE,
)
_LONGEST_CITATION = 200
_DOI_LINE = re.compile(r"(?:doi\s?:?\s?|https?://(?:dx\.)?doi\.org/)+10\.\S+", re.IGNORECASE)
_LINK_TAIL = re.compile(
    r"(?:/|\.)(?:full|fulltext|full-text|abstract|abs|summary|pdf|epdf|pdfplus|html|short|meta|"
    r"v\d{1,2}(?:\.\w+)?|extract|long)$",
    re.IGNORECASE,
)
_PII = re.compile(r"S?\d{4}-?\d{3}[\dX]\(?\d{2}\)?\d{5}-?[\dX]", re.IGNORECASE)
VERSION = re.compile(r"v\d{1,2}$")
_PREPRINTS = re.compile(
    r"//(?:[\w.-]+\.)?(?:biorxiv\.org|medrxiv\.org|arxiv\.org|psyarxiv\.com|researchsquare\.com|"
    r"preprints\.org|osf\.io|ssrn\.com|authorea\.com|chemrxiv\.org)/|^10\.(?:64898|31234|31219|"
    r"21203|20944|48550|26434|22541)/",
    re.IGNORECASE,
)


@dataclass(slots=True, kw_only=True)
class Draft:
    """The fields of a record that a feed can give; `abstract` is label and text, or withheld."""

    title: str = ""
    doi: str = ""
    pmid: str = ""
    pmcid: str = ""
    pii: str = ""
    abstract: list[tuple[str, str]] | None = None
    authors: tuple[Author, ...] = ()
    journal: str = ""
    journal_abbreviation: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    published: str = ""
    link: str = ""  #: Without tracking; empty unless http(s).
    publication_types: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()


def anything(item: Item) -> Draft:
    """A feed of unknown family: the usual elements, and doubt about short texts."""
    link = untracked(item.first("link", "prism:url", "about"))
    draft = Draft(
        title=_title(item),
        doi=_doi(item),
        pmid=_prefixed(item, "pmid", identifiers.pmid),
        pmcid=_prefixed(item, "pmc", identifiers.pmcid),
        pii=_pii(item),
        abstract=abstract(item.all("content:encoded", "description", "dc:description")),
        authors=names.people(item.all("dc:creator") or item.all("author", "contributor")),
        journal=clean(item.first("prism:publicationname", "prism:publicationtitle")),
        volume=clean(item.first("prism:volume")),
        issue=clean(item.first("prism:number", "prism:issue")),
        pages=_pages(item),
        published=published(
            item,
            "pubdate",
            "published",
            "prism:publicationdate",
            "dc:date",
            "prism:coverdate",
            "dcterms:issued",
            "updated",
        ),
        link=link,
        links=links.links(item.related),
    )
    if _PREPRINTS.search(link) or _PREPRINTS.search(draft.doi):
        draft.publication_types = ("Preprint",)
    return draft


def untracked(url: str) -> str:
    """The address without fragment and tracking; empty unless it is an http(s) address."""
    try:
        parts = urlsplit(plain(html.unescape(url)))
        if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
            return ""
        query = [
            (name, value)
            for name, value in parse_qsl(parts.query, keep_blank_values=True)
            if not TRACKING.fullmatch(name)
        ]
    except ValueError:
        return ""
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(query), ""))


def _title(item: Item) -> str:
    title = clean(item.first("title"))
    own = clean(item.first("dc:title"))
    # some put the journal and pages in front of the title, and keep dc:title clean
    return own if not title or (own and title.endswith(f": {own}")) else title


def _doi(item: Item) -> str:
    for text in item.all("prism:doi", "dc:identifier", "guid", "about", "link", "prism:url"):
        if found := link_doi(text) if "://" in text else identifiers.doi(text):
            return found
    for text in item.all("description", "content:encoded"):
        for block in blocks(text):
            # only a line of its own: inside a text it may be another record's
            if _DOI_LINE.fullmatch(block.text):
                return identifiers.doi(block.text)
    return ""


def link_doi(url: str) -> str:
    """The DOI in an address, without what resolvers and reading pages put around it."""
    try:
        parts = urlsplit(plain(url))
        inside = [value for _, value in parse_qsl(parts.query) if value.startswith("10.")]
    except ValueError:
        return ""
    path = unquote(parts.path)
    if "10." not in path:
        return next((found for value in inside if (found := identifiers.doi(value))), "")
    while tail := _LINK_TAIL.search(path):
        path = path[: tail.start()]
    if parts.hostname and parts.hostname.endswith(("biorxiv.org", "medrxiv.org")):
        path = VERSION.sub("", path)
    return identifiers.doi(path)


def _prefixed(item: Item, prefix: str, read: Callable[[str], str]) -> str:
    for text in item.all("dc:identifier", "guid"):
        if text.strip().lower().startswith((f"{prefix}:", "pubmed:")):
            return read(text.strip())
    return ""


def _pii(item: Item) -> str:
    for text in item.all("dc:identifier", "guid", "link", "about"):
        found = _PII.search(unquote(text)) if re.search(r"pii|/article/", text, re.I) else None
        if found:
            pii = re.sub(r"[()-]", "", found[0]).upper()
            return pii if pii.startswith("S") else f"S{pii}"
    return ""


def published(item: Item, *fields: str) -> str:
    return next((day for text in item.all(*fields) if (day := iso_date(text))), "")


def _pages(item: Item) -> str:
    ends = [clean(item.first(f"prism:{end}page")) for end in ("starting", "ending")]
    known = [page for page in ends if page and page.lower() != "n/a"]
    return "-".join(dict.fromkeys(known))


def abstract(candidates: Sequence[str]) -> list[tuple[str, str]] | None:
    """The longest candidate that can be a whole abstract."""
    texts = [whole(_without_citation(_without_heading(blocks(text)))) for text in candidates]
    longest = max((text for text in texts if text), key=_length, default=None)
    return longest if longest and _length(longest) >= SHORTEST_ABSTRACT else None


def _without_heading(parts: list[Block]) -> list[Block]:
    """The blocks from the first long one on, with the label in front of it.

    Some feeds repeat title, authors and journal in short lines before the abstract.
    """
    first = next((n for n, part in enumerate(parts) if len(part.text) > _LONGEST_CITATION), 0)
    if first and (parts[first - 1].heading or is_label(parts[first - 1].text)):
        first -= 1
    return parts[first:] if all(not _is_sentence(part) for part in parts[:first]) else parts


def _is_sentence(part: Block) -> bool:
    cited = _CITATION.search(part.text)
    return not part.heading and not cited and part.text.endswith((".", "?", "!"))


def _length(parts: Sequence[tuple[str, str]]) -> int:
    return sum(len(text) for _, text in parts)


def _without_citation(parts: list[Block]) -> list[Block]:
    """The blocks without the short lines that cite, in front and behind."""

    def cites(part: Block) -> bool:
        return len(part.text) <= _LONGEST_CITATION and bool(_CITATION.search(part.text))

    while parts and cites(parts[0]):
        parts = parts[1:]
    while parts and cites(parts[-1]):
        parts = parts[:-1]
    return parts


def whole(parts: list[Block]) -> list[tuple[str, str]] | None:
    """The sections of a text that the publisher calls the abstract; None if empty or cut."""
    if any(is_cut(part.text) for part in parts[-2:]):  # a teaser may be followed by a link
        return None
    found = sections(parts)
    if found:
        label, text = found[0]
        found[0] = (label, re.sub(r"^abstract\b\s*[:.]?\s*(?=\S)", "", text, flags=re.I))
    found = [(label, text) for label, text in found if re.search(r"\w", text)]
    return found or None
