"""Version and licences, and how moments are written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from PySide6.QtWidgets import QLabel, QPlainTextEdit

import crane_desktop.ui.help.about
from crane_desktop import __version__
from crane_desktop.domain.licences import Component
from crane_desktop.settings.licences import components
from crane_desktop.settings.texts import LANGUAGES
from crane_desktop.ui.help.about import AboutDialog, component_lines
from crane_desktop.ui.help.licences_dialog import LicencesDialog
from crane_desktop.ui.widgets.dates import local_clock, local_time


def test_every_library_is_named_with_version_and_licence() -> None:
    lines = component_lines()
    assert len(lines) == len(crane_desktop.ui.help.about._SHOWN)
    assert any(line.startswith("PySide6") and "LGPL" in line for line in lines)
    assert not [line for line in lines if "－" in line]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_dialog_says_what_it_is(qtbot: Any, language: Any) -> None:
    dialog = AboutDialog(language, __version__)
    qtbot.addWidget(dialog)
    words = " ".join(label.text() for label in dialog.findChildren(QLabel))
    assert "CraneInspector" in words
    assert __version__ in words
    assert "MIT" in words
    assert dialog.findChildren(QPlainTextEdit)[0].isReadOnly()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_licences_open_from_there(qtbot: Any, language: Any) -> None:
    about = AboutDialog(language, __version__)
    qtbot.addWidget(about)
    about.show()
    about.licences.click()
    (dialog,) = about.findChildren(LicencesDialog)
    assert dialog.isVisible()
    assert dialog.windowTitle() == about.licences.text() == {"en": "Licences", "ja": "ライセンス"}[language]
    assert dialog.names.count() == len(components())
    assert dialog.viewer.isReadOnly()
    assert "LGPL" in dialog.findChildren(QLabel)[0].text()


def test_the_text_of_the_chosen_licence_is_shown(qtbot: Any) -> None:
    read: list[str] = []

    class Watched(Component):
        def text(self) -> str:
            read.append(self.name)
            return f"terms of {self.name}"

    dialog = LicencesDialog([Watched(name, "1", "MIT", tuple) for name in ("a", "b", "c")], "en")
    qtbot.addWidget(dialog)
    assert dialog.viewer.toPlainText() == "terms of a"
    dialog.names.setCurrentRow(2)
    assert dialog.viewer.toPlainText() == "terms of c"
    assert read == ["a", "c"]  # megabytes are not read before they are asked for
    dialog.search.setText("B")
    assert [dialog.names.isRowHidden(row) for row in range(3)] == [True, False, True]


def test_qt_has_its_texts(qtbot: Any) -> None:
    dialog = LicencesDialog(components(), "en")
    qtbot.addWidget(dialog)
    (row,) = [row for row in range(dialog.names.count()) if dialog.names.item(row).text().startswith("Qt 6")]
    dialog.names.setCurrentRow(row)
    words = dialog.viewer.toPlainText()
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in words
    assert "GNU GENERAL PUBLIC LICENSE" in words


def test_it_opens_once(window: Any, qtbot: Any) -> None:
    window.menus.actions["about"].trigger()
    first = window.dialogs._about
    window.menus.actions["about"].trigger()
    assert window.dialogs._about is first
    first.close()
    window.menus.actions["about"].trigger()
    assert window.dialogs._about is not first


def test_moments_are_local_and_the_same_whatever_zone_they_come_in() -> None:
    moment = datetime(2026, 11, 23, 5, 5, 9, tzinfo=UTC)
    elsewhere = moment.astimezone(timezone(timedelta(hours=9)))
    local = moment.astimezone()
    assert local_time(moment, "ja") == local_time(elsewhere, "ja") == f"{local:%Y/%m/%d %H:%M:%S}"
    assert local_time(moment, "en") == f"{local:%Y-%m-%d %H:%M:%S}"
    assert local_clock(elsewhere) == f"{local:%H:%M:%S}"
