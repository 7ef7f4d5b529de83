"""Replay of a folder: every picture in it is a part, in the order in which people see the names."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path

from crane_desktop.camera.decode import decode_page, must_hold_a_part
from crane_desktop.camera.pictures.depth import checked_bits
from crane_desktop.camera.pictures.listing import list_folder
from crane_desktop.camera.pictures.reading import PATIENCE, Patience, Reading
from crane_desktop.camera.pictures.whole import PictureFile
from crane_desktop.domain.arrival import arrival, check_pace
from crane_desktop.domain.errors import InputError
from crane_desktop.domain.frames import EndOfFrames, Frame, FrameFault, FrameOrigin, SourceEvent
from crane_desktop.domain.ports import SourceInfo
from crane_desktop.domain.verdicts import ReasonCode
from crane_desktop.settings.texts import Language, error_text, system_language

_AT_ONCE_S = 0.25
"""So long a file is waited for even by a caller who does not wait: most are there sooner."""
_MOST_STUCK = 4
"""Threads that a dead share may hold; then its files are faults without being asked for."""


class FolderSource:
    """Frames from the pictures of one folder, of a file with several pages one each; subfolders are not followed.

    Parameters
    ----------
    path
        The folder.
    rate_hz
        Pictures a second; None means as fast as they are taken.
    frames
        End after so many pictures; None means at the last one.
    significant_bits
        How deep values of more than 8 bits are where the file does not say; None: not known.
    language
        Of the reasons why a picture cannot be judged; None: the system's.
    patience
        How long a file is waited for.

    Raises
    ------
    InputError
        If `rate_hz`, `frames` or `significant_bits` make no sense.
    """

    def __init__(
        self,
        path: str | Path,
        rate_hz: float | None = None,
        frames: int | None = None,
        *,
        significant_bits: int | None = None,
        language: Language | None = None,
        patience: Patience = PATIENCE,
    ) -> None:
        check_pace(rate_hz, frames)
        self._bits = checked_bits(significant_bits)
        self._folder = Path(path)
        self._period_s = 0.0 if rate_hz is None else 1.0 / rate_hz
        self._limit = frames
        self._language = language or system_language()
        self._patience = patience
        self._files: list[Path] = []
        self._pages: list[tuple[PictureFile, int]] = []
        self._reading: Reading | None = None
        self._stuck: list[threading.Thread] = []
        self._given = 0
        self._due_s = 0.0
        self._closed = threading.Event()
        self._closed.set()
        self._info = SourceInfo(
            f"folder:{self._folder.name}", "folder", True, str(self._folder),
            takt_s=self._period_s or None, waits_for_line=rate_hz is None,
        )  # fmt: skip

    @property
    def info(self) -> SourceInfo:
        """What this source is; once open, with what it passes over."""
        return self._info

    def open(self) -> None:
        """List the folder; what is added to it later is not seen.

        Raises
        ------
        InputError
            If there is no such folder, it may not be read, or no picture is in it.
        """
        listing = list_folder(self._folder)
        self._files = list(reversed(listing.files))
        self._pages, self._reading, self._given = [], None, 0
        self._info = replace(self._info, passed_over=listing.passed_over)
        self._due_s = time.monotonic()
        self._closed.clear()

    def next_event(self, timeout_s: float) -> SourceEvent | None:
        """Return the next picture when its turn has come; one that cannot be judged is a `FrameFault`."""
        if self._closed.is_set() or self._given == self._limit or not (self._files or self._pages or self._reading):
            return EndOfFrames()
        wait_s = self._due_s - time.monotonic()
        if wait_s > 0:
            # The event that ends the source is also the pause between pictures.
            if self._closed.wait(min(wait_s, max(timeout_s, 0.0))):
                return EndOfFrames()
            if wait_s > timeout_s:
                return None
        event = self._next_page() if self._pages else self._next_file(timeout_s)
        if event is not None:
            # Whoever takes pictures more slowly than asked gets no burst afterwards.
            self._due_s = max(self._due_s + self._period_s, time.monotonic())
        return event

    def close(self) -> None:
        """End a running wait; the next `open` starts from the first picture. Idempotent."""
        self._closed.set()
        reading = self._reading
        if reading is not None:
            reading.thread.join(_AT_ONCE_S)

    def _next_file(self, timeout_s: float) -> SourceEvent | None:
        if self._reading is None:
            self._stuck = [thread for thread in self._stuck if thread.is_alive()]
            self._reading = Reading(self._files.pop(), self._closed, self._patience)
        reading = self._reading
        patience_s = max(timeout_s, _AT_ONCE_S)
        if not reading.wait(patience_s) and not reading.overdue() and len(self._stuck) < _MOST_STUCK:
            return None
        self._reading = None
        if not reading.wait(0.0):
            self._stuck.append(reading.thread)
            return self._fault(reading.path.name, reading.stuck(), reading.began_ns)
        try:
            file = reading.picture_file()
        except InputError as error:
            return self._fault(reading.path.name, error, reading.began_ns)
        self._pages = [(file, number) for number in range(len(file.pages), 0, -1)]
        return self._next_page(reading.began_ns)

    def _next_page(self, began_ns: int | None = None) -> Frame | FrameFault:
        file, number = self._pages.pop()
        name = file.page_name(number)
        began_ns = time.monotonic_ns() if began_ns is None else began_ns
        try:
            picture = decode_page(file, number, self._bits)
            must_hold_a_part(picture.pixels, name)
        except InputError as error:
            return self._fault(name, error, began_ns)
        return Frame(picture.pixels, self._origin(name, began_ns), picture.pixel_format, picture.original)

    def _fault(self, name: str, error: InputError, began_ns: int) -> FrameFault:
        words = error_text(error, self._language)
        return FrameFault(self._origin(name, began_ns), ReasonCode.UNREADABLE_IMAGE.value, words, error)

    def _origin(self, name: str, began_ns: int) -> FrameOrigin:
        self._given += 1
        return arrival(self._given, self._info.source_id, arrived_ns=began_ns, file=name)
