"""The packs of a station: find, list, verify, install, sign. Light: nothing here loads a model."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from crane_desktop.domain.errors import InputError, technical
from crane_desktop.model.container import MANIFEST, SUFFIX, Streamed, open_pack, peek_manifest, write_container
from crane_desktop.model.manifest import Manifest
from crane_desktop.model.signature import ANYONE, Trust, read_key, signed_manifest
from crane_desktop.settings.atomic import TEMPORARY_SUFFIX, sync_folder
from crane_desktop.settings.regular_file import at_home, open_regular
from crane_desktop.settings.resources import resource_path

_CHUNK = 1 << 20

__all__ = ["find_pack", "install_pack", "list_packs", "read_manifest", "sign_pack", "verify_pack", "write_whole"]


def read_manifest(path: Path, trust: Trust = ANYONE) -> Manifest:
    """Return what a pack says about itself; the weights are not proven.

    Raises
    ------
    InputError
        If the file is missing, is no pack, or is none that this station takes.
    """
    return peek_manifest(path, trust)


def verify_pack(path: Path, trust: Trust = ANYONE) -> Manifest:
    """Prove that a pack is whole: structure, seal, signature and every member, a piece at a time.

    Raises
    ------
    InputError
        If it is not: says what is wrong and what to do.
    """
    with open_pack(path, trust=trust) as pack:
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
    file = at_home(Path(name_or_file))
    if _is_there(file) and (file.suffix == SUFFIX or not file.is_dir()):
        return file  # whatever it is: opening it says so
    if file.suffix == SUFFIX or file.name != name:
        raise InputError("model.no_such_pack_file", file=file)
    raise InputError("model.no_such_pack", name=name, known=", ".join(packs) or "-")


def _is_there(file: Path) -> bool:
    try:
        return file.exists()
    except (OSError, ValueError):  # too long a name, or a NUL in it
        return False


def install_pack(file: Path, packs_dir: Path, trust: Trust = ANYONE) -> Path:
    """Prove a pack and copy it, whole or not at all, to the station's packs; one of the same name is replaced.

    Returns
    -------
    Path
        The installed file.

    Raises
    ------
    InputError
        If the pack is not whole, the station does not take it, or the folder cannot be written.
    """
    target = packs_dir / f"{verify_pack(file, trust).name}{SUFFIX}"
    with _replacing(target) as copy:
        with open_regular(file) as content, copy.open("xb") as place:
            shutil.copyfileobj(content, place, _CHUNK)
        verify_pack(copy, trust)  # what arrived is what counts: sticks and disks lose bytes
    return target


def sign_pack(file: Path, key_file: Path, out: Path) -> Manifest:
    """Write a pack with a signature, whole or not at all; `out` may be `file` itself. Nothing is held whole in memory.

    Raises
    ------
    InputError
        If the pack is not whole, the key cannot be read, or the file cannot be written.
    """
    key = read_key(key_file)
    with _replacing(out) as copy, open_pack(file) as pack:  # closed again before it may be replaced
        members: dict[str, bytes | memoryview | Streamed] = {MANIFEST: signed_manifest(pack.manifest, key)}
        for name, member in pack.manifest.members.items():
            members[name] = Streamed(member.size, partial(pack.pieces, name))
        _write(copy, members, out)
    return peek_manifest(out)


def write_whole(path: Path, members: Mapping[str, bytes | memoryview | Streamed]) -> None:
    """Write a pack's file, whole or not at all.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    with _replacing(path) as copy:
        _write(copy, members, path)


def _write(copy: Path, members: Mapping[str, bytes | memoryview | Streamed], path: Path) -> None:
    try:
        with copy.open("x+b") as target:
            write_container(target, members)
            target.flush()
            os.fsync(target.fileno())
    except OSError as error:
        raise InputError("model.pack_not_written", file=path, reason=technical(error)) from error


@contextmanager
def _replacing(target: Path) -> Iterator[Path]:
    """Give a file to write beside `target`; it takes that name at the end, and leaves nothing where that fails."""
    copy = target.with_name(f".{secrets.token_hex(4)}{SUFFIX}{TEMPORARY_SUFFIX}")
    try:
        yield copy
        copy.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        raise InputError("model.pack_not_written", file=target, reason=technical(error)) from error
    finally:
        copy.unlink(missing_ok=True)
