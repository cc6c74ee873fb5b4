"""Digests as mails: they say everything once, let nothing in, and stay under Gmail's clip."""

from __future__ import annotations

import re
import subprocess
import sys
from email.utils import format_datetime
from pathlib import Path

import pytest
from golden import hostile
from golden.reading import SIZES, Body, Page, mails, payloads
from golden.sober import sober
from pydantic import SecretStr

from bot.channels import message
from bot.config import Settings
from bot.digest import Digest
from bot.ports import UNSUBSCRIBE, Part
from bot.render import HTML_BYTES


@pytest.mark.parametrize("size", SIZES)
def test_every_record_is_in_the_mails_exactly_once(size: int) -> None:
    digest = hostile.digest(size)
    shown = [each for block in digest.blocks for each in (*block.entries, *block.titles)]
    marks = [f"[{each.record_id - 1000}]" for each in shown if each.record.title.strip()]

    bodies = mails(digest)

    html = "".join(Page(body["html"]).text.partition("Unsubscribe")[2] for body in bodies)
    text = "".join(body["text"] for body in bodies)
    assert re.findall(r"\[\d+\]", html) == marks
    assert re.findall(r"\[\d+\]", text) == marks
    assert re.findall(r"(?m)^(\d+)\. ", text) == [str(n + 1) for n in range(len(shown))]


@pytest.mark.parametrize("size", SIZES)
def test_no_mail_passes_the_size_at_which_it_would_be_clipped(size: int) -> None:
    bodies = mails(hostile.digest(size))

    assert all(len(body["html"].encode()) < HTML_BYTES for body in bodies)
    if len(bodies) > 1:
        for place, body in enumerate(bodies, start=1):
            assert f"(part {place} of {len(bodies)})" in body["subject"]
            assert f"part {place} of {len(bodies)}" in body["text"].splitlines()[0]


def test_a_long_digest_goes_on_in_a_second_mail_with_the_same_frame() -> None:
    bodies = mails(hostile.digest(200))

    assert len(bodies) > 1
    for body in bodies:
        assert body["html"].count(UNSUBSCRIBE) == 2
        assert body["text"].count(UNSUBSCRIBE) == 2
        assert "1 Clinic Road" in body["text"]
    assert "NOT EVERYTHING WAS SEARCHED" in bodies[0]["text"]
    assert "NOT EVERYTHING WAS SEARCHED" not in bodies[1]["text"]


@pytest.mark.parametrize("size", SIZES)
def test_nothing_foreign_becomes_markup(size: int) -> None:
    bodies = mails(hostile.digest(size))

    for body in bodies:
        page = Page(body["html"])
        allowed = {"html", "head", "meta", "title", "style", "body", "table", "tbody", "tr", "td"}
        allowed |= {"div", "h1", "h2", "h3", "p", "a", "b", "br", "span", "code"}
        assert set(page.tags) <= allowed
        assert not [name for name in page.attributes if name.startswith("on")]
        assert page.tags.count("html") == page.tags.count("body") == page.tags.count("h1") == 1
        assert size < 14 or "{{ 7*7 }} {% raw %}" in page.text or body is not bodies[0]


@pytest.mark.parametrize("size", SIZES)
def test_every_link_is_https_or_the_way_out_and_stands_in_the_plain_part_too(size: int) -> None:
    for body in mails(hostile.digest(size)):
        for address, words in Page(body["html"]).links:
            assert words.strip()
            assert address in body["text"].splitlines()
            assert address == UNSUBSCRIBE or re.fullmatch(r"https://[!-~]+", address)


def test_only_the_frame_asks_for_the_readers_own_address() -> None:
    for body in mails(hostile.digest(40)):
        for part in (body["html"], body["text"]):
            assert len(re.findall("[\ue000-\uf8ff]", part)) == 2 * part.count(UNSUBSCRIBE) == 4
        links = [words for address, words in Page(body["html"]).links if address == UNSUBSCRIBE]
        assert links == ["Unsubscribe", "Unsubscribe"]


@pytest.mark.parametrize("size", SIZES)
def test_a_subject_is_short_ascii_on_one_line(size: int) -> None:
    for body in mails(hostile.digest(size)):
        assert re.fullmatch(r"[ -~]{1,60}", body["subject"])


@pytest.mark.parametrize(
    ("digest", "subject"),
    [
        (sober(12), "Ketamine psychotherapy digest: 12 studies, 17-23 Nov"),
        (sober(1), "Ketamine psychotherapy digest: 1 study, 17-23 Nov"),
        (sober(0), "Ketamine psychotherapy digest: nothing new, 17-23 Nov"),
        (
            sober(0, failures=["PubMed was not searched"]),
            "Ketamine psychotherapy digest: search incomplete, 17-23 Nov",
        ),
        (
            sober(12, title="Psychedelic-assisted therapy for treatment-resistant depression"),
            "Psychedelic-assisted... digest: 12 studies, 17-23 Nov",
        ),
        (
            sober(2, title="Thérapie à la kétamine"),
            "Therapie a la ketamine digest: 2 studies, 17-23 Nov",
        ),
        (sober(2, title="氯胺酮"), "Literature digest: 2 studies, 17-23 Nov"),
        (
            sober(2, title="Two\r\nBcc: x@example.org"),
            "Two Bcc: x@example.org digest: 2 studies, 17-23 Nov",
        ),
    ],
    ids=["many", "one", "none", "failed", "long", "accents", "no-latin", "line-end"],
)
def test_the_subject_says_how_many_and_when(digest: Digest, subject: str) -> None:
    assert mails(digest)[0]["subject"] == subject


def test_an_entry_shows_what_a_reader_decides_by() -> None:
    text = mails(sober(1))[0]["text"]

    assert (
        "1. Study 0\n"
        "https://pubmed.ncbi.nlm.nih.gov/4000/\n"
        "Ba A, Ce A, De A, et al · J Affect Disord · 5 Nov 2026 · Randomized Controlled Trial\n"
        "Found in PubMed\n"
        'Results: "Scores fell by 3.1."\n'
        'Conclusions: "It may help."\n'
    ) in text


def test_a_quiet_digest_says_until_when_was_searched() -> None:
    (body,) = mails(sober(0))

    assert "Searched through 22 Nov 2026; nothing new" in body["text"]
    assert "Searched through 22 Nov 2026; nothing new" in Page(body["html"]).text


def test_failures_silent_feeds_and_undecided_records_are_named() -> None:
    digest = sober(
        1,
        failures=["PubMed was not searched for Relapse since 20 Nov: HTTP 503"],
        feeds=["Psychotherapy Research: feed silent, covered by PubMed"],
        undecided={"ketamine": 4},
        undecided_command="litbot query undecided ketamine",
    )

    for shown in (
        mails(digest)[0]["text"],
        Page(mails(digest)[0]["html"]).text,
        str(payloads(digest)),
    ):
        assert "PubMed was not searched for Relapse since 20 Nov: HTTP 503" in shown
        assert "Psychotherapy Research: feed silent, covered by PubMed" in shown
        assert "Ketamine psychotherapy: 4 records without an abstract" in shown
        assert "litbot query undecided ketamine" in shown


def test_more_failures_than_anybody_reads_are_counted() -> None:
    text = mails(sober(0, failures=[f"Feed {n} failed" for n in range(60)]))[0]["text"]

    assert "Feed 9 failed" in text
    assert "and 50 more" in text


def test_what_a_changed_query_gained_is_counted_where_it_is_not_listed() -> None:
    digest = sober(40, kind="gained")

    for shown in (mails(digest)[0]["text"], mails(digest)[0]["html"], str(payloads(digest))):
        assert "and 30 more, not listed" in shown


def test_what_is_only_counted_is_counted_once_over_all_parts() -> None:
    digest = hostile.digest(200)
    (hidden,) = (block.hidden for block in digest.blocks if block.hidden)

    html = "".join(body["html"] for body in mails(digest))

    assert html.count(f"and {hidden} more, not listed") == 1


def test_styles_stand_in_the_tags_and_nothing_is_fetched() -> None:
    html = mails(sober(3))[0]["html"]

    assert re.search(r'<h1[^>]* style="[^"]*font-size: 24px', html)
    assert "@media (prefers-color-scheme: dark)" in html
    assert not re.search(r"<(img|link|script)|url\(|@import", html)
    assert '<html lang="en">' in html
    assert html.count("<table") == html.count('role="presentation"')


@pytest.mark.parametrize("size", SIZES)
def test_the_mail_checker_finds_no_fault(size: int, shared: Path, tmp_path: Path) -> None:
    for body in mails(hostile.digest(size)):
        path = tmp_path / "digest.eml"
        path.write_bytes(mail(body))

        outcome = subprocess.run(
            [sys.executable, shared / "tools/check_email.py", path],
            capture_output=True,
            text=True,
            check=False,
        )

        assert outcome.returncode == 0, outcome.stdout
        assert "FAIL" not in outcome.stdout


def mail(body: Body) -> bytes:
    """The body as the email channel sends it to one reader."""
    settings = Settings(
        mail_from="litbot <digest@lit.example.org>",
        public_url="https://lit.example.org",
        secret_key=SecretStr("not a secret: 0123456789abcdef"),
        postal_address="1 Clinic Road",
    )
    values = {"subscription": "1", "generation": "1", "boundary": "b1"}
    values |= {"message_id": "<1.2@lit.example.org>", "date": format_datetime(hostile.DUE)}
    part = Part(key="k", target="r@example.org", body={**body, "list_id": "k"}, values=values)
    return message.mail(part, settings)
