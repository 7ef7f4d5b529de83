"""The installer's pictures, drawn from SVG at build time: icons for Windows, and the wizard's bitmaps."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path

from PIL import Image

ICON_SIZES_PX = (16, 20, 24, 32, 40, 48, 64, 128, 256)
WELCOME_PX = (164, 314)
HEADER_PX = (150, 57)
_WHITE = (255, 255, 255)
_BLUE = (31, 92, 153)


def drawn(svg: Path, side_px: int) -> Image.Image:
    """Return a square RGBA picture of an SVG file."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QBuffer, QIODevice, Qt
    from PySide6.QtGui import QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    image = QImage(side_px, side_px, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    renderer = QSvgRenderer(str(svg))
    if not renderer.isValid():
        raise ValueError(f"{svg} is no picture")
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return Image.open(BytesIO(bytes(buffer.data().data()))).convert("RGBA")


def write_icon(svg: Path, icon: Path) -> None:
    """Write a Windows icon with every size that Explorer asks for, each drawn for itself."""
    pictures = [drawn(svg, side) for side in ICON_SIZES_PX]
    largest = pictures[-1]
    largest.save(icon, format="ICO", sizes=[(p.width, p.height) for p in pictures], append_images=pictures[:-1])


def write_wizard(svg: Path, welcome: Path, header: Path) -> None:
    """Write the bitmaps beside the wizard's first page and above all others."""
    page = Image.new("RGB", WELCOME_PX, _BLUE)
    sign = drawn(svg, 96)
    page.paste(sign, ((WELCOME_PX[0] - 96) // 2, 72), sign)
    page.save(welcome, format="BMP")
    head = Image.new("RGB", HEADER_PX, _WHITE)
    small = drawn(svg, 44)
    head.paste(small, (HEADER_PX[0] - 50, (HEADER_PX[1] - 44) // 2), small)
    head.save(header, format="BMP")
