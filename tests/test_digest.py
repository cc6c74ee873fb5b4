"""What a digest quotes, in which order it tells, and when it is due."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.digest import Candidate, Digest, Quote, arrange, next_due, quotes
from bot.errors import SettingsError
from bot.model import Cadence, Record, Section

DUE = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


def abstract(*sections: tuple[str, str]) -> Record:
    return Record(title="t", abstract=tuple(Section(label=a, text=b) for a, b in sections))


def plain(text: str) -> Record:
    return abstract(("", text))


# What is quoted


def test_the_result_is_quoted_before_the_conclusion_under_the_journals_own_labels() -> None:
    record = abstract(
        ("BACKGROUND", "Why."),
        ("CONCLUSIONS AND RELEVANCE", "It works."),
        ("Main Findings", "Scores fell."),
    )

    assert quotes(record) == (
        Quote(label="Main Findings", text="Scores fell."),
        Quote(label="CONCLUSIONS AND RELEVANCE", text="It works."),
    )


@pytest.mark.parametrize(
    ("labels", "quoted"),
    [
        (["METHODS", "RESULTS"], ["RESULTS"]),
        (["METHODS AND RESULTS", "INTERPRETATION"], ["METHODS AND RESULTS", "INTERPRETATION"]),
        (["RESULTS AND CONCLUSION"], ["RESULTS AND CONCLUSION"]),
        (["RESULTS", "DISCUSSION"], ["RESULTS", "DISCUSSION"]),
        (["RESULTS", "DISCUSSION", "CONCLUSION"], ["RESULTS", "CONCLUSION"]),
        (["RECENT FINDINGS", "SUMMARY"], ["RECENT FINDINGS", "SUMMARY"]),
        (["RESULTADOS", "CONCLUSIONES"], ["RESULTADOS", "CONCLUSIONES"]),
        (["RÉSULTATS", "CONCLUSION"], ["RÉSULTATS", "CONCLUSION"]),
        (["CASE PRESENTATION", "CONCLUSIONS"], ["CONCLUSIONS"]),
        (["METHODS", "ETHICS AND DISSEMINATION", "TRIAL REGISTRATION NUMBER"], ["METHODS"]),
        (["MAIN OUTCOME MEASURES", "RESULTS", "FUNDING"], ["RESULTS"]),
    ],
)
def test_the_labels_decide(labels: list[str], quoted: list[str]) -> None:
    record = abstract(*((label, f"Text of {label.lower()}.") for label in labels))

    assert [quote.label for quote in quotes(record)] == quoted


def test_an_abstract_in_one_text_is_divided_at_its_headings() -> None:
    record = plain(
        "Background: Little is known. Methods: We asked 20. Main results: Scores fell by 3.1. "
        "Conclusions: It may help."
    )

    assert quotes(record) == (
        Quote(label="Main results", text="Scores fell by 3.1."),
        Quote(label="Conclusions", text="It may help."),
    )


@pytest.mark.parametrize(
    "record", [Record(title="t"), Record(title="t", abstract=None), plain(" ")]
)
def test_without_an_abstract_nothing_is_quoted(record: Record) -> None:
    assert quotes(record) == ()


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("One. Two. Three.", "Two. Three."),
        ("Only one.", "Only one."),
        ("No full stop at the end. And on", "No full stop at the end. And on"),
        ("One. Ketamine vs. Placebo won. It lasts.", "Ketamine vs. Placebo won. It lasts."),
        ("One. Drugs (e.g. Ketamine) help. Yes.", "Drugs (e.g. Ketamine) help. Yes."),
        ("One. As Dore et al. Found, it helps. Yes.", "As Dore et al. Found, it helps. Yes."),
        ("One. We had p = 0. 05 here. Yes.", "We had p = 0. 05 here. Yes."),
        ("One. We had p < .05. Yes.", "We had p < .05. Yes."),
        ("One. Grown in E. Coli it was. Yes.", "Grown in E. Coli it was. Yes."),
        ("One. By J. R. Smith it is. Yes.", "By J. R. Smith it is. Yes."),
        ("One. Two (this. And that. Too) here. Three.", "Two (this. And that. Too) here. Three."),
        ('One. Two said "Yes." Three.', 'Two said "Yes." Three.'),
        ("一。二。三。", "二。三。"),
        ("One. Two. Three. Trial registration: NCT01234567.", "Two. Three."),
        ("One. Two. Three. ClinicalTrials.gov Identifier: NCT01234567.", "Two. Three."),
        ("One. Two. Three. This trial was registered at PROSPERO.", "Two. Three."),
        ("One. Two. Three. Funded by a charity. © 2026 The Authors.", "Two. Three."),
        ("One. Two. Three. (PsycInfo Database Record (c) 2026 APA).", "Two. Three."),
        ("One. Two. Three. Copyright 2026. All rights reserved.", "Two. Three."),
    ],
)
def test_the_last_two_sentences_are_quoted_where_nothing_is_labelled(
    text: str, quoted: str
) -> None:
    assert quotes(plain(text)) == (Quote(label="", text=quoted),)


def test_a_registration_line_at_the_end_of_a_conclusion_is_not_quoted() -> None:
    record = abstract(("RESULTS", "Fell."), ("CONCLUSION", "It works. Trial registration: NCT1."))

    assert quotes(record)[1].text == "It works."


FRAGMENTS = ("A", "b", "1", ". ", "! ", "vs. ", "e.g. ", "(", ")", "©", " ", "\n", "。", '"', "é")
FRAGMENTS += ("Results: ", "Conclusion: ", "Funding: ", "NCT01234567", "p<0.05", "\x00")
PROSE = st.lists(st.sampled_from(FRAGMENTS)).map("".join)


@given(
    st.lists(st.tuples(st.sampled_from(["", "RESULTS", "CONCLUSION", "AIM"]), PROSE | st.text()))
)
def test_every_quote_is_a_slice_of_one_section(sections: list[tuple[str, str]]) -> None:
    record = abstract(*sections)

    for quote in quotes(record):
        assert quote.text.strip()
        assert any(quote.text in text for _, text in sections)


# Which come first


def candidate(record_id: int, **changes: object) -> Candidate:
    values: dict[str, object] = {
        "record_id": record_id,
        "record": Record(title=f"Title {record_id}"),
        "queries": ("ketamine",),
        "answer": "yes",
        "kind": "new",
        "found_in": ("PubMed",),
        "matched_at": DUE,
        "told_as_possible": False,
    }
    return Candidate(**(values | changes))  # type: ignore[arg-type]


def arranged(candidates: list[Candidate], gained_more: int = 0) -> Digest:
    return arrange(
        candidates,
        [],
        title="Ketamine",
        titles={"ketamine": "Ketamine psychotherapy"},
        due_at=DUE,
        since=DUE - timedelta(days=7),
        zone="Europe/London",
        searched_through=date(2026, 11, 22),
        undecided={"ketamine": 3},
        undecided_command="litbot query undecided",
        failures=(),
        feeds=(),
        gained_more=gained_more,
    )


@pytest.mark.parametrize(
    ("changes", "block"),
    [
        ({}, "new"),
        ({"kind": "baseline"}, "new"),
        ({"kind": "late"}, "late"),
        ({"kind": "gained"}, "gained"),
        ({"answer": "unknown"}, "possible"),
        ({"answer": "unknown", "kind": "gained"}, "possible"),
        ({"told_as_possible": True}, "confirmed"),
        ({"told_as_possible": True, "kind": "late"}, "confirmed"),
    ],
)
def test_why_it_is_told_decides_under_which_heading(changes: dict[str, object], block: str) -> None:
    digest = arranged([candidate(1, **changes)])

    assert [each.name for each in digest.blocks] == [block]


def test_the_newest_come_first_then_the_lower_pmid_then_the_lower_number() -> None:
    def of(record_id: int, created: str = "", pmid: str = "", hours: int = 0) -> Candidate:
        record = Record(title="t", created=created, pmid=pmid)
        return candidate(record_id, record=record, matched_at=DUE - timedelta(hours=hours))

    digest = arranged(
        [
            of(8, hours=1),
            of(1, created="2026-11-20", pmid="900"),
            of(7),
            of(2, created="2026-11-22", pmid="1000"),
            of(3, created="2026-11-22", pmid="999"),
            of(4, created="2026-11-22", pmid="999"),
            of(5, created="2026-11-23", pmid="5"),
        ]
    )

    assert [entry.record_id for entry in digest.blocks[0].entries] == [5, 7, 8, 3, 4, 2, 1]


def test_the_first_25_are_shown_in_full_over_the_whole_digest_and_the_rest_as_titles() -> None:
    news = [candidate(n) for n in range(20)]
    late = [candidate(n, kind="late") for n in range(20, 40)]

    digest = arranged([*late, *news])

    assert [(len(b.entries), len(b.titles)) for b in digest.blocks] == [(20, 0), (5, 15)]
    assert digest.total == 40


def test_of_what_a_changed_query_gained_ten_are_shown_and_the_others_counted() -> None:
    digest = arranged([candidate(n, kind="gained") for n in range(310)])

    (block,) = digest.blocks
    assert (len(block.entries), block.hidden, block.count) == (10, 300, 310)
    assert arranged([], gained_more=7).blocks[0].hidden == 7


def test_queries_go_by_their_titles() -> None:
    digest = arranged([candidate(1)])

    assert digest.blocks[0].entries[0].queries == ("Ketamine psychotherapy",)
    assert digest.undecided == {"Ketamine psychotherapy": 3}


def test_a_digest_without_records_is_quiet() -> None:
    assert arranged([]).quiet
    assert not arranged([candidate(1)]).quiet


CANDIDATES = st.lists(
    st.builds(
        lambda number, answer, kind, told, day, pmid: candidate(
            number,
            answer=answer,
            kind=kind,
            told_as_possible=told,
            record=Record(title="t", created=day, pmid=pmid),
        ),
        st.integers(1, 10_000),
        st.sampled_from(["yes", "unknown"]),
        st.sampled_from(["new", "late", "gained", "baseline"]),
        st.booleans(),
        st.sampled_from(["", "2026-11-20", "2026-11-21"]),
        st.sampled_from(["", "1", "20", "x"]),
    ),
    max_size=80,
    unique_by=lambda each: each.record_id,
)


@given(CANDIDATES, st.randoms(use_true_random=False))
def test_nothing_is_dropped_or_doubled_and_the_order_given_does_not_matter(
    candidates: list[Candidate], random: object
) -> None:
    shuffled = list(candidates)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    digest = arranged(candidates)

    shown = [e.record_id for block in digest.blocks for e in (*block.entries, *block.titles)]
    hidden = sum(block.hidden for block in digest.blocks)
    assert len(shown) == len(set(shown))
    assert set(shown) <= {each.record_id for each in candidates}
    assert len(shown) + hidden == len(candidates) == digest.total
    assert all(block.hidden == 0 for block in digest.blocks if block.name != "gained")
    assert sum(len(block.entries) for block in digest.blocks) <= 25
    assert arranged(shuffled) == digest


# When it is due


@pytest.mark.parametrize(
    ("cadence", "after", "due"),
    [
        (Cadence(every="daily"), "2026-11-23T06:59:00+00:00", "2026-11-23T07:00:00+00:00"),
        (Cadence(every="daily"), "2026-11-23T07:00:00+00:00", "2026-11-24T07:00:00+00:00"),
        (Cadence(every="weekly", weekday=0), "2026-11-24T00:00:00+00:00", "2026-11-30T07:00+00:00"),
        (Cadence(every="monthly", day=28), "2027-02-28T07:00:00+00:00", "2027-03-28T07:00+00:00"),
        # New York is five hours behind: Monday 07:00 there.
        (
            Cadence(every="weekly", weekday=0, zone="America/New_York"),
            "2026-11-23T11:59:00+00:00",
            "2026-11-23T12:00:00+00:00",
        ),
        # Berlin skips 02:00 to 03:00 on 29 March 2026: the next minute is 03:00, 01:00 UTC.
        (
            Cadence(every="daily", hour=2, minute=30, zone="Europe/Berlin"),
            "2026-03-28T12:00:00+00:00",
            "2026-03-29T01:00:00+00:00",
        ),
        # Berlin has 02:30 twice on 25 October 2026: only the first is due, 00:30 UTC ...
        (
            Cadence(every="daily", hour=2, minute=30, zone="Europe/Berlin"),
            "2026-10-24T12:00:00+00:00",
            "2026-10-25T00:30:00+00:00",
        ),
        # ... and the second is not.
        (
            Cadence(every="daily", hour=2, minute=30, zone="Europe/Berlin"),
            "2026-10-25T00:30:00+00:00",
            "2026-10-26T01:30:00+00:00",
        ),
        # Beirut skipped 00:00 to 01:00 on 27 March 2022: 01:00 there is 22:00 UTC the day before.
        (
            Cadence(every="daily", hour=0, zone="Asia/Beirut"),
            "2022-03-26T12:00:00+00:00",
            "2022-03-26T22:00:00+00:00",
        ),
    ],
)
def test_the_next_due_time(cadence: Cadence, after: str, due: str) -> None:
    assert next_due(cadence, datetime.fromisoformat(after)) == datetime.fromisoformat(due)


ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Beirut")
ZONES += ("America/Santiago", "Pacific/Chatham", "Africa/Casablanca", "Asia/Kathmandu")
CADENCES = st.builds(
    Cadence,
    every=st.sampled_from(["daily", "weekly", "monthly"]),
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
    weekday=st.integers(0, 6),
    day=st.integers(1, 28),
    zone=st.sampled_from(ZONES),
)

MOMENTS = st.integers(1_356_998_400, 2_208_988_800).map(  # 2013 to 2039
    lambda seconds: datetime.fromtimestamp(seconds, UTC)
)


def period(cadence: Cadence, due: datetime) -> int:
    """The number of the local day, week or month that a due time is for."""
    day = due.astimezone(ZoneInfo(cadence.zone)).date()
    if cadence.every == "daily":
        return day.toordinal()
    return day.toordinal() // 7 if cadence.every == "weekly" else day.year * 12 + day.month


@settings(max_examples=60, deadline=None)
@given(CADENCES, MOMENTS)
def test_one_is_due_in_every_local_day_week_or_month_and_none_twice(
    cadence: Cadence, after: datetime
) -> None:
    times = [after]
    while len(times) < 400 // {"daily": 1, "weekly": 4, "monthly": 12}[cadence.every]:
        times.append(next_due(cadence, times[-1]))

    assert all(earlier < later for earlier, later in pairwise(times))
    assert all(due.utcoffset() == timedelta(0) for due in times)
    weeks = [period(cadence, due) for due in times[1:]]
    assert weeks == list(range(weeks[0], weeks[0] + len(weeks)))


@settings(max_examples=60, deadline=None)
@given(
    CADENCES,
    MOMENTS,
    st.floats(0, 1),
)
def test_nothing_is_due_between_a_moment_and_the_next_due_time(
    cadence: Cadence, after: datetime, share: float
) -> None:
    due = next_due(cadence, after)

    between = after + (due - after) * share

    assert next_due(cadence, between) == due or between == due


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd", "America", "\x00"])
def test_a_zone_that_is_none_is_named(zone: str) -> None:
    with pytest.raises(SettingsError, match="is not an IANA time zone"):
        next_due(Cadence(every="daily", zone=zone), DUE)


@pytest.mark.parametrize("day", [0, 29, 31])
def test_a_day_that_not_every_month_has_is_refused(day: int) -> None:
    with pytest.raises(SettingsError, match="choose one of 1 to 28"):
        next_due(Cadence(every="monthly", day=day), DUE)
