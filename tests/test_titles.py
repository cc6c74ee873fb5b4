"""What a title says besides its subject."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import titles

SUBJECT = "Ketamine in rats with made-up fear"
CORE = "ketamine in rats with made up fear"


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        (SUBJECT, ""),
        (f"Erratum: {SUBJECT}", "erratum"),
        (f"Erratum to: {SUBJECT}", "erratum"),
        (f"Corrigendum to “{SUBJECT}” [J. Ex. 12 (2020) 1–10]", "erratum"),
        (f"Correction: {SUBJECT}", "correction"),
        (f"Author Correction: {SUBJECT}", "correction"),
        (f"Publisher's Correction to: {SUBJECT}", "correction"),
        (f"Correction for Sample et al., {SUBJECT}", "correction"),
        (f"{SUBJECT} (vol 12, pg 34, 2020)", "correction"),
        (f"Retraction: {SUBJECT}", "retraction"),
        (f"RETRACTION NOTE: {SUBJECT}", "retraction"),
        (f"Retraction notice to “{SUBJECT}” [J. Ex. 12 (2020) 1-10]", "retraction"),
        (f"Notice of Retraction: {SUBJECT}", "retraction"),
        (f"{SUBJECT} (Retraction of vol 12, pg 34, 2020)", "retraction"),
        (f"RETRACTED: {SUBJECT}", "retracted"),
        (f"RETRACTED ARTICLE: {SUBJECT}", "retracted"),
        (f"[Retracted] {SUBJECT}", "retracted"),
        (f"{SUBJECT} [Retracted]", "retracted"),
        (f"{SUBJECT} (Retracted article. See vol. 13, pg. 9, 2021)", "retracted"),
        (f"WITHDRAWN: {SUBJECT}", "withdrawn"),
        (f"Notice of withdrawal: {SUBJECT}", "withdrawal"),
        (f"Expression of Concern: {SUBJECT}", "concern"),
        (f"Editorial Expression of Concern to {SUBJECT}", "concern"),
        (f"Comment on: {SUBJECT}", "comment"),
        (f"RE: {SUBJECT}", "comment"),
        (f'Letter by Sample et al regarding article, "{SUBJECT}"', "comment"),
        (f"Commentary: {SUBJECT}", "comment"),
        (f"Reply to: {SUBJECT}", "reply"),
        (f"{SUBJECT} - Reply", "reply"),
        (f"{SUBJECT}. Authors' reply", "reply"),
        (f"{SUBJECT}: study protocol", "protocol"),
        (f"Protocol for {SUBJECT}", "protocol"),
        (f"{SUBJECT}. [Erratum appears in J Ex. 2020 Jan;12(1):33]", ""),
        (f"{SUBJECT}. [Review] [34 refs]", ""),
        (f"[{SUBJECT}]. [Spanish]", ""),
        (f"{SUBJECT} [see comment]", ""),
    ],
)
def test_the_sign_is_taken_off_and_told(title: str, kind: str) -> None:
    signs = titles.signs(title)

    assert (signs.kind, signs.core) == (kind, CORE)


@pytest.mark.parametrize(
    "title",
    [
        "Correction of anaemia with made-up exampline in kidney disease",
        "Correction for multiple testing in made-up trials",
        "Withdrawal of made-up drugs in older people",
        "Retraction of the eyelid after made-up surgery",
        "Response to treatment in made-up depression",
        "Response of rats to made-up light",
        "A reply that mattered: how made-up wards listen",
        "Protocol biopsies after made-up transplantation",
        "Concern about made-up vaccines in parents",
        "Comments by patients on made-up wards",
    ],
)
def test_a_study_of_corrections_or_withdrawals_is_no_notice(title: str) -> None:
    assert titles.signs(title).kind == ""


@pytest.mark.parametrize(
    ("title", "part"),
    [
        ("A made-up theory. Part I. Methods", "1"),
        ("A made-up theory, part 2", "2"),
        ("A made-up theory: Part Three", "3"),
        ("A made-up theory. Teil IV", "4"),
        ("Phase II trial of exampline", "2"),
        ("A trial in part of the made-up wards", ""),
        ("A study in the made-up mountains", ""),
    ],
)
def test_parts_are_numbered_alike(title: str, part: str) -> None:
    assert titles.signs(title).part == part


def test_years_and_other_numbers_are_told_apart() -> None:
    signs = titles.signs("Standards 2024: the first 12 weeks of type II care with 0.5 mg")

    assert signs.year == "2024"
    assert signs.numbers == ("0", "12", "2", "5")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Effect of TNF-α", "Effect of TNF-alpha"),
        ("ApoE<sup>-/-</sup> mice", "ApoE&lt;sup&gt;-/-&lt;/sup&gt; mice"),
        ("M<U+00FC>ller cells", "Müller cells"),
        ("MADE-UP CELLS", "made–up cells"),
        ("type II diabetes", "Type 2 Diabetes"),
        ("Smørrebrød and æther", "Smorrebrod and aether"),
    ],
)
def test_these_fold_to_one_core(one: str, other: str) -> None:
    assert titles.signs(one).core == titles.signs(other).core


@given(st.text(max_size=80))
def test_any_text_has_signs(text: str) -> None:
    signs = titles.signs(text)

    assert signs.core == " ".join(signs.core.split())
    assert signs.core == signs.core.casefold()


def test_a_long_title_of_brackets_takes_no_long_time() -> None:
    titles.signs("(" * 3000 + "retraction of " * 300 + "[" * 3000)
