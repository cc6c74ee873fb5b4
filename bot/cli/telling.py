"""Why a strategy finds a record or not, as it is shown: in a line, as JSON, as marked words.

Quotes are a stranger's text and lines are parted by tabs: all of it is cleaned before it is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from rich.text import Text

from bot.cli.strategies import Asked
from bot.model import Answer, Record
from bot.render.plain import clean, cut
from bot.strategy import evaluate
from bot.strategy.mesh import Tree
from bot.strategy.reasons import Loss, Reason, Span, losses, reasons
from bot.strategy.texts import texts
from bot.strategy.tree import Node

FOUND = "bold green"  # the words that a strategy found
LONGEST = 80  # characters of a clause or a quote in a line
QUOTES = 3  # of one term in one field
AROUND = 60  # characters before and after a word in a passage
PASSAGES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a strategy says of a record, and why."""

    answer: Answer
    reasons: tuple[Reason, ...] = ()
    losses: tuple[Loss, ...] = ()


def told(
    asked: Asked, record: Record, *, mesh: Tree, today: date, strict: bool = False, why: bool = True
) -> Told:
    """Ask a strategy about a record; without `why` only for its answer."""
    answer = evaluate(asked.node, record, mesh=mesh, today=today, strict=strict).answer
    if not why:
        return Told(answer=answer)
    return Told(
        answer=answer,
        reasons=reasons(asked.node, record, mesh=mesh, today=today, strict=strict),
        losses=losses(asked.node, record, mesh=mesh, today=today, strict=strict),
    )


def lines(asked: Asked, record: Record, told: Told) -> list[str]:
    """Each reason as one piece of a line: the words found, then what stands in the way."""
    found = [f"{term(asked, reason.term)} {where(record, reason)}" for reason in told.reasons]
    return [found_in.rstrip() for found_in in found] + [
        lost(asked, record, loss, told.answer) for loss in told.losses
    ]


def term(asked: Asked, node: Node) -> str:
    """A term or a clause as it is written, with its place: `ketamin*[tiab] (10:5)`."""
    return f"{cut(clean(asked.text[node.start : node.end]), LONGEST)} ({_at(asked, node)})"


def where(record: Record, reason: Reason) -> str:
    """The words that a term found, field by field: `in title "ketamine"`."""
    known = texts(record)
    fields = []
    for field, spans in groupby(reason.spans, key=lambda span: span.field):
        quotes = dict.fromkeys(
            cut(clean(known[field][span.start : span.end]), LONGEST) for span in spans
        )
        shown = ", ".join(f'"{quote}"' for quote in list(quotes)[:QUOTES])
        more = f" and {len(quotes) - QUOTES} more" if len(quotes) > QUOTES else ""
        fields.append(f"{field} {shown}{more}")
    return f"in {'; '.join(fields)}" if fields else ""


def lost(asked: Asked, record: Record, loss: Loss, answer: Answer) -> str:
    """Why a clause prevents a yes."""
    clause = term(asked, loss.clause)
    if loss.terms:
        names = (f"{term(asked, one.term)} {where(record, one)}".rstrip() for one in loss.terms)
        return f"removed by {', '.join(names)}"
    return f"cannot tell {clause}" if answer == "unknown" else f"lacks {clause}"


def as_values(name: str, asked: Asked, record: Record, told: Told) -> dict[str, object]:
    """The same for JSON."""
    return {
        "id": name,
        "answer": told.answer,
        "reasons": reason_values(asked, record, told.reasons),
        "losses": loss_values(asked, record, told.losses),
    }


def reason_values(asked: Asked, record: Record, found: Iterable[Reason]) -> list[dict[str, object]]:
    """Each term once for each place where it was found, with the words there."""
    return [one for reason in found for one in _values(asked, record, reason)]


def loss_values(asked: Asked, record: Record, lost: Iterable[Loss]) -> list[dict[str, object]]:
    """Each clause that stands in the way."""
    return [
        {
            "clause": asked.text[loss.clause.start : loss.clause.end],
            **_line_and_column(asked, loss.clause),
            "removed_by": reason_values(asked, record, loss.terms),
        }
        for loss in lost
    ]


def marked(text: str, spans: Iterable[Span]) -> Text:
    """A text with its found words marked; cleaned piece by piece, so that the places hold."""
    shown, at = Text(), 0
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if span.end <= at:
            continue
        start = max(span.start, at)
        shown.append(_clean_piece(text[at:start]))
        shown.append(_clean_piece(text[start : span.end]), style=FOUND)
        at = span.end
    shown.append(_clean_piece(text[at:]))
    return shown


def passages(text: str, spans: Sequence[Span]) -> Text:
    """The words around what was found in a long text; neighbours are one passage."""
    shown, at, count = Text(), 0, 0
    ordered = sorted(spans, key=lambda span: span.start)
    while ordered and count < PASSAGES:
        start = max(at, min(_blank(text, ordered[0].start - AROUND), ordered[0].start))
        end = ordered[0].end + AROUND
        inside = []
        while ordered and ordered[0].start <= end:
            inside.append(ordered.pop(0))
            end = max(end, inside[-1].end + AROUND)
        end = _blank(text, end) if end < len(text) else len(text)
        shown.append((" …" if count else "…") if start > at else "")
        placed = [
            Span(field=one.field, start=one.start - start, end=one.end - start) for one in inside
        ]
        shown.append_text(marked(text[start:end], placed))
        at, count = end, count + 1
    shown.append(" …" if shown.plain and at < len(text) else "")
    return shown


def spans_in(told: Sequence[Reason], field: str) -> list[Span]:
    """Where the terms stand in one field."""
    return [span for reason in told for span in reason.spans if span.field == field]


def _blank(text: str, at: int) -> int:
    """The blank after a place, or an end of the text."""
    if at <= 0:
        return 0
    found = text.find(" ", at)
    return len(text) if found < 0 else found


def _clean_piece(piece: str) -> str:
    """A piece of a text without what steers a terminal; blanks at its ends stay."""
    shown = clean(piece)
    before = " " if piece[:1].isspace() else ""
    after = " " if shown and piece[-1:].isspace() else ""
    return before + shown + after


def _at(asked: Asked, node: Node) -> str:
    line, column = asked.place(node.start)
    return f"{line}:{column}" if column else f"line {line}"


def _line_and_column(asked: Asked, node: Node) -> dict[str, object]:
    line, column = asked.place(node.start)
    return {"line": line, "column": column or None}


def _values(asked: Asked, record: Record, reason: Reason) -> list[dict[str, object]]:
    known = texts(record)
    written = asked.text[reason.term.start : reason.term.end]
    common = {"term": written, **_line_and_column(asked, reason.term)}
    if not reason.spans:
        return [common | {"field": None, "start": None, "end": None, "quote": None}]
    return [
        common
        | {
            "field": span.field,
            "start": span.start,
            "end": span.end,
            "quote": known[span.field][span.start : span.end],
        }
        for span in reason.spans
    ]
