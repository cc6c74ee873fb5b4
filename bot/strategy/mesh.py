"""The tree of MeSH descriptors: what stands below a heading, and the codes of the qualifiers.

PubMed finds with a heading all narrower ones too (it explodes it), so a strategy can be answered
here only with the tree at hand.  `mesh.tsv` is a small part of it: the headings of the queries
that litbot ships, everything below them, and everything below that, so that a heading it knows is
never exploded in part.  NLM's whole file takes its place when it was imported.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from bot.strategy.words import words


class Descriptor(NamedTuple):
    """One MeSH heading and its places in the tree, e.g. `F04.754.137`; a few have none."""

    name: str
    ui: str
    tree_numbers: tuple[str, ...]


class Tree:
    """Which descriptors stand below which.  It never changes; two trees are never equal."""

    def __init__(self, descriptors: Iterable[Descriptor], *, edition: str) -> None:
        """`edition` says for a reader where the descriptors come from.

        Names that differ only in punctuation are one descriptor here (`Cytochromes c` and
        `Cytochromes c'` in MeSH 2024): they are the same in a folded record too.
        """
        self.edition = edition
        self._named: dict[str, Descriptor] = {}
        for one in descriptors:
            same = self._named.setdefault(folded(one.name), one)
            if same is not one:
                both = same._replace(tree_numbers=same.tree_numbers + one.tree_numbers)
                self._named[folded(one.name)] = both
        self._places = sorted(
            (number, name) for name, one in self._named.items() for number in one.tree_numbers
        )

    def __len__(self) -> int:
        return len(self._named)

    def names(self) -> list[str]:
        """The names of all descriptors as MeSH writes them."""
        return [one.name for one in self._named.values()]

    def knows(self, descriptor: str) -> bool:
        """Is this the name of a descriptor, in any case and punctuation?"""
        return folded(descriptor) in self._named

    def find(self, descriptor: str) -> Descriptor | None:
        """The descriptor of this name."""
        return self._named.get(folded(descriptor))

    def below(self, descriptor: str) -> frozenset[str]:
        """The folded names of a descriptor and all narrower ones; itself when unknown."""
        name = folded(descriptor)
        return frozenset({name, *(below for _number, below in self._under(name))})

    def places(self, descriptor: str) -> list[tuple[str, Descriptor]]:
        """Every place of a descriptor and what is below it, by tree number."""
        found = self._under(folded(descriptor))
        return [(number, self._named[name]) for number, name in found]

    def _under(self, name: str) -> list[tuple[str, str]]:
        known = self._named.get(name)
        found: dict[tuple[str, str], None] = {}
        for number in known.tree_numbers if known else ():
            start = bisect_left(self._places, (number, ""))
            end = bisect_left(self._places, (number + "/", ""))  # "/" comes next after "."
            found |= dict.fromkeys(self._places[start:end])
        return sorted(found)


def folded(name: str) -> str:
    """A heading as it is compared: `Depressive Disorder, Major` is `depressive disorder major`."""
    return words((name,)).strip()


def _shipped() -> Iterable[Descriptor]:
    lines = Path(__file__).with_name("mesh.tsv").read_text(encoding="utf-8").splitlines()
    for line in lines:
        name, ui, numbers = line.split("\t")
        yield Descriptor(name, ui, tuple(numbers.split()))


NO_TREE = Tree((), edition="no MeSH at all")
#: 468 of the 30,764 descriptors of the National Library of Medicine for 2024.
BUILT_IN = Tree(_shipped(), edition="the part of MeSH 2024 that litbot ships")

_QUALIFIERS = """
AA analogs & derivatives; AB abnormalities; AD administration & dosage; AE adverse effects;
AG agonists; AH anatomy & histology; AI antagonists & inhibitors; AN analysis; BI biosynthesis;
BL blood; BS blood supply; CF cerebrospinal fluid; CH chemistry; CI chemically induced;
CL classification; CN congenital; CO complications; CS chemical synthesis; CY cytology;
DE drug effects; DF deficiency; DG diagnostic imaging; DH diet therapy; DI diagnosis;
DT drug therapy; EC economics; ED education; EH ethnology; EM embryology; EN enzymology;
EP epidemiology; ES ethics; ET etiology; GD growth & development; GE genetics; HI history;
IM immunology; IN injuries; IP isolation & purification; IR innervation; IS instrumentation;
LJ legislation & jurisprudence; ME metabolism; MI microbiology; MO mortality; MT methods;
NU nursing; OG organization & administration; PA pathology; PC prevention & control;
PD pharmacology; PH physiology; PK pharmacokinetics; PO poisoning; PP physiopathology;
PS parasitology; PX psychology; PY pathogenicity; RE radiation effects; RH rehabilitation;
RT radiotherapy; SC secondary; SD supply & distribution; SN statistics & numerical data;
ST standards; SU surgery; TD trends; TH therapy; TM transmission; TO toxicity; TR transplantation;
TU therapeutic use; UL ultrastructure; UR urine; VE veterinary; VI virology
"""
#: The topical qualifiers (subheadings) by their two-letter codes; 76 in MeSH 2020 and since.
QUALIFIERS: Mapping[str, str] = dict(
    entry.strip().split(" ", 1) for entry in _QUALIFIERS.split(";")
)
