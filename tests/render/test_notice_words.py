"""What happened to a study, in words: neutral, both records linked, dates given, nothing inflated."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest
from builders import record
from golden.reading import RENDERER, TEMPLATES, block_characters, mails, mrkdwn_texts
from golden.sober import sober

from bot.digest import Block, Digest, Entry, Event
from bot.model import Basis, Notice, NoticeKind
from bot.render import HTML_BYTES, Renderer
from bot.render.notices import EventView, event_view, flag, flagged_title, subject

SENT = "You were sent this study on 12 January 2026."
PUBMED = "https://pubmed.ncbi.nlm.nih.gov/40000001/"


def notice(kind: NoticeKind = "retraction", **fields: object) -> Notice:
    chosen: dict[str, object] = {
        "record_id": 1,
        "identity": "",
        "pmid": "40000001",
        "published": "2026-02-03",
        "basis": "pubmed",
    }
    return Notice(kind=kind, **(chosen | fields))  # type: ignore[arg-type]


def event(kind: NoticeKind = "retraction", number: int = 1, **fields: object) -> Event:
    return Event(
        id=number,
        notice=notice(kind, **fields),
        study=record(title=f"A made-up study, number {number}"),
        other=None,
        sent_on=date(2026, 1, 12),
    )


@pytest.mark.parametrize(
    ("kind", "heading", "said"),
    [
        ("retraction", "Retracted", "The retraction notice was published on 3 February 2026"),
        ("concern", "Expression of concern", "The expression of concern was published on 3 February 2026"),
        ("withdrawal", "Withdrawn", "The notice of withdrawal was published on 3 February 2026"),
        ("reinstatement", "Reinstated", "The notice of reinstatement was published on 3 February 2026"),
        ("erratum", "Erratum", "The erratum was published on 3 February 2026"),
        ("republication", "Corrected and republished", "The corrected version was published on 3 February 2026"),
        ("publication", "Now published", "The article was published on 3 February 2026"),
        ("version", "New version", "The new version was published on 3 February 2026"),
    ],
)  # fmt: skip
def test_each_kind_has_its_own_words(kind: NoticeKind, heading: str, said: str) -> None:
    view = event_view(event(kind))

    assert (view.heading, view.said, view.other_url, view.sent) == (heading, said, PUBMED, SENT)
    assert view.sentence == f"{said}: {PUBMED}. {SENT}"
    assert kind in ("retraction", "concern") or "retract" not in view.sentence.casefold()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"published": "2026-02"}, f"The retraction notice was published in February 2026: {PUBMED}."),
        ({"published": "2026"}, f"The retraction notice was published in 2026: {PUBMED}."),
        ({"published": ""}, f"The retraction notice: {PUBMED}."),
        ({"pmid": "", "doi": "10.5555/x.1"}, "The retraction notice was published on 3 February 2026: https://doi.org/10.5555/x.1."),
        ({"pmid": "", "citation": "J Made Up. 2026;7:9."}, "The retraction notice was published on 3 February 2026: J Made Up. 2026;7:9."),
        ({"pmid": "", "published": ""}, "The study is marked as retracted; the notice itself is not named."),
    ],
)  # fmt: skip
def test_what_is_not_known_is_not_said(fields: dict[str, object], sentence: str) -> None:
    assert event_view(event(**fields)).sentence == f"{sentence} {SENT}"


def test_what_a_title_suggests_is_said_to_appear_so() -> None:
    basis: Basis = "title"
    view = event_view(event("publication", basis=basis))

    assert view.heading == "Appears to be published"
    assert view.said == "It appears to have been published as an article on 3 February 2026"
    assert "inferred" in view.sentence


def test_only_what_is_grave_stands_before_the_title_and_once() -> None:
    retracted, erratum = flag(notice()), flag(notice("erratum"))

    assert flagged_title("A study", [erratum, retracted]) == "RETRACTED: A study"
    assert flagged_title("A study", [erratum]) == "A study"
    assert flagged_title("RETRACTED: A study", [retracted]) == "RETRACTED: A study"
    assert flagged_title("A study", [retracted, flag(notice("reinstatement"))]) == "A study"
    assert (retracted.text, erratum.text) == (
        "RETRACTED, notice of 3 Feb 2026",
        "Erratum, 3 Feb 2026",
    )


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (["retraction"], "Retracted: a study you were sent"),
        (["concern"], "Expression of concern: a study you were sent"),
        (["withdrawal", "withdrawal"], "Withdrawn: 2 studies you were sent"),
        (["retraction", "concern"], "Retractions and concerns: 2 studies you were sent"),
    ],
)
def test_the_subject_says_what_happened(kinds: list[NoticeKind], expected: str) -> None:
    views: list[EventView] = [event_view(event(kind)) for kind in kinds]

    assert subject(views) == expected
    assert expected.isascii()
    assert len(expected) <= 60


def about(*events: Event) -> Digest:
    entries = tuple(
        Entry(record_id=1, record=one.study, queries=(), found_in=(), quotes=(), note="", event=one)
        for one in events
    )
    block = Block(name="about", heading="About studies you were sent", entries=(), titles=entries)
    empty = sober(0)
    return Digest(
        title=empty.title,
        queries=empty.queries,
        due_at=empty.due_at,
        since=empty.since,
        searched_through=empty.searched_through,
        blocks=(block,),
    )


def test_very_many_notices_go_into_several_mails_each_in_one_of_them() -> None:
    bodies = mails(about(*(event("erratum", number) for number in range(300))))

    text = "\n".join(body["text"] for body in bodies)
    assert len(bodies) > 1
    assert all(len(body["html"].encode()) < HTML_BYTES for body in bodies)
    assert [text.count(f"Erratum: A made-up study, number {n}\n") for n in range(300)] == [1] * 300
    assert "300 notices" in bodies[0]["subject"]


def test_a_section_that_a_flag_makes_too_long_goes_on_in_the_next() -> None:
    lines = [f"• <https://x.example/{n}|{'t' * 120}> Ann" for n in range(18)]
    offsets = [sum(len(line) + 1 for line in lines[:n]) + 2 for n in range(18)]
    block = {"type": "section", "text": {"type": "mrkdwn", "text": "\n".join(lines)}}
    body = {
        "payload": json.dumps({"text": "18 studies", "blocks": [block]}),
        "shows": json.dumps([[n, 0, offset, True] for n, offset in enumerate(offsets)]),
    }

    marked = RENDERER.corrected(
        body, {n: [notice(), notice("concern")] for n in range(18)}, dict.fromkeys(range(18), "T")
    )

    texts = [one["text"]["text"] for one in json.loads(marked["payload"])["blocks"]]
    assert len(texts) == 2
    assert max(map(len, texts)) <= 3000
    assert "\n".join(texts) == "\n".join(
        line.replace("• ", "• *RETRACTED* *EXPRESSION OF CONCERN* ") for line in lines
    )


def test_a_message_about_eight_studies_keeps_slacks_limits() -> None:
    some = [event("concern", number, citation="x" * 3000, pmid="") for number in range(8)]

    payload = json.loads(RENDERER.slack_notice(some)["payload"])

    assert max(map(len, mrkdwn_texts(payload))) <= 3000
    assert block_characters(payload) < 9000


LAYOUT = """
{% macro subject(part, title) %}{{ title }}: {{ part.studies }}{% endmacro %}
{% macro text(part) %}
{% for block in part.blocks %}
{% for study in block.entries + block.titles %}
{{ study.title }} {{ study.url }} {{ study.line }}
{% endfor %}
{% endfor %}
{% endmacro %}
{% macro html(part) %}<p>{{ text(part) }}</p>{% endmacro %}
{% macro slack(study) %}{{ study.link }}{% endmacro %}
"""


def test_a_layout_that_knows_nothing_of_notices_still_tells_them(tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    shutil.copytree(TEMPLATES, folder)
    (folder / "digest" / "mine.jinja").write_text(LAYOUT)

    (body,) = mails(about(event()), Renderer(folder), "mine")

    assert "1 notice" in body["subject"]
    assert f"Retracted: A made-up study, number 1 {record().url} The retraction" in body["text"]
    assert PUBMED in body["text"]
