"""``recipe list|export|import``: recipes that travel between stations."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crane_desktop.cli.invocation import open_invocation
from crane_desktop.cli.options import HELP_LANGUAGE, DataDirOption, JsonOption
from crane_desktop.cli.usage import Command, Group
from crane_desktop.domain.errors import InputError
from crane_desktop.recipe.model import Recipe
from crane_desktop.recipe.store import RECIPE_SUFFIX, read_recipe, recipe_names
from crane_desktop.recipe.transfer import export_recipe, import_recipe
from crane_desktop.settings.texts import Language, text

commands = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None)


@commands.command("list", cls=Command, help=text("app.help.recipe_list", HELP_LANGUAGE))
def list_all(data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """List the recipes of this station."""
    workbench = open_invocation(data_dir, as_json=as_json)
    damaged = False
    for name in recipe_names(workbench.data):
        try:
            recipe = read_recipe(workbench.data, name)
        except InputError as error:  # one damaged file hides none of the others
            workbench.console.show_error(error)
            damaged = True
            continue
        if as_json:
            workbench.console.data(recipe.model_dump(mode="json"))
        else:
            workbench.console.say(_line(recipe, workbench.language))
    raise typer.Exit(2 if damaged else 0)


@commands.command("export", cls=Command, help=text("app.help.recipe_export", HELP_LANGUAGE))
def export(
    name: Annotated[str, typer.Argument(help=text("app.help.recipe", HELP_LANGUAGE))],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help=text("app.help.recipe_out", HELP_LANGUAGE), metavar="FILE")
    ] = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a recipe into a file that other stations open."""
    workbench = open_invocation(data_dir, as_json=as_json)
    written = export_recipe(workbench.data, name, out or Path(f"{name}{RECIPE_SUFFIX}"))
    if as_json:
        workbench.console.data({"recipe": name, "files": [str(file) for file in written]})
    for file in written:
        workbench.console.say(str(file))


@commands.command("import", cls=Command, help=text("app.help.recipe_import", HELP_LANGUAGE))
def take_over(
    file: Annotated[Path, typer.Argument(help=text("app.help.recipe_file", HELP_LANGUAGE))],
    replace: Annotated[bool, typer.Option("--replace", help=text("app.help.recipe_replace", HELP_LANGUAGE))] = False,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a recipe over from a file."""
    workbench = open_invocation(data_dir, as_json=as_json)
    with workbench.data.lock():
        recipe, kept = import_recipe(workbench.data, file, replace=replace)
    if as_json:
        told = {"recipe": recipe.name, "version": recipe.version, "kept": None if kept is None else str(kept)}
        workbench.console.data(told)
        return
    workbench.console.say(_line(recipe, workbench.language))
    if kept is not None:
        workbench.console.note(text("app.recipe_kept", workbench.language, file=kept))


def _line(recipe: Recipe, language: Language) -> str:
    return text("app.recipe_line", language, recipe=recipe.name, version=recipe.version, pack=recipe.pack)
