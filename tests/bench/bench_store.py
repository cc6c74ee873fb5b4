"""What does one new record cost when the store holds 50,000 or 1,000,000 others?

    python tests/bench store                 50,000 records, then 200,000
    LITBOT_BENCH_STORE=50000,1000000 python tests/bench store

The records are made up: names and title words are as unequally common as in the literature, so
that some keys of deduplication are shared by many.  They are filled in by bulk insertion; then new
ones are kept as a poll keeps them, each in a transaction of its own, and in batches.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import accumulate, islice
from pathlib import Path

from bot import dedup
from bot.model import Author, Record, Section
from bot.ports import Found
from bot.store import Engine, records
from bot.store.database import connect, prepare, writing

NOW = datetime(2026, 3, 2, 7, tzinfo=UTC)
SIZES = "50000,200000"
NEW = 300  # records that are kept one by one, and as many in batches
BATCH = 100
PLAIN = ("title", "pmid", "doi", "journal", "volume", "pages", "published", "status", "created")
COPIES = 0.2  # of these are copies of stored ones, as another source shows them
SYLLABLES = [
    "ba",
    "cor",
    "den",
    "fil",
    "gra",
    "hep",
    "iso",
    "kin",
    "lam",
    "mor",
    "neu",
    "ost",
    "pha",
    "ren",
    "sar",
    "tho",
    "ul",
    "vas",
    "xen",
    "zym",
]
ENDINGS = [
    "itis",
    "oma",
    "osis",
    "pathy",
    "ine",
    "ase",
    "ectomy",
    "emia",
    "algia",
    "ol",
    "al",
    "ic",
    "ive",
    "ation",
    "ism",
    "ure",
]


class Literature:
    """An endless row of made-up records; the same seed gives the same ones."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        words = random.Random(1)  # the language is one, whoever writes
        self.words = [self._word(words) for _ in range(20_000)]
        self.names = [self._word(words).capitalize() for _ in range(30_000)]
        self.journals = [
            f"{'Journal of ' * (place % 4 == 0)}{self._word(words)} {self._word(words)}"
            for place in range(2000)
        ]
        self.word_weights = _weights(len(self.words))
        self.name_weights = _weights(len(self.names), 60)

    @staticmethod
    def _word(source: random.Random) -> str:
        return "".join(source.choices(SYLLABLES, k=source.randint(1, 3))) + source.choice(ENDINGS)

    def records(self, first: int) -> Iterator[Record]:
        """Records with PMIDs from here on."""
        pmid = first
        while True:
            yield self._record(pmid)
            pmid += 1

    def _record(self, pmid: int) -> Record:
        dice = self.random
        words = dice.choices(self.words, cum_weights=self.word_weights, k=70)
        authors = dice.choices(self.names, cum_weights=self.name_weights, k=dice.randint(1, 8))
        page = 1 if dice.random() < 0.03 else dice.randint(1, 3000)
        title = dice.randint(6, 14)
        return Record(
            title=" ".join(words[:title]).capitalize(),
            pmid=str(pmid),
            doi=f"10.{5000 + pmid % 97}/made.up.{pmid}",
            abstract=(Section(text=" ".join(words[title:])),),
            authors=tuple(Author(last=name, initials=name[0]) for name in authors),
            journal=dice.choice(self.journals),
            volume=str(dice.randint(1, 60)),
            pages=f"{page}-{page + dice.randint(1, 12)}",
            published=str(dice.randint(1995, 2026)),
            status="MEDLINE",
            created="2026-01-01",
        )


def _weights(count: int, offset: int = 20) -> list[float]:
    """Zipf's law: the n-th most common is 1/(n + offset) as common."""
    return list(accumulate(1 / (place + offset) for place in range(count)))


def fill(path: str, literature: Literature, held: int, size: int) -> None:
    """Insert records in bulk, until there are so many."""
    db = sqlite3.connect(path)
    (last,) = db.execute("SELECT coalesce(max(id), 0) FROM citations").fetchone()
    for pragma in ("synchronous=OFF", "cache_size=-400000", "temp_store=FILE"):
        db.execute(f"PRAGMA {pragma}")
    moment = NOW.replace(tzinfo=None).isoformat(" ")
    db.execute("CREATE TEMP TABLE loose (key INTEGER, citation_id INTEGER)")
    coming = islice(literature.records(10_000_000 + held), size - held)
    made = enumerate(coming, last + 1)
    while some := list(islice(made, 5000)):
        bodies = {number: _body(one) for number, one in some}
        compared = {number: dedup.citation(one) for number, one in some}
        db.executemany(
            "INSERT INTO records (id, body, first_seen, changed_at) VALUES (?, ?, ?, ?)",
            [(number, body, moment, moment) for number, body in bodies.items()],
        )
        db.executemany(
            "INSERT INTO citations (id, record_id, packed, scheme, body, seen_at) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            [
                (number, number, one.pack(), dedup.SCHEME, bodies[number], moment)
                for number, one in compared.items()
            ],
        )
        db.executemany(
            "INSERT INTO record_keys (scheme, value, record_id) VALUES (?, ?, ?)",
            [
                (scheme, value, number)
                for number, one in some
                for scheme, value in (("pmid", one.pmid), ("doi", one.doi))
            ],
        )
        db.executemany(
            "INSERT INTO loose VALUES (?, ?)",
            [(key, number) for number, one in compared.items() for key in dedup.keys(one)],
        )
    db.execute("INSERT INTO citation_keys SELECT key, citation_id FROM loose ORDER BY key")
    db.commit()
    db.execute("ANALYZE")
    db.close()


def _body(one: Record) -> str:
    """A record as the store keeps it; what is empty is left out, which is much faster to write."""
    abstract = [{"label": "", "text": one.abstract_text}]
    plain = {name: getattr(one, name) for name in PLAIN}
    authors = [{"last": who.last, "initials": who.initials} for who in one.authors]
    return json.dumps({**plain, "abstract": abstract, "authors": authors})


def arriving(seed: int, stored: Sequence[Record]) -> list[Record]:
    """New records, and copies of stored ones as a feed would show them."""
    literature, dice = Literature(seed), random.Random(seed)
    new = list(islice(literature.records(50_000_000 + seed * 1000), NEW))
    for place in dice.sample(range(NEW), int(NEW * COPIES)):
        copy = dice.choice(stored)
        new[place] = replace(copy, pmid="", status="", created="", pages="", title=f"{copy.title}.")
    return new


def keep(engine: Engine, shown: Sequence[Record], size: int) -> int:
    """Keep records in transactions of this size; returns how many were new."""
    new = 0
    for start in range(0, len(shown), size):
        found = [
            Found(key=f"{one.doi} {one.pmid}", record=one) for one in shown[start : start + size]
        ]
        with writing(engine, saves_records=True) as db:
            new += sum(one.new for one in records.keep(db, "feed", f"s{size}", found, NOW))
    return new


def timed(work: Callable[[], int]) -> tuple[float, float, int]:
    """CPU and wall milliseconds for each of NEW records, and how many were new."""
    cpu, wall = time.process_time(), time.perf_counter()
    new = work()
    spent = time.process_time() - cpu, time.perf_counter() - wall
    return spent[0] * 1000 / NEW, spent[1] * 1000 / NEW, new


def main() -> None:
    """Print the cost of a record at each size, and how it has grown."""
    sizes = [int(one) for one in os.environ.get("LITBOT_BENCH_STORE", SIZES).split(",")]
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/litbot.db"
        engine = connect(f"sqlite:///{path}")
        prepare(engine)
        literature, held, base = Literature(7), 0, 0.0
        stored = list(islice(Literature(7).records(10_000_000), 2000))
        for place, size in enumerate(sizes):
            began = time.perf_counter()
            fill(path, literature, held, size)
            filled, held = time.perf_counter() - began, size
            file = Path(path).stat().st_size / 1e6
            print(f"{size:,} records ({file:,.0f} MB, filled in {filled:.0f} s)", flush=True)
            keep(engine, arriving(90 + place, stored), BATCH)  # warm
            single, batch = arriving(10 + place, stored), arriving(50 + place, stored)
            cpu, wall, new = timed(lambda shown=single: keep(engine, shown, 1))  # type: ignore[misc]
            base = base or cpu
            print(f"  one by one: {cpu:.2f} ms CPU, {wall:.2f} ms; {new} of {NEW} new")
            print(f"  that is {cpu / base:.2f} times the first")
            cpu, wall, new = timed(lambda shown=batch: keep(engine, shown, BATCH))  # type: ignore[misc]
            print(f"  by {BATCH}: {cpu:.2f} ms CPU, {wall:.2f} ms; {new} of {NEW} new", flush=True)
        engine.dispose()
