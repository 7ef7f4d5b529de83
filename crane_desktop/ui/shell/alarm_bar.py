"""What a person must be told now, with what to do, in a place of its own: nothing moves as alarms come and go."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from crane_desktop.domain.alarms import Alarm, AlarmState, head_line
from crane_desktop.settings.texts import Language, plain_text, text
from crane_desktop.ui.shell.alarm_popup import AlarmPopup, state_words, title_words
from crane_desktop.ui.widgets import palette
from crane_desktop.ui.widgets.fields import ClampedLabel
from crane_desktop.ui.widgets.icons import icon
from crane_desktop.ui.widgets.style import TARGET_PX, sized

_BLINK_MS = 700
_HEIGHT_PX = TARGET_PX + 8
_SIGN_PX = 28
_RIMS = {
    None: f"background: transparent; border: 1px solid {palette.LINE}; padding: 2px;",
    AlarmState.UNACKNOWLEDGED: f"background: {palette.ALARM}; border: 3px solid {palette.ALARM_LINE};",
    AlarmState.ACKNOWLEDGED: f"background: {palette.ALARM}; border: 1px solid {palette.ALARM_LINE}; padding: 2px;",
    AlarmState.RETURNED: f"background: {palette.FIELD}; border: 3px dashed {palette.ALARM_LINE};",
}
"""By an alarm's state, and where there is none: told apart by form, not by colour only, and all of one width."""
_DARK = f"background: {palette.ALARM}; border: 3px solid {palette.ALARM};"
"""The other half of the blinking."""


class AlarmBar(QFrame):
    """Shows the alarm that matters most, in what state it is, and how many more there are (ISA-18.2).

    Its rim blinks while the alarm goes on and nobody has seen it.

    Signals
    -------
    acknowledged
        An `Alarm`: the button was pressed while it was shown.
    """

    acknowledged = Signal(object)

    def __init__(self, language: Language, acknowledge: QAction) -> None:
        super().__init__()
        self.setObjectName("alarm_bar")
        self.setFixedHeight(_HEIGHT_PX)
        self._language, self._action = language, acknowledge
        self._alarms: tuple[Alarm, ...] = ()
        self._sign, self._title, self._state = QLabel(), QLabel(), QLabel()
        self._words = ClampedLabel(2)
        self.more, self.button = QPushButton(), QPushButton()
        self.list = AlarmPopup(language, self)
        self._sign.setPixmap(icon("alarm").pixmap(_SIGN_PX, _SIGN_PX))
        self._sign.setFixedWidth(_SIGN_PX)
        self._title.setFont(sized(self.font(), 12, bold=True))
        for button in (self.more, self.button):
            button.setMinimumSize(110, TARGET_PX)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # a barcode reader's blank would press it
        self.more.clicked.connect(self.show_list)
        self.button.clicked.connect(acknowledge.trigger)
        acknowledge.changed.connect(self._follow)
        self._lay_out()
        self._blink = QTimer(self)
        self._blink.setInterval(_BLINK_MS)
        self._blink.timeout.connect(self._toggle)
        self._lit = True
        self.retranslate(language)

    @property
    def alarm(self) -> Alarm | None:
        """What the bar tells, or None."""
        return head_line(self._alarms)

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        """All that there are."""
        return self._alarms

    @property
    def words(self) -> str:
        """What the bar says."""
        return self._words.words

    def show_alarms(self, alarms: tuple[Alarm, ...]) -> None:
        """Follow the list of alarms."""
        if alarms == self._alarms:
            return
        before = self.alarm
        self._alarms = alarms
        now = self.alarm
        if _same(now) != _same(before):
            self._lit = True
            if now is not None and now.state is AlarmState.UNACKNOWLEDGED:
                self._blink.start()
            else:
                self._blink.stop()
        self._show()

    def show_list(self) -> None:
        """Open the list of all alarms under the bar."""
        self.list.open_under(self)

    def retranslate(self, language: Language) -> None:
        """Change the language."""
        self._language = language
        self.button.setText(text("ui.acknowledge", language))
        self.list.retranslate(language)
        self._show()

    def _show(self) -> None:
        alarm, language = self.alarm, self._language
        for part in (self._sign, self._state, self.more, self.button):
            part.setVisible(alarm is not None)
        if alarm is None:
            self._title.setText("")
            self._words.set_words(text("ui.alarm.none", language))
        else:
            self._title.setText(title_words(alarm, language))
            self._state.setText(state_words(alarm, language))
            self._words.set_words(plain_text(alarm.error, language))
            others = len(self._alarms) - 1
            self.more.setText(
                text("ui.alarm.more", language, count=others) if others else text("ui.alarm.details", language)
            )
        self.setAccessibleName(self.words)
        self._words.setEnabled(alarm is not None)
        self.list.show_alarms(self._alarms)
        self._paint_rim()

    def _follow(self) -> None:
        self.button.setEnabled(self._action.isEnabled())
        self.button.setToolTip(self._action.toolTip())

    def _toggle(self) -> None:
        self._lit = not self._lit
        self._paint_rim()

    def _paint_rim(self) -> None:
        alarm = self.alarm
        rim = _RIMS[alarm.state if alarm is not None else None] if self._lit else _DARK
        sheet = f"QFrame#alarm_bar {{ {rim} border-radius: 6px; }}"
        if sheet != self.styleSheet():
            self.setStyleSheet(sheet)

    def _lay_out(self) -> None:
        heads, line = QVBoxLayout(), QHBoxLayout(self)
        heads.setSpacing(0)
        heads.addWidget(self._title)
        heads.addWidget(self._state)
        line.setContentsMargins(12, 0, 4, 0)
        line.setSpacing(12)
        line.addWidget(self._sign)
        line.addLayout(heads)
        line.addWidget(self._words, 1)
        line.addWidget(self.more)
        line.addWidget(self.button)


def _same(alarm: Alarm | None) -> object:
    """Return what makes an alarm another one for the eye."""
    return None if alarm is None else (alarm.key, alarm.source, alarm.state, alarm.begun)
