"""The balance of frames, counted by several threads."""

from __future__ import annotations

import threading
from collections import Counter

from crane_desktop.domain.balance import Balance
from crane_desktop.domain.frames import LossCause
from crane_desktop.domain.verdicts import Verdict


class Tally:
    """Counts what was produced and what became of it. Thread-safe.

    Once settled, everything still on its way is counted as late and nothing more is counted: an answer that
    comes after all from a thread that had to be given up changes no number.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._frames = 0
        self._verdicts: Counter[Verdict] = Counter()
        self._losses: Counter[LossCause] = Counter()
        self._settled = False

    def produced(self, count: int = 1) -> None:
        """Count frames that the source produced."""
        with self._guard:
            if not self._settled:
                self._frames += count

    def judged(self, verdict: Verdict) -> bool:
        """Count a verdict; False where the balance is settled and the verdict came too late to count."""
        with self._guard:
            if not self._settled:
                self._verdicts[verdict] += 1
            return not self._settled

    def lost(self, cause: LossCause, count: int = 1) -> None:
        """Count frames that get no verdict."""
        with self._guard:
            if not self._settled:
                self._losses[cause] += count

    def settle(self) -> int:
        """Close the balance; return how many frames were still on their way and are now late."""
        with self._guard:
            if self._settled:
                return 0
            self._settled = True
            pending = self._balance().pending
            if pending:
                self._losses[LossCause.LATE] += pending
            return pending

    def balance(self) -> Balance:
        """Return the numbers of this moment."""
        with self._guard:
            return self._balance()

    def _balance(self) -> Balance:
        return Balance(self._frames, dict(self._verdicts), dict(self._losses))
