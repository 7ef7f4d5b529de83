"""Qt's own words (file choosers, text menus) in the language of the moment."""

from __future__ import annotations

from PySide6.QtCore import QLibraryInfo, QLocale, QTranslator
from PySide6.QtWidgets import QApplication

from crane_desktop.settings.texts import Language


class QtWords:
    """Installs Qt's Japanese catalogue, and takes it out again for English, which needs none."""

    def __init__(self, application: QApplication) -> None:
        self._application = application
        self._translator = QTranslator()
        self._loaded = self._translator.load(
            QLocale(QLocale.Language.Japanese),
            "qtbase",
            "_",
            QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath),
        )
        self._installed = False

    def retranslate(self, language: Language) -> None:
        """Change the language."""
        if language == "ja" and self._loaded and not self._installed:
            self._installed = self._application.installTranslator(self._translator)
        elif language != "ja":
            self.remove()

    def remove(self) -> None:
        """Take the catalogue out."""
        if self._installed:
            self._application.removeTranslator(self._translator)
            self._installed = False
