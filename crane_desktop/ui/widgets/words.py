"""Words for what the log and the line call by a name of their own; a name without words is shown as it is."""

from __future__ import annotations

import math

from crane_desktop.domain.ports import SourceInfo
from crane_desktop.domain.station import StationView
from crane_desktop.settings.texts import Language, catalogue, text

NO_FIGURE = "－"
"""What is shown where there is no number."""


def known_text(key: str, name: str, language: Language) -> str:
    """Return the words of `key`, or `name` where there are none: a log may be older than the program."""
    return text(key, language) if key in catalogue() else name


def reason_words(reason: str, language: Language) -> str:
    """Return why a verdict is what it is."""
    return known_text(f"reason.{reason}", reason, language)


def kind_words(kind: str, language: Language) -> str:
    """Return the name of a kind of drawn part."""
    return known_text(f"ui.kind.{kind}", kind, language)


def source_words(source: SourceInfo, language: Language) -> str:
    """Return where the frames come from; only the simulated line's own words need a translation."""
    if source.kind != "demo":
        return source.description
    line, part = text("ui.source_kind.demo", language), kind_words(source.description, language)
    return text("ui.source.demo_line", language, line=line, part=part)


def state_words(view: StationView, language: Language) -> str:
    """Return what the station does: a line whose camera is away, or that does not keep up, does not just run."""
    return text(state_key(view), language)


def state_key(view: StationView) -> str:
    """Return the text key of the same."""
    if view.camera_away and view.source_status is not None:
        return f"ui.state.{view.source_status.state}"
    return "ui.state.overload" if view.overload and view.live else f"state.{view.state}"


def count_words(count: int) -> str:
    """Return a count the way both languages write it."""
    return f"{count:,}"


def milliseconds_words(value: float | None) -> str:
    """Return a duration in whole milliseconds, without its unit."""
    return NO_FIGURE if value is None or not math.isfinite(value) else f"{value:,.0f}"
