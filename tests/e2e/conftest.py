"""The program as its users start it: in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from eventually import eventually

from crane_desktop.camera.genicam.discover import bundled_viky

WITHIN_S = 300.0


class Program:
    """A started program whose lines can be waited for."""

    def __init__(self, words: tuple[str | Path, ...], environment: dict[str, str], python: tuple[str, ...]) -> None:
        self.process = subprocess.Popen(
            [*python, *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            # A shell in the background has its children ignore Ctrl-C; ours shall hear it.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        self.lines: list[str] = []
        self.errors: list[str] = []
        self._readers = [
            threading.Thread(target=self._read, args=(stream, lines))
            for stream, lines in ((self.process.stdout, self.lines), (self.process.stderr, self.errors))
        ]
        for reader in self._readers:
            reader.start()

    @staticmethod
    def _read(stream: object, lines: list[str]) -> None:
        for line in stream:  # type: ignore[attr-defined]
            lines.append(line.decode("utf-8").rstrip("\n"))

    def until(self, enough: Callable[[list[str]], bool]) -> None:
        def seen() -> bool:
            assert self.process.poll() is None or enough(self.lines), (self.lines[-3:], self.errors)
            return enough(self.lines)

        eventually(seen, what=lambda: (self.lines[-3:], self.errors))

    def end(self, within_s: float = WITHIN_S) -> int:
        """Wait for the end and everything that was printed; return the exit code."""
        code = self.process.wait(within_s)
        for reader in self._readers:
            reader.join(10)
        return code

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.end()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()


Start = Callable[..., Program]


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Start]:
    """Start the program: ``program("inspect", ..., CRANE_LANGUAGE="ja")``."""
    started: list[Program] = []

    def start(*words: str | Path, python: tuple[str, ...] = ("-m", "crane_desktop"), **environment: str) -> Program:
        own = {
            **{name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")},
            "CRANE_LANGUAGE": "en",
            "CRANE_DATA_DIR": str(tmp_path / "station"),
            "OMP_NUM_THREADS": "1",
            **environment,
        }
        started.append(Program(words, {k: v for k, v in own.items() if v}, (sys.executable, *python)))
        return started[-1]

    yield start
    for one in started:
        one.close()


@pytest.fixture(scope="session")
def viky() -> Path:
    """The test producer of the genicam wheel: three simulated cameras."""
    found = bundled_viky()
    assert found is not None
    return found
