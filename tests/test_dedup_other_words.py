"""One other word is another study, however alike the rest; another spelling is not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot import dedup
from bot.dedup import wording
from bot.model import Author, Record

AUTHORS = (Author(last="Sample", initials="A"), Author(last="Okafor", initials="BC"))


def made(title: str, **fields: object) -> Record:
    own: dict[str, object] = {
        "title": title,
        "journal": "Journal of Examples",
        "published": "2019",
        "authors": AUTHORS,
    }
    return Record(**(own | fields))  # type: ignore[arg-type]  # a table's cells


def verdict(one: Record, other: Record) -> str:
    return dedup.decide(dedup.citation(one), dedup.citation(other)).verdict


#: A title with a gap, and two words that make two studies of it.
SWAPS = [
    ("{} and the outcome of pregnancy in a made-up register", "Hyperthyroidism", "Hypothyroidism"),
    ("Fracture risk and bone density in older {} of one town", "men", "women"),
    ("Chronic stress and memory consolidation in {} rats", "male", "female"),
    ("{} hearing loss and the school marks of children", "Unilateral", "Bilateral"),
    ("{} of coffee with atrial fibrillation in a cohort", "No association", "Association"),
    ("{} and kidney function after transplantation of hearts", "Losartan", "Valsartan"),
    ("Outcome of {} colon cancer after keyhole surgery in a registry", "left", "right"),
    ("Removal of {} from groundwater by particles of iron", "nitrate", "nitrite"),
    ("{} smoking and the weight of children at birth: a cohort", "Maternal", "Paternal"),
    ("Prevalence of low mood among students of {}: a survey", "Iran", "Iraq"),
    ("Growth hormone in the tissue of {} under long stress", "mice", "rice"),
    ("{} before open surgery of the heart: a made-up trial", "Cefuroxime", "Cefotaxime"),
    ("Vitamin {} and infection in children before school", "A", "E"),
    ("Hepatitis {} in patients of three dialysis centres", "B", "C"),
    ("Exposure to {} and visits for asthma in a large city", "PM10", "PM2.5"),
    ("TGF-{} and the closing of wounds of the diabetic foot", "α", "β"),
    ("A {} relation of sleep and pain in a made-up sample", "causal", "casual"),
]
PLACES = [
    {},
    {"volume": "12"},
    {"volume": "12", "issue": "3"},
    {"doi": ("10.1000/s", "10.1000/s"), "pages": ("S1", "S2")},
]


@pytest.mark.parametrize("places", PLACES, ids=["year", "volume", "issue", "supplement"])
@pytest.mark.parametrize(("title", "word", "other"), SWAPS, ids=[one[1] for one in SWAPS])
def test_another_word_is_another_study(
    title: str, word: str, other: str, places: dict[str, object]
) -> None:
    ours, theirs = (
        {name: cell if isinstance(cell, str) else cell[number] for name, cell in places.items()}  # type: ignore[index]
        for number in (0, 1)
    )

    assert verdict(made(title.format(word), **ours), made(title.format(other), **theirs)) != "same"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("randomised", "randomized"),
        ("behaviour", "behavior"),
        ("paediatric", "pediatric"),
        ("oestrogen", "estrogen"),
        ("haemoglobin", "hemoglobin"),
        ("centre", "center"),
        ("labelled", "labeled"),
        ("sulphate", "sulfate"),
        ("characterisation", "characterization"),
        ("tumours", "tumor"),
    ],
)
def test_another_spelling_is_the_same_word(one: str, other: str) -> None:
    title = "The {} of a made-up substance in the blood of students"

    assert wording.likeness(
        *(dedup.citation(made(title.format(w))).title for w in (one, other))
    ) in (
        "near",
        "equal",
    )
    assert verdict(made(title.format(one)), made(title.format(other))) == "same"


PAGE = {"volume": "3", "pages": "5-9"}
LONG = "Ketamine with group psychotherapy for dependence on alcohol: a trial"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(
            made("Efects of zinc on the density of bone in old age", **PAGE),
            made("Effects of zinc on the density of bone in old age", **PAGE),
            id="a slip, on one page",
        ),
        pytest.param(
            made("Effects of zinc on mineral density of bone in old age", **PAGE),
            made("Effects of zinc on density of bone in old age", **PAGE),
            id="a word dropped, on one page",
        ),
        pytest.param(
            made("Effects of ß-carotene on the lungs of smokers: a trial", **PAGE),
            made("Effects of beta-carotene on the lungs of smokers: a trial", **PAGE),
            id="a sharp s for a Greek letter",
        ),
    ],
)
def test_slips_on_one_page_are_one_study(one: Record, other: Record) -> None:
    assert verdict(one, other) == "same"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(
            made("Records of the cases of a made-up general hospital", volume="380", issue="12"),
            made("Records of the cases of a made-up general hospital", volume="380", issue="13"),
            id="one title in every issue",
        ),
        pytest.param(
            made("Summary of what is new in the advice", published="2018", volume="41", pages="S4"),
            made("Summary of what is new in the advice", published="2019", volume="42", pages="S4"),
            id="on one page every year",
        ),
        pytest.param(
            made("Authors' reply", pmid="11", volume="3", issue="2", pages="345"),
            made("Authors' reply", pmid="22", volume="3", issue="2", pages="345"),
            id="two replies on one page",
        ),
        pytest.param(
            made(LONG, volume="3", publication_types=("Journal Article",)),
            made(LONG, volume="3", publication_types=("Published Erratum",)),
            id="an erratum by its type",
        ),
        pytest.param(
            made(LONG, publication_types=("Randomized Controlled Trial",)),
            made(LONG, publication_types=("Retraction of Publication",)),
            id="a retraction notice by its type",
        ),
        pytest.param(
            made(LONG, publication_types=("Journal Article",)),
            made(LONG, journal="", publication_types=("Academic Dissertation",)),
            id="a thesis and its article",
        ),
        pytest.param(
            made(LONG, publication_types=("Journal Article",)),
            made(LONG, journal="", publication_types=("Clinical Trial Protocol",)),
            id="a protocol by its type",
        ),
    ],
)
def test_these_are_two(one: Record, other: Record) -> None:
    assert verdict(one, other) != "same"


@pytest.mark.parametrize(
    "server",
    [
        *("arXiv", "arXiv preprint", "arXiv e-prints", "arXiv (Cornell University)", "EarthArXiv"),
        *("PsyArXiv", "Preprints (Basel)", "Open Science Framework", "Zenodo", "EngrXiv"),
        *("medRxiv : the preprint server for health sciences", "Research Square", "ChemRxiv"),
    ],
)
def test_a_preprint_is_known_by_its_server_and_never_its_article(server: str) -> None:
    assert verdict(made(LONG, journal=server), made(LONG, journal="")) == "related"


@pytest.mark.parametrize(
    ("volume", "issue", "pages"),
    [
        ("10 (11) (no pagination)", "e0143396", ""),
        ("10 (11)", "", "e143396"),
        ("Conference: 22nd made-up congress of examples. Exampletown. 10", "11 Supplement", ""),
        ("11)", "11", ""),
        ("10", "143396", ""),
    ],
)
def test_a_place_is_read_as_exports_write_it(volume: str, issue: str, pages: str) -> None:
    whole = made(LONG, volume="10", issue="11", pages="e0143396")

    assert verdict(whole, made(LONG, volume=volume, issue=issue, pages=pages)) == "same"


@pytest.mark.parametrize(
    "alike",
    [
        pytest.param(lambda n: Record(title=f"A title of the number {n}"), id="numbered"),
        pytest.param(lambda _: Record(title="Editorial"), id="generic"),
        pytest.param(lambda _: Record(title=LONG), id="copies"),
        pytest.param(
            lambda n: Record(
                title=f"Poster w{n}x w{n}y w{n}z of a meeting on examples", doi="10.1000/s"
            ),
            id="one DOI",
        ),
    ],
)
def test_many_records_that_are_alike_are_not_compared_each_with_each(
    alike: Callable[[int], Record],
) -> None:
    collection = dedup.Collection()

    for number in range(500):
        collection.add(number, dedup.citation(alike(number)))

    assert collection.compared <= 1_000
    assert len(collection.groups()) == (
        1 if alike(1) == alike(2) and alike(1).title == LONG else 500
    )
