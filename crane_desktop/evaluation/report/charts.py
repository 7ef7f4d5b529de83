"""Learning curves as one self-contained SVG: panels over a shared axis, a legend, no fonts or scripts from outside."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Okabe and Ito's, which colour-blind people can tell apart."""
_WIDTH, _PANEL_HEIGHT = 760, 220
_LEFT, _RIGHT, _TOP, _GAP, _BOTTOM = 72, 16, 46, 54, 44
_MOST_POINTS = 600
_TICKS = 5


@dataclass(frozen=True, slots=True)
class Panel:
    """One diagram.

    Attributes
    ----------
    y_label
        What its axis shows.
    series
        ``(key, label)`` of each line: the key in the rows, and its name in the legend.
    logarithmic
        Whether the axis is; values at or below 0 are then left out.
    """

    y_label: str
    series: tuple[tuple[str, str], ...]
    logarithmic: bool = False


def curves_svg(
    rows: Sequence[Mapping[str, Any]],
    x: str,
    panels: Sequence[Panel],
    *,
    title: str,
    x_label: str,
    mark: tuple[float, str] | None = None,
) -> str:
    """Return an SVG document of learning curves.

    Parameters
    ----------
    rows
        As read from a ``progress.jsonl``; what is missing, None or not finite in a row is left out of its line.
        Long lines are thinned to their extremes.
    x
        Key of the shared axis.
    mark
        A place on the x axis and what it is, drawn as a dashed line: the epoch that was kept.
    """
    places = [float(row[x]) for row in rows if _number(row.get(x)) is not None]
    low, high = (min(places), max(places)) if places else (0.0, 1.0)
    across = _Axis(low, high if high > low else low + 1, _LEFT, _WIDTH - _RIGHT)
    height = _TOP + len(panels) * _PANEL_HEIGHT + (len(panels) - 1) * _GAP + _BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
        ' font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{height}" fill="white"/>',
        f'<text x="{_LEFT}" y="18" font-size="15">{escape(title)}</text>',
    ]
    for number, panel in enumerate(panels):
        top = _TOP + number * (_PANEL_HEIGHT + _GAP)
        parts += _panel(rows, x, panel, across, top)
        if mark is not None:
            at = across.place(mark[0])
            parts.append(_line(at, top, at, top + _PANEL_HEIGHT, "#555", dashes="4 3"))
            right = at > (_LEFT + _WIDTH) / 2  # there the words would leave the page
            parts.append(_words(at - 4 if right else at + 4, top + 14, mark[1], anchor="end" if right else "start"))
    parts.append(_words((_LEFT + _WIDTH - _RIGHT) / 2, height - 8, x_label, anchor="middle"))
    return "\n".join([*parts, "</svg>\n"])


@dataclass(frozen=True, slots=True)
class _Axis:
    """Values between `low` and `high` laid between two places on the page."""

    low: float
    high: float
    first: float
    last: float
    logarithmic: bool = False

    def place(self, value: float) -> float:
        low, high, at = (math.log10(v) if self.logarithmic else v for v in (self.low, self.high, value))
        return self.first + (at - low) / (high - low) * (self.last - self.first)

    def ticks(self) -> list[float]:
        if self.logarithmic:
            powers = range(math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9) + 1)
            return [10.0**power for power in powers] or [self.low, self.high]
        rough = (self.high - self.low) / _TICKS
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(power * m for m in (1, 2, 5, 10) if power * m >= rough * (1 - 1e-9))
        first = math.ceil(self.low / step - 1e-9)
        return [n * step for n in range(first, math.floor(self.high / step + 1e-9) + 1)]


def _panel(rows: Sequence[Mapping[str, Any]], x: str, panel: Panel, across: _Axis, top: float) -> list[str]:
    lines = [(label, _points(rows, x, key, panel.logarithmic)) for key, label in panel.series]
    values = [y for _, points in lines for _, y in points]
    up = _range(values, top, panel.logarithmic)
    bottom = top + _PANEL_HEIGHT
    parts = []
    for tick in up.ticks():
        at = up.place(tick)
        parts += [_line(_LEFT, at, _WIDTH - _RIGHT, at, "#ddd"), _words(_LEFT - 6, at + 4, f"{tick:.4g}", anchor="end")]
    for tick in across.ticks():
        at = across.place(tick)
        parts += [_line(at, bottom, at, bottom + 4, "#333"), _words(at, bottom + 16, f"{tick:.6g}", anchor="middle")]
    parts.append(
        f'<rect x="{_LEFT}" y="{top}" width="{_WIDTH - _RIGHT - _LEFT}" height="{_PANEL_HEIGHT}" fill="none"'
        ' stroke="#333"/>'
    )
    middle = top + _PANEL_HEIGHT / 2
    parts.append(
        f'<text x="14" y="{middle:.1f}" text-anchor="middle" transform="rotate(-90 14 {middle:.1f})">'
        f"{escape(panel.y_label)}</text>"
    )
    room = (_WIDTH - _RIGHT - _LEFT) / max(1, len(lines))
    for number, (label, points) in enumerate(lines):
        colour = _COLOURS[number % len(_COLOURS)]
        parts += _curve([(across.place(at), up.place(y)) for at, y in points], colour)
        left = _LEFT + number * room
        parts += [_line(left, top - 8, left + 18, top - 8, colour, width=3), _words(left + 24, top - 4, label)]
    return parts


def _curve(points: Sequence[tuple[float, float]], colour: str) -> list[str]:
    if not points:
        return []
    drawn = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
    line = [f'<polyline points="{drawn}" fill="none" stroke="{colour}" stroke-width="1.8"/>']
    few = points if len(points) <= 40 else ()
    return line + [f'<circle cx="{px:.1f}" cy="{py:.1f}" r="2.6" fill="{colour}"/>' for px, py in few]


def _points(rows: Sequence[Mapping[str, Any]], x: str, key: str, logarithmic: bool) -> list[tuple[float, float]]:
    points = []
    for row in rows:
        at, value = _number(row.get(x)), _number(row.get(key))
        if at is not None and value is not None and not (logarithmic and value <= 0):
            points.append((at, value))
    return _thinned(points)


def _thinned(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Keep the lowest and the highest of each stretch, so that no peak is lost."""
    if len(points) <= _MOST_POINTS:
        return points
    size = math.ceil(2 * len(points) / _MOST_POINTS)
    kept = []
    for at in range(0, len(points), size):
        stretch = points[at : at + size]
        ends = {min(stretch, key=lambda p: p[1]), max(stretch, key=lambda p: p[1])}
        kept += sorted(ends)
    return kept


def _range(values: Sequence[float], top: float, logarithmic: bool) -> _Axis:
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    if logarithmic:
        if not values:
            low, high = 0.1, 1.0
        low, high = (low / 1.2, high * 1.2) if low < high else (low / 2, high * 2)
    else:
        margin = 0.06 * (high - low) or max(abs(high), 1.0) * 0.05
        low, high = low - margin, high + margin
    return _Axis(low, high, top + _PANEL_HEIGHT, top, logarithmic)


def _number(value: Any) -> float | None:
    good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if good else None


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, *, width: float = 1, dashes: str = "") -> str:
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width}"'
        f"{dashed}/>"
    )


def _words(x: float, y: float, words: str, *, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
