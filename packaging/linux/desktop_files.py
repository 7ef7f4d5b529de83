"""What the desktop is told about the program: menu entry, file types, icon and notes; the same in every installer."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from xml.sax.saxutils import escape

from shell_words import HERE, words

ROOT = HERE.parents[1]
ID = "crane-inspector"
PLACE_OF_PROGRAM = "#PROGRAM#"
"""Stands in a menu entry for the quoted path of the program, where only the installation knows it."""

TYPES = {
    "pack": ("application/x-cranepack", "*.cranepack", "application/zip"),
    "recipe": ("application/x-cranerecipe", "*.cranerecipe", None),
}
"""Kind: MIME type, pattern of its files, and what it is a kind of. A pack is a zip file: its name must decide."""


def write_desktop_files(share: Path, program: str) -> None:
    """Write everything below `share`, the folder that becomes (or is like) ``/usr/share``.

    Parameters
    ----------
    program
        What the menu entry starts, quoted as menu entries ask for it.
    """
    _write(share / "applications" / f"{ID}.desktop", menu_entry(program))
    _write(share / "mime" / "packages" / f"{ID}.xml", file_types())
    drawing = ROOT / "resources" / "icons" / "crane.svg"
    icons = share / "icons" / "hicolor" / "scalable"
    _copy(drawing, icons / "apps" / f"{ID}.svg")
    _copy(drawing, icons / "mimetypes" / f"{ID}-file.svg")
    notes = share / "doc" / ID
    for language in ("en", "ja"):
        _copy(HERE / "files" / f"cameras.{language}.md", notes / f"cameras.{language}.md")
    _copy(HERE / "files" / "70-usb3-vision.rules", notes / "examples" / "70-usb3-vision.rules")


def menu_entry(program: str) -> str:
    """Return the menu entry, in both languages."""
    lines = ["[Desktop Entry]", "Type=Application", "Version=1.0", "Name=CraneInspector"]
    for name, key in (("GenericName", "generic"), ("Comment", "comment"), ("Keywords", "keywords")):
        sentence = words()[f"entry.{key}"]
        lines += [f"{name}={sentence['en']}", f"{name}[ja]={sentence['ja']}"]
    lines += [
        f"Exec={program} %F",
        f"Icon={ID}",
        "Terminal=false",
        "StartupNotify=true",
        "StartupWMClass=CraneInspector",
        "Categories=Science;ImageProcessing;",
        "MimeType=" + "".join(f"{kind};" for kind, _, _ in TYPES.values()),
    ]
    return "\n".join(lines) + "\n"


def file_types() -> str:
    """Return the file types as the shared MIME database takes them."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<mime-info xmlns="http://www.freedesktop.org/standards/shared-mime-info">',
    ]
    for key, (kind, pattern, parent) in TYPES.items():
        sentence = words()[f"type.{key}"]
        lines += [
            f'  <mime-type type="{kind}">',
            f"    <comment>{escape(sentence['en'])}</comment>",
            f'    <comment xml:lang="ja">{escape(sentence["ja"])}</comment>',
            *([f'    <sub-class-of type="{parent}"/>'] if parent else []),
            f'    <icon name="{ID}-file"/>',
            f'    <glob pattern="{pattern}" weight="60"/>',
            "  </mime-type>",
        ]
    return "\n".join([*lines, "</mime-info>"]) + "\n"


def link_bundle(bundle: Path, target: Path) -> None:
    """Lay a copy of the bundle at `target` with the modes of an installed program; hard links where they serve.

    Nobody may write but the owner, who is root once it is installed; only programs are executable.
    """
    shutil.copytree(bundle, target, symlinks=True, copy_function=_link)
    for folder, _, _ in os.walk(target):
        Path(folder).chmod(0o755)


def room_bytes(folder: Path, unit: int = 1) -> int:
    """Return the room that the files of a folder take in whole units; names of the same file count once."""
    stats = (path.lstat() for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    sizes = {(stat.st_dev, stat.st_ino): stat.st_size for stat in stats}
    return sum(-(-size // unit) * unit for size in sizes.values())


def _link(source: str, target: str) -> str:
    path = Path(source)
    is_program = path.stat().st_mode & 0o100 and ".so" not in path.suffixes
    mode = 0o755 if is_program else 0o644
    if path.is_symlink():
        shutil.copy2(path, target, follow_symlinks=False)
        return target
    # A hard link shares its mode with the bundle, which belongs to somebody else and stays as it is.
    if path.stat().st_mode & 0o7777 == mode:
        try:
            os.link(path, target)
        except OSError:  # another disk, or one without links
            pass
        else:
            return target
    shutil.copy2(path, target)
    Path(target).chmod(mode)
    return target


def _write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
