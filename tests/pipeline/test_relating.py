"""What kept records say of others, in every order of arrival, on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from builders import record

from bot.model import Basis, Link, Notice, Record
from bot.pipeline.relating import relate
from bot.ports import Found
from bot.store import Engine, notices, records
from bot.store import relations as stored
from bot.store.database import reading, writing

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
TITLE = "Nightly lavender spray against restless sleep in shift workers: a randomised trial"


def study(**fields: object) -> Record:
    return record(**({"pmid": "90000001", "doi": "10.5555/sleep.1", "title": TITLE} | fields))


def notice(kind: str, title: str, **fields: object) -> Record:
    """A notice that PubMed has, with a link to the study."""
    own: dict[str, object] = {
        "pmid": "90000009",
        "doi": "10.5555/sleep.9",
        "title": title,
        "abstract": (),
        "registrations": (),
        "publication_types": ("Journal Article",),
        "links": (Link(kind=kind, pmid="90000001"),) if kind else (),
        "published": "2026-10-30",
        "pages": "80",
        "issue": "9",
    }
    return record(**(own | fields))


def by_feed(one: Record, **fields: object) -> Record:
    """The same record as a feed shows it."""
    own: dict[str, object] = {"pmid": "", "status": "", "created": "", "entered": "", "links": ()}
    own |= {"indexed": "", "revised": "", "mesh": (), "substances": (), "publication_types": ()}
    return replace(one, **(own | fields))  # type: ignore[arg-type]


def keep(engine: Engine, *shown: Record, basis: Basis = "pubmed", now: datetime = NOW) -> None:
    source = "pubmed" if basis == "pubmed" else "feed"
    found = [Found(key=one.pmid or one.doi or one.title, record=one) for one in shown]
    with writing(engine, saves_records=True) as db:
        relate(db, records.keep(db, source, "task", found, now), basis, now)


def happened(engine: Engine, pmid: str = "90000001", doi: str = "") -> list[Notice]:
    """What happened to the study of this PMID."""
    with reading(engine) as db:
        found = records.by_doi(db, [doi]) if doi else records.by_pmid(db, [pmid])
        return [one.notice for some in notices.of(db, found.values()).values() for one in some]


def kinds(engine: Engine, pmid: str = "90000001", doi: str = "") -> list[tuple[str, str]]:
    return [(one.kind, one.basis) for one in happened(engine, pmid, doi)]


def alarms(engine: Engine) -> list[int]:
    with reading(engine) as db:
        return stored.inferred_alarms(db)


RETRACTED = study(
    publication_types=("Journal Article", "Retracted Publication"),
    links=(
        Link(kind="RetractionIn", pmid="90000009", citation="J Made Up Stud. 2026 Oct 30;7(9):80"),
    ),
)
RETRACTION = notice(
    "RetractionOf", f"Retraction: {TITLE}", publication_types=("Retraction of Publication",)
)
ONE_EVENT = {
    "retraction": (study(), RETRACTED, RETRACTION),
    "erratum": (
        study(),
        study(links=(Link(kind="ErratumIn", pmid="90000009"),)),
        notice("ErratumFor", f"Correction to: {TITLE}", publication_types=("Published Erratum",)),
    ),
    "concern": (
        study(),
        study(links=(Link(kind="ExpressionOfConcernIn", pmid="90000009"),)),
        notice("ExpressionOfConcernFor", f"Expression of concern: {TITLE}"),
    ),
    "republication": (
        study(),
        study(links=(Link(kind="CorrectedandRepublishedIn", pmid="90000009"),)),
        notice(
            "CorrectedandRepublishedFrom",
            TITLE,
            publication_types=("Corrected and Republished Article",),
        ),
    ),
}


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
@pytest.mark.parametrize("kind", ONE_EVENT)
def test_an_event_is_noted_once_in_every_order(
    engine: Engine, kind: str, order: Sequence[int]
) -> None:
    for day, place in enumerate(order):
        keep(engine, ONE_EVENT[kind][place], now=NOW + timedelta(days=day))

    (noted,) = [one for one in happened(engine) if one.kind != "reinstatement"]
    assert (noted.kind, noted.basis, noted.pmid) == (kind, "pubmed", "90000009")
    assert noted.other_id is not None


def test_a_notice_and_its_study_in_one_batch(engine: Engine) -> None:
    keep(engine, RETRACTION, study())

    assert kinds(engine) == [("retraction", "pubmed")]
