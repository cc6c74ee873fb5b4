"""What a record says of others, and of itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from bot import identifiers, titles
from bot.model import Basis, Link, Record, Relation, RelationKind
from bot.preprints import is_on_server, is_preprint

#: What a link says, by its RefType (PubMed's DTD of 2026): the relation, and whether it is the
#: other record that is so to this one.  Those of the last block are for feeds, which know more
#: kinds than PubMed.  `Cites` says nothing that is kept.
_KINDS: Final[Mapping[str, tuple[RelationKind, bool]]] = {
    "AssociatedDataset": ("companion of", False),
    "AssociatedPublication": ("companion of", False),
    "CommentIn": ("comment on", True),
    "CommentOn": ("comment on", False),
    "CorrectedandRepublishedFrom": ("republication of", False),
    "CorrectedandRepublishedIn": ("republication of", True),
    "ErratumFor": ("erratum for", False),
    "ErratumIn": ("erratum for", True),
    "ExpressionOfConcernFor": ("expression of concern for", False),
    "ExpressionOfConcernIn": ("expression of concern for", True),
    "OriginalReportIn": ("companion of", False),
    # NLM counts a partial retraction among the errata: the study stands
    "PartialRetractionIn": ("erratum for", True),
    "PartialRetractionOf": ("erratum for", False),
    # printed once more elsewhere, with nothing corrected
    "ReprintIn": ("companion of", False),
    "ReprintOf": ("companion of", False),
    "RepublishedFrom": ("companion of", False),
    "RepublishedIn": ("companion of", False),
    "RetractedandRepublishedFrom": ("republication of", False),
    "RetractedandRepublishedIn": ("republication of", True),
    "RetractionIn": ("retraction of", True),
    "RetractionOf": ("retraction of", False),
    "SummaryForPatientsIn": ("companion of", False),
    "UpdateIn": ("new version of", True),
    "UpdateOf": ("new version of", False),
    "PartOf": ("part of", False),
    "PartIn": ("part of", True),
    "PreprintOf": ("preprint of", False),
    "PreprintIn": ("preprint of", True),
    "ProtocolOf": ("protocol of", False),
    "ProtocolIn": ("protocol of", True),
    "ReinstatementOf": ("reinstatement of", False),
    "ReinstatementIn": ("reinstatement of", True),
    "ReplyOf": ("reply to", False),
    "ReplyIn": ("reply to", True),
    "TranslationOf": ("translation of", False),
    "TranslationIn": ("translation of", True),
    "VersionOf": ("new version of", False),
    "VersionIn": ("new version of", True),
    "WithdrawalOf": ("withdrawal of", False),
    "WithdrawalIn": ("withdrawal of", True),
}
_REPUBLISHED = frozenset({"RetractedandRepublishedIn", "RetractedandRepublishedFrom"})
#: NLM renamed the second in 2026.
_RETRACTION_TYPES = frozenset({"retraction of publication", "retraction notice"})
#: Cochrane reviews: one DOI for all versions, but for its end.
REVIEW: Final = re.compile(r"(10\.1002/14651858\.(?:cd|mr|ed)\d{6})(?:\.pub(\d+))?")
# What a notice does, by the words that stand before the title of the study.
_NO_CONCERN = re.compile(
    r"\b(?:remov|lift|withdraw|retract|resol|clos|cancel)\w*\b.{0,40}\bexpression of "
    r"(?:editorial )?concern\b|\bexpression of (?:editorial )?concern\b.{0,60}\b"
    r"(?:removed|lifted|withdrawn|retracted|resolved|closed|cancelled)\b",
    re.IGNORECASE,
)
_PARTIAL = re.compile(r"\W*(?:notice of )?partial(?:ly)? retract", re.IGNORECASE)
_REINSTATED = re.compile(
    r"\W*(?:(?:notice|statement) of |(?:article|paper|study) )?reinstate(?:ment|d)\b", re.IGNORECASE
)
_UNDONE = re.compile(
    r"\bretraction (?:of|to|for) (?:the |a )?(?:notice of )?retraction\b"
    r"|\bretraction notice (?:is |was |has been )?(?:retracted|withdrawn|removed)\b",
    re.IGNORECASE,
)
#: A title without any of these has no part that is the notice's own, but for its first words.
_BEGINS_STUDY = re.compile(r"[:\"“‘«\[(]|\.\s|\s[-–—]\s")
_OWN_WORDS: Final = 6
#: MEDLINE's note behind the title of a study: "[Erratum appears in ...]".
_OWN_NOTE = re.compile(
    r"[\[(]\s*(?:published )?(erratum|correction|corrigendum|retraction)\s+(?:appears? )?in\b",
    re.IGNORECASE,
)
#: What is published about a study and is none itself, the gravest first.
_NOTICES: Final[tuple[RelationKind, ...]] = (
    "retraction of",
    "withdrawal of",
    "expression of concern for",
    "reinstatement of",
    "erratum for",
)
_SIGNS: Final[Mapping[str, RelationKind]] = {
    "retraction": "retraction of",
    "withdrawal": "withdrawal of",
    "concern": "expression of concern for",
    "reinstatement": "reinstatement of",
    "erratum": "erratum for",
    "correction": "erratum for",
}
#: "Correction of scoliosis" and "Withdrawal: a survey" are titles of studies.
_TITLE_OF_NOTICE = re.compile(
    r"\W*(?:(?:the )?(?:author|publisher|editor)s?\W{0,2}s?\W{0,2}\s+)?"
    r"(?:(?:errat(?:um|a)|corrigend(?:um|a)|addendum)\s*(?:notice|note|statement)?\s*"
    r"(?:$|\W*[.:\[(\"“”‘'«–—-]|\b(?:to|for|on)\b)"
    r"|(?:notice of )?(?:corrections?|retraction)\s*(?:notice|note|statement)?\s*"
    r"(?:$|[.:\[(\"“”‘'«–—]"
    r"|\bto\b(?=\s*[:\"“‘'«]|.*\bet al\b|\s+(?:the|this|our) (?:article|paper|study) )"
    r"|\b(?:of|for)\s*[:\"“‘'«])"
    r"|(?:editorial )?(?:expression|statement|note) of (?:editorial )?concern\s*"
    r"(?:$|[.:\[(\"“”‘'«–—-]|\b(?:to|for|about|regarding)\b)"
    r"|(?:notice of (?:withdrawal|reinstatement)|(?:withdrawal|reinstatement) notice)\b)",
    re.IGNORECASE,
)
LONGEST_NOTICE: Final = 1500  # characters; corrections may list what was wrong in every table


def stated(record: Record, basis: Basis) -> tuple[Relation, ...]:
    """The relations that a record names, each once; `basis` is who showed the record."""
    said = list(_own(record, basis))
    for link in record.links:
        said += _linked(record, link, basis)
    return tuple(dict.fromkeys(said))


def _linked(record: Record, link: Link, basis: Basis) -> Iterator[Relation]:
    doi = "" if link.pmid else link.doi or identifiers.doi(link.citation)
    if (link.pmid and link.pmid == record.pmid) or (doi and doi == record.doi):
        return  # of itself
    if not (link.pmid or doi or link.citation):
        return
    source: Basis = "pubmed" if record.status and not link.doi else "feed" if link.doi else basis
    if link.kind == "Related":
        source = "title"  # the feed names the other record, and only the title says how
    for kind, inverse in _meanings(record, link):
        yield Relation(
            kind=kind,
            inverse=inverse,
            pmid=link.pmid,
            doi=doi,
            citation=link.citation,
            basis=source,
        )


def _meanings(record: Record, link: Link) -> list[tuple[RelationKind, bool]]:
    """What a link means; the record's own title and kind make PubMed's coarser words exact."""
    if link.kind == "Related":
        announced = _announced(record)
        return [(announced, False)] if announced else []
    if link.kind not in _KINDS:
        return []
    kind, inverse = _KINDS[link.kind]
    if link.kind in _REPUBLISHED:
        return [(kind, inverse), ("retraction of", inverse)]
    on_server = is_on_server(link.citation)
    if link.kind == "UpdateIn" and is_preprint(record) and not on_server:
        return [("preprint of", False)]
    if link.kind == "UpdateOf":
        if on_server and not is_preprint(record):
            return [("preprint of", True)]
        if is_withdrawn(record):
            return [("withdrawal of", False)]
    if not inverse and kind in ("retraction of", "erratum for", "expression of concern for"):
        return [(_sharpened(record, kind), False)]
    return [(kind, inverse)]


def _own(record: Record, basis: Basis) -> Iterator[Relation]:
    """What a record says of itself without naming the notice."""
    links = {link.kind for link in record.links}
    retracted = types(record) & {"retracted publication"}
    if retracted and not links & {"RetractionIn", "RetractedandRepublishedIn"}:
        yield Relation(kind="retraction of", inverse=True, basis="pubmed")
    own = titles.signs(record.title).kind
    cited, announced = identifiers.doi(record.title), _announced(record)
    if announced and cited and cited != record.doi:
        yield Relation(kind=announced, doi=cited, basis="title")
    if own == "retracted" and not retracted and "RetractionIn" not in links:
        yield Relation(kind="retraction of", inverse=True, basis="title")
    if own == "withdrawn" and "WithdrawalIn" not in links:
        # no type and no link says so in PubMed: its title is all that there ever is
        said_by_pubmed = basis == "pubmed" and bool(record.status)
        yield Relation(
            kind="withdrawal of", inverse=True, basis="pubmed" if said_by_pubmed else "title"
        )


def notice_kind(record: Record) -> RelationKind | None:
    """Of which kind the notice is that this record is; None for a study.

    By its type, else by its links or its title where the record says nothing more.  What was
    retracted, corrected or republished is a study, whatever its title carries.
    """
    kinds, sign = types(record), titles.signs(record.title).kind
    if kinds & {"corrected and republished article", "retracted publication"}:
        return None
    if kinds & _RETRACTION_TYPES:
        return _sharpened(record, "retraction of")
    if "expression of concern" in kinds:
        return _sharpened(record, "expression of concern for")
    if "published erratum" in kinds:
        return _sharpened(record, "erratum for")
    if sign in ("retracted", "withdrawn", "republication") or _says_more(record):
        return None
    links = {link.kind for link in record.links}
    if links & {"RetractedandRepublishedFrom", "CorrectedandRepublishedFrom"}:
        return None
    named = {one.kind for one in stated(record, "pubmed") if not one.inverse}
    for kind in _NOTICES:
        if kind in named:
            return kind
    return _announced(record)


def _announced(record: Record) -> RelationKind | None:
    """Of which kind the notice is that the title alone announces, where no study has such one."""
    sign = titles.signs(record.title).kind
    is_notice = sign in _SIGNS and _TITLE_OF_NOTICE.match(record.title)
    return _sharpened(record, _SIGNS[sign]) if is_notice else None


def _sharpened(record: Record, kind: RelationKind) -> RelationKind:
    """What a notice says by its title where PubMed has one type for several kinds.

    Studies are called "Reinstatement of drug seeking" and "Partial retraction of the tendon": only
    what stands before the study's title counts.
    """
    own, divided = _own_words(record.title)
    if _UNDONE.search(own) or (divided and _REINSTATED.match(own)):
        return "reinstatement of"
    if kind == "retraction of" and _PARTIAL.match(own):
        return "erratum for"
    if kind == "expression of concern for" and _NO_CONCERN.search(own):
        return "erratum for"  # that the study stands is told as a correction
    return kind


def _own_words(title: str) -> tuple[str, bool]:
    """The words of a notice before the title of its study; are they divided from it?"""
    text = title.lstrip(' "“‘«[(')
    if found := _BEGINS_STUDY.search(text):
        return text[: found.start()], True
    return " ".join(text.split()[:_OWN_WORDS]), False


def _says_more(record: Record) -> bool:
    """Is there an abstract of a study?  A notice has none, or one short sentence."""
    labels = sum(bool(section.label) for section in record.abstract or ())
    return labels >= 2 or len(record.abstract_text) > LONGEST_NOTICE


def flags(record: Record) -> tuple[str, ...]:
    """What the record itself says happened to it, the gravest first."""
    kinds, sign = types(record), titles.signs(record.title).kind
    said = {link.kind for link in record.links} | {
        f"{note[1].capitalize()}In" for note in _OWN_NOTE.finditer(record.title)
    }
    facts = (
        (
            "RETRACTED",
            "retracted publication" in kinds
            or sign == "retracted"
            or said & {"RetractionIn", "RetractedandRepublishedIn"},
        ),
        ("Withdrawn", sign == "withdrawn" or "WithdrawalIn" in said),
        ("Expression of concern", "ExpressionOfConcernIn" in said),
        (
            "Corrected and republished",
            said & {"CorrectedandRepublishedIn", "RetractedandRepublishedIn"},
        ),
        (
            "Erratum",
            said & {"ErratumIn", "PartialRetractionIn", "CorrectionIn", "CorrigendumIn"},
        ),
        ("Preprint", is_preprint(record)),
    )
    return tuple(flag for flag, is_so in facts if is_so)


def types(record: Record) -> frozenset[str]:
    """Its publication types in lower case."""
    return frozenset(name.casefold() for name in record.publication_types)


def is_withdrawn(record: Record) -> bool:
    """Does its own title say that it is withdrawn?"""
    return titles.signs(record.title).kind == "withdrawn"


def is_later_review(one: Record, other: Record) -> bool:
    """Is `one` a later version of the Cochrane review `other`?"""
    ours, theirs = REVIEW.fullmatch(one.doi), REVIEW.fullmatch(other.doi)
    return bool(
        ours and theirs and ours[1] == theirs[1] and int(ours[2] or 1) > int(theirs[2] or 1)
    )
