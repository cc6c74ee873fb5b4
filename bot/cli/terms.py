"""What somebody asks for when subscribing, read and checked: from options, a CSV or a YAML file."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal, cast
from zoneinfo import ZoneInfo

from bot import subscribing
from bot.config import Settings
from bot.digest import next_due
from bot.errors import SettingsError
from bot.model import Cadence, ChannelName, Subscription

#: The columns of a file and the options of `add`, with the values they have when left out.
DEFAULTS: Mapping[str, str] = {
    "target": "",
    "queries": "",
    "every": "weekly",
    "on": "",
    "at": "07:00",
    "zone": "UTC",
    "layout": "standard",
    "quiet_weeks": "yes",
    "back": "0",
}
WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
LONGEST_BACK = 3650  # days; older records are for a search, not for a digest
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_YES_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


Identity = tuple[str, frozenset[str], Cadence]  # target, queries, cadence


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """A subscription that is wanted."""

    channel: ChannelName
    target: str
    queries: tuple[str, ...]
    cadence: Cadence
    layout: str
    quiet: bool
    back: int  #: Days before its first day from which it is told.

    def since(self, now: datetime) -> datetime:
        """The start of its first day on the wall clock of its zone, or so many days before."""
        zone = ZoneInfo(self.cadence.zone)
        first = now.astimezone(zone).date() - timedelta(days=self.back)
        return datetime.combine(first, time(), zone).astimezone(UTC)

    @property
    def identity(self) -> Identity:
        """Two subscriptions of one identity would tell their readers everything twice."""
        return self.target.casefold(), frozenset(self.queries), self.cadence


def identity(subscription: Subscription) -> Identity:
    """The same of a subscription that is there."""
    return subscription.target.casefold(), frozenset(subscription.queries), subscription.cadence


@dataclass(frozen=True, slots=True, kw_only=True)
class Possible:
    """What terms may name."""

    settings: Settings
    queries: Collection[str]
    layouts: Collection[str]


Problem = tuple[str, str]  # which value, and what is wrong with it


def read(given: Mapping[str, str], possible: Possible) -> Terms | tuple[Problem, ...]:
    """The terms, or everything that is wrong with them.  Empty values have their defaults."""
    values = {name: given.get(name, "").strip() or usual for name, usual in DEFAULTS.items()}
    problems: list[Problem] = []
    channel, target = _target(values["target"], possible.settings, problems)
    queries = _queries(values["queries"], possible.queries, problems)
    cadence = _cadence(values, problems)
    if values["layout"] not in possible.layouts:
        known = ", ".join(sorted(possible.layouts)) or "none"
        problems.append(("layout", f"no layout {values['layout']!r}; there are: {known}"))
    quiet = _YES_NO.get(values["quiet_weeks"].lower())
    if quiet is None:
        problems.append(("quiet_weeks", f"{values['quiet_weeks']!r} is neither yes nor no"))
    back = values["back"]
    if not (back.isascii() and back.isdigit() and int(back[:9]) <= LONGEST_BACK):
        problems.append(("back", f"{back!r} is not a number of days from 0 to {LONGEST_BACK}"))
    if problems:
        return tuple(problems)
    return Terms(
        channel=channel,
        target=target,
        queries=queries,
        cadence=cadence,
        layout=values["layout"],
        quiet=bool(quiet),
        back=int(back),
    )


def _target(text: str, settings: Settings, problems: list[Problem]) -> tuple[ChannelName, str]:
    try:
        channel, target = subscribing.target(text)
    except SettingsError as error:
        problems.append(("target", str(error).removeprefix("target: ")))
        return "email", ""
    if reason := unreachable(channel, settings):
        problems.append(("target", reason))
    return channel, target


def unreachable(channel: ChannelName, settings: Settings) -> str:
    """Why nothing can be sent by this channel with these settings; empty when it can."""
    mail = bool(settings.smtp_url.get_secret_value())
    slack = bool(settings.slack_token.get_secret_value())
    if not mail and not slack:
        return ""  # the folder stands in for both
    if channel == "slack":
        return "" if slack else "Slack is not set up; set LITBOT_SLACK_TOKEN"
    if not mail:
        return "email is not set up; set LITBOT_SMTP_URL"
    missing = settings.missing_for_email()
    return f"no digest may be mailed before these are set: {', '.join(missing)}" if missing else ""


def _queries(text: str, known: Collection[str], problems: list[Problem]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(re.split(r"[\s,;]+", text.strip(" ,;")))) if text else ()
    if not names:
        problems.append(("queries", "no saved query is named"))
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}" if near else f"there are: {', '.join(sorted(known))}"
            problems.append(("queries", f"no saved query {name!r}; {hint}"))
    return names


def _cadence(values: Mapping[str, str], problems: list[Problem]) -> Cadence:
    every, on = values["every"].lower(), values["on"].upper()
    weekday, day = 0, 1
    if every not in ("daily", "weekly", "monthly"):
        problems.append(("every", f"{values['every']!r} is none of daily, weekly, monthly"))
    elif every == "daily" and on:
        problems.append(("on", "a daily digest has no day; leave it out"))
    elif every == "weekly" and on:
        matching = [number for number, name in enumerate(WEEKDAYS) if on in (name, name[:3])]
        if matching:
            weekday = matching[0]
        else:
            problems.append(("on", f"{values['on']!r} is not a weekday; right would be MONDAY"))
    elif every == "monthly" and on:
        if on.isascii() and on.isdigit() and 1 <= int(on[:3]) <= 28:
            day = int(on)
        else:
            problems.append(("on", f"{values['on']!r} is not a day from 1 to 28"))
    clock = _TIME.fullmatch(values["at"])
    if not clock:
        problems.append(("at", f"{values['at']!r} is not a time; right would be 07:00"))
    hour, minute = (int(clock[1]), int(clock[2])) if clock else (0, 0)
    cadence = Cadence(
        every=cast(Literal["daily", "weekly", "monthly"], every),
        hour=hour,
        minute=minute,
        weekday=weekday,
        day=day,
        zone=values["zone"],
    )
    if every in ("daily", "weekly", "monthly"):
        try:
            next_due(cadence, datetime(2026, 1, 1, tzinfo=UTC))
        except SettingsError as error:
            problems.append(("zone", str(error).removeprefix("cadence: ")))
    return cadence


def shown(cadence: Cadence) -> str:
    """A cadence in words: `weekly, Monday 07:00 Europe/London`."""
    day = {
        "daily": "",
        "weekly": f"{WEEKDAYS[cadence.weekday].capitalize()} ",
        "monthly": f"day {cadence.day}, ",
    }[cadence.every]
    return f"{cadence.every}, {day}{cadence.hour:02}:{cadence.minute:02} {cadence.zone}"
