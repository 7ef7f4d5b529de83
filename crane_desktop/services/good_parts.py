"""Learn a memory of good parts for a recipe, and put a recipe's memory beside its model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from crane_desktop.decision.calibrate import GoodPart
from crane_desktop.decision.good_set import UNDECIDED, GoodSet, OutlierDecision
from crane_desktop.domain.errors import InputError, technical
from crane_desktop.domain.jobs import UNWATCHED, Watch
from crane_desktop.domain.ports import Scorer
from crane_desktop.recipe.authorship import Why, system_user
from crane_desktop.recipe.good_parts import GoodPartsFile
from crane_desktop.recipe.model import Recipe, checked_name
from crane_desktop.services.first_batch import suspects_told
from crane_desktop.services.good_set import ScoredPicture, copies_told, decided, set_of
from crane_desktop.services.model_check import proven_scorer, unfit_fault
from crane_desktop.services.picture_folder import bits_of, passed_over_dict, passed_over_sentences
from crane_desktop.services.workbench import Workbench
from crane_desktop.settings.data_dir import DataDir
from crane_desktop.settings.texts import Language, text

if TYPE_CHECKING:  # bring torch
    from crane_desktop.model.goodparts.memory import GoodParts


@dataclass(frozen=True, slots=True)
class Learnt:
    """What came of learning good parts; `used` is False where they do not help, and the recipe is as before."""

    recipe: Recipe
    memory: GoodParts
    used: bool
    passed_over: tuple[str, ...] = ()

    def sentence(self, language: Language) -> str:
        """Return the outcome in plain words."""
        check = self.memory.check
        key = "app.good_parts_learnt" if self.used else "app.good_parts_do_not_help"
        told = text(
            key,
            language,
            recipe=self.recipe.name,
            parts=len(self.memory.pictures),
            zero_shot=f"{check.zero_shot:.2f}",
            hybrid=f"{check.hybrid:.2f}",
        )
        return " ".join([told, *passed_over_sentences(self.passed_over, language)])

    def as_dict(self, language: Language) -> dict[str, Any]:
        """Return the outcome as one JSON object."""
        check = self.memory.check
        return {
            "recipe": self.recipe.name,
            "version": self.recipe.version,
            "used": self.used,
            "good_parts": len(self.memory.pictures),
            "members": sorted(self.memory.members),
            "self_check": {"zero_shot": check.zero_shot, "hybrid": check.hybrid, "gain_low": check.gain_low},
            "passed_over": passed_over_dict(self.passed_over),
            "words": self.sentence(language),
        }


def learn_for_recipe(
    workbench: Workbench,
    name: str,
    images: Path,
    parts: int | None,
    seed: int,
    pack: str | None,
    watch: Watch = UNWATCHED,
    decision: OutlierDecision = UNDECIDED,
    significant_bits: int | None = None,
) -> Learnt:
    """Learn a memory from a folder of good parts; the recipe uses it from its next version on, if it helps.

    Copies are remembered once. What stands far off the others may be a defect, which no memory must hold as good: a
    person decides.

    Parameters
    ----------
    parts
        So many of the folder's pictures, drawn by `seed`; None: all.
    watch
        Told how many steps are done, and of how many; where it cancels, the recipe is as before.
    significant_bits
        How deep values of more than 8 bits are where the files do not say; None: as the recipe's folder source says.

    Raises
    ------
    UndecidedError
        If parts that stand far off the others are neither left out nor kept.
    InputError
        If the folder holds too few or too many pictures, or one of them cannot be judged.
    StationFault
        If this station does not give the pack's golden scores.
    """
    from crane_desktop.camera.pictures.listing import list_folder
    from crane_desktop.services.packs.find import pack_path
    from crane_desktop.training.goodparts.learn import learn_good_parts

    listing = list_folder(images)
    name = checked_name(name)
    known = name in workbench.recipes.names()
    old = workbench.recipes.head(name) if known else Recipe(name=name)
    pictures = _read(chosen(list(listing.files), parts, seed), bits_of(old, significant_bits))
    scorer = proven_scorer(workbench, pack_path(workbench, pack or (old.pack if known else None)))
    try:
        if scorer.unfit is not None:
            raise unfit_fault(scorer.info.pack, scorer.unfit)
        memory = learn_good_parts(scorer, _that_count(scorer, pictures, decision, watch), seed, watch.progress)
        if not memory.check.better:
            return Learnt(old, memory, used=False, passed_over=listing.passed_over)
        kept, used_pack = _keep(workbench.data, memory), scorer.info.pack
    finally:
        scorer.close()
    saved = workbench.recipes.save(
        name,
        lambda now: now.with_good_parts(kept, used_pack),
        who=system_user(),
        why=Why("recipe.why.good_parts_learnt", {"parts": kept.parts}),
    )
    return Learnt(saved.recipe, memory, used=True, passed_over=listing.passed_over)


def _read(files: Sequence[Path], significant_bits: int | None) -> dict[str, NDArray[np.uint8]]:
    from crane_desktop.camera.decode import read_part

    return {file.name: read_part(file, significant_bits).pixels for file in files}


def _that_count(
    scorer: Scorer, pictures: dict[str, NDArray[np.uint8]], decision: OutlierDecision, watch: Watch
) -> list[NDArray[np.uint8]]:
    """Return the pictures that a memory may hold: no copies, and nothing that a person has not decided about."""
    found = _looked_at(scorer, pictures)
    if not decision.keep:
        suspects_told(pictures.items(), {one.name for one in found.counted} - set(decision.left_out), watch)
    used = decided(found, decision)
    if used.copies:
        watch.warn(copies_told(used))
    return [pictures[picture.name] for picture in used.counted]


def _looked_at(scorer: Scorer, pictures: dict[str, NDArray[np.uint8]]) -> GoodSet:
    """Score the pictures as the model alone does, and find their copies.

    Raises
    ------
    InputError
        If the model has no answer to one: names it.
    """
    scored: list[ScoredPicture] = []
    for name, pixels in pictures.items():
        part = GoodPart.of(scorer.score(pixels))
        if not (np.isfinite(part.score) and np.isfinite(part.peak)):
            raise InputError("app.good_image_not_scored", file=name)
        scored.append(ScoredPicture.of(name, pixels, part))
    return set_of(scored)


def forget_for_recipe(workbench: Workbench, name: str) -> Recipe:
    """Have a recipe judge zero-shot again; it only shows until it is calibrated. Its memory's file stays.

    Raises
    ------
    InputError
        If there is no such recipe.
    """
    old = workbench.recipes.head(name)
    if old.good_parts is None:
        return old
    saved = workbench.recipes.save(
        name,
        lambda now: now.with_good_parts(None, now.pack),
        who=system_user(),
        why=Why("recipe.why.good_parts_forgotten"),
    )
    return saved.recipe


def chosen(files: list[Path], parts: int | None, seed: int) -> list[Path]:
    """Return `parts` of the files, drawn by `seed`, in their order; None: all.

    Raises
    ------
    InputError
        If there are not so many.
    """
    if parts is None:
        return files
    if parts > len(files):
        raise InputError("app.too_few_good_parts", found=len(files), wanted=parts)
    return [files[i] for i in sorted(np.random.default_rng(seed).permutation(len(files))[:parts])]


def _keep(data: DataDir, memory: GoodParts) -> GoodPartsFile:
    from crane_desktop.model.goodparts.file import SUFFIX, write_good_parts

    trial = data.recipes / f"new{SUFFIX}"
    sha256 = write_good_parts(trial, memory)
    kept = GoodPartsFile(file=f"{sha256[:16]}{SUFFIX}", sha256=sha256, parts=len(memory.pictures))
    try:
        trial.replace(data.recipes / kept.file)
    except OSError as error:
        trial.unlink(missing_ok=True)
        raise InputError("settings.unwritable", file=kept.file, reason=technical(error)) from error
    return kept
