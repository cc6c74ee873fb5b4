"""From a feed's markup to plain text: titles, abstracts with their labels, dates.

Text of strangers: every pattern here is linear, and what comes out holds no markup.  A `<` that
opens no tag is mathematics ("p < 0.05", "n<20") and stays.
"""

from __future__ import annotations

import html
import re
import unicodedata
from datetime import date
from typing import NamedTuple

import nh3

_words = re.compile(r"\w+").findall

#: Elements that part words; all others are inside of words (CO<sub>2</sub>).
BLOCKS = frozenset(
    _words(
        "address article aside blockquote br caption center dd div dl dt fieldset figcaption "
        "figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section table "
        "tbody td tfoot th thead tr ul"
    )
)
INLINE = frozenset(
    _words(
        "a abbr acronym annotation b bdi bdo big cite code del dfn em font i iframe img input "
        "ins kbd label link mark meta noscript object option q s samp script select small "
        "span strike strong style sub sup svg time title tt u var video wbr"
    )
)
#: MathML; a sanitizer drops these with their text, so they become spans.
MATH = frozenset(
    _words(
        "math mfenced mfrac mi mn mo mover mpadded mphantom mroot mrow ms mspace msqrt mstyle "
        "msub msubsup msup mtable mtd mtext mtr munder munderover semantics"
    )
)
#: What JATS calls things, in the words of HTML.
JATS = {"st": "h4", "sec": "div", "italic": "i", "bold": "b", "sc": "span", "title": "h4"}
RENAMED = JATS | dict.fromkeys(MATH, "span")
_NAMES = "|".join(sorted(BLOCKS | INLINE | set(RENAMED), key=len, reverse=True))
_VALUE = r"""\s{0,9}=\s{0,9}(?:"[^"<]{0,4000}"|'[^'<]{0,4000}'|[^\s"'<>=]{1,4000})"""
_REAL_TAG = re.compile(
    rf"(</?)(?:[a-z]{{1,10}}:)?({_NAMES})"
    rf"((?:\s{{1,99}}[\w:.-]{{1,99}}{_VALUE}){{0,50}}\s{{0,99}}/?>"
    # attributes without a value only where the name cannot be a variable: a <b and c> d
    rf"|(?<=[a-z]{{3}})(?:\s{{1,99}}[\w:.-]{{1,99}}(?:{_VALUE})?){{1,50}}\s{{0,99}}/?>)",
    re.IGNORECASE,
)
_OTHER_MARKUP = re.compile(r"<!\[CDATA\[|\]\]>|<\?[^<>]{0,500}\?>")
_TITLE_CLASS = re.compile(
    r"""<(div|span|p)\s[^<>]{0,200}class=["'][^"'<>]{0,80}title["'][^<>]{0,200}>([^<]{1,120})</\1>""",
    re.IGNORECASE,
)
_TAG = re.compile(r"(</?[a-z][a-z0-9]*>)")
_STILL_MARKED = re.compile(r"</(?:em|i|b|strong|sub|sup|p|span|div)>", re.IGNORECASE)
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069"
    "\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff]"
)

HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
BOLD = frozenset({"b", "strong"})
VOID = frozenset({"br", "hr", "img", "input", "link", "meta", "wbr"})
DEEPEST = 200  # open tags; the sanitizer's time grows with the square of the depth
LONGEST = 200_000  # characters of markup in one field; a long abstract has 6,000
LONGEST_LABEL = 80  # characters; "Main Outcomes and Measures" has 26, some journals ask questions

LABELS = (
    "aim|aims|aim and objectives|aims and objectives|aims and methods|background|background and "
    "aims|background and objectives|background and purpose|background/aims|background/objectives|"
    "objective|objectives|purpose|rationale|introduction|importance|context|question|questions|"
    "hypothesis|motivation|method|methods|materials and methods|material and methods|methodology|"
    "methods and results|methods and findings|methods/design|design|study design|research design|"
    "setting|settings|participants|patients|subjects|population|intervention|interventions|"
    "exposure|exposures|measurements|measures|main outcome measures|main outcomes|main outcome|"
    "main outcomes and measures|outcome measures|outcomes|procedure|procedures|"
    "data sources|data source|study selection|data extraction|data extraction and synthesis|"
    "data synthesis|evidence acquisition|evidence synthesis|search methods|search strategy|"
    "selection criteria|data collection and analysis|main results|result|results|"
    "results and discussion|key results|finding|findings|main findings|discussion|conclusion|"
    "conclusions|conclusions and relevance|conclusion and relevance|conclusions and implications|"
    "conclusion and implications|authors' conclusions|authors’ conclusions|interpretation|"
    "discussion and conclusions|implications|clinical implications|implications for practice|"
    "practitioner points|significance|clinical significance|public health significance|"
    "public significance statement|impact statement|limitations|strengths and limitations|"
    "scientific question|what is known|summary|lay summary|plain language summary|"
    "trial registration|trial registration number|clinical trial registration|registration|"
    "funding|registration and funding|ethics and dissemination|methods and analysis|"
    "availability|availability and implementation|supplementary information|location|"
    "declaration of interest|declaration of interests|keywords|key words"
)
_LABEL = re.compile(rf"(?:{LABELS})", re.IGNORECASE)
_ALTERNATIVES = "|".join(sorted(LABELS.split("|"), key=len, reverse=True))
_CAPITALISED = "|".join(
    form for label in _ALTERNATIVES.split("|") for form in (label.capitalize(), label.title())
)
_AT_START = r"(?:\A|(?<=[.!?)\]%;])\s?)"
#: A label in running text, from the surest form to the least: with a colon; run into the next
#: word ("MethodsWe asked"); in capitals before a capital.  The less sure, the more are needed.
_RUNNING = (
    (re.compile(rf"{_AT_START}({_ALTERNATIVES})\s?:\s?", re.IGNORECASE), 2),
    (re.compile(rf"{_AT_START}({_CAPITALISED})(?=[A-Z])"), 3),
    (re.compile(rf"{_AT_START}({_ALTERNATIVES.upper()})\s(?=[A-Z0-9])"), 3),
)
NO_LABELS = frozenset({"abstract", "graphical abstract", "structured abstract", "highlights"})
_LAST_LABELS = frozenset({"keywords", "key words"})
_CUT = re.compile(r"(?:\.\.\.|…|\[\s*(?:\.\.\.|…)\s*\])[\s.\"'”)]*\Z")

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan ene gen janv",
            "feb fév fev",
            "mar mär mrz",
            "apr avr abr",
            "may mai mag",
            "jun juin giu",
            "jul juil lug",
            "aug aoû aou ago",
            "sep set",
            "oct okt ott out",
            "nov",
            "dec dez déc dic",
        ),
        1,
    )
    for name in names.split()
}
_ISO = re.compile(r"(\d{4})(?:([-/.])(\d{1,2})(?:\2(\d{1,2}))?)?(?=\D|\Z)")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T|\Z)")
_DAY_MONTH = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|\.)?[\s-]{1,3}([^\W\d_]{3,9})\.?,?[\s-]{1,3}(\d{4})\b"
)
_MONTH_DAY = re.compile(r"([^\W\d_]{3,9})\.?\s(\d{1,2})(?:st|nd|rd|th)?,?\s(\d{4})\b")
_MONTH_YEAR = re.compile(r"([^\W\d_]{3,9})\.?,?\s(\d{4})\b")
_YEAR_MONTH = re.compile(r"(\d{4})\s([^\W\d_]{3,9})\.?(?:[-–][^\W\d_]{3,9})?(?:\s(\d{1,2})\b)?")
_NUMBERS = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})\b")
_YEAR = re.compile(r"\b(1[5-9]\d\d|2[01]\d\d)\b")


class Block(NamedTuple):
    """One paragraph or heading of a text."""

    text: str
    heading: bool


def plain(text: str) -> str:
    """Text in NFC on one line, without control, invisible and direction-changing characters."""
    return " ".join(_UNSEEN.sub("", unicodedata.normalize("NFC", text)).split())


def clean(markup: str) -> str:
    """The whole text of a piece of HTML on one line."""
    text = _clean_once(markup)
    # some systems escape twice: the text of the first pass is markup again
    return _clean_once(text) if _STILL_MARKED.search(text) else text


def blocks(markup: str) -> list[Block]:
    """The paragraphs and headings of a piece of HTML, in order."""
    found: list[Block] = []
    text, heading, bold_first = "", False, False
    for piece in _TAG.split(_canonical(markup)):
        name = piece.strip("</>") if piece.startswith("<") else ""
        closing = piece.startswith("</")
        if not name:
            text += piece
        elif name in BOLD and not closing:
            bold_first = not text.strip()
        elif name in BOLD:
            if bold_first and is_label(plain(html.unescape(text))):
                found.append(_block(text, True))
                text = ""
            bold_first = False
        elif name in BLOCKS:
            found.append(_block(text, heading))
            text, bold_first = "", False
            heading = name in HEADINGS and not closing
    found.append(_block(text, heading))
    return [block for block in found if block.text]


def sections(parts: list[Block]) -> list[tuple[str, str]]:
    """Label and text of each part of an abstract; one part without label when none is clear."""
    found: list[tuple[str, list[str]]] = [("", [])]
    for part in parts:
        label = _label(part.text)
        if part.heading and len(label) <= LONGEST_LABEL:
            found.append(("" if label.casefold() in NO_LABELS else label, []))
        else:
            found[-1][1].append(part.text.lstrip(": "))
    whole = [(label, " ".join(texts)) for label, texts in found if texts]
    whole = [part for part in whole if part[0].casefold() not in _LAST_LABELS]
    if len(whole) == 1 and not whole[0][0]:
        return _running_sections(whole[0][1])
    return whole


def is_label(text: str) -> bool:
    """Is this the label of a part of an abstract, as journals write them?"""
    label = _label(text)
    return bool(_LABEL.fullmatch(label)) or label.casefold() in NO_LABELS


def is_cut(text: str) -> bool:
    """Does the text end in three dots, as a teaser does?"""
    return bool(_CUT.search(text))


def iso_date(text: str) -> str:
    """The date in the text as partial ISO text, as written there; empty when there is none.

    The time zone is left alone: the journal's own day is the day of publication.  Names of
    weekdays are ignored, whatever their language.  A day is never made up.
    """
    text = plain(text)
    if match := _COMPACT.match(text):
        return _iso(match[1], match[2], match[3])
    if match := _ISO.match(text):
        if match[3] is None and (named := _YEAR_MONTH.match(text)):
            return _iso(named[1], _month(named[2]), named[3])
        return _iso(match[1], match[3], match[4])
    if match := _DAY_MONTH.search(text):
        return _iso(match[3], _month(match[2]), match[1])
    if match := _MONTH_DAY.search(text):
        return _iso(match[3], _month(match[1]), match[2])
    if match := _YEAR_MONTH.search(text):
        return _iso(match[1], _month(match[2]), match[3])
    if match := _MONTH_YEAR.search(text):
        return _iso(match[2], _month(match[1]), None)
    if match := _NUMBERS.search(text):
        first, second, year = (int(number) for number in match.groups())
        if second > 12:
            return _iso(year, first, second)
        return _iso(year, second, first) if first > 12 or "." in match[0] else str(year)
    match = _YEAR.search(text)
    return match[1] if match else ""


def _canonical(markup: str) -> str:
    """The markup with only simple block, heading and bold tags left, each `<` a tag or escaped."""
    markup = _OTHER_MARKUP.sub("", _without_comments(markup[:LONGEST]))
    markup = _TITLE_CLASS.sub(r"<h4>\2</h4>", markup)
    pieces, position, depth = [], 0, 0
    for tag in _REAL_TAG.finditer(markup):
        pieces.append(markup[position : tag.start()].replace("<", "&lt;"))
        position = tag.end()
        name = tag[2].lower()
        if name not in VOID:
            depth = max(depth + (1 if tag[1] == "<" else -1), 0)
        written = f"{tag[1]}{RENAMED.get(name, name)}{tag[3]}"
        pieces.append(written if depth < DEEPEST else " ")
    pieces.append(markup[position:].replace("<", "&lt;"))
    return nh3.clean(
        "".join(pieces),
        tags=set(BLOCKS | BOLD) - {"form", "figure", "nav", "fieldset"},
        clean_content_tags={"script", "style", "annotation", "noscript", "iframe", "svg"},
        attributes={},
        link_rel=None,
    )


def _without_comments(markup: str) -> str:
    pieces, position = [], 0
    while (begin := markup.find("<!--", position)) >= 0:
        end = markup.find("-->", begin)
        if end < 0:
            break
        pieces.append(markup[position:begin])
        position = end + 3
    pieces.append(markup[position:])
    return "".join(pieces)


def _clean_once(markup: str) -> str:
    if "<" not in markup and "&" not in markup:
        return plain(markup[:LONGEST])
    text = _TAG.sub(lambda tag: " " if tag[1].strip("</>") in BLOCKS else "", _canonical(markup))
    return plain(html.unescape(text))


def _block(markup: str, heading: bool) -> Block:
    return Block(plain(html.unescape(markup)), heading)


def _label(text: str) -> str:
    return text.rstrip(" :.").strip()


def _running_sections(text: str) -> list[tuple[str, str]]:
    for pattern, needed in _RUNNING:
        labels = list(pattern.finditer(text))
        if len(labels) < needed or labels[0].start() > 0:
            continue
        ends = [label.start() for label in labels[1:]] + [len(text)]
        parts = [
            (label[1].strip(), text[label.end() : end].strip())
            for label, end in zip(labels, ends, strict=True)
        ]
        return [part for part in parts if part[1] and part[0].casefold() not in _LAST_LABELS]
    return [("", text)]


def _month(name: str) -> int | None:
    name = name.lower()
    return next((MONTHS[name[:size]] for size in (4, 3) if name[:size] in MONTHS), None)


def _iso(year: str | int, month: str | int | None, day: str | int | None) -> str:
    try:
        if month is None or int(month) == 0:
            return date(int(year), 1, 1).isoformat()[:4]
        if day is None or int(day) == 0:
            return date(int(year), int(month), 1).isoformat()[:7]
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return ""
