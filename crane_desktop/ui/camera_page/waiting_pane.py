"""What the page shows while no camera is open: why, and what can be done about it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from crane_desktop.domain.errors import CraneError
from crane_desktop.settings.texts import Language, plain_text, technical_text, text
from crane_desktop.ui.widgets.buttons import press_for
from crane_desktop.ui.widgets.style import TARGET_PX, sized

_WORDS_PX = 720


class WaitingPane(QWidget):
    """A sentence in the middle, and buttons: try again, choose a camera, look for the cause, do without one, close."""

    def __init__(self, language: Language, doctor: QAction) -> None:
        super().__init__()
        self._language = language
        self._fault: CraneError | None = None
        self._chosen = True
        self.words = QLabel()
        self.again, self.choose, self.doctor = QPushButton(), QPushButton(), QPushButton()
        self.simulate, self.close_button = QPushButton(), QPushButton()
        self.words.setFont(sized(self.font(), 13, bold=True))
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.words.setMaximumWidth(_WORDS_PX)
        press_for(self.doctor, doctor)
        row, line, lines = QHBoxLayout(), QHBoxLayout(), QVBoxLayout(self)
        row.addStretch(1)
        for button in (self.again, self.choose, self.doctor, self.simulate, self.close_button):
            button.setMinimumSize(140, TARGET_PX)
            row.addWidget(button)
        row.addStretch(1)
        line.addStretch(1)
        line.addWidget(self.words, 100)
        line.addStretch(1)
        lines.addStretch(2)
        lines.addLayout(line)
        lines.addSpacing(16)
        lines.addLayout(row)
        lines.addStretch(3)
        self.retranslate(language)

    def show_state(self, *, chosen: bool, fault: CraneError | None) -> None:
        """Say why no camera is on screen.

        Parameters
        ----------
        chosen
            Frames come from a camera.
        fault
            Why it does not open; None: it is being opened.
        """
        if (chosen, fault) != (self._chosen, self._fault):
            self._chosen, self._fault = chosen, fault
            self._show_words()

    def retranslate(self, language: Language) -> None:
        """Change the language."""
        self._language = language
        self.again.setText(text("ui.camera.again", language))
        self.close_button.setText(text("ui.camera.close", language))
        self.choose.setText(text("ui.camera.choose", language))
        self.simulate.setText(text("ui.camera.simulate", language))
        self._show_words()

    def _show_words(self) -> None:
        fault, opening = self._fault, self._chosen and self._fault is None
        self.words.setText(self._sentence())
        self.words.setToolTip("" if fault is None else technical_text(fault, self._language))
        self.again.setVisible(self._chosen and not opening)
        self.choose.setVisible(not self._chosen)
        self.doctor.setVisible(not opening)
        self.simulate.setVisible(not opening)

    def _sentence(self) -> str:
        if not self._chosen:
            return text("ui.camera.none_chosen", self._language)
        if self._fault is None:
            return text("ui.camera.opening", self._language)
        return plain_text(self._fault, self._language)
