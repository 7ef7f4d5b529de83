"""Build ``CraneInspector-Setup-VERSION.exe`` from a bundle: ``python packaging/windows/build.py --payload FOLDER``.

Needs ``makensis`` (3.08 or later; Debian's package ``nsis``, or the installer from nsis.sourceforge.io) and the
program's own Python environment, from which it reads the version and draws the icons.
"""

from __future__ import annotations

import argparse
import filecmp
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
for _place in (HERE, ROOT):
    if str(_place) not in sys.path:
        sys.path.insert(0, str(_place))

from payload import (  # noqa: E402
    MEMBER_LIMIT,
    PayloadError,
    check_members,
    check_programs,
    delete_script,
    file_list,
    files_of,
    install_script,
)
from versions import order_of, windows_numbers  # noqa: E402

from crane_desktop import __version__  # noqa: E402

PUBLISHER = "The CraneInspector authors"
_LICENCE_NOTE = {
    "en": (
        "CraneInspector also contains software of others (Qt, PyTorch, OpenCV, GenICam and more) under licences of "
        "their own. They lie, whole, in the program's folder _internal/crane_desktop/resources/licences, and the "
        "program shows them under Help > About CraneInspector."
    ),
    "ja": (
        "CraneInspector には、Qt、PyTorch、OpenCV、GenICam などの第三者のソフトウェアが、それぞれのライセンスのもとで"
        "含まれています。全文はインストール先の _internal/crane_desktop/resources/licences にあり、"
        "「ヘルプ」>「バージョン情報」でも確認できます。"
    ),
}


@dataclass(frozen=True)
class Wishes:
    """What kind of installer.

    Attributes
    ----------
    payload
        The bundle.
    gpu
        A bundle of the GPU build: what differs from `payload` becomes the component "GPU support".
    compression
        ``lzma`` (small), ``zlib`` (fast) or ``off``.
    runtime
        Whether the payload must hold Microsoft's C++ runtime.
    sign
        Command that signs the file whose path follows it.
    version
        Another version than the program's own, for the tests of updating.
    """

    payload: Path
    gpu: Path | None = None
    compression: str = "lzma"
    runtime: bool = True
    sign: str | None = None
    version: str = __version__


def build_installer(wishes: Wishes, out: Path) -> Path:
    """Compile the installer into the folder `out` and return its file.

    Raises
    ------
    PayloadError
        If the payload cannot become an installer, or makensis is missing or refuses.
    """
    if shutil.which("makensis") is None:
        raise PayloadError("makensis is missing. Install NSIS 3.08 or later (on Debian: apt install nsis).")
    files = files_of(wishes.payload)
    check_programs(files, runtime=wishes.runtime)
    check_members(wishes.payload, files)
    out.mkdir(parents=True, exist_ok=True)
    target = (out / f"CraneInspector-Setup-{wishes.version}.exe").absolute()
    with tempfile.TemporaryDirectory(prefix="crane-setup-") as folder:
        parts = Path(folder)
        _write_parts(parts, wishes, files)
        _compile(wishes, parts, target)
    return target


def _write_parts(parts: Path, wishes: Wishes, files: list[PurePosixPath]) -> None:
    from pictures import write_icon, write_wizard

    listed = list(files)
    (parts / "payload.nsh").write_text(install_script(wishes.payload, files), encoding="utf-8")
    if wishes.gpu is not None:
        changed, gone = _difference(wishes.payload, wishes.gpu)
        check_members(wishes.gpu, changed)
        script = install_script(wishes.gpu, changed) + delete_script(gone)
        (parts / "gpu.nsh").write_text(script, encoding="utf-8")
        listed += changed
    (parts / "installed-files.txt").write_bytes(file_list(listed))
    crane = ROOT / "resources" / "icons" / "crane.svg"
    write_icon(crane, parts / "crane.ico")
    write_icon(HERE / "icons" / "pack.svg", parts / "pack.ico")
    write_icon(HERE / "icons" / "recipe.svg", parts / "recipe.ico")
    write_wizard(crane, parts / "welcome.bmp", parts / "header.bmp")
    licence = (ROOT / "LICENSE").read_text(encoding="utf-8")
    for language, note in _LICENCE_NOTE.items():
        _write_windows_text(parts / f"licence.{language}.txt", f"{licence}\n{note}\n")
        notes = (HERE / "notes" / f"camera-notes.{language}.txt").read_text(encoding="utf-8")
        _write_windows_text(parts / f"camera-notes.{language}.txt", notes)


def _write_windows_text(path: Path, text: str) -> None:
    path.write_bytes(text.replace("\n", "\r\n").encode("utf-8-sig"))


def _difference(base: Path, other: Path) -> tuple[list[PurePosixPath], list[PurePosixPath]]:
    """Return the files of `other` that `base` has not, or not so, and those of `base` that `other` has not."""
    old, new = set(files_of(base)), set(files_of(other))
    changed = [f for f in new if f not in old or not filecmp.cmp(base / f, other / f, shallow=False)]
    return sorted(changed), sorted(old - new)


def _compile(wishes: Wishes, parts: Path, target: Path) -> None:
    payload_kb = sum(f.stat().st_size for f in wishes.payload.rglob("*") if f.is_file()) // 1024 + 1
    defines = {
        "VERSION": wishes.version,
        "VERSION_ORDER": order_of(wishes.version),
        "VERSION_NUMBERS": windows_numbers(wishes.version),
        "PUBLISHER": PUBLISHER,
        "OUT_FILE": str(target),
        "COMPRESSION": wishes.compression,
        "PARTS": str(parts),
        "PAYLOAD_KB": str(payload_kb),
        **({"WITH_GPU": "1"} if wishes.gpu is not None else {}),
        **({"SIGN": wishes.sign} if wishes.sign is not None else {}),
    }
    words = ["makensis", "-V2", "-WX", "-INPUTCHARSET", "UTF8", *(f"-D{k}={v}" for k, v in defines.items())]
    done = subprocess.run(
        [*words, str(HERE / "installer.nsi")],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        # File names of any script: makensis reads them by the locale.
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        check=False,
    )
    if done.returncode != 0:
        target.unlink(missing_ok=True)
        hint = " (a whole installer must stay below 2 GB)" if payload_kb >= MEMBER_LIMIT // 1024 else ""
        raise PayloadError(f"makensis refuses{hint}:\n{done.stdout}{done.stderr}")


def main() -> int:
    """Build as the command line says."""
    parser = argparse.ArgumentParser(description="Build the installer for Windows from a bundle.")
    parser.add_argument("--payload", type=Path, required=True, help="the bundle's folder")
    parser.add_argument("--gpu", type=Path, help="the folder of the GPU build's bundle, for the component GPU support")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="where the installer goes (default: dist)")
    parser.add_argument("--compression", choices=("lzma", "zlib", "off"), default="lzma")
    parser.add_argument("--without-runtime", action="store_true", help="do not insist on Microsoft's C++ runtime")
    parser.add_argument("--version", default=__version__, help="another version, to rehearse updates")
    parser.add_argument("--sign", metavar="COMMAND", help="command that signs the file whose path follows it")
    given = parser.parse_args()
    wishes = Wishes(given.payload, given.gpu, given.compression, not given.without_runtime, given.sign, given.version)
    try:
        print(build_installer(wishes, given.out))
    except PayloadError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
