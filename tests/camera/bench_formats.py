"""Milliseconds a frame from the ring's bytes to the picture, by pixel format: 5 MP grey, 20 MP Bayer. Not a test.

``python tests/camera/bench_formats.py [--threads N] [--rounds N] [--all]``
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial

import cv2
import numpy as np

from crane_desktop.camera.genicam.formats import Converter, raw_kind
from crane_desktop.camera.genicam.pfnc import LAYOUTS
from crane_desktop.domain.corrections import CorrectionChoice, ReferenceFile
from crane_desktop.preprocess.correct import Corrector
from crane_desktop.preprocess.references import Reference

FIVE, TWENTY = (2448, 2048), (5472, 3648)
FORMATS = [
    *((f"Mono{kind}", FIVE) for kind in ("8", "10", "12", "16", "10p", "12p", "10Packed", "12Packed")),
    *((name, FIVE) for name in ("RGB8", "BGR8", "RGBa8", "YUV422_8")),
    *((f"BayerRG{kind}", TWENTY) for kind in ("8", "10", "12", "10p", "12p", "10Packed", "12Packed")),
]


def timed(call: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Return the least and the median milliseconds."""
    call()
    took = []
    for _ in range(rounds):
        began_s = time.perf_counter()
        call()
        took.append((time.perf_counter() - began_s) * 1e3)
    return min(took), statistics.median(took)


def corrector(pixel_format: str, size: tuple[int, int], *, flat: bool) -> Corrector:
    """Return black level, white balance and gamma; with a dark and a bright reference where `flat`."""
    order = raw_kind(pixel_format)[1]
    balance = None if order == "mono" else (1.5, 1.0, 1.8)
    named = ReferenceFile("x.png", "0" * 64, order)
    if not flat:
        return Corrector(CorrectionChoice(black_level_percent=1.0, white_balance=balance, gamma=0.8))
    shape = (size[1], size[0], 3) if order == "rgb" else (size[1], size[0])
    dark = Reference(np.full(shape, 512, np.uint16), order)
    bright = Reference(np.random.default_rng(1).integers(30000, 50000, shape, dtype=np.uint16), order)
    choice = CorrectionChoice(dark=named, black_level_percent=1.0, bright=named, white_balance=balance, gamma=0.8)
    return Corrector(choice, dark, bright)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=1, help="OpenCV's")
    parser.add_argument("--rounds", type=int, default=9)
    asked = parser.parse_args()
    cv2.setNumThreads(asked.threads)
    print(f"OpenCV {cv2.__version__}, {cv2.getNumThreads()} thread(s); least / median ms of {asked.rounds}")
    print(f"{'format':18} {'size':>11} {'plain copy':>15} {'picture':>15} {'by table':>15} {'flat field':>15}")
    for name, (width, height) in FORMATS:
        size = LAYOUTS[name].row_bytes(width) * height
        data = np.random.default_rng(0).integers(0, 256, size, dtype=np.uint8)
        if LAYOUTS[name].packing == "" and LAYOUTS[name].depth > 8:
            data.view("<u2")[:] >>= 16 - LAYOUTS[name].depth
        cells = [timed(data.copy, asked.rounds)]
        for convert in (
            Converter(),
            Converter(corrector(name, (width, height), flat=False)),
            Converter(corrector(name, (width, height), flat=True)),
        ):
            cells.append(timed(partial(convert, data, width, height, name), asked.rounds))
        shown = "".join(f" {least:7.2f}/{median:7.2f}" for least, median in cells)
        print(f"{name:18} {f'{width}x{height}':>11}{shown}")


if __name__ == "__main__":
    main()
