"""The stage with its scale and its switches."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSlider, QToolButton, QVBoxLayout

from crane_desktop.domain.station import StationView
from crane_desktop.domain.verdicts import ReasonCode
from crane_desktop.settings.reason_words import detail_words
from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.live.colour_bar import ColourBar
from crane_desktop.ui.live.live_view import LiveView
from crane_desktop.ui.widgets.fields import ElidedLabel, caption
from crane_desktop.ui.widgets.style import TARGET_PX
from crane_desktop.ui.widgets.words import source_words, state_words

_SHOWN = ("newest", "source", "scorer", "camera_away")

_NAMED = 5
"""So many names stand in a sentence; the others are counted."""


class LivePanel(QFrame):
    """The part as it is seen, with heatmap and outlines."""

    def __init__(self, language: Language, changed: Callable[[], None]) -> None:
        super().__init__()
        self.setObjectName("panel")
        self._language, self._changed = language, changed
        self._view: StationView | None = None
        self.live, self.scale = LiveView(), ColourBar(language)
        self.part, self.note = ElidedLabel(), QLabel()
        self.note.setObjectName("note")
        self.note.setWordWrap(True)
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.note.hide()
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.opacity.setRange(0, 100)
        self.opacity.setFixedWidth(90)
        self.opacity.setMinimumHeight(TARGET_PX)
        self.opacity.valueChanged.connect(self._heat_changed)
        self._opacity_caption = caption()
        self.heat_shown, self.outlines_shown = True, True
        picture = QHBoxLayout()
        picture.setSpacing(4)
        picture.addWidget(self.live, 1)
        picture.addWidget(self.scale)
        self._tools = QHBoxLayout()
        self._tools.setSpacing(6)
        self._tools.addWidget(self.part, 1)
        self._tools.addWidget(self._opacity_caption)
        self._tools.addWidget(self.opacity)
        lines = QVBoxLayout(self)
        lines.setContentsMargins(6, 6, 6, 4)
        lines.setSpacing(4)
        lines.addWidget(self.note)
        lines.addLayout(picture, 1)
        lines.addLayout(self._tools)
        self.retranslate(language)

    def add_tools(self, *actions: QAction) -> None:
        """Put actions of the menus beside the picture as buttons; switches are named, others are known by their tip."""
        for action in actions:
            button = QToolButton()
            button.setDefaultAction(action)
            button.setIconSize(QSize(20, 20))
            if action.isCheckable():
                button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setMinimumSize(TARGET_PX, TARGET_PX)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # they have their keys; a barcode reader types blanks
            self._tools.addWidget(button)

    def set_heat(self, *, shown: bool, opacity: float) -> None:
        """Set the heatmap's visibility and opacity (0..1)."""
        self.heat_shown = shown
        self.opacity.setValue(round(100 * opacity))
        self._heat_changed()

    def set_outlines(self, shown: bool) -> None:
        """Show or hide the outlines."""
        self.outlines_shown = shown
        self.live.set_outlines_shown(shown)
        self._changed()

    def opacity_share(self) -> float:
        """Return the heatmap's opacity, 0..1."""
        return self.opacity.value() / 100

    def show_view(self, view: StationView) -> None:
        """Show the newest part."""
        self.live.show_view(view)
        self.scale.show_view(view)
        old, self._view = self._view, view
        if old is None or any(getattr(old, name) != getattr(view, name) for name in _SHOWN):
            self._show_words()

    def retranslate(self, language: Language) -> None:
        """Change the language."""
        self._language = language
        self._opacity_caption.setText(text("ui.opacity", language))
        self.opacity.setAccessibleName(text("ui.opacity", language))
        self.opacity.setToolTip(text("ui.opacity.hint", language))
        self.scale.retranslate(language)
        self.live.setAccessibleName(text("ui.live", language))
        self._show_words()

    def _heat_changed(self) -> None:
        self.live.set_heat(shown=self.heat_shown, opacity=self.opacity_share())
        self.opacity.setEnabled(self.heat_shown)
        self._changed()

    def _show_words(self) -> None:
        view = self._view
        self.part.set_words(part_words(view, self._language))
        notes = (model_words(view, self._language), passed_over_words(view, self._language))
        self.note.setText("  ".join(filter(None, notes)))
        self.note.setVisible(bool(self.note.text()))


def model_words(view: StationView | None, language: Language) -> str:
    """Return what people must know about the model: that it is a demonstration, what it remembers; mostly empty."""
    scorer = None if view is None else view.scorer
    if scorer is None:
        return ""
    words = [text("ui.for_demonstration", language)] if scorer.for_demonstration else []
    if scorer.good_parts:
        words.append(text("ui.good_parts", language, parts=scorer.good_parts))
    return "  ".join(words)


def part_words(view: StationView | None, language: Language) -> str:
    """Return which part is shown and where it came from."""
    if view is None or view.newest is None:
        return text("ui.part.none", language)
    seen = view.newest.inspection
    origin = seen.origin
    source = source_words(view.source, language) if view.source is not None else origin.source_id
    words = text("ui.part", language, frame=origin.frame_id, source=source, file=origin.file or "").rstrip()
    if seen.reason.code is ReasonCode.UNREADABLE_IMAGE and seen.reason.detail:  # it says what to do
        words = f"{words}   {detail_words(seen.reason, language)}"
    return f"{state_words(view, language)}  {words}" if view.camera_away else words


def passed_over_words(view: StationView | None, language: Language) -> str:
    """Return what lies in the folder beside its pictures; mostly empty."""
    source = None if view is None else view.source
    if source is None or not source.passed_over:
        return ""
    names = ", ".join(source.passed_over[:_NAMED]) + (", …" if len(source.passed_over) > _NAMED else "")
    return text("camera.passed_over", language, count=len(source.passed_over), names=names)
