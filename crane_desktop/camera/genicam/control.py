"""Questions and orders to a running camera's nodes, from any thread: each gets a future with a bound."""

from __future__ import annotations

import threading
import time
from collections import deque
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from crane_desktop.camera.genicam.messages import NodeCall, NodeOrder, NodeReply
from crane_desktop.domain.errors import CraneError, StationFault

ANSWER_WITHIN_S = 5.0
"""A camera that has not answered by then hangs, or is far slower than a page can wait for."""


@dataclass(slots=True)
class _Asked:
    future: Future[Any]
    until_s: float
    within_s: float


class CameraControl:
    """Lies between those who ask (any thread) and the thread that talks to the camera's process.

    Only that thread touches the pipe: it takes the calls from here with `due` and brings the answers with
    `receive`.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._number = 0
        self._open = False
        self._due: deque[NodeCall] = deque()
        self._asked: dict[int, _Asked] = {}

    def ask(self, order: NodeOrder, within_s: float = ANSWER_WITHIN_S) -> Future[Any]:
        """Return the answer to come; it fails where the camera refuses, is not open or does not answer in time."""
        future: Future[Any] = Future()
        with self._lock:
            if self._open:
                self._number += 1
                self._asked[self._number] = _Asked(future, time.monotonic() + within_s, within_s)
                self._due.append(NodeCall(self._number, order))
                return future
        future.set_exception(StationFault("camera.not_open"))
        return future

    def open(self) -> None:
        """The camera answers from now on."""
        with self._lock:
            self._open = True

    def close(self, error: CraneError | None = None) -> None:
        """The camera answers no more: whoever waits is told, with the reason where there is one."""
        with self._lock:
            self._open = False
            asked, self._asked = self._asked, {}
            self._due.clear()
        for one in asked.values():
            _fail(one.future, error or StationFault("camera.not_open"))

    def due(self) -> list[NodeCall]:
        """Return the calls to send; tell those whose time is over."""
        now_s = time.monotonic()
        with self._lock:
            late = [number for number, one in self._asked.items() if now_s >= one.until_s]
            over = [self._asked.pop(number) for number in late]
            calls = [call for call in self._due if call.call_id in self._asked]
            self._due.clear()
        for one in over:
            _fail(one.future, StationFault("camera.node_no_answer", seconds=round(one.within_s)))
        return [call for call in calls if self._begin(call)]

    def receive(self, reply: NodeReply) -> None:
        """Hand an answer to whoever waits for it; nobody waits for a late one."""
        with self._lock:
            one = self._asked.pop(reply.call_id, None)
        if one is None:
            return
        if reply.trouble is not None:
            _fail(one.future, reply.trouble.error())
            return
        with suppress(InvalidStateError):
            one.future.set_result(reply.answer)

    def _begin(self, call: NodeCall) -> bool:
        """Return whether the answer is still wanted: a page that was closed has cancelled it."""
        with self._lock:
            one = self._asked.get(call.call_id)
            if one is None or one.future.set_running_or_notify_cancel():
                return one is not None
            del self._asked[call.call_id]
        return False


def _fail(future: Future[Any], error: CraneError) -> None:
    with suppress(InvalidStateError):
        future.set_exception(error)
