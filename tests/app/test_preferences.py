"""What is set up on screen is kept on a thread of its own, the newest wins, and nothing else is lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from crane_desktop.app import preferences as preferences_module
from crane_desktop.app.open_station import open_workbench
from crane_desktop.app.preferences import PreferencesStore, preferences_of
from crane_desktop.app.process.logs import stop_logs
from crane_desktop.domain.errors import InputError
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.services.workbench import Workbench
from crane_desktop.settings.store import load_settings, save_settings


@pytest.fixture
def workbench(tmp_path: Path) -> Iterator[Workbench]:
    yield open_workbench(tmp_path / "検査")
    stop_logs()


@pytest.fixture
def store(workbench: Workbench) -> Iterator[PreferencesStore]:
    made = PreferencesStore(workbench)
    yield made
    made.close()


def test_what_was_kept_is_there_at_the_next_start(
    workbench: Workbench, store: PreferencesStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CRANE_LANGUAGE", raising=False)
    wanted = replace(
        preferences_of(workbench),
        language="ja",
        opacity=0.25,
        heatmap=False,
        geometry=b"\x00\xff",
        source=SourceChoice(kind="folder", path="/画像"),
        recipe="部品A",
    )
    store.keep(wanted)
    store.close()
    assert preferences_of(open_workbench(workbench.data.root)) == wanted


def test_the_newest_wins_and_nobody_waits(
    workbench: Workbench, store: PreferencesStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on, written = threading.Event(), threading.Event(), []

    def slow(path: Path, settings: object) -> None:
        begun.set()
        go_on.wait(20)
        written.append(settings)

    monkeypatch.setattr(preferences_module, "save_settings", slow)
    first = preferences_of(workbench)
    store.keep(replace(first, recipe="0"))
    assert begun.wait(20)
    for number in range(1, 50):
        store.keep(replace(first, recipe=str(number)))
    go_on.set()
    store.close()
    assert [settings.recipe for settings in written] == ["0", "49"]


def test_what_a_pack_installed_meanwhile_noted_is_not_lost(workbench: Workbench, store: PreferencesStore) -> None:
    file = workbench.data.settings_file
    save_settings(file, load_settings(file)[0].model_copy(update={"profile": "fast", "require_signed": True}))
    store.keep(replace(preferences_of(workbench), opacity=0.1))
    store.close()
    now = load_settings(file)[0]
    assert (now.profile, now.require_signed, now.overlay_opacity) == ("fast", True, 0.1)


def test_a_full_disk_disturbs_nobody(
    workbench: Workbench, store: PreferencesStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(path: Path, settings: object) -> None:
        raise InputError("settings.unwritable", file=path, reason="No space left on device")

    monkeypatch.setattr(preferences_module, "save_settings", full)
    store.keep(preferences_of(workbench))
    store.close()
    assert "No space left" in caplog.text


def test_a_damaged_place_of_the_window_is_forgotten(workbench: Workbench) -> None:
    damaged = replace(workbench, settings=workbench.settings.model_copy(update={"window_geometry": "%%%"}))
    assert preferences_of(damaged).geometry is None


def test_a_language_that_nobody_chose_here_is_not_kept(workbench: Workbench, store: PreferencesStore) -> None:
    """CRANE_LANGUAGE counts for the program that was started with it, not for all later ones."""
    store.keep(replace(preferences_of(workbench), recipe="r"))
    store.close()
    assert load_settings(workbench.data.settings_file)[0].language is None


def test_a_language_that_was_chosen_stays_chosen_also_back_and_forth(
    workbench: Workbench, store: PreferencesStore
) -> None:
    begun = preferences_of(workbench)
    for language in ("ja", "en"):
        store.keep(replace(begun, language=language))
    store.close()
    assert load_settings(workbench.data.settings_file)[0].language == "en"
