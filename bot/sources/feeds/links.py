"""What an item of a feed says of other records: update links, relations, and `rel` links.

Publishers have many words for the same: Crossref's (`update type="retraction"`, `isPreprintOf`),
JATS' (`corrected-article`), PRISM's (`isCorrectionOf`), Dublin Core's (`isReplacedBy`).  They
become the kinds that PubMed has (its RefTypes), and a few that it has not; `Related` where the
feed does not say how.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from lxml import etree

from bot import identifiers
from bot.model import Link

MOST: Final = 50  # relations of one item; a reference list is none

#: Noun, kind, and the end of the kind when this record is that of the other.
_NOUNS: Final = (
    ("retraction", "Retraction", "Of"),
    ("retractionnotice", "Retraction", "Of"),
    ("partialretraction", "PartialRetraction", "Of"),
    ("withdrawal", "Withdrawal", "Of"),
    ("removal", "Withdrawal", "Of"),
    ("reinstatement", "Reinstatement", "Of"),
    ("expressionofconcern", "ExpressionOfConcern", "For"),
    ("correction", "Erratum", "For"),
    ("correctionnotice", "Erratum", "For"),
    ("corrigendum", "Erratum", "For"),
    ("erratum", "Erratum", "For"),
    ("addendum", "Erratum", "For"),
    ("clarification", "Erratum", "For"),
    ("correctedandrepublished", "CorrectedandRepublished", "From"),
    ("retractedandrepublished", "RetractedandRepublished", "From"),
    ("retractionandreplacement", "RetractedandRepublished", "From"),
    ("preprint", "Preprint", "Of"),
    ("newversion", "Version", "Of"),
    ("newedition", "Version", "Of"),
    ("comment", "Comment", "On"),
    ("commentary", "Comment", "On"),
    ("reply", "Reply", "Of"),
    ("translation", "Translation", "Of"),
    ("protocol", "Protocol", "Of"),
)
_KINDS: Final[dict[str, str]] = {
    "retracts": "RetractionOf",
    "retractedby": "RetractionIn",
    "retractedarticle": "RetractionOf",
    "withdraws": "WithdrawalOf",
    "withdrawnby": "WithdrawalIn",
    "corrects": "ErratumFor",
    "correctedby": "ErratumIn",
    "correctedarticle": "ErratumFor",
    "addendedarticle": "ErratumFor",
    "objectofconcern": "ExpressionOfConcernFor",
    "replaces": "VersionOf",
    "replacedby": "VersionIn",
    "supersedes": "VersionOf",
    "supersededby": "VersionIn",
    "predecessorversion": "VersionOf",
    "successorversion": "VersionIn",
    "latestversion": "VersionIn",
    "publishedas": "PreprintOf",
    "publishedarticle": "PreprintOf",
    "commentaryarticle": "CommentOn",
    "commenton": "CommentOn",
    "commentedon": "CommentOn",
    "versionof": "AssociatedPublication",  # of which, and which is the later, it does not say
    "hasversion": "AssociatedPublication",
    "companion": "AssociatedPublication",
} | {
    f"{before}{noun}{little}": f"{kind}{end if is_said else 'In'}"
    for noun, kind, end in _NOUNS
    for before, little, is_said in (
        *(("", little, True) for little in ("of", "to", "for", "on")),
        *(("", little, False) for little in ("in", "by", "forward")),
        ("has", "", False),
    )
}
_BARE: Final[Mapping[str, tuple[str, str]]] = {noun: (kind, end) for noun, kind, end in _NOUNS}
_TYPES = ("type", "update-type", "relationship-type", "related-article-type", "rel", "role")
_TARGETS = ("doi", "href", "resource", "identifier", "id")
_PUBMED = re.compile(
    r"//(?:pubmed\.ncbi\.nlm\.nih|www\.ncbi\.nlm\.nih)\.gov/(?:pubmed/)?(\d{1,9})\b"
)
_DOI_VERSION = re.compile(r"(10\.(?:1101|64898)/\S+?)v\d{1,2}$")


def read(item: etree._Element) -> list[tuple[str, str]]:
    """What the elements of an item say: (kind, the text that names the other record)."""
    found = []
    for element in item.iterdescendants():
        local = etree.QName(element).localname.lower()
        attributes = {
            etree.QName(name).localname.lower(): str(value)
            for name, value in element.attrib.items()
        }
        kind = _kind(local, attributes)
        if kind:
            found += [(kind, text) for text in _targets(element, attributes)]
    return found[:MOST]


def links(named: Sequence[tuple[str, str]]) -> tuple[Link, ...]:
    """The links of these, each once, where they name a DOI or a PMID."""
    found = []
    for kind, text in named:
        doi = _DOI_VERSION.sub(r"\1", identifiers.doi(text))
        address = _PUBMED.search(text)
        pmid = "" if doi else identifiers.pmid(address[1] if address else text)
        if doi or pmid:
            found.append(Link(kind=kind, doi=doi, pmid=pmid))
    return tuple(dict.fromkeys(found))


def _kind(local: str, attributes: Mapping[str, str]) -> str:
    """The kind that an element and its attributes name; empty for none."""
    for word in [*(attributes[name] for name in _TYPES if name in attributes), local]:
        folded = re.sub(r"[^a-z]", "", word.lower())
        known = _KINDS.get(folded) or _KINDS.get(folded.removeprefix("is"))
        if known:
            return known
        kind, end = _BARE.get(folded, ("", ""))
        if kind and local in ("update", "updates", "update-to", "updateto"):
            return kind + end
        if kind and (local == "link" or local in ("updated-by", "updatedby")):
            return f"{kind}In"
    is_related = local == "relation" or (local == "link" and attributes.get("rel") == "related")
    return "Related" if is_related else ""


def _targets(element: etree._Element, attributes: Mapping[str, str]) -> Iterator[str]:
    """The texts that may name the other record: of the element, its children, its attributes."""
    texts = [element.text or "", *(child.text or "" for child in element)]
    yield from (text for text in texts if text.strip())
    yield from (attributes[name] for name in _TARGETS if attributes.get(name))
