"""Standard output and error that fail: full, closed, or without a reader."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from typing import Any, TextIO, cast

_STANDARD = (0, 1, 2)
_EXIT_LOST = 1


class OutputLostError(SystemExit):
    """Results can no longer be written: the program ends. No `Exception`, since nobody on the way could mend it.

    Attributes
    ----------
    error
        What the system said.
    """

    def __init__(self, error: OSError) -> None:
        super().__init__(_EXIT_LOST)
        self.error = error

    @property
    def reader_gone(self) -> bool:
        """Whether only the reader went away (``| head``): nobody wants to hear more."""
        return self.error.errno == errno.EPIPE


def hold_places() -> None:
    """Open what was closed of the standard streams onto nothing.

    Else the next file that is opened takes the place, and whatever a driver prints would land in it.
    """
    for number in _STANDARD:
        try:
            os.fstat(number)
        except OSError:
            with suppress(OSError):
                os.open(os.devnull, os.O_RDWR)  # it gets the lowest free number: this one


def guard_streams() -> None:
    """Let a failing stdout end the program with `OutputLostError`, and a failing stderr disturb nobody."""
    if sys.stdout is not None:
        sys.stdout = cast(TextIO, _Guarded(sys.stdout, tell=True))
    if sys.stderr is not None:
        sys.stderr = cast(TextIO, _Guarded(sys.stderr, tell=False))


class _Guarded:
    """A stream whose first failure is its last: from then on it writes to nothing, also when Python ends."""

    def __init__(self, stream: TextIO, *, tell: bool) -> None:
        self._stream = stream
        self._tell = tell

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, words: str) -> int:
        try:
            return self._stream.write(words)
        except OSError as error:
            self._lost(error)
            return len(words)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError as error:
            self._lost(error)

    def _lost(self, error: OSError) -> None:
        with suppress(OSError, ValueError):
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, self._stream.fileno())
            os.close(nothing)
        if self._tell:
            raise OutputLostError(error) from None
