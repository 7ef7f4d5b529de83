"""Times for people: local, as each language writes them."""

from __future__ import annotations

from datetime import datetime

from crane_desktop.settings.texts import Language


def local_time(moment: datetime, language: Language) -> str:
    """Return a UTC moment as local date and time, to the second."""
    local = moment.astimezone()
    return local.strftime("%Y/%m/%d %H:%M:%S" if language == "ja" else "%Y-%m-%d %H:%M:%S")


def since_words(moment: datetime, now: datetime, language: Language) -> str:
    """Return a UTC moment as local time to the minute, with its date where that is another day than `now`'s."""
    local = moment.astimezone()
    if local.date() == now.astimezone().date():
        return local.strftime("%H:%M")
    return local.strftime("%Y/%m/%d %H:%M" if language == "ja" else "%Y-%m-%d %H:%M")


def local_clock(moment: datetime) -> str:
    """Return a UTC moment as local time of the day, to the second."""
    return moment.astimezone().strftime("%H:%M:%S")
