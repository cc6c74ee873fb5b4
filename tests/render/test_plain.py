"""Foreign text is cleaned, cut, linked and dated before anybody sees it."""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta

import pytest
from golden.sober import DUE
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Author, Record
from bot.render.plain import ascii_text, clean, cut, day, grey_line, link, span, web_address


@given(st.text(st.characters(codec=None, exclude_categories=())))
def test_clean_text_is_one_line_that_steers_nothing(text: str) -> None:
    cleaned = clean(text)

    assert clean(cleaned) == cleaned
    assert not [c for c in cleaned if unicodedata.category(c) in ("Cc", "Co", "Cs", "Zl", "Zp")]
    assert not re.search("[\u202a-\u202e\u2066-\u2069\ufeff]|  |^ | $", cleaned)
    cleaned.encode()


HIDDEN = "\x00\x1b\x7f\x9b\xad\u200b\u202a\u202e\u2066\u2069\ufeff\ufffe\ufdd0\ud800\udfff"
HIDDEN += "\ue000\uf8ff\U000e0041\U000f0000\U0010ffff"


@pytest.mark.parametrize("hidden", HIDDEN, ids=ascii)
def test_what_cannot_be_seen_is_removed(hidden: str) -> None:
    assert clean(f"kap{hidden}therapy") == "kaptherapy"


@pytest.mark.parametrize("text", ["naïve", "العلاج", "👩‍⚕️ nurse", "می‌خواهم", "α-synuclein ≥ 5 µg"])
def test_clean_text_keeps_what_scripts_need(text: str) -> None:
    assert clean(text) == text


@given(st.text(), st.integers(2, 50))
def test_a_cut_text_is_within_the_limit_and_begins_alike(text: str, limit: int) -> None:
    shown = cut(text, limit)

    assert len(shown) <= limit
    assert shown == text or (shown.endswith("…") and text.startswith(shown[:-1]))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.org/a?b=1&c=2#d", "https://example.org/a?b=1&c=2#d"),
        ("https://Example.ORG", "https://example.org/"),
        ("https://example.org/a b|c<d>\"'", "https://example.org/a%20b%7Cc%3Cd%3E%22%27"),
        ("https://example.org/100%", "https://example.org/100%25"),
        ("https://example.org/a%20b", "https://example.org/a%20b"),
        ("https://example.org:8443/x", "https://example.org:8443/x"),
        ("https://bücher.example.org/ß", "https://xn--bcher-kva.example.org/%C3%9F"),
        ("http://example.org/x", "http://example.org/x"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("//example.org/x", ""),
        ("https://user@example.org/", ""),
        ("https://example.org:port/", ""),
        ("https://[broken/", ""),
        ("https://", ""),
        ("https://exa mple.org/", ""),
        ("https://example.org/" + "x" * 2000, ""),
        ("", ""),
    ],
)
def test_only_web_addresses_are_linked_and_every_odd_character_is_encoded(
    url: str, shown: str
) -> None:
    assert web_address(url) == shown


@given(st.text(max_size=60))
def test_a_linked_address_holds_nothing_that_ends_a_link(tail: str) -> None:
    shown = web_address(f"https://example.org/{tail}")

    assert re.fullmatch(r"(https://[A-Za-z0-9/%:;,=+$&!@~()?#._-]+)?", shown)


@pytest.mark.parametrize(
    ("record", "shown"),
    [
        (Record(title="t", url="https://j.org/1", pmid="5"), "https://j.org/1"),
        (Record(title="t", url="http://j.org/1", pmid="5"), "https://pubmed.ncbi.nlm.nih.gov/5/"),
        (Record(title="t", url="javascript:x", pmid="5"), "https://pubmed.ncbi.nlm.nih.gov/5/"),
        (Record(title="t", doi="10.1000/a<b>|c"), "https://doi.org/10.1000/a%3Cb%3E%7Cc"),
        (Record(title="t", url="http://j.org/1"), "http://j.org/1"),
        (Record(title="t", pmid="5/../x", doi="nothing"), ""),
    ],
)
def test_a_record_is_opened_at_its_own_address_else_pubmed_else_its_doi(
    record: Record, shown: str
) -> None:
    assert link(record) == shown


@pytest.mark.parametrize(
    ("published", "shown"),
    [
        ("2026-11-05", "5 Nov 2026"),
        ("2026-11", "Nov 2026"),
        ("2026", "2026"),
        ("", ""),
        ("2026-13-05", "2026"),
        ("Winter 2026", "Winter 2026"),
    ],
)
def test_partial_dates_are_written_out(published: str, shown: str) -> None:
    assert day(published) == shown


def test_the_grey_line_names_a_group_and_leaves_out_subtitles_and_dull_types() -> None:
    record = Record(
        title="t",
        authors=(Author(collective="The KAP Group"),),
        journal="Nutrition & dietetics : the journal of the association",
        publication_types=("Journal Article", "Research Support, N.I.H., Extramural", "Review"),
    )

    assert grey_line(record) == "The KAP Group · Nutrition & dietetics · Review"


def test_a_span_of_days_names_the_year_only_where_it_helps() -> None:
    due = DUE

    assert span(due, due, year=False) == "23 Nov"
    assert span(due - timedelta(days=6), due, year=True) == "17-23 Nov 2026"
    assert span(due - timedelta(days=30), due, year=False) == "24 Oct-23 Nov"
    assert span(due - timedelta(days=365), due, year=True) == "23 Nov 2025-23 Nov 2026"


def test_a_subject_without_latin_letters_is_no_subject() -> None:
    assert ascii_text("氯胺酮 K") == ""
    assert ascii_text("Größe – “naïve” Łódź") == 'Grosse - "naive" Lodz'
