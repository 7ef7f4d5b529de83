"""A Windows for the installer's tests: Wine without a screen, in a folder of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath

WITHIN_S = 240
COMPILER = "x86_64-w64-mingw32-gcc"


def wine() -> str | None:
    """The program that runs 64-bit Windows programs, or None."""
    return next((f for name in ("wine64", "/usr/lib/wine/wine64", "wine") if (f := shutil.which(name))), None)


@dataclass
class WindowsMachine:
    """One Windows, alone in its folder; `settle` waits until all of its programs have ended."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    @classmethod
    def set_up(cls, folder: Path) -> WindowsMachine:
        machine = cls(folder)
        machine.run("wineboot", "-i")
        machine.be("win10")
        machine.settle()
        return machine

    def be(self, version: str) -> None:
        """Be another Windows: ``win7``, ``win10``."""
        self.run("reg", "add", r"HKCU\Software\Wine", "/v", "Version", "/d", version, "/f")

    def run(self, program: str | Path, *words: str | Path, within_s: float = WITHIN_S, **environment: str) -> int:
        """Run a program to its end and return its exit code; its output is in `output`."""
        with self.start(program, *words, **environment) as process:
            self.output = process.communicate(timeout=within_s)[0]
        return process.returncode

    def start(self, program: str | Path, *words: str | Path, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(wine()), str(program), *map(str, words)],
            env={**self._environment(), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            errors="replace",
            cwd=self.folder.parent,
        )

    def settle(self) -> None:
        """Wait for the end of every program of this Windows."""
        server = shutil.which("wineserver") or "/usr/lib/wine/wineserver64"
        subprocess.run([server, "-w"], env=self._environment(), timeout=WITHIN_S, check=True)

    def end(self) -> None:
        """End every program of this Windows."""
        server = shutil.which("wineserver") or "/usr/lib/wine/wineserver64"
        subprocess.run([server, "-k"], env=self._environment(), timeout=WITHIN_S, check=False)

    def path(self, windows_path: str) -> Path:
        """Return where a file of this Windows lies; names are found whatever their case."""
        drive, *parts = PureWindowsPath(windows_path).parts
        assert drive.lower() == "c:\\", windows_path
        place = self.folder / "drive_c"
        for part in parts:
            there = {one.name.lower(): one for one in place.iterdir()} if place.is_dir() else {}
            place = there.get(part.lower(), place / part)
        return place

    def registry(self, key: str) -> dict[str, dict[str, str]]:
        """Return all values below a key: key -> name -> value as Windows exports it, text without its quotation."""
        file = self.folder.parent / "exported.reg"
        file.unlink(missing_ok=True)
        self.run("reg", "export", key, f"Z:{file}", "/y")
        if not file.exists():
            return {}
        return dict(_sections(file.read_text(encoding="utf-16")))

    def _environment(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
        return {
            **own,
            "WINEPREFIX": str(self.folder),
            "WINEARCH": "win64",
            "WINEDEBUG": "-all",
            # No offers to download browsers and runtimes; icacls may be one of our own.
            "WINEDLLOVERRIDES": "mscoree,mshtml,winemenubuilder.exe=;icacls.exe=n,b",
            "LC_ALL": "C.UTF-8",
            **self.environment,
        }


def _sections(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    for block in re.split(r"\n(?=\[)", text.replace("\r\n", "\n"))[1:]:
        head, _, rest = block.partition("]\n")
        values = {}
        for name, value in re.findall(r'^(@|".*?(?<!\\)")=(.*)$', rest, re.MULTILINE):
            plain = value[1:-1].replace("\\\\", "\\").replace('\\"', '"') if value.startswith('"') else value
            values[name.strip('"')] = plain
        yield head[1:], values
