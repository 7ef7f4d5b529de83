"""Counters, yield, pace and the balance of frames."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from crane_desktop.domain.balance import Balance
from crane_desktop.domain.station import Pace, Result, StationView
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.signs import sign_pixmap
from crane_desktop.ui.style import sized

NO_FIGURE = "－"
_SIGN_PX = 16


def balance_words(balance: Balance, language: Language) -> tuple[str, str]:
    """Return the balance in one line, and its losses by cause (empty where nothing was lost)."""
    line = text(
        "ui.balance.line",
        language,
        frames=balance.frames,
        judged=balance.judged,
        lost=balance.lost,
        pending=max(0, balance.pending),
    )
    causes = [
        text("ui.balance.cause", language, cause=text(f"loss.{cause}", language), count=count)
        for cause, count in balance.losses.items()
        if count
    ]
    return line, text("ui.balance.between", language).join(causes)


def pace_words(pace: Pace, newest: Result | None, language: Language) -> str:
    """Return rate and latency in one line."""

    def milliseconds(value: float | None) -> str:
        return NO_FIGURE if value is None else f"{value:.0f}"

    return text(
        "ui.pace.line",
        language,
        rate=f"{pace.verdicts_per_s:.1f}",
        last=milliseconds(newest.inspection.latency_ms if newest else None),
        p50=milliseconds(pace.latency_p50_ms),
        p99=milliseconds(pace.latency_p99_ms),
    )


class Counter(QWidget):
    """One figure under its caption."""

    def __init__(self, verdict: Verdict | None) -> None:
        super().__init__()
        self._caption, self._figure, sign = QLabel(), QLabel(NO_FIGURE), QLabel()
        self._caption.setObjectName("caption")
        self._figure.setObjectName("figure")
        self._figure.setFont(sized(self.font(), 17, bold=True))
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 0, 0)
        head.setSpacing(4)
        if verdict is not None:
            sign.setPixmap(sign_pixmap(verdict, _SIGN_PX, self.devicePixelRatioF()))
            head.addWidget(sign)
        head.addWidget(self._caption)
        head.addStretch(1)
        lines = QVBoxLayout(self)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(0)
        lines.addLayout(head)
        lines.addWidget(self._figure)

    def set_caption(self, words: str) -> None:
        """Set the words over the figure."""
        self._caption.setText(words)
        self.setAccessibleName(words)

    def set_figure(self, figure: str) -> None:
        """Set the figure."""
        if figure != self._figure.text():
            self._figure.setText(figure)

    def figure(self) -> str:
        """Return the figure as it is shown."""
        return self._figure.text()


class FiguresPanel(QFrame):
    """All figures of the run."""

    def __init__(self, language: Language) -> None:
        super().__init__()
        self.setObjectName("panel")
        self._language = language
        self._view: StationView | None = None
        self.inspected, self.yield_ratio = Counter(None), Counter(None)
        self.counters = {v: Counter(v) for v in (Verdict.OK, Verdict.REVIEW, Verdict.NG, Verdict.NONE)}
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(6)
        for place, counter in enumerate((self.inspected, *self.counters.values(), self.yield_ratio)):
            grid.addWidget(counter, place // 3, place % 3)
            grid.setColumnStretch(place % 3, 1)
        self.pace, self.balance, self.losses = QLabel(), QLabel(), QLabel()
        for label in (self.pace, self.balance, self.losses):
            label.setWordWrap(True)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        self.losses.setObjectName("caption")
        lines = QVBoxLayout(self)
        lines.setContentsMargins(12, 8, 12, 8)
        lines.setSpacing(4)
        lines.addLayout(grid)
        for label in (self.pace, self.balance, self.losses):
            lines.addWidget(label)
        self.speak(language)

    def show_view(self, view: StationView) -> None:
        """Show the figures if they changed."""
        old = self._view
        if old is not None and old.balance == view.balance and old.pace == view.pace and old.newest is view.newest:
            return
        self._view = view
        self._tell()

    def speak(self, language: Language) -> None:
        """Change the language."""
        self._language = language
        self.inspected.set_caption(text("ui.count.inspected", language))
        self.yield_ratio.set_caption(text("ui.count.yield", language))
        self.counters[Verdict.OK].set_caption(text("ui.count.ok", language))
        self.counters[Verdict.NG].set_caption(text("ui.count.ng", language))
        self.counters[Verdict.REVIEW].set_caption(text("ui.count.review", language))
        self.counters[Verdict.NONE].set_caption(text("ui.count.none", language))
        self._tell()

    def _tell(self) -> None:
        balance = self._view.balance if self._view else Balance()
        self.inspected.set_figure(f"{balance.judged:,}")
        for verdict, counter in self.counters.items():
            counter.set_figure(f"{balance.verdicts.get(verdict, 0):,}")
        ratio = balance.yield_ratio
        self.yield_ratio.set_figure(NO_FIGURE if ratio is None else f"{100 * ratio:.1f} %")
        pace = self._view.pace if self._view else Pace()
        self.pace.setText(pace_words(pace, self._view.newest if self._view else None, self._language))
        line, losses = balance_words(balance, self._language)
        self.balance.setText(line)
        self.losses.setText(losses)
        self.losses.setVisible(bool(losses))
