"""Learning changes the prompts and nothing else, can be cut off, and ends with a pack that stands on its own."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from crane_desktop.domain.errors import InputError
from crane_desktop.evaluation.datasets.datasets import read_dataset
from crane_desktop.evaluation.evaluate import evaluate
from crane_desktop.model.packs import read_manifest, verify_pack
from crane_desktop.model.scorer import load_scorer
from crane_desktop.model.selfcheck import self_check
from crane_desktop.settings.texts import error_text
from crane_desktop.training import prompt_learning
from crane_desktop.training.learned_pack import fingerprint, pictures_behind
from crane_desktop.training.prompt_learning import LearningOptions, learn_prompts

Packs = Callable[..., Path]
Spots = Callable[..., Path]


@pytest.fixture
def spots(write_spots: Spots, tmp_path: Path) -> Path:
    return write_spots(tmp_path / "学習用", good=10, spotted=10)


def begin(pack: Path, sets: list[Path], out: Path, epochs: int = 3, **options: Any) -> Iterator[dict[str, Any]]:
    told = {"on_encoding": options.pop("on_encoding")} if "on_encoding" in options else {}
    how = LearningOptions(**{"epochs": epochs, "seed": 1, "device": "cpu", **options})
    return learn_prompts(pack, sets, out, how, **told)


def learn(pack: Path, sets: list[Path], out: Path, epochs: int = 3, **options: Any) -> list[dict[str, Any]]:
    return list(begin(pack, sets, out, epochs, **options))


def member(pack: Path, name: str) -> bytes:
    with zipfile.ZipFile(pack) as archive:
        return archive.read(name)


def refusal(*args: Any, **options: Any) -> str:
    with pytest.raises(InputError) as caught:
        learn(*args, **options)
    for language in ("en", "ja"):
        assert error_text(caught.value, language)
    return caught.value.key


@pytest.mark.parametrize(("variant", "context"), [("crane", "static"), ("crane", "guided"), ("crane-plus", "static")])
def test_prompts_learn_to_judge(
    base_pack: Packs, spots: Path, write_spots: Spots, tmp_path: Path, variant: str, context: str
) -> None:
    base, out = base_pack(variant, context), tmp_path / "新しい.cranepack"
    told = learn(base, [spots], out, epochs=12)
    epochs, end = told[:-1], told[-1]
    assert [e["epoch"] for e in epochs] == list(range(1, len(epochs) + 1))
    assert set(epochs[0]) == {"epoch", "loss", "held_out_loss", "held_out_image_auroc", "held_out_pixel_auroc"}
    assert epochs[-1]["loss"] < epochs[0]["loss"]
    assert (end["file"], end["pack"]) == (str(out), "新しい")
    best = min(epochs, key=lambda e: e["held_out_loss"])
    assert end["kept_epoch"] == best["epoch"]
    assert end["after"]["loss"] == best["held_out_loss"] < 0.8 * end["before"]["loss"]

    # On pictures that it never saw, the new pack is what the base was not: good.
    fresh = read_dataset(write_spots(tmp_path / "fresh", seed=77))
    before, after = (evaluate(load_scorer(p, device="cpu"), fresh).mean() for p in (base, out))
    assert after["image_auroc"] == 1.0
    assert variant == "crane-plus" or (before["image_auroc"] or 0) < 0.9
    assert (after["pixel_auroc"] or 0) > max(0.85, before["pixel_auroc"] or 0)


def test_the_new_pack_stands_on_its_own(base_pack: Packs, spots: Path, tmp_path: Path) -> None:
    base, out = base_pack("crane", "static", "float16"), tmp_path / "new.cranepack"
    original = base.read_bytes()
    end = learn(base, [spots], out)[-1]
    assert base.read_bytes() == original
    old, new = read_manifest(base), verify_pack(out)
    scorer = load_scorer(out, device="cpu")
    assert all(check.ok for check in self_check(scorer, out))
    assert scorer.info.pack_sha256 != load_scorer(base, device="cpu").info.pack_sha256

    # The towers are the base's to the byte, and so are the golden pictures; the prompts and answers are new.
    assert member(out, "weights/clip.safetensors") == member(base, "weights/clip.safetensors")
    assert member(out, "golden/0.png") == member(base, "golden/0.png")
    assert member(out, "weights/prompts.safetensors") != member(base, "weights/prompts.safetensors")
    assert new.golden[0].score != old.golden[0].score
    for same in ("config", "precision", "preprocessing", "backbones", "licences", "for_demonstration"):
        assert getattr(new, same) == getattr(old, same), same
    assert old.thresholds is not None
    assert new.thresholds is None  # the base's were found with other prompts

    facts: dict[str, Any] = new.provenance
    assert facts["base"]["pack"] == "base"
    assert facts["base"]["sha256"] == load_scorer(base, device="cpu").info.pack_sha256
    assert facts["base"]["provenance"] == {"origin": "a seed"}
    assert facts["datasets"] == [{"name": "学習用", "good": 10, "defective": 10}]
    assert (facts["seed"], facts["epochs"]) == (1, 3)
    assert [facts[f"images_{side}"] for side in ("learned", "held_out", "unseen")] == [12, 4, 4]
    assert [e["epoch"] for e in facts["curve"]] == [1, 2, 3]
    # It says which pictures decided about it; those that are to judge it are not among them.
    unseen = {fingerprint(hashlib.sha256(s.pixels().tobytes()).hexdigest()) for s in end["unseen"]}
    assert len(facts["pictures"]) == 16
    assert len(unseen - set(facts["pictures"])) == 4
    assert facts["held_out"] == {"before": end["before"], "after": end["after"]}
    assert "学習用" in new.description.ja
    beside = ["new.cranepack", "new.learning.csv", "new.learning.svg", "学習用"]
    assert sorted(p.name for p in tmp_path.iterdir()) == beside
    assert (tmp_path / "new.learning.csv").read_text(encoding="utf-8-sig").startswith("epoch,loss,held_out_loss")


def test_the_same_wish_gives_the_same_pack(base_pack: Packs, spots: Path, tmp_path: Path) -> None:
    contents = []
    for folder, seed in (("a", 1), ("b", 1), ("c", 2)):
        (tmp_path / folder).mkdir()
        learn(base_pack(), [spots], tmp_path / folder / "new.cranepack", epochs=2, seed=seed)
        contents.append((tmp_path / folder / "new.cranepack").read_bytes())
    assert contents[0] == contents[1] != contents[2]


@pytest.mark.parametrize("after", [0, 1, 2, 4])
def test_a_cut_off_learning_goes_on_and_ends_the_same(
    base_pack: Packs, spots: Path, tmp_path: Path, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("whole", "cut"):
        (tmp_path / folder).mkdir()
    whole, cut = tmp_path / "whole" / "new.cranepack", tmp_path / "cut" / "new.cranepack"
    expected = learn(base_pack(), [spots], whole, epochs=4)

    def die(done: int, _of: int) -> None:
        if after == 0 and done == 7:
            raise KeyboardInterrupt

    def no_disk(*_: object) -> None:
        raise KeyboardInterrupt

    run = begin(base_pack(), [spots], cut, 4, on_encoding=die)
    with monkeypatch.context() as patch:
        if after == 4:  # everything learned, but the pack is not written
            patch.setattr(prompt_learning, "write_learned_pack", no_disk)
        if after in (0, 4):
            with pytest.raises(KeyboardInterrupt):
                list(run)
        else:
            for _ in range(after):
                next(run)
            run.close()
    assert not cut.exists()

    again: list[int] = []
    told = learn(base_pack(), [spots], cut, epochs=4, on_encoding=lambda done, _of: again.append(done))
    assert again[-1] == 20
    assert [e for e in told if "epoch" in e] == [e for e in expected if "epoch" in e]
    assert cut.read_bytes() == whole.read_bytes()
    assert (cut.parent / "new.learning.svg").read_bytes() == (whole.parent / "new.learning.svg").read_bytes()
    assert not list(cut.parent.glob(".*"))


def test_other_inputs_do_not_go_on_from_the_old_state(base_pack: Packs, spots: Path, tmp_path: Path) -> None:
    out = tmp_path / "new.cranepack"
    run = begin(base_pack(), [spots], out, 4)
    first = next(run)
    run.close()
    (spots / "test" / "good" / "003.png").unlink()
    assert learn(base_pack(), [spots], out, epochs=1)[0] != first


def test_learning_ends_when_it_gets_no_better(
    base_pack: Packs, spots: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from crane_desktop.training.learner import Learner
    from crane_desktop.training.progress import Figures

    losses = iter([9.0, 0.5, 0.3, 0.4, 0.35, 0.31, 0.1])
    monkeypatch.setattr(Learner, "judge", lambda *_: Figures(next(losses), None, None))
    told = learn(base_pack(), [spots], tmp_path / "new.cranepack", epochs=20)
    assert [e["epoch"] for e in told[:-1]] == [1, 2, 3, 4, 5]
    assert told[-1]["kept_epoch"] == 2


def test_pictures_without_masks_teach_the_score(base_pack: Packs, write_spots: Spots, tmp_path: Path) -> None:
    plain = write_spots(tmp_path / "plain", masks=False)
    end = learn(base_pack(), [plain], tmp_path / "new.cranepack", epochs=6)[-1]
    assert end["after"]["pixel_auroc"] is None
    assert end["after"]["loss"] < end["before"]["loss"]


def test_several_sets_count_a_picture_once(base_pack: Packs, write_spots: Spots, spots: Path, tmp_path: Path) -> None:
    other = write_spots(tmp_path / "other", good=5, spotted=5, masks=False, seed=5)
    learn(base_pack(), [spots, other, spots], tmp_path / "new.cranepack", epochs=1)
    facts = read_manifest(tmp_path / "new.cranepack").provenance
    assert [facts[f"images_{side}"] for side in ("learned", "held_out", "unseen")] == [18, 6, 6]


def test_a_picture_is_never_learned_and_held_out(
    base_pack: Packs, spots: Path, write_spots: Spots, tmp_path: Path
) -> None:
    without_masks = write_spots(tmp_path / "again", good=10, spotted=10, masks=False)
    learn(base_pack(), [spots, without_masks], tmp_path / "new.cranepack", epochs=1)
    facts = read_manifest(tmp_path / "new.cranepack").provenance
    assert [facts[f"images_{side}"] for side in ("learned", "held_out", "unseen")] == [12, 4, 4]


def test_no_pack_is_ever_replaced(base_pack: Packs, spots: Path, tmp_path: Path) -> None:
    out = tmp_path / "new.cranepack"
    out.write_bytes(b"somebody's")
    assert refusal(base_pack(), [spots], out) == "training.out_exists"
    assert out.read_bytes() == b"somebody's"
    assert refusal(base_pack(), [spots], base_pack()) == "training.out_exists"
    assert verify_pack(base_pack()).name == "base"


def test_a_pack_that_came_meanwhile_is_not_replaced(base_pack: Packs, spots: Path, tmp_path: Path) -> None:
    out = tmp_path / "new.cranepack"
    run = begin(base_pack(), [spots], out, 1)
    next(run)
    out.write_bytes(b"somebody's")
    with pytest.raises(InputError) as caught:
        next(run)
    assert caught.value.key == "training.out_exists"
    assert out.read_bytes() == b"somebody's"


def test_bad_wishes_are_told_before_anything_is_computed(
    base_pack: Packs, spots: Path, write_spots: Spots, tmp_path: Path
) -> None:
    before = sorted(tmp_path.iterdir())
    assert refusal(base_pack(), [spots], tmp_path / "con.cranepack") == "model.bad_pack_name"
    assert refusal(base_pack(), [spots], tmp_path / "absent" / "new.cranepack") == "training.cannot_write"
    assert refusal(base_pack(), [spots, tmp_path / "absent"], tmp_path / "n.cranepack") == "training.no_dataset"
    assert refusal(tmp_path / "absent.cranepack", [spots], tmp_path / "n.cranepack") == "model.pack_unreadable"
    assert refusal(base_pack(), [spots], tmp_path / "n.cranepack", device="abacus") == "model.no_such_device"
    assert sorted(tmp_path.iterdir()) == before


def test_too_few_pictures_are_told(base_pack: Packs, write_spots: Spots, tmp_path: Path) -> None:
    few = write_spots(tmp_path / "few", good=5, spotted=1)
    assert refusal(base_pack(), [few], tmp_path / "new.cranepack") == "training.too_few_pictures"


def test_an_unreadable_picture_is_named(base_pack: Packs, spots: Path, tmp_path: Path) -> None:
    broken = spots / "test" / "good" / "002.png"
    broken.write_bytes(b"\x89PNG")
    with pytest.raises(InputError) as caught:
        learn(base_pack(), [spots], tmp_path / "new.cranepack")
    assert str(broken) in error_text(caught.value, "en")


def test_a_damaged_base_is_refused(base_pack: Packs, spots: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.cranepack"
    content = bytearray(base_pack().read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    assert refusal(damaged, [spots], tmp_path / "new.cranepack") == "model.pack_damaged"


def test_without_a_number_few_pictures_get_more_epochs() -> None:
    assert LearningOptions().epochs_for(2000) == 5  # as published
    assert LearningOptions().epochs_for(48) == 50
    assert LearningOptions().epochs_for(2) == 60
    assert LearningOptions(epochs=7).epochs_for(2) == 7


def test_no_more_pictures_than_asked_for(base_pack: Packs, spots: Path, tmp_path: Path) -> None:
    encoded: list[int] = []
    learn(
        base_pack(),
        [spots],
        tmp_path / "n.cranepack",
        1,
        most_pictures=12,
        on_encoding=lambda _, of: encoded.append(of),
    )
    assert set(encoded) == {12}
    facts = read_manifest(tmp_path / "n.cranepack").provenance
    assert facts["images_learned"] == 8


def test_learned_guided_as_published_where_asked_for(base_pack: Packs, spots: Path, tmp_path: Path) -> None:
    learn(base_pack(), [spots], tmp_path / "a.cranepack", 1, context="guided")
    learn(base_pack(), [spots], tmp_path / "b.cranepack", 1)
    guided, static = (read_manifest(tmp_path / f"{name}.cranepack") for name in "ab")
    assert (guided.provenance["context"], static.provenance["context"]) == ("guided", "static")
    assert guided.config.context == static.config.context == "static"  # both judge as the base does
    assert guided.golden[0].score != static.golden[0].score


def test_one_picture_with_two_labels_is_refused(base_pack: Packs, spots: Path, tmp_path: Path) -> None:
    copy = spots / "test" / "good" / "copy.png"
    copy.write_bytes((spots / "test" / "spot" / "000.png").read_bytes())
    with pytest.raises(InputError) as caught:
        learn(base_pack(), [spots], tmp_path / "n.cranepack")
    assert caught.value.key == "training.two_labels"
    assert "copy.png" in error_text(caught.value, "en")


def test_what_the_base_learned_from_judges_nothing(
    base_pack: Packs, spots: Path, write_spots: Spots, tmp_path: Path
) -> None:
    first, second = tmp_path / "one.cranepack", tmp_path / "two.cranepack"
    learn(base_pack(), [spots], first, 1)
    more = write_spots(tmp_path / "more", good=10, spotted=10, seed=4)
    end = learn(first, [spots, more], second, 1, seed=2)[-1]
    behind = set(pictures_behind(read_manifest(first).provenance))
    unseen = {fingerprint(hashlib.sha256(s.pixels().tobytes()).hexdigest()) for s in end["unseen"]}
    assert len(unseen) == 8
    assert not unseen & behind
    assert behind <= set(pictures_behind(read_manifest(second).provenance))
