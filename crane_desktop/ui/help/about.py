"""Version, and what the program stands on."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from crane_desktop.settings.licences import components
from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.help.licences_dialog import LicencesDialog
from crane_desktop.ui.widgets.style import TARGET_PX, sized
from crane_desktop.ui.widgets.words import NO_FIGURE

_SHOWN = (
    "PySide6-Essentials", "pyqtgraph", "torch", "open_clip_torch", "timm", "safetensors", "numpy", "scipy",
    "opencv-python-headless", "Pillow", "harvesters", "genicam", "SQLAlchemy", "alembic",
    "pydantic", "typer", "rich", "platformdirs", "filelock",
)  # fmt: skip


def component_lines() -> list[str]:
    """Return name, version and licence of each library the program stands on, where it is known here."""
    known = {_plain(one.name): one for one in components()}
    found = [known[_plain(name)] for name in _SHOWN if _plain(name) in known]
    return [f"{one.name} {one.version}  ({one.licence or NO_FIGURE})" for one in found]


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")


class AboutDialog(QDialog):
    """Name, version, what it is, and what it stands on."""

    def __init__(self, language: Language, version: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(560, 440)
        self._version = version
        self._language: Language = language
        name, self._words, self._licences = QLabel("CraneInspector"), QLabel(), QLabel()
        name.setFont(sized(self.font(), 20, bold=True))
        self._words.setWordWrap(True)
        self._licences.setWordWrap(True)
        components = QPlainTextEdit("\n".join(component_lines()))
        components.setReadOnly(True)
        buttons = QDialogButtonBox()
        self.licences = buttons.addButton("", QDialogButtonBox.ButtonRole.ActionRole)
        self.licences.setMinimumSize(110, TARGET_PX)
        self.licences.clicked.connect(self.show_licences)
        self._close = buttons.addButton("", QDialogButtonBox.ButtonRole.RejectRole)
        self._close.setMinimumSize(110, TARGET_PX)
        buttons.rejected.connect(self.reject)
        lines = QVBoxLayout(self)
        for widget in (name, self._words, self._licences, components, buttons):
            lines.addWidget(widget)
        self.retranslate(language)

    def retranslate(self, language: Language) -> None:
        """Change the language."""
        self._language = language
        self.licences.setText(text("ui.licences", language))
        self.setWindowTitle(text("ui.about", language))
        self._words.setText(text("ui.about.words", language, version=self._version))
        self._licences.setText(text("ui.about.licences", language))
        self._close.setText(text("ui.close", language))

    def show_licences(self) -> None:
        """Open the licences of everything the program is made of, over this window."""
        LicencesDialog(components(), self._language, self).open()
