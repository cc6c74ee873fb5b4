"""From a feed's markup to plain text: what must survive, what must go, and how fast."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sources.feeds.text import blocks, clean, is_cut, iso_date, sections


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("mood fell (p < 0.05, n<20, a <b and c> d)", "mood fell (p < 0.05, n<20, a <b and c> d)"),
        ("mood fell (p &lt; 0.05) &amp; rose", "mood fell (p < 0.05) & rose"),
        ("<p>One</p><p>two<br/>three</p>", "One two three"),
        ("CO<sub>2</sub> and 10<sup>3</sup>", "CO2 and 103"),
        ("a&nbsp;b &ndash; c&#8211;d", "a b – c–d"),
        ("x<script>alert('y')</script>z", "xz"),
        ("<img src=x onerror=alert(1)>text<style>p{}</style>", "text"),
        ("<!-- hidden -->shown<?php x ?>", "shown"),
        ("&lt;em&gt;Twice&lt;/em&gt; escaped", "Twice escaped"),
        ("<mml:math><mml:mi>p</mml:mi><mml:mo>&lt;</mml:mo></mml:math>", "p<"),
        ("Cafe\u0301 \ufeffa\u200bb\u202ec\x07", "Caf\u00e9 abc"),
        ("", ""),
    ],
)
def test_markup_becomes_plain_text(markup: str, expected: str) -> None:
    assert clean(markup) == expected


@given(st.text())
def test_clean_text_is_one_line_without_control_characters(text: str) -> None:
    cleaned = clean(text)
    assert cleaned == " ".join(cleaned.split())
    assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or c in "\u202e\ufeff" for c in cleaned)


@pytest.mark.parametrize(
    ("markup", "labels"),
    [
        (
            "<h3>Abstract</h3><h4>Question</h4><p>Does it?</p><h4>Methods</h4><p>We</p>",
            ["Question", "Methods"],
        ),
        ("<p><b>BACKGROUND</b>: One.</p><p><b>RESULTS:</b> Two.</p>", ["BACKGROUND", "RESULTS"]),
        (
            "<sec><st>Objective</st><p>One.</p></sec><sec><st>Design</st><p>RCT.</p></sec>",
            ["Objective", "Design"],
        ),
        ('<div class="boxTitle">Abstract</div><div class="boxTitle">Aims</div>One.', ["Aims"]),
        ("Background: One. Methods: Two. Results: p < 0.05.", ["Background", "Methods", "Results"]),
        (
            "BackgroundOne is. MethodsWe did. ResultsTwo. ConclusionsThree.",
            ["Background", "Methods", "Results", "Conclusions"],
        ),
        ("OBJECTIVE We asked. METHODS We did. RESULTS Two.", ["OBJECTIVE", "METHODS", "RESULTS"]),
        ("We report results: two. Methods: none.", [""]),
        ("One text without labels.", [""]),
        ("<p><b>Ketamine</b> is a drug.</p>", [""]),
    ],
)
def test_clear_labels_become_sections(markup: str, labels: list[str]) -> None:
    assert [label for label, _ in sections(blocks(markup))] == labels


def test_no_word_of_a_structured_abstract_is_lost() -> None:
    text = "Background: One. Methods: Two. Results: Three."
    assert sections(blocks(text)) == [
        ("Background", "One."),
        ("Methods", "Two."),
        ("Results", "Three."),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sat, 13 Nov 2021 05:38:33 -0800", "2021-11-13"),
        ("Mi, 30 Jun 2021 00:00:00 +0000", "2021-06-30"),
        ("Do, 01 Mär 2020 00:00:00 +0100", "2020-03-01"),
        ("2021/10/16 9:23:28", "2021-10-16"),
        ("2024-05-22", "2024-05-22"),
        ("2013-09-16T06:57:33.39885-05:00", "2013-09-16"),
        ("20210305", "2021-03-05"),
        ("2021 Jul 16", "2021-07-16"),
        ("2021 Jul-Aug", "2021-07"),
        ("December 2026", "2026-12"),
        ("April 5th, 2020", "2020-04-05"),
        ("Publication date: February 2022", "2022-02"),
        ("Available online 18 December 2021", "2021-12-18"),
        ("31.12.2020", "2020-12-31"),
        ("03/04/2020", "2020"),
        ("Spring 2020", "2020"),
        ("2021-00-00", "2021"),
        ("2021-13-45", ""),
        ("31 February 2021", ""),
        ("abc", ""),
        ("1", ""),
        ("", ""),
    ],
)
def test_a_date_is_read_as_written_and_never_made_up(text: str, expected: str) -> None:
    assert iso_date(text) == expected


@given(st.text())
def test_any_text_is_a_date_or_none(text: str) -> None:
    assert len(iso_date(text)) in (0, 4, 7, 10)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("It is ...", True), ("It is…", True), ("within [...]", True), ("It is.", False), ("", False)],
)
def test_a_teaser_ends_in_three_dots(text: str, expected: bool) -> None:
    assert is_cut(text) is expected


@pytest.mark.parametrize(
    "markup",
    [
        "<" * 200_000,
        "<a x='" * 30_000,
        "<a " * 60_000,
        "<div>" * 200_000,
        "Results: " * 20_000,
        "<!--" * 50_000,
        '<div class="title' * 12_000,
        "<b " + "b c " * 50_000,
        "&amp;" * 40_000,
    ],
    ids=lambda markup: markup[:8],
)
def test_no_text_takes_long(markup: str) -> None:
    began = time.process_time()
    clean(markup)
    sections(blocks(markup))
    assert time.process_time() - began < 10  # the deep one took ten minutes before it was cut
