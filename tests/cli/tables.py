"""What the tests of litbot dedupe share: small tables, and what is read of its answer."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from pathlib import Path

TITLE = "Ketamine with psychotherapy for depression: a made-up trial"
HEADER = "id,title,authors,year,journal,volume,number,pages,doi,pmid,abstract"
TRIAL = f'{TITLE},"Sample, A. B.; Other, C.",2026,J Made Up Stud,7,2,11-19,10.5555/litbot.1,,'
LETTER = 'Nothing like it was ever seen before,"Else, D.",2020,J Other Things,1,1,3-4,,,'


def table(*rows: str) -> str:
    return "\n".join((HEADER, *rows, ""))


def write(name: str, content: str | bytes) -> str:
    Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
    return name


def rows(text: str) -> list[tuple[str, str, str]]:
    header, *others = csv.reader(io.StringIO(text))
    assert header == ["cluster", "id", "rule"]
    return [(cluster, id_, rule) for cluster, id_, rule in others]


def works(text: str) -> set[frozenset[str]]:
    """The clusters, without their numbers and order."""
    found = defaultdict(set)
    for cluster, id_, _ in rows(text):
        found[cluster].add(id_)
    return {frozenset(some) for some in found.values()}
