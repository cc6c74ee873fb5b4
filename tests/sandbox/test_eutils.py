"""The local E-utilities: searches, history, the ceiling, and what is odd about records."""

from __future__ import annotations

import gzip
import io
import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import builders
import pytest
import requests
from Bio import Entrez, Medline
from lxml import etree

from bot.model import Author, Record
from bot.sandbox.eutils import Eutils, Fault, Held


@pytest.fixture
def server() -> Iterator[Eutils]:
    with Eutils(today=date(2026, 11, 24)) as server:
        yield server


def search(server: Eutils, term: str, **fields: str) -> etree._Element:
    answer = requests.post(f"{server.url}esearch.fcgi", data={"term": term, **fields}, timeout=10)
    assert answer.status_code == 200
    return etree.fromstring(answer.content)


def ids(server: Eutils, term: str) -> set[str]:
    return {one.text or "" for one in search(server, term).iterfind("IdList/Id")}


def get(server: Eutils, utility: str, **fields: str) -> requests.Response:
    return requests.get(f"{server.url}{utility}.fcgi", params=fields, timeout=10)


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("ketamine[ti]", {"1"}),
        ("ketamine[tiab]", {"1", "2"}),
        ("ketamin*[tiab]", {"1", "2"}),
        ("KETAMINE", {"1", "2", "3"}),
        ("esketamine[tiab] OR ketamine[ti]", {"1", "3"}),
        ("ketamine[tiab] NOT rats[tiab]", {"1"}),
        ("rats[tiab] OR ketamine[tiab] AND esketamine[tiab]", set()),
        ("esketamine[tiab] OR (ketamine[tiab] AND rats[tiab])", {"2", "3"}),
        ('"works fast"[tiab]', {"1", "2"}),
        ('"fast works"[tiab]', set()),
        ('"fast works"[tiab:~0]', {"1", "2"}),
        ('"ketamine depression"[ti:~3]', {"1"}),
        ('"ketamine depression"[ti:~2]', set()),
        ('"psychotherap* for depression"[ti]', {"1"}),
        ("therapeutic alliance", {"3"}),
        ("ketamine[mh]", {"1", "2"}),
        ("ketamine/adverse effects[mesh]", {"1", "2"}),
        ("ketamine[majr]", {"1", "2"}),
        ("ketamine[nm]", {"1", "2", "3"}),
        ("randomized controlled trial[pt]", {"1", "2", "3"}),
        ("eng[la]", {"1", "2"}),
        ("english[la]", {"1", "2"}),
        ('"0000-0019"[ta]', {"1", "2", "3"}),
        ("J Made Up Stud[ta]", {"1", "2", "3"}),
        ("sample a[au]", {"1", "2"}),
        ('"other b"[au]', {"3"}),
        ("2025[dp]", {"3"}),
        ("2026/10:2026/12[dp]", {"1", "2"}),
        ("2026/11/01:3000[crdt]", {"2"}),
        ('"2026/11/01"[crdt] : "3000/12/31"[crdt]', {"2"}),
        ('"last 30 days"[crdt]', {"2"}),
        ("2026/11/02:2026/11/02[mhda]", {"1", "2", "3"}),
        ("1 3[uid]", {"1", "3"}),
        ("2:3[uid]", {"2", "3"}),
        ("10.5555/three[doi]", {"3"}),
        ("all[sb]", {"1", "2", "3"}),
        ("publisher[sb]", set()),
        ("nothing[tiab]", set()),
    ],
)
def test_a_term_finds_what_pubmed_would(server: Eutils, term: str, found: set[str]) -> None:
    server.load(
        builders.pubmed_set(
            builders.record(pmid="1"),
            builders.record(pmid="2", title="Rats.", created="2026-11-20"),
            builders.record(
                pmid="3",
                title="Esketamine and the therapeutic alliance.",
                abstract=(),
                keywords=(),
                mesh=(),
                languages=("ger",),
                doi="10.5555/three",
                published="2025",
                authors=(Author(last="Other", fore="Bo", initials="B"),),
            ),
        )
    )

    assert ids(server, term) == found


def test_records_exist_from_the_day_of_their_creation(server: Eutils) -> None:
    server.load(builders.pubmed_set(builders.record(pmid="1", created="2026-11-25")))

    assert ids(server, "all[sb]") == set()
    server.today = date(2026, 11, 25)
    assert ids(server, "all[sb]") == {"1"}


def test_a_late_record_and_late_mesh_come_on_their_day(server: Eutils) -> None:
    server.load(builders.pubmed_set(builders.record(pmid="1"), builders.record(pmid="2")))
    server.change("1", appears=date(2026, 11, 26))
    server.change("2", mesh_from=date(2026, 11, 26))

    assert ids(server, "all[sb]") == {"2"}
    assert ids(server, "ketamine[mh]") == set()
    server.today = date(2026, 11, 26)
    assert ids(server, "ketamine[mh]") == {"1", "2"}
    assert ids(server, "2026/11/26[crdt]") == {"1"}
    assert ids(server, "2026/10/20[edat]") == {"1", "2"}
    assert ids(server, "2026/11/26[mhda]") == {"2"}
    assert "<Month>11</Month><Day>26</Day>" in get(server, "efetch", id="1").text


def test_an_unknown_field_is_ignored_and_reported(server: Eutils) -> None:
    server.load(builders.pubmed_set(builders.record(pmid="1")))

    answer = search(server, "ketamine[nosuch]")

    assert answer.findtext("Count") == "1"
    assert answer.findtext("ErrorList/FieldNotFound") == "nosuch"


def test_the_json_holds_the_same_as_the_xml(server: Eutils) -> None:
    server.load(builders.pubmed_set(builders.record(pmid="1")))

    result = get(server, "esearch", term="ketamine", retmode="json").json()["esearchresult"]

    assert (result["count"], result["idlist"]) == ("1", ["1"])


def test_more_than_9999_records_are_clamped_or_refused(server: Eutils) -> None:
    for number in range(1, 10_051):
        record = Record(title="", pmid=str(number), created="2026-11-20")
        server.held[record.pmid] = Held(raw=b"<PubmedArticle/>", record=record)

    answer = search(server, "all[sb]", retmax="100000", usehistory="y")
    too_far = search(server, "all[sb]", retstart="9999")
    where = {"WebEnv": answer.findtext("WebEnv"), "query_key": answer.findtext("QueryKey")}
    clamped = get(server, "efetch", retstart="9500", retmax="500", **where)
    refused = get(server, "efetch", retstart="9999", retmax="500", **where)

    assert answer.findtext("Count") == "10050"
    assert len(answer.findall("IdList/Id")) == 9_999
    assert "Restrictions achieved" in (answer.findtext("WarningList/OutputMessage") or "")
    assert "cannot be larger than 9998" in (too_far.findtext("ERROR") or "")
    assert clamped.text.count("<PubmedArticle/>") == 499
    assert (refused.status_code, "<ERROR>" in refused.text) == (400, True)


@pytest.mark.parametrize(
    ("term", "said"),
    [
        ("", "Empty term"),
        ("a*" * 257, "wildcards"),
        ("(ketamine", "syntax"),
        ("ketamine)", "syntax"),
    ],
)
def test_a_term_that_cannot_be_searched_is_an_error_inside_200(
    server: Eutils, term: str, said: str
) -> None:
    assert said in (search(server, term).findtext("ERROR") or "")


def test_an_id_that_is_absent_gives_no_element_and_a_deleted_one_is_named(server: Eutils) -> None:
    server.load(builders.pubmed_set(*(builders.record(pmid=str(n)) for n in (1, 2, 3))))
    server.change("1", absent=True)
    server.change("2", deleted=True)

    reply = get(server, "efetch", id="1,2,3,4").text

    assert re.findall(r"<PMID Version=\"1\">(\d+)", reply) == ["3"]
    assert "<DeleteCitation><PMID>2</PMID></DeleteCitation>" in reply


def test_biopython_reads_the_replies(server: Eutils) -> None:
    server.load(builders.pubmed_set(builders.record(pmid="1")))

    found = Entrez.read(io.BytesIO(get(server, "esearch", term="ketamine").content))
    text = get(server, "efetch", id="1", rettype="medline", retmode="text").text
    (record,) = Medline.parse(io.StringIO(text))

    assert found["IdList"] == ["1"]
    assert record["TI"] == builders.record().title
    assert record["AU"] == ["Sample AB"]


def test_a_fault_comes_after_its_skips_and_as_often_as_it_says(server: Eutils) -> None:
    server.fail(Fault(endpoint="einfo", shape="500", skip=1, times=2))

    statuses = [get(server, "einfo").status_code for _ in range(4)]

    assert statuses == [200, 500, 500, 200]
    assert get(server, "esearch", term="x").status_code == 200


@pytest.mark.parametrize(
    ("shape", "status", "said"),
    [
        ("rate-429", 429, "API rate limit exceeded"),
        ("rate-200", 200, "API rate limit exceeded"),
        ("error-xml", 200, "<ERROR>"),
        ("outage", 200, "not supported: pubmed"),
        ("html", 200, "<html>"),
        ("empty", 200, ""),
    ],
)
def test_a_fault_looks_like_ncbis(server: Eutils, shape: str, status: int, said: str) -> None:
    server.fail(Fault(shape=shape))  # type: ignore[arg-type]

    answer = get(server, "esearch", term="x")

    assert answer.status_code == status
    assert said in answer.text


@pytest.mark.parametrize("shape", ["closed", "reset", "cut"])
def test_a_broken_connection_is_one(server: Eutils, shape: str) -> None:
    server.fail(Fault(shape=shape))  # type: ignore[arg-type]

    with pytest.raises(requests.RequestException):
        get(server, "einfo")


def test_a_hanging_server_answers_nothing(server: Eutils) -> None:
    server.fail(Fault(shape="hang"))

    with pytest.raises(requests.Timeout):
        requests.get(f"{server.url}einfo.fcgi", timeout=0.1)


def test_retry_after_is_sent(server: Eutils) -> None:
    server.fail(Fault(shape="retry-after"))

    answer = get(server, "einfo")

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    assert json.loads(answer.text)["error"] == "API rate limit exceeded"


def test_every_real_record_is_served_as_it_was(server: Eutils, shared: Path) -> None:
    whole = gzip.decompress((shared / "data" / "pubmed" / "records.xml.gz").read_bytes())
    pmids = server.load(whole)
    server.load(
        io.BytesIO(
            gzip.decompress((shared / "data" / "pubmed" / "odd-records.xml.gz").read_bytes())
        )
    )

    reply = get(server, "efetch", id=",".join(pmids[:200]))

    assert len(server.held) == 1_899
    assert reply.content.count(b"<MedlineCitation ") == 200
    assert len(search(server, "all[sb]", retmax="9999").findall("IdList/Id")) == len(
        server.visible()
    )
