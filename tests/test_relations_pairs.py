"""What two records are to each other by their titles; every pair here is made up."""

from __future__ import annotations

import pytest
from builders import record

from bot import dedup, relations
from bot.model import Author, Record, Section

TRIAL = "Nightly lavender spray against restless sleep in shift workers: a randomised trial"
PEOPLE = "Okonjo, Brandvold, Castellano, Iwasaki"


def made(title: str, people: str = PEOPLE, **fields: object) -> Record:
    """A record without identifiers, by these surnames."""
    own: dict[str, object] = {
        "pmid": "",
        "doi": "",
        "title": title,
        "authors": tuple(
            Author(last=name.strip(), initials=name.strip()[0])
            for name in people.split(",")
            if name
        ),
        "abstract": None,
        "publication_types": (),
        "registrations": (),
        "journal": "Journal of imaginary sleep",
        "journal_abbreviation": "J Imag Sleep",
        "issns": ("0000-0027",),
        "volume": "",
        "issue": "",
        "pages": "",
        "published": "2024-05",
        "status": "",
        "created": "",
        "entered": "",
        "indexed": "",
        "revised": "",
        "mesh": (),
        "substances": (),
        "keywords": None,
        "affiliations": None,
        "languages": None,
    }
    return record(**(own | fields))


def read(one: Record, other: Record) -> str:
    """The relation as a reader says it: `one is KIND other`, from either side."""
    found = relations.between(one, other)
    return "" if found is None else f"{'other' if found.inverse else 'one'}: {found.kind}"


def reached(one: Record, other: Record) -> str:
    """What is read of the two when they come from anywhere: only of what shares a key and is
    judged to be related the relation is asked."""
    ours, others = dedup.citation(one), dedup.citation(other)
    if set(dedup.keys(ours)).isdisjoint(dedup.keys(others)):
        return ""
    return read(one, other) if dedup.decide(ours, others).verdict == "related" else ""


def judged(one: Record, other: Record) -> str:
    return dedup.decide(dedup.citation(one), dedup.citation(other)).verdict


# the seven cases in which a popular rule (titles that are 92 % alike) drops a record

STUDY = made(TRIAL, doi="10.5555/sleep.1", pages="11-19", volume="7")
BATTERY = {
    "retraction notice": (
        made(f"Retraction: {TRIAL}", doi="10.5555/sleep.9", published="2025-01", pages="80"),
        STUDY,
        "one: retraction of",
    ),
    "correction": (
        made(f"Correction to: {TRIAL}", doi="10.5555/sleep.8", published="2024-09", pages="81"),
        STUDY,
        "one: erratum for",
    ),
    "erratum": (
        made(f"Erratum: {TRIAL}", "", doi="10.5555/sleep.7", published="2024-09", pages="82"),
        STUDY,
        "one: erratum for",
    ),
    "parts": (
        made("Sleep and noise in a made-up harbour town. Part I", doi="10.5555/sleep.20"),
        made("Sleep and noise in a made-up harbour town. Part II", doi="10.5555/sleep.21"),
        "one: part of",
    ),
    "protocol": (
        made(f"{TRIAL}: study protocol", doi="10.5555/sleep.30", published="2022"),
        STUDY,
        "one: protocol of",
    ),
    "12 against 24 weeks": (
        made(
            "Lavender spray for restless sleep: 12-week outcomes of a made-up trial",
            doi="10.5555/a",
        ),
        made(
            "Lavender spray for restless sleep: 24-week outcomes of a made-up trial",
            doi="10.5555/b",
        ),
        "one: companion of",
    ),
    "editorials": (
        made("Editorial", "Okonjo", pages="1-2", volume="7", issue="1"),
        made("Editorial", "Brandvold", pages="101", volume="7", issue="2"),
        "",
    ),
}


@pytest.mark.parametrize(("one", "other", "relation"), BATTERY.values(), ids=BATTERY)
def test_what_looks_alike_is_related_and_not_merged(
    one: Record, other: Record, relation: str
) -> None:
    assert read(one, other) == relation
    assert judged(one, other) != "same"


# preprints and articles

SERVERS = {
    "medRxiv": {"doi": "10.1101/2023.04.05.23288001", "journal": "medRxiv : the preprint server"},
    "bioRxiv": {"doi": "10.64898/2023.04.05.535001", "journal": "bioRxiv"},
    "Research Square": {"doi": "10.21203/rs.3.rs-1234567/v1", "journal": "Research square"},
    "PsyArXiv": {"doi": "10.31234/osf.io/ab3de", "journal": "PsyArXiv"},
    "SSRN": {"doi": "10.2139/ssrn.4123456", "journal": "SSRN Electronic Journal"},
    "Preprints.org": {"doi": "10.20944/preprints202304.0123.v1", "journal": "Preprints"},
    "arXiv": {"doi": "10.48550/arxiv.2304.01234", "journal": "arXiv"},
    "by its type": {"doi": "", "journal": "", "publication_types": ("Preprint",)},
}


def preprint(
    title: str = TRIAL, people: str = PEOPLE, server: str = "medRxiv", **fields: object
) -> Record:
    return made(
        title,
        people,
        **(
            {"published": "2023-04-07", "issns": (), "journal_abbreviation": ""}
            | SERVERS[server]
            | fields
        ),
    )  # type: ignore[arg-type]


def article(title: str = TRIAL, people: str = PEOPLE, **fields: object) -> Record:
    return made(
        title,
        people,
        **(
            {"doi": "10.5555/sleep.1", "published": "2024-05-02", "volume": "7", "pages": "11-19"}
            | fields
        ),
    )  # type: ignore[arg-type]


ABSTRACT = (
    Section(
        text="Forty shift workers sprayed lavender on their pillows every night of one month, and "
        "another forty sprayed water. Sleep was measured by bracelets and by diaries. Those with "
        "lavender woke 2.1 times a night and those with water 3.4 times; nobody left the study, "
        "and itching was rare in both groups. The spray deserves a longer and larger trial."
    ),
)
REWORDED = (
    Section(
        text="Forty shift workers sprayed lavender on their pillows each night of one month, and "
        "forty others sprayed water. Sleep was measured by bracelets and diaries. The lavender "
        "group woke 2.1 times a night, the water group 3.4 times; nobody left the study, and "
        "itching was rare in both groups. This spray deserves a longer and larger trial."
    ),
)
ANOTHER = (
    Section(
        text="Sixty school teachers answered letters about their headaches through two winters. "
        "Peppermint oil on the temples shortened attacks by eleven minutes compared with rest "
        "alone, while coffee made no difference. Weather, age and hours of lessons explained "
        "most of the attacks. Headache diaries should ask for the light in class rooms."
    ),
)
PUBLISHED = {
    **{f"on {server}": (preprint(server=server), article()) for server in SERVERS},
    "in capitals, with a full stop": (preprint(), article(TRIAL.upper() + ".")),
    "with markup": (
        preprint("Effects of CO2 on restless sleep in a made-up sample of nurses"),
        article("Effects of CO<sub>2</sub> on restless sleep in a made-up sample of nurses"),
    ),
    "other spelling of a hyphen": (
        preprint("Follow-up of restless sleepers after a made-up training"),
        article("Follow up of restless sleepers after a made up training"),
    ),
    "published the same month": (preprint(published="2024-05"), article()),
    "posted after it was published": (preprint(published="2024-08"), article()),
    "only years": (preprint(published="2021"), article(published="2024")),
    "35 months later": (preprint(published="2021-06-30"), article()),
    "without a date": (preprint(published=""), article()),
    "authors in another order": (
        preprint(people="Okonjo, Brandvold, Castellano, Iwasaki"),
        article(people="Brandvold, Okonjo, Castellano, Iwasaki"),
    ),
    "an author more": (preprint(), article(people=f"{PEOPLE}, Nwosu, Petrenko")),
    "an author less": (preprint(), article(people="Okonjo, Brandvold")),
    "one author": (preprint(people="Okonjo"), article(people="Okonjo")),
    "accents in a name": (
        preprint(people="Müller-Öz, Brandvold"),
        article(people="Muller-Oz, Brandvold"),
    ),
    "a subtitle more": (
        preprint("Nightly lavender spray against restless sleep in shift workers"),
        article(),
    ),
    "a subtitle less": (
        preprint(),
        article("Nightly lavender spray against restless sleep in shift workers"),
    ),
    "other words for the design": (
        preprint("Nightly lavender spray against restless sleep in shift workers: a pilot study"),
        article(
            "Lavender spray every night against restless sleep in shift workers: randomized trial"
        ),
    ),
    "renamed, but registered": (
        preprint(
            "Does lavender spray help restless shift workers to sleep?",
            registrations=("NCT01234567",),
        ),
        article(
            "Effect of nightly lavender on sleep of shift workers", registrations=("NCT01234567",)
        ),
    ),
    "renamed, with its abstract": (
        preprint("Does scent help? A made-up experiment", abstract=ABSTRACT),
        article("Nightly lavender and sleep of shift workers", abstract=ABSTRACT),
    ),
    "renamed, its abstract in other words": (
        preprint("Does scent help? A made-up experiment", abstract=REWORDED),
        article("Nightly lavender and sleep of shift workers", abstract=ABSTRACT),
    ),
    "renamed, registered, by fewer authors": (
        preprint("Scents at night: first findings", "Okonjo", registrations=("NCT01234567",)),
        article("Effect of scents on the first hours of sleep", registrations=("NCT01234567",)),
    ),
    "half its words dropped": (
        preprint(
            "Rotating schedules, daylight exposure and afternoon naps: restless sleep among nurses"
        ),
        article("Daylight, naps and restless sleep among nurses on schedules"),
    ),
    "a word added": (
        preprint("Restless sleep predicts falls among older gardeners"),
        article("Restless sleep strongly predicts falls among older gardeners"),
    ),
}


@pytest.mark.parametrize(("one", "other"), PUBLISHED.values(), ids=PUBLISHED)
def test_a_preprint_belongs_to_its_article(one: Record, other: Record) -> None:
    assert read(one, other) == "one: preprint of"
    assert read(other, one) == "other: preprint of"
    assert judged(one, other) != "same"


UNPUBLISHED = {
    "another abstract": (
        preprint("Does scent help? A made-up experiment", abstract=ABSTRACT),
        article("Nightly lavender and sleep of shift workers", abstract=ANOTHER),
    ),
    "37 months later": (preprint(published="2021-03"), article()),
    "ten years later": (preprint(published="2014"), article()),
    "the same title by others": (preprint(people="Ferreira, Ohlsson"), article()),
    "the same title by one namesake of many": (
        preprint(people="Ferreira, Okonjo, Ohlsson, Petrenko"),
        article(),
    ),
    "a title of many": (preprint("Editorial"), article("Editorial", "Brandvold, Okonjo")),
    "nobody named": (preprint(people=""), article(people="")),
    "the same authors, another subject": (
        preprint("Warm socks against cold feet in night nurses"),
        article(),
    ),
    "the same authors, a neighbouring subject": (
        preprint("Nightly lavender spray against headaches in school teachers: a cohort study"),
        article("Morning peppermint tea against tiredness in shift workers: a randomised trial"),
    ),
    "an article and an article": (
        article(people="Ferreira"),
        article(doi="10.5555/sleep.2", volume="9", pages="3"),
    ),
}


@pytest.mark.parametrize(("one", "other"), UNPUBLISHED.values(), ids=UNPUBLISHED)
def test_a_preprint_belongs_to_no_other_article(one: Record, other: Record) -> None:
    assert "preprint of" not in read(one, other)
    assert "preprint of" not in read(other, one)
    assert judged(one, other) != "same"


BESIDE_PREPRINTS = {
    "on two servers": (
        preprint(server="medRxiv"),
        preprint(server="Research Square"),
        "one: companion of",
    ),
    "part of a series": (
        preprint("Sleep and noise in a made-up harbour town. Part 1"),
        article("Sleep and noise in a made-up harbour town. Part 2"),
        "one: part of",
    ),
    "protocol on a server": (
        preprint(f"{TRIAL}: study protocol", published="2022-01"),
        article(),
        "one: protocol of",
    ),
    "correction of the article": (
        article(f"Correction: {TRIAL}", doi="10.5555/sleep.5", published="2024-11"),
        preprint(),
        "",
    ),
    "withdrawal on the server": (
        preprint(f"Withdrawal notice: {TRIAL}", doi="10.1101/2023.09.09.23299999"),
        preprint(),
        "one: withdrawal of",
    ),
    "correction in another journal": (
        made(
            f"Correction: {TRIAL}",
            doi="10.5555/x.5",
            journal="Night health",
            journal_abbreviation="",
            issns=("0000-0035",),
        ),
        article(),
        "",
    ),
    "another follow-up": (
        preprint("Lavender spray for restless sleep: 12-week outcomes of a made-up trial"),
        article("Lavender spray for restless sleep: 24-week outcomes of a made-up trial"),
        "one: companion of",
    ),
}


@pytest.mark.parametrize(
    ("one", "other", "relation"), BESIDE_PREPRINTS.values(), ids=BESIDE_PREPRINTS
)
def test_what_stands_beside_a_preprint(one: Record, other: Record, relation: str) -> None:
    assert read(one, other) == relation
    assert judged(one, other) != "same"


# guidelines, statements and reports of many years

SOCIETY = "Okonjo, Brandvold, Ferreira"


def guide(title: str, year: str, people: str = SOCIETY, **fields: object) -> Record:
    own = {
        "published": year,
        "doi": f"10.5555/guide.{year}.{abs(hash(title)) % 9999}",
        "pages": f"S{year[-2:]}-S9",
    }
    return made(title, people, **(own | fields))  # type: ignore[arg-type]


NEWER = {
    "a year at the end": (
        guide("Standards of care for restless sleep-2025", "2025"),
        guide("Standards of care for restless sleep-2024", "2024"),
    ),
    "a year in front": (
        guide("2022 guideline for the treatment of restless sleep", "2022"),
        guide("2017 guideline for the treatment of restless sleep", "2017"),
    ),
    "a year in brackets": (
        guide("Consensus statement on night work and health (2021)", "2021"),
        guide("Consensus statement on night work and health (2015)", "2015"),
    ),
    "a year in one only": (
        guide("Recommendations for the care of night workers: 2023 update", "2023"),
        guide("Recommendations for the care of night workers", "2016"),
    ),
    "no year in the titles": (
        guide("Recommendations for the care of night workers", "2022"),
        guide("Recommendations for the care of night workers", "2016"),
    ),
    "a focused update": (
        guide(
            "2022 focused update of the 2017 guideline for the treatment of restless sleep", "2022"
        ),
        guide("2017 guideline for the treatment of restless sleep", "2017"),
    ),
    "an update by its name": (
        guide("Update of the guideline for the treatment of restless sleep", "2021"),
        guide("Guideline for the treatment of restless sleep", "2015"),
    ),
    "a roman version": (
        guide("Consensus on the care of night workers: version III", "2020"),
        guide("Consensus on the care of night workers: version II", "2016"),
    ),
    "roman numerals of meetings": (
        guide("Management of restless sleep: the Lakeside V consensus report", "2017"),
        guide("Management of restless sleep: the Lakeside IV consensus report", "2012"),
    ),
    "an ordinal": (
        guide("Fourth universal definition of restless sleep", "2018"),
        guide("Third universal definition of restless sleep", "2012"),
    ),
    "an edition": (
        guide("Manual of sleep measurement in field studies, 3rd edition", "2019"),
        guide("Manual of sleep measurement in field studies, 2nd edition", "2012"),
    ),
    "a report of a year": (
        guide("Report of the national registry of night work accidents 2023", "2023"),
        guide("Report of the national registry of night work accidents 2022", "2022"),
    ),
    "statistics with an update": (
        guide("Sleep disorder statistics-2024 update: a report from the society", "2024"),
        guide("Sleep disorder statistics-2023 update: a report from the society", "2023"),
    ),
    "the same part of another year": (
        guide("Part 5: measuring sleep at home: 2020 guidelines for night workers", "2020"),
        guide("Part 5: measuring sleep at home: 2015 guidelines for night workers", "2015"),
    ),
    "a revised version": (
        guide("Revised criteria for the classification of restless sleep", "2018"),
        guide("Criteria for the classification of restless sleep", "2009"),
    ),
    "by others, in the same journal": (
        guide("2024 guideline for the treatment of restless sleep", "2024", "Petrenko, Nwosu"),
        guide("2018 guideline for the treatment of restless sleep", "2018"),
    ),
    "by the same, in another journal": (
        guide("2024 guideline for the treatment of restless sleep", "2024"),
        guide(
            "2018 guideline for the treatment of restless sleep",
            "2018",
            journal="Night health",
            journal_abbreviation="Night Health",
            issns=(),
        ),
    ),
    "a revision by its year": (
        guide("The 2021 revision of the criteria for restless sleep", "2021"),
        guide("The 2011 criteria for restless sleep", "2011"),
    ),
    "the first and the second": (
        guide("Second consensus report on naps at work", "2014"),
        guide("First consensus report on naps at work", "2008"),
    ),
    "a version with a point": (
        guide("Position statement on naps at work, version 2.1", "2023"),
        guide("Position statement on naps at work, version 1.0", "2021"),
    ),
    "a group as author": (
        guide("Guideline on light at night 2023", "2023", "Imaginary Sleep Society"),
        guide("Guideline on light at night 2019", "2019", "Imaginary Sleep Society"),
    ),
    "a strategy and its summary": (
        guide("Global strategy for restless sleep: 2023 executive summary", "2023"),
        guide("Global strategy for restless sleep: 2022 executive summary", "2022"),
    ),
    "a German one": (
        guide("Leitlinie zur Behandlung des unruhigen Schlafs 2022", "2022"),
        guide("Leitlinie zur Behandlung des unruhigen Schlafs 2017", "2017"),
    ),
    "a numbered report": (
        guide("Survey of nap rooms in made-up factories: 12th report", "2012"),
        guide("Survey of nap rooms in made-up factories: 11th report", "2010"),
    ),
    "an update of an update": (
        guide("Recommendations on light at work: second update", "2022"),
        guide("Recommendations on light at work: first update", "2019"),
    ),
    "without a date, by its title": (
        guide("2024 guideline for the treatment of restless sleep", "2024", published=""),
        guide("2018 guideline for the treatment of restless sleep", "2018", published=""),
    ),
    "its issuer in one title only": (
        guide(
            "2024 guideline for the treatment of restless sleep: a report of the Imaginary Sleep "
            "Society joint committee",
            "2024",
        ),
        guide("2018 guideline for the treatment of restless sleep", "2018"),
    ),
    "developed by others": (
        guide(
            "Guidelines on naps at made-up work developed by the task force of the Nap Society",
            "2023",
        ),
        guide("Guidelines on naps at made-up work developed in collaboration with nurses", "2017"),
    ),
    "its edition in one title only": (
        guide("Manual of sleep measurement in field studies, second edition", "2019"),
        guide("Manual of sleep measurement in field studies", "2012"),
    ),
    "an update without a number or page": (
        guide("Revised guidance on naps at work for nurses", "2024", doi="", pages=""),
        guide("Guidance on naps at work for nurses", "2018", doi="", pages=""),
    ),
    "two years of a span": (
        guide("Position statement on naps at work 2022-2023", "2022"),
        guide("Position statement on naps at work 2020-2021", "2020"),
    ),
}


@pytest.mark.parametrize(("new", "old"), NEWER.values(), ids=NEWER)
def test_a_guideline_of_a_later_year_is_a_new_version(new: Record, old: Record) -> None:
    assert read(new, old) == "one: new version of"
    assert read(old, new) == "other: new version of"
    assert judged(new, old) != "same"


ELSEWHERE = {
    "journal": "Night health",
    "journal_abbreviation": "Night Health",
    "issns": ("0000-0035",),
}
GUIDANCE = {
    "in two journals": (
        guide("2022 guideline for the treatment of restless sleep", "2022"),
        guide(
            "2022 guideline for the treatment of restless sleep",
            "2022",
            doi="10.5555/night.7",
            pages="5-90",
            **ELSEWHERE,
        ),
        "companion of",
    ),
    "in two journals, a year apart": (
        guide("Guideline for the treatment of restless sleep", "2021"),
        guide(
            "Guideline for the treatment of restless sleep",
            "2022",
            doi="10.5555/night.7",
            pages="5-90",
            **ELSEWHERE,
        ),
        "companion of",
    ),
    "its summary": (
        guide("2022 guideline for the treatment of restless sleep: executive summary", "2022"),
        guide("2022 guideline for the treatment of restless sleep", "2022"),
        "companion of",
    ),
    "two parts of one year": (
        guide("Part 3: measuring sleep at work: 2020 guidelines for night workers", "2020"),
        guide("Part 5: measuring sleep at home: 2020 guidelines for night workers", "2020"),
        "part of",
    ),
    "parts in roman numerals": (
        guide("Guideline on restless sleep in night workers. Part I: diagnosis", "2019"),
        guide("Guideline on restless sleep in night workers. Part II: treatment", "2019"),
        "part of",
    ),
    "parts of two years": (
        guide("Part 3: measuring sleep at work: 2015 guidelines for night workers", "2015"),
        guide("Part 5: measuring sleep at home: 2020 guidelines for night workers", "2020"),
        "",
    ),
    "of another illness": (
        guide("2022 guideline for the treatment of restless sleep", "2022"),
        guide("2022 guideline for the treatment of winter cough", "2022"),
        "",
    ),
    "of another society": (
        guide("2022 guideline for the treatment of restless sleep", "2022"),
        guide(
            "2018 guideline for the treatment of restless sleep",
            "2018",
            "Petrenko, Nwosu",
            **ELSEWHERE,
        ),
        "",
    ),
    "of children": (
        guide("Guideline for the treatment of restless sleep in children", "2020"),
        guide("Guideline for the treatment of restless sleep in adults", "2022"),
        "",
    ),
    "editorials of every year": (
        guide("Annual report", "2022", "Okonjo"),
        guide("Annual report", "2023", "Brandvold"),
        "",
    ),
    "by two societies": (
        guide("2022 guideline for the treatment of restless sleep", "2022", "Petrenko, Nwosu"),
        guide(
            "2022 guideline for the treatment of restless sleep",
            "2022",
            "Lund",
            doi="10.5555/night.7",
            pages="5-90",
            **ELSEWHERE,
        ),
        "",
    ),
    "its methods": (
        guide(
            "Methods and evidence tables behind the 2022 guideline for the treatment of restless sleep: searching and grading",
            "2022",
        ),
        guide("2022 guideline for the treatment of restless sleep", "2022"),
        "",
    ),
    "two supplements": (
        guide("2022 guideline for the treatment of restless sleep: supplement 1", "2022"),
        guide("2022 guideline for the treatment of restless sleep: supplement 2", "2022"),
        "part of",
    ),
    "in another language": (
        guide(
            "Guideline for the treatment of restless sleep",
            "2022",
            languages=("eng",),
            vernacular_title="Leitlinie zur Behandlung des unruhigen Schlafs",
        ),
        guide(
            "Leitlinie zur Behandlung des unruhigen Schlafs",
            "2021",
            languages=("ger",),
            doi="10.5555/night.7",
            pages="5-90",
            **ELSEWHERE,
        ),
        "translation of",
    ),
    "a reply to a comment on it": (
        guide("Reply to: Comment on: 2022 guideline for the treatment of restless sleep", "2023"),
        guide("2022 guideline for the treatment of restless sleep", "2022"),
        "reply to",
    ),
    "its retraction": (
        guide("Retraction: 2022 guideline for the treatment of restless sleep", "2023", ""),
        guide("2022 guideline for the treatment of restless sleep", "2022"),
        "retraction of",
    ),
    "corrected and republished": (
        guide(
            "Corrected and republished: 2022 guideline for the treatment of restless sleep", "2023"
        ),
        guide("2022 guideline for the treatment of restless sleep", "2022"),
        "republication of",
    ),
    "of other ages": (
        guide("Guideline on restless sleep before the age of 18 years", "2022"),
        guide("Guideline on restless sleep before the age of 6 years", "2022"),
        "companion of",
    ),
    "a comment on it": (
        guide("Comment on: 2022 guideline for the treatment of restless sleep", "2023", "Nwosu"),
        guide("2022 guideline for the treatment of restless sleep", "2022"),
        "comment on",
    ),
    "its erratum": (
        guide("Erratum to: 2022 guideline for the treatment of restless sleep", "2022", ""),
        guide("2022 guideline for the treatment of restless sleep", "2022"),
        "erratum for",
    ),
}


@pytest.mark.parametrize(("one", "other", "kind"), GUIDANCE.values(), ids=GUIDANCE)
def test_guidelines_that_belong_together_otherwise(one: Record, other: Record, kind: str) -> None:
    found = relations.between(one, other)

    assert (found.kind if found else "") == kind
    assert judged(one, other) != "same"


EVERY: dict[str, tuple[Record, Record]] = {
    f"{name} {key}": pair[:2]
    for name, table in (
        ("battery:", BATTERY),
        ("published", PUBLISHED),
        ("unpublished:", UNPUBLISHED),
        ("beside preprints:", BESIDE_PREPRINTS),
        ("newer:", NEWER),
        ("guidance:", GUIDANCE),
    )
    for key, pair in table.items()  # type: ignore[attr-defined]  # they differ in what follows
}
EVERY_PAIR = list(EVERY.values())


@pytest.mark.parametrize(("one", "other"), EVERY.values(), ids=EVERY)
def test_what_is_related_is_found_and_asked_about(one: Record, other: Record) -> None:
    assert reached(one, other) == read(one, other)
    assert reached(other, one) == read(other, one)


@pytest.mark.parametrize(("one", "other"), EVERY.values(), ids=EVERY)
def test_what_is_related_is_never_one_record(one: Record, other: Record) -> None:
    found = dedup.Collection()
    for number, each in enumerate((one, other)):
        found.add(number, dedup.citation(each))

    assert found.groups() == [(0,), (1,)]


def test_both_sides_see_the_same_relation() -> None:
    both_ways = {"part of", "companion of"}
    for one, other in EVERY_PAIR:
        here, there = relations.between(one, other), relations.between(other, one)

        assert (here and here.kind) == (there and there.kind)
        if here and there and here.kind not in both_ways:
            assert here.inverse != there.inverse


def test_no_record_is_related_to_itself() -> None:
    for pair in EVERY_PAIR:
        for one in pair:
            assert relations.between(one, one) is None
