"""The golden inputs are scored anew whenever anything changed that their scores depend on."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from builders import scorer_info

from crane_desktop.model.proof import ProofBook, circumstances

PACK, OTHER = "ab" * 32, "b" * 64
NOW = {"device": "cpu", "precision": "float32", "torch": "2.13.0"}


def test_a_proof_holds_for_its_pack_and_its_circumstances_only(tmp_path: Path) -> None:
    book = ProofBook(tmp_path / "自己診断.json")
    assert not book.holds(PACK, NOW)
    book.note(PACK, NOW)
    assert ProofBook(tmp_path / "自己診断.json").holds(PACK, dict(NOW))
    assert not book.holds(OTHER, NOW)
    for name in NOW:
        assert not book.holds(PACK, NOW | {name: "other"})
    assert not book.holds(PACK, NOW | {"driver": "13000"})
    assert not book.holds(PACK, {})


def test_what_changed_is_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    book = ProofBook(tmp_path / "p.json")
    book.note(PACK, NOW)
    with caplog.at_level(logging.INFO):
        book.holds(PACK, NOW | {"torch": "2.14.0", "driver": "13000"})
    assert "torch (2.13.0 -> 2.14.0)" in caplog.text
    assert "driver (- -> 13000)" in caplog.text
    assert "precision" not in caplog.text


def test_a_failure_strikes_the_proof(tmp_path: Path) -> None:
    book = ProofBook(tmp_path / "p.json")
    book.note(PACK, NOW)
    book.note(OTHER, NOW)
    book.strike(PACK)
    book.strike(PACK)
    assert not book.holds(PACK, NOW)
    assert book.holds(OTHER, NOW)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff\xfe", b"[" * 100_000, b'{"%s": 3}' % PACK.encode()])
def test_a_damaged_book_proves_nothing_and_stops_nothing(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "p.json"
    file.write_bytes(content)
    book = ProofBook(file)
    assert not book.holds(PACK, NOW)
    book.note(PACK, NOW)
    assert book.holds(PACK, NOW)


def test_a_book_that_cannot_be_written_only_means_more_checks(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    book = ProofBook(tmp_path / "absent" / "p.json")
    book.note(PACK, NOW)
    assert "cannot be remembered" in caplog.text
    assert not book.holds(PACK, NOW)


def test_it_does_not_grow_for_ever(tmp_path: Path) -> None:
    book = ProofBook(tmp_path / "p.json")
    for number in range(50):
        book.note(f"{number:064d}", NOW)
    assert book.holds(f"{49:064d}", NOW)
    assert not book.holds(f"{0:064d}", NOW)


def test_everything_that_counts_is_among_the_circumstances(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    plain = circumstances(scorer_info())
    assert {"device", "precision", "processor", "torch", "open_clip", "timm", "numpy", "pillow"} <= plain.keys()
    assert all(isinstance(value, str) and value for value in plain.values())
    assert circumstances(scorer_info()) == plain
    assert circumstances(scorer_info(precision="bfloat16")) != plain
    monkeypatch.setattr(torch, "__version__", "9.9")
    assert circumstances(scorer_info())["torch"] == "9.9"


def test_a_gpu_brings_its_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch._C, "_cuda_getDriverVersion", lambda: 13000, raising=False)
    before = circumstances(scorer_info(device="cuda: NVIDIA H100"))
    assert before["driver"] == "13000"
    monkeypatch.setattr(torch._C, "_cuda_getDriverVersion", lambda: 13010, raising=False)
    assert circumstances(scorer_info(device="cuda: NVIDIA H100")) != before
