"""Saved queries and the journal list: read `queries/*.yaml`, and name everything that is wrong.

One file is one query, and the file's stem is its name; `journals.yaml` lists the feeds.  Files are
written by people: every problem of every file is reported at once, at its own line.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot import strategy
from bot.errors import QueryError, QueryFilesError, StrategyError
from bot.model import Journal, KnownStudy, Owner, Record, SavedQuery
from bot.saved_queries.entries import ALL, NAME, JournalEntry, QueryFile, schema
from bot.saved_queries.files import File
from bot.strategy import checks, tree

__all__ = [
    "Place",
    "Queries",
    "check",
    "fingerprint",
    "load",
    "read",
    "schema",
    "strategy_at",
    "wanted",
]

JOURNALS = "journals.yaml"

#: From the offset of a character to its line and column, from 1; column 0 where nobody can tell.
Place = Callable[[int], tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Queries:
    """Every saved query and every journal, by name."""

    queries: Mapping[str, SavedQuery] = field(default_factory=dict)
    journals: Mapping[str, Journal] = field(default_factory=dict)

    def journals_of(self, query: SavedQuery) -> tuple[Journal, ...]:
        """The journals of the query's groups, those without a known feed included."""
        return tuple(
            journal
            for journal in self.journals.values()
            if ALL in query.journals or set(query.journals) & set(journal.groups)
        )


def load(folder: Path) -> Queries:
    """Read all of them.  Raise QueryFilesError with every problem of every file."""
    queries, problems = _read(folder)
    if problems:
        raise QueryFilesError(problems)
    return queries


def read(path: Path) -> SavedQuery:
    """Read one file, wherever it lies; its groups of journals are not looked up.

    Raise QueryFilesError with every problem of the file.
    """
    file = File(path)
    _check_names([file])
    _check_strategy(file)
    query = _query(file)
    if query is None or file.problems:
        raise QueryFilesError(file.problems)
    return query


def strategy_at(path: Path) -> tuple[str, Place]:
    """The strategy in a file, and where the characters of it stand there.

    Other keys may be wrong, or those of another version.  Raise QueryFilesError where there is no
    strategy, or none that can be parsed.
    """
    file = File(path)
    text = file.value.get("pubmed") if isinstance(file.value, dict) else None
    if not isinstance(text, str):
        missing = QueryError(path, 1, "pubmed", "is missing (the search strategy)")
        raise QueryFilesError(file.problems or [missing])
    _check_strategy(file)
    if wrong := [problem for problem in file.problems if problem.key == "pubmed"]:
        raise QueryFilesError(wrong)
    return text, lambda offset: file.place(("pubmed",), *tree.place(text, offset))


def check(folder: Path) -> tuple[QueryError, ...]:
    """Every problem of every file, in the order of file and line."""
    return tuple(_read(folder)[1])


def fingerprint(query: SavedQuery) -> str:
    """A hash of what changes the search; when it differs, the baseline is taken again."""
    parts = (query.pubmed, *map(sorted, (query.journals, query.languages, query.publication_types)))
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def wanted(query: SavedQuery, record: Record) -> bool:
    """Do the query's languages and publication types let this record pass?

    Only an indexed record is ever left out: before that its types are incomplete, and a language
    that nobody told is no reason to lose a study.
    """
    if record.status != "MEDLINE":
        return True
    languages = {code.lower() for code in record.languages or ()}
    if query.languages and languages and not languages & {*query.languages, "und", "mul"}:
        return False
    types = {name.casefold() for name in record.publication_types}
    asked = {name.casefold() for name in query.publication_types}
    return not (asked and types) or bool(asked & types)


def _read(folder: Path) -> tuple[Queries, list[QueryError]]:
    try:
        paths = sorted(
            path
            for path in folder.iterdir()
            if path.suffix.lower() in (".yaml", ".yml") and not path.name.startswith(".")
        )
    except OSError as error:
        return Queries(), [QueryError(folder, 1, "", f"cannot be read: {error.strerror}")]
    files = [File(path) for path in paths if path.name != JOURNALS]
    listed = [File(path) for path in paths if path.name == JOURNALS]
    journals = _journals(listed[0]) if listed else {}
    groups = {group for journal in journals.values() for group in journal.groups}
    _check_names(files)
    queries: dict[str, SavedQuery] = {}
    for file in files:
        _check_strategy(file)
        if not any(journal_list.problems for journal_list in listed):
            _check_groups(file, groups)
        if query := _query(file):
            queries[query.name] = query
    problems = [problem for file in (*files, *listed) for problem in file.problems]
    if not files:
        problems.append(QueryError(folder, 1, "", "holds no saved query; add one as NAME.yaml"))
    problems.sort(key=lambda problem: (problem.path, problem.line))
    return Queries(queries=queries, journals=journals), problems


def _check_names(files: list[File]) -> None:
    stems: dict[str, Path] = {}
    for file in files:
        stem = file.path.stem
        if file.path.suffix != ".yaml":
            file.report(1, "", "is not read under this name; rename it to end in .yaml")
        if not NAME.fullmatch(stem):
            file.report(1, "", f"the name {stem!r} may hold only a-z, 0-9 and hyphens")
        if (other := stems.setdefault(stem.lower(), file.path)) != file.path:
            file.report(1, "", f"has the same name as {other.name}")


def _query(file: File) -> SavedQuery | None:
    entry = file.validated(QueryFile, file.value, ())
    if entry is None:
        return None
    return SavedQuery(
        name=file.path.stem,
        title=entry.title,
        question=entry.question,
        owner=Owner(name=entry.owner.name, target=entry.owner.target),
        pubmed=entry.pubmed,
        journals=tuple(entry.journals),
        known_studies=tuple(
            KnownStudy(citation=study.citation, pmid=study.pmid, doi=study.doi)
            for study in entry.known_studies
        ),
        why=tuple(entry.why),
        languages=tuple(entry.languages),
        publication_types=tuple(entry.publication_types),
    )


def _journals(file: File) -> dict[str, Journal]:
    journals: dict[str, Journal] = {}
    feeds: dict[str, str] = {}
    for name, value in file.value.items() if isinstance(file.value, dict) else ():
        if not NAME.fullmatch(name):
            file.report(
                file.line((name,)), name, "a journal's key may hold only a-z, 0-9 and hyphens"
            )
        entry = file.validated(JournalEntry, value, (name,))
        if entry is None:
            continue
        if ALL in entry.groups:
            file.report(
                file.line((name, "groups")), f"{name}.groups", "'all' already means every group"
            )
        if entry.feed and (other := feeds.setdefault(entry.feed, name)) != name:
            file.report(file.line((name, "feed")), f"{name}.feed", f"is the feed of {other} too")
        journals[name] = Journal(
            name=name,
            title=entry.title,
            issns=tuple(entry.issns),
            feed=entry.feed,
            groups=tuple(entry.groups),
            confirmed=entry.confirmed,
        )
    return journals


def _check_groups(file: File, groups: set[str]) -> None:
    asked = file.value.get("journals") if isinstance(file.value, dict) else None
    for at, group in enumerate(asked if isinstance(asked, list) else ()):
        if isinstance(group, str) and group not in {ALL, *groups}:
            near = difflib.get_close_matches(group, groups, 1)
            known = f"did you mean {near[0]}" if near else f"there are: {', '.join(sorted(groups))}"
            hint = known if groups else f"{JOURNALS} names none"
            file.report(file.line(("journals", at)), "journals", f"unknown group {group!r}; {hint}")


def _check_strategy(file: File) -> None:
    text = file.value.get("pubmed") if isinstance(file.value, dict) else None
    if not isinstance(text, str):
        return
    try:
        strategy.parse(text)
        _refuse_line_references(text)
    except StrategyError as error:
        line, column = file.place(("pubmed",), error.line, error.column)
        file.report(line, "pubmed", (f"column {column}: " if column else "") + error.problem)


def _refuse_line_references(text: str) -> None:
    """A strategy copied from a search history refers to searches that are not in the file."""
    if reference := checks.line_reference(text):
        line, column = tree.place(text, reference[0])
        number = text[slice(*reference)]
        raise StrategyError(
            f"{number!r} refers to a line of a search history; write out its terms",
            line=line,
            column=column,
        )
