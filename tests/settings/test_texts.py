"""Texts: both languages from one catalogue, and the language to begin with."""

from __future__ import annotations

import json
import locale
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.domain.errors import InputError, StationFault
from crane_desktop.domain.shown import shown_name
from crane_desktop.settings import texts
from crane_desktop.settings.texts import (
    LANGUAGES,
    Language,
    catalogue,
    error_text,
    language_for,
    language_problem,
    plain_text,
    system_language,
    technical_text,
    text,
)

VARIABLES = ("CRANE_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


@pytest.fixture
def sentences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of texts of our own; the catalogue is read anew."""
    monkeypatch.setattr(texts, "resource_path", lambda *_parts: tmp_path)
    catalogue.cache_clear()
    yield tmp_path
    catalogue.cache_clear()


def put(folder: Path, room: str, **both: tuple[str, str]) -> None:
    said = {f"{room}.{key}": {"en": en, "ja": ja} for key, (en, ja) in both.items()}
    (folder / f"{room}.json").write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")


def test_a_sentence_is_filled_in_the_language_of_the_moment(sentences: Path) -> None:
    put(sentences, "a", found=("{count} found in {place}", "{place}に{count}個"))
    assert text("a.found", "en", count=3, place="A") == "3 found in A"
    assert text("a.found", "ja", count=3, place="A") == "Aに3個"


def test_all_rooms_files_make_one_catalogue(sentences: Path) -> None:
    put(sentences, "a", one=("1", "一"))
    put(sentences, "b", one=("2", "二"))
    (sentences / "readme.txt").write_text("not a catalogue")
    assert set(catalogue()) == {"a.one", "b.one"}


def test_a_key_of_two_files_is_a_bug_that_is_told_at_once(sentences: Path) -> None:
    put(sentences, "a", one=("1", "一"))
    (sentences / "b.json").write_text('{"a.one": {"en": "other", "ja": "other"}}')
    with pytest.raises(ValueError, match=r"a\.one.*b\.json"):
        catalogue()


def test_the_catalogue_is_read_once(sentences: Path) -> None:
    put(sentences, "a", one=("1", "一"))
    assert text("a.one", "en") == "1"
    put(sentences, "a", one=("changed", "変"))
    assert text("a.one", "en") == "1"


def test_what_is_missing_is_an_error_and_no_empty_sentence(sentences: Path) -> None:
    put(sentences, "a", found=("{count} found", "{count}個"))
    with pytest.raises(KeyError, match="unknown"):
        text("a.unknown", "en")
    with pytest.raises(KeyError, match="count"):
        text("a.found", "en")
    with pytest.raises(KeyError, match="count"):
        error_text(InputError("a.found", number=3), "ja")


@given(st.dictionaries(st.sampled_from(["key", "language", "self", "format_string", "params"]), st.integers()))
def test_a_place_may_have_any_name(params: dict[str, int]) -> None:
    error = StationFault("settings.damaged", file="a", **params)
    assert all("a" in error_text(error, language) for language in LANGUAGES)


@given(st.text(min_size=1, max_size=30))
def test_what_fills_a_place_is_shown_as_it_is(value: str) -> None:
    """A driver's message with braces, percent signs or keys in it is no template."""
    shown = error_text(InputError("settings.damaged", file=value), "en")
    assert shown == text("settings.damaged", "en", file="<>").replace("<>", shown_name(value))


@given(st.text(max_size=30))
def test_nothing_in_a_name_breaks_a_line_or_turns_it_round(value: str) -> None:
    shown = error_text(InputError("settings.damaged", file=Path(value)), "en")
    assert len(shown.splitlines()) == 1
    assert not any(unicodedata.bidirectional(sign) in _TURNS for sign in shown)


_TURNS = {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}


def test_a_name_is_written_out_so_that_two_names_stay_two() -> None:
    assert shown_name("a\nb\u202ec\x1b[31m.png") == "a\\nb\\u202ec\\x1b[31m.png"
    assert shown_name("検査 画像①.png") == "検査 画像①.png"


@pytest.mark.parametrize("value", ["{file}", "{0}", "{", "}}", "%s", "{file.__class__}", "\udc83"])
def test_odd_parameters_do_no_harm(value: str) -> None:
    assert value in error_text(InputError("settings.damaged", file=value), "ja")


@pytest.fixture
def plain_system(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(locale, "getlocale", lambda: (None, None))
    return monkeypatch


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "ja"}, "ja"),
        ({"LANG": "JA_JP"}, "ja"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "ja_JP.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"),
        ({"LANG": "ja_JP.UTF-8", "LC_MESSAGES": ""}, "ja"),
        ({"LANG": "ja_JP.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "en_US", "LC_ALL": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "en_US.UTF-8", "CRANE_LANGUAGE": "ja"}, "ja"),
        ({"LANG": "ja_JP.UTF-8", "CRANE_LANGUAGE": "en"}, "en"),
        ({"LANG": "ja_JP.UTF-8", "CRANE_LANGUAGE": "EN_gb"}, "en"),
        ({"LANG": "ja_JP.UTF-8", "CRANE_LANGUAGE": "fr"}, "ja"),
        ({"LANG": "en_US.UTF-8", "CRANE_LANGUAGE": " Japanese "}, "ja"),
        ({"LANG": "en_US.UTF-8", "CRANE_LANGUAGE": "jp"}, "ja"),
        ({"LANG": "en_US.UTF-8", "CRANE_LANGUAGE": ""}, "en"),
    ],
)
def test_the_language_to_begin_with(
    plain_system: pytest.MonkeyPatch, environment: dict[str, str], language: str
) -> None:
    for name, value in environment.items():
        plain_system.setenv(name, value)
    assert system_language() == language


@pytest.mark.parametrize(
    ("name", "language"), [("Japanese_Japan", "ja"), ("ja_JP", "ja"), ("English_United States", "en"), (None, "en")]
)
def test_windows_sets_no_variable_and_names_its_own(
    plain_system: pytest.MonkeyPatch, name: str | None, language: str
) -> None:
    plain_system.setattr(locale, "getlocale", lambda: (name, "932"))
    assert system_language() == language


def test_a_locale_that_python_does_not_know_is_no_reason_not_to_start(plain_system: pytest.MonkeyPatch) -> None:
    def unknown() -> tuple[str, str]:
        raise ValueError("unknown locale: UTF-8")

    plain_system.setattr(locale, "getlocale", unknown)
    assert system_language() == "en"


@pytest.mark.parametrize(
    ("asked", "kept", "spoken"),
    [
        ("en", "ja", "en"),
        ("ja", "en", "ja"),
        ("", "en", "en"),
        ("fr", "en", "en"),
        ("", None, "ja"),
        ("fr", None, "ja"),
    ],
)
def test_the_variable_goes_before_what_was_kept_and_that_before_the_system(
    asked: str, kept: Language | None, spoken: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    monkeypatch.setenv("CRANE_LANGUAGE", asked)
    assert language_for(kept) == spoken
    problem = language_problem()
    assert (problem is not None) == (asked == "fr")
    if problem is not None:
        assert all("fr" in error_text(problem, language) for language in LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_of_drivers_and_libraries_stand_beside_the_sentence(language: Language) -> None:
    said = "IoException: GenTL exception {detail}: Communication error (ID: -1010)"
    error = StationFault("camera.lost", device="", detail=said)
    assert "GenTL" in error_text(error, language)
    plain = plain_text(error, language)
    assert not any(word in plain for word in ("GenTL", "()", "（）", "  "))
    assert technical_text(error, language).endswith(said)
    assert technical_text(InputError("camera.no_device"), language) == ""
