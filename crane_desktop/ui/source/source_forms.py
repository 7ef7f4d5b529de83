"""What a person fills in for each kind of image source; each form makes a `SourceChoice`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QLineEdit, QPushButton, QWidget

from crane_desktop.domain.sources import SourceChoice
from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.widgets.fields import Choice, RateField, caption
from crane_desktop.ui.widgets.style import TARGET_PX
from crane_desktop.ui.widgets.words import kind_words

_USUAL_BITS = (8, 10, 12, 14, 16)
"""Depths that cameras have."""


class SourceForm(Protocol):
    """One kind's form."""

    def choice(self) -> SourceChoice:
        """Return what is filled in."""
        ...

    def fill(self, choice: SourceChoice) -> None:
        """Fill in an earlier choice."""
        ...

    def retranslate(self, language: Language) -> None:
        """Change the language."""
        ...


def row_of(form: QWidget, *widgets: QWidget) -> QHBoxLayout:
    """Lay `widgets` in a row, all of the size a finger meets."""
    line = QHBoxLayout(form)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(8)
    for widget in widgets:
        if not isinstance(widget, QLabel):
            widget.setMinimumHeight(TARGET_PX)
        line.addWidget(widget)
    return line


class DemoForm(QWidget):
    """The simulated line: which kind of part, and how fast."""

    def __init__(self, kinds: Sequence[str]) -> None:
        super().__init__()
        self._kind_caption, self._rate_caption = caption(), caption()
        self.kinds, self.rate = Choice(170), RateField()
        self._names = tuple(kinds)
        row_of(self, self._kind_caption, self.kinds, self._rate_caption, self.rate).addStretch(1)

    def choice(self) -> SourceChoice:
        """Return what is filled in."""
        return SourceChoice(kind="demo", device=self.kinds.currentData(), rate_hz=self.rate.rate_hz())

    def fill(self, choice: SourceChoice) -> None:
        """Fill in an earlier choice."""
        self.kinds.setCurrentIndex(max(0, self.kinds.findData(choice.device)))
        self.rate.setValue(choice.rate_hz or 0.0)

    def retranslate(self, language: Language) -> None:
        """Change the language."""
        self._kind_caption.setText(text("ui.source.part_kind", language))
        self._rate_caption.setText(text("ui.rate", language))
        named = [(kind_words(name, language), name) for name in self._names]
        self.kinds.relist([(text("ui.kind.all", language), None), *named])
        self.kinds.setAccessibleName(text("ui.source.part_kind", language))
        self.rate.retranslate(language)


class PathField(QWidget):
    """A path with a button that opens Qt's chooser: a folder, or a file of one kind."""

    def __init__(self, pattern: str | None) -> None:
        super().__init__()
        self._pattern = pattern
        self._title = ""
        self.path, self.browse = QLineEdit(), QPushButton()
        self.browse.clicked.connect(self._choose)
        self.browse.setFocusPolicy(
            Qt.FocusPolicy.NoFocus
        )  # a barcode reader types blanks; by keyboard one types the path
        row_of(self, self.path, self.browse).setStretch(0, 1)

    def value(self) -> str | None:
        """Return the path, or None while there is none."""
        return self.path.text().strip() or None

    def _choose(self) -> None:
        start = str(Path(self.value() or Path.home()))
        if self._pattern is None:
            chosen = QFileDialog.getExistingDirectory(self, self._title, start)
        else:
            chosen, _ = QFileDialog.getOpenFileName(self, self._title, start, self._pattern)
        if chosen:
            self.path.setText(chosen)
            self.path.editingFinished.emit()

    def name(self, title: str, button: str, hint: str) -> None:
        """Set the words."""
        self._title = title
        self.path.setPlaceholderText(hint)
        self.path.setAccessibleName(title)
        self.browse.setText(button)


class FolderForm(QWidget):
    """A folder of pictures, replayed."""

    def __init__(self) -> None:
        super().__init__()
        self._caption, self._rate_caption, self._bits_caption = caption(), caption(), caption()
        self.folder, self.rate, self.bits = PathField(None), RateField(), Choice(120)
        self._depths: tuple[int, ...] = _USUAL_BITS
        row = row_of(self, self._caption, self.folder, self._bits_caption, self.bits, self._rate_caption, self.rate)
        row.setStretch(1, 1)

    def choice(self) -> SourceChoice:
        """Return what is filled in."""
        return SourceChoice(
            kind="folder",
            path=self.folder.value(),
            rate_hz=self.rate.rate_hz(),
            significant_bits=self.bits.currentData(),
        )

    def fill(self, choice: SourceChoice) -> None:
        """Fill in an earlier choice."""
        self.folder.path.setText(choice.path or "")
        self.rate.setValue(choice.rate_hz or 0.0)
        bits = choice.significant_bits
        if bits is not None and bits not in self._depths:
            self._depths = (*self._depths, bits)
            self.bits.addItem(str(bits), bits)
        self.bits.setCurrentIndex(max(0, self.bits.findData(bits)))

    def retranslate(self, language: Language) -> None:
        """Change the language."""
        self._caption.setText(text("ui.source.path", language))
        self.folder.name(
            text("ui.source.choose_folder", language),
            text("ui.browse", language),
            text("ui.source.path_hint", language),
        )
        self._bits_caption.setText(text("ui.source.bits", language))
        named = [(text("ui.source.bits_of", language, bits=bits), bits) for bits in self._depths]
        self.bits.relist([(text("ui.source.bits_of_file", language), None), *named])
        self.bits.setAccessibleName(text("ui.source.bits", language))
        self._rate_caption.setText(text("ui.rate", language))
        self.rate.retranslate(language)
