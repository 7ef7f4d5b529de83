"""JSON from outside: one error, whatever is wrong with it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.settings.plain_json import NoJson, parse_json

_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=9,
)


@given(_PLAIN.filter(lambda value: "\\ud" not in json.dumps(value)), st.booleans())
def test_plain_values_come_back(value: object, mark: bool) -> None:
    text = json.dumps(value)
    assert parse_json(text.encode("utf-8-sig" if mark else "utf-8")) == parse_json(text) == value


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe{\x00",
        b"{",
        b"1" * 6000,
        b'{"a": ' + b"9" * 6000 + b"}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        rb'"\ud800"',
        rb'{"\uDFFF": 1}',
        rb'"\ud83d\ud83d"',
    ],
)
def test_what_no_program_may_use_is_one_error(content: bytes) -> None:
    with pytest.raises(NoJson):
        parse_json(content)


def test_a_character_in_two_halves_is_one() -> None:
    assert parse_json(rb'"\ud83d\ude00"') == "\N{GRINNING FACE}"


def test_the_line_is_told() -> None:
    with pytest.raises(NoJson) as caught:
        parse_json(b'{\n"a": 1,\n"b" 2}')
    assert caught.value.line == 3


@given(st.binary(max_size=40))
def test_any_bytes_are_json_or_one_error(content: bytes) -> None:
    try:
        found = parse_json(content)
    except NoJson as error:
        assert error.line >= 1  # noqa: PT017 - either it is JSON, or that is told
    else:
        assert isinstance(found, str | int | float | bool | list | dict | None)
