"""Score good parts with a pack and set a recipe's thresholds from them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np

from crane_desktop.camera.folder import FolderSource, list_images
from crane_desktop.decision.calibrate import Calibrated, GoodPart, calibrate, check_rate, promise_words
from crane_desktop.domain.errors import InputError
from crane_desktop.domain.frames import EndOfFrames, Frame, FrameFault
from crane_desktop.domain.jobs import UNWATCHED, Watch
from crane_desktop.domain.ports import Scorer, ScorerInfo
from crane_desktop.recipe.authorship import Why, system_user
from crane_desktop.recipe.model import Calibration, Recipe, checked_name
from crane_desktop.recipe.staleness import basis_of, what_differs
from crane_desktop.services.model_check import proven_scorer, unfit_fault
from crane_desktop.services.model_loading import with_memory
from crane_desktop.services.packs.find import pack_path
from crane_desktop.services.workbench import Workbench
from crane_desktop.settings.texts import Language, text

_NEXT_IMAGE_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """A calibrated recipe with what its good images can promise."""

    recipe: Recipe
    calibrated: Calibrated

    def sentences(self, language: Language) -> list[str]:
        """Return the outcome in plain words."""
        thresholds = self.recipe.thresholds
        if thresholds is None:
            raise ValueError("a calibrated recipe has thresholds")
        head = text(
            "app.calibrated",
            language,
            recipe=self.recipe.name,
            version=self.recipe.version,
            score=f"{thresholds.score_ng:.4f}",
            review=f"{thresholds.score_review:.4f}",
            peak=f"{thresholds.map_ng:.4f}",
        )
        return [head, *(text(key, language, **params) for key, params in promise_words(self.calibrated.promise))]

    def as_dict(self, language: Language) -> dict[str, Any]:
        """Return the outcome as one JSON object."""
        if self.recipe.thresholds is None or self.recipe.calibration is None:
            raise ValueError("a calibrated recipe has thresholds")
        return {
            "recipe": self.recipe.name,
            "version": self.recipe.version,
            "pack": self.recipe.pack,
            "thresholds": self.recipe.thresholds.model_dump(),
            "calibration": self.recipe.calibration.model_dump(mode="json", exclude={"basis"}),
            "words": " ".join(self.sentences(language)),
        }


def calibrate_recipe(
    workbench: Workbench, name: str, images: Path, false_reject: float, pack: str | None, watch: Watch = UNWATCHED
) -> Outcome:
    """Set the thresholds of recipe `name` from the good parts in `images` and keep it as its next version.

    Where it is cancelled or fails, the recipe is as before.

    Raises
    ------
    InputError
        If the rate is no rate, the folder has no images, or one of them cannot be judged.
    StationFault
        If this station does not give the pack's golden scores: its thresholds would mean nothing.
    """
    check_rate(false_reject)
    files = list_images(images)  # what is wrong there is told at once, before the model is loaded
    name = checked_name(name)
    known = name in workbench.recipes.names()
    old = workbench.recipes.head(name) if known else Recipe(name=name)
    path = pack_path(workbench, pack or (old.pack if known else None))
    scorer = proven_scorer(workbench, path)
    try:
        if scorer.unfit is not None:
            raise unfit_fault(scorer.info.pack, scorer.unfit)
        judging = with_memory(workbench.data, old, scorer)
        parts = score_good_parts(images, judging, old.smallest_area_px, watch)
        if len(parts) < len(files):
            left_out = len(files) - len(parts)
            watch.warn(InputError("services.remembered_left_out", count=left_out, of=len(files)))
        calibrated = calibrate(parts, false_reject)
        info = scorer.info
        wanted = with_calibration(old, calibrated, info)
    finally:
        scorer.close()

    def change(now: Recipe) -> Recipe:
        if what_differs(basis_of(old), basis_of(now)):  # somebody changed it while the pictures were scored
            raise InputError("recipe.changed_meanwhile", recipe=name)
        return now.changed(pack=wanted.pack, thresholds=wanted.thresholds, calibration=wanted.calibration)

    why = Why("recipe.why.calibrated", {"images": len(parts)})
    return Outcome(workbench.recipes.save(name, change, who=system_user(), why=why).recipe, calibrated)


def with_calibration(recipe: Recipe, outcome: Calibrated, info: ScorerInfo, on: date | None = None) -> Recipe:
    """Return a recipe with calibrated thresholds.

    Parameters
    ----------
    info
        The model that scored the good parts; the recipe is bound to it, and to its picture size, from now on.
    on
        Day of the calibration; None means today.
    """
    promise = outcome.promise
    judged = recipe.changed(pack=info.pack)
    made = Calibration(
        n_images=promise.n_images,
        false_reject_rate=promise.asked,
        promised_rate=promise.promised,
        date=on or datetime.now(UTC).astimezone().date(),
        pack_sha256=info.pack_sha256,
        image_size_px=info.image_size_px,
        good_parts_sha256=None if recipe.good_parts is None else recipe.good_parts.sha256,
        basis=basis_of(judged),
    )
    return judged.with_thresholds(outcome.thresholds, made)


def score_good_parts(folder: Path, scorer: Scorer, smallest_area_px: float, watch: Watch = UNWATCHED) -> list[GoodPart]:
    """Score every image of a folder of good parts, but those that the memory of good parts holds.

    Raises
    ------
    InputError
        If one cannot be read or scored: a calibration with a hole in it would promise too much.
    """
    of = len(list_images(folder))
    source = FolderSource(folder)
    source.open()
    try:
        parts: list[GoodPart] = []
        done = 0
        while not isinstance(event := source.next_event(_NEXT_IMAGE_WITHIN_S), EndOfFrames):
            if isinstance(event, FrameFault):
                raise InputError("app.good_image_unreadable", file=event.origin.file, detail=event.detail)
            if isinstance(event, Frame):
                done += 1
                watch.progress(done, of)
                if _remembered(scorer, event):
                    continue  # its distance is nearly 0, as no other good part's will be
                scored = scorer.score(event.pixels)
                # The line gives such a part no verdict, so it says nothing of thresholds either.
                if not (np.isfinite(scored.score) and np.isfinite(scored.anomaly_map.values).all()):
                    raise InputError("app.good_image_not_scored", file=event.origin.file)
                parts.append(GoodPart.of(scored, smallest_area_px))
        return parts
    finally:
        source.close()


def _remembered(scorer: Scorer, frame: Frame) -> bool:
    if not scorer.info.good_parts:
        return False
    from crane_desktop.model.goodparts.hybrid import HybridScorer

    return isinstance(scorer, HybridScorer) and scorer.remembers(frame.pixels)
