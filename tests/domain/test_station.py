"""What the window is handed: snapshots that are whole from the first one on."""

from __future__ import annotations

import inspect
import typing
from concurrent.futures import Future
from dataclasses import FrozenInstanceError, fields

import pytest

from crane_desktop.domain import camera_setup, ports, signals, station_ports
from crane_desktop.domain import station as words
from crane_desktop.domain.balance import Balance
from crane_desktop.domain.packs import Offer
from crane_desktop.domain.ports import ScorerInfo, SourceInfo
from crane_desktop.domain.station import Pace, Progress, StationState, StationView
from crane_desktop.settings.texts import LANGUAGES, text


def test_a_snapshot_of_a_station_that_has_just_begun_is_whole() -> None:
    view = StationView(StationState.PREOPERATIONAL)
    assert (view.balance, view.pace) == (Balance(), Pace())
    assert (view.latest_ng, view.alarms) == ((), ())
    unknown = ("progress", "newest", "source", "source_status", "scorer", "recipe", "recipe_source")
    assert {name: getattr(view, name) for name in unknown} == dict.fromkeys(unknown)
    assert view.run_id == 0


def test_two_snapshots_share_no_counts() -> None:
    one, other = StationView(StationState.READY), StationView(StationState.READY)
    assert one.balance is not other.balance
    assert one != other, "a snapshot is compared by identity: the window asks whether it has painted this one"


@pytest.mark.parametrize("name", [one.name for one in fields(StationView)])
def test_a_snapshot_does_not_change_under_the_window(name: str) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(StationView(StationState.READY), name, None)


def test_a_line_without_verdicts_has_no_latency_rather_than_none_at_all() -> None:
    assert (Pace().verdicts_per_s, Pace().latency_p50_ms, Pace().latency_p99_ms) == (0.0, None, None)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_has_words_and_no_two_the_same(language: str) -> None:
    told = [text(f"state.{state}", language) for state in StationState]  # type: ignore[arg-type]
    assert len(set(told)) == len(StationState)


def test_progress_is_a_key_and_a_share() -> None:
    assert Progress("progress.weights", 0.5) == Progress("progress.weights", 0.5)
    assert Progress("progress.weights", 0.5) != Progress("progress.weights", 0.6)


def test_an_offer_replaces_nothing_and_is_for_work_unless_it_says_so() -> None:
    offer = Offer("pack", "demo", "1.0", "demo.cranepack")
    assert (offer.replaces, offer.for_demonstration) == (False, False)
    assert offer != Offer("recipe", "demo", "1.0", "demo.cranepack")


def test_a_model_without_good_parts_is_zero_shot() -> None:
    info = ScorerInfo("demo", "1", "ab", "crane", "full", 518, "cpu", "float32", False)
    assert info.good_parts == 0
    assert SourceInfo("demo:a", "demo", True, "x") != SourceInfo("demo:a", "demo", False, "x")


PORTS = [
    kind
    for module in (ports, station_ports, words, camera_setup, signals)
    for _, kind in inspect.getmembers(module, inspect.isclass)
    if getattr(kind, "_is_protocol", False) and kind.__module__ == module.__name__
]


def _verbs(port: type) -> list[tuple[str, typing.Any]]:
    return [(name, one) for name, one in vars(port).items() if inspect.isfunction(one) and not name.startswith("_")]


@pytest.mark.parametrize("port", PORTS, ids=lambda port: f"{port.__module__.rsplit('.', 1)[1]}.{port.__name__}")
def test_a_port_says_what_each_verb_takes_gives_and_means(port: type) -> None:
    for name, verb in _verbs(port):
        hints = typing.get_type_hints(verb, vars(inspect.getmodule(port)))
        assert "return" in hints, name
        assert set(inspect.signature(verb).parameters) - {"self"} <= set(hints), name
        assert inspect.getdoc(verb), name


@pytest.mark.parametrize("port", [p for p in PORTS if p.__module__ == station_ports.__name__], ids=lambda p: p.__name__)
def test_what_the_window_asks_for_comes_later_or_is_there_at_once(port: type) -> None:
    """A verb that gave a list or read a file itself would be waited for on the window's thread."""
    for name, verb in _verbs(port):
        given = typing.get_type_hints(verb, vars(station_ports))["return"]
        later = typing.get_origin(given) is Future
        assert later or given in (type(None), StationView), name
