"""What is compared with reference pictures: things whose look depends on no font.

``python drawings.py FOLDER`` draws all. Everything has a fixed size, one device pixel a logical pixel, and the same
content each time.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from crane_desktop.domain.maps import AnomalyMap, Placement, Region
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.overlay.render import annotate
from crane_desktop.ui.live.live_view import Stage
from crane_desktop.ui.live.pictures import to_image
from crane_desktop.ui.live.signs import draw_plate, draw_sign
from crane_desktop.ui.widgets.palette import verdict_ink

ROWS, COLUMNS = 150, 200
OUTLINE = ((95.0, 40.0), (150.0, 40.0), (150.0, 85.0), (120.0, 95.0), (95.0, 85.0))


def part(*, colour: bool = False, scale: int = 1) -> np.ndarray:
    """A plate with a hole, lit from the left."""
    y, x = np.mgrid[0 : ROWS * scale, 0 : COLUMNS * scale] / scale
    grey = 60 + 60 * x / COLUMNS
    grey[(x > 30) & (x < 170) & (y > 25) & (y < 125)] += 60
    grey[(x - 60) ** 2 + (y - 75) ** 2 < 15**2] = 20
    pixels = grey.astype(np.uint8)
    return np.dstack((pixels, pixels // 2, 255 - pixels)) if colour else pixels


def odd_map(peak: float, place: Placement | None = None) -> AnomalyMap:
    y, x = np.mgrid[0:48, 0:64] / 48
    values = (peak * np.exp(-((x - 0.8) ** 2 + (y - 0.42) ** 2) / 0.03)).astype(np.float32)
    return AnomalyMap(values, place or Placement(0.0, 0.0, COLUMNS, ROWS))


def stage(
    pixels: np.ndarray,
    anomaly_map: AnomalyMap | None,
    *,
    opacity: float = 0.6,
    heat: bool = True,
    outlines: bool = True,
    zoom: int = 0,
) -> QImage:
    view = Stage()
    view.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    view.resize(320, 240)
    view.show()
    view.show_picture(pixels)
    view.show_map(anomaly_map)
    view.show_outlines([OUTLINE])
    view.set_heat(shown=heat, opacity=opacity)
    view.set_outlines_shown(outlines)
    if zoom:
        view.zoom(zoom)
    picture = view.grab().toImage()
    view.close()
    view.deleteLater()
    return picture


def sign(verdict: Verdict, *, current: bool) -> QImage:
    picture = QImage(96, 72, QImage.Format.Format_RGB888)
    picture.fill(Qt.GlobalColor.white)
    painter = QPainter(picture)
    draw_plate(painter, verdict, QRectF(4, 4, 88, 64), radius=10, current=current)
    draw_sign(painter, verdict, QRectF(26, 14, 44, 44), verdict_ink())
    painter.end()
    return picture


def thumbnail() -> QImage:
    region = Region(2000.0, 0.9, Placement(95, 40, 55, 55), OUTLINE)
    return to_image(annotate(part(), odd_map(0.9), [region], Verdict.NG))


DRAWINGS: dict[str, Callable[[], QImage]] = {
    "stage_hot": lambda: stage(part(), odd_map(0.9)),
    "stage_cold": lambda: stage(part(), odd_map(0.25)),
    "stage_solid": lambda: stage(part(), odd_map(0.9), opacity=1.0, outlines=False),
    "stage_bare": lambda: stage(part(), odd_map(0.9), heat=False, outlines=False),
    "stage_colour": lambda: stage(part(colour=True), odd_map(0.9)),
    "stage_placed": lambda: stage(part(), odd_map(0.9, Placement(100.0, 75.0, 80.0, 60.0)), outlines=False),
    "stage_large_frame": lambda: stage(part(scale=8), None, outlines=False),
    "stage_near": lambda: stage(part(), odd_map(0.9), zoom=4),
    "thumbnail": thumbnail,
    **{f"sign_{v.lower()}_live": partial(sign, v, current=True) for v in Verdict},
    **{f"sign_{v.lower()}_stopped": partial(sign, v, current=False) for v in Verdict},
}


def draw_all(folder: Path) -> None:
    for name, draw in DRAWINGS.items():
        assert draw().save(str(folder / f"{name}.png"))


if __name__ == "__main__":
    application = QApplication(sys.argv[:1])
    draw_all(Path(sys.argv[1]))
