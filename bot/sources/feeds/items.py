"""The items of a feed, as two parsers saw them: feedparser, and lxml in recover mode.

feedparser keeps one of several equal elements and renames dates; lxml keeps every element but
knows nothing of feeds.  Where the two find the same number of items, lxml's fields win and
feedparser fills the gaps.
"""

from __future__ import annotations

import codecs
import html
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html.entities import html5
from typing import Any, NamedTuple

import feedparser
from lxml import etree

from bot.sources.feeds import links

LONGEST_FOR_FEEDPARSER = 3_000_000  # characters; it takes about 2 s a megabyte
#: feedparser 6.0.14 searches authors in quadratic time: one of 20,000 letters takes 11 s.
MOST_AUTHOR_WORK = 40_000_000  # sum of squared lengths; about 1 s
MOST_DEPTH = 200  # lxml itself stops at 256
MOST_RAW = 100_000  # bytes of one item that are kept when it cannot be read

PLAIN_NAMESPACES = (
    "",
    "http://purl.org/rss/1.0",
    "http://www.w3.org/2005/atom",
    "http://w3.org/2005/atom",
)
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile(r"&#(?:x([0-9a-f]{1,12})|([0-9]{1,12}));", re.IGNORECASE)
_ENTITY = re.compile(r"&([a-z][a-z0-9]{1,31};)", re.IGNORECASE)
_DECLARATION = re.compile(r"\A<\?xml[^>]{0,200}\?>")
_ENCODING = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s{0,5}=\s{0,5}["']([\w.:-]{1,40})["']""")
_ONE_BYTE = re.compile(
    r"(?:iso-?8859|windows-125|cp125|latin|us-?ascii|ascii|utf-?8|macintosh)", re.IGNORECASE
)
_CHALLENGE = re.compile(
    r"just a moment|cf-chl|challenge-platform|captcha|enable javascript and cookies|"
    r"checking your browser|incapsula|perimeterx|datadome|access denied|are you a robot|"
    r"unusual traffic|verify you are human|cookieabsent",
    re.IGNORECASE,
)
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF8, "utf-8"),
    ("<\0\0\0".encode("latin-1"), "utf-32-le"),
    ("\0\0\0<".encode("latin-1"), "utf-32-be"),
    ("<\0?\0".encode("latin-1"), "utf-16-le"),
    ("\0<\0?".encode("latin-1"), "utf-16-be"),
)


@dataclass(slots=True)
class Item:
    """One item, or the channel: the texts of its elements, by `prefix:name` in lower case."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    raw: bytes = b""
    related: list[tuple[str, str]] = field(default_factory=list)  #: Kind, and who it names.

    def all(self, *names: str) -> list[str]:
        """Every text that is not blank, of every name."""
        return [text for name in names for text in self.fields.get(name, ()) if text.strip()]

    def first(self, *names: str) -> str:
        """The first text that is not blank, of the first name that has one."""
        return next(iter(self.all(*names)), "").strip()

    def add(self, name: str, text: object) -> None:
        """Keep one more text under a name."""
        if isinstance(text, str) and text.strip():
            self.fields.setdefault(name, []).append(text)


class Read(NamedTuple):
    """What could be read of a document."""

    refusal: str = ""  #: Why it is no feed; one sentence.
    incomplete: str = ""  #: Why it is not all of the feed; one sentence.
    channel: Item = Item()
    items: tuple[Item, ...] = ()


def read(body: bytes, charset: str = "") -> Read:
    """Read a document that should be a feed.  `charset` is the one of the Content-Type."""
    text = _repaired(decode(body, charset))
    root, refusal = _root(text)
    if refusal:
        return Read(refusal)
    channel, found = _by_lxml(text)
    if _is_easy(text, found):
        second = _by_feedparser(text)
        if len(second) == len(found):
            for item, other in zip(found, second, strict=True):
                _fill(item, other)
        elif len(second) > len(found):
            found = second
    name = "entry" if root == "feed" else "item"
    bare = _without_character_data(text)
    begun = len(re.findall(rf"<(?:[\w.-]+:)?{name}(?=[\s>/])", bare))
    ended = len(re.findall(rf"</(?:[\w.-]+:)?{name}\s*>|<(?:[\w.-]+:)?{name}(?:\s[^<>]*)?/>", bare))
    if not re.search(rf"</(?:[\w.-]+:)?{root}\s*>\s*|<{root}[^<>]*/>", bare, re.IGNORECASE):
        whole = found[: len(found) - 1] if begun > ended and len(found) >= begun else found
        return Read("", f"the feed is cut off after {len(whole)} items", channel, tuple(whole))
    if not found and not begun:
        return Read("", "the feed holds no items", channel)
    if len(found) < begun:
        sentence = f"only {len(found)} of the feed's {begun} items could be told apart"
        return Read("", sentence, channel, tuple(found))
    return Read("", "", channel, tuple(found))


def decode(body: bytes, charset: str = "") -> str:
    """The document as text: by its mark, its declaration, the header, or what its bytes allow."""
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body.decode(encoding, "replace").lstrip("\ufeff")
    match = _ENCODING.search(body[:1000])
    declared = match[1].decode("ascii", "replace") if match else ""
    candidates = [declared, charset, "utf-8", "cp1252"]
    if not declared or _ONE_BYTE.match(declared):
        # what is valid UTF-8 is UTF-8, whatever a template or a server says
        candidates.insert(0, "utf-8")
    for encoding in candidates:
        name = "cp1252" if encoding.lower() in ("iso-8859-1", "latin-1", "latin1") else encoding
        try:
            if name and codecs.lookup(name)._is_text_encoding:
                return body.decode(name)
        except (LookupError, UnicodeError, ValueError):
            continue
    return body.decode("latin-1")


def _repaired(text: str) -> str:
    """The text without what no XML parser accepts, and with HTML's entities as characters."""
    text = _ILLEGAL.sub("", text.lstrip("\ufeff \t\r\n"))
    text = _DECLARATION.sub("", text)
    text = _REFERENCE.sub(_legal, text)
    declared = set(re.findall(r"<!ENTITY\s+([\w.-]+)", text[:20_000]))
    return _ENTITY.sub(lambda match: _character(match, declared), text)


def _legal(match: re.Match[str]) -> str:
    code = int(match[1], 16) if match[1] else int(match[2])
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF or code in (0xFFFE, 0xFFFF):
        return ""
    return match[0] if code >= 32 or code in (9, 10, 13) else ""


def _character(match: re.Match[str], declared: set[str]) -> str:
    name = match[1]
    if name in ("amp;", "lt;", "gt;", "quot;", "apos;") or name[:-1] in declared:
        return match[0]
    return html.escape(html5[name], quote=False) if name in html5 else match[0]


def _root(text: str) -> tuple[str, str]:
    """The name of the root element, or why this is no feed."""
    if not text.strip():
        return "", "the answer is empty"
    begin = re.sub(r"\A(?:\s+|<\?.*?\?>|<!--.*?-->)+", "", text[:20_000], flags=re.DOTALL)
    begin = re.sub(
        r"\A<!DOCTYPE\s[^<>\[]*(?:\[.*?\]\s*)?>\s*",
        _html_kept,
        begin,
        flags=re.DOTALL | re.IGNORECASE,
    )
    begin = re.sub(r"\A(?:\s+|<\?.*?\?>|<!--.*?-->)+", "", begin, flags=re.DOTALL)
    if begin.startswith(("{", "[")):
        return "", "JSON came instead of the feed"
    match = re.search(r"<(?:[\w.-]+:)?(!?[a-z][\w.-]*)", begin, re.IGNORECASE)
    name = match[1].lower() if match else ""
    if name in ("rss", "rdf", "feed"):
        return name, ""
    if name in ("html", "!doctype", "head", "body", "script", "div", "meta"):
        if _CHALLENGE.search(text[:100_000]):
            return "", "a challenge page for browsers came instead of the feed"
        return "", "a web page came instead of the feed"
    if name:
        return "", f"a document <{name[:40]}> came instead of the feed"
    return "", "plain text came instead of the feed"


def _html_kept(match: re.Match[str]) -> str:
    return match[0] if re.match(r"<!DOCTYPE\s+html", match[0], re.IGNORECASE) else ""


def _without_character_data(text: str) -> str:
    """The text without CDATA sections and comments, which may speak of items."""
    for opening, closing in (("<![CDATA[", "]]>"), ("<!--", "-->")):
        pieces = text.split(opening)
        text = pieces[0] + "".join(
            rest for piece in pieces[1:] for _, ended, rest in [piece.partition(closing)] if ended
        )
    return text


def _by_lxml(text: str) -> tuple[Item, list[Item]]:
    parser = etree.XMLParser(
        recover=True,
        resolve_entities="internal",  # type: ignore[arg-type]  # stubs lag behind lxml 5
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(text.encode(), parser)
    except (etree.XMLSyntaxError, ValueError):
        return Item(), []
    if root is None:
        return Item(), []
    is_atom = etree.QName(root).localname.lower() == "feed"
    wanted = "entry" if is_atom else "item"
    elements = [e for e in root.iter("{*}item", "{*}entry", "item", "entry") if _name(e) == wanted]
    elements = [e for e in elements if not any(_name(a) == wanted for a in e.iterancestors())]
    top = root if is_atom else next(iter(root.iter("{*}channel")), root)
    channel = _item(child for child in top if _name(child) not in ("item", "entry", "items"))
    items = []
    for element in elements:
        item = _item(element)
        for name, value in element.attrib.items():
            if str(name).endswith("}about"):
                item.add("about", str(value))
        item.related = links.read(element)
        item.raw = etree.tostring(element, with_tail=False)[:MOST_RAW]
        items.append(item)
    return channel, items


def _item(children: Iterable[etree._Element]) -> Item:
    item = Item()
    for child in children:
        name = _name(child)
        if name == "link" and child.get("href"):
            if child.get("rel", "alternate") == "alternate":
                item.add("link", child.get("href"))
        elif name in ("author", "contributor") and len(child):
            names = [grand for grand in child if _name(grand) == "name"]
            item.add(name, " ".join(grand.text or "" for grand in names))
        elif name and len(child):
            item.add(name, _inner(child))
        elif name:
            item.add(name, child.text)
    return item


def _name(element: etree._Element) -> str:
    """`prefix:name` in lower case with the usual prefix of the namespace, whatever its version."""
    space, _, local = str(element.tag).rpartition("}")
    space, local = space.lstrip("{").lower(), local.lower()
    if "/dc/elements" in space:
        return f"dc:{local}"
    if "/dc/terms" in space:
        return f"dcterms:{local}"
    if "prism" in space:
        return f"prism:{local}"
    if "modules/content" in space:
        return f"content:{local}"
    if (
        space.rstrip("/") in PLAIN_NAMESPACES
        or "netscape.com/rdf" in space
        or "my.netscape" in space
    ):
        return {"id": "guid", "summary": "description", "content": "content:encoded"}.get(
            local, local
        )
    return f"{space.rstrip('/#').rpartition('/')[2] or 'x'}:{local}"


def _inner(element: etree._Element) -> str:
    """The markup inside an element whose HTML was not escaped."""
    inside = "".join(etree.tostring(child, encoding="unicode") for child in element)
    return html.escape(element.text or "", quote=False) + inside


def _is_easy(text: str, found: list[Item]) -> bool:
    """Will feedparser finish in a few seconds?"""
    if len(text) > LONGEST_FOR_FEEDPARSER:
        return False
    names = [
        len(name) for item in found for name in item.all("author", "dc:creator", "contributor")
    ]
    longest = re.finditer(r"<(?:[\w.-]+:)?(?:author|creator|contributor)[\s>][^<]*", text)
    names += [len(match[0]) for match in longest]
    if sum(length * length for length in names) > MOST_AUTHOR_WORK:
        return False
    depth = deepest = 0
    for tag in re.finditer(r"<(/?)[a-z](?:[^<>]*[^<>/])?(/?)>", text, re.IGNORECASE):
        depth += -1 if tag[1] else 0 if tag[2] else 1
        deepest = max(depth, deepest)
    return deepest < MOST_DEPTH


def _fill(item: Item, other: Item) -> None:
    """Take from feedparser's item what lxml's lacks."""
    has_author = item.all("author", "dc:creator", "contributor")
    for name, texts in other.fields.items():
        if not item.all(name) and not (has_author and name == "dc:creator"):
            item.fields[name] = texts


def _by_feedparser(text: str) -> list[Item]:
    """feedparser's entries, with its keys under the names that lxml's fields have.

    It gets a stream: a text could be an address or the name of a file, and it would open it.
    """
    try:
        parsed = feedparser.parse(
            io.BytesIO(text.encode()),
            sanitize_html=False,
            resolve_relative_uris=False,
            response_headers={"content-type": "application/xml; charset=utf-8"},
        )
    except (ValueError, OverflowError, RecursionError, LookupError, AttributeError, TypeError):
        return []  # known to be raised out of parse() by ill-formed documents
    return [_entry(entry) for entry in parsed.entries]


def _entry(entry: dict[str, Any]) -> Item:
    item = Item()
    for key, value in entry.items():
        if key.startswith("prism_"):
            item.add(key.replace("_", ":", 1), value)
    for key, name in (
        ("title", "title"),
        ("link", "link"),
        ("id", "guid"),
        ("published", "pubdate"),
        ("updated", "updated"),
        ("dc_identifier", "dc:identifier"),
        ("dc_source", "dc:source"),
    ):
        item.add(name, dict.get(entry, key))  # its own get takes `updated` for `published`
    item.add("description", entry.get("summary"))
    for content in entry.get("content", ()):
        item.add("content:encoded", content.get("value"))
    for author in entry.get("authors", ()):
        item.add("dc:creator", author.get("name"))
    item.raw = repr(dict(entry)).encode()[:MOST_RAW]
    return item
