"""The search engine of the local E-utilities: enough of PubMed's language for saved queries.

It shares nothing with `bot.strategy`, so that one can be tested against the other.  No phrase
index, no term mapping, no MeSH tree: a heading finds itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from bot.model import Record

_TOKEN = re.compile(r'\s*(?:([()])|"([^"]*)"|\[([^\]]*)\]|([^\s()\[\]"]+))')
_WORD = re.compile(r"[^\W_]+")
_RELATIVE = re.compile(r"last (\d+) (day|week|month|year)s?")
_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}
_DATES = {
    **dict.fromkeys(("crdt", "date - create"), "created"),
    **dict.fromkeys(("edat", "date - entry"), "entered"),
    **dict.fromkeys(("lr", "mdat", "date - modification"), "revised"),
    **dict.fromkeys(("mhda", "date - mesh"), "indexed"),
    **dict.fromkeys(("dp", "pdat", "date - publication"), "published"),
}
_LONG_NAMES = {
    "title/abstract": "tiab",
    "title": "ti",
    "text word": "tw",
    "text words": "tw",
    "all fields": "all",
    "mesh terms": "mh",
    "mesh": "mh",
    "mesh major topic": "majr",
    "supplementary concept": "nm",
    "publication type": "pt",
    "language": "la",
    "journal": "ta",
    "author": "au",
    "other term": "ot",
    "affiliation": "ad",
    "pmid": "uid",
    "doi": "aid",
    "lid": "aid",
    "subset": "sb",
    "filter": "sb",
}
#: Untagged flags of the User Guide, each with the RefType that it asks for.
_FLAGS = {
    "hascommentin": "CommentIn",
    "hascommenton": "CommentOn",
    "hascorrectedrepublishedfrom": "CorrectedandRepublishedFrom",
    "hascorrectedrepublishedin": "CorrectedandRepublishedIn",
    "haserratumfor": "ErratumFor",
    "haserratumin": "ErratumIn",
    "hasexpressionofconcernfor": "ExpressionOfConcernFor",
    "hasexpressionofconcernin": "ExpressionOfConcernIn",
    "hasrepublishedfrom": "RepublishedFrom",
    "hasrepublishedin": "RepublishedIn",
    "hasretractedandrepublishedfrom": "RetractedandRepublishedFrom",
    "hasretractedandrepublishedin": "RetractedandRepublishedIn",
    "hasretractionin": "RetractionIn",
    "hasretractionof": "RetractionOf",
    "hasupdatein": "UpdateIn",
    "hasupdateof": "UpdateOf",
}
_FLAG_LIKE = re.compile(r"has[a-z]+(?:in|of|on|for|from)")  # no flag and no word: "not found"
_HISTORY = re.compile(r"#(\d+)")
_TEXTS = frozenset({"ti", "tiab", "tw", "all", "ot", "ad"})
_EXACT = frozenset({"mh", "majr", "nm", "pt", "la", "ta"})


class QueryError(ValueError):
    """The term cannot be read; PubMed would answer with an ERROR or guess."""

    kind = "syntax error in query"


class HistoryError(QueryError):
    """The term names a search that the history server does not hold, or no longer."""

    kind = "Exception"


def fold(text: str) -> str:
    """Words in lower case between blanks, so that a phrase is found by its own folded form."""
    return f" {' '.join(_WORD.findall(text.lower()))} "


@dataclass(eq=False)
class Indexed:
    """One record with its folded fields, made when first asked for."""

    record: Record

    def texts(self, tag: str) -> str:
        """The folded text of a field; its parts do not run into each other."""
        return self._texts[tag]

    @cached_property
    def _texts(self) -> dict[str, str]:
        record = self.record
        title = [record.title, record.vernacular_title]
        keywords = list(record.keywords or ())
        abstract = [record.abstract_text, *(part.text for part in record.other_abstract)]
        tiab = title + abstract + keywords
        words = [*tiab, *self.headings, *record.publication_types, *record.substances]
        around = [record.journal, *(author.name for author in record.authors)]
        pieces = {
            "ti": title,
            "tiab": tiab,
            "ot": keywords,
            "ad": list(record.affiliations or ()),
            "tw": words,
            "all": [*words, *around, *(record.affiliations or ())],
        }
        return {tag: "|".join(map(fold, texts)) for tag, texts in pieces.items()}

    @cached_property
    def headings(self) -> list[str]:
        """Descriptors, and each with each of its qualifiers."""
        return [
            name
            for one in self.record.mesh
            for name in (one.descriptor, *(f"{one.descriptor}/{part}" for part in one.qualifiers))
        ]

    @cached_property
    def exact(self) -> dict[str, frozenset[str]]:
        """Fields whose whole values are compared."""
        record = self.record
        major = [one.descriptor for one in record.mesh if one.major]
        journal = (record.journal, record.journal_abbreviation, *record.issns)
        values: dict[str, Iterable[str]] = {
            "mh": self.headings,
            "majr": major,
            "nm": record.substances,
            "pt": record.publication_types,
            "la": (*(record.languages or ()), *map(_language, record.languages or ())),
            "ta": journal,
        }
        return {tag: frozenset(map(fold, some)) for tag, some in values.items()}


def _language(code: str) -> str:
    names = {"eng": "english", "ger": "german", "fre": "french", "spa": "spanish"}
    return names.get(code, code)


Test = Callable[[Indexed], bool]
#: The PMIDs of an earlier search or list, by its number; None when there is no such one.
History = Callable[[str], Sequence[str] | None]


@dataclass(frozen=True)
class Query:
    """A term that was read."""

    matches: Test
    unknown_fields: tuple[str, ...]  #: Tags that were ignored.
    unknown_phrases: tuple[str, ...]  #: What looks like a flag, and is none.


def _no_history(_number: str) -> None:
    return None


def parse(term: str, today: date, history: History = _no_history) -> Query:
    """Read a term; raise QueryError where its brackets or operators do not fit."""
    reader = _Reader(term, today, history)
    matches = reader.group()
    if reader.place < len(reader.tokens):
        raise QueryError(f"unbalanced parenthesis in {term[:60]!r}")
    unknown = tuple(dict.fromkeys(reader.unknown))
    return Query(matches, unknown, tuple(dict.fromkeys(reader.not_found)))


class _Reader:
    """Recursive descent over (kind, text) tokens; operators bind strictly from left to right."""

    def __init__(self, term: str, today: date, history: History) -> None:
        self.tokens: list[tuple[str, str]] = []
        for mark, quoted, tag, word in _TOKEN.findall(term):
            if mark:
                self.tokens.append((mark, mark))
            elif tag:
                self.tokens.append(("tag", " ".join(tag.lower().split())))
            elif word in ("AND", "OR", "NOT", ":"):
                self.tokens.append((word, word))
            else:
                self.tokens.append(("quoted" if not word else "word", word or quoted))
        self.place = 0
        self.today = today
        self.history = history
        self.unknown: list[str] = []
        self.not_found: list[str] = []

    def _kind(self) -> str:
        return self.tokens[self.place][0] if self.place < len(self.tokens) else ""

    def _next(self) -> str:
        self.place += 1
        return self.tokens[self.place - 1][1]

    def group(self) -> Test:
        left = self._operand()
        while (kind := self._kind()) not in ("", ")"):
            operator = self._next() if kind in ("AND", "OR", "NOT") else "AND"
            left = _joined(operator, left, self._operand())
        return left

    def _operand(self) -> Test:
        kind = self._kind()
        if kind == "(":
            self._next()
            inner = self.group()
            if self._kind() != ")":
                raise QueryError("unbalanced parenthesis")
            self._next()
            return inner
        if kind not in ("word", "quoted"):
            raise QueryError(f"a term was expected, not {kind or 'the end'}")
        parts = [(self._kind(), self._next())]
        while self._kind() == "word" == parts[-1][0]:
            parts.append((self._kind(), self._next()))
        tag = self._next() if self._kind() == "tag" else ""
        if self._kind() == ":":
            self._next()
            end = self._next()
            tag = self._next() if self._kind() == "tag" else tag
            parts = [("word", f"{parts[0][1]}:{end}")]
        return self._term(parts, tag)

    def _term(self, parts: list[tuple[str, str]], tag: str) -> Test:
        name, _, modifier = tag.partition(":")
        name = _LONG_NAMES.get(name, name)
        text = " ".join(word for _kind, word in parts)
        if not tag:
            return _all_of([self._untagged(kind, word) for kind, word in parts])
        if name in _DATES:
            return _dated(_DATES[name], text, self.today)
        if name == "uid":
            return _numbered(text)
        if name == "aid":
            return lambda one: text.lower() in (one.record.doi, one.record.pii.lower())
        if name == "au":
            return _author(text)
        if name == "sb":
            status = text.lower().replace("-", "")
            return lambda one: status in ("all", one.record.status.lower().replace("-", ""))
        if name in _EXACT:
            return _exactly(name, text)
        if name in _TEXTS and modifier.startswith("~"):
            return _near(name, text, int(modifier[1:]))
        if name not in _TEXTS:
            self.unknown.append(tag)
            name = "all"
        return _words(name, text)

    def _untagged(self, kind: str, word: str) -> Test:
        name = word.lower()
        if kind == "quoted":
            return _words("all", word)
        if number := _HISTORY.fullmatch(word):
            return self._earlier(number[1])
        if link := _FLAGS.get(name):
            return lambda one: any(other.kind == link for other in one.record.links)
        if _FLAG_LIKE.fullmatch(name):
            self.not_found.append(word)
        return _words("all", word)

    def _earlier(self, number: str) -> Test:
        """What an earlier search of this WebEnv found, or a list that was posted."""
        listed = self.history(number)
        if listed is None:
            raise HistoryError(f"Unable to obtain query #{number}")
        pmids = frozenset(listed)
        return lambda one: one.record.pmid in pmids


def _joined(operator: str, left: Test, right: Test) -> Test:
    if operator == "AND":
        return lambda one: left(one) and right(one)
    if operator == "OR":
        return lambda one: left(one) or right(one)
    return lambda one: left(one) and not right(one)


def _all_of(tests: list[Test]) -> Test:
    return lambda one: all(test(one) for test in tests)


def _pattern(text: str) -> re.Pattern[str]:
    words = re.findall(r"[^\W_]+(?:\*[^\W_]*)*", text.lower())
    return re.compile(f" {' '.join(word.replace('*', '[^ |]*') for word in words)} ")


def _words(name: str, text: str) -> Test:
    if "*" in text:
        pattern = _pattern(text)
        return lambda one: bool(pattern.search(one.texts(name)))
    phrase = fold(text)
    return lambda one: phrase in one.texts(name)


def _exactly(name: str, text: str) -> Test:
    if "*" in text:
        pattern = _pattern(text)
        return lambda one: any(map(pattern.fullmatch, one.exact[name]))
    value = fold(text)
    return lambda one: value in one.exact[name]


def _near(name: str, text: str, gap: int) -> Test:
    wanted = fold(text).split()
    size = len(wanted) + gap

    def test(one: Indexed) -> bool:
        for part in one.texts(name).split("|"):
            words = part.split()
            for start in range(len(words)):
                if set(wanted) <= set(words[start : start + size]):
                    return True
        return False

    return test


def _numbered(text: str) -> Test:
    low, colon, high = text.partition(":")
    if colon:
        first, last = int(low), int(high)
        return lambda one: first <= int(one.record.pmid) <= last
    wanted = frozenset(text.split())
    return lambda one: one.record.pmid in wanted


def _author(text: str) -> Test:
    """`sample`, `sample a`: a last name must be whole, initials may be the first ones."""
    name = fold(text)
    start = name.rstrip() if len(name.split()) > 1 else name
    return lambda one: any(fold(author.name).startswith(start) for author in one.record.authors)


def _dated(attribute: str, text: str, today: date) -> Test:
    relative = _RELATIVE.fullmatch(text.lower())
    if relative:
        first = today - timedelta(days=int(relative[1]) * _DAYS[relative[2]])
        text = f"{first:%Y/%m/%d}:3000"
    low, colon, high = (part.strip().replace("/", "-") for part in text.partition(":"))
    high = high if colon else low

    def test(one: Indexed) -> bool:
        day: str = getattr(one.record, attribute)
        day = day + "-01-01"[len(day) - 4 :] if day else ""
        return bool(day) and low <= day and day[: len(high)] <= high

    return test
