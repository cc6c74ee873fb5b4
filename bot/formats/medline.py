"""MEDLINE text and .nbib files to records, on Bio.Medline.

The format holds less than the XML: no versions, no UIs of headings, and labels of an abstract only
as capitals in its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from Bio import Medline

from bot import identifiers
from bot.formats.text import clean, partial_date, two_dates
from bot.model import Author, Link, MeshHeading, Record, Section

_CONTINUED = "      "
#: MEDLINE's tags for CommentsCorrections, and the XML's RefType for the same.
_LINKS = {
    "CIN": "CommentIn",
    "CON": "CommentOn",
    "CRF": "CorrectedandRepublishedFrom",
    "CRI": "CorrectedandRepublishedIn",
    "DDIN": "AssociatedDataset",
    "DRIN": "AssociatedPublication",
    "ECF": "ExpressionOfConcernFor",
    "ECI": "ExpressionOfConcernIn",
    "EFR": "ErratumFor",
    "EIN": "ErratumIn",
    "ORI": "OriginalReportIn",
    "PRIN": "PartialRetractionIn",
    "PROF": "PartialRetractionOf",
    "RIN": "RetractionIn",
    "ROF": "RetractionOf",
    "RPF": "RepublishedFrom",
    "RPI": "RepublishedIn",
    "RRF": "RetractedandRepublishedFrom",
    "RRI": "RetractedandRepublishedIn",
    "SPIN": "SummaryForPatientsIn",
    "UIN": "UpdateIn",
    "UOF": "UpdateOf",
}
_LINK_PMID = re.compile(r"\s*PMID:\s*(\d+)")
_ISSN = re.compile(r"\b\d{4}-\d{3}[\dXx]\b")
_SUBSTANCE = re.compile(r"\S+ \((.*)\)")
_LOCATION = re.compile(r"(\S+) \[(doi|pii)\]")
_LABEL = re.compile(r"(?:^|(?<=[.?!)\]] ))([A-Z][A-Z/&,() -]{3,79}): ")


def read(stream: Iterable[str]) -> Iterator[Record]:
    """Give the records one by one; what has neither PMID nor title is no record."""
    parsed = Medline.parse(_unfolded(stream))  # type: ignore[no-untyped-call]  # Biopython is untyped
    for fields in parsed:
        texts = {
            tag: [clean(line) for line in ([value] if isinstance(value, str) else value)]
            for tag, value in fields.items()
        }
        if texts.get("PMID") or texts.get("TI"):
            yield _record(texts)


def _unfolded(stream: Iterable[str]) -> Iterator[str]:
    """Each field on one line: Bio.Medline would take the second line of a keyword for a keyword."""
    field = ""
    for raw in stream:
        line = raw.rstrip("\r\n").removeprefix("\ufeff")
        if line.startswith(_CONTINUED):
            if field:  # else a blank line has parted it from its field
                field = f"{field} {line.strip()}"
            continue
        if field:
            yield f"{field}\n"
        field = line
        if not line.strip():
            yield "\n"
            field = ""
    if field:
        yield f"{field}\n"


_Texts = Mapping[str, list[str]]


def _one(texts: _Texts, *tags: str) -> str:
    return next((" ".join(texts[tag]) for tag in tags if any(texts.get(tag, ()))), "")


def _record(texts: _Texts) -> Record:
    pmid = identifiers.pmid(_one(texts, "PMID"))
    vernacular = _one(texts, "TT")
    title = _one(texts, "TI")
    locations = [*texts.get("AID", ()), *texts.get("LID", ())]
    kinds = {kind: name for line in reversed(locations) for name, kind in _LOCATION.findall(line)}
    abstract = _sections(_one(texts, "AB"))
    history = _history(texts)
    accessions = [line.partition("/")[2] for line in texts.get("SI", ())]
    printed, online = partial_date(_one(texts, "DP")), partial_date(_one(texts, "DEP"))
    published, also_published = two_dates(printed, online)
    return Record(
        title=title or vernacular or _one(texts, "CTI", "BTI"),
        pmid=pmid,
        doi=identifiers.doi(kinds.get("doi", "")),
        pmcid=identifiers.pmcid(_one(texts, "PMC")),
        pii=kinds.get("pii", ""),
        registrations=identifiers.registrations(" ".join([*accessions, _one(texts, "AB")])),
        vernacular_title=vernacular,
        abstract=abstract,
        other_abstract=tuple(Section(text=line) for line in texts.get("OAB", ()) if line),
        keywords=_unique(line.lstrip("*") for line in texts.get("OT", ())),
        authors=_authors(texts),
        affiliations=_unique(texts.get("AD", ())),
        journal=_one(texts, "JT") or (_one(texts, "BTI") if title else ""),
        journal_abbreviation=_one(texts, "TA"),
        issns=_unique(_ISSN.findall(_one(texts, "IS").upper())),
        volume=_one(texts, "VI"),
        issue=_one(texts, "IP"),
        pages=_one(texts, "PG"),
        published=published,
        also_published=also_published,
        languages=_unique(line.lower()[:3] for line in texts.get("LA", ())),
        publication_types=_unique(texts.get("PT", ())),
        mesh=tuple(_heading(line) for line in texts.get("MH", ()) if line),
        substances=_unique(
            [
                *(_SUBSTANCE.sub(r"\1", line) for line in texts.get("RN", ())),
                *(line for tag in ("NM", "SCN") for line in texts.get(tag, ())),
            ]
        ),
        links=tuple(
            _link(kind, line) for tag, kind in _LINKS.items() for line in texts.get(tag, ())
        ),
        grants=_unique(texts.get("GR", ())),
        conflict_statement=_one(texts, "COIS"),
        status=_one(texts, "STAT"),
        created=history.get("entrez", ""),
        entered=history.get("pubmed", ""),
        indexed=history.get("medline", ""),
        revised=partial_date(_one(texts, "LR")),
        url=f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid else "",
    )


def _unique(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line for line in lines if line))


def _sections(text: str) -> tuple[Section, ...]:
    """The abstract by its labels: at least two, the first at its beginning."""
    pieces = _LABEL.split(text)
    if len(pieces) < 5 or pieces[0]:
        return (Section(text=text),) if text else ()
    labels, texts = pieces[1::2], (piece.strip() for piece in pieces[2::2])
    return tuple(
        Section(label=label, text=part) for label, part in zip(labels, texts, strict=True) if part
    )


def _authors(texts: _Texts) -> tuple[Author, ...]:
    short, full = texts.get("AU", []), texts.get("FAU", [])
    if len(full) != len(short):
        full = [""] * len(short)
    people = [_author(*names) for names in zip(short, full, strict=True)]
    return (*people, *(Author(collective=line) for line in texts.get("CN", ()) if line))


def _author(short: str, full: str) -> Author:
    """`Sample AB` and `Sample, Ada B`; the last name may be several words."""
    last, _, fore = full.partition(", ")
    if last and short.startswith(last):
        return Author(last=last, fore=fore, initials=short.removeprefix(last).strip())
    last, _, initials = short.rpartition(" ")
    return Author(last=last or short, fore=fore, initials=initials if last else "")


def _history(texts: _Texts) -> dict[str, str]:
    dates = {
        status: partial_date(_one(texts, tag))
        for status, tag in (("entrez", "CRDT"), ("pubmed", "EDAT"), ("medline", "MHDA"))
    }
    for line in texts.get("PHST", ()):
        day, _, status = line.rpartition(" ")
        dates[status.strip("[]")] = partial_date(day)
    return dates


def _heading(line: str) -> MeshHeading:
    descriptor, *qualifiers = line.split("/")
    return MeshHeading(
        descriptor=descriptor.lstrip("*"),
        major="*" in line,
        qualifiers=tuple(one.lstrip("*") for one in qualifiers),
    )


def _link(kind: str, line: str) -> Link:
    pmid = _LINK_PMID.search(line)
    citation = _LINK_PMID.sub("", line).strip()
    return Link(kind=kind, pmid=identifiers.pmid(pmid[1]) if pmid else "", citation=citation)
