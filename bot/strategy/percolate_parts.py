"""Looking up terms of the other fields: headings, authors, journals, dates, numbers.

A record answers yes in such a field where one of its parts alone does, one heading or one author.
So each distinct part of a batch is asked about once, and only by the terms that share a key with
it: a heading's name, a word of an author's name.  `fields` answers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple, TypeVar

from bot import identifiers
from bot.model import Answer, Author, MeshHeading, Record
from bot.strategy.dates import TAGS as DATES
from bot.strategy.fields import read, read_range
from bot.strategy.folded import Folded, Given
from bot.strategy.names import authors_asked
from bot.strategy.transposed import Found, bits
from bot.strategy.tree import Range, Term
from bot.strategy.words import fold, pattern, words

_Part = TypeVar("_Part", bound=Hashable)


class _Group(NamedTuple):
    """Records that have one part of a field in common."""

    keys: Iterable[str]
    places: list[int]
    alone: Callable[[], Folded]  #: The part as a record of its own.


class _Probe(NamedTuple):
    """The keys of the parts that a term may find."""

    keys: Iterable[str] = ()
    beginnings: Iterable[str] = ()


_Groups = Callable[[Sequence[Folded]], Iterator[_Group]]


class _Field(NamedTuple):
    groups: _Groups
    probe: Callable[[Term, Given], _Probe | None]  #: None: the term may find any part.


def _by_parts(
    parts: Callable[[Record], Iterable[_Part]],
    alone: Callable[[_Part], Record],
    keys: Callable[[_Part], Iterable[str]],
) -> _Groups:
    def groups(records: Sequence[Folded]) -> Iterator[_Group]:
        places: defaultdict[_Part, list[int]] = defaultdict(list)
        for place, record in enumerate(records):
            for part in parts(record.record):
                places[part].append(place)
        for part, where in places.items():
            yield _Group(keys(part), where, partial(_alone, alone, part))

    return groups


def _alone(record: Callable[[_Part], Record], part: _Part) -> Folded:
    return Folded(record=record(part))


def _each(records: Sequence[Folded]) -> Iterator[_Group]:
    """Every record by itself."""
    for place, record in enumerate(records):
        yield _Group((), [place], partial(_itself, record))


def _itself(record: Folded) -> Folded:
    return record


def _any(term: Term, given: Given) -> None:  # noqa: ARG001 - all alike
    return None


def _no_keys(part: object) -> tuple[str, ...]:  # noqa: ARG001 - all alike
    return ()


def _name(text: str) -> str:
    return words((text,)).strip()


def _name_probe(text: str) -> _Probe | None:
    """For a whole name, truncated or not."""
    wanted = pattern(text)
    if not wanted.words:
        return None
    if all(len(word) == 1 for word in wanted.words):
        return _Probe(keys=(wanted.start.strip(),))
    beginning = wanted.start[1:]
    return _Probe(beginnings=(beginning,)) if beginning else None


def _heading_probe(term: Term, given: Given) -> _Probe | None:
    descriptor = term.text.partition("/")[0]
    probe = _name_probe(descriptor)
    if probe is None or "*" in descriptor or term.modifier == "noexp":
        return probe
    return _Probe(keys=(*probe.keys, *map(_name, given.mesh.below(descriptor))))


def _author_probe(term: Term, given: Given) -> _Probe | None:  # noqa: ARG001 - all alike
    """By the first word, with which one form of the name begins, or which a group's name has."""
    parts = term.text.split()
    if not parts or not pattern(parts[0]).words:
        return None
    first = pattern(term.text).words[0]
    if len(first) == 1:
        return _Probe(keys=first)
    return _Probe(beginnings=first[:1]) if first[0] else None


def _author_keys(author: Author) -> Iterable[str]:
    names = f"{author.last} {author.fore} {author.initials} {author.collective}"
    return set(words((names,)).split())


def _journal_probe(term: Term, given: Given) -> _Probe | None:  # noqa: ARG001 - all alike
    """By the longest word, without the article, which titles and readers leave out."""
    wanted = pattern(term.text).words
    plain = [word[0] for word in wanted if len(word) == 1 and word[0] != "the"]
    if plain:
        return _Probe(keys=(max(plain, key=len),))
    beginnings = [word[0] for word in wanted if len(word) > 1 and word[0]]
    return _Probe(beginnings=beginnings[:1]) if beginnings else None


def _journal_keys(journal: tuple[str, str, tuple[str, ...]]) -> Iterable[str]:
    name, abbreviation, issns = journal
    digits = [_name(issn.replace("-", "")) for issn in issns]
    halves = [half for one in digits for half in (one, one[:4], one[4:])]
    return {*words((f"{name} {abbreviation}",)).split(), *halves}


def _identifier_probe(term: Term, given: Given) -> _Probe | None:  # noqa: ARG001 - all alike
    return _Probe(keys=filter(None, (identifiers.doi(term.text), fold(term.text))))


def _pmid_probe(term: Term, given: Given) -> _Probe | None:  # noqa: ARG001 - all alike
    return _Probe(keys=map(identifiers.pmid, term.text.replace(",", " ").split()))


def _authors(asked: Callable[[Record], tuple[Author, ...]]) -> _Field:
    groups = _by_parts(asked, lambda one: Record(title="", authors=(one,)), _author_keys)
    return _Field(groups, _author_probe)


def _date(tag: str) -> _Field:
    made: Callable[[str], Record] = {
        "crdt": lambda day: Record(title="", created=day),
        "edat": lambda day: Record(title="", entered=day),
        "mhda": lambda day: Record(title="", indexed=day),
        "lr": lambda day: Record(title="", revised=day),
    }[tag]
    return _Field(_by_parts(lambda record: (DATES[tag](record),), made, _no_keys), _any)


_PUBLISHED = _Field(
    _by_parts(
        lambda record: ((record.published, record.also_published, record.status),),
        lambda one: Record(title="", published=one[0], also_published=one[1], status=one[2]),
        _no_keys,
    ),
    _any,
)
_HEADINGS = _Field(
    _by_parts(
        lambda record: record.mesh,
        lambda heading: Record(title="", mesh=(heading,)),
        lambda heading: (_name(heading.descriptor),),
    ),
    _heading_probe,
)
_ANY_AUTHOR = _authors(lambda record: record.authors)
_IDENTIFIERS = _Field(
    _by_parts(
        lambda record: ((record.doi, record.pii, record.pmcid, record.status),),
        lambda one: Record(title="", doi=one[0], pii=one[1], pmcid=one[2], status=one[3]),
        lambda one: {one[0], fold(one[1]), fold(one[2])},
    ),
    _identifier_probe,
)

#: By field tag; in all other fields every record is asked.
_FIELDS: Mapping[str, _Field] = {
    "mh": _HEADINGS,
    "majr": _HEADINGS,
    "sh": _Field(
        _by_parts(
            lambda record: {heading.qualifiers for heading in record.mesh},
            lambda some: Record(title="", mesh=(MeshHeading(descriptor="", qualifiers=some),)),
            _no_keys,
        ),
        _any,
    ),
    "nm": _Field(
        _by_parts(
            lambda record: record.substances,
            lambda substance: Record(title="", substances=(substance,)),
            lambda substance: (_name(substance),),
        ),
        lambda term, given: _name_probe(term.text),  # noqa: ARG005 - all alike
    ),
    "pt": _Field(
        _by_parts(
            lambda record: record.publication_types,
            lambda kind: Record(title="", publication_types=(kind,)),
            _no_keys,
        ),
        _any,
    ),
    "au": _ANY_AUTHOR,
    "fau": _ANY_AUTHOR,
    "1au": _authors(partial(authors_asked, "1au")),
    "lastau": _authors(partial(authors_asked, "lastau")),
    "ta": _Field(
        _by_parts(
            lambda record: ((record.journal, record.journal_abbreviation, record.issns),),
            lambda one: Record(title="", journal=one[0], journal_abbreviation=one[1], issns=one[2]),
            _journal_keys,
        ),
        _journal_probe,
    ),
    "la": _Field(
        _by_parts(
            lambda record: (record.languages,),
            lambda some: Record(title="", languages=some),
            _no_keys,
        ),
        _any,
    ),
    "pmid": _Field(
        _by_parts(
            lambda record: (record.pmid,),
            lambda pmid: Record(title="", pmid=pmid),
            lambda pmid: (pmid,),
        ),
        _pmid_probe,
    ),
    "aid": _IDENTIFIERS,
    "lid": _IDENTIFIERS,
    **{tag: _date(tag) for tag in DATES if tag != "dp"},
    "dp": _PUBLISHED,
}
_EACH = _Field(_each, _any)


@dataclass(frozen=True, slots=True)
class _Sought:
    """The terms that look in one field."""

    terms: dict[int, Term | Range] = field(default_factory=dict)
    anywhere: list[int] = field(default_factory=list)  #: Those that ask every part.
    keys: dict[str, list[int]] = field(default_factory=dict)
    beginnings: dict[str, list[int]] = field(default_factory=dict)
    lengths: set[int] = field(default_factory=set)  #: Of the beginnings.


class PartTerms:
    """The terms of many strategies that are not words of a text."""

    def __init__(self, given: Given) -> None:
        self._given = given
        self._sought: dict[str, _Sought] = {}  #: By field tag; "" are those that ask every record.

    def add(self, number: int, term: Term | Range) -> bool:
        """Look for this term from now on; False if it asks every record for itself."""
        known = _FIELDS.get(term.tag)
        sought = self._sought.setdefault(term.tag if known else "", _Sought())
        sought.terms[number] = term
        probe = known.probe(term, self._given) if known and isinstance(term, Term) else None
        if probe is None:
            sought.anywhere.append(number)
            return known is not None
        for key in set(probe.keys):
            sought.keys.setdefault(key, []).append(number)
        for beginning in probe.beginnings:
            sought.beginnings.setdefault(beginning, []).append(number)
            sought.lengths.add(len(beginning))
        return True

    def look_up(self, records: Sequence[Folded], found: Found) -> None:
        """Ask the parts of these records about all terms."""
        for tag, sought in self._sought.items():
            places: dict[Answer, defaultdict[int, list[int]]] = {
                answer: defaultdict(list) for answer in ("yes", "unknown", "no")
            }
            for group in _FIELDS.get(tag, _EACH).groups(records):
                candidates = _candidates(sought, group.keys)
                if not candidates:
                    continue
                alone = group.alone()
                for number in candidates:
                    answer = _ask(sought.terms[number], alone, self._given)
                    if answer != "no":
                        places[answer][number] += group.places
            for answer, rows in (("yes", found.yes), ("unknown", found.maybe)):
                for number, where in places[answer].items():
                    rows[number] = bits(where, len(records))


def _candidates(sought: _Sought, keys: Iterable[str]) -> set[int]:
    numbers = set(sought.anywhere)
    for key in keys:
        numbers.update(sought.keys.get(key, ()))
        for length in sought.lengths:
            numbers.update(sought.beginnings.get(key[:length], ()))
    return numbers


def _ask(term: Term | Range, record: Folded, given: Given) -> Answer:
    return read(term, record, given) if isinstance(term, Term) else read_range(term, record)
