"""What kept records say of others, in every order of arrival, on both databases."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
import sqlalchemy as sa
from builders import record

from bot.model import Basis, Link, Notice, Record
from bot.pipeline.relating import relate
from bot.ports import Found
from bot.store import Engine, delivered, notices, records
from bot.store import relations as stored
from bot.store.database import reading, writing
from bot.store.schema import metadata

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


def orders(engine: Engine, shown: Sequence[Record]) -> Iterator[Sequence[Record]]:
    """The records in every order, each time with an empty database."""
    for order in permutations(shown):
        with writing(engine) as db:
            for table in reversed(metadata.sorted_tables):
                db.execute(sa.delete(table))
        yield order


def happened(engine: Engine, pmid: str = "90000001", doi: str = "") -> list[Notice]:
    """What happened to the study of this PMID."""
    with reading(engine) as db:
        found = records.by_doi(db, [doi]) if doi else records.by_pmid(db, [pmid])
        return [one.notice for some in notices.of(db, found.values()).values() for one in some]


def kinds(engine: Engine, pmid: str = "90000001", doi: str = "") -> list[tuple[str, str]]:
    return [(one.kind, one.basis) for one in happened(engine, pmid, doi)]


def alarms(engine: Engine) -> list[str]:
    """The PMIDs of the studies that PubMed is to be asked about at once."""
    with reading(engine) as db:
        return delivered.alarmed(db)


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


@pytest.mark.parametrize("kind", ONE_EVENT)
def test_an_event_is_noted_once_in_every_order(engine: Engine, kind: str) -> None:
    for order in orders(engine, ONE_EVENT[kind]):
        for day, one in enumerate(order):
            keep(engine, one, now=NOW + timedelta(days=day))

        events = happened(engine)
        returns = [one for one in events if one.kind == "reinstatement"]
        *before, noted = [one for one in events if one not in returns]
        assert len(before) <= len(returns)  # taken back by an older text, and said again
        assert (noted.kind, noted.basis, noted.pmid) == (kind, "pubmed", "90000009")
        assert noted.other_id is not None


def test_a_notice_and_its_study_in_one_batch(engine: Engine) -> None:
    keep(engine, RETRACTION, study())

    assert kinds(engine) == [("retraction", "pubmed")]


# what only titles say


def test_a_title_alone_retracts_nothing_but_asks_pubmed(engine: Engine) -> None:
    keep(engine, study())
    retracted = by_feed(study(title=f"RETRACTED: {TITLE}"))
    keep(engine, retracted, basis="feed", now=NOW + timedelta(days=1))

    assert kinds(engine) == []
    assert alarms(engine) == ["90000001"]

    keep(engine, RETRACTED, now=NOW + timedelta(days=2))

    assert kinds(engine) == [("retraction", "pubmed")]


@pytest.mark.parametrize("title", ["Retraction", "Expression of concern", "Notice of withdrawal"])
def test_a_grave_notice_of_a_feed_waits_for_pubmed(engine: Engine, title: str) -> None:
    keep(engine, study())
    named = by_feed(notice("", f"{title}: {TITLE}"))
    keep(engine, named, basis="feed", now=NOW + timedelta(days=1))

    assert kinds(engine) == []
    assert alarms(engine) == ["90000001"]


def test_an_erratum_by_its_title_is_told_as_inferred(engine: Engine) -> None:
    keep(engine, study())
    keep(engine, by_feed(notice("", f"Erratum: {TITLE}")), basis="feed")

    assert kinds(engine) == [("erratum", "title")]

    keep(engine, notice("ErratumFor", f"Erratum: {TITLE}"))

    assert kinds(engine) == [("erratum", "pubmed")]


def test_what_a_feed_says_by_doi_counts(engine: Engine) -> None:
    link = Link(kind="RetractionOf", doi="10.5555/sleep.1")
    keep(engine, by_feed(notice("", "Retraction notice"), links=(link,)), basis="feed")
    keep(engine, study())

    assert kinds(engine) == [("retraction", "feed")]


def test_the_doi_of_a_whole_supplement_names_no_study(engine: Engine) -> None:
    first = study(title="Sleep and noise in a made-up harbour town", pages="S1")
    second = study(title="Cold feet and warm socks in night nurses", pmid="90000002", pages="S2")
    link = Link(kind="ErratumFor", doi="10.5555/sleep.1")
    keep(engine, first, second)
    keep(engine, by_feed(notice("", "Erratum"), links=(link,)), basis="feed")

    assert kinds(engine) == kinds(engine, "90000002") == []


@pytest.mark.parametrize("notice_first", [True, False])
def test_a_notice_that_names_its_study_is_not_given_another(
    engine: Engine, notice_first: bool
) -> None:
    namesake = study(
        pmid="90000002", doi="10.5555/sleep.2", volume="3", pages="5", published="2022"
    )
    for day, one in enumerate((RETRACTION, namesake) if notice_first else (namesake, RETRACTION)):
        keep(engine, one, now=NOW + timedelta(days=day))

    with reading(engine) as db:
        (number,) = records.by_pmid(db, ["90000002"]).values()
        assert stored.of(db, [number]) == []


@pytest.mark.parametrize("study_first", [True, False])
def test_what_was_inferred_of_a_namesake_is_taken_back_before_it_is_told(
    engine: Engine, study_first: bool
) -> None:
    namesake = study(
        pmid="90000002", doi="10.5555/sleep.2", volume="3", pages="5", published="2025"
    )
    erratum = notice("ErratumFor", f"Erratum: {TITLE}")
    if study_first:
        keep(engine, namesake)
    keep(engine, by_feed(erratum), basis="feed")
    if not study_first:
        keep(engine, namesake)

    assert kinds(engine, "90000002") == [("erratum", "title")]

    keep(engine, study(), erratum)

    assert kinds(engine, "90000002") == []
    assert kinds(engine) == [("erratum", "pubmed")]


# preprints


def preprint(**fields: object) -> Record:
    own: dict[str, object] = {
        "pmid": "90000005",
        "doi": "10.1101/2025.04.05.25288001",
        "title": TITLE,
        "journal": "medRxiv : the preprint server",
        "journal_abbreviation": "medRxiv",
        "issns": (),
        "volume": "",
        "issue": "",
        "pages": "",
        "published": "2025-04-07",
        "publication_types": ("Journal Article", "Preprint"),
    }
    return record(**(own | fields))


PUBLISHED_AS = preprint(links=(Link(kind="UpdateIn", pmid="90000001"),))
ARTICLE = study(
    links=(
        Link(kind="UpdateOf", pmid="90000005", citation="medRxiv. 2025 Apr 7:2025.04.05. doi: 10"),
    )
)


def test_a_preprint_is_published_once(engine: Engine) -> None:
    for order in orders(engine, [PUBLISHED_AS, ARTICLE, preprint()]):
        for one in order:
            keep(engine, one)

        assert kinds(engine, "90000005") == [("publication", "pubmed")]
        assert kinds(engine) == []


@pytest.mark.parametrize("preprint_first", [True, False])
def test_an_article_without_a_link_appears_to_be_the_preprint(
    engine: Engine, preprint_first: bool
) -> None:
    for one in (preprint(), study()) if preprint_first else (study(), preprint()):
        keep(engine, one)

    assert kinds(engine, "90000005") == [("publication", "title")]

    keep(engine, PUBLISHED_AS)

    assert kinds(engine, "90000005") == [("publication", "pubmed")]


def test_a_preprint_appears_to_be_published_once_and_is_published_as_it_is_said(
    engine: Engine,
) -> None:
    elsewhere = study(
        pmid="90000002", doi="10.5555/sleep.2", volume="3", pages="5", published="2025"
    )
    keep(engine, preprint())
    keep(engine, elsewhere)
    keep(engine, study())

    (guessed,) = happened(engine, "90000005")
    assert (guessed.pmid, guessed.basis) == ("90000002", "title")

    keep(engine, PUBLISHED_AS)

    (known,) = happened(engine, "90000005")
    assert (known.pmid, known.basis) == ("90000001", "pubmed")


def test_a_new_version_of_a_preprint_is_no_news(engine: Engine) -> None:
    keep(engine, preprint())
    keep(engine, preprint(pmid_version=2, published="2025-06-01"))

    assert kinds(engine, "90000005") == []


def test_an_article_may_call_itself_an_update_of_its_preprint(engine: Engine) -> None:
    keep(engine, preprint())
    keep(engine, study(links=(Link(kind="UpdateOf", pmid="90000005"),)))

    assert kinds(engine, "90000005") == [("publication", "pubmed")]


def test_a_version_of_a_preprint_under_another_pmid_is_no_news_either(engine: Engine) -> None:
    link = Link(kind="UpdateIn", pmid="90000006", citation="medRxiv. 2025 Jun 1:2025.04.05")
    keep(engine, preprint(links=(link,)))
    keep(engine, preprint(pmid="90000006", doi="10.21203/rs.3.rs-77/v2", published="2025-06-01"))

    assert kinds(engine, "90000005") == []


# reviews, withdrawals, reinstatements


def review(number: int, pmid: str, **fields: object) -> Record:
    own: dict[str, object] = {
        "pmid": pmid,
        "doi": f"10.1002/14651858.cd999999.pub{number}",
        "title": "Lavender for restless sleep in adults",
        "journal": "The Cochrane database of systematic reviews",
        "journal_abbreviation": "Cochrane Database Syst Rev",
        "issns": ("1469-493X",),
        "published": f"{2010 + 5 * number}-03",
        "volume": "3",
        "pages": "CD999999",
    }
    return record(**(own | fields))


@pytest.mark.parametrize("said", [True, False])
def test_a_new_version_of_a_review_is_told(engine: Engine, said: bool) -> None:
    keep(engine, review(2, "90000021"))
    link = Link(kind="UpdateOf", pmid="90000021", citation="Cochrane Database Syst Rev. 2020;3")
    keep(engine, review(3, "90000022", links=(link,) if said else ()))

    assert kinds(engine, "90000021") == [("version", "pubmed" if said else "title")]
    assert kinds(engine, "90000022") == []


def test_a_withdrawn_review_is_no_mere_new_version(engine: Engine) -> None:
    link = Link(kind="UpdateOf", pmid="90000021", citation="Cochrane Database Syst Rev. 2020;3")
    keep(engine, review(2, "90000021"))
    withdrawn = review(3, "90000022", title="WITHDRAWN: Lavender for restless sleep in adults")
    keep(engine, replace(withdrawn, links=(link,)))

    assert [kind for kind, _ in kinds(engine, "90000021")] == ["withdrawal"]


def test_a_withdrawn_review_without_a_link_waits_for_the_other_side(engine: Engine) -> None:
    withdrawn = review(3, "90000022", title="WITHDRAWN: Lavender for restless sleep in adults")
    keep(engine, review(2, "90000021"))
    keep(engine, withdrawn, now=NOW + timedelta(days=1))

    assert kinds(engine, "90000021") == []
    assert "90000021" in alarms(engine)

    keep(engine, review(2, "90000021", links=(Link(kind="UpdateIn", pmid="90000022"),)))

    assert kinds(engine, "90000021") == [("withdrawal", "pubmed")]


def test_what_pubmed_calls_withdrawn_is_withdrawn(engine: Engine) -> None:
    keep(engine, study())
    keep(engine, study(title=f"WITHDRAWN: {TITLE}"))

    assert kinds(engine) == [("withdrawal", "pubmed")]


BACK = notice(
    "RetractionOf",
    f"Notice of reinstatement: {TITLE}",
    pmid="90000010",
    doi="10.5555/sleep.10",
    published="2026-12-20",
    publication_types=("Published Erratum",),
)
UNDONE = replace(
    BACK,
    title="Retraction of the retraction notice",
    links=(Link(kind="RetractionOf", pmid="90000009"),),
)


@pytest.mark.parametrize(
    "back", [BACK, UNDONE], ids=["reinstatement", "retraction of a retraction"]
)
def test_a_reinstated_study_was_retracted_once_and_reinstated_once(
    engine: Engine, back: Record
) -> None:
    for order in orders(engine, [RETRACTED, RETRACTION, back]):
        for one in order:
            keep(engine, one)

        assert sorted(kinds(engine)) == [("reinstatement", "pubmed"), ("retraction", "pubmed")]


def test_what_pubmed_does_not_call_retracted_any_more_is_reinstated(engine: Engine) -> None:
    gone = replace(RETRACTED, links=())
    keep(engine, gone)
    keep(engine, study())
    keep(engine, study())

    assert kinds(engine) == [("retraction", "pubmed"), ("reinstatement", "pubmed")]


def test_a_study_can_be_retracted_again(engine: Engine) -> None:
    again = replace(RETRACTION, pmid="90000011", doi="10.5555/sleep.11", published="2027-03-01")
    keep(engine, RETRACTED)
    keep(engine, RETRACTION)
    keep(engine, BACK)
    keep(engine, again)

    assert [kind for kind, _ in kinds(engine)] == ["retraction", "reinstatement", "retraction"]


def test_what_pubmed_calls_retracted_again_is_retracted_again(engine: Engine) -> None:
    for turn, one in enumerate((study(), RETRACTED, study(), RETRACTED, study(), RETRACTED)):
        for _ in range(2):  # read twice: each turn is one event
            keep(engine, one, now=NOW + timedelta(days=turn))

    turns = ["retraction", "reinstatement", "retraction", "reinstatement", "retraction"]
    assert [kind for kind, _ in kinds(engine)] == turns


@pytest.mark.parametrize("month", ["2026-12", "2026", "2026-12-25"])
def test_a_second_retraction_is_told_however_little_its_date_says(
    engine: Engine, month: str
) -> None:
    again = replace(RETRACTION, pmid="90000011", doi="10.5555/sleep.11", published=month)
    for one in (RETRACTED, RETRACTION, BACK, again):
        keep(engine, one)

    assert [kind for kind, _ in kinds(engine)] == ["retraction", "reinstatement", "retraction"]


def test_retracted_and_republished_are_two_events_with_one_link(engine: Engine) -> None:
    keep(engine, study())
    keep(engine, study(links=(Link(kind="RetractedandRepublishedIn", pmid="90000012"),)))
    keep(
        engine,
        study(
            pmid="90000012",
            doi="10.5555/sleep.12",
            published="2026-12",
            links=(Link(kind="RetractedandRepublishedFrom", pmid="90000001"),),
        ),
    )

    assert sorted(kinds(engine)) == [("republication", "pubmed"), ("retraction", "pubmed")]
    assert kinds(engine, "90000012") == []


# errata


def test_two_errata_are_two_events(engine: Engine) -> None:
    first = Link(kind="ErratumIn", citation="J Made Up Stud. 2026 Nov;7(3):99")
    second = Link(kind="ErratumIn", pmid="90000031", citation="J Made Up Stud. 2027 Jan;8(1):5")
    keep(engine, study(links=(first,)))
    keep(engine, study(links=(first, second)))

    assert kinds(engine) == [("erratum", "pubmed"), ("erratum", "pubmed")]


def test_an_erratum_that_gets_its_pmid_later_is_the_same(engine: Engine) -> None:
    cited = "J Made Up Stud. 2026 Nov;7(3):99"
    keep(engine, study(links=(Link(kind="ErratumIn", citation=cited),)))
    keep(engine, study(links=(Link(kind="ErratumIn", citation=cited, pmid="90000031"),)))

    (noted,) = happened(engine)
    assert noted.pmid == "90000031"


def test_an_erratum_that_was_only_cited_is_the_one_that_comes(engine: Engine) -> None:
    cited = Link(kind="ErratumIn", citation="J Made Up Stud 2026 Nov 3;7(9):80-1")
    keep(engine, study(links=(cited,)))
    keep(engine, notice("ErratumFor", "Erratum", volume="7", pages="80", published="2026-11"))

    (noted,) = happened(engine)
    assert noted.pmid == "90000009"


def test_a_partial_retraction_is_told_as_an_erratum(engine: Engine) -> None:
    keep(engine, study(links=(Link(kind="PartialRetractionIn", pmid="90000009"),)))

    assert kinds(engine) == [("erratum", "pubmed")]


def test_the_removal_of_a_concern_is_no_concern(engine: Engine) -> None:
    keep(engine, study())
    keep(engine, notice("ExpressionOfConcernFor", f"Removal of expression of concern: {TITLE}"))

    assert kinds(engine) == [("erratum", "pubmed")]


# what must do no harm


def test_links_in_a_circle_end(engine: Engine) -> None:
    one = notice("ErratumFor", "Erratum", pmid="90000041", doi="10.5555/c.1", pages="1")
    other = notice("ErratumFor", "Erratum", pmid="90000042", doi="10.5555/c.2", pages="2")
    keep(
        engine,
        replace(one, links=(Link(kind="ErratumFor", pmid="90000042"),)),
        replace(other, links=(Link(kind="ErratumFor", pmid="90000041"),)),
    )
    keep(
        engine,
        study(
            links=(
                Link(kind="RetractionIn", pmid="90000001"),
                Link(kind="ErratumIn", doi="10.5555/sleep.1"),
            )
        ),
    )

    assert kinds(engine, "90000041") == kinds(engine, "90000042") == kinds(engine) == []


def test_notices_that_retract_each_other_end(engine: Engine) -> None:
    one = replace(
        RETRACTION,
        links=(
            Link(kind="RetractionOf", pmid="90000010"),
            Link(kind="RetractionOf", pmid="90000001"),
        ),
    )
    other = replace(UNDONE, publication_types=("Retraction Notice",))
    for shown in (study(), one, other, one, other):
        keep(engine, shown)

    assert "retraction" in dict(kinds(engine))


def test_a_link_to_a_pmid_that_never_comes_is_told_all_the_same(engine: Engine) -> None:
    keep(engine, study(links=(Link(kind="RetractionIn", pmid="90000099", citation="J. 2026"),)))

    (noted,) = happened(engine)
    assert (noted.other_id, noted.pmid, noted.citation) == (None, "90000099", "J. 2026")


def test_keeping_a_record_again_says_nothing_twice(engine: Engine) -> None:
    for _ in range(3):
        keep(engine, RETRACTED, RETRACTION, preprint())

    with reading(engine) as db:
        numbers = list(records.by_pmid(db, ["90000001", "90000009", "90000005"]).values())
        rows = stored.of(db, numbers)
    said = sorted((row.relation.kind, row.relation.inverse, row.relation.basis) for row in rows)
    assert said == [
        ("preprint of", True, "title"),
        ("retraction of", False, "pubmed"),
        ("retraction of", True, "pubmed"),
    ]
    assert kinds(engine) == [("retraction", "pubmed")]


def test_a_feed_cannot_take_back_what_pubmed_says(engine: Engine) -> None:
    keep(engine, RETRACTED)
    keep(engine, by_feed(study()), basis="feed")

    assert kinds(engine) == [("retraction", "pubmed")]
    with reading(engine) as db:
        (number,) = records.by_pmid(db, ["90000001"]).values()
        assert [row.relation.kind for row in stored.of(db, [number])] == ["retraction of"]


def test_no_order_and_no_batch_changes_what_happened(engine: Engine) -> None:
    pool = [
        RETRACTED,
        RETRACTION,
        BACK,
        by_feed(notice("", f"Correction: {TITLE}", doi="10.5555/sleep.33", published="2026-11")),
        notice("ErratumFor", "Erratum", pmid="90000031", doi="10.5555/sleep.31", pages="90"),
        PUBLISHED_AS,
        review(2, "90000021"),
        review(3, "90000022"),
        notice("CommentOn", f"Comment on: {TITLE}", pmid="90000032", doi="10.5555/sleep.32"),
    ]
    expected: list[tuple[str, ...]] | None = None
    for seed in range(12):
        chance = random.Random(seed)
        with writing(engine) as db:
            for table in reversed(metadata.sorted_tables):
                db.execute(sa.delete(table))
        shown = chance.sample(pool, len(pool))
        while shown:
            size = chance.randint(1, len(shown))
            batch, shown = shown[:size], shown[size:]
            for basis in ("feed", "pubmed"):
                some = [one for one in batch if bool(one.status) == (basis == "pubmed")]
                keep(engine, *some, basis=basis)
        pmids = ("90000001", "90000005", "90000021", "90000022", "90000031")
        found = sorted(
            (pmid, one.kind, one.basis, one.pmid or one.doi)
            for pmid in pmids
            for one in happened(engine, pmid)
        )
        expected = expected or found
        assert found == expected
    assert expected == [
        ("90000001", "erratum", "pubmed", "90000031"),
        ("90000001", "erratum", "title", "10.5555/sleep.33"),
        ("90000001", "reinstatement", "pubmed", "90000010"),
        ("90000001", "retraction", "pubmed", "90000009"),
        ("90000005", "publication", "pubmed", "90000001"),
        ("90000021", "version", "title", "90000022"),
    ]


BATTERY = {
    "retraction notice": (study(), notice("", f"Retraction: {TITLE}"), "retraction of"),
    "correction": (study(), notice("", f"Correction to: {TITLE}"), "erratum for"),
    "erratum": (study(), notice("", f"Erratum: {TITLE}"), "erratum for"),
    "parts": (
        study(title="Sleep and noise in a made-up harbour town. Part I"),
        notice("", "Sleep and noise in a made-up harbour town. Part II"),
        "part of",
    ),
    "protocol": (study(), notice("", f"{TITLE}: study protocol"), "protocol of"),
    "follow-ups": (
        study(title="Lavender spray for restless sleep: 12-week outcomes of a made-up trial"),
        notice("", "Lavender spray for restless sleep: 24-week outcomes of a made-up trial"),
        "companion of",
    ),
    "editorials": (study(title="Editorial"), notice("", "Editorial"), ""),
}


@pytest.mark.parametrize(("one", "other", "kind"), BATTERY.values(), ids=BATTERY)
def test_what_looks_alike_is_stored_as_two_records_and_their_relation(
    engine: Engine, one: Record, other: Record, kind: str
) -> None:
    for first, second in orders(engine, (one, other)):
        keep(engine, first)
        keep(engine, second)

        with reading(engine) as db:
            numbers = set(records.by_pmid(db, ["90000001", "90000009"]).values())
            rows = stored.of(db, numbers)
        assert len(numbers) == 2
        assert {(row.relation.kind, row.relation.basis) for row in rows} == (
            {(kind, "title")} if kind else set()
        )
