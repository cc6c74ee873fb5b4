"""Bibliographic deduplication: is this the record we already have?

A missed duplicate costs a reader ten seconds; a wrong merge hides a study.  So the rules are
strict, and the rule that matched is kept with the sighting.  One DOI for a whole supplement,
notices, replies and parts are the traps: a shared DOI confirms only when the titles agree, and two
different DOIs are two records however alike their titles.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Final

from bot.identifiers import folded_title
from bot.model import Record

#: Shorter folded titles ("Editorial", "Reply to the authors") are titles of many records.
SHORTEST_TITLE_KEY: Final = 30
SHORTEST_SHARED_START: Final = 20  # a lost subtitle still leaves this much, with the same DOI

#: What is published about a record, with a title that repeats it: never the record itself.
#: MEDLINE also prints "[Erratum appears in ...]" behind the record's own title; that one is it.
_NOTICE = re.compile(
    r"^\W*(?:author(?:s'?)?\s+|publisher(?:'?s)?\s+)?"
    r"(?P<kind>errat(?:um|a)|corrigend(?:um|a)|correction|retract(?:ion|ed)|withdraw(?:n|al)"
    r"|expression of concern|editorial concern|addend(?:um|a)|comment(?:ary|s)?\s+on"
    r"|reply|response|re|author reply|in reply|letter|protocol)\b\s*(?:notice|note|article)?"
    r"\s*(?:\bto\b|\bon\b|\bof\b|\bfor\b|[:\-\u2013\u2014.(\[])",
    re.IGNORECASE,
)

Key = tuple[str, str]


def keys(record: Record) -> tuple[Key, ...]:
    """What a record is found by: (scheme, value) of its identifiers and of its folded titles."""
    found = [
        (scheme, value)
        for scheme, value in (("pmid", record.pmid), ("doi", record.doi), ("pmcid", record.pmcid))
        if value
    ]
    for title in titles(record):
        if len(title) >= SHORTEST_TITLE_KEY:
            found.append(("title", title))
    return tuple(dict.fromkeys(found))


def titles(record: Record) -> tuple[str, ...]:
    """The folded titles of a record, in its language and in English; each once."""
    folded = (folded_title(record.title), folded_title(record.vernacular_title))
    return tuple(dict.fromkeys(title for title in folded if title))


def find(record: Record, candidates: Iterable[tuple[int, Record]]) -> tuple[int, str] | None:
    """The candidate that is this record, with the rule that says so; None when it is new.

    Where several qualify, the strongest rule wins, then the record that came first.
    """
    rules = ("pmid", "pmcid", "doi and title", "title, journal and authors")
    best: tuple[int, int] | None = None
    for number, candidate in candidates:
        rule = same(record, candidate)
        if rule and (best is None or (rules.index(rule), number) < best):
            best = rules.index(rule), number
    return (best[1], rules[best[0]]) if best else None


def same(one: Record, other: Record) -> str:
    """The rule by which two records are one work; empty when they are not (or not surely)."""
    if one.pmid and other.pmid:
        return "pmid" if one.pmid == other.pmid else ""
    if notice_kind(one) != notice_kind(other):
        return ""
    if one.pmcid and one.pmcid == other.pmcid and _titles_agree(one, other):
        return "pmcid"
    if one.doi and other.doi:
        return "doi and title" if one.doi == other.doi and _titles_agree(one, other) else ""
    return "title, journal and authors" if _same_by_title(one, other) else ""


def notice_kind(record: Record) -> str:
    """The kind of notice or answer that the title announces; empty for a plain record."""
    match = _NOTICE.match(record.title)
    return match.group("kind").lower() if match else ""


def _titles_agree(one: Record, other: Record) -> bool:
    """Equal, or one is the start of the other (a subtitle lost), in any of their languages."""
    ours, theirs = titles(one), titles(other)
    if not ours or not theirs:
        return True
    return any(
        a.replace(" ", "") == b.replace(" ", "")
        or (min(len(a), len(b)) >= SHORTEST_SHARED_START and (_starts(a, b) or _starts(b, a)))
        for a in ours
        for b in theirs
    )


def _starts(whole: str, start: str) -> bool:
    """Whole words only: `part i` does not start `part ii`."""
    return whole.startswith(f"{start} ")


def _same_by_title(one: Record, other: Record) -> bool:
    shared = set(titles(one)) & set(titles(other))
    if not any(len(title) >= SHORTEST_TITLE_KEY for title in shared):
        return False
    years = {record.published[:4] for record in (one, other) if record.published}
    if len(years) == 2 and abs(int(max(years)) - int(min(years))) > 1:
        return False
    if _differ(one.volume, other.volume) or _differ(_first_page(one), _first_page(other)):
        return False
    journals = _journals_agree(one, other)
    authors = _authors_agree(one, other)
    if journals is False or authors is False:
        return False
    return bool(journals or authors)


def _differ(one: str, other: str) -> bool:
    return bool(one and other and one.casefold() != other.casefold())


def _first_page(record: Record) -> str:
    """The first page without leading letters and zeros: `e0137960` and `137960` are one."""
    match = re.match(r"\D{0,3}0*(\d+)", record.pages.strip())
    return match.group(1) if match else ""


def _journals_agree(one: Record, other: Record) -> bool | None:
    """None where one of them does not say."""
    if set(one.issns) & set(other.issns):
        return True
    ours = {folded_title(name) for name in (one.journal, one.journal_abbreviation) if name}
    theirs = {folded_title(name) for name in (other.journal, other.journal_abbreviation) if name}
    if not ours or not theirs:
        return None
    return bool(ours & theirs)


def _authors_agree(one: Record, other: Record) -> bool | None:
    """Do they share a surname (or a group)?  None where one of them names nobody."""
    ours, theirs = _surnames(one), _surnames(other)
    return bool(ours & theirs) if ours and theirs else None


def _surnames(record: Record) -> frozenset[str]:
    return frozenset(folded_title(author.last or author.collective) for author in record.authors)


def merge(known: Record, seen: Record) -> Record:
    """One record of two sightings: PubMed's words where it has them, the other's where it has not.

    Of two sightings by PubMed the later one wins, so that indexing and corrections arrive; of two
    by feeds the first one stays and the later one fills its gaps.
    """
    by_pubmed = seen.created or seen.status  # a feed of PubMed's gives a PMID, but neither of these
    base, other = (seen, known) if by_pubmed else (known, seen)
    gaps = {
        field.name: getattr(other, field.name)
        for field in fields(Record)
        if not getattr(base, field.name) and getattr(other, field.name)
    }
    if base.abstract is None and other.abstract is not None:
        gaps["abstract"] = other.abstract
    return replace(base, **gaps)
