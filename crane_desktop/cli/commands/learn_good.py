"""``learn-good``: a recipe's memory of good parts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crane_desktop.cli.good_parts_decision import KeepOutliersOption, LeaveOutOption, decision_of, undecided_told
from crane_desktop.cli.invocation import open_invocation
from crane_desktop.cli.options import HELP_LANGUAGE, BitsOption, DataDirOption, JsonOption, PackOption, ProfileOption
from crane_desktop.cli.progress_bar import watched
from crane_desktop.domain.errors import InputError
from crane_desktop.services.good_parts import forget_for_recipe, learn_for_recipe
from crane_desktop.settings.texts import text


def learn_good(
    recipe: Annotated[str, typer.Option(help=text("app.help.recipe_to_set", HELP_LANGUAGE))],
    images: Annotated[
        Path | None, typer.Option(help=text("app.help.good_images_to_remember", HELP_LANGUAGE), metavar="DIR")
    ] = None,
    parts: Annotated[
        int | None, typer.Option(min=1, max=64, help=text("app.help.good_parts_drawn", HELP_LANGUAGE), metavar="N")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help=text("app.help.good_parts_seed", HELP_LANGUAGE))] = 0,
    forget: Annotated[bool, typer.Option("--forget", help=text("app.help.forget_good", HELP_LANGUAGE))] = False,
    leave_out: LeaveOutOption = None,
    keep_outliers: KeepOutliersOption = False,
    significant_bits: BitsOption = None,
    pack: PackOption = None,
    profile: ProfileOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remember good parts beside the model, if that helps; the recipe must be calibrated afterwards."""
    if forget == (images is not None):
        raise InputError("app.learn_or_forget")
    workbench = open_invocation(data_dir, as_json=as_json, profile=profile)
    with workbench.data.lock():
        if images is None:
            kept = forget_for_recipe(workbench, recipe)
            words = text("app.good_parts_forgotten", workbench.language, recipe=kept.name)
            told = {"recipe": kept.name, "version": kept.version, "used": False, "good_parts": 0, "words": words}
        else:
            label, decision = text("app.good_parts_learning", workbench.language), decision_of(leave_out, keep_outliers)
            with undecided_told(workbench), watched(label, workbench.console) as watch:
                learnt = learn_for_recipe(
                    workbench, recipe, images, parts, seed, pack, watch, decision, significant_bits
                )
            words, told = learnt.sentence(workbench.language), learnt.as_dict(workbench.language)
    if as_json:
        workbench.console.data(told)
    else:
        workbench.console.say(words)
