"""The words stand alone: reading them brings nothing heavy and none of our rooms."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys
from enum import Enum
from importlib import import_module

import pytest

import crane_desktop.domain

MODULES = sorted(one.name for one in pkgutil.iter_modules(crane_desktop.domain.__path__, "crane_desktop.domain."))
_READ = """
import importlib, json, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
print(json.dumps(sorted(sys.modules)))
"""


def test_reading_all_words_brings_numpy_and_the_standard_library_only() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _READ, *MODULES], check=True, capture_output=True, text=True, timeout=120
    )
    read = json.loads(done.stdout)
    ours = {name for name in read if name.startswith("crane_desktop.")}
    assert {name for name in ours if not name.startswith("crane_desktop.domain")} == set()
    tops = {name.split(".")[0] for name in read}
    assert tops & {"PySide6", "torch", "cv2", "PIL", "scipy", "pydantic", "sqlalchemy", "harvesters", "rich"} == set()
    assert "numpy" in tops


STORED = {
    "verdicts.Verdict": "OK NG REVIEW NONE",
    "verdicts.ReasonCode": "below_threshold score_over_threshold region_over_threshold score_in_review_band "
    "region_in_review_band not_calibrated calibration_stale unreadable_image incomplete_frame camera_fault overrun "
    "late model_fault not_a_number self_test_failed not_recorded",
    "frames.LossCause": "lost incomplete overrun underrun garbage skipped late",
    "corrections.CorrectionStep": "dark_field black_level flat_field white_balance gamma",
    "events.EventKind": "run_begun run_progress run_ended camera_gap alarm_raised alarm_returned alarm_acknowledged "
    "recipe_changed pack_changed imported exported",
    "alarms.AlarmSeverity": "fault warning",
}


@pytest.mark.parametrize("place", STORED)
def test_a_word_that_logs_hold_keeps_its_spelling(place: str) -> None:
    """A log of years ago is read by these words; more may come, none may go or be written otherwise."""
    module, name = place.split(".")
    kind: type[Enum] = getattr(import_module(f"crane_desktop.domain.{module}"), name)
    assert set(STORED[place].split()) <= {one.value for one in kind}


@pytest.mark.parametrize("module", MODULES)
def test_no_word_of_a_set_is_written_twice(module: str) -> None:
    """Two names for one value are one member for Python: the second would silently mean the first."""
    for name, kind in vars(import_module(module)).items():
        if isinstance(kind, type) and issubclass(kind, Enum) and kind.__module__ == module:
            assert len(kind.__members__) == len(list(kind)), name
