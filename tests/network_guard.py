"""A guard in every process of the program: refuses and notes whatever would leave this computer.

It sits below Python, in the place of the C library's own functions, so that no library and no child gets past it.
"""

from __future__ import annotations

import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

SOURCE = Path(__file__).with_name("network_guard.c")
WITHIN_S = 300.0
WINDOW_FOR_S = 12.0


def build(folder: Path) -> Path:
    """Build the guard into `folder`; raises AssertionError with the compiler's words where that fails."""
    library = folder / "libnetworkguard.so"
    words = ["gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o", str(library), str(SOURCE), "-ldl"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return library


@dataclass(frozen=True)
class Guard:
    """The built guard, and the file it writes to."""

    library: Path
    log: Path

    def environment(self) -> dict[str, str]:
        """What a guarded process needs in its environment; its children inherit it."""
        return {"LD_PRELOAD": str(self.library), "CRANE_NETWORK_LOG": str(self.log)}

    @property
    def attempts(self) -> list[str]:
        """Every attempt so far, as ``FUNCTION PID PROGRAM TARGET``."""
        return [line for line in self._lines() if not line.startswith("loaded ")]

    @property
    def guarded(self) -> set[int]:
        """The processes that the guard was in."""
        return {int(line.split()[1]) for line in self._lines() if line.startswith("loaded ")}

    def _lines(self) -> list[str]:
        return self.log.read_text(encoding="utf-8", errors="replace").splitlines() if self.log.exists() else []


@dataclass(frozen=True)
class Program:
    """A program under the guard: from source, or frozen.

    Attributes
    ----------
    console, window
        How the two programs are started.
    environment
        All that they get, beside the guard.
    """

    console: tuple[str, ...]
    window: tuple[str, ...]
    environment: dict[str, str]
    guard: Guard

    def run(self, *words: str | Path, code: int = 0) -> str:
        """Run a command to its end; it must end with `code`. Returns what it printed."""
        done = subprocess.run(
            [*self.console, *map(str, words)],
            env={**self.environment, **self.guard.environment()},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=WITHIN_S,
            check=False,
        )
        assert done.returncode == code, (words, done.returncode, done.stdout[-500:], done.stderr[-2000:])
        return done.stdout.decode("utf-8")

    def show(self, for_s: float = WINDOW_FOR_S) -> None:
        """Open the window, let it inspect the demo for a while, and ask it to end."""
        window = subprocess.Popen(
            self.window,
            env={**self.environment, **self.guard.environment(), "QT_QPA_PLATFORM": "offscreen"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        try:
            time.sleep(for_s)
            assert window.poll() is None, window.communicate()
            window.send_signal(signal.SIGTERM)
            _, said = window.communicate(timeout=60)
            assert window.returncode == 0, said[-2000:]
        finally:
            window.kill()
            window.communicate()


def draw_set(folder: Path) -> Path:
    """Draw a labelled set in MVTec AD's layout: a class of grey noise, defective parts with a bright square."""
    random = np.random.default_rng(1)
    for number in range(6):
        part = random.integers(40, 80, (56, 56), dtype=np.uint8)
        write_picture(folder / "test" / "good" / f"{number:03d}.png", part)
        mask = np.zeros_like(part)
        mask[10:30, 10:30] = 255
        write_picture(folder / "ground_truth" / "spot" / f"{number:03d}_mask.png", mask)
        write_picture(folder / "test" / "spot" / f"{number:03d}.png", np.maximum(part, mask))
    return folder


def draw_good(folder: Path, parts: int = 24) -> Path:
    """Draw pictures of good parts."""
    random = np.random.default_rng(2)
    for number in range(parts):
        write_picture(folder / f"{number:03d}.png", random.integers(40, 80, (56, 56), dtype=np.uint8))
    return folder


def write_picture(file: Path, pixels: np.ndarray) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())


def main_job(program: Program, pack: tuple[str, ...], viky: Path, work: Path) -> None:
    """Have the program do everything that a station does, each command in a process of its own.

    Parameters
    ----------
    pack
        The option that chooses the pack.
    viky
        Test producer of the genicam wheel.
    work
        An empty folder.
    """
    good, labelled = draw_good(work / "good"), draw_set(work / "set" / "part")
    program.run("selftest", *pack)
    program.run("inspect", "--source", "demo", "--frames", "4", *pack)
    program.run("inspect", "--source", "folder", "--path", good, "--frames", "4", *pack)
    program.run("inspect", "--source", "genicam", "--cti", viky, "--frames", "4", *pack)
    program.run("evaluate", *pack, labelled.parent)
    program.run("calibrate", "--recipe", "r", "--images", good, *pack)
    program.run("learn-good", "--recipe", "r", "--images", good, "--parts", "2", *pack)
    program.run("pack", "list")
    program.run("cameras", "list", "--cti", viky)
    program.run("cameras", "doctor", "--cti", viky)
    program.run("records", "stats")
    program.run("records", "verify")
    program.run("records", "export", "-o", work / "records.csv")
    program.run("licences")
    program.run("update", "check", work, code=2)
