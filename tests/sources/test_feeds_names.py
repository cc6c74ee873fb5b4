"""Authors, from the many ways in which feeds write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sources.feeds.names import packed, people


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["Anna Doe, \nJuan Ruiz‐Lara"], ["Doe A", "Ruiz‐Lara J"]),
        (["Doe, A., Roe, R. M., Poe, J.-P."], ["Doe A", "Roe RM", "Poe JP"]),
        (["DOE, A., ROE, R."], ["Doe A", "Roe R"]),
        (["Doe, a., roe, r."], ["Doe A", "roe R"]),
        (["A. B. Doe, Bo Roe and C D van der Poe"], ["Doe AB", "Roe B", "van der Poe CD"]),
        (["Doe, Anna"], ["Doe A"]),
        (["Doe, Anna", "van den Roe, Jan P."], ["Doe A", "van den Roe JP"]),
        (["Doe, P. J."], ["Doe PJ"]),
        (["Anna M Doe", "Bo Roe"], ["Doe AM", "Roe B"]),
        (["Anna Maria Doe et al."], ["Doe AM"]),
        (["Doe, Anna; Roe-Poe, Bo"], ["Doe A", "Roe-Poe B"]),
        (["Anna Doe, M.D., Ph.D., Bo Roe, M.D."], ["Doe A", "Roe B"]),
        (["Doe A, Roe B"], ["Doe A", "Roe B"]),
        (["Anna Doe Jr."], ["Doe A"]),
        (["Anna DoeUniversity of Somewhere"], ["Doe A"]),
        (["editor@example.org (Anna Doe)"], ["Doe A"]),
        (["The Relapse Study Group"], ["The Relapse Study Group"]),
        (["Doe, A., Relapse Consortium, Roe, B."], ["Doe A", "Relapse Consortium", "Roe B"]),
        (["李明,王芳"], ["李明", "王芳"]),
        (["Madonna"], ["Madonna"]),
        (["", " , "], []),
    ],
)
def test_names_are_split_and_turned(texts: list[str], expected: list[str]) -> None:
    assert [author.name for author in people(texts)] == expected


def test_packed_names_end_in_initials() -> None:
    names = [author.name for author in packed("Doe A, de Roe BMK, Poe J, et al. ")]
    assert names == ["Doe A", "de Roe BMK", "Poe J"]


@given(st.lists(st.text(), max_size=3))
def test_any_text_gives_authors_with_names(texts: list[str]) -> None:
    assert all(author.name for author in people(texts))
