"""When and where a frame arrived, and how fast frames may come."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from crane_desktop.domain.errors import InputError
from crane_desktop.domain.frames import FrameOrigin
from crane_desktop.domain.sources import FASTEST_HZ, MOST_FRAMES, SLOWEST_HZ


def arrival(
    frame_id: int,
    source_id: str,
    *,
    arrived_ns: int | None = None,
    block_id: int | None = None,
    device_timestamp_ns: int | None = None,
    trigger_id: int | None = None,
    file: str | None = None,
) -> FrameOrigin:
    """Return the origin of a frame that arrived now, or at `arrived_ns` of this machine's monotonic clock."""
    now_ns = time.monotonic_ns()
    at_ns = now_ns if arrived_ns is None else min(arrived_ns, now_ns)
    wall_s = time.time() - (now_ns - at_ns) * 1e-9
    return FrameOrigin(
        frame_id=frame_id,
        source_id=source_id,
        arrived_at=datetime.fromtimestamp(wall_s, tz=UTC),
        arrived_ns=at_ns,
        block_id=block_id,
        device_timestamp_ns=device_timestamp_ns,
        trigger_id=trigger_id,
        file=file,
    )


def check_pace(rate_hz: float | None, frames: int | None) -> None:
    """Raise InputError where no source can give so many frames a second, or so many in all."""
    if rate_hz is not None and not SLOWEST_HZ <= rate_hz <= FASTEST_HZ:
        raise InputError("camera.rate_wrong", rate=rate_hz)
    if frames is not None and not 0 <= frames <= MOST_FRAMES:
        raise InputError("camera.frames_wrong", frames=frames)
