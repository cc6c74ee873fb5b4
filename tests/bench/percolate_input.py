"""What the percolation bench measures with: real texts where they are at hand, made-up queries."""

from __future__ import annotations

import csv
import gzip
import json
import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bot.formats import medline, pubmed_xml
from bot.model import Record, Section
from bot.strategy.words import STOP_WORDS

SHARED = Path(__file__).parents[3] / "shared" / "data"
RECORDS, QUERIES = 5_000, 10_000
RARE = 8  # words of which the rarest is taken: a query finds about 0.8 % of the records
_WORD = re.compile(r"[A-Za-z]{3,}|[0-9]{2,}")
_OPERATORS = ("AND", "OR", "NOT")


def records() -> list[Record]:
    """Distinct titles with abstracts, the fields that all engines are given, in a fixed order."""
    known: dict[str, Record] = {}
    for record in _read() if SHARED.is_dir() else _made_up():
        if record.title and record.abstract_text:
            known.setdefault(record.title, record)
    some = sorted(known.values(), key=lambda record: record.title)
    random.Random(1).shuffle(some)
    return some[:RECORDS]


def _read() -> Iterator[Record]:
    for name in ("records.xml.gz", "odd-records.xml.gz"):
        with gzip.open(SHARED / "pubmed" / name) as stream:
            for read in pubmed_xml.read(stream):
                if isinstance(read, pubmed_xml.Read):
                    yield _plain(read.record)
    for name in ("medline.nbib.gz", "social-anxiety.nbib.gz"):
        with gzip.open(SHARED / "pubmed" / name, "rt", encoding="utf-8") as text:
            yield from map(_plain, medline.read(text))
    csv.field_size_limit(2**24)
    for name in ("copper", "diabetes"):
        with (SHARED / "dedup" / name / "records.csv").open(encoding="utf-8") as text:
            for row in csv.DictReader(text):
                yield _titled(row["title"], row["abstract"], row["journal"])
    for name in ("relevance", "study_design"):
        with gzip.open(SHARED / "triage" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as text:
            for line in text:
                row = json.loads(line)
                yield _titled(row.get("title"), row.get("abstract"))


def _plain(record: Record) -> Record:
    """Title, abstract, headings, authors and journal."""
    return Record(
        title=record.title,
        abstract=record.abstract or (),
        authors=tuple(replace(author, fore="") for author in record.authors),
        journal=record.journal,
        journal_abbreviation=record.journal_abbreviation,
        mesh=tuple(replace(heading, qualifiers=()) for heading in record.mesh),
        status=record.status,
    )


def _titled(title: str | None, abstract: str | None, journal: str = "") -> Record:
    sections = (Section(text=abstract),) if abstract else ()
    return Record(title=title or "", abstract=sections, journal=journal, status="Publisher")


def _made_up() -> Iterator[Record]:
    dice = random.Random(2)
    vocabulary = ["".join(dice.choices("aeioulnrst", k=dice.randint(4, 9))) for _ in range(20_000)]
    weights = [1 / (place + 10) for place in range(len(vocabulary))]
    for _ in range(RECORDS):
        text = dice.choices(vocabulary, weights, k=220)
        yield _titled(" ".join(text[:14]), " ".join(text[14:]))


def queries(known: Sequence[Record]) -> list[str]:
    """3 to 20 terms in 1 to 4 groups, 30 % with NOT; every term stands in some record."""
    dice = random.Random(3)
    texts = (f"{record.title} {record.abstract_text}" for record in known)
    common = Counter(word for text in texts for word in set(_words(text)))
    return [_query(dice, known, common) for _ in range(QUERIES)]


def _query(dice: random.Random, known: Sequence[Record], common: Mapping[str, int]) -> str:
    groups, size = dice.choices((1, 2, 3, 4), (15, 35, 30, 20))[0], dice.randint(3, 20)
    terms = [_term(dice, dice.choice(known), common) for _ in range(max(size, groups))]
    parts = [f"({' OR '.join(terms[group::groups])})" for group in range(groups)]
    text = " AND ".join(parts)
    if dice.random() < 0.3:
        taken = (_term(dice, dice.choice(known), common) for _ in range(2))
        text = f"({text}) NOT ({' OR '.join(taken)})"
    return text


def _term(dice: random.Random, record: Record, common: Mapping[str, int]) -> str:
    chance = dice.random()
    if chance < 0.10 and record.mesh:
        return f'"{_safe(dice.choice(record.mesh).descriptor)}"[mh:noexp]'
    if chance < 0.16 and record.authors and record.authors[0].initials:
        author = dice.choice(record.authors)
        if author.last and author.initials not in ("", *_OPERATORS):
            return f"{_safe(author.last)} {author.initials}[au]"
    if chance < 0.20 and record.journal:
        return f'"{_safe(record.journal)}"[ta]'
    words = _words(record.title if dice.random() < 0.3 else record.abstract_text) or ["nothing"]
    tag = dice.choices(("ti", "tiab", "all"), (15, 70, 15))[0]
    if dice.random() < 0.55:
        length = dice.choices((2, 3, 4), (70, 22, 8))[0]
        for _ in range(9):  # people search no phrase that begins or ends with "the"
            at = dice.randrange(len(words))
            some = words[at : at + length]
            if len(some) > 1 and not STOP_WORDS & {some[0], some[-1]}:
                return f'"{" ".join(some)}"[{tag}]'
    # People search by what tells studies apart.
    word = min(dice.choices(words, k=RARE), key=lambda one: (common[one], one))
    if dice.random() < 0.5 and len(word) > 7:
        word = f"{word[: dice.randint(6, len(word) - 1)]}*"
    return f'"{word}"[{tag}]'


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def _safe(name: str) -> str:
    plain = " ".join(re.sub(r'["*\[\]()&|:]', " ", name).split())
    return "nothing" if plain in _OPERATORS or not re.search(r"\w", plain) else plain
