"""What the bundle weighs, and what must not be in it."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from crane_desktop.settings.resources import resource_path

MB = 1_000_000

LINUX_MB = {
    "total": 1061,
    "torch": 508,
    "cv2": 159,
    "PySide6": 99,
    "scipy": 75,
    "numpy": 43,
    "programs": 54,
}
"""What a bundle for the CPU weighs on Linux, and its largest parts: measured; there is slack where it is compared."""

_SLACK = 1.03
_PARTS = {
    "cv2": re.compile(r"_internal/(cv2|opencv_python_headless\.libs)/"),
    "scipy": re.compile(r"_internal/scipy(\.libs)?/"),
    "numpy": re.compile(r"_internal/numpy(\.libs)?/"),
    "torch": re.compile(r"_internal/torch/"),
    "PySide6": re.compile(r"_internal/PySide6/"),
    "programs": re.compile(r"[^/]+$"),
}


def weights(bundle: Path) -> Counter[str]:
    """Bytes by part; a file with two names counts once, a link not at all."""
    found: Counter[str] = Counter()
    seen: set[tuple[int, int]] = set()
    for path in bundle.rglob("*"):
        if path.is_symlink() or not path.is_file() or (key := (path.stat().st_dev, path.stat().st_ino)) in seen:
            continue
        seen.add(key)
        name = path.relative_to(bundle).as_posix()
        part = next((part for part, pattern in _PARTS.items() if pattern.match(name)), "the rest")
        found[part] += path.stat().st_size
        found["total"] += path.stat().st_size
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="measured on Linux only")
def test_the_bundle_has_not_grown(bundle: Path) -> None:
    made_from = json.loads((bundle / "_internal" / "bundle.json").read_text(encoding="utf-8"))
    if "cu" in made_from["torch"]:
        pytest.skip("a bundle for the GPU weighs what CUDA's libraries weigh")
    found = weights(bundle)
    table = {part: round(found[part] / MB, 1) for part in (*LINUX_MB, "the rest")}
    print(table)
    heavier = {part: table[part] for part, bar_mb in LINUX_MB.items() if found[part] > bar_mb * MB * _SLACK}
    assert heavier == {}, table
    lighter = {part: table[part] for part, bar_mb in LINUX_MB.items() if found[part] < bar_mb * MB / _SLACK}
    assert lighter == {}, f"lower the bars in {__file__} to what is there now: {table}"


FORBIDDEN = {
    "rooms of Qt": re.compile(
        r"Qt6?(Test|WebEngine|Qml|Quick|3D|Pdf|Network(?!Information)|Multimedia|Charts|Designer|Sql|WaylandCompositor)"
    ),
    "QML": re.compile(r"/qml/|\.qml$"),
    "headers and link libraries": re.compile(
        r"\.(a|lib|h|hpp|cuh|cmake|pyi|pxd|pyx)$|/include/.+(?<!LICENSE)(?<!\.txt)$"
    ),
    "tests": re.compile(r"(^|/)(tests?|testing/_internal/opinfo)/.*\.(py|pyc|so|pyd|npy|npz|png|pt)$"),
    "tools of development": re.compile(
        r"_internal/(pytest|_pytest|hypothesis|mypy|ruff|pip|setuptools|PyInstaller|matplotlib|pandas|IPython|tkinter"
        r"|sklearn|jupyter|tensorboard)(/|-)"
    ),
    "test programs of torch": re.compile(r"/torch/bin/(?!torch_shm_manager(\.exe)?$)"),
    "translations nobody speaks": re.compile(r"/translations/(?!qtbase_ja\.qm$)"),
    "the workplace of a build": re.compile(r"__pycache__|\.egg-info|direct_url\.json$"),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_what_does_not_belong_is_not_in_there(bundle: Path, what: str) -> None:
    names = [path.relative_to(bundle).as_posix() for path in bundle.rglob("*") if path.is_file()]
    licences = re.compile(r"/licen[cs]es/", re.IGNORECASE)
    assert [name for name in names if FORBIDDEN[what].search(name) and not licences.search(name)] == []


def test_no_module_of_a_test_tool_is_frozen_in(bundle: Path) -> None:
    """Modules lie in an archive inside the program."""
    from PyInstaller.archive.readers import CArchiveReader

    program = next(file for file in bundle.iterdir() if file.stem == "CraneInspector")
    archive = CArchiveReader(str(program))
    modules = set(archive.open_embedded_archive(next(name for name in archive.toc if name.startswith("PYZ"))).toc)
    assert "crane_desktop.cli.cli" in modules
    unwanted = {"pytest", "_pytest", "hypothesis", "mypy", "sklearn", "PyInstaller", "tkinter", "matplotlib"}
    assert unwanted & {name.split(".")[0] for name in modules} == set()
    assert [name for name in modules if re.search(r"\.tests(\.|$)", name)] == []
    assert [name for name in modules if name.startswith("PySide6.") and FORBIDDEN["rooms of Qt"].search(name)] == []


def test_every_resource_is_in_there(bundle: Path) -> None:
    ours = bundle / "_internal" / "crane_desktop" / "resources"
    for file in resource_path().rglob("*"):
        if file.is_file():
            assert (ours / file.relative_to(resource_path())).read_bytes() == file.read_bytes()


def test_what_needs_its_source_or_its_data_has_it(bundle: Path) -> None:
    inside = bundle / "_internal"
    assert (inside / "genicam" / "viky.cti").is_file()
    assert (inside / "open_clip" / "bpe_simple_vocab_16e6.txt.gz").is_file()
    assert (inside / "torch" / "distributed" / "config.py").is_file() or list((inside / "torch").glob("_*/config.py"))
    assert list((inside / "crane_desktop" / "records" / "migrations" / "versions").glob("v*.py"))
    assert list(inside.glob("PySide6/**/qtbase_ja.qm"))


def test_the_rules_leave_out_what_they_name(bundle_tool: ModuleType) -> None:
    out = (
        *("torch/bin/protoc", "torch/include/x/y.h", "torch/lib/libx.a", "PySide6/Qt/translations/qtbase_de.qm"),
        *("numpy/tests/test_x.py", "torch/testing/_internal/opinfo/core.py", "libQt6Network.so.6", "torchvision/_C.so"),
    )
    kept = (
        *("torch/bin/torch_shm_manager", "torch/bin/torch_shm_manager.exe", "PySide6/Qt/translations/qtbase_ja.qm"),
        *("torch/testing/_internal/common_dtype.py", "libQt6Core.so.6", "torch/lib/libtorch_cpu.so"),
    )
    assert [name for name in out if not bundle_tool.left_out(name)] == []
    assert [name for name in kept if bundle_tool.left_out(name)] == []
    assert bundle_tool.left_out("torch\\bin\\protoc.exe")
