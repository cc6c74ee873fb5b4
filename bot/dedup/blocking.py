"""Blocking keys: citations that may be one work, or related ones, share at least one.

No key may be shared by many works, or comparing becomes quadratic: a generic title, a supplement's
DOI, a common surname only count together with something else.
"""

from __future__ import annotations

from hashlib import blake2b
from itertools import combinations
from typing import Final

from bot import editions, preprints
from bot.dedup.citing import Citation
from bot.dedup.wording import LONG_TITLE, weight

SUBJECT = 5  # words that tell a subject, at the start or the end of a title
LEAST_SKETCH = 20  # hashes; three of fewer are those of other texts too
SHORT_SKETCH = 12  # hashes; two of these and a first author are those of few texts
LONGEST = 3  # words of a title that a first author is found by
PREPRINT_WORDS = 8  # of these, as its article may have dropped some
_COMMON_WORDS: Final = """
a an the of in on and or for to with by from at as is are its it be not no vs versus between among
after before during under using use based via through new effect effects impact role influence
association associations relationship study studies trial trials analysis review systematic meta
randomized randomised controlled double blind placebo clinical protocol comparison comparative
evaluation assessment prospective retrospective cohort case report results patients treatment part
phase"""
_COMMON: Final = frozenset(_COMMON_WORDS.split())


def keys(citation: Citation) -> tuple[int, ...]:
    """What a citation is found by; each fits a signed column of 64 bits."""
    name = citation.names[0] if citation.names else ""
    texts = [
        *_by_identifier(citation, name),
        *_by_place(citation, name),
        *_by_title(citation, citation.title, name),
    ]
    for title in citation.other_titles:
        texts += _by_title(citation, title, name)
    texts += _by_abstract(citation, name)
    return tuple(dict.fromkeys(map(_key, texts)))


def _by_identifier(citation: Citation, name: str) -> list[str]:
    texts = [
        f"{scheme}|{value}"
        for scheme, value in (("p", citation.pmid), ("c", citation.pmcid), ("r", citation.review))
        if value
    ]
    if citation.doi:
        page = citation.pages[0] if citation.pages else ""
        if name or page or not citation.title:  # else its title speaks, below
            texts.append(f"d|{_doi(citation)}|{name or page}")
        if not citation.title:
            texts.append(f"d|{citation.doi}")
    if name:
        texts += [f"n|{number}|{name}" for number in citation.registrations]
    return texts


def _doi(citation: Citation) -> str:
    return preprints.unversioned(citation.doi) if citation.preprint else citation.doi


def _by_abstract(citation: Citation, name: str) -> list[str]:
    """By its smallest hashes.  A preprint whose article says it in other words is found by the
    first author and any two of six; of a tenth of other words, that finds four in five."""
    texts = []
    if len(citation.sketch) >= LEAST_SKETCH:
        texts.append(f"s|{'|'.join(map(str, citation.sketch[:3]))}")
    if name and len(citation.sketch) >= SHORT_SKETCH:
        whose = f"{name}|{citation.fores[0][:1]}"
        known = citation.sketch[: 6 if citation.preprint else 2]
        texts += [f"m|{whose}|{one}|{other}" for one, other in combinations(known, 2)]
    return texts


def _by_place(citation: Citation, name: str) -> list[str]:
    if not citation.pages:
        return []
    page = citation.pages[0]
    texts = []
    rare = len(page) > 2  # many a journal has an article on page 1 of each issue
    if citation.volume and citation.journals:
        more = "" if rare else name or str(citation.years)
        texts.append(f"v|{citation.volume}|{page}|{citation.journals[0][0]}|{more}")
    if name and rare:
        texts.append(f"a|{name}|{page}")
    return texts


def _by_title(citation: Citation, title: str, name: str) -> list[str]:
    if weight(title) == "generic":
        place = "|".join((citation.volume, *citation.pages[:1]))
        return [f"g|{title}|{place}|{name}"] if citation.pages else []
    words = title.split()
    letters = "".join(word for word in words if not word.isdigit())
    subject = [word for word in words if word not in _COMMON and not word.isdigit()]
    texts = []
    if editions.is_guidance(title) and editions.is_long(title):
        texts.append(f"u|{'|'.join(editions.words(title))}")
    if len(letters) >= LONG_TITLE:
        texts.append(f"t|{letters}")
    else:
        place = "|".join((citation.volume, *citation.pages[:1]))
        texts += [f"t|{letters}|{one}" for one in (name, place) if one]
        if not (name or place):  # a numbered title is then one of many
            texts.append(f"t|{title}")
    if len(subject) >= SUBJECT:
        tail = " ".join(subject[-SUBJECT:])  # databases put one text behind many titles
        texts += [f"h|{' '.join(subject[:SUBJECT])}", f"e|{tail}|{name}"]
    if citation.doi and subject:
        doi = _doi(citation)
        texts += [f"b|{doi}|{' '.join(subject[:3])}", f"f|{doi}|{' '.join(subject[-3:])}"]
    if name:
        longest = sorted(set(subject), key=lambda word: (-len(word), word))
        for pair in combinations(longest[: PREPRINT_WORDS if citation.preprint else LONGEST], 2):
            texts.append(f"w|{name}|{'|'.join(sorted(pair))}")
    return texts


def _key(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") >> 1
