"""What a station judged with before, and the way back: neither a choice nor a pack's file is lost to a newer one."""

from __future__ import annotations

import glob
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from crane_desktop.domain.errors import InputError, technical
from crane_desktop.domain.events import pack_changed
from crane_desktop.services.packs.find import DEFAULT_PACK
from crane_desktop.services.workbench import Workbench
from crane_desktop.settings.resources import resource_path
from crane_desktop.settings.store import PackChoice, save_settings

_SHA_DIGITS = 8
_KEPT_OF_A_NAME = 2


def choice_now(workbench: Workbench) -> PackChoice:
    """Return how the station judges now, as its settings say."""
    from crane_desktop.model.packs import find_pack

    now = workbench.settings
    try:
        content = _sha256(workbench, find_pack(now.pack or DEFAULT_PACK, workbench.data.packs))
    except InputError:  # it is gone or damaged: the way back will say so
        content = None
    return PackChoice(pack=now.pack, profile=now.profile, recipe=now.recipe, pack_sha256=content)


def remember(workbench: Workbench, chosen: PackChoice, before: PackChoice) -> None:
    """Keep a choice, and the one before it, unless nothing changes.

    Raises
    ------
    InputError
        If the settings cannot be written; they are untouched.
    """
    previous = workbench.settings.previous if chosen == before else before
    update = {"pack": chosen.pack, "profile": chosen.profile, "recipe": chosen.recipe, "previous": previous}
    save_settings(workbench.data.settings_file, workbench.settings.model_copy(update=update))
    if chosen != before:
        _note(workbench, chosen, "chosen")


def install_keeping(workbench: Workbench, file: Path, name: str) -> tuple[Path, Path | None]:
    """Install a proven pack; one of the same name and other content is kept beside, and is the way back if it was used.

    Returns
    -------
    tuple[Path, Path | None]
        The installed file, and the kept one.

    Raises
    ------
    InputError
        If the pack cannot be installed, the other one cannot be kept, or the way back cannot be written: the other one
        is then still, or again, in its place.
    """
    from crane_desktop.model.packs import install_pack
    from crane_desktop.services.model_check import trust_of

    before = choice_now(workbench)
    target = workbench.data.packs / f"{name}.cranepack"
    is_new = not target.exists()
    kept = None if is_new or _same(workbench, target, file) else _keep(workbench, target)
    installed = install_pack(file, workbench.data.packs, trust_of(workbench))
    after = choice_now(workbench)
    if after != before:  # the name in use means another pack from now on
        try:
            remember(workbench, after, before)
        except InputError:  # without a way back the station would judge with another model unasked
            with suppress(OSError):
                if kept is not None:
                    kept.replace(target)
                elif is_new:
                    target.unlink()
            raise
    return installed, kept


def _note(workbench: Workbench, chosen: PackChoice, change: str) -> None:
    from crane_desktop.model.packs import find_pack, read_manifest

    name = chosen.pack or DEFAULT_PACK
    try:
        version = read_manifest(find_pack(name, workbench.data.packs)).pack_version
    except InputError:  # it was proven a moment ago: whatever happened to it since, the choice is a fact
        version = ""
    workbench.note(pack_changed(name, version, chosen.pack_sha256 or "", change, profile=chosen.profile))


@contextmanager
def restored(workbench: Workbench, choice: PackChoice) -> Iterator[Path]:
    """Give the file of a chosen pack, put back into its place where another one took its name meanwhile.

    Where the block fails, the other one keeps the place.

    Raises
    ------
    InputError
        If the pack is gone, or cannot be put back into its place.
    """
    from crane_desktop.model.packs import find_pack

    name = choice.pack or DEFAULT_PACK
    path = find_pack(name, workbench.data.packs)
    if choice.pack_sha256 is None or _sha256(workbench, path) == choice.pack_sha256:
        yield path
        return
    stored = _stored(workbench, choice.pack_sha256)
    if stored is None or path.parent != workbench.data.packs:
        raise InputError("app.previous_pack_gone", pack=name, sha=choice.pack_sha256[:_SHA_DIGITS])
    yield stored
    _keep(workbench, path, spared=stored)
    try:
        if stored.parent == workbench.data.packs / "replaced":
            stored.replace(path)
        else:  # the one that came with the program shows again
            path.unlink()
    except OSError as error:
        raise InputError("model.pack_not_written", file=path, reason=technical(error)) from error


def _stored(workbench: Workbench, sha256: str) -> Path | None:
    places = (workbench.data.packs / "replaced", resource_path("packs"))
    for file in (file for place in places for file in sorted(place.glob("*.cranepack"))):
        try:
            if _sha256(workbench, file) == sha256:
                return file
        except InputError:
            continue  # damaged: it is not the one
    return None


def _keep(workbench: Workbench, file: Path, spared: Path | None = None) -> Path:
    """Keep a second name of a pack's file; of those of one name the newest two stay, and the spared one."""
    folder = workbench.data.packs / "replaced"
    try:
        kept = folder / f"{file.stem}-{_sha256(workbench, file)[:_SHA_DIGITS]}{file.suffix}"
    except InputError:  # damaged: nothing that could be gone back to
        kept = folder / f"{file.stem}-damaged{file.suffix}"
    try:
        folder.mkdir(exist_ok=True)
        kept.unlink(missing_ok=True)
        try:
            os.link(file, kept)
        except OSError:  # a file system without links
            shutil.copyfile(file, kept)
        kept.touch()
        same = folder.glob(f"{glob.escape(file.stem)}-*{file.suffix}")
        by_age = sorted((one for one in same if one != spared), key=lambda one: one.stat().st_mtime_ns)
        for old in by_age[:-_KEPT_OF_A_NAME]:
            old.unlink()
    except OSError as error:
        raise InputError("model.pack_not_written", file=kept, reason=technical(error)) from error
    return kept


def _same(workbench: Workbench, one: Path, other: Path) -> bool:
    try:
        return _sha256(workbench, one) == _sha256(workbench, other)
    except InputError:
        return False


def _sha256(workbench: Workbench, file: Path) -> str:
    from crane_desktop.model.container import open_pack
    from crane_desktop.services.model_check import trust_of

    with open_pack(file, trust=trust_of(workbench)) as pack:
        return pack.sha256
