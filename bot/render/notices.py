"""What happened to a study, in words: neutral, with both records linked and all dates given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from bot.digest import Entry, Event
from bot.model import Notice, NoticeKind
from bot.render.plain import clean, cut, day, identified, link, when

TITLE_LENGTH = 600
CITATION_LENGTH = 300


class _Words(NamedTuple):
    heading: str  #: Before the study's title in a notice.
    flag: str  #: Where the study itself is shown.
    subject: str  #: What was published.
    marked: str  #: How the study is marked where no notice is named.


_WORDS: Mapping[NoticeKind, _Words] = {
    "retraction": _Words("Retracted", "RETRACTED", "The retraction notice", "as retracted"),
    "withdrawal": _Words("Withdrawn", "WITHDRAWN", "The notice of withdrawal", "as withdrawn"),
    "concern": _Words(
        "Expression of concern",
        "EXPRESSION OF CONCERN",
        "The expression of concern",
        "with an expression of concern",
    ),
    "reinstatement": _Words(
        "Reinstated", "Reinstated", "The notice of reinstatement", "as reinstated"
    ),
    "erratum": _Words("Erratum", "Erratum", "The erratum", "with an erratum"),
    "republication": _Words(
        "Corrected and republished",
        "Corrected and republished",
        "The corrected version",
        "as corrected and republished",
    ),
    "publication": _Words(
        "Now published", "Published as an article", "The article", "as published"
    ),
    "version": _Words("New version", "New version", "The new version", "as replaced"),
}
_INFERRED = _Words(
    "Appears to be published",
    "Appears to be published as an article",
    "It appears to have been published as an article",
    "as published",
)
#: They stand before the title wherever the study is shown; the gravest first.
_GRAVE: tuple[NoticeKind, ...] = ("retraction", "withdrawal", "concern")
_NOTICED: tuple[NoticeKind, ...] = (*_GRAVE, "reinstatement")


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagView:
    """One thing that has happened to a study that is shown."""

    short: str  #: `RETRACTED`
    text: str  #: `RETRACTED, notice of 3 Feb 2026`
    url: str  #: Of the notice; may be empty.

    @property
    def grave(self) -> bool:
        """Does it stand before the title, too?"""
        return self.short.upper() in {_WORDS[kind].flag for kind in _GRAVE}


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """What happened to a study that was sent before, as one sentence around a link."""

    heading: str  #: `Retracted`
    title: str  #: The study's.
    url: str  #: The study's; https, or empty.
    said: str  #: `The retraction notice was published on 3 February 2026`
    label: str  #: What the link to the notice is called; empty when there is none.
    other_url: str  #: Of the notice or the article; may be empty.
    sent: str  #: `You were sent this study on 12 January 2026.`

    @property
    def other_name(self) -> str:
        """What a link to the notice is called that has no title to show."""
        address = self.other_url.removeprefix("https://").rstrip("/")
        return address.replace("pubmed.ncbi.nlm.nih.gov/", "PubMed ")

    @property
    def sentence(self) -> str:
        """The whole of it, with the other record's address as text."""
        other = " ".join(filter(None, (self.label, self.other_url)))
        return f"{self.said}{': ' if other else ''}{other}. {self.sent}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailView:
    """A mail about nothing but what happened to studies."""

    subject: str
    events: tuple[EventView, ...]
    reason: str
    postal_address: str
    sender: str
    unsubscribe: str


def flag(notice: Notice) -> FlagView:
    """How a study is marked to which this has happened."""
    short = _words(notice).flag
    published = day(notice.published) if notice.published else ""
    of = "notice of " if notice.kind in _NOTICED else ""
    text = f"{short}, {of}{published}" if published else short
    return FlagView(short=short, text=text, url=identified(notice.pmid, notice.doi))


def flags(entry: Entry) -> tuple[FlagView, ...]:
    """All that has happened to a study, and what its own record says beyond that."""
    shown = [flag(notice) for notice in entry.notices]
    said = [one.short.casefold() for one in shown]
    own = [clean(text) for text in entry.flags]
    own = [text for text in own if not any(text.casefold() in one for one in said)]
    if entry.renews:
        kind, sent_on = entry.renews
        form = "New version of a review" if kind == "version" else "Corrected version of a study"
        own.append(f"{form} that you were sent {_on(sent_on)}")
    return (*shown, *(FlagView(short=text, text=text, url="") for text in own))


def flagged_title(title: str, marks: Iterable[FlagView]) -> str:
    """The title with the gravest of these before it, unless it says so itself."""
    said = [mark.short.upper() for mark in marks]
    undone, done = (_WORDS[kind].flag.upper() for kind in ("reinstatement", "retraction"))
    if next((one for one in reversed(said) if one in (undone, done)), "") == undone:
        return title  # the line of flags says both
    grave = next((word for kind in _GRAVE if (word := _WORDS[kind].flag) in said), "")
    repeats = title.lstrip("[( ").casefold().startswith(grave.casefold())
    return title if not grave or repeats else f"{grave}: {title}"


def event_view(event: Event) -> EventView:
    """What readers of the study are told."""
    notice, other, words = event.notice, event.other, _words(event.notice)
    url = identified(notice.pmid, notice.doi) or (link(other) if other else "")
    published, citation = when(notice.published), cut(clean(notice.citation), CITATION_LENGTH)
    if words is _INFERRED:
        said = f"{words.subject} {published}".rstrip()
    elif url or citation or published:
        said = f"{words.subject} was published {published}" if published else words.subject
    else:
        said = f"The study is marked {words.marked}; the notice itself is not named"
    label = ""
    if event.brings and other:
        label = cut(clean(other.title), TITLE_LENGTH)
    elif not url:
        label = citation.rstrip(".")
    why = " This is inferred from the title and the authors." if words is _INFERRED else ""
    address = link(event.study)
    return EventView(
        heading=words.heading,
        title=cut(clean(event.study.title) or clean(event.study.vernacular_title), TITLE_LENGTH)
        or "(no title)",
        url=address if address.startswith("https:") else "",
        said=said,
        label=label,
        other_url=url if url.startswith("https:") else "",
        sent=f"You were sent this study {_on(event.sent_on)}.{why}",
    )


def subject(events: Iterable[EventView]) -> str:
    """What a mail of its own is about: `Retracted: a study you were sent`."""
    kinds = [event.heading for event in events]
    several = f"{len(kinds)} studies" if len(kinds) > 1 else "a study"
    heading = kinds[0] if len(set(kinds)) == 1 else "Retractions and concerns"
    return f"{heading}: {several} you were sent"


def _words(notice: Notice) -> _Words:
    inferred = notice.kind == "publication" and notice.basis == "title"
    return _INFERRED if inferred else _WORDS[notice.kind]


def _on(moment: date) -> str:
    return when(moment.isoformat())
