"""What each family of publishers puts where, one small hand-written feed each."""

from __future__ import annotations

import pytest

from bot.model import Journal, Record
from bot.ports import Found
from bot.sources.feeds import told_apart
from bot.sources.feeds.drafts import link_doi, untracked
from bot.sources.feeds.reader import answer

JOURNAL = Journal(name="sample", title="Sample Journal", issns=("1234-5679",))
LONG = "We treated thirty adults with a sample drug and asked them every week. " * 5

SPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
)


def rss(channel: str, *items: str) -> list[Found]:
    body = "".join(f"<item>{item}</item>" for item in items)
    return read(f'<rss version="2.0" {SPACES}><channel>{channel}{body}</channel></rss>')


def rdf(channel: str, *items: str) -> list[Found]:
    body = "".join(f"<item>{item}</item>" for item in items)
    return read(
        f'<rdf:RDF xmlns="http://purl.org/rss/1.0/" {SPACES} '
        f'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f"<channel>{channel}</channel>{body}</rdf:RDF>"
    )


def read(document: str) -> list[Found]:
    told = answer(document.encode(), "")
    assert not told["refusal"]
    found, problems, _ = told_apart(told["items"], JOURNAL)  # type: ignore[arg-type]
    assert problems == ()
    return list(found)


def one(found: list[Found]) -> tuple[str, Record]:
    assert len(found) == 1
    return found[0].key, found[0].record


def text(record: Record) -> str | None:
    return None if record.abstract is None else record.abstract_text


PUBMED = """
<title>A sample trial</title><link>https://pubmed.ncbi.nlm.nih.gov/12345/?ff=20260101</link>
<description>We treated thirty...</description>
<content:encoded><![CDATA[<div><p style="x">J Samples. 2026 Mar 5;12(3):45-9. doi: 10.5555/s.1.</p>
<p><b>ABSTRACT</b></p><p><b>AIMS AND SCOPE</b>: To see if p &lt; 0.05.</p>
<p><b>RESULTS</b>: It was.</p><p>PMID:<a href="x">12345</a> | DOI:10.5555/s.1</p></div>]]>
</content:encoded><guid isPermaLink="false">pubmed:12345</guid>
<pubDate>Sun, 08 Mar 2026 06:00:00 -0500</pubDate>
<dc:creator>Anna M Doe</dc:creator><dc:creator>Bo Roe</dc:creator>
<dc:source>Journal of samples</dc:source>
<dc:identifier>pmid:12345</dc:identifier><dc:identifier>doi:10.5555/s.1</dc:identifier>
"""


def test_pubmed_has_the_whole_abstract_in_its_content_and_the_date_in_its_citation() -> None:
    key, record = one(rss("<link>https://pubmed.ncbi.nlm.nih.gov/</link>", PUBMED))
    assert key == "doi:10.5555/s.1"
    assert (record.pmid, record.url) == ("12345", "https://pubmed.ncbi.nlm.nih.gov/12345/")
    assert text(record) == "AIMS AND SCOPE: To see if p < 0.05. RESULTS: It was."
    assert [author.name for author in record.authors] == ["Doe AM", "Roe B"]
    assert (record.published, record.volume, record.issue) == ("2026-03-05", "12", "3")
    assert (record.pages, record.journal) == ("45-9", "Journal of samples")
    assert record.journal_abbreviation == "J Samples"


@pytest.mark.parametrize(
    ("citation", "expected"),
    [
        ("J Samples. 2026 Mar 10:114425. doi: 10.5555/s.1.", ("2026-03-10", "", "", "114425")),
        ("J Samples. 2026 Mar 10. doi: 10.5555/s.1.", ("2026-03-10", "", "", "")),
        ("J Samples. 2026 Dec;71(12). doi: 10.5555/s.1.", ("2026-12", "71", "12", "")),
        ("J Samples. 2026;28:75. doi: 10.5555/s.1.", ("2026", "28", "", "75")),
    ],
)
def test_pubmed_citations_may_lack_parts(citation: str, expected: tuple[str, ...]) -> None:
    item = PUBMED.replace("J Samples. 2026 Mar 5;12(3):45-9. doi: 10.5555/s.1.", citation)
    _, record = one(rss("<link>https://pubmed.ncbi.nlm.nih.gov/</link>", item))
    assert (record.published, record.volume, record.issue, record.pages) == expected


def test_pubmed_says_when_there_is_no_abstract() -> None:
    item = (
        "<title>A letter</title><guid>pubmed:7</guid><content:encoded><![CDATA[<p>J Samples. 2026."
        "</p><p><b>NO ABSTRACT</b></p><p>PMID:7</p>]]></content:encoded>"
    )
    key, record = one(rss("<link>https://pubmed.ncbi.nlm.nih.gov/</link>", item))
    assert (key, record.abstract) == ("pmid:7", ())


def test_wiley_hides_the_abstract_behind_a_picture_and_a_blurb() -> None:
    item = (
        "<title>A sample trial</title><link>https://onlinelibrary.wiley.com/doi/10.5555/w.1?af=R"
        "</link><pubDate>Sat, 13 Nov 2021 23:38:33 -0800</pubDate>"
        "<dc:date>2021-11-14T11:38:33-08:00</dc:date><guid>10.5555/w.1</guid>"
        "<description>Samples, EarlyView. </description><dc:description>ABSTRACT x</dc:description>"
        "<content:encoded>&lt;img src='x.png'/&gt;&lt;p&gt;A blurb.&lt;/p&gt;&lt;br/&gt;"
        "&lt;h2&gt;ABSTRACT&lt;/h2&gt;&lt;p&gt;Whole text.&lt;/p&gt;</content:encoded>"
        "<dc:creator>\nAnna Doe, \nBo Roe\n</dc:creator>"
        "<prism:publicationName>Samples</prism:publicationName><prism:doi>10.5555/W.1</prism:doi>"
    )
    key, record = one(rss("<link>https://onlinelibrary.wiley.com/journal/1</link>", item))
    assert (key, text(record)) == ("doi:10.5555/w.1", "Whole text.")
    assert record.published == "2021-11-13"
    assert [author.name for author in record.authors] == ["Doe A", "Roe B"]


def test_a_wiley_table_of_contents_line_is_no_abstract() -> None:
    item = (
        "<title>Issue Information</title><guid>10.5555/w.2</guid>"
        "<description>Samples, Volume 70, Issue 5, October 2021. </description>"
    )
    _, record = one(rss("<link>https://onlinelibrary.wiley.com/journal/1</link>", item))
    assert record.abstract is None


def test_taylor_and_francis_writes_the_title_where_the_journal_belongs() -> None:
    item = (
        "<title>A sample trial</title><link>https://www.tandfonline.com/doi/full/10.5555/t.1?af=R"
        "</link><description>Volume 56, Issue 3, December 2021, Page 1-9&lt;br/&gt;. </description>"
        "<dc:identifier>doi:10.5555/t.1</dc:identifier><dc:source>Samples Quarterly</dc:source>"
        "<dc:date>2020-07-09T11:29:38Z</dc:date><dc:creator>Anna Doe</dc:creator>"
        "<prism:publicationName>A sample trial</prism:publicationName><prism:volume>56</prism:volume>"
    )
    _, record = one(rdf("<link>https://www.tandfonline.com/loi/x?af=R</link>", item))
    assert (record.journal, record.published) == ("Samples Quarterly", "2020-07-09")
    assert record.abstract is None


def test_sciencedirect_has_all_in_its_description() -> None:
    item = (
        "<title>&lt;em&gt;Sample&lt;/em&gt; trial</title><description>&lt;p&gt;Publication date: "
        "February 2027&lt;/p&gt;&lt;p&gt;&lt;b&gt;Source:&lt;/b&gt; Samples, Volume 167, Issue 2"
        "&lt;/p&gt;&lt;p&gt;Author(s): Anna Doe, Bo Roe&lt;/p&gt;</description>"
        "<link>https://www.sciencedirect.com/science/article/pii/S1234567890123456?dgcid=rss</link>"
        '<guid isPermaLink="false">https://www.sciencedirect.com/science/article/pii/S1234567890123456'
        "</guid>"
    )
    key, record = one(rss("<link>https://www.sciencedirect.com/journal/samples</link>", item))
    assert (key, record.title) == ("pii:S1234567890123456", "Sample trial")
    assert (record.published, record.journal) == ("2027-02", "Samples")
    assert (record.volume, record.issue, record.abstract) == ("167", "2", None)
    assert [author.name for author in record.authors] == ["Doe A", "Roe B"]
    assert record.url.endswith("/S1234567890123456")


def test_a_teaser_is_a_withheld_abstract() -> None:
    item = (
        "<title>A sample trial</title><link>https://samples.biomedcentral.com/articles/10.5555/s1-2"
        f"</link><description>{LONG[:300]}...</description>"
        "<dc:creator>Anna Doe and Bo C. Roe</dc:creator>"
    )
    key, record = one(rss("<link>https://samples.biomedcentral.com</link>", item))
    assert (key, record.abstract) == ("doi:10.5555/s1-2", None)
    assert [author.name for author in record.authors] == ["Doe A", "Roe BC"]


def test_a_citation_line_and_a_sentence_are_no_abstract() -> None:
    item = (
        "<title>A sample trial</title><link>https://www.nature.com/articles/s41234-026-00001-1</link>"
        "<content:encoded>&lt;p&gt;Nature Samples, Published online: 05 April 2026; doi:10.1038/x"
        "&lt;/p&gt;A sentence.</content:encoded><dc:creator>Anna Doe</dc:creator>"
    )
    key, record = one(rdf("<link>https://www.nature.com/nsamp</link>", item))
    assert (key, record.abstract) == ("doi:10.1038/s41234-026-00001-1", None)


def test_oup_packs_its_authors_and_boxes_its_headings() -> None:
    item = (
        "<title>A sample trial</title><link>https://academic.oup.com/s/article/1/2/3/99?rss=1</link>"
        "<author>Doe A, Roe BMK, et al. </author><pubDate>Wed, 09 Jun 2021 00:00:00 GMT</pubDate>"
        "<description>&lt;span&gt;&lt;div class='boxTitle'&gt;Abstract&lt;/div&gt;&lt;div "
        "class='boxTitle'&gt;Background&lt;/div&gt;One.&lt;div class='boxTitle'&gt;Results&lt;/div"
        "&gt;Two.&lt;/span&gt;</description><guid>http://doi.org/10.5555/o.1</guid>"
        '<prism:volume xmlns:prism="prism">197\n</prism:volume>'
    )
    key, record = one(rss("<generator>Silverchair</generator>", item))
    assert (key, text(record)) == ("doi:10.5555/o.1", "Background: One. Results: Two.")
    assert [author.name for author in record.authors] == ["Doe A", "Roe BMK"]
    assert record.volume == "197"


@pytest.mark.parametrize(
    ("rest", "expected"),
    [("", None), (LONG, LONG.strip()), ("A short remark.", None)],
    ids=["citation only", "abstract", "one sentence"],
)
def test_atypon_puts_a_citation_before_the_abstract(rest: str, expected: str | None) -> None:
    item = (
        "<title>A sample trial</title><link>https://journals.sagepub.com/doi/abs/10.5555/a.1?af=R"
        f"</link><description>Samples, Ahead of Print. &lt;br/&gt;{rest}</description>"
        "<dc:creator>Anna DoeUniversity of Somewhere, Nowhere</dc:creator>"
    )
    key, record = one(rdf("<link>https://journals.sagepub.com/loi/s?af=R</link>", item))
    assert (key, text(record)) == ("doi:10.5555/a.1", expected)
    assert [author.name for author in record.authors] == ["Doe A"]


def test_a_new_version_of_a_preprint_is_the_same_record() -> None:
    def item(version: int) -> str:
        return (
            "<title>A sample trial</title><link>https://www.medrxiv.org/content/10.64898/2026.01.02."
            f"123v{version}?rss=1</link><description>Short but whole.</description>"
            "<dc:creator>Doe, A., Roe, B.</dc:creator><dc:date>2026-01-02</dc:date>"
        )

    channel = "<link>https://www.medrxiv.org</link>"
    (key, record), (again, _) = (one(rdf(channel, item(version))) for version in (1, 2))
    assert key == again == "doi:10.64898/2026.01.02.123"
    assert (text(record), record.publication_types) == ("Short but whole.", ("Preprint",))


def test_arxiv_announces_in_front_of_the_abstract() -> None:
    document = (
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        "<id>http://rss.arxiv.org/atom/q-bio</id><entry><id>oai:arXiv.org:2601.01234v2</id>"
        "<title>A sample model</title><link href='https://arxiv.org/abs/2601.01234'/>"
        "<summary>arXiv:2601.01234v2 Announce Type: replace \nAbstract: Whole text.</summary>"
        "<published>2026-01-05T00:00:00-04:00</published><dc:creator>Anna Doe, Bo Roe</dc:creator>"
        "</entry></feed>"
    )
    key, record = one(read(document))
    assert (key, text(record)) == ("doi:10.48550/arxiv.2601.01234", "Whole text.")
    assert len(record.authors) == 2


def test_titles_lose_what_publishers_put_in_front() -> None:
    lancet = (
        "<title>[Articles] A sample trial</title><link>https://www.thelancet.com/journals/x/"
        "article/PIIS2215-0366(26)00001-2/fulltext?rss=yes</link><description>Background</description>"
    )
    key, record = one(rdf("<link>https://www.thelancet.com</link>", lancet))
    assert (key, record.title) == ("pii:S2215036626000012", "A sample trial")
    mdpi = (
        "<title>Samples, Vol. 9, Pages 120: A trial: part one</title>"
        "<link>https://www.mdpi.com/1-2/9/6/120</link><dc:identifier>doi: 10.3390/s9</dc:identifier>"
    )
    key, record = one(rdf("<link>https://www.mdpi.com/journal/samples</link>", mdpi))
    assert (key, record.title) == ("doi:10.3390/s9", "A trial: part one")


def test_pensoft_writes_paragraphs() -> None:
    item = (
        "<title>A sample species</title><link>https://x.pensoft.net/article/1/</link><description>"
        "<![CDATA[<p>SampleKeys 185: 117-122</p><p>DOI: 10.3897/x.185.1</p><p>Authors: Anna Doe, "
        "Bo Roe</p><p>Abstract: Whole text.</p><p><a href='x'>HTML</a></p>]]></description>"
    )
    key, record = one(rss("<generator>Pensoft FeedCreator</generator>", item))
    assert (key, text(record)) == ("doi:10.3897/x.185.1", "Whole text.")
    assert (record.journal, record.volume, record.pages) == ("SampleKeys", "185", "117-122")


def test_an_unknown_feed_of_whole_abstracts_is_read() -> None:
    item = (
        "<title>A sample trial</title><link>https://example.org/a/1#top</link>"
        f"<description>{LONG}</description><dc:subject>x</dc:subject>"
    )
    key, record = one(rss("<link>https://example.org/</link>", item))
    assert (key, text(record)) == ("https://example.org/a/1", LONG.strip())
    assert (record.journal, record.issns) == ("Sample Journal", ("1234-5679",))
    assert record.keywords is record.languages is record.affiliations is None


def test_an_address_that_changes_at_every_fetch_is_no_identity() -> None:
    keys = {
        rss("", f"<title>A sample trial</title><link>https://example.org/view?v={stamp}</link>")[
            0
        ].key
        for stamp in ("a1", "b2")
    }
    assert keys == {"sample journal|a sample trial|"}


def test_another_records_doi_inside_a_text_is_not_taken() -> None:
    item = (
        "<title>Erratum to a sample trial</title><link>https://example.org/a/2</link>"
        "<description>This corrects the record with DOI: 10.5555/other.1 in all parts.</description>"
    )
    key, record = one(rss("<link>https://example.org/</link>", item))
    assert (key, record.doi) == ("https://example.org/a/2", "")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://x.org/doi/full/10.5555/a.1?af=R", "10.5555/a.1"),
        ("https://x.org/doi/10.5555/a.1/full", "10.5555/a.1"),
        ("https://x.org/articles/10.3389/f.2026.1/abstract", "10.3389/f.2026.1"),
        ("https://www.biorxiv.org/content/10.1101/2026.01.02.1v2.full", "10.1101/2026.01.02.1"),
        ("https://x.org/resolve/doi?DOI=10.1111%2Fa.2", "10.1111/a.2"),
        ("https://x.org/article?id=10.1371/j.1", "10.1371/j.1"),
        ("https://doi.org/10.1016/S0140-6736(26)00001-2", "10.1016/s0140-6736(26)00001-2"),
        ("https://x.org/a/1", ""),
    ],
)
def test_an_address_may_hold_a_doi(url: str, expected: str) -> None:
    assert link_doi(url) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://x.org/a?utm_source=b&id=3&af=R#c", "https://x.org/a?id=3"),
        ("javascript:alert(1)", ""),
        ("https://[bad", ""),
        ("/relative", ""),
    ],
)
def test_only_web_addresses_without_tracking_are_kept(url: str, expected: str) -> None:
    assert untracked(url) == expected
