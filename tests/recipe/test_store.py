"""The store of recipes: every version stays, one is in use, and nothing that happens in between loses either."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from crane_desktop.domain.errors import InputError
from crane_desktop.recipe.identity import recipe_sha256
from crane_desktop.recipe.locking import locked
from crane_desktop.recipe.model import Recipe, Thresholds
from crane_desktop.recipe.store import RecipeChange, RecipeStore, RecipeVersion, UnreadableVersion, recipe_for_pack
from crane_desktop.recipe.version_files import HEAD_FILE
from crane_desktop.settings.data_dir import DataDir
from crane_desktop.settings.texts import error_text

NAME = "部品A 表"
LIMITS = Thresholds(score_review=0.1, score_ng=0.2, map_review=0.3, map_ng=0.4)


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    return DataDir(tmp_path / "検査 データ%1")


@pytest.fixture
def store(data: DataDir) -> RecipeStore:
    return RecipeStore(data)


def say(store: RecipeStore, words: str, name: str = NAME) -> RecipeVersion:
    """Save a version that differs by its description."""
    return store.save(name, lambda now: now.changed(description=words), who="検査員", why=f"says {words}")


def folder_of(data: DataDir, name: str = NAME) -> Path:
    return data.recipes / f"{name}.versions"


def refused(ask: Callable[[], object], key: str) -> InputError:
    with pytest.raises(InputError) as caught:
        ask()
    assert caught.value.key == key
    assert all(error_text(caught.value, language) for language in ("ja", "en"))
    return caught.value


def error_of(work: Callable[[], object]) -> InputError | None:
    try:
        work()
    except InputError as error:
        return error
    return None


# -- what it promises ------------------------------------------------------------------------------------------


def test_every_version_stays_as_it_was_saved(store: RecipeStore) -> None:
    made = [say(store, words) for words in ("one", "two", "three")]
    assert [one.version for one in made] == [1, 2, 3]
    assert [one.parent_sha256 for one in made] == [None, made[0].sha256, made[1].sha256]
    assert store.head(NAME) == made[-1].recipe
    for number, one in enumerate(made, start=1):
        assert store.version(NAME, number) == one.recipe == store.by_sha256(one.sha256)
        assert one.sha256 == recipe_sha256(one.recipe)
        assert one.sha256[:16] in one.file.name
    assert [one.recipe.description for one in made] == ["one", "two", "three"]
    assert store.names() == [NAME]


def test_history_tells_who_when_why_and_what_changed(store: RecipeStore) -> None:
    before = datetime.now(UTC)
    say(store, "one")
    store.save(NAME, lambda now: now.changed(camera_features={"Gain": 2.0}), who="B", why="too dark")
    first, second = store.history(NAME)
    assert isinstance(first, RecipeVersion)
    assert isinstance(second, RecipeVersion)
    assert (first.who, first.differences) == ("検査員", ())
    assert (second.who, second.why.params) == ("B", {"words": "too dark"})
    assert second.when.tzinfo is not None
    assert before <= first.when <= second.when <= datetime.now(UTC)
    assert [(one.field, one.old, one.new) for one in second.differences or ()] == [("camera_features.Gain", None, 2.0)]


def test_nothing_is_written_where_nothing_changes(store: RecipeStore, data: DataDir) -> None:
    made = say(store, "one")
    files = sorted(folder_of(data).iterdir())
    assert say(store, "one").sha256 == made.sha256
    assert store.take_over(made.recipe.changed(version=40), who="x", why="same")[0].version == 1
    assert sorted(folder_of(data).iterdir()) == files


def test_going_back_is_a_new_version_and_the_number_goes_on(store: RecipeStore) -> None:
    for words in ("one", "two", "three"):
        say(store, words)
    back = store.roll_back(NAME, who="B")
    assert (back.version, back.recipe.description, back.why.params) == (4, "two", {"version": 2})
    assert store.roll_back(NAME, 1, who="B", why="again").recipe.description == "one"
    assert store.head(NAME).version == 5
    assert [one.version for one in store.history(NAME)] == [1, 2, 3, 4, 5]
    assert store.roll_back(NAME, 5, who="B").version == 5  # it is in use already


def test_a_change_is_told_once_in_order_with_its_parent(data: DataDir) -> None:
    told: list[RecipeChange] = []
    store = RecipeStore(data, on_change=told.append)
    first, second = say(store, "one"), say(store, "two")
    say(store, "two")
    store.roll_back(NAME, who="B")
    assert [one.version for one in told] == [1, 2, 3]
    assert [one.parent_sha256 for one in told] == [None, first.sha256, second.sha256]
    assert [(one.field, one.old, one.new) for one in told[1].differences] == [("description", "one", "two")]
    assert (told[1].name, told[1].who, told[1].sha256) == (NAME, "検査員", second.sha256)


def test_what_the_change_says_about_name_and_number_does_not_count(store: RecipeStore) -> None:
    say(store, "one")
    made = store.save(NAME, lambda now: now.changed(name="other", version=99, pack="p"), who="a", why="b")
    assert (made.name, made.version, store.names()) == (NAME, 2, [NAME])


def test_a_new_recipe_begins_as_the_one_given(store: RecipeStore) -> None:
    start = Recipe(name=NAME, version=4, pack="p", thresholds=LIMITS)
    made = store.save(start, lambda now: now.changed(description="x"), who="a", why="b").recipe
    assert (made.version, made.pack, made.thresholds) == (4, "p", LIMITS)
    again = store.save(start, lambda now: now.changed(description="y"), who="a", why="b").recipe
    assert (again.version, again.description) == (5, "y")  # it exists: its own head is the beginning


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_change_that_makes_no_recipe_writes_nothing(store: RecipeStore, data: DataDir, value: float) -> None:
    say(store, "one")
    files = sorted(folder_of(data).iterdir())
    change = {"ExposureTime": 5.0, "Gain": value}
    refused(
        lambda: store.save(NAME, lambda now: now.changed(camera_features=change), who="a", why="b"),
        "recipe.field_wrong",
    )
    # Nor does one that was put together past the validation.
    refused(
        lambda: store.save(NAME, lambda now: now.model_copy(update={"camera_features": change}), who="a", why="b"),
        "recipe.field_wrong",
    )
    assert sorted(folder_of(data).iterdir()) == files
    assert store.head(NAME).description == "one"


def test_what_is_not_there_is_told(store: RecipeStore) -> None:
    say(store, "one")
    for ask in (
        store.head,
        store.history,
        lambda name: store.version(name, 1),
        lambda name: store.roll_back(name, who=""),
    ):
        assert refused(lambda ask=ask: ask("ない"), "recipe.not_here").params["known"] == NAME  # type: ignore[misc]
    assert refused(lambda: store.version(NAME, 9), "recipe.no_such_version").params["known"] == "1"
    refused(lambda: store.roll_back(NAME, 9, who="a"), "recipe.no_such_version")
    refused(lambda: store.roll_back(NAME, who="a"), "recipe.no_earlier_version")
    for sha256 in ("", "0" * 64, "../../x", "*" * 64):
        refused(lambda sha256=sha256: store.by_sha256(sha256), "recipe.no_such_sha256")  # type: ignore[misc]
    for name in ("", "a/b", "CON", "..", "a.versions/../b"):
        refused(lambda name=name: say(store, "x", name), "recipe.name")  # type: ignore[misc]


@pytest.mark.parametrize(
    "name", ["unnamed", "format-1", "replaced", "x.json", "x.versions", "0" * 16 + ".goodparts", "head"]
)
def test_no_name_meets_another_file_of_the_folder(store: RecipeStore, name: str) -> None:
    say(store, "x", "x")
    store.keep_unnamed(recipe_for_pack("demo", LIMITS))
    say(store, "one", name)
    say(store, "two", name)
    assert store.head(name).description == "two"
    assert store.names() == sorted({"x", name})
    assert store.head("x").description == "x"


def test_names_that_differ_only_in_case_are_refused_on_every_system(store: RecipeStore) -> None:
    say(store, "one", "Gear")
    error = refused(lambda: say(store, "two", "gear"), "recipe.name_differs_in_case")
    assert (error.params["name"], error.params["other"]) == ("gear", "Gear")
    refused(lambda: store.take_over(Recipe(name="GEAR"), who="a", why="b"), "recipe.name_differs_in_case")
    refused(lambda: store.head("gear"), "recipe.not_here")
    assert say(store, "two", "Gear").version == 2


def test_other_files_in_the_folder_are_left_alone(store: RecipeStore, data: DataDir) -> None:
    say(store, "one")
    memory = data.recipes / f"{'0' * 16}.goodparts"
    strange = [memory, folder_of(data) / "notes.txt", folder_of(data) / ".v.json.ab.part", data.recipes / "a.versions"]
    for file in strange:
        file.write_bytes(b"x")
    say(store, "two")
    store.roll_back(NAME, who="a")
    assert store.names() == [NAME]
    assert [file.read_bytes() for file in strange] == [b"x"] * 4


def test_an_unnamed_recipe_is_read_by_its_hash_for_ever(store: RecipeStore, data: DataDir) -> None:
    recipe = recipe_for_pack("demo", LIMITS)
    sha256 = store.keep_unnamed(recipe)
    assert sha256 == store.keep_unnamed(recipe) == recipe_sha256(recipe)
    assert store.by_sha256(sha256) == recipe
    assert store.names() == []
    (file,) = (data.recipes / "unnamed").iterdir()
    for content in (b"{", b'{"name": "default"}'):
        file.write_bytes(content)
        with pytest.raises(InputError):
            store.by_sha256(sha256)
    store.keep_unnamed(recipe)
    assert store.by_sha256(sha256) == recipe


def test_what_a_run_judges_with_can_be_read_again_stored_or_not(store: RecipeStore, data: DataDir) -> None:
    named = say(store, "one")
    assert store.keep(named.recipe) == named.sha256
    assert not (data.recipes / "unnamed").exists()  # its version is enough
    unnamed = recipe_for_pack("demo", LIMITS)
    assert store.by_sha256(store.keep(unnamed)) == unnamed
    say(store, "two")
    named.file.write_bytes(b"{")  # damaged while a run still judges with it
    with pytest.raises(InputError):
        store.by_sha256(named.sha256)
    assert store.by_sha256(store.keep(named.recipe)) == named.recipe


# -- damage ----------------------------------------------------------------------------------------------------


def flipped(content: bytes) -> bytes:
    return content.replace("検査員".encode(), "検査官".encode())


def relabelled(content: bytes, **changes: Any) -> bytes:
    return json.dumps({**json.loads(content), **changes}).encode()


DAMAGE: dict[str, Callable[[bytes], bytes | None]] = {
    "gone": lambda _: None,
    "empty": lambda _: b"",
    "cut": lambda content: content[:-40],
    "no text": lambda _: b"\xff\xfe\x00",
    "no object": lambda _: b"[]",
    "deep": lambda _: b"[" * 100_000,
    "who was changed": flipped,
    "a threshold was changed": lambda content: content.replace(b'"smallest_area_px": 0.0', b'"smallest_area_px": 9.0'),
    "number was changed": lambda content: relabelled(content, version=7),
    "no checksum": lambda content: relabelled(content, checksum="0" * 64),
    "a field too many": lambda content: relabelled(content, surprise=1),
    "no number of JSON": lambda content: relabelled(content, who=float("nan")),
}


@pytest.mark.parametrize("kind", DAMAGE)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_damaged_version_is_told_and_costs_no_other(store: RecipeStore, data: DataDir, kind: str, place: int) -> None:
    made = [say(store, words) for words in ("one", "two", "three")]
    file = made[place].file
    content = DAMAGE[kind](file.read_bytes())
    assert content != file.read_bytes()
    file.unlink() if content is None else file.write_bytes(content)
    gone = content is None and place < 2  # an old file that is gone leaves nothing that could be told
    key = "recipe.no_such_version" if gone else "recipe.version_damaged"
    refused(lambda: store.version(NAME, place + 1), key)
    for other in {0, 1, 2} - {place}:
        assert store.version(NAME, other + 1) == made[other].recipe
    told = store.history(NAME)
    assert [one.version for one in told if isinstance(one, UnreadableVersion)] == ([] if gone else [place + 1])
    after = next((one for one in told if one.version == place + 2), None)
    assert not isinstance(after, RecipeVersion) or after.differences is None  # to what, cannot be told
    if place == 2:
        assert "back" in error_text(refused(lambda: store.head(NAME), "recipe.version_damaged"), "en")
        refused(lambda: say(store, "four"), "recipe.version_damaged")
        back = store.roll_back(NAME, who="B")
        assert (back.version, back.recipe.description, back.parent_sha256) == (4, "two", made[2].sha256)
    else:
        assert store.head(NAME) == made[2].recipe
        assert say(store, "four").version == 4
    assert store.head(NAME).version == 4


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"format_version": 3}', b'{"format_version": 2, "version": 0}', None]
)
def test_a_damaged_head_is_told_and_going_back_mends_it(
    store: RecipeStore, data: DataDir, content: bytes | None
) -> None:
    for words in ("one", "two", "three"):
        say(store, words)
    head = folder_of(data) / HEAD_FILE
    if content is None:
        head.unlink()
        store.version(NAME, 2)
        next(folder_of(data).glob("v000002-*")).unlink()  # which one is in use can no longer be proven
    else:
        head.write_bytes(content)
    assert "back" in error_text(refused(lambda: store.head(NAME), "recipe.head_damaged"), "en")
    refused(lambda: say(store, "four"), "recipe.head_damaged")
    assert len(store.history(NAME)) == (2 if content is None else 3)
    assert store.roll_back(NAME, who="B").recipe.description == "three"
    assert store.head(NAME).version == 4
    assert say(store, "five").version == 5


def test_a_version_of_a_later_program_is_told_and_costs_no_other(store: RecipeStore) -> None:
    made = [say(store, words) for words in ("one", "two")]
    made[1].file.write_bytes(b'{"format_version": 3, "anything": "new"}')
    assert "Update" in error_text(refused(lambda: store.head(NAME), "recipe.version_too_new"), "en")
    assert store.roll_back(NAME, who="B").recipe.description == "one"


def test_a_folder_that_was_copied_under_another_name_is_no_recipe_of_that_name(
    store: RecipeStore, data: DataDir
) -> None:
    say(store, "one")
    shutil.copytree(folder_of(data), folder_of(data, "copy"))
    refused(lambda: store.head("copy"), "recipe.version_damaged")
    assert store.head(NAME).description == "one"


def test_a_damaged_recipe_is_replaced_by_one_from_elsewhere(store: RecipeStore) -> None:
    say(store, "one")
    damaged = say(store, "two").file
    damaged.write_bytes(b"{")
    made, kept = store.take_over(Recipe(name=NAME, description="new"), who="a", why="b")
    assert (made.version, kept, damaged.read_bytes()) == (3, damaged, b"{")


# -- kills and full disks --------------------------------------------------------------------------------------


@contextmanager
def at_every_step(monkeypatch: pytest.MonkeyPatch, step: Callable[[str], None]) -> Iterator[None]:
    """Call `step` before and after everything that changes a folder."""

    def around(what: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if what == "open" and "x" not in str(args[1:]):  # it only reads
                return real(*args, **kwargs)
            step(f"before {what}")
            done = real(*args, **kwargs)
            step(f"after {what}")
            return done

        return call

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", around("fsync", os.fsync))
        for what in ("replace", "mkdir", "unlink", "open"):
            patch.setattr(Path, what, around(what, getattr(Path, what)))
        yield


ACTIONS: dict[str, Callable[[RecipeStore], object]] = {
    "first save": lambda store: say(store, "new", "another"),
    "save": lambda store: say(store, "new"),
    "back": lambda store: store.roll_back(NAME, who="a"),
    "import": lambda store: store.take_over(Recipe(name=NAME, description="new"), who="a", why="b"),
}


@pytest.mark.parametrize("action", ACTIONS)
def test_a_kill_at_any_moment_leaves_the_old_head_or_the_new_one(
    store: RecipeStore, data: DataDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    say(store, "one")
    say(store, "two")
    name = "another" if action == "first save" else NAME
    left: list[Path] = []
    copying = False

    def copy(what: str) -> None:
        """What lies there now is what a kill at this moment would leave."""
        nonlocal copying
        if not copying:
            copying = True
            left.append(tmp_path / f"{len(left):03d} {what}")
            shutil.copytree(data.root, left[-1])
            copying = False

    old = None if action == "first save" else store.head(NAME)
    with at_every_step(monkeypatch, copy):
        ACTIONS[action](store)
    new = store.head(name)
    assert len(left) > 10
    found = []
    for folder in left:
        again = RecipeStore(DataDir(folder))
        head = again.head(name) if name in again.names() else None
        assert head in (old, new), folder.name
        found.append(head)
        history = [] if head is None else again.history(name)
        assert [one.version for one in history] == list(range(1, len(history) + 1)), folder.name
        assert all(isinstance(one, RecipeVersion) for one in history), folder.name
        after = say(again, "after", name)
        assert (after.version, after.parent_sha256) == (
            (1, None) if head is None else (head.version + 1, recipe_sha256(head))
        ), folder.name
        assert again.head(name).description == "after"
    assert found[0] == old
    assert found[-1] == new
    assert found == sorted(found, key=lambda head: head == new)  # once it is the new one, it stays


@pytest.mark.parametrize("action", ACTIONS)
def test_a_disk_that_refuses_any_step_changes_all_or_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    name = "another" if action == "first save" else NAME
    refusals = 0
    for fails_at in range(100):
        root = tmp_path / str(fails_at)
        store = RecipeStore(DataDir(root))
        say(store, "one")
        old = say(store, "two").recipe
        passed = -1

        def refuse(what: str, root: Path = root, fails_at: int = fails_at) -> None:
            nonlocal passed
            if what.startswith("before") and what != "before unlink":
                passed += 1
                if passed == fails_at:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(root))

        with at_every_step(monkeypatch, refuse):
            error = error_of(partial(ACTIONS[action], store))
        head = store.head(name) if name in store.names() else None
        if error is None:
            assert head not in (None, old)
        else:
            refusals += 1
            assert error.key == "settings.unwritable"
            assert head == (None if name == "another" else old)
        number = store.head(name).version if name in store.names() else 0
        assert say(store, "after", name).version == number + 1
        if passed < fails_at:
            break
    assert refusals >= 3
    assert fails_at < 99


# -- several at once -------------------------------------------------------------------------------------------


def add(store: RecipeStore, token: str) -> None:
    store.save(NAME, lambda now: now.changed(description=f"{now.description} {token}"), who=token, why="adds")


def all_are_there(store: RecipeStore, tokens: set[str]) -> None:
    assert set(store.head(NAME).description.split()) == tokens
    history = store.history(NAME)
    assert [one.version for one in history] == list(range(1, len(tokens) + 1))
    versions = [one for one in history if isinstance(one, RecipeVersion)]
    assert [one.parent_sha256 for one in versions] == [None, *(one.sha256 for one in versions[:-1])]
    assert {one.who for one in versions} == tokens


def test_threads_that_save_at_once_lose_no_version(data: DataDir) -> None:
    told: list[RecipeChange] = []
    store = RecipeStore(data, on_change=told.append)
    barrier = threading.Barrier(6)

    def work(number: int) -> None:
        barrier.wait()
        for turn in range(3):
            add(store if number % 2 else RecipeStore(data, on_change=told.append), f"{number}.{turn}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    all_are_there(store, {f"{number}.{turn}" for number in range(6) for turn in range(3)})
    assert [one.version for one in told] == list(range(1, 19))


def _in_a_process(root: Path, number: int) -> None:
    for turn in range(4):
        add(RecipeStore(DataDir(root)), f"{number}.{turn}")


def test_processes_that_save_at_once_lose_no_version(data: DataDir) -> None:
    context = multiprocessing.get_context("spawn")
    other = context.Process(target=_in_a_process, args=(data.root, 0))
    other.start()
    store = RecipeStore(data)
    while not store.names():  # until the other one is at it
        assert other.exitcode is None
    for turn in range(4):
        add(store, f"own.{turn}")
    other.join()
    assert other.exitcode == 0
    all_are_there(store, {f"{who}.{turn}" for who in ("own", 0) for turn in range(4)})


def test_a_store_that_others_hold_for_too_long_is_told(data: DataDir) -> None:
    with locked(data.root):
        refused(lambda: locked(data.root, within_s=0.05).__enter__(), "recipe.store_busy")
    with locked(data.root, within_s=0.05):  # and it is free again
        pass


def test_reading_waits_for_no_writer(store: RecipeStore, data: DataDir) -> None:
    made = say(store, "one")
    with locked(data.root):
        assert store.head(NAME) == store.version(NAME, 1) == store.by_sha256(made.sha256)
        assert len(store.history(NAME)) == 1
        assert store.names() == [NAME]
