"""Times for people: local, as each language writes them."""

from __future__ import annotations

from datetime import datetime

from crane_desktop.settings.texts import Language


def local_time(moment: datetime, language: Language) -> str:
    """Return a UTC moment as local date and time, to the second."""
    local = moment.astimezone()
    return local.strftime("%Y/%m/%d %H:%M:%S" if language == "ja" else "%Y-%m-%d %H:%M:%S")


def since_words(moment: datetime, now: datetime, language: Language) -> str:
    """Return a UTC moment as local time to the minute, with as much of its date as differs from `now`'s."""
    local, today = moment.astimezone(), now.astimezone()
    if local.date() == today.date():
        return local.strftime("%H:%M")
    if local.year == today.year:
        return local.strftime("%m/%d %H:%M" if language == "ja" else "%m-%d %H:%M")
    return local.strftime("%Y/%m/%d %H:%M" if language == "ja" else "%Y-%m-%d %H:%M")


def local_clock(moment: datetime) -> str:
    """Return a UTC moment as local time of the day, to the second."""
    return moment.astimezone().strftime("%H:%M:%S")
