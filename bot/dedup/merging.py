"""One record of several: what is shown of a work that several sources describe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from functools import reduce

from bot.model import Record


def merge(known: Record, seen: Record) -> Record:
    """One record of two sightings: PubMed's words where it has them, the other's where it has not.

    Of two sightings by PubMed the later one wins, so that indexing and corrections arrive; of two
    by feeds the first one stays and the later one fills its gaps.
    """
    by_pubmed = _is_by_pubmed(seen)
    base, other = (seen, known) if by_pubmed else (known, seen)
    gaps = {
        field.name: getattr(other, field.name)
        for field in fields(Record)
        if not getattr(base, field.name) and getattr(other, field.name)
    }
    if base.abstract is None and other.abstract is not None:
        gaps["abstract"] = other.abstract
    if by_pubmed and _is_by_pubmed(known) and known.pmid == seen.pmid:
        gaps.pop("links", None)  # of a retraction that PubMed has taken back nothing stays
    return replace(base, **gaps)


def _is_by_pubmed(record: Record) -> bool:
    """A feed of PubMed's gives a PMID, but neither of these."""
    return bool(record.created or record.status)


def merged(records: Sequence[Record]) -> Record:
    """One record of at least one, in the order in which they came."""
    return reduce(merge, records)
