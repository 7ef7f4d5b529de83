"""Files that are opened from the desktop, or installed by a command: packs and recipes, looked into and taken in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crane_desktop.domain.errors import InputError, StationFault, Technical
from crane_desktop.domain.events import imported, pack_changed
from crane_desktop.domain.packs import Offer
from crane_desktop.recipe.store import RECIPE_SUFFIX
from crane_desktop.recipe.transfer import import_recipe, read_offer
from crane_desktop.services.packs.checksums import check_sum_beside
from crane_desktop.services.workbench import Workbench

if TYPE_CHECKING:
    from crane_desktop.model.scorer import LoadProgress
    from crane_desktop.services.packs.makers import Taken

PACK_SUFFIX = ".cranepack"


def look_into(workbench: Workbench, file: Path) -> Offer:
    """Return what a file would bring; nothing is changed, and a pack's weights are not proven yet.

    Raises
    ------
    InputError
        If it is missing, damaged, or neither a pack nor a recipe.
    """
    if file.suffix.lower() == RECIPE_SUFFIX:
        brought = read_offer(workbench.recipes, file)
        recipe, dropped = brought.recipe, tuple(one.name for one in brought.dropped)
        return Offer("recipe", recipe.name, str(recipe.version), str(file), replaces=brought.replaces, dropped=dropped)
    if file.suffix.lower() != PACK_SUFFIX:
        raise InputError("app.not_openable", file=file, pack=PACK_SUFFIX, recipe=RECIPE_SUFFIX)
    from crane_desktop.model.packs import read_manifest
    from crane_desktop.services.model_check import trust_of
    from crane_desktop.services.packs.makers import replaced_by, shown, signer_of

    if not file.exists():
        raise InputError("model.no_such_pack_file", file=file)
    manifest = read_manifest(file, trust_of(workbench))
    old = replaced_by(workbench, file, manifest)
    return Offer(
        "pack",
        manifest.name,
        manifest.pack_version,
        str(file),
        replaces=old is not None,
        for_demonstration=manifest.for_demonstration,
        signer=shown(signer_of(manifest)),
        replaced_version="" if old is None else old.version,
        replaced_signer="" if old is None else shown(old.signer),
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
        install_proven(workbench, Path(offer.file), on_progress, replace=True)
    return offer


@dataclass(frozen=True, slots=True)
class Installed:
    """What came of an installation.

    Attributes
    ----------
    kept
        Where another pack of its name is kept.
    replaced
        Whose that was; also one of the program's own, which is only hidden.
    """

    file: Path
    kept: Path | None = None
    replaced: Taken | None = None


def install_proven(
    workbench: Workbench,
    file: Path,
    on_progress: LoadProgress = lambda _key, _fraction: None,
    *,
    replace: bool = False,
) -> Installed:
    """Check a pack's sum, prove it whole, have it give its golden scores here, and install it.

    Parameters
    ----------
    replace
        Whether it may take the place of a pack that somebody else signed.

    Raises
    ------
    InputError
        If the pack is not whole, its name is another's, or it cannot be installed.
    StationFault
        If this station does not give its golden scores.
    """
    from crane_desktop.model.packs import verify_pack
    from crane_desktop.services.model_check import open_scorer, prove, trust_of
    from crane_desktop.services.packs.history import install_keeping
    from crane_desktop.services.packs.makers import may_replace_unasked, replaced_by, shown

    check_sum_beside(file)
    manifest = verify_pack(file, trust_of(workbench))
    name = manifest.name
    old = replaced_by(workbench, file, manifest)
    if old is not None and not replace and not may_replace_unasked(old, manifest):
        raise InputError("app.pack_of_other_signer", name=name, version=old.version, signer=shown(old.signer))
    scorer = open_scorer(workbench, file, on_progress)
    try:
        failed = "; ".join(check.detail for check in prove(workbench, scorer, file) if not check.ok)
        sha256 = scorer.info.pack_sha256
    finally:
        scorer.close()
    if failed:
        raise StationFault("app.pack_not_installed", pack=name, detail=Technical(failed))
    installed, kept = install_keeping(workbench, file, name)
    workbench.note(imported("pack", str(file)))
    workbench.note(pack_changed(name, manifest.pack_version, sha256, "installed"))
    return Installed(installed, kept, None if old is None or old.content == sha256 else old)
