"""Whatever comes first, in whatever batches, through however many processes: the same records."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from builders import record
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import dedup
from bot.model import Author, Record
from bot.ports import Found
from bot.store import records
from bot.store.database import connect, prepare, reading, writing
from bot.store.schema import sightings

NOW = datetime(2026, 3, 2, 7, tzinfo=UTC)
POOR = {"pmid": "", "created": "", "status": "", "abstract": (), "url": ""}


def work(number: int, title: str, **fields: object) -> Record:
    own: dict[str, object] = {
        "pmid": str(70_000_000 + number),
        "doi": f"10.5555/order.{number}",
        "title": title,
        "authors": (Author(last=f"Person{number}", fore="Jo", initials="J"),),
        "volume": str(number),
        "pages": f"{number}1-{number}9",
        "published": "2024",
    }
    return record(**(own | fields))


def variants(one: Record) -> list[Record]:
    """The same work as several sources show it, and two that are about it."""
    poor = replace(one, **POOR)  # type: ignore[arg-type]  # the names are the record's
    return [
        one,
        poor,
        replace(poor, doi="", title=one.title.upper()),
        replace(poor, volume="", issue="", pages="", published="2023"),
        replace(poor, doi="", authors=(), published="2026"),
        replace(poor, doi=f"{one.doi}.e", title=f"Erratum to: {one.title}", pages="1000"),
        replace(poor, doi=f"{one.doi}.2", title=f"{one.title}. Part 2", pages="20-30"),
        replace(poor, authors=(), pages="", title=f"{one.title.split(':', 1)[0]}"),
    ]


WORKS = [
    work(1, "Warm milk, cold rooms and the sleep of sailors: a made-up cohort"),
    work(2, "Counting steps of postal workers on two islands: a made-up diary"),
    work(3, "Counting steps of postal workers on two islands: a made-up sequel"),
    work(4, "Editorial", abstract=()),
    work(5, "Editorial", abstract=()),
]
SHOWN = [one for each in WORKS for one in variants(each)]


def alone(shown: Sequence[Record]) -> set[frozenset[int]]:
    """What deduplication makes of them in memory, as numbers in SHOWN."""
    collection = dedup.Collection()
    for number, one in enumerate(shown):
        collection.add(number, dedup.citation(one))
    return set(map(frozenset, collection.groups()))


def stored(url: str, order: Sequence[int], sizes: Sequence[int]) -> set[frozenset[int]]:
    """What the store makes of them in this order; every batch by a process of its own."""
    left = list(order)
    for size in [*sizes, len(order)]:
        some, left = left[:size], left[size:]
        engine = connect(url)
        with writing(engine, saves_records=True) as db:
            found = [Found(key=str(number), record=SHOWN[number]) for number in some]
            records.keep(db, "feed", "t", found, NOW)
        engine.dispose()
    engine = connect(url)
    groups: dict[int, set[int]] = {}
    with reading(engine) as db:
        for key, number in db.execute(sa.select(sightings.c.key, sightings.c.record_id)):
            groups.setdefault(number, set()).add(int(key))
    engine.dispose()
    return set(map(frozenset, groups.values()))


EXPECTED = alone(SHOWN)


def test_the_made_up_records_hold_works_and_traps() -> None:
    assert max(map(len, EXPECTED)) >= 4
    assert len(EXPECTED) > len(WORKS) + 3


@given(st.permutations(range(len(SHOWN))), st.lists(st.integers(1, 12), max_size=20))
@settings(max_examples=5, deadline=None)
def test_every_order_makes_the_same_records(order: list[int], sizes: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/litbot.db"
        prepare(connect(url))

        assert stored(url, order, sizes) == EXPECTED


@pytest.mark.parametrize("size", [1, 7])
def test_both_databases_make_the_same_records(database_url: str, size: int) -> None:
    order = random.Random(size).sample(range(len(SHOWN)), len(SHOWN))

    assert stored(database_url, order, [size] * (len(SHOWN) // size)) == EXPECTED


@given(st.permutations(range(len(SHOWN))))
@settings(max_examples=30, deadline=None)
def test_in_memory_every_order_makes_the_same_records(order: list[int]) -> None:
    groups = alone([SHOWN[number] for number in order])

    assert {frozenset(order[place] for place in group) for group in groups} == EXPECTED
