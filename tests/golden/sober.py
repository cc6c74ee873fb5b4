"""Digests as they are on most days; all made up."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from bot.digest import Candidate, Digest, arrange
from bot.model import Author, MatchKind, Record, Section

DUE = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


def sober(
    size: int, title: str = "Ketamine psychotherapy", kind: MatchKind = "new", **changes: object
) -> Digest:
    """A digest as it is on most days."""
    arguments: dict[str, object] = {
        "title": title,
        "titles": {"ketamine": "Ketamine psychotherapy"},
        "due_at": DUE,
        "since": DUE - timedelta(days=6),
        "zone": "UTC",
        "searched_through": date(2026, 11, 22),
        "undecided": {},
        "undecided_command": "",
        "failures": (),
        "feeds": (),
        "gained_more": 0,
    }
    candidates = [
        Candidate(
            record_id=place,
            record=Record(
                title=f"Study {place}",
                pmid=str(4000 + place),
                authors=tuple(Author(last=name, initials="A") for name in ("Ba", "Ce", "De", "Fo")),
                journal="J Affect Disord",
                published="2026-11-05",
                publication_types=("Journal Article", "Randomized Controlled Trial"),
                abstract=(
                    Section(label="RESULTS", text="Scores fell by 3.1."),
                    Section(label="CONCLUSIONS", text="It may help."),
                ),
                url=f"https://pubmed.ncbi.nlm.nih.gov/{4000 + place}/",
            ),
            queries=("ketamine",),
            answer="yes",
            kind=kind,
            found_in=("PubMed",),
            matched_at=DUE,
            told_as_possible=False,
        )
        for place in range(size)
    ]
    return arrange(candidates, [], **(arguments | changes))  # type: ignore[arg-type]
