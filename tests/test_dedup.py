"""Which citations are one work, which are related, which are neither."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot import dedup
from bot.model import Author, Record, Section

TITLE = "Ketamine with group psychotherapy for alcohol use disorder: a trial in two clinics"
AUTHORS = (
    Author(last="Muñoz", fore="Ana B.", initials="AB"),
    Author(last="Okafor", initials="BC"),
    Author(last="Lindqvist-Berg", initials="K"),
)
GERMAN = "Schutz vor dem Rückfall bei der Behandlung von Sucht durch Gespräche"
TEXT = (
    "Alcohol use disorder often returns after detoxification. We randomised ninety adults to"
    " ketamine or saline, each with eight group sessions, and counted drinking days during six"
    " months. Relapse was later and milder with ketamine; blood pressure rose briefly in some."
)
OTHER_TEXT = (
    "Shift workers sleep badly. In this survey nurses from five hospitals wore watches that"
    " recorded movement over four weeks; those on permanent nights had shorter naps, faster hearts,"
    " lower mood scores, higher caffeine intake than colleagues working daytime rotas."
)
RECORD = Record(
    title=TITLE,
    doi="10.5555/jx.2026.17",
    authors=AUTHORS,
    abstract=(Section(text=TEXT),),
    journal="Journal of Examples in Psychiatry",
    published="2026-03",
    volume="12",
    issue="3",
    pages="101-109",
)
POOR = Record(title=TITLE)
LETTER = Record(title="Reply", authors=AUTHORS, journal="J Ex Psychiatry", volume="12")


def changed(**fields: object) -> Record:
    return replace(RECORD, **fields)  # type: ignore[arg-type]  # a table's cells


def bare(**fields: object) -> Record:
    """Without identifiers and abstract."""
    return changed(**{"doi": "", "abstract": None, **fields})


def decided(one: Record, other: Record) -> dedup.Decision:
    return dedup.decide(dedup.citation(one), dedup.citation(other))


SAME = {
    "one PMID, a subtitle lost": (changed(pmid="1", doi=""), changed(pmid="1", title=TITLE[:50])),
    "one PMID, a translated title": (
        changed(pmid="1", doi="", title="Ketamin mit Gruppentherapie bei Alkoholabhängigkeit"),
        changed(pmid="1"),
    ),
    "one PMID, the study marked as retracted": (
        changed(pmid="1"),
        changed(pmid="1", title=f"RETRACTED: {TITLE}"),
    ),
    "one DOI, marked as retracted": (RECORD, changed(title=f"RETRACTED ARTICLE: {TITLE}")),
    "one DOI, marked as withdrawn": (RECORD, changed(title=f"WITHDRAWN: {TITLE}")),
    "an erratum named behind the study's own title": (
        RECORD,
        changed(title=f"{TITLE}. [Erratum appears in J Ex Psychiatry. 2026 Jun;12(6):310]"),
    ),
    "one DOI and nothing else": (RECORD, Record(title=TITLE, doi=RECORD.doi)),
    "one DOI, markup, entities and accents": (
        RECORD,
        changed(title=TITLE.replace("Ketamine", "&lt;i&gt;Kétamine&lt;/i&gt;").replace(":", "")),
    ),
    "one DOI, a chemical symbol lost": (
        changed(title="Uptake of CO<sub>2</sub> by leaves of the made-up mountain oak in summer"),
        changed(title="Uptake of CO by leaves of the made-up mountain oak in summer"),
    ),
    "one DOI, a translated title": (
        changed(title="[Ketamine and group therapy in alcoholism]", abstract=None),
        changed(title="Ketamin und Gruppentherapie bei der Behandlung von Sucht", abstract=None),
    ),
    "the other language is in its own field": (
        bare(title="[Ketamine and group therapy]", vernacular_title="Ketamin und Gruppentherapie"),
        bare(title="Ketamin und Gruppentherapie"),
    ),
    "ahead of print against the issue": (
        changed(volume="", issue="", pages="", published="2025-12-29"),
        bare(abstract=RECORD.abstract),
    ),
    "ahead of print, without a DOI": (
        bare(volume="", issue="", pages="", published="2025", abstract=RECORD.abstract),
        bare(abstract=RECORD.abstract),
    ),
    "pages counted in the article against those of the issue": (
        changed(pages="1-9", published="2025"),
        RECORD,
    ),
    "an e-number against a number": (bare(pages="e0137960"), bare(pages="137960")),
    "a spreadsheet's pages": (bare(pages="06-Oct"), bare(pages="6-10")),
    "another spreadsheet's pages": (bare(pages="Jan-16"), bare(pages="1-16")),
    "a third spreadsheet's pages": (bare(pages="Mar-16"), bare(pages="3-16")),
    "a month for an article's number": (bare(pages="April"), bare(pages="1000355")),
    "abbreviated pages, another hyphen": (bare(pages="101‐9"), bare(pages="101-109")),
    "open pages": (bare(pages="101-"), bare(pages="101+")),
    "the supplement's number as the volume": (
        bare(volume="1)", issue="", pages="S22"),
        bare(volume="93", issue="SUPPL. 1", pages="S22"),
    ),
    "the supplement's number as the volume, and no pages": (
        bare(volume="1", issue="", pages=""),
        bare(volume="93", issue="SUPPL. 1", pages=""),
    ),
    "volume and issue in one field": (bare(volume="12(3)", issue=""), bare()),
    "volume and issue swapped": (bare(volume="3", issue="12"), bare()),
    "no volume, but a note": (bare(volume="(no pagination)", issue="", pages=""), bare()),
    "an abbreviated journal": (bare(journal="J Ex Psychiatry"), bare()),
    "a journal with its place": (bare(journal="Journal of examples in psychiatry (London)"), bare()),
    "a journal and its meeting": (
        bare(journal="Journal of Examples in Psychiatry. Conference: 9th Congress. Exampletown."),
        bare(),
    ),
    "a translated journal in one place": (bare(journal="Zeitschrift für Beispiele"), bare()),
    "a DOI in one": (changed(abstract=None), bare()),
    "a letter of the DOI wrong": (RECORD, changed(doi="10.5555/jy.2026.17")),
    "a zero of the DOI lost": (changed(doi="10.5555/jx.2026.017"), RECORD),
    "two DOIs, everything else agrees": (RECORD, changed(doi="10.5555/2026.other.99")),
    "a bracketed title": (bare(title=f"[{TITLE}]"), bare(abstract=RECORD.abstract)),
    "a language behind the title": (bare(title=f"{TITLE}. [Spanish]"), bare()),
    "references behind the title": (bare(title=f"{TITLE}. [Review] [34 refs]"), bare()),
    "a foreign title appended": (
        bare(title=f"{TITLE}. Ketamina y terapia de grupo"),
        bare(),
    ),
    "subject classes appended": (
        changed(doi="", title=f"{TITLE} 11 Medical Sciences 1103 Clinical Sciences"),
        RECORD,
    ),
    "a prefix lost": (bare(title=f"Short report: {TITLE}"), bare()),
    "a subtitle lost": (bare(title=TITLE.split(":", maxsplit=1)[0]), bare()),
    "a slip in the title": (bare(title=TITLE.replace("psychotherapy", "pyschotherapy")), bare()),
    "British and American": (
        bare(title="Anaemia and tumour growth after randomised iron in made-up patients"),
        bare(title="Anemia and tumor growth after randomized iron in made-up patients"),
    ),
    "roman against arabic": (
        bare(title="Iron for restless legs in made-up type II diabetes of adults"),
        bare(title="Iron for restless legs in made-up type 2 diabetes of adults"),
    ),
    "a Greek letter and its name": (
        bare(title="Release of TNF-α from cultured made-up cells of the spleen"),
        bare(title="Release of TNF-alpha from cultured made-up cells of the spleen"),
    ),
    "an isotope in two ways": (
        bare(title="Imaging of made-up receptors with [11C]exampleride in the living brain"),
        bare(title="Imaging of made-up receptors with C-11-exampleride in the living brain"),
    ),
    "capital letters": (bare(title=TITLE.upper(), journal="JOURNAL OF EXAMPLES IN PSYCHIATRY"), bare()),
    "authors in another order, without accents": (
        bare(authors=(AUTHORS[1], Author(last="Munoz", initials="AB"), AUTHORS[2])),
        bare(),
    ),
    "letters as R escapes them": (bare(authors=(Author(last="Mu<U+00F1>oz"), AUTHORS[1])), bare()),
    "another part of the surname": (
        bare(authors=(Author(last="Berg"), AUTHORS[0], AUTHORS[1])),
        bare(pages=""),
    ),
    "names run together": (bare(authors=(Author(collective="MUNOZ AB OKAFOR BC"),)), bare()),
    "first names for surnames": (
        bare(authors=(Author(last="Ana B.", fore="Muñoz"), Author(last="BC", fore="Okafor"))),
        bare(),
    ),
    "first names for surnames, and initials": (
        bare(
            authors=(
                Author(last="Ana", initials="BM"),
                Author(last="Bea", initials="CO"),
                Author(last="Kaj", initials="LB"),
            )
        ),
        bare(
            authors=(AUTHORS[0], AUTHORS[1], Author(last="Lindqvist-Berg", initials="K")),
            pages="",
        ),
    ),
    "three authors and the rest left out": (bare(authors=AUTHORS[:1]), bare()),
    "no authors in one": (bare(authors=()), bare()),
    "anonymous in one": (bare(authors=(Author(collective="[Anonymous]"),)), bare()),
    "a year off": (bare(published="2025"), bare()),
    "no year in one": (bare(published=""), bare()),
    "an edition named in one only, in one place": (
        bare(title="Guideline for made-up care in examples: 2026 update"),
        bare(title="Guideline for made-up care in examples"),
    ),
    "an edition named in one only, with one DOI": (
        changed(title="Guideline for made-up care in examples: 2026 update"),
        changed(title="Guideline for made-up care in examples", published="2024", pages=""),
    ),
    "nothing but a title, twice": (POOR, POOR),
    "nothing but a title, in capitals": (POOR, replace(POOR, title=TITLE.upper())),
    "title, authors and year": (
        replace(POOR, authors=AUTHORS, published="2026"),
        replace(POOR, authors=AUTHORS[:2], published="2026"),
    ),
    "a generic title in one place": (replace(LETTER, pages="7"), replace(LETTER, pages="7-8")),
    "a generic title in one place, the journal in one only": (
        replace(LETTER, pages="7", journal=""),
        replace(LETTER, pages="7"),
    ),
    "a translated title on one early page": (
        bare(title=GERMAN, pages="11-19"),
        bare(pages="11-19"),
    ),
    "a translated title on one page of one ISSN": (
        bare(title=GERMAN, journal="Zeitschrift für Beispiele", issns=("0000-0027",)),
        bare(issns=("0000-0027",)),
    ),
    "a short title in one journal": (
        bare(title="Ketamine and sleep", pages=""),
        bare(title="Ketamine and sleep"),
    ),
    "two versions of one preprint": (
        changed(doi="10.1101/2026.01.02.26300001v1", journal="medRxiv", volume="", pages=""),
        changed(doi="10.1101/2026.01.02.26300001", journal="medRxiv", volume="", pages=""),
    ),
    "two versions at another server": (
        changed(doi="10.21203/rs.3.rs-900001/v1", journal="Research Square", volume="", pages=""),
        changed(doi="10.21203/rs.3.rs-900001/v2", journal="Research Square", volume="", pages=""),
    ),
}  # fmt: skip

TWIN_TITLE = "Made-up exercise for low back pain in adults"
REVIEW = Record(
    title=TWIN_TITLE,
    authors=AUTHORS,
    journal="Cochrane Database of Systematic Reviews",
    doi="10.1002/14651858.CD900001.pub2".lower(),
    published="2020",
    issue="4",
    pages="CD900001",
)
PREPRINT = changed(doi="10.1101/2025.01.02.25300001", journal="medRxiv", published="2025-01", volume="", issue="", pages="")  # fmt: skip

RELATED = {
    "the retraction notice": (RECORD, bare(title=f"Retraction: {TITLE}", authors=()), "retraction"),
    "the retraction notice with a reference": (
        RECORD,
        bare(title=f"Retraction notice to “{TITLE}” [J. Ex. Psych. 12 (2026) 101–109]"),
        "retraction",
    ),
    "the correction": (RECORD, bare(title=f"Correction: {TITLE}"), "correction"),
    "the correction with the DOI of the study": (
        RECORD,
        changed(title=f"Correction to: {TITLE}"),
        "correction",
    ),
    "the erratum": (RECORD, bare(title=f"Erratum to: {TITLE}"), "erratum"),
    "the erratum as Web of Science names it": (
        RECORD,
        bare(title=f"{TITLE} (vol 12, pg 101, 2026)", volume="13", pages="9"),
        "correction",
    ),
    "the expression of concern": (RECORD, bare(title=f"Expression of Concern: {TITLE}"), "concern"),
    "the reply": (RECORD, bare(title=f"{TITLE} Reply", pages="110"), "reply"),
    "the comment": (RECORD, bare(title=f'Comment on "{TITLE}"', authors=()), "comment"),
    "the letter about it": (RECORD, bare(title=f"RE: {TITLE}", pages="110"), "comment"),
    "protocol and results": (
        RECORD,
        bare(title=f"{TITLE}: study protocol", published="2024", volume="10", pages="8"),
        "protocol",
    ),
    "protocol and results of a trial": (
        bare(title="Made-up gloves for cold hands: study protocol for a randomised trial"),
        bare(title="Made-up gloves for cold hands: a randomised trial", volume="14", pages="3"),
        "protocol",
    ),
    "two parts": (bare(title=f"{TITLE}. Part I"), bare(title=f"{TITLE}. Part II"), "part"),
    "two parts with one DOI": (
        changed(title=f"{TITLE}. Part 1"),
        changed(title=f"{TITLE}. Part 2"),
        "part",
    ),
    "two phases": (
        bare(title="Phase I study of made-up exampline in solid tumours of adults"),
        bare(title="Phase II study of made-up exampline in solid tumours of adults", pages="9"),
        "part",
    ),
    "two numbers of one programme": (
        bare(title="Exampline for asthma: results of the MADEUP-1 trial in adults"),
        bare(title="Exampline for asthma: results of the MADEUP-2 trial in adults"),
        "numbers",
    ),
    "12 and 24 weeks": (
        bare(title="Exampline for made-up asthma in adults: 12-week follow-up of a trial"),
        bare(title="Exampline for made-up asthma in adults: 24-week follow-up of a trial"),
        "numbers",
    ),
    "two editions": (
        bare(title="Standards of made-up care in examples 2023", authors=()),
        bare(title="Standards of made-up care in examples 2024", authors=(), published="2027"),
        "edition",
    ),
    "an edition named in one only": (
        bare(title="Guideline for made-up care in examples: second update", pages=""),
        bare(title="Guideline for made-up care in examples", published="2019", pages=""),
        "edition",
    ),
    "an edition by others in the same journal": (
        bare(title="Revised criteria for made-up care in examples"),
        bare(
            title="Criteria for made-up care in examples",
            authors=(Author(last="Else"),),
            published="2019",
            volume="5",
            pages="1",
        ),
        "edition",
    ),
    "a guideline and its summary": (
        changed(title="Guideline for made-up care in examples"),
        changed(
            title="Executive summary: guideline for made-up care in examples",
            doi="10.5555/jx.2026.18",
            pages="110",
        ),
        "edition",
    ),
    "the abstract of a meeting": (
        RECORD,
        changed(doi="", journal="Example Heart Journal", volume="9", pages="S14", published="2024"),
        "companion",
    ),
    "the abstract of a meeting with the DOI of the article": (
        RECORD,
        changed(journal="Example Heart Journal", volume="9", pages="S14", published="2024"),
        "companion",
    ),
    "one guideline in two journals": (
        RECORD,
        changed(doi="10.5555/aeh.7", journal="Annals of Made-up Health", volume="9", pages="1"),
        "companion",
    ),
    "two abstracts of one group under one DOI": (
        RECORD,
        changed(title=f"The {TITLE}", pages="102", abstract=(Section(text=OTHER_TEXT),)),
        "companion",
    ),
    "the abstract two years earlier in the same journal": (
        bare(abstract=RECORD.abstract),
        bare(volume="10", pages="A4", published="2024", abstract=(Section(text=OTHER_TEXT),)),
        "companion",
    ),
    "two DOIs, other pages": (RECORD, changed(doi="10.5555/2026.other.99", pages="7"), "companion"),
    "two PMIDs": (changed(pmid="1"), changed(pmid="2", pages="310", volume="13"), "companion"),
    "a preprint and its article": (PREPRINT, RECORD, "preprint"),
    "a preprint without a DOI": (replace(PREPRINT, doi=""), bare(), "preprint"),
    "a preprint that was renamed": (
        replace(PREPRINT, title="Group psychotherapy and ketamine against relapse of drinking"),
        RECORD,
        "preprint",
    ),
    "a preprint that was renamed, and registered": (
        replace(PREPRINT, title="Sober with friends", abstract=None, registrations=("NCT09000001",)),
        changed(abstract=None, registrations=("NCT09000001",)),
        "preprint",
    ),
    "a preprint with half the words": (
        replace(PREPRINT, title="Ketamine or psychotherapy in clinics for alcohol use", abstract=None),
        changed(abstract=None),
        "preprint",
    ),
    "a preprint with longer words": (
        replace(
            PREPRINT,
            title="Questionnaires, psychophysiological interviews: ketamine, psychotherapy, alcohol, disorder",
            abstract=None,
        ),
        changed(abstract=None),
        "preprint",
    ),
    "an article four years after a preprint": (
        PREPRINT,
        changed(published="2029", doi=""),
        "companion",
    ),
    "two versions of a review": (
        REVIEW,
        replace(REVIEW, doi="10.1002/14651858.cd900001.pub3", published="2023"),
        "version",
    ),
    "two versions of a review in one year": (
        replace(REVIEW, pages=""),
        replace(REVIEW, doi="10.1002/14651858.cd900001.pub3", pages=""),
        "version",
    ),
    "the first version of a review": (
        REVIEW,
        replace(REVIEW, doi="10.1002/14651858.cd900001", published="2015"),
        "version",
    ),
    "two versions of a review without a DOI": (
        replace(REVIEW, doi=""),
        replace(REVIEW, doi="", published="2023"),
        "version",
    ),
}  # fmt: skip

DIFFERENT = {
    "two editorials": (
        Record(title="Editorial", journal="J Ex", published="2026", volume="1", pages="1"),
        Record(title="Editorial", journal="J Ex", published="2026", volume="1", pages="95"),
    ),
    "two editorials of which nothing is known": (Record(title="Editorial"), Record(title="Editorial")),
    "two replies of one group": (LETTER, replace(LETTER, volume="13")),
    "one DOI for a whole supplement": (
        RECORD,
        changed(title="Poor sleep and heart rate in nurses", authors=(), pages="102"),
    ),
    "one DOI, another abstract of the same group on the same page": (
        RECORD,
        changed(
            title="Poor sleep and fast hearts of nurses on shifts",
            abstract=(Section(text=OTHER_TEXT),),
        ),
    ),
    "an edition named in one only, which may be one": (
        bare(title="Guideline for made-up care in examples: second update", volume="", pages=""),
        bare(title="Guideline for made-up care in examples", volume="", pages=""),
    ),
    "two guidelines of one society": (
        bare(title="Guideline for made-up care of children in examples", pages="1"),
        bare(title="Guideline for made-up care of adults in examples", published="2019"),
    ),
    "guidelines of two societies": (
        bare(title="Guideline for made-up care in examples: second update", pages="1"),
        bare(
            title="Guideline for made-up care in examples",
            authors=(Author(last="Else"),),
            journal="Annals of Else",
            published="2019",
        ),
    ),
    "a preprint and an article of the same group": (
        replace(PREPRINT, title="Warm socks against cold feet in night nurses", abstract=None),
        changed(abstract=None),
    ),
    "rats and mice": (
        bare(title="Effects of exampline on made-up memory in aged rats", pages="1"),
        bare(title="Effects of exampline on made-up memory in aged mice", pages="9"),
    ),
    "rats and mice, of which no place is known": (
        bare(title="Effects of exampline on made-up memory in aged rats", volume="", pages=""),
        bare(title="Effects of exampline on made-up memory in aged mice", volume="", pages=""),
    ),
    "all ulcers and acute ones": (
        bare(title="Made-up rinses for acute oral ulcers in older adults", volume="", pages=""),
        bare(title="Made-up rinses for oral ulcers in older adults", volume="", pages=""),
    ),
    "one drug and another": (
        bare(title="Examplastin for made-up cholesterol in adults with gout", volume="11"),
        bare(title="Samplistatin for made-up cholesterol in adults with gout", pages="9"),
    ),
    "too much and too little": (
        bare(title="Made-up outcomes of hyperglycemia in adults in intensive care", volume="1"),
        bare(title="Made-up outcomes of hypoglycemia in adults in intensive care", volume="2"),
    ),
    "other authors with one title": (
        bare(pages=""),
        bare(pages="", authors=(Author(last="Else"), Author(last="Nobody"))),
    ),
    "a commentary with the title of the study": (
        bare(authors=(Author(last="Else"),), pages="95"),
        bare(),
    ),
    "a wrong PMID": (
        changed(pmid="1"),
        Record(title="Poor sleep and heart rate in nurses", pmid="1", authors=(Author(last="Else"),)),
    ),
    "the comments on two studies": (
        bare(title=f"Comment on: {TITLE}"),
        bare(title=f"Comment on: {TWIN_TITLE}"),
    ),
}  # fmt: skip


def table(cases: dict[str, tuple[Record, Record]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("one", "other"), cases.values(), ids=cases.keys())


@table(SAME)
def test_these_are_one_work(one: Record, other: Record) -> None:
    decision = decided(one, other)

    assert decision.verdict == "same", decision
    assert decision.strength > 0
    assert not decision.veto
    assert decided(other, one) == decision


@pytest.mark.parametrize(("one", "other", "rule"), RELATED.values(), ids=RELATED.keys())
def test_these_are_related_and_never_one(one: Record, other: Record, rule: str) -> None:
    decision = decided(one, other)

    assert (decision.verdict, decision.rule) == ("related", rule)
    assert decision.veto
    assert decided(other, one) == decision


@table(DIFFERENT)
def test_these_are_neither(one: Record, other: Record) -> None:
    decision = decided(one, other)

    assert decision.verdict == "different", decision
    assert decided(other, one) == decision


@table(SAME | {name: case[:2] for name, case in RELATED.items()})
def test_what_belongs_together_shares_a_key(one: Record, other: Record) -> None:
    keys = [set(dedup.keys(dedup.citation(each))) for each in (one, other)]

    assert keys[0] & keys[1]
    assert all(0 <= key < 2**63 for key in keys[0] | keys[1])


PAGES = {
    "06-Oct": ("6", "10"),
    "Jan-16": ("1", "16"),
    "Mar-16": ("3", "16"),
    "101-9": ("101", "109"),
    "e0137960": ("137960",),
}


@pytest.mark.parametrize(("pages", "ends"), PAGES.items(), ids=PAGES)
def test_pages_are_read_as_their_ends(pages: str, ends: tuple[str, ...]) -> None:
    assert dedup.citation(bare(pages=pages)).pages == ends


@table(SAME)
def test_a_packed_citation_is_the_same_one(one: Record, other: Record) -> None:
    for record in (one, other):
        citation = dedup.citation(record)

        assert dedup.unpack(citation.pack()) == citation
        assert "\n" not in citation.pack()
