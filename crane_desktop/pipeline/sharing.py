"""One model for several lines: each in its turn, in the order in which they ask."""

from __future__ import annotations

import threading
from collections import deque

import numpy as np
from numpy.typing import NDArray

from crane_desktop.domain.maps import Scored
from crane_desktop.domain.ports import Scorer, ScorerInfo

_LOOK_EVERY_S = 0.1


class SharedScorer:
    """Implements `Scorer` for many threads by one that takes one thread at a time.

    Whoever asks first is served first, so that with n lines none waits for more than n - 1 pictures. `close`
    is the owner's: it closes the scorer itself and turns away whoever still waits.
    """

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer
        self._turn = threading.Condition()
        self._waiting: deque[object] = deque()
        self._busy = False
        self._closed = False

    @property
    def info(self) -> ScorerInfo:
        """Which model answers."""
        return self._scorer.info

    def score(self, pixels: NDArray[np.uint8]) -> Scored:
        """Score a picture when it is its turn; see `Scorer`.

        Raises
        ------
        RuntimeError
            If the scorer was closed meanwhile.
        """
        ticket = object()
        with self._turn:
            self._waiting.append(ticket)
            try:
                while not self._closed and (self._busy or self._waiting[0] is not ticket):
                    self._turn.wait(_LOOK_EVERY_S)
            finally:
                self._waiting.remove(ticket)
            if self._closed:
                self._turn.notify_all()
                raise RuntimeError("the model was closed")
            self._busy = True
        try:
            return self._scorer.score(pixels)
        finally:
            with self._turn:
                self._busy = False
                self._turn.notify_all()

    def close(self) -> None:
        """Turn away whoever waits, and release the model. Idempotent."""
        with self._turn:
            self._closed = True
            self._turn.notify_all()
        self._scorer.close()
