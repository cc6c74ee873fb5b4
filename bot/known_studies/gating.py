"""The gate: does a saved query still find its known studies, and if not, which words lost them?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from bot import identifiers, saved_queries
from bot.errors import StrategyError
from bot.model import KnownStudy, Record, SavedQuery
from bot.strategy import Node, evaluate, parse
from bot.strategy.mesh import Tree
from bot.strategy.reasons import Loss, Reason, losses, reasons
from bot.strategy.tree import And, Not, children, levels, place

Outcome = Literal["found", "lost", "cannot tell"]

SHOWN = 60  # characters of a clause that a sentence quotes; its place tells the rest

_LIMITS = "left out by the query's languages or publication_types"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A part of the strategy that keeps a study from being found."""

    text: str  #: As it is written, on one line.
    start: int  #: Offsets into the strategy.
    end: int
    line: int  #: In the strategy, from 1.
    column: int
    removes: tuple[Reason, ...] = ()  #: A NOT: the terms that find what it takes away.


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What became of one known study."""

    study: KnownStudy
    outcome: Outcome
    reasons: tuple[Reason, ...] = ()  #: Found: the terms that find it.
    clauses: tuple[Clause, ...] = ()  #: Lost, or cannot tell: what stands in the way.
    deleted: tuple[str, ...] = ()  #: Lost: terms of the earlier text that alone found it.
    problem: str = ""  #: What is not at hand, or what but the strategy lost it.


def gate(
    query: SavedQuery,
    records: Iterable[Record],
    *,
    mesh: Tree,
    today: date | None,
    before: str = "",
) -> tuple[Checked, ...]:
    """Ask the query about each of its known studies, by the records at hand.

    `before` is an earlier text of the strategy.  What it found, and what this one does not surely
    find, is lost, although an abstract that is not at hand might still save it; the terms that are
    gone are named.  Of several records of a study the one that tells most counts: what a citation
    leaves open, PubMed's own record decides.  Raise StrategyError where the query's own strategy
    cannot be parsed.
    """
    node = parse(query.pubmed)
    earlier = _parsed(before)
    by_name = _by_identifier(records)
    checked = []
    for study in query.known_studies:
        known = [one for name in (study.pmid, study.doi) for one in by_name.get(name, ())]
        checked.append(
            _checked(query, node, study, max(known, key=_telling), mesh, today, earlier)
            if known
            else Checked(study=study, outcome="cannot tell", problem="its record is not at hand")
        )
    return tuple(checked)


def told(
    query: SavedQuery,
    checked: Checked,
    place: Callable[[int], tuple[int, int]] | None = None,
) -> str:
    """One sentence, for people: the query, the study, and the words that lost it.

    `place` says where a character of the strategy stands in its file, if it stands in one.
    """
    study = checked.study
    named = f"{study.citation} ({study.pmid or study.doi})"
    if checked.outcome == "found":
        by = ", ".join(str(one.term) for one in checked.reasons)
        return f"{query.name} finds {named}, by {by}"
    if checked.outcome == "cannot tell":
        return f"{query.name}: cannot tell whether it finds {named}: {checked.problem}"
    causes = [
        _cause(clause, *(place(clause.start) if place else (clause.line, clause.column)))
        for clause in checked.clauses
    ]
    if checked.deleted:
        causes.append(f"found before by {' and '.join(checked.deleted)}, now deleted")
    if checked.problem:
        causes.append(checked.problem)
    return f"{query.name} loses {named}: {'; '.join(causes)}"


def _cause(clause: Clause, line: int, column: int) -> str:
    at = f"line {line}, column {column}" if column else f"line {line}"
    if clause.removes:
        terms = " and ".join(str(one.term) for one in clause.removes)
        return f"the NOT at {at} removes it by {terms}"
    return f"the clause at {at} does not find it: {_short(clause.text)}"


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def _by_identifier(records: Iterable[Record]) -> Mapping[str, Sequence[Record]]:
    known: dict[str, list[Record]] = {}
    for record in records:
        for name in (identifiers.pmid(record.pmid), identifiers.doi(record.doi)):
            if name:
                known.setdefault(name, []).append(record)
    return known


def _telling(record: Record) -> tuple[bool, ...]:
    """How much a record tells, to be compared with others of the same study."""
    has_abstract = bool(record.abstract), record.abstract is not None
    return *has_abstract, bool(record.mesh), bool(record.status), bool(record.languages)


def _parsed(text: str) -> Node | None:
    """An earlier text may be wrong: perhaps that is why it was changed."""
    try:
        return parse(text) if text else None
    except StrategyError:
        return None


def _checked(
    query: SavedQuery,
    node: Node,
    study: KnownStudy,
    record: Record,
    mesh: Tree,
    today: date | None,
    earlier: Node | None,
) -> Checked:
    answer = evaluate(node, record, mesh=mesh, today=today).answer
    if answer == "yes" and not saved_queries.wanted(query, record):
        return Checked(study=study, outcome="lost", problem=_LIMITS)
    if answer == "yes":
        by = reasons(node, record, mesh=mesh, today=today)
        return Checked(study=study, outcome="found", reasons=by)
    in_the_way = losses(node, record, mesh=mesh, today=today)
    clauses = tuple(_clause(query.pubmed, loss) for loss in in_the_way)
    missing = "" if answer == "no" else _missing(record)
    was_found = earlier and evaluate(earlier, record, mesh=mesh, today=today).answer == "yes"
    if not was_found:
        outcome: Outcome = "lost" if answer == "no" else "cannot tell"
        return Checked(study=study, outcome=outcome, clauses=clauses, problem=missing)
    deleted = tuple(_deleted(earlier, node, record, mesh, today)) if earlier else ()
    return Checked(study=study, outcome="lost", clauses=clauses, deleted=deleted, problem=missing)


def _missing(record: Record) -> str:
    if record.abstract is None:
        return "its abstract is not at hand"
    return "the record at hand does not say enough"


def _clause(text: str, loss: Loss) -> Clause:
    start, end = loss.clause.start, loss.clause.end
    line, column = place(text, start)
    return Clause(
        text=" ".join(text[start:end].split()),
        start=start,
        end=end,
        line=line,
        column=column,
        removes=loss.terms,
    )


def _deleted(
    earlier: Node, node: Node, record: Record, mesh: Tree, today: date | None
) -> Iterator[str]:
    """The terms that found the study before and stand no longer in the strategy.

    First those of clauses of which nothing is left that found it; else all of them.
    """
    kept = {str(leaf) for leaf in _leaves(node)}
    found = [
        [str(one.term) for one in reasons(clause, record, mesh=mesh, today=today)]
        for clause in _concepts(earlier)
    ]
    gone = [[term for term in terms if term not in kept] for terms in found]
    alone = [some for some, terms in zip(gone, found, strict=True) if some == terms]
    yield from dict.fromkeys(term for some in alone or gone for term in some)


def _concepts(node: Node) -> Iterator[Node]:
    """What the topmost ANDs join, and what a NOT takes away from."""
    match node:
        case And():
            for operand in node.operands:
                yield from _concepts(operand)
        case Not():
            yield from _concepts(node.left)
        case _:
            yield node


def _leaves(node: Node) -> Iterator[Node]:
    for level in levels(node):
        yield from (one for one in level if not children(one))
