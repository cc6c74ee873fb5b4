"""The bot from end to end: poll -> compose -> deliver.

The database is the hand-over between the three.  Each reads, decides with pure functions, and
commits once for each task, each subscription and each part; so whatever is interrupted is done
again from its last commit, and any two commands at the same moment double nothing.
"""

from __future__ import annotations

from datetime import datetime

from bot.pipeline.composing import compose
from bot.pipeline.delivering import deliver
from bot.pipeline.parts import Bot, Composed, Delivered, Report
from bot.pipeline.polling import poll

__all__ = [
    "Bot",
    "Composed",
    "Delivered",
    "Report",
    "compose",
    "cycle",
    "deliver",
    "gather",
    "poll",
]


def cycle(bot: Bot, now: datetime) -> Report:
    """Poll what is to be polled, compose what is due, deliver what waits."""
    return gather(bot, now) + deliver(bot, now)


def gather(bot: Bot, now: datetime, *, sweep: bool = False) -> Report:
    """Poll, and compose the digests that are due; send nothing.

    Where another process is polling at the same moment, the digests are left to it: composed now,
    they would say "nothing new" of what it is about to find.
    """
    polled = poll(bot, now, sweep=sweep)
    return polled if polled.busy else polled + compose(bot, now)
