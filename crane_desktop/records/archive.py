"""Pictures beside the log: lossless PNG, whole before they have their names, named before any row names them.

What a crash can leave behind: of the pictures under way, files whose name ends in `TEMPORARY_SUFFIX`, which were
never part of the archive; and, of the one transaction under way, pictures under their names whose rows are not there.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from crane_desktop.domain.errors import InputError
from crane_desktop.domain.frames import Frame
from crane_desktop.domain.maps import AnomalyMap, Placement
from crane_desktop.domain.ports import LogEntry
from crane_desktop.preprocess.develop import develop_as, note_of_original, note_of_picture
from crane_desktop.preprocess.png_file import png_pieces
from crane_desktop.preprocess.png_note import PictureNote
from crane_desktop.records.orphans import new_session
from crane_desktop.records.quarantine import move_away
from crane_desktop.settings.atomic import TEMPORARY_SUFFIX, sync_folder, write_synced
from crane_desktop.settings.data_dir import QUARANTINE
from crane_desktop.settings.regular_file import read_regular

LARGEST_PICTURE_BYTES = 2**30
"""The largest camera's uncompressed picture is a tenth of it."""

_MAP_NOTE = PictureNote("map", "", None)
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


@dataclass(frozen=True, slots=True)
class PictureFiles:
    """Where the pictures of one entry come to lie."""

    image: Path
    map: Path | None
    original: Path | None

    @property
    def all(self) -> tuple[Path, ...]:
        """Those that there are."""
        return tuple(path for path in (self.image, self.map, self.original) if path is not None)


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
        self._durable_folders: set[Path] = set()
        self.session = new_session()
        """Which writer a picture comes from; its file's name tells (`session_of`)."""
        self.may_have_left = False
        """Whether pictures without a row may lie in the archive: the next run must look for them."""

    def place(self, entry: LogEntry) -> PictureFiles:
        """Return files of its own for an entry that has a picture."""
        inspection = entry.inspection
        moment = inspection.decided_at.astimezone(UTC)
        day = self._images / f"{moment.year:04d}" / f"{moment.month:02d}" / f"{moment.day:02d}"
        unique = f"{self.session}{secrets.token_hex(2)}"
        stem = f"{moment:%H%M%S}-{moment.microsecond:06d}-{unique}-{inspection.verdict.value}"
        corrected = entry.frame is not None and entry.frame.corrections
        return PictureFiles(
            image=day / f"{stem}.png",
            map=day / f"{stem}-map.png" if entry.anomaly_map is not None else None,
            original=day / f"{stem}-original.png" if corrected else None,
        )

    def write(self, entry: LogEntry, files: PictureFiles, *, compress: bool) -> None:
        """Write the pictures under temporary names, their content durable when it returns; any thread may.

        Raises
        ------
        OSError
            If the disk refuses; nothing of these pictures stays behind.
        """
        files.image.parent.mkdir(parents=True, exist_ok=True)
        try:
            for path, content in _encoded(entry, files, compress=compress):
                write_synced(_temporary(path), content)
        except BaseException:
            self.forget(files)
            raise

    def settle(self, written: Sequence[PictureFiles]) -> list[ArchivedPaths]:
        """Give written pictures their names, durable when it returns: all of them, or none. Log's owner only.

        Raises
        ------
        OSError
            If the disk refuses; nothing of these pictures stays behind.
        """
        try:
            for files in written:
                for path in files.all:
                    _temporary(path).replace(path)
            for folder in {files.image.parent for files in written}:
                self._sync(folder)
        except BaseException:
            for files in written:
                self.forget(files)
            self.discard([self.paths(files) for files in written])
            raise
        return [self.paths(files) for files in written]

    def forget(self, files: PictureFiles) -> None:
        """Take pictures away that have only their temporary names."""
        for path in files.all:
            try:
                _temporary(path).unlink(missing_ok=True)
            except OSError:
                self.may_have_left = True

    def paths(self, files: PictureFiles) -> ArchivedPaths:
        """Return the paths for the row."""
        image, map_, original = (
            None if path is None else path.relative_to(self._records).as_posix()
            for path in (files.image, files.map, files.original)
        )
        return ArchivedPaths(image, map_, original=original)

    def discard(self, kept: Sequence[ArchivedPaths]) -> None:
        """Move pictures out of the archive whose rows are known not to be in the log."""
        self.may_have_left = True  # a disk that refused the rows may refuse to move the pictures too
        names = [path for one in kept for path in (one.image, one.map, one.original) if path is not None]
        move_away(self._records, names, self._records / QUARANTINE)

    def read_picture(self, path: str, pixel_format: str | None) -> NDArray[np.uint8] | None:
        """Return an archived picture, uint8 ``(H, W)`` or ``(H, W, 3)`` RGB; None where it is gone or damaged."""
        found = self._read(path)
        return None if found is None else develop_as(found, pixel_format)

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
            data = read_regular(file, LARGEST_PICTURE_BYTES)
        except (OSError, InputError) as error:
            _log.warning("an archived picture cannot be read: %s", error)
            return None
        return decode_png(data)

    def _sync(self, folder: Path) -> None:
        """Make the names in a day's folder durable, and once the folder itself with those above it."""
        sync_folder(folder)
        if folder in self._durable_folders:
            return
        for above in folder.parents:
            sync_folder(above)
            if above == self._records:
                break
        self._durable_folders.add(folder)


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}{TEMPORARY_SUFFIX}")


def _encoded(entry: LogEntry, files: PictureFiles, *, compress: bool) -> Iterator[tuple[Path, Iterable[bytes]]]:
    """Yield each file's content, piece by piece."""
    frame, anomaly_map = entry.frame, entry.anomaly_map
    if frame is None:
        return
    yield files.image, picture_pieces(frame, compress=compress)
    if files.map is not None and anomaly_map is not None:
        yield files.map, map_pieces(anomaly_map, compress=compress)
    if files.original is not None:
        yield files.original, png_pieces(frame.raw, note_of_original(frame), compress=compress)


def picture_pieces(frame: Frame, *, compress: bool = True) -> Iterator[bytes]:
    """Yield the frame as lossless PNG: what the camera sent, at its full depth; what was judged where corrected."""
    judged = frame.pixels if frame.corrections else frame.raw
    return png_pieces(judged, note_of_picture(frame), compress=compress)


def map_pieces(anomaly_map: AnomalyMap, *, compress: bool = True) -> Iterator[bytes]:
    """Yield the map as 16-bit PNG, 0..65535 for [0, 1]; what is no number becomes 0."""
    scaled = anomaly_map.values.clip(0.0, 1.0)
    scaled *= np.float32(_MAP_FULL_SCALE)
    np.rint(scaled, out=scaled)
    if np.isnan(scaled).any():
        np.nan_to_num(scaled, copy=False)
    return png_pieces(scaled.astype(np.uint16), _MAP_NOTE, compress=compress)


def decode_png(data: bytes) -> NDArray[Any] | None:
    """Return a PNG's values at their stored depth, RGB order; None where it is damaged."""
    if not data:
        return None
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if found is None:
        _log.warning("an archived picture is damaged")
        return None
    return np.ascontiguousarray(found[:, :, ::-1] if found.ndim == 3 else found)
