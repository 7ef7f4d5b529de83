"""Pace and balance of frames, along the lower edge of the window."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from crane_desktop.domain.balance import Balance
from crane_desktop.domain.station import Pace, Result, StationView
from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.words import count_words, milliseconds_words

_GAP_PX = 24


def pace_words(pace: Pace, newest: Result | None, language: Language) -> str:
    """Return rate and latency in one line."""
    return text(
        "ui.pace.line",
        language,
        rate=f"{pace.verdicts_per_s:.1f}",
        last=milliseconds_words(newest.inspection.latency_ms if newest else None),
        p50=milliseconds_words(pace.latency_p50_ms),
        p99=milliseconds_words(pace.latency_p99_ms),
    )


def balance_words(balance: Balance, language: Language) -> str:
    """Return the balance in one line: frames = verdicts + lost + pending."""
    return text(
        "ui.balance.line",
        language,
        frames=count_words(balance.frames),
        judged=count_words(balance.judged),
        lost=count_words(balance.lost),
        pending=count_words(max(0, balance.pending)),
    )


def loss_words(balance: Balance, language: Language) -> str:
    """Return the losses by cause; empty where nothing was lost."""
    causes = [
        text("ui.balance.cause", language, cause=text(f"loss.{cause}", language), count=count_words(count))
        for cause, count in balance.losses.items()
        if count
    ]
    if not causes:
        return ""
    return text("ui.balance.losses", language, causes=text("ui.balance.between", language).join(causes))


class StatusLine(QWidget):
    """How fast the line is, and what became of its frames."""

    def __init__(self, language: Language) -> None:
        super().__init__()
        self._language = language
        self._view: StationView | None = None
        self.pace, self.balance, self.losses = QLabel(), QLabel(), QLabel()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(4, 0, 4, 0)
        self._grid.setHorizontalSpacing(_GAP_PX)
        self._grid.setVerticalSpacing(0)
        self._grid.setColumnStretch(2, 1)
        for column, label in enumerate((self.pace, self.balance)):
            label.setTextFormat(Qt.TextFormat.PlainText)
            self._grid.addWidget(label, 0, column)
        self.losses.setTextFormat(Qt.TextFormat.PlainText)
        self.losses.setWordWrap(True)
        self.losses.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._below: bool | None = None
        self.speak(language)

    def show_view(self, view: StationView) -> None:
        """Show the figures if they changed."""
        old = self._view
        self._view = view
        if old is None or old.balance != view.balance or old.pace != view.pace or (old.newest is not view.newest):
            self._tell()

    def speak(self, language: Language) -> None:
        """Change the language."""
        self._language = language
        self.pace.setToolTip(text("ui.pace.hint", language))
        self.balance.setToolTip(text("ui.balance.hint", language))
        self._tell()

    def _tell(self) -> None:
        view = self._view
        balance = view.balance if view else Balance()
        self.pace.setText(pace_words(view.pace if view else Pace(), view.newest if view else None, self._language))
        self.balance.setText(balance_words(balance, self._language))
        self.losses.setText(loss_words(balance, self._language))
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Fit the losses in."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """Put the losses beside the balance, or below where they do not fit."""
        labels = (self.pace, self.balance, self.losses)
        wanted = sum(label.fontMetrics().horizontalAdvance(label.text()) for label in labels) + 2 * _GAP_PX + 16
        below = wanted > self.width()
        if below != self._below:
            self._below = below
            self._grid.removeWidget(self.losses)
            self._grid.addWidget(self.losses, *((1, 0, 1, 3) if below else (0, 2, 1, 1)))
        self.losses.setVisible(bool(self.losses.text()))
