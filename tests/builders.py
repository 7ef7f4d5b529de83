"""The things that tests of every room need, with sensible defaults: name only what the test is about.

``inspection(verdict=Verdict.NG)`` is a part that was judged, ``frame(7)`` the seventh picture of a line. Nothing heavy
is imported before a builder that needs it is called.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crane_desktop.domain.frames import Frame, FrameOrigin, sealed_pixels
from crane_desktop.domain.maps import AnomalyMap, Placement, Region, Scored
from crane_desktop.domain.ports import LogEntry, ScorerInfo
from crane_desktop.domain.verdicts import Inspection, JudgedBy, Reason, ReasonCode, Verdict

if TYPE_CHECKING:
    from crane_desktop.model.config import CraneConfig
    from crane_desktop.model.crane import Crane
    from crane_desktop.model.manifest import About
    from crane_desktop.recipe.model import Recipe
    from crane_desktop.recipe.thresholds import Thresholds

BEGIN = datetime(2026, 3, 31, 23, 59, 58, 123456, tzinfo=UTC)
"""When the first part of a line comes: two seconds before midnight, at the end of a month; a part a second follows."""

REASONS = {
    Verdict.OK: ReasonCode.BELOW_THRESHOLD,
    Verdict.NG: ReasonCode.SCORE_OVER_THRESHOLD,
    Verdict.REVIEW: ReasonCode.REGION_IN_REVIEW_BAND,
    Verdict.NONE: ReasonCode.LATE,
}
"""A reason that can stand behind each verdict."""

SMALL: dict[str, Any] = {
    "image_size_px": 56,
    "embed_dim": 32,
    "vision": {"width": 48, "layers": 4, "heads": 3, "patch_size_px": 14, "position_grid": 3},
    "text": {"width": 32, "layers": 3, "heads": 2},
    "dual_from": 1,
    "deep_layers": 2,
}
SMALL_DINO = {"width": 48, "layers": 2, "heads": 3, "patch_size_px": 14}


# -- from the camera to the log -------------------------------------------------------------------------------


def origin(number: int = 1, **changes: Any) -> FrameOrigin:
    """Where the `number`-th frame of a folder with a Japanese name came from, a second after the one before."""
    told: dict[str, Any] = {
        "frame_id": number,
        "source_id": "folder:ライン",
        "arrived_at": BEGIN + timedelta(seconds=number),
        "arrived_ns": 10**9 + number,
        "file": f"部品{number}.png",
    }
    return FrameOrigin(**(told | changes))


def pixels(number: int = 1, height: int = 16, width: int = 20, *, colour: bool = True) -> NDArray[np.uint8]:
    """Sealed uint8 noise ``(H, W, 3)``, or ``(H, W)``: another picture for each number."""
    shape = (height, width, 3) if colour else (height, width)
    return sealed_pixels(np.random.default_rng(number).integers(0, 256, shape, dtype=np.uint8))


def frame(number: int = 1, picture: NDArray[np.uint8] | None = None, **changes: Any) -> Frame:
    """The `number`-th picture of the line; `picture` where its values matter."""
    told = {"pixels": pixels(number) if picture is None else sealed_pixels(picture), "origin": origin(number)}
    return Frame(**(told | changes))


def anomaly_map(values: ArrayLike = 0.1, height: int = 16, width: int = 20, *, side: int = 6) -> AnomalyMap:
    """A map over a whole picture of `height` x `width`: of one value, or of those given, float32 ``(h, w)``."""
    drawn = np.asarray(values, np.float32)
    if drawn.ndim == 0:
        drawn = np.full((side, side), drawn, np.float32)
    return AnomalyMap(drawn, Placement(0.0, 0.0, float(width), float(height)))


def scored(score: float = 0.1, values: ArrayLike = 0.1, **place: int) -> Scored:
    """What a model says of a picture: its score, and a map as `anomaly_map` makes it."""
    return Scored(score, anomaly_map(values, **place))


def scorer_info(pack: str = "demo", **changes: Any) -> ScorerInfo:
    """Which model answers: a small one, on the CPU."""
    told: dict[str, Any] = {
        "pack": pack,
        "pack_version": "1",
        "pack_sha256": "ab" * 32,
        "variant": "crane",
        "profile": "full",
        "image_size_px": 56,
        "device": "cpu",
        "precision": "float32",
        "for_demonstration": False,
    }
    return ScorerInfo(**(told | changes))


def judged_by(recipe: str = "既定", **changes: Any) -> JudgedBy:
    """Which recipe, model and program gave a verdict."""
    told: dict[str, Any] = {
        "recipe": recipe,
        "recipe_version": 3,
        "pack": "demo",
        "pack_version": "1",
        "pack_sha256": "ab" * 32,
        "software_version": "0.1.0",
        "device": "cpu",
    }
    return JudgedBy(**(told | changes))


def region(
    area_px: float = 4.0, peak: float = 0.9, x_px: float = 1.0, y_px: float = 2.0, side_px: float = 2.0
) -> Region:
    """A square region with its outline."""
    right, below = x_px + side_px, y_px + side_px
    outline = ((x_px, y_px), (right, y_px), (right, below), (x_px, below))
    return Region(area_px, peak, Placement(x_px, y_px, side_px, side_px), outline)


def inspection(number: int = 1, verdict: Verdict = Verdict.OK, **changes: Any) -> Inspection:
    """The `number`-th part's verdict, with a reason that can stand behind it; no score where nothing was decided."""
    told: dict[str, Any] = {
        "origin": origin(number),
        "verdict": verdict,
        "reason": Reason(REASONS[verdict]),
        "judged_by": judged_by(),
        "decided_at": BEGIN + timedelta(seconds=number),
        "latency_ms": 12.5,
        "score": None if verdict is Verdict.NONE else 0.75,
        "threshold": 0.5,
    }
    return Inspection(**(told | changes))


def entry(number: int = 1, verdict: Verdict = Verdict.OK, *, pictures: bool = True, **changes: Any) -> LogEntry:
    """A judged part with its pictures, or without, as the line hands it to the log."""
    judged = inspection(number, verdict, **changes)
    if not pictures:
        return LogEntry(judged, None, None)
    return LogEntry(judged, frame(number, origin=judged.origin), anomaly_map())


class BrightnessScorer:
    """A model that finds odd what is bright: its score is the mean, its map the picture, in [0, 1]."""

    def __init__(self, **changes: Any) -> None:
        self.info = scorer_info("bright", **changes)

    def score(self, picture: NDArray[np.uint8]) -> Scored:
        luma = picture if picture.ndim == 2 else picture @ np.array([0.299, 0.587, 0.114])
        grey = luma.astype(np.float32) / np.float32(255)
        return scored(float(grey.mean()), grey, height=grey.shape[0], width=grey.shape[1])

    def close(self) -> None:
        """Nothing to release."""


# -- recipes ----------------------------------------------------------------------------------------------


def thresholds(review: float = 0.4, ng: float = 0.6, **changes: float) -> Thresholds:
    """The same limits on score and map."""
    from crane_desktop.recipe.thresholds import Thresholds

    told = {"score_review": review, "score_ng": ng, "map_review": review, "map_ng": ng}
    return Thresholds(**(told | changes))


def recipe(name: str = "部品A", **changes: Any) -> Recipe:
    """A recipe without thresholds, which decides nothing yet."""
    from crane_desktop.recipe.model import Recipe

    return Recipe(name=name, **changes)


# -- models -----------------------------------------------------------------------------------------------


def crane_config(variant: str = "crane", **changes: Any) -> CraneConfig:
    """A Crane that runs in milliseconds."""
    from crane_desktop.model.config import CraneConfig

    dino = {"dino": SMALL_DINO} if variant == "crane-plus" else {}
    return CraneConfig.model_validate({**SMALL, "variant": variant, **dino, **changes})


def crane_model(variant: str = "crane", seed: int = 3, **changes: Any) -> Crane:
    """That Crane, frozen, with weights drawn from a seed."""
    from crane_desktop.model.crane import new_crane

    return new_crane(crane_config(variant, **changes), seed).requires_grad_(False).eval()


def about(name: str = "small", **changes: Any) -> About:
    """What a pack says of itself."""
    from crane_desktop.model.manifest import About, Words

    told: dict[str, Any] = {"name": name, "description": Words(en="For tests.", ja="テスト用。")}
    return About(**(told | changes))


def model_pack(path: Path, model: Crane | None = None, **changes: Any) -> Path:
    """Write a pack that is named as its file; `changes` are of `about`, or ``profiles=`` and ``precision=``."""
    from crane_desktop.model.packing import write_pack

    path.parent.mkdir(parents=True, exist_ok=True)
    options = {name: changes.pop(name) for name in ("profiles", "precision") if name in changes}
    write_pack(path, about(**({"name": path.stem} | changes)), model or crane_model(), **options)
    return path


def pack_members(path: Path) -> dict[str, bytes]:
    """What lies in a pack, by name, in its order."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def sealed_pack(path: Path, members: Mapping[str, bytes]) -> Path:
    """Write a pack of these members, right or wrong as they are."""
    from crane_desktop.model.container import write_container

    with path.open("w+b") as target:
        write_container(target, dict(members))
    return path


# -- picture files ----------------------------------------------------------------------------------------


def picture_file(path: Path, picture: NDArray[Any]) -> Path:
    """Write a picture, whatever its path and kind; its folder is made."""
    import cv2

    path.parent.mkdir(parents=True, exist_ok=True)
    colours = picture[..., ::-1] if picture.ndim == 3 else picture
    written, data = cv2.imencode(path.suffix, colours)
    assert written
    path.write_bytes(data.tobytes())
    return path


def picture_folder(folder: Path, pictures: Iterable[NDArray[Any]], *, first: int = 1, suffix: str = ".png") -> Path:
    """Write pictures into `folder`, numbered from `first`."""
    for number, picture in enumerate(pictures, first):
        picture_file(folder / f"{number:03d}{suffix}", picture)
    return folder


def grey_parts(count: int, side: int = 56, seed: int = 0) -> list[NDArray[np.uint8]]:
    """Good parts: dark grey noise, uint8 ``(side, side)``."""
    draw = np.random.default_rng(seed)
    return [draw.integers(40, 80, (side, side), dtype=np.uint8) for _ in range(count)]
