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

sys.path.append(str(Path(__file__).parent))  # `virtual_camera` and its like lie here

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

hypothesis.settings.register_profile("untimed", deadline=None)  # a busy machine is no fault of the program
hypothesis.settings.load_profile("untimed")

TINY_PACK = "試験用"
"""Name of the pack that `tiny_pack` makes."""


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder of real images and golden vectors beside the checkout, or a skip."""
    folder = Path(os.environ.get("CRANE_SHARED_DIR", Path(__file__).resolve().parents[2] / "shared"))
    if not folder.is_dir():
        pytest.skip(f"needs the shared data folder, absent here: {folder}")
    return folder


SMALL: dict[str, Any] = {
    "image_size_px": 56,
    "embed_dim": 32,
    "vision": {"width": 48, "layers": 4, "heads": 3, "patch_size_px": 14, "position_grid": 3},
    "text": {"width": 32, "layers": 3, "heads": 2},
    "dual_from": 1,
    "deep_layers": 2,
}
SMALL_DINO = {"width": 48, "layers": 2, "heads": 3, "patch_size_px": 14}


@pytest.fixture(scope="session")
def small_config() -> Callable[..., Any]:
    """Make a `CraneConfig` of a Crane that runs in milliseconds; torch stays unloaded until then."""

    def make(variant: str = "crane", **changes: Any) -> Any:
        from crane_desktop.model.config import CraneConfig

        dino = {"dino": SMALL_DINO} if variant == "crane-plus" else {}
        return CraneConfig.model_validate({**SMALL, "variant": variant, **dino, **changes})

    return make


@pytest.fixture(scope="session")
def tiny_pack(tmp_path_factory: pytest.TempPathFactory, small_config: Callable[..., Any]) -> Path:
    """A pack that answers in milliseconds: weights drawn from a seed, thresholds between its answers on drawn parts."""
    from crane_desktop.model.crane import new_crane
    from crane_desktop.model.manifest import About, Words
    from crane_desktop.model.packing import write_pack
    from crane_desktop.recipe.thresholds import Thresholds

    about = About(
        name=TINY_PACK,
        description=Words(en="For tests.", ja="テスト用。"),
        for_demonstration=True,
        thresholds=Thresholds(score_review=0.7, score_ng=0.9, map_review=0.85, map_ng=0.97),
    )
    path = tmp_path_factory.mktemp("pack") / f"{TINY_PACK}.cranepack"
    write_pack(path, about, new_crane(small_config(), 3).requires_grad_(False).eval())
    return path


@pytest.fixture
def station_dir(tmp_path: Path, tiny_pack: Path) -> Path:
    """A data folder, at a path as awkward as paths get, with the tiny pack installed."""
    folder = tmp_path / "検査 データ%1"
    (folder / "packs").mkdir(parents=True)
    shutil.copy(tiny_pack, folder / "packs")
    return folder


@pytest.fixture(scope="session")
def virtual_cti(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The virtual GenTL camera, built with the system's compiler, or a skip."""
    if sys.platform != "linux" or not any(map(shutil.which, ("gcc", "cc", "clang"))):
        pytest.skip("needs Linux and a C compiler (Debian package gcc) to build the virtual camera")
    from virtual_camera import build

    return build(tmp_path_factory.mktemp("virtual camera"))


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
