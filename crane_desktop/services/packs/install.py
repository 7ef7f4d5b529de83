"""Files that are opened from the desktop, or installed by a command: packs and recipes, looked into and taken in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from crane_desktop.domain.errors import InputError, StationFault
from crane_desktop.domain.events import imported, pack_changed
from crane_desktop.domain.packs import Offer
from crane_desktop.recipe.store import RECIPE_SUFFIX
from crane_desktop.recipe.transfer import import_recipe, read_offer
from crane_desktop.services.packs.checksums import check_sum_beside
from crane_desktop.services.workbench import Workbench

if TYPE_CHECKING:
    from crane_desktop.model.scorer import LoadProgress

PACK_SUFFIX = ".cranepack"


def look_into(workbench: Workbench, file: Path) -> Offer:
    """Return what a file would bring; nothing is changed, and a pack's weights are not proven yet.

    Raises
    ------
    InputError
        If it is missing, damaged, or neither a pack nor a recipe.
    """
    if file.suffix.lower() == RECIPE_SUFFIX:
        recipe, replaces = read_offer(workbench.recipes, file)
        return Offer("recipe", recipe.name, str(recipe.version), str(file), replaces=replaces)
    if file.suffix.lower() != PACK_SUFFIX:
        raise InputError("app.not_openable", file=file, pack=PACK_SUFFIX, recipe=RECIPE_SUFFIX)
    from crane_desktop.model.packs import read_manifest
    from crane_desktop.services.model_check import trust_of

    if not file.is_file():
        raise InputError("model.no_such_pack_file", file=file)
    manifest = read_manifest(file, trust_of(workbench))
    target = workbench.data.packs / f"{manifest.name}{PACK_SUFFIX}"
    return Offer(
        "pack",
        manifest.name,
        manifest.pack_version,
        str(file),
        replaces=target.exists(),
        for_demonstration=manifest.for_demonstration,
    )


def take_in(workbench: Workbench, offer: Offer, on_progress: LoadProgress) -> Offer:
    """Take over what was offered and wanted; return it.

    Raises
    ------
    InputError
        If it is not whole after all, or cannot be written.
    StationFault
        If this station does not give a pack's golden scores.
    """
    if offer.kind == "recipe":
        import_recipe(workbench.recipes, Path(offer.file), replace=True)
        workbench.note(imported("recipe", offer.file, recipe=offer.name))
    else:
        install_proven(workbench, Path(offer.file), on_progress)
    return offer


def install_proven(
    workbench: Workbench, file: Path, on_progress: LoadProgress = lambda _key, _fraction: None
) -> tuple[Path, Path | None]:
    """Check a pack's sum, prove it whole, have it give its golden scores here, and install it.

    Returns
    -------
    tuple[Path, Path | None]
        The installed file, and where another pack of its name is kept.

    Raises
    ------
    InputError
        If the pack is not whole, or cannot be installed.
    StationFault
        If this station does not give its golden scores.
    """
    from crane_desktop.model.packs import verify_pack
    from crane_desktop.services.model_check import open_scorer, prove, trust_of
    from crane_desktop.services.packs.history import install_keeping

    check_sum_beside(file)
    manifest = verify_pack(file, trust_of(workbench))
    name = manifest.name
    scorer = open_scorer(workbench, file, on_progress)
    try:
        failed = "; ".join(check.detail for check in prove(workbench, scorer, file) if not check.ok)
        sha256 = scorer.info.pack_sha256
    finally:
        scorer.close()
    if failed:
        raise StationFault("app.pack_not_installed", pack=name, detail=failed)
    installed = install_keeping(workbench, file, name)
    workbench.note(imported("pack", str(file)))
    workbench.note(pack_changed(name, manifest.pack_version, sha256, "installed"))
    return installed
