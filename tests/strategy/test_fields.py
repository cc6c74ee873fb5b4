"""Every field tag and every rule of PubMed's query language that its documentation states.

The tables follow the User Guide: first the fields, then the rules.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from builders import record

from bot.model import Answer, Author, Link, MeshHeading, Record, Section
from bot.strategy import evaluate, parse
from bot.strategy.mesh import BUILT_IN
from bot.strategy.tree import TAGS

INDEXED = record(
    title="Sleep hygiene in shift-workers with Crohn's disease",
    vernacular_title="Schlafhygiene bei Schichtarbeit",
    abstract=(Section(label="AIMS", text="Organisation of work and the quality of life."),),
    other_abstract=(Section(text="Die Arbeit."),),
    keywords=("night work",),
    authors=(
        Author(last="Doe", fore="Jane Ann", initials="JA"),
        Author(collective="Sleep Study Group"),
        Author(last="van den Berg", fore="Piet", initials="P"),
    ),
    affiliations=("Sleep Clinic, 12 Long Road, Exampletown.",),
    registrations=("NCT01234567",),
    pii="S0000-0019(26)00001-1",
    pmcid="PMC7000001",
    mesh=(
        MeshHeading(descriptor="Depressive Disorder, Major", qualifiers=("drug therapy",)),
        MeshHeading(descriptor="Ketamine", major=True, qualifiers=("toxicity",)),
    ),
    substances=("Ketamine",),
    publication_types=("Journal Article", "Clinical Trial, Phase II"),
    grants=("R01 MH000001/MH/NIMH NIH HHS/United States",),
    conflict_statement="None of the authors is paid by Sampleco.",
    links=(Link(kind="ErratumIn", citation="J Made Up Stud. 2026;8:1"),),
)
PUBLISHER = replace(
    INDEXED, status="Publisher", mesh=(), substances=(), publication_types=(), indexed=""
)
FEED = Record(
    title=INDEXED.title, journal=INDEXED.journal, abstract=None, keywords=None, affiliations=None,
    languages=None,
)  # fmt: skip
TODAY = date(2026, 11, 1)


def answer(text: str, one: Record, *, strict: bool = False) -> Answer:
    return evaluate(parse(text), one, mesh=BUILT_IN, today=TODAY, strict=strict).answer


FIELDS: list[tuple[str, Answer, Answer, Answer]] = [
    # term, answers for the indexed record, before it is indexed, in a feed
    ("sleep[ti]", "yes", "yes", "yes"),
    ("arbeit[ti]", "no", "no", "no"),
    ("quality[tiab]", "yes", "yes", "unknown"),
    ("arbeit[tiab]", "yes", "yes", "unknown"),  # the other abstract
    ("night[tiab]", "yes", "yes", "unknown"),  # the author keywords
    ("sleep[tiab]", "yes", "yes", "yes"),
    ("schlafhygiene[tiab]", "no", "no", "unknown"),
    ("sleep[ab]", "unknown", "unknown", "unknown"),  # no field of PubMed
    ("depressive[tw]", "yes", "no", "unknown"),
    ("toxicity[tw]", "yes", "no", "unknown"),
    ("phase[tw]", "yes", "no", "unknown"),
    ('"study group"[tw]', "yes", "yes", "unknown"),  # the corporate author
    ("stud[tw]", "yes", "yes", "unknown"),  # the note on the erratum
    ("exampletown[tw]", "no", "no", "unknown"),
    ("exampletown[all]", "yes", "yes", "unknown"),
    ("sampleco[all]", "yes", "yes", "unknown"),
    ("MH000001[all]", "yes", "yes", "unknown"),
    ("zebra[all]", "unknown", "unknown", "unknown"),  # may be mapped to a heading
    ('"zebra"[all]', "no", "no", "unknown"),
    ("zebr*[all]", "no", "no", "unknown"),
    ("zebra", "unknown", "unknown", "unknown"),
    ("Ketamine[mh]", "yes", "no", "no"),
    ("ketamine[MeSH Terms]", "yes", "no", "no"),
    ("Depressive Disorder[mh]", "yes", "no", "no"),  # explodes
    ("Mood Disorders[mh]", "yes", "no", "no"),  # two levels down
    ("Depressive Disorder[mh:noexp]", "no", "no", "no"),
    ("Ketamine[mh:noexp]", "yes", "no", "no"),
    ("No Such Heading[mh]", "unknown", "no", "no"),  # an entry term, or not in the table
    ('"No Such Heading"[mh:noexp]', "no", "no", "no"),
    ("Ketamine[majr]", "yes", "no", "no"),
    ("Depressive Disorder[majr]", "no", "no", "no"),
    ("Ketamine/toxicity[mh]", "yes", "no", "no"),
    ("Ketamine/TO[mh]", "yes", "no", "no"),
    ("Ketamine/adverse effects[mh]", "yes", "no", "no"),  # subheadings explode too
    ("Ketamine/adverse effects[mh:noexp]", "no", "no", "no"),
    ("Ketamine/drug therapy[mh]", "no", "no", "no"),
    ("Depressive Disorder/therapy[mh]", "yes", "no", "no"),
    ("toxicity[sh]", "yes", "no", "no"),
    ("to[sh]", "yes", "no", "no"),
    ("therapy[sh]", "yes", "no", "no"),
    ("therapy[sh:noexp]", "no", "no", "no"),
    ("Ketamine[nm]", "yes", "no", "no"),
    ("CI 581[nm]", "unknown", "no", "no"),  # synonyms map
    ('"CI 581"[nm]', "no", "no", "no"),
    ("Analgesics[pa]", "unknown", "no", "no"),
    ("6740-88-1[rn]", "unknown", "no", "no"),
    ("Clinical Trial, Phase II[pt]", "yes", "no", "no"),
    ("Clinical Trial[pt]", "yes", "no", "no"),  # hierarchical
    ("Clinical Trial[pt:noexp]", "no", "no", "no"),
    ("Review[pt]", "no", "no", "no"),
    ("night work[ot]", "yes", "yes", "unknown"),
    ("sleep[ot]", "no", "no", "unknown"),
    ("doe[au]", "yes", "yes", "unknown"),
    ("doe j[au]", "yes", "yes", "unknown"),
    ('"doe j"[au]', "no", "no", "unknown"),  # quotes stop the truncation of names
    ('"doe ja"[au]', "yes", "yes", "unknown"),
    ("van den berg p[au]", "yes", "yes", "unknown"),
    ("doe[1au]", "yes", "yes", "unknown"),
    ("van den berg[1au]", "no", "no", "unknown"),
    ("van den berg[lastau]", "yes", "yes", "unknown"),
    ("doe, jane ann[fau]", "yes", "yes", "unknown"),
    ("jane ann doe[fau]", "yes", "yes", "unknown"),
    ("doe jane[fau]", "yes", "yes", "unknown"),
    ("sleep study group[cn]", "yes", "yes", "unknown"),
    ("doe[cn]", "no", "no", "unknown"),
    ("doe[ir]", "unknown", "unknown", "unknown"),
    ("doe[fir]", "unknown", "unknown", "unknown"),
    ("0000-0002-1825-0097[auid]", "unknown", "unknown", "unknown"),
    ("freud s[ps]", "unknown", "no", "no"),
    ("exampletown[ad]", "yes", "yes", "unknown"),
    ('"clinic road"[ad:~2]', "yes", "yes", "unknown"),
    ('"clinic road"[ad:~1]', "no", "no", "unknown"),
    ("Journal of made-up studies[ta]", "yes", "yes", "yes"),
    ("J Made Up Stud[ta]", "yes", "yes", "unknown"),
    ("0000-0019[ta]", "yes", "yes", "unknown"),
    ("1474-547x[ta]", "unknown", "unknown", "unknown"),  # may be the journal's other one
    ("Lancet[ta]", "no", "no", "unknown"),
    ("7[vi]", "yes", "yes", "unknown"),
    ("3[ip]", "no", "no", "unknown"),
    ("11[pg]", "yes", "yes", "unknown"),
    ("19[pg]", "no", "no", "unknown"),  # the first page only
    ("0401141[jid]", "unknown", "unknown", "unknown"),
    ("english[la]", "yes", "yes", "unknown"),
    ("eng[la]", "yes", "yes", "unknown"),
    ("jpn[la]", "no", "no", "unknown"),
    ("2026[dp]", "yes", "yes", "unknown"),
    ("2026/10/15[pdat]", "yes", "yes", "unknown"),
    ("2026[epdat]", "unknown", "unknown", "unknown"),
    ("2026[ppdat]", "unknown", "unknown", "unknown"),
    ("2026/10/20[edat]", "yes", "yes", "unknown"),
    ("2026/10/20[crdt]", "yes", "yes", "unknown"),
    ("2026/11/02[mhda]", "yes", "no", "unknown"),  # until then it is the entry date
    ("2026/10/20[mhda]", "no", "yes", "unknown"),
    ("2026[dcom]", "unknown", "no", "no"),
    ("2026/11[lr]", "yes", "yes", "unknown"),
    ("90000001[pmid]", "yes", "yes", "no"),
    ("1 90000001 2[uid]", "yes", "yes", "no"),  # ORed
    ("90000000:90000002[uid]", "yes", "yes", "no"),
    ("10.5555/litbot.1[aid]", "yes", "yes", "unknown"),
    ("10.5555/LITBOT.1[doi]", "yes", "yes", "unknown"),
    ("10.5555/other[lid]", "no", "no", "unknown"),
    ('"S0000-0019(26)00001-1"[aid]', "yes", "yes", "unknown"),
    ("NCT01234567[si]", "yes", "yes", "unknown"),
    ("NCT07654321[si]", "no", "no", "unknown"),
    ("GSE12345[si]", "unknown", "unknown", "unknown"),
    ("NIMH[gr]", "yes", "yes", "unknown"),
    ("Wellcome[gr]", "no", "no", "unknown"),
    ("sampleco[cois]", "yes", "yes", "unknown"),
    ("schichtarbeit[tt]", "yes", "yes", "unknown"),
    ("england[pl]", "unknown", "unknown", "unknown"),
    ("sampleco[pubn]", "unknown", "unknown", "unknown"),
    ("sleep[book]", "unknown", "unknown", "unknown"),
    ("doe[ed]", "unknown", "unknown", "unknown"),
    ("9780000000002[isbn]", "unknown", "unknown", "unknown"),
    ("medline[sb]", "yes", "no", "unknown"),
    ("publisher[sb]", "no", "yes", "unknown"),
    ("inprocess[filter]", "no", "no", "unknown"),
    ("pubmednotmedline[sb]", "no", "no", "unknown"),
    ("all[sb]", "yes", "yes", "yes"),
    ("systematic[sb]", "unknown", "unknown", "unknown"),
    ("free full text[sb]", "unknown", "unknown", "unknown"),
    ('"pubmed pmc"[sb]', "unknown", "unknown", "unknown"),
    ("hasabstract", "yes", "yes", "unknown"),
    ("hasstructuredabstract", "yes", "yes", "unknown"),
    ("haserratumin", "yes", "yes", "unknown"),
    ("hasretractionin", "no", "no", "unknown"),
    ("hasupdateof", "no", "no", "unknown"),
    ("hascommentin", "no", "no", "unknown"),
    ("haskeyword", "yes", "yes", "unknown"),
    ("pubstatusaheadofprint", "unknown", "unknown", "unknown"),
    ("pmcbook", "unknown", "unknown", "unknown"),
]


@pytest.mark.parametrize(("text", "indexed", "publisher", "feed"), FIELDS, ids=str)
def test_a_field_is_read_or_answered_unknown(
    text: str, indexed: Answer, publisher: Answer, feed: Answer
) -> None:
    assert [answer(text, one) for one in (INDEXED, PUBLISHER, FEED)] == [indexed, publisher, feed]


def test_every_tag_of_the_user_guide_is_in_the_table() -> None:
    seen = {parse(text).tag for text, *_ in FIELDS}  # type: ignore[union-attr]  # terms and ranges

    assert seen >= TAGS - {"aucl", "eid"}  # of EInfo, not of the User Guide


@pytest.mark.parametrize("text", ["Ketamine[mh]", "therapy[sh]", "Ketamine[nm]", "Review[pt]", "toxicity[tw]", "x[pa]", "x[rn]", "2026[dcom]"])  # fmt: skip
def test_what_pubmed_adds_at_indexing_is_no_until_then_and_strictly_unknown(text: str) -> None:
    assert [answer(text, PUBLISHER), answer(text, PUBLISHER, strict=True)] == ["no", "unknown"]
    assert answer(text, FEED, strict=True) == "unknown"


def test_a_record_that_pubmed_will_not_index_is_strictly_no() -> None:
    settled = replace(PUBLISHER, status="PubMed-not-MEDLINE")

    assert answer("Ketamine[mh]", settled, strict=True) == "no"


@pytest.mark.parametrize(
    ("rule", "text", "expected"),
    [
        ("tags in any case", "SLEEP[TI]", "yes"),
        ("space before a tag", "sleep [ti]", "yes"),
        ("a tag after several words makes a phrase", "sleep hygiene[ti]", "yes"),
        ("a tag after several words makes a phrase", "hygiene sleep[ti]", "no"),
        ("AND is implied", "sleep[ti] hygiene[ti]", "yes"),
        ("AND is implied", "sleep[ti] zebra[ti]", "no"),
        ("& is AND", "sleep[ti] & zebra[ti]", "no"),
        ("| is OR", "sleep[ti] | zebra[ti]", "yes"),
        ("operators are upper case", "zebra[ti] or sleep[ti]", "no"),
        ("left to right", "sleep[ti] OR zebra[ti] AND lion[ti]", "no"),
        ("parentheses nest", "sleep[ti] OR (zebra[ti] AND lion[ti])", "yes"),
        ("NOT removes", "sleep[ti] NOT hygiene[ti]", "no"),
        ("a hyphen is a space", "shift workers[ti]", "yes"),
        ("a hyphen is a space", "sleep-hygiene[ti]", "yes"),
        ("an apostrophe is a space", "crohn s disease[ti]", "yes"),
        ("an apostrophe is a space", "crohn[ti]", "yes"),
        ("an apostrophe is a space", "crohns[ti]", "no"),
        ("no stemming", "worker[ti]", "no"),
        ("other characters are spaces", "sleep+hygiene%[ti]", "yes"),
        ("proximity 0 is adjacent in any order", '"hygiene sleep"[ti:~0]', "yes"),
        ("proximity counts the words between", '"sleep workers"[ti:~3]', "yes"),
        ("proximity counts the words between", '"sleep workers"[ti:~2]', "no"),
        ("stop words count in proximity", '"quality life"[tiab:~0]', "no"),
        ("stop words count in proximity", '"quality life"[tiab:~1]', "yes"),
        ("proximity needs ti, tiab or ad", '"sleep hygiene"[tw:~2]', "unknown"),
        ("proximity needs quotes", "sleep hygiene[ti:~2]", "unknown"),
        ("a modifier that is none", "ketamine[mesh:exp]", "unknown"),
        ("a modifier that is none", "sleep[ti:foo]", "unknown"),
        ("* ends proximity", '"hygien* sleep"[ti:~3]', "no"),
        ("* ends proximity", '"sleep hygien*"[ti:~3]', "yes"),
        ("* is any letters", "hygien*[ti]", "yes"),
        ("* is no letter too", "hygiene*[ti]", "yes"),
        ("* inside a word", "organi*ation[tiab]", "yes"),
        ("several *", "orga*sati*[tiab]", "yes"),
        ("* in a phrase", '"slee* hygien*"[ti]', "yes"),
        ("fewer than four letters before *", "sle*[ti]", "no"),
        ("four letters before *", "slee*[ti]", "yes"),
        ("fewer than four letters before *", "shi*[ti] OR wor*[ti]", "no"),
        ("* stops the explosion", "mood disorders*[mh]", "no"),
        ("* may go on into the next words of a name", "depressive disorde*[mh]", "unknown"),
        ("* may go on into the next words of a name", "clinical tria*[pt]", "unknown"),
        ("* may go on into the next words of a name", "Journal of*[ta]", "unknown"),
        ("* may go on into the next words of a name", "van den*[au]", "unknown"),
        ("* in a subheading", "toxic*[sh]", "yes"),
        ("* in a subheading", "Ketamine/toxic*[mh]", "yes"),
        ("* stops the explosion", "ketami*[mh]", "yes"),
        ("a range has both ends in it", "2026/10/15:2026/10/16[dp]", "yes"),
        ("a range with quoted, tagged ends", '"2026/10/01"[crdt] : "3000"[crdt]', "yes"),
        ("a range to 3000/12/31", "2026/11/01[PDAT] : 3000/12/31[PDAT]", "no"),
        ("dates need the tag", "2026:3000", "unknown"),
        ("a relative range", '"last 30 days"[crdt]', "yes"),
        ("a relative range", '"last 10 days"[crdt]', "no"),
        ("a relative range", "last 2 months[dp]", "yes"),
        ("a relative range", '"last 1 year"[dp]', "yes"),
        ("stop words are left out", "sleep[ti] AND the[ti]", "yes"),
        ("stop words are left out", "hygiene of the sleep", "yes"),
        ("stop words are left out", "zebra[ti] OR the[tiab]", "no"),
        ("stop words are left out", "sleep[ti] AND the*[ti]", "yes"),  # searched as `the`
        ("stop words stand in a phrase", '"quality of life"[tiab]', "yes"),
        ("stop words stand in a phrase", '"quality and life"[tiab]', "no"),
        ("an unknown tag is unknown", "sleep[xyz]", "unknown"),
    ],
)
def test_a_rule_of_the_user_guide(rule: str, text: str, expected: Answer) -> None:
    assert answer(text, INDEXED) == expected, rule


def test_relative_ranges_include_the_future_and_need_to_know_the_day() -> None:
    ahead = replace(INDEXED, published="2027-01")

    assert answer('"last 2 days"[dp]', ahead) == "yes"
    assert evaluate(parse('"last 2 days"[dp]'), ahead).answer == "unknown"


@pytest.mark.parametrize(
    ("published", "day"),
    [("2026", "2026/01/01"), ("2026-07", "2026/07/01"), ("2026-07-09", "2026/07/09")],
)
def test_a_date_without_month_or_day_is_its_first_day(published: str, day: str) -> None:
    one = replace(INDEXED, published=published)

    assert answer(f"{day}[dp]", one) == "yes"
    assert answer(f"{day[:4]}[dp]", one) == "yes"


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Étude naïve", "etude naive[ti]"),
        ("Etude naive", "étude naïve[ti]"),
        ("α-blockers", "alpha blockers[ti]"),
        ("Alpha-blockers", "α-blockers[ti]"),
        ("17β-estradiol", "17beta estradiol[ti]"),
        ("Sjögren’s", "sjogren's[ti]"),
    ],
)
def test_accents_do_not_count_and_greek_letters_are_their_names(title: str, text: str) -> None:
    assert answer(text, Record(title=title)) == "yes"


@pytest.mark.parametrize(
    ("text", "one"),
    [
        ("heart attack", replace(PUBLISHER, keywords=("myocardial infarction",))),
        ("psychotherapies", replace(PUBLISHER, title="Psychotherapy, brief or not")),
    ],
)
def test_a_plain_word_may_be_mapped_to_a_heading_whose_synonyms_are_sought(
    text: str, one: Record
) -> None:
    assert answer(text, one) == "unknown"
    assert answer(f"shift-workers[ti] NOT {text}", replace(one, title=INDEXED.title)) == "unknown"


@pytest.mark.parametrize(
    ("issns", "expected"),
    [
        ((), "unknown"),
        (("0140-6736",), "unknown"),
        (("0140-6736", "01406736"), "unknown"),  # one, written twice
        (("0140-6736", "0000-0019"), "no"),  # print and online
        (("0140-6736", "1474-547X"), "yes"),
    ],
)
def test_a_journal_may_have_an_issn_that_a_record_does_not_name(
    issns: tuple[str, ...], expected: Answer
) -> None:
    assert answer("1474-547x[ta]", replace(INDEXED, issns=issns)) == expected


DOE, BERG = Author(last="Doe", initials="A"), Author(last="van den Berg", initials="P")
GROUP = Author(collective="Sleep Study Group")


@pytest.mark.parametrize(
    ("text", "authors", "expected"),
    [
        ("doe a[lastau]", (BERG, DOE, GROUP), "yes"),
        ("van den berg[lastau]", (BERG, DOE, GROUP), "no"),
        ("van den berg[1au]", (GROUP, BERG, DOE), "yes"),
        ("sleep study group[1au]", (GROUP, BERG, DOE), "no"),
        ("sleep study group[1au]", (GROUP,), "no"),
    ],
)
def test_the_first_and_the_last_author_are_persons(
    text: str, authors: tuple[Author, ...], expected: Answer
) -> None:
    assert answer(text, replace(INDEXED, authors=authors)) == expected


def test_a_feed_may_give_its_authors_as_if_they_were_a_group() -> None:
    one = replace(FEED, authors=(Author(collective="Jane Doe and Piet van den Berg"),))

    assert [answer(text, one) for text in ("doe j[1au]", "smith[1au]")] == ["unknown", "no"]


PRINTED_LATER = replace(INDEXED, published="2024-03", also_published="2023-12-10")
PRINTED_EARLIER = replace(INDEXED, published="2023-11", also_published="2024-01-05")
KNOWN_EXACTLY = replace(INDEXED, published="2024-05-05", also_published="2024")


@pytest.mark.parametrize(
    ("text", "one", "expected"),
    [
        ("2023/01/01:2023/12/31[dp]", PRINTED_LATER, "yes"),
        ("2024/01/01:2024/12/31[dp]", PRINTED_LATER, "yes"),
        ("2022:2022[dp]", PRINTED_LATER, "no"),
        ("2024/01:2024/02[dp]", PRINTED_LATER, "no"),  # between the two
        ("2023[dp]", PRINTED_LATER, "yes"),
        ("2023/12/10[dp]", PRINTED_LATER, "yes"),
        ("2024/03/01[dp]", PRINTED_LATER, "yes"),
        ("2025[dp]", PRINTED_LATER, "no"),
        ("2024/01/05[dp]", PRINTED_EARLIER, "no"),  # a day leaves out a later electronic date
        ("2024[dp]", PRINTED_EARLIER, "unknown"),  # whether a year does is not documented
        ("2024:2024[dp]", PRINTED_EARLIER, "yes"),
        ("2023/11/01[dp]", PRINTED_EARLIER, "yes"),
        ("2024[dp]", KNOWN_EXACTLY, "yes"),
        ("2024/01[dp]", KNOWN_EXACTLY, "yes"),  # a year of print is its first day
        ("2024/05/05[dp]", KNOWN_EXACTLY, "no"),
        ("2024/05:2024/06[dp]", KNOWN_EXACTLY, "yes"),
        ('"last 4 years"[dp]', PRINTED_EARLIER, "yes"),
        ('"last 34 months"[dp]', PRINTED_EARLIER, "yes"),  # since 2024-01-01
    ],
)
def test_a_record_may_have_an_electronic_date_and_one_of_print(
    text: str, one: Record, expected: Answer
) -> None:
    assert answer(text, one) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2023[dp]", "yes"),
        ("2024:2025[dp]", "unknown"),  # in print, or online, a year before or after
        ("2020:2022[dp]", "unknown"),
        ("2020:2021[dp]", "no"),
        ("2025:3000[dp]", "no"),
    ],
)
def test_a_feed_gives_one_date_of_perhaps_two(text: str, expected: Answer) -> None:
    assert answer(text, replace(FEED, published="2023-06-10")) == expected


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Sørensen", "Sorensen"),
        ("Ærø", "Aero"),
        ("Œuvre", "Oeuvre"),
        ("Łukasz", "Lukasz"),
        ("Đorđević", "Dordevic"),
        ("Guðrún", "Gudrun"),
        ("Þór", "Thor"),
        ("Yıldız", "Yildiz"),
        ("Ħal", "Hal"),
    ],
)
def test_letters_that_are_not_taken_apart_are_written_plainly_too(name: str, plain: str) -> None:
    one = replace(INDEXED, title=f"In {name}", authors=(Author(last=name, initials="J"),))

    for text in (f"{plain} j[au]", f"{name}[au]", f"{plain}[ti]"):
        assert answer(text, one) == "yes"
