"""Version and licences."""

from __future__ import annotations

from importlib import metadata

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.style import TARGET_PX, sized

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
        licence = about.get("license_expression") or _classified(about.get("classifier") or []) or "－"
        lines.append(f"{about['name']} {about['version']}  ({licence})")
    return lines


def _classified(classifiers: str | list[str]) -> str:
    return ", ".join(c.rsplit(" :: ", 1)[-1] for c in classifiers if c.startswith("License ::"))


class AboutDialog(QDialog):
    """Name, version, what it is, and what it stands on."""

    def __init__(self, language: Language, version: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(text("ui.about", language))
        self.resize(560, 440)
        name, words, licences = QLabel("CraneInspector"), QLabel(), QLabel()
        name.setFont(sized(self.font(), 20, bold=True))
        words.setText(text("ui.about.words", language, version=version))
        words.setWordWrap(True)
        licences.setText(text("ui.about.licences", language))
        licences.setWordWrap(True)
        components = QPlainTextEdit("\n".join(component_lines()))
        components.setReadOnly(True)
        buttons = QDialogButtonBox()
        close = buttons.addButton(text("ui.close", language), QDialogButtonBox.ButtonRole.RejectRole)
        close.setMinimumSize(110, TARGET_PX)
        buttons.rejected.connect(self.reject)
        lines = QVBoxLayout(self)
        for widget in (name, words, licences, components, buttons):
            lines.addWidget(widget)
