"""A real process is killed: what was chosen last is what comes back, and the next start knows that it was cut off."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from eventually import eventually

from crane_desktop.app.open_station import open_workbench
from crane_desktop.app.preferences import preferences_of
from crane_desktop.app.process.logs import stop_logs
from crane_desktop.settings.session import begin_session
from crane_desktop.settings.store import load_settings

WINDOW = """
import sys
from pathlib import Path
sys.path.append(sys.argv[2])
from fake_station import FakeStation
import crane_desktop.app.station.live_station as live
from crane_desktop.app.open_station import open_workbench
from crane_desktop.app.window import open_window
from crane_desktop.ui.shell.pages import Pages

live.LiveStation = lambda workbench: FakeStation()
attach = Pages.attach
def choose(self, station):
    attach(self, station)
    run = self._pages["run"]
    run.load("", sys.argv[3])
    run.source.kinds.setCurrentIndex(1)
    if sys.argv[4] == "close":
        self.window().close()
Pages.attach = choose
workbench = open_workbench(Path(sys.argv[1]))
with workbench.data.lock():
    sys.exit(open_window(workbench, [Path("nothing")]))
"""


def window(folder: Path, recipe: str, then: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    beside = str(Path(__file__).parents[1] / "ui")
    return subprocess.Popen([sys.executable, "-c", WINDOW, str(folder), beside, recipe, then], env=environment)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_kill_9_brings_back_what_was_chosen_last_and_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "検査"
    closed = window(folder, "older", "close")
    assert closed.wait(60) == 0
    settings_file, session_file = folder / "settings.json", folder / "session.json"
    assert load_settings(settings_file)[0].recipe == "older"
    killed = window(folder, "取込テスト", "stay")
    try:
        eventually(lambda: load_settings(settings_file)[0].source.kind == "folder", what="the choice is on disk")
        eventually(lambda: load_settings(settings_file)[0].recipe == "取込テスト", what="the choice is on disk")
    finally:
        killed.send_signal(signal.SIGKILL)
        killed.wait(60)
    workbench = open_workbench(folder)
    stop_logs()
    wanted = preferences_of(workbench)
    assert (wanted.recipe, wanted.source.kind) == ("取込テスト", "folder")
    unclean = begin_session(session_file)
    assert unclean is not None
    assert unclean.begun is not None
