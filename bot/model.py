"""The words of the trade, as values.

Empty is `""` or `()`; `None` means that the source withholds the field, so nobody can know.
Times are aware and in UTC; partial dates are ISO text (`2024`, `2024-03`, `2024-03-05`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Answer = Literal["yes", "no", "unknown"]
ChannelName = Literal["email", "slack"]
#: Why a match is in a digest: found by a poll; found later by a sweep; gained when the
#: query's text changed; known at the baseline and never told.
MatchKind = Literal["new", "late", "gained", "baseline"]
#: What one record is to another; read as "this one is ... that one".
RelationKind = Literal[
    "preprint of",
    "erratum for",
    "republication of",  # corrected and republished
    "retraction of",
    "expression of concern for",
    "withdrawal of",
    "reinstatement of",
    "comment on",
    "reply to",
    "protocol of",
    "part of",  # another part of the same work
    "new version of",
    "translation of",
    "companion of",  # another report of the same study
]
#: Who says that two records are related; `title`: nobody, it is inferred.
Basis = Literal["pubmed", "feed", "title"]
#: What readers are told of a study that they were sent.
NoticeKind = Literal[
    "retraction",
    "concern",
    "withdrawal",
    "reinstatement",
    "erratum",
    "republication",
    "publication",  # a preprint has become an article
    "version",  # a new version of a review
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """A person, or a group (`collective`).  Feeds that give one string fill `last` and `initials`
    where the name can be split, else `collective`."""

    last: str = ""
    fore: str = ""
    initials: str = ""
    collective: str = ""

    @property
    def name(self) -> str:
        """The name as PubMed prints it: `Dore J`, or the group's name."""
        return self.collective or f"{self.last} {self.initials}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part of an abstract; `label` is the journal's own ("RESULTS"), or empty."""

    label: str = ""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshHeading:
    """One MeSH heading of an indexed record."""

    descriptor: str
    ui: str = ""
    major: bool = False
    qualifiers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One entry of PubMed's CommentsCorrectionsList: `kind` is its RefType, e.g. `RetractionIn`."""

    kind: str
    pmid: str = ""
    citation: str = ""
    doi: str = ""  #: Normalised; feeds name the other record by it.


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A title and abstract as a source shows it (PRISMA 2020), as plain text without markup."""

    title: str
    pmid: str = ""
    pmid_version: int = 1
    doi: str = ""  #: Normalised by `identifiers.doi`.
    pmcid: str = ""
    pii: str = ""
    registrations: tuple[str, ...] = ()  #: Trial numbers, e.g. `NCT01234567`.
    vernacular_title: str = ""
    abstract: tuple[Section, ...] | None = ()
    other_abstract: tuple[Section, ...] = ()
    keywords: tuple[str, ...] | None = ()
    authors: tuple[Author, ...] = ()
    affiliations: tuple[str, ...] | None = ()
    journal: str = ""
    journal_abbreviation: str = ""
    issns: tuple[str, ...] = ()
    volume: str = ""
    issue: str = ""
    pages: str = ""
    published: str = ""  #: Partial ISO date.
    #: PubMed's other date of publication: that of print where it is the less exact one and agrees
    #: with `published`, else the electronic one.
    also_published: str = ""
    languages: tuple[str, ...] | None = ()  #: Three letters, lower case.
    publication_types: tuple[str, ...] = ()
    mesh: tuple[MeshHeading, ...] = ()
    substances: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    grants: tuple[str, ...] = ()
    conflict_statement: str = ""
    status: str = ""  #: PubMed's: MEDLINE, Publisher, In-Process, PubMed-not-MEDLINE ...
    created: str = ""  #: Create date, ISO; the day is US Eastern.
    entered: str = ""  #: Entry date.
    indexed: str = ""  #: The day that MeSH was added.
    revised: str = ""
    url: str = ""  #: Where a reader opens it: PubMed, the DOI, or the feed's link.

    @property
    def abstract_text(self) -> str:
        """The whole abstract as one text, labels included; empty when withheld or absent."""
        return " ".join(
            f"{section.label}: {section.text}" if section.label else section.text
            for section in self.abstract or ()
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """What a record says of another one: this one is `kind` that one, or the `inverse`."""

    kind: RelationKind
    inverse: bool = False
    pmid: str = ""  #: Of the other one.
    doi: str = ""  #: Of the other one, normalised.
    citation: str = ""  #: Of the other one, where PubMed gives it.
    basis: Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something that happened to a study, of which those are told who were sent the study."""

    record_id: int  #: The study.
    kind: NoticeKind
    identity: str  #: Tells several of a kind apart; the same event has the same.
    other_id: int | None = None  #: The notice or the article, where it is stored.
    pmid: str = ""  #: Of the notice or the article.
    doi: str = ""
    citation: str = ""
    published: str = ""  #: Its partial ISO date.
    basis: Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who is told when a saved query breaks; `target` is an email address or a Slack channel."""

    name: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownStudy:
    """A record that a saved query must find, by PMID or DOI (one of them may be empty)."""

    citation: str
    pmid: str = ""
    doi: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedQuery:
    """A question with its search strategy; `name` is the stem of its file."""

    name: str
    title: str
    question: str
    owner: Owner
    pubmed: str  #: The search strategy, byte for byte.
    journals: tuple[str, ...] = ()  #: Group names of `journals.yaml`, or `all`.
    known_studies: tuple[KnownStudy, ...] = ()
    why: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    publication_types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """One feed of one journal; `name` is the key in `journals.yaml`."""

    name: str
    title: str
    issns: tuple[str, ...] = ()
    feed: str = ""  #: The feed's address; empty where none is known.
    groups: tuple[str, ...] = ()
    confirmed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """When a digest is due, on the wall clock of an IANA time zone."""

    every: Literal["daily", "weekly", "monthly"]
    hour: int = 7
    minute: int = 0
    weekday: int = 0  #: Monday is 0; used by `weekly`.
    day: int = 1  #: 1 to 28; used by `monthly`.
    zone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Who is told what, where, and when."""

    id: int
    channel: ChannelName
    target: str  #: An email address, or a Slack channel id.
    queries: Mapping[str, datetime]  #: Saved query -> since when it is told.
    cadence: Cadence
    layout: str = "standard"
    quiet: bool = True  #: Say so when there is nothing new.
    generation: int = 1  #: Raised to revoke every link sent so far.
    active: bool = True
    next_due: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermark:
    """How far one source has been read for one task."""

    source: str
    task: str  #: A saved query or a journal.
    cursor: Mapping[str, str] = field(default_factory=dict)  #: Only its source reads it.
    moved_at: datetime
