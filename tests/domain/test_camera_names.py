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
