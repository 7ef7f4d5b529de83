"""Counters and yield, over runs, until somebody has them begin anew."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from crane_desktop.domain.balance import Counts
from crane_desktop.domain.station import StationView
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.live.signs import sign_pixmap
from crane_desktop.ui.widgets.buttons import press_for
from crane_desktop.ui.widgets.dates import since_words
from crane_desktop.ui.widgets.style import TARGET_PX, sized
from crane_desktop.ui.widgets.words import NO_FIGURE, count_words

_SIGN_PX = 16
_FIGURE_PT = 16.0


def yield_words(ratio: float | None) -> str:
    """Return the yield in per cent; only a run without any NG or REVIEW is rounded to 100."""
    if ratio is None:
        return NO_FIGURE
    return f"{ratio if ratio == 1.0 else min(ratio, 0.999):.1%}".replace("%", " %")


class Counter(QWidget):
    """One figure under its caption."""

    def __init__(self, verdict: Verdict | None) -> None:
        super().__init__()
        self._caption, self._figure, sign = QLabel(), QLabel(NO_FIGURE), QLabel()
        self._caption.setObjectName("caption")
        self._figure.setObjectName("figure")
        self._figure.setFont(sized(self.font(), _FIGURE_PT, bold=True))
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
        self._name()

    def set_figure(self, figure: str) -> None:
        """Set the figure."""
        if figure != self._figure.text():
            self._figure.setText(figure)
            self._name()

    def figure(self) -> str:
        """Return the figure as it is shown."""
        return self._figure.text()

    def _name(self) -> None:
        self.setAccessibleName(f"{self._caption.text()} {self._figure.text()}")


class FiguresPanel(QFrame):
    """What was inspected, by verdict, and the yield: OK of all that were decided."""

    def __init__(self, language: Language, reset: QAction) -> None:
        super().__init__()
        self.setObjectName("panel")
        self._language = language
        self._counts = Counts()
        self.since, self.reset = QLabel(), QPushButton()
        self.since.setObjectName("caption")
        self.since.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.reset.setMinimumHeight(TARGET_PX)
        press_for(self.reset, reset, named=False)
        self.reset.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # it has no key of its own, and asks before it does anything
        self.inspected, self.yield_ratio = Counter(None), Counter(None)
        self.counters = {v: Counter(v) for v in (Verdict.OK, Verdict.REVIEW, Verdict.NG, Verdict.NONE)}
        grid = QGridLayout(self)
        grid.setContentsMargins(12, 6, 12, 6)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        for place, counter in enumerate((self.inspected, *self.counters.values(), self.yield_ratio)):
            grid.addWidget(counter, place // 3, place % 3)
            grid.setColumnStretch(place % 3, 1)
        grid.addWidget(self.since, 0, 3)
        grid.addWidget(self.reset, 1, 3)
        self.retranslate(language)

    def show_view(self, view: StationView) -> None:
        """Show the figures if they changed."""
        if view.counts != self._counts:
            self._counts = view.counts
            self._show_words()

    def counted_words(self) -> str:
        """Return what is counted now, in a sentence."""
        return text(
            "ui.reset.counted",
            self._language,
            time=self._since(),
            judged=count_words(self._counts.judged),
            ng=count_words(self._counts.verdicts.get(Verdict.NG, 0)),
        )

    def retranslate(self, language: Language) -> None:
        """Change the language."""
        self._language = language
        self.reset.setText(text("ui.reset.short", language))
        self.inspected.set_caption(text("ui.count.inspected", language))
        self.yield_ratio.set_caption(text("ui.count.yield", language))
        self.counters[Verdict.OK].set_caption(text("ui.count.ok", language))
        self.counters[Verdict.NG].set_caption(text("ui.count.ng", language))
        self.counters[Verdict.REVIEW].set_caption(text("ui.count.review", language))
        self.counters[Verdict.NONE].set_caption(text("ui.count.none", language))
        self._show_words()

    def _show_words(self) -> None:
        since = self._since()
        self.since.setText(text("ui.count.since", self._language, time=since) if since else "")
        self.inspected.set_figure(count_words(self._counts.judged))
        for verdict, counter in self.counters.items():
            counter.set_figure(count_words(self._counts.verdicts.get(verdict, 0)))
        self.yield_ratio.set_figure(yield_words(self._counts.yield_ratio))

    def _since(self) -> str:
        since = self._counts.since
        return "" if since is None else since_words(since, datetime.now(UTC), self._language)
