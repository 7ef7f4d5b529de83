"""A camera opened for setting it up: a thread pumps its frames, the newest wins, and its nodes are asked."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, Protocol

from crane_desktop.camera.genicam.control import CameraControl
from crane_desktop.camera.genicam.messages import (
    ListNodes,
    NodeOrder,
    ReadFeatures,
    ReadNodes,
    ReadSet,
    WriteNode,
    WriteSet,
)
from crane_desktop.camera.genicam.source import GenicamSource
from crane_desktop.domain.camera_setup import FeatureValue, NodeInfo, NodeState, Restored, Written
from crane_desktop.domain.errors import CraneError, StationFault, technical
from crane_desktop.domain.frames import EndOfFrames, Frame
from crane_desktop.domain.ports import SourceInfo

_PUMP_S = 0.05
_JOIN_WITHIN_S = 10.0
_WHOLE_SET_WITHIN_S = 30.0
_REOPEN_AFTER_S = 2.0
_log = logging.getLogger(__name__)

Keep = Callable[[Mapping[str, FeatureValue], str], "Future[str]"]


class Controlled(Protocol):
    """What is needed of a source."""

    @property
    def info(self) -> SourceInfo:
        """What it is."""
        ...

    @property
    def control(self) -> CameraControl:
        """The camera's nodes."""
        ...

    @property
    def newest(self) -> Frame | None:
        """The newest frame."""
        ...


class NodeAccess:
    """The node half of `domain.camera_setup.CameraSetup`, over one source."""

    def __init__(self, source: Controlled, wanted: Mapping[str, FeatureValue], keep: Keep, *, on_line: bool) -> None:
        self._source = source
        self._wanted = dict(wanted)
        self._keep = keep
        self._on_line = on_line
        self._closed = threading.Event()

    @property
    def name(self) -> str:
        """The camera, for people."""
        return self._source.info.description

    @property
    def on_the_line(self) -> bool:
        """Whether an inspection runs on it."""
        return self._on_line

    def newest(self) -> Frame | None:
        """Return the newest frame."""
        return self._source.newest

    def fault(self) -> CraneError | None:
        """Return why there is no stream: on the line, that is the line's alarm."""
        return None

    def nodes(self) -> Future[Sequence[NodeInfo]]:
        """List all nodes."""
        return self._ask(ListNodes())

    def read(self, names: Sequence[str]) -> Future[Sequence[NodeState]]:
        """Read nodes."""
        return self._ask(ReadNodes(tuple(names)))

    def write(self, name: str, value: FeatureValue) -> Future[Written]:
        """Set a node."""
        return self._ask(WriteNode(name, value, may_restart=not self._on_line))

    def execute(self, name: str) -> Future[Written]:
        """Execute a command."""
        return self._ask(WriteNode(name, None, may_restart=not self._on_line))

    def feature_set(self) -> Future[Mapping[str, FeatureValue]]:
        """Read all settings worth keeping."""
        return _as_dict(self._ask(ReadSet(), _WHOLE_SET_WITHIN_S))

    def restore(self, features: Mapping[str, FeatureValue]) -> Future[Restored]:
        """Write a feature set."""
        order = WriteSet(tuple(features.items()), may_restart=not self._on_line)
        return self._ask(order, _WHOLE_SET_WITHIN_S)

    def values(self, features: Sequence[str]) -> Future[Mapping[str, FeatureValue | None]]:
        """Read features by the names of a set."""
        return _as_dict(self._ask(ReadFeatures(tuple(features)), _WHOLE_SET_WITHIN_S))

    def wanted(self) -> Mapping[str, FeatureValue]:
        """Return the features of the loaded recipe."""
        return self._wanted

    def keep(self, features: Mapping[str, FeatureValue], recipe: str) -> Future[str]:
        """Save the features with a recipe."""
        kept = self._keep(features, recipe)
        kept.add_done_callback(lambda done: self._kept(features, done))
        return kept

    def close(self) -> None:
        """Let the camera go; the line keeps its own."""
        self._closed.set()

    def _kept(self, features: Mapping[str, FeatureValue], done: Future[str]) -> None:
        if not done.cancelled() and done.exception() is None:
            self._wanted = dict(features)

    def _ask(self, order: NodeOrder, within_s: float | None = None) -> Future[Any]:
        if self._closed.is_set():
            refused: Future[Any] = Future()
            refused.set_exception(StationFault("camera.not_open"))
            return refused
        return self._source.control.ask(order) if within_s is None else self._source.control.ask(order, within_s)


class SetupSession(NodeAccess):
    """A camera that is open for this alone; opened, pumped and closed by a thread of its own.

    After a fault it is opened again every few seconds, until the session is closed.
    """

    def __init__(self, cti: str | None, device: str | None, wanted: Mapping[str, FeatureValue], keep: Keep) -> None:
        self._camera = GenicamSource(cti, device, trigger="as_set", features=wanted)
        super().__init__(self._camera, wanted, keep, on_line=False)
        self._fault: CraneError | None = None
        self._thread = threading.Thread(target=self._run, name="crane-setup", daemon=True)
        self._thread.start()

    def fault(self) -> CraneError | None:
        """Return why the camera does not stream, or None."""
        return self._fault

    def join(self) -> bool:
        """Wait until a closed session has let the camera go; return whether it has."""
        self._thread.join(_JOIN_WITHIN_S)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            while not self._closed.is_set():
                self._stream()
                self._closed.wait(_REOPEN_AFTER_S)
        finally:
            self._camera.close()

    def _stream(self) -> None:
        try:
            self._camera.open()
            self._fault = None
            while not self._closed.is_set():
                if isinstance(self._camera.next_event(_PUMP_S), EndOfFrames):
                    return
        except CraneError as error:
            self._fault = error
        except Exception as error:  # noqa: BLE001 - the thread's last defence: a driver may raise anything
            _log.exception("the camera under set-up failed unexpectedly")
            self._fault = StationFault("camera.lost", device=self.name, detail=technical(error))
        finally:
            self._camera.close()


def _as_dict(pairs: Future[Any]) -> Future[Any]:
    """Return a future for the same pairs as a dict."""
    made: Future[Any] = Future()

    def done(asked: Future[Any]) -> None:
        if not made.set_running_or_notify_cancel():
            return
        error = asked.exception()
        if error is not None:
            made.set_exception(error)
        else:
            made.set_result(dict(asked.result()))

    pairs.add_done_callback(done)
    return made
