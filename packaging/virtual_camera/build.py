"""Build the virtual camera: ``python packaging/virtual_camera/build.py -o DIR [--windows] [--sanitize]``."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import describe  # noqa: E402  # beside this file, wherever it is started from

NAME = "CraneVirtual.cti"
WINDOWS_COMPILER = "x86_64-w64-mingw32-gcc"
_WARNINGS = ("-std=c11", "-Wall", "-Wextra", "-Werror", "-Wshadow", "-Wstrict-prototypes", "-fvisibility=hidden")
_SANITIZE = ("-fsanitize=address,undefined", "-fno-omit-frame-pointer", "-g")


def compiler(*, windows: bool = False) -> str | None:
    """Return the path of the C compiler, or None where there is none."""
    names = (WINDOWS_COMPILER,) if windows else ("gcc", "cc", "clang")
    return next((found for name in names if (found := shutil.which(name))), None)


def write_tables(folder: Path) -> None:
    """Write the C tables that `describe` makes."""
    tables = {
        "register_table.inc": describe.register_table(),
        "choice_tables.inc": describe.choice_tables(),
        "pixel_table.inc": describe.pixel_table(),
        "xml_table.inc": describe.xml_table(),
    }
    for name, text in tables.items():
        (folder / name).write_text(text, encoding="ascii")


def build(folder: Path, *, windows: bool = False, sanitize: bool = False) -> Path:
    """Build the producer into `folder` and return its path.

    Raises
    ------
    FileNotFoundError
        If there is no C compiler.
    subprocess.CalledProcessError
        If the compiler refuses the source.
    """
    cc = compiler(windows=windows)
    if cc is None:
        raise FileNotFoundError(WINDOWS_COMPILER if windows else "gcc")
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / NAME
    with tempfile.TemporaryDirectory() as tables:
        write_tables(Path(tables))
        words = [cc, *_WARNINGS, *(_SANITIZE if sanitize else ()), "-O3", "-shared", "-I", tables, "-I", str(HERE)]
        words += ["-static", "-s"] if windows else ["-fPIC", "-Wl,--no-undefined"]
        words += [str(file) for file in sorted(HERE.glob("*.c"))]
        words += ["-o", str(target), *(() if windows else ("-lpthread", "-lm"))]
        subprocess.run(words, check=True)
    return target


def main() -> None:
    """Read the command line and build."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("-o", dest="folder", type=Path, required=True, help="folder for CraneVirtual.cti")
    words.add_argument("--windows", action="store_true", help="cross-compile for Windows with mingw-w64")
    words.add_argument("--sanitize", action="store_true", help="with the address and undefined behaviour checks")
    given = words.parse_args()
    print(build(given.folder, windows=given.windows, sanitize=given.sanitize))


if __name__ == "__main__":
    main()
