"""Errors of the kinds that studies of published strategies found, put into clean strategies.

The eleven kinds of Sampson and McGowan (J Clin Epidemiol 2006;59:1057), in our words: spelling,
missed spelling variants, truncation, logical operators, line numbers, headings and text words not
combined, irrelevant terms, missing headings, redundancy, a strategy not made for this database,
explosion and limits used wrongly (the last two count as one kind each; missing headings and
redundancy are one kind in the paper, and two here).

The ten kinds of Salvador-Oliván, Marco-Cuenca and Arquero-Avilés (J Med Libr Assoc 2019;107:210):
omitted headings, omitted synonyms, omitted singular or plural, truncation in the wrong place,
misspelling, wrong operator, brackets, wrong or missing tag, quotation marks, headings that do not
exist or are not exploded.

Each seeder takes a strategy and a source of chance, and gives the spoilt text, where it was
changed, and the codes that name such an error; None where the strategy offers no place for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from random import Random

from seeding_tools import (
    Mutant,
    Seeder,
    concepts,
    headings_of,
    nodes,
    pick,
    removed,
    replaced,
    source,
    terms,
    words_of,
)

from bot.strategy.checks import vocabulary
from bot.strategy.checks.variants import american
from bot.strategy.checks.view import covers, words
from bot.strategy.tree import Or, Term

# Sampson and McGowan.


def spelling(text: str, chance: Random) -> Mutant | None:
    """A letter doubled, lost, or swapped with the next, in a word of six letters or more."""
    term = pick([one for one in words_of(text) if re.fullmatch(r"[a-z]{6,}\*?", one.text)], chance)
    if term is None:
        return None
    word = term.text
    at = chance.randrange(1, len(word.rstrip("*")) - 2)
    wrong = chance.choice(
        (
            word[:at] + word[at] + word[at:],
            word[:at] + word[at + 1 :],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        )
    )
    if wrong == word:
        return None
    return replaced(text, term, source(text, term).replace(word, wrong), "LB503 LB410 LB505")


def missed_variant(text: str, chance: Random) -> Mutant | None:
    """One of two spellings is left out, the other stays."""
    here = words_of(text)
    forms = [(american(one.text.casefold()), one) for one in here]
    pairs = [
        (one, other)
        for form, one in forms
        for other_form, other in forms
        if form == other_form
        and one.text.casefold() != other.text.casefold()
        and not any(covers(third, words(one)) for third in here if third is not one)
    ]
    if not pairs:
        return None
    gone, stays = chance.choice(pairs)
    spoilt = removed(text, [gone])
    at = stays.start if stays.start < gone.start else stays.start - (len(text) - len(spoilt))
    return Mutant(spoilt, at, "LB409") if spoilt else None


def truncation(text: str, chance: Random) -> Mutant | None:
    """The star is lost, comes too early, or is that of another program."""
    term = pick(
        [one for one in words_of(text) if re.fullmatch(r"[a-zA-Z]{5,}\*", one.text)], chance
    )
    if term is None:
        return None
    stem = term.text[:-1]
    wrong = chance.choice((stem, stem[:3] + "*", stem[:4] + "*", stem + "$", stem + "?"))
    new = source(text, term).replace(term.text, wrong)
    return replaced(text, term, new, "LB403 LB405 LB406 LB407 LB410 LB503 LB507")


def operator(text: str, chance: Random) -> Mutant | None:
    """AND becomes OR or NOT, OR becomes AND."""
    found = list(re.finditer(r"\b(AND|OR)\b", text))
    match = chance.choice(found)
    other = "AND" if match[1] == "OR" else chance.choice(("OR", "NOT"))
    return Mutant(
        text[: match.start()] + other + text[match.end() :], match.start(), "LB2 LB101 LB301"
    )


def line_number(text: str, chance: Random) -> Mutant | None:
    """A concept is given by its number in a history."""
    whole = [one for one in concepts(text) if one.end - one.start < len(text) - 10]
    if not whole:
        return None
    node = chance.choice(whole)
    number = chance.choice(("#3", "2", "#12"))
    return Mutant(text[: node.start] + number + text[node.end :], node.start, "LB504")


def not_combined(text: str, chance: Random) -> Mutant | None:
    """A concept keeps its headings only, or its text words only."""
    concept = chance.choice(concepts(text))
    tag = chance.choice(("mh", "tiab"))
    here = [node for node in nodes(concept) if isinstance(node, Term)]
    kept = [one for one in here if one.tag == tag]
    if not kept or len(kept) == len(here):
        return None
    new = "(" + " OR ".join(source(text, one) for one in kept) + ")"
    return Mutant(
        text[: concept.start] + new + text[concept.end :], concept.start, "LB301 LB302 LB101 LB604"
    )


STRANGERS = ('"Solanum lycopersicum"[mh]', '"Bridge Therapy"[mh]', '"Railroads"[mh]', '"Volcanic Eruptions"[mh]',
             '"Coleoptera"[mh]', '"Copyright"[mh]', "dentures[tiab]", "railroads[tiab]", "earthquakes[tiab]",
             '"Sports Equipment"[mh]', "spiders[tiab]", '"Poetry as Topic"[mh]')  # fmt: skip


def irrelevant(text: str, chance: Random) -> Mutant | None:
    """A heading or a word on something else stands in a concept."""
    term = chance.choice([*words_of(text), *headings_of(text)])
    others = [source(text, one) for one in terms(text)
              if one.tag in ("mh", "tiab") and abs(one.start - term.start) > len(text) // 2]  # fmt: skip
    strange = chance.choice((*STRANGERS, *others[:6]))
    inserted = f" OR {strange}"
    return Mutant(
        text[: term.end] + inserted + text[term.end :],
        term.end + 4,
        "LB102 LB103 LB308 LB310 LB505",
    )


def missing_heading(text: str, chance: Random) -> Mutant | None:
    """One heading is left out while its word stays."""
    return omitted_headings(text, chance)


def redundancy(text: str, chance: Random) -> Mutant | None:
    """A term stands twice, or beside one that finds it already."""
    term = pick([one for one in words_of(text) if re.fullmatch(r"[a-z]{5,}\*", one.text)], chance)
    if term is None:
        return None
    twin = chance.choice((source(text, term), source(text, term).replace("*", "s")))
    return Mutant(text[: term.end] + f" OR {twin}" + text[term.end :], term.end, "LB505 LB506")


def not_tailored(text: str, chance: Random) -> Mutant | None:
    """The syntax of Ovid, Embase.com, EBSCOhost, Scopus or Cochrane."""
    here = words_of(text)
    term = chance.choice([one for one in here if not one.modifier])
    heading = pick(headings_of(text), chance)
    forms = [f"{term.text}.ti,ab.", f"{term.text}:ti,ab", f"{term.text}.mp.", f"TI {term.text}",
             f"({term.text} adj3 therap*)", f"({term.text} NEAR/3 therap*)", f"TITLE-ABS-KEY({term.text})",
             f"({term.text} N3 therap*)", f"{term.text}[ti,ab,kw]"]  # fmt: skip
    if heading is not None and chance.random() < 0.4:
        term = heading
        forms = [f"exp {heading.text}/", f"{heading.text}/", f"'{heading.text.lower()}'/exp",
                 f'(MH "{heading.text}+")', f'"{heading.text}"[emtree]']  # fmt: skip
    return replaced(text, term, chance.choice(forms), "LB507 LB501 LB502 LB401")


def explosion(text: str, chance: Random) -> Mutant | None:
    """A heading is not exploded, or truncated, which does the same."""
    term = pick([one for one in headings_of(text) if not one.modifier], chance)
    if term is None:
        return None
    quoted = f'"{term.text}"' if term.quoted else term.text
    wrong = chance.choice((f"{quoted}[mh:noexp]", f"{quoted}[majr:noexp]", f"{quoted}[Mesh:NoExp]"))
    return replaced(text, term, wrong, "LB304")


def limit(text: str, chance: Random) -> Mutant | None:
    """A limit to language, dates, species, age, type or free texts."""
    wrong = chance.choice(
        ("english[la]", "English[Language]", "2010:2020[dp]", '"last 5 years"[dp]', "humans[mh]", "adult[mh]",
         "free full text[sb]", "review[pt]", "hasabstract", '"2015/01/01"[Date - Publication] : "3000"[Date - Publication]',
         '"Clinical Trial"[Publication Type]', "(infant[mh] OR child[mh])", "medline[sb]")
    )  # fmt: skip
    spoilt = f"({text.rstrip()})\nAND {wrong}"
    return Mutant(spoilt, spoilt.rindex("AND ") + 4, "LB6")


# Salvador-Oliván and others.


def omitted_headings(text: str, chance: Random) -> Mutant | None:
    """A heading is left out, or all those of a concept, while the words for it stay."""
    here = headings_of(text)
    single = [
        one for one in here
        if any(word.text.strip("*").casefold()[:5] == one.text.casefold()[:5] for word in words_of(text))
        and one.text.casefold() in vocabulary.headings() and " " not in one.text
        and not any(other is not one and other.text.casefold()[:5] == one.text.casefold()[:5] for other in here)
    ]  # fmt: skip
    one = pick(single, chance)
    if one is not None and chance.random() < 0.5:
        spoilt = removed(text, [one])
        alike = next(w for w in words_of(text) if w.text.casefold()[:5] == one.text.casefold()[:5])
        at = alike.start - (len(text) - len(spoilt) if alike.start > one.start else 0)
        return Mutant(spoilt, at, "LB302 LB308") if spoilt else None
    concept = chance.choice(concepts(text))
    gone = [node for node in nodes(concept) if isinstance(node, Term) and node.tag == "mh"]
    spoilt = removed(text, gone) if gone else ""
    return Mutant(spoilt, concept.start, "LB302 LB308") if spoilt else None


def omitted_synonyms(text: str, chance: Random) -> Mutant | None:
    """A concept is left with one term."""
    concept = chance.choice(concepts(text))
    here = [
        node for node in nodes(concept) if isinstance(node, Term) and node.tag in ("mh", "tiab")
    ]
    kept = pick(here, chance)
    if kept is None or len(here) < 2:
        return None
    new = f"({source(text, kept)})" if chance.random() < 0.5 else source(text, kept)
    return Mutant(
        text[: concept.start] + new + text[concept.end :], concept.start, "LB101 LB301 LB302"
    )


def omitted_number(text: str, chance: Random) -> Mutant | None:
    """Only the singular or only the plural stays."""
    here = words_of(text)
    by_text = {one.text: one for one in here}
    pairs = [
        (one, by_text[other])
        for one in here
        for other in (
            one.text + "s",
            one.text[:-1] + "ies",
            one.text[:-1] if one.text.endswith("s") else "",
        )
        if other in by_text and "*" not in one.text
    ]
    pairs += [(other, one) for one, other in pairs]
    if not pairs:
        return None
    gone, stays = chance.choice(pairs)
    spoilt = removed(text, [gone])
    at = stays.start - (len(text) - len(spoilt) if stays.start > gone.start else 0)
    return Mutant(spoilt, at, "LB407") if spoilt else None


def wrong_truncation(text: str, chance: Random) -> Mutant | None:
    """A star inside proximity, after too few letters, or at the head of a word."""
    near = [one for one in words_of(text) if one.modifier]
    bare = [one for one in words_of(text) if not one.modifier and "*" in one.text]
    term = chance.choice([*near, *bare])
    if term.modifier:
        new = source(text, term).replace(term.text, term.text.rstrip("s") + "*")
    else:
        stem = term.text.strip("*")
        wrong = chance.choice((stem[: chance.randrange(1, 4)] + "*", "*" + stem, stem + "#"))
        new = source(text, term).replace(term.text, wrong)
    return replaced(text, term, new, "LB209 LB403 LB507 LB501")


def brackets(text: str, chance: Random) -> Mutant | None:
    """A parenthesis is lost or added, or both of a concept."""
    found = [match.start() for match in re.finditer(r"[()]", text)]
    kind = chance.randrange(3)
    if kind == 2:
        whole = [one for one in concepts(text) if text[one.start] == "(" and isinstance(one, Or)]
        if not whole:
            return None
        one = chance.choice(whole)
        spoilt = text[: one.start] + text[one.start + 1 : one.end - 1] + text[one.end :]
        return Mutant(spoilt, one.start, "LB201 LB501")
    at = chance.choice(found)
    if kind:
        return Mutant(text[:at] + text[at] + text[at:], at, "LB501 LB201")
    return Mutant(text[:at] + text[at + 1 :], at, "LB501 LB201")


def tag(text: str, chance: Random) -> Mutant | None:
    """A tag is lost, mistyped, or that of another field."""
    term = chance.choice([one for one in [*words_of(text), *headings_of(text)] if one.tag])
    bare = source(text, term)[: source(text, term).rindex("[")]
    wrong = chance.choice(
        ("", "[tibb]", "[ab]", "[abstract]", "[ti]", "[au]", "[ta]", "[tiabs]", "[msh]")
    )
    return replaced(text, term, bare + wrong, "LB302 LB308 LB401 LB402 LB411 LB412 LB502")


def quotes(text: str, chance: Random) -> Mutant | None:
    """Quotation marks are lost, curly, or around the tag too; proximity is lost."""
    term = pick([one for one in words_of(text) if one.quoted and " " in one.text], chance)
    if term is None:
        return None
    whole = source(text, term)
    bracket = whole[whole.index("[") :]
    wrong = chance.choice(
        (
            term.text + bracket,
            f"\u201c{term.text}\u201d{bracket}",
            f'"{term.text}{bracket}"',
            f'"{term.text}"[tiab]',
            f"{term.text}[tiab]",
            f'"{term.text}{bracket}',
            f"{term.text}",
        )
    )
    return replaced(text, term, wrong, "LB208 LB402 LB401 LB508 LB511 LB501")


def nonexistent_heading(text: str, chance: Random) -> Mutant | None:
    """A heading is misspelt, in the wrong number, or another vocabulary's; or not exploded."""
    term = pick(
        [one for one in headings_of(text) if len(one.text) > 5 and not one.modifier], chance
    )
    if term is None:
        return None
    name = term.text
    at = chance.randrange(1, len(name) - 2)
    wrong = chance.choice(
        (
            name[:at] + name[at + 1 :],
            f"{name} Patients",
            f"Acute Severe {name}",
            name[:at] + "x" + name[at:],
        )
    )
    if wrong.casefold() == name.casefold():
        return None
    if chance.random() < 0.2:
        return explosion(text, chance)
    return replaced(text, term, f'"{wrong}"[mh]', "LB303 LB304")


SAMPSON: Mapping[str, Seeder] = {
    "spelling": spelling,
    "missed spelling variant": missed_variant,
    "truncation": truncation,
    "logical operator": operator,
    "line number": line_number,
    "headings and text words not combined": not_combined,
    "irrelevant term": irrelevant,
    "missing heading": missing_heading,
    "redundancy": redundancy,
    "not made for this database": not_tailored,
    "explosion": explosion,
    "limit": limit,
}
SALVADOR: Mapping[str, Seeder] = {
    "omitted headings": omitted_headings,
    "omitted synonyms": omitted_synonyms,
    "omitted singular or plural": omitted_number,
    "truncation in the wrong place": wrong_truncation,
    "misspelling": spelling,
    "wrong operator": operator,
    "brackets": brackets,
    "wrong or missing tag": tag,
    "quotation marks": quotes,
    "heading that does not exist": nonexistent_heading,
}


def mutants(
    seeder: Seeder, strategies: list[str], *, number: int, seed: str
) -> list[tuple[str, Mutant]]:
    """So many spoilt strategies, each with the clean one, no two alike."""
    chance = Random(seed)
    found: dict[str, tuple[str, Mutant]] = {}
    for _try in range(number * 50):
        clean = chance.choice(strategies)
        mutant = seeder(clean, chance)
        if mutant is not None and mutant.text != clean:
            found.setdefault(mutant.text, (clean, mutant))
        if len(found) == number:
            break
    return list(found.values())
