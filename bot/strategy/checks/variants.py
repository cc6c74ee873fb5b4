"""Other ways to write a word: British or American, one or many, joined or apart."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from bot.strategy.checks import vocabulary

#: American, British: pieces that differ wherever they stand at the beginning of a word.
_BEGINNINGS = """
anesth anaesth; esoph oesoph; pediatr paediatr; fetal foetal; fetus foetus; feto foeto;
estro oestro; cesarean caesarean; gynec gynaec;
celiac coeliac; edema oedema; fecal faecal; feces faeces; cecal caecal; cecum caecum;
ameb amoeb; diarrhe diarrhoe; leuke leukae; anem anaem; ischem ischaem; orthoped orthopaed;
homeopath homoeopath; maneuver manoeuvre; mold mould; skeptic sceptic; sulf sulph;
nevus naevus; nevi naevi; aluminum aluminium; aging ageing; hypoglycem hypoglycaem;
estrous oestrous; estrus oestrus; estriol oestriol; paleo palaeo;
toxemi toxaemi; uremi uraemi; septicemi septicaemi; etiolog aetiolog;
leukoc leucoc; leukopen leucopen; dyslipidem dyslipidaem; encyclopedi encyclopaedi; chimer chimaer
"""
#: The same anywhere in a word.
_INSIDE = """
tumor tumour; behavior behaviour; color colour; labor labour; favor favour; odor odour;
esophag oesophag; pediatr paediatr; anesthe anaesthe; anesthesi anaesthesi; ischemi ischaemi;
rrhea rrhoea; orthoped orthopaed; gynecol gynaecol; flavor flavour; humor humour; vapor vapour;
honor honour; endeavor endeavour; hemorrh haemorrh; neighbor neighbour;
rumor rumour; harbor harbour;
estrogen oestrogen; edema oedema; hemodynam haemodynam; leukemi leukaemi;
estradiol oestradiol; artifact artefact; enrollment enrolment; fulfillment fulfilment;
installment instalment; judgment judgement; skillful skilful
"""
_UNIT = r"((?:\A|deci|milli|micro|nano)lit|\Atit|(?:centi|milli|kilo|nano)met)"
#: American pattern and British form, British pattern and American form.
_RULES = tuple(
    (re.compile(one), to_british, re.compile(other), to_american)
    for one, to_british, other, to_american in (
        # dyspnea, dyspnoeic
        (r"(?<=[a-z])pne(?=a|ic|\*|\Z)", "pnoe", r"pnoe(?=a|ic|\*|\Z)", "pne"),
        # hematoma, methemoglobin; not hemisphere
        (r"\Ahem(?=[ao])", "haem", r"\Ahaem(?=[ao])", "hem"),
        (r"(?<=[a-z])hem(?=at|ang|ost|ophi|oglo|oly)", "haem", r"(?<=[a-z])haem", "hem"),
        # multicenter, patient-centered
        (r"(cent|fib|theat|goit)er(?=[^aeio]|\*|\Z)(?!ed)", r"\1re",
         r"(cent|fib|theat|goit)re(?!d)", r"\1er"),
        (r"(cent)er(?=ed|ing)", r"\1r", r"(cent)r(?=ed\Z|ing)", r"\1er"),
        (_UNIT + r"er(?=s?\Z)", r"\1re", _UNIT + r"re(?=s?\Z)", r"\1er"),
        # analyze, dialyzed, hydrolyze; not analyses, which are the plural of an analysis
        (r"(?<=[aeo]l)yz(?=e|ing|able|at|\*|\Z)", "ys",
         r"(?<=[aeo]l)ys(?=e\*?\Z|ed|er|ing|able)", "yz"),
        # labeled, signaling
        (r"(travel|fuel|label|model|cancel|counsel|signal|channel|level|tunnel|dial|pedal|panel)"
         r"(?=ed|ing|er|or)", r"\1l",
         r"(travel|fuel|label|model|cancel|counsel|signal|channel|level|tunnel|dial|pedal|panel)l"
         r"(?=ed|ing|er|or)", r"\1"),
        (r"(enrol|fulfil)l(?=s?\Z)", r"\1", r"(enrol|fulfil)(?=s?\Z)", r"\1l"),
        (r"practic(?=ed|ing\Z)", "practis", r"practis(?=e|ed|es|ing)", "practic"),
    )
)  # fmt: skip
_PAIR = re.compile(r"(\w+) (\w+)(?:;|\Z)")
_LABORATORY = re.compile(
    r"laborator|color(ect|ado|ad)|coloni|colorim|humoral|elaborat|collaborat|corrobor"
)
_EMIA = re.compile(r"(?<=[a-z]{2})(?<!a)emi(?=a|as|c|cs|\Z|\*)")
_AEMIA = re.compile(r"(?<=[a-z]{2})aemi(?=a|as|c|cs|\Z|\*)")
_NOT_BLOOD = re.compile(r"chemi|academi|epidemi|endemi|pandemi|polemi|premi|hemi|semi|stemi")
_IZE = re.compile(r"(?<=[a-z]{3})iz(?=e|ed|es|ing|er|ers|ation|ations|able|at\*|\*|\Z)")
_ISE = re.compile(r"(?<=[a-z]{3})is(?=e|ed|es|ing|er|ers|ation|ations|able|at\*|\*|\Z)")
_ENDS = ("", "e", "ed", "ation", "ing")


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((match[1], match[2]) for match in _PAIR.finditer(" ".join(text.split())))


#: The same where they are the whole of a word, and its plural.
ENDS = _pairs(
    "catalog catalogue; analog analogue; program programme; defense defence; offense offence; "
    "license licence; dialog dialogue; homolog homologue; gray grey; disk disc; yogurt yoghurt"
)
#: British English drops the u before these endings: odorant, tumorigenic, coloration.
_LATIN = re.compile(r"or(?:ig|iz|is|ant|ous|ific|ation)")
BEGINNINGS = tuple(pair for pair in _pairs(_BEGINNINGS) if pair[0] != pair[1])
INSIDE = _pairs(_INSIDE)


def spellings(word: str) -> list[str]:
    """The word, which may end in a star, as the other side of the Atlantic spells it."""
    if _LABORATORY.match(word):
        return []
    found = [*_paired(word), *_ruled(word)]
    if not _NOT_BLOOD.search(word):
        found += [_EMIA.sub("aemi", word)] if _EMIA.search(word) else []
    found += [_AEMIA.sub("emi", word)] if _AEMIA.search(word) else []
    if _IZE.search(word):
        other = _IZE.sub("is", word)
        found += [other] if vocabulary.is_stem(word.strip("*")) else []
    elif _ISE.search(word):
        other = _ISE.sub("iz", word)
        found += [other] if _is_a_verb(other.strip("*")) else []
    return [one for one in dict.fromkeys(found) if one != word]


def _is_a_verb(word: str) -> bool:
    """Is this, or what it begins, a word in -ize?"""
    stem = word[: word.rindex("iz") + 2]
    return len(stem) > 5 and any(vocabulary.is_known(stem + end) for end in _ENDS[1:])


def _ruled(word: str) -> Iterator[str]:
    for one, to_british, other, to_american in _RULES:
        if other.search(word):
            yield other.sub(to_american, word)
        elif one.search(word):
            yield one.sub(to_british, word)


def _paired(word: str) -> Iterator[str]:
    for american, british in BEGINNINGS:
        if word.startswith(british):
            yield american + word.removeprefix(british)
        elif word.startswith(american):
            yield british + word.removeprefix(american)
    for american, british in INSIDE:
        if word.startswith("gastro") and american == "esophag":
            continue  # gastro-oesophageal has a hyphen, and so is found by its parts
        if british in word:
            yield word.replace(british, american)
        elif american in word and not _LATIN.search(word):
            yield word.replace(american, british)
    for american, british in ENDS:
        if word.removesuffix("s") == british:
            yield word.replace(british, american)
        elif word.removesuffix("s") == american:
            yield word.replace(american, british)


@lru_cache(maxsize=65536)
def american(word: str) -> str:
    """One spelling for both, to compare words by."""
    for one, other in (*BEGINNINGS, *INSIDE):
        word = word.replace(other, one)
    for _american, _to_british, british, to_american in _RULES:
        word = british.sub(to_american, word)
    return _ISE.sub("iz", word).replace("ae", "e").replace("oe", "e")


def numbers(word: str) -> list[str]:
    """The plural of a singular, or the singular of a plural; by the rules of spelling."""
    if word.endswith("ies") and len(word) > 4:
        return [word[:-3] + "y"]
    if re.search(r"(?:ch|sh|x|ss)es$", word):
        return [word[:-2]]
    if word.endswith("s") and not word.endswith(("ss", "us", "is", "ics", "ous")):
        return [word[:-1]]
    if re.search(r"[^aeiou]y$", word):
        return [word[:-1] + "ies"]
    if re.search(r"(?:ch|sh|x|s|z)$", word):
        return [word + "es"] if not word.endswith(("is", "us", "ics")) else []
    return [word + "s"]


#: Compounds in both forms in titles of studies, and not one found by the parts of another.
_APART = {"on line", "burn out", "e health", "m health", "long term", "short term", "follow up",
          "health care", "birth weight", "pre term", "post operative", "pre operative",
          "post partum",
          "peri operative", "web site", "post natal", "pre natal", "pre eclampsia", "multi center",
          "day care", "work place", "over weight", "life style",
          }  # fmt: skip
#: Those that are met in both forms every day.
OFTEN = frozenset({"on line", "burn out", "long term", "short term", "follow up", "health care",
                   "pre term", "post operative", "pre operative", "birth weight"})  # fmt: skip
PREFIXES = frozenset(
    {"anti", "non", "post", "pre", "co", "multi", "inter", "intra", "peri", "re", "psycho"}
)


def apart(word: str) -> str:
    """`preterm` as `pre term`; empty where a word is not commonly written so."""
    plain = word.strip("*")
    for compound in _APART:
        joined = compound.replace(" ", "")
        if plain in (joined, joined + "s") or (len(plain) > 6 and joined.startswith(plain)):
            return compound
    for prefix in ("anti", "non", "post"):
        rest = plain.removeprefix(prefix)
        if rest != plain and len(rest) > 5 and vocabulary.is_stem(rest) and rest in plain:
            return f"{prefix} {rest}" + ("*" if word.endswith("*") else "")
    return ""


def joined(first: str, second: str) -> str:
    """`pre`, `term` as `preterm`; empty where nobody writes it so."""
    if f"{first} {second}" in _APART or f"{first} {second.removesuffix('s')}" in _APART:
        return first + second
    whole = first + second.strip("*")
    if first in PREFIXES and (vocabulary.is_known(whole) or vocabulary.is_known(second.strip("*"))):
        return first + second
    return ""


def is_compound(words: Sequence[str]) -> bool:
    """Are these words one word, written apart?"""
    return " ".join(words[-2:]) in _APART or words[-1] == "term"
