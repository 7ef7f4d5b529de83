"""Nodes of every kind and access mode, on GenApi's own node map without a camera: described, read, written, refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from camera_fakes import Clock, FakeStream, enumeration, node_map
from genicam import genapi
from hypothesis import given, settings
from hypothesis import strategies as st

from crane_desktop.camera.genicam import nodes as nodes_module
from crane_desktop.camera.genicam.feature_keys import feature_key, split_key
from crane_desktop.camera.genicam.feature_sets import read_feature, read_set, write_set
from crane_desktop.camera.genicam.features import frame_time_s, frames_per_trigger, set_trigger
from crane_desktop.camera.genicam.messages import (
    ListNodes,
    NodeCall,
    NodeReply,
    ReadFeatures,
    ReadNodes,
    ReadSet,
    WriteNode,
    WriteSet,
)
from crane_desktop.camera.genicam.node_reading import described, detail_of, master_of, state_of
from crane_desktop.camera.genicam.node_writing import write_node
from crane_desktop.camera.genicam.nodes import NodeService
from crane_desktop.domain.camera_setup import Access, NodeKind, NodeState, Restored, Visibility, Written
from crane_desktop.domain.errors import InputError

STREAMING = "Streaming"
XML = f"""
<Category Name="Sub"><pFeature>Count</pFeature><pFeature>Ratio</pFeature><pFeature>Switch</pFeature></Category>
<Integer Name="Count"><ToolTip>a tip</ToolTip><DisplayName>The count</DisplayName><Visibility>Expert</Visibility>
 <Streamable>Yes</Streamable><Value>4</Value><Min>2</Min><Max>10</Max><Inc>2</Inc><Unit>px</Unit></Integer>
<Float Name="Ratio"><Value>1.5</Value><Min>1</Min><Max>2</Max><Unit>dB</Unit></Float>
<Boolean Name="Switch"><Value>1</Value></Boolean>
<String Name="Text"><Value>hello</Value></String>
<Command Name="Go"><pValue>Target</pValue><CommandValue>7</CommandValue></Command>
<Integer Name="Target"><Value>0</Value></Integer>
<Integer Name="ReadOnly"><ImposedAccessMode>RO</ImposedAccessMode><Value>3</Value></Integer>
<Integer Name="WriteOnly"><ImposedAccessMode>WO</ImposedAccessMode><Value>3</Value></Integer>
<Integer Name="NotNow"><pIsAvailable>Zero</pIsAvailable><Value>3</Value></Integer>
<Integer Name="Never"><pIsImplemented>Zero</pIsImplemented><Value>3</Value></Integer>
<Integer Name="Locked"><pIsLocked>{STREAMING}</pIsLocked><Value>3</Value></Integer>
<Integer Name="Broken"><pValue>Hole</pValue></Integer>
<IntSwissKnife Name="Hole"><pVariable Name="Z">Zero</pVariable><Formula>1 / Z</Formula></IntSwissKnife>
<Integer Name="Zero"><Value>0</Value></Integer>
<Integer Name="{STREAMING}"><Value>1</Value></Integer>
<Float Name="ExposureTime"><pIsLocked>AutoOn</pIsLocked><Value>100</Value><Min>20</Min><Max>1000</Max></Float>
<IntSwissKnife Name="AutoOn"><pVariable Name="A">ExposureAuto</pVariable>
 <Formula>(A &gt; 0) ? 1 : 0</Formula></IntSwissKnife>
<Enumeration Name="Source"><EnumEntry Name="A"><Value>0</Value></EnumEntry>
 <EnumEntry Name="B"><DisplayName>Bee</DisplayName><pIsAvailable>Zero</pIsAvailable><Value>1</Value></EnumEntry>
 <EnumEntry Name="C"><pIsImplemented>Zero</pIsImplemented><Value>2</Value></EnumEntry><Value>0</Value></Enumeration>
"""
XML += enumeration("ExposureAuto", "Off", "Off", "Once", "Continuous")
XML += enumeration("PixelFormat", "Mono8", "Mono8", "Mono1p")
NAMES = (
    "Sub", "Text", "Go", "ReadOnly", "WriteOnly", "NotNow", "Never", "Locked", "Broken", "Source", "ExposureTime",
    "ExposureAuto", "PixelFormat",
)  # fmt: skip


class Stream(FakeStream):
    """A stream whose pause the node map sees."""

    def __init__(self, nodes: Any, *, running: bool = True) -> None:
        super().__init__(running=running)
        self._nodes = nodes

    @contextmanager
    def paused(self) -> Iterator[None]:
        with super().paused():
            self._nodes.get_node(STREAMING).value = 0
            yield
        self._nodes.get_node(STREAMING).value = 1


@pytest.fixture
def nodes() -> Any:
    return node_map(*NAMES, xml=XML)


@pytest.fixture
def stream(nodes: Any) -> Stream:
    return Stream(nodes)


def refusal(call: Callable[[], object]) -> InputError:
    with pytest.raises(InputError) as error:
        call()
    return error.value


class TestDescribing:
    def test_each_node_is_listed_once_and_after_its_category(self, nodes: Any) -> None:
        infos = {info.name: info for info in described(nodes)}
        assert list(infos)[:4] == ["Sub", "Count", "Ratio", "Switch"]
        assert (infos["Sub"].kind, infos["Sub"].category) == (NodeKind.CATEGORY, "")
        count = infos["Count"]
        assert (count.category, count.display_name, count.description) == ("Sub", "The count", "a tip")
        assert (count.visibility, count.streamable) == (Visibility.EXPERT, True)
        kinds = {"Text": NodeKind.TEXT, "Go": NodeKind.COMMAND, "Source": NodeKind.CHOICE, "Switch": NodeKind.BOOLEAN}
        assert {name: infos[name].kind for name in kinds} == kinds

    def test_a_feature_that_is_shown_in_two_places_is_one(self) -> None:
        category = '<Category Name="{}"><pFeature>X</pFeature></Category>'
        xml = category.format("A") + category.format("B") + '<Integer Name="X"><Value>1</Value></Integer>'
        assert [(info.name, info.category) for info in described(node_map("A", "B", xml=xml))] == [
            ("A", ""), ("X", "A"), ("B", ""),
        ]  # fmt: skip

    def test_a_camera_without_a_tree_shows_nothing(self) -> None:
        class Bare:
            def has_node(self, name: str) -> bool:
                return False

        assert list(described(Bare())) == []


class TestReading:
    @pytest.mark.parametrize(
        ("name", "kind", "access", "value"),
        [
            ("Sub", NodeKind.CATEGORY, Access.READ_ONLY, None),
            ("Count", NodeKind.INTEGER, Access.READ_WRITE, 4),
            ("Ratio", NodeKind.FLOAT, Access.READ_WRITE, 1.5),
            ("Switch", NodeKind.BOOLEAN, Access.READ_WRITE, True),
            ("Text", NodeKind.TEXT, Access.READ_WRITE, "hello"),
            ("Go", NodeKind.COMMAND, Access.READ_WRITE, None),
            ("Source", NodeKind.CHOICE, Access.READ_WRITE, "A"),
            ("ReadOnly", NodeKind.INTEGER, Access.READ_ONLY, 3),
            ("WriteOnly", NodeKind.INTEGER, Access.WRITE_ONLY, None),
            ("NotNow", NodeKind.INTEGER, Access.NOT_AVAILABLE, None),
            ("Never", NodeKind.INTEGER, Access.NOT_IMPLEMENTED, None),
            ("Locked", NodeKind.INTEGER, Access.LOCKED, 3),
            ("Nowhere", NodeKind.OTHER, Access.NOT_IMPLEMENTED, None),
        ],
    )
    def test_every_kind_and_access(self, nodes: Any, name: str, kind: NodeKind, access: Access, value: object) -> None:
        state = state_of(nodes, name, streaming=True)
        assert (state.kind, state.access, state.value) == (kind, access, value)
        assert type(state.value) is type(value)

    def test_numbers_have_limits_steps_and_units(self, nodes: Any) -> None:
        count, ratio = (state_of(nodes, name, streaming=False) for name in ("Count", "Ratio"))
        assert (count.low, count.high, count.step, count.unit) == (2, 10, 2, "px")
        assert (ratio.low, ratio.high, ratio.step, ratio.unit) == (1.0, 2.0, None, "dB")

    def test_choices_say_which_are_to_be_had_now(self, nodes: Any) -> None:
        state = state_of(nodes, "Source", streaming=False)
        assert [(one.name, one.display_name, one.available) for one in state.choices] == [
            ("A", "A", True), ("B", "Bee", False),
        ]  # fmt: skip

    def test_a_register_that_cannot_be_read_says_why_and_ends_nothing(self, nodes: Any) -> None:
        state = state_of(nodes, "Broken", streaming=False)
        assert (state.access, state.value) == (Access.NOT_AVAILABLE, None)
        assert state.detail

    def test_what_a_stop_of_the_stream_frees_is_locked_and_not_read_only(self, nodes: Any) -> None:
        assert state_of(nodes, "Locked", streaming=False).access is Access.READ_ONLY
        assert state_of(nodes, "ReadOnly", streaming=True).access is Access.READ_ONLY

    def test_what_the_camera_sets_itself_is_read_only_and_names_its_master(self, nodes: Any) -> None:
        assert master_of(nodes, "ExposureTime") is None
        nodes.get_node("ExposureAuto").value = "Continuous"
        assert state_of(nodes, "ExposureTime", streaming=True).access is Access.READ_ONLY
        assert master_of(nodes, "ExposureTime") == ("ExposureAuto", "Off")
        assert master_of(nodes, "Gain") is None  # this camera has no such automatic

    def test_a_driver_is_quoted_in_one_line(self) -> None:
        assert detail_of(ValueError("No. : thrown in node 'X'\nsecond line")) == "No."
        assert detail_of(ValueError("")) == "ValueError"


class TestWriting:
    @pytest.mark.parametrize(
        ("name", "value", "stored"),
        [("Count", 6, 6), ("Count", 8.0, 8), ("Ratio", 2, 2.0), ("Switch", 0, False), ("Text", "x", "x")],
    )
    def test_a_value_is_written_in_the_nodes_own_type(
        self, nodes: Any, stream: Stream, name: str, value: Any, stored: object
    ) -> None:
        assert write_node(nodes, stream, name, value) is False
        written = nodes.get_node(name).value
        assert written == stored
        assert stream.pauses == 0

    @pytest.mark.parametrize(
        ("name", "value", "key"),
        [
            ("Nowhere", 1, "camera.feature_missing"),
            ("Count", 11, "camera.node_out_of_range"),
            ("Count", 1, "camera.node_out_of_range"),
            ("Count", 5, "camera.node_step"),
            ("Count", 4.5, "camera.node_no_whole_number"),
            ("Count", "6", "camera.node_no_whole_number"),
            ("Count", float("nan"), "camera.node_out_of_range"),
            ("Count", float("inf"), "camera.node_out_of_range"),
            ("Ratio", "1.5", "camera.node_no_number"),
            ("Ratio", 2.5, "camera.node_out_of_range"),
            ("Switch", "on", "camera.node_no_switch"),
            ("Source", "Z", "camera.node_no_choice"),
            ("Source", "B", "camera.node_choice_not_now"),
            ("PixelFormat", "Mono1p", "camera.format_unknown"),
            ("Sub", 1, "camera.node_read_only"),
            ("Count", None, "camera.node_read_only"),
            ("ReadOnly", 1, "camera.node_read_only"),
            ("NotNow", 1, "camera.node_not_available"),
            ("Never", 1, "camera.node_not_available"),
        ],
    )
    def test_a_refusal_says_why_and_changes_nothing(
        self, nodes: Any, stream: Stream, name: str, value: Any, key: str
    ) -> None:
        before = [state_of(nodes, one, streaming=True) for one in NAMES]
        error = refusal(lambda: write_node(nodes, stream, name, value))
        assert error.key == key
        assert [state_of(nodes, one, streaming=True) for one in NAMES] == before
        assert stream.pauses == 0

    def test_a_command_is_executed(self, nodes: Any, stream: Stream) -> None:
        write_node(nodes, stream, "Go", None)
        assert nodes.get_node("Target").value == 7

    def test_what_is_locked_is_written_in_a_pause(self, nodes: Any, stream: Stream) -> None:
        assert write_node(nodes, stream, "Locked", 5) is True
        assert nodes.get_node("Locked").value == 5
        assert (stream.pauses, stream.running) == (1, True)

    def test_on_the_line_nothing_is_stopped_for_it(self, nodes: Any, stream: Stream) -> None:
        error = refusal(lambda: write_node(nodes, stream, "Locked", 5, may_restart=False))
        assert (error.key, nodes.get_node("Locked").value, stream.pauses) == ("camera.node_locked_line", 3, 0)

    def test_what_the_camera_sets_itself_is_refused_with_the_way_out(self, nodes: Any, stream: Stream) -> None:
        write_node(nodes, stream, "ExposureAuto", "Continuous")
        error = refusal(lambda: write_node(nodes, stream, "ExposureTime", 50.0))
        assert (error.key, error.params["master"], error.params["free"]) == (
            "camera.node_automatic", "ExposureAuto", "Off",
        )  # fmt: skip

    @settings(deadline=None, max_examples=60)
    @given(value=st.one_of(st.integers(-(2**70), 2**70), st.floats(), st.booleans(), st.text(max_size=5)))
    def test_whatever_is_written_is_taken_or_refused_in_words(self, value: Any) -> None:
        nodes = node_map(*NAMES, xml=XML)
        for name in ("Count", "Ratio", "Switch", "Source", "Text"):
            try:
                write_node(nodes, Stream(nodes), name, value)
            except InputError:
                continue
            stored = nodes.get_node(name).value
            assert stored == (bool(value) if name == "Switch" else value) or str(stored) == str(value)


TREE = """
<Integer Name="Width"><pIsLocked>Streaming</pIsLocked><Streamable>Yes</Streamable><pValue>W</pValue><Min>8</Min>
 <pMax>WidthMax</pMax><Inc>4</Inc></Integer><Integer Name="W"><Value>64</Value></Integer>
<IntSwissKnife Name="WidthMax"><pVariable Name="V">O</pVariable><Formula>64 - V</Formula></IntSwissKnife>
<Integer Name="OffsetX"><pIsLocked>Streaming</pIsLocked><Streamable>Yes</Streamable><pValue>O</pValue><Min>0</Min>
 <pMax>OffsetMax</pMax></Integer><Integer Name="O"><Value>0</Value></Integer>
<IntSwissKnife Name="OffsetMax"><pVariable Name="V">W</pVariable><Formula>64 - V</Formula></IntSwissKnife>
<Float Name="Gain"><Streamable>Yes</Streamable><Value>0</Value><Min>0</Min><Max>24</Max></Float>
<Integer Name="Unkept"><Value>1</Value></Integer>
<Integer Name="UserSetDefault"><Streamable>Yes</Streamable><Value>1</Value></Integer>
<Integer Name="Streaming"><Value>1</Value></Integer>
<Integer Name="Level"><Streamable>Yes</Streamable><pIndex>LevelSelector</pIndex>
 <pValueIndexed Index="0">L0</pValueIndexed>
 <pValueIndexed Index="1">L1</pValueIndexed><pValueDefault>L0</pValueDefault></Integer>
<Integer Name="L0"><Value>10</Value></Integer><Integer Name="L1"><Value>11</Value></Integer>
""" + enumeration("LevelSelector", "Red", "Red", "Blue", after="<pSelected>Level</pSelected>") + enumeration(
    "TriggerMode", "Off", "Off", "On", before="<Streamable>Yes</Streamable>"
)  # fmt: skip
TREE_NAMES = ("TriggerMode", "Gain", "Level", "LevelSelector", "OffsetX", "Width", "Unkept", "UserSetDefault")


class TestSets:
    @pytest.fixture
    def camera(self) -> Any:
        return node_map(*TREE_NAMES, xml=TREE)

    def kept(self, camera: Any) -> dict[str, Any]:
        return dict(one for one in read_set(camera, streaming=True) if one is not None)

    def test_what_is_kept_and_in_which_order(self, camera: Any) -> None:
        kept = self.kept(camera)
        assert list(kept) == ["Width", "OffsetX", "Gain", "Level[Red]", "Level[Blue]", "TriggerMode"]
        assert (kept["Level[Red]"], kept["Level[Blue]"]) == (10, 11)
        assert camera.get_node("LevelSelector").value == "Red"  # looking moves no selector

    def test_a_set_comes_back_whole_in_one_pause(self, camera: Any) -> None:
        stream = Stream(camera)
        wanted = {"Width": 32, "OffsetX": 32, "Gain": 3.5, "Level[Blue]": 99, "TriggerMode": "On"}
        restored = write_set(camera, stream, list(wanted.items()))
        assert restored == Restored(5, (), restarted=True)
        assert stream.pauses == 1
        assert {key: read_feature(camera, key) for key in wanted} == wanted
        assert camera.get_node("L0").value == 10

    def test_what_hangs_together_settles_whatever_the_order(self, camera: Any) -> None:
        stream = Stream(camera)
        assert write_set(camera, stream, [("OffsetX", 48), ("Width", 16)]).refused == ()
        assert write_set(camera, stream, [("Width", 60), ("OffsetX", 4)]).refused == ()
        assert (read_feature(camera, "Width"), read_feature(camera, "OffsetX")) == (60, 4)

    def test_what_is_so_already_is_not_written(self, camera: Any) -> None:
        stream = Stream(camera)
        assert write_set(camera, stream, list(self.kept(camera).items())) == Restored(0, (), restarted=False)
        assert stream.pauses == 0

    def test_refusals_are_told_with_their_reasons_and_hold_up_nothing_else(self, camera: Any) -> None:
        features: list[tuple[str, Any]] = [
            ("Gain", 99.0), ("Nowhere", 1), ("not a name!", 1), ("Level[Green]", 5), ("TriggerMode", "On"),
        ]  # fmt: skip
        restored = write_set(camera, Stream(camera), features)
        assert [(one.feature, one.error.key) for one in restored.refused] == [
            ("Gain", "camera.node_out_of_range"),
            ("Nowhere", "camera.feature_missing"),
            ("not a name!", "camera.feature_missing"),
            ("Level[Green]", "camera.node_not_available"),
        ]
        assert read_feature(camera, "TriggerMode") == "On"
        assert camera.get_node("LevelSelector").value == "Red"

    def test_on_the_line_what_is_locked_is_refused(self, camera: Any) -> None:
        stream = Stream(camera)
        restored = write_set(camera, stream, [("Width", 32), ("Gain", 1.0)], may_restart=False)
        assert [(one.feature, one.error.key) for one in restored.refused] == [("Width", "camera.node_locked_line")]
        assert (restored.written, stream.pauses) == (1, 0)

    def test_a_long_set_shows_signs_of_life(self, camera: Any) -> None:
        ticks: list[int] = []
        write_set(camera, Stream(camera), [("Gain", 1.0), ("Width", 32)], tick=lambda: ticks.append(1))
        assert len(ticks) == 2

    @given(name=st.from_regex(r"[A-Za-z_]\w{0,20}", fullmatch=True).filter(str.isascii),
           selection=st.lists(st.from_regex(r"[A-Za-z0-9]{1,8}", fullmatch=True), max_size=3))  # fmt: skip
    def test_a_name_in_a_set_can_be_taken_apart_again(self, name: str, selection: list[str]) -> None:
        assert split_key(feature_key(name, selection)) == (name, tuple(selection))


class TestService:
    @pytest.fixture
    def replies(self) -> list[NodeReply]:
        return []

    @pytest.fixture
    def service(self, replies: list[NodeReply], monkeypatch: pytest.MonkeyPatch) -> NodeService:
        self.clock = Clock().rules(monkeypatch, nodes_module)
        camera = node_map(*TREE_NAMES, xml=TREE)
        return NodeService(camera, Stream(camera), replies.append, lambda: None)

    def test_calls_are_answered_in_their_order_with_what_they_ask_for(
        self, service: NodeService, replies: list[NodeReply]
    ) -> None:
        orders = [
            ListNodes(), ReadNodes(("Gain", "Nowhere")), WriteNode("Gain", 2.0), ReadSet(), ReadFeatures(("Gain", "X")),
            WriteSet((("Gain", 3.0),)), WriteNode("Gain", 99.0),
        ]  # fmt: skip
        for number, order in enumerate(orders):
            service.take(NodeCall(number, order))
        service.turn()
        assert not service.busy
        assert [reply.call_id for reply in replies] == list(range(7))
        listed, read, written, kept, values, restored = (reply.answer for reply in replies[:6])
        assert {info.name for info in listed} == set(TREE_NAMES)  # type: ignore[attr-defined]
        assert [state.access for state in read] == [Access.READ_WRITE, Access.NOT_IMPLEMENTED]  # type: ignore[attr-defined]
        assert isinstance(written, Written)
        assert (written.state.value, written.restarted) == (2.0, False)
        assert dict(kept)["Gain"] == 2.0  # type: ignore[call-overload]
        assert values == (("Gain", 2.0), ("X", None))
        assert restored == Restored(1, (), restarted=False)
        trouble = replies[6].trouble
        assert trouble is not None
        assert trouble.error().key == "camera.node_out_of_range"

    def test_frames_go_on_between_the_nodes_of_a_slow_camera(
        self, service: NodeService, replies: list[NodeReply], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def slow(*_: object, **__: object) -> NodeState:
            self.clock.go_on(0.02)
            return NodeState("x", NodeKind.FLOAT, Access.READ_WRITE)

        monkeypatch.setattr(nodes_module, "state_of", slow)
        service.take(NodeCall(1, ReadNodes(("a", "b", "c"))))
        for turns in range(1, 4):
            assert replies == [], turns
            service.turn()
        service.turn()
        assert len(replies) == 1


class TestTriggers:
    def camera(self, sources: tuple[str, ...] = ("Software", "Line1"), source: str = "Line1", kinds: str = "") -> Any:
        xml = enumeration("TriggerMode", "Off", "Off", "On") + enumeration("TriggerSource", source, *sources)
        xml += '<Command Name="TriggerSoftware"><Value>0</Value><CommandValue>1</CommandValue></Command>'
        names = ["TriggerMode", "TriggerSource", "TriggerSoftware"]
        if kinds:
            xml += enumeration("TriggerSelector", kinds.split()[0], *kinds.split())
            names.append("TriggerSelector")
        return node_map(*names, xml=xml)

    @pytest.mark.parametrize(
        ("trigger", "before", "mode", "source"),
        [
            ("free", "Line1", "Off", "Line1"),
            ("software", "Line1", "On", "Software"),
            ("hardware", "Line1", "On", "Line1"),
            ("hardware", "Software", "On", "Line1"),
        ],
    )
    def test_each_trigger_is_set_up(self, trigger: str, before: str, mode: str, source: str) -> None:
        nodes = self.camera(source=before)
        set_trigger(nodes, trigger)
        assert (nodes.get_node("TriggerMode").value, nodes.get_node("TriggerSource").value) == (mode, source)

    @pytest.mark.parametrize(
        ("trigger", "sources"), [("software", ("Line1",)), ("hardware", ("Software",))], ids=lambda v: str(v)
    )
    def test_a_trigger_that_the_camera_has_not(self, trigger: str, sources: tuple[str, ...]) -> None:
        nodes = self.camera(sources, sources[0])
        assert refusal(lambda: set_trigger(nodes, trigger)).key == "camera.no_trigger"
        assert nodes.get_node("TriggerMode").value == "Off"  # nothing is armed half

    def test_a_camera_without_any_trigger_runs_freely(self) -> None:
        nodes = node_map(xml="")
        set_trigger(nodes, "free")
        assert refusal(lambda: set_trigger(nodes, "hardware")).key == "camera.no_trigger"

    def test_bursts_are_kept_where_they_are_selected(self) -> None:
        nodes = self.camera(kinds="FrameBurstStart FrameStart")
        set_trigger(nodes, "software")
        assert nodes.get_node("TriggerSelector").value == "FrameBurstStart"
        assert frames_per_trigger(nodes) == 1  # it does not say how many

    def test_how_long_the_camera_needs_for_a_picture(self) -> None:
        xml = '<Float Name="{}"><Value>{}</Value></Float>'
        both = xml.format("ExposureTime", 20000) + xml.format("TriggerDelay", 5000)
        assert frame_time_s(node_map(xml=both)) == pytest.approx(0.025)
        assert frame_time_s(node_map(xml=both + xml.format("AcquisitionFrameRate", 4))) == pytest.approx(0.25)
        assert frame_time_s(node_map(xml=xml.format("AcquisitionFrameRate", 0))) == 0.0


def test_the_bindings_own_errors_are_the_ones_we_catch() -> None:
    """Were its exceptions no `genapi.GenericException` any more, a refusal would end the camera's process."""
    nodes = node_map(*NAMES, xml=XML)
    for name in ("ReadOnly", "NotNow", "Count"):
        with pytest.raises(genapi.GenericException):
            nodes.get_node(name).value = 1
