"""Readers of everything else that comes from outside, each with whole files of its kind."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch
from builders import sealed_pack
from mutations import Damage, changed, damaged, json_node, safetensors_header
from safetensors.numpy import load
from safetensors.numpy import save as save_arrays
from safetensors.torch import save
from tasting import Subject

from crane_desktop.evaluation.datasets.datasets import read_dataset
from crane_desktop.model.checkpoints import read_checkpoint
from crane_desktop.model.goodparts.file import read_good_parts
from crane_desktop.model.packs import install_pack, verify_pack
from crane_desktop.model.proof import ProofBook
from crane_desktop.model.scorer import load_scorer
from crane_desktop.model.selfcheck import self_check
from crane_desktop.model.signature import BLANK, read_key
from crane_desktop.recipe.identity import canonical
from crane_desktop.recipe.json_text import dump_recipe
from crane_desktop.recipe.model import Recipe
from crane_desktop.recipe.store import RecipeStore
from crane_desktop.recipe.transfer import import_recipe
from crane_desktop.recipe.version_files import read_head, read_version, version_files
from crane_desktop.services.packs.checksums import check_sum_beside
from crane_desktop.services.releases import MANIFEST, Release, ReleasedFile, check_files, read_release
from crane_desktop.services.run import check_choice
from crane_desktop.settings.data_dir import DataDir
from crane_desktop.settings.store import Settings, load_settings, save_settings

_KEY = b"""-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f
-----END PRIVATE KEY-----
"""
"""For tests only; always the same one, as the inputs are."""
RECIPE: dict[str, Any] = {
    "format_version": 2,
    "name": "部品A",
    "version": 7,
    "description": "基板",
    "source": {"kind": "genicam", "cti": "/opt/x/producer.cti", "device": "SN1", "trigger": "hardware", "frames": 9},
    "camera_features": {"ExposureTime": 500.0, "Gain": 2, "ReverseX": True, "PixelFormat": "Mono8"},
    "corrections": {"version": 1, "gamma": 0.8},
    "pack": "demo",
    "thresholds": {"score_review": 0.1, "score_ng": 0.2, "map_review": 0.3, "map_ng": 0.4},
    "smallest_area_px": 25.0,
    "time_limit_ms": 200.0,
    "reject_signal": {"line": "Line2", "pulse_ms": 20.0, "delay_ms": 300.0},
}


def at(file: Path, read: Callable[[Path], object]) -> Callable[[bytes], None]:
    """Return a taste that puts the content where it is read from."""

    def taste(content: bytes) -> None:
        file.write_bytes(content)
        read(file)

    return taste


def drawn(*seeds: bytes, kinds: Sequence[Damage] = ()) -> Callable[[Random], bytes]:
    """Return what draws damaged ones of these."""
    return partial(damaged, seeds=seeds, kinds=kinds)


def text_subjects(place: Path, share: float) -> list[Subject]:
    """Return the readers of recipes, lists, settings, keys, checksums."""
    as_json = (json_node,)
    place.mkdir()
    data, settings = _station(place / "station"), place / "settings.json"
    save_settings(settings, Settings(trusted_keys=("ab" * 32,), producers=("/opt/a.cti",)))
    recipes = RecipeStore(data)
    old = json.dumps({**RECIPE, "format_version": 1}).encode("utf-8-sig")
    new, folder = dump_recipe(Recipe.model_validate(RECIPE)).encode(), json.dumps(
        {**RECIPE, "source": {"kind": "folder", "path": "D:\\絵"}}
    ).encode()  # fmt: skip
    key = place / "key.pem"
    key.write_bytes(_KEY)
    pack = place / "x.cranepack"
    pack.write_bytes(b"pack")
    total = hashlib.sha256(b"pack").hexdigest()
    sums = [f"{total}  x.cranepack\n".encode(), f"{total}\n".encode(), f"{'0' * 64} *other\n".encode()]
    meta, split = _data_set(place / "set")
    proofs = b'{"%s": {"device": "cpu"}}' % (b"ab" * 32)
    return [
        _subject("recipe", share, 4000, drawn(new, old, folder, kinds=as_json),
                 at(place / "a.cranerecipe", lambda file: import_recipe(recipes, file, replace=True))),
        _subject("stored-recipe", share, 2000, *_stored_version(place / "kept")),
        _subject("meta", share, 1500, drawn(meta.read_bytes(), kinds=as_json), at(meta, read_dataset)),
        _subject("split", share, 1000, drawn(split.read_bytes()), at(split, read_dataset)),
        _subject("settings", share, 1500, drawn(settings.read_bytes(), kinds=as_json), at(settings, _settings)),
        _subject("key", share, 400, drawn(key.read_bytes()), at(key, read_key)),
        _subject("sums", share, 400, drawn(*sums),
                 at(pack.with_name("x.cranepack.sha256"), lambda _file: check_sum_beside(pack))),
        _subject("proofs", share, 300, drawn(proofs, kinds=as_json),
                 at(place / "self-test.json", lambda file: ProofBook(file).holds("ab" * 32, {"device": "cpu"}))),
        _subject("release", share, 800, *_release(place / "stick", key)),
    ]  # fmt: skip


def weight_subjects(place: Path, tiny_pack: Path, memory: Path, share: float) -> list[Subject]:
    """Return the readers of packs, published weights and memories of good parts."""
    place.mkdir()
    installed = place / "packs"
    installed.mkdir()
    loose, scratch = place / "a.cranepack", place / "b.cranepack"
    whole = tiny_pack.read_bytes()
    tensors = save({"a.weight": torch.ones(3, 4), "b": torch.zeros(5, dtype=torch.float16)})
    pth = io.BytesIO()
    torch.save({"state_dict": {"a.weight": torch.ones(3, 4), "b": torch.zeros(5)}}, pth)
    legacy = io.BytesIO()
    torch.save({"a.weight": torch.ones(3, 4)}, legacy, _use_new_zipfile_serialization=False)
    return [
        _subject("pack", share, 1500, drawn(whole, whole[-40_000:]), at(loose, lambda f: install_pack(f, installed))),
        _subject("forged-pack", share, 1200, partial(_forged, scratch, _members(tiny_pack)), at(scratch, verify_pack)),
        _subject("loaded-pack", share, 300, partial(_forged, scratch, _members(tiny_pack)), at(scratch, _loaded), 6),
        _subject("safetensors", share, 800, drawn(tensors, kinds=(safetensors_header,)),
                 at(place / "w.safetensors", read_checkpoint)),
        _subject("checkpoint", share, 800, drawn(pth.getvalue(), legacy.getvalue()),
                 at(place / "w.pth", read_checkpoint)),
        _subject("good-parts", share, 800, drawn(memory.read_bytes(), kinds=(safetensors_header,)),
                 at(place / "m.goodparts", read_good_parts)),
        _subject("forged-good-parts", share, 800, partial(_forged_memory, memory.read_bytes()),
                 at(place / "m.goodparts", read_good_parts)),
    ]  # fmt: skip


def _subject(
    name: str, share: float, inputs: int, make: Callable[[Random], bytes], taste: Callable[[bytes], object],
    sample: int = 12,
) -> Subject:  # fmt: skip
    return Subject(name, make, taste, round(share * inputs), sample)


def _station(folder: Path) -> DataDir:
    data = DataDir(folder)
    data.prepare()
    return data


def _settings(file: Path) -> None:
    check_choice(load_settings(file)[0].source)


def _stored_version(folder: Path) -> tuple[Callable[[Random], bytes], Callable[[bytes], None]]:
    """A version's file in the store, as a backup or a hand put it there; its name says what it should be."""
    store = RecipeStore(_station(folder))
    made = store.save(Recipe.model_validate(RECIPE), lambda recipe: recipe, who="a", why="b")
    (file,) = version_files(made.file.parent)
    head = made.file.with_name("head.json")

    def taste(content: bytes) -> None:
        head.write_bytes(content)
        read_head(head.parent)
        made.file.write_bytes(content)
        read_version(file)

    whole = re.sub(rb'"when": "[^"]*"', b'"when": "2026-11-30T00:00:00+00:00"', made.file.read_bytes())

    def make(draw: Random) -> bytes:
        if draw.random() < 0.3:
            return damaged(draw, [whole, head.read_bytes()], (json_node,))
        envelope = changed(draw, json.loads(whole))  # whoever changed it made its checksum right
        if isinstance(envelope, dict):
            envelope.pop("checksum", None)
            with suppress(ValueError):
                envelope["checksum"] = hashlib.sha256(canonical(envelope)).hexdigest()
        return json.dumps(envelope).encode()

    return make, taste


def _data_set(place: Path) -> tuple[Path, Path]:
    pictures = [f"c/{name}.png" for name in ("good", "odd", "mask")]
    for name in pictures:
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(b"never read")
    rows: list[dict[str, Any]] = [
        {"img_path": pictures[0], "mask_path": "", "cls_name": "c", "specie_name": "", "anomaly": 0},
        {"img_path": pictures[1], "mask_path": pictures[2], "cls_name": "c", "specie_name": "x", "anomaly": 1},
    ]
    meta = place / "meta.json"
    meta.write_text(json.dumps({"train": {}, "test": {"c": rows}}), encoding="utf-8")
    split = place / "split_csv" / "1cls.csv"
    split.parent.mkdir()
    table = io.StringIO(newline="")
    csv.writer(table).writerows([
        ["object", "split", "label", "image", "mask"],
        ["c", "test", "normal", pictures[0], ""],
        ["c", "test", "anomaly", pictures[1], pictures[2]],
    ])  # fmt: skip
    split.write_bytes(table.getvalue().encode())
    return meta, split


def _release(stick: Path, key: Path) -> tuple[Callable[[Random], bytes], Callable[[bytes], None]]:
    """A release whose manifest is damaged, half of them before it was signed: a trusted maker may err."""
    stick.mkdir()
    (stick / "a.deb").write_bytes(b"deb")
    listed = (ReleasedFile(name="a.deb", size_bytes=3, sha256=hashlib.sha256(b"deb").hexdigest()),)
    maker = read_key(key)
    public = maker.public_key().public_bytes_raw().hex()
    blank = Release.model_validate(
        {"version": "1.0", "date": "2026-11-28", "files": listed, "signature": {"key": public, "value": BLANK}}
    ).manifest_bytes()

    def make(draw: Random) -> bytes:
        content = damaged(draw, [blank], (json_node, json_node))
        value = maker.sign(content).hex().encode()
        signed = content.replace(BLANK.encode(), value)
        return signed if draw.random() < 0.5 else damaged(draw, [signed], (json_node,))

    def read(_file: Path) -> None:
        check_files(stick, read_release(stick, {public}))

    return make, at(stick / MANIFEST, read)


def _members(pack: Path) -> dict[str, bytes]:
    from builders import pack_members

    return pack_members(pack)


def _forged(scratch: Path, members: dict[str, bytes], draw: Random) -> bytes:
    """A pack that agrees with itself: whoever made it sealed it after the damage was done."""
    held = dict(members)
    name = draw.choice(list(held))
    if name == "manifest.json":
        held[name] = damaged(draw, [held[name]], (json_node,))
    else:
        held[name] = damaged(draw, [held[name]], (safetensors_header,) if name.endswith("tensors") else ())
        raw = json.loads(held["manifest.json"])
        raw["members"][name] = {"sha256": hashlib.sha256(held[name]).hexdigest(), "size": len(held[name])}
        held["manifest.json"] = json.dumps(raw).encode()
    if draw.random() < 0.1:
        held[draw.choice(("../x.png", "golden/9.png", "weights/x.pkl", "/etc/x", "golden/\u202e.png"))] = b"x"
    return sealed_pack(scratch, held).read_bytes()


def _forged_memory(whole: bytes, draw: Random) -> bytes:
    """A memory that agrees with itself, whatever its tensors and its words are by now."""
    tensors, size = dict(load(whole)), int.from_bytes(whole[:8], "little")
    words = json.loads(json.loads(whole[8 : 8 + size])["__metadata__"]["goodparts"])
    name = draw.choice(list(tensors))
    values = tensors.pop(name)
    how = draw.random()
    if how < 0.4:
        words = changed(draw, words)
    if how > 0.3:
        shape = draw.choice(((1,), (0,), (3, 3), values.shape[::-1], (*values.shape, 1), (values.size,)))
        other = np.resize(values, shape).astype(draw.choice(("f4", "f4", "f8", "i4", "f2", "?")))
        tensors[draw.choice((name, name, "x", f"{name}.x"))] = np.ascontiguousarray(other)
    if isinstance(words, dict):
        words["tensors_sha256"] = _digest(tensors)
    return bytes(save_arrays(tensors, metadata={"goodparts": json.dumps(words)}))


def _digest(tensors: dict[str, Any]) -> str:
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(f"{name}{tensors[name].dtype}{tensors[name].shape}".encode())
        digest.update(tensors[name].tobytes())
    return digest.hexdigest()


def _loaded(file: Path) -> None:
    scorer = load_scorer(file, device="cpu")
    try:
        self_check(scorer, file)
    finally:
        scorer.close()
