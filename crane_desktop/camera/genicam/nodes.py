"""The node service of the camera's process: answers calls between frames, a node at a time.

A camera's register may take its time. So a call is done in small steps and the stream goes on between them; a
read that does not come back at all is the watchdog's affair, like any other call that hangs.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeAlias

from crane_desktop.camera.genicam.feature_sets import read_feature, read_set, write_set
from crane_desktop.camera.genicam.features import AnyNodeMap
from crane_desktop.camera.genicam.messages import (
    ErrorReport,
    ListNodes,
    NodeCall,
    NodeOrder,
    NodeReply,
    ReadFeatures,
    ReadNodes,
    ReadSet,
    WriteNode,
    WriteSet,
)
from crane_desktop.camera.genicam.node_reading import described, state_of
from crane_desktop.camera.genicam.node_writing import Stream, write_node
from crane_desktop.domain.camera_setup import Written
from crane_desktop.domain.errors import CraneError

_SLICE_S = 0.002

_Steps: TypeAlias = Generator[None, None, object]


@dataclass(slots=True)
class _Job:
    call_id: int
    steps: _Steps


class NodeService:
    """Does node calls in their order.

    Parameters
    ----------
    send
        Takes an answer to the line.
    tick
        Says that the process lives, in a call that takes long.
    """

    def __init__(
        self, nodes: AnyNodeMap, stream: Stream, send: Callable[[NodeReply], None], tick: Callable[[], None]
    ) -> None:
        self._nodes = nodes
        self._stream = stream
        self._send = send
        self._tick = tick
        self._jobs: deque[_Job] = deque()

    @property
    def busy(self) -> bool:
        """Whether there is something to do."""
        return bool(self._jobs)

    def take(self, call: NodeCall) -> None:
        """Put a call in the queue."""
        self._jobs.append(_Job(call.call_id, self._steps(call.order)))

    def turn(self) -> None:
        """Go on with the oldest call, for a moment or, where the camera is slow, for one node."""
        until_s = time.monotonic() + _SLICE_S
        while self._jobs:
            self._step(self._jobs[0])
            if time.monotonic() >= until_s:
                return

    def _step(self, job: _Job) -> None:
        try:
            next(job.steps)
            return
        except StopIteration as end:
            reply = NodeReply(job.call_id, end.value)
        except CraneError as error:
            reply = NodeReply(job.call_id, trouble=ErrorReport.of(error))
        self._jobs.popleft()
        self._send(reply)

    def _steps(self, order: NodeOrder) -> _Steps:
        match order:
            case ListNodes():
                return self._list()
            case ReadNodes(names):
                return self._read(names)
            case WriteNode():
                return self._write(order)
            case ReadSet():
                return self._read_set()
            case ReadFeatures(features):
                return self._read_features(features)
            case WriteSet():
                return self._write_set(order)

    def _list(self) -> _Steps:
        found = []
        for info in described(self._nodes):
            found.append(info)
            yield
        return tuple(found)

    def _read(self, names: tuple[str, ...]) -> _Steps:
        found = []
        for name in names:
            found.append(state_of(self._nodes, name, streaming=self._stream.running))
            yield
        return tuple(found)

    def _write(self, order: WriteNode) -> _Steps:
        yield
        restarted = write_node(self._nodes, self._stream, order.name, order.value, may_restart=order.may_restart)
        return Written(state_of(self._nodes, order.name, streaming=self._stream.running), restarted)

    def _read_set(self) -> _Steps:
        found = []
        for setting in read_set(self._nodes, streaming=self._stream.running):
            if setting is not None:
                found.append(setting)
            yield
        return tuple(found)

    def _read_features(self, features: tuple[str, ...]) -> _Steps:
        found = []
        for key in features:
            found.append((key, read_feature(self._nodes, key)))
            yield
        return tuple(found)

    def _write_set(self, order: WriteSet) -> _Steps:
        yield
        return write_set(self._nodes, self._stream, order.features, may_restart=order.may_restart, tick=self._tick)
