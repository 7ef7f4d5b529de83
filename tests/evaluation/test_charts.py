"""A curve is one well-formed document, whatever the figures are, and shows them where they belong."""

from __future__ import annotations

import itertools
import math
import re
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from crane_desktop.evaluation.report.charts import (
    DEFECTIVE_COLOUR,
    GOOD_COLOUR,
    Panel,
    curves_svg,
    histogram,
    roc,
    roc_points,
)
from crane_desktop.evaluation.report.html import plain

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


LABELLED = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=2, max_size=80).filter(
    lambda pairs: len({label for _, label in pairs}) == 2
)


def arrays(pairs: list[tuple[int, bool]]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    return np.array([s / 12 for s, _ in pairs]), np.array([d for _, d in pairs])


@given(LABELLED)
def test_the_points_of_a_roc_enclose_the_auroc(pairs: list[tuple[int, bool]]) -> None:
    scores, truth = arrays(pairs)
    false, found = np.array(roc_points(scores, truth)).T
    assert (false[0], found[0], false[-1], found[-1]) == (0, 0, 1, 1)
    assert (np.diff(false) >= 0).all()
    assert (np.diff(found) >= 0).all()
    assert float(np.trapezoid(found, false)) == pytest.approx(roc_auc_score(truth, scores), abs=1e-12)


def test_a_roc_of_many_scores_is_thinned_and_ends_at_the_corner() -> None:
    rng = np.random.default_rng(0)
    truth = rng.random(5000) < 0.3
    scores = rng.random(5000) + 0.4 * truth
    points = roc_points(scores, truth, most=50)
    assert len(points) <= 51
    assert points[-1] == (1.0, 1.0)
    false, found = np.array(points).T
    assert float(np.trapezoid(found, false)) == pytest.approx(roc_auc_score(truth, scores), abs=0.01)


def bars(chart: ElementTree.Element) -> dict[str, list[float]]:
    """Heights of the bars by colour, of the highest one."""
    found: dict[str, list[float]] = {GOOD_COLOUR: [], DEFECTIVE_COLOUR: []}
    for bar in chart.iter("rect"):
        found[bar.attrib["fill"]].append(float(bar.attrib["height"]))
    return found


@settings(max_examples=40)
@given(LABELLED)
def test_bars_are_as_high_as_their_share(pairs: list[tuple[int, bool]]) -> None:
    scores, truth = arrays(pairs)
    found = bars(histogram(scores, truth, "スコア", "割合"))
    top = max(max(heights) for heights in found.values())
    per_label = [sum(found[colour]) for colour in (GOOD_COLOUR, DEFECTIVE_COLOUR)]
    assert per_label[0] == pytest.approx(per_label[1], abs=0.2)  # each label is a whole of its own
    assert top == pytest.approx(188, abs=0.02)  # the highest bar reaches the top of the diagram


@pytest.mark.parametrize("spread", [0.0, 1e-9, 1e-3, 1.0, 1e5])
def test_a_histogram_of_any_spread_stays_in_its_frame(spread: float) -> None:
    scores = 0.3 + spread * np.linspace(0, 1, 20)
    chart = histogram(scores, np.arange(20) % 2 == 0, "x", "y")
    for bar in chart.iter("rect"):
        left, width, top, height = (float(bar.attrib[name]) for name in ("x", "width", "y", "height"))
        assert 46 <= left <= left + width <= 328.01
        assert 12 <= top <= top + height <= 200.01


def test_one_label_alone_has_a_histogram() -> None:
    found = bars(histogram(np.array([0.1, 0.2, 0.9]), np.ones(3, bool), "x", "y"))
    assert found[GOOD_COLOUR] == []
    assert len(found[DEFECTIVE_COLOUR]) == 3


def test_curves_of_a_roc_are_told_apart() -> None:
    chart = roc([([(0, 0), (0, 1), (1, 1)], "#123456", ""), ([(0, 0), (1, 1)], "#abcdef", "6 3")], "誤検出", "検出")
    mine = {line.attrib["stroke"]: line.attrib for line in chart.iter("polyline")}
    assert "stroke-dasharray" not in mine["#123456"]
    assert mine["#abcdef"]["stroke-dasharray"] == "6 3"
    assert mine["#123456"]["points"] == "46.0,200.0 46.0,12.0 328.0,12.0"
    assert {"誤検出", "検出", "0.5", "1"} <= {label.text for label in chart.iter("text")}


@given(st.text(st.characters(codec=None), max_size=20))
def test_no_name_breaks_a_document_of_curves(name: str) -> None:
    panel = Panel(name, (("loss", name),))
    svg = curves_svg([{"step": 1, "loss": 1.0}], "step", [panel], title=name, x_label=name, mark=(1, name))
    root = ElementTree.fromstring(svg.encode())  # our own
    shown = [text.text or "" for text in root.iter(f"{NAME}text")]
    assert shown.count(plain(name).replace("\r", "\n")) >= 5 or name == ""


@pytest.mark.parametrize("rows", [1, 2, 40, 41, 600])
def test_few_points_are_dots_as_well(rows: int) -> None:
    root = drawn([{"step": n, "loss": float(n)} for n in range(rows)])
    assert len(list(root.iter(f"{NAME}circle"))) == (rows if rows <= 40 else 0)
    assert len(lines(root)) == 1


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30), st.booleans())
def test_every_point_lies_in_its_panel(values: list[float], logarithmic: bool) -> None:
    root = drawn([{"step": n, "loss": value} for n, value in enumerate(values)], logarithmic=logarithmic)
    for line in lines(root):
        for x, y in line:
            assert 71.9 <= x <= 744.1
            assert 45.9 <= y <= 266.1


def test_panels_lie_below_one_another_and_share_the_marked_place() -> None:
    panels = [Panel(str(n), (("loss", "a"),)) for n in range(3)]
    rows = [{"step": n, "loss": float(n)} for n in range(1, 11)]
    root = ElementTree.fromstring(curves_svg(rows, "step", panels, title="t", x_label="x", mark=(9, "best")))
    boxes = [float(box.attrib["y"]) for box in root.iter(f"{NAME}rect") if box.get("fill") == "none"]
    assert boxes == [46, 320, 594]
    marked = [line for line in root.iter(f"{NAME}line") if line.get("stroke-dasharray")]
    assert len({line.attrib["x1"] for line in marked}) == 1
    assert len(marked) == 3
    beside = [text.attrib["text-anchor"] for text in root.iter(f"{NAME}text") if text.text == "best"]
    assert beside == ["end"] * 3  # in the right half the words stand to the left of the line
