"""Names of authors, from the many ways in which feeds write them."""

from __future__ import annotations

import re

from bot.model import Author
from bot.sources.feeds.text import clean

_GROUP = re.compile(
    r"\b(group|consorti\w+|collaborat\w+|committee|network|team|investigators|society|"
    r"association|initiative|study|trial|federation|council|panel|task force|program(?:me)?|"
    r"institute|foundation|agency|ministry|organi[sz]ation|registry|cohort|biobank|on behalf)\b",
    re.IGNORECASE,
)
_AFFILIATION = re.compile(
    r"(?:\b|(?<=[a-z]))(?:Universit\w+|Departments?\b|Dept\b|Hospitals?\b|School of|College\b|"
    r"Faculty\b|Division of|Center for|Centre for|Institut\w* (?:of|for|de)\b|Laborator\w+)"
)
_DEGREE = re.compile(
    r"(?:m\.?d|ph\.?d|m\.?s\.?c?|b\.?s\.?c?|m\.?p\.?h|m\.?b\.?b\.?s|d\.?phil|psy\.?d|r\.?n|m\.?a|"
    r"dr\.?p\.?h|d\.?o|pharm\.?d|frcpc?|mrcpsych|d\.?sc|m\.?ed|ed\.?d|lcsw|mbchb|bchir)\.?",
    re.IGNORECASE,
)
_GENERATION = re.compile(r"(?:jr|sr|ii|iii|iv)\.?", re.IGNORECASE)
_PARTICLE = re.compile(
    r"(?:von|van|vom|zu|zur|zum|de|da|do|dos|das|du|del|della|der|den|des|di|la|le|les|ten|ter|"
    r"el|al|bin|ibn|ben|af|av|st\.?|y|e)",
)
_CAPITAL = r"[A-ZÀ-ÖØ-Þ\u0100-\u024f\u0370-\u03ab\u0400-\u042f]"
_INITIALS = re.compile(
    rf"{_CAPITAL}{{1,2}}|{_CAPITAL}(?:[\s-]{_CAPITAL}){{1,3}}|(?:[^\W\d_]\.[\s-]{{0,2}}){{1,5}}"
    rf"|(?:{_CAPITAL}\.[\s-]{{0,2}}){{1,4}}{_CAPITAL}"
)
_PACKED = re.compile(rf"(?:{_CAPITAL}-?){{1,3}}")  # capitals: "J", "JP", "J-P"
_AND = re.compile(r",?\s+(?:and|und|et|&)\s+")
_ET_AL = re.compile(r"[,;\s]*\bet\s+al\b\.?\s*$", re.IGNORECASE)
_EMAIL = re.compile(r"\S{1,100}@\S{1,200}")


def people(texts: list[str]) -> tuple[Author, ...]:
    """The authors of a record, from one element with a list or from one element each."""
    texts = [text for text in (_prepared(text) for text in texts) if text]
    if len(texts) == 1:
        return tuple(person(name) for name in _split(texts[0]))
    return tuple(person(text) for text in texts)


def person(name: str) -> Author:
    """One author from `Last, First`, `Last FM` or `First M Last`; else a group."""
    name = name.strip(" ,;")
    if _GROUP.search(name) or not any(c.isspace() or c == "," for c in name):
        return Author(collective=name)
    last, comma, fore = (part.strip() for part in name.partition(","))
    if comma and fore:
        fore = ", ".join(p for p in fore.split(", ") if not _DEGREE.fullmatch(p))
        if fore and not _GENERATION.fullmatch(fore):
            return _author(last, fore)
        name = last
    words = [word for word in name.split() if not _GENERATION.fullmatch(word)]
    if len(words) < 2:
        return Author(collective=name)
    if _PACKED.fullmatch(words[-1]) and len(words[-1]) <= 2:
        return _author(" ".join(words[:-1]), words[-1])
    first_of_last = len(words) - 1
    while first_of_last > 1 and _PARTICLE.fullmatch(words[first_of_last - 1]):
        first_of_last -= 1
    return _author(" ".join(words[first_of_last:]), " ".join(words[:first_of_last]))


def packed(text: str) -> tuple[Author, ...]:
    """The authors of `Doe J, Roe RM, et al.`, where the last word is always initials."""
    authors = []
    for name in _ET_AL.sub("", clean(text).rstrip(". ")).split(","):
        last, _, initials = name.strip(" .").rpartition(" ")
        if last and _PACKED.fullmatch(initials):
            authors.append(_author(last, initials))
        elif name.strip():
            authors.append(person(name))
    return tuple(authors)


def _prepared(text: str) -> str:
    """One name or list without affiliations, addresses and "et al."; line ends become `;`."""
    text = re.sub(r",?\s*\n\s*", "; ", text.strip())
    text = _EMAIL.sub("", clean(text)).strip()
    affiliation = _AFFILIATION.search(text)
    if affiliation and not _GROUP.search(text[: affiliation.start()]):
        text = text[: affiliation.start()]
    if text.startswith("(") and text.endswith(")"):
        text = text[1:-1]  # RSS 2.0: address (name)
    return _ET_AL.sub("", text).strip(" ,;")


def _split(text: str) -> list[str]:
    """The single names of a list."""
    if ";" in text:
        return [name for name in (part.strip() for part in text.split(";")) if name]
    parts = [part.strip() for part in _AND.sub(", ", text).split(",")]
    parts = [part for part in parts if part and not _DEGREE.fullmatch(part)]
    if len(parts) == 2 and not _INITIALS.fullmatch(parts[1]) and _is_last_first(*parts):
        return [", ".join(parts)]
    names: list[str] = []
    for part in parts:
        before = names[-1] if names else ""
        is_fore = _INITIALS.fullmatch(part) or _GENERATION.fullmatch(part)
        if is_fore and before:
            names[-1] = f"{before} {part}" if "," in before else f"{before}, {part}"
        else:
            names.append(part)
    return names


def _is_last_first(last: str, fore: str) -> bool:
    words = last.split()
    if any(ord(letter) > 0x2E80 for letter in last):
        return False  # Chinese, Japanese and Korean names are written in one
    return len(fore.split()) <= 3 and (
        len(words) == 1 or all(_PARTICLE.fullmatch(word.lower()) for word in words[:-1])
    )


def _author(last: str, fore: str) -> Author:
    if len(last) > 1 and last.isupper():
        last = last.title()
    if _PACKED.fullmatch(fore):
        return Author(last=last, initials=fore.replace("-", ""))
    letters = [word[0] for word in re.split(r"[\s.-]+", fore) if word and word[0].isalpha()]
    initials = "".join(letter for letter in letters if letter.isupper()) or "".join(letters)
    whole = any(len(word.strip(".-")) > 1 for word in re.split(r"[\s.-]+", fore))
    return Author(last=last, fore=fore if whole else "", initials=initials.upper())
