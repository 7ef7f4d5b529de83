"""Settings survive a round trip, and damage costs one setting, never all."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from crane_desktop.domain.errors import InputError
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.settings import store
from crane_desktop.settings.store import FORMAT_VERSION, Settings, is_public_key, load_settings, save_settings
from crane_desktop.settings.texts import LANGUAGES, error_text

_WORDS = st.none() | st.text(max_size=40)
_STORED = st.builds(
    Settings,
    language=st.sampled_from([None, "ja", "en"]),
    overlay_opacity=st.floats(0, 1),
    overlay_visible=st.booleans(),
    source=st.builds(
        SourceChoice,
        kind=st.sampled_from(["demo", "folder", "genicam"]),
        path=_WORDS,
        cti=_WORDS,
        device=_WORDS,
        rate_hz=st.none() | st.floats(0.1, 1000),
        frames=st.none() | st.integers(1, 10**9),
        seed=st.integers(0, 2**40),
    ),
    pack=_WORDS,
    recipe=_WORDS,
    keep_images=st.sampled_from(["all", "not_ok", "none"]),
    reserve_mb=st.integers(100, 10**7),
    trusted_keys=st.lists(st.sampled_from(["0" * 64, "a1" * 32])).map(tuple),
    require_signed=st.booleans(),
    window_geometry=st.text(max_size=100),
)


@given(stored=_STORED)
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_what_is_saved_is_loaded(tmp_path: Path, stored: Settings) -> None:
    path = tmp_path / "設定.json"
    save_settings(path, stored)
    assert load_settings(path) == (stored, [])


def test_what_was_kept_of_an_earlier_damage_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    for raw in (b"{1", b"{2", b"{1", b"{2"):
        path.write_bytes(raw)
        load_settings(path)
    kept = {file.name: file.read_bytes() for file in tmp_path.glob("*.damaged*")}
    assert kept == {"settings.damaged.json": b"{1", "settings.damaged (2).json": b"{2"}


def test_without_a_file_the_defaults_apply_silently(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "settings.json") == (Settings(), [])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"\x00" * 100, b"[]", b'"text"', "設定".encode("cp932"), b"[" * 100_000, b'{"language": "ja"', b"null"],
)
def test_damage_gives_defaults_a_note_and_a_copy(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(raw)
    loaded, notes = load_settings(path)
    assert loaded == Settings()
    assert [n.key for n in notes] == ["settings.damaged", "settings.set_aside"]
    assert (tmp_path / "settings.damaged.json").read_bytes() == raw
    for note in notes:
        assert all(str(tmp_path) in error_text(note, language) for language in LANGUAGES)


@given(raw=st.binary(max_size=300))
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_content_keeps_the_program_from_starting(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(raw)
    loaded, _ = load_settings(path)
    assert isinstance(loaded, Settings)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("language", "fr"),
        ("overlay_opacity", 1.5),
        ("overlay_opacity", "much"),
        ("keep_images", "some"),
        ("reserve_mb", -1),
        ("source", {"kind": 3}),
        ("source", "demo"),
        ("never_heard_of", 1),
    ],
)
def test_one_bad_key_does_not_cost_the_others(tmp_path: Path, key: str, value: object) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"format_version": 1, "pack": "demo", "recipe": "基板", key: value}), encoding="utf-8")
    loaded, notes = load_settings(path)
    assert (loaded.pack, loaded.recipe) == ("demo", "基板")
    assert [n.key for n in notes] == ["settings.key_not_used", "settings.set_aside"]
    assert key in error_text(notes[0], "en")
    assert loaded == Settings(pack="demo", recipe="基板")


GOOD: dict[str, Any] = {
    "language": "ja",
    "overlay_opacity": 0.25,
    "overlay_visible": False,
    "outlines_visible": False,
    "pack": "demo",
    "recipe": "基板",
    "profile": "fast",
    "keep_images": "all",
    "reserve_mb": 900,
    "require_signed": True,
    "window_geometry": "AdnQ",
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def spoilt(path: Path, stored: object) -> tuple[Settings, list[str]]:
    path.write_text(json.dumps(stored), encoding="utf-8")
    loaded, notes = load_settings(path)
    assert all(error_text(note, language) for note in notes for language in LANGUAGES)
    return loaded, [note.key for note in notes]


@given(name=st.sampled_from(sorted(GOOD)), value=JSON)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_anything_under_one_key_costs_at_most_that_setting(tmp_path: Path, name: str, value: object) -> None:
    loaded, notes = spoilt(tmp_path / "settings.json", {**GOOD, name: value})
    for other in set(GOOD) - {name}:
        assert getattr(loaded, other) == GOOD[other]
    assert notes in ([], ["settings.key_not_used", "settings.set_aside"])
    if notes:
        assert getattr(loaded, name) == getattr(Settings(), name)


@given(stored=st.dictionaries(st.sampled_from([*GOOD, "source", "previous", "trusted_keys"]) | st.text(), JSON))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_was_stored_what_is_loaded_can_be_saved_and_loaded_again(
    tmp_path: Path, stored: dict[str, object]
) -> None:
    path = tmp_path / "settings.json"
    loaded, _ = spoilt(path, stored)
    save_settings(path, loaded)
    assert load_settings(path) == (loaded, [])


@given(names=st.sets(st.sampled_from(sorted(GOOD))))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_bad_setting_is_told_and_every_good_one_is_kept(tmp_path: Path, names: set[str]) -> None:
    loaded, notes = spoilt(tmp_path / "settings.json", {**GOOD, **dict.fromkeys(names, ())})
    assert notes.count("settings.key_not_used") == len(names)
    assert loaded == Settings(**{name: value for name, value in GOOD.items() if name not in names})


@pytest.mark.parametrize("where", ["rate_hz", "frames", "seed"])
@pytest.mark.parametrize("value", ["1e999", "-1e999", "NaN"])
def test_a_number_that_is_none_does_not_come_back_from_the_source(tmp_path: Path, where: str, value: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(f'{{"pack": "a", "source": {{"kind": "demo", "{where}": {value}}}}}')
    loaded, notes = load_settings(path)
    assert loaded == Settings(pack="a")
    assert [note.key for note in notes] == ["settings.key_not_used", "settings.set_aside"]


@pytest.mark.skipif(sys.platform == "win32", reason="files with holes")
def test_a_file_without_end_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    loaded, notes = load_settings(path)
    assert loaded == Settings()
    assert [note.key for note in notes] == ["settings.damaged"]


def test_where_the_copy_cannot_be_kept_the_program_starts_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, _content: bytes) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(store, "write_atomic", full)
    loaded, notes = spoilt(tmp_path / "settings.json", {**GOOD, "language": 7})
    assert loaded == Settings(**{**GOOD, "language": None})
    assert notes == ["settings.key_not_used", "settings.unwritable"]


@pytest.mark.parametrize("key", ["a" * 64, "0123456789abcdef" * 4])
def test_a_public_key_is_64_hexadecimal_digits(key: str) -> None:
    assert is_public_key(key)
    assert Settings(trusted_keys=(key,)).trusted_keys == (key,)


@pytest.mark.parametrize(
    "key", ["", "a" * 63, "a" * 65, "A" * 64, "g" * 64, "a" * 64 + "\n", " " + "a" * 63, "１" * 64]
)
def test_anything_else_is_none_and_is_not_trusted(key: str) -> None:
    assert not is_public_key(key)
    with pytest.raises(ValidationError):
        Settings(trusted_keys=(key,))


@pytest.mark.parametrize("version", [FORMAT_VERSION + 1, 0, "1", None, [1]])
def test_another_format_is_told_and_what_fits_is_taken(tmp_path: Path, version: object) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"format_version": version, "pack": "a"}))
    loaded, notes = load_settings(path)
    assert loaded.pack == "a"
    assert notes[0].key == "settings.other_version"


def test_a_byte_order_mark_is_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(b'\xef\xbb\xbf{"pack": "a"}')
    assert load_settings(path) == (Settings(pack="a"), [])


def test_a_folder_in_its_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "settings.json").mkdir()
    loaded, notes = load_settings(tmp_path / "settings.json")
    assert loaded == Settings()
    assert [n.key for n in notes] == ["settings.damaged"]


def test_saving_into_a_missing_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        save_settings(tmp_path / "missing" / "settings.json", Settings())
    assert caught.value.key == "settings.unwritable"
    assert all("missing" in error_text(caught.value, language) for language in LANGUAGES)


def test_what_is_loaded_can_be_saved_over_the_damage(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"pack": "a", "language": 7}')
    loaded, _ = load_settings(path)
    save_settings(path, loaded)
    assert load_settings(path) == (loaded, [])
    assert json.loads((tmp_path / "settings.damaged.json").read_bytes()) == {"pack": "a", "language": 7}


def test_a_path_of_odd_bytes_is_kept(tmp_path: Path) -> None:
    stored = Settings(source=SourceChoice(kind="folder", path=b"/data/\x83".decode("utf-8", "surrogateescape")))
    save_settings(tmp_path / "settings.json", stored)
    assert load_settings(tmp_path / "settings.json") == (stored, [])


def test_settings_do_not_change_in_place() -> None:
    with pytest.raises(ValidationError):
        Settings().pack = "other"  # type: ignore[misc]
