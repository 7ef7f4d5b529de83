"""Pace and balance of frames, along the lower edge of the window."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from crane_desktop.domain.balance import Balance
from crane_desktop.domain.health import SourceState, SourceStatus
from crane_desktop.domain.station import Pace, Result, StationView
from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.widgets.words import count_words, milliseconds_words

_GAP_PX = 24
_BESIDE_THE_BALANCE = ("repeated", "late", "resends", "losses_of_connection")
_SHOWN = ("balance", "pace", "newest", "source_status")


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
    """Return the balance in one line: frames = verdicts + skipped + lost + pending."""
    skipped = balance.skipped
    return text(
        "ui.balance.line",
        language,
        frames=count_words(balance.frames),
        judged=count_words(balance.judged),
        skipped=text("balance.skipped", language, count=count_words(skipped)) if skipped else "",
        lost=count_words(balance.lost - skipped),
        pending=count_words(max(0, balance.pending)),
    )


def loss_words(balance: Balance, language: Language) -> str:
    """Return the losses by cause; empty where nothing was lost."""
    causes = [
        text("ui.balance.cause", language, cause=text(f"loss.{cause}", language), count=count_words(count))
        for cause, count in balance.missing.items()
    ]
    if not causes:
        return ""
    return text("ui.balance.losses", language, causes=text("ui.balance.between", language).join(causes))


def source_words(status: SourceStatus | None, language: Language) -> str:
    """Return how the source is, with what people do not see elsewhere; empty where it cannot tell."""
    if status is None:
        return ""
    words = text(f"source.{status.state}", language)
    if status.state is SourceState.RECONNECTING:
        since = status.since.astimezone().strftime("%H:%M:%S")
        return text("ui.source.reconnecting", language, state=words, attempt=count_words(status.attempt), since=since)
    counted = {name: count for name, count in status.counts.as_dict().items() if name in _BESIDE_THE_BALANCE and count}
    if not counted:
        return words
    told = [
        text("ui.balance.cause", language, cause=text(f"ui.source.{name}", language), count=count_words(count))
        for name, count in counted.items()
        if count is not None
    ]
    between = text("ui.balance.between", language)
    return text("ui.source.counted", language, state=words, counts=between.join(told))


class StatusLine(QWidget):
    """How fast the line is, and what became of its frames."""

    def __init__(self, language: Language) -> None:
        super().__init__()
        self._language = language
        self._view: StationView | None = None
        self.pace, self.balance, self.losses, self.source = QLabel(), QLabel(), QLabel(), QLabel()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(4, 0, 4, 0)
        self._grid.setHorizontalSpacing(_GAP_PX)
        self._grid.setVerticalSpacing(0)
        self._grid.setColumnStretch(3, 1)
        for column, label in enumerate((self.pace, self.balance, self.source)):
            label.setTextFormat(Qt.TextFormat.PlainText)
            self._grid.addWidget(label, 0, column)
        self.losses.setTextFormat(Qt.TextFormat.PlainText)
        self.losses.setWordWrap(True)
        self.losses.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._below: bool | None = None
        self.retranslate(language)

    def show_view(self, view: StationView) -> None:
        """Show the figures if they changed."""
        old = self._view
        self._view = view
        if old is None or any(getattr(old, name) != getattr(view, name) for name in _SHOWN):
            self._show_words()

    def retranslate(self, language: Language) -> None:
        """Change the language."""
        self._language = language
        self.pace.setToolTip(text("ui.pace.hint", language))
        self.balance.setToolTip(text("ui.balance.hint", language))
        self._show_words()

    def _show_words(self) -> None:
        view = self._view
        balance = view.balance if view else Balance()
        self.pace.setText(pace_words(view.pace if view else Pace(), view.newest if view else None, self._language))
        self.balance.setText(balance_words(balance, self._language))
        self.losses.setText(loss_words(balance, self._language))
        self.source.setText(source_words(view.source_status if view else None, self._language))
        self.source.setVisible(bool(self.source.text()))
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Fit the losses in."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """Put the losses beside the balance, or below where they do not fit."""
        labels = (self.pace, self.balance, self.source, self.losses)
        wanted = sum(label.fontMetrics().horizontalAdvance(label.text()) for label in labels) + 3 * _GAP_PX + 16
        below = wanted > self.width()
        if below != self._below:
            self._below = below
            self._grid.removeWidget(self.losses)
            self._grid.addWidget(self.losses, *((1, 0, 1, 4) if below else (0, 3, 1, 1)))
        self.losses.setVisible(bool(self.losses.text()))
