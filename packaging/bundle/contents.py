"""What goes into the bundle beside what PyInstaller finds by itself, and what of that stays out.

Kept apart from the spec so that it can be read, checked and tested like any other module.
"""

from __future__ import annotations

import fnmatch
import importlib.metadata
import os
import re
from pathlib import Path

SOURCE = Path(os.environ.get("CRANE_BUNDLE_SOURCE", Path(__file__).resolve().parents[2]))
"""Where the program lies that is frozen; its folder is called as its package."""
PROGRAM = "crane_desktop"

EXCLUDED_MODULES = (
    # Tools of development and other people's tests.
    "IPython", "PyInstaller", "_pytest", "expecttest", "hypothesis", "mypy", "pip", "pkg_resources", "pytest",
    "ruff", "setuptools", "tensorboard", "torch.utils.tensorboard", "wheel",
    # Optional companions of our libraries that the program never calls.
    "dask", "matplotlib", "onnx", "onnxscript", "pandas", "skimage", "sklearn", "tkinter", "torchaudio", "triton",
    "attr", "attrs", "hf_xet", "jinja2", "jsonschema", "networkx", "lxml", "jupyter", "notebook", "zmq", "pyarrow",
    "cupy", "jax", "numba", "scipy.cluster", "scipy.datasets", "scipy.io", "scipy.odr", "scipy.signal",
    # Rooms of Qt that the window does not enter. QtNetwork among them: nothing phones home.
    *(f"PySide6.Qt{room}" for room in (
        "3DAnimation", "3DCore", "3DExtras", "3DInput", "3DLogic", "3DRender", "Charts", "DataVisualization",
        "Designer", "Graphs", "Help", "Multimedia", "Network", "Pdf", "PrintSupport", "Qml", "Quick", "QuickControls2",
        "QuickTest", "QuickWidgets", "Sql", "Test", "UiTools", "WebChannel", "WebEngineCore", "WebEngineWidgets", "Xml",
    )),
    "pyqtgraph.opengl", "pyqtgraph.examples", "pyqtgraph.console",
)  # fmt: skip
"""Modules that are not collected, whether or not they are installed where the bundle is built."""

_LEFT_OUT = (
    # Headers, link libraries, stubs and tests of the libraries.
    "*.a", "*.lib", "*.pdb", "*.h", "*.hpp", "*.cuh", "*.cmake", "*.pyi", "*.pxd", "*.pyx",
    "torch/include/*", "torch/share/*", "torch/test/*", "torch/utils/benchmark/*", "torch/lib/*test*",
    "torch/lib/libtorchbind_test*", "torch/lib/libjitbackend_test*", "torch/lib/libbackend_with_compiler*",
    "torch/lib/libaoti_custom_ops*", "*/tests/*",
    # Where and how a package was installed on the computer that builds.
    "hypothesis-*.dist-info/*", "*.dist-info/direct_url.json", "*.dist-info/INSTALLER", "*.dist-info/REQUESTED",
    "*.dist-info/RECORD",
    # The licences of everything lie together, where the program shows them: see packaging/supply.
    "*.dist-info/licen[cs]es/*", "*.dist-info/LICEN[CS]E*", "*.dist-info/licen[cs]e*",
    # Qt's rooms again: their libraries come along through plugins.
    "*Qt6Qml*", "*Qt6Quick*", "*Qt6Pdf*", "*Qt6Network*", "*Qt6Sql*", "*Qt6VirtualKeyboard*", "*Qt6Designer*",
    "*Qt6WaylandCompositor*", "*Qt6WaylandEglCompositor*", "*Qt6Eglfs*", "*Qt6EglFs*",
    "*/qml/*", "*/plugins/egldeviceintegrations/*", "*/plugins/generic/*", "*/plugins/networkinformation/*",
    "*/plugins/tls/*", "*/plugins/sqldrivers/*", "*/plugins/printsupport/*", "*/plugins/qmltooling/*",
    "*/plugins/vectorimageformats/*", "*/plugins/wayland-graphics-integration-server/*",
    "*/plugins/platforminputcontexts/*qtvirtualkeyboard*", "*/plugins/imageformats/*qpdf*",
    "*/plugins/platforms/*eglfs*", "*/plugins/platforms/*linuxfb*", "*/plugins/platforms/*vnc*",
    "*/plugins/platforms/*vkkhr*", "*/plugins/platforms/*minimalegl*", "*/plugins/platforms/*direct2d*",
    "*/plugins/platformthemes/*gtk3*",
    # Drawn by the graphics card's driver; the software fallback is for QML and OpenGL windows, which we have none of.
    "*opengl32sw.dll", "*d3dcompiler_47.dll",
    # torchvision's own operators are never called: see crane_desktop/_preload.py, which does without.
    "torchvision/_C.*", "torchvision/image.*",
    # Video is not looked at: cameras come through GenTL.
    "*opencv_videoio_ffmpeg*",
    # The system's own on Linux: an older copy beside the program keeps newer graphics drivers from loading, or cannot
    # read the system's font settings; and the copy of a new build machine asks for a newer C library than the rest.
    "*/libstdc++.so.6", "*/libgcc_s.so.1", "*/libX11.so.6", "*/libX11-xcb.so.1", "*/libXau.so.6", "*/libXdmcp.so.6",
    "*/libfontconfig.so.1", "*/libfreetype.so.6", "*/libexpat.so.1", "*/libpng16.so.16", "*/libbrotli*.so.1",
    # GTK's look, which loads only where GTK is, and what nothing but it asks for.
    "*/platformthemes/libqgtk3.so", "*/libatk-*", "*/libcairo*", "*/libpango*", "*/libgdk_pixbuf*", "*/libpixman-*",
    "*/libharfbuzz.so.0", "*/libthai.*", "*/libdatrie.*", "*/libfribidi.*", "*/libgraphite2.*", "*/libgio-*",
    "*/libgmodule-*", "*/libgobject-*", "*/libXrender.*", "*/libXext.*", "*/libmount.*", "*/libblkid.*",
    "*/libselinux.*", "*/libjpeg.so.62",
    # Line editing of a Python prompt, which we have none of; under a licence (GPL) that ours does not go with.
    "*/readline.*.so", "*/libreadline.*", "*/libtinfo.*",
)  # fmt: skip

_ONLY = (
    # Qt's own words: the program speaks Japanese and English, and English needs none.
    re.compile(r"/translations/(?!qtbase_ja\.qm$)"),
    # Programs that the wheel of torch brings; this one is looked for when torch is imported.
    re.compile(r"/torch/bin/(?!torch_shm_manager(\.exe)?$)"),
    # What torch tests itself with, but for the three that torch imports even so.
    re.compile(
        r"/torch/testing/_internal/(?!(__init__|common_dtype|logging_tensor|distributed/(__init__|fake_pg))\.py$)"
    ),
)
"""Folders of which only what is named here comes along."""


def left_out(name: str) -> bool:
    """Return whether a file that PyInstaller found stays out of the bundle; `name` is its path in there."""
    name = "/" + name.replace("\\", "/")
    return any(only.search(name) for only in _ONLY) or any(
        fnmatch.fnmatchcase(name, pattern if pattern.startswith("*") else "/" + pattern) for pattern in _LEFT_OUT
    )


def left_out_of(folder: str, source: str) -> bool:
    """Return whether the file `source` stays out of `folder` in the bundle."""
    return left_out(f"{folder}/{Path(source).name}")


def kept(table: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Return the entries of a table of contents that belong into the bundle."""
    return [entry for entry in table if not left_out(entry[0])]


def kept_modules(table: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Return the modules that belong into the bundle, judged as the files that they are read from."""
    return [
        (name, source, kind)
        for name, source, kind in table
        if not left_out(name.replace(".", "/") + ("/__init__.py" if Path(source).stem == "__init__" else ".py"))
    ]


def resources() -> list[tuple[str, str]]:
    """Return our own files as PyInstaller takes them: (where from, folder in the bundle)."""
    ours = [(SOURCE / "resources", f"{PROGRAM}/resources")]
    # Alembic reads its migrations as files; what they import comes along as hidden imports.
    migrations = SOURCE / PROGRAM / "records" / "migrations"
    ours += [(file, str(file.parent.relative_to(SOURCE))) for file in sorted(migrations.rglob("*.py"))]
    return [(str(source), folder) for source, folder in ours]


def migrations() -> list[str]:
    """Return the modules of the log's migrations, so that what they import is found."""
    folder = SOURCE / PROGRAM / "records" / "migrations"
    return [
        ".".join(file.relative_to(SOURCE).with_suffix("").parts)
        for file in sorted(folder.rglob("*.py"))
        if file.name not in ("__init__.py", "env.py")
    ]


def viky() -> list[tuple[str, str]]:
    """Return the test producer of the genicam wheel: the self-test opens it as if it were a camera."""
    found = importlib.metadata.distribution("genicam").locate_file("genicam/viky.cti")
    return [(str(found), "genicam")]
