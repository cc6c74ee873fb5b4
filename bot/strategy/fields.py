"""Reading one term in one field of a record: yes, no, or unknown.

Two reasons for absence are kept apart.  What PubMed adds when it indexes a record (headings,
substances) is "no" until it is there, as PubMed answers today.  What a source withholds (None in
the record) is "unknown", unless what is at hand already says yes.  What cannot be told here at all
(filters, other fields, relative dates) is "unknown" too.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from bot import identifiers
from bot.model import Answer, Author, Record
from bot.strategy.tree import Range, Term
from bot.strategy.words import Near, Pattern, fold, near, pattern, words

_NEAR = re.compile(r"~(\d{1,4})")
_DATE = re.compile(r"(\d{4})(?:[/-](\d{1,2}))?(?:[/-](\d{1,2}))?")
_ISSN = re.compile(r"\d{4}-?\d{3}[\dx]", re.IGNORECASE)

#: PubMed's untagged flags (User Guide): properties of a record, not words to be found in it.
_FLAGS = frozenset(
    {
        "hasabstract", "hasassociateddata", "hasauthor", "hascommentin", "hascommenton",
        "hasconflictofinterest", "haserratumfor", "haserratumin", "haskeyword", "hasretractionin",
        "hasretractionof", "hasstructuredabstract", "hasupdatein", "hasupdateof", "pmcbook",
        "pubstatusaheadofprint",
    }
)  # fmt: skip

#: Languages by the names that PubMed takes beside the three letters of MARC.
_LANGUAGES = {
    "afrikaans": "afr", "arabic": "ara", "bosnian": "bos", "bulgarian": "bul", "catalan": "cat",
    "chinese": "chi", "croatian": "hrv", "czech": "cze", "danish": "dan", "dutch": "dut",
    "english": "eng", "estonian": "est", "finnish": "fin", "french": "fre", "georgian": "geo",
    "german": "ger", "greek": "gre", "hebrew": "heb", "hungarian": "hun", "icelandic": "ice",
    "indonesian": "ind", "italian": "ita", "japanese": "jpn", "korean": "kor", "latvian": "lav",
    "lithuanian": "lit", "macedonian": "mac", "norwegian": "nor", "persian": "per",
    "polish": "pol", "portuguese": "por", "romanian": "rum", "russian": "rus", "serbian": "srp",
    "slovak": "slo", "slovenian": "slv", "spanish": "spa", "swedish": "swe", "thai": "tha",
    "turkish": "tur", "ukrainian": "ukr", "vietnamese": "vie",
}  # fmt: skip

_DATES: Mapping[str, Callable[[Record], str]] = {
    "dp": lambda record: record.published,
    "crdt": lambda record: record.created,
    "edat": lambda record: record.entered,
    "mhda": lambda record: record.indexed,
    "lr": lambda record: record.revised,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """A part of a record, folded."""

    words: str
    complete: bool  #: False when the source withholds some of it.


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """A record with the texts that terms are looked up in."""

    record: Record
    title: _Text
    title_abstract: _Text  #: With the author keywords, as in PubMed.
    keywords: _Text
    everything: _Text  #: With headings, substances and publication types.
    headings: tuple[str, ...]  #: The record's own, in their order.


@lru_cache(maxsize=256)
def folded(record: Record) -> Folded:
    """Fold a record once for many strategies; the last 256 are kept."""
    title = words((record.title,))
    keywords = words(record.keywords or ())
    abstract = words(
        f"{section.label} {section.text}"
        for section in (*(record.abstract or ()), *record.other_abstract)
    )
    headings = tuple(words((heading.descriptor,)) for heading in record.mesh)
    qualifiers = (qualifier for heading in record.mesh for qualifier in heading.qualifiers)
    other = words((*qualifiers, *record.substances, *record.publication_types))
    complete = record.abstract is not None and record.keywords is not None
    text = "\n".join((title, abstract, keywords))
    return Folded(
        record=record,
        title=_Text(words=title, complete=True),
        title_abstract=_Text(words=text, complete=complete),
        keywords=_Text(words=keywords, complete=record.keywords is not None),
        everything=_Text(words="\n".join((text, *headings, other)), complete=complete),
        headings=headings,
    )


def read(term: Term, record: Folded) -> Answer:
    """Is the term found in its field?  Unknown for a field that cannot be read here."""
    reader = _READERS.get(term.tag)
    return reader(term, record) if reader else "unknown"


def read_range(node: Range, record: Record) -> Answer:
    """Between two dates or two PMIDs; a date without month or day is its first day (PubMed)."""
    if node.tag == "pmid":
        ends = [identifiers.pmid(end) for end in (node.low, node.high)]
        if not all(ends):
            return "unknown"
        known_pmid = identifiers.pmid(record.pmid)
        return _yes(bool(known_pmid) and int(ends[0]) <= int(known_pmid) <= int(ends[1]))
    known = _days(_DATES[node.tag](record)) if node.tag in _DATES else None
    low, high = _days(node.low), _days(node.high)
    if known is None or low is None or high is None:
        return "unknown"
    return _yes(low[0] <= known[0] <= high[1])


def _days(text: str) -> tuple[str, str] | None:
    """The first and the last day of a year, a month or a day, as ISO text; None if it is none."""
    match = _DATE.fullmatch(text.strip())
    if not match:
        return None
    year, month, day = match.groups()
    first, last = int(month or 1), int(month or 12)
    if not (1 <= first <= 12 and int(year)):
        return None
    last_day = int(day) if day else calendar.monthrange(int(year), last)[1]
    return f"{year}-{first:02}-{int(day or 1):02}", f"{year}-{last:02}-{last_day:02}"


def _yes(condition: bool) -> Answer:
    return "yes" if condition else "no"


Reader = Callable[[Term, Folded], Answer]


@lru_cache(maxsize=65536)
def _sought(text: str, modifier: str) -> Pattern | Near:
    distance = _NEAR.fullmatch(modifier)
    if distance and "*" not in text:  # with `*` PubMed ignores the distance
        return near(text, int(distance.group(1)))
    return pattern(text)


def _text(part: Callable[[Folded], _Text]) -> Reader:
    def read(term: Term, record: Folded) -> Answer:
        text = part(record)
        found = _sought(term.text, term.modifier).found(text.words)
        return "yes" if found else "no" if text.complete else "unknown"

    return read


def _all_fields(term: Term, record: Folded) -> Answer:
    flag = "" if term.tag or term.quoted else fold(term.text)
    if flag == "hasabstract":
        abstract = record.record.abstract
        return "unknown" if abstract is None else _yes(bool(abstract))
    return "unknown" if flag in _FLAGS else _read_everything(term, record)


_read_everything = _text(lambda record: record.everything)


def _heading(term: Term, record: Folded) -> Answer:
    """A heading as it stands; what lies below it in the tree is not known here."""
    descriptor, slash, qualifier = term.text.partition("/")
    wanted = pattern(descriptor)
    if wanted.start not in record.everything.words:  # most often so, and sooner told
        return "no"
    found = [
        heading
        for heading, words_ in zip(record.record.mesh, record.headings, strict=True)
        if wanted.is_all(words_) and (heading.major or term.tag == "mh")
    ]
    if not slash or not found:
        return _yes(bool(found))
    return _qualifier(qualifier, [name for heading in found for name in heading.qualifiers])


def _subheading(term: Term, record: Folded) -> Answer:
    return _qualifier(term.text, [name for mesh in record.record.mesh for name in mesh.qualifiers])


def _qualifier(wanted: str, qualifiers: list[str]) -> Answer:
    if qualifiers and len(wanted.strip()) == 2:  # a two-letter code; only names are known here
        return "unknown"
    return _one_of(wanted, qualifiers)


def _one_of(text: str, values: Iterable[str]) -> Answer:
    wanted = pattern(text)
    return _yes(any(wanted.is_all(words((value,))) for value in values))


def _journal(term: Term, record: Folded) -> Answer:
    known = record.record
    if _ISSN.fullmatch(term.text):
        digits = term.text.replace("-", "").upper()
        return _yes(any(issn.replace("-", "").upper() == digits for issn in known.issns))
    names = [name for name in (known.journal, known.journal_abbreviation) if name]
    names += [name[4:] for name in names if name.lower().startswith("the ")]
    text = term.text[4:] if term.text.lower().startswith("the ") else term.text
    if _one_of(text, names) == "yes":
        return "yes"
    # A feed gives the title only; the term may be the abbreviation.
    return "no" if known.journal and known.journal_abbreviation else "unknown"


def _author(term: Term, record: Folded) -> Answer:
    answers = {_is_author(term, author) for author in record.record.authors}
    return "yes" if "yes" in answers else "unknown" if "unknown" in answers else "no"


def _is_author(term: Term, author: Author) -> Answer:
    """`smith` is every Smith, `smith j` every Smith J and Smith JA, `"smith j"` only Smith J."""
    wanted = pattern(term.text)
    if author.collective:
        group = words((author.collective,))
        if wanted.found(group):
            return "yes"
        # Some feeds give all authors as one string, which could not be taken apart.
        family_given = term.text.split()[0]
        return "unknown" if pattern(family_given).found(group) else "no"
    family, name, *full = (
        words((form,))
        for form in (
            author.last,
            f"{author.last} {author.initials}",
            f"{author.fore} {author.last}",
            f"{author.last} {author.fore}",
        )
    )
    if any(wanted.is_all(form) for form in (family, name, *full)):
        return "yes"
    shorter = words((term.text,)).rstrip()
    return _yes(not term.quoted and shorter.startswith(family) and name.startswith(shorter))


def _language(term: Term, record: Folded) -> Answer:
    """A record always has a language, so one that names none leaves it open."""
    name = fold(term.text)
    code = _LANGUAGES.get(name, name)
    codes = [code.lower() for code in record.record.languages or ()]
    if code in codes:
        return "yes"
    told = codes and not {"und", "mul"} & set(codes) and len(code) == 3
    return "no" if told else "unknown"


def _pmid(term: Term, record: Folded) -> Answer:
    """Several PMIDs are ORed.  A record without one is not in PubMed, or not yet."""
    pmids = map(identifiers.pmid, term.text.replace(",", " ").split())
    return _yes(bool(record.record.pmid) and record.record.pmid in pmids)


def _article_identifier(term: Term, record: Folded) -> Answer:
    wanted = identifiers.doi(term.text)
    if wanted:
        return _yes(record.record.doi == wanted)
    return _yes(fold(term.text) in {fold(i) for i in (record.record.pii, record.record.pmcid) if i})


def _filter(term: Term, record: Folded) -> Answer:  # noqa: ARG001 - all readers look alike
    return "yes" if fold(term.text) == "all" else "unknown"


def _one_day(term: Term, record: Folded) -> Answer:
    return read_range(Range(low=term.text, high=term.text, tag=term.tag), record.record)


_READERS: Mapping[str, Reader] = {
    "": _all_fields,
    "all": _all_fields,
    "tw": _all_fields,
    "tiab": _text(lambda record: record.title_abstract),
    "ti": _text(lambda record: record.title),
    "ot": _text(lambda record: record.keywords),
    "mh": _heading,
    "majr": _heading,
    "sh": _subheading,
    "nm": lambda term, record: _one_of(term.text, record.record.substances),
    "pt": lambda term, record: _one_of(term.text, record.record.publication_types),
    "ta": _journal,
    "au": _author,
    "la": _language,
    "pmid": _pmid,
    "aid": _article_identifier,
    "lid": _article_identifier,
    "sb": _filter,
    **dict.fromkeys(_DATES, _one_day),
}
