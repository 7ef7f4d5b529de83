"""The pictures of a folder in the order in which people see them, and what else lies there."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from crane_desktop.camera.own_archive import is_map_name, without_doubles
from crane_desktop.camera.pictures.bounded import Bounded
from crane_desktop.camera.pictures.kinds import IMAGE_SUFFIXES
from crane_desktop.domain.errors import InputError

_PIECES = re.compile(r"\d+|.", re.DOTALL)
_THE_SYSTEMS = frozenset({"thumbs.db", "desktop.ini"})
"""What Windows puts beside pictures and hides."""
_NAMED = 5
_LISTED_WITHIN_S = 20.0


@dataclass(frozen=True, slots=True)
class Listing:
    """What lies in a folder.

    Attributes
    ----------
    files
        The pictures, in natural order.
    passed_over
        Names of what else a person sees there, in natural order; folders end in ``/``.
    """

    files: tuple[Path, ...]
    passed_over: tuple[str, ...] = ()


def natural_key(name: str) -> tuple[object, ...]:
    """Return what sorts names as a file manager does: 2 before 10, in any width, capitals as small letters.

    Signs come before numbers, numbers before letters.
    """
    plain = unicodedata.normalize("NFKC", name).casefold()
    stem, dot, suffix = plain.rpartition(".")
    pieces = _PIECES.findall(stem if dot else suffix)
    return (tuple(map(_piece_key, pieces)), suffix if dot else "", name)


def _piece_key(piece: str) -> tuple[int, int, str]:
    if piece.isdecimal():
        return 1, int(piece), ""
    return (2 if piece.isalnum() else 0), 0, piece


def is_picture_name(name: str) -> bool:
    """Return whether a file of that name is taken for a picture; hidden ones and archived maps are not."""
    return not name.startswith(".") and Path(name).suffix.lower() in IMAGE_SUFFIXES and not is_map_name(name)


def list_folder(folder: Path) -> Listing:
    """Return what lies directly in `folder`; subfolders are not searched, hidden files are not seen.

    Raises
    ------
    InputError
        If there is no such folder, it does not answer, may not be read, or no picture is in it.
    """
    listing = Bounded(lambda _progress: _looked(folder), "folder-listing").result(
        _LISTED_WITHIN_S, InputError("camera.folder_stuck", folder=str(folder), seconds=round(_LISTED_WITHIN_S))
    )
    if listing.files:
        return listing
    if listing.passed_over:
        seen = names_in_short(listing.passed_over)
        raise InputError(
            "camera.folder_without_pictures", folder=str(folder), count=len(listing.passed_over), names=seen
        )
    raise InputError("camera.folder_empty", folder=str(folder))


def names_in_short(names: Sequence[str]) -> str:
    """Return the first names for a sentence."""
    return ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")


def entries_passed_over(folder: Path) -> list[str]:
    """Return the names of what a person sees in `folder` beside folders and pictures that can be read.

    Raises
    ------
    OSError
        If it cannot be listed.
    """
    found = [one for one in folder.iterdir() if _seen(one.name) and not one.is_dir()]
    return [one.name for one in found if not (is_picture_name(one.name) and one.is_file())]


def _seen(name: str) -> bool:
    return not name.startswith(".") and name.lower() not in _THE_SYSTEMS


def _looked(folder: Path) -> Listing:
    try:
        if not folder.exists():
            raise InputError("camera.folder_missing", folder=str(folder))
        if not folder.is_dir():
            raise InputError("camera.folder_is_no_folder", folder=str(folder))
        seen = [(entry, entry.is_dir()) for entry in folder.iterdir() if _seen(entry.name)]
    except OSError as error:
        raise InputError("camera.folder_unreadable", folder=str(folder)) from error
    files = [entry for entry, is_folder in seen if not is_folder and is_picture_name(entry.name)]
    parts = without_doubles(files)
    others = [
        f"{entry.name}/" if is_folder else entry.name
        for entry, is_folder in seen
        if is_folder or not is_picture_name(entry.name)
    ]
    others += [file.name for file in set(files).difference(parts)]
    parts.sort(key=lambda file: natural_key(file.name))
    return Listing(tuple(parts), tuple(sorted(others, key=natural_key)))
