"""Whether a station may judge with a pack: proven whole once, briefly afterwards, and anew after a failure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crane_desktop.domain.errors import InputError, StationFault
from crane_desktop.domain.maps import Scored
from crane_desktop.domain.verdicts import Reason, ReasonCode
from crane_desktop.model.proof import ProofBook, circumstances
from crane_desktop.model.scorer import CraneScorer
from crane_desktop.model.signature import Trust, new_key
from crane_desktop.services import model_check
from crane_desktop.services.model_check import open_scorer, prove, proven_scorer, trust_of, unfit_fault
from crane_desktop.services.workbench import Workbench

NAME = "試験用"


@pytest.fixture
def pack(bench: Workbench) -> Path:
    return bench.data.packs / f"{NAME}.cranepack"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long each self-test was allowed to be brief after."""
    found: list[float] = []
    real = model_check.self_check

    def check(scorer: CraneScorer, path: Path, *, enough_s: float) -> Any:
        found.append(enough_s)
        return real(scorer, path, enough_s=enough_s)

    monkeypatch.setattr(model_check, "self_check", check)
    return found


@pytest.fixture
def wrong(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Give back the model's right answers, which are wrong until then."""
    real = CraneScorer.score
    monkeypatch.setattr(CraneScorer, "score", lambda self, pixels: Scored(0.01, real(self, pixels).anomaly_map))
    return lambda: monkeypatch.setattr(CraneScorer, "score", real)


def is_fit(bench: Workbench, pack: Path, **how: bool) -> bool:
    scorer = proven_scorer(bench, pack, **how)
    scorer.close()
    return scorer.unfit is None


def test_after_a_whole_proof_a_brief_one_is_enough(bench: Workbench, pack: Path, asked: list[float]) -> None:
    assert [is_fit(bench, pack) for _again in range(3)] == [True] * 3
    assert asked[0] == float("inf")
    assert max(asked[1:]) < 60


def test_a_whole_one_is_made_where_it_is_asked_for(bench: Workbench, pack: Path, asked: list[float]) -> None:
    assert is_fit(bench, pack)
    assert is_fit(bench, pack, whole=True)
    assert asked == [float("inf")] * 2


def test_a_failed_one_says_why_and_is_not_believed_afterwards(
    bench: Workbench, pack: Path, wrong: Callable[[], None], asked: list[float]
) -> None:
    scorer = proven_scorer(bench, pack)
    scorer.close()
    assert scorer.unfit is not None
    assert scorer.unfit.code is ReasonCode.SELF_TEST_FAILED
    assert "score off by" in scorer.unfit.detail
    wrong()
    assert is_fit(bench, pack)
    assert asked == [float("inf")] * 2


def test_one_that_fails_now_strikes_the_proof_of_before(
    bench: Workbench, pack: Path, asked: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert is_fit(bench, pack)
    real = CraneScorer.score
    with monkeypatch.context() as broken:
        broken.setattr(CraneScorer, "score", lambda self, pixels: Scored(0.01, real(self, pixels).anomaly_map))
        assert not is_fit(bench, pack)
    assert is_fit(bench, pack)
    assert asked[-1] == float("inf")


def test_a_proof_that_cannot_be_remembered_is_no_failure(bench: Workbench, pack: Path, asked: list[float]) -> None:
    bench.data.proofs_file.mkdir()
    assert is_fit(bench, pack)
    assert is_fit(bench, pack)
    assert asked == [float("inf")] * 2


def test_opening_alone_proves_nothing_and_proving_is_remembered(bench: Workbench, pack: Path) -> None:
    told: list[float] = []
    scorer = open_scorer(bench, pack, lambda _key, fraction: told.append(fraction))
    book, now = ProofBook(bench.data.proofs_file), circumstances(scorer.info)
    assert not book.holds(scorer.info.pack_sha256, now)
    checks = prove(bench, scorer, pack)
    scorer.close()
    assert all(check.ok for check in checks)
    assert book.holds(scorer.info.pack_sha256, now)
    assert told


def test_a_pack_that_was_exchanged_after_it_was_loaded_does_not_prove_it(
    bench: Workbench, pack: Path, tmp_path: Path
) -> None:
    from builders import crane_model, model_pack

    scorer = open_scorer(bench, pack)
    checks = prove(bench, scorer, model_pack(tmp_path / f"{NAME}.cranepack", crane_model(seed=9)))
    scorer.close()
    assert not all(check.ok for check in checks)
    assert not bench.data.proofs_file.exists()


def test_whose_packs_are_loaded_is_in_the_settings(bench: Workbench, pack: Path, tmp_path: Path) -> None:
    key = new_key(tmp_path / "key.pem")
    strict = replace(bench, settings=bench.settings.model_copy(update={"require_signed": True, "trusted_keys": (key,)}))
    assert trust_of(strict) == Trust(frozenset({key}), True)
    assert trust_of(bench) == Trust(frozenset(), False)
    for load in (open_scorer, proven_scorer):
        with pytest.raises(InputError):
            load(strict, pack)


@pytest.mark.parametrize("damage", [b"", b"no pack" * 99, None], ids=["empty", "no pack", "gone"])
def test_a_damaged_pack_is_told(bench: Workbench, pack: Path, damage: bytes | None) -> None:
    pack.unlink() if damage is None else pack.write_bytes(damage)
    for load in (open_scorer, proven_scorer):
        with pytest.raises(InputError):
            load(bench, pack)


def test_people_are_told_which_pack_is_unfit_and_why() -> None:
    fault = unfit_fault("demo", Reason(ReasonCode.SELF_TEST_FAILED, "score off by 1e-1"))
    assert isinstance(fault, StationFault)
    assert (fault.key, fault.params) == ("app.unfit", {"pack": "demo", "detail": "score off by 1e-1"})
