"""What two records are to each other by their titles: the last resort, where nobody says it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from bot import editions, titles
from bot.editions import is_guidance, is_long
from bot.model import Record, Relation, RelationKind
from bot.preprints import is_preprint
from bot.relations.reading import (
    REVIEW,
    is_later_review,
    is_withdrawn,
    notice_kind,
    types,
)
from bot.titles import Signs, content, overlap

#: A preprint becomes an article within three years, or it is another work with its title.
MOST_MONTHS: Final = 36
#: Of the words of both titles that a renamed article shares with its preprint.
RENAMED: Final = 0.5
#: Of the words of both abstracts; those of two studies of one subject share less than half.
SAME_ABSTRACT: Final = 0.6
FEWEST_ABSTRACT_WORDS: Final = 30
PARTS: Final = 0.45  # of the words of two parts' titles that name the whole work

#: What a title says of another one, beside the notices.
_ANSWERS: Final[Mapping[str, RelationKind]] = {
    "comment": "comment on",
    "reply": "reply to",
    "republication": "republication of",
}
_SUPPLEMENT = re.compile(r"\b(?:supplement|appendix|annex|volume|module) (\w+)\b")
_PHASE = re.compile(r"\bphase\b")


def between(one: Record, other: Record) -> Relation | None:
    """The relation between two records that were found to belong together, inferred; None where
    it is unclear.  Read as: `one` is `kind` `other`, or the inverse."""
    if _is_same(one, other):
        return None
    ours, others = titles.signs(one.title), titles.signs(other.title)
    speaking = _speaks_of_another(one) or _speaks_of_another(other)
    for rule in (_about,) if speaking else _RULES:
        for inverse in (False, True):
            kind = rule(other, one, others, ours) if inverse else rule(one, other, ours, others)
            if kind:
                return Relation(kind=kind, inverse=inverse, basis="title")
    return None


def _is_same(one: Record, other: Record) -> bool:
    return bool((one.pmid and one.pmid == other.pmid) or one == other)


def _speaks_of_another(record: Record) -> bool:
    sign = titles.signs(record.title).kind
    return notice_kind(record) is not None or sign in ("comment", "reply")


def _about(one: Record, other: Record, mine: Signs, theirs: Signs) -> RelationKind | None:
    """Is `one` a notice, a comment or an answer that repeats the title of `other`?"""
    kind = notice_kind(one)
    if kind is None:
        is_comment = "comment" in types(one) and "comment" not in types(other)
        kind = _ANSWERS.get(mine.kind)
        kind = kind or ("comment on" if is_comment else None)
    if kind is None or _speaks_of_another(other):
        return None
    if notice_kind(one) and _published_elsewhere(one, other):
        return None
    if _year(one) and _year(other) and _year(one) < _year(other) - 1:
        return None
    return kind if _repeats(mine.core, theirs.core, one.title) else None


def _repeats(mine: str, theirs: str, title: str) -> bool:
    """Is the core of the other one in this title, whole, or as far as this title goes?"""
    if not is_long(theirs):
        return False
    if _tight(mine) == _tight(theirs) or f" {theirs} " in f" {titles.fold(title)} ":
        return True
    return is_long(mine) and (
        f" {theirs} " in f" {mine} " or theirs.startswith(f"{mine} ") or mine in theirs
    )


def _review(one: Record, other: Record, mine: Signs, theirs: Signs) -> RelationKind | None:  # noqa: ARG001 - every rule is asked alike
    if not is_later_review(one, other):
        return None
    return "withdrawal of" if is_withdrawn(one) else "new version of"


def _protocol(one: Record, other: Record, mine: Signs, theirs: Signs) -> RelationKind | None:
    planned = mine.kind == "protocol" or "clinical trial protocol" in types(one)
    if not planned or theirs.kind == "protocol" or "clinical trial protocol" in types(other):
        return None
    registered = set(one.registrations) & set(other.registrations)
    if not registered and not _share_authors(one, other):
        return None
    close = overlap(content(mine.core), content(theirs.core)) >= (0.3 if registered else RENAMED)
    whole = is_long(mine.core) and f" {mine.core} " in f" {theirs.core} "
    return "protocol of" if whole or close else None


def _preprint(one: Record, other: Record, mine: Signs, theirs: Signs) -> RelationKind | None:
    """Is `one` a preprint of the article `other`, or of the same work on another server?"""
    if not is_preprint(one) or not _within(one, other, MOST_MONTHS) or mine.kind != theirs.kind:
        return None
    if (mine.part, mine.numbers) != (theirs.part, theirs.numbers) and not _agree(mine, theirs):
        return None
    if not _same_work(one, other, mine, theirs):
        return None
    return "companion of" if is_preprint(other) else "preprint of"


def _agree(mine: Signs, theirs: Signs) -> bool:
    """One title may say fewer numbers than the other, but no other ones."""
    if mine.part and theirs.part and mine.part != theirs.part:
        return False
    ours, others = set(mine.numbers), set(theirs.numbers)
    return ours <= others or others <= ours


def _same_work(one: Record, other: Record, mine: Signs, theirs: Signs) -> bool:
    ours, others = _names(one), _names(other)
    if not ours or not others:
        return False
    shared = set(ours) & set(others)
    first = ours[0] == others[0]
    most = _share_most_authors(one, other)
    if _same_title(one, other, mine, theirs):
        return first or (len(shared) >= 2 and most and ours[0] in others)
    if not first or not most:
        return False
    alike = overlap(content(mine.core), content(theirs.core))
    if overlap(_abstract(one), _abstract(other)) >= SAME_ABSTRACT:
        return True
    if set(one.registrations) & set(other.registrations):
        return alike >= RENAMED / 2
    return alike >= (RENAMED if len(shared) >= 3 else 0.75)


def _same_title(one: Record, other: Record, mine: Signs, theirs: Signs) -> bool:
    if not is_long(mine.core):
        return False
    ours = {_tight(mine.core), _tight(titles.signs(one.vernacular_title).core)} - {""}
    return bool(ours & {_tight(theirs.core), _tight(titles.signs(other.vernacular_title).core)})


def _translation(one: Record, other: Record, mine: Signs, theirs: Signs) -> RelationKind | None:
    """The same title, printed in another language; the English one is the translation."""
    ours, others = set(one.languages or ()), set(other.languages or ())
    if not ours or not others or ours & others or not _share_authors(one, other):
        return None
    if "eng" not in ours and ("eng" in others or (one.published <= other.published)):
        return None
    return "translation of" if _same_title(one, other, mine, theirs) else None


def _editions(one: Record, other: Record, mine: Signs, theirs: Signs) -> RelationKind | None:
    """Parts, editions and other reports: titles that differ in a number, a year, or not at all.

    An edition is a `new version of` the earlier one only when `one` is the later.
    """
    if not is_long(mine.core) or not is_long(theirs.core):
        return None
    if REVIEW.match(one.doi) and REVIEW.match(other.doi):
        return None  # reviews of one series have titles that are alike
    by_authors, by_journal = _share_authors(one, other), _share_journal(one, other)
    if mine.part and theirs.part and mine.part != theirs.part:
        return _parts(mine, theirs) if by_authors or by_journal else None
    counted = editions.counted(mine.core, theirs.core)
    if counted is None or not (by_authors or by_journal or _both_unnamed(one, other)):
        return None
    guidance = is_guidance(mine.core) or is_guidance(theirs.core)
    if counted.follow_ups:
        return "companion of" if by_authors else None
    if not guidance:
        return "companion of" if _share_most_authors(one, other) else None
    supplements = [_SUPPLEMENT.search(core) for core in (mine.core, theirs.core)]
    if all(supplements) and len({match[1] for match in supplements if match}) == 2:
        return "part of"
    ours, others = (counted.mine, _year(one)), (counted.theirs, _year(other))
    if ours[0] == others[0] and abs(ours[1] - others[1]) <= 1 and not by_journal:
        return "companion of"  # printed in several journals
    if ours[0] and others[0] and ours[0] != others[0]:
        return "new version of" if ours[0] > others[0] else None
    if ours[1] and others[1] and ours[1] != others[1]:
        return "new version of" if ours[1] > others[1] else None
    return "companion of" if by_authors else None


def _parts(mine: Signs, theirs: Signs) -> RelationKind | None:
    """Two parts of a work share its name; phases are studies of their own."""
    ours, others = content(mine.core), content(theirs.core)
    if mine.year != theirs.year or len(ours & others) < editions.FEWEST_WORDS - 1:
        return None
    if overlap(ours, others) < PARTS:
        return None
    return "companion of" if _PHASE.search(mine.core) else "part of"


def _abstract(record: Record) -> frozenset[str]:
    """The words of an abstract that says enough to be compared."""
    words = content(titles.fold(record.abstract_text))
    return words if len(words) >= FEWEST_ABSTRACT_WORDS else frozenset()


def _tight(core: str) -> str:
    return core.replace(" ", "")


def _names(record: Record) -> list[str]:
    """The authors' surnames and groups, folded."""
    folded = [titles.fold(author.last or author.collective) for author in record.authors]
    return [name for name in folded if name]


def _share_authors(one: Record, other: Record) -> bool:
    return not set(_names(one)).isdisjoint(_names(other))


def _share_most_authors(one: Record, other: Record) -> bool:
    """Is at least half of the shorter list in the other one?"""
    ours, others = set(_names(one)), set(_names(other))
    return bool(ours and others) and 2 * len(ours & others) >= min(len(ours), len(others))


def _both_unnamed(one: Record, other: Record) -> bool:
    return not one.authors and not other.authors


def _share_journal(one: Record, other: Record) -> bool:
    if set(one.issns) & set(other.issns):
        return True
    ours, others = (
        {titles.fold(name) for name in (record.journal, record.journal_abbreviation) if name}
        for record in (one, other)
    )
    return not ours.isdisjoint(others)


def _published_elsewhere(one: Record, other: Record) -> bool:
    """A notice is printed where its study was: surely not on a server, or in another journal."""
    if is_preprint(one) != is_preprint(other):
        return True
    known = one.issns and other.issns and one.journal and other.journal
    return bool(known) and not _share_journal(one, other)


def _year(record: Record) -> int:
    return int(record.published[:4]) if record.published[:4].isdigit() else 0


def _within(one: Record, other: Record, months: int) -> bool:
    """Were they published within so many months, by the kindest reading of their dates?"""
    ours, others = _span(one.published), _span(other.published)
    return (
        ours is None
        or others is None
        or (max(ours[0], others[0]) - min(ours[1], others[1]) <= months)
    )


def _span(published: str) -> tuple[int, int] | None:
    """The first and the last month that a partial date can mean, counted from the year 0."""
    year, _, rest = published.partition("-")
    if not year.isdigit():
        return None
    month = rest[:2]
    if month.isdigit():
        return 12 * int(year) + int(month), 12 * int(year) + int(month)
    return 12 * int(year) + 1, 12 * int(year) + 12


_Rule = Callable[[Record, Record, Signs, Signs], RelationKind | None]
#: Asked in this order, each in both directions; the first that knows a relation is believed.
_RULES: Final[tuple[_Rule, ...]] = (
    _about,
    _review,
    _protocol,
    _preprint,
    _translation,
    _editions,
)
