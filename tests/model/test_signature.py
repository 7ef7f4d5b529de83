"""A signature tells who made a pack; where the station asks for one, no other pack is loaded."""

from __future__ import annotations

import json
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from builders import model_pack, pack_members, sealed_pack

from crane_desktop.domain.errors import InputError
from crane_desktop.model.crane import Crane
from crane_desktop.model.manifest import Words
from crane_desktop.model.packs import install_pack, read_manifest, sign_pack, verify_pack
from crane_desktop.model.scorer import load_scorer
from crane_desktop.model.selfcheck import self_check
from crane_desktop.model.signature import Trust, new_key
from crane_desktop.settings.texts import error_text


@pytest.fixture(scope="module")
def pack(small_crane: Callable[..., Crane], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return model_pack(tmp_path_factory.mktemp("made") / "工場A.cranepack", small_crane())


@pytest.fixture
def key(tmp_path: Path) -> tuple[Path, str]:
    file = tmp_path / "署名鍵.pem"
    return file, new_key(file)


@pytest.fixture
def signed(pack: Path, key: tuple[Path, str], tmp_path: Path) -> Path:
    sign_pack(pack, key[0], tmp_path / "signed.cranepack")
    return tmp_path / "signed.cranepack"


def only(*keys: str) -> Trust:
    return Trust(frozenset(keys), required=True)


def refusal(path: Path, trust: Trust) -> str:
    keys = set()
    for attempt in (
        lambda: verify_pack(path, trust),
        lambda: load_scorer(path, device="cpu", trust=trust),
        lambda: read_manifest(path, trust),
        lambda: install_pack(path, path.parent, trust),
    ):
        with pytest.raises(InputError) as caught:
            attempt()
        assert all(error_text(caught.value, language) for language in ("en", "ja"))
        keys.add(caught.value.key)
    (found,) = keys
    return found


def test_a_signed_pack_is_the_same_pack(pack: Path, signed: Path, key: tuple[Path, str]) -> None:
    before, after = pack_members(pack), pack_members(signed)
    assert list(before) == list(after)
    assert {n: c for n, c in before.items() if n != "manifest.json"} == {
        n: c for n, c in after.items() if n != "manifest.json"
    }
    manifest = verify_pack(signed, only(key[1]))
    assert manifest.signature is not None
    assert manifest.signature.key == key[1]
    assert manifest.model_copy(update={"signature": None}) == verify_pack(pack)
    scorer = load_scorer(signed, device="cpu", trust=only("0" * 64, key[1]))
    assert all(check.ok for check in self_check(scorer, signed))


def test_nobody_asks_by_default(pack: Path, signed: Path) -> None:
    assert verify_pack(pack).signature is None
    assert verify_pack(signed).name == "工場A"


def test_a_station_that_asks_takes_no_other(pack: Path, signed: Path, key: tuple[Path, str]) -> None:
    assert refusal(pack, only(key[1])) == "model.pack_not_signed"
    assert refusal(signed, only("ab" * 32)) == "model.pack_signer_unknown"
    assert refusal(signed, only()) == "model.pack_signer_unknown"
    assert verify_pack(signed, Trust(frozenset({"ab" * 32}), required=False))


def test_a_change_after_the_signing_is_found_even_by_those_who_do_not_ask(signed: Path, tmp_path: Path) -> None:
    content = pack_members(signed)
    raw = json.loads(content["manifest.json"])
    for change in (
        {"pack_version": "2"},
        {"golden": [{**raw["golden"][0], "score": 0.5}, *raw["golden"][1:]]},
        {"signature": {**raw["signature"], "key": "ab" * 32}},
        {"signature": {**raw["signature"], "value": "0" * 128}},
    ):
        forged = {**content, "manifest.json": json.dumps(raw | change, indent=1).encode()}
        assert refusal(sealed_pack(tmp_path / "f.cranepack", forged), Trust()) == "model.pack_signature_wrong"


def test_the_signature_stands_for_the_bytes_and_for_each_of_them(signed: Path, tmp_path: Path) -> None:
    content = pack_members(signed)
    spaced = content["manifest.json"].replace(b'"name"', b' "name"')
    path = sealed_pack(tmp_path / "f.cranepack", {**content, "manifest.json": spaced})
    assert refusal(path, Trust()) == "model.pack_signature_wrong"


def test_the_signatures_own_place_is_the_only_one_that_is_not_signed(
    small_crane: Callable[..., Crane], key: tuple[Path, str], tmp_path: Path
) -> None:
    """Zeros elsewhere, which look like that place, may not become the signature's digits."""
    path = tmp_path / "zeros.cranepack"
    zeros = "0" * 128
    model_pack(path, small_crane(), name="zeros", description=Words(en=zeros, ja="零"))
    sign_pack(path, key[0], path)
    assert verify_pack(path, only(key[1])).description.en == zeros
    content = pack_members(path)
    value = json.loads(content["manifest.json"])["signature"]["value"]
    forged = {**content, "manifest.json": content["manifest.json"].replace(zeros.encode(), value.encode())}
    assert refusal(sealed_pack(path, forged), Trust()) == "model.pack_signature_wrong"


def test_other_weights_under_a_good_signature_are_refused(signed: Path, key: tuple[Path, str], tmp_path: Path) -> None:
    content = pack_members(signed)
    weights = content["weights/clip.safetensors"]
    forged = {**content, "weights/clip.safetensors": weights[:-1] + bytes([weights[-1] ^ 1])}
    path = sealed_pack(tmp_path / "f.cranepack", forged)
    with pytest.raises(InputError) as caught:
        verify_pack(path, only(key[1]))
    assert caught.value.key == "model.pack_damaged"


def test_signing_in_place_and_again_with_another_key(signed: Path, tmp_path: Path) -> None:
    public = new_key(tmp_path / "other.pem")
    before = {p.name for p in tmp_path.iterdir()}
    assert sign_pack(signed, tmp_path / "other.pem", signed).signature.key == public  # type: ignore[union-attr]
    assert verify_pack(signed, only(public))
    assert {p.name for p in tmp_path.iterdir()} == before


def test_a_private_key_is_its_owners_and_is_never_replaced(key: tuple[Path, str]) -> None:
    file, public = key
    assert len(bytes.fromhex(public)) == 32
    if sys.platform != "win32":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_bytes()
    with pytest.raises(InputError) as caught:
        new_key(file)
    assert caught.value.key == "model.key_not_written"
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    "content", [None, b"", b"hello", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_what_is_no_key_signs_nothing(pack: Path, tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "k.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InputError) as caught:
        sign_pack(pack, file, tmp_path / "x.cranepack")
    assert caught.value.key == "model.key_unreadable"
    assert not (tmp_path / "x.cranepack").exists()


def test_another_kind_of_key_and_a_locked_one_sign_nothing(pack: Path, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    other = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    locked = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"word")
    )
    for content in (other, locked):
        (tmp_path / "k.pem").write_bytes(content)
        with pytest.raises(InputError) as caught:
            sign_pack(pack, tmp_path / "k.pem", tmp_path / "x.cranepack")
        assert caught.value.key == "model.key_unreadable"


def test_a_damaged_pack_is_not_signed(pack: Path, key: tuple[Path, str], tmp_path: Path) -> None:
    damaged = tmp_path / "d.cranepack"
    damaged.write_bytes(pack.read_bytes()[:-1] + b"0")
    before = {p.name for p in tmp_path.iterdir()}
    with pytest.raises(InputError):
        sign_pack(damaged, key[0], tmp_path / "x.cranepack")
    with pytest.raises(InputError) as caught:
        sign_pack(pack, key[0], tmp_path / "absent" / "x.cranepack")
    assert caught.value.key == "model.pack_not_written"
    assert {p.name for p in tmp_path.iterdir()} == before
