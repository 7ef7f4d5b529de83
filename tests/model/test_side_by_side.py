"""Side by side in one run: the published computation, ours, and what the machine could do at best."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from eventually import HANG_S
from published import published
from torch.utils.flop_counter import FlopCounterMode

from crane_desktop.domain.errors import InputError, StationFault
from crane_desktop.model.config import CraneConfig
from crane_desktop.model.crane import Crane, at_size, new_crane
from crane_desktop.model.manifest import Preprocessing
from crane_desktop.model.roofline import operations, roofline_of
from crane_desktop.model.runner import Runner
from crane_desktop.model.side_by_side import Contender, SideBySideResult, figures, run_side_by_side
from crane_desktop.model.signature import ANYONE

PUBLISHED = Path(__file__).with_name("published.py")
PICTURE = np.random.default_rng(2).integers(0, 256, (70, 90, 3), dtype=np.uint8)


@pytest.mark.parametrize("variant", ["crane", "crane-plus"])
@pytest.mark.parametrize("context", ["static", "guided"])
def test_the_plain_computation_and_ours_say_the_same(
    variant: str, context: str, small_crane: Callable[..., Crane]
) -> None:
    runner = Runner(small_crane(variant, context), Preprocessing(), torch.device("cpu"))
    prepared = runner.prepare(PICTURE)
    (ours,) = runner.answers(prepared)
    score, smooth = published(runner.crane, prepared.clip, prepared.dino)
    assert ours.score == pytest.approx(score, abs=2e-6)
    assert np.abs(ours.map - smooth).max() < 5e-6


@pytest.fixture(scope="module")
def results(tiny_pack: Path) -> list[SideBySideResult]:
    contenders = [
        Contender("published", tiny_pack, "full", ANYONE, PUBLISHED),
        Contender("full", tiny_pack, "full", ANYONE),
        Contender("fast", tiny_pack, "fast", ANYONE),
    ]
    return run_side_by_side(contenders, 3, lambda _part: None)


def test_every_contender_takes_every_turn_and_is_compared_with_the_first(
    results: list[SideBySideResult],
) -> None:
    table = {figure["contender"]: figure for figure in figures(results)}
    assert list(table) == ["published", "full", "fast"]
    assert all(len(result.taken_ms) == 3 for result in results)
    first = table["published"]
    assert (first["times_faster"], first["share_of_memory"], first["score_off"]) == (1.0, 1.0, 0.0)
    assert table["full"]["score_off"] < 2e-6
    assert table["full"]["map_off"] < 5e-6
    assert 0 < table["fast"]["score_off"] < 2e-3
    assert table["fast"]["precision"] == "bfloat16"
    for figure in table.values():
        assert figure["peak_mb"] >= figure["loaded_mb"] > 50
        assert figure["floor_ms"] > 0


def test_all_processes_have_ended(results: list[SideBySideResult]) -> None:
    import multiprocessing

    assert results
    assert multiprocessing.active_children() == []


def test_what_cannot_be_compared_with_is_told(tiny_pack: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.py"
    for text in ("def other(): ...", "def published(:", "import no_such_module"):
        wrong.write_text(text, encoding="utf-8")
        with pytest.raises(InputError) as told:
            run_side_by_side([Contender("wrong", tiny_pack, "full", ANYONE, wrong)], 1, lambda _part: None)
        assert told.value.key == "model.no_published"


def test_a_contender_that_dies_is_told(tiny_pack: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "dies.py"
    wrong.write_text("import os\ndef published(*_):\n    os._exit(3)\n", encoding="utf-8")
    with pytest.raises(StationFault) as told:
        run_side_by_side([Contender("dies", tiny_pack, "full", ANYONE, wrong)], 1, lambda _part: None)
    assert told.value.key == "model.bench_stopped"


@pytest.mark.parametrize("variant", ["crane", "crane-plus"])
def test_the_roofline_counts_what_torch_counts(variant: str, small_config: Callable[..., CraneConfig]) -> None:
    crane = new_crane(small_config(variant), 3).requires_grad_(False).eval()
    crane.compute = torch.bfloat16  # torch does not count inside the fused attention that float32 takes
    pictures = torch.randn(1, 3, 56, 56)
    with torch.inference_mode(), FlopCounterMode(display=False) as counted:
        crane.encode_image(pictures, pictures)
    class_token = 2 * 48 * 32  # its projection is counted with those of the patches
    assert operations(crane.config) == pytest.approx(counted.get_total_flops(), abs=class_token)


def test_the_roofline_is_no_higher_than_what_a_machine_reaches(small_crane: Callable[..., Crane]) -> None:
    roofline = roofline_of(small_crane())
    assert roofline.operations_a_second > 1e8
    assert roofline.bytes_a_second > 1e8
    assert roofline.ms == pytest.approx(
        1e3 * max(roofline.operations / roofline.operations_a_second, roofline.weight_bytes / roofline.bytes_a_second)
    )


MEMORY = """
import json
import numpy as np
from crane_desktop.model.process_memory import resident_and_peak_bytes
before = resident_and_peak_bytes()
held = np.ones(64 << 20, dtype=np.uint8)
holding = resident_and_peak_bytes()
del held
print(json.dumps([before, holding, resident_and_peak_bytes()]))
"""


def test_memory_in_use_is_known() -> None:
    """In a process of its own: what other tests hold and let go would count too."""
    done = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, timeout=HANG_S, check=True)
    (before, _), (holding, most), (after, most_after) = json.loads(done.stdout)
    slack = 4 << 20  # Linux counts pages a thread at a time: the figures may lag a little
    assert holding - before > 32 << 20
    assert holding - after > 32 << 20
    assert most + slack >= holding
    assert most_after + slack >= most


@pytest.mark.parametrize("variant", ["crane", "crane-plus"])
def test_a_smaller_picture_keeps_the_gaussian_on_the_part(
    variant: str, small_config: Callable[..., CraneConfig]
) -> None:
    crane = at_size(new_crane(small_config(variant), 3).requires_grad_(False).eval(), 28)
    assert (crane.config.image_size_px, crane.config.smoothing_sigma_px) == (28, 2.0)
    answer = Runner(crane, Preprocessing(), torch.device("cpu"))(PICTURE)
    assert answer.map.shape == (28, 28)
    assert np.isfinite(answer.score)
