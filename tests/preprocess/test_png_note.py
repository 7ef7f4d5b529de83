"""The note inside a PNG: read back as it was written, skipped by every reader, harmless where it is damaged."""

from __future__ import annotations

import io
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from crane_desktop.preprocess.png_note import PictureNote, read_note, with_note

NOTES = st.builds(
    PictureNote,
    st.sampled_from(["picture", "original", "map"]),
    st.text(max_size=40),
    st.none() | st.integers(1, 16),
)
DEEP = PictureNote("picture", "Mono10", 10)


def png(values: np.ndarray) -> bytes:
    return cv2.imencode(".png", values)[1].tobytes()


GREY = png(np.arange(60, dtype=np.uint16).reshape(6, 10))
COLOUR = png(np.arange(180, dtype=np.uint16).reshape(6, 10, 3))


@given(NOTES, st.sampled_from([GREY, COLOUR]))
def test_a_note_is_read_back_and_the_picture_is_untouched(note: PictureNote, plain: bytes) -> None:
    noted = with_note(plain, note)
    assert read_note(noted) == note
    buffer = np.frombuffer(noted, np.uint8)
    found, before = (cv2.imdecode(one, cv2.IMREAD_UNCHANGED) for one in (buffer, np.frombuffer(plain, np.uint8)))
    assert np.array_equal(found, before)
    with Image.open(io.BytesIO(noted), formats=("PNG",)) as image:
        image.verify()  # looks at every check sum


def test_the_depth_of_deep_values_stands_where_the_standard_has_it() -> None:
    for plain, channels in ((GREY, 1), (COLOUR, 3)):
        noted = with_note(plain, DEEP)
        at = noted.index(b"sBIT")
        assert noted[at - 4 : at] == channels.to_bytes(4)
        assert noted[at + 4 : at + 4 + channels] == bytes([10]) * channels
        assert zlib.crc32(noted[at : at + 4 + channels]).to_bytes(4) == noted[at + 4 + channels : at + 8 + channels]
        assert at < noted.index(b"IDAT")
    assert b"sBIT" not in with_note(GREY, PictureNote("picture", "Mono8", 8))
    assert b"sBIT" not in with_note(GREY, PictureNote("map", "", None))


def test_a_picture_without_a_note_has_none() -> None:
    assert read_note(GREY) is None
    for other in (b"", b"\x89PNG", b"\xff\xd8\xff\xe0JFIF", b"CraneInspector\0{}"):
        assert read_note(other) is None


@given(st.data())
def test_damage_never_raises_and_never_makes_another_note(data: st.DataObject) -> None:
    noted = bytearray(with_note(GREY, DEEP))
    for _ in range(data.draw(st.integers(1, 3))):
        noted[data.draw(st.integers(0, len(noted) - 1))] ^= data.draw(st.integers(1, 255))
    cut = data.draw(st.integers(0, len(noted)))
    assert read_note(bytes(noted[:cut])) in (None, DEEP)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[",
        b"[" * 900,
        b"null",
        b'{"kind":"picture"}',
        b'{"kind":"video","pixel_format":"Mono8","significant_bits":8}',
        b'{"kind":"picture","pixel_format":8,"significant_bits":8}',
        b'{"kind":"picture","pixel_format":"Mono8","significant_bits":0}',
        b'{"kind":"picture","pixel_format":"Mono8","significant_bits":17}',
        b'{"kind":"picture","pixel_format":"Mono8","significant_bits":true}',
        b'{"kind":"picture","pixel_format":"Mono8","significant_bits":9.5}',
        b'{"kind":"picture","pixel_format":"Mono8","significant_bits":' + b"9" * 800 + b"}",
        b'{"kind":"picture","pixel_format":"' + b"x" * 5000 + b'","significant_bits":8}',
        b"\xff\xfe\xfd",
    ],
)
def test_a_note_that_is_none_of_ours_is_none(text: bytes) -> None:
    typed = b"tEXtCraneInspector\0" + text
    chunk = (len(typed) - 4).to_bytes(4) + typed + zlib.crc32(typed).to_bytes(4)
    assert read_note(GREY[:33] + chunk + GREY[33:]) is None


def test_only_a_png_takes_a_note() -> None:
    for other in (b"", b"\xff\xd8\xff", GREY[:20]):
        with pytest.raises(ValueError, match="no PNG"):
            with_note(other, DEEP)
