"""Watches every key of the program: a reader's burst goes to the scan field, and no bare key presses anything."""

from __future__ import annotations

import time
from dataclasses import dataclass

import shiboken6
from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget

from crane_desktop.domain.scans import MOST_LETTERS
from crane_desktop.ui.keys.burst import GAP_MS, Burst
from crane_desktop.ui.keys.rules import ENDS, PRESSING, control_letter, is_bare, is_refused, press, typed

_KEYS = (QEvent.Type.KeyPress, QEvent.Type.KeyRelease, QEvent.Type.ShortcutOverride)
_MODIFIERS = (
    *(Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_AltGr, Qt.Key.Key_Meta),
    *(Qt.Key.Key_CapsLock, Qt.Key.Key_NumLock),
)
_LATE_MS = 2 * GAP_MS
"""The timer came so late that the window stood still: keys of the same burst may be waiting behind it."""


def now_ms() -> float:
    """Return the clock for keys that carry no time of their own."""
    return time.monotonic() * 1000.0


@dataclass(frozen=True, slots=True)
class _Held:
    """A key that waits until it is known whether a reader typed it."""

    widget: QWidget
    event: QKeyEvent


class KeyGuard(QObject):
    """A filter over all keys of the application, from its making to `stop`.

    A key that types is held for a moment. If a reader typed it, all of the burst goes to `scanned` and none of it
    reaches the widget that has the focus; if not, the widget gets it as if nothing had been. Ctrl+Enter presses what
    Enter and the blank no longer do: the button that has the focus, or a dialog's preset answer.

    Signals
    -------
    scanned
        What a reader typed, without the Enter or Tab at its end.
    refused
        The widget (a button, a menu, a dialog) in which a bare key would have pressed something.
    """

    scanned = Signal(str)
    refused = Signal(QWidget)

    def __init__(self) -> None:
        super().__init__()
        self._burst = Burst(MOST_LETTERS)
        self._held: list[_Held] = []
        self._giving_back = False
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._time_is_up)
        self._held_ms = 0.0
        application = QApplication.instance()
        if application is None:
            raise RuntimeError("there is no application whose keys could be watched")
        self._application = application
        application.installEventFilter(self)

    def stop(self) -> None:
        """Watch no more. Idempotent."""
        self._timer.stop()
        self._held.clear()
        self._application.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Take a key, or let it go where it was going."""
        if event.type() not in _KEYS or not isinstance(event, QKeyEvent) or not isinstance(watched, QWidget):
            return False
        if self._giving_back:
            return self._refuse(watched, event)
        if event.type() == QEvent.Type.ShortcutOverride:
            return self._overrides(event)
        if event.type() == QEvent.Type.KeyRelease:
            return self._take_release(watched, event)
        return self._take(watched, event) or self._refuse(watched, event) or press(watched, event)

    # -- inside ----------------------------------------------------------------------------------------------

    def _take(self, widget: QWidget, event: QKeyEvent) -> bool:
        """Return whether a pressed key was taken for a burst."""
        at_ms = _moment(event)
        reader = self._burst.is_a_reader(at_ms)
        control = control_letter(event) if reader else ""
        if (event.key() in ENDS and is_bare(event)) or control in ("\r", "\n", "\t"):
            return self._end(at_ms)
        letters = control or ("" if event.isAutoRepeat() else typed(event))
        if letters:
            if not self._burst.goes_on(at_ms):
                self._give_back()
            self._burst.add(letters, at_ms)
            self._hold(widget, event)
            return True
        if reader:
            return event.key() not in _MODIFIERS  # part of what the reader sends; what it would command is not meant
        if event.key() not in _MODIFIERS:
            self._give_back()
        return False

    def _end(self, at_ms: float) -> bool:
        scanned = self._burst.end(at_ms)
        if scanned is None:
            self._give_back()
            return self._burst.follows_an_end(at_ms)
        self._timer.stop()
        self._held.clear()
        self.scanned.emit(scanned)
        return True

    def _take_release(self, widget: QWidget, event: QKeyEvent) -> bool:
        """Keep the order: a key that is held must not be let go before it was pressed."""
        if not self._held or event.key() in _MODIFIERS:
            return False
        self._hold(widget, event)
        return True

    def _overrides(self, event: QKeyEvent) -> bool:
        """Keep a reader's control characters from being taken for shortcuts: then they come as keys."""
        if not self._burst.is_a_reader(_moment(event)):
            return False
        event.accept()
        return True

    def _refuse(self, widget: QWidget, event: QKeyEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride or not is_refused(widget, event):
            return False
        if event.type() == QEvent.Type.KeyPress and event.key() in PRESSING:
            self.refused.emit(widget)
        return True

    def _hold(self, widget: QWidget, event: QKeyEvent) -> None:
        self._held_ms = now_ms()
        if len(self._held) <= 2 * MOST_LETTERS:
            self._held.append(_Held(widget, _copy(event)))
        self._timer.start(round(GAP_MS) + 1)

    def _time_is_up(self) -> None:
        """No reader: give back what was held. After a stall the keys behind it have their turn first."""
        waited_ms, self._held_ms = now_ms() - self._held_ms, now_ms()
        if waited_ms > _LATE_MS:
            self._timer.start(0)
            return
        self._give_back()

    def _give_back(self) -> None:
        self._timer.stop()
        self._burst.forget()
        held, self._held = self._held, []
        self._giving_back = True
        try:
            for one in held:
                if shiboken6.isValid(one.widget):
                    self._application.sendEvent(one.widget, one.event)
        finally:
            self._giving_back = False


def _moment(event: QKeyEvent) -> float:
    """Return when a key was pressed: by the system's clock where it says so, which no busy window can stretch."""
    return float(event.timestamp()) or now_ms()


def _copy(event: QKeyEvent) -> QKeyEvent:
    return QKeyEvent(event.type(), event.key(), event.modifiers(), event.text(), event.isAutoRepeat(), event.count())
