"""What is quoted of a record: its results and conclusions, letter for letter.

Results come before conclusions, and no conclusion stands alone where the abstract has a result: in
56 % of psychiatry and psychology trials with a non-significant primary endpoint the abstract's
conclusion says more than the result (Jellison 2020).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.model import Record, Section


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A slice of an abstract, letter for letter; `label` is the journal's own, or empty."""

    label: str
    text: str


_RESULT = re.compile(r"\b(r[eé]sult|finding|ergebnis)", re.IGNORECASE)
_CONCLUSION = re.compile(r"\b(conclu|interpretation|schlussfolgerung)", re.IGNORECASE)
_LAST_WORD = re.compile(r"\b(discussion|summary|significance|implication)", re.IGNORECASE)
_ASIDE = re.compile(r"registration|funding|grant|copyright|ethic|conflict|keyword", re.IGNORECASE)

#: A heading within an abstract that came as one text: "... in 2024. Results: Of 120 ...".
_INLINE_HEADING = re.compile(
    r"(?:^|(?<=[.!?)\]]\s))"
    r"((?:main |key |principal )?"
    r"(?:background|introduction|context|importance|rationale|objectives?|aims?|purpose|questions?"
    r"|(?:materials? and |patients and )?methods?|(?:study )?design|setting|participants|patients"
    r"|interventions?|(?:outcomes? )?measure(?:ment)?s|outcomes?|data sources|study selection"
    r"|(?:methods? and )?results?|findings?|limitations?|discussion|conclusions?|interpretation"
    r"|(?:clinical )?(?:significance|implications|relevance)|funding|trial registration)"
    r"(?:(?: and |/| & )(?:\w+)(?: \w+)?)?)"
    r"\s*:\s+",
    re.IGNORECASE,
)


def quotes(record: Record) -> tuple[Quote, ...]:
    """The abstract's labelled results and conclusions, else its last two sentences.

    Every text is a slice of one section.  Empty when there is no abstract.
    """
    sections = [part for section in record.abstract or () for part in _parts(section)]
    results = _labelled(sections, _RESULT)
    conclusions = _labelled(sections, _CONCLUSION) or _labelled(sections, _LAST_WORD)
    chosen = list(dict.fromkeys([*results, *conclusions]))
    if chosen:
        return tuple(chosen)
    for section in reversed(sections):
        text = _last_two(section.text)
        if text and not _ASIDE.search(section.label):
            return (Quote(label=section.label, text=text),)
    return ()


def _parts(section: Section) -> Iterator[Section]:
    """The section, or what its inline headings divide it into when it has no label itself."""
    label = "" if section.label == "UNLABELLED" else section.label  # PubMed's word for none
    headings = [] if label else list(_INLINE_HEADING.finditer(section.text))
    if not headings:
        yield Section(label=label, text=section.text)
        return
    yield Section(text=section.text[: headings[0].start()])
    ends = [*(heading.start() for heading in headings[1:]), len(section.text)]
    for heading, end in zip(headings, ends, strict=True):
        yield Section(label=heading.group(1), text=section.text[heading.end() : end].rstrip())


def _labelled(sections: Iterable[Section], label: re.Pattern[str]) -> list[Quote]:
    found = (section for section in sections if label.search(section.label))
    trimmed = (Quote(label=section.label, text=_trimmed(section.text)) for section in found)
    return [quote for quote in trimmed if quote.text]


# Sentences.  A wrong break quotes half a result, a missed one only lengthens the quote; so in
# doubt there is no break.
_STOP = re.compile(r"[.!?]+[\"'”’)\]]*\s+(?=[\"'“‘(\[]?[^\W_a-z])|[。！？]\s*")
_ABBREVIATED = re.compile(
    r"(?:\b[^\W\d_]|\b(?:vs|cf|al|ca|approx|resp|ref|refs|fig|figs|tab|eq|no|nos|vol|dr|prof|mr|mrs"
    r"|ms|st|inc|ltd|co|dept|univ|sp|spp|subsp|var|etc|i\.?e|e\.?g|a\.?k\.?a|u\.?s|u\.?k))\.$",
    re.IGNORECASE,
)
_NOTICE = re.compile(
    r"^\W*(?:(?:clinical |study |protocol |systematic review |prospero )*(?:trials? )?"
    r"registration\b"
    r"|(?:this|the|our) (?:\w+ ){0,4}(?:is|was|were|has been) (?:\w+ly |also |previously )?"
    r"(?:pre-?)?registered\b"
    r"|(?:pre-?)?registered (?:at|with|in|on|under|as)\b"
    r"|(?:https?://|www\.)?clinicaltrials\.gov\b|prospero\b|isrctn\b|nct\d{8}"
    r"|(?:unique )?identifier\b|funding\b|funded by\b|grants?:|supported by\b"
    r"|(?:this|the) (?:\w+ ){0,3}(?:is|was|were|has been) (?:\w+ly )?(?:funded|supported) by\b"
    r"|©|\(c\) ?\d{4}|copyright\b|all rights reserved\b|published by\b|licensee\b"
    r"|keywords?:)"
    r"|©|copyright \(c\)|all rights reserved|psyc(?:info|articles) database record"
    r"|creative commons",
    re.IGNORECASE,
)


def _sentences(text: str) -> list[tuple[int, int]]:
    """Where each sentence begins and ends; there is no break within brackets."""
    spans, start, depth, seen = [], 0, 0, 0
    for stop in _STOP.finditer(text):
        depth += sum((c in "([") - (c in ")]") for c in text[seen : stop.end()])
        seen = stop.end()
        end = stop.start() + len(stop.group().rstrip())
        last_word = text[max(start, end - 12) : end]
        number_goes_on = last_word[-2:-1].isdigit() and text[stop.end() : stop.end() + 1].isdigit()
        if depth > 0 or number_goes_on or _ABBREVIATED.search(last_word):
            continue
        spans.append((start, end))
        start, depth = stop.end(), 0
    if text[start:].strip():
        spans.append((start, len(text.rstrip())))
    return spans


def _without_notices(text: str) -> list[tuple[int, int]]:
    """The sentences without the registration, funding and copyright lines at the end."""
    spans = _sentences(text)
    while spans and _NOTICE.search(text[slice(*spans[-1])]):
        spans.pop()
    return spans


def _trimmed(text: str) -> str:
    spans = _without_notices(text)
    return text[spans[0][0] : spans[-1][1]].strip() if spans else ""


def _last_two(text: str) -> str:
    spans = _without_notices(text)[-2:]
    return text[spans[0][0] : spans[-1][1]].strip() if spans else ""
