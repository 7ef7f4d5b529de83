"""A pack comes whole or is refused, with a sentence that says why."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from builders import about, pack_members, sealed_pack
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crane_desktop.domain.errors import InputError
from crane_desktop.model.crane import Crane
from crane_desktop.model.golden import golden_pictures
from crane_desktop.model.packing import write_pack
from crane_desktop.model.packs import find_pack, install_pack, list_packs, read_manifest, verify_pack
from crane_desktop.model.scorer import load_scorer
from crane_desktop.settings.texts import error_text

ABOUT = about("小さい", provenance={"seed": 3})


@pytest.fixture(scope="module")
def pack(small_crane: Callable[..., Crane], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("made") / "小さい.cranepack"
    write_pack(path, ABOUT, small_crane("crane-plus"))
    return path


def with_manifest(pack: Path, path: Path, **changes: object) -> Path:
    content = pack_members(pack)
    raw = json.loads(content["manifest.json"])
    return sealed_pack(path, {**content, "manifest.json": json.dumps(raw | changes).encode()})


def refusal(path: Path) -> str:
    """Key of the sentence by which a pack is refused, by verifying and by loading alike."""
    with pytest.raises(InputError) as by_verify:
        verify_pack(path)
    with pytest.raises(InputError) as by_load:
        load_scorer(path, device="cpu")
    assert by_verify.value.key == by_load.value.key
    for language in ("en", "ja"):
        assert error_text(by_verify.value, language)
    return by_verify.value.key


def test_a_good_pack_says_what_it_is(pack: Path) -> None:
    manifest = verify_pack(pack)
    assert manifest == read_manifest(pack)
    assert (manifest.name, manifest.variant, manifest.provenance) == ("小さい", "crane-plus", {"seed": 3})
    assert {n.split("/")[0] for n in manifest.members} == {"weights", "golden"}


def test_the_same_crane_gives_the_same_bytes(pack: Path, small_crane: Callable[..., Crane], tmp_path: Path) -> None:
    again = tmp_path / "again.cranepack"
    write_pack(again, ABOUT, small_crane("crane-plus"))
    assert again.read_bytes() == pack.read_bytes()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(0, 1, exclude_max=True), st.integers(1, 255))
def test_one_flipped_byte_anywhere_is_refused(pack: Path, tmp_path: Path, where: float, flip: int) -> None:
    content = bytearray(pack.read_bytes())
    content[int(where * len(content))] ^= flip
    damaged = tmp_path / "damaged.cranepack"
    damaged.write_bytes(content)
    with pytest.raises(InputError):
        verify_pack(damaged)
    with pytest.raises(InputError):
        load_scorer(damaged, device="cpu")


def test_every_byte_of_the_headers_counts(pack: Path, tmp_path: Path) -> None:
    """Zip readers overlook most of these; a pack's seal does not."""
    content = pack.read_bytes()
    with zipfile.ZipFile(pack) as archive:
        last = archive.infolist()[-1]
        directory = archive.start_dir
    places = [*range(last.header_offset, last.header_offset + 40), *range(directory, directory + 60)]
    places += range(len(content) - 64 - 22, len(content))
    damaged = tmp_path / "damaged.cranepack"
    for place in places:
        damaged.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises(InputError):
            verify_pack(damaged)


@pytest.mark.parametrize("kept", [0, 1, 100, 0.5, -1])
def test_a_cut_pack_is_refused(pack: Path, tmp_path: Path, kept: float) -> None:
    content = pack.read_bytes()
    cut = tmp_path / "cut.cranepack"
    cut.write_bytes(content[: int(kept * len(content)) if isinstance(kept, float) else kept])
    assert refusal(cut) in {"model.pack_not_a_pack", "model.pack_damaged"}


def test_appended_bytes_are_refused(pack: Path, tmp_path: Path) -> None:
    longer = tmp_path / "longer.cranepack"
    longer.write_bytes(pack.read_bytes() + b"\0")
    with pytest.raises(InputError):
        verify_pack(longer)


def test_what_is_no_pack_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.cranepack"
    other.write_bytes(b"hello" * 100)
    assert refusal(other) == "model.pack_not_a_pack"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert refusal(other) == "model.pack_not_a_pack"
    assert refusal(tmp_path / "absent.cranepack") == "model.pack_unreadable"
    assert refusal(tmp_path) == "settings.no_regular_file"


@pytest.mark.parametrize(
    "name",
    ["../evil.safetensors", "weights/../../evil.npy", "/etc/evil.png", "weights/model.pkl", "weights/model.pt",
     "golden/x.npz", "weights\\evil.safetensors", "golden/sub/x.png", "run.py", "weights/a.safetensors\0.pkl"],
)  # fmt: skip
def test_members_that_do_not_belong_are_refused(pack: Path, tmp_path: Path, name: str) -> None:
    content = pack_members(pack)
    path = tmp_path / "evil.cranepack"
    with path.open("w+b") as target, zipfile.ZipFile(target, "w") as archive:
        for member, data in content.items():
            archive.writestr(member, data)
        entry = zipfile.ZipInfo("x" * len(name))
        archive.writestr(entry, b"evil")
    path.write_bytes(path.read_bytes().replace(("x" * len(name)).encode(), name.encode()))
    assert refusal(path) == "model.pack_forbidden_member"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["evil.cranepack"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_duplicates_are_refused(pack: Path, tmp_path: Path) -> None:
    path = tmp_path / "twice.cranepack"
    with zipfile.ZipFile(path, "w") as archive:
        for member, data in [*pack_members(pack).items(), *pack_members(pack).items()]:
            archive.writestr(member, data)
    assert refusal(path) == "model.pack_forbidden_member"


def test_compressed_members_are_refused(pack: Path, tmp_path: Path) -> None:
    path = tmp_path / "small.cranepack"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in pack_members(pack).items():
            archive.writestr(member, data)
    assert refusal(path) == "model.pack_forbidden_member"


def test_missing_and_surplus_members_are_refused(pack: Path, tmp_path: Path) -> None:
    content = pack_members(pack)
    without = {n: c for n, c in content.items() if n != "golden/0.png"}
    assert refusal(sealed_pack(tmp_path / "a.cranepack", without)) == "model.pack_member_missing"
    surplus = {**content, "golden/9.png": b"x"}
    assert refusal(sealed_pack(tmp_path / "b.cranepack", surplus)) == "model.pack_forbidden_member"


def test_a_well_sealed_pack_with_other_weights_is_refused(pack: Path, tmp_path: Path) -> None:
    content = pack_members(pack)
    weights = bytearray(content["weights/clip.safetensors"])
    weights[-1] ^= 1
    path = sealed_pack(tmp_path / "swapped.cranepack", {**content, "weights/clip.safetensors": bytes(weights)})
    assert refusal(path) == "model.pack_damaged"


def test_weights_that_do_not_fit_are_named(pack: Path, tmp_path: Path) -> None:
    raw = json.loads(pack_members(pack)["manifest.json"])
    raw["config"]["embed_dim"] = 64
    path = with_manifest(pack, tmp_path / "wide.cranepack", config=raw["config"])
    with pytest.raises(InputError) as caught:
        load_scorer(path, device="cpu")
    assert caught.value.key == "model.weight_shape"
    raw["config"]["vision"]["layers"] = 5
    path = with_manifest(pack, tmp_path / "deep.cranepack", config=raw["config"])
    with pytest.raises(InputError) as caught:
        load_scorer(path, device="cpu")
    assert caught.value.key == "model.weight_missing"
    assert "resblocks.4" in str(caught.value.params["name"])


def test_future_formats_and_bad_manifests_are_refused(pack: Path, tmp_path: Path) -> None:
    assert refusal(with_manifest(pack, tmp_path / "a.cranepack", format_version=2, news=1)) == "model.pack_too_new"
    for changes in ({"surplus": 1}, {"format_version": 0}, {"variant": "crane"}, {"golden": []}, {"name": "../x"}):
        assert refusal(with_manifest(pack, tmp_path / "b.cranepack", **changes)) == "model.pack_manifest"
    for raw in (b"", b"[]", b"{}", b"\xff\xfe", b"[" * 100_000):
        content = {**pack_members(pack), "manifest.json": raw}
        assert refusal(sealed_pack(tmp_path / "c.cranepack", content)) == "model.pack_manifest"


def test_a_pickle_in_a_golden_array_never_runs(pack: Path, tmp_path: Path) -> None:
    content = pack_members(pack)
    buffer = io.BytesIO()
    np.save(buffer, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    content["golden/0.npy"] = buffer.getvalue()
    raw = json.loads(content["manifest.json"])
    digest = hashlib.sha256(content["golden/0.npy"]).hexdigest()
    raw["members"]["golden/0.npy"] = {"sha256": digest, "size": len(content["golden/0.npy"])}
    path = sealed_pack(tmp_path / "p.cranepack", {**content, "manifest.json": json.dumps(raw).encode()})
    from crane_desktop.model.selfcheck import self_check

    with pytest.raises(InputError) as caught:
        self_check(load_scorer(path, device="cpu"), path)
    assert caught.value.key == "model.pack_manifest"


def test_find_list_install(pack: Path, tmp_path: Path) -> None:
    built_in, packs = tmp_path / "built_in", tmp_path / "packs"
    built_in.mkdir()
    packs.mkdir()
    shutil.copy(pack, built_in / "demo.cranepack")
    installed = install_pack(pack, packs)
    assert installed == packs / "小さい.cranepack"
    assert [p.stem for p in list_packs(packs, built_in)] == ["demo", "小さい"]
    assert find_pack("demo", packs, built_in) == built_in / "demo.cranepack"
    assert find_pack(str(pack), packs, built_in) == pack
    shutil.copy(pack, packs / "demo.cranepack")
    assert find_pack("demo", packs, built_in).parent == packs
    with pytest.raises(InputError) as caught:
        find_pack("other", packs, built_in)
    assert "小さい" in str(caught.value.params["known"])
    with pytest.raises(InputError) as caught:
        find_pack(str(tmp_path / "no.cranepack"), packs, built_in)
    assert caught.value.key == "model.no_such_pack_file"


def test_a_damaged_pack_replaces_nothing(pack: Path, tmp_path: Path) -> None:
    packs = tmp_path / "packs"
    packs.mkdir()
    good = install_pack(pack, packs).read_bytes()
    damaged = tmp_path / "damaged.cranepack"
    damaged.write_bytes(pack.read_bytes()[:-1])
    with pytest.raises(InputError):
        install_pack(damaged, packs)
    assert [p.read_bytes() for p in packs.iterdir()] == [good]


def test_a_folder_that_is_not_there_is_told(pack: Path, small_crane: Callable[..., Crane], tmp_path: Path) -> None:
    for attempt in (
        lambda: install_pack(pack, tmp_path / "absent"),
        lambda: write_pack(tmp_path / "absent" / "x.cranepack", ABOUT, small_crane()),
    ):
        with pytest.raises(InputError) as caught:
            attempt()
        assert caught.value.key == "model.pack_not_written"


def test_half_weights_take_half_the_room(small_crane: Callable[..., Crane], tmp_path: Path) -> None:
    sizes = {}
    for precision in ("float32", "float16", "bfloat16"):
        manifest = write_pack(tmp_path / "p.cranepack", ABOUT, small_crane(), golden_pictures(), precision=precision)
        sizes[precision] = manifest.members["weights/clip.safetensors"].size
        # The golden answers are those of the rounded weights: a station can prove them.
        scorer = load_scorer(tmp_path / "p.cranepack", device="cpu")
        assert scorer.score(golden_pictures()[0]).score == pytest.approx(manifest.golden[0].score, abs=1e-6)
    # Not equal: the header names each tensor's type, and "BF16" is a letter longer than "F16".
    assert sizes["bfloat16"] == pytest.approx(sizes["float16"], rel=0.01)
    assert max(sizes["float16"], sizes["bfloat16"]) < 0.6 * sizes["float32"]


def test_float32_takes_half_the_room_where_that_loses_nothing(small_crane: Callable[..., Crane]) -> None:
    from crane_desktop.model.weights import crane_of, stored_state

    exact = small_crane()
    halves = {n: t.half().float() if t.is_floating_point() else t for n, t in exact.state_dict().items()}
    state = stored_state(crane_of(exact.config, halves), "float32")
    assert state["visual.conv1.weight"].dtype == torch.float16
    assert state["prompts.ctx_pos"].dtype == torch.float32
    assert stored_state(exact, "float32")["visual.conv1.weight"].dtype == torch.float32
