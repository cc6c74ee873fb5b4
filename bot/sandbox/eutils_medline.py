"""A record as MEDLINE text, for the local E-utilities."""

from __future__ import annotations

import textwrap

from bot.model import Record


def medline_text(record: Record) -> str:
    """The record as EFetch gives it with rettype=medline."""
    lines: list[tuple[str, str]] = [
        ("PMID", record.pmid),
        ("OWN", "NLM"),
        ("STAT", record.status),
        ("LR", record.revised.replace("-", "")),
        *(("IS", one) for one in record.issns),
        ("VI", record.volume),
        ("IP", record.issue),
        ("DP", record.published.replace("-", " ")),
        ("TI", record.title),
        ("PG", record.pages),
        ("LID", record.doi and f"{record.doi} [doi]"),
        ("AB", record.abstract_text),
    ]
    for author in record.authors:
        if author.collective:
            lines.append(("CN", author.collective))
        else:
            lines += [("FAU", f"{author.last}, {author.fore or author.initials}")]
            lines += [("AU", author.name)]
    lines += [
        *(("AD", one) for one in record.affiliations or ()),
        *(("LA", one) for one in record.languages or ()),
        *(("PT", one) for one in record.publication_types),
        ("TT", record.vernacular_title),
        ("TA", record.journal_abbreviation),
        ("JT", record.journal),
        *(("RN", f"0 ({one})") for one in record.substances),
        *(
            ("MH", "/".join((("*" if one.major else "") + one.descriptor, *one.qualifiers)))
            for one in record.mesh
        ),
        ("PMC", record.pmcid),
        *(("OT", one) for one in record.keywords or ()),
        ("COIS", record.conflict_statement),
        ("EDAT", _moment(record.entered)),
        ("MHDA", _moment(record.indexed)),
        ("CRDT", _moment(record.created)),
        *(("SI", f"ClinicalTrials.gov/{one}") for one in record.registrations),
        ("AID", record.doi and f"{record.doi} [doi]"),
        ("AID", record.pii and f"{record.pii} [pii]"),
    ]
    return "\n".join(_field(tag, text) for tag, text in lines if text) + "\n"


def _moment(day: str) -> str:
    return f"{day.replace('-', '/')} 06:00" if day else ""


def _field(tag: str, text: str) -> str:
    start = f"{tag:<4}- "
    return textwrap.fill(
        text, 88, initial_indent=start, subsequent_indent="      ", break_long_words=False
    )
