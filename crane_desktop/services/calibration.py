"""Score good parts with a pack and set a recipe's thresholds from them.

In two steps, for a window that asks a person in between: `propose_calibration` scores and changes nothing,
`apply_calibration` sets the thresholds by what was decided about the parts that stand far off.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np

from crane_desktop.camera.decode import look_at_first
from crane_desktop.camera.folder import FolderSource
from crane_desktop.camera.pictures.listing import list_folder
from crane_desktop.decision.calibrate import Calibrated, GoodPart, calibrate, check_rate, promise_words
from crane_desktop.decision.good_set import UNDECIDED, GoodSet, OutlierDecision
from crane_desktop.domain.errors import InputError
from crane_desktop.domain.frames import EndOfFrames, Frame, FrameFault
from crane_desktop.domain.jobs import UNWATCHED, Watch
from crane_desktop.domain.ports import Scorer, ScorerInfo
from crane_desktop.recipe.authorship import Why, system_user
from crane_desktop.recipe.model import Calibration, Recipe, checked_name
from crane_desktop.recipe.staleness import basis_of, what_differs
from crane_desktop.services.first_batch import pictures_of, suspects_told
from crane_desktop.services.good_set import ScoredPicture, copies_told, decided, lost_details, remembered_told, set_of
from crane_desktop.services.model_check import proven_scorer, unfit_fault
from crane_desktop.services.model_loading import with_memory
from crane_desktop.services.packs.find import pack_path
from crane_desktop.services.picture_folder import bits_of, passed_over_dict, passed_over_sentences
from crane_desktop.services.workbench import Workbench
from crane_desktop.settings.texts import Language, error_text, text

_NEXT_IMAGE_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """A calibrated recipe with what its good images can promise.

    Attributes
    ----------
    used
        The pictures that it was made on, as a person decided about them.
    passed_over
        What else lies in their folder and is no picture that can be read.
    """

    recipe: Recipe
    calibrated: Calibrated
    used: GoodSet
    passed_over: tuple[str, ...] = ()

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
        told = [text(key, language, **params) for key, params in promise_words(self.calibrated.promise)]
        if self.used.left_out:
            told.insert(0, text("services.left_out", language, count=self.used.left_out))
        if self.used.copies:
            told.insert(0, error_text(copies_told(self.used), language))
        return [head, *told, *passed_over_sentences(self.passed_over, language)]

    def as_dict(self, language: Language) -> dict[str, Any]:
        """Return the outcome as one JSON object."""
        if self.recipe.thresholds is None or self.recipe.calibration is None:
            raise ValueError("a calibrated recipe has thresholds")
        return {
            "recipe": self.recipe.name,
            "version": self.recipe.version,
            "pack": self.recipe.pack,
            "thresholds": self.recipe.thresholds.model_dump(),
            "calibration": self.recipe.calibration.model_dump(mode="json", exclude={"basis", "long_pictures"}),
            "good_parts": self.used.as_dict(),
            "passed_over": passed_over_dict(self.passed_over),
            "words": " ".join(self.sentences(language)),
        }


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """Good parts that were scored for a recipe; nothing is changed yet.

    Attributes
    ----------
    recipe
        As it was while they were scored.
    false_reject
        The rate that was asked for.
    info
        The model that scored them.
    found
        The pictures, with copies known: `found.outliers()` is what a person must decide about.
    passed_over
        What else lies in their folder and is no picture that can be read.
    """

    recipe: Recipe
    false_reject: float
    info: ScorerInfo
    found: GoodSet
    passed_over: tuple[str, ...] = ()

    def thresholds(self, decision: OutlierDecision = UNDECIDED) -> tuple[GoodSet, Calibrated]:
        """Return which pictures count by this decision, and the thresholds that they give.

        Raises
        ------
        UndecidedError
            If parts that stand far off the others are neither left out nor kept.
        InputError
            If too few different parts are left, or NG would begin where no part can come.
        """
        used = decided(self.found, decision)
        try:
            return used, calibrate([picture.part for picture in used.counted], self.false_reject)
        except InputError as error:
            if error.key == "decision.too_few_good_parts" and used.copies:
                raise InputError("services.too_few_but_copies", pictures=len(used.pictures), **error.params) from error
            raise


def calibrate_recipe(
    workbench: Workbench,
    name: str,
    images: Path,
    false_reject: float,
    pack: str | None,
    watch: Watch = UNWATCHED,
    decision: OutlierDecision = UNDECIDED,
    significant_bits: int | None = None,
) -> Outcome:
    """Set the thresholds of recipe `name` from the good parts in `images` and keep it as its next version.

    Where it is cancelled, fails or is undecided, the recipe is as before.

    Raises
    ------
    UndecidedError
        If parts that stand far off the others are neither left out nor kept.
    InputError
        If the rate is no rate, the folder has no images, one of them cannot be judged, or they say too little.
    StationFault
        If this station does not give the pack's golden scores: its thresholds would mean nothing.
    """
    proposal = propose_calibration(workbench, name, images, false_reject, pack, watch, significant_bits)
    return apply_calibration(workbench, proposal, decision)


def propose_calibration(
    workbench: Workbench,
    name: str,
    images: Path,
    false_reject: float,
    pack: str | None,
    watch: Watch = UNWATCHED,
    significant_bits: int | None = None,
) -> Proposal:
    """Score the good parts in `images` for recipe `name`; nothing is changed.

    Parameters
    ----------
    significant_bits
        How deep values of more than 8 bits are where the files do not say; None: as the recipe's folder source says.

    Raises
    ------
    InputError
        If the rate is no rate, the folder has no images, or one of them cannot be judged.
    StationFault
        If this station does not give the pack's golden scores.
    """
    check_rate(false_reject)
    listing = list_folder(images)  # what is wrong there is told at once, before the model is loaded
    name = checked_name(name)
    known = name in workbench.recipes.names()
    old = workbench.recipes.head(name) if known else Recipe(name=name)
    bits = bits_of(old, significant_bits)
    look_at_first(listing.files[0], bits)
    path = pack_path(workbench, pack or (old.pack if known else None))
    scorer = proven_scorer(workbench, path)
    try:
        if scorer.unfit is not None:
            raise unfit_fault(scorer.info.pack, scorer.unfit)
        judging = with_memory(workbench.data, old, scorer)
        parts = score_good_parts(images, judging, old.smallest_area_px, watch, bits)
        lost = lost_details(parts, scorer.info.image_size_px)
        if lost is not None:
            watch.warn(lost)
        found = set_of(parts)
        suspects_told(pictures_of(listing.files, bits), {one.name for one in found.counted}, watch)
        return Proposal(old, false_reject, scorer.info, found, listing.passed_over)
    finally:
        scorer.close()


def apply_calibration(workbench: Workbench, proposal: Proposal, decision: OutlierDecision = UNDECIDED) -> Outcome:
    """Set the thresholds that a proposal gives by a person's decision; the recipe gets its next version.

    Raises
    ------
    UndecidedError
        If parts that stand far off the others are neither left out nor kept.
    InputError
        If they say too little, or the recipe was changed since the parts were scored.
    """
    used, calibrated = proposal.thresholds(decision)
    old = proposal.recipe
    wanted = with_calibration(old, calibrated, proposal.info)

    def change(now: Recipe) -> Recipe:
        if what_differs(basis_of(old), basis_of(now)):  # somebody changed it while the pictures were scored
            raise InputError("recipe.changed_meanwhile", recipe=old.name)
        return now.changed(pack=wanted.pack, thresholds=wanted.thresholds, calibration=wanted.calibration)

    why = Why("recipe.why.calibrated", {"images": len(used.counted)})
    return Outcome(
        workbench.recipes.save(old.name, change, who=system_user(), why=why).recipe,
        calibrated,
        used,
        proposal.passed_over,
    )


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
        long_pictures="tiles",
        basis=basis_of(judged),
    )
    return judged.with_thresholds(outcome.thresholds, made)


def score_good_parts(
    folder: Path,
    scorer: Scorer,
    smallest_area_px: float,
    watch: Watch = UNWATCHED,
    significant_bits: int | None = None,
) -> list[ScoredPicture]:
    """Score every picture of a folder of good parts, but those that the memory of good parts holds, and their copies.

    Raises
    ------
    InputError
        If one cannot be read or scored: a calibration with a hole in it would promise too much.
    """
    of = len(list_folder(folder).files)
    source = FolderSource(folder, significant_bits=significant_bits)
    source.open()
    try:
        parts: list[ScoredPicture] = []
        done = 0
        remembered: list[str] = []
        while not isinstance(event := source.next_event(_NEXT_IMAGE_WITHIN_S), EndOfFrames):
            if isinstance(event, FrameFault):
                raise event.error or InputError("app.good_image_not_scored", file=event.origin.file)
            if isinstance(event, Frame):
                done += 1
                watch.progress(done, max(of, done))  # a file of several pages holds several
                name = event.origin.file or str(event.origin.frame_id)
                if _remembered(scorer, event):
                    remembered.append(name)
                    continue  # its distance is nearly 0, as no other good part's will be
                scored = scorer.score(event.pixels)
                # The line gives such a part no verdict, so it says nothing of thresholds either.
                if not (np.isfinite(scored.score) and np.isfinite(scored.anomaly_map.values).all()):
                    raise InputError("app.good_image_not_scored", file=event.origin.file)
                parts.append(ScoredPicture.of(name, event.pixels, GoodPart.of(scored, smallest_area_px)))
        if remembered:
            watch.warn(remembered_told(remembered, done))
        return parts
    finally:
        source.close()


def _remembered(scorer: Scorer, frame: Frame) -> bool:
    if not scorer.info.good_parts:
        return False
    from crane_desktop.model.goodparts.hybrid import HybridScorer

    return isinstance(scorer, HybridScorer) and scorer.remembers(frame.pixels)
