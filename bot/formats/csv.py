"""Tables of records to records: CSV as PubMed, reference managers and screening tools write it.

The first row names the columns.  What has no column, or an empty cell, is withheld, not absent.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from bot import identifiers
from bot.errors import FormatError
from bot.formats.ris import author, issns, language, published, withheld_abstract
from bot.formats.text import clean, partial_date
from bot.model import Record

LONGEST_CELL = 4_000_000  # characters; the author lists of the largest collaborations fit

#: The names that columns go by, without case, blanks and punctuation.
_COLUMNS = {
    "title": ("title", "articletitle", "primarytitle", "documenttitle", "ti", "recordtitle"),
    "pmid": ("pmid", "pubmedid", "pubmedpmid", "pm"),
    "doi": ("doi", "articledoi", "digitalobjectidentifier", "di"),
    "pmcid": ("pmcid", "pmc", "pubmedcentralid"),
    "abstract": ("abstract", "abstracttext", "abstractnote", "notesabstract", "ab"),
    "keywords": ("keywords", "authorkeywords", "keyword", "kw", "de"),
    "authors": ("authors", "author", "authornames", "au"),
    "affiliations": ("affiliations", "authoraddress", "addresses"),
    "journal": ("journal", "journalbook", "journaltitle", "sourcetitle", "secondarytitle", "so"),
    "journal_abbreviation": ("journalabbreviation", "abbreviatedsourcetitle"),
    "issns": ("issn", "issns", "printissn"),
    "volume": ("volume", "vl"),
    "issue": ("issue", "number", "is"),
    "pages": ("pages", "pagerange"),
    "published": ("published", "publicationdate", "date"),
    "year": ("publicationyear", "year", "py"),
    "languages": ("language", "languages", "languageoforiginaldocument", "la"),
    "publication_types": ("publicationtypes", "publicationtype", "documenttype"),
    "created": ("createdate", "created"),
}
_LIST = re.compile(r"\s*[;|]\s*")
_COMMA = re.compile(r"\s*,\s*")
_SHORT_NAME = re.compile(r".+ (?:[A-Z]\.?[ -]?){1,4}(?: (?:Jr|Sr|2nd|3rd|4th))?")
_UNNEEDED = re.compile(r"[\W_]+")


def read(lines: Iterable[str]) -> Iterator[Record | None]:
    """Give the records one by one; None for a row without a title or an identifier.

    Raise FormatError where the first row names no title, PMID or DOI, where quotes break, and where
    a row has more cells than that.
    """
    rest = iter(lines)
    header = next((line for line in rest if line.strip()), "").removeprefix("\ufeff")
    delimiter = max(",;\t", key=header.count)
    csv.field_size_limit(LONGEST_CELL)
    rows = csv.reader(chain((header,), rest), delimiter=delimiter, strict=True)
    try:
        names = next(rows, [])
        columns = _columns(names)
        if not {"title", "pmid", "doi"} & set(columns):
            raise FormatError(
                f"the first row names no column title, pmid or doi: {header.strip()[:60]!r}"
            )
        for row in rows:
            if any(row[len(names) :]):
                raise FormatError(
                    f"row {rows.line_num}: has {len(row)} cells, and the first row {len(names)}; "
                    f"quote the cells that hold {delimiter!r}"
                )
            if any(cell.strip() for cell in row):
                yield _record({name: row[at] for name, at in columns.items() if at < len(row)})
    except csv.Error as error:
        raise FormatError(f"row {rows.line_num}: {error}; export it again") from error


def _columns(header: list[str]) -> dict[str, int]:
    """Which field stands in which column; the earlier of its names wins."""
    places = {
        _UNNEEDED.sub("", name).casefold(): at for at, name in reversed(list(enumerate(header)))
    }
    return {
        field: places[next(name for name in names if name in places)]
        for field, names in _COLUMNS.items()
        if any(name in places for name in names)
    }


def _record(cells: Mapping[str, str]) -> Record | None:
    cell = {name: clean(text) for name, text in cells.items()}
    pmid = identifiers.pmid(cell.get("pmid", "").removesuffix(".0"))  # a spreadsheet's number
    doi = identifiers.doi(cell.get("doi", ""))
    if not (pmid or doi or cell.get("title")):
        return None
    languages = map(language, _listed(cell, "languages"))
    return Record(
        title=cell.get("title", ""),
        pmid=pmid,
        doi=doi,
        pmcid=identifiers.pmcid(cell.get("pmcid", "")),
        registrations=identifiers.registrations(cell.get("abstract", "")),
        abstract=withheld_abstract(cell.get("abstract", "")),
        keywords=_keywords(cell.get("keywords", "")) or None,
        authors=tuple(map(author, _names(cell.get("authors", "")))),
        affiliations=_listed(cell, "affiliations") or None,
        journal=cell.get("journal", ""),
        journal_abbreviation=cell.get("journal_abbreviation", ""),
        issns=issns(cell.get("issns", "")),
        volume=cell.get("volume", ""),
        issue=cell.get("issue", ""),
        pages=cell.get("pages", ""),
        published=published(cell.get("published", ""), cell.get("year", "")),
        languages=tuple(filter(None, languages)) or None,
        publication_types=_listed(cell, "publication_types"),
        created=partial_date(cell.get("created", "").replace("/", "-")),
    )


def _listed(cell: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, _LIST.split(cell.get(name, "")))))


def _keywords(text: str) -> tuple[str, ...]:
    """Between semicolons or bars, else between commas: no phrase may cross two of them."""
    parts = (_LIST if _LIST.search(text) else _COMMA).split(text)
    return tuple(dict.fromkeys(filter(None, parts)))


def _names(text: str) -> list[str]:
    """`Sample AB, Other C.` as PubMed lists names, else names between semicolons."""
    if _LIST.search(text):
        return [one for one in _LIST.split(text) if one]
    parts = [part for part in _COMMA.split(text.rstrip(" .")) if part]
    return parts if all(map(_SHORT_NAME.fullmatch, parts)) else [text]
