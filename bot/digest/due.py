"""When a digest is due, on the wall clock of its subscription."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.errors import SettingsError
from bot.model import Cadence


def next_due(cadence: Cadence, after: datetime) -> datetime:
    """When the next digest is due, strictly after `after`, in UTC.

    A wall time that the clocks skip in spring is due at the next existing minute; one that they
    repeat in autumn is due once, the first time.  Raises SettingsError for a zone or a day of
    the month that cannot be kept.
    """
    if cadence.every == "monthly" and not 1 <= cadence.day <= 28:
        raise SettingsError(
            f"cadence: day {cadence.day} is not in every month; choose one of 1 to 28"
        )
    zone = zone_of(cadence.zone)
    day = after.astimezone(zone).date() - timedelta(days=1)
    while True:
        if _falls_on(cadence, day):
            due = _moment(datetime.combine(day, time(cadence.hour, cadence.minute)), zone)
            if due > after:
                return due
        day += timedelta(days=1)


def _falls_on(cadence: Cadence, day: date) -> bool:
    if cadence.every == "weekly":
        return day.weekday() == cadence.weekday
    return cadence.every == "daily" or day.day == cadence.day


def _moment(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first moment at which the clocks show this time, or the next one that they show."""
    while True:
        moment = wall.replace(tzinfo=zone).astimezone(UTC)
        if moment.astimezone(zone).replace(tzinfo=None) == wall:
            return moment
        wall += timedelta(minutes=1)


def day_in(zone: str, moment: datetime) -> date:
    """The day of a moment on the calendar of a zone.  Raises SettingsError as `zone_of` does."""
    return moment.astimezone(zone_of(zone)).date()


def zone_of(name: str) -> ZoneInfo:
    """The zone of this name.  Raises SettingsError for one that is no IANA time zone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingsError(
            f"cadence: {name!r} is not an IANA time zone; right would be e.g. Europe/London"
        ) from error
