"""Where there is to be one way, there is one: who makes a line, a camera, a list of alarms, a server."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest
from house_figures import parsed

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


@cache
def _called_in(path: Path) -> set[str]:
    calls = (node for node in ast.walk(parsed(path)) if isinstance(node, ast.Call))
    return {getattr(call.func, "id", getattr(call.func, "attr", "")) for call in calls}


def makers_of(name: str, folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*.py") if name in _called_in(path)}


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_it_is_made_in_one_place(name: str) -> None:
    assert makers_of(name, PACKAGE) == MAKERS[name]


def test_another_maker_is_found(tmp_path: Path) -> None:
    (tmp_path / "attic.py").write_text("from somewhere import Line\nline = Line()\n", encoding="utf-8")
    assert makers_of("Line", tmp_path) == {"attic.py"}
