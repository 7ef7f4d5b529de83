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

from crane_desktop.domain.station import HistoryRecord
from crane_desktop.settings.texts import Language, catalogue, text
from crane_desktop.ui.dates import local_time
from crane_desktop.ui.live_view import Stage
from crane_desktop.ui.signs import sign_pixmap
from crane_desktop.ui.style import TARGET_PX, sized


def field_name(name: str, language: Language) -> str:
    """Return a stored field's name for people; the stored name itself where there is no word for it."""
    key = f"ui.field.{name}"
    return text(key, language) if key in catalogue() else name


class RecordDialog(QDialog):
    """Shows one record; several may be open side by side."""

    def __init__(
        self, record: HistoryRecord, language: Language, opacity: float, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(text("ui.record.title", language, record=record.row.record_id))
        self.resize(980, 620)
        self._opacity = opacity
        self.stage = Stage()
        self.stage.show_picture(record.pixels)
        self.stage.show_map(record.anomaly_map)
        self.stage.show_outlines(record.regions)
        self.heat = QCheckBox(text("ui.heatmap", language))
        self.heat.setMinimumHeight(TARGET_PX)
        self.heat.setChecked(record.anomaly_map is not None)
        self.heat.setEnabled(record.anomaly_map is not None)
        self.heat.toggled.connect(lambda shown: self.stage.set_heat(shown=shown, opacity=self._opacity))
        self.stage.set_heat(shown=self.heat.isChecked(), opacity=opacity)
        self.fields = self._table(record, language)
        missing = QLabel(text("ui.record.no_picture", language))
        missing.setObjectName("note")
        missing.setWordWrap(True)
        missing.setVisible(record.pixels is None)
        buttons = QDialogButtonBox()
        close = buttons.addButton(text("ui.close", language), QDialogButtonBox.ButtonRole.RejectRole)
        close.setMinimumSize(110, TARGET_PX)
        buttons.rejected.connect(self.reject)
        left = QVBoxLayout()
        left.addWidget(missing)
        left.addWidget(self.stage, 1)
        left.addWidget(self.heat)
        right = QVBoxLayout()
        right.addLayout(self._head(record, language))
        right.addWidget(self.fields, 1)
        right.addWidget(buttons)
        both = QHBoxLayout(self)
        both.addLayout(left, 3)
        both.addLayout(right, 2)

    def _head(self, record: HistoryRecord, language: Language) -> QHBoxLayout:
        sign, word, reason = QLabel(), QLabel(), QLabel()
        sign.setPixmap(sign_pixmap(record.row.verdict, 52, self.devicePixelRatioF()))
        word.setText(text(f"verdict.{record.row.verdict}", language))
        word.setFont(sized(self.font(), 20, bold=True))
        reason.setText(text(f"reason.{record.row.reason}", language))
        reason.setWordWrap(True)
        words = QVBoxLayout()
        words.addWidget(word)
        words.addWidget(reason)
        line = QHBoxLayout()
        line.addWidget(sign)
        line.addLayout(words, 1)
        return line

    def _table(self, record: HistoryRecord, language: Language) -> QTableWidget:
        row = record.row
        known = {
            text("ui.history.time", language): local_time(row.decided_at, language),
            text("ui.history.score", language): "－" if row.score is None else f"{row.score:.6f}",
            text("ui.history.threshold", language): "－" if row.threshold is None else f"{row.threshold:.6f}",
        }
        pairs = [*known.items(), *((field_name(name, language), value) for name, value in record.fields.items())]
        table = QTableWidget(len(pairs), 2)
        table.setHorizontalHeaderLabels([text("ui.record.field", language), text("ui.record.value", language)])
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setAlternatingRowColors(True)
        table.setShowGrid(False)
        table.verticalHeader().hide()
        for place, (name, value) in enumerate(pairs):
            for column, words in enumerate((name, value)):
                item = QTableWidgetItem(words)
                item.setToolTip(words)
                table.setItem(place, column, item)
        header = table.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        return table
