"""Any order of saving, going back, importing and damage: what was saved stays, and the numbers only go up."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from crane_desktop.domain.errors import InputError
from crane_desktop.recipe.model import Recipe
from crane_desktop.recipe.store import RecipeStore, RecipeVersion
from crane_desktop.settings.data_dir import DataDir

WORDS = st.sampled_from(["a", "b", "c"])


class StoreMachine(RuleBasedStateMachine):
    """A store beside a plain list of what it should hold."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.store = RecipeStore(DataDir(Path(self.folder.name)))
        self.made: list[RecipeVersion] = []
        self.damaged: set[int] = set()

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()

    @property
    def head_is_well(self) -> bool:
        return not self.made or self.made[-1].version not in self.damaged

    def count(self, made: RecipeVersion, words: str) -> None:
        assert made.recipe.description == words
        if not self.made or made.version != self.made[-1].version:
            assert made.version == len(self.made) + 1
            self.made.append(made)

    @rule(words=WORDS)
    def save(self, words: str) -> None:
        try:
            made = self.store.save("r", lambda now: now.changed(description=words), who="w", why="y")
        except InputError:
            assert not self.head_is_well
        else:
            assert self.head_is_well
            self.count(made, words)

    @rule(words=WORDS, number=st.integers(1, 9))
    def take_over(self, words: str, number: int) -> None:
        if not self.made:
            number = 1
        made, _kept = self.store.take_over(Recipe(name="r", version=number, description=words), who="w", why="y")
        self.count(made, words)

    @precondition(lambda self: self.made)
    @rule(choice=st.integers(0, 99))
    def back_to_any(self, choice: int) -> None:
        wanted = self.made[choice % len(self.made)]
        try:
            made = self.store.roll_back("r", wanted.version, who="w")
        except InputError:
            assert wanted.version in self.damaged
        else:
            self.count(made, wanted.recipe.description)

    @precondition(lambda self: self.made)
    @rule()
    def back_one(self) -> None:
        well = [one for one in self.made[:-1] if one.version not in self.damaged]
        try:
            made = self.store.roll_back("r", who="w")
        except InputError:
            assert not well
        else:
            self.count(made, well[-1].recipe.description)

    @precondition(lambda self: self.made)
    @rule(choice=st.integers(0, 99))
    def damage(self, choice: int) -> None:
        victim = self.made[choice % len(self.made)]
        victim.file.write_bytes(victim.file.read_bytes()[:-7])
        self.damaged.add(victim.version)

    @invariant()
    def all_that_is_well_can_be_read(self) -> None:
        for one in getattr(self, "made", []):
            if one.version not in self.damaged:
                assert self.store.version("r", one.version) == one.recipe == self.store.by_sha256(one.sha256)
        if getattr(self, "made", []):
            told = self.store.history("r")
            assert [one.version for one in told] == [one.version for one in self.made]
            assert {one.version for one in told if not isinstance(one, RecipeVersion)} == self.damaged

    @invariant()
    def the_newest_is_in_use(self) -> None:
        if getattr(self, "made", []) and self.head_is_well:
            assert self.store.head("r") == self.made[-1].recipe


StoreMachine.TestCase.settings = settings(max_examples=15, stateful_step_count=12, deadline=None)
TestStoreMachine = StoreMachine.TestCase
