"""A pack's name is taken from nobody unasked, and never from the packs that came with the program."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from builders import model_pack

from crane_desktop.domain.errors import InputError
from crane_desktop.model.packs import read_manifest, sign_pack
from crane_desktop.model.signature import new_key
from crane_desktop.services.packs.install import install_proven, look_into
from crane_desktop.services.packs.makers import may_replace_unasked, replaced_by
from crane_desktop.services.workbench import Workbench

NAME = "試験用"
Sign = Callable[[Path, str], Path]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("keys")
    for maker in ("one", "other"):
        new_key(folder / maker)
    return {maker: folder / maker for maker in ("one", "other")}


@pytest.fixture
def named(tmp_path: Path, tiny_pack: Path, keys: dict[str, Path]) -> Callable[..., Path]:
    """Make a pack of any name and signer; its content is another for every version."""

    def make(name: str, signer: str | None = None, version: str = "2") -> Path:
        folder = tmp_path / f"{name}-{signer}-{version}"
        file = model_pack(folder / "from the stick.cranepack", name=name, pack_version=version)
        if signer is not None:
            sign_pack(file, keys[signer], file)
        return file

    return make


@pytest.fixture
def built_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program's own packs, in a folder of the test."""
    folder = tmp_path / "resources"
    folder.mkdir()
    for module in ("crane_desktop.services.packs.makers", "crane_desktop.model.packs"):
        monkeypatch.setattr(f"{module}.resource_path", lambda _name: folder)
    return folder


def refused(bench: Workbench, file: Path) -> str:
    with pytest.raises(InputError) as caught:
        look_into(bench, file)
    with pytest.raises(InputError) as installing:
        install_proven(bench, file, replace=True)
    assert installing.value.key == caught.value.key
    return caught.value.key


@pytest.mark.parametrize("name", ["demo", "Demo", "ＤＥＭＯ", "ｄemo"])
@pytest.mark.parametrize("signer", [None, "other"])
def test_nobody_else_takes_the_name_of_a_pack_of_the_program(
    bench: Workbench, named: Callable[..., Path], built_in: Path, keys: dict[str, Path], name: str, signer: str | None
) -> None:
    own = built_in / "demo.cranepack"
    shutil.copy(named("demo", version="1"), own)
    sign_pack(own, keys["one"], own)
    before = sorted(bench.data.packs.iterdir())
    assert refused(bench, named(name, signer)) == "app.pack_name_built_in"
    assert sorted(bench.data.packs.iterdir()) == before


def test_its_own_maker_may_and_what_nobody_signed_nobody_may(
    bench: Workbench, named: Callable[..., Path], built_in: Path
) -> None:
    own = built_in / "demo.cranepack"
    shutil.copy(named("demo", "one", version="1"), own)
    offer = look_into(bench, named("demo", "one"))
    assert (offer.replaces, offer.replaced_version, offer.version) == (True, "1", "2")
    assert offer.signer == offer.replaced_signer != ""
    shutil.copy(named("demo", version="1"), own)
    assert refused(bench, named("demo")) == "app.pack_name_built_in"
    again = look_into(bench, own)  # the very same is nobody else's
    assert (again.version, again.replaced_version) == ("1", "1")


@pytest.mark.parametrize("name", ["試験用 2", "試験用２"])
def test_a_name_that_is_taken_for_an_installed_one_is_refused(
    bench: Workbench, named: Callable[..., Path], built_in: Path, name: str
) -> None:
    shutil.copy(named("試験用2" if name.endswith("２") else name), bench.data.packs / f"{name[:3]}2.cranepack")
    if name.endswith("２"):
        assert refused(bench, named(name, "one")) == "app.pack_name_like_another"
    else:
        assert replaced_by(bench, named(name), read_manifest(named(name))) is None


def test_whoever_replaces_a_signed_pack_is_told_whose_it_was(
    bench: Workbench, named: Callable[..., Path], built_in: Path
) -> None:
    first = install_proven(bench, named("本番", "one", version="1"))
    assert (first.replaced, first.kept) == (None, None)
    same_maker = install_proven(bench, named("本番", "one", version="2"))
    assert same_maker.replaced is not None
    assert same_maker.replaced.version == "1"
    for stranger in (named("本番", "other", version="3"), named("本番", version="3")):
        with pytest.raises(InputError) as caught:
            install_proven(bench, stranger)
        assert caught.value.key == "app.pack_of_other_signer"
        assert caught.value.params["version"] == "2"
        offer = look_into(bench, stranger)
        assert (offer.replaced_version, offer.replaced_signer != offer.signer) == ("2", True)
    taken = install_proven(bench, named("本番", "other", version="3"), replace=True)
    assert taken.replaced is not None
    assert taken.kept is not None


def test_a_pack_that_nobody_signed_may_be_replaced_by_anybodys(
    bench: Workbench, named: Callable[..., Path], built_in: Path
) -> None:
    old = replaced_by(bench, named(NAME, "one"), read_manifest(named(NAME, "one")))
    assert old is not None
    assert may_replace_unasked(old, read_manifest(named(NAME, "one")))
