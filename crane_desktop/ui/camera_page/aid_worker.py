"""The aids' figures, worked out beside the window's thread, always from the newest frame only."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crane_desktop.domain.frames import Frame
from crane_desktop.overlay.aids import Exposure, LineProfile, Point, clipping_rgba, exposure, line_profile, sharpness

Line = tuple[Point, Point]


@dataclass(frozen=True, slots=True, eq=False)
class Aids:
    """What was worked out from one frame.

    Attributes
    ----------
    clipping
        uint8 ``(h, w, 4)`` over the whole frame, thinned out to what the screen shows; None where it was not asked for.
    """

    frame: Frame
    sharpness: float
    exposure: Exposure
    clipping: NDArray[np.uint8] | None
    profile: LineProfile | None


def worked_out(frame: Frame, line: Line | None, clipping_factor: int | None) -> Aids:
    """Work out all aids of a frame.

    Parameters
    ----------
    clipping_factor
        Take every so many-th pixel for the overlay; None for no overlay.
    """
    pixels = frame.pixels
    thin = None if clipping_factor is None else np.ascontiguousarray(pixels[::clipping_factor, ::clipping_factor])
    return Aids(
        frame,
        sharpness(pixels),
        exposure(pixels),
        None if thin is None else clipping_rgba(thin),
        None if line is None else line_profile(pixels, *line),
    )


class AidWorker:
    """One frame at a time: while one is worked on, newer ones are passed over but for the last."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="crane-aids")
        self._under_way: Future[Aids] | None = None
        self._seen: tuple[Frame, Line | None, int | None] | None = None

    def turn(self, frame: Frame | None, line: Line | None, clipping_factor: int | None) -> Aids | None:
        """Begin with `frame` where the worker is free; return figures that are finished, or None. Never waits."""
        done = None
        if self._under_way is not None:
            if not self._under_way.done():
                return None
            done, self._under_way = self._under_way.result(timeout=0), None
        if frame is not None and self._seen != (frame, line, clipping_factor):
            self._seen = (frame, line, clipping_factor)
            self._under_way = self._pool.submit(worked_out, frame, line, clipping_factor)
        return done

    def close(self) -> None:
        """End the thread."""
        self._pool.shutdown(wait=True, cancel_futures=True)
