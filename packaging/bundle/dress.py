"""How the two programs look to Windows: an icon drawn from our SVG, and a version resource."""

from __future__ import annotations

import io
import os
from pathlib import Path

_SIZES_PX = (16, 24, 32, 48, 64, 128, 256)

_VERSION_FILE = """VSVersionInfo(
  ffi=FixedFileInfo(filevers={numbers}, prodvers={numbers}, mask=0x3f, flags=0x0, OS=0x40004, fileType=0x1),
  kids=[
    StringFileInfo([StringTable("040904B0", [
      StringStruct("CompanyName", "The CraneInspector authors"),
      StringStruct("FileDescription", "CraneInspector"),
      StringStruct("FileVersion", "{version}"),
      StringStruct("InternalName", "CraneInspector"),
      StringStruct("LegalCopyright", "MIT License"),
      StringStruct("ProductName", "CraneInspector"),
      StringStruct("ProductVersion", "{version}"),
    ])]),
    VarFileInfo([VarStruct("Translation", [1033, 1200])]),
  ],
)
"""


def write_icon(drawing: Path, target: Path) -> None:
    """Draw the SVG file `drawing` in the sizes that Windows asks for, into the icon file `target`."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PIL import Image

    pictures = [Image.open(io.BytesIO(_png(drawing, size_px))) for size_px in _SIZES_PX]
    pictures[-1].save(target, format="ICO", sizes=[(size, size) for size in _SIZES_PX], append_images=pictures[:-1])


def _png(drawing: Path, size_px: int) -> bytes:
    from PySide6.QtCore import QBuffer, QByteArray, QIODevice, Qt
    from PySide6.QtGui import QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    picture = QImage(size_px, size_px, QImage.Format.Format_ARGB32)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    QSvgRenderer(str(drawing)).render(painter)
    painter.end()
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    picture.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(content.data())


def version_numbers(version: str) -> tuple[int, int, int, int]:
    """Return `version` as the four numbers that Windows compares; what is no number counts as 0."""
    parts = [int(part) if part.isdigit() else 0 for part in version.split("+")[0].split(".")[:4]]
    first, second, third, fourth = (*parts, 0, 0, 0, 0)[:4]
    return first, second, third, fourth


def write_version_file(version: str, target: Path) -> None:
    """Write the version resource in the form that PyInstaller reads."""
    target.write_text(_VERSION_FILE.format(numbers=version_numbers(version), version=version), encoding="utf-8")
