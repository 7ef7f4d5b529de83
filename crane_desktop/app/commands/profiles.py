"""``pack use``, and the profiles that ``pack build`` is asked for: how packs are run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, get_args

import typer

from crane_desktop.app.options import HELP_LANGUAGE, DataDirOption, JsonOption, ProfileOption
from crane_desktop.app.workbench import open_workbench
from crane_desktop.domain.errors import InputError, StationFault
from crane_desktop.settings.store import save_settings
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
    from crane_desktop.app.proving import open_scorer, prove
    from crane_desktop.model.packs import find_pack

    bench = open_workbench(data_dir, as_json=as_json, profile=profile)
    with bench.data.lock():
        path = find_pack(pack, bench.data.packs)
        scorer = open_scorer(bench, path)
        try:
            info = scorer.info
            failed = "; ".join(check.detail for check in prove(bench, scorer, path) if not check.ok)
        finally:
            scorer.close()
        if failed:
            raise StationFault("app.pack_not_used", pack=info.pack, profile=info.profile, detail=failed)
        chosen = {"pack": pack, "profile": info.profile, "recipe": None}
        save_settings(bench.data.settings_file, bench.settings.model_copy(update=chosen))
    if as_json:
        bench.console.data({"pack": info.pack, "profile": info.profile, "precision": info.precision})
    else:
        bench.console.say(text("app.pack_used", bench.language, pack=info.pack, profile=info.profile))
