"""The calm greys of the window, and the verdicts' colours; colour is kept for what needs a person's eye."""

from __future__ import annotations

from PySide6.QtGui import QColor

from crane_desktop.domain.verdicts import Verdict
from crane_desktop.overlay.badge import VERDICT_COLOURS

WINDOW = "#dfe1e3"
PANEL = "#eceeef"
FIELD = "#f8f9f9"
LINE = "#b9bec2"
INK = "#1f2427"
FAINT = "#565e64"
STAGE = "#3a3f43"
"""Behind the picture: dark enough to make a grey part stand out, light enough not to glare against the greys."""
BLUE = "#1f5c99"
BLUE_DARK = "#174a7d"
GREY_BUTTON = "#5b646b"
ALARM = "#f6dfd3"
ALARM_LINE = "#c23b00"
NOTE = "#d5dfe8"


def verdict_colour(verdict: Verdict) -> QColor:
    """Return the colour of a verdict's plate (JIS Z 9103:2018 in its universal-design shades)."""
    return QColor(*VERDICT_COLOURS[verdict])


def verdict_ink() -> QColor:
    """Return the colour of sign and word on a plate: dark ink has a contrast over 5:1 on all four."""
    return QColor("#14181a")
