"""Pictures beside the log: lossless PNG, written whole, named before any row names them."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from crane_desktop.domain.frames import Frame
from crane_desktop.domain.maps import AnomalyMap, Placement
from crane_desktop.domain.ports import LogEntry
from crane_desktop.preprocess.colour import demosaic, high_bits
from crane_desktop.records.orphans import new_session
from crane_desktop.records.quarantine import move_away
from crane_desktop.records.regular_file import read_regular
from crane_desktop.settings.atomic import sync_folder, write_atomic
from crane_desktop.settings.data_dir import QUARANTINE

_FAST_PNG = (cv2.IMWRITE_PNG_COMPRESSION, 1)
"""Level 1 is several times faster than the default and costs a few per cent of space; still lossless."""

_MAP_FULL_SCALE = 65535
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ArchivedPaths:
    """Paths of a record's pictures, relative to the records folder, with forward slashes.

    Attributes
    ----------
    note
        Why pictures that the settings ask for were not kept.
    original
        What the camera sent, where `image` was corrected.
    """

    image: str | None = None
    map: str | None = None
    note: str | None = None
    original: str | None = None


class Archive:
    """The pictures below one records folder.

    Parameters
    ----------
    records
        The folder that the stored paths are relative to, so that the whole of it can be moved.
    images
        Where the pictures lie, below `records`.
    """

    def __init__(self, records: Path, images: Path) -> None:
        self._records = records
        self._images = images
        self.session = new_session()
        """Which writer a picture comes from; its file's name tells (`session_of`)."""

    def keep(self, entries: Sequence[LogEntry]) -> list[ArchivedPaths]:
        """Write the pictures of `entries`, durable when it returns: all of them, or none.

        Raises
        ------
        OSError
            If the disk refuses; nothing of these entries stays behind.
        """
        kept: list[ArchivedPaths] = []
        folders: set[Path] = set()
        try:
            for entry in entries:
                folder, stem = self._place(entry)
                image = map_ = original = None
                if entry.frame is not None:
                    image = folder / f"{stem}.png"
                    map_ = folder / f"{stem}-map.png" if entry.anomaly_map is not None else None
                    original = folder / f"{stem}-original.png" if entry.frame.corrections else None
                # Noted before they are written, so that a failure half-way takes them away too.
                kept.append(
                    ArchivedPaths(self._relative(image), self._relative(map_), original=self._relative(original))
                )
                if image is None or entry.frame is None:
                    continue
                self._make(folder)
                folders.add(folder)
                write_atomic(image, encode_picture(entry.frame), sync_parent=False)
                if map_ is not None and entry.anomaly_map is not None:
                    write_atomic(map_, encode_map(entry.anomaly_map), sync_parent=False)
                if original is not None:
                    write_atomic(original, _encode_rgb(entry.frame.raw), sync_parent=False)
            for folder in folders:
                sync_folder(folder)
        except BaseException:
            self.discard(kept)
            raise
        return kept

    def discard(self, kept: Sequence[ArchivedPaths]) -> None:
        """Move pictures out of the archive whose rows are known not to be in the log."""
        names = [path for one in kept for path in (one.image, one.map, one.original) if path is not None]
        move_away(self._records, names, self._records / QUARANTINE)

    def read_picture(self, path: str, pixel_format: str | None) -> NDArray[np.uint8] | None:
        """Return an archived picture, uint8 ``(H, W)`` or ``(H, W, 3)`` RGB; None where it is gone or damaged."""
        found = self._read(path)
        return None if found is None else to_eight_bit(found, pixel_format)

    def read_map(self, path: str, placement: Placement) -> AnomalyMap | None:
        """Return an archived map, float32 in [0, 1]; None where it is gone or damaged."""
        found = self._read(path)
        if found is None or found.ndim != 2:
            return None
        values = found.astype(np.float32) / np.float32(_MAP_FULL_SCALE)
        values.flags.writeable = False
        return AnomalyMap(values, placement)

    def _read(self, path: str) -> NDArray[Any] | None:
        file = (self._records / path).resolve()
        if not file.is_relative_to(self._records.resolve()):
            _log.warning("a record names a picture outside the archive: %s", path)
            return None
        try:
            data = read_regular(file)
        except OSError as error:
            _log.warning("an archived picture cannot be read: %s", error)
            return None
        return decode_png(data)

    def _place(self, entry: LogEntry) -> tuple[Path, str]:
        inspection = entry.inspection
        moment = inspection.decided_at.astimezone(UTC)
        day = self._images / f"{moment.year:04d}" / f"{moment.month:02d}" / f"{moment.day:02d}"
        stem = (
            f"{moment:%H%M%S}-{moment.microsecond:06d}-{self.session}{secrets.token_hex(2)}-{inspection.verdict.value}"
        )
        return day, stem

    def _make(self, folder: Path) -> None:
        """Make a day's folder, durable with the folders above it."""
        if folder.is_dir():
            return
        folder.mkdir(parents=True, exist_ok=True)
        for above in folder.parents:
            sync_folder(above)
            if above == self._images or above == self._records:
                return

    def _relative(self, path: Path | None) -> str | None:
        return None if path is None else path.relative_to(self._records).as_posix()


def encode_picture(frame: Frame) -> bytes:
    """Return the frame as lossless PNG: what the camera sent, at its full depth; what was judged where corrected."""
    return _encode_rgb(frame.pixels if frame.corrections else frame.raw)


def encode_map(anomaly_map: AnomalyMap) -> bytes:
    """Return the map as 16-bit PNG, 0..65535 for [0, 1]; what is no number becomes 0."""
    values = np.nan_to_num(anomaly_map.values, nan=0.0, posinf=1.0, neginf=0.0).clip(0.0, 1.0)
    return _encode(np.rint(values * np.float32(_MAP_FULL_SCALE)).astype(np.uint16))


def decode_png(data: bytes) -> NDArray[Any] | None:
    """Return a PNG's values at their stored depth, RGB order; None where it is damaged."""
    if not data:
        return None
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if found is None:
        _log.warning("an archived picture is damaged")
        return None
    return np.ascontiguousarray(found[:, :, ::-1] if found.ndim == 3 else found)


def to_eight_bit(pixels: NDArray[Any], pixel_format: str | None) -> NDArray[np.uint8]:
    """Return an archived picture for the screen.

    A 16-bit original carries its camera's depth in its low bits, as PFNC lays them out ("Mono12": 12). A grey
    picture of a Bayer format is its mosaic.
    """
    shown = pixels
    if pixels.dtype != np.uint8:
        digits = re.search(r"(\d+)", pixel_format or "")
        depth = int(digits[1]) if digits and 8 < int(digits[1]) <= 16 else 16
        shown = high_bits(pixels, depth)
    bayer = re.match(r"Bayer(RG|GR|GB|BG)", pixel_format or "")
    return demosaic(shown, bayer[1]) if bayer and shown.ndim == 2 else shown


def _encode_rgb(pixels: NDArray[Any]) -> bytes:
    return _encode(pixels[:, :, ::-1] if pixels.ndim == 3 else pixels)


def _encode(pixels: NDArray[Any]) -> bytes:
    done, data = cv2.imencode(".png", np.ascontiguousarray(pixels), _FAST_PNG)
    if not done:
        raise OSError("the picture could not be encoded as PNG")
    return data.tobytes()
