"""A camera's nodes through its own process: described, read, written, refused, kept and restored while it streams."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from multiprocessing import active_children
from typing import Any

import pytest
from eventually import eventually
from virtual_camera import VirtualCamera, VirtualCameras

from crane_desktop.camera.genicam.discover import bundled_viky
from crane_desktop.camera.genicam.session import NodeAccess, SetupSession
from crane_desktop.camera.genicam.source import GenicamSource
from crane_desktop.domain.camera_setup import Access, NodeKind, Visibility, differences
from crane_desktop.domain.errors import CraneError, InputError, StationFault
from crane_desktop.settings.texts import error_text

SMALL = {"sensor_width": 128, "sensor_height": 96}
FAST = {"Width": 64, "Height": 48, "ExposureTime": 500.0, "AcquisitionFrameRate": 100.0}

Opener = Callable[..., SetupSession]


@pytest.fixture
def camera(virtual_cameras: VirtualCameras) -> VirtualCamera:
    return virtual_cameras.add("VC1", FAST, **SMALL)


@pytest.fixture
def opened(camera: VirtualCamera, virtual_cameras: VirtualCameras) -> Iterator[Opener]:
    sessions: list[SetupSession] = []

    def make(wanted: dict[str, Any] | None = None, serial: str = "VC1") -> SetupSession:
        """Open it; with features of its own it may wait for a trigger."""

        def keep(features: Any, recipe: str) -> Future[str]:
            return done_with(recipe)

        session = SetupSession(str(virtual_cameras.cti), serial, wanted or {}, keep)
        sessions.append(session)
        if wanted is None:
            eventually(lambda: session.newest() is not None)
        return session

    yield make
    for session in sessions:
        session.close()
        assert session.join()
    assert active_children() == []


def done_with(name: str) -> Future[str]:
    done: Future[str] = Future()
    done.set_result(name)
    return done


def value(session: NodeAccess, name: str) -> Any:
    return session.read([name]).result(5)[0].value


def refusal(future: Future[Any]) -> CraneError:
    with pytest.raises(InputError) as error:
        future.result(5)
    return error.value


def frames_go_on(session: NodeAccess, count: int = 2) -> None:
    for _ in range(count):
        last = session.newest()
        eventually(lambda last=last: session.newest() is not last)


def test_the_tree_says_what_each_node_is(opened: Opener) -> None:
    session = opened()
    infos = {info.name: info for info in session.nodes().result(5)}
    assert infos["AcquisitionControl"].kind is NodeKind.CATEGORY
    assert infos["AcquisitionControl"].category == ""
    exposure = infos["ExposureTime"]
    assert (exposure.category, exposure.kind) == ("AcquisitionControl", NodeKind.FLOAT)
    assert exposure.description == "How long the sensor is open."
    assert infos["TriggerMode"].selectors == ("TriggerSelector",)
    assert infos["BlackLevel"].visibility is Visibility.EXPERT
    assert infos["VirtualCommand"].visibility is Visibility.GURU
    assert infos["TLParamsLocked"].visibility is Visibility.INVISIBLE
    kinds = {info.kind for info in infos.values()}
    assert kinds == set(NodeKind) - {NodeKind.OTHER}
    order = list(infos)
    assert all(order.index(info.category) < order.index(name) for name, info in infos.items() if info.category)


def test_states_come_with_limits_choices_and_access(opened: Opener) -> None:
    session = opened()
    names = ["ExposureTime", "Width", "TriggerSource", "DeviceTemperature", "TriggerSoftware", "NoSuchNode"]
    exposure, width, source, heat, trigger, none = session.read(names).result(5)
    assert (exposure.value, exposure.unit, exposure.low, exposure.high) == (500.0, "us", 20.0, 1e6)
    assert exposure.access is Access.READ_WRITE
    assert (width.value, width.step, width.access) == (64, 4, Access.LOCKED)
    assert [choice.name for choice in source.choices] == ["Software", "Line1", "Line3"]
    assert all(choice.available for choice in source.choices)
    assert heat.access is Access.READ_ONLY
    assert trigger.access is Access.WRITE_ONLY
    assert none.access is Access.NOT_IMPLEMENTED


def test_it_writes_while_the_camera_streams(opened: Opener, camera: VirtualCamera) -> None:
    session = opened()
    done = session.write("ExposureTime", 700).result(5)
    assert (done.state.value, done.restarted) == (700.0, False)
    assert session.write("GainAuto", "Once").result(5)
    assert session.write("LineInverter", True).result(5).state.value is True
    session.execute("TimestampLatch").result(5)
    assert len(camera.events("acquisition_start")) == 1
    frames_go_on(session)


def test_what_a_stream_locks_is_written_in_a_pause_and_the_ring_grows(opened: Opener, camera: VirtualCamera) -> None:
    session = opened()
    assert session.newest().pixels.shape == (48, 64)  # type: ignore[union-attr]
    done = session.write("Width", 128).result(5)
    assert (done.state.value, done.restarted) == (128, True)
    assert session.write("PixelFormat", "RGB8").result(5).restarted
    eventually(lambda: session.newest().pixels.shape == (48, 128, 3))  # type: ignore[union-attr]
    assert len(camera.events("acquisition_start")) == 3
    assert session.fault() is None


def test_a_refusal_says_why(opened: Opener) -> None:
    session = opened()
    refusals: list[tuple[str, Any, str, dict[str, str]]] = [
        ("ExposureTime", 5, "camera.node_out_of_range", {"low": "20", "high": "1000000", "unit": " us"}),
        ("Width", 65, "camera.node_step", {"step": "4"}),
        ("Width", 64.5, "camera.node_no_whole_number", {}),
        ("Gain", "much", "camera.node_no_number", {}),
        ("DeviceTemperature", 1.0, "camera.node_read_only", {}),
        ("TriggerSource", "Line9", "camera.node_no_choice", {"known": "Software, Line1, Line3"}),
        ("LineInverter", "yes", "camera.node_no_switch", {}),
        ("PixelFormat", "Mono1p", "camera.format_unknown", {}),
        ("NoSuchNode", 1, "camera.feature_missing", {}),
    ]
    for name, wrong, key, told in refusals:
        error = refusal(session.write(name, wrong))
        assert error.key == key
        assert told.items() <= error.params.items()
        assert error_text(error, "ja")
    frames_go_on(session)


def test_what_the_camera_sets_itself_is_named(opened: Opener, camera: VirtualCamera) -> None:
    session = opened()
    session.write("ExposureAuto", "Continuous").result(5)
    assert session.read(["ExposureTime"]).result(5)[0].access is Access.READ_ONLY
    error = refusal(session.write("ExposureTime", 700.0))
    assert (error.key, error.params["master"], error.params["free"]) == ("camera.node_automatic", "ExposureAuto", "Off")
    assert len(camera.events("acquisition_start")) == 1  # no stop for what a stop does not free


def test_a_slow_register_does_not_stop_the_frames(opened: Opener, camera: VirtualCamera) -> None:
    session = opened()
    camera.order("slow GCReadPort 20")
    asked = session.read(["ExposureTime", "Gain", "Width", "Height", "OffsetX", "OffsetY", "Gamma"])
    seen = {session.newest()}
    while not asked.done():
        seen.add(session.newest())
        time.sleep(0.002)
    assert len(asked.result(0)) == 7
    assert len(seen) > 5  # some 20 reads of 20 ms each, frames in between
    camera.order("slow GCReadPort 0")


def test_a_register_that_hangs_fails_in_time_and_the_camera_comes_back(opened: Opener, camera: VirtualCamera) -> None:
    session = opened()
    camera.order("hang GCReadPort")
    asked = session.read(["ExposureTime"])
    with pytest.raises(StationFault):
        asked.result(60)
    camera.send("hang off")
    eventually(lambda: _answers(session))


def _answers(session: NodeAccess) -> bool:
    try:
        return bool(session.read(["Gain"]).result(1)[0].value == 0.0)
    except (CraneError, TimeoutError):
        return False


def test_a_feature_set_comes_back_whole_and_in_a_working_order(opened: Opener) -> None:
    session = opened()
    for name, wanted in {
        "Width": 32,
        "OffsetX": 96,
        "PixelFormat": "Mono12p",
        "ExposureTime": 812.5,
        "TriggerSelector": "FrameBurstStart",
        "TriggerSource": "Line3",
        "TriggerDelay": 12.5,
    }.items():
        session.write(name, wanted).result(5)
    kept = session.feature_set().result(10)
    assert kept["TriggerSource[FrameBurstStart]"] == "Line3"
    assert kept["TriggerSource[FrameStart]"] == "Software"
    assert all(info.streamable for info in session.nodes().result(5) if info.name in ("Gain", "TriggerMode"))
    assert list(kept).index("TriggerSource[FrameStart]") < list(kept).index("TriggerMode[FrameStart]")
    assert value(session, "TriggerSelector") == "FrameBurstStart"  # looking moves no selector
    assert not [name for name in kept if name.startswith(("UserOutput", "UserSet", "DeviceUserID"))]
    session.write("OffsetX", 0).result(5)
    for name, other in {"Width": 128, "PixelFormat": "Mono8", "ExposureTime": 600.0, "TriggerSource": "Line1"}.items():
        session.write(name, other).result(5)
    differing = differences(kept, session.values(list(kept)).result(10))
    assert {one.feature for one in differing} == {
        "Width", "OffsetX", "PixelFormat", "ExposureTime", "TriggerSource[FrameBurstStart]",
    }  # fmt: skip
    done = session.restore(kept).result(10)
    assert (done.written, done.refused, done.restarted) == (5, (), True)
    assert differences(kept, session.values(list(kept)).result(10)) == ()
    eventually(lambda: session.newest().pixels.shape == (48, 32))  # type: ignore[union-attr]


def test_a_recipe_is_restored_at_the_start_and_what_the_camera_refuses_shows(opened: Opener) -> None:
    wanted = {"ExposureTime": 900.0, "TriggerMode[FrameStart]": "On", "Gain": 99.0, "NoSuchNode": 1}
    session = opened(wanted)
    eventually(lambda: _answers(session))
    assert value(session, "TriggerMode") == "On"
    differing = differences(wanted, session.values(list(wanted)).result(5))
    assert [(one.feature, one.actual) for one in differing] == [("Gain", 0.0), ("NoSuchNode", None)]
    done = session.restore(wanted).result(5)
    assert [one.feature for one in done.refused] == ["Gain", "NoSuchNode"]
    assert done.refused[0].error.key == "camera.node_out_of_range"
    assert session.newest() is None  # it waits for its trigger
    session.write("TriggerSource", "Software").result(5)
    session.execute("TriggerSoftware").result(5)
    eventually(lambda: session.newest() is not None)


def test_a_camera_that_does_not_say_what_is_worth_keeping(virtual_cameras: VirtualCameras, opened: Opener) -> None:
    virtual_cameras.add("VC2", FAST, missing="Streamable TriggerSelector", **SMALL)
    session = opened(serial="VC2")
    assert not any(info.streamable for info in session.nodes().result(5))
    kept = session.feature_set().result(10)
    assert list(kept)[:4] == ["PixelFormat", "TestPattern", "Width", "Height"]
    assert list(kept)[-1] == "TriggerMode"  # armed last; without a selector it has no brackets
    assert session.restore({**kept, "Width": 32, "PixelFormat": "Mono16"}).result(10).refused == ()
    # A recipe of a camera with selectors serves one without.
    assert session.restore({"TriggerDelay[FrameStart]": 3.0}).result(10).written == 1
    assert value(session, "TriggerDelay") == 3.0


def test_a_camera_of_the_first_version_takes_a_recipe_of_today(virtual_cameras: VirtualCameras, opened: Opener) -> None:
    virtual_cameras.add("VC3", FAST, sfnc=1, **SMALL)
    virtual_cameras.add("VC4", FAST, sfnc=1, **SMALL)
    session = opened(serial="VC3")
    infos = {info.name for info in session.nodes().result(5)}
    assert infos.isdisjoint({"ExposureTime", "Gain", "DeviceSerialNumber", "DeviceTemperature", "UserOutputValue"})
    kept = session.feature_set().result(10)
    own = {
        "ExposureTimeAbs",
        "AcquisitionFrameRateAbs",
        "GainRaw",
        "BalanceRatioAbs[Red]",
        "TriggerDelayAbs[FrameStart]",
    }
    assert own <= set(kept)
    today = {
        "ExposureTime": 900.0,
        "AcquisitionFrameRate": 50.0,
        "BalanceRatio[Red]": 1.5,
        "TriggerDelay": 7.0,
        "Gain": 3.0,
    }
    done = session.restore(today).result(10)
    assert [(one.feature, one.error.key) for one in done.refused] == [("Gain", "camera.feature_other_steps")]
    differing = differences(today, session.values(list(today)).result(5))
    assert [(one.feature, one.actual) for one in differing] == [("Gain", None)]
    assert (value(session, "ExposureTimeAbs"), value(session, "AcquisitionFrameRateAbs")) == (900.0, 50.0)
    assert session.restore({**kept, "GainRaw": 33}).result(10).refused == ()
    assert [one.feature for one in differences(kept, session.values(list(kept)).result(10))] == ["GainRaw"]
    frames_go_on(session)
    source = GenicamSource(str(virtual_cameras.cti), "VC4", features={**today, "BlackLevelRaw": 3})
    with pytest.raises(InputError) as error:
        source.open()
    assert (error.value.key, error.value.params["features"]) == ("camera.set_not_restored", "Gain, BlackLevelRaw")
    assert all("Gain, BlackLevelRaw" in error_text(error.value, language) for language in ("ja", "en"))


def test_the_camera_of_another_maker() -> None:
    viky = bundled_viky()
    assert viky is not None
    session = SetupSession(str(viky), None, {}, lambda _features, name: done_with(name))
    try:
        eventually(lambda: session.newest() is not None)
        kept = session.feature_set().result(10)
        assert session.restore({**kept, "Width": 200, "PixelFormat": "Mono8"}).result(10).refused == ()
        eventually(lambda: session.newest().pixels.shape[1:] == (200,))  # type: ignore[union-attr]
    finally:
        session.close()
        assert session.join()
