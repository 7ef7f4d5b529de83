"""What a reader sends is cleaned, never cut; what a code says is kept to the letter."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.domain.errors import InputError
from crane_desktop.domain.scans import GROUP, MOST_LETTERS, Scan, read_scan

NOW = datetime(2026, 11, 23, 5, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "text", "symbology", "shown"),
    [
        ("LOT 4711", "LOT 4711", "", "LOT 4711"),
        ("ＬＯＴ４７１１－Ａ　1", "LOT4711-A 1", "", "LOT4711-A 1"),
        ("]d20104912345678904\x1d10A1\r\n", "0104912345678904\x1d10A1", "]d2", "0104912345678904<GS>10A1"),
        ("]C1\x1d0104912345678904", "0104912345678904", "]C1", "0104912345678904"),
        ("\x02SN-12\x03", "SN-12", "", "SN-12"),
        ("[)>\x1e06\x1dSN1\x1e\x04", "[)>\x1e06\x1dSN1\x1e\x04", "", "[)><RS>06<GS>SN1<RS><EOT>"),
        ("ロット7", "ロット7", "", "ロット7"),
        ("]xyz"[:2], "]x", "", "]x"),
    ],
)
def test_a_code_is_told_from_what_belongs_to_the_reader(typed: str, text: str, symbology: str, shown: str) -> None:
    scan = read_scan(typed, NOW)
    assert scan == Scan(text, symbology, NOW)
    assert scan is not None
    assert scan.shown() == shown


@pytest.mark.parametrize("typed", ["", "   ", "\r\n", GROUP, "]d2", "\x00\x01"])
def test_nothing_is_no_code(typed: str) -> None:
    assert read_scan(typed, NOW) is None


def test_what_is_too_long_is_refused_whole() -> None:
    assert read_scan("7" * MOST_LETTERS, NOW) == Scan("7" * MOST_LETTERS, "", NOW)
    with pytest.raises(InputError, match="scan_too_long"):
        read_scan("7" * (MOST_LETTERS + 1), NOW)


@given(st.text(max_size=60))
def test_whatever_comes_is_taken_once_and_is_then_clean(typed: str) -> None:
    scan = read_scan(typed, NOW)
    if scan is not None and not scan.symbology and not scan.text.startswith("]"):
        assert read_scan(scan.text, NOW) == scan
        assert scan.text.strip()
        assert "\r" not in scan.text + scan.shown()
