"""A line in its test bed: a scripted source, a scorer that reads its score from the picture, a log in memory."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from crane_desktop.domain.errors import CraneError
from crane_desktop.domain.events import Event
from crane_desktop.domain.frames import (
    EndOfFrames,
    Frame,
    FrameFault,
    FrameOrigin,
    FramesLost,
    SourceBack,
    SourceDown,
    SourceEvent,
    sealed_pixels,
)
from crane_desktop.domain.maps import AnomalyMap, Placement, Scored
from crane_desktop.domain.ports import LogEntry, ScorerInfo, SourceInfo
from crane_desktop.domain.station import Result
from crane_desktop.domain.verdicts import Inspection
from crane_desktop.pipeline.line import Line
from crane_desktop.recipe.model import Recipe, Thresholds

LIMITS = Thresholds(score_review=0.4, score_ng=0.6, map_review=0.8, map_ng=0.9)
RECIPE = Recipe(name="fake", version=3, thresholds=LIMITS)
OPEN_END = object()
"""In a script: from here on the source stays silent until it is closed or stopped."""


def origin(number: int) -> FrameOrigin:
    return FrameOrigin(number, "fake:1", datetime.now(UTC), time.monotonic_ns())


def frame(number: int, score: float = 0.1) -> Frame:
    """A picture whose score the fake scorer reads from its first pixel."""
    pixels = np.full((4, 4), round(score * 250), dtype=np.uint8)
    return Frame(sealed_pixels(pixels), origin(number))


@dataclass
class FakeSource:
    """Plays a script: events, numbers (scores of frames), errors to raise, or callables that do something first."""

    script: Sequence[object]
    every_part: bool = True
    open_error: CraneError | None = None
    gap_s: float = 0.0
    closed: threading.Event = field(default_factory=threading.Event)
    opened: bool = False
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    position: int = 0

    @property
    def info(self) -> SourceInfo:
        return SourceInfo("fake:1", "fake", self.every_part, "scripted")

    def open(self) -> None:
        self.opened = True
        if self.open_error is not None:
            raise self.open_error

    def next_event(self, timeout_s: float) -> SourceEvent | None:
        if self.position >= len(self.script):
            return EndOfFrames()
        step = self.script[self.position]
        if step is OPEN_END:
            self.closed.wait(timeout_s)
            return None
        self.position += 1
        self.closed.wait(self.gap_s)
        if isinstance(step, Exception):
            raise step
        if isinstance(step, SourceDown | SourceBack):
            return step
        if isinstance(step, float):
            return frame(next(self.numbers), step)
        if step == "fault":
            return FrameFault(origin(next(self.numbers)), "unreadable_image", "cut off")
        if isinstance(step, tuple):
            cause, count = step
            last = [next(self.numbers) for _ in range(count)][-1]
            return FramesLost(origin(last), count, cause)
        raise AssertionError(step)

    def close(self) -> None:
        self.closed.set()


@dataclass
class FakeScorer:
    """The score is what the picture says; 1.0 (pixel 250) raises; a hook may slow it down."""

    before: Callable[[], object] = lambda: None
    seen: list[int] = field(default_factory=list)

    @property
    def info(self) -> ScorerInfo:
        return ScorerInfo("demo", "1.0", "ab" * 32, "crane", "full", 64, "cpu", "fp32", for_demonstration=True)

    def score(self, pixels: NDArray[np.uint8]) -> Scored:
        self.before()
        value = int(pixels[0, 0])
        self.seen.append(value)
        if value == 250:
            raise RuntimeError("out of memory")
        score = float("nan") if value == 249 else value / 250
        flat = np.full((2, 2), 0.1, dtype=np.float32)
        return Scored(score, AnomalyMap(flat, Placement(0, 0, 4, 4)))

    def close(self) -> None:
        raise AssertionError("the scorer belongs to its owner")


RAISES, NAN = 1.0, 249 / 250


@dataclass
class FakeLog:
    """Keeps what it is given; the predicates are asked with the number of the call, with verdicts or events only."""

    failing: Callable[[int], CraneError | Exception | None] = lambda call: None
    failing_events: Callable[[int], CraneError | Exception | None] = lambda call: None
    before: Callable[[], object] = lambda: None
    order: list[Inspection | Event] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    notes: int = 0

    @property
    def rows(self) -> list[Inspection]:
        return [one for one in self.order if isinstance(one, Inspection)]

    @property
    def events(self) -> list[Event]:
        return [one for one in self.order if isinstance(one, Event)]

    def append(self, entries: Sequence[LogEntry | Event], timeout_s: float = 10.0) -> list[int]:
        self.before()
        verdicts = sum(isinstance(entry, LogEntry) for entry in entries)
        if verdicts:
            self.batches.append(verdicts)
            error = self.failing(len(self.batches))
        else:
            self.notes += 1
            error = self.failing_events(self.notes)
        if error is not None:
            raise error
        return [self._keep(entry) for entry in entries]

    def _keep(self, entry: LogEntry | Event) -> int:
        self.order.append(entry if isinstance(entry, Event) else entry.inspection)
        return len(self.events) if isinstance(entry, Event) else len(self.rows)


@dataclass
class Bed:
    """A line in its test bed, with everything that it told."""

    source: FakeSource
    scorer: FakeScorer = field(default_factory=FakeScorer)
    log: FakeLog = field(default_factory=FakeLog)
    recipe: Recipe = RECIPE
    results: list[Result] = field(default_factory=list)
    options: dict[str, object] = field(default_factory=dict)

    def line(self) -> Line:
        return Line(
            self.source,
            self.scorer,
            self.recipe,
            self.log,
            software_version="0.test",
            on_result=self.results.append,
            **self.options,  # type: ignore[arg-type]
        )

    def run(self) -> Line:
        line = self.line()
        line.start()
        assert line.join(20.0)
        return line

    @property
    def verdicts(self) -> list[str]:
        return [f"{r.inspection.verdict}:{r.inspection.reason.code}" for r in self.results]
