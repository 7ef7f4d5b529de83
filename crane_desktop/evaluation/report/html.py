"""HTML and SVG built as a tree: whatever comes from outside is text or an attribute's value, and is escaped as such."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from xml.etree.ElementTree import Element, tostring

import cv2
import numpy as np
from numpy.typing import NDArray

_ODD = "\ufffd"
_JPEG_QUALITY = 85


def element(name: str, attributes: Mapping[str, object] | None = None, *children: Element | str) -> Element:
    """Return an element with its attributes and what it holds, in order."""
    made = Element(name, {key: plain(str(value)) for key, value in (attributes or {}).items()})
    for child in children:
        if isinstance(child, Element):
            made.append(child)
        elif len(made):
            made[-1].tail = (made[-1].tail or "") + plain(child)
        else:
            made.text = (made.text or "") + plain(child)
    return made


def plain(text: str) -> str:
    """Return the text with a sign in place of what cannot be shown: file names may hold any control character."""
    return "".join(letter if letter.isprintable() or letter == "\n" else _ODD for letter in text)


def page_bytes(root: Element) -> bytes:
    """Return the document as UTF-8."""
    return b"<!DOCTYPE html>\n" + tostring(root, encoding="unicode", method="html").encode() + b"\n"


def picture_uri(pixels: NDArray[np.uint8]) -> str:
    """Return a uint8 ``(H, W, 3)`` RGB picture as a JPEG that stands in the page itself."""
    bgr = np.ascontiguousarray(pixels[:, :, ::-1])
    ok, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    if not ok:
        raise ValueError("this picture cannot be encoded")
    return "data:image/jpeg;base64," + base64.b64encode(data.tobytes()).decode("ascii")
