"""Several lines on one model: in turn, fair, and each with a balance of its own."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import Any, cast

import numpy as np
import pytest

from crane_desktop.domain.ports import Scorer
from crane_desktop.pipeline.sharing import SharedScorer

LINES = 4


class Model:
    """Notes who is served, and whether two were at a time."""

    def __init__(self) -> None:
        self.served: list[int] = []
        self.inside = 0
        self.most_inside = 0
        self.closed = False
        self.info = object()

    def score(self, pixels: np.ndarray) -> Any:
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        time.sleep(0.001)
        self.served.append(int(pixels[0, 0]))
        self.inside -= 1
        if pixels[0, 0] == 255:
            raise ValueError("bad picture")
        return int(pixels[0, 0])

    def close(self) -> None:
        self.closed = True


def picture(value: int) -> np.ndarray:
    return np.full((1, 1), value, np.uint8)


def shared(model: Model) -> SharedScorer:
    return SharedScorer(cast("Scorer", model))


def test_one_at_a_time_in_turn_and_everyone_gets_his_own_answer() -> None:
    model = Model()
    scorer = shared(model)
    wrong: list[int] = []
    stop = time.monotonic() + 0.6

    def line(number: int) -> None:
        while time.monotonic() < stop:
            if cast("int", scorer.score(picture(number))) != number:
                wrong.append(number)

    threads = [threading.Thread(target=line, args=(number,)) for number in range(LINES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert not wrong
    assert model.most_inside == 1
    counts = Counter(model.served)
    assert max(counts.values()) - min(counts.values()) <= 0.2 * max(counts.values()) + 2


def test_a_failure_holds_up_nobody() -> None:
    scorer = shared(Model())
    with pytest.raises(ValueError, match="bad picture"):
        scorer.score(picture(255))
    assert cast("int", scorer.score(picture(3))) == 3


def test_closing_turns_away_whoever_waits() -> None:
    model = Model()
    scorer = shared(model)
    scorer.close()
    assert model.closed
    with pytest.raises(RuntimeError, match="closed"):
        scorer.score(picture(1))
