"""Tables of records to records: CSV as databases, reference managers and screening tools write it.

The first row names the columns.  What has no column, or an empty cell, is withheld, not absent.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from bot import identifiers
from bot.errors import FormatError
from bot.formats.ris import NO_RECORD, author, issns, language, published, withheld_abstract
from bot.formats.text import clean, partial_date
from bot.model import Record

LONGEST_CELL = 4_000_000  # characters; the author lists of the largest collaborations fit

#: The names that columns go by, without case, blanks and punctuation.
_COLUMNS = {
    "id": (
        *("id", "recordid", "referenceid", "refid", "covidence", "uniqueid", "key", "citationkey"),
        *("eid", "ut", "utuniquewosid", "uniquewosid", "recordnumber", "accessionnumber", "an"),
    ),
    "title": ("title", "articletitle", "primarytitle", "documenttitle", "ti", "recordtitle"),
    "pmid": ("pmid", "pubmedid", "pubmedpmid", "medlinepmid", "pm"),
    "doi": ("doi", "articledoi", "digitalobjectidentifier", "di", "do"),
    "pmcid": ("pmcid", "pmc", "pubmedcentralid"),
    "abstract": ("abstract", "abstracttext", "abstractnote", "notesabstract", "ab"),
    "keywords": ("keywords", "authorkeywords", "keyword", "kw", "de"),
    "authors": ("authors", "author", "authornames", "authorsnames", "au"),
    "affiliations": ("affiliations", "authoraddress", "addresses"),
    "journal": (
        *("journal", "journalbook", "journaltitle", "sourcetitle", "publicationtitle"),
        *("secondarytitle", "publicationname", "source", "so"),
    ),
    "journal_abbreviation": ("journalabbreviation", "abbreviatedsourcetitle", "journaliso", "j9"),
    "issns": ("issn", "issns", "printissn", "sn"),
    "other_issns": ("eissn", "ei", "onlineissn", "electronicissn"),
    "volume": ("volume", "vol", "vl"),
    "issue": ("issue", "number", "issuenumber", "is"),
    "pages": ("pages", "page", "pagerange", "pp"),
    "start": ("pagestart", "startpage", "firstpage", "bp", "sp"),
    "end": ("pageend", "endpage", "lastpage", "ep"),
    "article_number": ("artno", "articlenumber", "ar"),
    "published": ("published", "publicationdate", "date"),
    "year": ("publicationyear", "year", "publishedyear", "yearpublished", "pubyear", "py"),
    "languages": ("language", "languages", "languageoforiginaldocument", "la"),
    "publication_types": ("publicationtypes", "publicationtype", "documenttype", "dt"),
    "created": ("createdate", "created"),
}
_DELIMITER_LINE = re.compile(r'"?sep=(\\t|.)"?')  # which Excel reads, and some tools write
_LIST = re.compile(r"\s*[;|]\s*")
_COMMA = re.compile(r"\s*,\s*")
_SHORT_NAME = re.compile(r".+ (?:[A-Z]\.?[ -]?){1,4}(?: (?:Jr|Sr|2nd|3rd|4th))?")
_UNNEEDED = re.compile(r"[\W_]+")


def read(lines: Iterable[str]) -> Iterator[tuple[str, Record | str]]:
    """Give the id and the record of each row, or the reason why it is no record.

    Raise FormatError where the first row names no title.
    """
    numbered = enumerate(lines, 1)
    number, header = next(((n, line) for n, line in numbered if line.strip()), (0, ""))
    header = header.removeprefix("\ufeff")
    delimiter = max(",;\t|", key=header.count)
    if told := _DELIMITER_LINE.fullmatch(header.strip()):
        delimiter = told[1].replace("\\t", "\t")
        number, header = next(numbered, (0, ""))
    rows = _rows(chain((header,), (line for _, line in numbered)), delimiter, number)
    _, names = next(rows, (0, ""))
    columns = _columns(names) if isinstance(names, list) else {}
    if "title" not in columns:
        raise FormatError(
            f"the first row names no column title: {clean(header)[:60]!r}; right would be CSV "
            "whose first row names its columns, RIS, .nbib, PubMed XML or BibTeX"
        )
    astray = False  # behind a broken row, until a row is whole again
    width = 0  # of the first row that is no header: all may end in one more delimiter
    for line, row in rows:
        if isinstance(row, str):
            yield "", f"the row in line {line} {row}"
            astray = True
            continue
        if row == names:  # files that were joined: the next one begins
            continue
        width = width or len(row)
        wide = any(row[len(names) :]) or len(names) < len(row) != width
        if wide or (astray and len(row) != len(names)):
            problem = f"the row in line {line} has {len(row)} cells, the first row {len(names)}"
            yield "", f"{problem}; quote the cells that hold {delimiter!r}"
        elif any(cell.strip() for cell in row):
            cells = {name: clean(row[at]) for name, at in columns.items() if at < len(row)}
            yield cells.get("id", ""), _record(cells) or NO_RECORD
            astray = False


def _rows(
    lines: Iterator[str], delimiter: str, number: int
) -> Iterator[tuple[int, list[str] | str]]:
    """Each row with the line in which it begins; for one with broken quotes what is wrong.

    A quote that is never closed takes up the rows behind it: they are read again without it.
    """
    csv.field_size_limit(LONGEST_CELL)
    row_lines: list[str] = []
    again: deque[str] = deque()

    def fed() -> Iterator[str]:
        while (line := again.popleft() if again else next(lines, None)) is not None:
            row_lines.append(line)
            yield line

    rows = csv.reader(fed(), delimiter=delimiter, strict=True)
    while True:
        row_lines.clear()
        try:
            yield number, next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield number, _reason(error)
            again.extendleft(reversed(row_lines[1:]))
            del row_lines[1:]
            rows = csv.reader(fed(), delimiter=delimiter, strict=True)
        number += len(row_lines)


def _reason(error: csv.Error) -> str:
    match str(error):
        case "unexpected end of data":
            return "has a quote that is never closed"
        case text if "field larger" in text:
            return f"has a cell of more than {LONGEST_CELL:,} characters: is a quote never closed"
        case text:
            return f"cannot be read: {text}"


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


def _record(cell: Mapping[str, str]) -> Record | None:
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
        issns=issns(f"{cell.get('issns', '')} {cell.get('other_issns', '')}"),
        volume=cell.get("volume", ""),
        issue=cell.get("issue", ""),
        pages=cell.get("pages", "") or _pages(cell),
        published=published(cell.get("published", ""), cell.get("year", "")),
        languages=tuple(filter(None, languages)) or None,
        publication_types=_listed(cell, "publication_types"),
        created=partial_date(cell.get("created", "").replace("/", "-")),
    )


def _pages(cell: Mapping[str, str]) -> str:
    """From columns of their own: first and last page, or the number of an article without them."""
    start, end = cell.get("start", ""), cell.get("end", "")
    pages = f"{start}-{end}" if start and end and start != end else start
    return pages or cell.get("article_number", "")


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
