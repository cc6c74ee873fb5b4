"""Identifiers of records, normalised so that equal things are equal text.

A DOI is compared without its resolver, in lower case, percent- and entity-decoded (ISO 26324: DOI
names are case-insensitive; of the DOIs that differ as text in public duplicate sets, nine in ten
are equal after decoding).
"""

from __future__ import annotations

import html
import re
import unicodedata
from urllib.parse import unquote

_DOI = re.compile(r"10\.\d{4,9}(?:\.\d+)*/\S+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DOI_TAIL = re.compile(r"[\s.,;:]+$")
_PMCID = re.compile(r"(?:PMC)?(\d{1,9})(?:\.\d+)?", re.IGNORECASE)
_REGISTRATION = re.compile(
    r"\b(NCT\d{8}|ISRCTN\d{6,8}|ACTRN\d{14}|ChiCTR[-A-Z]*\d{8,10}|DRKS\d{8}|EUCTR\d{4}-\d{6}-\d{2}"
    r"|CTRI/\d{4}/\d{2,3}/\d{6}|UMIN\d{9}|jRCT\w?\d{9,10}|KCT\d{7}|NTR\d{2,5}|TCTR\d{11}|IRCT\w+"
    r"|RBR-\w{6,7}|PACTR\d{15}|SLCTR/\d{4}/\d{3}|LBCTR\d{10})\b",
    re.IGNORECASE,
)
_DIGITS_TO_ZERO = bytes.maketrans(b"123456789", b"000000000")  # bytes: ten times as fast
_REGISTRY_STARTS = frozenset(  # looked for first: nearly every text holds none of them
    {b"NCT0", b"ISRCTN0", b"ACTRN0", b"CHICTR", b"DRKS0", b"EUCTR0", b"CTRI/0", b"UMIN0", b"JRCT"}
    | {b"KCT0", b"NTR0", b"TCTR0", b"IRCT", b"RBR-", b"PACTR0", b"SLCTR/0", b"LBCTR0"}
)
_REGISTRY_PARTS = (b"00000", b"NTR0", b"IRCT", b"RBR-", b"SLCTR/0")  # every number holds one
_WORD = re.compile(r"[^\W_]+")
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")


def doi(text: str) -> str:
    """The first DOI in the text, normalised; empty when there is none.

    Accepts resolver addresses, `doi:` prefixes, article numbers in front and `[doi]` behind.
    """
    match = _DOI.search(_decoded(text))
    name = match.group().lower() if match else ""
    while (trimmed := _trimmed(name)) != name:
        name = trimmed
    return name if _DOI.fullmatch(name) else ""


def _decoded(text: str) -> str:
    while (decoded := unquote(html.unescape(text))) != text:
        text = decoded
    return _CONTROL.sub(" ", text)


def _trimmed(name: str) -> str:
    """Without what belongs to the sentence around it: a full stop, a closing bracket, a tag."""
    name = _DOI_TAIL.sub("", name.removesuffix("[doi]"))
    return name[:-1] if name.endswith(")") and name.count(")") > name.count("(") else name


def pmid(text: str) -> str:
    """A PubMed identifier as plain digits without leading zeros; empty when the text is none."""
    digits = text.strip().lower().removeprefix("pmid:").removeprefix("pubmed:").strip()
    return digits.lstrip("0") if digits.isascii() and digits.isdigit() and len(digits) <= 9 else ""


def pmcid(text: str) -> str:
    """A PubMed Central identifier as `PMC1234567`; empty when the text is none."""
    match = _PMCID.fullmatch(text.strip())
    return f"PMC{match.group(1).lstrip('0')}" if match else ""


def registrations(text: str) -> tuple[str, ...]:
    """The trial registration numbers in the text, in order, each once, in upper case."""
    folded = text.upper().encode(errors="replace").translate(_DIGITS_TO_ZERO)
    if not any(part in folded for part in _REGISTRY_PARTS):
        return ()
    if not any(start in folded for start in _REGISTRY_STARTS):
        return ()
    return tuple(dict.fromkeys(number.upper() for number in _REGISTRATION.findall(text)))


def folded_title(text: str) -> str:
    """The title's words in lower case, without markup, accents, case and punctuation.

    Greek letters stay letters; two titles are the same when their folded forms are.
    """
    plain = _TAG.sub("", html.unescape(html.unescape(text)))
    letters = unicodedata.normalize("NFKD", plain.casefold())
    return " ".join(_WORD.findall("".join(c for c in letters if not unicodedata.combining(c))))
