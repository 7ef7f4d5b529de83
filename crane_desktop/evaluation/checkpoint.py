"""What an evaluation has found so far, picture by picture on disk: it survives a kill, and memory holds little of it.

A class has two files. ``NNNN.pictures`` grows by a line a picture: its score and its compact tally. ``NNNN.tally``
holds the fine histograms and how many lines belong to them; it is replaced now and then, whole or not at all. After a
kill the lines beyond it are cut off and their pictures scored again: sums are then the same, in the same order.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from crane_desktop.domain.errors import InputError, technical
from crane_desktop.evaluation.pixel_metrics import PictureTally, PixelTally
from crane_desktop.settings.atomic import write_atomic

_SAVE_EVERY_S = 10.0
_LAYOUT = (("<u2", 2), ("<u4", 4), ("<u4", 4), ("<i8", 8))
"""Of a compact tally: bins, good, defective, overlap; bytes a bin."""


@dataclass(frozen=True, slots=True)
class ScoredPicture:
    """What a checkpoint holds of a picture.

    Attributes
    ----------
    score
        NaN where the model had no answer.
    blank
        Its mask marks nothing, though the part is defective.
    """

    score: float
    defective: bool
    blank: bool = False
    tally: PictureTally | None = None


class ClassCheckpoint:
    """The pictures of one class that are done, in their order.

    Parameters
    ----------
    folder
        Where the files lie.
    durable
        Whether somebody may come back for them.

    Raises
    ------
    InputError
        If nothing can be written there.
    """

    def __init__(self, folder: Path, number: int, *, durable: bool) -> None:
        self.tally = PixelTally()
        self.count = 0
        self._lines_file = folder / f"{number:04d}.pictures"
        self._tally_file = folder / f"{number:04d}.tally"
        self._durable = durable
        self._whole = True
        self._saved = time.monotonic()
        end = self._restore() if durable else 0
        with _writing(folder):
            self._file: IO[bytes] = self._lines_file.open("r+b" if end else "wb")
            self._file.truncate(end)
            self._file.seek(end)

    def add(
        self, score: float, *, defective: bool, values: NDArray[np.float32] | None, mask: NDArray[np.bool_] | None
    ) -> None:
        """Take in the next picture; its map and mask where it counts for the pixel figures."""
        self._whole = False
        picture = None
        if values is not None and mask is not None:
            picture = self.tally.add(values, mask, defective=defective)
        blank = defective and mask is not None and not mask.any()
        with _writing(self._lines_file.parent):
            self._file.write(_line(ScoredPicture(score, defective, blank, picture)))
        self.count += 1
        self._whole = True
        if self._durable and time.monotonic() - self._saved > _SAVE_EVERY_S:
            self.save()

    def save(self) -> None:
        """Make durable what is there. Does nothing where a picture was taken in by half."""
        if not self._durable or not self._whole:
            return
        with _writing(self._lines_file.parent):
            self._file.flush()
            os.fsync(self._file.fileno())
            facts = {"pictures": self.count, "bytes": self._file.tell(), "regions": self.tally.regions}
            write_atomic(self._tally_file, _packed(self.tally, facts))
        self._saved = time.monotonic()

    def pictures(self) -> Iterator[ScoredPicture]:
        """Read the pictures back, one at a time."""
        self._file.flush()
        with self._lines_file.open("rb") as file:
            for line, _ in zip(file, range(self.count), strict=False):
                yield _read_line(line)

    def close(self) -> None:
        """Let the files go."""
        self._file.close()

    def _restore(self) -> int:
        """Take up what an earlier run has saved; return where its lines end. What is damaged begins anew."""
        try:
            self.tally, facts = _unpacked(self._tally_file)
            self.count = facts["pictures"]
            read = sum(1 for _ in _proven_lines(self._lines_file, facts["bytes"]))
        except (OSError, SafetensorError, ValueError, KeyError, json.JSONDecodeError, zlib.error):
            read = -1
        if read == self.count:
            return facts["bytes"]
        self.tally, self.count = PixelTally(), 0
        return 0


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError("training.cannot_keep", folder=folder, detail=technical(error)) from error


def _proven_lines(file: Path, size: int) -> Iterator[ScoredPicture]:
    with file.open("rb") as lines:
        while lines.tell() < size:
            yield _read_line(lines.readline())


def _line(scored: ScoredPicture) -> bytes:
    known = scored.score == scored.score  # not NaN
    facts: dict[str, object] = {"score": scored.score if known else None, "defective": scored.defective}
    if scored.blank:
        facts["blank"] = True
    if scored.tally is not None:
        tally = scored.tally
        arrays: tuple[NDArray[Any], ...] = (tally.bins, tally.good, tally.defective, tally.overlap)
        raw = b"".join(a.astype(kind).tobytes() for a, (kind, _) in zip(arrays, _LAYOUT, strict=True))
        facts["tally"] = base64.b64encode(zlib.compress(raw, 1)).decode("ascii")
    text = json.dumps(facts).encode("ascii")
    return b"%08x %s\n" % (zlib.crc32(text), text)


def _read_line(line: bytes) -> ScoredPicture:
    """Return what a line holds.

    Raises
    ------
    ValueError
        If it is not whole.
    """
    sum_, _, text = line.rstrip(b"\n").partition(b" ")
    if not line.endswith(b"\n") or sum_ != b"%08x" % zlib.crc32(text):
        raise ValueError("a line is damaged")
    facts = json.loads(text)
    score = float("nan") if facts["score"] is None else float(facts["score"])
    packed = facts.get("tally")
    tally = None if packed is None else _tally_of(packed, facts["defective"])
    return ScoredPicture(score, facts["defective"], facts.get("blank", False), tally)


def _tally_of(packed: str, defective: bool) -> PictureTally:
    try:
        raw = zlib.decompress(base64.b64decode(packed, validate=True))
    except binascii.Error as error:
        raise ValueError("a line is damaged") from error
    bins = len(raw) // sum(size for _, size in _LAYOUT)
    arrays, at = [], 0
    for kind, size in _LAYOUT:
        arrays.append(np.frombuffer(raw, kind, bins, at))
        at += bins * size
    wide = [a.astype(np.int64) for a in arrays[1:]]
    return PictureTally(arrays[0].astype(np.uint16), wide[0], wide[1], wide[2], defective)


def _packed(tally: PixelTally, facts: dict[str, int]) -> bytes:
    bins = np.flatnonzero(tally.counts[:2].any(axis=0))
    arrays = {"bins": bins, "counts": np.ascontiguousarray(tally.counts[:, bins]), "overlap": tally.overlap[bins]}
    return save(arrays, {name: str(value) for name, value in facts.items()})


def _unpacked(file: Path) -> tuple[PixelTally, dict[str, int]]:
    tally = PixelTally()
    with safe_open(file, "numpy") as saved:
        facts = {name: int(value) for name, value in (saved.metadata() or {}).items()}
        bins = saved.get_tensor("bins")
        tally.counts[:, bins] = saved.get_tensor("counts")
        tally.overlap[bins] = saved.get_tensor("overlap")
    tally.regions = facts["regions"]
    return tally, facts
