"""Names from outside break no line, hide nothing and turn nothing round, and can still be told apart."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.domain.shown import shown_name

INVISIBLE = [
    *(chr(code) for code in range(0x20)),
    *(chr(code) for code in range(0x7F, 0xA0)),
    "\u061c",  # Arabic letter mark
    "\u200b",  # zero width space
    "\u200e",
    "\u200f",
    "\u2028",
    "\u2029",
    *(chr(code) for code in range(0x202A, 0x202F)),
    *(chr(code) for code in range(0x2066, 0x206A)),
    "\ufeff",
]

PLAIN = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\nb.png", "a\\nb.png"),
        ("a\r\nb.png", "a\\r\\nb.png"),
        ("a\tb.png", "a\\tb.png"),
        ("x\u202egnp.exe", "x\\u202egnp.exe"),
        ("e\x1b[31mred.png", "e\\x1b[31mred.png"),
        ("n\x00.png", "n\\x00.png"),
        ("c\x9b31m.png", "c\\x9b31m.png"),
        ("\ufeff部品.png", "\\ufeff部品.png"),
    ],
)
def test_what_would_break_turn_or_colour_a_line_is_written_out(name: str, shown: str) -> None:
    assert shown_name(name) == shown


@pytest.mark.parametrize("mark", INVISIBLE, ids=lambda mark: f"{ord(mark):04x}")
def test_no_such_mark_is_left(mark: str) -> None:
    shown = shown_name(f"部品{mark}A.png")
    assert mark not in shown
    assert shown.startswith("部品\\")
    assert shown.endswith("A.png")
    assert all(unicodedata.category(letter) not in ("Cc", "Cf", "Zl", "Zp") for letter in shown)


@given(PLAIN)
def test_a_name_of_letters_figures_and_signs_stays_as_it_is(name: str) -> None:
    assert shown_name(name) == name


@given(st.text())
def test_a_name_that_was_shown_once_is_not_changed_again(name: str) -> None:
    assert shown_name(shown_name(name)) == shown_name(name)


@given(st.text())
def test_it_is_one_line(name: str) -> None:
    assert len(shown_name(name).splitlines()) <= 1


@given(st.lists(st.sampled_from(INVISIBLE), min_size=1), st.lists(st.sampled_from(INVISIBLE), min_size=1))
def test_two_names_of_marks_alone_can_be_told_apart(first: list[str], second: list[str]) -> None:
    assert (shown_name("".join(first)) == shown_name("".join(second))) is (first == second)
