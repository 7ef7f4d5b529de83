"""Ways to compute the same Crane, measured side by side: a process each, taking turns in one run.

A process of its own gives each its own peak of memory; taking turns gives each the same weather on a busy machine.
"""

from __future__ import annotations

import importlib.util
import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from crane_desktop.domain.errors import InputError, StationFault, Technical, technical
from crane_desktop.model.signature import Trust

if TYPE_CHECKING:
    from crane_desktop.model.crane import Crane

_Compute = Callable[[], tuple[float, NDArray[np.float32]]]
_WITHIN_S = 1800.0
"""A full-size model on a slow machine takes minutes to load and to answer; longer than this it hangs."""
_LEAVES_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Contender:
    """A way to compute.

    Attributes
    ----------
    profile
        Of the pack.
    against
        A Python file whose function ``published(crane, images, dino_images)`` returns the score and the smoothed map
        of a prepared picture; None for our own computation.
    """

    name: str
    pack: Path
    profile: str
    trust: Trust
    against: Path | None = None


@dataclass(slots=True)
class SideBySideResult:
    """What came of a contender: `taken_ms` of every round, and what it said of the picture."""

    contender: Contender
    facts: dict[str, Any]
    taken_ms: list[float] = field(default_factory=list)
    score: float = float("nan")
    map: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    peak_mb: float = 0.0


def run_side_by_side(
    contenders: Sequence[Contender], rounds: int, on_turn: Callable[[float], None]
) -> list[SideBySideResult]:
    """Have every contender load the pack and answer `rounds` times in turn, after one that does not count.

    Parameters
    ----------
    on_turn
        Told the fraction in [0, 1] that is done.

    Raises
    ------
    InputError
        If the pack, a profile or the file to compare with cannot be used.
    StationFault
        If a contender's process ends or hangs.
    """
    turns, done = (rounds + 2) * len(contenders), 0
    with ExitStack() as running:
        results, pipes = [], []
        for contender in contenders:
            pipes.append(running.enter_context(_process(contender)))
            results.append(SideBySideResult(contender, _asked(pipes[-1], None)))
            on_turn((done := done + 1) / turns)
        for number in range(rounds + 1):
            for result, pipe in zip(results, pipes, strict=True):
                taken_ms, result.score, result.map, result.peak_mb = _asked(pipe, "go")
                if number:
                    result.taken_ms.append(taken_ms)
                on_turn((done := done + 1) / turns)
        for result, pipe in zip(results, pipes, strict=True):
            result.facts |= _asked(pipe, "roofline")  # at last: measuring the machine takes memory of its own
    return results


def figures(results: Sequence[SideBySideResult]) -> Iterator[dict[str, Any]]:
    """Yield an object for every contender; ratios are to the first one, the median over the rounds."""
    first = results[0]
    for result in results:
        median_ms = statistics.median(result.taken_ms)
        roofline_ms = result.facts["floor_ms"]
        yield {
            "measure": "side_by_side",
            "contender": result.contender.name,
            "median_ms": round(median_ms, 1),
            "peak_mb": round(result.peak_mb),
            "times_faster": round(
                statistics.median(a / b for a, b in zip(first.taken_ms, result.taken_ms, strict=True)), 2
            ),
            "share_of_memory": round(result.peak_mb / first.peak_mb, 3),
            "times_floor": round(median_ms / roofline_ms, 2),
            "score_off": abs(result.score - first.score),
            "map_off": float(np.abs(result.map - first.map).max()) if result.map.shape == first.map.shape else None,
            "rounds": len(result.taken_ms),
            **result.facts,
        }


def _asked(pipe: Connection, word: str | None) -> Any:
    try:
        if word is not None:
            pipe.send(word)
        if not pipe.poll(_WITHIN_S):
            raise StationFault("model.bench_stopped", detail=Technical("no answer"))
        answer = pipe.recv()
    except (EOFError, OSError) as error:
        raise StationFault("model.bench_stopped", detail=technical(error)) from error
    if isinstance(answer, Exception):
        raise answer
    return answer


@contextmanager
def _process(contender: Contender) -> Iterator[Connection]:
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_compete, args=(theirs, contender), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        ours.close()
        process.join(_LEAVES_WITHIN_S)
        if process.is_alive():
            process.kill()
            process.join()


def _compete(pipe: Connection, contender: Contender) -> None:
    """Load, then answer whenever told to, until the other end is closed."""
    from crane_desktop.model.process_memory import resident_and_peak_bytes

    try:
        crane, compute, facts = _loaded(contender)
    except (InputError, StationFault) as error:
        pipe.send(error)
        return
    pipe.send(facts)
    while True:
        try:
            word = pipe.recv()
        except EOFError:
            return
        if word == "roofline":
            pipe.send(_roofline(crane))
            continue
        began_s = time.perf_counter()
        score, smooth = compute()
        taken_ms = 1e3 * (time.perf_counter() - began_s)
        pipe.send((taken_ms, score, smooth, resident_and_peak_bytes()[1] / 1e6))


def _loaded(contender: Contender) -> tuple[Crane, _Compute, dict[str, Any]]:
    from crane_desktop.model.container import open_pack
    from crane_desktop.model.device import choose_device, device_label, settle_numerics
    from crane_desktop.model.golden import golden_pictures
    from crane_desktop.model.process_memory import resident_and_peak_bytes
    from crane_desktop.model.runner import Runner
    from crane_desktop.model.weights import load_crane, load_profile

    settle_numerics()
    device = choose_device("auto")
    with open_pack(contender.pack, trust=contender.trust) as pack:
        profile = pack.manifest.profile(contender.profile)
        plain = contender.against is not None
        crane = load_crane(pack) if plain else load_profile(pack, profile)
        runner = Runner(crane, pack.manifest.preprocessing, device)
    held_mb = resident_and_peak_bytes()[0] / 1e6
    facts = {
        "precision": "float32" if plain else profile.precision,
        "image_size_px": runner.size_px,
        "device": device_label(device),
        "threads": _threads(),
        "loaded_mb": round(held_mb),
    }
    prepared = runner.prepare(golden_pictures()[0])
    if contender.against is not None:
        published = _function(contender.against)
        return crane, lambda: published(crane, prepared.clip, prepared.dino), facts

    def ours() -> tuple[float, NDArray[np.float32]]:
        answer = runner.answers(prepared)[0]
        return answer.score, answer.map

    return crane, ours, facts


def _roofline(crane: Crane) -> dict[str, Any]:
    from crane_desktop.model.roofline import roofline_of

    roofline = roofline_of(crane)
    return {
        "floor_ms": round(roofline.ms, 4),
        "giga_operations": round(roofline.operations / 1e9, 2),
        "giga_operations_a_second": round(roofline.operations_a_second / 1e9),
        "giga_bytes_a_second": round(roofline.bytes_a_second / 1e9, 1),
    }


def _threads() -> int:
    import torch

    return torch.get_num_threads()


def _function(file: Path) -> Callable[..., tuple[float, NDArray[np.float32]]]:
    spec = importlib.util.spec_from_file_location("published", file)
    try:
        if spec is None or spec.loader is None:
            raise ImportError("no Python file")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        function: Callable[..., tuple[float, NDArray[np.float32]]] = module.published
    except (ImportError, OSError, SyntaxError, AttributeError) as error:
        raise InputError("model.no_published", file=file, detail=technical(error)) from error
    return function
