"""The important settings as plain controls, as far as the camera has them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from crane_desktop.domain import camera_names as names
from crane_desktop.domain.camera_names import Quantity
from crane_desktop.domain.camera_setup import NodeState, Written
from crane_desktop.domain.errors import CraneError
from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.camera_page.desk import Desk
from crane_desktop.ui.camera_page.feature_field import FeatureField, refusal_words
from crane_desktop.ui.widgets.style import sized

# What it is, under the first of its names that the camera has, and words.
_Row = tuple[Quantity, str]
GROUPS: tuple[tuple[str, tuple[_Row, ...]], ...] = (
    (
        "ui.camera.group.exposure",
        (
            (names.EXPOSURE_AUTO, "ui.camera.exposure_auto"),
            (names.EXPOSURE_TIME, "ui.camera.exposure"),
            (names.GAIN_AUTO, "ui.camera.gain_auto"),
            (names.GAIN, "ui.camera.gain"),
            (names.WHITE_AUTO, "ui.camera.white_auto"),
        ),
    ),
    (
        "ui.camera.group.trigger",
        (
            (names.TRIGGER_SELECTOR, "ui.camera.trigger_selector"),
            (names.TRIGGER_MODE, "ui.camera.trigger_mode"),
            (names.TRIGGER_SOURCE, "ui.camera.trigger_source"),
            (names.TRIGGER_ACTIVATION, "ui.camera.trigger_edge"),
            (names.TRIGGER_DELAY, "ui.camera.trigger_delay"),
            (names.TRIGGER_SOFTWARE, "ui.camera.trigger_now"),
        ),
    ),
    (
        "ui.camera.group.rate",
        (
            (names.RATE_ENABLE, "ui.camera.rate_enable"),
            (names.FRAME_RATE, "ui.camera.rate"),
            (names.RESULTING_RATE, "ui.camera.rate_result"),
        ),
    ),
    (
        "ui.camera.group.format",
        (
            (names.PIXEL_FORMAT, "ui.camera.format"),
            (names.WIDTH, "ui.camera.width"),
            (names.HEIGHT, "ui.camera.height"),
            (names.OFFSET_X, "ui.camera.offset_x"),
            (names.OFFSET_Y, "ui.camera.offset_y"),
        ),
    ),
)
_SLIDERS = frozenset(name for one in (names.EXPOSURE_TIME, names.GAIN, names.FRAME_RATE) for name in one.names)


class BasicsTab(QScrollArea):
    """Plain controls in groups; a group without a feature is left out."""

    def __init__(self, desk: Desk, language: Language) -> None:
        super().__init__()
        self._desk, self._language = desk, language
        self.fields: dict[str, FeatureField] = {}
        self._words: dict[str, str] = {}
        self._heads: list[tuple[QLabel, str]] = []
        self._fitted = self._shown = False
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        desk.listed.connect(self._build)
        desk.states.connect(self._show_states)
        desk.written.connect(self._taken)
        desk.refused.connect(self._refuse)

    def retranslate(self, language: Language) -> None:
        """Change the language."""
        self._language = language
        for head, key in self._heads:
            head.setText(text(key, language))
        for name, field in self.fields.items():
            field.retranslate(language, text(self._words[name], language))
        self._make_wide_enough()

    def watched(self, *, shown: bool) -> None:
        """Have the controls' values read while they are on screen."""
        self._shown = shown
        self._desk.watch(self, tuple(self.fields) if shown else ())

    def _build(self, _infos: object) -> None:
        inside = QWidget()
        lines = QVBoxLayout(inside)
        lines.setContentsMargins(10, 6, 10, 6)
        lines.setSpacing(4)
        for key, rows in GROUPS:
            found = [(name, words) for what, words in rows if (name := self._first(what.names)) is not None]
            if not found:
                continue
            head = QLabel()
            head.setFont(sized(self.font(), 11, bold=True))
            self._heads.append((head, key))
            lines.addWidget(head)
            for name, words in found:
                lines.addWidget(self._field(name, words))
            lines.addSpacing(10)
        lines.addStretch(1)
        self.setWidget(inside)
        self._make_wide_enough()
        self.retranslate(self._language)
        self.watched(shown=self._shown)

    def _first(self, known: Sequence[str]) -> str | None:
        return next((name for name in known if name in self._desk.infos), None)

    def _field(self, name: str, words: str) -> FeatureField:
        info = self._desk.infos[name]
        field = FeatureField(name, info.kind, self._language, slider=name in _SLIDERS)
        field.caption.setToolTip(f"{name}\n{info.description}")
        field.wanted.connect(self._desk.write)
        self.fields[name], self._words[name] = field, words
        return field

    def _show_states(self, states: Sequence[NodeState]) -> None:
        for state in states:
            field = self.fields.get(state.name)
            if field is not None:
                field.show_state(state)
        if not self._fitted and any(state.name in self.fields for state in states):
            self._fitted = True  # limits take room, and are known only now
            self._make_wide_enough()

    def words(self, name: str) -> str:
        """Return what a feature is called on this tab, or its own name."""
        key = self._words.get(name)
        return name if key is None else text(key, self._language)

    def _make_wide_enough(self) -> None:
        inside = self.widget()
        if inside is not None:
            inside.ensurePolished()
            self.setMinimumWidth(inside.minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width() + 4)

    def _taken(self, done: Written) -> None:
        field = self.fields.get(done.state.name)
        if field is not None:
            field.taken(done.state)

    def _refuse(self, name: str, error: CraneError) -> None:
        field = self.fields.get(name)
        if field is not None:
            field.refuse(refusal_words(error, self.words(name), self._language))
