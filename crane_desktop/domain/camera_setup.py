"""Setting up a camera: what its features are, and the port by which the window reads and writes them.

The names are those of GenICam's GenApi, in the words of the page that shows them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Protocol, TypeAlias

from crane_desktop.domain import camera_names
from crane_desktop.domain.errors import CraneError
from crane_desktop.domain.frames import Frame

FeatureValue: TypeAlias = camera_names.FeatureValue


class NodeKind(StrEnum):
    """What a node is; the page shows another field for each."""

    CATEGORY = "category"
    INTEGER = "integer"
    FLOAT = "float"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    TEXT = "text"
    COMMAND = "command"
    OTHER = "other"
    """A raw register: shown, not changed."""


class Visibility(IntEnum):
    """For whom a node is meant; the greater, the more one has to know."""

    BEGINNER = 0
    EXPERT = 1
    GURU = 2
    INVISIBLE = 3


class Access(StrEnum):
    """What can be done with a node now."""

    READ_WRITE = "read_write"
    READ_ONLY = "read_only"
    WRITE_ONLY = "write_only"
    LOCKED = "locked"
    """Readable, and writable as soon as the stream is stopped."""
    NOT_AVAILABLE = "not_available"
    """Not in the present settings of the camera."""
    NOT_IMPLEMENTED = "not_implemented"

    @property
    def readable(self) -> bool:
        """Whether there is a value."""
        return self in (Access.READ_WRITE, Access.READ_ONLY, Access.LOCKED)

    @property
    def writable(self) -> bool:
        """Whether a value would be taken, be it after a stop of the stream."""
        return self in (Access.READ_WRITE, Access.WRITE_ONLY, Access.LOCKED)


@dataclass(frozen=True, slots=True)
class NodeInfo:
    """What never changes about a node.

    Attributes
    ----------
    category
        Name of the category that it lies in; empty for those at the top.
    selectors
        Features that say which of this node's several values is meant.
    streamable
        The camera counts it among the settings that are saved and restored.
    """

    name: str
    category: str
    display_name: str
    description: str
    kind: NodeKind
    visibility: Visibility = Visibility.BEGINNER
    selectors: tuple[str, ...] = ()
    streamable: bool = False


@dataclass(frozen=True, slots=True)
class NodeChoice:
    """One entry of an enumeration."""

    name: str
    display_name: str
    available: bool = True


@dataclass(frozen=True, slots=True)
class NodeState:
    """A node as it is now.

    Attributes
    ----------
    value
        None where it cannot be read.
    low, high, step
        Limits of a number; the step is None where any number goes.
    detail
        What the driver said where reading failed; not translated.
    """

    name: str
    kind: NodeKind
    access: Access
    value: FeatureValue | None = None
    unit: str = ""
    low: float | None = None
    high: float | None = None
    step: float | None = None
    choices: tuple[NodeChoice, ...] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """What came of a write.

    Attributes
    ----------
    state
        The node afterwards: the camera may have rounded the value.
    restarted
        The stream was stopped for it and started again.
    """

    state: NodeState
    restarted: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """A feature that the camera did not take, and why."""

    feature: str
    error: CraneError


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of writing a whole feature set."""

    written: int
    refused: tuple[Refusal, ...] = ()
    restarted: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """A feature that is not as the recipe wants it; None where one side has no such value."""

    feature: str
    wanted: FeatureValue | None
    actual: FeatureValue | None


def same_value(one: FeatureValue | None, other: FeatureValue | None) -> bool:
    """Return whether two values are the same for a camera: it may keep floating-point numbers in 32 bit.

    Whole numbers are kept as they are: an address or a serial number differs by its last digit, too.
    """
    if one == other:
        return True
    numbers = (int, float)
    if not (isinstance(one, numbers) and isinstance(other, numbers)) or (
        isinstance(one, int) and isinstance(other, int)
    ):
        return False
    return math.isclose(one, other, rel_tol=1e-6)


def same_feature(feature: str, one: FeatureValue | None, other: FeatureValue | None) -> bool:
    """Return whether two values of a feature are the same, also where cameras of another age call them otherwise."""
    if one is None or other is None:
        return one is other
    return same_value(camera_names.standard_value(feature, one), camera_names.standard_value(feature, other))


def differences(
    wanted: Mapping[str, FeatureValue], actual: Mapping[str, FeatureValue | None]
) -> tuple[Difference, ...]:
    """Return what differs: the recipe's features in its order."""
    return tuple(
        Difference(name, value, actual.get(name))
        for name, value in wanted.items()
        if not same_feature(name, value, actual.get(name))
    )


class CameraSetup(Protocol):
    """One open camera. Every method returns at once; a future fails where the camera does not answer in time."""

    @property
    def name(self) -> str:
        """The camera, for people; empty until it is open."""
        ...

    @property
    def on_the_line(self) -> bool:
        """Whether an inspection runs on it: its stream is then not stopped for a change."""
        ...

    def newest(self) -> Frame | None:
        """Return the newest frame; None before the first."""
        ...

    def fault(self) -> CraneError | None:
        """Return why the camera does not stream, or None."""
        ...

    def nodes(self) -> Future[Sequence[NodeInfo]]:
        """List all nodes, each category before what lies in it."""
        ...

    def read(self, names: Sequence[str]) -> Future[Sequence[NodeState]]:
        """Read nodes; names that the camera lacks come back as not implemented."""
        ...

    def write(self, name: str, value: FeatureValue) -> Future[Written]:
        """Set a node; fails with the reason in plain words where the camera refuses."""
        ...

    def execute(self, name: str) -> Future[Written]:
        """Execute a command."""
        ...

    def feature_set(self) -> Future[Mapping[str, FeatureValue]]:
        """Read all settings worth keeping, in an order in which they can be restored."""
        ...

    def restore(self, features: Mapping[str, FeatureValue]) -> Future[Restored]:
        """Write a feature set."""
        ...

    def values(self, features: Sequence[str]) -> Future[Mapping[str, FeatureValue | None]]:
        """Read features by the names of a feature set (``"TriggerMode[FrameStart]"``)."""
        ...

    def wanted(self) -> Mapping[str, FeatureValue]:
        """Return the features of the loaded recipe."""
        ...

    def keep(self, features: Mapping[str, FeatureValue], recipe: str) -> Future[str]:
        """Save the features with a recipe, which is made where there is none; return its name."""
        ...

    def close(self) -> None:
        """Let the camera go; one on the line stays with the line. Idempotent, returns at once."""
        ...
