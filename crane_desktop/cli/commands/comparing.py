"""``pack compare``: two packs side by side on labelled pictures; also the end of ``train``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crane_desktop.cli.data_sets import looked_at
from crane_desktop.cli.invocation import Invocation, open_invocation
from crane_desktop.cli.options import HELP_LANGUAGE, BitsOption, DataDirOption, JsonOption
from crane_desktop.cli.outputs import OverwriteOption, refuse_existing
from crane_desktop.cli.progress_bar import progress_bar
from crane_desktop.domain.errors import InputError
from crane_desktop.recipe.store import read_recipe
from crane_desktop.settings.texts import text

if TYPE_CHECKING:
    from crane_desktop.evaluation.compare import Comparison
    from crane_desktop.evaluation.datasets.datasets import Sample
    from crane_desktop.training.compare_packs import ComparedPack

_PACK = text("app.help.pack_option", HELP_LANGUAGE)


def compare(
    first: Annotated[str, typer.Argument(metavar="PACK-IN-USE", help=_PACK)],
    second: Annotated[str, typer.Argument(metavar="OTHER-PACK", help=_PACK)],
    datasets: Annotated[list[Path], typer.Argument(help=text("app.help.dataset", HELP_LANGUAGE), metavar="DATASET...")],
    recipe: Annotated[
        list[str] | None, typer.Option(help=text("app.help.compare_recipe", HELP_LANGUAGE), metavar="NAME")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help=text("app.help.compare_report", HELP_LANGUAGE), metavar="FILE.html")
    ] = None,
    overwrite: OverwriteOption = False,
    significant_bits: BitsOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say whether the second pack is better, worse, or no different as far as these pictures can show."""
    from crane_desktop.evaluation.datasets.datasets import read_dataset
    from crane_desktop.evaluation.datasets.masks import look_at_masks
    from crane_desktop.evaluation.report.compare_report import sentences, write_report
    from crane_desktop.model.packs import find_pack

    workbench = open_invocation(data_dir, as_json=as_json)
    if report is not None:
        refuse_existing(report, overwrite=overwrite)
    sets = [read_dataset(path).with_bits(significant_bits) for path in datasets]
    beside = looked_at(workbench, sets)
    for data in sets:
        look_at_masks(data)  # what cannot be meant is told before anything is scored
    samples = [sample for data in sets for sample in data.samples()]
    recipes = recipe or []
    sides = [compared_pack(workbench, find_pack(name, workbench.data.packs), recipes) for name in (first, second)]
    for name in recipes:
        if all(name not in side.recipes for side in sides):
            raise InputError("app.recipe_of_neither", recipe=name)
    found = run_comparison(workbench, sides[0], sides[1], samples)
    if report is not None:
        write_report(report, found, workbench.language)
    if as_json:
        workbench.console.data({**found.as_dict(), **beside})
        return
    for sentence in sentences(found, workbench.language):
        workbench.console.say(sentence)


def compared_pack(workbench: Invocation, file: Path, recipes: list[str]) -> ComparedPack:
    """Return a pack with its thresholds: of the recipe that was calibrated with it, else its own suggestion.

    Raises
    ------
    InputError
        If the pack or a recipe cannot be read, or two recipes were calibrated with it.
    """
    from crane_desktop.model.container import open_pack
    from crane_desktop.services.model_check import trust_of
    from crane_desktop.training.compare_packs import ComparedPack

    with open_pack(file, trust=trust_of(workbench)) as pack:
        size_px, content, thresholds = pack.manifest.config.image_size_px, pack.sha256, pack.manifest.thresholds
    own = []
    for name in recipes:
        one = read_recipe(workbench.data, name)
        made = one.calibration
        if made is not None and made.pack_sha256 == content and made.image_size_px in (None, size_px):
            own.append(one)
    if len(own) > 1:
        raise InputError("app.two_recipes_of_a_pack", first=own[0].name, second=own[1].name, pack=file.stem)
    if own:
        return ComparedPack(file, own[0].thresholds, own[0].smallest_area_px, (own[0].name,))
    return ComparedPack(file, thresholds)


def run_comparison(
    workbench: Invocation, first: ComparedPack, second: ComparedPack, samples: list[Sample]
) -> Comparison:
    """Compare, with a progress bar."""
    from crane_desktop.services.model_check import trust_of
    from crane_desktop.training.compare_packs import compare_packs

    with progress_bar(text("training.comparing", workbench.language)) as on_progress:
        return compare_packs(first, second, samples, trust=trust_of(workbench), on_done=on_progress)
