"""One record opened: its picture with heatmap and regions, and every stored field."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from crane_desktop.domain.history import HistoryRecord
from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.history.record_fields import field_lines
from crane_desktop.ui.live.colour_bar import ColourBar
from crane_desktop.ui.live.live_view import Stage
from crane_desktop.ui.live.score_bar import ScoreBar
from crane_desktop.ui.live.signs import sign_pixmap
from crane_desktop.ui.widgets.style import TARGET_PX, sized
from crane_desktop.ui.widgets.words import reason_words


class RecordDialog(QDialog):
    """Shows one record; several may be open side by side."""

    def __init__(
        self, record: HistoryRecord, language: Language, opacity: float, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(1000, 620)
        self.record, self._opacity = record, opacity
        self.stage, self.scale = Stage(), ColourBar(language)
        self.heat, self.outlines = QCheckBox(), QCheckBox()
        self._missing, self._word, self._reason = QLabel(), QLabel(), QLabel()
        self.score = ScoreBar(language)
        self.score.show_measure(record.measure())
        self.fields = _table()
        buttons = QDialogButtonBox()
        self._close = buttons.addButton("", QDialogButtonBox.ButtonRole.RejectRole)
        self._close.setMinimumSize(110, TARGET_PX)
        buttons.rejected.connect(self.reject)
        both = QHBoxLayout(self)
        both.addLayout(self._left(), 3)
        right = QVBoxLayout()
        right.addLayout(self._head())
        right.addWidget(self.score)
        right.addWidget(self.fields, 1)
        right.addWidget(buttons)
        both.addLayout(right, 2)
        self._fill()
        self.retranslate(language)

    def retranslate(self, language: Language) -> None:
        """Change the language."""
        row = self.record.row
        self.setWindowTitle(text("ui.record.title", language, record=row.record_id))
        self.heat.setText(text("ui.heatmap", language))
        self.outlines.setText(text("ui.outlines", language))
        self._missing.setText(text("ui.record.no_picture", language))
        self._word.setText(text(f"verdict.{row.verdict}", language))
        self._reason.setText(reason_words(row.reason, language))
        self._close.setText(text("ui.close", language))
        self.scale.retranslate(language)
        self.score.retranslate(language)
        self.fields.setHorizontalHeaderLabels([text("ui.record.field", language), text("ui.record.value", language)])
        lines = field_lines(self.record, language)
        self.fields.setRowCount(len(lines))
        for place, line in enumerate(lines):
            for column, words in enumerate(line):
                item = QTableWidgetItem(words)
                item.setToolTip(words)
                self.fields.setItem(place, column, item)

    def _fill(self) -> None:
        record = self.record
        self.stage.show_picture(record.pixels)
        self.stage.show_map(record.anomaly_map)
        self.stage.show_outlines(record.regions)
        self.heat.setEnabled(record.anomaly_map is not None)
        self.heat.setChecked(record.anomaly_map is not None)
        self.outlines.setEnabled(bool(record.regions))
        self.outlines.setChecked(bool(record.regions))
        self.heat.toggled.connect(lambda shown: self.stage.set_heat(shown=shown, opacity=self._opacity))
        self.outlines.toggled.connect(self.stage.set_outlines_shown)
        self.stage.set_heat(shown=self.heat.isChecked(), opacity=self._opacity)
        self.scale.setVisible(record.anomaly_map is not None)
        self.scale.show_limits(_number(record.fields.get("map_threshold", "")), record.map_review)
        self._missing.setVisible(record.pixels is None)

    def _left(self) -> QVBoxLayout:
        self._missing.setObjectName("note")
        self._missing.setWordWrap(True)
        picture, switches, left = QHBoxLayout(), QHBoxLayout(), QVBoxLayout()
        picture.addWidget(self.stage, 1)
        picture.addWidget(self.scale)
        for switch in (self.heat, self.outlines):
            switch.setMinimumHeight(TARGET_PX)
            switches.addWidget(switch)
        switches.addStretch(1)
        left.addWidget(self._missing)
        left.addLayout(picture, 1)
        left.addLayout(switches)
        return left

    def _head(self) -> QHBoxLayout:
        sign = QLabel()
        sign.setPixmap(sign_pixmap(self.record.row.verdict, 52, self.devicePixelRatioF()))
        self._word.setFont(sized(self.font(), 20, bold=True))
        self._reason.setWordWrap(True)
        words, line = QVBoxLayout(), QHBoxLayout()
        words.addWidget(self._word)
        words.addWidget(self._reason)
        line.addWidget(sign)
        line.addLayout(words, 1)
        return line


def _table() -> QTableWidget:
    table = QTableWidget(0, 2)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setAlternatingRowColors(True)
    table.setShowGrid(False)
    table.setTabKeyNavigation(False)
    table.verticalHeader().hide()
    header = table.horizontalHeader()
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
    return table


def _number(stored: str) -> float | None:
    try:
        return float(stored)
    except ValueError:
        return None
