"""Blocking keys: citations that may be one work, or related ones, share at least one.

No key may be shared by many works, or comparing becomes quadratic: a generic title, a supplement's
DOI, a common surname only count together with something else.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

from bot.dedup.citing import Citation

SHORTEST_TITLE = 28  # letters; "Editorial" and "Reply to the authors" are titles of many records
HEAD = 5  # words that tell a subject
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
    texts: list[str] = []
    if citation.pmid:
        texts.append(f"p|{citation.pmid}")
    if citation.pmcid:
        texts.append(f"c|{citation.pmcid}")
    name = citation.names[0] if citation.names else ""
    page = citation.pages[0] if citation.pages else ""
    for title in (citation.title, *citation.other_titles):
        texts += _by_title(citation, title, name, page)
    if citation.doi:
        texts += [f"d|{citation.doi}|{one}" for one in (name, page) if one]
        if not citation.title:
            texts.append(f"d|{citation.doi}")
    if page and citation.volume and citation.journals:
        texts.append(f"v|{citation.volume}|{page}|{citation.journals[0][0]}")
    if page and name:
        texts.append(f"a|{name}|{page}")
    if len(citation.sketch) > 20:
        texts.append(f"s|{citation.sketch[0]}|{citation.sketch[1]}|{citation.sketch[2]}")
    return tuple(dict.fromkeys(map(_key, texts)))


def _by_title(citation: Citation, title: str, name: str, page: str) -> list[str]:
    words = title.split()
    subject = [word for word in words if word not in _COMMON and not word.isdigit()]
    letters = "".join(word for word in words if not word.isdigit())
    texts = []
    if len(letters) >= SHORTEST_TITLE:
        texts.append(f"t|{letters}")
    elif letters:
        year = citation.years[0] if citation.years else ""
        texts.append(f"t|{letters}|{name}|{citation.volume}|{page}|{year}")
        texts += [
            f"t|{letters}|{one}" for one in (name, page and citation.volume + "|" + page) if one
        ]
    if len(subject) >= HEAD:
        tail = " ".join(subject[-HEAD:])  # databases put one text behind many titles
        texts.append(f"h|{' '.join(subject[:HEAD])}")
        texts += [f"e|{tail}|{one}" for one in (name, page) if one]
    if citation.doi and subject:
        texts += [
            f"dh|{citation.doi}|{' '.join(subject[:3])}",
            f"de|{citation.doi}|{' '.join(subject[-3:])}",
        ]
    if name:
        longest = sorted(set(subject), key=lambda word: (-len(word), word))[:3]
        for at, word in enumerate(longest):
            texts += [f"w|{name}|{'|'.join(sorted((word, longest[k])))}" for k in range(at)]
    return texts


def _key(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") >> 1
