"""Hand-over between two threads: the newest wins, or everything in order. Both can be closed."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")


class Mailbox(Protocol[T]):
    """What the acquiring side and the inspecting side see of a hand-over."""

    def put(self, item: T, timeout_s: float) -> bool:
        """Hand over; False where it was not taken within `timeout_s` or the mailbox is closed."""
        ...

    def take(self, most: int, timeout_s: float) -> list[T]:
        """Return what is there, oldest first, at most `most`; empty after `timeout_s`."""
        ...

    def close(self) -> None:
        """Take nothing more; what is there can still be taken out. Idempotent."""
        ...

    @property
    def exhausted(self) -> bool:
        """Whether it is closed and empty: nothing will ever come."""
        ...


class BoundedQueue(Generic[T]):
    """Everything, in order; whoever hands over waits for a place (back-pressure).

    Parameters
    ----------
    capacity
        Number of places.
    most_bytes
        What the items may hold together, None for any amount; a single one always finds a place.
    bytes_of
        What one item holds.
    """

    def __init__(
        self, capacity: int, most_bytes: int | None = None, bytes_of: Callable[[T], int] = lambda _item: 0
    ) -> None:
        if capacity < 1:
            raise ValueError("a queue needs at least one place")
        self._capacity = capacity
        self._most_bytes = most_bytes
        self._bytes_of = bytes_of
        self._items: deque[T] = deque()
        self._closed = False
        self._changed = threading.Condition()

    def waiting(self) -> tuple[int, int]:
        """Return how many items wait, and how many bytes they hold."""
        with self._changed:
            return len(self._items), sum(map(self._bytes_of, self._items))

    @property
    def full(self) -> bool:
        """Whether another item like the last one would have to wait."""
        with self._changed:
            return bool(self._items) and not self._has_place(self._items[-1])

    def _has_place(self, item: T) -> bool:
        if not self._items:
            return True
        if len(self._items) >= self._capacity:
            return False
        held = sum(map(self._bytes_of, self._items))
        return self._most_bytes is None or held + self._bytes_of(item) <= self._most_bytes

    def put(self, item: T, timeout_s: float) -> bool:
        """Hand over; False where no place came free within `timeout_s` or the queue is closed."""
        with self._changed:
            free = self._changed.wait_for(lambda: self._closed or self._has_place(item), timeout_s)
            if not free or self._closed:
                return False
            self._items.append(item)
            self._changed.notify_all()
            return True

    def take(self, most: int, timeout_s: float) -> list[T]:
        """Return what is there, oldest first, at most `most`; empty after `timeout_s` or once exhausted."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or bool(self._items), timeout_s)
            taken = [self._items.popleft() for _ in range(min(most, len(self._items)))]
            if taken:
                self._changed.notify_all()
            return taken

    def close(self) -> None:
        """Take nothing more. Idempotent; ends every wait."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def exhausted(self) -> bool:
        """Whether it is closed and empty."""
        with self._changed:
            return self._closed and not self._items


class LatestSlot(Generic[T]):
    """One place; a newer item replaces the one that waits.

    Parameters
    ----------
    on_replaced
        Told of every item that was replaced, on the thread that handed over the newer one.
    """

    def __init__(self, on_replaced: Callable[[T], None]) -> None:
        self._on_replaced = on_replaced
        self._item: list[T] = []
        self._closed = False
        self._changed = threading.Condition()

    def put(self, item: T, timeout_s: float = 0.0) -> bool:  # noqa: ARG002 - a slot never waits
        """Put `item` in the place of whatever waits there; False where the slot is closed."""
        with self._changed:
            if self._closed:
                return False
            replaced, self._item = self._item, [item]
            self._changed.notify_all()
        for old in replaced:
            self._on_replaced(old)
        return True

    def take(self, most: int, timeout_s: float) -> list[T]:
        """Return the one item, or nothing after `timeout_s` or once exhausted."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or bool(self._item), timeout_s)
            taken, self._item = self._item[:most], self._item[most:]
            return taken

    def close(self) -> None:
        """Take nothing more. Idempotent; ends every wait."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def exhausted(self) -> bool:
        """Whether it is closed and empty."""
        with self._changed:
            return self._closed and not self._item
