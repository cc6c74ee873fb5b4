"""Timelines: what happens to studies, in each order of arrival, reaches each reader concerned once.

Every row is one world with a study for each kind of event; so what one kind does to another, and one
mail about several, is seen too.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from world import SLACK_ROOM, START, WEEK, World, on_databases, study

from bot import notices, pipeline
from bot.model import Author, Link, NoticeKind, Record

DAY = timedelta(days=1)
LATE_READER, LATE_ROOM = "late@example.org", "C00GENERAL"
GONE_READER = "gone@example.org"


@dataclass(frozen=True, kw_only=True)
class Event:
    """One thing that happens to one study."""

    kind: NoticeKind
    study: Record
    other: Record  #: The notice or the article.
    after: Record  #: The study as PubMed shows it from then on.
    heading: str
    flag: str  #: Where the study is shown after it; empty: as any other.
    news: bool = False  #: Is the other record a study itself, and shown as one?
    urgent: bool = field(default=False)


def _event(
    number: int,
    kind: NoticeKind,
    topic: str,
    heading: str,
    *,
    other: dict[str, object],
    link: tuple[str, str],
    flag: str,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
    **own: bool,
) -> Event:
    """`link` is what the other record says of the study, and the study of the other record."""
    author = (Author(last=f"Author{number}", fore="Ada", initials="A"),)
    pages = f"{number}01-{number}09"
    title = f"Ketamine and psychotherapy: {topic}"
    common: dict[str, object] = {"authors": author, "registrations": ()}
    one = study(number, **(common | {"title": title, "pages": pages} | (before or {})))
    two = study(
        number + 50,
        **(common | {"pages": f"{number}88", "published": "2026-03-03", "title": title} | other),
    )
    there, back = link
    two = replace(two, links=(_link(there, one),) if there else ())
    changed = replace(one, links=(_link(back, two),) if back else (), **(after or {}))  # type: ignore[arg-type]
    return Event(kind=kind, study=one, other=two, after=changed, heading=heading, flag=flag, **own)


def _link(kind: str, to: Record) -> Link:
    return Link(kind=kind, pmid=to.pmid, citation=f"{to.journal_abbreviation}. 2026;7:{to.pages}")


def _notice(kind: str, title: str) -> dict[str, object]:
    return {"title": title, "publication_types": (kind,), "abstract": ()}


MEDRXIV: dict[str, object] = {
    "journal": "medRxiv : the preprint server for health sciences",
    "journal_abbreviation": "medRxiv",
    "publication_types": ("Preprint",),
    "volume": "",
    "issue": "",
    "pages": "",
    "issns": (),
}
EVENTS = (
    _event(
        1, "retraction", "a trial in veterans with insomnia", "Retracted",
        other=_notice("Retraction Notice", "Retraction: Ketamine and psychotherapy: a trial in veterans with insomnia"),
        link=("RetractionOf", "RetractionIn"), flag="RETRACTED", urgent=True,
        after={"publication_types": ("Journal Article", "Retracted Publication")},
    ),
    _event(
        2, "concern", "craving in nurses on night shift", "Expression of concern",
        other=_notice("Expression of Concern", "Expression of concern: Ketamine and psychotherapy: craving in nurses on night shift"),
        link=("ExpressionOfConcernFor", "ExpressionOfConcernIn"), flag="EXPRESSION OF CONCERN", urgent=True,
    ),
    _event(
        3, "withdrawal", "a cohort of retired sailors", "Withdrawn",
        other=_notice("Journal Article", "Withdrawal notice: Ketamine and psychotherapy: a cohort of retired sailors"),
        link=("WithdrawalOf", "WithdrawalIn"), flag="WITHDRAWN", urgent=True,
    ),
    _event(
        4, "reinstatement", "chronic pain after amputation", "Reinstated",
        other=_notice("Journal Article", "Notice of reinstatement: Ketamine and psychotherapy: chronic pain after amputation"),
        link=("ReinstatementOf", "ReinstatementIn"), flag="Reinstated",
    ),
    _event(
        5, "erratum", "memory in older drivers", "Erratum",
        other=_notice("Published Erratum", "Erratum: Ketamine and psychotherapy: memory in older drivers"),
        link=("ErratumFor", "ErratumIn"), flag="Erratum",
    ),
    _event(
        6, "republication", "grief among widowed farmers", "Corrected and republished",
        other={"publication_types": ("Corrected and Republished Article",)},
        link=("CorrectedandRepublishedFrom", "CorrectedandRepublishedIn"),
        flag="Corrected and republished", news=True,
    ),
    _event(
        7, "publication", "sleep diaries of young musicians", "Now published",
        before=MEDRXIV | {"doi": "10.1101/2026.01.05.26300007"},
        other={},
        link=("UpdateOf", "UpdateIn"), flag="Published as an article", news=True,
    ),
    _event(
        8, "publication", "panic in commercial divers at depth", "Appears to be published",
        before=MEDRXIV | {"doi": "10.1101/2026.01.05.26300008"},
        other={},
        link=("", ""), flag="Appears to be published as an article", news=True,
    ),
    _event(
        9, "version", "a review of group formats", "New version",
        before={"doi": "10.1002/14651858.cd012345.pub2", "journal_abbreviation": "Cochrane Database Syst Rev"},
        other={"doi": "10.1002/14651858.cd012345.pub3", "journal_abbreviation": "Cochrane Database Syst Rev"},
        link=("UpdateOf", "UpdateIn"), flag="New version", news=True,
    ),
)  # fmt: skip
#: The link of the article names a server that nobody knows; the preprint itself is known as one.
EVENTS = tuple(
    replace(one, other=replace(one.other, links=(replace(one.other.links[0], citation="Prepr. 2026 Jan 05;:"),)))
    if one.heading == "Now published"
    else one
    for one in EVENTS
)  # fmt: skip


class Readers:
    """Two who were sent the studies, two who came later, and one who has left."""

    def __init__(self, world: World) -> None:
        self.world = world
        world.journal_fed = False
        world.write_queries()
        self.room, self.mail = world.subscribe("slack"), world.subscribe("email")
        self.gone = world.subscribe("email", GONE_READER)

    def come_late(self) -> None:
        since = START + DAY
        for channel, target in (("slack", LATE_ROOM), ("email", LATE_READER)):
            self.world.subscribe(
                channel,  # type: ignore[arg-type]
                target,
                queries={"world": since},
                now=since,
                next_due=START + WEEK,
            )
        self.world.unsubscribe(self.gone)


def in_slack(world: World, room: str = SLACK_ROOM) -> str:
    """What a room shows, without markup; the texts for notifications left out."""
    texts = [
        str(block.get("text", {}).get("text", ""))
        for message in world.sandbox.slack.messages
        if message["channel"] == room
        for block in message["blocks"]  # type: ignore[attr-defined]
    ]
    plain = re.sub(r"<[^|<>]+\|([^<>]*)>", r"\1", "\n".join(texts))
    return " ".join(plain.replace("*", "").replace("• ", "").split())


def told(world: World, heading: str, event: Event) -> Counter[str]:
    """How often each reader is told in so many words."""
    said = f"{heading}: {event.study.title}".rstrip(".")
    return Counter(
        {
            "slack": in_slack(world).count(said),
            "email": world.mailed().count(said),
            "gone": world.mailed(GONE_READER).count(said),
        }
    )


def arrive(world: World, *others: Record) -> None:
    world.publish(*(replace(one, created="2026-03-03", entered="2026-03-03") for one in others))


def revise(world: World) -> None:
    """PubMed shows the studies as they are since."""
    world.publish(*(one.after for one in EVENTS))


def pass_by(world: World, *days: timedelta, recheck: bool = False) -> None:
    for day in days:
        world.at(START + day)
        if recheck:
            with world.bot() as bot:
                notices.recheck(bot, START + day)
                pipeline.compose(bot, START + day)
                pipeline.deliver(bot, START + day)


ONCE_EACH = {"slack": 1, "email": 1, "gone": 0}


@pytest.mark.parametrize(
    ("database_url", "arrival"),
    on_databases(("both",), ("a new record",), ("looking again",)),
    indirect=["database_url"],
)
def test_what_happens_to_a_study_that_was_sent_is_told_once_and_to_no_other(
    world: World, arrival: str
) -> None:
    readers = Readers(world)
    world.publish(*(one.study for one in EVENTS))
    world.at(START)
    readers.come_late()

    if arrival != "looking again":
        arrive(world, *(one.other for one in EVENTS))
    if arrival != "a new record":
        revise(world)
    recheck = arrival != "a new record"
    pass_by(world, 2 * DAY, 3 * DAY, WEEK, 2 * WEEK, recheck=recheck)

    for one in EVENTS:
        renewed = one.kind in ("version", "republication") and arrival != "looking again"
        expected = dict(ONCE_EACH)
        if renewed:  # they are shown as studies, which say what they are
            expected |= {"slack": 0, "email": 0}
        if one.heading == "Appears to be published" and arrival == "looking again":
            expected |= {"slack": 0, "email": 0}  # nobody has heard of the article
        assert told(world, one.heading, one) == expected, (one.heading, one.kind)
    assert "You were sent" not in in_slack(world, LATE_ROOM) + world.mailed(LATE_READER)


def flagged(text: str, event: Event) -> int:
    """How often the study is shown with its flag before it."""
    title = re.escape(event.study.title.rstrip("."))
    other = r"(?:(?!Ketamine and psychotherapy).){0,200}?"
    return len(re.findall(rf"{event.flag}\b(?!:){other}{title}", text))


@pytest.mark.parametrize(
    ("database_url", "order"),
    on_databases(("the notice first",), ("the notice before the digest",), ("one poll",)),
    indirect=["database_url"],
)
def test_a_study_to_which_something_has_happened_is_shown_with_that(
    world: World, order: str
) -> None:
    Readers(world)
    studies, others = [one.study for one in EVENTS], [one.other for one in EVENTS]
    if order == "the notice first":
        world.publish(*others)
        world.at(START)
        world.publish(
            *(replace(one, created="2026-03-04", entered="2026-03-04") for one in studies)
        )
        pass_by(world, 3 * DAY)
    elif order == "the notice before the digest":
        world.at(START)
        world.publish(
            *(replace(one, created="2026-03-03", entered="2026-03-03") for one in studies)
        )
        pass_by(world, 2 * DAY)
        arrive(world, *others)
        pass_by(world, 3 * DAY)
    else:
        world.publish(*studies, *others)
        world.at(START)

    pass_by(world, WEEK, 2 * WEEK, recheck=True)

    slack, mail = in_slack(world), world.mailed()
    assert "You were sent" not in slack + mail
    for one in EVENTS:
        assert (flagged(slack, one), flagged(mail, one)) == (1, 1), (one.heading, slack)
        shown = slack.count(one.other.title.rstrip("."))
        if not one.news:
            assert shown == int(order == "the notice first"), one.heading
    assert slack.count("Notices about studies (5)") == int(order == "the notice first")
