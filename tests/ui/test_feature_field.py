"""One feature as a control: shows what the camera says, sends what a person means, and says why it was refused."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PySide6.QtCore import Qt

from crane_desktop.domain.camera_setup import Access, FeatureValue, NodeChoice, NodeKind, NodeState
from crane_desktop.domain.errors import InputError
from crane_desktop.settings.texts import text
from crane_desktop.ui.camera_page.feature_field import FeatureField, refusal_words
from crane_desktop.ui.camera_page.numbers import SLIDER_STEPS, Scale, figure, range_words, typed_number

CHOICES = (NodeChoice("Off", "Off"), NodeChoice("On", "On"), NodeChoice("Burst", "Burst", available=False))
VALUES: dict[NodeKind, FeatureValue | None] = {
    NodeKind.INTEGER: 64,
    NodeKind.FLOAT: 4000.0,
    NodeKind.BOOLEAN: True,
    NodeKind.CHOICE: "On",
    NodeKind.TEXT: "VC1",
    NodeKind.COMMAND: None,
}


def state(
    kind: NodeKind, value: FeatureValue | None = None, access: Access = Access.READ_WRITE, **more: Any
) -> NodeState:
    more.setdefault("choices", CHOICES if kind is NodeKind.CHOICE else ())
    return NodeState("Node", kind, access, VALUES[kind] if value is None else value, **more)


@pytest.fixture
def field(request: pytest.FixtureRequest, qtbot: Any) -> FeatureField:
    kind = request.param
    made = FeatureField("Node", kind, "en", slider=True)
    qtbot.addWidget(made)
    made.sent = []  # type: ignore[attr-defined]
    made.wanted.connect(lambda _name, value: made.sent.append(value))  # type: ignore[attr-defined]
    made.show_state(
        state(kind, low=8, high=640, step=8) if kind is NodeKind.INTEGER else state(kind, low=20.0, high=1e6)
    )
    made.show()
    return made


def of(*kinds: NodeKind) -> Any:
    return pytest.mark.parametrize("field", kinds, indirect=True)


def typed(field: Any, words: str, qtbot: Any) -> list[Any]:
    field.line.setFocus()
    field.line.selectAll()
    field.line.insert(words)  # wide figures come from an input method, not from keys
    qtbot.keyClick(field.line, Qt.Key.Key_Return)
    return list(field.sent)


@of(*VALUES)
def test_only_the_editor_of_its_kind_is_seen(field: FeatureField) -> None:
    parts = (field.line, field.box, field.switch, field.button)
    assert [part for part in parts if part.isVisible()] == [field.editor]
    assert field.slider.isVisible() == (field.kind in (NodeKind.INTEGER, NodeKind.FLOAT))
    assert field.sent == []  # type: ignore[attr-defined]  # showing a value sends none


@of(NodeKind.INTEGER)
@pytest.mark.parametrize(("words", "sent"), [("128", 128), ("128.0", 128), ("1.5", 1.5), ("１２８", 128), ("x", "x")])
def test_whole_numbers_go_out_whole(field: FeatureField, words: str, sent: Any, qtbot: Any) -> None:
    assert typed(field, words, qtbot) == [sent]
    assert type(field.sent[0]) is type(sent)  # type: ignore[attr-defined]


@of(NodeKind.FLOAT)
def test_what_is_not_changed_is_not_sent(field: FeatureField, qtbot: Any) -> None:
    field.line.setFocus()
    qtbot.keyClick(field.line, Qt.Key.Key_Return)
    assert field.sent == []  # type: ignore[attr-defined]
    assert typed(field, "2500", qtbot) == [2500.0]


@of(NodeKind.FLOAT)
def test_a_field_in_which_somebody_types_is_left_alone(field: FeatureField, qtbot: Any) -> None:
    field.line.setFocus()
    field.line.selectAll()
    qtbot.keyClicks(field.line, "25")
    field.show_state(state(NodeKind.FLOAT, 5000.0, low=20.0, high=1e6))
    assert field.line.text() == "25"
    field.line.clearFocus()
    field.show_state(state(NodeKind.FLOAT, 6000.0, low=20.0, high=1e6))
    assert field.line.text() == "6000"


@of(NodeKind.INTEGER)
def test_a_slider_sends_once_it_rests_and_keeps_to_the_steps(field: FeatureField, qtbot: Any) -> None:
    for place in (100, 500, 503):
        field.slider.setValue(place)
    assert field.sent == []  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: len(field.sent) == 1, timeout=2000)  # type: ignore[attr-defined]
    (value,) = field.sent  # type: ignore[attr-defined]
    assert (value - 8) % 8 == 0
    assert abs(value - Scale(8, 640).value(503)) < 8


@of(NodeKind.CHOICE)
def test_choices_are_listed_and_what_is_not_there_now_cannot_be_chosen(field: FeatureField) -> None:
    assert [field.box.itemText(place) for place in range(3)] == ["Off", "On", "Burst"]
    assert field.box.currentData() == "On"
    assert not field.box.model().item(2).isEnabled()  # type: ignore[attr-defined]
    field.box.setCurrentIndex(0)
    field.box.activated.emit(0)
    assert field.sent == ["Off"]  # type: ignore[attr-defined]
    field.refuse("no")  # the camera did not take it: the list shows what is
    assert field.box.currentData() == "On"


@of(NodeKind.BOOLEAN)
def test_a_switch_that_is_refused_goes_back(field: FeatureField) -> None:
    field.switch.click()
    assert field.sent == [False]  # type: ignore[attr-defined]
    field.refuse("no")
    assert field.switch.isChecked()
    assert field.sent == [False]  # type: ignore[attr-defined]


@of(NodeKind.COMMAND)
def test_a_command_has_no_value(field: FeatureField) -> None:
    field.retranslate("ja", "ソフトウェアトリガ")
    assert (field.button.text(), field.caption.text()) == ("ソフトウェアトリガ", "")
    field.button.click()
    assert field.sent == [None]  # type: ignore[attr-defined]
    assert not field.limits.isVisible()


@of(NodeKind.FLOAT)
def test_a_refusal_stands_beside_the_field_until_a_value_is_taken(field: FeatureField, qtbot: Any) -> None:
    typed(field, "5", qtbot)
    field.refuse("too small")
    assert field.message.isVisible()
    assert field.editor.accessibleDescription() == "too small"
    assert field.line.text() == "4000"
    field.taken(state(NodeKind.FLOAT, 20.0, low=20.0, high=1e6))
    assert not field.message.isVisible()
    assert field.line.text() == "20"


@of(NodeKind.FLOAT)
@pytest.mark.parametrize("access", list(Access))
def test_what_cannot_be_written_cannot_be_typed(field: FeatureField, access: Access) -> None:
    field.show_state(state(NodeKind.FLOAT, 4000.0, access, low=20.0, high=1e6, unit="us"))
    assert field.line.isReadOnly() != access.writable
    assert field.slider.isEnabled() == access.writable
    gone = access in (Access.NOT_AVAILABLE, Access.NOT_IMPLEMENTED)
    assert field.line.isEnabled() != gone
    assert (field.limits.text() == text("ui.camera.not_now", "en")) == gone
    assert (text("ui.camera.read_only", "en") in field.limits.text()) == (access is Access.READ_ONLY)
    assert (field.limits.toolTip() == text("ui.camera.stops", "en")) == (access is Access.LOCKED)


@of(NodeKind.TEXT)
def test_words_go_out_as_they_are(field: FeatureField, qtbot: Any) -> None:
    assert typed(field, " 12 mm", qtbot) == [" 12 mm"]


def test_a_refusal_names_the_feature_as_the_page_does() -> None:
    error = InputError("camera.node_out_of_range", feature="ExposureTime", low="20", high="100", value="5", unit="us")
    words = refusal_words(error, "露光時間", "ja")
    assert "露光時間" in words
    assert "µs" in words
    assert "ExposureTime" not in words


# -- numbers -----------------------------------------------------------------------------------------------------

NUMBERS = st.floats(-1e9, 1e9, allow_nan=False)


@given(st.floats(1e-3, 1e6), st.floats(1.0, 1e6), st.integers(0, SLIDER_STEPS))
def test_a_slider_goes_there_and_back(low: float, ratio: float, place: int) -> None:
    scale = Scale(low, low * ratio)
    value = scale.value(place)
    assert low * 0.99 <= value <= low * ratio * 1.01
    if ratio > 1.5:
        assert abs(scale.place(value) - place) <= 5  # a logarithmic one has three figures that count


@given(st.floats(-100, 100), st.floats(0.1, 1e6), st.lists(st.integers(0, SLIDER_STEPS), min_size=2))
@example(low=2.2e-309, width=1.0, places=[1, 1000])
def test_further_to_the_right_is_never_less(low: float, width: float, places: list[int]) -> None:
    scale = Scale(low, low + width)
    values = [scale.value(place) for place in sorted(places)]
    assert values == sorted(values)


@given(NUMBERS)
def test_a_figure_can_be_typed_again(value: float) -> None:
    again = typed_number(figure(value))
    assert again is not None
    assert math.isclose(again, value, rel_tol=1e-9, abs_tol=1e-9)


@given(st.integers(-(2**63), 2**63))
def test_whole_figures_lose_nothing(value: int) -> None:
    assert figure(value) == str(value)


@pytest.mark.parametrize(
    ("limits", "words"),
    [((0.0, 24.0, None, "dB"), "0 – 24 dB"), ((None, 1.0, None, "us"), "µs"), ((0, 10, 1, ""), "0 – 10"),
     ((0.0, 0.5, 0.1, ""), "0 – 0.5  (±0.1)"), ((1, 1e9, 2, "Bps"), "1 – 1e+09 B/s  (±2)")],
)  # fmt: skip
def test_limits_are_short(limits: tuple[Any, ...], words: str) -> None:
    assert range_words(*limits) == words
