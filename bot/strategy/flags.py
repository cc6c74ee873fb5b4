"""Reading untagged flags (`hasabstract`) and filters (`medline[sb]`) as far as a record tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.model import Answer, Record
from bot.strategy.folded import Folded, Given
from bot.strategy.tree import Term

#: Relations between records that have a flag of their own (PubMed's RefType).
_LINKS = (
    "AssociatedDataset", "AssociatedPublication", "CommentIn", "CommentOn",
    "CorrectedandRepublishedFrom", "CorrectedandRepublishedIn", "ErratumFor", "ErratumIn",
    "ExpressionOfConcernFor", "ExpressionOfConcernIn", "OriginalReportIn", "RepublishedFrom",
    "RepublishedIn", "RetractedandRepublishedFrom", "RetractedandRepublishedIn", "RetractionIn",
    "RetractionOf", "SummaryForPatientsIn", "UpdateIn", "UpdateOf",
)  # fmt: skip


def _abstract(record: Record) -> bool | None:
    return None if record.abstract is None else bool(record.abstract)


def _structured(record: Record) -> bool | None:
    sections = record.abstract
    return None if sections is None else any(section.label for section in sections)


def _keyword(record: Record) -> bool | None:
    return None if record.keywords is None else bool(record.keywords)


def _author(record: Record) -> bool | None:
    return bool(record.authors) or (False if record.status else None)


def _conflict(record: Record) -> bool | None:
    return bool(record.conflict_statement) or (False if record.status else None)


def _link(kind: str) -> Callable[[Record], bool | None]:
    def linked(record: Record) -> bool | None:
        if any(link.kind == kind for link in record.links):
            return True
        return False if record.status else None  # a feed names no relations

    return linked


def _flag_of(kind: str) -> str:
    """As the User Guide writes it: `hascorrectedrepublishedin` lacks the `and` of the RefType."""
    return f"has{kind.lower()}".replace("correctedand", "corrected")


def _nobody_knows(record: Record) -> bool | None:  # noqa: ARG001 - all alike
    return None


#: Flag -> has the record this property?  None where it cannot be told.
FLAGS: Mapping[str, Callable[[Record], bool | None]] = {
    "hasabstract": _abstract,
    "hasstructuredabstract": _structured,
    "haskeyword": _keyword,
    "hasauthor": _author,
    "hasconflictofinterest": _conflict,
    "hasassociateddata": _nobody_knows,
    "pmcbook": _nobody_knows,
    "pubstatusaheadofprint": _nobody_knows,
    "pubstatusnihms": _nobody_knows,
    "pubstatuspmcsd": _nobody_knows,
    **{_flag_of(kind): _link(kind) for kind in _LINKS},
}

#: The states of a record, each by the filter that draws its records.
_STATES = {
    "medline": "MEDLINE",
    "oldmedline": "OLDMEDLINE",
    "inprocess": "In-Process",
    "publisher": "Publisher",
    "pubmednotmedline": "PubMed-not-MEDLINE",
}

SUBSETS = frozenset(_STATES)


def flag(term: Term) -> Callable[[Record], bool | None] | None:
    """What a word asks of the record, when it is a flag and not a word to be found."""
    return None if term.tag or term.quoted else FLAGS.get(term.text.casefold())


def read_filter(term: Term, record: Folded, given: Given) -> Answer:  # noqa: ARG001 - all alike
    """The subsets that a record's status decides; all others are drawn by PubMed alone."""
    name = "".join(filter(str.isalnum, term.text.casefold()))
    if name == "all":
        return "yes"
    if name in FLAGS:
        return answer(FLAGS[name](record.record))
    status = record.record.status
    if name not in _STATES or not status:
        return "unknown"
    if name == "inprocess" and status == "In-Data-Review":
        return "unknown"  # a state that no filter is documented for
    return answer(status == _STATES[name])


def answer(told: bool | None) -> Answer:
    """Yes or no, where it is told."""
    return "unknown" if told is None else "yes" if told else "no"
