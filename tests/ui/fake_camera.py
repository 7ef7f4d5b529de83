"""A test double of our own port `CameraSetup`: a camera of a few nodes that answers at once, or when it is told to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from fake_station import answered, drawn_frame, failed

from crane_desktop.domain.camera_setup import (
    Access,
    FeatureValue,
    NodeInfo,
    NodeKind,
    NodeState,
    Restored,
    Visibility,
    Written,
)
from crane_desktop.domain.errors import CraneError, InputError
from crane_desktop.domain.frames import Frame

_NODES: tuple[tuple[str, NodeKind, str, Visibility, FeatureValue | None], ...] = (
    ("Acquisition", NodeKind.CATEGORY, "", Visibility.BEGINNER, None),
    ("ExposureTime", NodeKind.FLOAT, "Acquisition", Visibility.BEGINNER, 4000.0),
    ("Gain", NodeKind.FLOAT, "Acquisition", Visibility.BEGINNER, 1.0),
    ("TriggerMode", NodeKind.TEXT, "Acquisition", Visibility.BEGINNER, "Off"),
    ("TriggerSoftware", NodeKind.COMMAND, "Acquisition", Visibility.BEGINNER, None),
    ("GammaEnable", NodeKind.BOOLEAN, "Acquisition", Visibility.EXPERT, True),
)
INFOS = tuple(
    NodeInfo(name, category, name, f"What {name} does.", kind, level) for name, kind, category, level, _ in _NODES
)


class FakeCamera:
    """Open at once unless it is made `silent`; `trouble` is its fault."""

    def __init__(self, *, silent: bool = False, fault: CraneError | None = None) -> None:
        self.name = "" if silent else "Red camera"
        self.on_the_line = False
        self.trouble = fault
        self.frame: Frame | None = None if silent else drawn_frame(1)
        self.values_now: dict[str, FeatureValue] = {n: v for n, _, _, _, v in _NODES if v is not None}
        self.recipe: dict[str, FeatureValue] = {"ExposureTime": 4000.0}
        self.kept: dict[str, Mapping[str, FeatureValue]] = {}
        self.calls: list[tuple[Any, ...]] = []
        self.closed = 0
        self.hold: set[str] = set()
        """Questions whose answers wait in `held`."""
        self.held: list[tuple[Future[Any], Any]] = []

    def _answer(self, question: str, value: Any) -> Future[Any]:
        if question not in self.hold:
            return answered(value)
        future: Future[Any] = Future()
        self.held.append((future, value))
        return future

    def _state(self, name: str) -> NodeState:
        kind = next((kind for n, kind, *_ in _NODES if n == name), NodeKind.OTHER)
        return NodeState(name, kind, Access.READ_WRITE, self.values_now.get(name), low=0.0, high=100_000.0)

    def newest(self) -> Frame | None:
        return self.frame

    def fault(self) -> CraneError | None:
        return self.trouble

    def nodes(self) -> Future[Sequence[NodeInfo]]:
        self.calls.append(("nodes",))
        return self._answer("nodes", INFOS)

    def read(self, names: Sequence[str]) -> Future[Sequence[NodeState]]:
        return self._answer("read", [self._state(name) for name in names])

    def write(self, name: str, value: FeatureValue) -> Future[Written]:
        self.calls.append(("write", name, value))
        if name not in self.values_now:
            return failed(InputError("ui.camera.recipe_needed"))
        self.values_now[name] = value
        return self._answer("write", Written(self._state(name), restarted=name == "Gain"))

    def execute(self, name: str) -> Future[Written]:
        self.calls.append(("execute", name))
        return answered(Written(self._state(name)))

    def feature_set(self) -> Future[Mapping[str, FeatureValue]]:
        return self._answer("feature_set", dict(self.values_now))

    def restore(self, features: Mapping[str, FeatureValue]) -> Future[Restored]:
        self.values_now.update(features)
        return answered(Restored(len(features)))

    def values(self, features: Sequence[str]) -> Future[Mapping[str, FeatureValue | None]]:
        return self._answer("values", {name: self.values_now.get(name) for name in features})

    def wanted(self) -> Mapping[str, FeatureValue]:
        return self.recipe

    def keep(self, features: Mapping[str, FeatureValue], recipe: str) -> Future[str]:
        self.kept[recipe] = features
        self.recipe = dict(features)
        return answered(recipe)

    def close(self) -> None:
        self.closed += 1
