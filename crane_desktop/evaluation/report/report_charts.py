"""The report's diagrams, as SVG: how scores lie, and what is found at which price."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from crane_desktop.evaluation.report.html import element

GOOD_COLOUR, DEFECTIVE_COLOUR = "#0072b2", "#d55e00"
"""Okabe and Ito's blue and vermilion: people of any colour vision tell them apart."""
_WIDTH, _HEIGHT = 340, 240
_LEFT, _TOP, _RIGHT, _BOTTOM = 46, 12, 12, 40
_BARS = 24
_INK, _GRID = "#444", "#ddd"

Points = Sequence[tuple[float, float]]


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
    svg = _frame(
        x_label, y_label, [_number(v, high - low) for v in (low, (low + high) / 2, high)], f"{100 * top:.0f} %"
    )
    width = (_WIDTH - _LEFT - _RIGHT) / _BARS
    for share, colour, shift in zip(shares, (GOOD_COLOUR, DEFECTIVE_COLOUR), (0.06, 0.5), strict=True):
        for number, value in enumerate(share):
            if value > 0:
                x, y = _place(number / _BARS, value / top)
                size = {"width": f"{0.44 * width:.2f}", "height": f"{_HEIGHT - _BOTTOM - y:.2f}"}
                svg.append(element("rect", {"x": f"{x + shift * width:.2f}", "y": f"{y:.2f}", "fill": colour, **size}))
    return svg


def roc(curves: Sequence[tuple[Points, str, str]], x_label: str, y_label: str) -> Element:
    """Return receiver operating characteristics.

    Parameters
    ----------
    curves
        Points from (0, 0) to (1, 1), colour, and dashes (empty for a line without) of each.
    """
    svg = _frame(x_label, y_label, ["0", "0.5", "1"], "1")
    svg.append(_line([(0, 0), (1, 1)], _GRID, "4 4"))
    for points, colour, dashes in curves:
        svg.append(_line(points, colour, dashes))
    return svg


def roc_points(scores: NDArray[np.float64], defective: NDArray[np.bool_], most: int = 400) -> Points:
    """Return false and true positive rates at every score, or at `most` of them."""
    order = np.argsort(-scores, kind="stable")
    truth, sorted_scores = defective[order], scores[order]
    ends = np.append(np.flatnonzero(np.diff(sorted_scores)), len(scores) - 1)
    found, false = truth.cumsum()[ends] / truth.sum(), (~truth).cumsum()[ends] / (~truth).sum()
    kept = np.unique(np.linspace(0, len(ends) - 1, min(most, len(ends))).astype(int))
    return [(0.0, 0.0), *zip(false[kept].tolist(), found[kept].tolist(), strict=True)]


def _frame(x_label: str, y_label: str, x_ticks: Sequence[str], top: str) -> Element:
    box = {"viewBox": f"0 0 {_WIDTH} {_HEIGHT}", "width": _WIDTH, "height": _HEIGHT, "role": "img"}
    svg = element("svg", {"xmlns": "http://www.w3.org/2000/svg", **box})
    for y in (0.0, 0.5, 1.0):
        svg.append(_line([(0, y), (1, y)], _GRID, ""))
    for x, tick in zip((0.0, 0.5, 1.0), x_ticks, strict=True):
        anchor = {0.0: "start", 0.5: "middle", 1.0: "end"}[x]
        svg.append(_label(_place(x, 0)[0], _HEIGHT - _BOTTOM + 14, tick, anchor))
    svg.append(_label(_LEFT - 5, _place(0, 1)[1] + 8, top, "end"))
    svg.append(_label(_LEFT - 5, _place(0, 0)[1], "0", "end"))
    svg.append(_label((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 6, x_label, "middle"))
    middle = (_TOP + _HEIGHT - _BOTTOM) / 2
    side = _label(14, middle, y_label, "middle")
    side.set("transform", f"rotate(-90 14 {middle:g})")
    svg.append(side)
    return svg


def _place(x: float, y: float) -> tuple[float, float]:
    return _LEFT + x * (_WIDTH - _LEFT - _RIGHT), _HEIGHT - _BOTTOM - y * (_HEIGHT - _TOP - _BOTTOM)


def _line(points: Points, colour: str, dashes: str) -> Element:
    shown = " ".join(f"{x:.1f},{y:.1f}" for x, y in (_place(*point) for point in points))
    style = {"fill": "none", "stroke": colour, "stroke-width": 1 if colour == _GRID else 2}
    return element("polyline", {"points": shown, **style, **({"stroke-dasharray": dashes} if dashes else {})})


def _label(x: float, y: float, words: str, anchor: str) -> Element:
    where = {"x": f"{x:g}", "y": f"{y:g}", "text-anchor": anchor, "font-size": 11, "fill": _INK}
    return element("text", where, words)


def _number(value: float, spread: float) -> str:
    digits = 2 if spread > 0.1 else 3 if spread > 0.01 else 4
    return f"{value:.{digits}f}"
