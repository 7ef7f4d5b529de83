"""The reject signal's settings: strict, and safe where nothing is said."""

from __future__ import annotations

import json

import pytest

from crane_desktop.domain.errors import InputError
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.recipe.json_text import dump_recipe, parse_recipe
from crane_desktop.recipe.reject_signal import RejectSignal

WHOLE = {"line": "Line2", "pulse_ms": 20, "delay_ms": 250.5}


def recipe(**signal: object) -> str:
    return json.dumps({"name": "r", "reject_signal": {**WHOLE, **signal}})


def test_a_recipe_without_one_sends_nothing() -> None:
    assert parse_recipe('{"name": "r"}').reject_signal is None


def test_it_survives_the_file() -> None:
    read = parse_recipe(recipe(mode="good_pulse", active="low", on_review="pass", user_output="UserOutput0"))
    assert parse_recipe(dump_recipe(read)) == read
    setting = read.reject_signal.setting()  # type: ignore[union-attr]
    assert (setting.pulse_ns, setting.delay_ns, setting.tolerance_ns) == (20_000_000, 250_500_000, 10_000_000)
    assert (setting.active_high, setting.good_pulse, setting.user_output) == (False, True, "UserOutput0")


@pytest.mark.parametrize(
    "wrong",
    [
        {"line": ""}, {"line": "Line 2"}, {"line": None}, {"pulse_ms": 0}, {"pulse_ms": "20"}, {"pulse_ms": 10_001},
        {"delay_ms": -1}, {"delay_ms": 60_001}, {"delay_ms": None}, {"tolerance_ms": 0}, {"active": "up"},
        {"mode": "ng"},
        {"at_end": "reject"}, {"on_none": True}, {"on_ng": "pass"}, {"kind": "mail"},
        {"mode": "good_pulse", "at_end": "active"},
    ],
    ids=str,
)  # fmt: skip
def test_what_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError):
        parse_recipe(recipe(**wrong))


@pytest.mark.parametrize("mode", ["reject_pulse", "good_pulse"])
def test_everything_but_ok_is_rejected_unless_the_plant_says_otherwise(mode: str) -> None:
    strict = RejectSignal.model_validate({**WHOLE, "mode": mode})
    assert [strict.rejects(v) for v in (Verdict.OK, Verdict.NG, Verdict.REVIEW, Verdict.NONE)] == [
        False,
        True,
        True,
        True,
    ]
    mild = strict.model_copy(update={"on_review": "pass", "on_none": "pass"})
    assert [mild.rejects(v) for v in Verdict] == [v is Verdict.NG for v in Verdict]
    for signal in (strict, mild):
        assert all(signal.pulse(v) is (signal.rejects(v) is (mode == "reject_pulse")) for v in Verdict)
