"""Frames lost on the wire, from the camera's own numbering."""

from __future__ import annotations

_LAST_16_BIT = 0xFFFF


def lost_between(previous: int, current: int) -> int:
    """Return how many frames lie between two block ids.

    Ids count up by one. GigE Vision 1.x numbers with 16 bit and leaves out 0 (GVSP block id): 65535 is
    followed by 1. Any other step backwards is a restart of the camera's counter and says nothing.
    """
    if current > previous:
        return current - previous - 1
    if previous > _LAST_16_BIT - 1024 and previous <= _LAST_16_BIT and 1 <= current <= 1024:
        return current + _LAST_16_BIT - previous - 1
    return 0


class BlockCounter:
    """Follows the block ids of one acquisition."""

    def __init__(self) -> None:
        self._previous: int | None = None
        self._incomplete = 0

    def incomplete(self, count: int) -> None:
        """Take note of frames that came unfilled: they have ids too, and are no gap."""
        self._incomplete += count

    def lost_before(self, block_id: int | None) -> int:
        """Return how many frames were lost between the last whole frame and this one."""
        previous, incomplete = self._previous, self._incomplete
        self._incomplete = 0
        if block_id is None:
            return 0
        self._previous = block_id
        return 0 if previous is None else max(0, lost_between(previous, block_id) - incomplete)
