"""A camera's output line, driven from the camera's process: only there is the timing exact.

The line stands at its safe level before the first frame and after the last: on stop, on a fault, when the
line's process dies (the pipe ends) and when this process is asked to end (SIGTERM). Where this process itself
is killed nobody is left to set anything: then the camera lets its outputs fall as soon as it misses its
program. Wire the line so that this rejects, or use good pulses.
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Protocol, TypeAlias, cast

from genicam import genapi, gentl

from crane_desktop.camera.genicam.features import AnyNodeMap
from crane_desktop.camera.genicam.messages import CameraOrder, FrameArrived, OutputLineVerdict
from crane_desktop.camera.genicam.pulses import Pulses
from crane_desktop.camera.genicam.user_output import Output, output_of
from crane_desktop.domain.errors import CraneError, InputError, Technical
from crane_desktop.domain.signals import LineSetting, SignalCounts

_REFUSALS = (CraneError, gentl.GenericException, genapi.GenericException)
_REPORT_EVERY_S = 0.1
_RETRY_S = 0.1
_AWAKE_BEFORE_NS = 2_000_000
"""A change that is due so soon is waited for: the loop's own turn is longer than the jitter that a line may have."""
_DRAIN_S = 2.5
_IDLE_S = 0.001

Report: TypeAlias = Callable[[SignalCounts], None]


class OutputLineCamera(Protocol):
    """What driving a line needs from a camera."""

    incomplete: int
    garbage: int

    @property
    def nodes(self) -> AnyNodeMap:
        """The camera's features."""
        ...


@dataclass(frozen=True, slots=True)
class DrivenLoop:
    """What the loop runs with."""

    pipe: Connection
    tick: Callable[[], None]


class OutputLine:
    """One line of an open camera.

    Parameters
    ----------
    report
        Takes what happened, a few times a second.
    trigger
        The camera's trigger; where it runs freely a frame is no part, and none is missed.
    bad_frames
        Tells how many frames came that are no pictures, so far.

    Raises
    ------
    InputError
        If the camera has no such output.
    """

    def __init__(
        self, nodes: AnyNodeMap, setting: LineSetting, report: Report, *, trigger: str, bad_frames: Callable[[], int]
    ) -> None:
        self._nodes = nodes
        self._setting = setting
        self._report = report
        self._reported_at_s = self._refused_at_s = 0.0
        # A software trigger says by itself that its picture is missing.
        self._expects_incomplete = trigger == "hardware"
        self._bad_frames, self._bad_counted = bad_frames, bad_frames()
        self._pulses = Pulses(setting, every_part=trigger in ("software", "hardware"))
        self._inverted = False
        self._active: bool | None = None
        try:
            self._output = self._set_up()
        except _REFUSALS as error:
            raise InputError("camera.line_not_driven", line=setting.line, detail=_detail(error)) from error

    def frame(self, arrived_ns: int) -> None:
        """Await the verdict on a part."""
        self._pulses.frame(arrived_ns)

    def verdict(self, verdict: OutputLineVerdict) -> None:
        """Take a verdict."""
        self._pulses.verdict(verdict.arrived_ns, pulse=verdict.pulse, now_ns=time.monotonic_ns())

    def tick(self) -> None:
        """Do what is due now, or within the next moment."""
        self._expect_incomplete_frames()
        soon_ns = self._pulses.next_ns()
        now_ns = time.monotonic_ns()
        if soon_ns is not None and now_ns < soon_ns <= now_ns + _AWAKE_BEFORE_NS:
            time.sleep((soon_ns - now_ns) / 1e9)
            now_ns = time.monotonic_ns()
        active = self._pulses.advance(now_ns)
        if active is not self._active:
            self._drive(active=active)
        self._report_periodically()

    def drain(self, pipe: Connection, heartbeat: Callable[[], None]) -> None:
        """Go on until the parts under way are past, within bounds; frames are not taken any more."""
        until_s = time.monotonic() + _DRAIN_S
        while not (self._pulses.idle or self._setting.active_at_end) and time.monotonic() < until_s:
            heartbeat()
            self.tick()
            try:
                message = pipe.recv() if pipe.poll(_IDLE_S) else None
            except (EOFError, OSError):
                time.sleep(_IDLE_S)  # nobody is left to say anything
                continue
            if isinstance(message, OutputLineVerdict):
                self.verdict(message)

    def _expect_incomplete_frames(self) -> None:
        """A part whose frame came unfilled will get no verdict, and must be rejected all the same."""
        bad = self._bad_frames()
        for number in range(bad - self._bad_counted if self._expects_incomplete else 0):
            self._pulses.frame(time.monotonic_ns() + number)
        self._bad_counted = bad

    def make_safe(self) -> None:
        """Set the level of the end; what the camera refuses now cannot be helped."""
        try:
            self._write(active=self._setting.active_at_end)
        except _REFUSALS as error:
            self._pulses.refused(_detail(error))
        self._report(self._pulses.counts())

    def _set_up(self) -> Output:
        output = output_of(self._nodes, self._setting.line, self._setting.user_output)
        self._inverted = output.can_invert and not self._setting.active_high
        # The value first: a line that becomes an output already stands at its safe level.
        output.put(high=self._level(active=self._setting.active_at_end))
        output.connect(inverted=self._inverted)
        return output

    def _drive(self, *, active: bool) -> None:
        now_s = time.monotonic()
        if self._active is None and now_s - self._refused_at_s < _RETRY_S:
            return
        try:
            self._write(active=active)
        except _REFUSALS as error:
            self._active, self._refused_at_s = None, now_s
            self._pulses.refused(_detail(error))
        else:
            self._active = active

    def _write(self, *, active: bool) -> None:
        self._output.put(high=self._level(active=active))

    def _level(self, *, active: bool) -> bool:
        return (active is self._setting.active_high) is not self._inverted

    def _report_periodically(self) -> None:
        now_s = time.monotonic()
        if now_s - self._reported_at_s >= _REPORT_EVERY_S:
            self._reported_at_s = now_s
            counts = self._pulses.counts()
            if counts != SignalCounts():
                self._report(counts)


class OutputLinePipe:
    """The pipe to the line's process, seen by the loop: what concerns the output line is taken out on the way."""

    def __init__(self, pipe: Connection, line: OutputLine) -> None:
        self._pipe = pipe
        self._line = line
        self._waiting: list[Any] = []

    def send(self, message: object) -> None:
        """Send, and await the verdict on a frame that was handed over."""
        if isinstance(message, FrameArrived):
            self._line.frame(message.arrived_ns)
        self._pipe.send(message)

    def poll(self, timeout_s: float = 0.0) -> bool:
        """Return whether there is a message for the loop."""
        until_s = time.monotonic() + timeout_s
        while not self._waiting:
            if not self._pipe.poll(max(0.0, until_s - time.monotonic())):
                return False
            message = self._pipe.recv()
            if isinstance(message, OutputLineVerdict):
                self._line.verdict(message)
            else:
                self._waiting.append(message)
        return True

    def recv(self) -> Any:
        """Return the next message for the loop; waits for it."""
        while not self._waiting:
            self.poll(1.0)
        return self._waiting.pop(0)


@contextmanager
def driving_output_line(
    grabber: OutputLineCamera, pipe: Connection, heartbeat: Callable[[], None], order: CameraOrder
) -> Iterator[DrivenLoop]:
    """Drive the output line that was ordered, if one was, and leave it safe in whatever way this ends.

    Yields the pipe and the tick to run the loop with. SIGTERM becomes an ordinary end.

    Raises
    ------
    InputError
        If the camera has no such output.
    """
    if order.line is None:
        yield DrivenLoop(pipe, heartbeat)
        return

    def report(counts: SignalCounts) -> None:
        with suppress(OSError):  # who does not listen any more is noticed by the loop
            pipe.send(counts)

    def bad() -> int:
        return grabber.incomplete + grabber.garbage

    line = OutputLine(grabber.nodes, order.line, report, trigger=order.trigger, bad_frames=bad)

    def tick() -> None:
        heartbeat()
        line.tick()

    if sys.platform != "win32":
        signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
    try:
        try:
            yield DrivenLoop(cast(Connection, OutputLinePipe(pipe, line)), tick)
        except (EOFError, BrokenPipeError, ConnectionError):
            line.drain(pipe, tick)
            raise
        line.drain(pipe, tick)
    finally:
        line.make_safe()


def _detail(error: Exception) -> str:
    return Technical((str(error).splitlines() or [type(error).__name__])[0])
