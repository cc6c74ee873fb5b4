"""The strategy that a command is asked about: a saved query, a file, or the text itself."""

from __future__ import annotations

import difflib
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bot import saved_queries, strategy
from bot.config import Settings
from bot.errors import QueryError, QueryFilesError, SettingsError, StrategyError
from bot.saved_queries import Place
from bot.strategy import Node, tree

LARGEST = 256 * 1024  # bytes, as of a saved query
_YAML = (".yaml", ".yml")
_NAME = re.compile(r"[a-z0-9-]+")
#: `REV:PATH`, as git writes the file of a revision.
_REVISION = re.compile(r"(?P<revision>[\w./@^~{}-]+):(?P<path>[^\s\"\[\]()]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A strategy that somebody asks about, and what it is called."""

    name: str  #: A saved query, a file, or empty for a text.
    text: str
    node: Node
    place: Place  #: In the file, if there is one, else in the text.


def asked(argument: str, settings: Settings) -> Asked:
    """The strategy that an argument names or is: a file, `REV:FILE`, a saved query, a text.

    Raise QueryFilesError, QueryError or StrategyError where it cannot be parsed, SettingsError
    where it is not there.
    """
    if path := _file(argument, settings):
        return _from_file(path)
    if revision := _revision(argument):
        return _from_git(argument, *revision)
    if argument.endswith(_YAML):
        raise SettingsError(f"there is no file {argument!r}")
    _refuse_misspelt(argument, settings)
    node = strategy.parse(argument)
    return Asked(name="", text=argument, node=node, place=lambda at: tree.place(argument, at))


def saved_file(argument: str, settings: Settings) -> Path | None:
    """The file of a saved query, if the argument is one or names one."""
    path = _file(argument, settings)
    return path if path and path.suffix in _YAML else None


def at_revision(path: Path, revision: str) -> Asked:
    """A saved query as git has it in a revision."""
    return _from_git(f"{revision}:{path}", revision, path)


def demand(folder: Path, revision: str) -> None:
    """Raise SettingsError where git does not know the revision: a slip must not open a gate."""
    if _git(folder, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}") is None:
        raise SettingsError(
            f"git knows no revision {revision!r} in {folder}; right would be HEAD, or main after "
            "git fetch"
        )


def changes(path: Path) -> list[str]:
    """The last revision, and the latest ones that changed a file; none without git."""
    try:
        changed = _git(path.parent, "log", "-n", "20", "--format=%H", "--", path.name)
    except SettingsError:
        return []
    return ["HEAD", *(changed or b"").decode("ascii").split()]


def _file(argument: str, settings: Settings) -> Path | None:
    named = settings.queries_dir / f"{argument}.yaml"
    try:
        if Path(argument).is_dir():
            raise SettingsError(f"{argument!r} is a folder; name one file in it")
        if Path(argument).is_file() or (argument[:5] == "/dev/" and Path(argument).exists()):
            return Path(argument)
        return named if _NAME.fullmatch(argument) and named.is_file() else None
    except OSError:  # a strategy is too long for the name of a file
        return None


def _refuse_misspelt(argument: str, settings: Settings) -> None:
    """One word that looks like the name of a saved query is hardly a strategy."""
    if not _NAME.fullmatch(argument):
        return
    names = sorted(path.stem for path in settings.queries_dir.glob("*.yaml"))
    near = difflib.get_close_matches(argument, names, 1)
    hint = f"did you mean {near[0]}" if near else f"as a strategy write {argument}[tiab]"
    raise SettingsError(f"{argument!r} is not a saved query; {hint}")


def _from_file(path: Path, name: str = "") -> Asked:
    if path.suffix in _YAML:
        text, place = saved_queries.strategy_at(path)
        return Asked(name=name or path.stem, text=text, node=strategy.parse(text), place=place)
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: is not UTF-8; save it as UTF-8") from error
    if len(raw) > LARGEST:
        raise SettingsError(f"{path}: is larger than {LARGEST // 1024} kB; a strategy is not")
    try:
        node = strategy.parse(text)
    except StrategyError as error:
        problem = f"column {error.column}: {error.problem}"
        raise QueryError(path, error.line, "", problem) from error
    return Asked(name=path.name, text=text, node=node, place=lambda at: tree.place(text, at))


def _revision(argument: str) -> tuple[str, Path] | None:
    found = _REVISION.fullmatch(argument)
    if found is None or not found["path"].endswith((*_YAML, ".txt")):
        return None
    return found["revision"], Path(found["path"])


def _from_git(argument: str, revision: str, path: Path) -> Asked:
    """The file is looked up from the folder that the command runs in, else from the top."""
    if revision.startswith("-"):
        raise SettingsError(f"{revision!r} is not a revision; right would be HEAD or main~3")
    folder = path.parent if path.is_absolute() else Path()
    inside = path.name if path.is_absolute() else path.as_posix()
    shown = _git(folder, "show", f"{revision}:./{inside}")
    if shown is None and not path.is_absolute():
        shown = _git(folder, "show", f"{revision}:{inside}")
    if shown is None:
        raise SettingsError(
            f"git has no {argument!r}; right would be a revision and a file in it, as in "
            "HEAD~1:queries/relapse.yaml"
        )
    with tempfile.TemporaryDirectory(prefix="litbot-") as kept:
        copy = Path(kept) / path.name
        copy.write_bytes(shown)
        try:
            return _from_file(copy, argument)
        except QueryFilesError as error:
            raise QueryFilesError([_named(one, argument) for one in error.errors]) from error
        except QueryError as error:
            raise _named(error, argument) from error


def _named(error: QueryError, argument: str) -> QueryError:
    return QueryError(Path(argument), error.line, error.key, error.problem)


def _git(folder: Path, *words: str) -> bytes | None:
    """What git prints; None where it refuses."""
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and no revision is taken for an option
            ["git", *words],  # noqa: S607 - the git of the maintainer
            cwd=folder,
            # a hook in a linked worktree sets GIT_DIR; then paths count from the top, not from here
            env={name: value for name, value in os.environ.items() if name != "GIT_DIR"},
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise SettingsError(f"git cannot be run: {error.strerror}") from error
    return done.stdout if done.returncode == 0 else None
