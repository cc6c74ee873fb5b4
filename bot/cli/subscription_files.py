"""Files of subscriptions: CSV with a header line, or a YAML list."""

from __future__ import annotations

import csv
import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from bot.cli.terms import DEFAULTS, Possible, Terms, read
from bot.errors import SettingsError
from bot.saved_queries.files import File


class Row(NamedTuple):
    """One subscription as written: where, and its values as text."""

    line: int
    values: Mapping[str, str]
    lines: Mapping[str, int]  #: Where each value stands, if not on that line.


def load(path: Path, possible: Possible) -> list[Terms]:
    """The wanted subscriptions of a file.

    Raise SettingsError with every problem, as `file:line: key: problem`.
    """
    problems: list[str] = []
    rows = _yaml(path, problems) if path.suffix in (".yaml", ".yml") else _csv(path, problems)
    wanted: list[Terms] = []
    for row in rows:
        result = read(row.values, possible)
        if isinstance(result, Terms):
            wanted.append(result)
            continue
        problems += [
            f"{path}:{row.lines.get(key, row.line)}: {key}: {problem}" for key, problem in result
        ]
    if problems:
        raise SettingsError(*problems)
    return wanted


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, DEFAULTS, 1)
    hint = f"did you mean {near[0]}" if near else f"there are: {', '.join(DEFAULTS)}"
    return f"unknown key; {hint}"


def _csv(path: Path, problems: list[str]) -> Iterator[Row]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file, strict=True)
            header = [name.strip() for name in next(lines, [])]
            before = len(problems)
            for name in header:
                if name not in DEFAULTS:
                    problems.append(f"{path}:1: {name}: {_unknown(name)}")
                elif header.count(name) > 1:
                    problems.append(f"{path}:1: {name}: stands there twice")
            for name in ("target", "queries"):
                if name not in header:
                    problems.append(f"{path}:1: {name}: this column is missing")
            if len(problems) > before:
                return
            started = lines.line_num + 1
            for cells in lines:
                line, started = started, lines.line_num + 1
                if not any(cell.strip() for cell in cells):
                    continue
                if len(cells) != len(header):
                    problems.append(
                        f"{path}:{line}: {len(cells)} columns, the header has {len(header)}"
                    )
                    continue
                yield Row(line, dict(zip(header, cells, strict=True)), {})
    except OSError as error:
        problems.append(f"{path}: cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        problems.append(f"{path}: is not UTF-8; save it as CSV UTF-8")
    except csv.Error as error:
        problems.append(f"{path}:{lines.line_num}: is not readable CSV: {error}")


def _yaml(path: Path, problems: list[str]) -> Iterator[Row]:
    file = File(path, root="list")
    problems += [str(error) for error in file.problems]
    entries = file.value if isinstance(file.value, list) else []
    for at, entry in enumerate(entries):
        line = file.line((at,))
        if not isinstance(entry, dict):
            problems.append(f"{path}:{line}: must hold keys with values, as in target: C024BE91L")
            continue
        values: dict[str, str] = {}
        for key, value in entry.items():
            if key not in DEFAULTS:
                problems.append(f"{path}:{file.line((at, key))}: {key}: {_unknown(key)}")
            elif isinstance(value, list) and key == "queries":
                values[key] = " ".join(str(name) for name in value)
            elif isinstance(value, (list, dict)):
                problems.append(f"{path}:{file.line((at, key))}: {key}: must be one value")
            elif isinstance(value, bool):
                values[key] = "yes" if value else "no"
            else:
                values[key] = "" if value is None else str(value)
        yield Row(line, values, {key: file.line((at, key)) for key in values})
