"""The verdict's sign: colour and shape together, as it is known on Japanese lines (○ △ × －)."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from crane_desktop.domain.verdicts import Verdict

VERDICT_COLOURS: dict[Verdict, tuple[int, int, int]] = {
    Verdict.OK: (0, 176, 107),
    Verdict.REVIEW: (242, 231, 0),
    Verdict.NG: (255, 75, 0),
    Verdict.NONE: (200, 200, 203),
}
"""RGB: the safety colours of JIS Z 9103:2018 in their universal-design shades, as screen values."""

PLATE = (32, 32, 32)
_SHARE = 0.16
_SMALLEST_PX = 12


def draw_badge(picture: NDArray[np.uint8], verdict: Verdict) -> None:
    """Draw the sign of `verdict` on a dark plate into the top-left corner.

    Parameters
    ----------
    picture
        uint8 ``(H, W, 3)`` RGB, drawn into; a picture smaller than the smallest sign (12 px) is left as it is.
    """
    shorter = min(picture.shape[:2])
    side = max(_SMALLEST_PX, round(shorter * _SHARE))
    if side > shorter:
        return
    picture[:side, :side] = PLATE
    _draw_shape(picture[:side, :side], verdict, VERDICT_COLOURS[verdict])


def _draw_shape(plate: NDArray[np.uint8], verdict: Verdict, colour: tuple[int, int, int]) -> None:
    side = plate.shape[0]
    near, far, middle = side // 5, side - 1 - side // 5, (side - 1) // 2
    pen = max(1, side // 10)
    match verdict:
        case Verdict.OK:
            cv2.circle(plate, (middle, middle), (far - near) // 2, colour, pen, cv2.LINE_AA)
        case Verdict.REVIEW:
            corners = np.array([(middle, near), (far, far), (near, far)], dtype=np.int32)
            cv2.polylines(plate, [corners], isClosed=True, color=colour, thickness=pen, lineType=cv2.LINE_AA)
        case Verdict.NG:
            cv2.line(plate, (near, near), (far, far), colour, pen, cv2.LINE_AA)
            cv2.line(plate, (near, far), (far, near), colour, pen, cv2.LINE_AA)
        case Verdict.NONE:
            cv2.line(plate, (near, middle), (far, middle), colour, pen, cv2.LINE_AA)
