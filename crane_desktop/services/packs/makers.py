"""Whose a pack is: its name is taken from nobody unasked, and never from the packs that came with the program."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crane_desktop.domain.errors import InputError
from crane_desktop.recipe.names import same_to_people
from crane_desktop.services.workbench import Workbench
from crane_desktop.settings.resources import resource_path

if TYPE_CHECKING:
    from crane_desktop.model.manifest import Manifest

_SUFFIX = ".cranepack"
_SHOWN_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Taken:
    """A pack that has a name.

    Attributes
    ----------
    signer
        Public key; empty where nobody signed it.
    content
        What the file itself says its SHA-256 is; proven only where it is used.
    """

    file: Path
    name: str
    version: str
    signer: str
    content: str
    built_in: bool = False


def replaced_by(workbench: Workbench, file: Path, manifest: Manifest) -> Taken | None:
    """Return which pack loses its name to this one, be it the very same; None: none does.

    Raises
    ------
    InputError
        If the name may not be taken: it belongs to a pack of the program and this one is not of the same signer, or
        people and file systems could take it for another pack's name.
    """
    signer, content = signer_of(manifest), _content(file)
    found = None
    for other in _packs(workbench):
        if not same_to_people(other.name, manifest.name):
            continue
        if other.content == content:  # the very same: whosever it is
            found = other
            continue
        if other.built_in and (not signer or other.signer != signer):
            raise InputError("app.pack_name_built_in", file=file, name=other.name)
        if other.name != manifest.name:
            raise InputError("app.pack_name_like_another", file=file, name=manifest.name, other=other.name)
        found = other
    return found


def may_replace_unasked(old: Taken, manifest: Manifest) -> bool:
    """Return whether a pack may take the other's place without more words: a signed one only by the same signer."""
    return not old.signer or old.signer == signer_of(manifest)


def signer_of(manifest: Manifest) -> str:
    """Return the public key of whoever signed a pack, empty for nobody."""
    return "" if manifest.signature is None else manifest.signature.key


def shown(signer: str) -> str:
    """Return the beginning of a key, as people compare it; empty for nobody."""
    return signer[:_SHOWN_DIGITS]


def _packs(workbench: Workbench) -> Iterator[Taken]:
    """Yield the program's packs, then the installed ones; a damaged one has but its file's name."""
    from crane_desktop.model.packs import read_manifest

    for folder, built_in in ((resource_path("packs"), True), (workbench.data.packs, False)):
        for file in sorted(folder.glob(f"*{_SUFFIX}")):
            try:
                manifest = read_manifest(file)
            except InputError:
                yield Taken(file, file.stem, "?", "", "", built_in)
            else:
                yield Taken(file, file.stem, manifest.pack_version, signer_of(manifest), _content(file), built_in)


def _content(file: Path) -> str:
    from crane_desktop.model.container import read_seal

    return read_seal(file)
