"""What the sandbox shows in each week of the demo: the samples, or the reader's own files."""

from __future__ import annotations

import gzip
import re
import shutil
import zlib
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Final, Protocol

import yaml
from lxml import etree

from bot.config import PACKAGE
from bot.errors import FormatError, SettingsError
from bot.sandbox import Sandbox, account
from bot.saved_queries import JOURNALS, load
from bot.saved_queries.entries import ALL
from bot.store import Connection
from bot.store.watermarks import Run

MONDAYS: Final = tuple(datetime(2026, 6, day, 8, tzinfo=UTC) for day in (1, 8, 15))
BEGAN: Final = MONDAYS[0] - timedelta(days=7)
SAMPLES: Final = Path(__file__).parent / "samples"
SAMPLE_FEEDS: Final = {
    "studies": "Journal of Sample Studies (litbot sample)",
    "therapies": "Sample Therapies (litbot sample)",
    "preprints": "Sample Preprints (litbot sample)",
}
AGES: Final = 200 * 365  # days: in the reader's own files everything is news, whatever its date
CATCH_ALL: Final = "everything"

_FEED_NAME = re.compile(r"\.(?:xml|rss|rdf|atom)$", re.IGNORECASE)
_FEED_START = re.compile(rb"<(?:rss|feed|(?:\w+:)?RDF)[\s>]")
_GZIP = b"\x1f\x8b"

_Element = etree._Element


class Scene(Protocol):
    """The servers' side of three weeks, and the saved queries that ask them."""

    settings: Mapping[str, object]
    everything: bool  #: Is every record in the store to be told?

    def write_queries(self, folder: Path, sandbox: Sandbox) -> None:
        """Write the saved queries and the journal list."""

    def serve(self, sandbox: Sandbox, week: int) -> None:
        """Let the servers show what they show in this week (1 to 3)."""

    def check(self, db: Connection, runs: Sequence[Run]) -> list[str]:
        """What was served, and is not accounted for."""


def bundled(name: str) -> Path:
    """The folder that litbot brings with it: in the wheel, or in the checkout."""
    inside = PACKAGE / name
    return inside if inside.is_dir() else PACKAGE.parent / name


class Samples:
    """The samples that come with litbot, for the queries that come with it."""

    settings: Mapping[str, object] = {}
    everything = False

    def __init__(self) -> None:
        self._records = (SAMPLES / "pubmed.xml").read_bytes()

    def write_queries(self, folder: Path, sandbox: Sandbox) -> None:
        """The bundled queries, and the sample journals in every group that they name."""
        for file in sorted(bundled("queries").glob("*.yaml")):
            if file.name != JOURNALS:
                shutil.copyfile(file, folder / file.name)
        queries = load(bundled("queries")).queries.values()
        groups = {group for query in queries for group in query.journals if group != ALL}
        feeds = {name: sandbox.journals.url(f"/{name}.xml") for name in SAMPLE_FEEDS}
        _write_journals(folder, SAMPLE_FEEDS, feeds, sorted(groups) or ["samples"])

    def serve(self, sandbox: Sandbox, week: int) -> None:
        """Records and feeds as they are in this week; in the second one feed is refused."""
        sandbox.pubmed.load(indexed_by(self._records, MONDAYS[week - 1].date()))
        for name in SAMPLE_FEEDS:
            body = (SAMPLES / f"{name}-{week}.xml").read_bytes()
            sandbox.journals.put(f"/{name}.xml", body)
        if week == 2:
            sandbox.journals.fail("/preprints.xml", "403")

    def check(self, db: Connection, runs: Sequence[Run]) -> list[str]:  # noqa: ARG002
        """Nothing: most of the samples answer no query, and need not be in the store."""
        return []


class Files:
    """PubMed XML and feeds of the reader's own, and one query that finds everything."""

    everything = True
    settings: Mapping[str, object] = {"news_days": AGES}

    def __init__(self, records: Path, feeds: Path) -> None:
        """Raise SettingsError or FormatError, naming the file, when they cannot be served."""
        self._records = spread(_read(records), records)
        self._feeds = _documents(feeds)

    def write_queries(self, folder: Path, sandbox: Sandbox) -> None:
        """The catch-all query, and one journal for each feed."""
        query = {
            "title": "Everything",
            "question": "Is every record told, and told once?",
            "owner": {"name": "The demo", "target": "operator@sandbox.invalid"},
            "pubmed": "all[sb]",
            "journals": ALL,
        }
        (folder / f"{CATCH_ALL}.yaml").write_text(yaml.safe_dump(query), encoding="utf-8")
        titles = {name: f"Feed {name}" for name in self._feeds}
        feeds = {name: sandbox.journals.url(f"/{name}.xml") for name in self._feeds}
        _write_journals(folder, titles, feeds, ["files"])

    def serve(self, sandbox: Sandbox, week: int) -> None:
        """All feeds from the first week on: unchanged in the second, read again in the third."""
        if week == 1:
            sandbox.pubmed.load(self._records)
        if week != 2:
            for name, body in self._feeds.items():
                sandbox.journals.put(f"/{name}.xml", body + b"\n" * (week == 3))

    def check(self, db: Connection, runs: Sequence[Run]) -> list[str]:
        """Every record and every feed item."""
        return account.of_file(db, self._records) + account.of_feeds(db, runs, self._feeds)


def _write_journals(
    folder: Path, titles: Mapping[str, str], feeds: Mapping[str, str], groups: Sequence[str]
) -> None:
    journals = {
        name: {"title": title, "feed": feeds[name], "groups": list(groups), "confirmed": True}
        for name, title in titles.items()
    }
    text = yaml.safe_dump(journals, sort_keys=False, allow_unicode=True)
    (folder / JOURNALS).write_text(text, encoding="utf-8")


# --- records by date ------------------------------------------------------------------------------


def indexed_by(xml: bytes, day: date) -> bytes:
    """The records as PubMed shows them on this day: without the MeSH headings still to come."""
    root = _parsed(xml)
    for record in root:
        indexed = _history_date(record, "medline")
        if indexed is not None and indexed > day:
            for headings in record.findall("MedlineCitation/MeshHeadingList"):
                headings.getparent().remove(headings)  # type: ignore[union-attr]  # it was found there
    return _written(root)


def spread(xml: bytes, path: Path) -> bytes:
    """The records with create and entry dates spread evenly over the three weeks.

    Raise FormatError, naming the file, when it is no set of records.
    """
    try:
        root = _parsed(xml)
    except etree.XMLSyntaxError as error:
        raise FormatError(f"{path}: is not PubMed XML: {error}") from error
    records = [record for record in root if str(record.tag).endswith("Article")]
    if not records:
        raise FormatError(f"{path}: holds no PubmedArticle; an EFetch reply would be right")
    days = (MONDAYS[-1] - BEGAN).days
    for place, record in enumerate(records):
        day = BEGAN.date() + timedelta(days=place * days // len(records))
        for status in ("entrez", "pubmed"):
            _set_history(record, status, day)
    return _written(root)


def _parsed(xml: bytes) -> _Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    return etree.fromstring(xml, parser)


def _written(root: _Element) -> bytes:
    return etree.tostring(root.getroottree(), xml_declaration=True, encoding="utf-8")


def _history_date(record: _Element, status: str) -> date | None:
    found = record.find(f".//History/PubMedPubDate[@PubStatus='{status}']")
    if found is None:
        return None
    return date(*(int(found.findtext(part, "1")) for part in ("Year", "Month", "Day")))


def _set_history(record: _Element, status: str, day: date) -> None:
    """Say on which day a record was created or entered, and keep everything else."""
    tag = "PubmedBookData" if record.tag == "PubmedBookArticle" else "PubmedData"
    around = record.find(tag)
    if around is None:
        around = etree.SubElement(record, tag)
    history = around.find("History")
    if history is None:
        history = etree.Element("History")
        around.insert(0, history)
    for old in history.findall(f"PubMedPubDate[@PubStatus='{status}']"):
        history.remove(old)
    stamp = etree.SubElement(history, "PubMedPubDate", PubStatus=status)
    for part, value in (("Year", day.year), ("Month", day.month), ("Day", day.day)):
        etree.SubElement(stamp, part).text = str(value)


# --- files ----------------------------------------------------------------------------------------


def _read(path: Path) -> bytes:
    """A file's bytes, unzipped where they are zipped."""
    try:
        body = path.read_bytes()
        return gzip.decompress(body) if body.startswith(_GZIP) else body
    except (OSError, EOFError, zlib.error) as error:
        raise SettingsError(f"{path}: cannot be read: {error}") from error


def _documents(folder: Path) -> dict[str, bytes]:
    """The feeds in a folder, each under a journal's name; what is not a feed is left out."""
    if not folder.is_dir():
        raise SettingsError(f"{folder}: is not a folder of feeds")
    feeds: dict[str, bytes] = {}
    for path in sorted(folder.iterdir()):
        body = _read(path) if path.is_file() else b""
        file = path.name.removesuffix(".gz")
        if body and (_FEED_NAME.search(file) or _FEED_START.search(body[:4000])):
            feeds[_name(_FEED_NAME.sub("", file), feeds)] = body
    if not feeds:
        raise SettingsError(f"{folder}: holds no feeds, e.g. journal.xml or journal.xml.gz")
    return feeds


def _name(stem: str, taken: Collection[str]) -> str:
    """A file's stem in the letters that a journal's name may have, and like none before."""
    plain = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-") or "feed"
    choices = (plain if number == 1 else f"{plain}-{number}" for number in count(1))
    return next(choice for choice in choices if choice not in taken)
