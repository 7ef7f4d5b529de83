"""Our Crane gives the numbers of the authors' code on the same weights (GOLDEN.md, sections 3 to 5)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import parity_table
import pytest
import torch
from golden_reference import (
    CASES,
    EXACT,
    FEATURES,
    GIVEN,
    MAP,
    SCORE,
    Golden,
    Reference,
    Row,
    far,
    scaled,
)
from golden_rows import measure

from crane_desktop.model.manifest import Preprocessing
from crane_desktop.model.runner import Answer, Runner
from crane_desktop.preprocess.fit import fit
from crane_desktop.preprocess.normalise import CLIP_NORMALISATION, IMAGENET_NORMALISATION


@pytest.fixture(scope="module")
def reference(golden: Golden) -> Iterator[Reference]:
    with torch.inference_mode():
        yield Reference(golden)


@pytest.fixture(scope="module")
def rows(reference: Reference) -> list[Row]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # so many small steps in two threads take minutes where another program wants a core too
    try:
        return measure(reference)
    finally:
        torch.set_num_threads(before)


def exceeded(rows: list[Row], *heads: str) -> list[Row]:
    """Rows of a group that do not hold; the group must not be empty."""
    chosen = [row for row in rows if any(f"{row.file}:{row.array}".startswith(head) for head in heads)]
    assert chosen
    return [row for row in chosen if not row.holds]


def test_the_files_are_the_ones_that_were_recorded(golden: Golden) -> None:
    for file in ("inputs", "expected", "extra"):
        arrays = getattr(golden, file)
        promised = golden.manifest["arrays"][f"tiny_{file}.npz"]
        assert arrays.keys() == promised.keys()
        for name, array in arrays.items():
            assert hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest() == promised[name][2], name


def test_every_array_has_its_row(golden: Golden, rows: list[Row]) -> None:
    for file in ("inputs", "expected", "extra"):
        compared = [row.array for row in rows if row.file == file]
        assert len(compared) == len(set(compared))
        assert set(compared) | GIVEN[file] == getattr(golden, file).keys()


def test_pixels_arrive_bit_for_bit(rows: list[Row]) -> None:
    assert exceeded(rows, "inputs:", "manifest:", "extra:") == []
    exact = {row.array for row in rows if row.tolerance == EXACT}
    assert {"resized.C", "mode_L.resized.stride7", "portrait.resized.pillow_10_4_0.stride7"} <= exact
    assert sum(name.startswith("sha256") for name in exact) == 6


def test_image_patch_and_dino_features(rows: list[Row]) -> None:
    assert exceeded(rows, "expected:A.", "expected:B.", "expected:C.") == []


def test_text_features_and_their_way(rows: list[Row]) -> None:
    assert exceeded(rows, "expected:text_features", "expected:trace.text") == []


@pytest.mark.parametrize("context", ["static", "guided"])
def test_logits_pooled_feature_score_and_maps(rows: list[Row], context: str) -> None:
    assert exceeded(rows, f"expected:{context}.") == []


def test_the_way_through_both_towers(rows: list[Row]) -> None:
    assert exceeded(rows, "expected:trace.vision", "expected:trace.dattn") == []


def test_crane_does_not_mind_its_batch(rows: list[Row]) -> None:
    assert exceeded(rows, "expected:batch2_AB.crane.") == []


def test_the_extra_entry_of_plus_is_cranes_own(reference: Reference, golden: Golden) -> None:
    """Fact 7: order [D-Attn, E], and DINOv2 changes no bit of E."""
    torch.set_num_threads(1)  # as in `rows`, which may have computed the other one: threads may change the last bit
    alone = reference.crane.encode_image(reference.tensor("B", CLIP_NORMALISATION))
    (entry,) = alone.entries
    both = reference.features("B", "cranep")
    assert torch.equal(entry, both.entries[1])
    assert torch.equal(alone.image, both.image)


def test_portraits_are_resized_as_before_pillow_13(golden: Golden) -> None:
    """Fact 16: the other result is far away, so that a wrong Pillow cannot pass unseen."""
    ours = fit(golden.extra["portrait.input"], 518)[::7, ::7].astype(int)
    assert np.abs(ours - golden.extra["portrait.resized.pillow_13_0_0.stride7"]).max() >= 5


def ran(reference: Reference, case: str, picture: str) -> Answer:
    variant, average = CASES[case]
    crane = reference._loaded(
        reference.config(variant, average=average),
        reference.state | (reference.dino_state if variant == "crane-plus" else {}),
    )
    return Runner(crane, Preprocessing(), torch.device("cpu"))(reference.golden.inputs[f"image.{picture}"])


@pytest.mark.parametrize("case", ["crane", "cranep_meanfirst"])
def test_what_judges_parts_gives_the_same_from_the_pixels_on(reference: Reference, case: str) -> None:
    answer = ran(reference, case, "C")
    theirs = reference.golden.expected
    assert far(np.array([answer.score]), theirs[f"static.C.{case.split('_')[0]}.score"]) <= SCORE
    assert far(answer.map, theirs[f"static.C.{case}.map_smooth"]) <= MAP


def test_a_second_picture_in_the_batch_changes_nothing(reference: Reference) -> None:
    """Fact 9: the authors take D-Attn's mean over the batch, which moves A by 0.002 and its map by 0.021; not here."""
    clip, dino = (
        torch.cat([reference.tensor(picture, n) for picture in "AB"])
        for n in (CLIP_NORMALISATION, IMAGENET_NORMALISATION)
    )
    alone = [reference.answer(picture, "cranep_meanfirst", "static") for picture in "AB"]
    both = reference.plus(clip, dino)
    assert torch.allclose(both.score, torch.cat([one.score for one in alone]), atol=SCORE, rtol=0)
    theirs = reference.golden.expected
    assert abs(float(both.score[0]) - theirs["batch2_AB.cranep_meanfirst.score"][0]) == pytest.approx(0.002, abs=1e-3)
    ours = reference.smooth(both.raw_map)[0, ::7, ::7].numpy()
    moved = np.abs(ours - theirs["batch2_AB.cranep_meanfirst.map_smooth.stride7"][0]).max()
    assert moved == pytest.approx(0.021, abs=2e-3)


def test_a_weight_that_is_a_little_wrong_is_seen(reference: Reference, golden: Golden) -> None:
    """The comparison can fail: one gain off by a ten-thousandth is beyond the tolerance of what follows it."""
    tower: Any = reference.plus.visual
    gain = reference.state["visual.ln_post.weight"]
    tower.ln_post.weight.copy_(gain)
    tower.ln_post.weight[0] *= 1.0001
    try:
        found = reference._raw_features("A")
    finally:
        tower.ln_post.weight.copy_(gain)
    assert scaled(found.entries[1][0], golden.expected["A.epath_features"]) > FEATURES


def test_the_table_is_written_for_people_and_for_programs(
    rows: list[Row], golden: Golden, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(parity_table, "measure", lambda _: rows)
    assert parity_table.main(["--json", str(golden.folder)]) == 0
    table = json.loads(capsys.readouterr().out)
    assert len(table) == len(rows) > 150
    assert all(row["holds"] and row["error"] <= row["tolerance"] for row in table)
    wrong = [Row("expected", "x", 1e-6, 2e-6), *rows]
    monkeypatch.setattr(parity_table, "measure", lambda _: wrong)
    assert parity_table.main([str(golden.folder)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[2] == "| expected | `x` | 1e-06 | 2.00e-06 | EXCEEDED |"
    assert len(lines) == 2 + len(wrong)
