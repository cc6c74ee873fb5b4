"""What the tests of strategies share."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from bot.formats import medline, pubmed_xml
from bot.model import Record


@pytest.fixture(scope="session")
def real_records(shared: Path) -> list[Record]:
    """Every record of the shared files of PubMed."""
    records: list[Record] = []
    for name in ("records.xml.gz", "odd-records.xml.gz"):
        with gzip.open(shared / "data/pubmed" / name) as stream:
            found = pubmed_xml.read(stream)
            records += [one.record for one in found if isinstance(one, pubmed_xml.Read)]
    for name in ("medline.nbib.gz", "social-anxiety.nbib.gz"):
        with gzip.open(shared / "data/pubmed" / name, "rt", encoding="utf-8") as text:
            records += medline.read(text)
    assert len(records) > 2800
    return records
