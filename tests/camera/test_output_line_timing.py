"""An output line on a clock that the test turns: levels, refusals, drains and what is taken out of the pipe."""

from __future__ import annotations

from dataclasses import replace
from multiprocessing import Pipe
from typing import Any

import pytest
from camera_fakes import Clock, enumeration, node_map

from crane_desktop.camera.genicam import output_line
from crane_desktop.camera.genicam.messages import CameraOrder, FrameArrived, OutputLineVerdict, Stop
from crane_desktop.camera.genicam.output_line import OutputLine, OutputLinePipe, driving_output_line
from crane_desktop.domain.errors import InputError
from crane_desktop.domain.signals import LineSetting, SignalCounts

MS = 1_000_000
SETTING = LineSetting(
    line="Line2", user_output=None, active_high=True, pulse_ns=10 * MS, delay_ns=100 * MS, tolerance_ns=5 * MS,
    good_pulse=False, active_at_end=False, reject_silent=True,
)  # fmt: skip
XML = (
    enumeration("LineSelector", "Line1", "Line1", "Line2", "Line3")
    + enumeration("LineMode", "Input", "Input", "Output")
    + enumeration("LineSource", "Off", "Off", "UserOutput1", "UserOutput2")
    + enumeration("UserOutputSelector", "UserOutput1", "UserOutput1", "UserOutput2")
    + '<Boolean Name="UserOutputValue"><Value>0</Value></Boolean>'
)
INVERTER = '<Boolean Name="LineInverter"><Value>0</Value></Boolean>'
NAMES = ("LineSelector", "LineMode", "LineSource", "UserOutputSelector", "UserOutputValue")


class Nodes:
    """A node map that writes down every change, and refuses those that the test names."""

    def __init__(self, *, inverter: bool = False, refuses: tuple[str, ...] = ()) -> None:
        names = (*NAMES, "LineInverter") if inverter else NAMES
        self._map = node_map(*names, xml=XML + (INVERTER if inverter else ""))
        self.refuses = refuses
        self.written: list[tuple[str, Any]] = []

    def has_node(self, name: str) -> bool:
        return bool(self._map.has_node(name))

    def get_node(self, name: str) -> Any:
        return Recorded(name, self._map.get_node(name), self)

    def values(self, name: str) -> list[Any]:
        return [value for written, value in self.written if written == name]


class Recorded:
    def __init__(self, name: str, node: Any, nodes: Nodes) -> None:
        self._name, self._node, self._nodes = name, node, nodes

    @property
    def symbolics(self) -> Any:
        return self._node.symbolics

    @property
    def value(self) -> Any:
        return self._node.value

    @value.setter
    def value(self, value: Any) -> None:
        if self._name in self._nodes.refuses:
            raise ValueError(f"{self._name} is refused\nby the test")
        self._node.value = value
        self._nodes.written.append((self._name, value))


class Bad:
    """How many frames came that are no pictures."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> int:
        return self.count


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(0.0).rules(monkeypatch, output_line)


@pytest.fixture
def told() -> list[SignalCounts]:
    return []


def made(
    nodes: Nodes, told: list[SignalCounts], trigger: str = "software", bad: Bad | None = None, **changes: Any
) -> Any:
    setting = replace(SETTING, **changes)
    return OutputLine(nodes, setting, told.append, trigger=trigger, bad_frames=bad or Bad())


def run(line: OutputLine, nodes: Nodes, clock: Clock, until_ms: int) -> list[tuple[int, bool]]:
    """Tick once a millisecond; return when the camera's output was changed, in ms."""
    edges = []
    while clock.now_s * 1000 < until_ms:
        before = len(nodes.values("UserOutputValue"))
        line.tick()
        new = nodes.values("UserOutputValue")[before:]
        edges += [(round(clock.now_s * 1000), value) for value in new]
        clock.go_on(0.001)
    return edges


def total(told: list[SignalCounts]) -> SignalCounts:
    found = SignalCounts()
    for one in told:
        found = found.plus(one)
    return found


class TestSetUp:
    def test_it_stands_at_its_safe_level_before_it_becomes_an_output(self, clock: Clock, told: Any) -> None:
        nodes = Nodes()
        made(nodes, told)
        order = [name for name, _ in nodes.written]
        assert order.index("UserOutputValue") < order.index("LineSource") < order.index("LineMode")
        assert nodes.values("LineSelector") == ["Line2"]
        assert nodes.values("LineSource") == ["UserOutput1"]  # the camera's first one
        assert nodes.values("UserOutputValue") == [False]

    @pytest.mark.parametrize("inverter", [True, False])
    @pytest.mark.parametrize("active_high", [True, False])
    @pytest.mark.parametrize("active_at_end", [True, False])
    def test_the_level_on_the_wire_is_the_one_that_was_asked_for(
        self, clock: Clock, told: Any, inverter: bool, active_high: bool, active_at_end: bool
    ) -> None:
        nodes = Nodes(inverter=inverter)
        made(nodes, told, active_high=active_high, active_at_end=active_at_end)
        inverted = nodes.values("LineInverter") == [True]
        assert inverted == (inverter and not active_high)
        wire = nodes.values("UserOutputValue")[-1] is not inverted
        assert wire == (active_at_end is active_high)

    def test_a_named_output_is_taken(self, clock: Clock, told: Any) -> None:
        nodes = Nodes()
        made(nodes, told, user_output="UserOutput2")
        assert nodes.values("LineSource") == ["UserOutput2"]

    @pytest.mark.parametrize(
        "refused", ["LineSelector", "UserOutputSelector", "UserOutputValue", "LineSource", "LineMode"]
    )
    def test_a_camera_that_refuses_has_no_such_output(self, clock: Clock, told: Any, refused: str) -> None:
        with pytest.raises(InputError) as error:
            made(Nodes(refuses=(refused,)), told)
        assert error.value.key == "camera.line_not_driven"
        assert "\n" not in str(error.value.params["detail"])


class TestTiming:
    def test_a_pulse_is_on_the_wire_to_the_moment(self, clock: Clock, told: Any) -> None:
        nodes = Nodes()
        line = made(nodes, told)
        line.frame(0)
        line.verdict(OutputLineVerdict(0, pulse=True))
        assert run(line, nodes, clock, 300) == [(100, True), (110, False)]
        assert total(told) == SignalCounts(pulses=1)

    def test_a_change_that_is_due_in_a_moment_is_waited_for(self, clock: Clock, told: Any) -> None:
        """The loop's own turn is longer than the jitter that a line may have."""
        nodes = Nodes()
        line = made(nodes, told)
        line.verdict(OutputLineVerdict(0, pulse=True))
        clock.now_s = 0.0985
        line.tick()
        assert clock.slept_s == [pytest.approx(0.0015)]
        assert nodes.values("UserOutputValue")[-1] is True
        clock.now_s = 0.103
        line.tick()
        assert len(clock.slept_s) == 1  # 7 ms to the end of the pulse: frames come first

    def test_a_refusal_is_counted_once_and_tried_again_a_little_later(self, clock: Clock, told: Any) -> None:
        nodes = Nodes()
        line = made(nodes, told, pulse_ns=400 * MS)
        line.verdict(OutputLineVerdict(0, pulse=True))
        run(line, nodes, clock, 97)
        nodes.refuses = ("UserOutputValue",)
        run(line, nodes, clock, 250)
        nodes.refuses = ()
        edges = run(line, nodes, clock, 700)
        assert [value for _, value in edges] == [True, False]
        assert edges[0][0] <= 310
        counts = total(told)
        assert counts.failed == 2  # at 100 and at 200 ms
        assert counts.detail

    @pytest.mark.parametrize(("trigger", "rejected"), [("hardware", 1), ("software", 0), ("free", 0)])
    def test_a_part_whose_frame_came_unfilled_is_rejected_where_nobody_else_tells(
        self, clock: Clock, told: Any, trigger: str, rejected: int
    ) -> None:
        nodes, bad = Nodes(), Bad()
        bad.count = 7  # from before
        line = made(nodes, told, trigger, bad)
        run(line, nodes, clock, 10)
        bad.count = 8
        run(line, nodes, clock, 300)
        assert total(told).silent == total(told).pulses == rejected

    def test_counts_are_told_a_few_times_a_second_and_only_where_something_happened(
        self, clock: Clock, told: Any
    ) -> None:
        nodes = Nodes()
        line = made(nodes, told)
        run(line, nodes, clock, 1000)
        assert told == []
        for arrived in range(1000, 2000, 50):
            line.frame(arrived * MS)
        run(line, nodes, clock, 3000)
        assert total(told).silent == 20
        assert len(told) <= 11


class TestEnd:
    def test_it_is_left_safe_and_the_last_counts_are_told(self, clock: Clock, told: Any) -> None:
        nodes = Nodes()
        line = made(nodes, told, pulse_ns=5000 * MS)
        line.verdict(OutputLineVerdict(0, pulse=True))
        run(line, nodes, clock, 120)
        assert nodes.values("UserOutputValue")[-1] is True
        line.make_safe()
        assert nodes.values("UserOutputValue")[-1] is False
        nodes.refuses = ("UserOutputValue",)
        line.make_safe()
        assert total(told).failed == 1

    def test_parts_under_way_are_dealt_with_before_the_end(self, clock: Clock, told: Any) -> None:
        ours, theirs = Pipe()
        nodes = Nodes()
        line = made(nodes, told)
        for arrived in (0, 30, 60):
            line.frame(arrived * MS)
        ours.send(Stop())  # somebody says it twice
        ours.send(OutputLineVerdict(30 * MS, pulse=True))
        ours.send(OutputLineVerdict(60 * MS, pulse=False))
        beats: list[int] = []

        def beat() -> None:
            beats.append(1)
            clock.go_on(0.001)

        line.drain(theirs, beat)
        counts = total([*told, line._pulses.counts()])
        assert (counts.pulses, counts.silent, counts.late) == (2, 1, 0)
        assert beats
        for end in (ours, theirs):
            end.close()

    @pytest.mark.parametrize("gone", [True, False])
    def test_a_drain_has_an_end(self, clock: Clock, told: Any, gone: bool) -> None:
        ours, theirs = Pipe()
        line = made(Nodes(), told, delay_ns=60_000 * MS)
        line.frame(0)
        if gone:
            ours.close()
        line.drain(theirs, lambda: clock.go_on(0.01))
        assert clock.now_s == pytest.approx(2.5, abs=0.1)
        theirs.close()
        ours.close()

    def test_where_the_line_ends_active_nothing_is_waited_for(self, clock: Clock, told: Any) -> None:
        ours, theirs = Pipe()
        line = made(Nodes(), told, active_at_end=True)
        line.frame(0)
        line.drain(theirs, lambda: clock.go_on(0.01))
        assert clock.now_s == 0.0
        for end in (ours, theirs):
            end.close()


class Camera:
    incomplete = garbage = 0

    def __init__(self) -> None:
        self.nodes = Nodes()


class TestPipe:
    def test_verdicts_are_taken_out_and_frames_are_awaited(self, clock: Clock, told: Any) -> None:
        ours, theirs = Pipe()
        nodes = Nodes()
        line = made(nodes, told)
        pipe = OutputLinePipe(theirs, line)
        arrived = FrameArrived("r", 0, 1, 1, 1, "Mono8", 0, 1, None, None)
        pipe.send(arrived)
        assert ours.recv() == arrived
        ours.send(OutputLineVerdict(0, pulse=True))
        assert not pipe.poll(0.0)
        ours.send(Stop())
        assert pipe.poll(0.0)
        assert pipe.recv() == Stop()
        assert run(line, nodes, clock, 200) == [(100, True), (110, False)]
        for end in (ours, theirs):
            end.close()

    def test_without_an_order_nothing_is_touched(self, clock: Clock) -> None:
        ours, theirs = Pipe()
        camera = Camera()
        with driving_output_line(camera, theirs, lambda: None, CameraOrder(("v.cti",))) as loop:
            assert loop.pipe is theirs
            loop.tick()
        assert camera.nodes.written == []
        for end in (ours, theirs):
            end.close()

    @pytest.mark.parametrize("error", [EOFError, RuntimeError, SystemExit, None], ids=str)
    def test_in_whatever_way_it_ends_the_line_is_safe(
        self, clock: Clock, error: type[BaseException] | None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(output_line.signal, "signal", lambda *_: None)
        ours, theirs = Pipe()
        camera = Camera()
        order = CameraOrder(("v.cti",), line=replace(SETTING, pulse_ns=60_000 * MS))

        def beat() -> None:
            clock.go_on(0.01)

        def drive() -> None:
            with driving_output_line(camera, theirs, beat, order) as loop:
                ours.send(OutputLineVerdict(0, pulse=True))
                assert not loop.pipe.poll(0.0)
                while camera.nodes.values("UserOutputValue")[-1] is False:
                    loop.tick()
                if error is not None:
                    raise error

        if error is None:
            drive()
        else:
            with pytest.raises(error):
                drive()
        assert camera.nodes.values("UserOutputValue")[-1] is False
        for end in (ours, theirs):
            end.close()
