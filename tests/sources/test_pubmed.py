"""PubMed as a source, against the local E-utilities."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime

import builders
import pytest

from bot.config import Settings
from bot.errors import SourceError
from bot.http import Http
from bot.model import Journal, Owner, Record, SavedQuery
from bot.ports import Batch, Task, TaskKind
from bot.sandbox.eutils import ALWAYS, Eutils, Fault, Held
from bot.sources import pubmed

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
KEY = "sample-key-0123456789"


class NoWait:
    """Turns at once: the server is ours."""

    def wait(self, host: str, per_second: float) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Eutils]:
    with Eutils(today=date(2026, 11, 24)) as server:
        yield server


@pytest.fixture
def source(server: Eutils) -> pubmed.PubMed:
    return connect(server)


def connect(server: Eutils, **settings: object) -> pubmed.PubMed:
    http = Http(NoWait(), user_agent="litbot-test", pause=lambda _seconds: None)
    return pubmed.build(Settings(eutils_url=server.url, **settings), http)  # type: ignore[arg-type]


def hold(server: Eutils, *records: object) -> None:
    server.load(builders.pubmed_set(*records))  # type: ignore[arg-type]


def many(count: int, *, first: int = 1_000, created: str = "2026-11-20") -> list[object]:
    return [
        builders.record(pmid=str(first + number), doi=f"10.5555/{first + number}", created=created)
        for number in range(count)
    ]


def task(
    strategy: str = "ketamine[tiab]",
    *,
    kind: TaskKind = "poll",
    since: str = "2026-11-20",
    owed: tuple[str, ...] = (),
) -> Task:
    query = SavedQuery(
        name="sample",
        title="Sample",
        question="?",
        owner=Owner(name="A", target="a@example.org"),
        pubmed=strategy,
    )
    return Task(kind=kind, subject=query, cursor={"since": since} if since else {}, owed=owed)


def none_known(keys: Sequence[str]) -> frozenset[str]:
    return frozenset()


def all_known(keys: Sequence[str]) -> frozenset[str]:
    return frozenset(keys)


def adds_up(batch: Batch, known: int = 0) -> bool:
    accounted = {one.key for one in batch.found} | set(batch.owed)
    accounted |= {one.key for one in batch.problems}
    return (
        batch.reported == len(batch.listed) == known + len(accounted)
        and accounted <= set(batch.listed)
        and not batch.incomplete
    )


def test_a_poll_gives_the_records_created_since_the_mark_less_a_week(
    server: Eutils, source: pubmed.PubMed
) -> None:
    hold(
        server,
        builders.record(pmid="1", created="2026-11-12"),
        builders.record(pmid="2", created="2026-11-13"),
        builders.record(pmid="3", created="2026-11-24"),
        builders.record(pmid="4", created="2026-11-24", title="Rest.", abstract=(), keywords=()),
    )

    batch = source.fetch(task(since="2026-11-20"), none_known, NOW)

    assert {one.key for one in batch.found} == {"2", "3"}
    assert batch.found[0].record == builders.record(
        pmid=batch.found[0].key, created=batch.found[0].record.created
    )
    assert adds_up(batch)


def test_a_first_poll_goes_back_as_far_as_news_does(server: Eutils) -> None:
    hold(
        server,
        builders.record(pmid="1", created="2026-11-13"),
        builders.record(pmid="2", created="2026-11-14"),
    )

    batch = connect(server, news_days=10).fetch(task(since=""), none_known, NOW)

    assert [one.key for one in batch.found] == ["2"]


@pytest.mark.parametrize(
    ("now", "mark"),
    [
        ("2026-11-24T12:00", "2026-11-23"),
        ("2026-11-24T04:59", "2026-11-22"),
        ("2026-07-01T03:59", "2026-06-29"),
    ],
)
def test_the_mark_is_the_day_before_in_the_time_of_the_us_east(
    source: pubmed.PubMed, now: str, mark: str
) -> None:
    began = datetime.fromisoformat(now).replace(tzinfo=UTC)

    assert source.fetch(task(), none_known, began).cursor == {"since": mark}


def test_a_poll_with_nothing_new_is_one_request(server: Eutils, source: pubmed.PubMed) -> None:
    hold(server, *many(3))

    batch = source.fetch(task(), all_known, NOW)

    assert adds_up(batch, known=3)
    assert len(server.log) == 1


def test_the_strategy_stands_in_parentheses_as_it_was_written(
    server: Eutils, source: pubmed.PubMed
) -> None:
    source.fetch(task("ketamine[tiab]\n  OR  alliance[tiab]"), none_known, NOW)

    term = server.log[0].fields["term"]
    assert term == "(ketamine[tiab]\n  OR  alliance[tiab]) AND 2026/11/13:3000/12/31[crdt]"


@pytest.mark.parametrize(
    "shape", ["html", "empty", "error-xml", "outage", "502", "rate-429", "closed"]
)
def test_when_no_record_comes_at_all_the_poll_fails(
    server: Eutils, source: pubmed.PubMed, shape: str
) -> None:
    hold(server, *many(3))
    server.fail(Fault(endpoint="efetch", shape=shape, times=ALWAYS))  # type: ignore[arg-type]

    with pytest.raises(SourceError, match="pubmed sample: efetch"):
        source.fetch(task(), none_known, NOW)


def test_a_sweep_sees_late_mesh_late_revision_and_back_dated_records_and_keeps_the_mark(
    server: Eutils, source: pubmed.PubMed
) -> None:
    hold(
        server,
        builders.record(
            pmid="1", created="2025-07-01", entered="2019-01-01", indexed="", revised=""
        ),
        builders.record(pmid="2", created="2015-01-01", indexed="2026-11-01", revised=""),
        builders.record(pmid="3", created="2015-01-01", indexed="2015-02-01", revised="2026-11-01"),
        builders.record(pmid="4", created="2015-01-01", indexed="2015-02-01", revised="2015-02-01"),
    )
    known = lambda keys: frozenset({"3"}) & set(keys)  # noqa: E731

    sweep = source.fetch(task(kind="sweep"), known, NOW)
    baseline = source.fetch(task(kind="baseline"), none_known, NOW)

    assert set(sweep.listed) == set(baseline.listed) == {"1", "2", "3"}
    assert {one.key for one in sweep.found} == {"1", "2"}
    assert adds_up(sweep, known=1)
    assert baseline.found == ()
    assert sweep.cursor == baseline.cursor == {"since": "2026-11-20"}
    assert len(server.requests("efetch")) == 1


def test_languages_and_types_of_the_query_do_not_drop_unindexed_records(
    server: Eutils, source: pubmed.PubMed
) -> None:
    hold(
        server, builders.record(pmid="1", created="2026-11-20", languages=(), publication_types=())
    )

    assert [one.key for one in source.fetch(task(), none_known, NOW).found] == ["1"]


def test_more_than_a_page_goes_by_history_and_nothing_is_lost(
    server: Eutils, source: pubmed.PubMed
) -> None:
    hold(server, *many(430))

    batch = source.fetch(task(), none_known, NOW)

    assert len(batch.found) == 430
    assert adds_up(batch)
    assert len(server.requests("epost")) == 1
    assert [one.fields["retstart"] for one in server.requests("efetch")] == ["0", "200", "400"]


@pytest.mark.parametrize(
    "fault",
    [
        Fault(endpoint="efetch", shape="expired", skip=1, times=ALWAYS),
        Fault(endpoint="epost", shape="error-xml"),
    ],
)
def test_without_history_the_rest_comes_by_lists(
    server: Eutils, source: pubmed.PubMed, fault: Fault
) -> None:
    hold(server, *many(430))
    server.fail(fault)

    batch = source.fetch(task(), none_known, NOW)

    assert adds_up(batch)
    assert len(batch.found) == 430


def test_a_short_page_does_not_shift_the_next(server: Eutils, source: pubmed.PubMed) -> None:
    hold(server, *many(430))
    server.fail(Fault(endpoint="efetch", shape="short", count=3))

    batch = source.fetch(task(), none_known, NOW)

    assert adds_up(batch)
    assert len(batch.found) == 430


def test_an_id_that_never_comes_is_owed_and_asked_for_at_the_next_poll(
    server: Eutils, source: pubmed.PubMed
) -> None:
    hold(server, *many(5))
    server.change("1002", absent=True)

    first = source.fetch(task(), none_known, NOW)
    server.change("1002", absent=False)
    known = frozenset({"1000", "1001", "1003", "1004"})
    later = source.fetch(
        task("nothing[tiab]", owed=("1002", "77")), lambda keys: known & set(keys), NOW
    )

    assert first.owed == ("1002",)
    assert adds_up(first)
    assert [one.key for one in later.found] == ["1002"]
    assert later.owed == ("77",)
    assert adds_up(later)


def test_many_absent_records_make_the_poll_incomplete_and_what_came_is_kept(
    server: Eutils, source: pubmed.PubMed
) -> None:
    hold(server, *many(100))
    for pmid in range(1_000, 1_010):
        server.change(str(pmid), absent=True)

    batch = source.fetch(task(), none_known, NOW)

    assert len(batch.found) == 90
    assert "10 of 100 records did not come" in batch.incomplete


@pytest.mark.parametrize("shape", ["truncated", "empty", "html", "502"])
def test_a_page_that_breaks_off_makes_the_poll_incomplete_and_what_came_is_kept(
    server: Eutils, source: pubmed.PubMed, shape: str
) -> None:
    hold(server, *many(430))
    server.fail(Fault(endpoint="efetch", shape=shape, skip=2, times=ALWAYS))  # type: ignore[arg-type]

    batch = source.fetch(task(), none_known, NOW)

    assert batch.incomplete
    assert len(batch.found) >= 400


def test_a_record_with_broken_xml_is_read_as_medline_text(
    server: Eutils, source: pubmed.PubMed
) -> None:
    hold(server, *many(3))
    server.change("1001", odd="xml")

    batch = source.fetch(task(), none_known, NOW)

    assert adds_up(batch)
    assert len(batch.found) == 3
    got = next(one.record for one in batch.found if one.key == "1001")
    assert got.title == builders.record().title
    assert [part.label for part in got.abstract or ()] == ["BACKGROUND", "RESULTS"]


def test_a_record_that_nothing_can_read_is_a_problem_with_its_bytes(
    server: Eutils, source: pubmed.PubMed
) -> None:
    hold(server, *many(3))
    server.change("1001", odd="text")

    batch = source.fetch(task(), none_known, NOW)

    assert adds_up(batch)
    assert [one.key for one in batch.problems] == ["1001"]
    assert b"<broken>" in batch.problems[0].raw


def test_a_deleted_and_a_merged_pmid_are_accounted_for_by_name(
    server: Eutils, source: pubmed.PubMed
) -> None:
    hold(server, *many(4))
    server.change("1001", deleted=True)
    server.change("1002", merged_into="1003")

    batch = source.fetch(task(), none_known, NOW)

    assert adds_up(batch)
    assert [(one.key, one.reason) for one in batch.problems] == [
        ("1001", "PubMed has deleted this record")
    ]
    assert {one.key: one.record.pmid for one in batch.found}["1002"] == "1003"


def test_the_newest_version_of_a_pmid_counts(server: Eutils, source: pubmed.PubMed) -> None:
    older, newer = (
        builders.record(pmid="1", title="Old."),
        builders.record(pmid="1", title="New.", pmid_version=2),
    )
    server.load(builders.pubmed_set(builders.record(pmid="1", created="2026-11-20")))
    both = builders.article_xml(newer) + builders.article_xml(older)
    server.change("1", raw=both.encode())

    batch = source.fetch(task(), none_known, NOW)

    assert [one.record.title for one in batch.found] == ["New."]


REFUSALS = [
    ("rate-429", "request rate", False),
    ("rate-200", "request rate", False),
    ("retry-after", "request rate", False),
    ("500", "HTTP 500", False),
    ("502", "HTTP 502", False),
    ("error-xml", "made up", False),
    ("error-json", "TXCLIENT", False),
    ("outage", "Database is not supported", False),
    ("wildcards", "exceeds 256", True),
    ("html", "web page", False),
    ("truncated", "cut off", False),
    ("cut", "cut off", False),
    ("empty", "empty answer", False),
    ("closed", "connection", False),
    ("reset", "connection", False),
    ("no-idlist", "without IdList", False),
    ("no-count", "without Count", False),
    ("short", "counts 3 records but lists 2 ids", False),
]


@pytest.mark.parametrize(("shape", "said", "at_fault"), REFUSALS, ids=[row[0] for row in REFUSALS])
def test_every_bad_answer_to_a_search_is_an_error_and_never_zero_hits(
    server: Eutils, shape: str, said: str, at_fault: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    source = connect(server, ncbi_api_key=KEY, ncbi_email="operator@example.org")
    hold(server, *many(3))
    server.fail(Fault(endpoint="esearch", shape=shape, times=ALWAYS))  # type: ignore[arg-type]

    with pytest.raises(SourceError, match=said) as caught:
        source.fetch(task(), none_known, NOW)

    assert caught.value.source == "pubmed"
    assert caught.value.task == "sample"
    assert caught.value.query_at_fault is at_fault
    everything = f"{caught.value!r} {caught.value.__cause__!r} {caplog.text}"
    assert KEY not in everything
    assert "operator@example.org" not in everything


@pytest.mark.parametrize("shape", ["rate-429", "rate-200", "500", "502", "closed", "reset", "cut"])
@pytest.mark.parametrize("endpoint", ["esearch", "efetch"])
def test_a_passing_failure_is_waited_out(
    server: Eutils, source: pubmed.PubMed, endpoint: str, shape: str
) -> None:
    hold(server, *many(3))
    server.fail(Fault(endpoint=endpoint, shape=shape, times=2))  # type: ignore[arg-type]

    assert adds_up(source.fetch(task(), none_known, NOW))


def test_a_strategy_that_pubmed_refuses_is_the_querys_fault(source: pubmed.PubMed) -> None:
    with pytest.raises(SourceError) as caught:
        source.fetch(task(" OR ".join(["ketamin*[tiab]"] * 257)), none_known, NOW)

    assert caught.value.query_at_fault


def test_what_pubmed_says_about_the_query_reaches_its_owner(
    server: Eutils, source: pubmed.PubMed
) -> None:
    server.fail(Fault(endpoint="esearch", shape="warnings"))

    told = source.fetch(task("ketamine[tiab] OR rest[nosuch]"), none_known, NOW)
    quiet = source.fetch(task(), none_known, NOW)

    assert told.warnings == (
        "PubMed does not find the phrase 'made-up phrase'",
        "PubMed does not know the field 'nosuch' and ignores it",
        "PubMed's phrase index does not hold '\"made up phrase\"[tiab]'",
        "PubMed says: A made-up message.",
    )
    assert quiet.warnings == ()


def test_the_translation_is_the_same_from_poll_to_poll(source: pubmed.PubMed) -> None:
    first = source.fetch(task(since="2026-11-20"), none_known, NOW)
    later = source.fetch(task(since="2026-11-21"), none_known, NOW)

    assert first.translation == later.translation == "(ketamine[tiab])"


@pytest.mark.parametrize(("times", "method"), [(1, "GET"), (100, "POST")])
def test_a_long_term_is_posted(
    server: Eutils, source: pubmed.PubMed, times: int, method: str
) -> None:
    source.fetch(task(" OR ".join(["ketamine[tiab]"] * times)), none_known, NOW)

    assert [one.method for one in server.log] == [method]


def test_tool_email_and_key_are_in_every_request_and_never_in_an_address(server: Eutils) -> None:
    source = connect(server, ncbi_api_key=KEY, ncbi_email="operator@example.org")
    hold(server, *many(2))

    source.fetch(task(), none_known, NOW)

    assert [(one.endpoint, one.method) for one in server.log] == [
        ("esearch", "POST"),
        ("efetch", "POST"),
    ]
    for one in server.log:
        assert one.fields["tool"] == "litbot"
        assert one.fields["email"] == "operator@example.org"
        assert one.fields["api_key"] == KEY


def test_no_search_ever_leaves_its_ceiling(server: Eutils, source: pubmed.PubMed) -> None:
    """10,400 records: 10,020 of them on one day, the others over the weeks before."""
    days = dict.fromkeys(range(10_020), "2026-11-20")
    days |= {20_000 + n: f"2026-10-{1 + n // 20:02}" for n in range(380)}
    for number, day in days.items():
        record = Record(title="", pmid=str(1_000 + number), created=day)
        server.held[record.pmid] = Held(raw=b"", record=record)

    baseline = source.fetch(task("all[sb]", kind="baseline"), none_known, NOW)

    assert len(set(baseline.listed)) == baseline.reported == 10_400
    assert all(int(one.fields["retmax"]) <= 9_999 for one in server.log)


def test_a_doi_finds_only_a_record_that_carries_it(server: Eutils, source: pubmed.PubMed) -> None:
    hold(server, *many(3))

    found = source.by_doi(["https://doi.org/10.5555/1001", "10.5555/none", "10.5555/1002", "?"])

    assert {one.key: one.record.doi for one in found} == {
        "1001": "10.5555/1001",
        "1002": "10.5555/1002",
    }
    assert len(server.log) == 2


def test_known_studies_are_looked_up_by_the_strategy_itself(
    server: Eutils, source: pubmed.PubMed
) -> None:
    hold(server, *many(3), builders.record(pmid="9", title="Rest.", abstract=(), keywords=()))

    assert source.among("ketamine[tiab] OR rest[ti:noexp]", ["1001", "9", "77"]) == {"1001", "9"}
    assert source.among("ketamine[tiab]", ["1001", "9", "77"]) == {"1001"}
    assert source.among("ketamine[tiab]", []) == frozenset()


def test_records_are_fetched_known_or_not(server: Eutils, source: pubmed.PubMed) -> None:
    hold(server, *many(2))

    batch = source.records(["1000", "PMID: 1001", "1001"])

    assert {one.key for one in batch.found} == {"1000", "1001"}
    assert adds_up(batch)


def test_a_journals_recent_records_are_counted(server: Eutils, source: pubmed.PubMed) -> None:
    hold(server, *many(3), builders.record(pmid="9", created="2026-01-01"))

    assert source.holds(["0000-0019", "9999-9994"], NOW) == 3
    assert source.holds(["9999-9994"], NOW) == 0
    assert source.holds([], NOW) == 0


def test_check_tells_whether_pubmed_answers(server: Eutils, source: pubmed.PubMed) -> None:
    source.check()

    server.fail(Fault(shape="502", times=ALWAYS))
    with pytest.raises(SourceError, match="HTTP 502"):
        source.check()


def test_a_journal_and_a_spoilt_mark_are_refused_with_a_reason(source: pubmed.PubMed) -> None:
    journal = Task(kind="poll", subject=Journal(name="j", title="J"))
    with pytest.raises(SourceError, match="journal"):
        source.fetch(journal, none_known, NOW)
    with pytest.raises(SourceError, match="'yesterday' is no date"):
        source.fetch(task(since="yesterday"), none_known, NOW)
