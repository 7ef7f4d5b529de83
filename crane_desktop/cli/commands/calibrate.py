"""``calibrate``: a recipe's thresholds from good parts, with what so many of them can promise."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crane_desktop.cli.good_parts_decision import KeepOutliersOption, LeaveOutOption, decision_of, undecided_told
from crane_desktop.cli.invocation import open_invocation
from crane_desktop.cli.options import HELP_LANGUAGE, BitsOption, DataDirOption, JsonOption, PackOption, ProfileOption
from crane_desktop.cli.progress_bar import watched
from crane_desktop.services.calibration import calibrate_recipe
from crane_desktop.settings.texts import text


def calibrate(
    recipe: Annotated[str, typer.Option(help=text("app.help.recipe_to_set", HELP_LANGUAGE))],
    images: Annotated[Path, typer.Option(help=text("app.help.good_images", HELP_LANGUAGE), metavar="DIR")],
    false_reject: Annotated[
        float, typer.Option(help=text("app.help.false_reject", HELP_LANGUAGE), metavar="RATE")
    ] = 0.05,
    leave_out: LeaveOutOption = None,
    keep_outliers: KeepOutliersOption = False,
    significant_bits: BitsOption = None,
    pack: PackOption = None,
    profile: ProfileOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Set the recipe's thresholds; a recipe of that name gets its next version, a new name a new recipe."""
    workbench = open_invocation(data_dir, as_json=as_json, profile=profile)
    label = text("services.calibrating", workbench.language)
    decision = decision_of(leave_out, keep_outliers)
    with workbench.data.lock(), undecided_told(workbench), watched(label, workbench.console) as watch:
        outcome = calibrate_recipe(workbench, recipe, images, false_reject, pack, watch, decision, significant_bits)
    if as_json:
        workbench.console.data(outcome.as_dict(workbench.language))
    else:
        for sentence in outcome.sentences(workbench.language):
            workbench.console.say(sentence)
