"""BibTeX files to records, on bibtexparser: its entries, string macros, names, and LaTeX accents.

bibtexparser reads a text as a whole; it is given a few hundred entries at a time, so that a file of
any size costs little memory and an entry that never closes spoils no other.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping

from bibtexparser.entrypoint import parse_string
from bibtexparser.exceptions import BlockAbortedException
from bibtexparser.library import Library
from bibtexparser.middlewares import LatexDecodingMiddleware
from bibtexparser.middlewares.names import split_multiple_persons_names
from bibtexparser.model import (
    Block,
    DuplicateBlockKeyBlock,
    DuplicateFieldKeyBlock,
    Entry,
    Field,
    ParsingFailedBlock,
    String,
)

from bot import identifiers
from bot.formats.ris import NO_RECORD, author, issns, language, published, withheld_abstract
from bot.formats.text import clean, iso_date
from bot.model import Author, Record

PIECE = 1 << 18  # characters given to bibtexparser at a time

#: The fields that a record is made of, by the names that exports give them.
_FIELDS = {
    "title": ("title",),
    "subtitle": ("subtitle",),
    "authors": ("author",),
    "abstract": ("abstract",),
    "keywords": ("keywords", "author_keywords", "keyword"),
    "journal": ("journal", "journaltitle", "booktitle"),
    "journal_abbreviation": ("abbrev_source_title", "journal-iso", "shortjournal"),
    "issns": ("issn",),
    "volume": ("volume",),
    "issue": ("number", "issue"),
    "pages": ("pages", "eid", "article-number", "art_number"),
    "date": ("date",),
    "year": ("year",),
    "month": ("month",),
    "languages": ("language", "langid"),
    "doi": ("doi",),
    "url": ("url",),
    "note": ("note",),
    "pmid": ("pmid", "pubmed_id", "pubmedid"),
    "pmcid": ("pmc", "pmcid", "pmc_id"),
}
_PLAIN = frozenset({"doi", "url", "pmid", "pmcid", "issns"})  # what holds no LaTeX
_START = re.compile(r"\s*@\s*\w+\s*[{(]")
_STRING = re.compile(r"\s*@\s*string\s*[{(]", re.IGNORECASE)
_KEY = re.compile(r"\s*@\s*\w+\s*[{(]\s*([^\s,={}()]*)")
_LATEX = re.compile(r"[\\{}$~%]|--|``|''")
_ESCAPED = re.compile(r"\\([%&_#])")
_COMMANDS = re.compile(r"[\\$]|``|''|---")
_BRACES = re.compile(r"[{}]")
_COMMENT = re.compile(r"(?<!\\)%")
_NOTHING_READ = re.compile(r"\s*@\s*(?:comment|preamble|string)\b", re.IGNORECASE)
_SPLIT_KEYWORDS = re.compile(r"\s*[;,]\s*")
_LATEX_DECODER = LatexDecodingMiddleware(keep_braced_groups=False, keep_math_mode=False)

logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)  # what it cannot read is named here


def read(lines: Iterable[str]) -> Iterator[tuple[str, Record | str]]:
    """Give the key and the record of each entry, or the reason why it is no record."""
    strings = ""
    for piece in _pieces(lines):
        library = parse_string(strings + piece)
        for block in library.blocks:
            if isinstance(block, String) and not strings.count(block.raw or ""):
                strings += f"{block.raw}\n"
            found = _one(block)
            if found:
                yield found


def _pieces(lines: Iterable[str]) -> Iterator[str]:
    """The text cut before lines that begin an entry."""
    held: list[str] = []
    length = 0
    for line in lines:
        if length > PIECE and _START.match(line):
            yield "".join(held)
            held, length = [], 0
        held.append(line)
        length += len(line)
    yield "".join(held)


def _one(block: Block) -> tuple[str, Record | str] | None:
    match block:
        case DuplicateFieldKeyBlock() | DuplicateBlockKeyBlock():
            return _one(block.ignore_error_block) if block.ignore_error_block else None
        case Entry():
            return block.key, _record(block) or NO_RECORD
        case ParsingFailedBlock() if not _NOTHING_READ.match(block.raw or ""):
            key = _KEY.match(block.raw or "")
            called = clean(key[1]) if key else ""
            error = block.error
            reason = error.abort_reason if isinstance(error, BlockAbortedException) else str(error)
            return called, f"{called or 'without key'}: {clean(reason)}"
    return None


def _record(entry: Entry) -> Record | None:
    given = {field.key.casefold(): str(field.value) for field in entry.fields}
    raw = {
        field: next(text for name in names if (text := given.get(name, "").strip()))
        for field, names in _FIELDS.items()
        if any(given.get(name, "").strip() for name in names)
    }
    people = split_multiple_persons_names(" ".join(raw.pop("authors", "").split()))
    texts = {name: clean(text if name in _PLAIN else _decoded(text)) for name, text in raw.items()}
    pmid = identifiers.pmid(texts.get("pmid", ""))
    doi = identifiers.doi(texts.get("doi", "")) or identifiers.doi(texts.get("url", ""))
    title = ": ".join(filter(None, (texts.get("title", ""), texts.get("subtitle", ""))))
    if not (title or doi or pmid):
        return None
    abstract = texts.get("abstract", "")
    keywords = _SPLIT_KEYWORDS.split(texts.get("keywords", ""))
    return Record(
        title=title,
        pmid=pmid,
        doi=doi,
        pmcid=identifiers.pmcid(texts.get("pmcid", "")),
        registrations=identifiers.registrations(abstract),
        abstract=withheld_abstract(abstract),
        keywords=tuple(dict.fromkeys(filter(None, keywords))) or None,
        authors=tuple(map(_author, people)),
        affiliations=None,
        journal=texts.get("journal", ""),
        journal_abbreviation=texts.get("journal_abbreviation", ""),
        issns=issns(texts.get("issns", "")),
        volume=texts.get("volume", ""),
        issue=texts.get("issue", ""),
        pages=texts.get("pages", "").replace("\u2013", "-").replace("--", "-"),
        published=_published(texts),
        languages=tuple(filter(None, (language(texts.get("languages", "")),))) or None,
    )


def _decoded(text: str) -> str:
    """Text without LaTeX; a bare % is a sign of per cent, as exports write it, and no comment."""
    if not _LATEX.search(text):
        return text
    plain = _ESCAPED.sub(r"\1", text)
    if not _COMMANDS.search(plain):  # nearly every text: the decoder takes milliseconds for each
        return _BRACES.sub("", plain).replace("~", " ").replace("--", "\u2013")
    fields = [Field("text", _COMMENT.sub(r"\\%", text))]
    decoded = _LATEX_DECODER.transform(Library([Entry("misc", "text", fields)]))
    return str(decoded.entries[0]["text"]) if decoded.entries else text


def _author(name: str) -> Author:
    """`Sample, Ada B.` or `Ada B. Sample`; what is held by braces is a group."""
    text = clean(_decoded(name))
    if name.startswith("{") and name.endswith("}"):
        return Author(collective=text)
    if "," in text or text.count(" ") == 0:
        return author(text)
    fore, _, last = text.rpartition(" ")
    found = author(text)
    return found if found.last else author(f"{last}, {fore}")


def _published(texts: Mapping[str, str]) -> str:
    year = texts.get("year", "")
    return published(texts.get("date", ""), iso_date(year, texts.get("month", "")), year)
