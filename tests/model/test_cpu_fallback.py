"""A model that has no room on the GPU goes on on the CPU, says so, and proves itself there before it answers."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from crane_desktop.domain.errors import StationFault
from crane_desktop.domain.verdicts import Reason, ReasonCode
from crane_desktop.model.cpu_fallback import load_with_fallback
from crane_desktop.model.golden import golden_pictures
from crane_desktop.model.runner import Runner
from crane_desktop.model.scorer import CraneScorer, load_scorer
from crane_desktop.model.selfcheck import self_check
from crane_desktop.settings.texts import error_text

FULL = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.\nGPU 0 has a total capacity of 8 GiB")
PICTURE = golden_pictures()[0]


class Gpu:
    """Runners made while it is full of other things run out of memory, from the given call on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, holds: int, made: int = 1) -> None:
        self.calls = 0
        self._left = made
        real_init, real_call = Runner.__init__, Runner.__call__
        on_gpu: set[int] = set()

        def init(runner: Runner, *words: Any) -> None:
            if self._left > 0:
                self._left -= 1
                on_gpu.add(id(runner))
                if holds < 0:
                    raise FULL
            real_init(runner, *words)

        def call(runner: Runner, pixels: Any) -> Any:
            if id(runner) in on_gpu:
                self.calls += 1
                if self.calls > holds:
                    raise FULL
            return real_call(runner, pixels)

        monkeypatch.setattr(Runner, "__init__", init)
        monkeypatch.setattr(Runner, "__call__", call)


def proving(proven: list[CraneScorer], answer: Reason | None = None) -> Callable[[CraneScorer], Reason | None]:
    def prove(scorer: CraneScorer) -> Reason | None:
        proven.append(scorer)
        scorer.score(PICTURE)
        return answer if len(proven) > 1 else None

    return prove


def test_while_there_is_room_it_is_the_scorer_itself(pack: Path) -> None:
    proven: list[CraneScorer] = []
    steady = load_with_fallback(pack, proving(proven), device="cpu")
    plain = load_scorer(pack, device="cpu")
    assert steady.info == plain.info
    assert steady.score(PICTURE).score == plain.score(PICTURE).score
    assert (steady.unfit, steady.notice, len(proven)) == (None, None, 1)


def test_in_the_middle_of_a_run_the_same_part_is_scored_on_the_cpu(
    pack: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    expected = load_scorer(pack, device="cpu").score(PICTURE)
    proven: list[CraneScorer] = []
    Gpu(monkeypatch, holds=2)
    steady = load_with_fallback(pack, proving(proven), device="cpu")  # the first of the two calls
    steady.score(PICTURE)
    assert steady.notice is None
    with caplog.at_level(logging.ERROR):
        scored = steady.score(PICTURE)
    assert scored.score == expected.score
    assert np.array_equal(scored.anomaly_map.values, expected.anomaly_map.values)
    assert len(proven) == 2
    assert proven[0] is not proven[1]
    assert isinstance(steady.notice, StationFault)
    assert "GPU" in error_text(steady.notice, "en")
    assert "GPU" in error_text(steady.notice, "ja")
    assert "out of memory" in caplog.text
    assert steady.info.device == "cpu"
    with pytest.raises(RuntimeError, match="closed"):
        proven[0].score(PICTURE)  # its memory was given back


def test_a_cpu_that_does_not_give_the_golden_scores_answers_nothing(
    pack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unfit = Reason(ReasonCode.SELF_TEST_FAILED, "golden/0.png: score off by 3.00e-01")
    Gpu(monkeypatch, holds=1)
    steady = load_with_fallback(pack, proving([], unfit), device="cpu")
    with pytest.raises(StationFault) as caught:
        steady.score(PICTURE)
    assert caught.value.key == "model.unfit_on_cpu"
    assert "3.00e-01" in str(caught.value)
    assert steady.unfit == unfit


def test_no_room_for_the_model_itself(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Gpu(monkeypatch, holds=-1)
    steady = load_with_fallback(pack, proving([]), device="cpu")
    assert steady.notice is not None
    assert steady.unfit is None
    assert 0 <= steady.score(PICTURE).score <= 1


def test_no_room_for_the_first_golden_picture(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Gpu(monkeypatch, holds=0)
    proven: list[CraneScorer] = []
    steady = load_with_fallback(pack, proving(proven), device="cpu")
    assert steady.notice is not None
    assert len(proven) == 2


def test_every_other_error_is_no_reason_to_move(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steady = load_with_fallback(pack, proving([]), device="cpu")
    for error in (RuntimeError("CUDA error: device lost"), RuntimeError("DefaultCPUAllocator: can't allocate memory")):
        monkeypatch.setattr(Runner, "__call__", lambda *_, error=error: (_ for _ in ()).throw(error))
        with pytest.raises(RuntimeError) as caught:
            steady.score(PICTURE)
        assert caught.value is error
    assert steady.notice is None


def test_a_full_cpu_is_not_tried_for_ever(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Gpu(monkeypatch, holds=1, made=9)
    steady = load_with_fallback(pack, proving([]), device="cpu")
    with pytest.raises(torch.OutOfMemoryError):
        steady.score(PICTURE)


def test_loading_that_fails_leaves_no_model_behind(pack: Path) -> None:
    made: list[CraneScorer] = []

    def fail(scorer: CraneScorer) -> None:
        made.append(scorer)
        raise KeyError("gone")

    with pytest.raises(KeyError):
        load_with_fallback(pack, fail, device="cpu")
    with pytest.raises(RuntimeError, match="closed"):
        made[0].score(PICTURE)


def test_so_many_golden_inputs_as_there_is_time_for_and_one_always(pack: Path) -> None:
    scorer = load_scorer(pack, device="cpu")
    clock = iter(range(0, 1000, 10))
    assert len(self_check(scorer, pack, enough_s=5, clock_s=lambda: next(clock))) == 2  # the pack, and one
    clock = iter(range(0, 1000, 10))
    assert len(self_check(scorer, pack, enough_s=15, clock_s=lambda: next(clock))) == 3
    assert len(self_check(scorer, pack)) == 3


def test_reduced_precision_has_its_own_tolerance(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A score error of at most 2e-3 is the bar there; in float32 it would be a fault."""
    from dataclasses import replace

    from crane_desktop.domain.maps import Scored

    real = CraneScorer.score

    def off(by: float) -> None:
        monkeypatch.setattr(CraneScorer, "score", lambda s, p: Scored(real(s, p).score + by, real(s, p).anomaly_map))

    scorer = load_scorer(pack, device="cpu")
    off(1e-3)
    assert [check.ok for check in self_check(scorer, pack)] == [True, False, False]
    scorer._info = replace(scorer.info, precision="bfloat16")
    assert all(check.ok for check in self_check(scorer, pack))
    off(3e-3)
    assert [check.ok for check in self_check(scorer, pack)] == [True, False, False]
