"""From what is said of a study to what happened to it: each event once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from bot import identifiers
from bot.model import Notice, NoticeKind, Record, Relation, RelationKind
from bot.preprints import is_preprint
from bot.relations.reading import is_later_review, is_withdrawn, notice_kind

#: What readers hear of, by the relation of the other record to the study.
_KINDS: Final[Mapping[RelationKind, NoticeKind]] = {
    "retraction of": "retraction",
    "expression of concern for": "concern",
    "withdrawal of": "withdrawal",
    "reinstatement of": "reinstatement",
    "erratum for": "erratum",
    "republication of": "republication",
    "new version of": "version",
}
#: Never by a title alone: somebody who knows is asked first.
ALARMS: Final[frozenset[RelationKind]] = frozenset(
    {"retraction of", "expression of concern for", "withdrawal of", "reinstatement of"}
)
#: A study has one of these, whoever says so and under whatever number.
_ONCE: Final[frozenset[NoticeKind]] = frozenset({"withdrawal"})
_BASES = ("pubmed", "feed", "title")  # the surest first
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CITATION = re.compile(r"\b(\d{4})\b[^;]*;\s*(\w+)(?:\([^)]*\))?:\s*(\w+)")


class Said(NamedTuple):
    """A relation as seen from the study, and the other record where it is stored."""

    relation: Relation
    other_id: int | None = None
    other: Record | None = None


def noticed(number: int, study: Record, said: Iterable[Said]) -> tuple[Notice, ...]:
    """What happened to the study of this number, as far as it is said by somebody who knows.

    Both sides say the same event; it is one notice.  A study is retracted once until it is
    reinstated; errata, concerns and versions are told apart by the other record.
    """
    if notice_kind(study) is not None:
        return ()
    events: dict[tuple[NoticeKind, str], Notice] = {}
    articles = False
    surest = sorted(said, key=lambda one: (_BASES.index(one.relation.basis), not _names(one)))
    places = {
        _place(one.relation.citation): one.relation.citation for one in surest if not _names(one)
    }
    back = _days(surest, "reinstatement of")
    retracted = _days(surest, "retraction of")
    for one in surest:
        kind = _kind(study, one)
        if kind == "publication" and one.relation.basis == "title" and articles:
            continue  # it appears to be published once: as what came first, or what is known
        if kind is not None:
            articles |= kind == "publication"
            notice = _notice(number, kind, one, _identity(kind, one, back, retracted))
            # first cited without a number, then known by one: the same
            if notice.citation and (known := places.get(_place(notice.citation))):
                notice = replace(notice, citation=known)
            events.setdefault((kind, notice.identity), notice)
    return tuple(events.values())


def _kind(study: Record, one: Said) -> NoticeKind | None:
    relation = one.relation
    if relation.basis == "title" and relation.kind in ALARMS:
        return None
    if relation.kind == "preprint of":
        return None if relation.inverse or _is_on_server(one) else "publication"
    if not relation.inverse:
        return None
    if relation.kind == "new version of":
        return _version(study, one)
    return _KINDS.get(relation.kind)


def _version(study: Record, one: Said) -> NoticeKind | None:
    if is_preprint(study):
        # the article may call itself an update; what the server changes is no news
        is_article = one.other is not None and not _is_on_server(one)
        return "publication" if is_article and one.relation.basis != "title" else None
    if one.relation.basis == "title":
        # this year's guideline is news of its own; a review's new version replaces it
        return "version" if one.other and is_later_review(one.other, study) else None
    return "withdrawal" if one.other and is_withdrawn(one.other) else "version"


def _is_on_server(one: Said) -> bool:
    return one.other is not None and is_preprint(one.other)


def _names(one: Said) -> bool:
    return bool(one.other_id or one.relation.pmid or one.relation.doi)


def _days(said: Iterable[Said], kind: RelationKind) -> list[str]:
    """The dates of the records of a kind that are stored, in order."""
    return sorted(
        one.other.published
        for one in said
        if one.relation.kind == kind
        and one.relation.basis != "title"
        and one.other
        and one.other.published
    )


def _identity(kind: NoticeKind, one: Said, back: Sequence[str], retracted: Sequence[str]) -> str:
    if kind in _ONCE:
        return ""
    if kind in ("retraction", "reinstatement"):
        day = one.other.published if one.other else ""
        # A month may lie before or behind a day in it.  It lies behind where an earlier retraction
        # is known: of a second one readers are told rather once too often than never.
        latest = day + "-12-31"[len(day) - 4 :] if day else ""
        if kind != "retraction" or not any(day != other < latest for other in retracted):
            latest = day
        before = sum(latest > earlier for earlier in back) if day else 0
        return f"after reinstatement {before}" if before else ""
    pmid = one.relation.pmid or (one.other.pmid if one.other else "")
    doi = one.relation.doi or (one.other.doi if one.other else "")
    if pmid:
        return f"pmid:{pmid}"
    return f"doi:{doi}" if doi else f"cited:{identifiers.folded_title(one.relation.citation)}"


def _notice(number: int, kind: NoticeKind, one: Said, identity: str) -> Notice:
    relation, other = one.relation, one.other
    return Notice(
        record_id=number,
        kind=kind,
        identity=identity,
        other_id=one.other_id,
        pmid=relation.pmid or (other.pmid if other else ""),
        doi=relation.doi or (other.doi if other else ""),
        citation=relation.citation or (cited(other) if other else ""),
        published=other.published if other else "",
        basis=relation.basis,
    )


def _place(citation: str) -> tuple[str, ...]:
    """Year, volume and first page of a citation, or all of it where it has no such form."""
    match = _CITATION.search(citation)
    return match.groups() if match else (citation,)


def cited(record: Record) -> str:
    """A record as PubMed cites it in a link: `J Made Up Stud. 2026 Oct 15;7(2):11-19`."""
    year, month, day = (*record.published.split("-"), "", "")[:3]
    when = " ".join(filter(None, (year, _MONTHS[int(month) - 1] if month else "", day.lstrip("0"))))
    issue = f"({record.issue})" if record.issue else ""
    where = f"{record.volume}{issue}:{record.pages}" if record.volume or record.pages else ""
    journal = record.journal_abbreviation or record.journal
    return ";".join(filter(None, (f"{journal}. {when}".strip(), where))) if journal else ""
