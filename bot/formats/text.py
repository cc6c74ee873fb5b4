"""Plain text from foreign text: control characters, white space, inline markup, MathML, dates.

Subscripts are written on the line (`H2O`, `5-HT2A`), as searchers write them.  Superscripts too
(`Ca2+`, `m2`), but an exponent after a digit keeps a caret: `10^-3` is not `10-3`.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from lxml import etree

#: Control and invisible direction characters, soft hyphen, zero-width space, MathML's invisible
#: operators, and what is no character at all.  The joiners U+200C and U+200D carry meaning.
_UNWANTED = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)
_EXPONENT = re.compile(r"\s*[-\u2212+]?\d+\s*")
_OPERATORS = frozenset("+-\u2212=<>\u2264\u2265\u00b1\u00d7\u2248\u2260\u223c~")
_SEASONS = {"win": 1, "spr": 4, "sum": 7, "aut": 10, "fal": 10}  # as PubMed's [dp], User Guide
_MONTHS = _SEASONS | {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_YEAR = re.compile(r"\b(1[5-9]\d\d|20\d\d|21\d\d)\b")
_MONTH_DAY = re.compile(r"([^\W\d_]{3,})\.?(?:[ ]+(\d{1,2})\b)?")
_NUMERIC = re.compile(r"\s*(\d{4})[-/]?(\d{2})(?:[-/]?(\d{2}))?\b")


def clean(text: str) -> str:
    """NFC, without control characters, white space collapsed."""
    if text.isascii() and text.isprintable() and "  " not in text:  # nearly every text
        return text.strip(" ")
    text = " ".join(text.split())
    text = unicodedata.normalize("NFC", text)
    if text.isprintable():
        return text
    return " ".join(_UNWANTED.sub("", text).split())


def flatten(element: etree._Element) -> str:
    """The text of an element with inline markup and MathML, not yet cleaned."""
    parts: list[str] = []
    _gather(element, parts)
    return "".join(parts)


def partial_date(text: str) -> str:
    """A date in words or digits as partial ISO: `1998 Dec-1999 Jan` is `1998-12`.

    Of a span the first month counts, and a season is its first month, as in PubMed's [dp].
    """
    numeric = _NUMERIC.match(text)
    if numeric and not _MONTH_DAY.search(text):
        return iso_date(numeric[1], numeric[2], numeric[3] or "")
    year = _YEAR.search(text)
    if not year:
        return ""
    for word, day in _MONTH_DAY.findall(text):
        if word[:3].lower() in _MONTHS:
            return iso_date(year[1], word, day)
    return year[1]


def iso_date(year: str, month: str = "", day: str = "") -> str:
    """A partial ISO date from its parts, as far as they make sense."""
    if not (year.isascii() and year.isdigit() and len(year) == 4):
        return ""
    number = int(month) if month.isascii() and month.isdigit() else _MONTHS.get(month[:3].lower())
    if not number or number > 12:
        return year
    if day.isascii() and day.isdigit() and month[:3].lower() not in _SEASONS:
        try:
            return date(int(year), number, int(day)).isoformat()
        except ValueError:
            pass  # 31 February: the month still holds
    return f"{year}-{number:02}"


def two_dates(printed: str, online: str) -> tuple[str, str]:
    """The date of the issue and the other one, if any; first the electronic date where it is the
    same, known more exactly."""
    if not online.startswith(printed):
        return printed, online
    return online, "" if online == printed else printed


def _name(element: etree._Element) -> str:
    tag = element.tag
    return tag.rpartition("}")[2].rpartition(":")[2] if isinstance(tag, str) else ""


def _gather(element: etree._Element, parts: list[str]) -> None:
    if element.text:
        parts.append(element.text)
    for child in element:
        match _name(child):
            case "sup":
                raised = flatten(child)
                before = "".join(parts[-1:])[-1:]
                if before.isdigit() and _EXPONENT.fullmatch(raised):
                    parts.append("^")
                parts.append(raised)
            case "math":
                parts.append(" ".join(_math(child).split()))
            case "br" | "p":
                parts.append(" ")
                _gather(child, parts)
            case _:
                _gather(child, parts)
        if child.tail:
            parts.append(child.tail)


def _math(element: etree._Element) -> str:
    """MathML on one line: `a/b`, `x^2`, `∑_i^n`; a formula that a reader can still follow."""
    name = _name(element)
    if name in ("", "annotation", "annotation-xml"):
        return ""
    if not len(element):
        return _token(element, name)
    inner = [_math(child) for child in element]
    match name:
        case "mfenced":
            return f"{element.get('open', '(')}{', '.join(inner)}{element.get('close', ')')}"
        case "mmultiscripts":
            return _multiscripts(element, inner)
        case "apply" | "cn" | "matrix" | "mtable":
            words = [_token(element, name), *inner, *(child.tail or "" for child in element)]
            return " ".join(filter(None, (word.strip() for word in words))).rstrip("; ")
        case "mtr" | "matrixrow":
            return " ".join(inner) + "; "
        case _:
            return _formula(name, inner) or (element.text or "").strip() + "".join(inner)


def _formula(name: str, inner: list[str]) -> str:
    """What has a base and something above or below it; empty when this element has none."""
    match name, inner:
        case "mfrac", [over, under]:
            return f"{_grouped(over)}/{_grouped(under)}"
        case "msup", [base, raised]:
            return f"{base}^{_grouped(raised)}"
        case "munder", [base, lowered]:
            return f"{base}_{_grouped(lowered)}"
        case "msubsup", [base, lowered, raised]:
            return f"{base}{lowered}^{_grouped(raised)}"
        case "munderover", [base, lowered, raised]:
            return f"{base}_{_grouped(lowered)}^{_grouped(raised)}"
        case "msqrt", _:
            return f"√{_grouped(''.join(inner))}"
        case "mroot", [base, degree]:
            return f"{_grouped(base)}^(1/{degree})"
    return ""  # msub and mover too: written on the line


def _token(element: etree._Element, name: str) -> str:
    text = (element.text or "").strip()
    if name == "mo" and text in _OPERATORS:
        return f" {text} "
    if name == "mspace":
        return " "
    if name == "mtext":
        return element.text or ""
    return text or ("∞" if name == "infinity" else "")


def _grouped(text: str) -> str:
    """The operand of a fraction or exponent, in parentheses where it needs them."""
    text = text.strip()
    return text if re.fullmatch(r"[-\u2212]?[\w.%]+", text) or not text else f"({text})"


def _multiscripts(element: etree._Element, inner: list[str]) -> str:
    """Isotopes and tensors: what stands before the base, the base, what stands behind it."""
    names = [_name(child) for child in element]
    split = names.index("mprescripts") if "mprescripts" in names else len(names)
    return "".join(inner[split + 1 :]) + "".join(inner[:split])
