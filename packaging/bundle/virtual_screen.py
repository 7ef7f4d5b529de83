"""A screen without a monitor (Xvfb), whose picture can be read: what does the program's window show."""

from __future__ import annotations

import mmap
import os
import shutil
import struct
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

_SIZE_PX = (1400, 900)
_HEADER_WORDS = 25
_COLOUR_BYTES = 12


class VirtualScreen:
    """An X server of its own, as a context manager. Linux only.

    Attributes
    ----------
    display
        What belongs into the variable DISPLAY.

    Raises
    ------
    FileNotFoundError
        If there is no Xvfb (Debian package xvfb).
    """

    def __init__(self) -> None:
        server = shutil.which("Xvfb")
        if server is None:
            raise FileNotFoundError("Xvfb")
        self._folder = Path(tempfile.mkdtemp(prefix="screen-"))
        width_px, height_px = _SIZE_PX
        ours, theirs = os.pipe()
        try:
            self._server = subprocess.Popen(
                [
                    *(server, "-displayfd", str(theirs), "-screen", "0", f"{width_px}x{height_px}x24"),
                    *("-fbdir", str(self._folder), "-nolisten", "tcp", "-br"),
                ],
                pass_fds=(theirs,),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        finally:
            os.close(theirs)
        with os.fdopen(ours, "rb") as pipe:
            self.display = f":{int(pipe.readline())}"  # the number comes once the server answers
        with (self._folder / "Xvfb_screen0").open("rb") as file:
            self._memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._pixels = self._framebuffer()

    def _framebuffer(self) -> np.ndarray[Any, np.dtype[np.uint8]]:
        """Return a view of the server's own memory, which is laid out as an XWD file."""
        words = struct.unpack(f">{_HEADER_WORDS}I", self._memory[: _HEADER_WORDS * 4])
        header_size, width_px, height_px, line_bytes, colours = (words[i] for i in (0, 4, 5, 12, 19))
        start = header_size + colours * _COLOUR_BYTES
        whole = np.frombuffer(self._memory, np.uint8, height_px * line_bytes, start)
        return whole.reshape(height_px, -1, 4)[:, :width_px]

    def picture(self) -> np.ndarray[Any, np.dtype[np.uint8]]:
        """Return what is on screen now: ``(H, W, 3)`` RGB, a copy."""
        return self._pixels[:, :, 2::-1].copy()

    def count(self, rgb: tuple[int, int, int], step: int = 1) -> int:
        """Return how many pixels have just this colour; of every `step`-th row and column, where speed counts."""
        red, green, blue = rgb
        seen = self._pixels[::step, ::step]
        return int(np.count_nonzero((seen[:, :, 0] == blue) & (seen[:, :, 1] == green) & (seen[:, :, 2] == red)))

    def close(self) -> None:
        """Stop the server. Idempotent."""
        self._server.terminate()
        self._server.wait(10)
        self._pixels = np.zeros((0, 0, 4), np.uint8)
        self._memory.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> VirtualScreen:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
