"""The translation of a search without its dates."""

from __future__ import annotations

import pytest

from bot.sources.pubmed.listing import without_dates

PART = '"ketamine"[MeSH Terms] OR "ketamine"[All Fields]'


@pytest.mark.parametrize(
    "whole",
    [
        f"({PART}) AND 2026/11/13:3000/12/31[Date - Create]",
        f"({PART}) AND (2026/11/13:3000/12/31[Date - Create])",
        f'({PART}) AND "2026/11/13"[Date - Create] : "3000/12/31"[Date - Create]',
        f'({PART}) AND ("2026/11/13"[CRDT] : "3000/12/31"[CRDT])',
        f"2026/11/13:3000/12/31[crdt] AND ({PART})",
        f"({PART})",
    ],
)
def test_only_the_dates_of_the_poll_are_taken_away(whole: str) -> None:
    assert without_dates(whole) == f"({PART})"


def test_dates_of_the_strategy_itself_stay() -> None:
    strategy = "(ketamine[tiab] AND 2000:2010[dp])"

    assert without_dates(f"{strategy} AND 2026/11/13:3000/12/31[crdt]") == strategy
