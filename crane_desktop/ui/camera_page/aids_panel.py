"""Sharpness with its peak, the histogram with what is clipped, and the grey values along the line."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.camera_page.aid_worker import Aids
from crane_desktop.ui.camera_page.plots import Curves, Histogram
from crane_desktop.ui.widgets import palette
from crane_desktop.ui.widgets.style import TARGET_PX

_COLOURS = ("#c03a2b", "#2e8b57", "#1f5c99")
_MUCH_CLIPPED = 0.01


class PeakBar(QWidget):
    """A bar up to the present sharpness and a mark at the best one since the last reset: turn until they meet."""

    def __init__(self) -> None:
        super().__init__()
        self.value = self.peak = 0.0
        self.setMinimumSize(120, 22)

    def show_value(self, value: float) -> None:
        """Show another value; the peak is held."""
        self.value, self.peak = value, max(self.peak, value)
        self.update()

    def reset(self) -> None:
        """Forget the peak."""
        self.peak = self.value
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw it; the peak stands at nine tenths."""
        painter = QPainter(self)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QColor(palette.LINE))
        painter.setBrush(QColor(palette.FIELD))
        painter.drawRoundedRect(box, 3, 3)
        if self.peak <= 0:
            return
        unit = 0.9 * box.width() / self.peak
        painter.fillRect(QRectF(box.left(), box.top() + 1, unit * self.value, box.height() - 2), QColor("#9db8d2"))
        painter.fillRect(QRectF(box.left() + unit * self.peak - 1, box.top(), 3, box.height()), QColor(palette.INK))


class AidsPanel(QWidget):
    """Everything under the picture."""

    def __init__(self, language: Language) -> None:
        super().__init__()
        self._language = language
        self._aids: Aids | None = None
        self.bar, self.reset = PeakBar(), QPushButton()
        self.zebra, self.line = QCheckBox(), QCheckBox()
        self.sharpness, self.exposure = QLabel(), QLabel()
        self._histogram, self._profile = Histogram(), Curves()
        self.reset.clicked.connect(self.bar.reset)
        self.line.toggled.connect(self._profile.setVisible)
        self._profile.hide()
        self._lay_out()
        self.retranslate(language)

    def retranslate(self, language: Language) -> None:
        """Change the language."""
        self._language = language
        self.reset.setText(text("ui.camera.peak_reset", language))
        self.zebra.setText(text("ui.camera.zebra", language))
        self.zebra.setToolTip(text("ui.camera.zebra.hint", language))
        self.line.setText(text("ui.camera.line", language))
        self.line.setToolTip(text("ui.camera.line.hint", language))
        self.bar.setToolTip(text("ui.camera.sharpness.hint", language))
        self._histogram.setToolTip(text("ui.camera.histogram", language))
        self._histogram.setAccessibleName(text("ui.camera.histogram", language))
        self._profile.setAccessibleName(text("ui.camera.line", language))
        self._show_words()

    def show_aids(self, aids: Aids) -> None:
        """Show another frame's figures."""
        self._aids = aids
        self.bar.show_value(aids.sharpness)
        self._histogram.show_counts(aids.exposure.histogram)
        if aids.profile is not None:
            self._show_profile(aids.profile.distance_px, aids.profile.values)
        self._show_words()

    def _show_profile(self, distance: NDArray[np.float64], values: NDArray[np.uint8]) -> None:
        curves = [(values, palette.INK)]
        if values.ndim == 2:
            curves = [(values[:, channel], colour) for channel, colour in enumerate(_COLOURS)]
        self._profile.show_curves(distance, curves)

    def _show_words(self) -> None:
        aids = self._aids
        now, peak = (aids.sharpness, self.bar.peak) if aids is not None else (0.0, 0.0)
        self.sharpness.setText(text("ui.camera.sharpness", self._language, now=f"{now:.2f}", peak=f"{peak:.2f}"))
        self.bar.setAccessibleName(self.sharpness.text())
        under, over = (aids.exposure.under, aids.exposure.over) if aids is not None else (0.0, 0.0)
        mean = aids.exposure.mean if aids is not None else 0.0
        words = text("ui.camera.exposed", self._language, over=f"{over:.1%}", under=f"{under:.1%}", mean=f"{mean:.0f}")
        self.exposure.setText(words)
        much = max(under, over) > _MUCH_CLIPPED
        font = self.exposure.font()
        font.setBold(much)
        self.exposure.setFont(font)

    def _lay_out(self) -> None:
        focus, switches, plots, lines = QHBoxLayout(), QHBoxLayout(), QHBoxLayout(), QVBoxLayout(self)
        lines.setContentsMargins(0, 0, 0, 0)
        metrics = self.sharpness.fontMetrics()
        self.sharpness.setMinimumWidth(metrics.horizontalAdvance("鮮鋭度 00000.0 (最大 00000.0)") + 8)
        focus.addWidget(self.sharpness)
        focus.addWidget(self.bar, 1)
        focus.addWidget(self.reset)
        self.reset.setMinimumHeight(TARGET_PX - 8)
        for switch in (self.zebra, self.line):
            switch.setMinimumHeight(TARGET_PX - 8)
            switches.addWidget(switch)
        switches.addStretch(1)
        switches.addWidget(self.exposure)
        plots.addWidget(self._histogram, 1)
        plots.addWidget(self._profile, 1)
        lines.addLayout(focus)
        lines.addLayout(switches)
        lines.addLayout(plots)
