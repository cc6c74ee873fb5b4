"""`evaluate` agrees with a reference that was written on its own from PubMed's documentation."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from builders import record
from generated import strategies
from naive import Naive

from bot.model import Answer, Author, Link, MeshHeading, Record, Section
from bot.strategy import evaluate, parse
from bot.strategy.mesh import BUILT_IN

TODAY = date(2024, 6, 15)


def compare(records: Sequence[Record], texts: Sequence[str], *, every: int = 1) -> Counter[Answer]:
    """Ask both, each record about every n-th strategy in turn; give the number of each answer."""
    trees = [parse(text) for text in texts]
    answers: Counter[Answer] = Counter()
    for number, one in enumerate(records):
        strict, today = number % 3 == 0, TODAY if number % 2 else None
        naive = Naive(one, BUILT_IN, today, strict=strict)
        for tree in trees[number % every :: every]:
            answer = evaluate(tree, one, mesh=BUILT_IN, today=today, strict=strict).answer
            assert answer == naive.answer(tree), (str(tree), one.pmid or one.title, strict)
            answers[answer] += 1
    return answers


#: All 1.4 million pairs take four minutes; this many times fewer take half a minute.
EVERY = int(os.environ.get("LITBOT_TESTS_EVERY", "10"))


def test_five_hundred_strategies_agree_on_the_real_records(real_records: list[Record]) -> None:
    texts = strategies(real_records, 500, seed=3)

    answers = compare(real_records, texts, every=EVERY)

    assert answers.total() == len(real_records) * len(texts) // EVERY
    assert min(answers[answer] for answer in ("yes", "no", "unknown")) > 5000 // EVERY


def test_a_published_strategy_of_six_thousand_characters_agrees(
    real_records: list[Record], shared: Path
) -> None:
    path = shared / "data/pubmed/queries/metapsy_pubmed_query.txt"

    answers = compare(real_records[::10], [path.read_text(encoding="utf-8")])

    assert answers.total() == len(real_records[::10])
    assert answers["unknown"] > 0  # "Limits: RCTs" at its end is no field of PubMed


def test_strategies_agree_on_records_of_every_shape() -> None:
    texts = strategies(MADE_UP, 400, seed=5)

    answers = compare(MADE_UP, texts)

    assert min(answers[answer] for answer in ("yes", "no", "unknown")) > 500


def _made_up() -> list[Record]:
    """Whole records, and the same as a feed, a publisher or an old file would show them."""
    whole = [
        record(title=title, abstract=(Section(label=label, text=text),), pmid=str(number), doi=f"10.5555/n.{number}")
        for number, (title, label, text) in enumerate(
            (
                ("Crohn's disease and α-blockers: a 12-month follow-up", "AIMS", "We compared β-blockers with α-blockers, in Crohn's disease and others."),
                ("Randomised trial of sleep hygiene in shift-workers", "", "Organisation of work and sleep; organization of rest. Sleepers slept."),
                ("Étude de l'anxiété: Ménière, Sjögren and naïve readers", "RÉSULTATS", "Anxiété, anxiety and anxieties were counted: 5-HT2A was not."),
                ("[Walking groups for older people.]", "METHODS", "Older people walked in groups of 4 to 6; groups of people walked."),
                ("The use of the", "", "What was shown, and why."),
            ),
            1001,
        )
    ]  # fmt: skip
    trial = MeshHeading(descriptor="Cognitive Behavioral Therapy", qualifiers=("methods",))
    major = MeshHeading(descriptor="Depressive Disorder, Major", major=True, qualifiers=("therapy", "drug therapy"))  # fmt: skip
    people = (
        Author(last="van den Berg", fore="Anna Maria", initials="AM"),
        Author(last="O'Neill", fore="Seán", initials="S Jr"),
        Author(collective="Walking Study Group; Others"),
    )
    shapes: list[dict[str, Any]] = [
        {},
        {"abstract": None, "keywords": None, "languages": None, "affiliations": None, "status": "", "pmid": "", "mesh": (), "substances": (), "publication_types": (), "journal_abbreviation": "", "created": "", "entered": "", "indexed": ""},
        {"status": "Publisher", "mesh": (), "substances": (), "publication_types": (), "indexed": ""},
        {"mesh": (trial, major), "authors": people, "publication_types": ("Clinical Trial, Phase II",), "languages": ("ger", "eng")},
        {"status": "PubMed-not-MEDLINE", "mesh": (), "abstract": (), "authors": (), "published": "2024-05-17", "also_published": "2024"},
        {"status": "In-Data-Review", "mesh": (), "keywords": ("sleep", "β-blocker"), "published": "2023-07", "also_published": "2023-12-03", "links": (Link(kind="ErratumIn"),), "languages": ("und",)},
    ]  # fmt: skip
    return [replace(one, **shape) for one in whole for shape in shapes]


MADE_UP = _made_up()
