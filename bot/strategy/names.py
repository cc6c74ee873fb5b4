"""Reading names in a record: authors, journals, languages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from bot.model import Answer, Author, Record
from bot.strategy.folded import Folded, Given
from bot.strategy.tree import Term
from bot.strategy.words import fold, name, pattern

_ISSN = re.compile(r"\d{4}-?\d{3}[\dx]", re.IGNORECASE)

#: Languages by the names that PubMed takes beside the three letters of MARC.
LANGUAGES: Mapping[str, str] = {
    "afrikaans": "afr", "albanian": "alb", "amharic": "amh", "arabic": "ara", "armenian": "arm",
    "azerbaijani": "aze", "basque": "baq", "bengali": "ben", "bosnian": "bos", "bulgarian": "bul",
    "catalan": "cat", "chinese": "chi", "croatian": "hrv", "czech": "cze", "danish": "dan",
    "dutch": "dut", "english": "eng", "esperanto": "epo", "estonian": "est", "finnish": "fin",
    "french": "fre", "galician": "glg", "georgian": "geo", "german": "ger", "greek": "gre",
    "hebrew": "heb", "hindi": "hin", "hungarian": "hun", "icelandic": "ice", "indonesian": "ind",
    "italian": "ita", "japanese": "jpn", "kinyarwanda": "kin", "korean": "kor", "latin": "lat",
    "latvian": "lav", "lithuanian": "lit", "macedonian": "mac", "malay": "may",
    "malayalam": "mal", "maori": "mao", "norwegian": "nor", "persian": "per", "polish": "pol",
    "portuguese": "por", "pushto": "pus", "romanian": "rum", "russian": "rus", "sanskrit": "san",
    "scottish gaelic": "gla", "serbian": "srp", "slovak": "slo", "slovenian": "slv",
    "spanish": "spa", "swedish": "swe", "thai": "tha", "turkish": "tur", "ukrainian": "ukr",
    "urdu": "urd", "vietnamese": "vie", "welsh": "wel",
}  # fmt: skip
_OPEN = frozenset({"und", "mul"})  # undetermined; several, not named


def read_author(term: Term, record: Folded, given: Given) -> Answer:  # noqa: ARG001 - all alike
    authors = authors_asked(term.tag, record.record)
    if not authors:
        return "no" if record.told else "unknown"
    answers = {_is_author(term, author) for author in authors}
    return "yes" if "yes" in answers else "unknown" if "unknown" in answers else "no"


def authors_asked(tag: str, record: Record) -> tuple[Author, ...]:
    """[au] and [fau] are any author, [1au] the first person, [lastau] the last (User Guide).

    A feed may give all persons as one string, which looks like a group.
    """
    if tag not in ("1au", "lastau"):
        return record.authors
    persons = tuple(author for author in record.authors if not author.collective)
    known = persons if persons or record.status else record.authors
    return known[:1] if tag == "1au" else known[-1:]


def _is_author(term: Term, author: Author) -> Answer:
    """`smith` is every Smith, `smith j` every Smith J and Smith JA, `"smith j"` only Smith J."""
    wanted = pattern(term.text)
    if author.collective:
        group = name(author.collective)
        if wanted.found(group):
            return "yes"
        # Some feeds give all authors as one string, which could not be taken apart.
        family_given = term.text.split()[0]
        return "unknown" if pattern(family_given).found(group) else "no"
    family, short, _full, inverted = forms = _forms(author)
    if any(map(wanted.is_all, forms)):
        return "yes"
    if "*" in term.text and any(map(wanted.may_be, forms)):
        return "unknown"  # whether `*` goes on into the next words of a name is not documented
    if term.quoted or "*" in term.text:
        return "no"
    asked = name(term.text)
    shorter = asked.startswith(family) and short.startswith(asked.rstrip())
    return "yes" if shorter or inverted.startswith(asked) else "no"


@lru_cache(maxsize=65536)
def _forms(author: Author) -> tuple[str, str, str, str]:
    return (
        name(author.last),
        name(f"{author.last} {author.initials}"),
        name(f"{author.fore} {author.last}"),
        name(f"{author.last} {author.fore}"),
    )


def read_group(term: Term, record: Folded, given: Given) -> Answer:  # noqa: ARG001 - all alike
    """A corporate author, by words of its name."""
    wanted = pattern(term.text)
    authors = record.record.authors
    if any(wanted.found(name(author.collective)) for author in authors if author.collective):
        return "yes"
    return "no" if record.told else "unknown"


def read_journal(term: Term, record: Folded, given: Given) -> Answer:  # noqa: ARG001 - all alike
    """The whole title, its abbreviation or an ISSN; other titles of a journal are not known."""
    known = record.record
    if _ISSN.fullmatch(term.text):
        if _digits(term.text) in map(_digits, known.issns):
            return "yes"
        return "no" if all_issns(known) else "unknown"
    wanted = pattern(_journal(term.text))
    names = [one for one in (known.journal, known.journal_abbreviation) if one]
    folded = [name(_journal(one)) for one in names]
    if any(map(wanted.is_all, folded)):
        return "yes"
    if any(map(wanted.may_be, folded)):
        return "unknown"
    # A feed gives the title only; the term may be the abbreviation.
    return "no" if len(names) == 2 else "unknown"


def all_issns(record: Record) -> bool:
    """Does the record name both ISSNs, of print and online?  Of one alone that cannot be told."""
    return len(set(map(_digits, record.issns))) > 1


def _digits(issn: str) -> str:
    return issn.replace("-", "").upper()


def _journal(title: str) -> str:
    """Without the article: NLM's titles keep it, readers do not."""
    return title[4:] if title.lower().startswith("the ") else title


def read_language(term: Term, record: Folded, given: Given) -> Answer:  # noqa: ARG001 - all alike
    """A record always has a language, so one that names none leaves it open."""
    asked = fold(term.text)
    code = LANGUAGES.get(asked, asked)
    codes = [code.lower() for code in record.record.languages or ()]
    if code in codes:
        return "yes"
    told = codes and not _OPEN & set(codes) and len(code) == 3
    return "no" if told else "unknown"
