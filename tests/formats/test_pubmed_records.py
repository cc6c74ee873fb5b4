"""Reading real PubMed records: all of them, and as Biopython reads them."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import pytest
from Bio import Entrez

from bot.formats.pubmed_xml import Read, read
from bot.identifiers import doi
from bot.model import Record

FILES = (("records.xml.gz", "edge-cases.json"), ("odd-records.xml.gz", "edge-cases-odd.json"))


@pytest.fixture(scope="module")
def records(shared: Path) -> dict[str, dict[str, Record]]:
    """File of edge cases -> PMID -> record, for both files."""
    found: dict[str, dict[str, Record]] = {}
    for name, cases in FILES:
        with gzip.open(shared / "data" / "pubmed" / name) as stream:
            got = list(read(stream))  # type: ignore[arg-type]  # GzipFile is an IO[bytes]
        assert all(isinstance(one, Read) for one in got)
        found[cases] = {one.pmid: one.record for one in got if isinstance(one, Read)}
    return found


def test_every_real_record_is_read(records: dict[str, dict[str, Record]]) -> None:
    assert [len(found) for found in records.values()] == [1_434, 465]
    for record in (record for found in records.values() for record in found.values()):
        assert record.title
        assert record.published
        assert record.languages
        assert record.journal


HOLDS = {
    "no abstract": lambda r: not r.abstract,
    "structured abstract": lambda r: any(part.label for part in r.abstract),
    "no DOI": lambda r: not r.doi,
    "DOI only in ArticleIdList": lambda r: r.doi,
    "DOI differs ELocationID/ArticleId": lambda r: r.doi,
    "PMCID": lambda r: r.pmcid,
    "no authors": lambda r: not r.authors,
    "CollectiveName": lambda r: any(one.collective for one in r.authors),
    "GrantList": lambda r: r.grants,
    "VernacularTitle": lambda r: r.vernacular_title,
    "empty ArticleTitle": lambda r: r.title == r.vernacular_title != "",
    "bracketed title": lambda r: r.title.startswith("["),
    "several languages": lambda r: len(r.languages) > 1,
    "OtherAbstract": lambda r: r.other_abstract,
    "PMID Version>1": lambda r: r.pmid_version > 1,
    "ArticleDate (electronic date)": lambda r: r.published,
    "MathML in abstract": lambda r: "http" not in r.abstract_text,
    "markup in title": lambda r: "<" not in r.title.replace(" < ", ""),
    "PubmedBookArticle": lambda r: r.title and not r.status,
}


@pytest.mark.parametrize("cases", [cases for _name, cases in FILES])
def test_every_edge_case_shows_in_its_record(
    records: dict[str, dict[str, Record]], shared: Path, cases: str
) -> None:
    categories = json.loads((shared / "data" / "pubmed" / cases).read_text())
    for category, pmids in categories.items():
        kind, _, value = category.partition(":")
        for pmid in pmids:
            record = records[cases][pmid]
            if kind == "Status":
                assert record.status == value, (category, pmid)
            elif kind == "PT":
                assert value in record.publication_types, (category, pmid)
            elif kind == "CommentsCorrections":
                assert value in {link.kind for link in record.links}, (category, pmid)
            elif category in HOLDS:
                assert HOLDS[category](record), (category, pmid)


@pytest.fixture(scope="module")
def entrez(shared: Path) -> list[dict]:
    with gzip.open(shared / "data" / "pubmed" / "records.xml.gz") as stream:
        return Entrez.read(io.BytesIO(stream.read()))["PubmedArticle"]


def test_biopython_reads_the_same(
    records: dict[str, dict[str, Record]], entrez: list[dict]
) -> None:
    ours = records["edge-cases.json"]
    assert len(entrez) == len(ours)
    for theirs in entrez:
        citation, extra = theirs["MedlineCitation"], theirs.get("PubmedData", {})
        article = citation["Article"]
        record = ours[str(citation["PMID"])]

        assert record.title == _plain(article["ArticleTitle"]) or not article["ArticleTitle"]
        assert record.doi == _doi(article, extra)
        assert [author.name for author in record.authors] == [
            _name(author)
            for author in article.get("AuthorList", [])
            if author.attributes.get("ValidYN") != "N"
        ]
        assert list(record.publication_types) == [
            str(one) for one in article["PublicationTypeList"]
        ]
        assert [(one.descriptor, one.qualifiers) for one in record.mesh] == [
            (str(one["DescriptorName"]), tuple(map(str, one["QualifierName"])))
            for one in citation.get("MeshHeadingList", [])
        ]


def _plain(text: str) -> str:
    marked = (
        f"<PubmedArticle><MedlineCitation><PMID>1</PMID><Article><ArticleTitle>{_escaped(text)}"
    )
    end = "</ArticleTitle></Article></MedlineCitation></PubmedArticle>"
    (got,) = read(io.BytesIO(f"<PubmedArticleSet>{marked}{end}</PubmedArticleSet>".encode()))
    assert isinstance(got, Read), got
    return got.record.title


def _escaped(text: str) -> str:
    """Biopython gives `<` and `&` of the text as themselves between real markup."""
    return (
        str(text)
        .replace("&", "&amp;")
        .replace("< ", "&lt; ")
        .replace("&amp;lt;", "&lt;")
        .replace("&amp;gt;", "&gt;")
        .replace("&amp;amp;", "&amp;")
    )


def _doi(article: dict, extra: dict) -> str:
    own = [one for one in extra.get("ArticleIdList", []) if one.attributes["IdType"] == "doi"]
    theirs = [one for one in article["ELocationID"] if one.attributes["EIdType"] == "doi"]
    return next(map(doi, [*own, *theirs]), "")


def _name(author: dict) -> str:
    if "CollectiveName" in author:
        return " ".join(author["CollectiveName"].split())
    parts = (author.get("LastName", ""), author.get("Initials", ""), author.get("Suffix", ""))
    return " ".join(" ".join(filter(None, parts)).split())
