"""Counters and yield of the run."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from crane_desktop.domain.balance import Balance
from crane_desktop.domain.station import StationView
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.live.signs import sign_pixmap
from crane_desktop.ui.widgets.style import sized
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

    def __init__(self, language: Language) -> None:
        super().__init__()
        self.setObjectName("panel")
        self._balance = Balance()
        self.inspected, self.yield_ratio = Counter(None), Counter(None)
        self.counters = {v: Counter(v) for v in (Verdict.OK, Verdict.REVIEW, Verdict.NG, Verdict.NONE)}
        grid = QGridLayout(self)
        grid.setContentsMargins(12, 6, 12, 6)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        for place, counter in enumerate((self.inspected, *self.counters.values(), self.yield_ratio)):
            grid.addWidget(counter, place // 3, place % 3)
            grid.setColumnStretch(place % 3, 1)
        self.retranslate(language)

    def show_view(self, view: StationView) -> None:
        """Show the figures if they changed."""
        if view.balance != self._balance:
            self._balance = view.balance
            self._show_words()

    def retranslate(self, language: Language) -> None:
        """Change the language."""
        self.inspected.set_caption(text("ui.count.inspected", language))
        self.yield_ratio.set_caption(text("ui.count.yield", language))
        self.counters[Verdict.OK].set_caption(text("ui.count.ok", language))
        self.counters[Verdict.NG].set_caption(text("ui.count.ng", language))
        self.counters[Verdict.REVIEW].set_caption(text("ui.count.review", language))
        self.counters[Verdict.NONE].set_caption(text("ui.count.none", language))
        self._show_words()

    def _show_words(self) -> None:
        self.inspected.set_figure(count_words(self._balance.judged))
        for verdict, counter in self.counters.items():
            counter.set_figure(count_words(self._balance.verdicts.get(verdict, 0)))
        self.yield_ratio.set_figure(yield_words(self._balance.yield_ratio))
