"""What the command line shows: lines, tables, JSON, progress, and the log on stderr.

Titles, reasons and warnings come from strangers: whatever is printed is cleaned of controls
first, and Rich reads no markup in it.  JSON escapes all that is not ASCII.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from typing import TextIO

from rich.console import Console
from rich.padding import Padding
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from bot.errors import SourceError
from bot.render.plain import clean

WIDE = 200  # columns of a table that goes to a file or a pipe: nothing is cut there


def line(text: str, *, indent: int = 0) -> None:
    """Print one line of the answer."""
    sys.stdout.write(" " * indent + clean(text) + "\n")


def row(cells: Iterable[str]) -> None:
    """Print one line with tabs between its cells, for other programs."""
    sys.stdout.write("\t".join(map(clean, cells)) + "\n")


def progress_line(text: str) -> None:
    """Say on a terminal what takes long just now."""
    if sys.stderr.isatty():
        sys.stderr.write(f"{clean(text)} ...\n")


def problem(text: str) -> None:
    """Print what is wrong on stderr, one line for each line of the text."""
    for one in text.splitlines() or [""]:
        sys.stderr.write(clean(one) + "\n")
    sys.stderr.flush()


def as_json(value: object) -> None:
    """Print one JSON object."""
    sys.stdout.write(json.dumps(_plain(value), indent=2) + "\n")


def _plain(value: object) -> object:
    """A value as JSON knows it."""
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return _plain(value._asdict())
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (Sequence, Collection)):
        return [_plain(one) for one in value]
    return str(value)


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, title: str = "") -> None:
    """Print rows under their headings; numbers stand to the right."""
    console = _console(sys.stdout)
    if title:
        console.print(Text(f"\n{clean(title)}", style="bold"))
    shown = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for place, name in enumerate(columns):
        numbers = bool(rows) and all(isinstance(row[place], int) for row in rows)
        shown.add_column(
            name, justify="right" if numbers else "left", overflow="fold", no_wrap=numbers
        )
    for row in rows:
        shown.add_row(*(Text(clean(_cell(value))) for value in row))
    console.print(shown)


def styled(text: Text, *, indent: int = 0) -> None:
    """Print text with its marks on a terminal, and without them elsewhere, where nothing is cut.

    What is foreign in it must be clean already.
    """
    if sys.stdout.isatty():
        _console(sys.stdout).print(Padding(text, (0, 0, 0, indent)))
    else:
        line(text.plain, indent=indent)


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return str(value)


def _console(stream: TextIO) -> Console:
    width = None if stream.isatty() else WIDE
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False)


class _Stderr(logging.StreamHandler[TextIO]):
    """Writes to what is stderr at that moment: a progress bar stands in for it meanwhile."""

    def __init__(self) -> None:
        super().__init__(sys.stderr)

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


class _OneLine(logging.Formatter):
    """Plain lines: a message is one line, whatever a stranger has put into it."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        record.message = clean(record.message)
        return super().formatMessage(record)


def log_to_stderr(level: str) -> None:
    """Send litbot's log at this level, and the libraries' warnings, to stderr."""
    stderr = _Stderr()
    stderr.setFormatter(_OneLine("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[stderr], force=True)
    logging.getLogger("bot").setLevel(level)


@contextmanager
def progress(tasks: Collection[tuple[str, str]], *, wanted: bool) -> Iterator[None]:
    """Show a bar on a terminal while these (source, task) pairs are polled.

    The pipeline logs each poll as it ends; the bar counts these events.  Where there is no
    terminal the log lines themselves tell.
    """
    if not wanted or not sys.stderr.isatty() or not tasks:
        yield
        return
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=_console(sys.stderr),
        transient=True,
    )
    log = logging.getLogger("bot.pipeline")
    with bar:
        counter = _Counter(bar, tasks)
        log.addHandler(counter)
        try:
            yield
        finally:
            log.removeHandler(counter)


@contextmanager
def reading_bar(total: int) -> Iterator[Callable[[int], None]]:
    """Show a bar on a terminal while this many bytes are read; give what moves it on."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    columns = (TextColumn("reading"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_console(sys.stderr), transient=True) as bar:
        task = bar.add_task("reading", total=total)
        yield lambda count: bar.advance(task, count)


class _Counter(logging.Handler):
    """Moves a bar when the log says that a task was polled, or was not."""

    def __init__(self, bar: Progress, tasks: Collection[tuple[str, str]]) -> None:
        super().__init__(logging.INFO)
        self._bar = bar
        self._left = set(tasks)
        self._shown = bar.add_task("polling", total=len(self._left))

    def emit(self, record: logging.LogRecord) -> None:
        first, *others = record.args if isinstance(record.args, tuple) and record.args else ("",)
        if isinstance(first, SourceError):
            polled = (first.source, first.task)
        else:
            polled = (str(first), str(others[0]) if others else "")
        if polled in self._left:
            self._left.remove(polled)
            self._bar.update(self._shown, advance=1, description=clean(polled[1])[:40])
