"""Frames lost on the wire and frames sent twice, from the camera's own numbering."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

_NEAR = 1024  # a step backwards that begins and ends so near to the ends of the range is a wrap-around
_REMEMBERED = 64


def lost_between(previous: int, current: int) -> int:
    """Return how many frames lie between two block ids.

    A step backwards that is no wrap-around is a restart of the camera's counter and says nothing.
    """
    return max(0, (_steps(previous, current) or 0) - 1)


def _steps(previous: int, current: int) -> int | None:
    """Return how far the ids count from one to the other, over a wrap-around too; None where that is backwards.

    Ids count up by one. GigE Vision 1.x numbers with 16 bit and leaves out 0 (GVSP block id): 65535 is
    followed by 1. Others wrap at 32 or 64 bit to 0.
    """
    if current >= previous:
        return current - previous
    for bits in (16, 32, 64):
        last = 2**bits - 1
        if last - _NEAR < previous <= last and current <= _NEAR:
            skipped = 1 if bits == 16 and current > 0 else 0
            return last - previous + current + 1 - skipped
    return None


@dataclass(frozen=True, slots=True)
class BlockIdFinding:
    """What a frame's block id says.

    Attributes
    ----------
    lost
        So many frames before it never came.
    repeated
        It is a picture that came before.
    late
        It was counted as lost already: its place has gone.
    """

    lost: int = 0
    repeated: bool = False
    late: bool = False


class BlockIdCounter:
    """Follows the block ids of one acquisition.

    A picture counts as sent again only where id *and* camera time are those of one before: a camera that
    does not count, or counts each burst anew, loses no part by it.

    Parameters
    ----------
    first
        The id that an acquisition begins with (U3V 0, GigE Vision 1), where that is known: what is missing
        before the first frame is lost too.
    """

    def __init__(self, first: int | None = None) -> None:
        self._first = first
        self._previous: int | None = None
        self._bad_buffers = 0
        self._recent: OrderedDict[int, int | None] = OrderedDict()
        self._counts = False
        self.unnumbered = False
        """Whether the camera is known not to number its frames."""

    def bad_buffers(self, count: int) -> None:
        """Take note of buffers without a picture (unfilled, garbage): they have ids too, and are no gap."""
        self._bad_buffers += count

    def observe(self, block_id: int | None, timestamp_ns: int | None) -> BlockIdFinding:
        """Return what the next whole frame's id says about it and those before it."""
        if block_id is None:
            self._bad_buffers = 0
            self.unnumbered = True
            return BlockIdFinding()
        if self._is_repeated(block_id, timestamp_ns):
            return BlockIdFinding(repeated=True)
        previous = self._previous
        if previous is not None and _is_behind(block_id, previous) and self._is_late(block_id, timestamp_ns):
            self._remember(block_id, timestamp_ns)
            return BlockIdFinding(late=True)
        bad_buffers, self._bad_buffers = self._bad_buffers, 0
        self._previous = block_id
        self._remember(block_id, timestamp_ns)
        if previous is None:
            missed = 0 if self._first is None else block_id - self._first
            return BlockIdFinding(lost=max(0, missed - bad_buffers) if missed < _REMEMBERED else 0)
        self._counts |= block_id != previous
        self.unnumbered = not self._counts
        return BlockIdFinding(lost=max(0, lost_between(previous, block_id) - bad_buffers))

    def _is_repeated(self, block_id: int, timestamp_ns: int | None) -> bool:
        if block_id not in self._recent:
            return False
        known_ns = self._recent[block_id]
        if known_ns is None or timestamp_ns is None:
            return block_id == self._previous and block_id != 0  # a camera that does not count says 0
        return known_ns == timestamp_ns

    def _is_late(self, block_id: int, timestamp_ns: int | None) -> bool:
        """Tell a frame that was overtaken from the first one after a restart of the camera's counter."""
        if block_id in self._recent:
            return False
        later = [known_ns for known, known_ns in self._recent.items() if _is_behind(block_id, known)]
        times = [known_ns for known_ns in later if known_ns is not None]
        return bool(times) and timestamp_ns is not None and timestamp_ns < min(times)

    def _remember(self, block_id: int, timestamp_ns: int | None) -> None:
        self._recent[block_id] = timestamp_ns
        self._recent.move_to_end(block_id)
        while len(self._recent) > _REMEMBERED:
            self._recent.popitem(last=False)


def _is_behind(block_id: int, newer: int) -> bool:
    return 0 < (_steps(block_id, newer) or 0) < _REMEMBERED
