"""Equal identifiers are equal text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import identifiers


@pytest.mark.parametrize(
    ("text", "doi"),
    [
        ("10.1000/ABC.1", "10.1000/abc.1"),
        ("https://doi.org/10.1000/abc.1", "10.1000/abc.1"),
        ("http://dx.doi.org/10.1000%2Fabc.1", "10.1000/abc.1"),
        ("doi: 10.1000/abc.1.", "10.1000/abc.1"),
        ("ARTN 17 10.1000/abc.1", "10.1000/abc.1"),
        ("12/3 [pii];10.1000/abc.1 [doi]", "10.1000/abc.1"),
        ("10.1000/abc.1[doi]", "10.1000/abc.1"),
        (
            "10.1000/(sici)1(19960401)7%3C13::aid-x%3E3.0.co;2-#",
            "10.1000/(sici)1(19960401)7<13::aid-x>3.0.co;2-#",
        ),
        ("10.1000/(sici)1&lt;2&gt;3", "10.1000/(sici)1<2>3"),
        ("(10.1000/abc.1)", "10.1000/abc.1"),
        ("no identifier here", ""),
        ("10.1/too-short-a-prefix", ""),
        ("", ""),
    ],
)
def test_a_doi_is_found_and_normalised(text: str, doi: str) -> None:
    assert identifiers.doi(text) == doi


@given(st.text(max_size=60))
def test_a_normalised_doi_stays_as_it_is(text: str) -> None:
    once = identifiers.doi(f"10.1000/{text}")

    assert identifiers.doi(once) == once


@pytest.mark.parametrize(
    ("text", "pmid"),
    [("123", "123"), (" PMID: 00123 ", "123"), ("pubmed:7", "7"), ("x1", ""), ("", ""), ("٣", "")],
)
def test_a_pmid_is_plain_digits(text: str, pmid: str) -> None:
    assert identifiers.pmid(text) == pmid


@pytest.mark.parametrize(
    ("text", "pmcid"), [("PMC0123", "PMC123"), ("123.2", "PMC123"), ("pmc9", "PMC9"), ("PMCx", "")]
)
def test_a_pmcid_has_its_letters(text: str, pmcid: str) -> None:
    assert identifiers.pmcid(text) == pmcid


def test_registrations_are_found_in_order_and_once() -> None:
    text = "Registered as nct01234567 (also ISRCTN12345678); see NCT01234567."

    assert identifiers.registrations(text) == ("NCT01234567", "ISRCTN12345678")


@pytest.mark.parametrize(
    "title",
    [
        "Effect of β-blockers, déjà vu: a <i>trial</i>",
        "EFFECT OF β-BLOCKERS -- DÉJÀ VU: A TRIAL",
        "Effect of β-blockers, d&eacute;j&agrave; vu: a &lt;i&gt;trial&lt;/i&gt;.",
    ],
)
def test_titles_that_differ_in_form_fold_to_one(title: str) -> None:
    assert identifiers.folded_title(title) == "effect of β blockers deja vu a trial"


def test_a_comparison_is_no_markup() -> None:
    assert identifiers.folded_title("When p < 0.05 and q > 2") == "when p 0 05 and q 2"
