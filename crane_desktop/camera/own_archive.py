"""What this program has archived, played again: the same pixels as live, and only pictures of parts.

A file's note (`preprocess.png_note`) says what its values are. Files from before there were notes have their names
only: maps are still recognised by them. What lies in such a file in 8 bits may be grey, or the mosaic of a colour
camera, of which nobody but the log knows the pattern: a mosaic is recognised by its values, and refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from crane_desktop.domain.errors import InputError
from crane_desktop.preprocess.develop import Array, Developed, develop
from crane_desktop.preprocess.mosaic import is_mosaic
from crane_desktop.preprocess.png_note import PictureNote, read_note

_NAME = re.compile(r"(?P<stem>\d{6}-\d{6}-[0-9a-f]{8}-(?:OK|NG|REVIEW|NONE))(?P<what>-map|-original)?\.png")


def is_map_name(name: str) -> bool:
    """Whether a file has the name of an archived anomaly map, which is no picture of a part."""
    found = _NAME.fullmatch(name)
    return found is not None and found["what"] == "-map"


def without_doubles(files: Iterable[Path]) -> list[Path]:
    """Return `files`, in their order, without the originals of corrected pictures: what was judged lies beside them."""
    files = list(files)
    there = {(file.parent, file.name) for file in files}
    return [file for file in files if not _lies_beside_judged(file, there)]


def developed(png: bytes, values: Array, name: str) -> Developed | None:
    """Return what live made of the archived `values` of the file `png`; None where it is no file of this archive.

    Raises
    ------
    InputError
        If it is an anomaly map, whatever it is called, or a mosaic from before there were notes.
    """
    note = read_note(png)
    if note is None:
        if (
            _NAME.fullmatch(name)
            and values.dtype == np.uint8
            and values.ndim == 2
            and is_mosaic(values.astype(np.uint8))
        ):
            raise InputError("camera.image_is_mosaic", file=name)
        return None
    if note.kind == "map":
        raise InputError("camera.image_is_map", file=name)
    return develop(values, note) if _fits(note, values) else None


def _lies_beside_judged(file: Path, there: set[tuple[Path, str]]) -> bool:
    found = _NAME.fullmatch(file.name)
    return found is not None and found["what"] == "-original" and (file.parent, f"{found['stem']}.png") in there


def _fits(note: PictureNote, values: Array) -> bool:
    """Another program may have changed the values and kept the note: then it says nothing about them."""
    deep = note.significant_bits is None or note.significant_bits > 8
    return deep == (values.dtype.itemsize > 1)
