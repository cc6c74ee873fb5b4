"""Which records are preprints."""

from __future__ import annotations

import pytest

from bot import dedup, preprints
from bot.model import Record


def made(**fields: object) -> Record:
    return Record(**{"title": "Made-up naps at work", **fields})  # type: ignore[arg-type]


PREPRINTS = {
    "medRxiv, by its DOI": made(doi="10.1101/2026.01.02.26300001"),
    "bioRxiv, by its old DOI": made(doi="10.1101/123456"),
    "both, by their new DOI": made(doi="10.64898/2026.01.02.26300001"),
    "Research Square, by its DOI": made(doi="10.21203/rs.3.rs-900001/v1"),
    "a server of OSF": made(doi="10.31222/osf.io/ab3de"),
    "EcoEvoRxiv": made(doi="10.32942/x2ab3d"),
    "ESS Open Archive": made(doi="10.22541/essoar.170000000.00000001/v1"),
    "a journal's name": made(journal="Research square"),
    "a journal's name and its claim": made(journal="medRxiv : the preprint server for health"),
    "Preprints, without the rest": made(journal="Preprints"),
    "an abbreviation": made(journal="", journal_abbreviation="Res Sq"),
    "a type": made(publication_types=("Journal Article", "Preprint")),
    "a type in small letters": made(publication_types=("preprint",)),
}
OTHERS = {
    "nothing known": made(),
    "a journal of Cold Spring Harbor": made(doi="10.1101/gad.123.45", journal="Genes Dev"),
    "a journal about research": made(journal="Research in made-up squares"),
    "a journal about preprints": made(journal="Preprints in Examples"),
    "a journal that begins alike": made(journal="Openings in Chemistry"),
}


@pytest.mark.parametrize("record", PREPRINTS.values(), ids=PREPRINTS)
def test_these_are_preprints_wherever_one_asks(record: Record) -> None:
    assert preprints.is_preprint(record)
    assert dedup.citation(record).preprint


@pytest.mark.parametrize("record", OTHERS.values(), ids=OTHERS)
def test_these_are_none(record: Record) -> None:
    assert not preprints.is_preprint(record)
    assert not dedup.citation(record).preprint


@pytest.mark.parametrize(
    "doi", ["10.1101/2026.01.02.26300001v2", "10.1101/2026.01.02.26300001.full"]
)
def test_a_version_is_no_part_of_a_preprints_name(doi: str) -> None:
    assert preprints.unversioned(doi) == "10.1101/2026.01.02.26300001"
