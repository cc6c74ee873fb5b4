"""litbot query check, and litbot query explain."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bot import known_studies, saved_queries
from bot.cli import at_hand, findings, options, output, query_known
from bot.cli.findings import Checkable, Placed
from bot.config import Settings
from bot.errors import QueryError, QueryFilesError, SettingsError, StoreError
from bot.model import Record
from bot.strategy import checks
from bot.strategy.mesh import BUILT_IN, Tree

Files = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="[FILE...]",
        help="Saved queries, or plain text files with a strategy; - is stdin.",
        show_default="every saved query, and the journal list",
    ),
]
Fix = Annotated[
    bool,
    typer.Option(
        "--fix",
        help="Write the fixes that change no meaning into the files (default: off).",
        show_default=False,
    ),
]
All = Annotated[
    bool,
    typer.Option(
        "--all", help="Print notes and answered findings too (default: off).", show_default=False
    ),
]
Strict = Annotated[
    bool,
    typer.Option(
        "--strict",
        help="Exit 1 for a warning that `why` does not answer, too (default: off).",
        show_default=False,
    ),
]


def check(
    files: Files = None,
    fix: Fix = False,
    all_: All = False,
    strict: Strict = False,
    against: query_known.Against = "",
    online: query_known.Online = False,
    database: options.Database = "",
    json: options.Json = False,
) -> None:
    """Check saved queries as a second librarian would; name every problem at its line.

    Asks each query about its known studies, by the records in the database and in known/ beside
    the queries.  Reads LITBOT_QUERIES_DIR; asks PubMed only with --online; changes files only with
    --fix.  Exit 1 for an error or a lost known study, 2 when a file is wrong.
    """
    settings = options.settings(database)
    asked = _given(files) if files else _every(settings)
    known = _records(asked)
    with ExitStack() as opened:
        mesh = _mesh(opened, settings)
    if fix:
        asked = [_mended(one, known, mesh) for one in asked]
    told = [findings.of(one, known=known, mesh=mesh) for one in asked]
    broken = _problems(asked, settings, every=not files)
    if broken:
        if not json:
            _show(asked, [_errors(here) for here in told], everything=all_)
        raise QueryFilesError(broken)
    saved = [one.path for one in asked if one.path and one.path.suffix in findings.YAML]
    today = datetime.now(UTC).date()
    studies = query_known.check(saved, settings, today=today, against=against, online=online)
    lost = any(one.fails for one in studies)
    everything = [one for here in told for one in here]
    counts = findings.counted(everything)
    if json:
        report = {"problems": [], "known_studies": studies, "findings": everything}
        output.as_json({**_sizes(asked, settings, every=not files), **counts, **report})
    else:
        query_known.show(studies)
        _show(asked, told, everything=all_)
        _sum_up(_sizes(asked, settings, every=not files), counts, lost=lost)
    if lost or counts["errors"] or (strict and counts["warnings"]):
        raise typer.Exit(1)


def explain(
    code: Annotated[
        str,
        typer.Argument(metavar="[CODE]", help="A code, such as LB201.", show_default="list them"),
    ] = "",
    json: options.Json = False,
) -> None:
    """Explain a finding of `litbot query check`: why it matters, and how to answer it.

    Without a code it lists all of them.  Changes nothing.
    """
    pages = checks.CODES
    if code and code.upper() not in pages:
        raise SettingsError(f"{code!r} is not a code; litbot query explain lists them")
    wanted = [code.upper()] if code else list(pages)
    if json:
        output.as_json({"codes": [{"code": one, **pages[one]._asdict()} for one in wanted]})
    elif code:
        for line in checks.explained(code.upper()).splitlines():
            output.line(line, indent=len(line) - len(line.lstrip()))
    else:
        output.table(
            ("code", "level", "what", "PRESS element"),
            [(one, page.level, page.title, checks.ELEMENTS[one[2]]) for one, page in pages.items()],
        )


def _given(files: Sequence[Path]) -> list[Checkable]:
    """The files that somebody names."""
    asked: list[Checkable] = []
    for path in files:
        if path.suffix in findings.YAML:
            one = findings.saved(path)
            if one is None:
                saved_queries.read(path)  # says what is wrong with it
                raise AssertionError(path)
            asked.append(one)
        elif str(path) == "-":
            asked.append(findings.plain("-", None, sys.stdin.buffer.read(findings.LARGEST + 1)))
        else:
            try:
                with path.open("rb") as file:
                    raw = file.read(findings.LARGEST + 1)
            except OSError as error:
                raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
            asked.append(findings.plain(str(path), path, raw))
    return asked


def _every(settings: Settings) -> list[Checkable]:
    """The saved queries that have a strategy."""
    if not settings.queries_dir.is_dir():
        raise QueryFilesError(saved_queries.check(settings.queries_dir))
    paths = sorted(settings.queries_dir.glob("*.yaml"))
    read = (findings.saved(path) for path in paths if path.name != saved_queries.JOURNALS)
    return [one for one in read if one is not None]


def _records(asked: Sequence[Checkable]) -> tuple[Record, ...]:
    """The records beside the queries: words of theirs are spelled right."""
    folders = dict.fromkeys(one.path.parent for one in asked if one.path)
    return tuple(record for folder in folders for record in known_studies.beside(folder))


def _mesh(opened: ExitStack, settings: Settings) -> Tree:
    try:
        return at_hand.mesh_tree(opened.enter_context(at_hand.store(settings)))
    except StoreError:
        return BUILT_IN  # what is wrong with the database is said where studies are looked up


def _mended(one: Checkable, known: Sequence[Record], mesh: Tree) -> Checkable:
    """The strategy after its safe fixes."""
    if one.path is None:
        raise SettingsError("--fix needs a file: stdin cannot be mended in place")
    if findings.mend(one, known=known, mesh=mesh):
        output.problem(f"{one.name}: mended")
    (again,) = _given([one.path])
    return again


def _problems(asked: Sequence[Checkable], settings: Settings, *, every: bool) -> list[QueryError]:
    """What is wrong with the files themselves."""
    if every:
        return list(saved_queries.check(settings.queries_dir))
    problems: list[QueryError] = []
    for one in asked:
        if one.path and one.path.suffix in findings.YAML:
            try:
                saved_queries.read(one.path)
            except QueryFilesError as error:
                problems += error.errors
    return problems


def _errors(told: Sequence[Placed]) -> list[Placed]:
    return [one for one in told if one.level == "error"]


def _show(
    asked: Sequence[Checkable], told: Sequence[Sequence[Placed]], *, everything: bool
) -> None:
    for one, here in zip(asked, told, strict=True):
        findings.show(one, here, everything=everything)


def _sizes(asked: Sequence[Checkable], settings: Settings, *, every: bool) -> dict[str, int]:
    if not every:
        return {"queries": len(asked)}
    queries = saved_queries.load(settings.queries_dir)
    return {"queries": len(queries.queries), "journals": len(queries.journals)}


def _sum_up(sizes: dict[str, int], counts: dict[str, int], *, lost: bool) -> None:
    if any(counts.values()):
        told = ", ".join(f"{number} {name}" for name, number in counts.items())
        output.line(f"{told} (notes and answered ones are shown with --all)")
    looked = ", ".join(
        f"{number} saved queries" if name == "queries" else f"{number} {name}"
        for name, number in sizes.items()
    )
    state = "all well"
    if counts["warnings"]:
        state = "there are warnings; litbot query explain CODE says how to answer them"
    if counts["errors"]:
        state = "there are errors"
    if lost:
        state = "known studies are lost"
    output.line(f"{looked}: {state}")
