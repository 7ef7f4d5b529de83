"""What comes in from outside: looked into, proven here, taken in, noted; whatever fails, the station is as before."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from builders import crane_model, model_pack
from recipe_fixtures import stored

from crane_desktop.domain.errors import InputError, StationFault
from crane_desktop.domain.maps import Scored
from crane_desktop.model.packs import verify_pack
from crane_desktop.model.scorer import CraneScorer
from crane_desktop.model.signature import new_key
from crane_desktop.recipe.model import Recipe
from crane_desktop.recipe.store import RECIPE_SUFFIX
from crane_desktop.recipe.transfer import export_recipe
from crane_desktop.services.packs.install import install_proven, look_into, take_in
from crane_desktop.services.workbench import Workbench

NAME = "試験用"
Noted = Callable[[Workbench], list[tuple[str, dict[str, Any]]]]
FilesOf = Callable[[Path], dict[str, bytes]]


def quiet(_key: str, _fraction: float) -> None:
    pass


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pack of the name in use and other content."""
    return model_pack(tmp_path_factory.mktemp("other") / f"{NAME}.cranepack", crane_model(seed=11))


@pytest.fixture
def brought(tmp_path: Path, other: Path) -> Path:
    (tmp_path / "USB").mkdir()
    return Path(shutil.copy(other, tmp_path / "USB" / "from the stick.cranepack"))


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[CraneScorer]:
    found: list[CraneScorer] = []
    real = CraneScorer.close
    monkeypatch.setattr(CraneScorer, "close", lambda self: (found.append(self), real(self))[1])
    return found


@pytest.fixture
def recipe_file(bench: Workbench, tmp_path: Path) -> Path:
    """A recipe of another description than the station's own."""
    stored(bench.data, Recipe(name="部品A", description="from there", pack=NAME))
    return export_recipe(bench.recipes, "部品A", tmp_path / f"部品A{RECIPE_SUFFIX}")[0]


class TestLookingInto:
    def test_a_pack_tells_its_own_name_and_whether_it_replaces_one(
        self, bench: Workbench, brought: Path, files_of: FilesOf
    ) -> None:
        before = files_of(bench.data.root)
        offer = look_into(bench, brought)
        assert (offer.kind, offer.name, offer.version) == ("pack", NAME, verify_pack(brought).pack_version)
        assert (offer.replaces, offer.for_demonstration, offer.file) == (True, False, str(brought))
        (bench.data.packs / f"{NAME}.cranepack").rename(bench.data.packs / "away.cranepack")
        assert not look_into(bench, brought).replaces
        (bench.data.packs / "away.cranepack").rename(bench.data.packs / f"{NAME}.cranepack")
        assert files_of(bench.data.root) == before

    def test_a_pack_for_demonstration_says_so(self, bench: Workbench, tiny_pack: Path) -> None:
        assert look_into(bench, tiny_pack).for_demonstration

    def test_a_recipe_tells_whether_it_replaces_another(self, bench: Workbench, recipe_file: Path) -> None:
        offer = look_into(bench, recipe_file)
        assert (offer.kind, offer.name, offer.replaces) == ("recipe", "部品A", False), "the same is no other"
        bench.recipes.save("部品A", lambda now: now.changed(description="ours"), who="test", why="test")
        assert look_into(bench, recipe_file).replaces

    @pytest.mark.parametrize("name", ["picture.png", "no ending", "pack.zip", "a.cranepack.sha256"])
    def test_another_file_is_told(self, bench: Workbench, tmp_path: Path, name: str) -> None:
        (tmp_path / name).write_bytes(b"x")
        with pytest.raises(InputError) as caught:
            look_into(bench, tmp_path / name)
        assert caught.value.key == "app.not_openable"

    def test_endings_are_known_whatever_their_case(self, bench: Workbench, brought: Path) -> None:
        assert look_into(bench, brought.rename(brought.with_suffix(".CRANEPACK"))).kind == "pack"

    @pytest.mark.parametrize("damage", ["gone", "a folder", "no pack"])
    def test_what_is_no_pack_is_told(self, bench: Workbench, brought: Path, damage: str) -> None:
        brought.unlink()
        if damage == "a folder":
            brought.mkdir()
        elif damage == "no pack":
            brought.write_bytes(b"no pack" * 99)
        with pytest.raises(InputError):
            look_into(bench, brought)

    def test_one_that_the_station_does_not_trust_is_told(self, bench: Workbench, brought: Path, tmp_path: Path) -> None:
        keys = (new_key(tmp_path / "key.pem"),)
        strict = bench.settings.model_copy(update={"require_signed": True, "trusted_keys": keys})
        with pytest.raises(InputError):
            look_into(replace(bench, settings=strict), brought)


class TestTakingIn:
    def test_a_recipe_becomes_the_next_version_and_both_are_noted(
        self, bench: Workbench, recipe_file: Path, noted: Noted
    ) -> None:
        bench.recipes.save("部品A", lambda now: now.changed(description="ours"), who="test", why="test")
        offer = look_into(bench, recipe_file)
        assert take_in(bench, offer, quiet) is offer
        head = bench.recipes.head("部品A")
        assert (head.version, head.description) == (3, "from there")
        last_two = noted(bench)[-2:]
        assert [kind for kind, _ in last_two] == ["recipe_changed", "imported"]
        assert (last_two[0][1]["recipe_version"], last_two[0][1]["change"]) == (3, "recipe.why.imported")
        assert last_two[1][1] == {"what": "recipe", "file": str(recipe_file), "recipe": "部品A"}

    def test_a_recipe_that_was_damaged_meanwhile_changes_and_notes_nothing(
        self, bench: Workbench, recipe_file: Path, noted: Noted
    ) -> None:
        offer, before = look_into(bench, recipe_file), bench.recipes.head("部品A")
        recipe_file.write_bytes(recipe_file.read_bytes()[:-9])
        with pytest.raises(InputError):
            take_in(bench, offer, quiet)
        assert (bench.recipes.head("部品A"), noted(bench)) == (before, [])

    def test_a_pack_is_proven_with_progress_installed_and_noted(
        self, bench: Workbench, brought: Path, noted: Noted, closed: list[CraneScorer]
    ) -> None:
        told: list[tuple[str, float]] = []
        take_in(bench, look_into(bench, brought), lambda key, fraction: told.append((key, fraction)))
        assert (bench.data.packs / f"{NAME}.cranepack").read_bytes() == brought.read_bytes()
        assert told
        assert all(0 <= fraction <= 1 for _key, fraction in told)
        assert len(closed) == 1
        events = noted(bench)
        assert [kind for kind, _ in events] == ["pack_changed", "imported", "pack_changed"]
        assert [details["change"] for kind, details in events if kind == "pack_changed"] == ["chosen", "installed"]
        assert {details["pack"] for kind, details in events if kind == "pack_changed"} == {NAME}
        assert len({details["pack_sha256"] for kind, details in events if kind == "pack_changed"}) == 1
        assert events[1][1] == {"what": "pack", "file": str(brought)}


class TestProving:
    def unchanged(self, bench: Workbench, call: Callable[[], object], files_of: FilesOf, noted: Noted) -> None:
        """Do what must fail; neither packs nor settings nor log may show it."""
        before = files_of(bench.data.packs), bench.data.settings_file.exists()
        try:
            call()
        finally:
            assert (files_of(bench.data.packs), bench.data.settings_file.exists()) == before
            assert noted(bench) == []

    def test_a_sum_that_differs_ends_it_before_the_pack_is_read(
        self, bench: Workbench, brought: Path, files_of: FilesOf, noted: Noted, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        brought.with_name(f"{brought.name}.sha256").write_text("0" * 64)
        monkeypatch.setattr("crane_desktop.model.packs.verify_pack", lambda *_words: 1 / 0)
        with pytest.raises(InputError) as caught:
            self.unchanged(bench, lambda: install_proven(bench, brought), files_of, noted)
        assert caught.value.key == "app.pack_sum_differs"

    def test_a_right_sum_is_no_hindrance(self, bench: Workbench, brought: Path) -> None:
        brought.with_name("SHA256SUMS").write_text(
            f"{hashlib.sha256(brought.read_bytes()).hexdigest()}  {brought.name}"
        )
        done = install_proven(bench, brought)
        assert done.file.read_bytes() == brought.read_bytes()
        assert done.kept is not None

    @pytest.mark.parametrize("at", [0.1, 0.5, 0.9])
    def test_a_flipped_byte_is_seen(
        self, bench: Workbench, brought: Path, at: float, files_of: FilesOf, noted: Noted
    ) -> None:
        content = bytearray(brought.read_bytes())
        content[int(at * len(content))] ^= 0xFF
        brought.write_bytes(content)
        with pytest.raises(InputError):
            self.unchanged(bench, lambda: install_proven(bench, brought), files_of, noted)

    def test_a_station_that_does_not_give_the_golden_scores_does_not_take_it(
        self,
        bench: Workbench,
        brought: Path,
        files_of: FilesOf,
        noted: Noted,
        closed: list[CraneScorer],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        real = CraneScorer.score
        monkeypatch.setattr(CraneScorer, "score", lambda self, pixels: Scored(0.01, real(self, pixels).anomaly_map))
        with pytest.raises(StationFault) as caught:
            self.unchanged(bench, lambda: install_proven(bench, brought), files_of, noted)
        assert (caught.value.key, caught.value.params["pack"]) == ("app.pack_not_installed", NAME)
        assert "score off by" in str(caught.value.params["detail"])
        assert len(closed) == 1

    def test_a_model_that_breaks_while_it_is_proven_is_released(
        self,
        bench: Workbench,
        brought: Path,
        files_of: FilesOf,
        noted: Noted,
        closed: list[CraneScorer],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def broken(_self: CraneScorer, _pixels: object) -> Scored:
            raise RuntimeError("CUDA error: unspecified launch failure")

        monkeypatch.setattr(CraneScorer, "score", broken)
        with pytest.raises(RuntimeError):
            self.unchanged(bench, lambda: install_proven(bench, brought), files_of, noted)
        assert len(closed) == 1

    def test_whoever_gives_up_while_it_loads_finds_nothing_changed(
        self, bench: Workbench, brought: Path, files_of: FilesOf, noted: Noted
    ) -> None:
        class GaveUpError(Exception):
            pass

        def give_up(_key: str, _fraction: float) -> None:
            raise GaveUpError

        with pytest.raises(GaveUpError):
            self.unchanged(bench, lambda: install_proven(bench, brought, give_up), files_of, noted)

    def test_a_full_disk_changes_nothing(
        self, bench: Workbench, files_of: FilesOf, noted: Noted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        new = model_pack(tmp_path / "new.cranepack")

        def full(*_words: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("crane_desktop.model.packs.shutil.copyfileobj", full)
        with pytest.raises(InputError) as caught:
            self.unchanged(bench, lambda: install_proven(bench, new), files_of, noted)
        assert caught.value.key == "model.pack_not_written"

    def test_a_log_that_cannot_be_written_undoes_no_installation(self, bench: Workbench, brought: Path) -> None:
        bench.data.log_file.write_bytes(b"no database, but long enough to be looked at " * 20)
        assert install_proven(bench, brought).file.read_bytes() == brought.read_bytes()
