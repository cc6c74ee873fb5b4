"""The first text of a saved query: every key with a line that explains it, and a strategy to widen.

The strategy has one group for each concept, with both numbers and both spellings of a compound;
synonyms are for people to add.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from bot import identifiers
from bot.errors import SettingsError
from bot.formats.text import clean
from bot.model import KnownStudy
from bot.saved_queries.entries import NAME, QueryFile, explain
from bot.strategy import checks
from bot.strategy.checks import vocabulary

RESERVED = ("journals",)  # the name of the journal list
_WORD = re.compile(r"[^\W_]+(?:[ '’-][^\W_]+)*\*?")
_APART = re.compile(r"[ -]")
_UNFIT = re.compile(r"[^a-z0-9]+")
_ONE_SPELLING = "LB409"  # the check that names the other spelling
_ONE_FORM = re.compile(r"(?:\*|\d|[A-Z]|ed|ive|ous)$")  # no number to change; MDMA is one, too
#: Names of substances, which have no plural: -amine, -one, -pril, -mab ...
_SUBSTANCE = re.compile(
    r"(?:[aiy]ne|one|en[ei]|ol|[ld]?am|pril|mab|n[ai]b|ide|ate|in|sartan|azole|vir|yl|an)$"
)
_COMMON = 100  # counts in English, where a plural is a word all the same: vaccines, hormones
_SHORTEST_STEM = 4  # letters before a star (PubMed User Guide)


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What its author says of a new query."""

    title: str
    question: str
    owner: str
    target: str
    concepts: tuple[tuple[str, ...], ...]  #: Each with its synonyms.
    known_studies: tuple[KnownStudy, ...] = ()


def name_of(text: str) -> str:
    """The name of a new query.  Raise SettingsError, with one that would do, where it cannot be."""
    if NAME.fullmatch(text) and text not in RESERVED:
        return text
    near = _UNFIT.sub("-", text.lower()).strip("-")
    if text in RESERVED or near in RESERVED:
        raise SettingsError(f"the name {text!r} is that of the journal list; choose another one")
    raise SettingsError(
        f"the name {text!r} may hold only a-z, 0-9 and hyphens; right would be "
        f"{near or 'ketamine-relapse'}"
    )


def concept(text: str) -> tuple[str, ...]:
    """The words of one concept, between commas.  Raise SettingsError for what is no word."""
    words = tuple(filter(None, (_lower(clean(word)) for word in text.split(","))))
    for word in words:
        stem = word.rpartition(" ")[2].removesuffix("*")
        if not _WORD.fullmatch(word) or (word.endswith("*") and len(stem) < _SHORTEST_STEM):
            raise SettingsError(
                f"--word: {word!r} is not a word or several; right would be ketamine, ketamin* "
                "(four letters or more before the star) or 'substance use, addiction'"
            )
    if not words:
        raise SettingsError("--word: is empty; right would be 'ketamine, esketamine'")
    return words


def _lower(words: str) -> str:
    """The words in lower case, but for abbreviations."""
    return " ".join(word if word.isupper() else word.lower() for word in words.split())


def study(text: str) -> KnownStudy:
    """A known study by its PMID or DOI, yet without a citation.  Raise SettingsError for others."""
    if pmid := identifiers.pmid(text):
        return KnownStudy(citation="", pmid=pmid)
    if doi := identifiers.doi(text):
        return KnownStudy(citation="", doi=doi)
    raise SettingsError(
        f"--known: {text!r} is neither a PMID nor a DOI; right would be 30917760 or "
        "10.1080/02791072.2019.1587556"
    )


def written(start: Start, heading: Callable[[str], str]) -> str:
    """The text of the file; `heading` gives the MeSH heading that a word is, or nothing.

    Raise SettingsError with everything that such a file may not say.
    """
    groups = [_group(words, heading) for words in start.concepts]
    strategy = "\n  AND\n".join(groups)
    _check(start, strategy)
    studies = "\n".join(_study(one) for one in start.known_studies)
    return _FILE.format(
        title=_quoted(start.title),
        question=_quoted(start.question),
        owner=_quoted(start.owner),
        target=_quoted(start.target),
        strategy=strategy,
        known_studies=f"known_studies:\n{studies}" if studies else "known_studies: []",
    )


def _check(start: Start, strategy: str) -> None:
    try:
        QueryFile.model_validate(
            {
                "title": start.title,
                "question": start.question,
                "owner": {"name": start.owner, "target": start.target},
                "pubmed": strategy,
            }
        )
    except ValidationError as error:
        raise SettingsError(
            *(
                f"{'.'.join(map(str, one['loc']))}: {explain(one, QueryFile)}"
                for one in error.errors()
            )
        ) from error


def _group(words: Sequence[str], heading: Callable[[str], str]) -> str:
    """A concept in parentheses, one line for each word: text words first, then headings."""
    lines = [" OR ".join(_terms(word)) for word in words]
    found = dict.fromkeys(filter(None, (heading(form) for word in words for form in _forms(word))))
    lines += [f'"{name}"[mh]' for name in found]
    inside = _in_both_spellings("\n    OR ".join(lines))
    return f"  (\n    {inside}\n  )"


def _in_both_spellings(terms: str) -> str:
    """With the American words beside the British ones, and the other way round."""
    spelt = [one for one in checks.noticed(terms) if one.code == _ONE_SPELLING and one.fix]
    for finding in reversed(spelt):
        terms = terms[: finding.start] + str(finding.fix) + terms[finding.end :]
    return terms


def _terms(word: str) -> list[str]:
    """A word as PubMed finds it in titles, abstracts and keywords."""
    if word.endswith("*"):
        return [f'"{word}"[tiab]' if " " in word else f"{word}[tiab]"]
    terms = []
    for form in _forms(word):
        apart = _APART.sub(" ", form)
        terms.append(f'"{apart}"[tiab:~0]' if " " in apart else f"{form}[tiab]")
    joined = [f"{form.replace('-', '')}[tiab]" for form in _forms(word) if "-" in form]
    return list(dict.fromkeys(terms + joined))


def _forms(word: str) -> tuple[str, ...]:
    """The word as it is given, and its other number by the rules of English spelling."""
    if _ONE_FORM.search(word):
        return (word,)
    rules = (
        (r"(.*)sis", r"\1ses"),
        (r"(.*[^aeiou])ies", r"\1y"),
        (r"(.*(?:ss|x|ch|sh))", r"\1es"),
        (r"(.*(?:ss|x|ch|sh))es", r"\1"),
        (r"(.*[^us])s", r"\1"),
        (r"(.*[^aeiou])y", r"\1ies"),
        (r"(.*[^s])", r"\1s"),
    )
    for pattern, other in rules:
        if found := re.fullmatch(pattern, word):
            form = found.expand(other)
            return (word,) if _has_no_plural(word, form) else (word, form)
    return (word,)


def _has_no_plural(word: str, other: str) -> bool:
    """Is a word the name of a substance, and its other number hardly ever met?"""
    often = vocabulary.english().get(_APART.split(other)[-1], 0)
    return _SUBSTANCE.search(word) is not None and often < _COMMON


def _study(study: KnownStudy) -> str:
    named = study.citation or "Fill in the first author, the year and the subject"
    lines = [f"  - citation: {_quoted(named)}"]
    lines += [f"    pmid: {study.pmid}"] if study.pmid else []
    lines += [f"    doi: {_quoted(study.doi)}"] if study.doi else []
    return "\n".join(lines)


def _quoted(text: str) -> str:
    """A YAML text on one line; JSON's quoting is YAML's too."""
    return json.dumps(clean(text), ensure_ascii=False)


_FILE = """\
# yaml-language-server: $schema=schema.json

# The heading in digests.
title: {title}

# What the readers want to know, in one sentence.
question: {question}

# Who is told when the query breaks: an email address, or a Slack channel (C0123456789 or #name).
owner:
  name: {owner}
  target: {target}

# The search strategy, in PubMed's language: one group for each concept, its words joined by OR.
# Add to each group what else authors call it, and its heading, as in  OR "Ketamine"[mh] :
# words find what is new, headings what is indexed.  No limit by date: litbot asks for what is new.
pubmed: |
{strategy}

# Groups of journals.yaml whose feeds are read for this query, or the word all.
journals: []

# Studies that the search must find, each with a PMID, a DOI, or both.  They are the gate: a change
# that loses one of them is refused.
{known_studies}

# One line for each decision, for whoever changes the query after you.
why:
  - "Text words beside every heading: a new record has no headings for weeks."

# To leave out indexed records that are only in other languages (MARC's three letters), or that have
# none of these publication types, take away the # and change what is in brackets:
# languages: [eng, ger]
# publication_types: [Randomized Controlled Trial, Systematic Review]
"""
