"""One owner of a camera: whoever asks in whatever order, the line and the set-up page never fight over it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, ClassVar

import pytest
from eventually import WITHIN_S

from crane_desktop.camera.genicam import session as session_module
from crane_desktop.domain.camera_setup import FeatureValue
from crane_desktop.domain.errors import StationFault
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.recipe.model import Recipe
from crane_desktop.services import camera_setup
from crane_desktop.services.camera_setup import CameraOwner

CAMERA = SourceChoice(kind="genicam", device="SN1")


class FakeSession:
    """Holds its camera from being made until it is joined after `close`."""

    holding: ClassVar[list[FakeSession]] = []
    hangs = False

    def __init__(self, cti: str | None, device: str | None, wanted: Mapping[str, FeatureValue], keep: object) -> None:
        assert not FakeSession.holding, "two at once"
        self.name, self.wanted, self.keep = str(device), wanted, keep
        self.closed = False
        FakeSession.holding.append(self)

    def close(self) -> None:
        self.closed = True

    def join(self) -> bool:
        assert self.closed
        if not FakeSession.hangs:
            FakeSession.holding.remove(self)
        return not FakeSession.hangs


@pytest.fixture(autouse=True)
def sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    FakeSession.holding, FakeSession.hangs = [], False
    monkeypatch.setattr(session_module, "SetupSession", FakeSession)


@pytest.fixture
def saved() -> list[tuple[Any, ...]]:
    return []


@pytest.fixture
def owner(saved: list[tuple[Any, ...]]) -> CameraOwner:
    def save(features: Mapping[str, FeatureValue], name: str, based_on: Recipe | None) -> Future[str]:
        saved.append((dict(features), name, based_on))
        done: Future[str] = Future()
        done.set_result(name)
        return done

    return CameraOwner(save)


def test_a_second_set_up_takes_the_place_of_the_first(owner: CameraOwner) -> None:
    first = owner.set_up(CAMERA, None)
    second = owner.set_up(CAMERA, None)
    assert (first is not second, FakeSession.holding) == (True, [second])


def test_the_line_takes_the_camera_from_the_page(owner: CameraOwner) -> None:
    owner.set_up(CAMERA, None)
    with owner.granted_to_line(lambda: None):
        assert FakeSession.holding == []


def test_a_page_that_is_asked_for_while_the_line_starts_waits_for_it(owner: CameraOwner) -> None:
    starting, go_on, order = threading.Event(), threading.Event(), []

    def line() -> None:
        with owner.granted_to_line(lambda: None):
            starting.set()
            go_on.wait(WITHIN_S)
            order.append("line runs")

    def page() -> None:
        starting.wait(WITHIN_S)
        owner.set_up(CAMERA, None)
        order.append("page opens")

    threads = [threading.Thread(target=one) for one in (line, page)]
    for thread in threads:
        thread.start()
    assert starting.wait(WITHIN_S)
    go_on.set()
    for thread in threads:
        thread.join(WITHIN_S)
    assert order == ["line runs", "page opens"]


def test_a_line_that_failed_to_start_leaves_the_camera_free(owner: CameraOwner) -> None:
    with pytest.raises(ZeroDivisionError), owner.granted_to_line(lambda: None):
        raise ZeroDivisionError
    owner.set_up(CAMERA, None)
    assert len(FakeSession.holding) == 1


def test_a_camera_that_does_not_let_go_keeps_the_line_from_starting(owner: CameraOwner) -> None:
    owner.set_up(CAMERA, None)
    FakeSession.hangs = True
    with pytest.raises(StationFault), owner.granted_to_line(lambda: None):
        raise AssertionError("the line was granted a camera that is not free")


def test_who_waits_too_long_is_told(owner: CameraOwner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera_setup, "_GRANTED_WITHIN_S", 0.1)
    with owner.granted_to_line(lambda: None), pytest.raises(StationFault, match="camera_not_granted"):
        raise_from_another_thread(lambda: owner.set_up(CAMERA, None))


def test_the_page_sees_the_recipe_in_use_and_saves_with_it(owner: CameraOwner, saved: list[tuple[Any, ...]]) -> None:
    recipe = Recipe(name="A", camera_features={"Gain": 2.0})
    session: Any = owner.set_up(CAMERA, recipe)
    assert session.wanted == {"Gain": 2.0}
    session.keep({"Gain": 3.0}, "B")
    assert saved == [({"Gain": 3.0}, "B", recipe)]


def test_releasing_what_is_not_open_is_nothing(owner: CameraOwner) -> None:
    owner.release()
    owner.set_up(CAMERA, None)
    owner.release()
    owner.release()
    assert FakeSession.holding == []


def raise_from_another_thread(call: Callable[[], object]) -> None:
    raised: list[BaseException] = []

    def run() -> None:
        try:
            call()
        except StationFault as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(WITHIN_S)
    if raised:
        raise raised[0]
