"""A release as it travels on a USB stick: its files, and a signed manifest beside them that names every one.

Nothing of it is executed here, and nothing is read that the manifest does not name.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from crane_desktop.domain.errors import InputError, technical
from crane_desktop.model.manifest import Signature
from crane_desktop.model.signature import matches
from crane_desktop.settings.regular_file import open_regular, read_regular

MANIFEST = "release-manifest.json"
SUMS = "SHA256SUMS"
FORMAT_VERSION: Final = 1
_LARGEST_MANIFEST = 1_000_000
_BLOCK = 1 << 20
_STARTS_PROGRAMS = re.compile(
    r"\.(exe|msi|deb|run|rpm|appimage|bat|cmd|com|scr|ps1|vbs|js|lnk|dll|sh|inf)$", re.IGNORECASE
)
_Told = Callable[[int, int], None]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ReleasedFile(_Frozen):
    """One file of a release; its name is no path, so it lies in the manifest's own folder."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+~-]*$", max_length=120)]
    size_bytes: Annotated[int, Field(ge=0, le=1 << 48)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Release(_Frozen):
    """What `MANIFEST` says.

    Attributes
    ----------
    date
        Of the sources that it was built from, UTC.
    """

    format_version: Literal[1] = FORMAT_VERSION
    product: Literal["CraneInspector"] = "CraneInspector"
    version: Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)*[A-Za-z0-9.+]*$", max_length=40)]
    date: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    files: Annotated[tuple[ReleasedFile, ...], Field(min_length=1)]
    signature: Signature

    def manifest_bytes(self) -> bytes:
        """Return the manifest as it is written and signed."""
        return (self.model_dump_json(indent=1) + "\n").encode("ascii")


def read_release(folder: Path, trusted: Collection[str]) -> Release:
    """Read and believe the manifest of a release.

    Parameters
    ----------
    trusted
        Public keys of makers.

    Raises
    ------
    InputError
        If there is none, it is damaged or unsigned, or not signed by one of them.
    """
    file = folder / MANIFEST
    try:
        content = read_regular(file, _LARGEST_MANIFEST)
    except FileNotFoundError:
        raise InputError("app.release_none", folder=folder, file=MANIFEST) from None
    except OSError as error:
        raise InputError("app.release_unreadable", file=file, reason=technical(error)) from error
    try:
        release = Release.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "JSON"
        raise InputError("app.release_damaged", file=file, detail=place) from error
    if not matches(release.signature, content):
        raise InputError("app.release_signature_wrong", file=file)
    if release.signature.key not in trusted:
        raise InputError("app.release_signer_unknown", file=file, signer=release.signature.key)
    return release


def check_files(folder: Path, release: Release, told: _Told = lambda _done, _of: None) -> None:
    """Prove that every file of a release is there as it was signed, and that no strange program lies beside.

    Parameters
    ----------
    told
        Called with how many bytes are read, and of how many.

    Raises
    ------
    InputError
        Naming the first file that is missing, changed, or does not belong.
    """
    names = {one.name for one in release.files}
    try:
        beside = sorted(folder.iterdir())
    except OSError as error:  # the stick was pulled out
        raise InputError("app.release_unreadable", file=folder, reason=technical(error)) from error
    for stranger in beside:
        # An installer loads what lies beside it (DLLs on Windows), and people start what they see.
        if stranger.name not in names and _STARTS_PROGRAMS.search(stranger.name):
            raise InputError("app.release_stranger", file=stranger)
    done, of = 0, sum(one.size_bytes for one in release.files)
    for one in release.files:
        file = folder / one.name
        if file.is_symlink() or not file.is_file():
            raise InputError("app.release_file_missing", file=file)
        whole = hashlib.sha256()
        try:
            if file.stat().st_size != one.size_bytes:
                raise InputError("app.release_file_changed", file=file)
            with open_regular(file) as opened:
                while block := opened.read(_BLOCK):
                    whole.update(block)
                    done += len(block)
                    told(done, of)
        except OSError as error:
            raise InputError("app.release_unreadable", file=file, reason=technical(error)) from error
        if whole.hexdigest() != one.sha256:
            raise InputError("app.release_file_changed", file=file)


def installers_of(release: Release, system: str) -> list[str]:
    """Return the names of a release's installers for `system`, as `sys.platform` calls it."""
    endings = {"win32": (".exe",), "linux": (".deb", ".run")}.get(system, ())
    return [one.name for one in release.files if one.name.endswith(endings)]
