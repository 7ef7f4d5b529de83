"""What is remembered: at once what a power cut must not undo, the rest at the end, and never what does not run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fake_station import scorer
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.domain.sources import SourceChoice
from crane_desktop.domain.station import StationState, StationView
from crane_desktop.ui.shell.preferences import KeptPreferences, Preferences
from crane_desktop.ui.shell.situation import BUSY

CHANGES = st.lists(
    st.one_of(
        st.fixed_dictionaries({"language": st.sampled_from(["ja", "en"])}),
        st.fixed_dictionaries({"pack": st.sampled_from([None, "a", "demo"]), "recipe": st.sampled_from([None, "x"])}),
        st.fixed_dictionaries({"source": st.sampled_from([SourceChoice(), SourceChoice(kind="folder", path="/a")])}),
    ),
    max_size=12,
)


@given(CHANGES, st.floats(0, 1))
def test_a_power_cut_at_any_moment_undoes_no_choice(changes: list[dict[str, Any]], opacity: float) -> None:
    disk: list[Preferences] = [Preferences()]
    kept = KeptPreferences(Preferences(), disk.append)
    kept.note(opacity=opacity)
    assert len(disk) == 1  # a dragged slider writes no file a step
    for change in changes:
        before = len(disk)
        kept.change(**change)
        assert replace(disk[-1], opacity=opacity) == kept.now
        assert len(disk) - before <= 1
    kept.finish(b"here")
    assert disk[-1] == kept.now
    assert (kept.now.opacity, kept.now.geometry) == (opacity, b"here")


@given(st.sampled_from(list(StationState)), st.sampled_from([None, "demo", "broken"]), st.booleans())
def test_only_what_runs_is_remembered_once_a_load_has_ended(state: StationState, pack: str | None, model: bool) -> None:
    disk: list[Preferences] = []
    wanted = Preferences(pack=pack, recipe="x")
    kept = KeptPreferences(wanted, disk.append)
    view = StationView(state, scorer=scorer() if model else None)
    for _ in range(3):
        kept.settle(view)
    given_up = model and state not in BUSY and pack == "broken"
    assert kept.now == (replace(wanted, pack="demo", recipe=None) if given_up else wanted)
    assert len(disk) == int(given_up)
