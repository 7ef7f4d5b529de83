"""The parts of a recipe: what each takes, what it refuses, and that it says the same to the other rooms."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from crane_desktop.domain.corrections import ReferenceFile
from crane_desktop.recipe.corrections import Corrections, ReferencePicture, WhiteBalance
from crane_desktop.recipe.good_parts import GoodPartsFile
from crane_desktop.recipe.names import LONGEST_NAME, clean_name
from crane_desktop.recipe.source import DemoChoice, FolderChoice, GenicamChoice
from crane_desktop.recipe.thresholds import HIGHEST_THRESHOLD, Calibration, CalibrationBasis, Thresholds

SHA = "ab" * 32
PICTURE = {"file": "dark-1.png", "sha256": SHA, "order": "mono"}
MEMORY = {"file": "0123456789abcdef.goodparts", "sha256": SHA, "parts": 3}
BALANCE = {"red": 1.0, "green": 1.0, "blue": 2.0}
LIMITS = {"score_review": 0.1, "score_ng": 0.2, "map_review": 0.3, "map_ng": 0.4}
MADE = {"n_images": 2, "false_reject_rate": 0.1, "promised_rate": 0.1, "date": "2026-01-02", "pack_sha256": SHA}
NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("kind", "whole", "change"),
    [
        *(
            (ReferencePicture, PICTURE, {"file": file})
            for file in ("", "a.jpg", "../a.png", "a/b.png", "a\\b.png", ".a.png", "暗.png", "x" * 97 + ".png", 5)
        ),
        *((ReferencePicture, PICTURE, {"sha256": sha}) for sha in ("", SHA.upper(), SHA[:-1], SHA + "0")),
        *((ReferencePicture, PICTURE, {"order": order}) for order in ("bgr", "", None)),
        *((WhiteBalance, BALANCE, {"red": value}) for value in (0.09, 16.1, -1.0, NAN, INF, "1.0", True)),
        *((Corrections, {}, {"gamma": value}) for value in (0.09, 10.1, NAN, "1")),
        *((Corrections, {}, {"black_level_percent": value}) for value in (0.0, -1.0, 50.1, INF)),
        *((Corrections, {}, change) for change in ({"version": 2}, {"dark": "a.png"}, {"surprise": 1})),
        *(
            (GoodPartsFile, MEMORY, {"file": file})
            for file in (
                "x.goodparts",
                "0123456789ABCDEF.goodparts",
                "../0123456789abcdef.goodparts",
                "0" * 16 + ".json",
            )
        ),
        *((GoodPartsFile, MEMORY, {"parts": parts}) for parts in (0, 65, 2.5, "3")),
        *((Thresholds, LIMITS, {field: value}) for field in LIMITS for value in (-0.1, HIGHEST_THRESHOLD + 0.1, NAN)),
        *((Thresholds, LIMITS, change) for change in ({"score_ng": 0.05}, {"map_ng": 0.05})),
        *((Calibration, MADE, {"n_images": value}) for value in (0, -1)),
        *((Calibration, MADE, {"false_reject_rate": value}) for value in (0, 1, NAN)),
        *((Calibration, MADE, {"promised_rate": value}) for value in (-0.1, 1.1)),
        (Calibration, MADE, {"date": "never"}),
        (Calibration, MADE, {"basis": {}}),
        (CalibrationBasis, {"pack": "p"}, {"source": "tape"}),
        (CalibrationBasis, {"pack": "p"}, {"camera_features": {"Gain": NAN}}),
        *((DemoChoice, {}, {"rate_hz": value}) for value in (0, -1, NAN, INF)),
        *((DemoChoice, {}, {"frames": value}) for value in (0, -1)),
        (FolderChoice, {"path": "/x"}, {"path": ""}),
        (GenicamChoice, {}, {"trigger": "sometimes"}),
        (GenicamChoice, {}, {"rate_hz": 1}),
    ],
)
def test_what_cannot_be_is_refused(kind: Any, whole: dict[str, Any], change: dict[str, Any]) -> None:
    kind.model_validate(whole)
    with pytest.raises(ValidationError):
        kind.model_validate({**whole, **change})


@pytest.mark.parametrize(
    ("kind", "whole"),
    [
        (WhiteBalance, {"red": 0.1, "green": 16.0, "blue": 1.0}),
        (Corrections, {"gamma": 0.1, "black_level_percent": 50.0}),
        (GoodPartsFile, {**MEMORY, "parts": 64}),
        (Thresholds, dict.fromkeys(LIMITS, HIGHEST_THRESHOLD)),
        (Thresholds, dict.fromkeys(LIMITS, 0.0)),
        (Calibration, {**MADE, "promised_rate": 1}),
    ],
)
def test_what_lies_on_the_bound_is_taken(kind: Any, whole: dict[str, Any]) -> None:
    made = kind.model_validate(whole)
    assert kind.model_validate_json(made.model_dump_json()) == made


def test_corrections_say_the_same_to_the_other_rooms() -> None:
    assert Corrections().choice().empty
    dark, bright = ReferencePicture(**PICTURE), ReferencePicture(**{**PICTURE, "file": "b.png", "order": "RG"})
    whole = Corrections(
        dark=dark, bright=bright, black_level_percent=2.0, gamma=0.5, white_balance=WhiteBalance(**BALANCE)
    ).choice()
    assert not whole.empty
    assert whole.dark == ReferenceFile("dark-1.png", SHA, "mono")
    assert whole.bright == ReferenceFile("b.png", SHA, "RG")
    assert (whole.black_level_percent, whole.gamma, whole.white_balance) == (2.0, 0.5, (1.0, 1.0, 2.0))
    only_dark = Corrections(dark=dark).choice()
    assert (only_dark.bright, only_dark.white_balance, only_dark.gamma, only_dark.empty) == (None, None, None, False)


@given(st.text(max_size=80))
def test_a_clean_name_is_a_harmless_file_name_and_stays_what_it_is(name: str) -> None:
    own = clean_name(name)
    if own is None:
        return
    assert clean_name(own) == own == unicodedata.normalize("NFC", name)
    assert 1 <= len(own) <= LONGEST_NAME
    assert not set(own) & set('<>:"/\\|?*\0\n')
    assert own[0] not in ". "
    assert own[-1] not in ". "


@given(st.text("abcXYZ0189-_ あ部Ä", min_size=1, max_size=LONGEST_NAME))
def test_a_name_of_ordinary_characters_is_taken(name: str) -> None:
    assert (clean_name(name) is None) == (name != name.strip())
