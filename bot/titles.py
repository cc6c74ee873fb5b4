"""What a title says besides its subject: notices, answers, parts, editions; and its folded text.

A notice repeats the title of what it is about, part II that of part I, and this year's guideline
last year's.  So the sign is taken off and told, and what is left (the core) is compared.
"""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache
from typing import Final, Literal, NamedTuple

SignKind = Literal[
    "",
    "erratum",
    "correction",
    "retraction",
    "retracted",
    "concern",
    "withdrawal",
    "withdrawn",
    "reinstatement",
    "republication",
    "comment",
    "reply",
    "protocol",
]


class Signs(NamedTuple):
    """A title taken apart."""

    kind: SignKind  #: What the title says the record is; `retracted`: the study itself.
    core: str  #: The folded title without the sign; numerals are arabic.
    part: str  #: The number of a part, phase or chapter; empty for none.
    year: str  #: The years that the title names, which tell editions apart.
    numbers: tuple[str, ...]  #: All other numbers, sorted.


_LITTLE_WORDS: Final = "a an and at by for from in into its of on or the to with"
LITTLE: Final = frozenset(_LITTLE_WORDS.split())

_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")
_R_ESCAPE = re.compile(r"<U\+([0-9A-Fa-f]{4,5})>")  # how R writes a letter that it cannot encode
_WORD = re.compile(r"[^\W_]+")
_DIGITS = re.compile(r"\d+")
_GREEK = {
    ord(letter): f" {unicodedata.name(letter).rsplit(' ', 1)[-1].lower()} "
    for letter in "αβγδεζηθικλμνξοπρστυφχψω"
}
_LETTERS = str.maketrans(  # what decomposition does not take apart
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ς": "s"}
) | _GREEK  # fmt: skip

_ROMAN_NUMERALS: Final = "i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx"
_CARDINALS: Final = "one two three four five six seven eight nine ten eleven twelve"
_ORDINALS: Final = "first second third fourth fifth sixth seventh eighth ninth tenth"


def _numbered(words: str) -> dict[str, str]:
    return {word: str(number) for number, word in enumerate(words.split(), 1)}


_ROMAN: Final = _numbered(_ROMAN_NUMERALS)
_IN_PART: Final = _ROMAN | _numbered(_CARDINALS) | _numbered(_ORDINALS)
#: Without what is also a letter (vitamin, factor, versus) or a word.
_ANYWHERE: Final = {
    word: number
    for word, number in (_ROMAN | _numbered(_CARDINALS)).items()
    if word not in ("v", "x", "one")
}

#: Notes of the databases behind a title: languages, references, where comments and errata are.
_NOTE = re.compile(
    r"""[\s.]*[\[(]\s*(?:
        (?:in\s+)?(?:afrikaans|arabic|bulgarian|catalan|chinese|croatian|czech|danish|dutch|english
          |estonian|finnish|french|german|greek|hebrew|hungarian|icelandic|italian|japanese|korean
          |lithuanian|norwegian|persian|polish|portuguese|romanian|russian|serbian|slovak|slovenian
          |spanish|swedish|thai|turkish|ukrainian|vietnamese)(?:[,;\s]+[a-z]+)*
        |(?:review|article|abstract|\d+\s+refs?|corrected|see\s+comments?|comments?|author['’]?s?\s+transl)
        |\d+\s+ref(?:erence)?s?
        |(?:published\s+)?(?:erratum|errata|corrigendum|correction|retraction|comments?|summary)
          \s+(?:appears?|in)\b[^\]]*
        |(?:erratum|comment)\s+in\b[^\])]*
        |see\s+comments?\b[^\])]*
        |corrected(?:\s+and\s+republished)?[^\])]*
    )\s*[\])][\s.]*$""",
    re.IGNORECASE | re.VERBOSE,
)
_START = r"^[\W_]*(?:(?:the\s+)?(?:author|publisher|editor)(?:s?['’]?s?)?\s+)?"
_AFTER = r"\b\s*(?:notice|note|statement|article)?\s*"
_PREFIXES: Final[tuple[tuple[SignKind, re.Pattern[str]], ...]] = tuple(
    (kind, re.compile(_START + pattern, re.IGNORECASE))  # type: ignore[misc]
    for kind, pattern in (
        ("retracted", r"retracted\b\s*(?:article|paper|chapter)?\s*[:.\])\-–—]+\s*"),
        (
            "withdrawn",
            r"(?:withdrawn|temporary\s+removal)\b\s*(?:article|paper)?\s*[:.\])\-–—]+\s*",
        ),
        (
            "retraction",
            r"(?:notice\s+of\s+)?retraction\s*(?:notice|note|statement)?\s*"
            r"(?:[:.\])\-–—]+|(?<=e)\s+(?:to|for|regarding)\b\s*:?"
            r"|\b(?:to|for|regarding|of)\b\s*(?:[:\"“'‘«]|(?=.*\bet\s+al\b))|$)\s*",
        ),
        (
            "withdrawal",
            r"(?:notice\s+of\s+)?withdrawal\s*(?:notice|note|statement)?\s*"
            r"(?:[:\])]+|(?<=notice)\s*(?:to|for|of)\b\s*:?|$)\s*",
        ),
        (
            "concern",
            r"(?:editorial\s+)?(?:expression|statement|note)\s+of\s+(?:editorial\s+)?concern"
            r"\s*(?:[:.\])\-–—]+|\b(?:to|for|on|about|regarding)\b\s*:?|$)\s*",
        ),
        (
            "reinstatement",
            r"(?:notice\s+of\s+)?reinstatement\s*(?:notice)?\s*(?:[:\])]+|(?<=notice)\s*of\b|$)\s*",
        ),
        (
            "republication",
            r"(?:corrected\s+and\s+republished|retracted\s+and\s+republished|republished)"
            r"(?:\s+(?:article|paper|study))?\s*[:\])\-–—]+\s*",
        ),
        (
            "erratum",
            r"(?:errat(?:um|a)|corrigend(?:um|a)|addend(?:um|a))"
            + _AFTER
            + r"(?:[:.\])\-–—]+|(?:to|on|of|for|regarding)\b\s*:?|$|(?<=um)\s(?!in\b))\s*",
        ),
        (
            "correction",
            r"corrections?\s*(?:notice|note|statement)?\s*"
            r"(?:[:.\])]+|\b(?:to|of|for|in)\b\s*(?:[:\"“'‘«]|(?=.*\bet\s+al\b))|$)\s*",
        ),
        (
            "reply",
            r"(?:in\s+)?(?:reply|response|rebuttal)\s*"
            r"(?:[:.\])]+|(?:by|from|of)\s+(?:the\s+)?authors?\b[:.\s]*|$"
            r"|\bto\b\s*(?:[:\"“'‘«]|(?=(?:the\s+)?(?:comments?|letters?|editors?|correspondence|re\b"
            r"|drs?\b|commentar|reply|response))))\s*|^\W*(?:authors?['’]?s?\s+)?reply\s+to\b\s*:?\s*",
        ),
        (
            "comment",
            r"(?:(?:invited\s+|editorial\s+|clinical\s+)?(?:comment(?:ary|s)?|discussion)"
            r"\s*(?:[:\])]+|\bon\b\s*:?|$)"
            r"|re\s*:|in\s+regard\s+to\b\s*:?|regarding\s*:"
            r"|letter\s*(?:to\s+the\s+editors?)?\s*(?:[:.\])]+|$|(?:by\s.{0,80}?)?\b(?:on|regarding)\b"
            r"(?:\s+articles?)?\s*[,:]?)"
            r"|response\s+to\s+article\b)\s*",
        ),
    )
)
_HINT_WORDS: Final = """
retract withdr remov concern reinstat republish errat corrig addend correct repl respon rebut
comment discuss re: regard letter protocol (vol"""
_HINTS: Final = tuple(_HINT_WORDS.split())  # nearly every title holds none of these
_ENDING = r"[\s.:–—-]*[\[(]\s*(?:this\s+article\s+(?:was|has\s+been)\s+)?"
_SUFFIXES: Final[tuple[tuple[SignKind, re.Pattern[str]], ...]] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))  # type: ignore[misc]
    for kind, pattern in (
        ("retraction", r"[\s.:]*[\[(]\s*retraction\s+of\b[^\])]*[\])]?[\s.]*$"),
        ("retracted", _ENDING + r"retracted\b[^\])]*[\])]?[\s.]*$"),
        ("withdrawn", _ENDING + r"withdrawn\b[^\])]*[\])]?[\s.]*$"),
        ("concern", r"[\s.:–—-]*[\[(]\s*expression\s+of\s+concern\b[^\])]*[\])]?[\s.]*$"),
        ("correction", r"\s*\(vol\.?\s*\d[^)]*\bp(?:g|p|age)?\b[^)]*\)?[\s.]*$"),  # Web of Science
        ("correction", r"[\s.:–—-]+(?:errat(?:um|a)|corrigend(?:um|a)|correction)[\s.]*$"),
        ("reply", r"[\s.:?–—-]+(?:(?:the\s+)?authors?['’]?s?\s+)?(?:reply|response)[\s.]*$"),
        ("comment", r"[\s.:?–—-]+(?:comments?|discussion)[\s.]*$"),
    )
)  # fmt: skip
#: The reference to the article behind its title in a notice: `[J Ex 12 (2020) 1-9]`.
_REFERENCE = re.compile(r"[\s,.;\"”'’»]*[\[(][^\[\]]*\d[^\[\]]*[\])][\s.]*$")
_BY = re.compile(r"^.{0,80}?\bet\s+al\b\.?[\s,:;\"“'‘«]*", re.IGNORECASE)
_PROTOCOL = re.compile(
    r"(?:^[\W_]*(?:(?:the|an?)\s+)?(?:(?:study|trial|review|research)\s+)?protocol\b\s*(?:for\b|of\b|:)"
    r"|(?:\s*[:.,(\[]|\s[–—-])\s*(?:(?:the|an?)\s+)?(?:(?:study|trial|review|research|clinical)\s+)*"
    r"protocols?\b(?:\s+(?:for|of)\b)?"
    r"|\s(?:study|trial|review)\s+protocols?\b(?:\s+(?:for|of)\b)?)"
    r"(?:\s+(?:the|an?)\b)?[\s)\]:.,]*",
    re.IGNORECASE,
)
_PART = re.compile(
    r"\b(?:parts?|pt|teil|partie|parte|chapters?|phase|sections?|step|episode|lesson|module"
    r"|communication|report|paper|study|experiment|session)"
    r"\s+(\d{1,3}[a-c]?|[ivx]{1,5}|one|two|three|four|five|six|seven|eight|nine|ten"
    r"|first|second|third|fourth|fifth|sixth|[a-f])\b"
    r"(?!\s+(?:of|in|the)\s+(?:a|an|the)\b)"
)
_PART_HINTS: Final = """
part pt teil phase chap section step episode lesson module communication report paper study
experiment session"""
_PART_WORDS: Final = tuple(_PART_HINTS.split())
_YEAR = re.compile(r"(?:19|20)\d\d")


@lru_cache(maxsize=50_000)
def signs(title: str) -> Signs:
    """Take a title apart."""
    text = plain(title)
    while text.rstrip(" .").endswith(("]", ")")):
        shorter = _NOTE.sub("", text)
        if shorter == text or not shorter.strip(" [(."):
            break
        text = shorter
    lower = text.casefold()
    kind, text = _sign(text) if any(hint in lower for hint in _HINTS) else ("", text)
    core = " ".join([_ANYWHERE.get(word, word) for word in fold(text).split()])
    part = _part(core) if any(word in core for word in _PART_WORDS) else ""
    found = _DIGITS.findall(core)
    years = sorted({one for one in found if _YEAR.fullmatch(one)})
    numbers = sorted([one.lstrip("0") or "0" for one in found if not _YEAR.fullmatch(one)])
    return Signs(kind, core, part, " ".join(years), tuple(numbers))


def plain(title: str) -> str:
    """The title without entities, markup and what R makes of letters that it cannot encode."""
    text = title
    if "&" in text:
        text = html.unescape(html.unescape(text))
    if "<" in text:
        text = _R_ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
        text = _TAG.sub("", text)
    return text


_SHARP_S = re.compile(r"(?<!\w)ß(?!\w)|ß(?=\d)")


def fold(text: str) -> str:
    """The words in lower case, without accents and punctuation; Greek letters by their names."""
    folded = text.casefold()
    if "ß" in text:  # exports write it for the Greek letter
        folded = _SHARP_S.sub("beta", text).casefold()
    if not folded.isascii():
        letters = unicodedata.normalize("NFKD", folded.translate(_LETTERS))
        bare = "".join(c for c in letters if not unicodedata.combining(c))
        folded = bare.translate(_LETTERS).casefold()
    return " ".join(_WORD.findall(folded))


def _sign(text: str) -> tuple[SignKind, str]:
    for kind, pattern in _PREFIXES:
        match = pattern.match(text)
        if match:
            rest = text[match.end() :]
            if kind not in ("retracted", "withdrawn"):
                rest = _REFERENCE.sub("", _BY.sub("", rest))
            return kind, rest
    for kind, pattern in _SUFFIXES:
        match = pattern.search(text)
        if match and match.start() > 0:
            return kind, text[: match.start()]
    if match := _PROTOCOL.search(text):
        rest = f"{text[: match.start()]} {text[match.end() :]}"
        if len(rest.split()) >= 3:
            return "protocol", rest
    return "", text


def _part(core: str) -> str:
    match = _PART.search(core)
    if not match:
        return ""
    number = match[1]
    return _IN_PART.get(number, number)


def content(folded: str) -> frozenset[str]:
    """The words of a folded text that say something."""
    return frozenset(folded.split()) - LITTLE


def overlap(ours: frozenset[str], theirs: frozenset[str]) -> float:
    """How many of their words two texts share, 0 to 1 (the coefficient of Dice)."""
    size = len(ours) + len(theirs)
    return 2 * len(ours & theirs) / size if ours and theirs else 0.0
