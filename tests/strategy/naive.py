"""PubMed's language read a second time, from its documentation: slow, plain, and on its own.

It shares the parsed tree, the model and the tree of headings with `bot.strategy`, and nothing of how
words, names and dates are compared.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache

from bot.model import Answer, Author, Record
from bot.strategy.mesh import Tree
from bot.strategy.tree import And, Node, Not, Or, Range, Term

_STOP = """
a about again all almost also although always among an and another any are as at be because been
before being between both but by can could did do does done due during each either enough
especially etc for found from further had has have having here how however i if in into is it its
itself just kg km made mainly make may mg might ml mm most mostly must nearly neither no nor
obtained of often on our overall perhaps pmid quite rather really regarding seem seen several
should show showed shown shows significantly since so some such than that the their theirs them
then there therefore these they this those through thus to upon use used using various very was we
were what when which while with within without would
"""
STOP = set(_STOP.split())
_TRIALS = ["equivalence trial", "pragmatic clinical trial"]
_CONTROLLED = ["randomized controlled trial", *_TRIALS]
_CLINICAL = ["controlled clinical trial", "adaptive clinical trial", *_CONTROLLED]
_CLINICAL += [f"clinical trial phase {number}" for number in ("i", "ii", "iii", "iv")]
TYPES_BELOW = {
    "clinical study": ["clinical trial", "observational study", *_CLINICAL],
    "clinical trial": _CLINICAL,
    "controlled clinical trial": _CONTROLLED,
    "randomized controlled trial": _TRIALS,
    "review": ["systematic review", "scoping review"],
    "meta analysis": ["network meta analysis"],
    "guideline": ["practice guideline"],
    "consensus development conference": ["consensus development conference nih"],
    "biography": ["autobiography"],
    "evaluation studies": ["evaluation study"],
    "evaluation study": ["evaluation studies"],
    "validation studies": ["validation study"],
    "validation study": ["validation studies"],
    "congresses": ["congress"],
    "congress": ["congresses"],
}
_THERAPIES = """diet therapy, drug therapy, nursing, prevention & control, radiotherapy,
rehabilitation, surgery, transplantation"""
_USES = "administration & dosage, adverse effects, contraindications, poisoning, toxicity"
SUBHEADINGS_BELOW = {
    "therapy": " ".join(_THERAPIES.split()).split(", "),
    "therapeutic use": _USES.split(", "),
    "adverse effects": ["poisoning", "toxicity"],
    "analysis": ["blood", "cerebrospinal fluid", "isolation & purification", "urine"],
    "complications": ["secondary"],
    "epidemiology": ["ethnology", "mortality"],
    "microbiology": ["virology"],
    "surgery": ["transplantation"],
}
ORDER: list[Answer] = ["no", "unknown", "yes"]
LANGUAGES = {"english": "eng", "german": "ger", "french": "fre", "chinese": "chi"}


@cache
def greek(letter: str) -> str:
    name = unicodedata.name(letter, "")
    found = re.fullmatch(r"GREEK SMALL LETTER (\w+)", name)
    return found[1].lower().replace("lamda", "lambda") if found else LATIN.get(name, letter)


#: Letters that are no other letter with an accent, and how one writes them without.
LATIN = {
    **{f"LATIN SMALL LETTER {one} WITH STROKE": one.lower() for one in "DHLOT"},
    "LATIN SMALL LETTER AE": "ae",
    "LATIN SMALL LIGATURE OE": "oe",
    "LATIN SMALL LETTER DOTLESS I": "i",
    "LATIN SMALL LETTER ETH": "d",
    "LATIN SMALL LETTER THORN": "th",
}


def plain(text: str) -> str:
    """No case, no accents; Greek letters by their names."""
    text = unicodedata.normalize("NFKD", text).casefold()
    if text.isascii():
        return text
    return "".join(greek(one) for one in text if not unicodedata.combining(one))


def split(text: str) -> list[str]:
    """Words: letters and digits; everything else is a space."""
    return "".join(one if one.isalnum() else " " for one in plain(text)).split()


short = cache(split)  # of names, which come again and again


@cache
def starred(text: str) -> list[str]:
    """The words of a term; `*` stays where four letters stand before the first one."""
    if len("".join(split(text.partition("*")[0]))) < 4:
        text = text.replace("*", " ")
    words = "".join(one if one.isalnum() or one == "*" else " " for one in plain(text)).split()
    return [word for word in words if word.strip("*")]


@cache
def side_by_side(text: str) -> re.Pattern[str]:
    """The words of a term next to each other, between spaces; `*` is any letters."""
    words = [re.escape(word).replace(r"\*", "[^ ]*") for word in starred(text)]
    return re.compile(f" {' '.join(words)} ")


@cache
def across(text: str) -> re.Pattern[str]:
    """The same where `*` may also stand for spaces, which is not documented."""
    words = [re.escape(word).replace(r"\*", ".*") for word in starred(text)]
    return re.compile(f" {' '.join(words)} ")


class Naive:
    """Answers about one record, each term once."""

    def __init__(self, record: Record, mesh: Tree, today: date | None, *, strict: bool) -> None:
        self.record = record
        self.mesh = mesh
        self.today = today
        self.strict = strict
        self.known: dict[Term | Range, Answer] = {}
        self.split: dict[str, list[str]] = {}

    def answer(self, node: Node) -> Answer:
        """Kleene: no < unknown < yes; AND is the least, OR the greatest, NOT the opposite."""
        match node:
            case Term() | Range():
                if node not in self.known:
                    self.known[node] = self.leaf(node)
                return self.known[node]
            case And():
                operands = [one for one in node.operands if not left_out(one)] or node.operands
                answers = [self.answer(one) for one in operands]
                return "no" if "no" in answers else "unknown" if "unknown" in answers else "yes"
            case Or():
                answers = [self.answer(one) for one in node.operands]
                return "yes" if "yes" in answers else "unknown" if "unknown" in answers else "no"
            case Not():
                left, right = self.answer(node.left), self.answer(node.right)
                if left == "no" or right == "yes":
                    return "no"
                return "unknown" if "unknown" in (left, right) else "yes"

    def leaf(self, node: Term | Range) -> Answer:
        if isinstance(node, Range):
            return self.between(node)
        tag = node.tag or "none"
        reader: Callable[[Term], Answer] | None = getattr(self, f"read_{tag}", None)
        answer: Answer = "unknown"
        if tag in ("crdt", "edat", "dp", "mhda", "lr"):
            answer = self.day(node)
        elif reader is not None:
            answer = reader(node)
        indexed = self.record.mesh or self.record.status in ("MEDLINE", "PubMed-not-MEDLINE")
        later = ("none", "all", "tw", "mh", "majr", "sh", "nm", "pa", "rn", "ps", "pt", "dcom")
        if answer == "no" and self.strict and not indexed and tag in later:
            return "unknown"
        return answer

    # Words

    def read_ti(self, term: Term) -> Answer:
        return self.words(term, ("title",), complete=True)

    def read_tiab(self, term: Term) -> Answer:
        return self.words(term, ("title", "abstract", "keywords"), complete=self.complete)

    def read_ot(self, term: Term) -> Answer:
        return self.words(term, ("keywords",), complete=self.record.keywords is not None)

    def read_ad(self, term: Term) -> Answer:
        return self.words(term, ("ad",), complete=self.record.affiliations is not None)

    def read_tw(self, term: Term) -> Answer:
        fields = ("title", "abstract", "keywords", "indexing")
        return self.words(term, fields, complete=self.complete)

    def read_all(self, term: Term) -> Answer:
        fields = ("title", "abstract", "keywords", "indexing", "ad", "rest")
        complete = self.complete and self.record.affiliations is not None
        found = self.words(term, fields, complete=complete)
        mapped = "*" not in term.text and not term.quoted  # to a heading and its synonyms
        return "unknown" if found == "no" and mapped and not left_out(term) else found

    def read_none(self, term: Term) -> Answer:
        flag = None if term.quoted else self.flag(term.text.lower())
        if flag:
            return flag
        found = self.read_all(term)
        if found == "no" and "*" not in term.text and not left_out(term):
            return "unknown"  # quotes are ignored for a phrase that the index does not hold
        return found

    @property
    def complete(self) -> bool:
        return self.record.abstract is not None and self.record.keywords is not None

    def words(self, term: Term, fields: tuple[str, ...], *, complete: bool) -> Answer:
        if left_out(term):
            return "no"
        if "~" in term.modifier:
            distance = term.modifier.removeprefix("~")
            if term.tag not in ("ti", "tiab", "ad") or not term.quoted or not distance.isdigit():
                return "unknown"
            if "*" not in term.text:
                near = short(term.text), int(distance)
                found = any(close(text, *near) for text in self.texts(fields))
                return "yes" if found else "no" if complete else "unknown"
        found = any(stands_in(text, term.text) for text in self.texts(fields))
        return "yes" if found else "no" if complete else "unknown"

    def texts(self, fields: tuple[str, ...]) -> list[str]:
        return [words for field in fields for words in self.field(field)]

    def field(self, name: str) -> list[str]:
        """The words of each text between spaces."""
        if name not in self.split:
            self.split[name] = [f" {' '.join(split(text))} " for text in self.raw(name)]
        return self.split[name]

    def raw(self, name: str) -> list[str]:
        record = self.record
        match name:
            case "title":
                return [record.title]
            case "abstract":
                both = (record.abstract or (), record.other_abstract)
                return [" ".join(f"{one.label} {one.text}" for one in some) for some in both]
            case "keywords":
                return list(record.keywords or ())
            case "ad":
                return list(record.affiliations or ())
            case "indexing":
                headings = [one.descriptor for one in record.mesh]
                headings += [qualifier for one in record.mesh for qualifier in one.qualifiers]
                groups = [author.collective for author in record.authors]
                notes = [link.citation for link in record.links if link.kind != "Cites"]
                some = [*record.substances, *record.publication_types, *record.registrations]
                return [*headings, *groups, *notes, *some]
            case _:
                people = [f"{one.fore} {one.last}" for one in record.authors]
                people += [one.name for one in record.authors]
                numbers = [record.pmid, record.doi, record.pmcid, record.pii, *record.grants]
                issue = [record.volume, record.issue, record.pages, *record.issns]
                names = [record.journal, record.journal_abbreviation, record.vernacular_title]
                others = [record.conflict_statement, *(record.languages or ())]
                return [*people, *numbers, *issue, *names, *others]

    # Indexing

    def read_mh(self, term: Term) -> Answer:
        if not self.record.mesh:
            return "no"
        name, _, qualifier = term.text.partition("/")
        truncated, exact = "*" in name, term.modifier == "noexp"
        names = [short(name)]
        if not truncated and not exact:
            names += [short(below) for below in self.mesh.below(name)]
        best: Answer = "no"
        for heading in self.record.mesh:
            if term.tag == "majr" and not heading.major:
                continue
            words = short(heading.descriptor)
            fits = is_whole(words, name) if truncated else yes(words in names)
            if qualifier.strip():
                fits = min(fits, has(heading.qualifiers, qualifier, exact), key=ORDER.index)
            best = max(best, fits, key=ORDER.index)
        sure = truncated or self.mesh.knows(name) or (term.quoted and exact)
        return best if sure or best == "yes" else "unknown"

    read_majr = read_mh

    def read_sh(self, term: Term) -> Answer:
        exact = term.modifier == "noexp"
        found = [has(one.qualifiers, term.text, exact) for one in self.record.mesh]
        return max(found, key=ORDER.index, default="no")

    def read_nm(self, term: Term) -> Answer:
        if not self.record.substances:
            return "no"
        found = [is_whole(short(one), term.text) for one in self.record.substances]
        if "yes" in found:
            return "yes"
        plain_name = not term.quoted and "*" not in term.text
        return "unknown" if plain_name or "unknown" in found else "no"

    def read_pt(self, term: Term) -> Answer:
        types = [short(one) for one in self.record.publication_types]
        names = [term.text]
        if "*" not in term.text and term.modifier != "noexp":
            names += TYPES_BELOW.get(" ".join(short(term.text)), [])
            names += self.mesh.below(term.text)
        found = [is_whole(one, name) for one in types for name in names]
        return max(found, key=ORDER.index, default="no")

    # Names

    def read_au(self, term: Term) -> Answer:
        return self.authors(term, self.record.authors)

    def read_1au(self, term: Term) -> Answer:
        return self.authors(term, self.people[:1])

    def read_lastau(self, term: Term) -> Answer:
        return self.authors(term, self.people[-1:])

    @property
    def people(self) -> tuple[Author, ...]:
        """The personal authors; outside of PubMed a group's name may be all their names."""
        people = [one for one in self.record.authors if one.last]
        return tuple(people) if people or self.record.status else self.record.authors

    def authors(self, term: Term, authors: tuple[Author, ...]) -> Answer:
        if not authors:
            return "no" if self.record.status else "unknown"
        answers = {author_is(term, author) for author in authors}
        return "yes" if "yes" in answers else "unknown" if "unknown" in answers else "no"

    def read_ta(self, term: Term) -> Answer:
        record = self.record
        if re.fullmatch(r"\d{4}-\d{3}[\dXx]", term.text):
            issns = {one.upper() for one in record.issns}  # in print, online, or both
            if term.text.upper() in issns:
                return "yes"
            return "no" if len(issns) > 1 else "unknown"
        names = [name for name in (record.journal, record.journal_abbreviation) if name]
        wanted = re.sub(r"^the ", "", term.text, flags=re.IGNORECASE)
        words = [short(re.sub(r"^the ", "", name, flags=re.IGNORECASE)) for name in names]
        found = [is_whole(one, wanted) for one in words]
        if "yes" in found:
            return "yes"
        return "no" if found == ["no", "no"] else "unknown"

    def read_la(self, term: Term) -> Answer:
        asked = LANGUAGES.get(term.text.lower(), term.text.lower())
        codes = self.record.languages or ()
        if asked in codes:
            return "yes"
        return (
            "unknown" if not codes or "und" in codes or "mul" in codes or len(asked) != 3 else "no"
        )

    # Dates and numbers

    def between(self, node: Range) -> Answer:
        if node.tag not in ("crdt", "edat", "dp", "mhda", "lr"):
            return "unknown"
        low, high, known = first(node.low), last(node.high), self.dates_of(node.tag)
        if not (low and high and known):
            return "unknown"
        return self.in_span(node.tag, known, low, high)

    def in_span(self, tag: str, known: list[date], low: date, high: date) -> Answer:
        """A range finds both dates of publication; only PubMed tells both of them."""
        if any(low <= one <= high for one in known):
            return "yes"
        open_ = tag == "dp" and not self.record.status
        near = years(known[0], 1) >= low and years(known[0], -1) <= high
        return "unknown" if open_ and near else "no"

    def day(self, term: Term) -> Answer:
        known = self.dates_of(term.tag)
        since = re.fullmatch(r"last (\d+) (day|month|year)s?", term.text)
        if since:
            if not self.today or not known:
                return "unknown"
            begin = back(self.today, int(since[1]), since[2])
            return self.in_span(term.tag, known, begin, date.max)
        low, high = first(term.text), last(term.text)
        if not (low and high and known):
            return "unknown"
        in_time = [known[0], *(one for one in known[1:] if one <= known[0])]
        answer = self.in_span(term.tag, in_time, low, high)
        if answer == "no" and len(in_time) < len(known) and low <= known[1] <= high:
            return "no" if low == high else "unknown"  # only of a day it is said
        return answer

    def dates_of(self, tag: str) -> list[date]:
        """The first is that of print, the second the electronic one."""
        record = self.record
        texts = {"crdt": [record.created], "edat": [record.entered], "lr": [record.revised]}
        texts["mhda"] = [record.indexed or record.entered]
        texts["dp"] = [record.published, record.also_published]
        if record.also_published and record.published.startswith(record.also_published):
            texts["dp"].reverse()
        return [day for text in texts[tag] if (day := first(text))]

    def read_pmid(self, term: Term) -> Answer:
        return yes(bool(self.record.pmid) and self.record.pmid in term.text.split())

    def read_aid(self, term: Term) -> Answer:
        if term.text.startswith("10.") and self.record.doi:
            return yes(term.text.lower() == self.record.doi)
        if term.text in (self.record.pii, self.record.pmcid):
            return "yes"
        return "no" if self.record.status else "unknown"

    read_lid = read_aid

    def read_vi(self, term: Term) -> Answer:
        if not self.record.volume:
            return "no" if self.record.status else "unknown"
        return yes(split(term.text) == split(self.record.volume))

    # Flags and filters

    def flag(self, name: str) -> Answer | None:
        record = self.record
        if name == "hasabstract":
            return "unknown" if record.abstract is None else yes(bool(record.abstract))
        if name == "haskeyword":
            return "unknown" if record.keywords is None else yes(bool(record.keywords))
        if name == "haserratumin":
            if any(link.kind == "ErratumIn" for link in record.links):
                return "yes"
            return "no" if record.status else "unknown"
        return None

    def read_sb(self, term: Term) -> Answer:
        states = {"medline": "MEDLINE", "inprocess": "In-Process"}
        state = self.record.status
        if term.text not in states or not state:
            return "unknown"
        if term.text == "inprocess" and state == "In-Data-Review":
            return "unknown"
        return yes(states[term.text] == state)


def left_out(node: Node) -> bool:
    """Nothing but stop words, in a field of words, without proximity."""
    if not isinstance(node, Term) or node.modifier:
        return False
    fields = ("", "all", "tw", "tiab", "ti", "ot", "ad")
    return node.tag in fields and all(word in STOP for word in starred(node.text))


def stands_in(text: str, wanted: str) -> bool:
    """Are the wanted words side by side among these, which stand between spaces?"""
    return side_by_side(wanted).search(text) is not None


def whole(words: list[str], wanted: str) -> bool:
    return side_by_side(wanted).fullmatch(f" {' '.join(words)} ") is not None


def is_whole(words: list[str], wanted: str) -> Answer:
    if whole(words, wanted):
        return "yes"
    return "unknown" if across(wanted).fullmatch(f" {' '.join(words)} ") else "no"


def close(text: str, wanted: list[str], between: int) -> bool:
    """All in a window with at most `between` other words."""
    if any(f" {word} " not in text for word in wanted):
        return False
    words, size = text.split(), len(set(wanted)) + between
    return any(set(wanted) <= set(words[at : at + size]) for at in range(len(words)))


def has(qualifiers: tuple[str, ...], wanted: str, exact: bool) -> Answer:
    name = wanted.strip().lower()
    if "*" in name:
        return max(
            (is_whole(short(one), name) for one in qualifiers), key=ORDER.index, default="no"
        )
    below = [] if exact else SUBHEADINGS_BELOW.get(name, [])
    return yes(any(one.lower() in (name, *below) for one in qualifiers))


def author_is(term: Term, author: Author) -> Answer:
    asked = starred(term.text)
    if author.collective:
        group = f" {' '.join(short(author.collective))} "
        if stands_in(group, term.text):
            return "yes"
        return "unknown" if stands_in(group, term.text.split()[0]) else "no"
    last, initials, fore = (short(one) for one in (author.last, author.initials, author.fore))
    forms = (last, last + initials, fore + last, last + fore)
    found = [is_whole(form, term.text) for form in forms]
    if "yes" in found or "unknown" in found:
        return "yes" if "yes" in found else "unknown"
    if term.quoted or "*" in term.text:
        return "no"
    begun = asked[: len(last)] == last and " ".join(last + initials).startswith(" ".join(asked))
    return yes(begun or (last + fore)[: len(asked)] == asked)


def first(text: str) -> date | None:
    found = re.fullmatch(r"(\d{4})(?:[-/](\d\d?))?(?:[-/](\d\d?))?", text)
    if not found:
        return None
    year, month, day = (int(part or 1) for part in found.groups())
    return date(year, month, day)


def last(text: str) -> date | None:
    begin = first(text)
    if begin is None:
        return None
    parts = len(re.split("[-/]", text))
    if parts == 1:
        return date(begin.year, 12, 31)
    if parts == 2:
        return begin.replace(day=calendar.monthrange(begin.year, begin.month)[1])
    return begin


def back(today: date, number: int, unit: str) -> date:
    if unit == "day":
        return today - timedelta(days=number)
    if unit == "year":
        return today.replace(year=today.year - number)
    months = today.year * 12 + today.month - 1 - number
    return today.replace(year=months // 12, month=months % 12 + 1)


def years(day: date, number: int) -> date:
    return date(day.year + number, day.month, min(day.day, 28))


def yes(condition: bool) -> Answer:
    return "yes" if condition else "no"
