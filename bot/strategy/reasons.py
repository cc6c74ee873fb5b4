"""Why a strategy answers as it does: the terms that carry a yes, the clauses that prevent one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from bot.model import Record
from bot.strategy.evaluate import answer, asked
from bot.strategy.fields import TEXT_FIELDS, Folded, Given, folded, read, read_range, sought
from bot.strategy.mesh import NO_TREE, Tree
from bot.strategy.names import authors_asked
from bot.strategy.texts import BETWEEN, FieldName, parts
from bot.strategy.tree import And, Node, Not, Or, Range, Term
from bot.strategy.words import placed


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A piece of a record's text: `texts(record)[field][start:end]`."""

    field: FieldName
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A term that answers yes, and where it stands.

    There are no spans where it stands in no text: a filter, a volume, a grant.
    """

    term: Term | Range
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A clause that prevents a yes; what a NOT removes is named with the terms it found."""

    clause: Node
    terms: tuple[Reason, ...] = ()


def reasons(
    node: Node,
    record: Record,
    *,
    mesh: Tree = NO_TREE,
    today: date | None = None,
    strict: bool = False,
) -> tuple[Reason, ...]:
    """The terms that answer yes and carry the verdict, in the order of the strategy.

    Of an unknown verdict they are what is found so far; of a no there are none.
    """
    return _reasons(node, record, Given(mesh=mesh, today=today, strict=strict))


def losses(
    node: Node,
    record: Record,
    *,
    mesh: Tree = NO_TREE,
    today: date | None = None,
    strict: bool = False,
) -> tuple[Loss, ...]:
    """Why the answer is not yes: each smallest clause that answers as the whole does.

    Where the whole is unknown these are the unknown clauses.  Nothing where it is yes.
    """
    given = Given(mesh=mesh, today=today, strict=strict)
    whole = answer(node, folded(record), given)
    if whole == "yes":
        return ()
    return tuple(
        Loss(
            clause=clause,
            terms=_reasons(clause, record, given) if removing else (),
        )
        for clause, removing in _losing(node, record, given)
        if (answer(clause, folded(record), given) == "unknown") == (whole == "unknown")
    )


def _reasons(node: Node, record: Record, given: Given) -> tuple[Reason, ...]:
    carrying = dict.fromkeys(_carrying(node, record, given))
    return tuple(Reason(term=term, spans=_spans(term, record, given)) for term in carrying)


def _carrying(node: Node, record: Record, given: Given) -> Iterator[Term | Range]:
    if answer(node, folded(record), given) == "no":
        return
    match node:
        case Term() | Range():
            if answer(node, folded(record), given) == "yes":
                yield node
        case And():
            for operand in asked(node):
                yield from _carrying(operand, record, given)
        case Or():
            for operand in node.operands:
                yield from _carrying(operand, record, given)
        case Not():
            yield from _carrying(node.left, record, given)


def _losing(node: Node, record: Record, given: Given) -> Iterator[tuple[Node, bool]]:
    """Clauses that stand in the way of a yes; with True those that find what a NOT removes."""
    match node:
        case And():
            for operand in asked(node):
                yield from _losing(operand, record, given)
        case Not():
            yield from _losing(node.left, record, given)
            if answer(node.right, folded(record), given) != "no":
                yield node.right, True
        case _:
            if answer(node, folded(record), given) != "yes":
                yield node, False


#: Where the words of a field stand in a record's texts.
_WORDS_STAND_IN: dict[str, tuple[FieldName, ...]] = {
    "ti": ("title",),
    "tiab": ("title", "abstract", "other abstract", "keywords"),
    "ot": ("keywords",),
    "ad": ("affiliations",),
}
_TEXT_WORDS: tuple[FieldName, ...] = (
    *_WORDS_STAND_IN["tiab"], "MeSH", "substances", "publication types", "authors", "identifiers",
)  # fmt: skip
_WORDS_STAND_IN["tw"] = _TEXT_WORDS
_WORDS_STAND_IN["all"] = _WORDS_STAND_IN[""] = (*_TEXT_WORDS, "journal", "affiliations", "language")

_DAYS = {
    "crdt": "created",
    "edat": "entered",
    "mhda": "indexed",
    "lr": "revised",
}


def _spans(term: Term | Range, record: Record, given: Given) -> tuple[Span, ...]:
    if isinstance(term, Term) and term.tag in TEXT_FIELDS:
        return tuple(_word_spans(term, record))
    return tuple(_part_spans(term, record, given))


def _word_spans(term: Term, record: Record) -> Iterator[Span]:
    wanted = sought(term)
    if wanted is None:
        return
    known = parts(record)
    for field in _WORDS_STAND_IN[term.tag]:
        begin, last = 0, -1
        for part in known[field]:
            at = placed(part)
            for first, end in wanted.places([word.word for word in at]):
                start = begin + at[first].start
                if start > last:
                    yield Span(field=field, start=start, end=begin + at[end - 1].end)
                    last = begin + at[end - 1].end
            begin += len(part) + len(BETWEEN)


def _part_spans(term: Term | Range, record: Record, given: Given) -> Iterator[Span]:
    """The parts of a field with which alone the record is still found."""
    for field, number, alone in _alone(term.tag, record):
        read_again = Folded(record=alone)
        found = (
            read(term, read_again, given)
            if isinstance(term, Term)
            else read_range(term, read_again)
        )
        if found == "yes":
            known = parts(record)[field]
            start = sum(len(part) + len(BETWEEN) for part in known[:number])
            yield Span(field=field, start=start, end=start + len(known[number]))


def _alone(  # noqa: PLR0912 - one case for each field
    tag: str, record: Record
) -> Iterator[tuple[FieldName, int, Record]]:
    """For each part of the field that a tag searches: the record with this part only."""
    known = parts(record)
    match tag:
        case "mh" | "majr" | "sh":
            for number, heading in enumerate(record.mesh):
                yield "MeSH", number, replace(record, mesh=(heading,))
        case "nm":
            for number, substance in enumerate(record.substances):
                yield "substances", number, replace(record, substances=(substance,))
        case "pt":
            for number, kind in enumerate(record.publication_types):
                yield "publication types", number, replace(record, publication_types=(kind,))
        case "au" | "fau" | "1au" | "lastau" | "cn":
            asked_for = authors_asked(tag, record)
            for number, author in enumerate(record.authors):
                if author in asked_for:
                    yield "authors", number, replace(record, authors=(author,))
        case "la":
            for number, language in enumerate(known["language"]):
                yield "language", number, replace(record, languages=(language,))
        case "ta":
            for number, name in enumerate(known["journal"]):
                issns = (name,) if name in record.issns else ()
                only = replace(record, journal=name, journal_abbreviation="", issns=issns)
                yield "journal", number, only
        case "pmid" | "aid" | "lid" | "si":
            for number, name in enumerate(known["identifiers"]):
                yield "identifiers", number, _identified(record, name)
        case "dp":
            days = filter(None, (record.published, record.also_published))
            for number, day in enumerate(days):
                yield "dates", number, replace(record, published=day, also_published="")
        case _:
            for number, day in enumerate(known["dates"]):
                if day.startswith(_DAYS.get(tag, BETWEEN)):
                    yield "dates", number, record


def _identified(record: Record, name: str) -> Record:
    return replace(
        record,
        pmid=name if name == record.pmid else "",
        doi=name if name == record.doi else "",
        pmcid=name if name == record.pmcid else "",
        pii=name if name == record.pii else "",
        registrations=(name,) if name in record.registrations else (),
    )
