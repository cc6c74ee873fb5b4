"""Foreign text made fit to show: cleaned, cut, put in ASCII; addresses and dates.

Titles, abstracts, names and addresses come from anybody who can file a record or run a feed.  All
of it goes through `clean` before a template or a channel sees it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime
from urllib.parse import quote, urlsplit

from bot.model import Author, Record

#: Controls (white space aside), soft hyphens, zero-width spaces, what turns the direction of text,
#: interlinear marks and noncharacters, private use (`ports.UNSUBSCRIBE` is made of it), language
#: tags, lone surrogates.  Joiners and direction marks stay: emoji, Persian and Hebrew need them.
_DROPPED = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u200b\u202a-\u202e\u2060-\u206f\ufdd0-\ufdef\ufeff"
    "\ufff9-\ufffb\ufffe\uffff\ud800-\uf8ff\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LONG_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_PARTIAL_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")
_LATIN = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D"}
    | {"ð": "d", "þ": "th", "ł": "l", "Ł": "L", "ı": "i", "–": "-", "—": "-", "−": "-", "‐": "-"}
    | {"‑": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "…": "...", "·": "-", "•": "-", "×": "x"}
)
_URL_LENGTH = 1000  # a Slack block of 3,000 characters must hold it with a title and a quote
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?", re.IGNORECASE)
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SUBTITLE = re.compile(r" [:=] ")
_DULL_TYPE = re.compile(r"journal article$|research support|english abstract$", re.IGNORECASE)


def clean(text: str) -> str:
    """One line of text that shows what it says and steers nothing."""
    return " ".join(_DROPPED.sub("", text).split())


def cut(text: str, limit: int) -> str:
    """The text, or its beginning up to a word's end and "…", within `limit` characters."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    space = head.rfind(" ")
    return (head[:space] if space > limit // 2 else head).rstrip(" ,;:.\u200d") + "…"


def ascii_text(text: str) -> str:
    """The text in ASCII for a Subject; what has no Latin letters at all becomes empty."""
    latin = unicodedata.normalize("NFKD", clean(text).translate(_LATIN))
    letters = latin.encode("ascii", "ignore").decode("ascii")
    known = sum(letter.isalpha() for letter in letters)
    return clean(letters) if 2 * known >= sum(letter.isalpha() for letter in latin) else ""


def link(record: Record) -> str:
    """Where a reader opens the record: its own address if https, PubMed, the DOI, or http.

    Empty when nothing of it is a web address.
    """
    own = web_address(record.url)
    safe = own if own.startswith("https:") else ""
    return safe or identified(record.pmid, record.doi) or own


def identified(pmid: str, doi: str) -> str:
    """Where a reader opens the record of a PMID, or else of a DOI; empty when it is neither."""
    pmid, doi = clean(pmid), clean(doi)
    if pmid.isascii() and pmid.isdigit():
        return f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/"
    return web_address(f"https://doi.org/{quote(doi, safe='/:;().-_')}") if doi[:3] == "10." else ""


def web_address(url: str) -> str:
    """The address with every unfit character percent-encoded; empty when it is not http(s).

    An address with a user name is refused: it makes one host look like another.
    """
    try:
        address = urlsplit(clean(url))
        host, port = (address.hostname or "").encode("idna").decode("ascii"), address.port
    except ValueError:  # brackets without an IPv6 address, a port that is no number
        return ""
    if (
        address.scheme not in ("http", "https")
        or "@" in address.netloc
        or not _HOST.fullmatch(host)
    ):
        return ""
    place = f"{host}:{port}" if port else host
    path = quote(_STRAY_PERCENT.sub("%25", address.path), safe="/%:;,=+$&!@~()")
    query = quote(_STRAY_PERCENT.sub("%25", address.query), safe="/%:;,=+$&!@~()?")
    fragment = quote(_STRAY_PERCENT.sub("%25", address.fragment), safe="/%:;,=+$&!@~()?")
    whole = f"{address.scheme}://{place}{path or '/'}"
    whole += (f"?{query}" if query else "") + (f"#{fragment}" if fragment else "")
    return whole if len(whole) <= _URL_LENGTH else ""


def grey_line(record: Record) -> str:
    """Authors, journal, date and publication types."""
    # NLM writes a journal's subtitle after " : " and its other languages after " = ".
    journal = _SUBTITLE.split(clean(record.journal or record.journal_abbreviation))[0]
    types = [clean(each) for each in record.publication_types]
    telling = [each for each in types if not _DULL_TYPE.match(each)] or types[:1]
    shown = (_authors(record.authors), journal, day(record.published), ", ".join(telling[:4]))
    return " · ".join(cut(each, 200) for each in shown if each)


def _authors(authors: Iterable[Author]) -> str:
    names = [cut(name, 60) for name in (clean(author.name) for author in authors) if name]
    return ", ".join(names[:3] + (["et al"] if len(names) > 3 else []))


def listed(texts: Iterable[str], most: int = 3) -> str:
    """Texts as a list in a sentence: `A, B and C`, or `A, B, C and 4 more`."""
    shown = list(dict.fromkeys(filter(None, (cut(clean(text), 80) for text in texts))))
    if len(shown) > most:
        shown[most:] = [f"{len(shown) - most} more"]
    return " and ".join(filter(None, (", ".join(shown[:-1]), *shown[-1:])))


def day(published: str) -> str:
    """A partial ISO date as people write it: `5 Mar 2024`, `Mar 2024`, `2024`."""
    match = _PARTIAL_DATE.fullmatch(published)
    if not match:
        return cut(clean(published), 40)
    year, month, number = match.groups()
    name = _MONTHS[int(month) - 1] if month and 1 <= int(month) <= 12 else ""
    return " ".join(filter(None, (str(int(number)) if number and name else "", name, year)))


def when(published: str) -> str:
    """A partial ISO date in a sentence: `on 5 March 2024`, `in March 2024`, `in 2024`; or empty."""
    match = _PARTIAL_DATE.fullmatch(published)
    if not match:
        return ""
    year, month, number = match.groups()
    if not month or not 1 <= int(month) <= 12:
        return f"in {year}"
    named = f"{_LONG_MONTHS[int(month) - 1]} {year}"
    return f"on {int(number)} {named}" if number else f"in {named}"


def full_day(moment: date) -> str:
    """A date as `5 Mar 2024`."""
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def span(since: datetime, due: datetime, *, year: bool) -> str:
    """From when to when: `16-23 Nov`, `28 Oct-4 Nov`; with `year`, the year too."""
    first = f"{since.day} {_MONTHS[since.month - 1]}"
    last = f"{due.day} {_MONTHS[due.month - 1]}" + (f" {due.year}" if year else "")
    if since.date() >= due.date():
        return last
    if since.year != due.year:
        return f"{first} {since.year}-{last}" if year else f"{first}-{last}"
    return f"{since.day}-{last}" if since.month == due.month else f"{first}-{last}"


def number(count: int, one: str, many: str) -> str:
    """A count with its noun."""
    return f"{count:,} {one if count == 1 else many}"
