"""YAML files with the line of everything in them, and what is wrong with them.

A strange file may cost no memory and no time: no aliases, no objects, few levels, a largest size.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from bot.errors import QueryError
from bot.saved_queries.entries import explain

LARGEST = 256 * 1024  # bytes; the longest published strategies have some 10,000 characters
DEEPEST = 8  # levels; the files need three

_LINE = re.compile(
    r"[^\r\n\x85\u2028\u2029]*(?:\r\n|[\r\n\x85\u2028\u2029])|[^\r\n\x85\u2028\u2029]+"
)
_SEPARATORS = "\u2028\u2029"  # line ends to YAML that stay in its texts

Keys = tuple[str | int, ...]
_E = TypeVar("_E", bound=BaseModel)


def lines(text: str) -> list[str]:
    """The lines with their ends, as YAML counts them: a lone CR ends one too."""
    return _LINE.findall(text)


class _Loader(yaml.SafeLoader):
    """Composes nodes with their places; builds no objects, follows no aliases, ends at a depth."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        problem = ""
        if self.check_event(yaml.AliasEvent):
            problem = "aliases are not followed"
        if self.depth == DEEPEST:
            problem = "nested too deeply"
        if problem:
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=self.get_mark())
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


class File:
    """One file as read: its value, the line of each part, and what is wrong with it."""

    def __init__(self, path: Path, *, root: Literal["keys", "list"] = "keys") -> None:
        """Read a file that holds keys with values, or a list."""
        self.path = path
        self.problems: list[QueryError] = []
        self.value: object = None  #: None when there is nothing to check.
        self._lines: list[str] = []
        self._starts: dict[Keys, int] = {}
        self._scalars: dict[Keys, yaml.ScalarNode] = {}
        text = self._text()
        try:
            tree = _Loader(text).get_single_node() if not self.problems else None
        except yaml.reader.ReaderError as error:
            line = len(lines(text[: error.position] + "."))
            self.report(line, "", f"holds a character that YAML forbids: {error.character!r}")
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            problem = " ".join(filter(None, (error.context, error.problem)))
            self.report(mark.line + 1 if mark else 1, "", f"is not readable YAML: {problem}")
        else:
            self._lines = lines(text)
            if isinstance(tree, yaml.MappingNode if root == "keys" else yaml.SequenceNode):
                self.value = self._plain(tree, ())
            elif not self.problems and root == "list":
                self.report(1, "", "must hold a list, as in - target: C024BE91L")
            elif not self.problems:
                self.report(1, "", "must hold keys with values, as in title: Ketamine and relapse")

    def _text(self) -> str:
        if self.path.exists() and not self.path.is_file():  # a pipe would never end
            self.report(1, "", "is not a file")
            return ""
        try:
            with self.path.open("rb") as file:
                raw = file.read(LARGEST + 1)
            if len(raw) <= LARGEST:
                return raw.decode("utf-8-sig")
            self.report(1, "", f"is larger than {LARGEST // 1024} kB; a saved query is not")
        except OSError as error:
            self.report(1, "", f"cannot be read: {error.strerror}")
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            self.report(line, "", f"is not UTF-8 (byte {error.object[error.start]:#04x})")
        return ""

    def report(self, line: int, key: str, problem: str) -> None:
        shown = key if key.isprintable() else ascii(key)
        self.problems.append(QueryError(self.path, line, shown, problem))

    def line(self, keys: Keys) -> int:
        """The line of a part, or of the nearest part around it."""
        while keys and keys not in self._starts:
            keys = keys[:-1]
        return self._starts.get(keys, 1)

    def place(self, keys: Keys, line: int, column: int) -> tuple[int, int]:
        """Where a place in a text stands in the file; column 0 if that cannot be told."""
        node = self._scalars[keys]
        start = node.start_mark
        if any(one in node.value for one in _SEPARATORS):
            return start.line + 1, 0
        if node.style == "|":
            written = self._lines[start.line + line].rstrip("\r\n\x85")
            read = node.value.split("\n")[line - 1]
            return start.line + line + 1, column + len(written) - len(read)
        if node.style != ">" and start.line == node.end_mark.line:
            return start.line + 1, start.column + column + (1 if node.style else 0)
        return start.line + 1, 0

    def validated(self, model: type[_E], value: object, keys: Keys) -> _E | None:
        """The value as the model has it, or None and a report of all that is wrong."""
        if value is None and not keys:
            return None
        try:
            return model.model_validate(value)
        except ValidationError as error:
            for detail in error.errors():
                where = (*keys, *detail["loc"])
                key = ".".join(part for part in where if isinstance(part, str))
                self.report(self.line(where), key, explain(detail, model))
            return None

    def _plain(self, node: yaml.Node, keys: Keys) -> object:
        """The node as plain values, remembering where each began; a key twice is reported."""
        self._starts.setdefault(keys, node.start_mark.line + 1)
        match node:
            case yaml.MappingNode():
                values: dict[str, object] = {}
                for key_node, value_node in node.value:
                    key, line = str(key_node.value), key_node.start_mark.line + 1
                    if key in values:
                        first = self.line((*keys, key))
                        whole = ".".join(str(part) for part in (*keys, key))
                        self.report(line, whole, f"is already given in line {first}")
                        continue
                    self._starts[*keys, key] = line
                    values[key] = self._plain(value_node, (*keys, key))
                return values
            case yaml.SequenceNode():
                return [self._plain(part, (*keys, at)) for at, part in enumerate(node.value)]
            case yaml.ScalarNode():
                self._scalars[keys] = node
                return _scalar(node)
        raise AssertionError(node)


def _scalar(node: yaml.ScalarNode) -> object:
    """A scalar's value: only what files may hold is told apart, all else is text."""
    match node.tag.removeprefix("tag:yaml.org,2002:"):
        case "null":
            return None
        case "bool":
            return node.value.lower() in ("true", "yes", "on")
        case "int" if node.value.isascii() and node.value.isdigit() and len(node.value) < 20:
            return int(node.value)
        case "float" if node.value.replace(".", "", 1).isdigit():
            return float(node.value)
        case _:
            return node.value
