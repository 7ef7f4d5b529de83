"""What a frame source hands down the line: pictures, and what became of those that never arrived."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from crane_desktop.domain.corrections import Correction
from crane_desktop.domain.errors import CraneError, InputError
from crane_desktop.domain.health import Gap


class LossCause(StrEnum):
    """Why a produced frame got no verdict. The names are the ones engineers know from camera SDKs."""

    LOST = "lost"
    """Lost on the wire: a gap in the camera's block ids."""
    INCOMPLETE = "incomplete"
    """The producer delivered a buffer that was not filled."""
    OVERRUN = "overrun"
    """The hand-over ring between camera process and line was full."""
    UNDERRUN = "underrun"
    """The driver had no empty buffer to fill: this computer was too slow."""
    GARBAGE = "garbage"
    """The buffer described no possible picture."""
    SKIPPED = "skipped"
    """A newer frame won (latest-frame policy)."""
    LATE = "late"
    """The line was stopped before the frame could be judged."""


@dataclass(frozen=True, slots=True)
class FrameOrigin:
    """Where and when a frame came from; what every event of a source carries.

    Attributes
    ----------
    frame_id
        Running number of the frame within one run of the source, from 1, counting losses too.
    source_id
        Stable name of the source, for example ``"genicam:viky/red"``.
    arrived_at
        UTC, timezone-aware.
    arrived_ns
        ``time.monotonic_ns()`` at arrival, in this process's clock; latency is measured from it.
    block_id
        The camera's own frame counter (GenTL frame id), where there is one.
    device_timestamp_ns
        The camera's own clock, where there is one.
    trigger_id
        Number of the trigger that asked for the frame, where the source is triggered.
    file
        Name of the file the frame was read from (folder replay) or of the drawn part (demo).
    """

    frame_id: int
    source_id: str
    arrived_at: datetime
    arrived_ns: int
    block_id: int | None = None
    device_timestamp_ns: int | None = None
    trigger_id: int | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture.

    Attributes
    ----------
    pixels
        uint8 ``(H, W)`` or ``(H, W, 3)`` RGB; C-contiguous, read-only, a copy of its own.
    origin
        Where and when it came from.
    pixel_format
        PFNC name of what the camera sent, for example ``"Mono12"``.
    original
        The camera's own values where `pixels` are not just these: read-only, uint16 with the format's bits at
        the low end, or uint8 where it has 8. Grey ``(H, W)``; of a Bayer camera the unpacked raw mosaic
        ``(H, W)``; of any other colour format RGB ``(H, W, 3)``. Never corrected.
    corrections
        What was done to the values before they became `pixels`, in this order.

    Raises
    ------
    ValueError
        If `pixels` or `original` breaks the contract above.
    """

    pixels: NDArray[np.uint8]
    origin: FrameOrigin
    pixel_format: str = "Mono8"
    original: NDArray[np.uint8] | NDArray[np.uint16] | None = None
    corrections: tuple[Correction, ...] = ()

    @property
    def raw(self) -> NDArray[np.uint8] | NDArray[np.uint16]:
        """The camera's own values: `original`, or `pixels` where these are they."""
        return self.pixels if self.original is None else self.original

    def __post_init__(self) -> None:
        p = self.pixels
        if p.dtype != np.uint8 or not (p.ndim == 2 or (p.ndim == 3 and p.shape[2] == 3)):
            raise ValueError(f"pixels must be uint8 (H, W) or (H, W, 3), not {p.dtype} {p.shape}")
        if 0 in p.shape:
            raise ValueError("pixels are empty")
        if not p.flags.c_contiguous or p.flags.writeable:
            raise ValueError("pixels must be C-contiguous and read-only")
        if self.original is not None:
            _check_original(self.original, p.shape[:2])


def _check_original(original: NDArray[np.uint8] | NDArray[np.uint16], size: tuple[int, ...]) -> None:
    if original.dtype not in (np.uint8, np.uint16) or original.shape not in (size, (*size, 3)):
        raise ValueError(f"the original must be uint8 or uint16 of {size}, not {original.dtype} {original.shape}")
    if original.flags.writeable:
        raise ValueError("the original must be read-only")


@dataclass(frozen=True, slots=True)
class FrameFault:
    """A part was there but its picture cannot be judged: it gets the verdict NONE, never OK.

    Attributes
    ----------
    cause
        A `Reason` code of `domain.verdicts`, as text (``"unreadable_image"``, ``"incomplete_frame"``...).
    detail
        What exactly happened, for the log: of a picture file a sentence in the station's language, of a camera the
        driver's words.
    error
        The same as an error with its sentence in both languages, where there is one.
    """

    origin: FrameOrigin
    cause: str
    detail: str = ""
    error: InputError | None = None


@dataclass(frozen=True, slots=True)
class FramesLost:
    """`count` frames were produced but never reached us; they are losses in the balance.

    `origin.frame_id` is the number of the last lost one: the frame ids of lost frames are consumed.
    """

    origin: FrameOrigin
    count: int
    cause: LossCause = LossCause.LOST


@dataclass(frozen=True, slots=True)
class EndOfFrames:
    """The source has nothing more to give (the folder's last picture, the asked number of frames)."""


@dataclass(frozen=True, slots=True)
class SourceDown:
    """The equipment is gone and the source works on getting it back: an alarm. No frames come meanwhile.

    What was under way has its own events before this one.
    """

    error: CraneError


@dataclass(frozen=True, slots=True)
class SourceBack:
    """The equipment is back: the alarm's cause has ceased. Frames go on under the next number."""

    error: CraneError
    gap: Gap


SourceEvent: TypeAlias = Frame | FrameFault | FramesLost | EndOfFrames | SourceDown | SourceBack


def sealed_pixels(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a C-contiguous, read-only copy of its own of `pixels` (same shape, uint8)."""
    own = np.array(pixels, dtype=np.uint8, order="C", copy=True)
    own.flags.writeable = False
    return own
