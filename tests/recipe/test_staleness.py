"""Which change makes a calibration stale: the rule, feature by feature, and that no saving goes around it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.recipe.corrections import Corrections
from crane_desktop.recipe.good_parts import GoodPartsFile
from crane_desktop.recipe.model import Calibration, Recipe, Thresholds
from crane_desktop.recipe.picture_features import changes_picture, picture_features
from crane_desktop.recipe.reject_signal import RejectSignal
from crane_desktop.recipe.source import DemoChoice, FolderChoice, GenicamChoice
from crane_desktop.recipe.staleness import basis_of, what_differs, without_stale_thresholds
from crane_desktop.recipe.store import RecipeStore
from crane_desktop.settings.data_dir import DataDir

LIMITS = Thresholds(score_review=0.1, score_ng=0.2, map_review=0.3, map_ng=0.4)
FEATURES = {"ExposureTime": 500.0, "Gain[DigitalAll]": 1.0, "GammaEnable": True, "TriggerMode[FrameStart]": "On"}
BARE = Recipe(
    name="歯車",
    source=GenicamChoice(device="VC1"),
    camera_features=FEATURES,
    corrections=Corrections(gamma=0.9),
    good_parts=GoodPartsFile(file=f"{'0' * 16}.goodparts", sha256="0" * 64, parts=3),
    smallest_area_px=4,
)
MADE = Calibration(
    n_images=30,
    false_reject_rate=0.05,
    promised_rate=0.05,
    date=date(2026, 1, 2),
    pack_sha256="ab" * 32,
    good_parts_sha256="0" * 64,
    basis=basis_of(BARE),
)
CALIBRATED = BARE.changed(thresholds=LIMITS, calibration=MADE)
SIGNAL = RejectSignal(line="Line2", pulse_ms=5, delay_ms=100)

CHANGES_THE_PICTURE = [
    "ExposureTime", "ExposureAuto", "ExposureMode", "ExposureTimeAbs", "Gain", "Gain[DigitalAll]", "GainRaw",
    "GainAuto", "Gamma", "GammaEnable", "BlackLevel", "BlackLevel[All]", "PixelFormat", "Width", "Height",
    "OffsetX", "OffsetY", "BinningHorizontal", "BinningVertical", "BinningHorizontalMode", "DecimationHorizontal",
    "DecimationVertical", "ReverseX", "ReverseY", "BalanceRatio[Red]", "BalanceRatio[Blue]", "BalanceWhiteAuto",
    "ColorTransformationEnable", "ColorTransformationValue[Gain00]", "LUTEnable[Luminance]",
    "LUTValue[Luminance,0]", "Sharpness", "SharpnessEnable", "Saturation", "Hue", "NoiseReduction", "TestPattern",
    "SensorBitDepth", "SensorShutterMode", "SensorTaps", "DeviceScanType", "DeviceTapGeometry",
    "AcquisitionLineRate", "LinePitch", "RegionMode[Region1]", "ImageCompressionQuality", "DefectCorrection",
    "AutoFunctionROIWidth", "VendorMagic", "GainSelector", "TriggerMode[LineStart]", "TriggerDivider[LineStart]",
    "TriggerMode[ExposureStart]", "TimerDuration[Timer1]", "LightControllerSelector", "EncoderDivider[Encoder0]",
    "SequencerMode", "Triggerable", "Eventual", "StreamlinedGain1",
]  # fmt: skip
LEAVES_THE_PICTURE = [
    "TriggerMode", "TriggerMode[FrameStart]", "TriggerSource[FrameStart]", "TriggerDelay", "TriggerActivation",
    "TriggerSelector", "TriggerOverlap", "AcquisitionMode", "AcquisitionFrameRate", "AcquisitionFrameRateEnable",
    "AcquisitionFrameRateAbs", "AcquisitionFrameCount", "AcquisitionBurstFrameCount", "DeviceUserID",
    "DeviceLinkThroughputLimit", "DeviceLinkThroughputLimitMode", "DeviceLinkHeartbeatTimeout",
    "DeviceTemperatureSelector", "DeviceIndicatorMode", "GevSCPSPacketSize", "GevSCPD", "GevHeartbeatTimeout",
    "PayloadSize", "CxpLinkConfiguration", "TransferControlMode", "StreamBufferHandlingMode", "LineSelector",
    "LineMode[Line2]", "LineInverter[Line2]", "LineSource[Line2]", "LineDebouncerTime",
    "UserOutputValue[UserOutput1]", "UserOutputSelector", "EventSelector", "EventNotification[FrameEnd]",
    "ChunkModeActive", "ChunkEnable[Timestamp]", "UserSetDefault", "UserSetSelector", "FileSelector", "PtpEnable",
    "ActionDeviceKey",
]  # fmt: skip


@pytest.mark.parametrize("name", CHANGES_THE_PICTURE)
def test_these_features_change_the_picture(name: str) -> None:
    assert changes_picture(name)


@pytest.mark.parametrize("name", LEAVES_THE_PICTURE)
def test_these_features_leave_the_picture_as_it_is(name: str) -> None:
    assert not changes_picture(name)


@given(st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=8))
def test_a_feature_of_a_makers_own_counts_as_changing_the_picture(rest: str) -> None:
    assert changes_picture(f"Vendor{rest}")
    assert changes_picture(f"Trigger{rest}")  # another word than the chapter's


STALE: list[tuple[str, dict[str, Any]]] = [
    ("pack", {"pack": "other"}),
    ("source", {"source": None}),
    ("source", {"source": DemoChoice()}),
    ("source", {"source": FolderChoice(path="/x")}),
    ("corrections", {"corrections": None}),
    ("corrections", {"corrections": Corrections(gamma=0.8)}),
    ("good_parts_sha256", {"good_parts": None}),
    ("smallest_area_px", {"smallest_area_px": 5}),
    ("camera_features.ExposureTime", {"camera_features": {**FEATURES, "ExposureTime": 25_000.0}}),
    ("camera_features.Gain[DigitalAll]", {"camera_features": {**FEATURES, "Gain[DigitalAll]": 24.0}}),
    ("camera_features.Sharpness", {"camera_features": {**FEATURES, "Sharpness": 1}}),
    ("camera_features.ExposureTime", {"camera_features": {k: v for k, v in FEATURES.items() if k != "ExposureTime"}}),
]
FRESH: list[dict[str, Any]] = [
    {"description": "other words"},
    {"reject_signal": SIGNAL},
    {"time_limit_ms": 100},
    {"source": GenicamChoice(device="VC2", trigger="hardware")},
    {"camera_features": {**FEATURES, "TriggerMode[FrameStart]": "Off", "GevSCPSPacketSize": 9000}},
    {"camera_features": dict(reversed(FEATURES.items()))},
    {"camera_features": {**FEATURES, "ExposureTime": 500}},
]


OLDER = {"ExposureTimeAbs": 500.0, "BalanceRatioAbs[Red]": 1.5, "PixelFormat": "RGB8Packed", "GammaEnabled": True}
TODAY = {"ExposureTime": 500.0, "BalanceRatio[Red]": 1.5, "PixelFormat": "RGB8", "GammaEnable": True}


def features_that_differ(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    made, now = (basis_of(BARE.changed(camera_features=features)) for features in (one, other))
    return [field.removeprefix("camera_features.") for field in what_differs(made, now)]


def test_the_same_camera_settings_under_names_of_another_age_are_the_same() -> None:
    assert features_that_differ(OLDER, TODAY) == features_that_differ(TODAY, OLDER) == []
    assert features_that_differ(OLDER, {**TODAY, "ExposureTime": 501.0}) == ["ExposureTime"]
    assert features_that_differ(TODAY, {**OLDER, "BalanceRatioAbs[Red]": 2.0}) == ["BalanceRatioAbs[Red]"]


def test_steps_of_the_cameras_own_are_another_quantity() -> None:
    assert features_that_differ({"GainRaw": 6}, {"Gain": 6.0}) == ["GainRaw", "Gain"]
    assert features_that_differ({"ExposureTimeRaw": 500}, TODAY) != []
    assert features_that_differ({"ExposureTimeRaw": 500}, {"ExposureTimeRaw": 501}) == ["ExposureTimeRaw"]


def test_steps_that_only_repeat_what_a_unit_says_do_not_count() -> None:
    both = {"ExposureTimeRaw": 25, "ExposureTimeAbs": 500.0}
    assert features_that_differ(both, {"ExposureTime": 500.0}) == []
    assert features_that_differ({"ExposureTime": 500.0}, both) == []
    assert features_that_differ(both, {"ExposureTime": 501.0}) == ["ExposureTime"]
    assert features_that_differ(both, {**both, "ExposureTimeRaw": 26}) == ["ExposureTimeRaw"]
    # Written last, they are what the camera goes by.
    assert features_that_differ(dict(reversed(both.items())), {"ExposureTime": 500.0}) == ["ExposureTimeRaw"]


def test_a_calibration_may_stand_on_features_that_no_longer_count() -> None:
    now = basis_of(BARE)
    older = now.model_copy(update={"camera_features": {**now.camera_features, "LineTermination[Line1]": True}})
    assert what_differs(older, now) == ()


def test_one_setting_under_two_names_is_believed_under_neither() -> None:
    twice = {"ExposureTime": 500.0, "ExposureTimeAbs": 600.0}
    assert features_that_differ(twice, twice) == []
    assert features_that_differ(twice, {"ExposureTime": 600.0}) != []
    assert features_that_differ(twice, {"ExposureTime": 500.0}) != []


@pytest.mark.parametrize(("field", "update"), STALE)
def test_what_a_calibration_stands_on_cannot_change_under_it(field: str, update: dict[str, Any]) -> None:
    changed = CALIBRATED.changed(**update)
    assert what_differs(basis_of(CALIBRATED), basis_of(changed)) == (field,)
    kept = without_stale_thresholds(changed, CALIBRATED)
    assert (kept.thresholds, kept.calibration) == (None, None)
    assert kept == changed.changed(thresholds=None, calibration=None)


@pytest.mark.parametrize("update", FRESH)
def test_what_changes_no_verdict_keeps_the_calibration(update: dict[str, Any]) -> None:
    changed = CALIBRATED.changed(**update)
    assert what_differs(basis_of(CALIBRATED), basis_of(changed)) == ()
    assert without_stale_thresholds(changed, CALIBRATED) == changed


@pytest.mark.parametrize(("field", "update"), STALE)
def test_thresholds_that_nobody_calibrated_were_meant_for_what_stood_there(field: str, update: dict[str, Any]) -> None:
    by_hand = BARE.changed(thresholds=LIMITS)
    assert without_stale_thresholds(by_hand.changed(**update), by_hand).thresholds is None
    anew = LIMITS.model_copy(update={"score_ng": 0.9})
    assert without_stale_thresholds(by_hand.changed(**update, thresholds=anew), by_hand).thresholds == anew


def test_a_calibration_is_not_believed_for_being_the_changes_own() -> None:
    # It says itself what it was made on: bringing it along with other settings does not help.
    lie = BARE.changed(camera_features={**FEATURES, "ExposureTime": 1.0}, thresholds=LIMITS, calibration=MADE)
    assert without_stale_thresholds(lie, lie).thresholds is None


def test_a_calibration_without_thresholds_is_none() -> None:
    assert without_stale_thresholds(CALIBRATED.changed(thresholds=None), CALIBRATED).calibration is None


def test_the_order_of_features_counts_only_behind_a_bare_selector() -> None:
    selected = {"GainSelector": "AnalogAll", "Gain": 3.0}
    other_way = {"Gain": 3.0, "GainSelector": "AnalogAll"}
    one, other = (basis_of(BARE.changed(camera_features=features)) for features in (selected, other_way))
    assert what_differs(one, other) == ("camera_features.GainSelector",)
    assert what_differs(one, one) == ()


_VALUES = st.one_of(st.booleans(), st.integers(-5, 5), st.floats(-5, 5), st.sampled_from(["On", "Off"]))
_SETS = st.dictionaries(st.sampled_from([*CHANGES_THE_PICTURE[:20], *LEAVES_THE_PICTURE[:20]]), _VALUES, max_size=8)


@given(_SETS, _SETS)
def test_thresholds_survive_exactly_where_all_features_of_the_picture_are_equal(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    bare = BARE.changed(camera_features=before)
    made = MADE.model_copy(update={"basis": basis_of(bare)})
    old = bare.changed(thresholds=LIMITS, calibration=made)
    new = without_stale_thresholds(old.changed(camera_features=after), old)
    assert (new.thresholds is not None) == (picture_features(before) == picture_features(after))
    assert dict(new.camera_features) == after


def test_exposure_times_fifty_and_gain_of_24_db_end_the_calibration_when_saved(tmp_path: Path) -> None:
    store = RecipeStore(DataDir(tmp_path))
    store.take_over(CALIBRATED, who="a", why="calibrated")
    brighter = {**FEATURES, "ExposureTime": 25_000.0, "Gain[DigitalAll]": 24.0}
    saved = store.save("歯車", lambda now: now.changed(camera_features=brighter), who="b", why="brighter").recipe
    assert (saved.version, saved.thresholds, saved.calibration) == (2, None, None)
    # Back again: the thresholds do not come back by themselves, but the version does.
    again = store.save("歯車", lambda now: now.changed(camera_features=FEATURES), who="b", why="darker").recipe
    assert again.thresholds is None
    assert store.roll_back("歯車", 1, who="b").recipe.thresholds == LIMITS


def test_a_recipe_that_begins_as_a_copy_takes_no_thresholds_to_other_settings(tmp_path: Path) -> None:
    store = RecipeStore(DataDir(tmp_path))
    suggested = Recipe(name="default", thresholds=LIMITS)
    start = suggested.changed(name="新しい")
    saved = store.save(start, lambda now: now.changed(camera_features={"Gain": 24.0}), who="a", why="copy").recipe
    assert (saved.version, saved.thresholds) == (1, None)


def test_other_significant_bits_make_other_pictures() -> None:
    ten = CALIBRATED.changed(source=FolderChoice(path="/a", significant_bits=10))
    made = ten.changed(thresholds=LIMITS, calibration=MADE.model_copy(update={"basis": basis_of(ten)}))
    same = made.changed(source=FolderChoice(path="/b", significant_bits=10))
    assert without_stale_thresholds(same, made).thresholds == LIMITS
    for bits in (None, 12):
        other = made.changed(source=FolderChoice(path="/a", significant_bits=bits))
        assert without_stale_thresholds(other, made).thresholds is None
