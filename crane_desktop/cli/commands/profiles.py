"""``pack use`` and ``pack back``, and the profiles that ``pack build`` is asked for: how packs are run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from crane_desktop.cli.invocation import Invocation, open_invocation
from crane_desktop.cli.options import HELP_LANGUAGE, DataDirOption, JsonOption, ProfileOption
from crane_desktop.domain.errors import InputError, StationFault, Technical
from crane_desktop.domain.ports import ScorerInfo
from crane_desktop.recipe.model import Recipe
from crane_desktop.settings.store import PackChoice
from crane_desktop.settings.texts import text

if TYPE_CHECKING:
    from crane_desktop.model.packing import ProfileWish


def profile_wish(words: str) -> ProfileWish:
    """Return the profile that ``NAME:PX[:PRECISION[:BATCH]]`` asks for.

    Raises
    ------
    InputError
        If it asks for none.
    """
    from crane_desktop.model.manifest import Precision
    from crane_desktop.model.packing import ProfileWish

    given = words.split(":")
    name, size, asked, batch = (given + ["", "float32", "1"][len(given) - 1 :])[:4]
    precisions: tuple[Precision, ...] = get_args(Precision)
    precision = next((known for known in precisions if known == asked), None)
    if len(given) > 4 or not (size.isdecimal() and batch.isdecimal()) or precision is None:
        raise InputError("app.no_profile", words=words, precisions=", ".join(precisions))
    return ProfileWish(name, int(size), precision, int(batch))


def use(
    pack: Annotated[str, typer.Argument(metavar="NAME|FILE", help=text("app.help.pack_option", HELP_LANGUAGE))],
    profile: ProfileOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Have the station judge with this pack from now on, run as the profile says, if it gives its golden scores so."""
    from crane_desktop.model.packs import find_pack
    from crane_desktop.services.packs.history import choice_now, remember

    kept = open_invocation(data_dir, as_json=as_json)
    workbench = kept if profile is None else open_invocation(data_dir, as_json=as_json, profile=profile)
    with workbench.data.lock():
        info = _proven(workbench, find_pack(pack, workbench.data.packs), None)
        chosen = PackChoice(pack=pack, profile=info.profile, recipe=None, pack_sha256=info.pack_sha256)
        remember(kept, chosen, choice_now(kept))
    _print(workbench, info, None)


def back(data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """Have the station judge as before the last change: pack, profile and recipe; once more leads forward again."""
    from crane_desktop.recipe.store import read_recipe
    from crane_desktop.services.packs.history import choice_now, remember, restored

    kept = open_invocation(data_dir, as_json=as_json)
    previous = kept.settings.previous
    if previous is None:
        raise InputError("app.no_previous_pack")
    workbench = open_invocation(data_dir, as_json=as_json, profile=previous.profile)
    with workbench.data.lock():
        now = choice_now(kept)
        recipe = read_recipe(workbench.data, previous.recipe) if previous.recipe else None
        with restored(workbench, previous) as path:
            info = _proven(workbench, path, recipe)
        remember(kept, previous, now)
    _print(workbench, info, previous.recipe)


def _proven(workbench: Invocation, path: Path, recipe: Recipe | None) -> ScorerInfo:
    """Return which model it is, after it gave its golden scores here and fits the recipe."""
    from crane_desktop.services.model_check import open_scorer, prove
    from crane_desktop.services.model_loading import must_match

    scorer = open_scorer(workbench, path)
    try:
        info = scorer.info
        failed = "; ".join(check.detail for check in prove(workbench, scorer, path) if not check.ok)
        if failed:
            raise StationFault("app.pack_not_used", pack=info.pack, profile=info.profile, detail=Technical(failed))
        if recipe is not None:
            must_match(recipe, scorer)
    finally:
        scorer.close()
    return info


def _print(workbench: Invocation, info: ScorerInfo, recipe: str | None) -> None:
    if workbench.console.as_json:
        told = {"pack": info.pack, "profile": info.profile, "precision": info.precision}
        workbench.console.data(told if recipe is None else {**told, "recipe": recipe})
        return
    workbench.console.say(text("app.pack_used", workbench.language, pack=info.pack, profile=info.profile))
    if recipe is not None:
        workbench.console.say(text("app.recipe_used_again", workbench.language, recipe=recipe))
