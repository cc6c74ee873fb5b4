"""litbot dedupe: which records of some files are one work."""

from __future__ import annotations

import csv
import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, TextIO

import typer

from bot.cli import options, output
from bot.cli.deduping import Answer, InMemory, InState, Names, Placed, Works
from bot.errors import FormatError, SettingsError, StoreError
from bot.formats import reading as files
from bot.render.plain import number
from bot.store import Engine
from bot.store.database import connect, is_foreign, prepare, version

BATCH = 500  # records saved in one transaction
NAMED = 10  # problems of one kind and file that are printed one by one
#: What a spreadsheet takes for a formula, also in full width; a plain number is none.
_FORMULA = re.compile(r"(?![-+]?\d+(?:[.,]\d+)?$)[=+\-@\uff1d\uff0b\uff0d\uff20]")
_SQLITE = b"SQLite format 3\0"


@dataclass(slots=True, kw_only=True)
class Account:
    """What was read."""

    records: int = 0
    known: int = 0  #: Of these: there already, under their ids.
    unreadable: int = 0  #: Entries that are no record.
    renamed: list[dict[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    failed: int = 0  #: Files that were not read to their end.


def dedupe(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE...",
            help="Files of records: CSV, RIS, .nbib, PubMed XML or BibTeX, also gzipped.",
            show_default=False,
        ),
    ] = None,
    clusters: Annotated[
        Path | None,
        typer.Option(
            "--clusters",
            metavar="OUT.csv",
            help="Write the clusters to this file.",
            show_default="stdout",
        ),
    ] = None,
    state: Annotated[
        str,
        typer.Option(
            "--state",
            metavar="DB",
            help="A SQLite file or a database URL that keeps what was fed; new if not there.",
            show_default="memory only",
        ),
    ] = "",
    encoding: Annotated[
        str,
        typer.Option(
            "--encoding",
            metavar="NAME",
            help="How lines that are not UTF-8 are to be read, e.g. latin-1.",
            show_default="cp1252, and they are named",
        ),
    ] = "",
    json: options.Json = False,
) -> None:
    """Say which records of some files are one work.  Needs no settings and asks nobody.

    Writes one line for each record: cluster, id, rule.  The records of a cluster are one work; the
    rule says what ties a record to one before it.  The id is the record's own in its file, else its
    PMID, else FILE:NUMBER; an id that comes again with other content is called ID#2.  One that a
    spreadsheet would run as a formula stands behind an apostrophe; --json gives it as it is.

    With --state new records join those that were fed before, all are shown, and nothing is fed
    twice.  Exit 1 when something could not be read: it is named, and the rest is done.
    """
    output.log_to_stderr("WARNING")
    given = paths or []
    _check(given, clusters, state, encoding)
    account = Account()
    with _works(state) as works:
        with output.reading_bar(_bytes(given)) as advanced:
            for path in given:
                _read(path, encoding, advanced, works, account)
        if given and not account.records:
            output.problem("no record was read")
            if json:
                output.as_json({"problems": account.problems})
            raise typer.Exit(2)
        output.progress_line("putting the works together")
        answer = works.answer()
    if clusters:
        _save(clusters, answer)
    if json:
        output.as_json(_values(answer, account))
    else:
        if not clusters:
            _print(answer)
        _summarise(answer, account)
    if account.problems:
        raise typer.Exit(1)


def _check(paths: list[Path], clusters: Path | None, state: str, encoding: str) -> None:
    """Raise SettingsError for what would be found out too late, or destroy something."""
    problems = []
    if not paths and not state:
        problems.append("name a file of records: CSV, RIS, .nbib, PubMed XML or BibTeX")
    if not _reads_ascii(encoding or "utf-8"):
        problems.append(
            f"--encoding {encoding!r} is none of text files; right would be cp1252 or latin-1"
        )
    if state and (file := _file(state)):
        if file.is_dir():
            problems.append(f"--state {file} is a folder; name a file in it")
        elif file.is_file() and file.stat().st_size and not _is_sqlite(file):
            problems.append(f"--state {file} is no SQLite database; name another file")
        elif not (folder := file.absolute().parent).is_dir():
            problems.append(f"--state {file}: there is no folder {folder}")
        paths = [*paths, file]
    if clusters:
        folder = clusters.absolute().parent
        if clusters.is_dir():
            problems.append(f"--clusters {clusters} is a folder; name a file in it")
        elif not folder.is_dir():
            problems.append(f"--clusters {clusters}: there is no folder {folder}")
        elif not os.access(clusters if clusters.exists() else folder, os.W_OK):
            problems.append(f"--clusters {clusters} cannot be written")
        elif any(_is_same(clusters, path) for path in paths):
            problems.append(f"--clusters {clusters} is one of the files to read; name another")
    if problems:
        raise SettingsError(*problems)


def _reads_ascii(encoding: str) -> bool:
    try:
        return b"title".decode(encoding) == "title"
    except (LookupError, ValueError):
        return False


def _file(state: str) -> Path | None:
    """The file of a state; None for one on a server."""
    if "://" not in state:
        return Path(state)
    return Path(state.partition("///")[2]) if state.startswith("sqlite") else None


def _is_sqlite(file: Path) -> bool:
    with file.open("rb") as stream:
        return stream.read(len(_SQLITE)) == _SQLITE


def _is_same(one: Path, other: Path) -> bool:
    if one.exists() and other.exists():
        return one.samefile(other)
    return one.absolute() == other.absolute()


@contextmanager
def _works(state: str) -> Iterator[Works]:
    if not state:
        yield InMemory()
        return
    engine = connect(state if "://" in state else f"sqlite:///{state}")
    try:
        _check_state(engine)
        prepare(engine)
        yield InState(engine)
    except StoreError as error:
        raise StoreError(f"--state: {error}") from error
    finally:
        engine.dispose()


def _check_state(engine: Engine) -> None:
    """Raise SettingsError for a database of something else, or of another litbot."""
    name = engine.url.render_as_string(hide_password=True)
    name = name.removeprefix("sqlite:///")
    if is_foreign(engine):
        raise SettingsError(
            f"--state {name} holds the tables of another program and was left as it is; "
            "name a new file or one that litbot has made"
        )
    at, newest = version(engine)
    if at is not None and at > newest:
        raise SettingsError(
            f"--state {name} is at migration {at}, this litbot knows only {newest}; "
            "install the litbot that wrote it"
        )
    if at is not None and at != newest:
        raise SettingsError(
            f"--state {name} is at migration {at}, this litbot needs {newest}; make a copy, then "
            f"run: litbot db upgrade --database {engine.url.render_as_string(hide_password=True)}"
        )


def _bytes(paths: list[Path]) -> int:
    return sum(path.stat().st_size for path in paths if path.is_file())


def _read(
    path: Path,
    encoding: str,
    advanced: Callable[[int], None],
    works: Works,
    account: Account,
) -> None:
    """Put the records of one file in; what cannot be read is named, and the rest is kept."""
    names, said = Names(), Counter[str]()
    batch: list[files.Entry] = []

    def foreign(line: int, byte: int) -> None:
        text = f"{path}: line {line} is not UTF-8 (byte {byte:#04x}) and was read as cp1252; "
        text += "if that is right, say --encoding cp1252, else name its encoding"
        account.problems.append(text)
        _some(text, said, "lines are not UTF-8")

    before = account.records + account.unreadable
    try:
        for one in files.entries(path, encoding=encoding, foreign=foreign, advanced=advanced):
            if isinstance(one, files.Unreadable):
                account.unreadable += 1
                text = f"{path}: entry {one.number}: {one.reason}"
                account.problems.append(text)
                _some(text, said, "entries are no records")
                continue
            batch.append(one)
            if len(batch) == BATCH:
                _put(path, works.add(batch, names), account, said)
                batch = []
    except FormatError as error:
        _put(path, works.add(batch, names), account, said)
        account.failed += 1
        count = account.records + account.unreadable - before
        text = str(error) + (
            f" (read before that: {number(count, 'entry', 'entries')})" if count else ""
        )
        account.problems.append(text)
        output.problem(text)
    else:
        _put(path, works.add(batch, names), account, said)
        if account.records + account.unreadable == before:
            account.problems.append(f"{path}: holds no record")
            output.problem(account.problems[-1])
    for kind, count in said.items():
        if count > NAMED:
            output.problem(f"{path}: {count - NAMED:,} more {kind}")


def _put(path: Path, placed: list[Placed], account: Account, said: Counter[str]) -> None:
    for entry, name, known in placed:
        account.records += 1
        account.known += known
        if name != entry.id and not known:
            account.renamed.append({"file": str(path), "id": entry.id, "name": name})
            text = (
                f"{path}: entry {entry.number}: the id {entry.id!r} is taken; it is called {name!r}"
            )
            _some(text, said, "ids were taken")


def _some(text: str, said: Counter[str], kind: str) -> None:
    said[kind] += 1
    if said[kind] <= NAMED:
        output.problem(text)


def _save(path: Path, answer: Answer) -> None:
    try:
        with path.open("w", encoding="utf-8", newline="") as stream:
            _write(stream, answer)
    except OSError as error:
        raise SettingsError(f"--clusters {path} cannot be written: {error.strerror}") from error


def _print(answer: Answer) -> None:
    try:
        _write(sys.stdout, answer)
        sys.stdout.flush()
    except BrokenPipeError:
        raise  # whoever reads has seen enough: the command line ends quietly
    except OSError as error:
        raise SettingsError(f"stdout cannot be written: {error.strerror}") from error


def _write(stream: TextIO, answer: Answer) -> None:
    table = csv.writer(stream, lineterminator="\n")
    table.writerow(("cluster", "id", "rule"))
    for cluster, id_, rule in answer.rows:
        table.writerow((cluster, f"'{id_}" if _FORMULA.match(id_) else id_, rule))


def _values(answer: Answer, account: Account) -> dict[str, object]:
    return {
        **_counts(answer, account),
        "rules": _rules(answer),
        "clusters": answer.rows,
        "related": answer.related,
        "renamed": account.renamed,
        "problems": account.problems,
    }


def _counts(answer: Answer, account: Account) -> dict[str, int]:
    works = answer.rows[-1].cluster if answer.rows else 0
    return {
        "read": account.records,
        "new": account.records - account.known,
        "known": account.known,
        "unreadable": account.unreadable,
        "records": len(answer.rows),
        "works": works,
        "duplicates": len(answer.rows) - works,
    }


def _rules(answer: Answer) -> dict[str, int]:
    return dict(Counter(row.rule for row in answer.rows if row.rule).most_common())


def _summarise(answer: Answer, account: Account) -> None:
    """Say on stderr what was read and found."""
    count = _counts(answer, account)
    lines = [
        f"read {number(count['read'], 'record', 'records')}: {count['new']:,} new, "
        f"{count['known']:,} there already; {count['unreadable']:,} could not be read",
        f"{number(count['records'], 'record is', 'records are')} "
        f"{number(count['works'], 'work', 'works')} and "
        f"{number(count['duplicates'], 'duplicate', 'duplicates')}",
    ]
    if rules := _rules(answer):
        lines.append("; ".join(f"{rule}: {times:,}" for rule, times in rules.items()))
    if answer.related:
        pairs = number(len(answer.related), "pair is", "pairs are")
        lines.append(f"{pairs} related and kept apart; --json names them")
    if any(_FORMULA.match(row.id) for row in answer.rows):
        lines.append("ids that a spreadsheet would run stand behind an apostrophe in the CSV")
    output.problem("\n".join(lines))
