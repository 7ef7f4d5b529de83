"""Whatever comes from outside stays text: names of files, of classes and of packs become no markup."""

from __future__ import annotations

import base64
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.evaluation.report.html import element, page_bytes, picture_uri, plain


class Read(HTMLParser):
    """What a browser would make of it."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(page.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


ANY = st.text(st.characters(codec=None), max_size=40) | st.sampled_from(
    ["<script>", "\"'>", "&lt;", "]]>", "-->", "\ud800"]
)


@given(ANY, ANY)
def test_any_text_and_attribute_come_back_as_they_were(words: str, title: str) -> None:
    read = Read(page_bytes(element("p", {"title": title}, words)))
    assert [tag for tag, _ in read.tags] == ["p"]
    assert read.words.strip("\n") == plain(words).strip("\n")
    assert read.tags[0][1] == {"title": plain(title)}


@given(ANY)
def test_what_is_shown_holds_no_control_character_and_keeps_its_length(words: str) -> None:
    shown = plain(words)
    assert len(shown) == len(words)
    assert all(letter.isprintable() or letter == "\n" for letter in shown)
    assert plain(shown) == shown
    shown.encode()  # half a surrogate, as in a file name that is no UTF-8, could not be written


@given(st.lists(st.text("ab<&", min_size=1, max_size=4), min_size=1, max_size=5))
def test_text_and_elements_keep_their_order(pieces: list[str]) -> None:
    children = [piece for word in pieces for piece in (word, element("br"))]
    read = Read(page_bytes(element("p", {}, *children)))
    assert read.words.strip("\n") == "".join(pieces)
    assert [tag for tag, _ in read.tags] == ["p"] + ["br"] * len(pieces)


def test_text_after_text_is_one_text() -> None:
    made = element("p", {}, "a", "b", element("b", {}, "c"), "d", "e")
    assert (made.text, made[0].text, made[0].tail) == ("ab", "c", "de")


@pytest.mark.parametrize("shape", [(1, 1, 3), (7, 3, 3), (40, 60, 3)])
def test_a_picture_stands_in_the_page_itself(shape: tuple[int, ...]) -> None:
    pixels = np.zeros(shape, np.uint8)
    pixels[..., 0] = 250  # red
    head, _, data = picture_uri(pixels).partition(",")
    assert head == "data:image/jpeg;base64"
    decoded = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    assert decoded.shape == shape
    assert decoded[..., 2].min() > 200  # and not taken for blue
    assert decoded[..., 0].max() < 50
