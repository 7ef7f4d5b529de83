"""The demo source: a simulated line whose every part and defect is known."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

from crane_desktop.domain.arrival import check_pace
from crane_desktop.domain.frames import EndOfFrames, Frame, FrameOrigin, SourceEvent, sealed_pixels
from crane_desktop.domain.ports import SourceInfo
from crane_desktop.simulation import KINDS, DrawnPart, draw_part
from crane_desktop.simulation.painting.draw import is_defective, known

PARTS_PER_BATCH = 12
"""With all kinds on the line, a change-over comes after so many parts."""
SHOWN_KINDS: tuple[str, ...] = tuple(kind for kind in KINDS if kind != "random_texture")
"""Kinds of parts on the line, in their order; random textures are drawn for training only: no line makes them."""
_SEED_STRIDE = 1_000_000


class DemoSource:
    """A simulated line behind the port `domain.ports.FrameSource`.

    What part N is depends on the arguments and N alone: two sources of one seed show the same parts, and
    `truth` knows each before it is shown. Parts of one kind share one design, as on a real line.

    Parameters
    ----------
    kind
        Kind of part; None: one kind after the other, with a change-over every `PARTS_PER_BATCH` parts.
    seed
        Number of the line, 0 or more.
    rate_hz
        Parts a second; None: as fast as they are asked for.
    frames
        End after so many parts; None: never.
    size_px
        Side of the picture.
    defect_share
        Probability in [0, 1] that a part is defective.

    Raises
    ------
    InputError
        If the kind is unknown, or `rate_hz` or `frames` make no sense.
    """

    def __init__(
        self,
        kind: str | None,
        *,
        seed: int = 0,
        rate_hz: float | None = None,
        frames: int | None = None,
        size_px: int = 512,
        defect_share: float = 0.2,
    ) -> None:
        if kind is not None:
            known(kind)
        check_pace(rate_hz, frames)
        self._kinds = SHOWN_KINDS if kind is None else (kind,)
        self._seed = seed
        self._period_s = 1.0 / rate_hz if rate_hz else 0.0
        self._frames = frames
        self._size_px = size_px
        self._defect_share = defect_share
        self._given = 0
        self._due_s = 0.0
        self._closed = threading.Event()
        name = kind or "all"
        self._info = SourceInfo(
            f"demo:{name}", "demo", True, name, takt_s=self._period_s or None, waits_for_line=not rate_hz
        )

    @property
    def info(self) -> SourceInfo:
        """What this source is."""
        return self._info

    def open(self) -> None:
        """Start again at part 1."""
        self._closed.clear()
        self._given = 0
        self._due_s = time.monotonic()

    def next_event(self, timeout_s: float) -> SourceEvent | None:
        """Return the next part when it is due; None when it is not due within `timeout_s` or on close."""
        if self._frames is not None and self._given >= self._frames:
            return EndOfFrames()
        if not self._wait(timeout_s):
            return None
        frame_id = self._given + 1
        part = self.drawn(frame_id)
        self._given = frame_id
        return Frame(sealed_pixels(part.pixels), self._origin(frame_id), "RGB8")

    def close(self) -> None:
        """End the line, and any wait for its next part. Idempotent."""
        self._closed.set()

    def kind_of(self, frame_id: int) -> str:
        """Return the kind of part number `frame_id` (from 1)."""
        return self._kinds[(frame_id - 1) // PARTS_PER_BATCH % len(self._kinds)]

    def drawn(self, frame_id: int) -> DrawnPart:
        """Draw part number `frame_id` (from 1) with its truth."""
        return draw_part(
            self.kind_of(frame_id),
            self._seed * _SEED_STRIDE + frame_id,
            size_px=self._size_px,
            defect_rate=self._defect_share,
            design=self._seed,
        )

    def truth(self, frame_id: int) -> bool:
        """Return whether part number `frame_id` (from 1) is defective."""
        return is_defective(self.kind_of(frame_id), self._seed * _SEED_STRIDE + frame_id, self._defect_share)

    def _wait(self, timeout_s: float) -> bool:
        """Wait until the next part is due; False when `timeout_s` ends first or the source is closed."""
        if self._closed.is_set():
            return False
        now = time.monotonic()
        left_s = self._due_s - now
        if left_s > timeout_s:
            self._closed.wait(timeout_s)
            return False
        if left_s > 0 and self._closed.wait(left_s):
            return False
        # A line that fell behind goes on at its rate; it does not hurry to catch up.
        self._due_s = max(self._due_s, now - self._period_s) + self._period_s
        return True

    def _origin(self, frame_id: int) -> FrameOrigin:
        return FrameOrigin(
            frame_id=frame_id,
            source_id=self._info.source_id,
            arrived_at=datetime.now(UTC),
            arrived_ns=time.monotonic_ns(),
            file=f"{self.kind_of(frame_id)}-{frame_id:06d}",
        )
