"""A finding: one thing that a check noticed in a strategy, with its place and its remedy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.strategy.checks.codes import CODES

Level = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is noticed at `text[start:end]`.

    An error makes PubMed search something else than is written; a warning may lose studies, or is
    a decision that `why` must explain; a note is a hint.
    """

    code: str
    level: Level
    start: int
    end: int
    problem: str
    why: str
    fix: str | None = None  #: What may stand in place of the text found.
    safe: bool = False  #: The fix changes nothing of what the strategy means.


def found(
    code: str,
    start: int,
    end: int,
    problem: str,
    *,
    fix: str | None = None,
    safe: bool = False,
    level: Level | None = None,
) -> Finding:
    """A finding with the level and the reason of its code."""
    page = CODES[code]
    return Finding(
        code=code,
        level=level or page.level,
        start=start,
        end=end,
        problem=problem,
        why=page.why,
        fix=fix,
        safe=safe,
    )
