"""One feature as a control: its name, a field of its kind, unit and limits, and beside it why it was refused."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QLabel, QLineEdit, QPushButton, QSlider, QWidget

from crane_desktop.domain.camera_setup import Access, FeatureValue, NodeKind, NodeState
from crane_desktop.domain.errors import CraneError
from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.camera_page.numbers import (
    SLIDER_STEPS,
    Scale,
    figure,
    range_words,
    typed_number,
    unit_words,
)
from crane_desktop.ui.widgets.fields import Choice
from crane_desktop.ui.widgets.style import TARGET_PX

_SETTLED_MS = 120
"""A slider that is dragged sends a value so long after its last move: cameras take some ten writes a second."""


def refusal_words(error: CraneError, feature: str, language: Language) -> str:
    """Return why a value was refused, with the feature's and the unit's names for people."""
    params = dict(error.params)
    if "feature" in params:
        params["feature"] = feature
    unit = str(params.get("unit", "")).strip()
    if unit:
        params["unit"] = f" {unit_words(unit)}"
    return text(error.key, language, **params)


class FeatureField(QWidget):
    """Shows a node's state and asks for another value.

    Signals
    -------
    wanted
        Name and value; None executes a command.
    """

    wanted = Signal(str, object)

    def __init__(self, name: str, kind: NodeKind, language: Language, *, slider: bool = False) -> None:
        super().__init__()
        self.name, self.kind = name, kind
        self._language = language
        self._state: NodeState | None = None
        self._scale: Scale | None = None
        self.caption, self.limits, self.message = QLabel(), QLabel(), QLabel()
        self.line, self.box, self.switch, self.button = QLineEdit(), Choice(), QCheckBox(), QPushButton()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, SLIDER_STEPS)
        self.slider.setPageStep(SLIDER_STEPS // 20)
        self.slider.setMinimumHeight(28)
        self._with_slider = slider and kind in (NodeKind.INTEGER, NodeKind.FLOAT)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLED_MS)
        self._settle.timeout.connect(self._send_slider)
        parts: tuple[QWidget, ...] = (self.line, self.box, self.switch, self.button, self.slider, self.limits)
        for part in parts:
            part.setParent(self)
            part.setVisible(part is self.editor)  # the other kinds' fields stay out of sight
        self._lay_out()
        self._connect()
        self.retranslate(language, name)

    @property
    def editor(self) -> QWidget:
        """The field that holds the value."""
        match self.kind:
            case NodeKind.CHOICE:
                return self.box
            case NodeKind.BOOLEAN:
                return self.switch
            case NodeKind.COMMAND:
                return self.button
            case _:
                return self.line

    def retranslate(self, language: Language, words: str) -> None:
        """Change the language; `words` is the feature's name for people."""
        self._language = language
        self.caption.setText(words if self.kind is not NodeKind.COMMAND else "")
        self.switch.setText(text("ui.camera.on", language))
        self.button.setText(words if self.kind is NodeKind.COMMAND else "")
        for part in (self.line, self.box, self.switch, self.button):
            part.setAccessibleName(words)
        self.slider.setAccessibleName(text("ui.camera.slider", language, feature=words))

    def show_state(self, state: NodeState) -> None:
        """Show what the camera says; a field in which somebody types is left alone."""
        if state == self._state:
            return
        self._state = state
        can = state.access.writable
        for part in (self.box, self.switch, self.button, self.slider):
            part.setEnabled(can)
        self.line.setEnabled(state.access is not Access.NOT_AVAILABLE and state.access is not Access.NOT_IMPLEMENTED)
        self.line.setReadOnly(not can)
        self._show_value(state)
        self._show_limits(state)

    def taken(self, state: NodeState) -> None:
        """Show what the camera made of a value that it took."""
        self._state = None
        self.refuse("")
        self.show_state(state)

    def refuse(self, words: str) -> None:
        """Say beside the field why the value was not taken; an empty text takes that away."""
        self.message.setText(words)
        self.message.setVisible(bool(words))
        self.line.setProperty("wrong", bool(words))
        self.editor.setAccessibleDescription(words)
        if words and self._state is not None and self.kind is not NodeKind.COMMAND:
            self._show_value(self._state, even_typed=self.kind in (NodeKind.CHOICE, NodeKind.BOOLEAN))

    def _show_value(self, state: NodeState, *, even_typed: bool = False) -> None:
        value = state.value
        match self.kind:
            case NodeKind.CHOICE:
                if not self.box.view().isVisible() or even_typed:
                    self._list(state)
            case NodeKind.BOOLEAN:
                self.switch.blockSignals(True)
                self.switch.setChecked(bool(value))
                self.switch.blockSignals(False)
            case NodeKind.INTEGER | NodeKind.FLOAT if isinstance(value, int | float):
                if not self.line.isModified() or not self.line.hasFocus():
                    self.line.setText(figure(value))
                self._place_slider(state, float(value))
            case NodeKind.COMMAND:
                return
            case _:
                if not self.line.isModified() or not self.line.hasFocus():
                    self.line.setText("" if value is None else str(value))

    def _list(self, state: NodeState) -> None:
        self.box.relist([(choice.display_name, choice.name) for choice in state.choices])
        model = self.box.model()
        for place, choice in enumerate(state.choices):
            item = model.item(place)  # type: ignore[attr-defined]  # a QComboBox's own model has items
            item.setEnabled(choice.available)
        self.box.blockSignals(True)
        self.box.setCurrentIndex(self.box.findData(state.value))
        self.box.blockSignals(False)

    def _place_slider(self, state: NodeState, value: float) -> None:
        if not self._with_slider or state.low is None or state.high is None or self._settle.isActive():
            return
        self._scale = Scale(state.low, state.high)
        if not self.slider.isSliderDown():
            self.slider.blockSignals(True)
            self.slider.setValue(self._scale.place(value))
            self.slider.blockSignals(False)

    def _show_limits(self, state: NodeState) -> None:
        words = range_words(state.low, state.high, state.step, state.unit)
        if state.access in (Access.NOT_AVAILABLE, Access.NOT_IMPLEMENTED):
            words = text("ui.camera.not_now", self._language)
        elif state.access is Access.READ_ONLY:
            words = f"{words}  {text('ui.camera.read_only', self._language)}".strip()
        self.limits.setText(words)
        self.limits.setVisible(bool(words) and self.kind is not NodeKind.COMMAND)
        self.limits.setToolTip(text("ui.camera.stops", self._language) if state.access is Access.LOCKED else "")
        self.editor.setToolTip(self.limits.toolTip())

    def _lay_out(self) -> None:
        self.limits.setObjectName("caption")
        self.message.setObjectName("refusal")
        self.message.setWordWrap(True)
        self.message.hide()
        self.editor.setMinimumHeight(TARGET_PX - 8)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 2, 0, 2)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(2)
        grid.setColumnMinimumWidth(0, 120)
        grid.setColumnStretch(1, 1)
        self.caption.setBuddy(self.editor)
        grid.addWidget(self.caption, 0, 0)
        field = QHBoxLayout()
        field.setSpacing(8)
        field.addWidget(self.editor, 1)
        if self.kind is not NodeKind.COMMAND:
            field.addWidget(self.limits)
            self.limits.show()
        grid.addLayout(field, 0, 1)
        if self._with_slider:
            grid.addWidget(self.slider, 1, 1)
            self.slider.show()
        grid.addWidget(self.message, 2, 1)

    def _connect(self) -> None:
        self.line.editingFinished.connect(self._send_line)
        self.box.activated.connect(lambda _place: self._send(self.box.currentData()))
        self.switch.toggled.connect(self._send)
        self.button.clicked.connect(lambda: self._send(None))
        self.slider.valueChanged.connect(lambda _place: self._settle.start())

    def _send_line(self) -> None:
        if not self.line.isModified() or self.line.isReadOnly():
            return
        words = self.line.text()
        self.line.setModified(False)
        if self.kind not in (NodeKind.INTEGER, NodeKind.FLOAT):
            self._send(words)
            return
        number = typed_number(words)
        whole = number is not None and self.kind is NodeKind.INTEGER and number == int(number)
        # What is no number goes to the camera's side, too: there all refusals are explained.
        self._send(words if number is None else int(number) if whole else number)

    def _send_slider(self) -> None:
        if self._scale is None or self._state is None:
            return
        value: float = self._scale.value(self.slider.value())
        if self.kind is NodeKind.INTEGER:
            low, step = int(self._state.low or 0), int(self._state.step or 1)
            value = low + (int(value) - low) // step * step
        self._send(value)

    def _send(self, value: FeatureValue | None) -> None:
        self.refuse("")
        self.wanted.emit(self.name, value)
