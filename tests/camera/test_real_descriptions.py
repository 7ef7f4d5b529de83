"""Real cameras by their public descriptions: described, read, saved, restored and compared, whatever the names."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from camera_fakes import FakeStream
from real_cameras import NAMES, RealCamera

from crane_desktop.camera.genicam.feature_sets import read_feature, write_set
from crane_desktop.camera.genicam.features import frame_time_s, name_on
from crane_desktop.camera.genicam.node_reading import described, state_of
from crane_desktop.domain import camera_names as names
from crane_desktop.domain.camera_setup import Access, Difference, FeatureValue, NodeKind, differences
from crane_desktop.recipe.model import Recipe
from crane_desktop.recipe.staleness import basis_of, what_differs
from crane_desktop.recipe.thresholds import CalibrationBasis
from crane_desktop.settings.texts import error_text

pytestmark = pytest.mark.skipif(not NAMES, reason="../shared/cameras is not there")

_QUANTITIES = (
    names.EXPOSURE_TIME, names.FRAME_RATE, names.GAIN, names.WHITE_RATIO, names.TEMPERATURE, names.SERIAL_NUMBER,
    names.TRIGGER_DELAY, names.RATE_ENABLE, names.OUTPUT_VALUE, names.LINE_SELECTOR,
)  # fmt: skip
_E, _R, _T = "ExposureTime", "AcquisitionFrameRate", "TriggerDelay"
_E1, _R1, _T1, _B1 = f"{_E}Abs", f"{_R}Abs", f"{_T}Abs", "BalanceRatioAbs"
_B, _D, _S = "BalanceRatio", "DeviceTemperature", "DeviceSerialNumber"
_U, _L = "UserOutputValue", "LineSelector"
FOUND: dict[str, tuple[str | None, ...]] = {
    "AVT_GT3300": (_E1, _R1, "Gain", _B1, _D, "DeviceID", _T1, None, None, None),
    "AVT_Manta_G507C": (_E1, _R1, "Gain", _B1, _D, "DeviceID", _T1, None, None, None),
    "Adimec_Q12A180CXP_1_1_5": (_E, _R, "Gain", None, None, _S, None, None, None, None),
    "Basler-a2A2600-20gmBAS": (_E, _R, "Gain", None, _D, _S, _T, f"{_R}Enable", _U, _L),
    "Basler-acA1300-60gm": (_E1, _R1, "GainRaw", _B1, None, _S, _T1, f"{_R}Enable", _U, _L),
    "Basler-scA640-70gm": (_E1, _R1, "GainRaw", _B1, "TemperatureAbs", _S, _T1, f"{_R}Enable", _U, _L),
    "FLIR-BFS-U3-161S7M": (_E, _R, "Gain", _B, _D, _S, _T, f"{_R}Enable", _U, _L),
    "FLIR_A35": (None, None, None, None, _D, "DeviceID", None, None, _U, _L),
    "FLIR_ORX_10G_51S5M": (_E, _R, "Gain", _B, _D, _S, _T, f"{_R}Enable", _U, _L),
    "Mikrotron_CXP_MC206xS11": (_E, _R, None, None, None, _S, None, None, _U, _L),
    "Orca_Fire_C16240-20UP": (_E, None, None, None, None, None, None, None, None, None),
    "PGR_Flea3_GE_28S4C": (_E, _R, "Gain", f"{_B}Raw", _D, "DeviceID", _T, f"{_R}Enabled", _U, _L),
    "Teledyne_ShadoBox": (None, None, None, None, _D, "DeviceID", None, None, None, None),
    "Tucsen_CXP_Dhyana6060BSI": (None, _R, None, None, _D, "DeviceID", None, None, None, None),
    "ViewWorks_VNP604": (_E, _R, "Gain", _B, _D, _S, None, None, _U, _L),
}  # fmt: skip


@pytest.fixture(scope="session")
def camera_named() -> Callable[[str], RealCamera]:
    """Return what loads each description once."""
    loaded: dict[str, RealCamera] = {}

    def named(name: str) -> RealCamera:
        if name not in loaded:
            loaded[name] = RealCamera(name)
        return loaded[name]

    return named


@pytest.fixture(params=NAMES)
def camera(request: pytest.FixtureRequest, camera_named: Callable[[str], RealCamera]) -> RealCamera:
    return camera_named(request.param)


def compared(camera: RealCamera, wanted: Mapping[str, FeatureValue]) -> tuple[Difference, ...]:
    return differences(wanted, {key: read_feature(camera.nodes, key) for key in wanted})


def test_every_node_is_described_and_its_state_read(camera: RealCamera) -> None:
    infos = list(described(camera.nodes))
    assert len(infos) == len({info.name for info in infos})
    for info in infos:
        state = state_of(camera.nodes, info.name, streaming=False)
        assert (state.name, state.kind) == (info.name, info.kind)
        assert state.access is not Access.READ_WRITE or state.value is not None or info.kind in _WITHOUT_VALUE


_WITHOUT_VALUE = (NodeKind.CATEGORY, NodeKind.COMMAND, NodeKind.OTHER)


def test_each_quantity_is_found_under_the_name_that_the_camera_has(camera: RealCamera) -> None:
    assert tuple(name_on(camera.nodes, what) for what in _QUANTITIES) == FOUND[camera.name]


def test_what_is_saved_comes_back_and_compares_as_the_same(camera: RealCamera) -> None:
    camera.move(1)
    first = camera.kept()
    camera.move(3)
    second = camera.kept()
    assert compared(camera, first)
    found = [name_on(camera.nodes, what) for what in _MOVING]
    moving = [name for name in found if name is not None and _can_be_moved(camera, name)]
    for wanted in (first, second, first):
        restored = write_set(camera.nodes, FakeStream(running=False), list(wanted.items()))
        assert restored.refused == ()
        assert compared(camera, wanted) == ()
    assert {key.partition("[")[0] for key in second} >= set(moving), "what changes most is a part of the recipe"


_MOVING = (names.EXPOSURE_TIME, names.FRAME_RATE, names.GAIN, names.WHITE_RATIO)


def _of(key: str, moving: list[str]) -> bool:
    return key.partition("[")[0] in moving


def _can_be_moved(camera: RealCamera, name: str) -> bool:
    state = state_of(camera.nodes, name, streaming=False)
    limited = state.low is not None and state.high is not None and state.low < state.high
    return limited and state.access is Access.READ_WRITE


def test_looking_at_a_set_turns_no_setting(camera: RealCamera) -> None:
    before = dict(camera.registers.memory)
    camera.kept()
    after = camera.registers.memory
    assert {address: after.get(address) for address in before} == before


def test_an_exposure_of_half_a_second_is_waited_for(camera: RealCamera) -> None:
    name = name_on(camera.nodes, names.EXPOSURE_TIME)
    if name is None:
        pytest.skip("this camera has no exposure time")
    node = camera.nodes.get_node(name)
    node.set_value(0.5 if node.unit == "s" else 500_000, False)  # past its limits: some are those of the test
    exposed_s = names.in_seconds(node.value, node.unit)  # in the camera's own steps
    assert exposed_s >= 0.5
    assert frame_time_s(camera.nodes) >= exposed_s


def test_a_recipe_of_another_age_is_restored_or_told_by_name(camera: RealCamera) -> None:
    camera.move(1)
    kept = camera.kept()
    today = {names.standard_name(key): value for key, value in kept.items()}
    older = {_older(key): value for key, value in today.items()}
    camera.move(3)
    for recipe in (today, older):
        restored = write_set(camera.nodes, FakeStream(running=False), list(recipe.items()))
        # Seconds under an older name, which has microseconds, nobody carries over; all else is the same.
        refused = [key for key in recipe if key not in kept] if camera.name in _IN_SECONDS else []
        assert [one.feature for one in restored.refused] == refused
        assert [one.feature for one in compared(camera, recipe)] == refused
        assert what_differs(_basis(recipe), _basis(kept)) == ()
    steps = {"GainRaw": 7, "GainAbs": 7.0, "BlackLevelRaw": 7, "Gain": 7.0, "BlackLevel": 7.0}
    foreign = {name: value for name, value in steps.items() if not camera.nodes.has_node(name)}
    told = write_set(camera.nodes, FakeStream(running=False), list(foreign.items())).refused
    assert [one.feature for one in told] == list(foreign)
    for one in told:
        assert one.error.key in ("camera.feature_other_steps", "camera.feature_missing")
        assert all(one.feature in error_text(one.error, language) for language in ("ja", "en"))


_IN_SECONDS = ("Orca_Fire_C16240-20UP",)


def _older(key: str) -> str:
    bare, bracket, selection = key.partition("[")
    what = names.quantity(bare)
    carried = what is not None and what.same and bare in what.alike
    return f"{what.same[0] if what is not None and carried else bare}{bracket}{selection}"


def _basis(features: Mapping[str, FeatureValue]) -> CalibrationBasis:
    return basis_of(Recipe(name="recipe", camera_features=dict(features)))
