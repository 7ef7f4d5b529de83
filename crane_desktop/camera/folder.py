"""Replay of a folder: every picture in it is a part, in the order of the names."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from crane_desktop.camera.decode import IMAGE_SUFFIXES, read_image
from crane_desktop.domain.arrival import arrival, check_pace
from crane_desktop.domain.errors import InputError
from crane_desktop.domain.frames import EndOfFrames, Frame, FrameFault, SourceEvent
from crane_desktop.domain.ports import SourceInfo
from crane_desktop.domain.verdicts import ReasonCode


class FolderSource:
    """Frames from the pictures of one folder; subfolders and hidden files are not followed.

    Parameters
    ----------
    path
        The folder.
    rate_hz
        Pictures a second; None means as fast as they are taken.
    frames
        End after so many pictures; None means at the last one.

    Raises
    ------
    InputError
        If `rate_hz` or `frames` make no sense.
    """

    def __init__(self, path: str | Path, rate_hz: float | None = None, frames: int | None = None) -> None:
        check_pace(rate_hz, frames)
        self._folder = Path(path)
        self._period_s = 0.0 if rate_hz is None else 1.0 / rate_hz
        self._limit = frames
        self._files: list[Path] = []
        self._next = 0
        self._due_s = 0.0
        self._closed = threading.Event()
        self._closed.set()
        self._info = SourceInfo(
            f"folder:{self._folder.name}", "folder", True, str(self._folder),
            takt_s=self._period_s or None, waits_for_line=rate_hz is None,
        )  # fmt: skip

    @property
    def info(self) -> SourceInfo:
        """What this source is."""
        return self._info

    def open(self) -> None:
        """List the folder; what is added to it later is not seen.

        Raises
        ------
        InputError
            If there is no such folder, it may not be read, or no picture is in it.
        """
        files = list_images(self._folder)
        self._files = files if self._limit is None else files[: self._limit]
        self._next = 0
        self._due_s = time.monotonic()
        self._closed.clear()

    def next_event(self, timeout_s: float) -> SourceEvent | None:
        """Return the next picture when its turn has come; a file that cannot be read is a `FrameFault`."""
        if self._closed.is_set() or self._next >= len(self._files):
            return EndOfFrames()
        wait_s = self._due_s - time.monotonic()
        if wait_s > 0:
            # The event that ends the source is also the pause between pictures.
            if self._closed.wait(min(wait_s, max(timeout_s, 0.0))):
                return EndOfFrames()
            if wait_s > timeout_s:
                return None
        # Whoever takes pictures more slowly than asked gets no burst afterwards.
        self._due_s = max(self._due_s + self._period_s, time.monotonic())
        file = self._files[self._next]
        self._next += 1
        return self._read(file, self._next)

    def close(self) -> None:
        """End a running wait; the next `open` starts from the first picture. Idempotent."""
        self._closed.set()

    def _read(self, file: Path, frame_id: int) -> Frame | FrameFault:
        origin = arrival(frame_id, self._info.source_id, file=file.name)
        try:
            picture = read_image(file)
        except InputError as error:
            detail = str(error.params.get("detail", error))
            return FrameFault(origin, ReasonCode.UNREADABLE_IMAGE.value, detail)
        return Frame(picture.pixels, origin, picture.pixel_format, picture.original)


def list_images(folder: Path) -> list[Path]:
    """Return the image files directly in `folder`, by name.

    Raises
    ------
    InputError
        If there is no such folder, it may not be read, or no picture is in it.
    """
    if not folder.exists():
        raise InputError("camera.folder_missing", folder=str(folder))
    if not folder.is_dir():
        raise InputError("camera.folder_is_no_folder", folder=str(folder))
    try:
        files = [
            entry
            for entry in folder.iterdir()
            if entry.suffix.lower() in IMAGE_SUFFIXES and not entry.name.startswith(".") and not entry.is_dir()
        ]
    except OSError as error:
        raise InputError("camera.folder_unreadable", folder=str(folder), detail=error.strerror or str(error)) from error
    if not files:
        raise InputError("camera.folder_empty", folder=str(folder))
    return sorted(files, key=lambda file: file.name)
