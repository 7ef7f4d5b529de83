"""Model and recipe that belong together, and whether this station may judge with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from crane_desktop.app.recipes import read_recipe, recipe_for_pack
from crane_desktop.app.workbench import Workbench
from crane_desktop.decision.recipe import Recipe
from crane_desktop.domain.errors import InputError, StationFault
from crane_desktop.domain.ports import Scorer
from crane_desktop.domain.verdicts import Reason, ReasonCode

DEFAULT_PACK = "demo"


@dataclass(frozen=True, slots=True)
class Judge:
    """A loaded model with its recipe.

    Attributes
    ----------
    unfit
        Why this station must not judge (its self-test failed), or None.
    """

    scorer: Scorer
    recipe: Recipe
    unfit: Reason | None

    def ready(self) -> Reason | None:
        """Return why no verdict may be given, or None."""
        return self.unfit


def load_judge(
    bench: Workbench, pack: str | None, recipe_name: str | None, on_progress: Callable[[str, float], None]
) -> Judge:
    """Load the pack, prove it on its golden inputs, and choose the recipe.

    Raises
    ------
    InputError
        If pack or recipe do not exist, are damaged, or do not belong together.
    """
    from crane_desktop.model.packs import find_pack, read_manifest
    from crane_desktop.model.scorer import load_scorer
    from crane_desktop.model.selfcheck import self_check

    recipe = read_recipe(bench.data, recipe_name) if recipe_name else None
    path = find_pack(pack or (recipe.pack if recipe else bench.settings.pack) or DEFAULT_PACK, bench.data.packs)
    scorer = load_scorer(path, on_progress=on_progress)
    try:
        if recipe is None:
            suggested = read_manifest(path).thresholds
            recipe = recipe_for_pack(scorer.info.pack, suggested)
        else:
            _must_match(recipe, scorer)
        failed = [check for check in self_check(scorer, path) if not check.ok]
    except BaseException:
        scorer.close()
        raise
    unfit = Reason(ReasonCode.SELF_TEST_FAILED, "; ".join(c.detail for c in failed)) if failed else None
    return Judge(scorer, recipe, unfit)


def unfit_fault(judge: Judge) -> StationFault:
    """Return what to tell people about a judge that may not judge."""
    detail = judge.unfit.detail if judge.unfit is not None else ""
    return StationFault("app.unfit", pack=judge.scorer.info.pack, detail=detail)


def _must_match(recipe: Recipe, scorer: Scorer) -> None:
    """Thresholds found with one model mean nothing to another."""
    made_with = recipe.calibration.pack_sha256 if recipe.calibration else None
    if recipe.thresholds is not None and made_with is not None and made_with != scorer.info.pack_sha256:
        raise InputError("app.recipe_of_other_pack", recipe=recipe.name, pack=scorer.info.pack)


def pack_path(bench: Workbench, name_or_file: str | None) -> Path:
    """Return the file of a pack named on the command line, or of the one in use.

    Raises
    ------
    InputError
        If there is no such pack.
    """
    from crane_desktop.model.packs import find_pack

    return find_pack(name_or_file or bench.settings.pack or DEFAULT_PACK, bench.data.packs)
