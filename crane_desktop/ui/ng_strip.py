"""The latest NG parts as small pictures; a click opens the record."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QToolButton, QWidget

from crane_desktop.domain.station import Result, StationView
from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.pictures import thumbnail
from crane_desktop.ui.signs import sign_pixmap

THUMBNAIL_PX = 76
_BUTTON_PX = THUMBNAIL_PX + 8


class NgStrip(QFrame):
    """A row of thumbnails, newest to the left.

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
        self._buttons: list[tuple[Result, QToolButton]] = []
        self._caption, self._empty = QLabel(), QLabel()
        self._caption.setObjectName("caption")
        self._empty.setObjectName("caption")
        inside = QWidget()
        inside.setAutoFillBackground(False)
        self._row = QHBoxLayout(inside)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(6)
        self._row.addWidget(self._empty)
        self._row.addStretch(1)
        area = QScrollArea()
        area.setWidget(inside)
        area.setWidgetResizable(True)
        area.viewport().setAutoFillBackground(False)
        area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        area.setFixedHeight(_BUTTON_PX + 14)
        line = QHBoxLayout(self)
        line.setContentsMargins(10, 4, 6, 2)
        line.setSpacing(10)
        line.addWidget(self._caption)
        line.addWidget(area, 1)
        self.speak(language)

    def show_view(self, view: StationView) -> None:
        """Add the new ones to the left, drop the old ones to the right; pictures are drawn once."""
        if view.latest_ng == self._results:
            return
        self._results = view.latest_ng
        kept = {id(result): button for result, button in self._buttons}
        fresh = [
            (result, kept.pop(id(result)) if id(result) in kept else self._button(result)) for result in self._results
        ]
        for button in kept.values():
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()
        for place, (_, button) in enumerate(fresh):
            if self._row.indexOf(button) != place:
                self._row.insertWidget(place, button)
        self._buttons = fresh
        self._empty.setVisible(not fresh)

    def speak(self, language: Language) -> None:
        """Change the language."""
        self._language = language
        self._caption.setText(text("ui.ng_strip", language))
        self._empty.setText(text("ui.ng_strip.empty", language))
        for result, button in self._buttons:
            self._name(button, result)

    @property
    def buttons(self) -> list[QToolButton]:
        """The thumbnails, newest first."""
        return [button for _, button in self._buttons]

    def _button(self, result: Result) -> QToolButton:
        button = QToolButton()
        button.setFixedSize(_BUTTON_PX, _BUTTON_PX)
        button.setIconSize(QSize(THUMBNAIL_PX, THUMBNAIL_PX))
        picture = thumbnail(result, THUMBNAIL_PX)
        button.setIcon(QIcon(picture or sign_pixmap(result.inspection.verdict, THUMBNAIL_PX)))
        button.setStyleSheet("padding: 0px;")
        self._name(button, result)
        record_id = result.record_id
        button.setEnabled(record_id is not None)
        if record_id is not None:
            button.clicked.connect(lambda _checked=False, number=record_id: self.opened.emit(number))
        return button

    def _name(self, button: QToolButton, result: Result) -> None:
        score = result.inspection.score
        words = text(
            "ui.ng_strip.part",
            self._language,
            record=result.record_id if result.record_id is not None else "－",
            score="－" if score is None else f"{score:.3f}",
        )
        button.setToolTip(words)
        button.setAccessibleName(words)
