"""RIS files to records, as reference managers and databases export them.

The tags mean what the databases make of them, so a field is looked for under each tag in use.  An
export may leave out abstracts and keywords: what is not there is withheld, not absent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from bot import identifiers
from bot.errors import FormatError
from bot.formats.text import clean, partial_date
from bot.model import Author, Record, Section
from bot.strategy.names import LANGUAGES

_TAG = re.compile(r"\ufeff?([A-Z][A-Z0-9]) {1,2}-(?: (.*)|\s*)$")
_PUBMED_URL = re.compile(r"pubmed\.ncbi\.nlm\.nih\.gov/(\d+)|ncbi\.nlm\.nih\.gov/pubmed/(\d+)")
_FROM_PUBMED = re.compile(r"pubmed|medline|\bnlm\b", re.IGNORECASE)
_ISSN = re.compile(r"\b(\d{4})-?(\d{3}[\dXx])\b")
_SHORT_NAME = re.compile(r"(.+?) ((?:[A-Z]\.?[ -]?){1,4})")
_SPLIT_KEYWORDS = re.compile(r"\s*;\s*")
_TITLES = ("TI", "T1", "CT", "BT")
NO_RECORD = "has neither title, PMID nor DOI"

_Texts = Mapping[str, list[str]]


def read(lines: Iterable[str]) -> Iterator[tuple[str, Record | str]]:
    """Give the id and the record of each entry, or the reason why it is no record.

    Raise FormatError, after all records, when the last entry does not end: it may be cut off.
    """
    texts: dict[str, list[str]] = {}
    last = ""
    for line in lines:
        tag = _TAG.match(line.rstrip("\r\n"))
        if tag is None:
            if last == "KW" and line.strip():  # EndNote writes the tag before the first one only
                texts[last].append(line)
            elif last and line.strip():  # a long field goes on in the next line
                texts[last][-1] += f" {line.strip()}"
            continue
        last = tag[1]
        if last in ("TY", "ER") and texts:  # ER is forgotten by some
            yield _entry(texts)
            texts = {}
        if last == "ER":
            last = ""
        else:
            texts.setdefault(last, []).append(tag[2] or "")
    if texts:
        yield _entry(texts)
        title = _first(texts, *_TITLES)[:60] or "without title"
        raise FormatError(
            f"the last entry ({title!r}) has no ER line: what there is of it was read, but the "
            "file may break off there; export it again"
        )


@lru_cache(maxsize=20_000)
def author(name: str) -> Author:
    """`Sample, Ada B.` or `Sample AB`; a name that cannot be split is a group's."""
    last, comma, fore = (part.strip() for part in clean(name).partition(","))
    if comma and fore:
        initials = "".join(part[0] for part in re.split(r"[\s.-]+", fore) if part)
        if fore.replace(".", "").replace(" ", "").isupper():
            initials = re.sub(r"\W", "", fore)
        return Author(last=last, fore=fore, initials=initials.upper())
    if short := _SHORT_NAME.fullmatch(last):
        return Author(last=short[1], initials=re.sub(r"\W", "", short[2]))
    return Author(collective=last)


def issns(text: str) -> tuple[str, ...]:
    """Every ISSN in a text, with its hyphen."""
    return tuple(dict.fromkeys(f"{a}-{b.upper()}" for a, b in _ISSN.findall(text)))


def language(text: str) -> str:
    """MARC's code of a language that is given by its code or its English name, else empty."""
    name = clean(text).casefold()
    return LANGUAGES.get(name, name if len(name) == 3 and name.isalpha() else "")


def published(*texts: str) -> str:
    """The most exact of some dates that agree on the year; the first of them is believed."""
    dates = list(filter(None, (partial_date(one.rstrip("/").replace("/", "-")) for one in texts)))
    return max((one for one in dates if one[:4] == dates[0][:4]), key=len, default="")


def withheld_abstract(text: str) -> tuple[Section, ...] | None:
    """An abstract; None where an export shows none, as nobody knows whether there is one."""
    return (Section(text=clean(text)),) if text.strip() else None


def _first(texts: _Texts, *tags: str) -> str:
    return next((clean(one) for tag in tags for one in texts.get(tag, ()) if one.strip()), "")


def _all(texts: _Texts, *tags: str) -> list[str]:
    return [clean(one) for tag in tags for one in texts.get(tag, ()) if one.strip()]


def _entry(texts: _Texts) -> tuple[str, Record | str]:
    own = _first(texts, "ID")
    return own, _record(texts) or NO_RECORD


def _record(texts: _Texts) -> Record | None:
    doi = identifiers.doi(_first(texts, "DO") or " ".join(_all(texts, "M3", "UR", "L3", "N1")))
    pmid = _pmid(texts)
    title = _first(texts, *_TITLES)
    if not (title or doi or pmid):
        return None
    abstract = " ".join(_all(texts, "AB")) or " ".join(_all(texts, "N2"))
    keywords = [one for line in _all(texts, "KW") for one in _SPLIT_KEYWORDS.split(line) if one]
    languages = [code for line in _all(texts, "LA") if (code := language(line))]
    start, end = _first(texts, "SP"), _first(texts, "EP")
    return Record(
        title=title,
        pmid=pmid,
        doi=doi,
        pmcid=next(filter(None, map(identifiers.pmcid, _all(texts, "C2", "M2"))), ""),
        registrations=identifiers.registrations(abstract),
        vernacular_title=_first(texts, "TT"),
        abstract=withheld_abstract(abstract),
        keywords=tuple(dict.fromkeys(keywords)) or None,
        authors=tuple(map(author, _all(texts, "AU", "A1"))),
        affiliations=tuple(dict.fromkeys(_all(texts, "AD"))) or None,
        journal=_first(texts, "JF", "T2", "JO", "JA"),
        journal_abbreviation=_first(texts, "J2", "JA"),
        issns=issns(" ".join(_all(texts, "SN"))),
        volume=_first(texts, "VL"),
        issue=_first(texts, "IS"),
        pages=f"{start}-{end}" if start and end and "-" not in start else start,
        published=published(*(_first(texts, tag) for tag in ("PY", "Y1", "DA"))),
        languages=tuple(dict.fromkeys(languages)) or None,
    )


def _pmid(texts: _Texts) -> str:
    """From an address at PubMed, or the accession number if the database is PubMed's."""
    for address in _all(texts, "UR", "L2", "LK"):
        if found := _PUBMED_URL.search(address):
            return identifiers.pmid(found[1] or found[2])
    numbers = _all(texts, "AN", "ID") if _FROM_PUBMED.search(_first(texts, "DB", "DP")) else []
    tagged = [one for one in _all(texts, "AN", "ID", "C1", "N1", "M1") if "pmid" in one.lower()]
    return next(filter(None, map(identifiers.pmid, [*numbers, *tagged])), "")
