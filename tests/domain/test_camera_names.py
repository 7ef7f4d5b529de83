"""The table of what cameras call their settings: one meaning a name, and what may be carried over."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.domain import camera_names as names
from crane_desktop.domain.camera_names import QUANTITIES, Quantity, in_seconds, quantity, standard_name, standard_value
from crane_desktop.domain.camera_setup import differences, same_feature


def test_a_name_means_one_thing() -> None:
    counted = Counter(name for one in QUANTITIES for name in one.names)
    # What a driver says of cameras that it sees is another node map than the camera's own.
    assert [name for name, count in counted.items() if count > 1] == [names.SEEN_DEVICE_ID.name]


@pytest.mark.parametrize("one", QUANTITIES, ids=lambda one: one.name)
def test_every_name_leads_to_its_quantity(one: Quantity) -> None:
    if one is not names.SEEN_DEVICE_ID:
        assert all(quantity(name) is one for name in one.names)
    assert all(standard_name(f"{name}[X]") == f"{one.name}[X]" for name in one.alike)
    assert all(standard_name(name) == name for name in one.other)


@pytest.mark.parametrize(
    ("key", "today"),
    [
        ("ExposureTimeAbs", "ExposureTime"),
        ("BalanceRatioAbs[Red]", "BalanceRatio[Red]"),
        ("TriggerDelayAbs[FrameStart]", "TriggerDelay[FrameStart]"),
        ("AcquisitionFrameRateEnabled", "AcquisitionFrameRateEnable"),
        ("GammaEnabled", "GammaEnable"),
        ("GainRaw[All]", "GainRaw[All]"),
        ("GainAbs", "GainAbs"),
        ("ExposureTimeRaw", "ExposureTimeRaw"),
        ("VendorMagic", "VendorMagic"),
        ("no name", "no name"),
    ],
)
def test_only_what_means_the_same_is_carried_over(key: str, today: str) -> None:
    assert standard_name(key) == today


@given(st.text())
def test_any_text_is_looked_up(key: str) -> None:
    assert standard_name(standard_name(key)) == standard_name(key)


def test_formats_of_another_age_are_the_same_format() -> None:
    assert standard_value("PixelFormat", "RGB8Packed") == "RGB8"
    assert standard_value("TestPattern", "RGB8Packed") == "RGB8Packed"
    assert same_feature("PixelFormat", "YUV422Packed", "YUV422_8_UYVY")
    assert not same_feature("PixelFormat", "Mono12Packed", "Mono12p")  # packed in another order
    assert not same_feature("ExposureTime", 5.0, None)
    assert differences({"PixelFormat": "RGB8"}, {"PixelFormat": "RGB8Packed"}) == ()


@pytest.mark.parametrize(("value", "unit", "seconds"), [(2, "s", 2), (3, "ms", 3e-3), (4, "", 4e-6), (5, " us", 5e-6)])
def test_times_are_told_in_seconds(value: float, unit: str, seconds: float) -> None:
    assert in_seconds(value, unit) == pytest.approx(seconds)


def test_what_is_needed_first_is_restored_first() -> None:
    place = {one.name: number for number, one in enumerate(names.RESTORED)}
    for one in names.RESTORED:
        assert all(place[needed.name] < place[one.name] for needed, _ in one.needs), one.name


@pytest.mark.parametrize(
    ("one", "unit", "alike", "steps"),
    [
        (names.EXPOSURE_TIME, "us", ("ExposureTime", "ExposureTimeAbs"), ("ExposureTimeRaw",)),
        (names.TRIGGER_DELAY, "us", ("TriggerDelay", "TriggerDelayAbs"), ("TriggerDelayRaw",)),
        (names.LINE_DEBOUNCER, "us", ("LineDebouncerTime", "LineDebouncerTimeAbs"), ("LineDebouncerTimeRaw",)),
        (names.FRAME_RATE, "Hz", ("AcquisitionFrameRate", "AcquisitionFrameRateAbs"), ("AcquisitionFrameRateRaw",)),
        (names.LINE_RATE, "Hz", ("AcquisitionLineRate", "AcquisitionLineRateAbs"), ("AcquisitionLineRateRaw",)),
        (names.WHITE_RATIO, "", ("BalanceRatio", "BalanceRatioAbs"), ("BalanceRatioRaw",)),
        (names.TEMPERATURE, "C", ("DeviceTemperature", "TemperatureAbs"), ()),
        (names.GAIN, "dB", ("Gain",), ("GainAbs", "GainRaw")),
        (names.BLACK_LEVEL, "", ("BlackLevel",), ("BlackLevelAbs", "BlackLevelRaw")),
        (names.SERIAL_NUMBER, "", ("DeviceSerialNumber",), ("DeviceID",)),
        (names.WIDTH, "", ("Width",), ()),
    ],
    ids=lambda value: value.name if isinstance(value, Quantity) else "",
)
def test_names_and_units_of_what_matters_most(
    one: Quantity, unit: str, alike: tuple[str, ...], steps: tuple[str, ...]
) -> None:
    assert one.unit == unit
    assert one.alike == alike
    assert one.other == steps
    assert one.names == alike + steps  # the best first: a camera may have several


@pytest.mark.parametrize(
    ("one", "needed"),
    [
        (names.EXPOSURE_TIME, {"ExposureAuto": "Off", "ExposureMode": "Timed"}),
        (names.GAIN, {"GainAuto": "Off"}),
        (names.WHITE_RATIO, {"BalanceWhiteAuto": "Off"}),
        (names.FRAME_RATE, {"AcquisitionFrameRateEnable": True, "AcquisitionFrameRateAuto": "Off"}),
        (names.GAMMA, {"GammaEnable": True}),
        (names.EXPOSURE_AUTO, {}),
    ],
    ids=lambda value: value.name if isinstance(value, Quantity) else "",
)
def test_what_must_be_so_before_another_can_be_set(one: Quantity, needed: dict[str, object]) -> None:
    assert {other.name: value for other, value in one.needs} == needed


def test_the_order_of_restoring_names_each_quantity_once_and_arms_the_trigger_last() -> None:
    assert len(set(names.RESTORED)) == len(names.RESTORED)
    assert names.RESTORED[-len(names.TRIGGER_ARMING) :] == names.TRIGGER_ARMING
    assert names.TRIGGER_ARMING[-1] is names.TRIGGER_MODE
    assert set(names.OF_THE_LINK) <= set(names.RESTORED)


def test_outputs_and_readings_are_never_kept() -> None:
    forbidden = (
        names.OUTPUT_VALUE,
        names.OUTPUT_VALUES,
        names.SYNC_OUT_LEVELS,
        names.TEMPERATURE,
        names.OUTPUT_SELECTOR,
    )
    for one in forbidden:
        assert one not in names.RESTORED
        assert one.name.startswith(names.NEVER_KEPT)
    for one in names.RESTORED:
        assert not one.name.startswith(names.NEVER_KEPT), one.name


def test_each_trigger_that_brings_pictures_also_holds_them_back() -> None:
    assert set(names.FRAME_TRIGGERS) < set(names.HOLDING_TRIGGERS)
    assert set(names.BURSTS) < set(names.FRAME_TRIGGERS)
    assert not any(kind.startswith("Line") for kind in names.HOLDING_TRIGGERS)  # an encoder's, within a picture


def test_no_format_of_another_age_leads_to_a_third() -> None:
    assert not set(names.OLDER_FORMATS) & set(names.OLDER_FORMATS.values())


def test_a_unit_that_nobody_knows_counts_as_the_conventions_own() -> None:
    assert in_seconds(1.0, "fortnights") == pytest.approx(1e-6)
    assert in_seconds(1.0, "ns") == pytest.approx(1e-9)
