"""What a person must be told now, with what to do; one button takes it away."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy

from crane_desktop.domain.errors import CraneError
from crane_desktop.settings.texts import Language, error_text, text
from crane_desktop.ui.widgets import palette
from crane_desktop.ui.widgets.dates import local_clock
from crane_desktop.ui.widgets.icons import icon
from crane_desktop.ui.widgets.style import TARGET_PX, sized

_BLINK_MS = 700
_LONGEST = 320
"""Letters of an alarm shown in the bar; the rest, a driver's long message, is in its tip and in the log."""


class AlarmBar(QFrame):
    """Hidden while there is nothing to tell; its rim blinks until the alarm is acknowledged (ISA-18.2).

    Signals
    -------
    acknowledged
        The button was pressed.
    """

    acknowledged = Signal()

    def __init__(self, language: Language) -> None:
        super().__init__()
        self.setObjectName("alarm")
        self._language = language
        self._alarm: CraneError | None = None
        self._since = datetime.now(UTC)
        self._sign, self._title, self._words, self.button = QLabel(), QLabel(), QLabel(), QPushButton()
        self._sign.setPixmap(icon("alarm").pixmap(28, 28))
        self._title.setFont(sized(self.font(), 12, bold=True))
        self._words.setWordWrap(True)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.button.setMinimumSize(120, TARGET_PX)
        self.button.clicked.connect(self.acknowledged)
        line = QHBoxLayout(self)
        line.setContentsMargins(12, 6, 8, 6)
        line.setSpacing(12)
        line.addWidget(self._sign)
        line.addWidget(self._title)
        line.addWidget(self._words, 1)
        line.addWidget(self.button)
        self._blink = QTimer(self)
        self._blink.setInterval(_BLINK_MS)
        self._blink.timeout.connect(self._toggle)
        self._lit = True
        self.retranslate(language)
        self.hide()

    @property
    def alarm(self) -> CraneError | None:
        """What the bar tells, or None."""
        return self._alarm

    @property
    def words(self) -> str:
        """What the bar says."""
        return self._words.text()

    def show_alarm(self, alarm: CraneError | None) -> None:
        """Show an alarm, or none."""
        if alarm is self._alarm:
            return
        self._alarm, self._since = alarm, datetime.now(UTC)
        self._show_words()
        self.setVisible(alarm is not None)
        self._lit = True
        self._paint_rim()
        if alarm is None:
            self._blink.stop()
        else:
            self._blink.start()

    def retranslate(self, language: Language) -> None:
        """Change the language."""
        self._language = language
        self.button.setText(text("ui.acknowledge", language))
        self._show_words()

    def _show_words(self) -> None:
        if self._alarm is not None:
            words = error_text(self._alarm, self._language)
            self._title.setText(text("ui.alarm", self._language, time=local_clock(self._since)))
            self._words.setText(words if len(words) <= _LONGEST else f"{words[:_LONGEST]}…")
            self._words.setToolTip(words)
            self.setAccessibleName(words)

    def _toggle(self) -> None:
        self._lit = not self._lit
        self._paint_rim()

    def _paint_rim(self) -> None:
        self.setStyleSheet("" if self._lit else f"QFrame#alarm {{ border-color: {palette.ALARM}; }}")
