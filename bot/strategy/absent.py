"""What a term answers of a record in which it is not found.

That depends on a few properties of the record alone: does its source withhold the abstract, has it
headings?  For each field there is an empty record of every kind; the answer of `fields.read` for
it is the answer for all records of that kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from bot.model import Author, MeshHeading, Record
from bot.strategy.folded import Folded
from bot.strategy.names import all_issns


class Kinds(NamedTuple):
    """The kinds of records that one field tells apart."""

    empty: tuple[Folded, ...]  #: One of each kind, without a word to be found in it.
    kind: Callable[[Folded], int]  #: The place of a record's kind in `empty`.


def _kinds(kind: Callable[[Folded], int], *empty: Record) -> Kinds:
    return Kinds(tuple(Folded(record=record) for record in empty), kind)


_NONE = Record(title="")
_WITHHELD = Record(title="", abstract=None, keywords=None, affiliations=None)
_TOLD = Record(title="", status="MEDLINE")


def _authors(record: Folded) -> int:
    return 2 if record.record.authors else int(record.told)


def _journal(record: Folded) -> int:
    known = record.record
    return 2 * bool(known.journal and known.journal_abbreviation) + all_issns(known)


def _numbers(record: Folded) -> int:
    return 2 * bool(record.record.doi) + record.told


_WORDS_ANYWHERE = _kinds(lambda record: int(not record.all_fields.complete), _NONE, _WITHHELD)
_HEADINGS = _kinds(
    lambda record: int(bool(record.record.mesh)),
    _NONE,
    Record(title="", mesh=(MeshHeading(descriptor=""),)),
)
_AUTHORS = _kinds(_authors, _NONE, _TOLD, Record(title="", authors=(Author(last="-"),)))
_IDENTIFIERS = _kinds(
    _numbers, _NONE, _TOLD, Record(title="", doi="-"), Record(title="", doi="-", status="MEDLINE")
)

#: By field tag.  In a field that is not here a term answers no where nothing is found.
KINDS: Mapping[str, Kinds] = {
    "": _WORDS_ANYWHERE,
    "all": _WORDS_ANYWHERE,
    "tw": _kinds(lambda record: int(not record.everything.complete), _NONE, _WITHHELD),
    "tiab": _kinds(lambda record: int(not record.title_abstract.complete), _NONE, _WITHHELD),
    "ti": _kinds(lambda record: 0, _NONE),  # noqa: ARG005 - one kind only
    "ot": _kinds(lambda record: int(not record.keywords.complete), _NONE, _WITHHELD),
    "ad": _kinds(lambda record: int(not record.affiliations.complete), _NONE, _WITHHELD),
    "mh": _HEADINGS,
    "majr": _HEADINGS,
    "nm": _kinds(
        lambda record: int(bool(record.record.substances)),
        _NONE,
        Record(title="", substances=("-",)),
    ),
    **dict.fromkeys(("au", "fau", "1au", "lastau"), _AUTHORS),
    "ta": _kinds(
        _journal,
        _NONE,
        Record(title="", issns=("1", "2")),
        Record(title="", journal="-", journal_abbreviation="-"),
        Record(title="", journal="-", journal_abbreviation="-", issns=("1", "2")),
    ),
    "aid": _IDENTIFIERS,
    "lid": _IDENTIFIERS,
}
