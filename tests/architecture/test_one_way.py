"""Where there is to be one way, there is one: who makes a line, a camera, a list of alarms, a server."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "crane_desktop"

#: what is made -> the only modules that may make it
MAKERS = {
    "Line": {"services/run.py"},
    "GenicamSource": {"services/sources.py", "camera/genicam/session.py", "camera/genicam/doctor_devices.py"},
    "ReconnectingSource": {"services/sources.py"},
    "SetupSession": {"services/camera_setup.py"},
    "CameraLineOutput": {"services/run.py"},
    "AlarmList": {"app/station/live_station.py", "services/run.py"},
    "HandoverServer": {"app/window.py"},
}


def makers_of(name: str, folder: Path) -> set[str]:
    found = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == name:
                found.add(path.relative_to(folder).as_posix())
    return found


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_it_is_made_in_one_place(name: str) -> None:
    assert makers_of(name, PACKAGE) == MAKERS[name]


def test_another_maker_is_found(tmp_path: Path) -> None:
    (tmp_path / "attic.py").write_text("from somewhere import Line\nline = Line()\n", encoding="utf-8")
    assert makers_of("Line", tmp_path) == {"attic.py"}
