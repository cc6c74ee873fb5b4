"""Reading PubMed XML: records per CPU-second beside other readers, and peak memory.

Run it: `python tests/bench/bench_pubmed_xml.py`.  All readers get the same file, in turns, each
turn in its own process; the table shows the median CPU time of the turns and ratios to litbot.
The floor is lxml.iterparse taking the same fields of the same elements into tuples and dicts,
without dataclasses, cleaning, normalising, or setting odd records aside.
"""

from __future__ import annotations

import gzip
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from lxml import etree

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data" / "pubmed" / "records.xml.gz"
TURNS = 5
HEAD = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE PubmedArticleSet PUBLIC '
    b'"-//NLM//DTD PubMedArticle, 1st January 2025//EN" '
    b'"https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">\n<PubmedArticleSet>\n'
)


def read_litbot(path: Path) -> int:
    from bot.formats import pubmed_xml  # noqa: PLC0415 - each reader in its own process

    with path.open("rb") as stream:
        return sum(isinstance(one, pubmed_xml.Read) for one in pubmed_xml.read(stream))


def read_entrez(path: Path) -> int:
    from Bio import Entrez  # noqa: PLC0415 - each reader in its own process

    with path.open("rb") as stream:
        return len(Entrez.read(stream)["PubmedArticle"])


def read_pubmed_parser(path: Path) -> int:
    import pubmed_parser  # noqa: PLC0415 - each reader in its own process

    # it reads nothing but .gz; unpacking takes about 3 % of its time
    return sum(1 for _ in pubmed_parser.parse_medline_xml(f"{path}.gz", author_list=True))


def read_floor(path: Path) -> int:
    with path.open("rb") as stream:
        count = 0
        for _event, element in etree.iterparse(stream, tag="PubmedArticle"):
            _take(element)
            count += 1
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
        return count


def _take(element: etree._Element) -> dict[str, object]:
    """The fields of a record, found by path, as they are."""
    citation = element.find("MedlineCitation")
    article = citation.find("Article")
    journal = article.find("Journal")
    ids = {
        one.get("IdType"): one.text
        for one in element.iterfind("PubmedData/ArticleIdList/ArticleId")
    }
    locations = {one.get("EIdType"): one.text for one in article.iterfind("ELocationID")}
    return {
        "pmid": citation.findtext("PMID"),
        "version": citation.find("PMID").get("Version"),
        "title": _whole(article.find("ArticleTitle")),
        "vernacular": article.findtext("VernacularTitle"),
        "doi": ids.get("doi") or locations.get("doi"),
        "pmcid": ids.get("pmc"),
        "pii": ids.get("pii") or locations.get("pii"),
        "registrations": [
            one.text
            for one in article.iterfind("DataBankList/DataBank/AccessionNumberList/AccessionNumber")
        ],
        "abstract": [
            (one.get("Label"), _whole(one)) for one in article.iterfind("Abstract/AbstractText")
        ],
        "other": [
            (one.get("Label"), _whole(one))
            for one in citation.iterfind("OtherAbstract/AbstractText")
        ],
        "keywords": [_whole(one) for one in citation.iterfind("KeywordList/Keyword")],
        "authors": [
            (
                one.findtext("LastName"),
                one.findtext("ForeName"),
                one.findtext("Initials"),
                one.findtext("CollectiveName"),
                [_whole(place) for place in one.iterfind("AffiliationInfo/Affiliation")],
            )
            for one in article.iterfind("AuthorList/Author")
        ],
        "journal": journal.findtext("Title"),
        "abbreviation": citation.findtext("MedlineJournalInfo/MedlineTA"),
        "issns": (journal.findtext("ISSN"), citation.findtext("MedlineJournalInfo/ISSNLinking")),
        "volume": journal.findtext("JournalIssue/Volume"),
        "issue": journal.findtext("JournalIssue/Issue"),
        "pages": article.findtext("Pagination/MedlinePgn"),
        "published": _date(journal.find("JournalIssue/PubDate")),
        "online": _date(article.find("ArticleDate")),
        "languages": [one.text for one in article.iterfind("Language")],
        "types": [one.text for one in article.iterfind("PublicationTypeList/PublicationType")],
        "mesh": [
            (
                one.findtext("DescriptorName"),
                one.find("DescriptorName").get("UI"),
                one.find("DescriptorName").get("MajorTopicYN"),
                [(part.text, part.get("MajorTopicYN")) for part in one.iterfind("QualifierName")],
            )
            for one in citation.iterfind("MeshHeadingList/MeshHeading")
        ],
        "substances": [
            one.text for one in citation.iterfind("ChemicalList/Chemical/NameOfSubstance")
        ],
        "concepts": [one.text for one in citation.iterfind("SupplMeshList/SupplMeshName")],
        "links": [
            (one.get("RefType"), one.findtext("PMID"), one.findtext("RefSource"))
            for one in citation.iterfind("CommentsCorrectionsList/CommentsCorrections")
        ],
        "grants": [
            tuple(one.findtext(tag) for tag in ("GrantID", "Acronym", "Agency", "Country"))
            for one in article.iterfind("GrantList/Grant")
        ],
        "conflict": _whole(citation.find("CoiStatement")),
        "status": citation.get("Status"),
        "history": {
            one.get("PubStatus"): _date(one)
            for one in element.iterfind("PubmedData/History/PubMedPubDate")
        },
        "revised": _date(citation.find("DateRevised")),
    }


def _whole(element: etree._Element | None) -> str:
    return "" if element is None else "".join(element.itertext())


def _date(element: etree._Element | None) -> tuple[str | None, ...]:
    if element is None:
        return ()
    return tuple(element.findtext(tag) for tag in ("Year", "Month", "Day", "MedlineDate", "Season"))


READERS = {
    "litbot": read_litbot,
    "lxml.iterparse, bare": read_floor,
    "pubmed_parser": read_pubmed_parser,
    "Bio.Entrez.read": read_entrez,
}


def records() -> list[bytes]:
    """Real records where the shared folder is present, else made-up ones."""
    if SHARED.exists():
        whole = gzip.decompress(SHARED.read_bytes())
    else:
        sys.path.insert(0, str(ROOT / "tests"))
        import builders  # noqa: PLC0415 - only without the shared records

        whole = builders.pubmed_set(
            *(builders.record(pmid=str(90_000_000 + number)) for number in range(1_500))
        )
    return re.findall(rb"<PubmedArticle>.*?</PubmedArticle>", whole, re.DOTALL)


def write(path: Path, articles: list[bytes], times: int) -> None:
    """The same records again and again, each time under new PMIDs."""
    with path.open("wb") as stream:
        stream.write(HEAD)
        for turn in range(times):
            for place, article in enumerate(articles):
                pmid = b"%d" % (50_000_000 + turn * len(articles) + place)
                stream.write(
                    re.sub(rb"(<PMID[^>]*>)\d+", rb"\g<1>" + pmid, article, count=1) + b"\n"
                )
        stream.write(b"</PubmedArticleSet>\n")


def in_child(reader: str, path: Path) -> tuple[int, float, float]:
    """Records, CPU seconds, peak memory in MB, of one reading in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "child", reader, str(path)],
        check=True, capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    count, seconds, memory = done.stdout.split()
    return int(count), float(seconds), float(memory)


def child(reader: str, path: Path) -> None:
    READERS[reader](path.parent / "warm-up.xml")  # imports, caches
    began = time.process_time()
    count = READERS[reader](path)
    seconds = time.process_time() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # kB on Linux
    print(count, seconds, memory)


def main() -> None:
    articles = records()
    with tempfile.TemporaryDirectory() as folder:
        write(warm_up := Path(folder, "warm-up.xml"), articles[:20], 1)
        files = {times: Path(folder, f"x{times}.xml") for times in (1, 4, 16)}
        for times, path in files.items():
            write(path, articles, times)
        for path in (warm_up, files[1]):
            Path(f"{path}.gz").write_bytes(gzip.compress(path.read_bytes()))
        taken: dict[str, list[float]] = {reader: [] for reader in READERS}
        counts = dict.fromkeys(READERS, 0)
        for _turn in range(TURNS):
            for reader, seconds in taken.items():
                counts[reader], spent, _memory = in_child(reader, files[1])
                seconds.append(spent)
        print(
            f"{len(articles)} records, {files[1].stat().st_size / 1e6:.1f} MB; medians of {TURNS}"
        )
        base = counts["litbot"] / statistics.median(taken["litbot"])
        for reader, seconds in taken.items():
            speed = counts[reader] / statistics.median(seconds)
            print(f"{reader:22} {speed:7.0f} records/CPU-s   litbot is {base / speed:5.2f} x")
        peaks = [f"x{times} {in_child('litbot', path)[2]:.0f} MB" for times, path in files.items()]
        print("peak memory of litbot: " + ", ".join(peaks))


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    if sys.argv[1:2] == ["child"]:
        child(sys.argv[2], Path(sys.argv[3]))
    else:
        main()
