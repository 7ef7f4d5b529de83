"""What is freed stays with the process: frames do not fetch the same pages again and again."""

from __future__ import annotations

import sys
import threading

import pytest
import torch

from crane_desktop.model.process_memory import keep_freed_memory

if not sys.platform.startswith("linux"):
    pytest.skip("glibc's allocator", allow_module_level=True)

import resource

_LAYERS_BYTES = 24 << 20
_WARM_UP = 10
"""Frames until the heap has grown to what it needs."""


def page_faults_of_frames(count: int) -> int:
    """Page faults while one thread takes and frees several layers' room, as often as there are frames."""
    found: list[int] = []

    def work() -> None:
        for frame in range(_WARM_UP + count):
            if frame == _WARM_UP:
                found.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
            layers = [torch.zeros(_LAYERS_BYTES // 4 // 6) for _ in range(6)]
            del layers
        found.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return found[1] - found[0]


def test_pages_are_fetched_once() -> None:
    if not keep_freed_memory():
        pytest.skip("another C library")
    pages_a_frame = _LAYERS_BYTES // resource.getpagesize()
    assert page_faults_of_frames(10) < pages_a_frame
