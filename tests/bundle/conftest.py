"""The frozen program, started as on a stranger's computer: no Python, no PATH, no network, folders as awkward as paths
get, and a program folder that nobody may write.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

HERE = Path(__file__).parent
TOOLS = HERE.parents[1] / "packaging" / "bundle"
BUILD_WITHIN_S = 3600
RUN_WITHIN_S = 600.0
EXE = ".exe" if sys.platform == "win32" else ""

_MACHINE_TOO_SLOW = " alarm of line: pipeline.overload "


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whichever test comes first builds the bundle, which takes minutes."""
    for item in items:
        if HERE in item.path.parents and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(BUILD_WITHIN_S))


def tool(name: str) -> ModuleType:
    """Load a module of ``packaging/bundle``."""
    spec = importlib.util.spec_from_file_location(f"bundle_{name}", TOOLS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def bundle() -> Path:
    """The bundle's folder, built where it is missing or out of date."""
    built: Path = tool("build").build_bundle(HERE.parents[1] / "dist" / "CraneInspector")
    return built


@pytest.fixture(scope="session")
def bundle_tool() -> ModuleType:
    """The module `contents`: what belongs into a bundle."""
    return tool("contents")


@pytest.fixture(scope="session")
def dress_tool() -> ModuleType:
    """The module `dress`."""
    return tool("dress")


@pytest.fixture(scope="session")
def screen_tool() -> ModuleType:
    """The module `virtual_screen`."""
    return tool("virtual_screen")


@pytest.fixture(scope="session")
def installed(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle at a path with Japanese characters and spaces; nobody may write there."""
    target = tmp_path_factory.mktemp("install") / "検査 機器 (第1)" / "クレーン inspector"
    copied_to(bundle, target)
    for folder in [target, *(path for path in target.rglob("*") if path.is_dir())]:
        folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    return target


def copied_to(bundle: Path, target: Path) -> None:
    """Copy a bundle, as hard links where that is possible: a program that changes its files is found all the same."""

    def link(source: str, copy: str) -> None:
        try:
            os.link(source, copy)
        except OSError:
            shutil.copy2(source, copy)

    shutil.copytree(bundle, target, copy_function=link, symlinks=True)


def _walls(folder: Path) -> list[str]:
    """Return the command that takes network and writing to `folder` away, where this system lets us."""
    unshare, mount = shutil.which("unshare"), shutil.which("mount")
    if sys.platform != "linux" or unshare is None or mount is None:
        return []
    script = f'{mount} --bind "$0" "$0" && {mount} -o remount,bind,ro "$0" && exec "$@"'
    words = [unshare, "--net", "--mount", "/bin/sh", "-c", script, str(folder)]
    tried = subprocess.run([*words, "/bin/true"], capture_output=True, timeout=30, check=False)
    return words if tried.returncode == 0 else []


@dataclass
class Frozen:
    """A started program of the bundle."""

    process: subprocess.Popen[bytes]
    out: bytes = b""
    err: bytes = b""
    _reader: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        self.out, self.err = self.process.communicate()

    def end(self, within_s: float = RUN_WITHIN_S) -> int:
        """Wait for the end and everything that was printed; return the exit code."""
        self._reader.join(within_s)
        assert not self._reader.is_alive(), "the program does not end"
        return self.process.returncode

    def close(self) -> None:
        if self._reader.is_alive():
            self.process.kill()
        self._reader.join(30)

    @property
    def objects(self) -> list[dict[str, Any]]:
        """Stdout read as one JSON object a line; fails where it is anything else."""
        return [json.loads(line) for line in self.out.decode("utf-8").splitlines()]

    @property
    def sentences(self) -> list[str]:
        return self.err.decode("utf-8").splitlines()


@dataclass
class Computer:
    """A computer with the program and nothing else: what a test does with it.

    Attributes
    ----------
    installed
        The program's folder.
    home
        The user's folder: all that the program may write, and the data folder's place.
    data
        The data folder.
    """

    installed: Path
    home: Path
    walls: list[str]
    started: list[Frozen]

    @property
    def data(self) -> Path:
        return self.home / "データ フォルダー"

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    def start(self, program: str, *words: str | Path, **more: str) -> Frozen:
        """Start one of the two programs in an environment that holds no more than a desktop gives."""
        environment = {"CRANE_DATA_DIR": str(self.data), "CRANE_LANGUAGE": "en", **self._system(), **more}
        run = subprocess.Popen(
            [*self.walls, str(self.installed / f"{program}{EXE}"), *map(str, words)],
            cwd=self.home,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.started.append(Frozen(run))
        return self.started[-1]

    def run(self, *words: str | Path, **more: str) -> Frozen:
        """Run a command to its end."""
        frozen = self.start("crane-inspector", *words, **more)
        frozen.end()
        return frozen

    def _system(self) -> dict[str, str]:
        temporary = self.home / "一時"
        if sys.platform != "win32":
            return {"HOME": str(self.home), "TMPDIR": str(temporary)}
        needed = ("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "USERPROFILE", "LOCALAPPDATA", "APPDATA")
        return {
            **{name: os.environ[name] for name in needed if name in os.environ},
            "TEMP": str(temporary),
            "TMP": str(temporary),
        }

    def log_lines(self) -> list[str]:
        """Return what the program logged at WARNING or above, but that this machine is too slow for its line."""
        files = self.logs.glob("*.log*")
        lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
        levels = tuple(f" {logging.getLevelName(level)} " for level in (30, 40, 50))
        told = [line for line in lines if any(level in line for level in levels) or line.startswith("Traceback")]
        return [line for line in told if _MACHINE_TOO_SLOW not in line]

    def reports(self) -> list[Path]:
        """Return the reports of crashes, wherever they lie."""
        return sorted([*self.logs.glob("CraneInspector-*"), *(self.home / "一時").glob("CraneInspector-*")])


@pytest.fixture
def computer(installed: Path, tmp_path: Path) -> Iterator[Computer]:
    """A computer that has the program and nothing else."""
    yield from _computer(installed, tmp_path)


@pytest.fixture
def own_copy(bundle: Path, tmp_path: Path) -> Iterator[Computer]:
    """A computer with a copy of the program that a test may damage by replacing files."""
    copy = tmp_path / "プログラム"
    copied_to(bundle, copy)
    yield from _computer(copy, tmp_path)


def _computer(program: Path, place: Path) -> Iterator[Computer]:
    home = place / "検査員 一号"
    (home / "一時").mkdir(parents=True)
    made = Computer(program, home, _walls(program), [])
    yield made
    for frozen in made.started:
        frozen.close()


@pytest.fixture
def nothing_unexpected() -> Callable[[Computer, Frozen], None]:
    """Check that a program said nothing but its results: no line on stderr, no warning in its log, no report."""

    def check(computer: Computer, frozen: Frozen) -> None:
        assert frozen.sentences == []
        assert computer.log_lines() == []
        assert computer.reports() == []

    return check
