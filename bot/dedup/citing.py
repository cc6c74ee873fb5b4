"""Citations: the fields of a record in the form in which deduplication compares them.

Everything that costs time is done once here.  A citation packs into a line of JSON, so the store
compares without reading records.
"""

from __future__ import annotations

import html
import json
import re
from binascii import crc32
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from bot import preprints, titles
from bot.dedup import versions
from bot.model import Author, Record

#: How citations are packed and keyed; raised when that changes, so that the store does it again.
SCHEME: Final = 4

SKETCH = 32  # of the words of an abstract: tells 0.9 from 0.6 alike
LONGEST_ABSTRACT = 1_000  # characters: exports cut the rest, or put a line of copyright behind it
MOST_NAMES = 24  # authors; a collaboration is known by those


@dataclass(frozen=True, slots=True)
class Citation:
    """A record as deduplication compares it; empty where the source does not say."""

    pmid: str
    pmcid: str
    doi: str
    kind: str  #: What the title says the record is: `titles.SignKind`.
    genre: str  #: What its publication types say: `study` where nothing special.
    title: str  #: Folded, without the sign.
    other_titles: tuple[str, ...]  #: Folded: in the language of the record, or in brackets.
    part: str
    editions: str  #: The years that the title names.
    numbers: tuple[str, ...]  #: The other numbers of the title.
    names: tuple[str, ...]  #: Folded surnames, and groups; without blanks.
    fores: tuple[str, ...]  #: The folded fore names, or the initials.
    journals: tuple[str, ...]  #: Folded, each once: as printed, abbreviated.
    issns: tuple[str, ...]
    years: tuple[int, ...]  #: Of print and online.
    volume: str
    issues: tuple[str, ...]  #: Every number in it: `5-6`, `10 SUPPL. 1`.
    pages: tuple[str, ...]  #: First and last, without leading letters and zeros.
    page_letter: str  #: What stands before the first page: `s` of a supplement, `e`.
    mangled: bool  #: A spreadsheet has made a date of the pages.
    preprint: bool
    review: str  #: The number of a Cochrane review, which its pages name too.
    sketch: tuple[int, ...]  #: The smallest hashes of the words of the abstract.
    registrations: tuple[str, ...]

    def pack(self) -> str:
        """One line of JSON."""
        values = [getattr(self, name) for name in self.__slots__]
        return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def unpack(text: str) -> Citation:
    """The citation that `Citation.pack` wrote."""
    values: Iterable[Any] = json.loads(text)
    fields: list[Any] = [tuple(one) if isinstance(one, list) else one for one in values]
    return Citation(*fields)


def citation(record: Record) -> Citation:
    """What deduplication compares of a record."""
    signs = titles.signs(record.title)
    others = (titles.signs(record.vernacular_title).core,) if record.vernacular_title else ()
    volume, issues, page = _place(record.volume, record.issue)
    first, last, letter, mangled = _pages(record.pages or page)
    people = [
        (name, author) for author in record.authors[:MOST_NAMES] if (name := _surname(author))
    ]
    journals = _journals(record)
    return Citation(
        pmid=record.pmid,
        pmcid=record.pmcid,
        doi=record.doi,
        kind=signs.kind,
        genre=_genre(record.publication_types),
        title=signs.core,
        other_titles=others,
        part=signs.part,
        editions=signs.year,
        numbers=signs.numbers,
        names=tuple([name for name, _ in people]),
        fores=tuple([_name(author.fore or author.initials) for _, author in people]),
        journals=journals,
        issns=record.issns,
        years=_years(record),
        volume=volume,
        issues=issues,
        pages=(first, last) if last else (first,) if first else (),
        page_letter=letter,
        mangled=mangled,
        preprint=preprints.is_preprint(record),
        review=versions.review_number(record.doi, record.pages),
        sketch=sketch(record.abstract_text),
        registrations=record.registrations,
    )


#: Publication types, in PubMed's words and in those of exports, of what is no study itself.
_GENRES: Final = {
    "published erratum": "erratum",
    "erratum": "erratum",
    "retraction of publication": "retraction",
    "retraction notice": "retraction",
    "expression of concern": "concern",
    "clinical trial protocol": "protocol",
    "academic dissertation": "thesis",
    "thesis": "thesis",
}


def _genre(types: Iterable[str]) -> str:
    genre = ""
    for name in types:
        genre = _GENRES.get(name.casefold(), "study")
        if genre != "study":
            break
    return genre


_NOBODY: Final = frozenset({"anonymous", "anon", "noauthor", "noauthors", "noauthorlisted"})


_INITIALS = re.compile(r"(?:[^\W\d_](?:\.[- ]?|[ ])){1,4}(?=[^\W\d_]{2})")


def _surname(author: Author) -> str:
    name = _name(author.last or author.collective)
    return "" if name in _NOBODY else name


@lru_cache(maxsize=50_000)
def _name(text: str) -> str:
    """Without blanks, and without initials in front: `A. B. Sample`."""
    name = titles.plain(text)
    if initials := _INITIALS.match(name):
        name = name[initials.end() :]
    return titles.fold(name).replace(" ", "")


def _journals(record: Record) -> tuple[str, ...]:
    names = (*_journal_names(record.journal), *_journal_names(record.journal_abbreviation))
    return tuple(dict.fromkeys(names))


_BRACKETS = re.compile(r"[(\[]([^()\[\]]*)[)\]]?")
_BEHIND = re.compile(r"\s*(?:[=/]\s|\.\s*conference\b).*", re.IGNORECASE)
_SMALL_WORDS: Final = """
the of and for in on a an to with de la le les el los der die das des und et y e di del della da do
van von fur"""
_SMALL: Final = frozenset(_SMALL_WORDS.split())


@lru_cache(maxsize=20_000)
def _journal_names(text: str) -> tuple[str, ...]:
    """The words of a journal's name that abbreviations keep, without what stands in brackets; and
    the name in brackets, where it is one."""
    plain = titles.plain(text)
    inside = [one for one in _BRACKETS.findall(plain) if len(one.split()) >= 3]
    outside = _BEHIND.sub("", _BRACKETS.sub(" ", plain))
    return tuple(filter(None, map(_kept_words, (outside, *inside))))


def _kept_words(name: str) -> str:
    words = titles.fold(name).split()
    return " ".join(word for word in words if word not in _SMALL) or " ".join(words)


def _years(record: Record) -> tuple[int, ...]:
    dates = (record.published, record.also_published)
    return tuple(sorted({int(one[:4]) for one in dates if one[:4].isdigit()}))


LONGEST_VOLUME: Final = 20  # characters; what is longer names a congress too
MOST_ISSUES: Final = 366  # a year; a larger number is an article's, or counts all volumes
_BRACKETED = re.compile(r"\(([^()]*)\)")
_FIRST_NUMBER = re.compile(r"\d+")


@lru_cache(maxsize=20_000)
def _place(volume: str, issue: str) -> tuple[str, tuple[str, ...], str]:
    """The volume, the issues, and a page that stands in their place.

    Ovid writes `10 (11) (no pagination)` for the volume, and the number of the article for the
    issue; or a whole congress before the volume, or the end of `31(SUPPL. 1)`.
    """
    page = ""
    if "(" in volume:
        inside = " ".join(_BRACKETED.findall(volume))
        if "no pagination" in inside:
            page, issue = issue, ""
        volume, issue = volume.partition("(")[0], f"{issue} {inside}"
    elif ")" in volume:
        volume = ""
    if len(volume) > LONGEST_VOLUME:
        volume = volume[-LONGEST_VOLUME:].partition(" ")[2]
    issues = _numbers(issue)
    if any(int(one) > MOST_ISSUES for one in issues):
        page, issues = page or issue, ()
    return _number(volume), issues, page


def _number(text: str) -> str:
    """The first number of a volume or issue: `38 Suppl 1` is 38."""
    match = _FIRST_NUMBER.search(text)
    return (match[0].lstrip("0") or "0") if match else ""


def _numbers(text: str) -> tuple[str, ...]:
    return tuple(one.lstrip("0") or "0" for one in _FIRST_NUMBER.findall(text))


_MONTH_NAMES: Final = "jan feb mar apr may jun jul aug sep oct nov dec"
_MONTHS: Final = {name: str(number) for number, name in enumerate(_MONTH_NAMES.split(), 1)}
_MANGLED = re.compile(
    r"(?:(\d{1,2})-)?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*(?:-(\d{1,4}))?"
)
_PAGE = re.compile(r"([a-z]{0,6})[\s.]*0*(\d+)(?:\D*?[-+]\s*([a-z]{0,3})0*(\d+))?")
_WHOLE = re.compile(r"^\s*\d+\s*(?:\([^)]*\))?\s*:\s*")  # volume(issue): pages
_DASHES = str.maketrans("‐‑‒–—−", "------")


@lru_cache(maxsize=20_000)
def _pages(text: str) -> tuple[str, str, str, bool]:
    """First page, last page, letter before it, and whether it was mangled to a date."""
    text = text.translate(_DASHES).casefold().strip()
    if not text:
        return "", "", "", False
    if date := _MANGLED.fullmatch(text):
        numbers = [date[1], _MONTHS[date[2]], date[3]]
        ends = sorted((one.lstrip("0") for one in numbers if one), key=int)
        return (*ends, "", "")[0], (*ends, "", "")[1], "", True
    match = _PAGE.search(_WHOLE.sub("", text))
    if not match:
        return "", "", "", False
    letter, first, _, last = match.groups()
    if last and len(last) < len(first):
        last = first[: len(first) - len(last)] + last
    return first, last or "", letter[-1:] if len(letter) <= 2 else "", False


#: Words of some length tell a text from another: `because` and `placebo`, not `with`.
_LONG_WORD = re.compile(rb"[a-z0-9]{6,}")


def sketch(text: str) -> tuple[int, ...]:
    """The smallest hashes of the words of a text: alike where the texts are."""
    if not text:
        return ()
    text = text[:LONGEST_ABSTRACT]
    if "&" in text:
        text = html.unescape(text)
    words = set(_LONG_WORD.findall(text.encode(errors="replace").lower()))
    return tuple(sorted(map(crc32, words))[:SKETCH])


def alike(one: Iterable[int], other: Iterable[int]) -> float:
    """How much of their words two sketches share, 0 to 1."""
    if one == other:
        return 1.0
    ours, theirs = set(one), set(other)
    least = sorted(ours | theirs)[: min(len(ours), len(theirs))]
    return len((ours & theirs).intersection(least)) / max(len(least), 1)
