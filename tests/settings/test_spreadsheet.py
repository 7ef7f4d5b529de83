"""No cell is computed by a spreadsheet, whatever stands before its sign and in whatever width."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.settings.spreadsheet import guarded

BEFORE = ["", " ", "\t", "\r", "\n", "\ufeff", "\u200b", "\u00a0", "\u3000", "\u202e", " \ufeff\t "]
SIGNS = ["=", "+", "-", "@", "＝", "＋", "－", "＠", "﹦", "﹢", "﹣", "﹫", "−"]


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("sign", SIGNS)
def test_a_formula_stands_behind_an_apostrophe(before: str, sign: str) -> None:
    cell = f"{before}{sign}1+1"
    assert guarded(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "部品A", "a=b", "3-4", "1+1", " a", "(=1)", "'=1", "ＡＢ＝１", "*", "%ABC"])
def test_other_words_stay_as_they_are(cell: str) -> None:
    assert guarded(cell) == cell


@pytest.mark.parametrize("cell", ["\ta", "\rb", "\n"])
def test_a_break_at_the_beginning_is_guarded_whatever_follows(cell: str) -> None:
    assert guarded(cell) == f"'{cell}"


@given(st.text())
def test_the_words_are_never_changed(cell: str) -> None:
    assert guarded(cell).removeprefix("'") == cell.removeprefix("'")
