"""`Percolator` gives the answers of `evaluate`, for any records and any strategies."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from builders import record
from generated import strategies
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model import Answer, Author, MeshHeading, Record, Section
from bot.strategy import Node, evaluate, parse
from bot.strategy.mesh import BUILT_IN
from bot.strategy.percolate import BLOCK, Percolator
from bot.strategy.transposed import bits, numbers
from bot.strategy.tree import And, Not, Or, Range, Term

TODAY = date(2026, 11, 1)

WITHHELD = record(
    title="Crohn’s disease and β-blockers: naïve Bayes in organisation of care",
    pmid="", doi="", abstract=None, keywords=None, affiliations=None, languages=None,
    mesh=(), substances=(), publication_types=(), status="", issns=(), journal_abbreviation="",
    authors=(Author(collective="Ada Sample, Jon Doe-Smith"),),
)  # fmt: skip
SMALL = (
    record(),
    WITHHELD,
    replace(WITHHELD, authors=(), journal="", published="2024-05", doi="10.5555/litbot.9"),
    record(
        title="Organisational colour: the ketamine of Ålesund",
        pmid="90000002", doi="10.5555/litbot.2", pii="S0140",
        abstract=(Section(text="Vaccination schedules. The heart\nfailed, heart failure did not."),),
        keywords=("heart", "failure of vaccines"),
        authors=(Author(last="Smith", initials="JA", fore="Jo Ann"), Author(last="de la Cruz", initials="M")),
        mesh=(), status="Publisher", journal="The Lancet", journal_abbreviation="Lancet",
        languages=("ger", "fre"), publication_types=("Review",),
    ),
    record(
        title="",
        pmid="90000003", doi="", abstract=(), keywords=(), affiliations=(), authors=(),
        mesh=(MeshHeading(descriptor="Depressive Disorder, Major", major=True), MeshHeading(descriptor="Humans")),
        other_abstract=(Section(label="ABSTRACT", text="Ketamin bei Depression"),),
        journal="BMJ", journal_abbreviation="BMJ",
    ),
    record(
        title="Sørensen's sleep", pmid="90000004", published="2026-02", also_published="2025-12-10",
        issns=("0140-6736", "1474-547X"),
        authors=(Author(collective="Sleep Group"), Author(last="Smith", initials="J"), Author(last="Łoś", initials="K"), Author(collective="Sleep Group")),
    ),
    record(title="", pmid="90000005", published="2025-11", also_published="2026-01-10", authors=(Author(collective="Smith Group"),)),
    replace(WITHHELD, published="2025-06-10"),
)  # fmt: skip
#: Untagged words and terms side by side are ANDed: each line gives its terms one by one.
TERMS = """
ketamine[tiab] "heart failure"[tiab] "the heart failed"[tiab] "heart fail*"[tiab] organi*ation*[ti]
"vaccin* schedul*"[tiab] "failure heart"[tiab:~2] "heart did"[tiab:~0] colo*r[ti] cat*[tiab]
the[tiab] "of the"[all] ketamine "ketamine"[all] depress* crohn's[ti] "beta blockers"[ti] naive[tw]
heart[ot] "heart failure"[ot] sample*[ad] humans[mh] "depressive disorder"[mh]
"depressive disorder*"[mh] mood[mh:noexp]
"ketamine/adverse effects"[mh] ketamine[majr] "adverse effects"[sh] ketamin*[nm] esketamine[nm]
"clinical trial"[pt] review[pt:noexp] smith[au] "smith j"[au] smit*[1au] "doe smith"[au] cruz[lastau]
lancet[ta] "the lancet"[ta] 0000-0019[ta] 00000019[ta] "j made up*"[ta] english[la] ger[la] 2026[dp]
"last 30 days"[crdt] 2024:2026[dp] 90000001:90000002[pmid] "90000001 90000003"[pmid] s0140[aid]
10.5555/litbot.2[doi] hasabstract haskeyword systematic[sb] medline[sb] 7[vi] x[isbn] y[nonsense]
2026:2026[dp] 2025[dp] 2026/01/10[dp] 1474-547x[ta] 1474547X[ta] 9999-9999[ta] smith[lastau]
los[lastau] group[1au] sample[1au] sorensen*[ti] sørensen zebra zebra[all] "last 8 months"[dp]
humans[tw] schedules[ti] "de la cruz"[1au] "smith ja"[lastau] "the bmj"[ta]
"heart ketamine"[mh:~3] ketamine[mh:exp] heart[ti:x] "/adverse effects"[mh] "a*"[tiab] "made up"[all] "schedules the"[tiab]
"""


def leaves(node: Node) -> list[Term | Range]:
    match node:
        case And() | Or():
            return [leaf for one in node.operands for leaf in leaves(one)]
        case Not():
            return leaves(node.left) + leaves(node.right)
        case leaf:
            return [leaf]


LEAVES = leaves(parse(" ".join(TERMS.split())))


def trees() -> st.SearchStrategy[Node]:
    def grown(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
        some = st.lists(inner, min_size=2, max_size=4).map(tuple)
        return st.one_of(
            some.map(lambda operands: And(operands=operands)),
            some.map(lambda operands: Or(operands=operands)),
            st.builds(lambda left, right: Not(left=left, right=right), inner, inner),
        )

    return st.recursive(st.sampled_from(LEAVES), grown, max_leaves=8)


def compare(nodes: Sequence[Node], records: Sequence[Record]) -> Counter[Answer]:
    """Ask both about every pair; give the number of pairs with each answer."""
    named = {str(number): node for number, node in enumerate(nodes)}
    percolator = Percolator(named, mesh=BUILT_IN, today=TODAY)
    told = {one.name: one.answers(len(records)) for one in percolator.match(records)}
    counts: Counter[Answer] = Counter()
    for place, one in enumerate(records):
        for name, node in named.items():
            answer = evaluate(node, one, mesh=BUILT_IN, today=TODAY).answer
            assert told[name][place] == answer if name in told else answer == "no", (str(node), one)
            counts[answer] += 1
    return counts


@pytest.mark.parametrize("leaf", LEAVES, ids=str)
def test_a_term_alone_is_answered_as_evaluate_does(leaf: Term | Range) -> None:
    compare([leaf, Not(left=Term(text="hasabstract"), right=leaf)], SMALL)


@given(
    st.lists(trees(), min_size=1, max_size=6),
    st.lists(st.sampled_from(SMALL), min_size=1, max_size=12),
)
@settings(max_examples=150, deadline=None)
def test_any_strategies_are_answered_as_evaluate_does(
    nodes: list[Node], records: list[Record]
) -> None:
    compare(nodes, records)


@given(
    st.text(alphabet="aeoBßøÆ é́βΣ漢'-.\n\u2019ﬁ*", max_size=30),
    st.text(alphabet="aeoBßøÆ é́βΣ漢'-*ﬁ", min_size=1, max_size=8),
    st.sampled_from(("ti", "tiab", "tw", "all", "", "ot", "ad", "mh", "au", "ta", "nm", "pt")),
)
@settings(max_examples=400, deadline=None)
def test_letters_beyond_ascii_are_folded_as_evaluate_does(text: str, sought: str, tag: str) -> None:
    one = record(
        title=text, keywords=(text,), affiliations=(text,), journal=text, substances=(text,),
        authors=(Author(last=text, initials="J"),), mesh=(MeshHeading(descriptor=text),),
    )  # fmt: skip
    if sought.strip():
        compare([Term(text=sought, tag=tag, quoted=True), Term(text=sought, tag=tag)], [one])


@pytest.fixture(scope="module")
def real(real_records: list[Record]) -> list[Record]:
    """With copies of some, as a feed would show them."""
    withheld = {"abstract": None, "keywords": None, "affiliations": None, "status": ""}
    copies = [replace(one, **withheld) for one in real_records[::7]]  # type: ignore[arg-type]
    return real_records + copies


#: Asking `evaluate` about all 1.6 million pairs takes some minutes; this many times fewer, seconds.
EVERY = int(os.environ.get("LITBOT_TESTS_EVERY", "100"))


def test_five_hundred_strategies_agree_on_real_records(real: list[Record]) -> None:
    """All are matched with all; some of the pairs are also asked of `evaluate`."""
    nodes = [parse(text) for text in strategies(real, 500, seed=11)]
    named = {str(number): node for number, node in enumerate(nodes)}
    counts: Counter[Answer] = Counter()

    percolated = Percolator(named, mesh=BUILT_IN, today=TODAY).match(real)

    told = {int(one.name): one.answers(len(real)) for one in percolated}
    for place, one in enumerate(real):
        for number in range(place % EVERY, len(nodes), EVERY):
            answer = evaluate(nodes[number], one, mesh=BUILT_IN, today=TODAY).answer
            assert told[number][place] == answer if number in told else answer == "no"
            counts[answer] += 1
    assert counts.total() == len(real) * len(nodes) // EVERY
    assert min(counts.values()) > 5000 // EVERY


def test_records_beyond_a_block_keep_their_places() -> None:
    named = {str(leaf): leaf for leaf in LEAVES}
    times = BLOCK // len(SMALL) + 20
    percolator = Percolator(named, mesh=BUILT_IN, today=TODAY)

    once = percolator.match(SMALL)
    often = percolator.match(SMALL * times)

    assert [(one.name, one.answers(len(SMALL)) * times) for one in once] == [
        (one.name, one.answers(len(SMALL) * times)) for one in often
    ]


def test_a_strategy_that_only_a_later_block_finds_keeps_its_order() -> None:
    named = {"late": parse("walrus[ti]"), "always": parse("crohn[ti]")}
    batch = [WITHHELD] * BLOCK + [replace(WITHHELD, title="A walrus")]

    found = Percolator(named).match(batch)

    assert [(one.name, len(one.yes()), one.yes()[-1]) for one in found] == [
        ("late", 1, BLOCK),
        ("always", BLOCK, BLOCK - 1),
    ]


def test_the_size_of_a_batch_changes_no_answer(real: list[Record]) -> None:
    records = (real * 2)[:5000]
    named = {text: parse(text) for text in strategies(real, 30, seed=12)}
    percolator = Percolator(named, mesh=BUILT_IN, today=TODAY)

    together = {one.name: one.answers(len(records)) for one in percolator.match(records)}

    for size, batches in ((1, 20), (20, 10)):
        for start in range(0, size * batches, size):
            some = percolator.match(records[start : start + size])
            apart = {one.name: one.answers(size) for one in some}
            for name in named:
                whole = together.get(name, ["no"] * len(records))[start : start + size]
                assert apart.get(name, ["no"] * size) == whole


def test_there_is_nothing_to_match_without_records_or_strategies() -> None:
    assert Percolator({"one": parse("ketamine[tiab]")}).match([]) == []
    assert Percolator({}).match(SMALL) == []


def test_what_a_source_withholds_is_unknown_through_not() -> None:
    named = {
        "open": parse("crohn[ti] NOT ketamine[tiab]"),
        "taken": parse("crohn[ti] NOT disease[tiab]"),
        "either": parse("crohn[ti] OR ketamine[tiab]"),
        "both": parse("ketamine[ti] AND schedule[tiab]"),
    }

    found = Percolator(named).match([WITHHELD])

    assert [(one.name, one.yes(), one.unknown()) for one in found] == [
        ("open", [], [0]),
        ("either", [0], []),
    ]


@given(st.sets(st.integers(0, 300)))
def test_bits_and_numbers_are_each_other_s_way_back(places: set[int]) -> None:
    assert list(numbers(bits(places, 301))) == sorted(places)
