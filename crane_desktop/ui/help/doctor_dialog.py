"""What is wrong with drivers and cameras, each finding with what to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from crane_desktop.domain.errors import CraneError
from crane_desktop.domain.findings import Finding, Severity
from crane_desktop.settings.texts import Language, plain_text, technical_text, text
from crane_desktop.ui.widgets.style import TARGET_PX, sized

_SIGNS = {Severity.OK: "○", Severity.HINT: "△", Severity.PROBLEM: "×"}
_SIGN_PX = 34


class DoctorDialog(QDialog):
    """Shows findings, the bad ones first.

    Parameters
    ----------
    look
        Starts a new look, whose answer comes to `show_findings`.
    """

    def __init__(self, language: Language, look: Callable[[], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(760, 560)
        self._language: Language = language
        self._look = look
        self._findings: Sequence[Finding] | None = None
        self.summary = QLabel()
        self.summary.setWordWrap(True)
        self.summary.setFont(sized(self.font(), 13, bold=True))
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        buttons = QDialogButtonBox()
        self.again = buttons.addButton("", QDialogButtonBox.ButtonRole.ActionRole)
        self._close = buttons.addButton("", QDialogButtonBox.ButtonRole.RejectRole)
        for button in (self.again, self._close):
            button.setMinimumSize(130, TARGET_PX)
        self.again.clicked.connect(self.look)
        buttons.rejected.connect(self.reject)
        lines = QVBoxLayout(self)
        for widget in (self.summary, self._scroll, buttons):
            lines.addWidget(widget)
        self.retranslate(language)

    def look(self) -> None:
        """Look anew; what was found before goes."""
        self._findings = None
        self._show()
        self._look()

    def show_findings(self, findings: Sequence[Finding]) -> None:
        """Show what was found."""
        self._findings = findings
        self._show()

    def show_failure(self) -> None:
        """The look came to nothing; the alarm says why."""
        if self._findings is None:
            self.again.setEnabled(True)
            self.summary.setText(text("ui.doctor.failed", self._language))

    def retranslate(self, language: Language) -> None:
        """Change the language."""
        self._language = language
        self.setWindowTitle(text("ui.doctor", language))
        self.again.setText(text("ui.doctor.again", language))
        self._close.setText(text("ui.close", language))
        self._show()

    def _show(self) -> None:
        found = self._findings
        self.again.setEnabled(found is not None)
        self.summary.setText(self._summary())
        rows = QWidget()
        column = QVBoxLayout(rows)
        worst_first = (Severity.PROBLEM, Severity.HINT, Severity.OK)
        for finding in sorted(found or (), key=lambda one: worst_first.index(one.severity)):
            column.addWidget(self._row(finding))
        column.addStretch(1)
        self._scroll.setWidget(rows)

    def _summary(self) -> str:
        if self._findings is None:
            return text("ui.doctor.looking", self._language)
        problems = sum(not finding.ok for finding in self._findings)
        if problems:
            return text("ui.doctor.problems", self._language, count=problems)
        return text("ui.doctor.good", self._language)

    def _row(self, finding: Finding) -> QFrame:
        frame = QFrame()
        frame.setObjectName("alarm" if finding.severity is Severity.PROBLEM else "panel")
        sign, words = QLabel(_SIGNS[finding.severity]), QVBoxLayout()
        sign.setFont(sized(self.font(), 16, bold=True))
        sign.setFixedWidth(_SIGN_PX)
        sign.setAccessibleName(text(f"ui.severity.{finding.severity.value}", self._language))
        told = CraneError(finding.key, **finding.params)
        words.addWidget(_sentence(plain_text(told, self._language)))
        if finding.remedy is not None:
            words.addWidget(_sentence("→ " + text(finding.remedy, self._language, **finding.params)))
        if detail := technical_text(told, self._language):
            words.addWidget(_sentence(detail))
        line = QHBoxLayout(frame)
        line.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        line.addLayout(words, 1)
        return frame


def _sentence(words: str) -> QLabel:
    label = QLabel(words)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
