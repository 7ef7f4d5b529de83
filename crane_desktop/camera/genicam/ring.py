"""Frames across processes: a few slots of shared memory, each copied into once and out of once.

The line's process makes a ring and removes it, so that nothing stays behind when the camera's process is
killed. A slot belongs to the camera while its mark is FREE and to the line while it is FULL: a single byte,
written by the one who gives the slot away, after the pixels.
"""

from __future__ import annotations

import os
import secrets
import sys
import traceback
from collections.abc import Callable
from multiprocessing.shared_memory import SharedMemory
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from crane_desktop.camera.genicam.messages import RingAddress
from crane_desktop.domain.errors import StationFault

_HEAD_BYTES = 64
_FREE, _FULL = 0, 1
_MOST_SLOTS, _FEWEST_SLOTS = 8, 3
_RING_BYTES = 256 * 1024 * 1024

T = TypeVar("T")


def slots_for(slot_bytes: int) -> int:
    """Return how many frames of `slot_bytes` a ring holds: 8, fewer where they are huge, never under 3."""
    return max(_FEWEST_SLOTS, min(_MOST_SLOTS, _RING_BYTES // max(slot_bytes, 1)))


class RingReader:
    """The line's end: makes the shared memory, takes frames out, removes it."""

    def __init__(self, slot_bytes: int) -> None:
        self._slot_bytes = slot_bytes
        self._slots = slots_for(slot_bytes)
        size = _HEAD_BYTES + self._slots * slot_bytes
        try:
            # Named after its process: what a crash left behind can be told from what is in use.
            self._memory = SharedMemory(f"crane-{os.getpid()}-{secrets.token_hex(4)}", create=True, size=size)
        except OSError as error:
            raise StationFault("camera.no_memory", size=size // 2**20) from error
        try:
            _really_there(self._memory, size)
        except OSError as error:
            self.close()
            raise StationFault("camera.no_memory", size=size // 2**20) from error

    @property
    def address(self) -> RingAddress:
        """What the camera's process needs to find it."""
        return RingAddress(self._memory.name, self._slots, self._slot_bytes)

    def take(self, slot: int, size_bytes: int, convert: Callable[[NDArray[np.uint8]], T]) -> T:
        """Return ``convert(bytes of the slot)`` and give the slot back; `convert` must not keep its argument.

        Raises
        ------
        ValueError
            If there is no such slot, or no frame of that size in it.
        """
        if not (0 <= slot < self._slots and 0 < size_bytes <= self._slot_bytes):
            raise ValueError(f"no frame of {size_bytes} bytes in slot {slot}")
        start = _HEAD_BYTES + slot * self._slot_bytes
        try:
            return convert(np.frombuffer(_bytes_of(self._memory), np.uint8, size_bytes, start))
        except Exception as error:
            # Whoever keeps the error would keep its frames' variables, and with them the memory from being closed.
            traceback.clear_frames(error.__traceback__)
            raise
        finally:
            _bytes_of(self._memory)[slot] = _FREE

    def close(self) -> None:
        """Unmap and remove the memory. Idempotent."""
        self._memory.close()
        try:
            self._memory.unlink()
        except FileNotFoundError:
            return


class RingWriter:
    """The camera's end: puts frames in; never waits."""

    def __init__(self, address: RingAddress) -> None:
        self.name = address.name
        self._memory = SharedMemory(name=address.name)
        self._slots = address.slots
        self.slot_bytes = address.slot_bytes
        self._next = 0

    def free_slot(self) -> int | None:
        """Return a slot that may be written, or None while the line has not caught up."""
        for step in range(self._slots):
            slot = (self._next + step) % self._slots
            if _bytes_of(self._memory)[slot] == _FREE:
                return slot
        return None

    def put(self, slot: int, rows: NDArray[np.uint8]) -> int:
        """Copy uint8 ``(H, row bytes)``, lines of any stride, into the slot without gaps; return its size."""
        start = _HEAD_BYTES + slot * self.slot_bytes
        target = np.frombuffer(_bytes_of(self._memory), np.uint8, rows.size, start).reshape(rows.shape)
        np.copyto(target, rows)
        _bytes_of(self._memory)[slot] = _FULL
        self._next = (slot + 1) % self._slots
        return rows.size

    def close(self) -> None:
        """Unmap; the line removes the memory."""
        self._memory.close()


def _really_there(memory: SharedMemory, size: int) -> None:
    """Take the memory from the system now: where it promised too much, a later write would end the process."""
    handle = getattr(memory, "_fd", -1)
    if sys.platform == "linux" and handle >= 0:
        os.posix_fallocate(handle, 0, size)


def _bytes_of(memory: SharedMemory) -> memoryview:
    buffer = memory.buf
    if buffer is None:
        raise ValueError("the ring is closed")
    return buffer
