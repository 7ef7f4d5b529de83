"""The packs of a station: find, list, verify, install. Light: nothing here loads a model."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path

from crane_desktop.domain.errors import InputError
from crane_desktop.model.container import SUFFIX, open_pack, peek_manifest
from crane_desktop.model.manifest import Manifest
from crane_desktop.settings.atomic import TEMPORARY_SUFFIX, sync_folder
from crane_desktop.settings.resources import resource_path

__all__ = ["find_pack", "install_pack", "list_packs", "read_manifest", "verify_pack"]


def read_manifest(path: Path) -> Manifest:
    """Return what a pack says about itself; the weights are not proven.

    Raises
    ------
    InputError
        If the file is missing or is no pack.
    """
    return peek_manifest(path)


def verify_pack(path: Path) -> Manifest:
    """Prove that a pack is whole: structure, seal and every member, a piece at a time.

    Raises
    ------
    InputError
        If it is not: says what is wrong and what to do.
    """
    with open_pack(path) as pack:
        pack.check_members()
        return pack.manifest


def list_packs(packs_dir: Path, built_in: Path | None = None) -> list[Path]:
    """Return the files of all packs, by name. An installed pack hides a built-in one of the same name.

    Parameters
    ----------
    packs_dir
        Installed packs.
    built_in
        Packs that came with the program; by default those in its resources.
    """
    folders = (built_in or resource_path("packs"), packs_dir)
    found = {path.stem: path for folder in folders for path in sorted(folder.glob(f"*{SUFFIX}")) if path.is_file()}
    return [found[name] for name in sorted(found)]


def find_pack(name_or_file: str | Path, packs_dir: Path, built_in: Path | None = None) -> Path:
    """Return the file of a pack, given its name or its file.

    Raises
    ------
    InputError
        If there is none: names those that exist.
    """
    packs = {path.stem: path for path in list_packs(packs_dir, built_in)}
    name = str(name_or_file)
    if name in packs:
        return packs[name]
    file = Path(name_or_file).expanduser()
    if file.is_file():
        return file
    if file.suffix == SUFFIX or file.name != name:
        raise InputError("model.no_such_pack_file", file=file)
    raise InputError("model.no_such_pack", name=name, known=", ".join(packs) or "-")


def install_pack(file: Path, packs_dir: Path) -> Path:
    """Prove a pack and copy it, whole or not at all, to the station's packs; one of the same name is replaced.

    Returns
    -------
    Path
        The installed file.

    Raises
    ------
    InputError
        If the pack is not whole, or the folder cannot be written.
    """
    name = verify_pack(file).name
    target = packs_dir / f"{name}{SUFFIX}"
    copy = packs_dir / f".{secrets.token_hex(4)}{SUFFIX}{TEMPORARY_SUFFIX}"
    try:
        shutil.copyfile(file, copy)
        verify_pack(copy)  # what arrived is what counts: sticks and disks lose bytes
        copy.replace(target)
        sync_folder(packs_dir)
    except OSError as error:
        raise InputError("model.pack_not_written", file=target, reason=error.strerror or str(error)) from error
    finally:
        copy.unlink(missing_ok=True)
    return target
