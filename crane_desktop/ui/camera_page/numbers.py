"""Numbers of a camera for people: units, figures, and sliders on a logarithmic scale. Pure."""

from __future__ import annotations

import math

SLIDER_STEPS = 1000
_UNITS = {"us": "µs", "C": "°C", "Bps": "B/s", "deg": "°", "percent": "%"}
_LOG_FROM_RATIO = 1000.0
"""A range over so many powers of ten in all is set on a logarithmic slider."""


def unit_words(unit: str) -> str:
    """Return a unit as people write it."""
    return _UNITS.get(unit, unit)


def figure(value: float) -> str:
    """Return a number without a tail of zeros, as it is typed, too."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return f"{value:.10g}" if abs(value) < 1e7 else f"{value:.17g}"


def typed_number(words: str) -> float | None:
    """Return the number that a person typed (a Japanese keyboard's wide figures too), or None."""
    plain = words.strip().replace(",", "").replace("．", ".").replace("－", "-")
    try:
        number = float(plain)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def range_words(low: float | None, high: float | None, step: float | None, unit: str) -> str:
    """Return a number's limits, short."""
    if low is None or high is None:
        return unit_words(unit)
    words = f"{_short(low)} – {_short(high)} {unit_words(unit)}".strip()
    return words if step in (None, 1, 0) else f"{words}  (±{_short(step)})"


def _short(value: float) -> str:
    if value in (0, round(value)) and abs(value) < 1e7:
        return f"{value:,.0f}"
    return f"{value:.4g}"


class Scale:
    """Between a number's range and a slider's places."""

    def __init__(self, low: float, high: float) -> None:
        self._low, self._high = low, high
        self._log = low > 0 and _LOG_FROM_RATIO <= high / low < math.inf

    @property
    def is_logarithmic(self) -> bool:
        """Whether equal steps are equal ratios."""
        return self._log

    def place(self, value: float) -> int:
        """Return the slider's place, 0..`SLIDER_STEPS`, of a value."""
        if self._high <= self._low:
            return 0
        value = min(max(value, self._low), self._high)
        if self._log:
            share = math.log(value / self._low) / math.log(self._high / self._low)
        else:
            share = (value - self._low) / (self._high - self._low)
        return round(share * SLIDER_STEPS)

    def value(self, place: int) -> float:
        """Return the value of a slider's place; of a logarithmic one with three figures that count."""
        share = place / SLIDER_STEPS
        if place in (0, SLIDER_STEPS):
            return self._high if place else self._low
        if self._log:
            return float(f"{self._low * (self._high / self._low) ** share:.3g}")
        return self._low + share * (self._high - self._low)
