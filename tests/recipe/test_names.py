"""Names are good file names on every system, and two of them look like two."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crane_desktop.recipe.names import LONGEST_NAME_BYTES, clean_name, same_to_people

WIDE = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)})
DEVICES = ["CON", "prn", "Aux", "nul", "COM1", "com9", "LPT0", "CONIN$", "conout$", "CLOCK$"]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("ending", ["", ".txt", " .txt", ".tar.gz", "  "])
@pytest.mark.parametrize("wide", [False, True])
def test_a_device_of_windows_is_no_name_in_any_width(device: str, ending: str, wide: bool) -> None:
    name = (device.translate(WIDE) if wide else device) + ending
    assert clean_name(name) is None


@pytest.mark.parametrize("name", ["COM¹", "com²", "LPT³.x", "ＣＯＭ１", "ｃｏｎ", "ＣＯＮ．ｔｘｔ", "CＯN", "ⓒⓞⓝ"])
def test_devices_are_known_in_odd_letters(name: str) -> None:
    assert clean_name(name) is None


@pytest.mark.parametrize("name", ["a.", "a ", " a", ".a", "a．", "．a", "．．", "a\u3000", "a\u00a0"])
def test_no_dot_or_blank_stands_at_an_end(name: str) -> None:
    assert clean_name(name) is None


@pytest.mark.parametrize(
    "odd", [*"\u202e\u200f\u2066\u200b\u2028\u2029\ud800\x7f\x85\u3164\u115f\ue000"]
)  # fmt: skip
def test_what_nobody_sees_is_in_no_name(odd: str) -> None:
    assert clean_name(f"a{odd}b") is None


def test_a_name_is_bounded_in_bytes() -> None:
    assert clean_name("あ" * 64) == "あ" * 64
    assert clean_name("𠮷" * 50) == "𠮷" * 50
    assert clean_name("𠮷" * 51) is None
    assert clean_name("a" * 10_000_000) is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(name=st.text(max_size=70))
def test_a_good_name_stays_good_and_makes_a_file_with_every_ending(tmp_path: Path, name: str) -> None:
    own = clean_name(name)
    if own is None:
        return
    assert clean_name(own) == own == unicodedata.normalize("NFC", own)
    assert len(own.encode()) <= LONGEST_NAME_BYTES
    file = tmp_path / f"{own}-0123abcd.cranepack.sha256.damaged"
    file.write_bytes(b"")
    file.unlink()


@pytest.mark.parametrize(
    ("one", "other"),
    [("demo", "Demo"), ("demo", "ｄｅｍｏ"), ("demo", "demo."), ("が", "か\u3099"), ("ｶﾞ", "ガ"), ("ß", "SS")],
)  # fmt: skip
def test_names_that_people_or_file_systems_take_for_one(one: str, other: str) -> None:
    assert same_to_people(one, other)
    assert same_to_people(other, one)


@pytest.mark.parametrize(("one", "other"), [("demo", "demo2"), ("部品A", "部品B"), ("a b", "ab")])
def test_other_names_are_others(one: str, other: str) -> None:
    assert not same_to_people(one, other)
