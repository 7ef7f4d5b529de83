"""The frozen window opens on a screen and shows a verdict."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import pytest
from eventually import eventually

from crane_desktop.domain.verdicts import Verdict
from crane_desktop.overlay.badge import VERDICT_COLOURS

WITHIN_S = 120.0
WINDOW_GREY = (0xDF, 0xE1, 0xE3)
_ENOUGH_PIXELS = 8_000

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Xvfb, which is for Linux")


@pytest.fixture
def screen(screen_tool: ModuleType) -> Iterator[Any]:
    with screen_tool.VirtualScreen() as made:
        yield made


def wait_for(what: str, seen: Callable[[], bool], frozen: Any) -> None:
    def alive_and_seen() -> bool:
        assert frozen.process.poll() is None, (what, frozen.err)
        return seen()

    eventually(alive_and_seen, within_s=WITHIN_S, what=what)


def plate(screen: Any) -> set[Verdict]:
    """Which verdicts' colours fill a plate on screen."""
    return {verdict for verdict, rgb in VERDICT_COLOURS.items() if screen.count(rgb) > _ENOUGH_PIXELS}


def test_the_window_opens_by_itself_and_gives_verdicts(
    computer: Any, screen: Any, nothing_unexpected: Callable[..., None], tmp_path: Path
) -> None:
    frozen = computer.start("CraneInspector", DISPLAY=screen.display)
    wait_for("no window", lambda: screen.count(WINDOW_GREY) > _ENOUGH_PIXELS, frozen)
    decided = {Verdict.OK, Verdict.NG, Verdict.REVIEW}
    wait_for("no verdict on screen", lambda: bool(plate(screen) & decided), frozen)
    picture = screen.picture()
    save(picture, tmp_path)
    colours = np.unique(picture.reshape(-1, 3), axis=0)
    assert len(colours) > 1000  # the part's own picture, with its heatmap
    stats = computer.run("records", "stats", "--json").objects[0]
    assert stats["records"] >= 1
    assert stats["none"] == 0
    computer.started[0].process.send_signal(signal.SIGTERM)
    assert frozen.end() == 0
    assert frozen.out == b""
    nothing_unexpected(computer, frozen)
    verified = computer.run("records", "verify", "--json")
    assert verified.objects[-1]["ok"]
    assert verified.objects[-1]["records"] >= stats["records"]


def save(picture: Any, folder: Path) -> None:
    """Keep the screenshot where someone can look at it."""
    place = Path(os.environ.get("CRANE_SCREENSHOTS", folder))
    (place / "window.png").write_bytes(cv2.imencode(".png", picture[:, :, ::-1])[1].tobytes())


def test_a_second_start_brings_the_first_window_forward_and_opens_none(
    computer: Any, screen: Any, screen_tool: ModuleType
) -> None:
    first = computer.start("CraneInspector", DISPLAY=screen.display)
    wait_for("no window", lambda: screen.count(WINDOW_GREY) > _ENOUGH_PIXELS, first)
    with screen_tool.VirtualScreen() as other:
        second = computer.start("CraneInspector", DISPLAY=other.display)
        assert second.end() == 0
        assert painted(other) == 0
    assert (second.out, second.sentences) == (b"", [])
    first.process.send_signal(signal.SIGTERM)
    assert first.end() == 0
    assert computer.reports() == []


def painted(screen: Any) -> int:
    """How many pixels are not the empty screen's black."""
    return int(screen.picture().any(axis=2).sum())


def test_a_crash_of_the_window_is_reported_and_the_next_window_tells(computer: Any, screen: Any) -> None:
    alarm = (0xF6, 0xDF, 0xD3)
    frozen = computer.start("CraneInspector", DISPLAY=screen.display)
    wait_for("no window", lambda: screen.count(WINDOW_GREY) > _ENOUGH_PIXELS, frozen)
    assert screen.count(alarm) < 100
    subprocess.run(["kill", "-SEGV", str(frozen.process.pid)], check=True)
    assert frozen.end() != 0
    again = computer.start("CraneInspector", DISPLAY=screen.display)
    wait_for("no alarm", lambda: screen.count(alarm) > _ENOUGH_PIXELS, again)
    (report,) = [path for path in computer.reports() if "crash" in path.name]
    assert "Segmentation fault" in report.read_text(encoding="utf-8")
    again.process.send_signal(signal.SIGTERM)
    assert again.end() == 0
    assert str(report) in again.sentences[0]
