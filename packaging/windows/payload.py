"""What goes into the installer: every file of a folder, what may be wrong with it, and NSIS's words for it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

MEMBER_LIMIT = 2**31
"""NSIS counts in signed 32 bit: a larger file does not fit."""
LONGEST_PATH = 190
"""Below ``C:\\Users\\NAME\\AppData\\Local\\Programs\\CraneInspector`` (NAME: 20 letters) that stays within 259."""
PROGRAMS = ("CraneInspector.exe", "crane-inspector.exe")
RUNTIME = ("msvcp140.dll", "vcruntime140.dll", "vcruntime140_1.dll")
_UNFIT = set('<>:"|?*[]')


class PayloadError(Exception):
    """The folder cannot become an installer; its words say why and what to do."""


def files_of(folder: Path) -> list[PurePosixPath]:
    """Return all files below a folder, relative to it, in a fixed order.

    Raises
    ------
    PayloadError
        If it is no folder.
    """
    if not folder.is_dir():
        raise PayloadError(f"{folder} is no folder. Build the bundle first, or give its folder with --payload.")
    return sorted(PurePosixPath(p.relative_to(folder).as_posix()) for p in folder.rglob("*") if p.is_file())


def check_members(folder: Path, files: Iterable[PurePosixPath]) -> None:
    """Refuse what NSIS or Windows cannot take.

    Raises
    ------
    PayloadError
        At the first such file.
    """
    for file in files:
        size = (folder / file).stat().st_size
        if size >= MEMBER_LIMIT:
            raise PayloadError(
                f"{file} has {size} bytes; an installer holds no file of 2 GB or more. "
                "Take it out of the folder: model packs travel beside the installer."
            )
        if len(str(file)) > LONGEST_PATH:
            raise PayloadError(f"The path {file} is longer than {LONGEST_PATH} characters. Shorten it.")
        if _UNFIT & set(str(file)):
            raise PayloadError(f"The name {file} holds a character that Windows or NSIS does not take. Rename it.")


def check_programs(files: Iterable[PurePosixPath], *, runtime: bool) -> None:
    """Refuse a folder that is no bundle for Windows.

    Parameters
    ----------
    runtime
        Whether Microsoft's C++ runtime must be in it, beside the programs or in ``_internal``.

    Raises
    ------
    PayloadError
        If something is missing.
    """
    near = {f.name.lower() for f in files if f.parent in (PurePosixPath("."), PurePosixPath("_internal"))}
    for wanted in PROGRAMS:
        if wanted.lower() not in near:
            raise PayloadError(f"{wanted} is missing: this is no bundle for Windows. Build one on Windows first.")
    for wanted in RUNTIME if runtime else ():
        if wanted not in near:
            raise PayloadError(
                f"{wanted} is missing: the program would not start on a bare Windows. Put Microsoft's file "
                "into _internal, or give --without-runtime for a trial."
            )


def install_script(folder: Path, files: Iterable[PurePosixPath]) -> str:
    """Return the NSIS lines that put these files in their places below ``$INSTDIR``."""
    lines: list[str] = []
    place: PurePosixPath | None = None
    for file in sorted(files, key=lambda f: (f.parent, f.name)):
        if file.parent != place:
            place = file.parent
            lines.append(f'SetOutPath "{_target(place)}"')
        lines.append(f'File "/oname={_quoted(file.name)}" "{(folder / file).absolute()}"')
    return _with_mark("\n".join(lines) + "\n")


def delete_script(files: Iterable[PurePosixPath]) -> str:
    """Return the NSIS lines that take these files away."""
    return "".join(f'Delete "{_target(file)}"\n' for file in sorted(files))


def file_list(files: Iterable[PurePosixPath]) -> bytes:
    """Return what the uninstaller reads: files, then their folders, the deepest first; UTF-16, Windows' way."""
    named = sorted(set(files))
    folders = {parent for file in named for parent in file.parents if parent != PurePosixPath(".")}
    deepest = sorted(folders, key=lambda f: (-len(f.parts), f))
    lines = [str(f).replace("/", "\\") for f in named] + [str(f).replace("/", "\\") + "\\" for f in deepest]
    return "".join(f"{line}\r\n" for line in lines).encode("utf-16-le")


def _target(place: PurePosixPath) -> str:
    inside = _quoted(str(place).replace("/", "\\"))
    return "$INSTDIR" if inside == "." else f"$INSTDIR\\{inside}"


def _quoted(name: str) -> str:
    return name.replace("$", "$$")


def _with_mark(text: str) -> str:
    return "\ufeff" + text  # NSIS takes a script for UTF-8 by this
