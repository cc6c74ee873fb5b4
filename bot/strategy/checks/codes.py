"""The codes of the checks, each with its page: what it is, why it matters, how to answer it.

The first digit is the element of PRESS 2015 (McGowan et al., J Clin Epidemiol 2016;75:40): 1 the
translation of the question, 2 Boolean and proximity operators, 3 subject headings, 4 text words,
5 spelling, syntax and line numbers, 6 limits and filters.  A code keeps its meaning for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

ELEMENTS = {
    "1": "translation of the question",
    "2": "Boolean and proximity operators",
    "3": "subject headings",
    "4": "text words",
    "5": "spelling, syntax and line numbers",
    "6": "limits and filters",
}

_GUIDE = "PubMed User Guide"
_PRESS = "PRESS 2015"
_NOT_INDEXED = (
    "a new record has no headings: those of PMID 42618727 came 13 days after the record itself"
)


class Page(NamedTuple):
    """What there is to say of a code; `before` has the finding, `after` has it no more."""

    level: Literal["error", "warning", "note"]
    title: str
    why: str  #: Why it matters, one sentence.
    source: str
    before: str
    after: str


CODES: Mapping[str, Page] = {
    "LB101": Page(
        "warning", "a concept has one term only",
        "authors name one thing in many ways, and each synonym left out loses their studies",
        _PRESS, '(asthma*[tiab] OR "Asthma"[mh]) AND budesonide[tiab]',
        '(asthma*[tiab] OR "Asthma"[mh]) AND (budesonide[tiab] OR "Budesonide"[mh])',
    ),
    "LB102": Page(
        "warning", "a term stands in another concept than its relatives",
        "a concept that accepts words of another one is met by records that have only the other",
        _PRESS,
        '(asthma*[tiab] OR "Asthma"[mh]) AND (yoga[tiab] OR "Yoga"[mh] OR "asthmatic"[tiab])',
        '(asthma*[tiab] OR "Asthma"[mh]) AND (yoga[tiab] OR "Yoga"[mh])',
    ),
    "LB103": Page(
        "warning", "a term stands in another branch of MeSH than all others of its concept",
        "a term without relation to its concept brings records that nobody asked for",
        _PRESS, '"Asthma"[mh] OR asthma*[tiab] OR "Solanum lycopersicum"[mh]',
        '"Asthma"[mh] OR asthma*[tiab]',
    ),
    "LB201": Page(
        "warning", "AND and OR are mixed without parentheses",
        "PubMed reads strictly from left to right: a OR b AND c is (a OR b) AND c",
        _GUIDE, "asthma*[tiab] AND yoga[tiab] OR pilates[tiab]",
        "asthma*[tiab] AND (yoga[tiab] OR pilates[tiab])",
    ),
    "LB202": Page(
        "warning", "NOT may remove relevant records",
        "a record that has both the wanted and the unwanted word is lost with the others",
        _PRESS, "(asthma*[tiab] OR wheez*[tiab]) NOT child*[tiab]",
        "asthma*[tiab] OR wheez*[tiab]",
    ),
    "LB203": Page(
        "warning", "OR joins groups that each look like a concept",
        "two concepts joined by OR find everything on either of them",
        _PRESS, '(asthma*[tiab] OR "Asthma"[mh]) OR (yoga[tiab] OR "Yoga"[mh])',
        '(asthma*[tiab] OR "Asthma"[mh]) AND (yoga[tiab] OR "Yoga"[mh])',
    ),
    "LB204": Page(
        "warning", "AND joins terms for the same thing",
        "a record then needs both, and many have only one of them",
        _PRESS, '(asthma*[tiab] AND "Asthma"[mh]) OR wheez*[tiab]',
        '(asthma*[tiab] OR "Asthma"[mh]) OR wheez*[tiab]',
    ),
    "LB205": Page(
        "warning", "an operator is not in upper case",
        "PubMed takes operators only in upper case; otherwise they are words, or ignored",
        _GUIDE, "asthma*[tiab] or wheez*[tiab]", "asthma*[tiab] OR wheez*[tiab]",
    ),
    "LB206": Page(
        "warning", "an operator is a sign",
        "& and | are read as AND and OR, which a reader hardly sees",
        _GUIDE, "(asthma*[tiab] | wheez*[tiab])", "(asthma*[tiab] OR wheez*[tiab])",
    ),
    "LB207": Page(
        "warning", "an operator is missing",
        "PubMed puts AND between terms without an operator, which narrows an OR list to nothing",
        _GUIDE, "asthma*[tiab] wheez*[tiab]", "asthma*[tiab] OR wheez*[tiab]",
    ),
    "LB208": Page(
        "error", "proximity is written so that PubMed cannot read it",
        "proximity needs quotes, one of the fields ti, tiab and ad, and a number",
        _GUIDE, "foot ulcer[tiab:~2]", '"foot ulcer"[tiab:~2]',
    ),
    "LB209": Page(
        "error", "a wildcard stands inside proximity",
        "PubMed then ignores the distance and looks for the phrase",
        _GUIDE, '"ulcer* foot"[tiab:~2]', '"ulcer foot"[tiab:~2] OR "ulcers foot"[tiab:~2]',
    ),
    "LB301": Page(
        "warning", "a concept is searched by headings or filters only",
        f"records not yet indexed are missed: {_NOT_INDEXED}",
        "Sampson and McGowan 2006",
        '"Asthma"[mh] AND (yoga[tiab] OR "Yoga"[mh])',
        '("Asthma"[mh] OR asthma*[tiab]) AND (yoga[tiab] OR "Yoga"[mh])',
    ),
    "LB302": Page(
        "warning", "a concept is searched by text words only",
        "an indexed record may be on the subject and not have the words",
        "Sampson and McGowan 2006", "asthma*[tiab] OR wheez*[tiab]",
        'asthma*[tiab] OR wheez*[tiab] OR "Asthma"[mh]',
    ),
    "LB303": Page(
        "warning", "MeSH has no heading of this name",
        "PubMed finds nothing with a heading that does not exist, or something else",
        "Salvador-Oliván et al. 2019", '"Astma"[mh] OR asthma*[tiab]',
        '"Asthma"[mh] OR asthma*[tiab]',
    ),
    "LB304": Page(
        "warning", "a heading is not exploded",
        "records on narrower subjects have only the narrower heading, and are missed",
        "Sampson and McGowan 2006", "Asthma[mh:noexp] OR asthma*[tiab]",
        "Asthma[mh] OR asthma*[tiab]",
    ),
    "LB305": Page(
        "warning", "a heading is restricted by a subheading",
        "indexers may choose another subheading or none; the heading alone finds all of them",
        _PRESS, '"Asthma/drug therapy"[mh] OR asthma*[tiab]', '"Asthma"[mh] OR asthma*[tiab]',
    ),
    "LB306": Page(
        "warning", "a heading must be the main topic",
        "records that treat the subject among others are missed",
        _PRESS, '"Asthma"[majr] OR asthma*[tiab]', '"Asthma"[mh] OR asthma*[tiab]',
    ),
    "LB307": Page(
        "warning", "a heading is truncated",
        "truncation turns off explosion, so that narrower headings are missed",
        _GUIDE, "Asthma*[mh] OR wheez*[tiab]", "Asthma[mh] OR wheez*[tiab]",
    ),
    "LB308": Page(
        "note", "a word is a heading too, and is not searched as such",
        "an indexed record may be on the subject and not have the word",
        "Salvador-Oliván et al. 2019", "asthma[tiab] OR wheez*[tiab]",
        'asthma[tiab] OR wheez*[tiab] OR "Asthma"[mh]',
    ),
    "LB309": Page(
        "note", "a heading is found by a broader one already",
        "PubMed explodes headings; one that is below another of the same OR finds nothing more",
        _GUIDE, '"Psychotherapy"[mh] OR "Psychoanalysis"[mh] OR "Psychoanalytic Therapy"[mh]',
        '"Psychotherapy"[mh]',
    ),
    "LB310": Page(
        "note", "no text word of the concept resembles this heading",
        f"what only this heading says is missed before indexing: {_NOT_INDEXED}",
        "Sampson and McGowan 2006", '"Asthma"[mh] OR "Respiratory Sounds"[mh] OR asthma*[tiab]',
        '"Asthma"[mh] OR "Respiratory Sounds"[mh] OR asthma*[tiab] OR "breath sounds"[tiab:~0]',
    ),
    "LB401": Page(
        "warning", "a term has no field",
        "PubMed maps it to headings, journals and authors as it sees fit, and changes that",
        _GUIDE, "asthma OR wheez*[tiab]", "asthma[tiab] OR wheez*[tiab]",
    ),
    "LB402": Page(
        "warning", "a phrase may be missing in the phrase index",
        "PubMed finds a phrase only if its index holds it, and else takes it apart or drops it",
        _GUIDE, '"foot ulcer"[tiab] OR asthma*[tiab]', '"foot ulcer"[tiab:~0] OR asthma*[tiab]',
    ),
    "LB403": Page(
        "warning", "fewer than four characters stand before a wildcard",
        "PubMed then searches the bare word: cat*[tiab] finds cat, without a warning",
        "NLM on wildcards, 2024", "cat*[tiab] OR feline*[tiab]",
        "cat[tiab] OR cats[tiab] OR feline*[tiab]",
    ),
    "LB404": Page(
        "error", "there are more than 256 wildcards",
        "PubMed answers 257 of them with a failure of its search backend",
        "NLM on wildcards, 2024", " OR ".join(f"word{n}*[tiab]" for n in range(257)),
        " OR ".join(f"word{n}*[tiab]" for n in range(256)),
    ),
    "LB405": Page(
        "note", "a stem is very short",
        "a short stem finds many words that have nothing to do with the subject",
        _PRESS, "cell*[tiab] OR lymphocyt*[tiab]", "cells[tiab] OR lymphocyt*[tiab]",
    ),
    "LB406": Page(
        "note", "a word has other forms that nothing here finds",
        "PubMed does not stem: asthma[tiab] does not find asthmatic",
        "Salvador-Oliván et al. 2019", 'asthma[tiab] OR "Asthma"[mh]',
        'asthma*[tiab] OR "Asthma"[mh]',
    ),
    "LB407": Page(
        "warning", "the plural or the singular is missing",
        "PubMed does not stem: one form does not find the other",
        "Salvador-Oliván et al. 2019", 'ulcer[tiab] OR "Ulcer"[mh]',
        'ulcer[tiab] OR ulcers[tiab] OR "Ulcer"[mh]',
    ),
    "LB408": Page(
        "warning", "a compound is written in one way only",
        "to PubMed a hyphen is a space: it finds long-term and long term alike, but not longterm",
        _GUIDE, '"long term"[tiab:~0] OR chronic*[tiab]',
        '"long term"[tiab:~0] OR longterm[tiab] OR chronic*[tiab]',
    ),
    "LB409": Page(
        "warning", "only the British or only the American spelling is there",
        "PubMed does not know that both are one word",
        "Sampson and McGowan 2006", "tumour*[tiab] OR cancer*[tiab]",
        "tumour*[tiab] OR tumor*[tiab] OR cancer*[tiab]",
    ),
    "LB410": Page(
        "warning", "a stem has no wildcard",
        "PubMed looks for the bare letters, which are no word",
        "Sampson and McGowan 2006", "carcinom[tiab] OR cancer*[tiab]",
        "carcinom*[tiab] OR cancer*[tiab]",
    ),
    "LB411": Page(
        "warning", "a word is searched in titles only",
        "most studies say in the abstract what their title leaves out",
        _PRESS, "asthma*[ti] OR wheez*[tiab]", "asthma*[tiab] OR wheez*[tiab]",
    ),
    "LB412": Page(
        "warning", "a term stands in a field that does not fit its concept",
        "a topic is not found in the names of authors, journals or places",
        "Salvador-Oliván et al. 2019", "asthma*[au] OR wheez*[tiab]",
        "asthma*[tiab] OR wheez*[tiab]",
    ),
    "LB501": Page(
        "error", "the strategy cannot be read",
        "PubMed guesses at what is broken, and seldom says so",
        _GUIDE, "(asthma*[tiab] OR wheez*[tiab]", "(asthma*[tiab] OR wheez*[tiab])",
    ),
    "LB502": Page(
        "error", "PubMed has no such field",
        "a tag that PubMed does not know is searched as words, or ignored",
        _GUIDE, "asthma*[ab] OR wheez*[tiab]", "asthma*[tiab] OR wheez*[tiab]",
    ),
    "LB503": Page(
        "warning", "a word looks misspelt",
        "a misspelt word finds only the records that are misspelt alike",
        "Sampson and McGowan 2006", 'asthmma[tiab] OR "Asthma"[mh]', 'asthma[tiab] OR "Asthma"[mh]',
    ),
    "LB504": Page(
        "error", "a number refers to a line of a search history",
        "the history is not in this file; PubMed searches the number as a word",
        "Sampson and McGowan 2006", "#1 AND #2", "asthma*[tiab] AND yoga[tiab]",
    ),
    "LB505": Page(
        "warning", "a term stands here twice",
        "it finds nothing more, and may stand in place of another that was meant",
        "Sampson and McGowan 2006", "asthma*[tiab] OR wheez*[tiab] OR asthma*[tiab]",
        "asthma*[tiab] OR wheez*[tiab]",
    ),
    "LB506": Page(
        "note", "a term is found by another one already",
        "it finds nothing more, and makes the strategy longer to read",
        "Salvador-Oliván et al. 2019", "asthma*[tiab] OR asthmatic[tiab]", "asthma*[tiab]",
    ),
    "LB507": Page(
        "error", "this is the syntax of another database",
        "PubMed takes it for words, or leaves it out",
        "Sampson and McGowan 2006", "(asthma adj3 child).ti,ab.", '"asthma child"[tiab:~3]',
    ),
    "LB508": Page(
        "error", "a tag stands inside the quotes",
        "PubMed then looks for the letters of the tag as a word",
        "Salvador-Oliván et al. 2019", '"foot ulcer[tiab]" OR wheez*[tiab]',
        '"foot ulcer"[tiab:~0] OR wheez*[tiab]',
    ),
    "LB509": Page(
        "error", "a date or a range cannot be read",
        "PubMed drops it, or searches its digits as words",
        _GUIDE, "asthma*[tiab] AND 2024/13/01[dp]", "asthma*[tiab] AND 2024/12/01[dp]",
    ),
    "LB510": Page(
        "note", "the strategy is very long",
        "PubMed's web address takes about 2,000 characters, other programs little more",
        _PRESS, " OR ".join(f"{'word' * 5}{n}[tiab]" for n in range(400)), "asthma*[tiab]",
    ),
    "LB511": Page(
        "error", "a quotation mark is typographic",
        "PubMed knows only straight ones, and reads others as letters",
        _GUIDE, "\u201cfoot ulcer\u201d[tiab:~0]", '"foot ulcer"[tiab:~0]',
    ),
    "LB512": Page(
        "error", "a character cannot be seen",
        "it parts words or joins them, and no reader can tell why nothing is found",
        _GUIDE, "asthma\u200b*[tiab] OR wheez*[tiab]", "asthma*[tiab] OR wheez*[tiab]",
    ),
    "LB513": Page(
        "error", "a field has no such modifier",
        "PubMed knows noexp for headings and ~ with a number for proximity, and drops all else",
        _GUIDE, '"Asthma"[mh:no exp] OR asthma*[tiab]', '"Asthma"[mh:noexp] OR asthma*[tiab]',
    ),
    "LB514": Page(
        "warning", "a field has no such value",
        "PubMed finds nothing with it, or drops it and finds everything",
        _GUIDE, "asthma*[tiab] AND Randomized Control Trial[pt]",
        "asthma*[tiab] AND Randomized Controlled Trial[pt]",
    ),
    "LB601": Page(
        "warning", "a limit to a language",
        "studies in other languages are lost, and records whose language nobody has told yet",
        _PRESS, "(asthma*[tiab] OR wheez*[tiab]) AND english[la]",
        "asthma*[tiab] OR wheez*[tiab]",
    ),
    "LB602": Page(
        "warning", "a limit to dates",
        "a query that is run again and again asks for what is new by itself",
        _PRESS, "(asthma*[tiab] OR wheez*[tiab]) AND 2015:2024[dp]",
        "asthma*[tiab] OR wheez*[tiab]",
    ),
    "LB603": Page(
        "warning", "a limit to a species or a sex",
        f"it is a heading, and {_NOT_INDEXED}",
        _PRESS, "(asthma*[tiab] OR wheez*[tiab]) AND humans[mh]",
        "asthma*[tiab] OR wheez*[tiab]",
    ),
    "LB604": Page(
        "warning", "a limit to an age",
        f"it is a heading, and {_NOT_INDEXED}",
        _PRESS, "(asthma*[tiab] OR wheez*[tiab]) AND adult[mh]",
        "asthma*[tiab] OR wheez*[tiab]",
    ),
    "LB605": Page(
        "warning", "a limit to a publication type",
        "most types are given at indexing, so that new studies are missed for weeks",
        _PRESS, "(asthma*[tiab] OR wheez*[tiab]) AND randomized controlled trial[pt]",
        "(asthma*[tiab] OR wheez*[tiab]) AND (randomized controlled trial[pt] OR random*[tiab])",
    ),
    "LB606": Page(
        "warning", "a filter",
        "what a filter leaves out has nothing to do with the question",
        _PRESS, "(asthma*[tiab] OR wheez*[tiab]) AND free full text[sb]",
        "asthma*[tiab] OR wheez*[tiab]",
    ),
}  # fmt: skip


def explained(code: str) -> str:
    """The page of a code, for a reader."""
    page = CODES[code]
    before, after = (text if len(text) < 200 else f"{text[:80]} ..." for text in page[4:])
    return f"""\
{code}: {page.title}
{page.level}; PRESS 2015, element {code[2]}: {ELEMENTS[code[2]]}

It matters because {page.why}.
Source: {page.source}

Before  {before}
After   {after}

Where it is meant so, say it in the query's `why`, in a line that begins with the code:
  why:
    - "[{code}] the reason in a sentence"
It answers every {code} of that query.  With words after the code it answers only those whose text
has one of them:
    - "[{code}: first word, second word] the reason in a sentence"
"""
