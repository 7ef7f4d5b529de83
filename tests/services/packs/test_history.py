"""The way back to what judged before: kept at every change, whole after every failure."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from builders import crane_model, model_pack

from crane_desktop.domain.errors import InputError
from crane_desktop.model.packs import verify_pack
from crane_desktop.services.packs import history
from crane_desktop.services.packs.history import choice_now, install_keeping, remember, restored
from crane_desktop.services.workbench import Workbench
from crane_desktop.settings.store import PackChoice, Settings, load_settings

NAME = "試験用"
Reopened = Callable[[Workbench], Workbench]
Noted = Callable[[Workbench], list[tuple[str, dict[str, Any]]]]


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Packs of the name in use and other content."""
    folder = tmp_path_factory.mktemp("others")
    return [model_pack(folder / str(seed) / f"{NAME}.cranepack", crane_model(seed=seed)) for seed in (11, 12, 13, 14)]


@pytest.fixture
def place(bench: Workbench) -> Path:
    return bench.data.packs / f"{NAME}.cranepack"


@pytest.fixture
def replaced(bench: Workbench) -> Path:
    return bench.data.packs / "replaced"


def saved(bench: Workbench) -> Settings:
    return load_settings(bench.data.settings_file)[0]


class TestChoice:
    def test_it_is_what_the_settings_say_with_the_packs_content(self, bench: Workbench, others: list[Path]) -> None:
        settings = bench.settings.model_copy(update={"profile": "fast", "recipe": "ねじ"})
        now = choice_now(replace(bench, settings=settings))
        assert (now.pack, now.profile, now.recipe) == (NAME, "fast", "ねじ")
        shutil.copy(others[0], bench.data.packs / f"{NAME}.cranepack")
        assert choice_now(bench).pack_sha256 != now.pack_sha256

    @pytest.mark.parametrize("damage", ["gone", "damaged"])
    def test_a_pack_that_cannot_be_read_has_no_content(self, bench: Workbench, place: Path, damage: str) -> None:
        place.unlink() if damage == "gone" else place.write_bytes(b"no pack" * 99)
        now = choice_now(bench)
        assert (now.pack, now.pack_sha256) == (NAME, None)


class TestRemember:
    CHOSEN = PackChoice(pack=NAME, profile="fast", recipe=None, pack_sha256="ab" * 32)

    def test_a_change_is_kept_with_the_one_before_and_noted(
        self, bench: Workbench, noted: Noted, tiny_pack: Path
    ) -> None:
        before = choice_now(bench)
        remember(bench, self.CHOSEN, before)
        kept = saved(bench)
        assert (kept.pack, kept.profile, kept.previous) == (NAME, "fast", before)
        ((kind, details),) = noted(bench)
        assert kind == "pack_changed"
        assert (details["pack"], details["change"], details["profile"]) == (NAME, "chosen", "fast")
        assert details["pack_version"] == verify_pack(tiny_pack).pack_version

    def test_the_same_again_is_no_change(self, bench: Workbench, noted: Noted, reopened: Reopened) -> None:
        before = choice_now(bench)
        remember(bench, self.CHOSEN, before)
        remember(reopened(bench), self.CHOSEN, self.CHOSEN)
        assert saved(bench).previous == before
        assert len(noted(bench)) == 1

    def test_settings_that_cannot_be_written_are_untouched_and_nothing_is_noted(
        self, bench: Workbench, noted: Noted
    ) -> None:
        bench.data.settings_file.mkdir()
        with pytest.raises(InputError):
            remember(bench, self.CHOSEN, choice_now(bench))
        assert list(bench.data.settings_file.iterdir()) == []
        assert noted(bench) == []

    def test_a_pack_that_is_gone_by_then_is_still_noted(self, bench: Workbench, place: Path, noted: Noted) -> None:
        before = choice_now(bench)
        place.unlink()
        remember(bench, self.CHOSEN, before)
        ((_kind, details),) = noted(bench)
        assert (details["pack"], details["pack_version"]) == (NAME, "")

    def test_a_log_that_cannot_be_written_undoes_no_choice(self, bench: Workbench) -> None:
        bench.data.log_file.write_bytes(b"no database, but long enough to be looked at " * 20)
        remember(bench, self.CHOSEN, choice_now(bench))
        assert saved(bench).profile == "fast"


class TestInstalling:
    def test_a_new_name_replaces_nothing(self, bench: Workbench, replaced: Path, tmp_path: Path) -> None:
        new = model_pack(tmp_path / "new.cranepack")
        installed, kept = install_keeping(bench, new, "new")
        assert (installed.read_bytes(), kept, replaced.exists()) == (new.read_bytes(), None, False)
        assert saved(bench).previous is None

    def test_the_one_in_use_is_kept_and_is_the_way_back(
        self, bench: Workbench, place: Path, others: list[Path], tiny_pack: Path
    ) -> None:
        before = choice_now(bench)
        installed, kept = install_keeping(bench, others[0], NAME)
        assert kept is not None
        assert (installed, place.read_bytes(), kept.read_bytes()) == (
            place,
            others[0].read_bytes(),
            tiny_pack.read_bytes(),
        )
        assert saved(bench).previous == before

    def test_the_same_content_keeps_nothing(self, bench: Workbench, replaced: Path, tiny_pack: Path) -> None:
        assert install_keeping(bench, tiny_pack, NAME)[1] is None
        assert (replaced.exists(), saved(bench).previous) == (False, None)

    def test_one_that_is_damaged_makes_room_and_leads_nowhere(
        self, bench: Workbench, place: Path, others: list[Path]
    ) -> None:
        place.write_bytes(b"no pack" * 99)
        _installed, kept = install_keeping(bench, others[0], NAME)
        assert kept is not None
        assert kept.name == f"{NAME}-damaged.cranepack"
        assert place.read_bytes() == others[0].read_bytes()

    def test_of_those_of_one_name_two_stay(self, bench: Workbench, replaced: Path, others: list[Path]) -> None:
        stranger = replaced / "別物-0000.cranepack"
        replaced.mkdir()
        stranger.write_bytes(b"of another name")
        for other in others:
            install_keeping(bench, other, NAME)
        kept = {file.read_bytes() for file in replaced.iterdir()}
        assert kept == {others[1].read_bytes(), others[2].read_bytes(), stranger.read_bytes()}

    def test_a_file_system_without_links_keeps_a_copy(
        self, bench: Workbench, others: list[Path], tiny_pack: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_words: object) -> None:
            raise OSError(1, "Operation not permitted")

        monkeypatch.setattr(history.os, "link", refuse)
        _installed, kept = install_keeping(bench, others[0], NAME)
        assert kept is not None
        assert kept.read_bytes() == tiny_pack.read_bytes()

    def test_where_the_old_one_cannot_be_kept_it_stays(
        self, bench: Workbench, place: Path, replaced: Path, others: list[Path], tiny_pack: Path
    ) -> None:
        replaced.write_bytes(b"a file where the folder would be")
        with pytest.raises(InputError) as caught:
            install_keeping(bench, others[0], NAME)
        assert caught.value.key == "model.pack_not_written"
        assert place.read_bytes() == tiny_pack.read_bytes()
        assert saved(bench).previous is None

    def test_a_full_disk_leaves_the_old_one_in_its_place(
        self, bench: Workbench, place: Path, others: list[Path], tiny_pack: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(_source: BinaryIO, target: BinaryIO, _at_once: int) -> None:
            target.write(b"half")
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("crane_desktop.model.packs.shutil.copyfileobj", full)
        with pytest.raises(InputError) as caught:
            install_keeping(bench, others[0], NAME)
        assert "No space left" in str(caught.value.params["reason"])
        assert place.read_bytes() == tiny_pack.read_bytes()
        assert [file.name for file in bench.data.packs.iterdir() if file.is_file()] == [place.name]

    def test_where_the_way_back_cannot_be_written_the_old_one_judges_on(
        self, bench: Workbench, place: Path, others: list[Path], tiny_pack: Path
    ) -> None:
        bench.data.settings_file.mkdir()
        with pytest.raises(InputError):
            install_keeping(bench, others[0], NAME)
        assert place.read_bytes() == tiny_pack.read_bytes()

    def test_where_the_way_back_of_a_new_one_cannot_be_written_it_is_not_there(
        self, bench: Workbench, place: Path, tiny_pack: Path, tmp_path: Path
    ) -> None:
        brought = shutil.copy(tiny_pack, tmp_path / place.name)
        place.unlink()
        bench.data.settings_file.mkdir()
        with pytest.raises(InputError):
            install_keeping(bench, Path(brought), NAME)
        assert not place.exists()


class TestTheWayBack:
    def test_a_pack_that_is_in_its_place_is_given_as_it_is(self, bench: Workbench, place: Path) -> None:
        for choice in (choice_now(bench), choice_now(bench).model_copy(update={"pack_sha256": None})):
            with restored(bench, choice) as path:
                assert path == place

    def test_the_kept_one_comes_back_and_the_other_is_kept(
        self, bench: Workbench, place: Path, replaced: Path, others: list[Path], tiny_pack: Path
    ) -> None:
        before = choice_now(bench)
        _installed, kept = install_keeping(bench, others[0], NAME)
        with restored(bench, before) as path:
            assert path == kept
            assert place.read_bytes() == others[0].read_bytes(), "not before it was proven"
        assert place.read_bytes() == tiny_pack.read_bytes()
        assert [file.read_bytes() for file in replaced.iterdir()] == [others[0].read_bytes()]

    def test_one_that_is_not_proven_stays_away(
        self, bench: Workbench, place: Path, replaced: Path, others: list[Path], tiny_pack: Path
    ) -> None:
        before = choice_now(bench)
        install_keeping(bench, others[0], NAME)
        with pytest.raises(ZeroDivisionError), restored(bench, before):
            raise ZeroDivisionError
        assert place.read_bytes() == others[0].read_bytes()
        assert [file.read_bytes() for file in replaced.iterdir()] == [tiny_pack.read_bytes()]

    def test_the_oldest_kept_one_is_spared_while_it_comes_back(
        self, bench: Workbench, place: Path, others: list[Path], tiny_pack: Path
    ) -> None:
        before = choice_now(bench)
        for other in others[:2]:
            install_keeping(bench, other, NAME)
        with restored(bench, before):
            pass
        assert place.read_bytes() == tiny_pack.read_bytes()

    def test_what_is_gone_is_told_by_the_beginning_of_its_sum(self, bench: Workbench, place: Path) -> None:
        choice = choice_now(bench).model_copy(update={"pack_sha256": "ab" * 32})
        with pytest.raises(InputError) as caught, restored(bench, choice):
            raise AssertionError("there is none")
        assert caught.value.key == "app.previous_pack_gone"
        assert caught.value.params == {"pack": NAME, "sha": "ab" * 4}

    def test_damaged_ones_among_the_kept_are_passed_over(
        self, bench: Workbench, place: Path, replaced: Path, others: list[Path], tiny_pack: Path
    ) -> None:
        before = choice_now(bench)
        install_keeping(bench, others[0], NAME)
        (replaced / "00-damaged.cranepack").write_bytes(b"no pack" * 99)
        with restored(bench, before):
            pass
        assert place.read_bytes() == tiny_pack.read_bytes()

    def test_a_pack_of_ones_own_hides_the_programs_until_the_way_back(
        self, bench: Workbench, place: Path, tmp_path: Path, others: list[Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        built_in = tmp_path / "built in"
        built_in.mkdir()
        place.rename(built_in / place.name)
        for module in ("crane_desktop.model.packs", "crane_desktop.services.packs.history"):
            monkeypatch.setattr(f"{module}.resource_path", lambda _name: built_in)
        before = choice_now(bench)
        assert before.pack_sha256 is not None
        assert install_keeping(bench, others[0], NAME)[1] is None
        assert saved(bench).previous == before
        with restored(bench, before) as path:
            assert path == built_in / place.name
        assert not place.exists()
        assert choice_now(bench) == before

    def test_a_disk_that_does_not_let_it_back_is_told(
        self, bench: Workbench, place: Path, others: list[Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = choice_now(bench)
        install_keeping(bench, others[0], NAME)

        def refuse(*_words: object) -> None:
            raise PermissionError(13, "in use by another program")

        monkeypatch.setattr(Path, "replace", refuse)
        with pytest.raises(InputError) as caught, restored(bench, before):
            pass
        assert caught.value.key == "model.pack_not_written"
        assert place.read_bytes() == others[0].read_bytes()
