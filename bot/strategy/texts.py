"""The texts of a record as its reader sees them, field by field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from bot.model import MeshHeading, Record

FieldName = Literal[
    "title",
    "abstract",
    "other abstract",
    "keywords",
    "MeSH",
    "substances",
    "publication types",
    "authors",
    "journal",
    "affiliations",
    "language",
    "dates",
    "identifiers",
]

BETWEEN = "; "  #: Stands between the parts of a field.


def texts(record: Record) -> dict[FieldName, str]:
    """All texts of a record; empty where it has none or its source withholds it."""
    return {name: BETWEEN.join(parts) for name, parts in parts(record).items()}


def parts(record: Record) -> Mapping[FieldName, tuple[str, ...]]:
    """The same, each field as the parts that its text joins: one author, one heading."""
    dates = (
        ("published", record.published),
        ("also published", record.also_published),
        ("created", record.created),
        ("entered", record.entered),
        ("indexed", record.indexed),
        ("revised", record.revised),
    )
    return {
        "title": (record.title,),
        "abstract": (record.abstract_text,),
        "other abstract": tuple(
            f"{section.label}: {section.text}" if section.label else section.text
            for section in record.other_abstract
        ),
        "keywords": record.keywords or (),
        "MeSH": tuple(map(_heading, record.mesh)),
        "substances": record.substances,
        "publication types": record.publication_types,
        "authors": tuple(author.name for author in record.authors),
        "journal": tuple(
            dict.fromkeys(
                filter(None, (record.journal, record.journal_abbreviation, *record.issns))
            )
        ),
        "affiliations": record.affiliations or (),
        "language": record.languages or (),
        "dates": tuple(f"{name} {day}" for name, day in dates if day),
        "identifiers": tuple(
            filter(None, (record.pmid, record.doi, record.pmcid, record.pii, *record.registrations))
        ),
    }


def _heading(heading: MeshHeading) -> str:
    """As the MEDLINE format writes it, a major heading with a star."""
    star = "*" if heading.major else ""
    return star + "/".join((heading.descriptor, *heading.qualifiers))
