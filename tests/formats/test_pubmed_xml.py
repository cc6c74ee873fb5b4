"""Reading PubMed XML, on hand-written records."""

from __future__ import annotations

import gzip
import io

import builders
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import FormatError
from bot.formats.pubmed_xml import Deleted, Read, Unreadable, read
from bot.model import Author, Link, Record, Section

PMID = '<PMID Version="1">90000002</PMID>'


def one(xml: str) -> Record:
    """The record in a set that holds this element."""
    (got,) = read(io.BytesIO(builders.pubmed_set(xml)))
    assert isinstance(got, Read), got
    return got.record


def article(inside: str, *, around: str = "", extra: str = "") -> Record:
    """A record with these elements in Article, in MedlineCitation, and in PubmedData."""
    return one(
        f"<PubmedArticle><MedlineCitation>{PMID}<Article>{inside}</Article>{around}"
        f"</MedlineCitation><PubmedData>{extra}</PubmedData></PubmedArticle>"
    )


def pub_date(xml: str, more: str = "") -> str:
    journal = f"<Journal><JournalIssue><PubDate>{xml}</PubDate></JournalIssue></Journal>"
    return article(journal + more).published


def test_every_field_of_a_record_is_read_back() -> None:
    record = builders.record(
        pmcid="PMC7",
        pii="S0000-1",
        registrations=("NCT01234567",),
        vernacular_title="Ketamin mit Psychotherapie.",
        other_abstract=(Section(text="Ketamin wirkt schnell."),),
        links=(Link(kind="ErratumIn", pmid="90000009", citation="J Made Up Stud. 2026;8:1"),),
        grants=("R01 000001",),
        conflict_statement="None declared.",
        pmid_version=2,
    )

    (got,) = read(io.BytesIO(builders.pubmed_set(record)))

    assert got == Read(pmid=record.pmid, record=record)


@pytest.mark.parametrize(
    ("xml", "text"),
    [
        ("Effects of <i>S</i>-ketamine", "Effects of S-ketamine"),
        ("5-HT<sub>2A</sub> and Ca<sup>2+</sup>", "5-HT2A and Ca2+"),
        ("10<sup>-3</sup> mg/m<sup>2</sup>", "10^-3 mg/m2"),
        ("<sup>18</sup>F<b><i>-FDG</i></b> P &lt; 0.05", "18F-FDG P < 0.05"),
        ("a\n      b\t c\u00a0d", "a b c d"),
        ("soft\u00adhyphen \u202ewrong way\u202c", "softhyphen wrong way"),
        ("cafe\u0301 \u0085 next", "caf\u00e9 next"),
        ("a <!-- never shown --> b<?pi x?>", "a b"),
        ("<![CDATA[a < b]]>", "a < b"),
    ],
)
def test_markup_and_odd_characters_become_plain_text(xml: str, text: str) -> None:
    assert article(f"<ArticleTitle>{xml}</ArticleTitle>").title == text


@pytest.mark.parametrize(
    ("math", "text"),
    [
        ("<mfrac><mn>1</mn><mn>2</mn></mfrac>", "1/2"),
        ("<mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mi>c</mi></mfrac>", "(a + b)/c"),
        ("<msup><mi>R</mi><mn>2</mn></msup>", "R^2"),
        ("<msub><mi>CO</mi><mn>2</mn></msub>", "CO2"),
        ("<msubsup><mi>η</mi><mi>p</mi><mn>2</mn></msubsup>", "ηp^2"),
        ("<msqrt><mi>n</mi></msqrt>", "√n"),
        ("<mi>x</mi><annotation encoding='TeX'>\\alpha</annotation>", "x"),
    ],
)
@pytest.mark.parametrize("prefix", ["mml:", ""])
def test_a_formula_stays_readable(prefix: str, math: str, text: str) -> None:
    tagged = math.replace("</", f"<//{prefix}").replace("<m", f"<{prefix}m").replace("<//", "</")
    tagged = tagged.replace("<annotation", f"<{prefix}annotation")
    space = f"xmlns{':mml' if prefix else ''}='http://www.w3.org/1998/Math/MathML'"

    record = article(
        f"<ArticleTitle>A <{prefix}math {space}>{tagged}</{prefix}math>.</ArticleTitle>"
    )

    assert record.title == f"A {text}."


def test_a_prefix_declared_only_at_the_root_is_known() -> None:
    title = "<ArticleTitle><mml:math><mml:mi>x</mml:mi></mml:math></ArticleTitle>"
    xml = builders.pubmed_set(
        f"<PubmedArticle><MedlineCitation>{PMID}<Article>{title}</Article>"
        "</MedlineCitation></PubmedArticle>"
    ).replace(
        b"<PubmedArticleSet>", b'<PubmedArticleSet xmlns:mml="http://www.w3.org/1998/Math/MathML">'
    )

    (got,) = read(io.BytesIO(xml))

    assert isinstance(got, Read)
    assert got.record.title == "x"


@pytest.mark.parametrize(
    ("xml", "published"),
    [
        ("<Year>2026</Year><Month>Mar</Month><Day>5</Day>", "2026-03-05"),
        ("<Year>2026</Year><Month>03</Month>", "2026-03"),
        ("<Year>2026</Year>", "2026"),
        ("<Year>2026</Year><Month>Feb</Month><Day>31</Day>", "2026-02"),
        ("<Year>1973</Year><Season>Fall</Season>", "1973-10"),
        ("<Year>1973</Year><Season>Winter</Season>", "1973-01"),
        ("<MedlineDate>1998 Dec-1999 Jan</MedlineDate>", "1998-12"),
        ("<MedlineDate>1978 Sep-OCT</MedlineDate>", "1978-09"),
        ("<MedlineDate>2019 Feb - Apr</MedlineDate>", "2019-02"),
        ("<MedlineDate>2001 Mar 5-12</MedlineDate>", "2001-03-05"),
        ("<MedlineDate>1947-1948</MedlineDate>", "1947"),
        ("<MedlineDate>Spring 2000</MedlineDate>", "2000-04"),
        ("<MedlineDate>soon</MedlineDate>", ""),
        ("<Year>soon</Year>", ""),
        ("", ""),
    ],
)
def test_a_date_becomes_as_much_iso_as_it_says(xml: str, published: str) -> None:
    assert pub_date(xml) == published


def test_the_electronic_date_only_makes_the_date_of_the_issue_exact() -> None:
    online = "<ArticleDate><Year>2026</Year><Month>02</Month><Day>03</Day></ArticleDate>"

    assert pub_date("<Year>2026</Year>", online) == "2026-02-03"
    assert pub_date("<Year>2026</Year><Month>Jul</Month>", online) == "2026-07"
    assert pub_date("", online) == "2026-02-03"


@pytest.mark.parametrize(
    ("printed", "other"),
    [
        ("<Year>2026</Year>", "2026"),
        ("<Year>2026</Year><Month>Jul</Month>", "2026-02-03"),
        ("<Year>2026</Year><Month>Feb</Month><Day>3</Day>", ""),
        ("", ""),
    ],
)
def test_a_second_date_of_publication_is_kept(printed: str, other: str) -> None:
    online = "<ArticleDate><Year>2026</Year><Month>02</Month><Day>03</Day></ArticleDate>"
    issue = f"<Journal><JournalIssue><PubDate>{printed}</PubDate></JournalIssue></Journal>"

    assert article(issue + online).also_published == other


@pytest.mark.parametrize("title", ["", "[Not Available].", "[In Process Citation]"])
def test_a_missing_title_is_replaced_by_the_vernacular_one(title: str) -> None:
    vernacular = "<VernacularTitle>Ketamin und Psychotherapie.</VernacularTitle>"

    record = article(f"<ArticleTitle>{title}</ArticleTitle>{vernacular}")

    assert record.title == record.vernacular_title == "Ketamin und Psychotherapie."


def test_the_brackets_of_a_translated_title_stay() -> None:
    assert article("<ArticleTitle>[Ketamine.]</ArticleTitle>").title == "[Ketamine.]"


def test_pubmeds_own_doi_wins_over_the_publishers() -> None:
    publisher = '<ELocationID EIdType="doi" ValidYN="Y">10.5555/Theirs</ELocationID>'
    own = '<ArticleIdList><ArticleId IdType="doi">10.5555/OWN</ArticleId></ArticleIdList>'

    assert article(publisher, extra=own).doi == "10.5555/own"
    assert article(publisher).doi == "10.5555/theirs"
    assert article(publisher.replace('"Y"', '"N"')).doi == ""


def test_the_identifiers_of_references_are_not_the_records() -> None:
    extra = (
        "<ReferenceList><Reference><Citation>X</Citation><ArticleIdList>"
        '<ArticleId IdType="doi">10.5555/cited</ArticleId></ArticleIdList></Reference></ReferenceList>'
    )

    assert article("", extra=extra).doi == ""


def test_registrations_come_from_databanks_and_from_the_abstract() -> None:
    banks = "".join(
        f"<DataBank><DataBankName>{name}</DataBankName><AccessionNumberList>"
        f"<AccessionNumber>{number}</AccessionNumber></AccessionNumberList></DataBank>"
        for name, number in (
            ("ClinicalTrials.gov", "NCT00000001"),
            ("EudraCT", "2026-000001-11"),
            ("GENBANK", "AB000001"),
        )
    )
    text = "<Abstract><AbstractText>Registered as ISRCTN00000001, nct00000001.</AbstractText></Abstract>"

    record = article(f"{text}<DataBankList>{banks}</DataBankList>")

    assert record.registrations == ("NCT00000001", "2026-000001-11", "ISRCTN00000001")


def test_groups_suffixes_old_names_and_corrected_spellings_of_authors() -> None:
    record = article(
        "<AuthorList>"
        "<Author><LastName>Sample</LastName><ForeName>Ada</ForeName><Initials>A</Initials><Suffix>Jr</Suffix></Author>"
        '<Author ValidYN="N"><LastName>Smaple</LastName></Author>'
        "<Author><LastName>Old</LastName><FirstName>Bo</FirstName><MiddleName>C</MiddleName></Author>"
        "<Author><CollectiveName>The <i>Sample</i> Group</CollectiveName></Author>"
        "</AuthorList>"
    )

    assert record.authors == (
        Author(last="Sample", fore="Ada", initials="A Jr"),
        Author(last="Old", fore="Bo C", initials="BC"),
        Author(collective="The Sample Group"),
    )


def test_a_chapter_and_a_whole_book_are_records() -> None:
    book = (
        "<Book><Publisher><PublisherName>Example Press</PublisherName></Publisher>"
        "<BookTitle>Samples</BookTitle><PubDate><Year>2025</Year></PubDate>"
        '<AuthorList Type="editors"><Author><LastName>Editor</LastName></Author></AuthorList></Book>'
    )
    wrapped = (
        "<PubmedBookArticle><BookDocument>{}</BookDocument><PubmedBookData/></PubmedBookArticle>"
    )
    chapter = (
        "<ArticleTitle>Ketamine</ArticleTitle><Language>ENG</Language>"
        '<AuthorList Type="authors"><Author><LastName>Author</LastName></Author></AuthorList>'
        "<PublicationType>Review</PublicationType>"
    )

    whole = one(wrapped.format(PMID + book))
    part = one(wrapped.format(PMID + book + chapter))

    assert (whole.title, whole.journal, whole.published) == ("Samples", "Example Press", "2025")
    assert [author.last for author in whole.authors] == ["Editor"]
    assert (part.title, part.journal, part.languages) == ("Ketamine", "Samples", ("eng",))
    assert [author.last for author in part.authors] == ["Author"]
    assert part.publication_types == ("Review",)


def test_withdrawn_pmids_are_named() -> None:
    deletion = "<DeleteCitation><PMID Version='1'>7</PMID><PMID>8</PMID></DeleteCitation>"

    got = list(read(io.BytesIO(builders.pubmed_set(builders.record(), deletion))))

    assert got[1:] == [Deleted(pmids=("7", "8"))]


@pytest.mark.parametrize(
    "odd",
    [
        "<PubmedArticle><MedlineCitation>{pmid}<Article></MedlineCitation></PubmedArticle>",
        "<PubmedArticle><MedlineCitation>{pmid}<Article>&bogus;</Article></MedlineCitation></PubmedArticle>",
        "<PubmedArticle><MedlineCitation>{pmid}<Article>\x01</Article></MedlineCitation></PubmedArticle>",
        "<PubmedArticle><MedlineCitation>{pmid}<Article>",
        "<PubmedArticle><MedlineCitation>{pmid}</MedlineCitation></PubmedArticle>",
        "<PubmedArticle>{pmid}</PubmedArticle>",
        "<Surprise>{pmid}</Surprise>",
    ],
    ids=["not well-formed", "entity", "control", "no end", "no Article", "no citation", "stranger"],
)
def test_an_odd_record_is_set_aside_with_its_bytes_and_the_rest_is_read(odd: str) -> None:
    odd = odd.format(pmid=PMID)
    before, after = builders.record(pmid="1"), builders.record(pmid="3")

    got = list(read(io.BytesIO(builders.pubmed_set(before, odd, after))))

    assert [type(each) for each in got] == [Read, Unreadable, Read]
    assert isinstance(got[1], Unreadable)
    assert got[1].pmid == "90000002"
    assert odd.encode() in got[1].raw
    assert got[1].reason


def test_a_document_type_is_neither_expanded_nor_fetched() -> None:
    bomb = (
        "<!DOCTYPE PubmedArticleSet SYSTEM 'http://127.0.0.1:9/never.dtd' [<!ENTITY a 'aaaaaaaaaa'>"
        "<!ENTITY b '&a;&a;&a;'><!ENTITY file SYSTEM 'file:///etc/hostname'>]>"
    )
    titles = ["&b;", "&file;", "fine"]
    sample = builders.record(title="TITLE")
    xml = builders.pubmed_set(
        *(builders.article_xml(sample).replace("TITLE", title) for title in titles), doctype=bomb
    )

    got = list(read(io.BytesIO(xml)))

    assert [type(each) for each in got] == [Unreadable, Unreadable, Read]


@given(st.integers(min_value=0, max_value=10_000))
def test_wherever_it_is_cut_off_what_came_before_is_read_and_the_cut_is_named(place: int) -> None:
    whole = builders.pubmed_set(*(builders.record(pmid=str(n)) for n in (1, 2, 3)))
    cut = whole[: min(place, len(whole.rstrip()) - 1)]
    complete = cut.count(b"</PubmedArticle>")

    got = []
    with pytest.raises(FormatError):
        for each in read(io.BytesIO(cut)):
            got.append(each)

    assert [type(each) for each in got] == [Read] * complete


def test_a_damaged_gzip_is_an_improper_end() -> None:
    packed = gzip.compress(builders.pubmed_set(builders.record()))

    with pytest.raises(FormatError, match="cannot be read on"):
        list(read(gzip.GzipFile(fileobj=io.BytesIO(packed[:-20]))))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "no bytes"),
        (b"<html><body>blocked</body></html>", "html"),
        (b"<eFetchResult><ERROR>no</ERROR></eFetchResult>", "eFetchResult"),
        (b'{"error":"API rate limit exceeded"}', "begins"),
    ],
)
def test_what_is_no_set_of_records_is_refused(raw: bytes, said: str) -> None:
    with pytest.raises(FormatError, match=said):
        list(read(io.BytesIO(raw)))


def test_an_empty_set_and_two_joined_files_are_read() -> None:
    first = builders.pubmed_set(builders.record(pmid="1"))
    second = builders.pubmed_set(builders.record(pmid="2"))

    assert list(read(io.BytesIO(builders.pubmed_set()))) == []
    assert list(read(io.BytesIO(b"<PubmedArticleSet/>"))) == []
    assert [one.pmid for one in read(io.BytesIO(first + second)) if isinstance(one, Read)] == [
        "1",
        "2",
    ]


def test_small_reads_change_nothing() -> None:
    class Dripping(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(size or 7, 7) if size else 7)

    whole = builders.pubmed_set(*(builders.record(pmid=str(n)) for n in (1, 2)))

    assert list(read(Dripping(whole))) == list(read(io.BytesIO(whole)))


def test_the_encoding_that_is_declared_is_used() -> None:
    record = builders.record(title="Änderung")
    xml = (
        builders.pubmed_set(record)
        .decode()
        .replace('version="1.0"', 'version="1.0" encoding="ISO-8859-1"')
    )

    (got,) = read(io.BytesIO(xml.encode("latin-1")))

    assert isinstance(got, Read)
    assert got.record.title == "Änderung"
