"""Draws one part: paint, damage, light, take the picture, and say exactly where it was damaged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from crane_desktop.domain.errors import InputError
from crane_desktop.simulation.defects import DAMAGES, MISSING, OF_ITS_KIND, PRINT_FLAWS
from crane_desktop.simulation.kinds import PAINTERS
from crane_desktop.simulation.painting.light import Light, lit_by, shaded
from crane_desktop.simulation.painting.sensor import Sensor, exposed, focused, taken_by
from crane_desktop.simulation.painting.surface import Surface

KINDS: tuple[str, ...] = tuple(PAINTERS)
"""Every kind of part that can be drawn."""
HELD_OUT_KINDS: tuple[str, ...] = ("cast_surface", "knitted", "speckled_stone")
"""Never trained on: they judge. They share the lamp, the lens and the laws of damage with the others, as a new
product on the same line would. Knitwear and stone are surfaces, each with a structure of its own. A casting is the
hardest sort of unseen part: a few bosses and ribs on a plain ground, which nothing in the picture itself tells from
something that does not belong there."""
TRAINING_KINDS: tuple[str, ...] = tuple(k for k in KINDS if k not in HELD_OUT_KINDS)
DEFECTS: tuple[str, ...] = (*DAMAGES, MISSING)
"""Every kind of defect."""

_TRIES = 10
_OWN_SHARE = 0.7
"""Of the defective parts of a kind that has flaws of its own."""
_FLOOR = 0.035
"""Difference from the good part, of full scale, over which a pixel counts as changed."""
_LEAST_AREA = 0.0012
_LEAST_AREA_OF_PRINT = 0.0004
"""Two tones leave no doubt: what is wrong between them is seen where it is as small as a conductor is wide."""
_MOST_AREA = 0.12
_CONTRAST = 2.0
"""Least visible: root mean square difference over what noise and texture around would hide. An inspector who looks
for it sees it; below about 1.3 he does not."""


@dataclass(frozen=True, slots=True, eq=False)
class DrawnPart:
    """One drawn part with its truth.

    Attributes
    ----------
    pixels
        uint8 ``(S, S, 3)`` RGB, C-contiguous.
    mask
        bool ``(S, S)``, True where the part is defective.
    defects
        Kinds of its defects; empty for a good part.
    kind
        Kind of part.
    """

    pixels: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    defects: tuple[str, ...]
    kind: str

    @property
    def is_good(self) -> bool:
        """True where nothing is wrong with the part."""
        return not self.defects


_Damaged: TypeAlias = tuple[NDArray[np.float32], NDArray[np.bool_], tuple[str, ...]]
"""The noiseless picture, where it shows the damage, and what was damaged."""


@dataclass(frozen=True, slots=True, eq=False)
class _Shot:
    """What stays the same for a part and its damaged twin."""

    kind: str
    size_px: int
    seeds: tuple[int, int]
    design: int
    light: Light
    sensor: Sensor

    def surface(self, skip: int) -> Surface:
        """Paint the part again, without one feature."""
        return _painted(self.kind, self.seeds, self.design, self.size_px, skip)

    def clean(self, surface: Surface) -> NDArray[np.float32]:
        """Return the noiseless picture."""
        seen = focused(shaded(surface, self.light), self.sensor)
        if surface.threshold is None:
            return seen
        white = seen.mean(2, keepdims=True) > surface.threshold * self.light.exposure
        return np.repeat(white.astype(np.float32), 3, axis=2)


def draw_part(
    kind: str,
    seed: int,
    *,
    size_px: int = 512,
    defect_rate: float = 0.0,
    sensor: bool = True,
    design: int | None = None,
    defect: str | None = None,
    count: int | None = None,
) -> DrawnPart:
    """Draw one part; the arguments determine it fully.

    Parameters
    ----------
    kind
        One of `KINDS`.
    seed
        Number of the part, 0 or more: pose, light, material, noise, damage.
    size_px
        Side of the picture, 32 or more.
    defect_rate
        Probability in [0, 1] that the part is defective.
    sensor
        False for a picture without noise.
    design
        Number of the product: its layout, colours and finish. Parts of one design differ as parts of
        one product do. None: every seed has a design of its own (breadth for training).
    defect
        The defect that a defective part has, one of `DEFECTS`; None: one or two at random. A kind
        without features, ends or print gets another defect instead of one of those.
    count
        How many kinds of defects a defective part has; None: one, now and then two, as on a line.

    Raises
    ------
    InputError
        If `kind` or `defect` is unknown.
    """
    known(kind)
    if defect is not None and defect not in DEFECTS:
        raise InputError("simulated.unknown_defect", defect=defect, known=", ".join(DEFECTS))
    shot, surface = _set_up(kind, seed, seed if design is None else design, size_px)
    clean = shot.clean(surface)
    if not is_defective(kind, seed, defect_rate):
        return _taken(shot, surface, clean, None, sensor)
    return _taken(shot, surface, clean, _damaged_somehow(shot, surface, clean, defect, count), sensor)


def draw_twins(kind: str, seed: int, *, size_px: int, count: int | None = None) -> tuple[DrawnPart, DrawnPart]:
    """Draw a good part, and the same part damaged: what `draw_part` draws at the defect rates 0 and 1.

    Parameters
    ----------
    kind, seed, size_px, count
        As in `draw_part`.
    """
    known(kind)
    shot, surface = _set_up(kind, seed, seed, size_px)
    clean = shot.clean(surface)
    damage = _damaged_somehow(shot, surface, clean, None, count)
    return _taken(shot, surface, clean, None, True), _taken(shot, surface, clean, damage, True)


def _taken(
    shot: _Shot, surface: Surface, clean: NDArray[np.float32], damage: _Damaged | None, sensor: bool
) -> DrawnPart:
    """Have the camera take a part, damaged or as it is."""
    none = np.zeros((shot.size_px, shot.size_px), bool)
    lit, mask, defects = (clean, none, ()) if damage is None else damage
    noisy = sensor and surface.threshold is None
    noise = np.random.default_rng([*shot.seeds, 16]).standard_normal(lit.shape, np.float32) if noisy else None
    return DrawnPart(exposed(lit, shot.sensor, noise), mask, defects, shot.kind)


def _damaged_somehow(
    shot: _Shot, surface: Surface, clean: NDArray[np.float32], defect: str | None, count: int | None
) -> _Damaged:
    return _damaged(shot, surface, clean, _wanted(np.random.default_rng([*shot.seeds, 15]), surface, defect, count))


def _set_up(kind: str, seed: int, design: int, size_px: int) -> tuple[_Shot, Surface]:
    seeds = (seed, KINDS.index(kind))
    surface = _painted(kind, seeds, design, size_px, None)
    line, now = np.random.default_rng([design, seeds[1], 18]), np.random.default_rng([*seeds, 13])
    light = lit_by(line, now, float(surface.albedo[::8, ::8].mean()))
    return _Shot(kind, size_px, seeds, design, light, taken_by(line, now)), surface


def _painted(kind: str, seeds: tuple[int, int], design: int, size_px: int, skip: int | None) -> Surface:
    layout = np.random.default_rng([design, seeds[1], 11])
    return PAINTERS[kind](size_px, skip, layout, np.random.default_rng([*seeds, 12]))


def is_defective(kind: str, seed: int, defect_rate: float) -> bool:
    """Return whether `draw_part` of these arguments is defective, without drawing it."""
    return bool(np.random.default_rng([seed, KINDS.index(kind), 14]).random() < defect_rate)


def known(kind: str) -> None:
    """Raise InputError where `kind` is no kind of part."""
    if kind not in KINDS:
        raise InputError("simulated.unknown_kind", kind=kind, known=", ".join(KINDS))


def _wanted(rng: Generator, surface: Surface, defect: str | None, count: int | None) -> tuple[str, ...]:
    choices = tuple(d for d in DEFECTS if d in surface.flaws or d not in OF_ITS_KIND)
    if not surface.features:
        choices = tuple(d for d in choices if d != MISSING)
    if defect is not None:
        return (defect,) if defect in choices else (str(rng.choice(choices)),)
    by_chance = count or (2 if rng.random() < 0.12 else 1)
    if surface.flaws and rng.random() < _OWN_SHARE:
        return tuple(str(d) for d in rng.choice(surface.flaws, by_chance))
    return tuple(str(d) for d in rng.choice(choices, by_chance, replace=False))


def _damaged(shot: _Shot, surface: Surface, clean: NDArray[np.float32], wanted: tuple[str, ...]) -> _Damaged:
    """Damage until it can be seen: each further try is other damage, a little stronger."""
    best: tuple[float, NDArray[np.float32], NDArray[np.bool_]] | None = None
    least = _LEAST_AREA_OF_PRINT if PRINT_FLAWS.issuperset(wanted) else _LEAST_AREA
    for attempt in range(_TRIES):
        rng = np.random.default_rng([*shot.seeds, 17, attempt])
        strength = float(rng.uniform(0.65, 1.45)) * (1 + 0.16 * attempt)
        worse = surface
        if MISSING in wanted:
            worse = shot.surface(int(rng.integers(surface.features)))
        for name in wanted:
            if name != MISSING:
                worse = DAMAGES[name](worse, rng, strength)
        lit = shot.clean(worse)
        mask, contrast = _difference(clean, lit, least)
        if contrast >= _CONTRAST:
            return lit, mask, wanted
        if mask.any() and (best is None or contrast > best[0]):
            best = contrast, lit, mask
    if best is not None and MISSING not in wanted:
        return best[1], best[2], wanted
    return _damaged(shot, surface, clean, ("hole",))


def _difference(clean: NDArray[np.float32], lit: NDArray[np.float32], least: float) -> tuple[NDArray[np.bool_], float]:
    """Return where two noiseless pictures differ, and how visibly (0 where too small or too large)."""
    size = clean.shape[0]
    change = np.clip(lit, 0, 1) - np.clip(clean, 0, 1)
    most = cv2.GaussianBlur(np.abs(change).max(2), (0, 0), max(0.5, size / 512))
    floor = max(_FLOOR, 0.22 * float(most.max()))
    raw = (most > floor).astype(np.uint8)
    reach = max(1, round(size / 256))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    grown = cv2.dilate(cv2.morphologyEx(raw, cv2.MORPH_CLOSE, disc), disc)
    mask = _without_specks(np.asarray(grown, np.uint8))
    area = float(mask.mean())
    if not least <= area <= _MOST_AREA:
        return mask, 0.0
    changed = np.sqrt(float((change[mask] ** 2).sum(1).mean() / 2))
    around = cv2.dilate(mask.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    hiding = 0.02 + 0.4 * float(clean[around].std(0).mean())
    return mask, changed / hiding * min(1.0, (area / 0.004) ** 0.25)


def _without_specks(mask: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Drop specks much smaller than the largest piece."""
    count, label, stats, _ = cv2.connectedComponentsWithStats(mask)
    if count <= 2:
        return mask.astype(bool)
    areas = stats[:, cv2.CC_STAT_AREA]
    keep = areas > 0.02 * areas[1:].max()
    keep[0] = False
    out: NDArray[np.bool_] = keep[label]
    return out
