"""Every error that litbot raises on purpose, drawn as a tree.

    BotError
      SettingsError         settings are wrong: nothing was done (exit 2)
      QueryError            a saved query or the journal list is wrong (exit 2)
        QueryFilesError         all of them at once
      StrategyError         a search strategy cannot be parsed
      FormatError           bytes that should be records are not
      StoreError            the database cannot be used
      HttpError             no usable answer from an address
      SourceError           one source failed for one task
      DeliveryError         one message part did not reach one target

Messages name the thing, the problem, the value and the remedy; no secrets, no addresses of
subscribers.  What can go wrong in the world is a BotError; a bug is any other exception.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path


class BotError(Exception):
    """What can go wrong in the world."""


class SettingsError(BotError):
    """Settings are wrong; every problem is in the message, one a line."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class QueryError(BotError):
    """One problem in one file of saved queries: `file:line: key: problem`."""

    def __init__(self, path: Path, line: int, key: str, problem: str) -> None:
        super().__init__(f"{path}:{line}: {key}: {problem}" if key else f"{path}:{line}: {problem}")
        self.path = path
        self.line = line
        self.key = key
        self.problem = problem


class QueryFilesError(BotError):
    """Every problem in every file, in the order of file and line."""

    def __init__(self, errors: Sequence[QueryError]) -> None:
        super().__init__("\n".join(str(error) for error in errors))
        self.errors = tuple(errors)


class StrategyError(BotError):
    """A search strategy cannot be parsed; `line` and `column` count from 1."""

    def __init__(self, problem: str, *, line: int = 1, column: int = 1) -> None:
        super().__init__(f"line {line}, column {column}: {problem}")
        self.problem = problem
        self.line = line
        self.column = column


class FormatError(BotError):
    """Bytes that should be one record, or a set of records, cannot be read as such."""


class StoreError(BotError):
    """The database cannot be reached, or is not the one expected."""


class HttpError(BotError):
    """No usable answer; names the host, never the whole address (it may hold a key)."""

    def __init__(
        self, host: str, problem: str, *, status: int = 0, retry_at: datetime | None = None
    ) -> None:
        super().__init__(f"{host}: {problem}")
        self.host = host
        self.problem = problem
        self.status = status  #: The HTTP status, 0 where there was none.
        self.retry_at = retry_at  #: From Retry-After, when the server said so.


class SourceError(BotError):
    """One source failed for one task: its watermark stays, the failure is named to the readers."""

    def __init__(
        self,
        source: str,
        task: str,
        problem: str,
        *,
        permanent: bool = False,
        query_at_fault: bool = False,
        retry_at: datetime | None = None,
    ) -> None:
        super().__init__(f"{source} {task}: {problem}" if task else f"{source}: {problem}")
        self.source = source
        self.task = task
        self.problem = problem
        self.permanent = permanent  #: Do not ask again until the address changes (HTTP 410).
        self.query_at_fault = query_at_fault  #: The strategy was refused, not the service down.
        self.retry_at = retry_at  #: Not before this time.


class DeliveryError(BotError):
    """One part did not reach one target.  The target is not named: it may be an address."""

    def __init__(
        self,
        channel: str,
        problem: str,
        *,
        permanent: bool = False,
        unknown: bool = False,
        service_down: bool = False,
        gone: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{channel}: {problem}")
        self.channel = channel
        self.problem = problem
        self.permanent = permanent  #: Trying again unchanged cannot help.
        self.unknown = unknown  #: The part may have been accepted.
        self.service_down = service_down  #: Not this part but the whole service is in trouble.
        self.gone = gone  #: Not this message but the one that it answers or corrects is at fault.
        self.retry_after = retry_after  #: Seconds the service asked us to wait.
