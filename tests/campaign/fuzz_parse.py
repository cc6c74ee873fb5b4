"""Fuzz the language of search strategies: no text may raise anything but a StrategyError.

By hand, outside the project's environment, with atheris and lark installed:

    PYTHONPATH=. python tests/campaign/fuzz_parse.py -max_total_time=600
"""

from __future__ import annotations

import sys
from datetime import date

import atheris

with atheris.instrument_imports(include=["bot.strategy"]):
    from bot.errors import StrategyError
    from bot.model import Author, MeshHeading, Record, Section
    from bot.strategy import evaluate, parse
    from bot.strategy.mesh import BUILT_IN
    from bot.strategy.reasons import losses, reasons
    from bot.strategy.tree import levels

RECORD = Record(
    title="Sleep hygiene in shift-workers: α trial",
    pmid="1001",
    doi="10.5555/sleep.1",
    abstract=(Section(label="AIMS", text="We asked whether sleep changed in workers."),),
    keywords=None,
    authors=(Author(last="Doe", fore="Jane", initials="J"), Author(collective="Sleep Group")),
    journal="The Journal of Sleep",
    issns=("0000-0019",),
    published="2024-03",
    created="2024-03-09",
    languages=("eng",),
    publication_types=("Journal Article",),
    mesh=(MeshHeading(descriptor="Sleep", qualifiers=("drug effects",)),),
    substances=("Melatonin",),
    status="MEDLINE",
)
FEED = Record(title=RECORD.title, abstract=None, keywords=None, languages=None, affiliations=None)
TODAY = date(2024, 6, 15)
TAGS = """
ti tiab tw all mh majr sh nm pa rn pt ot au 1au lastau fau cn ad ta vi ip pg la dp crdt edat mhda
dcom lr pmid aid lid si gr cois tt sb mh:noexp tiab:~2 ti:~0 tiab:~99999 odd
"""
PIECES = [f"[{tag}]" for tag in TAGS.split()]
PIECES += [
    "(",
    ")",
    '"',
    "[",
    "]",
    ":",
    "*",
    " AND ",
    " OR ",
    " NOT ",
    "&",
    "|",
    "/",
    "~",
    "-",
    "\n",
    "“",
]
PIECES += [
    "sleep",
    "shift workers",
    "organi*ation",
    "a",
    "the",
    "α",
    "é",
    "2024/03/01",
    "3000",
    "10.5555/x",
]
PIECES += [
    "last 30 days",
    "last 99999 years",
    "Sleep/de",
    "doe j",
    "0000-0019",
    "hasabstract",
    "#1",
    "٣٤",
]


def one_input(raw: bytes) -> None:
    source = atheris.FuzzedDataProvider(raw)
    text = ""
    while source.remaining_bytes():
        if source.ConsumeBool():
            text += source.PickValueInList(PIECES)
        else:
            text += source.ConsumeUnicode(3)
    check(text)


def check(text: str) -> None:
    try:
        tree = parse(text)
    except StrategyError:
        return
    assert parse(str(tree)) == tree, text
    for level in levels(tree):
        for node in level:
            assert parse(text[node.start : node.end]) == node, text
    for record in (RECORD, FEED):
        answer = evaluate(tree, record, mesh=BUILT_IN, today=TODAY).answer
        found = reasons(tree, record, mesh=BUILT_IN, today=TODAY)
        lost = losses(tree, record, mesh=BUILT_IN, today=TODAY)
        assert bool(lost) == (answer != "yes"), text
        assert found or answer != "yes" or " NOT " in text, text


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
