"""The latest NG parts as small pictures; a click opens the record."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QToolButton, QWidget

from crane_desktop.domain.measures import measure_of
from crane_desktop.domain.station import Result, StationView
from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.live.measure_words import measure_words
from crane_desktop.ui.live.pictures import thumbnail
from crane_desktop.ui.live.signs import sign_pixmap
from crane_desktop.ui.widgets.fields import caption
from crane_desktop.ui.widgets.words import NO_FIGURE

THUMBNAIL_PX = 76
_BUTTON_PX = THUMBNAIL_PX + 8


class NgButton(QToolButton):
    """One part: the verdict's sign until its picture is drawn."""

    def __init__(self, result: Result) -> None:
        super().__init__()
        self.result = result
        self.drawn = False
        self.setFixedSize(_BUTTON_PX, _BUTTON_PX)
        self.setIconSize(QSize(THUMBNAIL_PX, THUMBNAIL_PX))
        self.setIcon(QIcon(sign_pixmap(result.inspection.verdict, THUMBNAIL_PX)))
        self.setStyleSheet("padding: 0px;")
        self.setEnabled(result.record_id is not None)

    def draw(self) -> None:
        """Draw the picture; a part without one keeps its sign."""
        self.drawn = True
        picture = thumbnail(self.result, THUMBNAIL_PX)
        if picture is not None:
            self.setIcon(QIcon(picture))

    def retranslate(self, language: Language) -> None:
        """Change the language."""
        record, measure = self.result.record_id, measure_of(self.result.inspection)
        words = text(
            "ui.ng_strip.part",
            language,
            record=NO_FIGURE if record is None else record,
            measure=measure_words(measure, language),
        )
        self.setToolTip(words)
        self.setAccessibleName(words)


class NgStrip(QFrame):
    """A row of thumbnails, newest to the left. Pictures are drawn one a tick, so that a burst of NG stalls nothing.

    Signals
    -------
    opened
        The record id of the part that was clicked.
    """

    opened = Signal(int)

    def __init__(self, language: Language) -> None:
        super().__init__()
        self.setObjectName("panel")
        self._language = language
        self._results: tuple[Result, ...] = ()
        self.buttons: list[NgButton] = []
        self._caption, self._empty = caption(), caption()
        inside = QWidget()
        inside.setAutoFillBackground(False)
        self._row = QHBoxLayout(inside)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(6)
        self._row.addWidget(self._empty)
        self._row.addStretch(1)
        line = QHBoxLayout(self)
        line.setContentsMargins(10, 4, 6, 2)
        line.setSpacing(10)
        line.addWidget(self._caption)
        line.addWidget(_scroll_area(inside), 1)
        self.retranslate(language)

    def show_view(self, view: StationView) -> None:
        """Follow the latest NG parts; draw the newest picture that is still to be drawn."""
        if view.latest_ng != self._results:
            self._results = view.latest_ng
            self._arrange()
        undrawn = next((button for button in self.buttons if not button.drawn), None)
        if undrawn is not None:
            undrawn.draw()

    def retranslate(self, language: Language) -> None:
        """Change the language."""
        self._language = language
        self._caption.setText(text("ui.ng_strip", language))
        self._empty.setText(text("ui.ng_strip.empty", language))
        for button in self.buttons:
            button.retranslate(language)

    def _arrange(self) -> None:
        """Add the new ones to the left, drop the old ones to the right."""
        old = {id(button.result): button for button in self.buttons}
        self.buttons = [old.pop(id(part)) if id(part) in old else self._button(part) for part in self._results]
        for button in old.values():
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()
        for place, button in enumerate(self.buttons):
            if self._row.indexOf(button) != place:
                self._row.insertWidget(place, button)
        # Qt orders only what can have the focus; the caption can for this moment.
        self._caption.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        for earlier, later in pairwise((self._caption, *self.buttons)):
            QWidget.setTabOrder(earlier, later)
        self._caption.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._empty.setVisible(not self.buttons)

    def _button(self, result: Result) -> NgButton:
        button = NgButton(result)
        button.retranslate(self._language)
        number = result.record_id
        if number is not None:
            button.clicked.connect(lambda _checked=False: self.opened.emit(number))
        return button


def _scroll_area(inside: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidget(inside)
    area.setWidgetResizable(True)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.viewport().setAutoFillBackground(False)
    area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
    area.setFixedHeight(_BUTTON_PX + 14)
    return area
