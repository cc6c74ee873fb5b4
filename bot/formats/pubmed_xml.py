"""PubMed XML (EFetch replies, baseline and update files) to records.

The stream is cut into records by their tags and each is parsed on its own: a record that is not
well-formed is set aside with its bytes, memory does not grow with the file, and no document type,
entity or address in the file is ever looked at.  Reference lists are left out before parsing; no
field of a record comes from them, and they are a third of the bytes.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from lxml import etree

from bot.errors import FormatError
from bot.formats import pubmed_fields
from bot.identifiers import pmid as as_pmid
from bot.model import Record

BLOCK = 1 << 16  # bytes read at a time
LONGEST_HEAD = 1 << 20  # bytes before the first record: an XML and a DOCTYPE declaration
LONGEST_RECORD = 64 << 20  # bytes; the largest collaborations' author lists take about 4 MB

_ROOT = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml(?P<declaration>[^>]*)\?>)?"
    rb"(?:\s|<!--.*?-->|<\?.*?\?>|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>)*"
    rb"<(?P<name>[A-Za-z_][\w.:-]*)(?P<attributes>[^<>]*?)(?P<empty>/?)>",
    re.DOTALL,
)
_ENCODING = re.compile(rb"encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
_ROOTS = frozenset(
    b"PubmedArticleSet PubmedBookArticleSet MedlineCitationSet BookDocumentSet DeleteCitation "
    b"PubmedArticle PubmedBookArticle".split()
)
_SETS = frozenset(name for name in _ROOTS if name.endswith(b"Set"))
_START = re.compile(
    rb"<(PubmedArticle|PubmedBookArticle|MedlineCitation|BookDocument|DeleteCitation"
    rb"|DeleteDocument)(?=[\s/>])[^>]*?(/?)>"
)
_SEAM = re.compile(  # what may stand between two records: also the seam of two joined files
    rb"(?:\s|\xef\xbb\xbf|<!--.*?-->|<\?.*?\?>|<!DOCTYPE[^>]*>|</?(?:PubmedArticleSet"
    rb"|PubmedBookArticleSet|MedlineCitationSet|BookDocumentSet)\b[^>]*>)*",
    re.DOTALL,
)
_NEXT = (b"<PubmedArticle>", b"<PubmedBookArticle>", b"<DeleteCitation>")
_PMID = re.compile(rb"<PMID\b[^>]*>\s*(\d+)\s*</PMID>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One record."""

    pmid: str
    record: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """One record that cannot be read, with its bytes; `pmid` is empty when even that is lost."""

    pmid: str
    reason: str
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """PMIDs that PubMed has withdrawn."""

    pmids: tuple[str, ...]


def read(stream: IO[bytes]) -> Iterator[Read | Unreadable | Deleted]:
    """Give the records one by one, in the file's order.

    Raise FormatError when the bytes are no set of PubMed records, and, after all that came
    before, when the set does not end properly: then some of it is missing.
    """
    head, buffer = _head(stream)
    parser = _parser(head["declaration"] or b"")
    position = head.start("name") - 1 if head["name"] not in _SETS else head.end()
    ended = bool(head["empty"])
    while True:
        start = _START.search(buffer, position)
        if start is None:
            more = _block(stream)
            if more:
                buffer = _joined(buffer[position:], more)
                position = 0
                continue
            break
        yield from _between(buffer[position : start.start()])
        if start[2]:  # <DeleteCitation/>
            position = start.end()
            continue
        closing = b"</" + start[1] + b">"
        begin, scanned = start.start(), start.end()
        while (end := buffer.find(closing, scanned)) < 0 and (more := _block(stream)):
            scanned = max(len(buffer) - begin - len(closing), 0)
            buffer = _joined(buffer[begin:], more)
            begin = 0
        if end < 0:
            end = buffer.rfind(b"</" + head["name"] + b">", begin)
            if end < 0:
                raise FormatError(
                    f"the PubMed XML ends within record {_pmid(buffer[begin:]) or 'without PMID'}; "
                    "ask for it again"
                )
            position = end
        else:
            position = end = end + len(closing)
        chunk = buffer[begin:end]
        following = _following(chunk)
        if following:  # the end tag found belongs to a later record
            chunk, position = chunk[:following], begin + following
        yield _one(start[1], chunk, parser, head["attributes"])
        ended = start[1] == head["name"]
    rest = buffer[position:]
    ended = ended or b"</" + head["name"] + b">" in rest
    yield from _between(rest if ended else b"")
    if not ended:
        raise FormatError(
            f"the PubMed XML ends before </{head['name'].decode()}>; ask for it again"
        )


def _head(stream: IO[bytes]) -> tuple[re.Match[bytes], bytes]:
    """The start tag of the root, and what has been read so far."""
    buffer = b""
    while len(buffer) < LONGEST_HEAD:
        block = _block(stream)
        buffer += block
        head = _ROOT.match(buffer)
        if head and head["name"] in _ROOTS:
            return head, buffer
        if head or not block:
            break
    if not buffer.strip():
        raise FormatError("no PubMed XML: there are no bytes")
    found = f"the root is {head['name'].decode()}" if head else f"it begins {buffer[:40]!r}"
    raise FormatError(f"no PubMed XML: {found}; a PubmedArticleSet would be right")


def _block(stream: IO[bytes]) -> bytes:
    try:
        return stream.read(BLOCK)
    except (EOFError, OSError, zlib.error) as error:  # a .gz that is cut off or damaged
        raise FormatError(f"the PubMed XML cannot be read on: {error}") from error


def _parser(declaration: bytes) -> etree.XMLParser:
    named = _ENCODING.search(declaration)
    try:
        return etree.XMLParser(
            encoding=named[1].decode() if named else "UTF-8",
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
            collect_ids=False,
        )
    except LookupError as error:
        raise FormatError(f"the PubMed XML names an unknown encoding: {error}") from error


def _joined(kept: bytes, more: bytes) -> bytes:
    if len(kept) > LONGEST_RECORD:
        raise FormatError(
            f"record {_pmid(kept) or 'without PMID'} is longer than {LONGEST_RECORD >> 20} MB"
        )
    return kept + more


def _following(chunk: bytes) -> int:
    """Where another record begins inside these bytes; 0 when none does."""
    places = [place for tag in _NEXT if (place := chunk.find(tag, 1)) > 0]
    return min(places, default=0)


def _between(gap: bytes) -> Iterator[Unreadable]:
    """Bytes between two records: nothing, or something that is named."""
    if gap.strip() and not _SEAM.fullmatch(gap):
        yield Unreadable(pmid=_pmid(gap), reason="bytes between two records", raw=gap)


def _pmid(raw: bytes) -> str:
    found = _PMID.search(raw)
    return as_pmid(found[1].decode()) if found else ""


def _one(
    name: bytes, raw: bytes, parser: etree.XMLParser, namespaces: bytes
) -> Read | Unreadable | Deleted:
    try:
        element = _parsed(_without_references(raw), parser, namespaces)
        if name.startswith(b"Delete"):
            texts = (child.text or "" for child in element.iter("PMID"))
            return Deleted(pmids=tuple(filter(None, map(as_pmid, texts))))
        record = pubmed_fields.record(element)
    except (etree.XMLSyntaxError, FormatError) as error:
        return Unreadable(pmid=_pmid(raw), reason=str(error), raw=raw)
    return Read(pmid=record.pmid, record=record)


def _parsed(xml: bytes, parser: etree.XMLParser, namespaces: bytes) -> etree._Element:
    try:
        return etree.fromstring(xml, parser)
    except etree.XMLSyntaxError:
        if b"xmlns" not in namespaces:
            raise
    # a prefix declared once, at the root of the set
    return etree.fromstring(b"<set" + namespaces + b">" + xml + b"</set>", parser)[0]


def _without_references(raw: bytes) -> bytes:
    first = raw.find(b"<ReferenceList>")
    last = raw.rfind(b"</ReferenceList>")
    return raw[:first] + raw[last + 16 :] if 0 < first < last else raw
