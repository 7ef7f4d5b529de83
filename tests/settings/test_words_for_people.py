"""What the system, drivers and libraries say is for logs: people read words of ours, in their language."""

from __future__ import annotations

import errno
import os
import pickle
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.domain.errors import CraneError, InputError, StationFault, Technical, phrase, technical
from crane_desktop.domain.verdicts import Reason, ReasonCode
from crane_desktop.settings.reason_words import detail_words
from crane_desktop.settings.texts import LANGUAGES, error_text, plain_text, technical_text

NUMBERS = sorted(errno.errorcode)
FOREIGN = re.compile(r"Errno|Error\b|Exception|[a-z_]+\.[a-z_]+ ?\(|device=|detail=|path=|\(\)|（）")
"""What must never stand before people."""


def system_error(number: int) -> OSError:
    return OSError(number, os.strerror(number), "/x/y")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("say", [error_text, plain_text])
def test_whatever_the_system_refuses_is_said_in_plain_words(say, language) -> None:  # type: ignore[no-untyped-def]
    told = set()
    for number in NUMBERS:
        error = InputError("settings.unwritable", file="/d/部品.json", reason=technical(system_error(number)))
        words = say(error, language)
        assert not FOREIGN.search(words), words
        assert os.strerror(number) not in words
        if language == "ja":
            assert re.search(r"\(.*[\u3040-\u30ff].*\)", words), words
        told.add(words)
    assert len(told) > 15, "the usual ones are told apart"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_library_says_is_left_to_the_log(language) -> None:  # type: ignore[no-untyped-def]
    error = StationFault("pipeline.broken", detail=technical(RuntimeError("boom\nat 0x7f")))
    assert "boom" not in error_text(error, language)
    assert not FOREIGN.search(error_text(error, language))
    assert str(error) == "pipeline.broken (detail=RuntimeError: boom)"
    assert "RuntimeError: boom" in technical_text(error, language)


def test_a_file_that_windows_says_is_in_use_is_in_use() -> None:
    error = PermissionError(errno.EACCES, "The process cannot access the file")
    error.winerror = 32
    told = InputError("settings.unwritable", file="a", reason=technical(error))
    assert "another program is using it" in error_text(told, "en")


def test_words_cross_processes_as_what_they_are() -> None:
    sent = InputError("settings.unwritable", file=phrase("settings.system.other"), reason=technical(system_error(13)))
    came = pickle.loads(pickle.dumps(sent))
    assert error_text(came, "ja") == error_text(sent, "ja")
    assert came.params == sent.params, "the same trouble is told once"


RAW = [
    "",
    "camera.lost (device=Basler a2A, B=2, detail=TimeoutError: [Errno 110] timed out)",
    "camera.lost (detail=)",
    "camera.nowhere (x=1)",
    "records.disk_full (path=/data/検査, a=b/log.sqlite3)",
    "records.broken (detail=RuntimeError: boom)",
    "settings.unwritable (file=/x, reason=Permission denied)",
    "camera.lost",
    "RuntimeError: CUDA out of memory",
    "trigger not taken: AccessException",
    "score nan, region peak nan",
    "a.png: score off by 1.00e-01, map by 2.00e-01; pack",
    "lost_on_the_wire",
    "5200 ms, limit 5000 ms",
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", ReasonCode)
def test_the_detail_of_a_verdict_is_one_plain_sentence(code: ReasonCode, language) -> None:  # type: ignore[no-untyped-def]
    for raw in RAW:
        if code is ReasonCode.UNREADABLE_IMAGE and not re.match(r"[a-z_]+\.[a-z_]+( \(|$)", raw):
            continue  # there the detail is a sentence of ours
        words = detail_words(Reason(code, raw), language)
        assert not FOREIGN.search(words), words
        assert words == "" or words.endswith((".", "。"))
        assert words or code.value.endswith(("threshold", "band")), "a fault always has a sentence"
        if language == "ja":
            assert words == "" or re.search(r"[\u3040-\u30ff]", words)


def test_a_fault_in_the_detail_is_told_with_its_place() -> None:
    raw = str(StationFault("records.disk_full", path="/data/検査, a=b/log.sqlite3"))
    assert "/data/検査, a=b/log.sqlite3" in detail_words(Reason(ReasonCode.NOT_RECORDED, raw), "en")


@given(code=st.sampled_from([code for code in ReasonCode if code is not ReasonCode.UNREADABLE_IMAGE]), raw=st.text())
def test_no_detail_breaks_the_sentence(code: ReasonCode, raw: str) -> None:
    for language in LANGUAGES:
        assert "\n" not in detail_words(Reason(code, raw), language)


def test_parts_of_a_sentence_have_their_own_text() -> None:
    error = CraneError(
        "training.list_damaged",
        file="meta.json",
        place=phrase("training.list.line", number=3),
        detail=phrase("training.list.no_json"),
    )
    assert error_text(error, "ja").startswith(
        "meta.json が壊れているか、形式が異なります（3行目）(JSONとして読めません)"
    )
    assert isinstance(technical(ValueError("x")), Technical)
