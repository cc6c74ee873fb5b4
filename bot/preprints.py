"""Preprints: which records are some, by their type, their DOI or the server that shows them."""

from __future__ import annotations

import re
from functools import lru_cache

from bot.model import Record

#: As journals name servers, and as PubMed cites them in a link: `medRxiv [Preprint]. 2026 Oct 3`.
_SERVER = re.compile(
    r"\W*(?:(?:(?:bio|med|chem|tech|open|(?:psy|soc|eco(?:evo)?|edu|earth|ag|law|sport)?\W?a)\W?rxiv"
    r"|engrxiv|jxiv|research square|res sq|ssrn|preprints?\.org|authorea"
    r"|osf preprints|open science framework|zenodo|peerj prepr\w*|jmir preprints"
    r"|scielo preprints|egusphere|f1000 preprints|qeios)\b|preprints? \(basel\)|preprints?\W*$)",
    re.IGNORECASE,
)
#: DOIs that only preprint servers give (the registrants' own forms; 10.1101 is shared with the
#: journals of Cold Spring Harbor).
_DOI = re.compile(
    r"10\.(?:1101/(?:\d{4}\.\d\d\.\d\d\.)?\d{6,8}|64898/|48550/arxiv|21203/rs\.|20944/preprints"
    r"|2139/ssrn|31234/|31219/|31222/|31223/|31235/|35542/|32942/|26434/chemrxiv|22541/(?:au|essoar)"
    r"|1002/essoar|36227/techrxiv|7287/peerj\.preprints|1590/scielopreprints|2196/preprints"
    r"|51094/jxiv|5194/egusphere|14293/s2199|12688/verixiv|32388/)"
)
#: What servers put behind the DOI, or in it, for one version.
_VERSION = re.compile(r"(?:[/.]?v\d{1,2}|\.\d{1,2})?(?:[./](?:full|abstract)(?:[.-]\w+)*)?$")


def is_preprint(record: Record) -> bool:
    """Is it a preprint: by its type, its DOI, or the server that stands for its journal?"""
    return (
        any(name.casefold() == "preprint" for name in record.publication_types)
        or bool(record.doi and _DOI.match(record.doi))
        or is_on_server(record.journal)
        or is_on_server(record.journal_abbreviation)
    )


@lru_cache(maxsize=20_000)
def is_on_server(name: str) -> bool:
    """Does a journal's name, or a citation, begin with the name of a preprint server?"""
    return bool(_SERVER.match(name))


def unversioned(doi: str) -> str:
    """The DOI of a preprint without its version."""
    return _VERSION.sub("", doi)
