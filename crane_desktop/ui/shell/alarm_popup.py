"""All alarms in a small list that opens under the bar and closes with a click beside it."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from crane_desktop.domain.alarms import Alarm, AlarmSeverity, AlarmState
from crane_desktop.settings.texts import Language, plain_text, technical_text, text
from crane_desktop.ui.widgets.dates import local_clock
from crane_desktop.ui.widgets.style import sized

_SIGNS = {AlarmSeverity.FAULT: "×", AlarmSeverity.WARNING: "△"}
_SIGN_PX, _HEAD_PX = 26, 170
_TALLEST_PX = 420


def title_words(alarm: Alarm, language: Language) -> str:
    """Return since when an alarm goes on, and how often it has come where it was more than once."""
    title = text("ui.alarm", language, time=local_clock(alarm.begun))
    return title if alarm.count == 1 else f"{title}  {text('ui.alarm.count', language, count=alarm.count)}"


def state_words(alarm: Alarm, language: Language) -> str:
    """Return where an alarm stands."""
    return text(f"ui.alarm_state.{alarm.state}", language)


def in_order(alarms: tuple[Alarm, ...]) -> list[Alarm]:
    """Return what was not seen first, what goes on before what is over, then the newest first."""
    states = list(AlarmState)
    newest_first = sorted(alarms, key=lambda alarm: alarm.begun, reverse=True)
    return sorted(newest_first, key=lambda a: (a.state is AlarmState.ACKNOWLEDGED, states.index(a.state)))


class AlarmPopup(QFrame):
    """A popup; it follows the alarms while it is open."""

    def __init__(self, language: Language, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("panel")
        self._language = language
        self._alarms: tuple[Alarm, ...] = ()
        self._scroll, self._rows = QScrollArea(), QWidget()
        self._scroll.setWidget(self._rows)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        lines = QVBoxLayout(self)
        lines.setContentsMargins(4, 4, 4, 4)
        lines.addWidget(self._scroll)

    def open_under(self, place: QWidget) -> None:
        """Show the list as wide as `place`, below it."""
        self._fill()
        self._rows.setFixedWidth(place.width() - self._scroll.verticalScrollBar().sizeHint().width() - 12)
        height = min(_TALLEST_PX, self._rows.heightForWidth(self._rows.width()) + 12)
        self.resize(QSize(place.width(), height))
        self.move(place.mapToGlobal(QPoint(0, place.height())))
        self.show()

    def show_alarms(self, alarms: tuple[Alarm, ...]) -> None:
        """Follow the list of alarms; without any it closes."""
        self._alarms = alarms
        if self.isVisible():
            self._fill()
            self.setVisible(bool(alarms))

    def retranslate(self, language: Language) -> None:
        """Change the language."""
        self._language = language
        self.setAccessibleName(text("ui.alarm.list", language))
        if self.isVisible():
            self._fill()

    def rows(self) -> list[list[str]]:
        """Return the words of each row: sign, title, state, sentence, and technical details where there are any."""
        frames = [f for f in self._rows.findChildren(QFrame) if not isinstance(f, QLabel)]
        return [[label.text() for label in frame.findChildren(QLabel)] for frame in frames]

    def _fill(self) -> None:
        self._rows = QWidget()
        lines = QVBoxLayout(self._rows)
        lines.setContentsMargins(0, 0, 0, 0)
        for alarm in in_order(self._alarms):
            lines.addWidget(self._row(alarm))
        lines.addStretch(1)
        self._scroll.setWidget(self._rows)

    def _row(self, alarm: Alarm) -> QFrame:
        frame, heads = QFrame(), QVBoxLayout()
        frame.setObjectName("panel")
        sign, title = QLabel(_SIGNS[alarm.severity]), QLabel(title_words(alarm, self._language))
        state, words = QLabel(state_words(alarm, self._language)), QLabel(plain_text(alarm.error, self._language))
        sign.setFont(sized(self.font(), 14, bold=True))
        sign.setFixedWidth(_SIGN_PX)
        sign.setAccessibleName(text(f"ui.alarm_severity.{alarm.severity}", self._language))
        title.setFont(sized(self.font(), 10, bold=True))
        title.setMinimumWidth(_HEAD_PX)
        words.setWordWrap(True)
        words.setTextFormat(Qt.TextFormat.PlainText)
        words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        sentences = QVBoxLayout()
        sentences.addWidget(words)
        detail = technical_text(alarm.error, self._language)
        if detail:
            sentences.addWidget(_detail(detail))
        heads.addWidget(title)
        heads.addWidget(state)
        heads.addStretch(1)
        line = QHBoxLayout(frame)
        line.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        line.addLayout(heads)
        line.addLayout(sentences, 1)
        return frame


def _detail(words: str) -> QLabel:
    """Return a driver's or library's own words: small, below the sentence, to be copied for the support."""
    label = QLabel(words)
    label.setObjectName("caption")
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
