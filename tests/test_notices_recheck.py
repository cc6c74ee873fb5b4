"""Delivered studies are looked at again: what is asked, how often, and what comes of it."""

from __future__ import annotations

import itertools
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from hashlib import sha256

import pytest
import sqlalchemy as sa
from builders import pubmed_set
from world import OPERATOR, START, WEEK, World, on_databases, study

from bot import notices, pipeline
from bot.model import Author, Link, Record
from bot.pipeline import Report, relating
from bot.ports import Found
from bot.sandbox.eutils_holdings import Held
from bot.store import delivered, records, watermarks
from bot.store import notices as noted
from bot.store.database import reading, writing
from bot.store.schema import digests, record_keys, told
from bot.store.schema import notices as notice_rows
from bot.store.schema import records as record_rows

DAY = timedelta(days=1)
NOTICE = "90009999"


def send(world: World, *studies: Record, now: datetime = START) -> dict[str, int]:
    """These were delivered: PMID -> record number."""
    subscription = world.subscribe(target=f"C{now:%m%d%H%M}")
    with writing(world.engine, saves_records=True) as db:
        found = [Found(key=one.pmid, record=one) for one in studies]
        kept = records.keep(db, "pubmed", "world", found, now)
        tell(db, subscription, [one.record_id for one in kept], now)
    return {one.key: one.record_id for one in kept}


def send_bare(world: World, pmids: Sequence[str], now: datetime) -> None:
    """These were delivered too; the store knows nothing else of them."""
    subscription = world.subscribe(target=f"C{now:%m%d%H%M}BARE")
    with writing(world.engine) as db:
        row = {"body": {"title": ""}, "first_seen": now, "changed_at": now, "read_at": now}
        numbers = range(100_000, 100_000 + len(pmids))
        db.execute(sa.insert(record_rows), [row | {"id": number} for number in numbers])
        keys = [
            {"scheme": "pmid", "value": pmid, "record_id": number}
            for pmid, number in zip(pmids, numbers, strict=True)
        ]
        db.execute(sa.insert(record_keys), keys)
        tell(db, subscription, numbers, now)


def tell(db: sa.Connection, subscription: int, numbers: Iterable[int], now: datetime) -> None:
    digest = db.execute(
        sa.insert(digests).returning(digests.c.id),
        {
            "subscription_id": subscription,
            "due_at": now,
            "composed_at": now,
            "searched_through": "",
            "records": 1,
        },
    ).scalar_one()
    row = {"subscription_id": subscription, "digest_id": digest, "answer": "yes"}
    db.execute(sa.insert(told), [row | {"record_id": number} for number in sorted(numbers)])


Look = Callable[..., Report]


@pytest.fixture
def look(world: World) -> Iterator[Look]:
    """Look again at this time; the log of PubMed begins anew."""
    with world.bot() as bot:

        def look(now: datetime, depth: notices.Depth = "due") -> Report:
            world.sandbox.advance(now)
            world.sandbox.pubmed.log.clear()
            return notices.recheck(bot, now, depth=depth)

        yield look


def work(number: int, **fields: object) -> Record:
    """A study with nothing in common with the others."""
    words = sha256(str(number).encode()).hexdigest()
    title = " ".join(f"x{words[at : at + 6]}" for at in range(0, 60, 6))
    own = {"title": title, "abstract": (), "volume": words[:3], "pages": str(number)}
    return study(number, authors=(Author(last=f"Y{words[:9]}", initials="A"),), **(own | fields))


def asked(world: World) -> Counter[str]:
    """The requests of the last look, by utility."""
    return Counter(one.endpoint for one in world.sandbox.pubmed.log)


def fetched(world: World) -> list[str]:
    """The PMIDs that the last look fetched, in their order."""
    requests = world.sandbox.pubmed.requests("efetch")
    return [pmid for one in requests for pmid in one.fields["id"].split(",")]


def linked(kind: str, number: int = 1, pmid: str = NOTICE) -> Record:
    """The study as it is once PubMed links it with a notice."""
    return study(number, links=(Link(kind=kind, pmid=pmid, citation="J Made Up. 2026;7:9"),))


def notice(title: str = "Retraction: something made up", **fields: object) -> Record:
    return study(9999, title=title, doi="10.5555/notice", abstract=(), **fields)


def events(world: World) -> list[tuple[str, str, str]]:
    """What is noted: kind, PMID of the notice, and its date."""
    with reading(world.engine) as db:
        rows = db.execute(sa.select(notice_rows).order_by(notice_rows.c.id)).all()
    return [(row.kind, row.pmid, row.published) for row in rows]


def mark(world: World, task: str = notices.FLAGS) -> dict[str, str]:
    with reading(world.engine) as db:
        return dict(watermarks.cursor(db, notices.SOURCE, task))


@pytest.mark.parametrize(
    ("database_url", "link", "kind"),
    on_databases(
        ("RetractionIn", "retraction"),
        ("ExpressionOfConcernIn", "concern"),
        ("ErratumIn", "erratum"),
        ("CorrectedandRepublishedIn", "republication"),
    ),
    indirect=["database_url"],
)
def test_what_happens_to_a_delivered_study_is_noted_once_within_a_week(
    world: World, look: Look, link: str, kind: str
) -> None:
    number = send(world, study(1))["90000001"]
    world.publish(study(1))
    world.sandbox.pubmed.revise(date(2026, 3, 5), pubmed_set(linked(link)))
    world.sandbox.pubmed.load(pubmed_set(notice(published="2026-03-04")))
    look(START)
    assert events(world) == []

    for week in (1, 2):
        look(START + week * WEEK)
        assert events(world) == [(kind, NOTICE, "2026-03-04")]

    with reading(world.engine) as db:
        ((event,),) = noted.of(db, [number]).values()
        (other,) = records.by_pmid(db, [NOTICE]).values()
        assert event.notice.other_id == other  # it was fetched, for its title and its date
        assert records.read(db, [other])[other].title == "Retraction: something made up"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_ten_thousand_delivered_pmids_cost_six_requests(world: World, look: Look) -> None:
    share = 112  # of 10,000, to read them all within 90 days
    oldest = [work(number) for number in range(1, share + 1)]
    flagged = [work(number) for number in range(201, 226)]
    errata = [work(number + 1_000) for number in range(201, 226)]
    send(world, *oldest, now=START - 30 * DAY)
    send(world, *flagged, now=START)
    plain = [str(91_000_000 + number) for number in range(10_000 - share - len(flagged))]
    send_bare(world, plain, START - DAY)
    for one, erratum in zip(flagged, errata, strict=True):
        link = Link(kind="ErratumIn", pmid=erratum.pmid, citation="J Made Up. 2026;7:9")
        world.publish(replace(one, links=(link,)), erratum)
    world.publish(*oldest)
    bare = {one: Held(raw=b"", record=Record(title="", pmid=one)) for one in plain}
    world.sandbox.pubmed.held |= bare

    assert look(START).problems == ()
    assert asked(world) == {"epost": 2, "esearch": 2, "efetch": 2}  # the last one for the notices
    assert mark(world)["asked"] == "10000"
    assert len(events(world)) == len(flagged)

    last = flagged[-1]
    retracted = Link(kind="RetractionIn", pmid=NOTICE, citation="J Made Up. 2026;7:10")
    world.publish(replace(last, links=(retracted,)), notice())
    world.pubmed_fails("esearch", "outage", times=1)  # the first piece; the study is the second
    report = look(START + timedelta(hours=1), "flags")
    assert "delivered studies: 9999 not checked" in report.problems[0]
    assert ("retraction", NOTICE) in {event[:2] for event in events(world)}
    assert mark(world)["at"] == START.isoformat()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_delivered_study_is_read_whole_within_a_quarter_and_evenly(
    world: World, look: Look
) -> None:
    first = [work(number) for number in range(1, 46)]
    later = [work(number) for number in range(200, 246)]
    world.publish(*first, *later)
    send(world, *first)
    read = {one.pmid: [0] for one in first}
    most = 0

    for day in range(1, 111):
        if day == 19:
            send(world, *later, now=START + 19 * DAY)
            read |= {one.pmid: [19] for one in later}
        look(START + day * DAY)
        pmids = fetched(world)
        most = max(most, len(pmids))
        for pmid in pmids:
            read[pmid].append(day)

    assert max(b - a for days in read.values() for a, b in itertools.pairwise(days)) <= 90
    assert min(days[-1] for days in read.values()) >= 110 - 90
    assert most == 2  # 91 / 90, rounded up


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_after_days_off_their_shares_are_read_too(world: World, look: Look) -> None:
    studies = [work(number) for number in range(1, 19)]
    world.publish(*studies)
    send(world, *studies)

    counted = []
    for day in (0, 0.3, 1, 11, 11.2, 200):
        look(START + day * DAY)
        counted.append(len(fetched(world)))

    assert counted == [1, 0, 1, 2, 0, 18]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_change_without_a_flag_arrives_by_the_reading(world: World, look: Look) -> None:
    number = send(world, study(1))["90000001"]
    world.publish(study(1))
    look(START)
    world.publish(study(1, doi="10.5555/corrected", publication_types=("Clinical Trial",)))

    look(START + DAY)

    with reading(world.engine) as db:
        stored = records.read(db, [number])[number]
    assert "Clinical Trial" in stored.publication_types


@pytest.mark.parametrize(
    ("endpoint", "shape"),
    [
        ("epost", "500"),
        ("epost", "rate-429"),
        ("epost", "html"),
        ("esearch", "rate-200"),
        ("esearch", "truncated"),
        ("esearch", "expired"),
        ("esearch", "history-ignored"),
        ("esearch", "empty"),
        ("efetch", "500"),
        ("efetch", "html"),
        ("efetch", "truncated"),
        ("efetch", "reset"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_failure_is_named_loses_nothing_and_is_made_good_next_time(
    world: World, look: Look, endpoint: str, shape: str
) -> None:
    send(world, study(1))
    world.publish(linked("RetractionIn"), linked("ErratumIn", 2, "90008888"), notice())
    world.pubmed_fails(endpoint, shape)

    report = look(START)
    assert report.problems
    assert all(one.startswith("delivered studies: ") for one in report.problems)
    assert mark(world) == {}
    assert world.state(notices.SOURCE, notices.FLAGS).state == "failing"

    world.pubmed_is_mended()
    assert look(START + timedelta(minutes=30)).problems == ()
    assert [kind for kind, _, _ in events(world)] == ["retraction"]
    assert mark(world)["at"] == (START + timedelta(minutes=30)).isoformat()
    assert world.state(notices.SOURCE, notices.FLAGS).state == "ok"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_one_broken_page_keeps_no_other_from_being_read(world: World, look: Look) -> None:
    send_bare(world, [str(91_000_000 + number) for number in range(200)], START - DAY)
    send(world, study(1))
    world.publish(study(1))
    world.pubmed_fails("efetch", "truncated", times=1)

    report = look(START, "all")

    assert len(report.problems) == 1
    assert [run.known for run in report.runs] == [0, 1]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_when_pubmed_is_down_it_is_left_alone_after_two_pages(world: World, look: Look) -> None:
    send_bare(world, [str(91_000_000 + number) for number in range(601)], START - DAY)
    world.pubmed_fails("efetch", "html")

    report = look(START, "all")

    assert len(report.problems) == 2


@pytest.mark.parametrize(
    ("database_url", "oddity", "problem"),
    on_databases(
        ("deleted", "PubMed has deleted this record"),
        ("gone", "PubMed does not give it"),
        ("absent", "PubMed does not give it"),
        ("merged_into", "PubMed gives 90000002 in its place"),
    ),
    indirect=["database_url"],
)
def test_a_pmid_that_does_not_come_is_named_once_and_nothing_is_lost(
    world: World, look: Look, oddity: str, problem: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "bot")  # a command that ran before may have set another
    number = send(world, study(1))["90000001"]
    world.publish(study(1), study(2, title=study(1).title, published="2025-01-01"))
    value = "90000002" if oddity == "merged_into" else True
    world.sandbox.pubmed.change("90000001", **{oddity: value})
    weekly, quarterly = [7 * week for week in range(9)], 146
    days = sorted({1, 6, 8, *weekly, 63, 145, quarterly, 147, 153})

    asked_on = [day for day in days if _asks(world, look, START + day * DAY, "90000001")]

    assert asked_on == [*weekly, quarterly]
    assert caplog.text.count(f"PMID 90000001, of which readers were told: {problem}") == 1
    assert world.state(notices.SOURCE, "90000001").problem == problem
    assert world.state(notices.SOURCE, "90000001").since == START
    with reading(world.engine) as db:
        assert records.by_pmid(db, ["90000001"]) == {"90000001": number}
        assert delivered.counts(db).studies == 1
        if oddity == "merged_into":
            assert records.by_pmid(db, ["90000002"]) == {"90000002": number}


def _asks(world: World, look: Look, now: datetime, pmid: str) -> bool:
    look(now)
    return pmid in fetched(world)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_pmid_that_comes_again_is_well(world: World, look: Look) -> None:
    send(world, study(1))
    world.publish(study(1))
    world.sandbox.pubmed.change("90000001", gone=True)
    look(START)

    world.sandbox.pubmed.change("90000001", gone=False)
    look(START + WEEK)

    assert world.state(notices.SOURCE, "90000001").state == "ok"
    assert _asks(world, look, START + WEEK + DAY, "90000001")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_pubmed_does_not_know_any_more_is_told_to_the_operator_once(
    world: World, look: Look
) -> None:
    send(world, study(1))
    world.publish(linked("RetractionIn"), notice())
    world.pubmed_fails("esearch", "warnings")

    for week in (0, 1, 2):
        assert look(START + week * WEEK).problems == ()
    with world.bot() as bot:
        pipeline.deliver(bot, START + 2 * WEEK)

    (subject,) = world.subjects(OPERATOR)
    assert subject.startswith("litbot: PubMed reads the check of delivered")
    assert "PubMed does not find the phrase 'made-up phrase'" in world.mailed(OPERATOR)
    assert "made-up phrase" in world.state(notices.SOURCE, notices.FLAGS).problem
    assert [kind for kind, _, _ in events(world)] == ["retraction"]  # the others still count


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_study_that_is_reinstated_loses_its_flag_and_is_still_read_every_week(
    world: World, look: Look
) -> None:
    send(world, *(work(number) for number in range(2, 30)), study(1))
    world.publish(*(work(number) for number in range(2, 30)), linked("RetractionIn"), notice())
    look(START)
    assert [kind for kind, _, _ in events(world)] == ["retraction"]

    world.publish(study(1))
    look(START + WEEK)

    assert [kind for kind, _, _ in events(world)] == ["retraction", "reinstatement"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_study_that_a_title_alone_calls_retracted_is_asked_about_at_once_and_once(
    world: World, look: Look
) -> None:
    send(world, *(work(number) for number in range(2, 30)), study(1))
    world.publish(*(work(number) for number in range(2, 30)), study(1))
    look(START)
    rumour = replace(notice(f"RETRACTED: {study(1).title}"), pmid="", status="", created="")
    with writing(world.engine, saves_records=True) as db:
        kept = records.keep(
            db, "feed", "world-journal", [Found(key="a", record=rumour)], START + DAY
        )
        relating.relate(db, kept, "feed", START + DAY)
    assert events(world) == []
    world.publish(linked("RetractionIn"), notice())

    asked_for = [_asks(world, look, START + days * DAY, "90000001") for days in (1.1, 1.2, 2)]

    assert asked_for == [True, False, False]
    assert [kind for kind, _, _ in events(world)] == ["retraction"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_notice_that_does_not_come_is_not_asked_for_at_every_poll(
    world: World, look: Look
) -> None:
    send(world, study(1))
    world.publish(linked("ErratumIn", pmid="90007777"))

    asked_for = []
    for hours in (0, 0.5, 1, 24, 48):
        assert look(START + timedelta(hours=hours)).problems == ()
        asked_for += fetched(world)

    assert asked_for.count("90000001") == 3  # it is read whole every day: there is no other
    assert asked_for.count("90007777") == 2  # the second time at once, on its own, to be sure
    assert [(kind, pmid) for kind, pmid, _ in events(world)] == [("erratum", "90007777")]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_another_process_that_is_at_it_is_not_disturbed(world: World, look: Look) -> None:
    send(world, study(1))
    world.publish(study(1))

    with watermarks.lease(world.engine, notices.SOURCE, notices.LEASE):
        report = look(START)

    assert report.busy
    assert asked(world) == {}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_where_nothing_was_delivered_nothing_is_asked(world: World, look: Look) -> None:
    with writing(world.engine, saves_records=True) as db:
        records.keep(db, "pubmed", "world", [Found(key="90000001", record=study(1))], START)

    look(START, "all")

    assert asked(world) == {}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_pubmed_is_asked_once_a_week_by_flags(world: World, look: Look) -> None:
    send(world, study(1))
    world.publish(study(1))

    days: Sequence[float] = (0, 0.1, 1, 6, 6.99, 8, 13, 14)
    counted = []
    for day in days:
        look(START + day * DAY)
        counted.append(asked(world)["esearch"])

    assert counted == [1, 0, 0, 0, 1, 0, 0, 1]
