"""Fixtures that all rooms share."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import pytest

HERE = Path(__file__).parent
sys.path.append(str(HERE))  # `builders`, `virtual_camera` and their like lie here
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Threads that wait for one another at every small step cost most of the time, and minutes where another program wants
# a core too: tests/cli takes a quarter of the processor with one. What threads change is tested where it is set.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import builders  # noqa: E402  # beside this file
from lanes import TOO_SLOW_S, function_of, group_of, lanes_of, note_slow, slow_tests  # noqa: E402

hypothesis.settings.register_profile("untimed", deadline=None)  # a busy machine is no fault of the program
hypothesis.settings.load_profile("untimed")

TINY_PACK = "試験用"
"""Name of the pack that `tiny_pack` makes."""


_took_s: dict[str, float] = {}
"""What each test took, all its cases together."""
_too_slow: dict[str, float] = {}
"""Cases of the quick lane that took too long for it, in seconds."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer to measure which tests are slow."""
    parser.addoption("--note-slow", action="store_true", help="write down which of the tests that run are slow")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every test its lanes, before any is left out by ``-m``."""
    noted = slow_tests()
    for item in items:
        marked = {marker.name for marker in item.iter_markers()}
        fixtures = getattr(item, "fixturenames", ())
        for lane in sorted(lanes_of(function_of(item.nodeid), fixtures, marked, noted)):
            item.add_marker(lane)
        item.add_marker(pytest.mark.xdist_group(group_of(function_of(item.nodeid))))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember what each test takes, and what is too slow for its lane."""
    test = function_of(report.nodeid)
    _took_s[test] = _took_s.get(test, 0.0) + report.duration
    if report.when == "call" and report.duration > TOO_SLOW_S and "quick" in report.keywords:
        _too_slow[report.nodeid] = report.duration


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Name it, where the quick lane was asked for; note it, where that was asked for."""
    if config.getoption("note_slow"):
        note_slow(_took_s)
    if config.getoption("markexpr") == "quick" and _too_slow:
        terminalreporter.section(f"over {TOO_SLOW_S:g} s in the quick lane: have it noted as slow, or make it quick")
        for name, took_s in sorted(_too_slow.items(), key=lambda found: -found[1]):
            terminalreporter.write_line(f"{took_s:6.1f} s  {name}")


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder of real images and golden vectors beside the checkout, or a skip."""
    folder = Path(os.environ.get("CRANE_SHARED_DIR", Path(__file__).resolve().parents[2] / "shared"))
    if not folder.is_dir():
        pytest.skip(f"needs the shared data folder, absent here: {folder}")
    return folder


@pytest.fixture(scope="session")
def small_config() -> Callable[..., Any]:
    """Make a `CraneConfig` of a Crane that runs in milliseconds; torch stays unloaded until then."""
    return builders.crane_config


@pytest.fixture(scope="session")
def tiny_pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pack that answers in milliseconds: weights drawn from a seed, thresholds between its answers on drawn parts."""
    return builders.model_pack(
        tmp_path_factory.mktemp("pack") / f"{TINY_PACK}.cranepack",
        for_demonstration=True,
        thresholds=builders.thresholds(0.7, 0.9, map_review=0.85, map_ng=0.97),
    )


@pytest.fixture
def station_dir(tmp_path: Path, tiny_pack: Path) -> Path:
    """A data folder, at a path as awkward as paths get, with the tiny pack installed."""
    folder = tmp_path / "検査 データ%1"
    (folder / "packs").mkdir(parents=True)
    shutil.copy(tiny_pack, folder / "packs")
    return folder


@pytest.fixture(scope="session")
def virtual_cti(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """The virtual GenTL camera, built with the system's compiler once for all runs of these sources, or a skip."""
    if sys.platform != "linux" or not any(map(shutil.which, ("gcc", "cc", "clang"))):
        pytest.skip("needs Linux and a C compiler (Debian package gcc) to build the virtual camera")
    from virtual_camera import build, build_once

    folder, cache = tmp_path_factory.mktemp("virtual camera"), getattr(request.config, "cache", None)
    return build(folder) if cache is None else build_once(folder, cache.mkdir("virtual camera"))


@pytest.fixture
def virtual_cameras(virtual_cti: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A `virtual_camera.VirtualCameras` without cameras yet: add some before a producer is loaded."""
    from virtual_camera import FOLDER_VARIABLE, VirtualCameras

    folder = tmp_path / "virtual cameras"
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    return VirtualCameras(virtual_cti, folder)


@pytest.fixture
def harvest(virtual_cti: Path) -> Iterator[Callable[[], Any]]:
    """Make a `virtual_harvest.Harvest`: Harvesters with the virtual cameras, in a process of its own."""
    from virtual_harvest import Harvest

    made: list[Harvest] = []

    def make() -> Harvest:
        made.append(Harvest(virtual_cti))
        return made[-1]

    yield make
    for one in made:
        one.close()


@dataclass(frozen=True)
class Done:
    """What came of one run of the program."""

    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        """Stdout read as one JSON object a line; fails where it is anything else."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def verdicts(self) -> list[dict[str, Any]]:
        return [thing for thing in self.objects if "summary" not in thing]

    @property
    def summary(self) -> dict[str, Any]:
        last: dict[str, Any] = self.objects[-1]["summary"]
        return last

    @property
    def sentences(self) -> list[str]:
        return self.err.splitlines()


@pytest.fixture
def crane(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Callable[..., Done]]:
    """Run the program's command line in this process: ``crane("inspect", "--json", ...)``."""
    from crane_desktop.app.process.logs import stop_logs
    from crane_desktop.cli.cli import run

    monkeypatch.setenv("CRANE_LANGUAGE", "en")
    monkeypatch.setenv("CRANE_DATA_DIR", str(tmp_path / "default station"))

    def call(*words: str | Path) -> Done:
        capsys.readouterr()
        code = run([str(word) for word in words])
        out, err = capsys.readouterr()
        return Done(code, out, err)

    yield call
    stop_logs()
