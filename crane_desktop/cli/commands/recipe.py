"""``recipe list|history|show|back|export|import``: a station's recipes, their versions, and their travels."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from crane_desktop.cli.invocation import open_invocation
from crane_desktop.cli.options import HELP_LANGUAGE, DataDirOption, JsonOption
from crane_desktop.cli.outputs import OverwriteOption, refuse_existing
from crane_desktop.cli.usage import Command, Group
from crane_desktop.domain.errors import InputError
from crane_desktop.domain.events import exported, imported
from crane_desktop.recipe.authorship import system_user, why_text
from crane_desktop.recipe.differences import difference_text, recipe_lines
from crane_desktop.recipe.model import Recipe
from crane_desktop.recipe.store import RECIPE_SUFFIX
from crane_desktop.recipe.transfer import export_recipe, import_recipe
from crane_desktop.recipe.version_files import RecipeVersion
from crane_desktop.settings.texts import Language, error_text, text

commands = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None)
_Name = Annotated[str, typer.Argument(help=text("app.help.recipe", HELP_LANGUAGE))]


@commands.command("list", cls=Command, help=text("app.help.recipe_list", HELP_LANGUAGE))
def list_all(data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """List the recipes of this station."""
    workbench = open_invocation(data_dir, as_json=as_json)
    damaged = False
    for name in workbench.recipes.names():
        try:
            recipe = workbench.recipes.head(name)
        except InputError as error:  # one damaged file hides none of the others
            problem = error_text(error, workbench.language)
            workbench.console.note(text("recipe.named_problem", workbench.language, name=name, problem=problem))
            damaged = True
            continue
        if as_json:
            workbench.console.data(_plain(recipe))
        else:
            workbench.console.say(_line(recipe, workbench.language))
    raise typer.Exit(2 if damaged else 0)


@commands.command("history", cls=Command, help=text("recipe.help.history", HELP_LANGUAGE))
def history(name: _Name, data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """List all versions of a recipe, oldest first."""
    workbench = open_invocation(data_dir, as_json=as_json)
    told = workbench.recipes.history(name)
    damaged = False
    for place, one in enumerate(told, start=1):
        if not isinstance(one, RecipeVersion):
            workbench.console.show_error(one.problem)
            damaged = True
        elif as_json:
            workbench.console.data(_version(one, workbench.language))
        else:
            for line in _version_lines(one, in_use=place == len(told), language=workbench.language):
                workbench.console.say(line)
    raise typer.Exit(2 if damaged else 0)


@commands.command("show", cls=Command, help=text("recipe.help.show", HELP_LANGUAGE))
def show(
    name: _Name,
    version: Annotated[
        int | None, typer.Option("--version", help=text("recipe.help.version", HELP_LANGUAGE), metavar="N")
    ] = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one version of a recipe."""
    workbench = open_invocation(data_dir, as_json=as_json)
    recipe = workbench.recipes.head(name) if version is None else workbench.recipes.version(name, version)
    if as_json:
        workbench.console.data(_plain(recipe))
        return
    workbench.console.say(_line(recipe, workbench.language))
    for line in recipe_lines(recipe, workbench.language):
        workbench.console.say(f"  {line}")


@commands.command("back", cls=Command, help=text("recipe.help.back", HELP_LANGUAGE))
def back(
    name: _Name,
    to: Annotated[int | None, typer.Option("--to", help=text("recipe.help.to", HELP_LANGUAGE), metavar="N")] = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Use an earlier version of a recipe again."""
    workbench = open_invocation(data_dir, as_json=as_json)
    with workbench.data.lock():
        made = workbench.recipes.roll_back(name, to, who=system_user())
    if as_json:
        workbench.console.data(_version(made, workbench.language))
        return
    for line in _version_lines(made, in_use=True, language=workbench.language):
        workbench.console.say(line)


@commands.command("export", cls=Command, help=text("app.help.recipe_export", HELP_LANGUAGE))
def export(
    name: _Name,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help=text("app.help.recipe_out", HELP_LANGUAGE), metavar="FILE")
    ] = None,
    overwrite: OverwriteOption = False,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a recipe into a file that other stations open."""
    workbench = open_invocation(data_dir, as_json=as_json)
    target = out or Path(f"{name}{RECIPE_SUFFIX}")
    refuse_existing(target, overwrite=overwrite)
    written = export_recipe(workbench.recipes, name, target, overwrite=overwrite)
    workbench.note_when_free(exported("recipe", str(written[0]), recipe=name))
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
        taken, kept = import_recipe(workbench.recipes, file, replace=replace)
        recipe = taken.recipe
        workbench.note(imported("recipe", str(file), recipe=recipe.name))
    for one in taken.dropped:
        key = "recipe.dropped_pack" if one.field == "pack" else "recipe.dropped_source"
        workbench.console.note(text(key, workbench.language, name=one.name))
    if as_json:
        told = {
            "recipe": recipe.name,
            "version": recipe.version,
            "kept": None if kept is None else str(kept),
            "dropped": {one.field: one.name for one in taken.dropped},
        }
        workbench.console.data(told)
        return
    workbench.console.say(_line(recipe, workbench.language))
    if kept is not None:
        workbench.console.note(text("recipe.replaced_kept", workbench.language, file=kept))


def _line(recipe: Recipe, language: Language) -> str:
    return text("recipe.line", language, recipe=recipe.name, version=recipe.version, pack=recipe.pack)


def _plain(recipe: Recipe) -> dict[str, Any]:
    return recipe.model_dump(mode="json", exclude={"calibration": {"basis"}})


def _version(made: RecipeVersion, language: Language) -> dict[str, Any]:
    changed = made.differences
    return {
        "recipe": made.name,
        "version": made.version,
        "sha256": made.sha256,
        "parent_sha256": made.parent_sha256,
        "who": made.who,
        "when": made.when.isoformat(),
        "why": why_text(made.why, language),
        "differences": None
        if changed is None
        else [{"field": one.field, "old": one.old, "new": one.new} for one in changed],
    }


def _version_lines(made: RecipeVersion, *, in_use: bool, language: Language) -> list[str]:
    when = made.when.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    key = "recipe.history_in_use" if in_use else "recipe.history_line"
    head = text(key, language, version=made.version, when=when, who=made.who, why=why_text(made.why, language))
    if made.differences is None:
        return [head, f"  {text('recipe.history_parent_unreadable', language)}"]
    return [head, *(f"  {difference_text(one, language)}" for one in made.differences)]
