"""Search strategies as PubMed's users write them, and what is wrong with the others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import StrategyError
from bot.strategy.parse import DEEPEST, parse
from bot.strategy.tree import And, Not, Or, Range, Term, levels, place


def term(text: str, **fields: object) -> Term:
    return Term(text=text, **fields)  # type: ignore[arg-type] # a table's values


A, B, C = term("a"), term("b"), term("c")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a", A),
        ("a AND b AND c", And(operands=(A, B, C))),
        ("a OR b AND c", And(operands=(Or(operands=(A, B)), C))),
        ("a AND b OR c", Or(operands=(And(operands=(A, B)), C))),
        ("a OR b NOT c", Not(left=Or(operands=(A, B)), right=C)),
        ("a NOT b NOT c", Not(left=Not(left=A, right=B), right=C)),
        ("a NOT (b NOT c)", Not(left=A, right=Not(left=B, right=C))),
        ("a OR (b AND c)", Or(operands=(A, And(operands=(B, C))))),
        ("a (b OR c)", And(operands=(A, Or(operands=(B, C))))),
        ("a b", And(operands=(A, B))),
        ("a OR b c", Or(operands=(A, And(operands=(B, C))))),
        ("a[ti] OR b[ti] c[ti]", And(operands=(Or(operands=(term("a", tag="ti"), term("b", tag="ti"))), term("c", tag="ti")))),
        ("a & b | c", Or(operands=(And(operands=(A, B)), C))),
        ("a and b", And(operands=(A, term("and"), B))),
        ("ANDROGEN OR ORAL", Or(operands=(term("ANDROGEN"), term("ORAL")))),
        ("((a))", A),
        ("a\n  AND\r\n\tb", And(operands=(A, B))),
        ('"a  b"', term("a b", quoted=True)),
        ('"a AND (b"', term("a AND (b", quoted=True)),
        ("a b[Title/Abstract]", term("a b", tag="tiab")),
        ("a [TIAB]", term("a", tag="tiab")),
        ("a[MeSH Terms:NoExp]", term("a", tag="mh", modifier="noexp")),
        ('"a b"[tiab:~3]', term("a b", quoted=True, tag="tiab", modifier="~3")),
        ("a[no such tag]", term("a", tag="no such tag")),
        ("ketamin*", term("ketamin*")),
        ("ketamine-assisted", term("ketamine-assisted")),
        ("a - b", And(operands=(A, B))),
        ("a[ti]OR b", Or(operands=(term("a", tag="ti"), B))),
        ("2000:2010[dp]", Range(low="2000", high="2010", tag="dp")),
        ('"2024/01/01"[crdt] : "3000"[crdt]', Range(low="2024/01/01", high="3000", tag="crdt")),
        ("2019/11/01[PDAT] : 3000[PDAT]", Range(low="2019/11/01", high="3000", tag="dp")),
        ("a 1:75[uid]", And(operands=(A, Range(low="1", high="75", tag="pmid")))),
    ],
)  # fmt: skip
def test_a_strategy_is_read_from_left_to_right_as_pubmed_reads_it(text: str, tree: object) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("", (1, 1), "empty"),
        (" \n ", (1, 1), "empty"),
        ("(a AND b", (1, 1), "'(' is never closed"),
        ("a AND\n(b OR (c)", (2, 1), "'(' is never closed"),
        ("a AND b)", (1, 8), "')' has no '('"),
        ("a OR ()", (1, 6), "nothing stands between"),
        ("a AND", (1, 3), "AND has nothing after it"),
        ("(a OR) b", (1, 4), "OR has nothing after it"),
        ("OR a", (1, 1), "OR has nothing before it"),
        ("a (NOT b)", (1, 4), "NOT has nothing before it"),
        ("a AND OR b", (1, 7), "two operators in a row: AND OR"),
        ('a\nOR "b', (2, 4), "quotation mark is never closed"),
        ("a[ti", (1, 2), "'[' is never closed"),
        ("a] b", (1, 2), "']' has no '['"),
        ('a ""', (1, 3), "empty quotes"),
        ("a AND -", (1, 7), "nothing to search for"),
        ("a[]", (1, 2), "names no field"),
        ("(a OR b)[ti]", (1, 9), "must follow a word"),
        ("a[ti][ab]", (1, 6), "must follow a word"),
        (":2010[dp]", (1, 1), "two ends of a range"),
        ("2000:", (1, 5), "two ends"),
        ("2000:2005:2010[dp]", (1, 10), "two ends"),
        ("2000[dp]:2010[crdt]", (1, 1), "one field"),
    ],
)
def test_a_malformed_strategy_is_refused_with_its_place(
    text: str, place: tuple[int, int], problem: str
) -> None:
    with pytest.raises(StrategyError) as caught:
        parse(text)

    assert problem in caught.value.problem
    assert (caught.value.line, caught.value.column) == place


def test_every_term_knows_its_place() -> None:
    text = "a AND\n (b[ti] OR 1:2[uid])"

    tree = parse(text)

    assert isinstance(tree, And)
    first, second = tree.operands
    assert isinstance(first, Term)
    assert isinstance(second, Or)
    b, span = second.operands
    assert isinstance(b, Term)
    assert isinstance(span, Range)
    assert [place(text, node.start) for node in (first, b, span)] == [(1, 1), (2, 3), (2, 12)]


@given(st.text(alphabet='ab*-:"[]()~#&| \nANDORNOT', max_size=40) | st.text(max_size=40))
def test_any_text_parses_and_prints_to_the_same_tree_or_is_refused(text: str) -> None:
    try:
        tree = parse(text)
    except StrategyError as error:
        refusal = error
    else:
        assert parse(str(tree)) == tree
        return

    lines = text.split("\n")
    assert 1 <= refusal.line <= len(lines)
    assert 1 <= refusal.column <= len(lines[refusal.line - 1]) + 1


WORDS = st.sampled_from(["ketamin*", "self-harm", "and", "Ångström", "5-HT2A", "x", "orAND"])
TAGS = st.sampled_from(["", "[ti]", "[Title/Abstract]", "[mh:noexp]", "[tiab:~2]", "[odd]"])
LEAVES = st.one_of(
    st.builds(lambda words, tag: " ".join(words) + tag, st.lists(WORDS, min_size=1, max_size=3), TAGS),
    st.builds(lambda words, tag: f'"{" ".join(words)}"{tag}', st.lists(WORDS, min_size=1, max_size=3), TAGS),
    st.sampled_from(["2000:2010[dp]", '"2024"[crdt]:"3000"[crdt]', "1:9[uid]"]),
)  # fmt: skip
STRATEGIES = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        lambda parts, last: "".join(f"({part}) {operator} " for part, operator in parts) + last,
        st.lists(st.tuples(inner, st.sampled_from(["AND", "OR", "NOT", ""])), max_size=4),
        inner,
    ),
    max_leaves=20,
)


@given(STRATEGIES)
def test_every_well_formed_strategy_prints_to_the_same_tree(text: str) -> None:
    tree = parse(text)

    assert parse(str(tree)) == tree
    for level in levels(tree):
        for node in level:
            if isinstance(node, Term | Range):
                assert parse(text[node.start : node.end]) == node


def test_long_and_deep_strategies_are_read_and_bottomless_ones_refused() -> None:
    wide = " OR ".join(f"word{n} thing[tiab]" for n in range(1000))
    deep = "".join(f"(x{n} {('AND', 'OR')[n % 2]} " for n in range(200)) + "y" + ")" * 200

    printed = [str(parse(text)) for text in (wide, deep)]

    assert [str(parse(text)) for text in printed] == printed
    with pytest.raises(StrategyError, match="levels deep"):
        parse("a AND b OR " * DEEPEST + "c")


def test_a_published_strategy_of_six_thousand_characters_parses_and_prints(shared) -> None:
    text = (shared / "data/pubmed/queries/metapsy_pubmed_query.txt").read_text(encoding="utf-8")

    tree = parse(text)

    assert parse(str(tree)) == tree
