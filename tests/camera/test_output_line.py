"""The reject signal on a virtual camera's wire: exact, in order, and safe whoever dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import psutil
import pytest
from eventually import eventually
from virtual_camera import Event, VirtualCamera, VirtualCameras

from crane_desktop.camera.genicam.reconnect import ReconnectingSource
from crane_desktop.camera.genicam.source import GenicamSource
from crane_desktop.domain.errors import InputError
from crane_desktop.domain.frames import Frame
from crane_desktop.domain.signals import SignalCounts
from crane_desktop.recipe.reject_signal import RejectSignal

SMALL = {"sensor_width": 64, "sensor_height": 48}
FAST = {"ExposureTime": 500.0, "AcquisitionFrameRate": 100.0}
SIGNAL = RejectSignal(line="Line2", user_output="UserOutput1", pulse_ms=10, delay_ms=150, tolerance_ms=60)

Open = Callable[..., GenicamSource]


@pytest.fixture
def camera(virtual_cameras: VirtualCameras) -> VirtualCamera:
    return virtual_cameras.add("VC1", FAST, reference_exposure_us=500, **SMALL)


@pytest.fixture
def opened(camera: VirtualCamera, virtual_cameras: VirtualCameras) -> Iterator[Open]:
    made: list[GenicamSource] = []

    def build(wanted: RejectSignal = SIGNAL, trigger: str = "software") -> GenicamSource:
        made.append(GenicamSource(str(virtual_cameras.cti), "VC1", trigger=trigger, line=wanted.setting()))
        made[-1].open()
        return made[-1]

    yield build
    for source in made:
        source.close()


def frame(source: GenicamSource) -> Frame:
    for _ in range(50):
        event = source.next_event(0.2)
        if isinstance(event, Frame):
            return event
    raise AssertionError("no frame")


def judged(source: GenicamSource, *, pulse: bool) -> int:
    """Take a picture and give its verdict; return the frame's arrival."""
    arrived_ns = frame(source).origin.arrived_ns
    assert source.signals.signal(arrived_ns, pulse=pulse)
    return arrived_ns


def edges(camera: VirtualCamera, line: str = "Line2") -> tuple[list[Event], list[Event]]:
    told = camera.events("line", name=line)
    return [e for e in told if e.values["level"] == "1"], [e for e in told if e.values["level"] == "0"]


def counted(source: GenicamSource) -> SignalCounts:
    return source.signals.signal_counts()


class TestPulses:
    def test_a_hundred_pulses_are_where_they_belong(
        self, opened: Open, camera: VirtualCamera, record_property: Callable[[str, object], None]
    ) -> None:
        source = opened(SIGNAL.model_copy(update={"delay_ms": 60.0, "tolerance_ms": 200.0}))
        due = []
        for _ in range(100):
            due.append(judged(source, pulse=True) + 60_000_000)
            time.sleep(0.03)
        source.close()
        ups, downs = edges(camera)
        counts = counted(source)
        assert (counts.pulses, counts.late, counts.failed, counts.unsent) == (100, 0, 0, 0)
        assert len(ups) == len(downs) == 100 - counts.merged
        # Each edge belongs to the part whose time came last before it.
        begins = sorted((up.at_ns - max(at for at in due if at <= up.at_ns)) / 1e6 for up in ups)
        lengths = sorted((down.at_ns - up.at_ns) / 1e6 - 10 for up, down in zip(ups, downs, strict=True))
        for name, values in (("begin_ms", begins), ("length_ms", lengths)):
            record_property(name, {"median": round(median(values), 3), "max": round(values[-1], 3)})
        assert ups[0].at_ns >= due[0]  # never early
        assert median(begins) < 5
        assert abs(median(lengths)) < 5
        print(
            f"begin {median(begins):.2f} / {begins[-1]:.2f} ms, length {median(lengths):+.2f} / {lengths[-1]:+.2f} ms"
        )

    def test_a_camera_whose_outputs_are_bits_of_one_number(self, virtual_cameras: VirtualCameras) -> None:
        camera = virtual_cameras.add("VC2", FAST, sfnc=1, **SMALL)
        setting = SIGNAL.model_copy(update={"delay_ms": 60.0, "tolerance_ms": 1000.0}).setting()
        source = GenicamSource(str(virtual_cameras.cti), "VC2", trigger="software", line=setting)
        try:
            source.open()
            judged(source, pulse=True)
            camera.wait_for("line", name="Line2", level=1)
            camera.wait_for("line", name="Line2", level=0)
        finally:
            source.close()
        assert counted(source).pulses == 1
        assert not camera.level("Line3")

    def test_good_parts_get_none_and_bad_ones_their_own(self, opened: Open, camera: VirtualCamera) -> None:
        source = opened()
        bad = []
        for number in range(12):
            arrived = judged(source, pulse=number % 3 == 0)
            bad += [arrived] if number % 3 == 0 else []
        source.close()
        ups, _ = edges(camera)
        assert counted(source).pulses == len(bad)
        assert all(any(0 <= up.at_ns - at - 150e6 <= 60e6 for at in bad) for up in ups)
        assert not camera.level("Line2")

    def test_a_burst_keeps_its_order(self, opened: Open, camera: VirtualCamera) -> None:
        source = opened(SIGNAL.model_copy(update={"delay_ms": 600.0, "tolerance_ms": 100.0}))
        arrived = []
        for _ in range(5):
            arrived.append(frame(source).origin.arrived_ns)
            time.sleep(0.06)
        for at in reversed(arrived):  # the last verdict first
            source.signals.signal(at, pulse=at != arrived[2])
        eventually(lambda: len(edges(camera)[1]) == 4)
        ups, _ = edges(camera)
        for up, at in zip(ups, [a for a in arrived if a != arrived[2]], strict=True):
            assert 0 <= up.at_ns - at - 600e6 <= 100e6

    def test_a_late_verdict_fires_nothing(self, opened: Open, camera: VirtualCamera) -> None:
        source = opened(SIGNAL.model_copy(update={"delay_ms": 20.0, "tolerance_ms": 5.0, "on_silence": "pass"}))
        arrived = frame(source).origin.arrived_ns
        time.sleep(0.1)
        source.signals.signal(arrived, pulse=True)
        time.sleep(0.1)
        source.close()
        assert edges(camera) == ([], [])
        counts = counted(source)
        assert (counts.late, counts.pulses) == (1, 0)
        assert counts.late_by_ms > 70

    def test_a_part_without_a_verdict_is_rejected(self, opened: Open, camera: VirtualCamera) -> None:
        source = opened()
        arrived = frame(source).origin.arrived_ns
        camera.wait_for("line", name="Line2", level=0)
        ups, _ = edges(camera)
        assert 210e6 <= ups[0].at_ns - arrived <= 270e6
        source.close()
        counts = counted(source)
        assert (counts.silent, counts.pulses) == (1, 1)

    def test_an_unfilled_frame_of_a_trigger_is_a_part_too(self, opened: Open, camera: VirtualCamera) -> None:
        camera.send("incomplete 1 at 1")
        source = opened(trigger="hardware")
        assert source.next_event(0.1) is None
        camera.order("pulse Line1 5 1")
        source.next_event(0.5)
        camera.wait_for("line", name="Line2", level=0)
        assert len(edges(camera)[0]) == 1

    def test_where_it_runs_freely_only_verdicts_count(self, opened: Open, camera: VirtualCamera) -> None:
        source = opened(trigger="free")
        judged(source, pulse=True)
        for _ in range(20):
            frame(source)
        camera.wait_for("line", name="Line2", level=0)
        source.close()
        assert counted(source).silent == 0
        assert len(edges(camera)[0]) == 1


class TestLevels:
    def test_active_low_through_the_inverter_of_a_line_that_can_be_both(
        self, opened: Open, camera: VirtualCamera
    ) -> None:
        wanted = SIGNAL.model_copy(update={"line": "Line3", "user_output": "UserOutput2", "active": "low"})
        source = opened(wanted)
        assert camera.level("Line3")  # idle is high
        judged(source, pulse=True)
        camera.wait_for("line", count=2, name="Line3", level=1)
        told = [e.values["level"] for e in camera.events("line", name="Line3")]
        assert told[:3] == ["1", "0", "1"]
        source.close()
        assert camera.events("line", name="Line3")[-1].values["cause"] == "close"

    def test_held_active_before_the_start_and_after_the_end(self, opened: Open, camera: VirtualCamera) -> None:
        source = opened(SIGNAL.model_copy(update={"at_end": "active"}))
        frame(source)
        assert not camera.level("Line2")
        source.close()
        told = camera.events("line", name="Line2")
        assert [e.values["level"] for e in told][:3] == ["1", "0", "1"]
        assert told[0].at_ns < camera.events("acquisition_start")[0].at_ns

    @pytest.mark.parametrize(
        "wrong", [{"line": "Line9"}, {"line": "Line1"}, {"user_output": "UserOutput9"}], ids=lambda w: next(iter(w))
    )
    def test_a_line_that_the_camera_has_not(self, opened: Open, wrong: dict[str, str]) -> None:
        with pytest.raises(InputError) as error:
            opened(SIGNAL.model_copy(update=wrong))
        assert error.value.key == "camera.line_not_driven"

    def test_nothing_is_touched_where_nobody_asked(
        self, camera: VirtualCamera, virtual_cameras: VirtualCameras
    ) -> None:
        source = GenicamSource(str(virtual_cameras.cti), "VC1", trigger="software")
        source.open()
        try:
            frame(source)
        finally:
            source.close()
        names = {e.values["name"] for e in camera.events("set")}
        assert not names & {"LineSelector", "LineSource", "UserOutputValue", "LineMode", "LineInverter"}
        assert camera.events("line") == []


class TestEnds:
    def test_at_the_stop_parts_under_way_are_still_dealt_with(self, opened: Open, camera: VirtualCamera) -> None:
        source = opened()
        judged(source, pulse=True)
        judged(source, pulse=False)
        source.close()
        ups, downs = edges(camera)
        assert len(ups) == len(downs) == 1
        assert not camera.level("Line2")

    def test_a_killed_camera_process_lets_the_line_fall(self, opened: Open, camera: VirtualCamera) -> None:
        source = opened(SIGNAL.model_copy(update={"pulse_ms": 5000.0, "delay_ms": 20.0}))
        judged(source, pulse=True)
        eventually(lambda: camera.level("Line2"))
        assert source.process_id is not None
        os.kill(source.process_id, signal.SIGKILL)
        assert camera.wait_for("line", name="Line2", level=0).values["cause"] == "heartbeat"
        eventually(lambda: not source.signals.signal(time.monotonic_ns(), pulse=True))

    def test_a_camera_process_that_is_asked_to_end_leaves_the_line_safe(
        self, opened: Open, camera: VirtualCamera
    ) -> None:
        source = opened(SIGNAL.model_copy(update={"pulse_ms": 5000.0, "delay_ms": 20.0}))
        judged(source, pulse=True)
        eventually(lambda: camera.level("Line2"))
        assert source.process_id is not None
        os.kill(source.process_id, signal.SIGTERM)
        assert camera.wait_for("line", name="Line2", level=0).values["cause"] == "set"

    def test_after_the_camera_was_healed_the_line_works_again(
        self, camera: VirtualCamera, virtual_cameras: VirtualCameras
    ) -> None:
        bare = GenicamSource(str(virtual_cameras.cti), "VC1", trigger="software", line=SIGNAL.setting())
        source = ReconnectingSource(bare)
        source.open()
        try:
            first = source.process_id
            assert first is not None
            os.kill(first, signal.SIGKILL)

            def is_active() -> bool:
                event = source.next_event(0.2)
                if isinstance(event, Frame):
                    source.signals.signal(event.origin.arrived_ns, pulse=True)
                return camera.level("Line2")

            eventually(is_active)
            assert source.process_id != first
        finally:
            source.close()
        assert not camera.level("Line2")

    @pytest.mark.parametrize("mode", ["reject_pulse", "good_pulse"])
    def test_a_program_that_is_killed(
        self, camera: VirtualCamera, virtual_cameras: VirtualCameras, tmp_path: Path, mode: str
    ) -> None:
        """Its parts under way get what they are due (a pulse that rejects, or none that passes); then silence."""
        program = tmp_path / "program.py"
        program.write_text(
            textwrap.dedent(f"""
            import time
            from crane_desktop.camera.genicam.source import GenicamSource
            from crane_desktop.recipe.reject_signal import RejectSignal
            if __name__ == "__main__":
                signal = RejectSignal(line="Line2", pulse_ms=10, delay_ms=300, tolerance_ms=100, mode={mode!r})
                source = GenicamSource({str(virtual_cameras.cti)!r}, "VC1", trigger="software", line=signal.setting())
                source.open()
                source.next_event(5.0)
                print(source.process_id, flush=True)
                time.sleep(60)
        """)
        )
        with subprocess.Popen([sys.executable, program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as killed:
            try:
                assert killed.stdout is not None
                child = int(killed.stdout.readline())
            finally:
                killed.kill()
        eventually(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == "zombie")
        closed = camera.wait_for("closed")
        assert closed.values["cause"] != "died"  # in order, not by a heartbeat
        ups, downs = edges(camera)
        assert len(ups) == len(downs) == (1 if mode == "reject_pulse" else 0)
        assert not camera.level("Line2")
