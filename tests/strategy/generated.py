"""Search strategies made from the words of given records, the same for the same seed.

They look like those that people write: a few concepts joined by AND, each an OR of words, phrases,
truncated words, proximity, headings and other fields, now and then a NOT or no parentheses.  Half
of the terms of a strategy come from one record, so that some are found.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from bot.model import Record

_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
_UNSAFE = re.compile(r'["\[\]()&|:*]')
_OPERATORS = frozenset({"AND", "OR", "NOT"})


def strategies(records: Sequence[Record], number: int, seed: int) -> list[str]:
    """So many strategies; every record with a title may lend its words."""
    dice = random.Random(seed)
    pools = [pool for record in records if (pool := _terms(record, dice))]
    common = [term for pool in pools for term in pool]
    return [_strategy(dice, dice.choice(pools), common) for _ in range(number)]


def _strategy(dice: random.Random, own: Sequence[str], common: Sequence[str]) -> str:
    concepts = [_concept(dice, own, common) for _ in range(dice.choice((1, 1, 2, 2, 3, 4)))]
    text = " AND ".join(concepts)
    if dice.random() < 0.3:
        text = f"{text} NOT {_concept(dice, common, common)}"
    if dice.random() < 0.15:
        text = f"{dice.choice(common)} OR {text}"  # read from left to right
    if dice.random() < 0.1:
        text = f"({text}) OR ({_concept(dice, own, common)} NOT {dice.choice(own)})"
    return text


def _concept(dice: random.Random, own: Sequence[str], common: Sequence[str]) -> str:
    size = dice.choice((1, 1, 2, 3, 5))
    terms = [dice.choice(own if dice.random() < 0.5 else common) for _ in range(size)]
    return terms[0] if len(terms) == 1 else f"({' OR '.join(terms)})"


def _terms(record: Record, dice: random.Random) -> list[str]:
    """Some terms of every kind that fit this record, or nearly do."""
    terms: list[str] = []
    for make in (_words, _phrases, _truncated, _near, _indexed, _named, _dated, _numbered):
        terms += make(record, dice)
    return terms


def _texts(record: Record, dice: random.Random) -> list[str]:
    """The words of the title or of the abstract, in their order."""
    text = record.title if dice.random() < 0.4 else record.abstract_text or record.title
    return [word for word in _WORD.findall(text) if word not in _OPERATORS]


def _run(words: Sequence[str], length: int, dice: random.Random) -> list[str]:
    start = dice.randrange(max(1, len(words) - length + 1))
    return list(words[start : start + length])


def _tag(dice: random.Random) -> str:
    return dice.choice(
        ("[tiab]", "[tiab]", "[ti]", "[Title/Abstract]", "[tw]", "[all]", "[ot]", "")
    )


def _words(record: Record, dice: random.Random) -> list[str]:
    words = _texts(record, dice) or ["nothing"]
    return [dice.choice(words) + _tag(dice) for _ in range(2)]


def _phrases(record: Record, dice: random.Random) -> list[str]:
    words = _texts(record, dice)
    if len(words) < 3:
        return []
    phrase = " ".join(_run(words, dice.choice((2, 2, 3)), dice))
    loose = " ".join(dice.sample(_run(words, 4, dice), 2))
    return [f'"{phrase}"{_tag(dice)}', f"{phrase}[tiab]", f'"{loose}"[tiab]']


def _truncated(record: Record, dice: random.Random) -> list[str]:
    long = [word for word in _texts(record, dice) if len(word) > 6 and word.isalpha()]
    if not long:
        return []
    word = dice.choice(long)
    at = dice.randrange(3, len(word))
    inside = f"{word[:4]}*{word[6:]}"
    return [
        f"{word[:at]}*{_tag(dice)}",
        dice.choice((inside, f"{inside}*", f'"{inside}"')) + "[tiab]",
    ]


def _near(record: Record, dice: random.Random) -> list[str]:
    words = _texts(record, dice)
    if len(words) < 6:
        return []
    some = dice.sample(_run(words, dice.choice((3, 5, 8)), dice), 2)
    star = "*" if dice.random() < 0.1 else ""
    return [f'"{some[0]} {some[1]}{star}"[{dice.choice(("ti", "tiab"))}:~{dice.randrange(6)}]']


def _indexed(record: Record, dice: random.Random) -> list[str]:
    terms = []
    if record.mesh:
        heading = dice.choice(record.mesh)
        name = _safe(heading.descriptor)
        terms.append(f"{name[: dice.randrange(4, 12)]}*[{dice.choice(('mh', 'majr'))}]")
        terms += [
            f"{name}[mh]",
            f'"{name}"[{dice.choice(("mh", "majr", "mh:noexp", "MeSH Terms"))}]',
        ]
        for qualifier in heading.qualifiers[:1]:
            terms += [f'"{name}/{qualifier}"[mh]', f"{qualifier}[sh]"]
    for substance in record.substances[:1]:
        terms += [f'"{_safe(substance)}"[nm]', f"{_safe(substance)[:6]}*[nm]"]
    for kind in record.publication_types[-1:]:
        terms.append(f"{_safe(kind)}[pt{dice.choice(('', '', ':noexp'))}]")
    return [*terms, dice.choice(("clinical trial[pt]", "review[pt]", "therapy[sh]"))]


def _named(record: Record, dice: random.Random) -> list[str]:
    terms = []
    if record.authors and (author := dice.choice(record.authors)).last:
        last, first = _safe(author.last), author.initials[:1]
        names = (last, f"{last} {first}", f'"{last} {author.initials}"', f"{author.fore} {last}")
        terms.append(
            _safe_but_quotes(dice.choice(names)) + dice.choice(("[au]", "[1au]", "[lastau]"))
        )
    names = tuple(map(_safe, filter(None, (record.journal, record.journal_abbreviation))))
    terms += [f'"{(name := dice.choice(names))}"[ta]', f"{name[:9]}*[ta]"] if names else []
    terms += [f"{issn}[ta]" for issn in record.issns[:1]]
    for affiliation in (record.affiliations or ())[:1]:
        if words := _WORD.findall(affiliation):
            terms.append(f"{dice.choice(words)}[ad]")
    return [*terms, f"{dice.choice((*(record.languages or ()), 'english', 'german'))}[la]"]


def _dated(record: Record, dice: random.Random) -> list[str]:
    day = (dice.choice((record.published, record.created, record.entered)) or "2020").replace(
        "-", "/"
    )
    tag = dice.choice(("dp", "crdt", "edat", "mhda", "Date - Publication"))
    return [
        f"{day}[{tag}]",
        f"{day[:4]}:{dice.choice(('3000', day))}[{tag}]",
        dice.choice(('"last 10 years"[dp]', '"last 300 days"[crdt]', '"last 18 months"[edat]')),
    ]


def _numbered(record: Record, dice: random.Random) -> list[str]:
    some = dice.choice(
        ("hasabstract", "haskeyword", "haserratumin", "medline[sb]", "inprocess[sb]")
    )
    terms = [some, dice.choice(("systematic[sb]", "the", "of[tiab]", "x[isbn]", "cancer[xyz]"))]
    terms += [f"{record.pmid} 12345[pmid]"] if record.pmid else []
    terms += [f'"{record.doi}"[{dice.choice(("aid", "doi", "lid"))}]'] if record.doi else []
    terms += [f"{_safe(record.volume)}[vi]"] if record.volume.isalnum() else []
    return terms


def _safe(text: str) -> str:
    return " ".join(_UNSAFE.sub(" ", text).split()) or "nothing"


def _safe_but_quotes(text: str) -> str:
    return f'"{_safe(text)}"' if text.startswith('"') else _safe(text)
