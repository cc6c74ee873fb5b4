"""Checks of PRESS element 4: the words to be found in titles and abstracts."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.strategy.checks import variants, vocabulary
from bot.strategy.checks.finding import Finding, Level, found
from bot.strategy.checks.view import HEADING, LIMIT, TEXT, View, is_flag, words
from bot.strategy.tree import TAGS, Or, Term
from bot.strategy.words import SHORTEST_STEM

MOST_WILDCARDS = 256
#: A plural so often met as this part of its singular is in common use; the last word of a phrase
#: has it less often than the word alone.
COUNTABLE_ALONE, COUNTABLE = 0.12, 0.35
_TRUSTED = 400  # counts of a word; of rarer ones the share is chance
_ADJECTIVES = ("ic", "al", "ous", "ive", "ed", "ing")  # their plurals are other words
_ABBREVIATION = re.compile("[A-Z]{2}s?$")  # FIT, NOACs
_SELDOM = 0.02  # plurals that nobody writes: depressions, asthmas
BROAD = 150  # words that begin with a stem: beyond this a stem says little
_MET = 100  # counts of a word that is common enough to be meant
MANY = 60  # words that begin with a stem of four letters: child and chill, television
_NEAR_FIELDS = ("ti", "tiab", "ad")
_ENDINGS = ("al", "ally", "ic", "ics", "ical", "ed", "ing", "er", "ers", "ist", "ists", "ous", "y",
            "atic", "atics", "ment", "ation", "ive", "ness", "e", "es", "s", "ate",
            "ates")  # fmt: skip


def of_tree(view: View) -> Iterator[Finding]:
    """Everything on text words."""
    for term in view.terms:
        if not term.tag and not is_flag(term):
            fix = str(replace(term, tag="tiab"))
            yield found("LB401", term.start, term.end, f"{term} has no field", fix=fix)
        if term.tag in TEXT | {"ad", ""} and not is_flag(term):
            yield from _phrase(term)
        yield from _wildcards(term)
    yield from _too_many_wildcards(view)
    for term in view.text_terms:
        if term.start not in view.removed:
            yield from _forms(term, view)
            yield from _compounds(term, view)
            yield from _spellings(term, view)
    yield from _fields(view)


def _phrase(term: Term) -> Iterator[Finding]:
    if term.modifier.startswith("~") or len(words(term)) < 2:
        return
    fix = None
    if term.tag in _NEAR_FIELDS and "*" not in term.text:
        text = " ".join(words(term))
        fix = str(Term(text=text, quoted=True, tag=term.tag, modifier="~0"))
    yield found(
        "LB402", term.start, term.end, f"{term} is found only if the phrase index has it", fix=fix
    )


def _wildcards(term: Term) -> Iterator[Finding]:
    stem, star, _ = term.text.partition("*")
    letters = sum(map(str.isalnum, stem))
    if not star:
        return
    if letters < SHORTEST_STEM:
        yield found(
            "LB403", term.start, term.end, f"only {letters} characters stand before the wildcard"
        )
        return
    last = words(term)
    if len(last) == 1 and term.tag in TEXT and last[0].endswith("*"):
        stem = last[0].strip("*")
        if len(stem) == SHORTEST_STEM or _many(stem):
            level: Level = "warning" if _says_little(stem) else "note"
            problem = f"very many words begin with {stem}"
            yield found("LB405", term.start, term.end, problem, level=level)


def _says_little(stem: str) -> bool:
    """Is a stem of four letters no word, with no common endings, or one of very many words?"""
    if len(stem) > SHORTEST_STEM:
        return False
    forms = (vocabulary.english().get(stem + ending, 0) for ending in ("", *_ENDINGS))
    begun = sum(1 for _word in vocabulary.beginning(stem))
    return begun > MANY or max(forms) < _MET


def _many(stem: str) -> bool:
    return len(stem) < 7 and sum(1 for _word in vocabulary.beginning(stem)) > BROAD


def _too_many_wildcards(view: View) -> Iterator[Finding]:
    stars = [at for at, letter in enumerate(view.text) if letter == "*"]
    if len(stars) > MOST_WILDCARDS:
        at = stars[MOST_WILDCARDS]
        problem = f"this is one of {len(stars)} wildcards; PubMed takes {MOST_WILDCARDS}"
        yield found("LB404", at, at + 1, problem)


def _forms(term: Term, view: View) -> Iterator[Finding]:
    """Plural, singular, stems without a star, and other endings."""
    told = words(term)
    if not told or "*" in told[-1]:
        return
    word = told[-1]
    if not (word.isascii() and word.isalpha()) or len(word) < 3:
        return
    for other in variants.numbers(word):
        if variants.is_compound(told) or _found(view, term, (*told[:-1], other)):
            continue
        short = _ABBREVIATION.search(term.text) is not None
        short = short or word.endswith(_ADJECTIVES)
        if len(told) > 1 and told[-2].endswith("ally"):
            continue  # critically ill
        share = _SELDOM if short else _share(variants.american(word), variants.american(other))
        if share:
            enough = COUNTABLE_ALONE if len(told) == 1 else COUNTABLE
            level: Level = "warning" if share >= enough else "note"
            wanted = " ".join((*told[:-1], other))
            problem = f"nothing here finds {wanted!r}"
            twin = replace(term, text=_with_last(term.text, word, other))
            fix = f"{view.text[term.start : term.end]} OR {twin}"
            yield found("LB407", term.start, term.end, problem, fix=fix, level=level)
            return
    if len(told) > 1:
        return
    plain = variants.american(word)
    if len(word) >= 5 and not vocabulary.is_known(plain) and not term.text.isupper():
        if vocabulary.is_stem(plain):
            fix = str(replace(term, text=term.text + "*"))
            example = next(vocabulary.beginning(plain))
            yield found(
                "LB410", term.start, term.end, f"{word} is no word; {example} begins so", fix=fix
            )
        return
    if len(word) >= 4:
        for ending in _other_endings(plain):
            other = word + ending.removeprefix(plain) if ending.startswith(plain) else ending
            if not _found(view, term, (other,)):
                yield found("LB406", term.start, term.end, f"nothing here finds {other!r}")
                return


def _with_last(text: str, word: str, other: str) -> str:
    """The text with its last word in the other number."""
    at = text.casefold().rfind(word)
    return text[:at] + other + text[at + len(word) :] if at >= 0 else text


def _other_endings(word: str) -> Iterator[str]:
    stems = (word, word.removesuffix("e"), word.removesuffix("y"), word.removesuffix("a"))
    for stem in dict.fromkeys(stems):
        for ending in _ENDINGS:
            if stem + ending != word and vocabulary.is_known(stem + ending):
                yield stem + ending


def _share(word: str, other: str) -> float:
    """How often the plural is met for one singular in English; 0 for hardly ever.

    Of words that only MeSH has it cannot be told: less than enough for a warning.
    """
    english = vocabulary.english()
    one, many = sorted((word, other), key=len)
    if english.get(one, 0) >= _TRUSTED:
        share = english.get(many, 0) / english[one]
        return share if share >= _SELDOM else 0
    return _SELDOM if all(map(vocabulary.is_known, (one, many))) or word == many else 0


def _found(view: View, term: Term, wanted: Sequence[str]) -> bool:
    """Does any text word of the term's concept find these words?"""
    return any(True for _term in view.finder(term).finding(wanted))


def _compounds(term: Term, view: View) -> Iterator[Finding]:
    told = words(term)
    if len(told) == 1:
        apart = variants.apart(told[0])
        if (
            apart
            and not _found(view, term, apart.split(" "))
            and not _found(view, term, _other(apart))
        ):
            yield found(
                "LB408", term.start, term.end, f"nothing here finds {apart!r} (nor its hyphen)",
                level=None if apart in variants.OFTEN else "note",
            )  # fmt: skip
        return
    for first, second in itertools.pairwise(told):
        whole = variants.joined(first, second)
        around = told[: told.index(first)], told[told.index(first) + 2 :]
        if whole and not _found(view, term, (*around[0], whole, *around[1])):
            often = f"{first} {second}" in variants.OFTEN
            problem = f"nothing here finds {whole!r}"
            level: Level | None = None if often else "note"
            yield found("LB408", term.start, term.end, problem, level=level)
            return


def _other(apart: str) -> list[str]:
    *first, last = apart.split(" ")
    return [*first, *(variants.numbers(last) or [last])]


def _spellings(term: Term, view: View) -> Iterator[Finding]:
    told = words(term)
    for at, word in enumerate(told):
        for other in variants.spellings(word):
            wanted = (*told[:at], other, *told[at + 1 :])
            if not _found(view, term, wanted):
                fix = None
                if term.text.casefold().count(word) == 1:
                    twin = replace(term, text=term.text.casefold().replace(word, other))
                    fix = f"{view.text[term.start : term.end]} OR {twin}"
                shown = " ".join(wanted)
                yield found("LB409", term.start, term.end, f"nothing here finds {shown!r}", fix=fix)
                return


def _fields(view: View) -> Iterator[Finding]:
    """Title only, and fields of another kind than those of the neighbours."""
    of_trials = {
        term.start
        for concept in view.concepts
        if any(one.tag == "pt" for one in concept.terms)
        for term in concept.terms
    }  # as trial[ti] in the filters for trials
    for term in view.terms:
        if term.tag == "ti" and term.start not in of_trials and not _found_elsewhere(term, view):
            fix = str(replace(term, tag="tiab"))
            yield found("LB411", term.start, term.end, f"{term} asks for titles only", fix=fix)
    for group in view.groups:
        yield from _odd(group)


def _found_elsewhere(term: Term, view: View) -> bool:
    return any(
        other.tag in ("tiab", "tw", "all") and other is not term
        for other in view.finder(term).finding(words(term))
    )


def _odd(group: Or) -> Iterator[Finding]:
    terms = [one for one in group.operands if isinstance(one, Term)]
    topical = [one for one in terms if one.tag in TEXT | HEADING]
    if not topical:
        return
    for term in terms:
        if term.tag in TAGS - TEXT - HEADING - LIMIT - {"pmid", "aid"}:
            fix = str(replace(term, tag="tiab"))
            yield found("LB412", term.start, term.end, f"[{term.tag}] is odd among topics", fix=fix)
