"""The station's one worker and its queue of events: in order, never stuck, and an end whatever is under way."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from eventually import WITHIN_S, Hang, eventually

from crane_desktop.app.station.event_queue import EventQueue
from crane_desktop.app.station.worker import GivenUpError, Worker
from crane_desktop.domain.errors import CraneError, InputError
from crane_desktop.domain.events import Event, exported
from crane_desktop.domain.station import StationState

LOADING = StationState.INITIALIZED


@pytest.fixture
def failed() -> list[CraneError]:
    return []


@pytest.fixture
def hang() -> Iterator[Hang]:
    made = Hang()
    yield made
    made.release()


@pytest.fixture
def worker(failed: list[CraneError], hang: Hang) -> Iterator[Worker]:
    made = Worker(failed.append)
    yield made
    hang.release()
    made.shut_down(wait=True)


def test_jobs_are_done_in_the_order_asked_and_answer(worker: Worker) -> None:
    done: list[int] = []
    answers = [worker.ask(LOADING, lambda number=number: (done.append(number), number)[1]) for number in range(9)]
    assert [answer.result(WITHIN_S) for answer in answers] == list(range(9)) == done


def test_the_station_is_what_the_oldest_job_says_until_the_last_is_done(worker: Worker, hang: Hang) -> None:
    assert worker.busy is None
    worker.do(LOADING, hang)
    last = worker.ask(StationState.STOPPING, lambda: None)
    eventually(lambda: hang.holds)
    assert worker.busy is LOADING
    hang.release()
    last.result(WITHIN_S)
    eventually(lambda: worker.busy is None)


def test_a_failure_goes_to_whoever_asked_or_to_all(worker: Worker, failed: list[CraneError]) -> None:
    error = InputError("camera.folder_missing")

    def fail() -> None:
        raise error

    assert worker.ask(LOADING, fail).exception(WITHIN_S) is error
    assert failed == []
    worker.do(LOADING, fail)
    worker.do(LOADING, lambda: 1 / 0)  # type: ignore[arg-type, return-value]
    worker.ask(LOADING, lambda: None).result(WITHIN_S)
    assert [one.key for one in failed] == ["camera.folder_missing", "app.unexpected"]
    assert failed[1].params == {"error": "ZeroDivisionError: division by zero"}


def test_how_far_a_job_is_ends_with_it(worker: Worker, hang: Hang) -> None:
    def job() -> None:
        worker.show_progress("model.loading", 0.5)
        hang()

    done = worker.ask(LOADING, job)
    eventually(lambda: hang.holds)
    progress = worker.progress
    assert progress is not None
    assert (progress.key, progress.fraction) == ("model.loading", 0.5)
    hang.release()
    done.result(WITHIN_S)
    eventually(lambda: worker.progress is None)


def test_closing_gives_up_what_tells_of_itself_and_what_waits_and_does_the_last(
    worker: Worker, failed: list[CraneError], hang: Hang
) -> None:
    done: list[str] = []

    def job() -> None:
        hang()
        worker.show_progress("model.loading", 0.9)
        done.append("went on")

    worker.do(LOADING, job)
    waiting = worker.ask(LOADING, lambda: done.append("waited"))
    eventually(lambda: hang.holds)
    last = worker.begin_to_close(lambda: done.append("last"))
    worker.do(LOADING, lambda: done.append("too late"))
    hang.release()
    last.result(WITHIN_S)
    assert isinstance(waiting.exception(WITHIN_S), GivenUpError)
    assert (done, failed) == (["last"], [])


def test_once_it_is_shut_down_an_answer_is_refused_and_nothing_is_on(worker: Worker) -> None:
    worker.begin_to_close(lambda: None).result(WITHIN_S)
    worker.shut_down(wait=True)
    assert isinstance(worker.ask(LOADING, lambda: None).exception(WITHIN_S), GivenUpError)
    assert worker.busy is None


NOTES = [exported("records", f"{number}.csv") for number in range(9)]


class TestEventQueue:
    def test_events_are_written_in_order_and_whoever_notes_one_goes_on(self, hang: Hang) -> None:
        written: list[Event] = []
        queue = EventQueue(lambda event: (hang(), written.append(event)))
        for event in NOTES:
            queue.note(event)
        eventually(lambda: hang.holds)
        assert written == []
        hang.release()
        queue.close(WITHIN_S)
        assert written == NOTES

    def test_one_that_fails_does_not_keep_the_next_from_the_log(self) -> None:
        written: list[Event] = []

        def write(event: Event) -> None:
            if event is NOTES[0]:
                raise RuntimeError
            written.append(event)

        queue = EventQueue(write)
        for event in NOTES:
            queue.note(event)
        queue.close(WITHIN_S)
        assert written == NOTES[1:]

    def test_what_comes_too_late_is_told_and_a_second_close_is_nothing(self, caplog: pytest.LogCaptureFixture) -> None:
        queue = EventQueue(lambda _event: None)
        queue.close(WITHIN_S)
        queue.close(WITHIN_S)
        queue.note(NOTES[3])
        assert "3.csv" in caplog.text

    def test_a_log_that_hangs_does_not_hold_up_the_end(self, hang: Hang, caplog: pytest.LogCaptureFixture) -> None:
        written: list[Event] = []
        entered = threading.Event()

        def write(event: Event) -> None:
            entered.set()
            hang()
            written.append(event)

        queue = EventQueue(write)
        for event in NOTES:
            queue.note(event)
        assert entered.wait(WITHIN_S)
        queue.close(0.01)
        assert hang.holds
        assert "could not be written" in caplog.text
        hang.release()
        eventually(lambda: written == NOTES[:1])
