"""A record made ready for reading terms, and what is given beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache

from bot.model import Record, Section
from bot.strategy.mesh import NO_TREE, Tree
from bot.strategy.words import name, words

#: Records with these states will get no more headings (NLM, status of citations).
_SETTLED = frozenset({"MEDLINE", "OLDMEDLINE", "PubMed-not-MEDLINE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What an answer depends on beside the record and the strategy."""

    mesh: Tree = NO_TREE
    today: date | None = None  #: Without it, "last 30 days" is unknown.
    strict: bool = False  #: What PubMed adds only at indexing is unknown until then.


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A part of a record, folded."""

    words: str
    complete: bool  #: False when the source withholds some of it.


@dataclass(frozen=True, kw_only=True)
class Folded:
    """A record with the texts that terms are looked up in, each made when first asked for."""

    record: Record

    @cached_property
    def title(self) -> Text:
        return Text(words=words((self.record.title,)), complete=True)

    @cached_property
    def title_abstract(self) -> Text:
        """With the other abstracts and the author keywords, as in PubMed."""
        record = self.record
        abstracts = (_joined(record.abstract or ()), _joined(record.other_abstract))
        text = "\n".join((self.title.words, words(abstracts), self.keywords.words))
        complete = record.abstract is not None and record.keywords is not None
        return Text(words=text, complete=complete)

    @cached_property
    def keywords(self) -> Text:
        keywords = self.record.keywords
        return Text(words=words(keywords or ()), complete=keywords is not None)

    @cached_property
    def affiliations(self) -> Text:
        affiliations = self.record.affiliations
        return Text(words=words(affiliations or ()), complete=affiliations is not None)

    @cached_property
    def everything(self) -> Text:
        """PubMed's text words, as far as a record holds them: not the subject persons."""
        record = self.record
        qualifiers = (qualifier for heading in record.mesh for qualifier in heading.qualifiers)
        groups = (author.collective for author in record.authors if author.collective)
        notes = (link.citation for link in record.links if link.kind != "Cites")
        some = (*qualifiers, *record.substances, *record.publication_types)
        rest = words((*some, *groups, *notes, *record.registrations))
        text = "\n".join((self.title_abstract.words, *self.headings, rest))
        return Text(words=text, complete=self.title_abstract.complete)

    @cached_property
    def all_fields(self) -> Text:
        """Every field of the record but its dates."""
        record = self.record
        names = (
            form
            for author in record.authors
            for form in (author.name, f"{author.fore} {author.last}")
        )
        journal = (record.journal, record.journal_abbreviation, *record.issns)
        numbers = (record.pmid, record.doi, record.pmcid, record.pii, *record.grants)
        issue = (record.volume, record.issue, record.pages)
        others = (record.vernacular_title, record.conflict_statement, *(record.languages or ()))
        rest = words(filter(None, (*names, *journal, *numbers, *issue, *others)))
        text = "\n".join((self.everything.words, self.affiliations.words, rest))
        return Text(words=text, complete=self.everything.complete and self.affiliations.complete)

    @cached_property
    def headings(self) -> tuple[str, ...]:
        """The record's own, in their order."""
        return tuple(name(heading.descriptor) for heading in self.record.mesh)

    @property
    def settled(self) -> bool:
        """Has PubMed indexed the record, or decided not to?"""
        return bool(self.record.mesh) or self.record.status in _SETTLED

    @property
    def told(self) -> bool:
        """Is what the record lacks really absent?  PubMed says all; a feed leaves fields out."""
        return bool(self.record.status)


@lru_cache(maxsize=256)
def folded(record: Record) -> Folded:
    """Fold a record once for many strategies; the last 256 are kept."""
    return Folded(record=record)


def _joined(sections: Iterable[Section]) -> str:
    """An abstract is one text in PubMed, the labels of its parts included."""
    return " ".join(f"{section.label} {section.text}" for section in sections)
