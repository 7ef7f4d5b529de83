"""``inspect``: the main job without a window."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from crane_desktop.cli.invocation import Invocation, open_invocation
from crane_desktop.cli.options import (
    HELP_LANGUAGE,
    BitsOption,
    CtiOption,
    DataDirOption,
    JsonOption,
    PackOption,
    ProfileOption,
    SourceKind,
    Trigger,
    before_the_command,
)
from crane_desktop.domain.errors import InputError
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.recipe.model import Recipe
from crane_desktop.recipe.store import read_recipe
from crane_desktop.services.recipe_source import recipe_choice, remember_producer
from crane_desktop.settings.texts import text


def inspect(
    source: Annotated[SourceKind | None, typer.Option(help=text("app.help.source", HELP_LANGUAGE))] = None,
    path: Annotated[Path | None, typer.Option(help=text("app.help.path", HELP_LANGUAGE), metavar="DIR")] = None,
    cti: CtiOption = None,
    device: Annotated[list[str] | None, typer.Option(help=text("app.help.device", HELP_LANGUAGE))] = None,
    trigger: Annotated[Trigger | None, typer.Option(help=text("app.help.trigger", HELP_LANGUAGE))] = None,
    recipe: Annotated[str | None, typer.Option(help=text("app.help.recipe", HELP_LANGUAGE))] = None,
    pack: PackOption = None,
    profile: ProfileOption = None,
    frames: Annotated[
        int | None, typer.Option(min=1, help=text("app.help.frames", HELP_LANGUAGE), callback=before_the_command)
    ] = None,
    rate: Annotated[float | None, typer.Option(help=text("app.help.rate", HELP_LANGUAGE))] = None,
    significant_bits: BitsOption = None,
    seed: Annotated[int | None, typer.Option(min=0, help=text("app.help.seed", HELP_LANGUAGE))] = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take frames from a source, judge them, record them."""
    # Here, as in other commands: the window passes by this module on its way, and need not wait for the database.
    from crane_desktop.cli.run_line import run_lines

    workbench = open_invocation(data_dir, as_json=as_json, profile=profile)
    given = {
        "path": None if path is None else str(path),
        "cti": None if cti is None else str(cti),
        "device": device[0] if device else None,
        "trigger": None if trigger is None else trigger.value,
        "rate_hz": rate,
        "frames": frames,
        "seed": seed,
        "significant_bits": significant_bits,
    }
    choice = _choice(workbench, source, recipe, {name: value for name, value in given.items() if value is not None})
    with workbench.data.lock():
        remember_producer(workbench, choice.cti)
        choices = [replace(choice, device=name) for name in device] if device else [choice]
        raise typer.Exit(run_lines(workbench, choices, pack=pack, recipe=recipe))


def _choice(
    workbench: Invocation, source: SourceKind | None, recipe: str | None, given: dict[str, Any]
) -> SourceChoice:
    """Return the source that was asked for: on the command line, else by the recipe, else the simulated line."""
    asked = SourceChoice(kind=(source or SourceKind.DEMO).value)
    if source is None and recipe is not None:
        asked = _of_recipe(workbench, read_recipe(workbench.data, recipe), given) or asked
    _refuse_idle_options(asked.kind, given)
    return replace(asked, **given)


def _of_recipe(workbench: Invocation, recipe: Recipe, given: dict[str, Any]) -> SourceChoice | None:
    """Return the recipe's own source; what it leaves to the station must be given.

    Raises
    ------
    InputError
        If it is not: says what to give.
    """
    found = recipe_choice(workbench, recipe)
    if found is None:
        return None
    if found.missing is None or "cti" in given or "path" in given:
        return found.choice
    if found.choice.kind == "genicam":
        raise InputError("app.recipe_producer_unknown", **found.missing.params)
    raise InputError("app.recipe_folder_unknown", **found.missing.params)


def _refuse_idle_options(kind: str, given: dict[str, Any]) -> None:
    """An option that the source would overlook is a mistake: results of another source would look like the wanted ones.

    Raises
    ------
    InputError
        If one was given: names it and the sources that take it.
    """
    takes = {
        "path": ("--path", ("folder",)),
        "cti": ("--cti", ("genicam",)),
        "device": ("--device", ("genicam", "demo")),
        "trigger": ("--trigger", ("genicam",)),
        "rate_hz": ("--rate", ("demo", "folder")),
        "seed": ("--seed", ("demo",)),
        "significant_bits": ("--significant-bits", ("folder",)),
    }
    for name, (option, kinds) in takes.items():
        if name in given and kind not in kinds and given[name] != Trigger.FREE:
            wanted = " / ".join(f"--source {kind}" for kind in kinds)
            raise InputError("app.option_of_other_source", option=option, source=kind, wanted=wanted)
