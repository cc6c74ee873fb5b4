"""What stands below a heading, and the table that is shipped."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.strategy.mesh import BUILT_IN, NO_TREE, QUALIFIERS, Descriptor, Tree

QUERIES = sorted((Path(__file__).parents[2] / "queries").glob("*.yaml"))
TREE = Tree(
    [
        Descriptor("Sleep", "D1", ("F02.830.855", "G11.561.803")),
        Descriptor("Sleep Stages", "D2", ("F02.830.855.796",)),
        Descriptor("Sleep, REM", "D3", ("F02.830.855.796.500", "G11.561.803.800")),
        Descriptor("Snoring", "D4", ("F02.830.8551",)),
        Descriptor("Crohn's Disease", "D5", ("C06.405",)),
        Descriptor("Humans", "D6", ()),
    ],
    edition="by hand",
)
numbers = st.lists(st.sampled_from("ABC"), min_size=1, max_size=4).map(".".join)


@pytest.mark.parametrize(
    ("heading", "names"),
    [
        ("Sleep", {"sleep", "sleep stages", "sleep rem"}),
        ("SLEEP stages", {"sleep stages", "sleep rem"}),
        ("Sleep, REM", {"sleep rem"}),
        ("sleep-rem", {"sleep rem"}),
        ("Crohn's disease", {"crohn s disease"}),
        ("Humans", {"humans"}),
        ("Dreams", {"dreams"}),
    ],
)
def test_a_heading_stands_for_itself_and_all_below(heading: str, names: set[str]) -> None:
    assert TREE.below(heading) == names


def test_only_a_heading_of_the_tree_is_known() -> None:
    assert TREE.knows("sleep, rem")
    assert not TREE.knows("REM Sleep")
    assert not NO_TREE.knows("Sleep")
    assert NO_TREE.below("Sleep") == {"sleep"}


def test_names_that_differ_only_in_punctuation_share_their_places() -> None:
    twins = [Descriptor("Factor c", "D1", ("D08.1",)), Descriptor("Factor c'", "D2", ("D08.2",))]
    tree = Tree([*twins, Descriptor("Under", "D3", ("D08.2.1",))], edition="")

    assert tree.below("Factor c") == {"factor c", "under"}


def test_the_places_below_a_heading_are_in_the_order_of_the_tree() -> None:
    assert [(number, one.name) for number, one in TREE.places("Sleep")] == [
        ("F02.830.855", "Sleep"),
        ("F02.830.855.796", "Sleep Stages"),
        ("F02.830.855.796.500", "Sleep, REM"),
        ("G11.561.803", "Sleep"),
        ("G11.561.803.800", "Sleep, REM"),
    ]


@given(st.lists(st.sets(numbers, max_size=3), max_size=12))
def test_below_is_every_descriptor_with_a_longer_number(places: list[set[str]]) -> None:
    named = {f"d{at}": tuple(sorted(one)) for at, one in enumerate(places)}
    tree = Tree((Descriptor(name, "", own) for name, own in named.items()), edition="")

    for name, own in named.items():
        narrower = {
            other
            for other, others in named.items()
            if any(b == a or b.startswith(a + ".") for a in own for b in others)
        }
        assert tree.below(name) == narrower | {name}


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_every_heading_of_the_shipped_queries_is_in_the_shipped_table(path: Path) -> None:
    headings = re.findall(r'"([^"]+)"\[(?:mh|majr|mesh)\b', path.read_text(encoding="utf-8"))

    assert [name for name in headings if not BUILT_IN.knows(name.partition("/")[0])] == []


def test_some_headings_that_can_be_looked_up_in_the_mesh_browser() -> None:
    assert BUILT_IN.find("Ketamine") == Descriptor(
        "Ketamine", "D007649", ("D02.455.426.392.368.367.652",)
    )
    assert "cognitive behavioral therapy" in BUILT_IN.below("Psychotherapy")
    assert "suicidal ideation" in BUILT_IN.below("Suicide")
    assert "therapeutic alliance" in BUILT_IN.below("Professional-Patient Relations")
    assert "depressive disorder treatment resistant" in BUILT_IN.below("Mental Disorders")
    assert "ketamine" not in BUILT_IN.below("Hallucinogens")


def test_the_shipped_table_is_sorted_and_well_formed() -> None:
    path = Path(__file__).parents[2] / "bot/strategy/mesh.tsv"
    lines = path.read_text(encoding="utf-8").splitlines()

    assert all(
        re.fullmatch(r"[^\t]+\tD\d{6,9}\t[A-Z]\d\d(\.\d{3})*( [A-Z]\d\d(\.\d{3})*)*", one)
        for one in lines
    )
    assert lines == sorted(lines, key=lambda line: line.split("\t")[0].casefold())


@pytest.mark.parametrize("heading", ["Psychotherapy", "Mental Disorders", "Telemedicine"])
def test_no_place_is_missing_between_a_heading_and_what_is_below(heading: str) -> None:
    top = BUILT_IN.find(heading)
    places = {number for number, _descriptor in BUILT_IN.places(heading)}

    assert top
    assert {one for one in places if one.rpartition(".")[0] not in places} == set(top.tree_numbers)


def test_there_are_76_qualifiers_each_with_its_own_code() -> None:
    assert len(QUALIFIERS) == len(set(QUALIFIERS.values())) == 76
    assert all(re.fullmatch("[A-Z]{2}", code) for code in QUALIFIERS)
    assert (QUALIFIERS["AE"], QUALIFIERS["PX"], QUALIFIERS["TU"]) == (
        "adverse effects",
        "psychology",
        "therapeutic use",
    )
