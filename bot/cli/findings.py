"""Findings on the command line: what each says, the line it stands in, a caret; and the fixes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.text import Text

from bot.cli import output
from bot.errors import QueryError, QueryFilesError, SettingsError
from bot.model import Record
from bot.render.plain import clean
from bot.saved_queries import Place
from bot.saved_queries.files import File, lines
from bot.strategy import checks, tree
from bot.strategy.checks import Finding, Level
from bot.strategy.mesh import Tree

YAML = (".yaml", ".yml")
WIDEST = 100  # columns of a line that is shown
LARGEST = 256 * 1024  # bytes, as of a saved query
_STYLES: dict[Level, str] = {"error": "bold red", "warning": "yellow", "note": "cyan"}
_ROUNDS = 5  # a fix may bring another one to light


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkable:
    """A strategy, and where it stands in its file."""

    name: str  #: As it is shown: the path, or `-`.
    path: Path | None
    text: str
    whole: str  #: The text of the file.
    place: Place
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A finding as it is told."""

    file: str
    line: int
    column: int  #: 0 where nobody can tell.
    code: str
    level: Level
    problem: str
    why: str
    found: str  #: The text that it is about.
    fix: str | None
    safe: bool
    answered: bool


def saved(path: Path) -> Checkable | None:
    """The strategy of a saved query, also one that cannot be parsed; None where there is none."""
    file = File(path)
    value = file.value if isinstance(file.value, dict) else {}
    text, why = value.get("pubmed"), value.get("why")
    if not isinstance(text, str):
        return None
    return Checkable(
        name=str(path),
        path=path,
        text=text,
        whole=path.read_bytes().decode("utf-8"),
        place=lambda offset: file.place(("pubmed",), *tree.place(text, offset)),
        why=tuple(line for line in why if isinstance(line, str)) if isinstance(why, list) else (),
    )


def plain(name: str, path: Path | None, raw: bytes) -> Checkable:
    """A strategy by itself.  Raise SettingsError where the bytes are no text."""
    if len(raw) > LARGEST:
        raise SettingsError(f"{name}: is larger than {LARGEST // 1024} kB; a strategy is not")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SettingsError(f"{name}: is not UTF-8; save it as UTF-8") from error
    bare = text.removeprefix("\ufeff")
    return Checkable(
        name=name, path=path, text=bare, whole=text, place=lambda offset: tree.place(bare, offset)
    )


def of(asked: Checkable, *, known: Sequence[Record], mesh: Tree) -> list[Placed]:
    """Everything that is noticed in a strategy, answered or not."""
    noticed = checks.noticed(asked.text, known=known, mesh=mesh)
    open_, _answered = checks.answered(asked.text, noticed, asked.why)
    return [_placed(asked, one, answered=one not in open_) for one in noticed]


def _placed(asked: Checkable, one: Finding, *, answered: bool) -> Placed:
    line, column = asked.place(one.start)
    return Placed(
        file=asked.name,
        line=line,
        column=column,
        code=one.code,
        level=one.level,
        problem=one.problem,
        why=one.why,
        found=asked.text[one.start : one.end],
        fix=one.fix,
        safe=one.safe,
        answered=answered,
    )


def show(asked: Checkable, findings: Sequence[Placed], *, everything: bool) -> None:
    """Print what nobody has answered, notes only on request."""
    written = _lines(asked, asked.whole.removeprefix("\ufeff"))
    for one in findings:
        if not everything and (one.answered or one.level == "note"):
            continue
        level = f"{one.level}, answered" if one.answered else one.level
        head = Text(f"{clean(one.file)}:{one.line}:{one.column}: ")
        head.append(f"{one.code} [{level}]", style=_STYLES[one.level])
        head.append(f" {clean(one.problem)}")
        output.styled(head)
        if one.column and one.line <= len(written):
            _point(written[one.line - 1].rstrip(), one)
        output.line(f"because {one.why}", indent=4)
        if one.fix is not None:
            mend = "--fix makes it" if one.safe else "perhaps"
            output.line(f"{mend}: {one.fix or 'leave it out'}", indent=4)


def _lines(asked: Checkable, text: str) -> list[str]:
    """The lines with their ends, as the places in the file count them."""
    if asked.path is not None and asked.path.suffix in YAML:
        return lines(text)
    return [f"{line}\n" for line in text.split("\n")]


def _point(line: str, one: Placed) -> None:
    """The line, cut around the place, and a caret under each character of it."""
    start = max(0, one.column - 1 - WIDEST // 2)
    before = len(clean(line[start : one.column - 1] + "^")) - 1
    found = clean(line[one.column - 1 :][: len(one.found.split("\n")[0])])
    output.styled(Text(clean(line[start : start + WIDEST])), indent=4)
    output.styled(
        Text("^" * max(1, min(len(found), WIDEST - before)), style="bold"), indent=4 + before
    )


def counted(findings: Sequence[Placed]) -> dict[str, int]:
    """How many of each level nobody has answered, and how many are answered."""
    counts = Counter("answered" if one.answered else f"{one.level}s" for one in findings)
    return {name: counts[name] for name in ("errors", "warnings", "notes", "answered")}


def mend(asked: Checkable, *, known: Sequence[Record], mesh: Tree) -> bool:
    """Make the safe fixes in the file; all else in it stays as it is, byte for byte.

    Raise QueryFilesError where the file is written so that the places in it cannot be told.
    """
    assert asked.path is not None
    whole, current, done = asked.whole, asked, False
    for _round in range(_ROUNDS):
        noticed = checks.noticed(current.text, known=known, mesh=mesh)
        wanted = checks.mended(current.text, noticed)
        if wanted == current.text:
            break
        whole = _spliced(current, noticed)
        asked.path.write_bytes(whole.encode("utf-8"))
        again = saved(asked.path) if asked.path.suffix in YAML else None
        again = again or plain(asked.name, asked.path, whole.encode("utf-8"))
        if again.text != wanted:
            asked.path.write_bytes(asked.whole.encode("utf-8"))
            problem = "cannot be mended in place; write the strategy as a block after |"
            raise QueryFilesError([QueryError(asked.path, asked.place(0)[0], "pubmed", problem)])
        current, done = again, True
    return done


def _spliced(asked: Checkable, noticed: Sequence[Finding]) -> str:
    """The file with each safe fix put in, from the last to the first."""
    starts = [0]
    for line in _lines(asked, asked.whole):
        starts.append(starts[-1] + len(line))
    bom = len(asked.whole) - len(asked.whole.removeprefix("\ufeff"))

    def offset(at: int) -> int:
        line, column = asked.place(at)
        return starts[line - 1] + max(column, 1) - 1 + (bom if line == 1 else 0)

    whole = asked.whole
    for one in reversed(checks.fixes(noticed)):
        assert one.fix is not None
        end = offset(one.end - 1) + 1 if one.end > one.start else offset(one.start)
        whole = whole[: offset(one.start)] + one.fix + whole[end:]
    return whole
