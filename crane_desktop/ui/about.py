"""Version and licences."""

from __future__ import annotations

from importlib import metadata

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.style import TARGET_PX, sized
from crane_desktop.ui.words import NO_FIGURE

_LONGEST_NAME = 80

_SHOWN = (
    "PySide6-Essentials", "pyqtgraph", "torch", "open_clip_torch", "timm", "safetensors", "numpy", "scipy",
    "scikit-learn", "opencv-python-headless", "Pillow", "harvesters", "genicam", "SQLAlchemy", "alembic",
    "pydantic", "typer", "rich", "platformdirs", "filelock", "superqt",
)  # fmt: skip


def component_lines() -> list[str]:
    """Return name, version and licence of each library the program stands on, where its package says so."""
    lines = []
    for name in _SHOWN:
        try:
            about = metadata.distribution(name).metadata.json
        except metadata.PackageNotFoundError:
            # The frozen program may come without a library's package data; then its licence file lies beside it.
            continue
        licence = _licence(about)
        lines.append(f"{about['name']} {about['version']}  ({licence})")
    return lines


def _licence(about: dict[str, str | list[str]]) -> str:
    expression, named = about.get("license_expression"), str(about.get("license") or "")
    if expression:
        return str(expression)
    # Old packages put the licence's whole text where its name belongs.
    short = named if named and len(named) <= _LONGEST_NAME and "\n" not in named else ""
    return short or _classified(about.get("classifier") or []) or NO_FIGURE


def _classified(classifiers: str | list[str]) -> str:
    return ", ".join(c.rsplit(" :: ", 1)[-1] for c in classifiers if c.startswith("License ::"))


class AboutDialog(QDialog):
    """Name, version, what it is, and what it stands on."""

    def __init__(self, language: Language, version: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(560, 440)
        self._version = version
        name, self._words, self._licences = QLabel("CraneInspector"), QLabel(), QLabel()
        name.setFont(sized(self.font(), 20, bold=True))
        self._words.setWordWrap(True)
        self._licences.setWordWrap(True)
        components = QPlainTextEdit("\n".join(component_lines()))
        components.setReadOnly(True)
        buttons = QDialogButtonBox()
        self._close = buttons.addButton("", QDialogButtonBox.ButtonRole.RejectRole)
        self._close.setMinimumSize(110, TARGET_PX)
        buttons.rejected.connect(self.reject)
        lines = QVBoxLayout(self)
        for widget in (name, self._words, self._licences, components, buttons):
            lines.addWidget(widget)
        self.speak(language)

    def speak(self, language: Language) -> None:
        """Change the language."""
        self.setWindowTitle(text("ui.about", language))
        self._words.setText(text("ui.about.words", language, version=self._version))
        self._licences.setText(text("ui.about.licences", language))
        self._close.setText(text("ui.close", language))
