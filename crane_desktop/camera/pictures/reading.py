"""A picture file from disk: a regular file, read within a bound, whole, and no longer being written."""

from __future__ import annotations

import errno
import logging
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from crane_desktop.camera.pictures.bounded import Bounded, Progress
from crane_desktop.camera.pictures.whole import DamagedPictureError, PictureFile, open_picture
from crane_desktop.domain.errors import InputError
from crane_desktop.settings.regular_file import open_regular

_CHUNK_BYTES = 1 << 22
_MOST_BYTES = 2 << 30
_FRESH_S = 3.0
"""A file that was written to so lately may be written to again."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a file is waited for.

    Attributes
    ----------
    stuck_s
        The system may take so long for one answer.
    growing_s
        A file may go on changing for so long.
    still_s
        It must then be as it is for so long.
    """

    stuck_s: float = 10.0
    growing_s: float = 10.0
    still_s: float = 0.5


PATIENCE = Patience()

_log = logging.getLogger(__name__)


class Reading(Bounded[PictureFile]):
    """One picture file, being read.

    Attributes
    ----------
    began_ns
        When its bytes were last asked for, ``time.monotonic_ns()``.
    """

    def __init__(self, path: Path, ended: threading.Event, patience: Patience = PATIENCE) -> None:
        self.path, self._ended, self._patience = path, ended, patience
        self.began_ns = time.monotonic_ns()
        super().__init__(self._load, "picture-reading")

    def overdue(self) -> bool:
        """Return whether the system has not answered within the bound."""
        return self.progress.quiet_s() > self._patience.stuck_s

    def stuck(self) -> InputError:
        """Return what is to be said of a file that does not answer."""
        return InputError("camera.file_stuck", file=self.path.name, seconds=round(self._patience.stuck_s))

    def picture_file(self) -> PictureFile:
        """Wait for the file.

        Raises
        ------
        InputError
            If it is missing, no regular file, cannot be read, does not answer, still changes, or is no whole picture.
        """
        return self.result(self._patience.stuck_s, self.stuck())

    def _load(self, progress: Progress) -> PictureFile:
        until_s = time.monotonic() + self._patience.growing_s
        while True:
            self.began_ns = time.monotonic_ns()
            data, seen = _read(self.path, progress)
            progress.computes()
            found = self._opened(data)
            progress.gets_on()
            sure = isinstance(found, PictureFile) and (found.proven or abs(time.time() - seen.st_mtime) > _FRESH_S)
            if sure or not self._changes(seen, progress):
                if isinstance(found, PictureFile):
                    return found
                raise found
            if time.monotonic() > until_s or self._ended.is_set():
                raise InputError("camera.file_still_changing", file=self.path.name)

    def _opened(self, data: bytes) -> PictureFile | DamagedPictureError:
        try:
            return open_picture(data, self.path.name)
        except DamagedPictureError as error:
            return error

    def _changes(self, seen: os.stat_result, progress: Progress) -> bool:
        """Return whether the file changes while it is looked at for a moment."""
        self._ended.wait(self._patience.still_s)
        try:
            now = self.path.stat()
        except OSError as error:
            raise _words(self.path, error) from error
        progress.gets_on()
        return (now.st_size, now.st_mtime_ns) != (seen.st_size, seen.st_mtime_ns)


def read_picture_file(path: Path) -> PictureFile:
    """Read a picture file; raises as `Reading.picture_file`."""
    return Reading(path, threading.Event()).picture_file()


def _read(path: Path, progress: Progress) -> tuple[bytes, os.stat_result]:
    """Return a file's bytes and what the system says of it afterwards."""
    try:
        with open_regular(path) as stream:
            progress.gets_on()
            if os.fstat(stream.fileno()).st_size > _MOST_BYTES:
                raise InputError("camera.file_too_large", file=path.name, most_gb=_MOST_BYTES >> 30)
            pieces = []
            while piece := stream.read(_CHUNK_BYTES):
                pieces.append(piece)
                progress.gets_on()
            return b"".join(pieces), os.fstat(stream.fileno())
    except InputError as error:
        if error.key == "settings.no_regular_file":  # there it is about a file that somebody chose
            raise InputError("camera.file_is_no_file", file=path.name) from error
        raise
    except OSError as error:
        raise _words(path, error) from error


def _words(path: Path, error: OSError) -> InputError:
    """Return what to tell people; the system's own words are for the log."""
    _log.info("%r: %s", str(path), error)
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return InputError("camera.file_missing", file=str(path))
    if error.errno in (errno.EACCES, errno.EPERM):
        return InputError("camera.file_not_permitted", file=str(path))
    return InputError("camera.file_unreadable", file=str(path))
