"""Search strategies as PubMed's users write them, and what is wrong with the others."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from malformed import REFUSED, WARNED, Malformed

from bot.errors import StrategyError
from bot.strategy.parse import DEEPEST, parse
from bot.strategy.tree import TAGS, And, Not, Or, Range, Term, levels, place


def term(text: str, **fields: object) -> Term:
    return Term(text=text, **fields)  # type: ignore[arg-type] # a table's values


A, B, C = term("a"), term("b"), term("c")

#: The short tag, its name in EInfo (build of 2025-11-27), the abbreviation there, other names.
NAMES_OF_TAGS = {
    "tiab": "Title/Abstract, TIAB",
    "ti": "Title, TITL",
    "tw": "Text Word, WORD",
    "all": "All Fields, ALL",
    "mh": "MeSH Terms, MESH",
    "majr": "MeSH Major Topic, MAJR",
    "sh": "MeSH Subheading, SUBH",
    "nm": "Supplementary Concept, SUBS",
    "pa": "Pharmacological Action, PAPX",
    "rn": "EC/RN Number, ECNO",
    "pt": "Publication Type, PTYP",
    "ot": "Other Term, OTRM",
    "au": "Author, FULL",
    "1au": "Author - First, FAUT",
    "lastau": "Author - Last, LAUT",
    "fau": "Full Author Name",
    "cn": "Author - Corporate, COLN",
    "ir": "Investigator",
    "fir": "FINV, Full Investigator Name",
    "auid": "Author - Identifier, AUID",
    "ps": "Subject - Personal Name, PS",
    "ad": "Affiliation, AFFL",
    "ta": "Journal, JOUR",
    "vi": "Volume, VOL",
    "ip": "Issue, ISS",
    "pg": "Pagination, PAGE",
    "jid": "NLM Unique ID",
    "la": "Language, LANG",
    "dp": "Date - Publication, PDAT",
    "epdat": "Electronic Publication Date, EPDT",
    "ppdat": "Print Publication Date, PPDT",
    "edat": "Date - Entry, EDAT",
    "crdt": "Date - Create, CRDT",
    "mhda": "Date - MeSH, MHDA",
    "dcom": "Date - Completion, CDAT",
    "lr": "Date - Modification, MDAT",
    "pmid": "UID",
    "aid": "Publisher ID, PID, doi",
    "lid": "Location ID, LID",
    "si": "Secondary Source ID, SI",
    "gr": "Grants and Funding, GRNT",
    "cois": "Conflict of Interest Statements, COIS",
    "tt": "Transliterated Title, TT",
    "pl": "Place of Publication, CNTY",
    "pubn": "Publisher, PUBN",
    "book": "Book, BOOK",
    "ed": "Editor, ED",
    "isbn": "ISBN",
    "sb": "Filter, FILT",
}


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
        ('"a b"[ Title:~0 ]', term("a b", quoted=True, tag="ti", modifier="~0")),
        ('"last 30 days"[Date-Create]', term("last 30 days", quoted=True, tag="crdt")),
        ("1 2 3[UID]", term("1 2 3", tag="pmid")),
        ("vaccin* schedul*[tiab]", term("vaccin* schedul*", tag="tiab")),
        ("organi*ation*", term("organi*ation*")),
        ("hasabstract AND a", And(operands=(term("hasabstract"), A))),
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


@pytest.mark.parametrize("wrong", REFUSED, ids=lambda wrong: wrong.text)
def test_a_malformed_strategy_is_refused_with_its_place(wrong: Malformed) -> None:
    with pytest.raises(StrategyError) as caught:
        parse(wrong.text)

    assert wrong.says in caught.value.problem
    assert (caught.value.line, caught.value.column) == (1, wrong.column)


@pytest.mark.parametrize(
    ("text", "place"),
    [("a AND\n(b OR (c)", (2, 1)), ('a\nOR "b', (2, 4)), ("a OR\n\n “b”", (3, 2))],
)
def test_a_refusal_names_the_line(text: str, place: tuple[int, int]) -> None:
    with pytest.raises(StrategyError) as caught:
        parse(text)

    assert (caught.value.line, caught.value.column) == place


@pytest.mark.parametrize("wrong", WARNED, ids=lambda wrong: wrong.text)
def test_what_is_to_be_warned_of_is_parsed_all_the_same(wrong: Malformed) -> None:
    tree = parse(wrong.text)

    assert parse(str(tree)) == tree


def test_a_typographic_mark_within_straight_quotes_is_a_space() -> None:
    assert parse('"the “group” of Crohn’s"[tiab]').text == "the “group” of Crohn’s"


@pytest.mark.parametrize(("tag", "names"), NAMES_OF_TAGS.items(), ids=list(NAMES_OF_TAGS))
def test_every_tag_of_the_user_guide_has_its_long_names(tag: str, names: str) -> None:
    read = [parse(f"a[{name}]").tag for name in (tag, *names.split(", "))]

    assert set(read) == {tag}
    assert tag in TAGS


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
SOME_TAGS = st.sampled_from(["", "[ti]", "[Title/Abstract]", "[mh:noexp]", "[tiab:~2]", "[odd]"])
LEAVES = st.one_of(
    st.builds(lambda words, tag: " ".join(words) + tag, st.lists(WORDS, min_size=1, max_size=3), SOME_TAGS),
    st.builds(lambda words, tag: f'"{" ".join(words)}"{tag}', st.lists(WORDS, min_size=1, max_size=3), SOME_TAGS),
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


@given(STRATEGIES)
def test_the_text_at_the_place_of_every_node_parses_to_that_node(text: str) -> None:
    for level in levels(parse(text)):
        for node in level:
            assert parse(text[node.start : node.end]) == node


def test_long_and_deep_strategies_are_read_and_bottomless_ones_refused() -> None:
    wide = " OR ".join(f"word{n} thing[tiab]" for n in range(1000))
    deep = "".join(f"(x{n} {('AND', 'OR')[n % 2]} " for n in range(200)) + "y" + ")" * 200

    begun = time.process_time()
    printed = [str(parse(text)) for text in (wide, deep)]
    spent = time.process_time() - begun

    assert spent < 1  # measured: 0.05 s
    assert [str(parse(text)) for text in printed] == printed
    with pytest.raises(StrategyError, match="levels deep"):
        parse("a AND b OR " * DEEPEST + "c")


def test_a_published_strategy_of_six_thousand_characters_parses_and_prints(shared) -> None:
    text = (shared / "data/pubmed/queries/metapsy_pubmed_query.txt").read_text(encoding="utf-8")

    tree = parse(text)

    assert parse(str(tree)) == tree
