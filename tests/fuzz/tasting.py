"""Giving a reader thousands of damaged inputs: it takes each or refuses it with a sentence, within bounds."""

from __future__ import annotations

import signal
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from crane_desktop.domain.errors import InputError
from crane_desktop.settings.texts import LANGUAGES, error_text

SEED = 20261130
LONGEST_CPU_S = 10.0
"""Of one input; most take a millisecond."""
MOST_ROOM = 2 << 30
"""Address space beyond what the process has."""
_MOST_FAULTS = 12


class TooSlowError(BaseException):
    """An input kept the processor busy for too long; no reader can catch it by mistake."""


@dataclass(frozen=True)
class Subject:
    """A reader of something from outside.

    Attributes
    ----------
    make
        Draws the next input.
    taste
        Reads it: returns, or raises InputError.
    inputs, sample
        How many it gets in the lane of its own, and in the default run.
    """

    name: str
    make: Callable[[Random], bytes]
    taste: Callable[[bytes], object]
    inputs: int
    sample: int


def tasted(subject: Subject, count: int, keep: Path, seed: int = SEED) -> Counter[str]:
    """Give a reader so many inputs; return how many it took, and how many it refused by which sentence.

    Raises
    ------
    AssertionError
        If it answered with anything else: names the faults, and where their inputs are kept.
    """
    draw = Random(f"{seed} {subject.name}")
    told: Counter[str] = Counter()
    faults: dict[str, str] = {}
    for number in range(count):
        content = subject.make(draw)
        try:
            with bounded():
                subject.taste(content)
            told["taken"] += 1
        except InputError as error:
            told[error.key] += 1
            check_sentence(error)
        except (Exception, TooSlowError) as error:  # noqa: BLE001 - any other is what is looked for
            where = "".join(traceback.format_tb(error.__traceback__)[-3:])
            kind = f"{type(error).__name__} {where.splitlines()[-2:]}"
            if kind not in faults:
                file = keep / f"{subject.name}-{number}.bin"
                file.write_bytes(content)
                faults[kind] = f"{file}: {error!r:.300}\n{where}"
            if len(faults) >= _MOST_FAULTS:
                break
    assert not faults, "\n".join((f"{subject.name}: {len(faults)} kinds of faults", *faults.values()))
    return told


def check_sentence(error: InputError) -> None:
    """A person is told in one line, in both languages."""
    for language in LANGUAGES:
        words = error_text(error, language)
        assert words, error
        assert "\n" not in words, words


@contextmanager
def bounded() -> Iterator[None]:
    """Bound the processor's time of what runs inside; where the system cannot, it is not bounded."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def late(_signal: int, _frame: object) -> None:
        raise TooSlowError

    before = signal.signal(signal.SIGVTALRM, late)
    signal.setitimer(signal.ITIMER_VIRTUAL, LONGEST_CPU_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@contextmanager
def little_room() -> Iterator[None]:
    """Bound the memory of what runs inside: an input that asks for gigabytes is a MemoryError, and so a fault."""
    if sys.platform != "linux":
        yield
        return
    import resource

    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MOST_ROOM, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
