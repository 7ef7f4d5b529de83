"""The output line's hand-over: order, a camera that hangs, a queue that is full, and the end, without a camera."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from camera_fakes import Clock
from eventually import Hang, eventually
from hypothesis import given, settings
from hypothesis import strategies as st

from crane_desktop.domain.signals import SignalCounts
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.plant import camera_line
from crane_desktop.plant.camera_line import CameraLineOutput
from crane_desktop.recipe.reject_signal import RejectSignal

SIGNAL = RejectSignal(line="Line2", pulse_ms=10, delay_ms=100)


class Camera:
    """A camera that takes verdicts as the test says."""

    def __init__(self) -> None:
        self.taken: list[tuple[int, bool]] = []
        self.takes = True
        self.hang: Hang | None = None
        self.news: list[SignalCounts] = []

    def signal(self, arrived_ns: int, *, pulse: bool) -> bool:
        if self.hang is not None:
            self.hang()
        if self.takes:
            self.taken.append((arrived_ns, pulse))
        return self.takes

    def signal_counts(self) -> SignalCounts:
        return self.news.pop(0) if self.news else SignalCounts()


def judged(number: int, verdict: Verdict = Verdict.NG) -> Any:
    """Return as much of an inspection as an output looks at."""
    return SimpleNamespace(origin=SimpleNamespace(arrived_ns=number), verdict=verdict)


@pytest.fixture
def camera() -> Camera:
    return Camera()


@pytest.fixture
def output(camera: Camera) -> Iterator[CameraLineOutput]:
    made = CameraLineOutput(camera, SIGNAL)
    yield made
    if camera.hang is not None:
        camera.hang.release()
    made.close()


class TestHandOver:
    def test_verdicts_come_to_the_camera_in_their_order(self, output: CameraLineOutput, camera: Camera) -> None:
        for number in range(100):
            output.report(judged(number, Verdict.NG if number % 3 else Verdict.OK))
        output.close()
        assert camera.taken == [(number, bool(number % 3)) for number in range(100)]
        assert output.counts == SignalCounts()

    @pytest.mark.parametrize("mode", ["reject_pulse", "good_pulse"])
    @pytest.mark.parametrize("verdict", list(Verdict))
    def test_only_good_is_good(self, camera: Camera, mode: str, verdict: Verdict) -> None:
        """A part without a verdict is never let through as if it were good."""
        output = CameraLineOutput(camera, SIGNAL.model_copy(update={"mode": mode}))
        output.report(judged(1, verdict))
        output.close()
        (_, pulse) = camera.taken[0]
        if mode == "good_pulse":
            assert not pulse or verdict is Verdict.OK
        elif verdict in (Verdict.NG, Verdict.NONE):
            assert pulse

    def test_what_the_camera_does_not_take_is_counted_part_by_part(
        self, output: CameraLineOutput, camera: Camera
    ) -> None:
        camera.takes = False
        for number in range(5):
            output.report(judged(number))
        output.close()
        assert output.counts.unsent == 5

    def test_a_camera_that_hangs_holds_up_nobody(self, output: CameraLineOutput, camera: Camera) -> None:
        """The log and the screen wait for `report`: it must come back although the driver does not."""
        camera.hang = Hang()
        output.report(judged(0))
        eventually(lambda: camera.hang is not None and camera.hang.holds)  # from now on nothing more is taken
        for number in range(1, 400):
            output.report(judged(number))
        unsent = output.counts.unsent
        assert 400 - 256 - 1 <= unsent <= 400 - 256
        camera.hang.release()
        eventually(lambda: len(camera.taken) == 400 - unsent)
        assert [number for number, _ in camera.taken] == list(range(400 - unsent))

    def test_after_the_end_nothing_is_sent_and_all_is_counted(self, output: CameraLineOutput, camera: Camera) -> None:
        output.close()
        output.report(judged(1))
        assert camera.taken == []
        assert output.counts.unsent == 1

    def test_the_end_hands_over_what_waits_and_leaves_no_thread(self, camera: Camera) -> None:
        before = set(threading.enumerate())
        output = CameraLineOutput(camera, SIGNAL)
        for number in range(50):
            output.report(judged(number))
        output.close()
        output.close()
        assert len(camera.taken) == 50
        assert set(threading.enumerate()) <= before

    def test_an_end_during_a_hang_comes_all_the_same(
        self, output: CameraLineOutput, camera: Camera, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(camera_line, "_END_WITHIN_S", 0.05)
        camera.hang = Hang()
        output.report(judged(1))
        eventually(lambda: camera.hang is not None and camera.hang.holds)
        output.close()
        assert camera.hang.holds


class TestTroubles:
    @pytest.fixture
    def clock(self, monkeypatch: pytest.MonkeyPatch) -> Clock:
        return Clock().rules(monkeypatch, camera_line)

    def test_each_kind_is_told_again_after_a_while_with_the_total(
        self, clock: Clock, output: CameraLineOutput, camera: Camera
    ) -> None:
        found = []
        for _ in range(12):
            camera.news = [SignalCounts(late=1, late_by_ms=2.0)]
            found.append([(one.key, one.params["count"]) for one in output.troubles()])
            clock.go_on(1.0)
        told = {second: one for second, one in enumerate(found) if one}
        assert told == {0: [("outputs.late", 1)], 5: [("outputs.late", 6)], 10: [("outputs.late", 11)]}

    def test_one_kind_hides_no_other(self, clock: Clock, output: CameraLineOutput, camera: Camera) -> None:
        camera.news = [SignalCounts(late=1)]
        assert [one.key for one in output.troubles()] == ["outputs.late"]
        camera.news = [SignalCounts(late=1, silent=1, merged=1, failed=1, unsent=1, detail="x")]
        assert [one.key for one in output.troubles()] == [
            "outputs.silent", "outputs.merged", "outputs.refused", "outputs.unsent",
        ]  # fmt: skip

    def test_where_nothing_went_wrong_nothing_is_told(self, output: CameraLineOutput, camera: Camera) -> None:
        camera.news = [SignalCounts(pulses=100)]
        assert output.troubles() == []
        assert output.counts.pulses == 100

    @settings(deadline=None, max_examples=8)
    @given(news=st.lists(st.builds(SignalCounts, pulses=st.integers(0, 9), late=st.integers(0, 9)), max_size=6))
    def test_every_count_of_the_camera_is_counted_once(self, news: list[SignalCounts]) -> None:
        camera = Camera()
        output = CameraLineOutput(camera, SIGNAL)
        try:
            for index, one in enumerate(news):
                camera.news = [one]
                if index % 2:
                    output.troubles()
                else:
                    _ = output.counts
            assert output.counts.pulses == sum(one.pulses for one in news)
            assert output.counts.late == sum(one.late for one in news)
        finally:
            output.close()
