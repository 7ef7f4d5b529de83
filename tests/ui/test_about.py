"""Version and licences, and how moments are written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from importlib import metadata
from typing import Any

import pytest
from PySide6.QtWidgets import QLabel, QPlainTextEdit

import crane_desktop.ui.about
from crane_desktop import __version__
from crane_desktop.settings.texts import LANGUAGES
from crane_desktop.ui.about import AboutDialog, component_lines
from crane_desktop.ui.dates import local_clock, local_time


def test_every_library_is_named_with_version_and_licence() -> None:
    lines = component_lines()
    assert len(lines) == len(crane_desktop.ui.about._SHOWN)
    assert any(line.startswith("PySide6") and "LGPL" in line for line in lines)
    assert not [line for line in lines if "－" in line]


def test_a_library_without_its_package_data_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> Any:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", absent)
    assert component_lines() == []


@pytest.mark.parametrize(
    ("about", "licence"),
    [
        ({"license_expression": "MIT", "license": "the whole text"}, "MIT"),
        ({"license": "BSD"}, "BSD"),
        ({"license": "Copyright\nall rights"}, "－"),
        ({"license": "x" * 500, "classifier": ["License :: OSI Approved :: BSD License", "Topic :: X"]}, "BSD License"),
        ({}, "－"),
    ],
)
def test_licences_are_named_shortly(about: dict[str, Any], licence: str) -> None:
    assert crane_desktop.ui.about._licence(about) == licence


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_dialog_says_what_it_is(qtbot: Any, language: Any) -> None:
    dialog = AboutDialog(language, __version__)
    qtbot.addWidget(dialog)
    words = " ".join(label.text() for label in dialog.findChildren(QLabel))
    assert "CraneInspector" in words
    assert __version__ in words
    assert "MIT" in words
    assert dialog.findChildren(QPlainTextEdit)[0].isReadOnly()


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
