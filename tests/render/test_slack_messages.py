"""Digests as Slack messages: within the limits, harmless, a thread for what is long."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html import escape, unescape
from pathlib import Path

import pytest
from golden import hostile
from golden.reading import SIZES, block_characters, mrkdwn_texts, payloads
from golden.sober import sober
from hypothesis import given
from hypothesis import strategies as st

from bot.render import slack
from bot.render.plain import clean


@pytest.mark.parametrize("size", SIZES)
def test_every_record_is_in_the_thread_exactly_once(size: int) -> None:
    digest = hostile.digest(size)
    shown = [each for block in digest.blocks for each in (*block.entries, *block.titles)]
    marks = {f"[{each.record_id - 1000}]" for each in shown if each.record.title.strip()}

    sections = [text for payload in payloads(digest) for text in mrkdwn_texts(payload["blocks"])]

    found = re.findall(r"\[\d+\]", "\n".join(sections))
    assert len(found) == len(set(found))
    assert set(found) <= marks  # a title of more than 150 characters is cut before its mark
    studies = [s for s in sections if s.startswith("*") and "Not everything" not in s]
    titles = [line for s in sections for line in s.splitlines() if line.startswith("• ")]
    notes = len(digest.failures) + (not shown)  # each failure is a line, a quiet digest a heading
    assert len(studies) + len(titles) == len(shown) + notes


@pytest.mark.parametrize("size", SIZES)
def test_every_message_keeps_slacks_limits(size: int) -> None:
    for payload in payloads(hostile.digest(size)):
        blocks = payload["blocks"]
        assert isinstance(blocks, list)
        assert set(payload) == {"text", "blocks"}
        assert 1 <= len(blocks) <= 50
        assert block_characters(payload) <= slack.MESSAGE_TEXT
        assert len(str(payload["text"])) <= 4000
        for block in blocks:
            if block["type"] == "header":
                assert 1 <= len(block["text"]["text"]) <= 150
            elif block["type"] == "context":
                assert 1 <= len(block["elements"]) <= 10
            for text in mrkdwn_texts(block):
                assert 1 <= len(text) <= 3000


@pytest.mark.parametrize("size", SIZES)
def test_slack_sees_no_markup_but_ours(size: int) -> None:
    for payload in payloads(hostile.digest(size)):
        for text in mrkdwn_texts(payload):
            rest = re.sub(r"<https?://[^\s|<>]+\|[^|<>\n]+>", "", text)
            assert not re.search("[<>]", rest)
            assert not re.search(r"&(?!amp;|lt;|gt;)", rest)
            assert not re.search(r"@(channel|here|everyone)", text)
            assert "~" not in rest
            assert "`" not in rest


def test_three_studies_need_no_thread_and_four_do() -> None:
    assert len(payloads(sober(3))) == 1
    assert len(payloads(sober(4))) == 2


def test_a_reply_holds_eight_studies_and_says_which_part_it_is() -> None:
    parent, first, second = payloads(sober(15))

    def studies(payload: dict[str, object]) -> int:
        return str(payload["blocks"]).count("|Study ")

    def header(payload: dict[str, object]) -> str:
        blocks = payload["blocks"]
        assert isinstance(blocks, list)
        return str(blocks[0]["text"]["text"])

    assert [studies(each) for each in (parent, first, second)] == [3, 8, 4]
    assert header(parent) == "Ketamine psychotherapy digest, 17-23 Nov"
    assert header(first) == "New studies (12 more), part 1 of 2"
    assert header(second) == "New studies (12 more), part 2 of 2"


def test_the_text_is_a_sentence_for_the_notification() -> None:
    assert payloads(sober(12))[0]["text"] == (
        "Ketamine psychotherapy digest, 17-23 Nov: 12 studies (12 new). First: Study 0"
    )


def test_a_quiet_digest_is_one_line_in_slack() -> None:
    (payload,) = payloads(sober(0))

    assert payload["text"] == (
        "Ketamine psychotherapy digest, 17-23 Nov: Searched through 22 Nov 2026; nothing new."
    )
    assert len(mrkdwn_texts(payload["blocks"])) == 1


def test_a_study_in_slack_is_a_linked_title_a_line_and_its_quotes() -> None:
    (payload,) = payloads(sober(1))

    assert mrkdwn_texts(payload["blocks"])[1] == (
        "*<https://pubmed.ncbi.nlm.nih.gov/4000/|Study 0>*\n"
        "Ba A, Ce A, De A, et al · J Affect Disord · 5 Nov 2026 · Randomized Controlled Trial"
        " · Found in PubMed\n"
        "Results: “Scores fell by 3.1.”\nConclusions: “It may help.”"
    )


@given(st.text(max_size=400), st.integers(20, 300))
def test_mrkdwn_is_escaped_and_within_the_limit(text: str, limit: int) -> None:
    shown = slack.mrkdwn(clean(text), limit)

    assert len(shown) <= limit
    assert not re.search(r"[<>|*~`\n]|&(?!amp;|lt;|gt;)", shown)


@given(st.text(st.characters(blacklist_characters="|*~`_@]"), max_size=100))
def test_mrkdwn_shows_what_the_text_says(text: str) -> None:
    assert unescape(slack.mrkdwn(clean(text), 1000)) == unescape(escape(clean(text)))


def test_the_block_checker_finds_no_fault(shared: Path, tmp_path: Path) -> None:
    flags = {"channel": "C0123ABCD", "unfurl_links": False, "unfurl_media": False}
    paths = []
    for size in SIZES:
        for digest in (hostile.digest(size), sober(size)):
            for payload in payloads(digest):
                path = tmp_path / f"{len(paths)}.json"
                path.write_text(json.dumps(payload | flags), encoding="utf-8")
                paths.append(path)

    outcome = subprocess.run(
        [sys.executable, shared / "tools/check_blocks.py", "--strict", *paths],
        capture_output=True,
        text=True,
        check=False,
    )

    assert outcome.returncode == 0, outcome.stdout
