"""What every output promises, run over all of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from eventually import Hang, eventually

from crane_desktop.domain.errors import StationFault
from crane_desktop.domain.frames import FrameOrigin
from crane_desktop.domain.ports import Output
from crane_desktop.domain.signals import SignalCounts
from crane_desktop.domain.verdicts import Inspection, JudgedBy, Reason, ReasonCode, Verdict
from crane_desktop.plant.camera_line import CameraLineOutput
from crane_desktop.recipe.reject_signal import RejectSignal

WHO = JudgedBy("r", 1, "p", "1", "0" * 64, "0", "cpu")


def inspection(number: int, verdict: Verdict) -> Inspection:
    origin = FrameOrigin(number, "s", datetime.now(UTC), number * 1000)
    return Inspection(origin, verdict, Reason(ReasonCode.BELOW_THRESHOLD), WHO, datetime.now(UTC), 1.0)


class Plant:
    """The other end of an output: takes what it is told, or hangs, or is gone."""

    def __init__(self) -> None:
        self.told: list[tuple[int, bool]] = []
        self.gone = False
        self.hold: Hang | None = None
        self.news = SignalCounts()

    def signal(self, arrived_ns: int, *, pulse: bool) -> bool:
        if self.hold is not None:
            self.hold()
        if self.gone:
            return False
        self.told.append((arrived_ns, pulse))
        return True

    def signal_counts(self) -> SignalCounts:
        news, self.news = self.news, SignalCounts()
        return news


Make = Callable[[Plant], Output]


def _camera_line(plant: Plant) -> Output:
    return CameraLineOutput(plant, RejectSignal(line="Line2", pulse_ms=10, delay_ms=100))


@pytest.fixture(params=[_camera_line], ids=["camera line"])
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    """A maker of outputs; all are closed at the end, and no thread may be left of them."""
    made: list[tuple[Output, Plant]] = []
    threads = set(threading.enumerate())

    def build(plant: Plant) -> Output:
        made.append((request.param(plant), plant))
        return made[-1][0]

    yield build
    for output, plant in made:
        if plant.hold is not None:
            plant.hold.release()
        output.close()
    eventually(lambda: set(threading.enumerate()) <= threads, what=threading.enumerate)


class TestOutput:
    """The contract of `domain.ports.Output`."""

    def test_every_verdict_arrives_once_and_in_order(self, make: Make) -> None:
        plant = Plant()
        output = make(plant)
        verdicts = [list(Verdict)[number % 4] for number in range(40)]
        for number, verdict in enumerate(verdicts):
            output.report(inspection(number, verdict))
        output.close()
        assert plant.told == [(number * 1000, verdict is not Verdict.OK) for number, verdict in enumerate(verdicts)]
        assert output.troubles() == []

    def test_telling_never_blocks_and_what_does_not_fit_is_a_trouble(self, make: Make) -> None:
        plant = Plant()
        plant.hold = Hang()
        output = make(plant)
        for number in range(2000):
            output.report(inspection(number, Verdict.NG))
        assert plant.told == []
        troubles = output.troubles()
        assert troubles
        assert all(isinstance(trouble, StationFault) for trouble in troubles)

    def test_a_plant_that_is_gone_is_a_trouble_and_no_exception(self, make: Make) -> None:
        plant = Plant()
        plant.gone = True
        output = make(plant)
        output.report(inspection(1, Verdict.NG))
        found: list[StationFault] = []
        eventually(lambda: bool(found.extend(output.troubles()) or found))

    def test_closing_is_bounded_idempotent_and_final(self, make: Make) -> None:
        plant = Plant()
        plant.hold = hold = Hang()
        output = make(plant)
        output.report(inspection(1, Verdict.NG))
        eventually(lambda: hold.holds)
        output.close()
        output.close()
        assert hold.holds
        output.report(inspection(2, Verdict.NG))
        assert output.troubles()
        hold.release()
