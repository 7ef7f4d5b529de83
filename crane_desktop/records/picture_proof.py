"""Proving that an archived picture is there, whole, and what its record says of it."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crane_desktop.domain.errors import InputError, StationFault, technical
from crane_desktop.records.archive import LARGEST_PICTURE_BYTES, decode_png
from crane_desktop.records.rows import placement_of
from crane_desktop.settings.regular_file import read_regular

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_AROUND_A_CHUNK = 12
"""Length, type and check sum around each chunk's content (https://www.w3.org/TR/png-3/#5Chunk-layout)."""


def check_pictures(records: Path, row: Mapping[str, Any]) -> None:
    """Prove the pictures that a row names, below the folder `records`.

    Raises
    ------
    StationFault
        If one is missing, lies outside the folder, is damaged, or is not of the size that the row tells.
    """
    record_id = row["id"]
    if row["image_path"] is None:
        return
    height, width = _read(records, record_id, row["image_path"]).shape[:2]
    if row["original_path"] is not None:
        original = _read(records, record_id, row["original_path"])
        if original.shape[:2] != (height, width):
            raise _wrong_size(record_id, row["original_path"])
    if row["map_path"] is not None:
        values, place = _read(records, record_id, row["map_path"]), placement_of(row)
        inside = (
            place is not None
            and min(place.x_px, place.y_px) >= 0
            and place.x_px + place.width_px <= width
            and place.y_px + place.height_px <= height
        )
        if values.ndim != 2 or values.dtype != np.uint16 or not inside:
            raise _wrong_size(record_id, row["map_path"])


def _read(records: Path, record_id: int, name: str) -> NDArray[Any]:
    file = records / name
    if not file.resolve().is_relative_to(records.resolve()):
        raise StationFault("records.proof_outside", record_id=record_id, file=name, folder=records)
    try:
        content = read_regular(file, LARGEST_PICTURE_BYTES)
    except InputError as error:  # something else lies there, or nothing that an archive ever writes
        key = "records.proof_no_picture" if error.key == "settings.no_regular_file" else "records.proof_damaged_picture"
        raise StationFault(key, record_id=record_id, file=file) from error
    except (FileNotFoundError, NotADirectoryError) as error:
        raise StationFault("records.proof_no_picture", record_id=record_id, file=file) from error
    except OSError as error:
        detail = technical(error)
        raise StationFault("records.proof_unreadable_picture", record_id=record_id, file=file, detail=detail) from error
    # A decoder may draw what it got of a file cut short; the check sums tell.
    found = decode_png(content) if _is_whole_png(content) else None
    if found is None:
        raise StationFault("records.proof_damaged_picture", record_id=record_id, file=file)
    return found


def _wrong_size(record_id: int, name: str) -> StationFault:
    return StationFault("records.proof_wrong_size", record_id=record_id, file=name)


def _is_whole_png(content: bytes) -> bool:
    """Whether every chunk's check sum is right, and the file ends where its last chunk does."""
    at = len(_SIGNATURE)
    if not content.startswith(_SIGNATURE):
        return False
    while at + _AROUND_A_CHUNK <= len(content):
        length = int.from_bytes(content[at : at + 4])
        end = at + _AROUND_A_CHUNK + length
        typed = memoryview(content)[at + 4 : end - 4]
        if end > len(content) or zlib.crc32(typed) != int.from_bytes(content[end - 4 : end]):
            return False
        if typed[:4].tobytes() == b"IEND":
            return end == len(content)
        at = end
    return False
