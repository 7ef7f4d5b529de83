"""Answers that come later, late, or never."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import pytest
from fake_station import answered, failed
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.domain.errors import CraneError, InputError
from crane_desktop.ui.shell.inbox import MOST_ASKED, Inbox


@pytest.fixture
def told() -> list[CraneError]:
    return []


@pytest.fixture
def inbox(told: list[CraneError]) -> Inbox:
    return Inbox(told.append)


def test_an_answer_is_used_once_and_only_when_polled(inbox: Inbox) -> None:
    used: list[int] = []
    inbox.ask("q", answered(3), used.append)
    assert used == []
    inbox.poll()
    inbox.poll()
    assert used == [3]
    assert not inbox.waits_for("q")


def test_asking_anew_drops_the_older_answer(inbox: Inbox) -> None:
    used: list[str] = []
    first: Future[str] = Future()
    first.set_running_or_notify_cancel()  # under way: it can no longer be cancelled
    inbox.ask("q", first, used.append)
    inbox.ask("q", answered("new"), used.append)
    first.set_result("late")
    inbox.poll()
    assert used == ["new"]


def test_a_dropped_question_is_cancelled(inbox: Inbox) -> None:
    waiting: Future[str] = Future()
    inbox.ask("q", waiting, lambda _: pytest.fail("dropped"))
    inbox.drop("q")
    inbox.drop("never asked")
    assert waiting.cancelled()
    inbox.poll()


def test_a_cancelled_answer_is_no_answer(inbox: Inbox, told: list[CraneError]) -> None:
    waiting: Future[str] = Future()
    inbox.ask("q", waiting, lambda _: pytest.fail("cancelled"))
    waiting.cancel()
    inbox.poll()
    assert told == []
    assert not inbox.waits_for("q")


def test_what_the_user_can_mend_is_told_as_it_is(inbox: Inbox, told: list[CraneError]) -> None:
    error = InputError("ui.no_folder")
    inbox.ask("q", failed(error), lambda _: pytest.fail("failed"))
    inbox.poll()
    assert told == [error]


def test_what_nobody_expected_is_logged_whole_and_told_briefly(
    inbox: Inbox, told: list[CraneError], caplog: pytest.LogCaptureFixture, logs_allowed: None
) -> None:
    inbox.ask("q", failed(ZeroDivisionError("by nought")), lambda _: pytest.fail("failed"))
    inbox.poll()
    assert [error.key for error in told] == ["ui.unexpected"]
    assert "by nought" in str(told[0])
    assert caplog.records[0].exc_info is not None


def test_an_answer_may_drop_another_that_has_come_too(inbox: Inbox) -> None:
    used: list[str] = []
    inbox.ask("first", answered(1), lambda _: inbox.drop("second"))
    inbox.ask("second", answered(2), lambda _: used.append("second"))
    inbox.poll()
    assert used == []


def test_an_answer_may_ask_on(inbox: Inbox) -> None:
    used: list[int] = []
    inbox.ask("q", answered(1), lambda _: inbox.ask("q", answered(2), used.append))
    inbox.poll()
    assert used == []
    inbox.poll()
    assert used == [2]


def test_forgetting_drops_everything(inbox: Inbox) -> None:
    waiting: list[Future[Any]] = [Future(), Future()]
    for place, future in enumerate(waiting):
        inbox.ask(str(place), future, lambda _: pytest.fail("forgotten"))
    inbox.forget()
    inbox.poll()
    assert all(future.cancelled() for future in waiting)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["ask", "answer", "poll"]))))
def test_only_the_answer_to_the_last_asking_is_ever_used(steps: list[tuple[str, str]]) -> None:
    inbox = Inbox(lambda _: None)
    last: dict[str, tuple[int, Future[int]]] = {}
    for number, (question, step) in enumerate(steps):
        if step == "ask":
            future: Future[int] = Future()
            future.set_running_or_notify_cancel()
            last[question] = number, future

            def use(answer: int, q: str = question) -> None:
                assert answer == last[q][0]

            inbox.ask(question, future, use)
        elif step == "answer" and question in last and not last[question][1].done():
            last[question][1].set_result(last[question][0])
        else:
            inbox.poll()


def test_a_question_may_have_its_own_way_to_fail(inbox: Inbox, told: list[CraneError], logs_allowed: None) -> None:
    own: list[CraneError] = []
    inbox.ask("mended", failed(InputError("ui.no_folder")), lambda _: pytest.fail("failed"), own.append)
    inbox.ask("bug", failed(ZeroDivisionError("x")), lambda _: pytest.fail("failed"), own.append)
    inbox.poll()
    assert [error.key for error in own] == ["ui.no_folder", "ui.unexpected"]
    assert told == []


def test_the_questions_of_one_part_are_dropped_together(inbox: Inbox) -> None:
    futures: dict[str, Future[Any]] = {
        name: Future() for name in ("camera.read", "camera.1", "camera_open.1", "record")
    }
    for name, future in futures.items():
        inbox.ask(name, future, lambda _: None)
    inbox.drop_all("camera")
    assert {name for name, future in futures.items() if future.cancelled()} == {"camera.read", "camera.1"}
    assert len(inbox) == 2


def test_no_more_is_waited_for_than_there_is_room(inbox: Inbox, told: list[CraneError]) -> None:
    waiting: list[Future[Any]] = [Future() for _ in range(MOST_ASKED)]
    for place, future in enumerate(waiting):
        inbox.ask(str(place), future, lambda _: None)
    one_more: Future[Any] = Future()
    inbox.ask("one more", one_more, lambda _: pytest.fail("refused"))
    assert one_more.cancelled()
    assert [error.key for error in told] == ["ui.too_much_under_way"]
    assert not any(future.cancelled() for future in waiting)
    inbox.ask("0", Future(), lambda _: None)  # asked anew it takes the older one's place
    assert len(inbox) == MOST_ASKED
    assert len(told) == 1


def test_answers_are_used_in_the_order_of_the_asking(inbox: Inbox) -> None:
    used: list[str] = []
    late: Future[str] = Future()
    inbox.ask("a", late, used.append)
    inbox.ask("b", answered("b"), used.append)
    inbox.ask("c", answered("c"), used.append)
    late.set_result("a")
    inbox.poll()
    assert used == ["a", "b", "c"]
