"""Cameras of the convention's first version: how long a picture takes, triggers, outputs, recipes of another age."""

from __future__ import annotations

from typing import Any

import pytest
from camera_fakes import FakeStream, enumeration, node_map

from crane_desktop.camera.genicam.feature_sets import read_feature, read_set, write_set
from crane_desktop.camera.genicam.features import frame_time_s, frames_per_trigger, name_on, set_trigger
from crane_desktop.camera.genicam.node_reading import master_of
from crane_desktop.camera.genicam.user_output import output_of
from crane_desktop.domain.camera_names import FRAME_RATE
from crane_desktop.domain.errors import InputError
from crane_desktop.settings.texts import error_text

Values = dict[str, float | bool | str | tuple[float, str]]


def camera(values: Values, xml: str = "") -> Any:
    """Return a camera of plain nodes; a pair is a number with its unit."""
    for name, value in values.items():
        if isinstance(value, str):
            xml += enumeration(name, value, *dict.fromkeys((value, "Off", "On", "Continuous", "Timed")))
        elif isinstance(value, bool):
            xml += f'<Boolean Name="{name}"><Value>{int(value)}</Value></Boolean>'
        else:
            number, unit = value if isinstance(value, tuple) else (value, "")
            kind, tail = (
                ("Integer", "") if isinstance(number, int) else ("Float", f"<Unit>{unit}</Unit>" if unit else "")
            )
            xml += f'<{kind} Name="{name}"><Value>{number}</Value><Min>0</Min><Max>1000000000</Max>{tail}</{kind}>'
    return node_map(*values, xml=xml)


@pytest.mark.parametrize(
    ("values", "seconds"),
    [
        ({"ExposureTimeAbs": 500_000.0}, 0.5),
        ({"ExposureTimeAbs": 500_000.0, "TriggerDelayAbs": 100_000.0}, 0.6),
        ({"ExposureTimeRaw": 500_000}, 0.5),
        ({"ExposureTimeRaw": 1000, "ExposureTimeBaseAbs": 20.0}, 0.02),
        ({"ExposureTimeRaw": 1000, "ExposureTimeAbs": 20.0}, 20e-6),
        ({"ExposureTime": (0.5, "s")}, 0.5),
        ({"ExposureTime": (2.0, "ms")}, 0.002),
        ({"ExposureTime": 20_000}, 0.02),
        ({"AcquisitionFrameRateAbs": 4.0}, 0.25),
        ({"AcquisitionFrameRateAbs": 4.0, "AcquisitionFrameRateEnable": True}, 0.25),
        ({"AcquisitionFrameRateAbs": 4.0, "AcquisitionFrameRateEnable": False}, 0.0),
        ({"AcquisitionFrameRate": 4.0, "AcquisitionFrameRateEnabled": False, "ResultingFrameRateAbs": 2.0}, 0.5),
        ({"AcquisitionFrameRate": 4.0, "AcquisitionFrameRateEnable": "Off"}, 0.0),
        ({"AcquisitionFramePeriod": 40_000.0}, 0.04),
        ({"ExposureTime": "Timed"}, 0.0),
        ({"ExposureTime": 0.9e9}, 600.0),
        ({}, 0.0),
    ],
)
def test_how_long_a_picture_takes_under_any_name_and_unit(values: Values, seconds: float) -> None:
    assert frame_time_s(camera(values)) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("name", "values", "master"),
    [
        ("ExposureTimeAbs", {"ExposureAuto": "Continuous"}, ("ExposureAuto", "Off")),
        ("ExposureTimeRaw", {"ExposureAuto": "Off", "ExposureMode": "Off"}, ("ExposureMode", "Timed")),
        ("GainRaw", {"GainAuto": "Continuous"}, ("GainAuto", "Off")),
        ("BalanceRatioAbs", {"BalanceWhiteAuto": "Continuous"}, ("BalanceWhiteAuto", "Off")),
        ("BlackLevelRaw", {"BlackLevelEnabled": False}, ("BlackLevelEnabled", True)),
        ("AcquisitionFrameRateAbs", {"AcquisitionFrameRateEnable": False}, ("AcquisitionFrameRateEnable", True)),
        ("AcquisitionFrameRate", {"AcquisitionFrameRateEnable": "Off"}, ("AcquisitionFrameRateEnable", True)),
        ("AcquisitionFrameRate", {"AcquisitionFrameRateAuto": "Continuous"}, ("AcquisitionFrameRateAuto", "Off")),
        ("Gamma", {"GammaEnabled": False}, ("GammaEnabled", True)),
        ("Gamma", {"GammaEnable": "On"}, None),
        ("TriggerDelayAbs", {}, None),
    ],
)
def test_what_must_be_off_first_is_known_under_any_name(name: str, values: Values, master: object) -> None:
    assert master_of(camera({name: 1.0, **values}), name) == master


class TestTriggers:
    def camera(self, *kinds: str, on: str = "", count: int = 4) -> Any:
        """Return a camera with a trigger mode for each kind; the first is selected."""
        switches = "".join(f'<Integer Name="{kind}On"><Value>{int(kind == on)}</Value></Integer>' for kind in kinds)
        places = "".join(f'<pValueIndexed Index="{n}">{kind}On</pValueIndexed>' for n, kind in enumerate(kinds))
        entries = '<EnumEntry Name="Off"><Value>0</Value></EnumEntry><EnumEntry Name="On"><Value>1</Value></EnumEntry>'
        xml = (
            enumeration("TriggerSelector", kinds[0], *kinds, after="<pSelected>TriggerMode</pSelected>")
            + f'<Enumeration Name="TriggerMode">{entries}<pValue>Mode</pValue></Enumeration>{switches}'
            + f'<Integer Name="Mode"><pIndex>TriggerSelector</pIndex>{places}<ValueDefault>0</ValueDefault></Integer>'
            + enumeration("TriggerSource", "Software", "Software", "Line1")
            + '<Command Name="TriggerSoftware"><Value>0</Value><CommandValue>1</CommandValue></Command>'
            + f'<Integer Name="AcquisitionFrameCount"><Value>{count}</Value></Integer>'
        )
        return node_map("TriggerSelector", "TriggerMode", "TriggerSource", "TriggerSoftware", xml=xml)

    def on(self, nodes: Any, *kinds: str) -> list[str]:
        return [kind for kind in kinds if nodes.get_node(f"{kind}On").value]

    def test_a_trigger_that_holds_back_every_picture_is_off_in_a_free_run(self) -> None:
        kinds = ("AcquisitionStart", "FrameStart", "LineStart")
        for left_on, stays in (("AcquisitionStart", []), ("FrameStart", []), ("LineStart", ["LineStart"])):
            nodes = self.camera(*kinds, on=left_on)
            set_trigger(nodes, "free")
            assert self.on(nodes, *kinds) == stays  # the lines of a picture are the encoder's

    def test_a_part_a_trigger_although_the_first_version_begins_at_another_one(self) -> None:
        nodes = self.camera("AcquisitionStart", "FrameStart")
        set_trigger(nodes, "software")
        assert self.on(nodes, "AcquisitionStart", "FrameStart") == ["FrameStart"]
        assert frames_per_trigger(nodes) == 1

    def test_bursts_that_the_recipe_switched_on_stay(self) -> None:
        nodes = self.camera("AcquisitionStart", "FrameStart", on="AcquisitionStart")
        set_trigger(nodes, "hardware")
        assert self.on(nodes, "AcquisitionStart", "FrameStart") == ["AcquisitionStart"]
        assert frames_per_trigger(nodes) == 4

    def test_a_camera_that_triggers_the_exposure_only(self) -> None:
        nodes = self.camera("ExposureStart", "ExposureActive", on="ExposureActive")
        set_trigger(nodes, "software")
        assert self.on(nodes, "ExposureStart", "ExposureActive") == ["ExposureStart"]


class TestOutputs:
    LINES = enumeration("LineSelector", "Out1", "Out1", "Out2") + enumeration("LineMode", "Input", "Input", "Output")

    def value(self, nodes: Any, name: str) -> Any:
        return nodes.get_node(name).value

    def test_each_line_has_a_user_output_of_its_own(self) -> None:
        xml = self.LINES + enumeration("LineSource", "Exposing", "Exposing", "UserOutput")
        xml += enumeration("UserOutputSelector", "UserOutput1", "UserOutput1", "UserOutput2")
        nodes = node_map(xml=xml + '<Boolean Name="UserOutputValue"><Value>0</Value></Boolean>')
        output = output_of(nodes, "Out2", None)
        output.put(high=True)
        output.connect(inverted=False)
        assert self.value(nodes, "UserOutputSelector") == "UserOutput2"  # not the camera's first: another wire
        assert (self.value(nodes, "LineSource"), self.value(nodes, "LineMode")) == ("UserOutput", "Output")

    @pytest.mark.parametrize("mask", [False, True])
    def test_outputs_are_bits_of_one_number(self, mask: bool) -> None:
        xml = self.LINES + enumeration("LineSource", "Off", "Off", "UserOutput1", "UserOutput2")
        xml += enumeration("UserOutputSelector", "UserOutput1", "UserOutput1", "UserOutput2")
        xml += '<Integer Name="UserOutputValueAll"><Value>5</Value></Integer>'
        xml += '<Integer Name="UserOutputValueAllMask"><Value>0</Value></Integer>' if mask else ""
        nodes = node_map(xml=xml)
        output = output_of(nodes, "Out1", "UserOutput2")
        output.put(high=True)
        assert self.value(nodes, "UserOutputValueAll") == 7
        output.put(high=False)
        assert self.value(nodes, "UserOutputValueAll") == 5  # the others stay
        assert not mask or self.value(nodes, "UserOutputValueAllMask") == 2

    def test_the_value_belongs_to_the_line(self) -> None:
        xml = (
            enumeration("LineSelector", "Out1", "Out1", "Out2", after="<pSelected>UserOutputValue</pSelected>")
            + '<Boolean Name="UserOutputValue"><Value>0</Value></Boolean>'
        )
        nodes = node_map(xml=xml)
        output = output_of(nodes, "Out2", None)
        nodes.get_node("LineSelector").value = "Out1"  # a page looks at another line
        output.put(high=True)
        output.connect(inverted=False)
        assert (self.value(nodes, "LineSelector"), self.value(nodes, "UserOutputValue")) == ("Out2", True)

    def test_synchronised_outputs_in_place_of_lines(self) -> None:
        xml = enumeration("SyncOutSelector", "SyncOut1", "SyncOut1", "SyncOut2")
        xml += enumeration("SyncOutSource", "Exposing", "Exposing", "GPO")
        xml += enumeration("SyncOutPolarity", "Normal", "Normal", "Invert")
        nodes = node_map(xml=xml + '<Integer Name="SyncOutLevels"><Value>1</Value></Integer>')
        output = output_of(nodes, "SyncOut2", None)
        assert output.can_invert
        output.put(high=True)
        output.connect(inverted=True)
        assert self.value(nodes, "SyncOutLevels") == 3
        assert (self.value(nodes, "SyncOutSource"), self.value(nodes, "SyncOutPolarity")) == ("GPO", "Invert")

    @pytest.mark.parametrize("xml", ["", LINES, LINES + enumeration("LineSource", "Off", "Off", "UserOutput1")])
    def test_a_camera_without_outputs_says_so(self, xml: str) -> None:
        with pytest.raises(InputError):
            output_of(node_map(xml=xml), "Out1", None)


class TestRecipesOfAnotherAge:
    def restored(self, nodes: Any, features: dict[str, Any]) -> dict[str, InputError]:
        done = write_set(nodes, FakeStream(running=False), list(features.items()))
        return {one.feature: one.error for one in done.refused}  # type: ignore[misc]

    def test_what_means_the_same_is_set_under_the_name_that_the_camera_has(self) -> None:
        nodes = camera({"ExposureTimeAbs": (1.0, "us"), "AcquisitionFrameRateEnabled": "Off", "GammaEnable": False})
        recipe = {"ExposureTime": 900.0, "AcquisitionFrameRateEnable": True, "GammaEnabled": True}
        assert self.restored(nodes, recipe) == {}
        assert [nodes.get_node(name).value for name in ("ExposureTimeAbs", "AcquisitionFrameRateEnabled")] == [
            900.0,
            "On",
        ]
        assert (read_feature(nodes, "ExposureTime"), read_feature(nodes, "GammaEnabled")) == (900.0, True)

    def test_what_does_not_is_told_by_name_with_what_the_camera_has_instead(self) -> None:
        nodes = camera({"Gain": 1.0, "ExposureTime": (0.01, "s"), "BlackLevel": 0.0})
        refused = self.restored(nodes, {"GainRaw": 120, "ExposureTimeAbs": 900.0, "BlackLevelRaw": 3, "HueRaw": 1})
        assert {key: one.params.get("instead") for key, one in refused.items()} == {
            "GainRaw": "Gain", "ExposureTimeAbs": "ExposureTime", "BlackLevelRaw": "BlackLevel", "HueRaw": None,
        }  # fmt: skip
        for key, one in refused.items():
            assert all(key in error_text(one, language) for language in ("ja", "en"))
        assert nodes.get_node("Gain").value == 1.0
        assert read_feature(nodes, "GainRaw") is None  # the comparison shows it, too

    @pytest.mark.parametrize(("wanted", "offered"), [("RGB8", "RGB8Packed"), ("RGB8Packed", "RGB8")])
    def test_a_format_goes_by_its_other_name(self, wanted: str, offered: str) -> None:
        nodes = node_map("PixelFormat", xml=enumeration("PixelFormat", "Mono8", "Mono8", offered))
        assert self.restored(nodes, {"PixelFormat": wanted}) == {}
        assert nodes.get_node("PixelFormat").value == offered


class TestSaving:
    def kept(self, nodes: Any) -> list[str]:
        return [found[0] for found in read_set(nodes, streaming=False) if found is not None]

    def test_steps_are_left_out_where_a_unit_says_the_same(self) -> None:
        both = camera({"ExposureTimeRaw": 25, "ExposureTimeAbs": 500.0, "GainRaw": 3})
        assert self.kept(both) == ["ExposureTimeAbs", "GainRaw"]

    def test_a_camera_that_calls_one_feature_a_setting_has_the_others_all_the_same(self) -> None:
        marked = '<Integer Name="Own"><Streamable>Yes</Streamable><Value>1</Value></Integer>'
        plain = '<Float Name="ExposureTime"><Value>5</Value></Float><Integer Name="GevSCPD"><Value>1</Value></Integer>'
        nodes = node_map("Own", "GevSCPD", "ExposureTime", xml=marked + plain)
        assert self.kept(nodes) == ["ExposureTime", "Own"]  # the link's own settings only where the camera says so

    def test_a_setting_that_selects_others_is_kept_and_not_turned(self) -> None:
        xml = enumeration(
            "BalanceWhiteAuto", "Off", "Off", "Continuous", after="<pSelected>BalanceRatioRaw</pSelected>"
        )
        nodes = node_map(
            "BalanceWhiteAuto",
            "BalanceRatioRaw",
            xml=xml + '<Integer Name="BalanceRatioRaw"><Value>7</Value></Integer>',
        )
        assert self.kept(nodes) == ["BalanceWhiteAuto", "BalanceRatioRaw"]
        # Keys as they were once kept, with every selector, are still understood.
        assert read_feature(nodes, "BalanceRatioRaw[Off]") == 7

    def test_a_feature_is_kept_whose_selector_the_camera_lacks(self) -> None:
        xml = '<Integer Name="Zero"><Value>0</Value></Integer><Enumeration Name="GainSelector">'
        xml += '<pIsImplemented>Zero</pIsImplemented><EnumEntry Name="All"><pIsImplemented>Zero</pIsImplemented>'
        xml += "<Value>0</Value></EnumEntry><Value>0</Value><pSelected>Gain</pSelected></Enumeration>"
        nodes = node_map("GainSelector", "Gain", xml=xml + '<Float Name="Gain"><Value>2</Value></Float>')
        assert self.kept(nodes) == ["Gain"]


def test_a_name_that_is_not_implemented_is_none() -> None:
    xml = '<Integer Name="Zero"><Value>0</Value></Integer><Float Name="AcquisitionFrameRate">'
    xml += "<pIsImplemented>Zero</pIsImplemented><Value>5</Value></Float>"
    assert name_on(node_map(xml=xml), FRAME_RATE) is None
    older = '<Float Name="AcquisitionFrameRateAbs"><Value>5</Value></Float>'
    assert name_on(node_map(xml=xml + older), FRAME_RATE) == "AcquisitionFrameRateAbs"
