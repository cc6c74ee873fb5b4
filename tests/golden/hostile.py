"""Candidates with the titles, abstracts, names and addresses that break digests; all made up."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from bot.digest import Candidate, Digest, arrange
from bot.model import Author, MatchKind, Record, Section
from bot.ports import UNSUBSCRIBE

DUE = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
TITLES = {"ketamine": "Ketamine & psychotherapy", "relapse": "Relapse <after> ketamine"}

HOSTILE_TITLES = (
    "<script>alert(1)</script> and <img src=x onerror=alert(2)>",
    "Cost & benefit, p<0.05 and n>100 &amp; more",
    "Pipes | and | more || pipes",
    "**Bold** *stars* in HLA-B*15:02",
    "_under_ snake_case __dunder__",
    "~tilde~ about ~20 mg",
    "`code` and ```fence```",
    "<!channel> read this, <!here> too, <@U012AB3CD>",
    "@here @channel @everyone: new results",
    "العلاج بالكيتامين بمساعدة العلاج النفسي",
    "Long " + "words about psychotherapy and outcomes " * 10,
    "Emoji 🧠💊👩‍⚕️ in a title",
    "A title\nwith a newline\r\nand a CR\rand a NUL\x00 and BEL\x07",
    "{{ 7*7 }} {% raw %} ${7*7} %s {0}",
    "=?utf-8?q?x?= =?utf-8?b?PGI+?=",
    "W" * 380,
    "]]> <![CDATA[ x ]]> --> <!-- y",
    "[click](https://evil.example) javascript:alert(1) data:text/html,x",
    f"Leave here {UNSUBSCRIBE} please \ue000unsubscribe\ue001",
    "\u202egnorw si siht\u202c \u2066isolated\u2069 \ud800 lone",
    "",
    "  \t ",
    '" onmouseover="alert(1)" x="',
    "' or 1=1; </title></style></table></body></html>",
    "From here\n.\nSubject: injected\nBcc: someone@example.org",
)
HOSTILE_URLS = (
    "https://example.org/study?a=1&b=<script>|\"'",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "http://journal.example.org/only/http",
    "https://user@example.org/looks-like",
    f"https://example.org/{UNSUBSCRIBE}",
    "https://example.org/with space\nnewline",
    "https://bücher.example.org/straße",
    "https://[broken/",
    "",
)
KINDS: tuple[MatchKind, ...] = ("new", "new", "new", "late", "gained", "new", "baseline")


def candidate(place: int) -> Candidate:
    """The candidate with this number: hostile in some way, and always the same."""
    title = HOSTILE_TITLES[place % len(HOSTILE_TITLES)]
    record = Record(
        title=title and f"{title} [{place}]",
        pmid=str(40_000_000 + place) if place % 3 else "",
        doi=f"10.1234/x<y>.{place}" if place % 4 else "",
        url=HOSTILE_URLS[place % len(HOSTILE_URLS)],
        abstract=None if place % 7 == 5 else _abstract(place),
        authors=tuple(
            Author(last=f"Nämé<{n}>", initials="A&B") for n in range(300 if place % 5 == 0 else 3)
        ),
        journal="Journal of *Trials* & <Errors> | " * (1 + place % 3),
        published=("2026-11-12", "2026-11", "2026", "", "Winter <2026>")[place % 5],
        publication_types=("Journal Article", "Randomized Controlled Trial"),
        created=(date(2026, 11, 22) - timedelta(days=place % 6)).isoformat() if place % 2 else "",
    )
    return Candidate(
        record_id=1000 + place,
        record=record,
        queries=("ketamine", "relapse") if place % 2 else ("ketamine",),
        answer="unknown" if record.abstract is None else "yes",
        kind=KINDS[place % len(KINDS)],
        found_in=("PubMed", "The <Journal> | of & @channel"),
        matched_at=DUE - timedelta(hours=place),
        told_as_possible=place % 11 == 3,
    )


def _abstract(place: int) -> tuple[Section, ...]:
    if place % 4 == 0:
        return (Section(text=f"We asked. Scores fell (p<0.05 & n>100). We conclude *{place}*."),)
    long = (
        "Symptoms fell by 12.3 points (95% CI 1.0 to 2.0; p<0.001) in <b>most</b> patients & more. "
    )
    return (
        Section(label="METHODS", text="We did `things` | stuff."),
        Section(label="RESULTS", text=(long * (56 if place % 6 == 1 else 3)).strip()),
        Section(label="CONCLUSIONS", text="It works, <!channel>. ]]> {{ 7*7 }} @here"),
    )


def digest(size: int, **changes: object) -> Digest:
    """A digest of so many hostile candidates, and notes that are no better."""
    arguments: dict[str, object] = {
        "title": "Ketamine & <psychotherapy>",
        "titles": TITLES,
        "due_at": DUE,
        "since": DUE - timedelta(days=7),
        "zone": "Europe/Berlin",
        "searched_through": date(2026, 11, 22),
        "undecided": {"ketamine": 4, "relapse": 0},
        "undecided_command": "litbot query undecided ketamine",
        "failures": ["PubMed was not searched for Relapse since 20 Nov: HTTP 503 <html> & |"],
        "gained_more": 0,
        "feeds": ["Feed of <Journal> silent since 1 Oct: covered by PubMed"],
    }
    return arrange([candidate(place) for place in range(size)], [], **(arguments | changes))  # type: ignore[arg-type]
