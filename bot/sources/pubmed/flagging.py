"""Of many records, those that something happened to: PubMed is asked for ids only.

The PMIDs are put on the history server, and one search takes from them what carries a flag.  A
flag says that a record links to another one; which one, only the record itself says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.errors import SourceError
from bot.sources.pubmed.service import CEILING, NAME, Service

#: PMIDs that one search looks at: PubMed takes 10,000 (NBK25499) and lists one less.
MOST_PMIDS: Final = CEILING
#: "Comment Correction Type" in PubMed's User Guide.  Comments are no news of a study.  A partial
#: retraction has had a flag (`haspartialretractionin`, 2013); today NLM calls it an erratum.  Those
#: of concerns and of retracted and republished ones are newer than the text that was read; should
#: PubMed not know one, it says so, and the others still count.
FLAGS: Final = (
    "hasretractionin",
    "hasexpressionofconcernin",
    "haserratumin",
    "hascorrectedrepublishedin",
    "hasretractedandrepublishedin",
    "hasrepublishedin",
    "hasupdatein",
)
#: What stands in the record before anybody has linked it with a notice.
SIGNS: Final = ('"retracted publication"[pt]', "retracted[ti]", "withdrawn[ti]", "reinstated[ti]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flagged:
    """The PMIDs that are worth a look, in the order that they were asked in."""

    pmids: tuple[str, ...]
    warnings: tuple[str, ...]  #: What PubMed does not know any more, or reads otherwise.


def flagged(service: Service, task: str, pmids: Sequence[str]) -> Flagged:
    """Ask by one EPost and one ESearch, of at most `MOST_PMIDS`.

    Raise SourceError where PubMed does not answer, or answers about more than was asked.
    """
    if not pmids:
        return Flagged(pmids=(), warnings=())
    posted = service.post(task, pmids)
    found = service.search(task, " OR ".join((*FLAGS, *SIGNS)), within=posted)
    if found.count > len(pmids):  # the list was ignored, and all of PubMed was searched
        problem = f"esearch counts {found.count} records in a list of {len(pmids)}"
        raise SourceError(NAME, task, problem)
    listed = frozenset(found.ids)
    return Flagged(pmids=tuple(one for one in pmids if one in listed), warnings=found.warnings)
