"""Corrections of a camera's values, at its full depth, on the way to the 8-bit picture.

Every step looks at one pixel alone, so a Bayer mosaic is corrected before its colours are interpolated, each
of its values as the colour that it is. Internally all depths are scaled to 16 bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from crane_desktop.domain.corrections import Correction, CorrectionChoice, CorrectionStep
from crane_desktop.domain.errors import InputError
from crane_desktop.preprocess.colour import BAYER_ROWS
from crane_desktop.preprocess.references import Reference, gain_map

Values = NDArray[np.uint8] | NDArray[np.uint16]

_PIECE_PX = 1 << 18
_FULL = 65535


@dataclass(frozen=True, slots=True, eq=False)
class _Plan:
    """What one kind of picture needs.

    Attributes
    ----------
    tables
        One uint8 table for all values, or one each for red, green and blue.
    dark, gain
        uint16 and float32 of the picture's shape; the values are then 16-bit ones.
    """

    tables: tuple[NDArray[np.uint8], ...]
    dark: NDArray[np.uint16] | None
    gain: NDArray[np.float32] | None


class Corrector:
    """Does the wanted steps. One thread at a time.

    Parameters
    ----------
    choice
        Not empty.
    dark, bright
        The references that `choice` names.
    """

    def __init__(
        self, choice: CorrectionChoice, dark: Reference | None = None, bright: Reference | None = None
    ) -> None:
        if choice.empty or (choice.dark is None) != (dark is None) or (choice.bright is None) != (bright is None):
            raise ValueError("a corrector needs something to do, and the references that it names")
        self._choice = choice
        self._dark = dark
        self._bright = bright
        self._plans: dict[tuple[object, ...], _Plan] = {}
        self.steps = _steps(choice)

    def __call__(self, values: Values, depth: int, order: str) -> NDArray[np.uint8]:
        """Return the corrected picture, 8 bits a value; an array of its own.

        Parameters
        ----------
        values
            uint8 or uint16 ``(H, W)`` (grey, or a Bayer mosaic) or ``(H, W, 3)`` RGB.
        depth
            Bits a value; uint8 where it is 8.
        order
            ``"mono"``, ``"rgb"``, or the Bayer pattern.

        Raises
        ------
        InputError
            If these corrections do not fit such a picture.
        """
        key = (values.shape, depth, order)
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = self._plan(values.shape, depth, order)
        shown = np.empty(values.shape, np.uint8)
        if plan.dark is None and plan.gain is None:
            _look_up(values, plan.tables, order, shown)
            return shown
        step = max(2, _PIECE_PX // max(values[0].size, 1) & ~1)  # even: a piece begins as the mosaic does
        for top in range(0, values.shape[0], step):
            piece = slice(top, top + step)
            _look_up(_flattened(values[piece], plan, piece, 16 - depth), plan.tables, order, shown[piece])
        return shown

    def _plan(self, shape: tuple[int, ...], depth: int, order: str) -> _Plan:
        choice = self._choice
        if choice.white_balance is not None and order == "mono":
            raise InputError("preprocess.white_balance_needs_colour")
        for reference in (self._dark, self._bright):
            if reference is not None:
                reference.check_fits(shape, order)
        black = 0.0 if choice.black_level_percent is None else choice.black_level_percent / 100 * _FULL
        dark, gain = self._dark_picture(shape, black), None
        if self._bright is not None:
            gain = gain_map(self._bright, self._dark)
        by_pixel = dark is not None or gain is not None
        factors = (1.0,) if choice.white_balance is None else choice.white_balance
        tables = tuple(
            _table(depth, factor, 0.0 if by_pixel else black, choice.gamma, by_pixel=by_pixel) for factor in factors
        )
        return _Plan(tables, dark, gain)

    def _dark_picture(self, shape: tuple[int, ...], black: float) -> NDArray[np.uint16] | None:
        """Return what is subtracted pixel by pixel: the dark picture and the black level, None for nothing."""
        if self._dark is None and (self._bright is None or black == 0.0):
            return None
        values = np.zeros(shape) if self._dark is None else self._dark.values.astype(np.float64)
        return np.rint(np.minimum(values + black, _FULL)).astype(np.uint16)


def _steps(choice: CorrectionChoice) -> tuple[Correction, ...]:
    steps = []
    if choice.dark is not None:
        steps.append(Correction(CorrectionStep.DARK_FIELD, reference_sha256=choice.dark.sha256))
    if choice.black_level_percent is not None:
        steps.append(Correction(CorrectionStep.BLACK_LEVEL, (choice.black_level_percent,)))
    if choice.bright is not None:
        steps.append(Correction(CorrectionStep.FLAT_FIELD, reference_sha256=choice.bright.sha256))
    if choice.white_balance is not None:
        steps.append(Correction(CorrectionStep.WHITE_BALANCE, choice.white_balance))
    if choice.gamma is not None:
        steps.append(Correction(CorrectionStep.GAMMA, (choice.gamma,)))
    return tuple(steps)


def _table(depth: int, factor: float, black: float, gamma: float | None, *, by_pixel: bool) -> NDArray[np.uint8]:
    """Return the 8 bits that each value becomes; index: the camera's value, or the 16-bit one."""
    # OpenCV takes tables of 256 or of 65536 entries; what is over the depth is full white.
    entries = 256 if depth == 8 and not by_pixel else 65536
    full = float(((1 << depth) - 1) << (16 - depth))
    values = np.arange(entries, dtype=np.float64) * (1 if by_pixel else 1 << (16 - depth))
    values = np.minimum(np.maximum(values - black, 0.0) * factor, full)
    if gamma is not None:
        values = full * (values / full) ** gamma
    return (np.rint(values).astype(np.uint32) >> 8).astype(np.uint8)


def _flattened(values: Values, plan: _Plan, piece: slice, shift: int) -> NDArray[np.uint16]:
    """Return ``(values - dark) * gain``, 16-bit, capped at both ends, of a piece of a picture."""
    deep: NDArray[Any] = values.reshape(values.shape[0], -1).astype(np.uint16, copy=False)
    if shift:
        # A value over the camera's depth must not wrap around.
        deep = np.minimum(deep, _FULL >> shift) << shift
    if plan.dark is not None:
        deep = np.asarray(cv2.subtract(deep, plan.dark[piece].reshape(deep.shape)))
    if plan.gain is not None:
        deep = np.asarray(cv2.multiply(deep, plan.gain[piece].reshape(deep.shape), dtype=cv2.CV_16U))
    return deep.reshape(values.shape)


def _look_up(values: Values, tables: tuple[NDArray[np.uint8], ...], order: str, shown: NDArray[np.uint8]) -> None:
    if len(tables) == 1:
        flat = values.reshape(values.shape[0], -1)
        cv2.LUT(flat, tables[0], dst=shown.reshape(flat.shape))
    elif order == "rgb":
        cv2.LUT(values, np.stack(tables, axis=-1)[np.newaxis], dst=shown)
    else:
        by_colour = dict(zip("RGB", tables, strict=True))
        for row in (0, 1):
            first, second = (by_colour[colour] for colour in BAYER_ROWS[order][row])
            _look_up_pairs(values[row::2], first, second, shown[row::2])


def _look_up_pairs(rows: Values, first: NDArray[np.uint8], second: NDArray[np.uint8], shown: NDArray[np.uint8]) -> None:
    """Look even columns up in one table and odd ones in another: as a picture of two channels."""
    if rows.size == 0:
        return
    even = rows.shape[1] & ~1
    if even:
        pairs = rows[:, :even].reshape(rows.shape[0], even // 2, 2)
        shown[:, :even] = np.asarray(cv2.LUT(pairs, np.stack((first, second), axis=-1)[np.newaxis])).reshape(-1, even)
    if even != rows.shape[1]:
        shown[:, even] = first[rows[:, even]]
