"""Between the page and the camera: what is asked, what is refreshed, and who hears of the answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from itertools import count
from typing import Any

from PySide6.QtCore import QObject, Signal

from crane_desktop.domain.camera_setup import CameraSetup, FeatureValue, NodeInfo, NodeState, Written
from crane_desktop.domain.errors import CraneError
from crane_desktop.ui.shell.inbox import Inbox

REFRESH_S = 0.5
LIST_AGAIN_S = 1.0


_PART = "camera"
_NODES, _READ = f"{_PART}.nodes", f"{_PART}.read"


class Desk(QObject):
    """Asks one camera; the window's inbox brings the answers. Nothing here waits.

    Signals
    -------
    listed
        All `NodeInfo` of the camera.
    states
        `NodeState` of what is watched, or of what was written.
    written
        A `Written`: the camera took a value.
    refused
        Name and `CraneError`: it did not.
    troubled
        A `CraneError` that belongs to no field, or None when it is over.
    """

    listed = Signal(object)
    states = Signal(object)
    written = Signal(object)
    refused = Signal(str, object)
    troubled = Signal(object)

    def __init__(self, setup: CameraSetup, inbox: Inbox) -> None:
        super().__init__()
        self.setup, self._inbox = setup, inbox
        self.infos: dict[str, NodeInfo] = {}
        self._numbers = count(1)
        self._watched: dict[object, tuple[str, ...]] = {}
        self._read_at_s = self._listed_at_s = 0.0

    def watch(self, owner: object, names: Sequence[str]) -> None:
        """Have these nodes read again and again for `owner`; an empty list ends it."""
        before = self._watched.get(owner, ())
        self._watched[owner] = tuple(names)
        if set(names) - set(before):
            self._read_at_s = 0.0

    def poll(self) -> None:
        """Ask anew for what is old."""
        now_s = time.monotonic()
        if self.infos:
            self._refresh(now_s)
        elif not self._inbox.waits_for(_NODES) and self.setup.name and now_s - self._listed_at_s > LIST_AGAIN_S:
            self._listed_at_s = now_s
            # Without an answer the camera is not open yet, or again; the page says so by its own fault.
            self._inbox.ask(_NODES, self.setup.nodes(), self._take_infos, lambda _error: None)

    def ask(
        self, future: Future[Any], use: Callable[[Any], None], fail: Callable[[CraneError], None] | None = None
    ) -> None:
        """Have `use` called with the answer, or `fail` with the reason why there is none."""
        self._inbox.ask(f"{_PART}.{next(self._numbers)}", future, use, fail or self.troubled.emit)

    def write(self, name: str, value: FeatureValue | None) -> None:
        """Set a node, or execute it."""
        future = self.setup.execute(name) if value is None else self.setup.write(name, value)
        self.ask(future, self._take_written, lambda error: self.refused.emit(name, error))

    def restore(self, features: Mapping[str, FeatureValue], use: Callable[[Any], None]) -> None:
        """Write a feature set."""
        self.ask(self.setup.restore(features), use)

    def forget(self) -> None:
        """Want no answers any more."""
        self._inbox.drop_all(_PART)

    def _refresh(self, now_s: float) -> None:
        if self._inbox.waits_for(_READ) or now_s - self._read_at_s < REFRESH_S:
            return
        names = tuple(dict.fromkeys(name for some in self._watched.values() for name in some))
        self._read_at_s = now_s
        if names:
            self._inbox.ask(_READ, self.setup.read(names), self._take_states, self.troubled.emit)

    def _take_infos(self, infos: Sequence[NodeInfo]) -> None:
        self.infos = {info.name: info for info in infos}
        self.troubled.emit(None)
        self.listed.emit(tuple(infos))

    def _take_states(self, states: Sequence[NodeState]) -> None:
        self.troubled.emit(None)
        self.states.emit(tuple(states))

    def _take_written(self, done: Written) -> None:
        self._read_at_s = 0.0  # one setting changes the limits of others
        self.states.emit((done.state,))
        self.written.emit(done)
