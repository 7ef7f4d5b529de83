"""Diagrams as SVG that needs nothing beside it: learning curves, how scores lie, and what is found at which price."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from xml.etree.ElementTree import Element, tostring

import numpy as np
from numpy.typing import NDArray

from crane_desktop.evaluation.report.html import element

GOOD_COLOUR, DEFECTIVE_COLOUR = "#0072b2", "#d55e00"
_COLOURS = (GOOD_COLOUR, DEFECTIVE_COLOUR, "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Okabe and Ito's, which people of any colour vision tell apart."""
_GRID, _INK, _FRAME = "#ddd", "#444", "#333"
_MOST_POINTS = 600
_TICKS = 5
_BARS = 24

Points: TypeAlias = Sequence[tuple[float, float]]


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


@dataclass(frozen=True, slots=True)
class _Plane:
    """Two axes; what is drawn on it is told in their values."""

    across: _Axis
    up: _Axis

    def place(self, x: float, y: float) -> tuple[float, float]:
        return self.across.place(x), self.up.place(y)

    def curve(self, points: Points, colour: str, width: float, dashes: str = "") -> Element:
        shown = " ".join(f"{x:.1f},{y:.1f}" for x, y in (self.place(*point) for point in points))
        style = {"fill": "none", "stroke": colour, "stroke-width": width}
        return element("polyline", {"points": shown, **style, **({"stroke-dasharray": dashes} if dashes else {})})


# Learning curves: panels below one another over a shared axis.
_WIDTH, _PANEL_HEIGHT = 760, 220
_LEFT, _RIGHT, _TOP, _GAP, _BOTTOM = 72, 16, 46, 54, 44


@dataclass(frozen=True, slots=True)
class Panel:
    """One diagram of learning curves.

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
    page = {"viewBox": f"0 0 {_WIDTH} {height}", "width": _WIDTH, "height": height}
    svg = element("svg", {"xmlns": "http://www.w3.org/2000/svg", **page, "font-family": "sans-serif", "font-size": 12})
    svg.append(element("rect", {"width": _WIDTH, "height": height, "fill": "white"}))
    svg.append(element("text", {"x": _LEFT, "y": 18, "font-size": 15}, title))
    for number, panel in enumerate(panels):
        top = _TOP + number * (_PANEL_HEIGHT + _GAP)
        svg.extend(_panel(rows, x, panel, across, top))
        if mark is not None:
            at = across.place(mark[0])
            svg.append(_line(at, top, at, top + _PANEL_HEIGHT, "#555", dashes="4 3"))
            right = at > (_LEFT + _WIDTH) / 2  # there the words would leave the page
            svg.append(_words(at - 4 if right else at + 4, top + 14, mark[1], "end" if right else "start"))
    svg.append(_words((_LEFT + _WIDTH - _RIGHT) / 2, height - 8, x_label, "middle"))
    return _document(svg)


def _document(svg: Element) -> str:
    """Return the tree as text, an element a line."""
    svg.text = "\n"
    for child in svg:
        child.tail = "\n"
    # A tree's own text never holds " />": ">" is written as "&gt;" there.
    return tostring(svg, encoding="unicode").replace(" />", "/>") + "\n"


def _panel(rows: Sequence[Mapping[str, Any]], x: str, panel: Panel, across: _Axis, top: float) -> list[Element]:
    lines = [(label, _points(rows, x, key, panel.logarithmic)) for key, label in panel.series]
    plane = _Plane(across, _range([y for _, points in lines for _, y in points], top, panel.logarithmic))
    drawn = _panel_frame(plane, panel.y_label, top)
    room = (_WIDTH - _RIGHT - _LEFT) / max(1, len(lines))
    for number, (label, points) in enumerate(lines):
        colour = _COLOURS[number % len(_COLOURS)]
        if points:
            drawn.append(plane.curve(points, colour, 1.8))
        if len(points) <= 40:
            drawn += [_dot(*plane.place(*point), colour) for point in points]
        left = _LEFT + number * room
        drawn += [_line(left, top - 8, left + 18, top - 8, colour, width=3), _words(left + 24, top - 4, label)]
    return drawn


def _panel_frame(plane: _Plane, y_label: str, top: float) -> list[Element]:
    bottom, right = top + _PANEL_HEIGHT, _WIDTH - _RIGHT
    drawn = []
    for tick in plane.up.ticks():
        at = plane.up.place(tick)
        drawn += [_line(_LEFT, at, right, at, _GRID), _words(_LEFT - 6, at + 4, f"{tick:.4g}", "end")]
    for tick in plane.across.ticks():
        at = plane.across.place(tick)
        drawn += [_line(at, bottom, at, bottom + 4, _FRAME), _words(at, bottom + 16, f"{tick:.6g}", "middle")]
    box = {"x": _LEFT, "y": top, "width": right - _LEFT, "height": _PANEL_HEIGHT}
    drawn.append(element("rect", {**box, "fill": "none", "stroke": _FRAME}))
    middle = f"{top + _PANEL_HEIGHT / 2:.1f}"
    side = {"x": 14, "y": middle, "text-anchor": "middle", "transform": f"rotate(-90 14 {middle})"}
    return [*drawn, element("text", side, y_label)]


def _points(rows: Sequence[Mapping[str, Any]], x: str, key: str, logarithmic: bool) -> list[tuple[float, float]]:
    points = []
    for row in rows:
        at, value = _number(row.get(x)), _number(row.get(key))
        if at is not None and value is not None and not (logarithmic and value < sys.float_info.min):
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


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, *, width: float = 1, dashes: str = "") -> Element:
    ends = {name: f"{at:.1f}" for name, at in (("x1", x1), ("y1", y1), ("x2", x2), ("y2", y2))}
    style = {"stroke": colour, "stroke-width": width, **({"stroke-dasharray": dashes} if dashes else {})}
    return element("line", {**ends, **style})


def _dot(x: float, y: float, colour: str) -> Element:
    return element("circle", {"cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": 2.6, "fill": colour})


def _words(x: float, y: float, words: str, anchor: str = "start") -> Element:
    return element("text", {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor}, words)


# An evaluation's diagrams: small, side by side, from 0 to 1 on both axes.
_SMALL_WIDTH, _SMALL_HEIGHT = 340, 240
_UNIT = _Plane(_Axis(0, 1, 46, _SMALL_WIDTH - 12), _Axis(0, 1, _SMALL_HEIGHT - 40, 12))


def histogram(scores: NDArray[np.float64], defective: NDArray[np.bool_], x_label: str, y_label: str) -> Element:
    """Return how many good and defective pictures have which score, each label as a share of its own.

    Parameters
    ----------
    scores, defective
        ``(N,)`` finite scores, at least one, and the truth.
    """
    low, high = float(scores.min()), float(scores.max())
    if high - low < 1e-6:
        low, high = low - 0.005, high + 0.005
    edges = np.linspace(low, high, _BARS + 1)
    shares = [np.histogram(scores[which], edges)[0] / max(1, which.sum()) for which in (~defective, defective)]
    top = max(float(max(share.max() for share in shares)), 1e-9)
    ticks = [_rounded(v, high - low) for v in (low, (low + high) / 2, high)]
    svg = _small_frame(x_label, y_label, ticks, f"{100 * top:.0f} %")
    width = (_UNIT.across.last - _UNIT.across.first) / _BARS
    for share, colour, shift in zip(shares, (GOOD_COLOUR, DEFECTIVE_COLOUR), (0.06, 0.5), strict=True):
        for number, value in enumerate(share):
            if value > 0:
                x, y = _UNIT.place(number / _BARS, value / top)
                size = {"width": f"{0.44 * width:.2f}", "height": f"{_UNIT.up.first - y:.2f}"}
                svg.append(element("rect", {"x": f"{x + shift * width:.2f}", "y": f"{y:.2f}", "fill": colour, **size}))
    return svg


def roc(curves: Sequence[tuple[Points, str, str]], x_label: str, y_label: str) -> Element:
    """Return receiver operating characteristics.

    Parameters
    ----------
    curves
        Points from (0, 0) to (1, 1), colour, and dashes (empty for a line without) of each.
    """
    svg = _small_frame(x_label, y_label, ["0", "0.5", "1"], "1")
    svg.append(_UNIT.curve([(0, 0), (1, 1)], _GRID, 1, "4 4"))
    for points, colour, dashes in curves:
        svg.append(_UNIT.curve(points, colour, 2, dashes))
    return svg


def roc_points(scores: NDArray[np.float64], defective: NDArray[np.bool_], most: int = 400) -> Points:
    """Return false and true positive rates at every score, or at `most` of them."""
    order = np.argsort(-scores, kind="stable")
    truth, sorted_scores = defective[order], scores[order]
    ends = np.append(np.flatnonzero(np.diff(sorted_scores)), len(scores) - 1)
    found, false = truth.cumsum()[ends] / truth.sum(), (~truth).cumsum()[ends] / (~truth).sum()
    kept = np.unique(np.linspace(0, len(ends) - 1, min(most, len(ends))).astype(int))
    return [(0.0, 0.0), *zip(false[kept].tolist(), found[kept].tolist(), strict=True)]


def _small_frame(x_label: str, y_label: str, x_ticks: Sequence[str], top: str) -> Element:
    box = {"viewBox": f"0 0 {_SMALL_WIDTH} {_SMALL_HEIGHT}", "width": _SMALL_WIDTH, "height": _SMALL_HEIGHT}
    svg = element("svg", {"xmlns": "http://www.w3.org/2000/svg", **box, "role": "img"})
    for y in (0.0, 0.5, 1.0):
        svg.append(_UNIT.curve([(0, y), (1, y)], _GRID, 1))
    left, bottom = _UNIT.place(0, 0)
    right, high = _UNIT.place(1, 1)
    for x, tick, anchor in zip((0.0, 0.5, 1.0), x_ticks, ("start", "middle", "end"), strict=True):
        svg.append(_label(_UNIT.across.place(x), bottom + 14, tick, anchor))
    svg.append(_label(left - 5, high + 8, top, "end"))
    svg.append(_label(left - 5, bottom, "0", "end"))
    svg.append(_label((left + right) / 2, _SMALL_HEIGHT - 6, x_label, "middle"))
    middle = (high + bottom) / 2
    side = _label(14, middle, y_label, "middle")
    side.set("transform", f"rotate(-90 14 {middle:g})")
    svg.append(side)
    return svg


def _label(x: float, y: float, words: str, anchor: str) -> Element:
    where = {"x": f"{x:g}", "y": f"{y:g}", "text-anchor": anchor, "font-size": 11, "fill": _INK}
    return element("text", where, words)


def _rounded(value: float, spread: float) -> str:
    digits = 2 if spread > 0.1 else 3 if spread > 0.01 else 4
    return f"{value:.{digits}f}"
