"""Model and recipe that belong together, and whether this station may judge with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crane_desktop.domain.errors import InputError, StationFault
from crane_desktop.domain.ports import Scorer
from crane_desktop.domain.verdicts import Reason
from crane_desktop.model.cpu_fallback import CpuFallbackScorer
from crane_desktop.recipe.model import Recipe
from crane_desktop.recipe.store import read_recipe, recipe_for_pack
from crane_desktop.services.model_check import proven_scorer, unfit_fault
from crane_desktop.services.packs.find import DEFAULT_PACK
from crane_desktop.services.workbench import Workbench
from crane_desktop.settings.data_dir import DataDir

if TYPE_CHECKING:  # brings torch
    from crane_desktop.model.goodparts.hybrid import CpuFallbackHybrid


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A loaded model with its recipe.

    Attributes
    ----------
    scorer
        What answers: the model alone, or with the recipe's memory of good parts beside it.
    base
        The model alone.
    file
        The pack's file as it was when it was loaded.
    """

    scorer: CpuFallbackScorer | CpuFallbackHybrid
    recipe: Recipe
    base: CpuFallbackScorer
    file: PackFile

    def ready(self) -> Reason | None:
        """Return why no verdict may be given (the self-test failed), or None."""
        return self.scorer.unfit

    def faults(self) -> list[StationFault]:
        """Return what to tell people about it: that it may not judge here, that it fell back to the CPU."""
        found = [] if self.scorer.notice is None else [self.scorer.notice]
        return found if self.scorer.unfit is None else [*found, unfit_fault(self.scorer.info.pack, self.scorer.unfit)]


@dataclass(frozen=True, slots=True)
class PackFile:
    """Which file a pack was loaded from, and how it was run; equal where loading it again would give the same model."""

    path: Path
    inode: int
    size_bytes: int
    modified_ns: int
    profile: str
    trusted_keys: tuple[str, ...]
    require_signed: bool

    @classmethod
    def of(cls, workbench: Workbench, path: Path) -> PackFile:
        """Return the file as it lies there now.

        Raises
        ------
        InputError
            If it is gone.
        """
        settings = workbench.settings
        try:
            found = path.stat()
        except OSError as error:
            raise InputError("model.no_such_pack_file", file=path) from error
        return cls(
            path.absolute(),
            found.st_ino,
            found.st_size,
            found.st_mtime_ns,
            settings.profile,
            settings.trusted_keys,
            settings.require_signed,
        )


def load_model(
    workbench: Workbench,
    pack: str | None,
    recipe_name: str | None,
    on_progress: Callable[[str, float], None],
    *,
    whole_proof: bool = False,
    in_use: LoadedModel | None = None,
) -> LoadedModel:
    """Load the pack, prove it on its golden inputs, and choose the recipe.

    Parameters
    ----------
    whole_proof
        Whether every golden input is scored even where nothing has changed since the last time.
    in_use
        A model that is loaded already: where it is the same pack, it is used again and not loaded anew (`base` of
        what is returned is then its `base`, and stays open whatever fails).

    Raises
    ------
    InputError
        If pack or recipe do not exist, are damaged, or do not belong together.
    """
    from crane_desktop.model.packs import find_pack, read_manifest

    recipe = read_recipe(workbench.data, recipe_name) if recipe_name else None
    path = find_pack(pack or (recipe.pack if recipe else workbench.settings.pack) or DEFAULT_PACK, workbench.data.packs)
    file = PackFile.of(workbench, path)
    kept = in_use is not None and in_use.file == file and not whole_proof
    base = (
        in_use.base if in_use is not None and kept else proven_scorer(workbench, path, on_progress, whole=whole_proof)
    )
    try:
        if recipe is None:
            manifest = read_manifest(path)
            as_made = manifest.config.image_size_px == base.info.image_size_px
            recipe = recipe_for_pack(base.info.pack, manifest.thresholds if as_made else None)
        else:
            must_match(recipe, base)
        scorer = with_memory(workbench.data, recipe, base)
    except BaseException:
        if not kept:
            base.close()
        raise
    return LoadedModel(scorer, recipe, base, file)


def must_match(recipe: Recipe, scorer: Scorer) -> None:
    """Thresholds found with one model mean nothing to another.

    Raises
    ------
    InputError
        If the recipe was calibrated with another pack, or at another picture size.
    """
    made, info = recipe.calibration, scorer.info
    if recipe.thresholds is None or made is None:
        return
    if made.good_parts_sha256 != (None if recipe.good_parts is None else recipe.good_parts.sha256):
        raise InputError("app.recipe_of_other_good_parts", recipe=recipe.name)
    if made.pack_sha256 != info.pack_sha256:
        raise InputError("app.recipe_of_other_pack", recipe=recipe.name, pack=info.pack)
    if made.image_size_px not in (None, info.image_size_px):
        raise InputError("app.recipe_of_other_size", recipe=recipe.name, profile=info.profile, size=made.image_size_px)


def with_memory(data: DataDir, recipe: Recipe, scorer: CpuFallbackScorer) -> CpuFallbackScorer | CpuFallbackHybrid:
    """Return the scorer that the recipe asks for: with its memory of good parts, where it has one.

    Raises
    ------
    InputError
        If the memory is missing, damaged, not the one the recipe means, or of another pack. It never judges without:
        the recipe's thresholds would not fit.
    """
    kept = recipe.good_parts
    if kept is None:
        return scorer
    from crane_desktop.model.goodparts.file import read_good_parts
    from crane_desktop.model.goodparts.hybrid import CpuFallbackHybrid

    return CpuFallbackHybrid(scorer, read_good_parts(data.recipes / kept.file, kept.sha256))
