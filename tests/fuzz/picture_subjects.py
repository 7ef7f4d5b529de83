"""Readers of pictures, each with whole files of every kind that it takes."""

from __future__ import annotations

import hashlib
import io
from functools import partial
from random import Random
from typing import Any

import cv2
import numpy as np
from mutations import damaged, png_chunk
from PIL import Image
from tasting import Subject

from crane_desktop.camera.decode import decode_image
from crane_desktop.domain.corrections import ReferenceFile
from crane_desktop.preprocess.references import decode_reference

_DRAW = np.random.default_rng(5)
_GREY = _DRAW.integers(0, 256, (21, 30), dtype=np.uint8)
_COLOUR = _DRAW.integers(0, 256, (21, 30, 3), dtype=np.uint8)
_DEEP = _DRAW.integers(0, 1024, (21, 30), dtype=np.uint16)


def picture_subjects(share: float) -> list[Subject]:
    """Return the readers of pictures; `share` of 1 is the whole lane."""
    kinds: dict[str, tuple[list[bytes], int]] = {
        "png": (_pngs(), 4000),
        "jpeg": ([_saved(_COLOUR, "JPEG", quality=80), _saved(_GREY, "JPEG"), _progressive()], 2000),
        "bmp": ([_saved(_COLOUR, "BMP"), _saved(_GREY, "BMP"), _palette("BMP")], 1000),
        "tiff": (_tiffs(), 3000),
        "others": (_others(), 1500),
    }
    found = [
        Subject(
            f"picture-{name}",
            partial(damaged, seeds=seeds, kinds=(png_chunk,) if name == "png" else ()),
            _decode,
            round(share * inputs),
            20,
        )
        for name, (seeds, inputs) in kinds.items()
    ]
    deep = [_cv(_DEEP), _cv(np.dstack([_DEEP] * 3))]
    return [*found, Subject("reference", partial(_mostly_chunks, deep), _reference, round(share * 1500), 20)]


def _mostly_chunks(seeds: list[bytes], draw: Random) -> bytes:
    return damaged(draw, seeds, (png_chunk, png_chunk))


def _decode(content: bytes) -> None:
    picture = decode_image(content, "部品.png")
    assert picture.pixels.dtype == np.uint8
    assert picture.pixels.ndim in (2, 3)


def _reference(content: bytes) -> None:
    """As a file that came with a recipe: its maker gave the right SHA-256 too."""
    decode_reference(content, ReferenceFile("dark.png", hashlib.sha256(content).hexdigest(), "mono"))


def _pngs() -> list[bytes]:
    return [
        _saved(_GREY, "PNG"),
        _saved(_COLOUR, "PNG"),
        _palette("PNG"),
        _cv(_DEEP),
        _cv(np.dstack([_DEEP] * 3)),
        _cv(np.dstack([_COLOUR, _GREY])),
        _bilevel(),
    ]


def _tiffs() -> list[bytes]:
    pages = [Image.fromarray(_GREY), Image.fromarray(_GREY[::-1].copy())]
    several = io.BytesIO()
    pages[0].save(several, "TIFF", save_all=True, append_images=pages[1:])
    packings = (None, "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg")
    single = [_saved(_COLOUR, "TIFF", compression=packing) for packing in packings]
    return [*single, _saved(_GREY, "TIFF"), _saved(_DEEP, "TIFF"), several.getvalue()]


def _others() -> list[bytes]:
    return [
        _saved(_COLOUR, "WEBP", lossless=True),
        _saved(_COLOUR, "PPM"),
        _palette("GIF"),
        _saved(_COLOUR, "JPEG2000"),
        _saved(_GREY, "PPM"),
    ]


def _saved(pixels: Any, kind: str, **options: Any) -> bytes:
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, kind, **options)
    return target.getvalue()


def _progressive() -> bytes:
    return _saved(_COLOUR, "JPEG", progressive=True, exif=Image.Exif().tobytes())


def _palette(kind: str) -> bytes:
    target = io.BytesIO()
    Image.fromarray(_COLOUR).convert("P", palette=Image.Palette.ADAPTIVE, colors=16).save(target, kind)
    return target.getvalue()


def _bilevel() -> bytes:
    target = io.BytesIO()
    Image.fromarray(_GREY).convert("1").save(target, "PNG")
    return target.getvalue()


def _cv(pixels: Any) -> bytes:
    written, data = cv2.imencode(".png", pixels)
    assert written
    return bytes(data.tobytes())
