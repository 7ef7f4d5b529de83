"""A curve is one well-formed document, whatever the figures are, and shows them where they belong."""

from __future__ import annotations

import itertools
import math
import re
from typing import Any
from xml.etree import ElementTree

import pytest

from crane_desktop.evaluation.report.charts import Panel, curves_svg

NAME = "{http://www.w3.org/2000/svg}"


def drawn(rows: list[dict[str, Any]], **options: Any) -> ElementTree.Element:
    panel = Panel("損失", (("loss", "学習 <画像>"), ("held", "検証")), **options)
    svg = curves_svg(rows, "step", [panel], title="A & B", x_label="ステップ", mark=(2, "採用"))
    return ElementTree.fromstring(svg)  # our own


def lines(root: ElementTree.Element) -> list[list[tuple[float, float]]]:
    found = [line.get("points", "").split() for line in root.iter(f"{NAME}polyline")]
    return [[(float(x), float(y)) for x, y in (p.split(",") for p in points)] for points in found]


def test_points_lie_where_they_belong() -> None:
    root = drawn(
        [{"step": 1, "loss": 4.0, "held": 2.0}, {"step": 2, "loss": 2.0, "held": 3.0}, {"step": 3, "loss": 0.0}]
    )
    first, second = lines(root)
    assert [x for x, _ in first] == sorted(x for x, _ in first)
    assert math.isclose(first[1][0] - first[0][0], first[2][0] - first[1][0], abs_tol=0.2)
    assert math.isclose(first[1][1] - first[0][1], first[2][1] - first[1][1], abs_tol=0.2)
    assert first[0][1] < first[2][1]  # up is more
    assert math.isclose(first[1][1], second[0][1], abs_tol=0.2)
    words = [text.text for text in root.iter(f"{NAME}text")]
    assert {"A & B", "損失", "学習 <画像>", "検証", "ステップ", "採用", "1", "3"} <= set(words)


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [{}],
        [{"step": 1, "loss": 1.0}],
        [{"step": 1, "loss": None, "held": math.nan}, {"step": 2, "loss": math.inf, "held": True}],
        [{"step": n, "loss": 0.5, "held": 0} for n in range(5)],
    ],
)
@pytest.mark.parametrize("logarithmic", [False, True])
def test_whatever_comes_is_a_document(rows: list[dict[str, Any]], logarithmic: bool) -> None:
    root = drawn(rows, logarithmic=logarithmic)
    numbers = re.findall(r"nan|inf", ElementTree.tostring(root, encoding="unicode").lower())
    assert numbers == []


def test_a_long_line_is_thinned_and_keeps_its_peaks() -> None:
    rows = [{"step": n, "loss": 1.0 + (n == 61_234) * 9} for n in range(100_000)]
    (line,) = lines(drawn(rows))
    assert len(line) <= 700
    assert min(y for _, y in line) < line[0][1] - 100


def test_a_logarithmic_axis_has_equal_steps_for_equal_factors() -> None:
    (line,) = lines(drawn([{"step": n, "loss": 10.0**-n} for n in range(4)], logarithmic=True))
    steps = [b[1] - a[1] for a, b in itertools.pairwise(line)]
    assert max(steps) - min(steps) < 0.3
