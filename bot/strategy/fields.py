"""Reading one term in one field of a record: yes, no, or unknown.

Two reasons for absence are kept apart.  What PubMed adds when it indexes a record (headings,
substances) is "no" until it is there, as PubMed answers today.  What a source withholds (None in
the record) is "unknown", unless what is at hand already says yes.  What cannot be told here at all
(filters, fields that a record does not keep) is "unknown" too.

A phrase is found where its words stand side by side.  PubMed finds only the phrases of its index,
and takes others apart; which they are is not published.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from bot import identifiers
from bot.model import Answer
from bot.strategy import dates, flags, indexing, names
from bot.strategy.dates import read_range
from bot.strategy.folded import Folded, Given, Text, folded
from bot.strategy.texts import FieldName, texts
from bot.strategy.tree import Term
from bot.strategy.words import Near, Pattern, fold, near, only_stop_words, pattern, words

__all__ = [
    "FieldName",
    "Folded",
    "Given",
    "folded",
    "ignored",
    "read",
    "read_range",
    "sought",
    "texts",
]

_NEAR = re.compile(r"~(\d{1,4})", re.ASCII)
_PROXIMITY = frozenset({"ti", "tiab", "ad"})  # the fields that have it (User Guide)

#: Fields of words: what of a record a term is looked up in.
TEXT_FIELDS: Mapping[str, Callable[[Folded], Text]] = {
    "": lambda record: record.all_fields,
    "all": lambda record: record.all_fields,
    "tw": lambda record: record.everything,
    "tiab": lambda record: record.title_abstract,
    "ti": lambda record: record.title,
    "ot": lambda record: record.keywords,
    "ad": lambda record: record.affiliations,
}

#: Fields that PubMed fills, or fills up, at indexing.
_AT_INDEXING = frozenset(
    {"", "all", "tw", "mh", "majr", "sh", "nm", "pa", "rn", "ps", "pt", "dcom"}
)

_NO_GIVEN = Given()


def read(term: Term, record: Folded, given: Given = _NO_GIVEN) -> Answer:
    """Is the term found in its field?  Unknown for a field that cannot be read here."""
    reader = _READERS.get(term.tag)
    if reader is None or not _is_known(term.modifier):
        return "unknown"
    answer = reader(term, record, given)
    if answer == "no" and given.strict and term.tag in _AT_INDEXING and not record.settled:
        return "unknown"
    return answer


def _is_known(modifier: str) -> bool:
    return modifier in ("", "noexp") or modifier.startswith("~")


def ignored(term: Term) -> bool:
    """Does PubMed leave the term out, because it has only stop words?  Proximity counts them."""
    return term.tag in TEXT_FIELDS and not term.modifier and only_stop_words(term.text)


def sought(term: Term) -> Pattern | Near | None:
    """What a term of words looks for; None where its proximity is none of PubMed's."""
    return _sought(term.text, term.tag, term.modifier, quoted=term.quoted)


@lru_cache(maxsize=65536)
def _sought(text: str, tag: str, modifier: str, *, quoted: bool) -> Pattern | Near | None:
    if not modifier.startswith("~"):
        return pattern(text) if _is_known(modifier) else None
    distance = _NEAR.fullmatch(modifier)
    if distance is None or tag not in _PROXIMITY or not quoted:
        return None
    return pattern(text) if "*" in text else near(text, int(distance.group(1)))


def _text(part: Callable[[Folded], Text]) -> Reader:
    def read(term: Term, record: Folded, given: Given) -> Answer:  # noqa: ARG001 - all alike
        if ignored(term):
            return "no"
        wanted = sought(term)
        if wanted is None:
            return "unknown"
        text = part(record)
        return "yes" if wanted.found(text.words) else "no" if text.complete else "unknown"

    return read


def _all_fields(term: Term, record: Folded, given: Given) -> Answer:
    """Words anywhere.

    PubMed maps plain words to headings, and looks for the headings and their synonyms too, which
    cannot be done here: a record without the words may still be found.
    """
    flag = flags.flag(term)
    if flag is not None:
        return flags.answer(flag(record.record))
    found = _words_anywhere(term, record, given)
    mapped = "*" not in term.text and not (term.quoted and term.tag) and not ignored(term)
    return "unknown" if found == "no" and mapped else found


_words_anywhere = _text(lambda record: record.all_fields)


def _pmid(term: Term, record: Folded, given: Given) -> Answer:  # noqa: ARG001 - all alike
    """Several PMIDs are ORed.  A record without one is not in PubMed, or not yet."""
    pmids = map(identifiers.pmid, term.text.replace(",", " ").split())
    return _yes(bool(record.record.pmid) and record.record.pmid in pmids)


def _article_identifier(term: Term, record: Folded, given: Given) -> Answer:  # noqa: ARG001 - all alike
    """A DOI, or the publisher's number of the record."""
    known = record.record
    wanted = identifiers.doi(term.text)
    if wanted and known.doi:
        return _yes(known.doi == wanted)
    if fold(term.text) in {fold(one) for one in (known.pii, known.pmcid) if one}:
        return "yes"
    return "no" if record.told else "unknown"


def _accession(term: Term, record: Folded, given: Given) -> Answer:  # noqa: ARG001 - all alike
    """A trial number; of the other data banks a record keeps nothing."""
    numbers = identifiers.registrations(term.text)
    if not numbers or not record.told:
        return "unknown"
    return _yes(not set(numbers).isdisjoint(record.record.registrations))


def _words_of(values: Callable[[Folded], tuple[str, ...]]) -> Reader:
    """Words in a field that PubMed's records have and others may lack."""

    def read(term: Term, record: Folded, given: Given) -> Answer:  # noqa: ARG001 - all alike
        if pattern(term.text).found(words(values(record))):
            return "yes"
        return "no" if record.told else "unknown"

    return read


def _number(value: Callable[[Folded], str]) -> Reader:
    """A volume, an issue, a page: the whole of it."""

    def read(term: Term, record: Folded, given: Given) -> Answer:  # noqa: ARG001 - all alike
        known = value(record)
        if known:
            return _yes(pattern(term.text).is_all(words((known,))))
        return "no" if record.told else "unknown"

    return read


def _yes(condition: bool) -> Answer:
    return "yes" if condition else "no"


Reader = Callable[[Term, Folded, Given], Answer]

#: Fields without a reader (investigators, places, books ...) are not in a record: "unknown".
_READERS: Mapping[str, Reader] = {
    **{tag: _text(part) for tag, part in TEXT_FIELDS.items()},
    "": _all_fields,
    "all": _all_fields,
    "mh": indexing.read_heading,
    "majr": indexing.read_heading,
    "sh": indexing.read_subheading,
    "nm": indexing.read_substance,
    "pt": indexing.read_publication_type,
    **dict.fromkeys(("pa", "rn", "ps", "dcom"), indexing.read_only_indexed),
    **dict.fromkeys(("au", "1au", "lastau", "fau"), names.read_author),
    "cn": names.read_group,
    "ta": names.read_journal,
    "la": names.read_language,
    "vi": _number(lambda record: record.record.volume),
    "ip": _number(lambda record: record.record.issue),
    "pg": _number(lambda record: record.record.pages.partition("-")[0]),
    "tt": _words_of(lambda record: (record.record.vernacular_title,)),
    "gr": _words_of(lambda record: record.record.grants),
    "cois": _words_of(lambda record: (record.record.conflict_statement,)),
    "pmid": _pmid,
    "aid": _article_identifier,
    "lid": _article_identifier,
    "si": _accession,
    "sb": flags.read_filter,
    **dict.fromkeys(dates.TAGS, dates.read_date),
}
