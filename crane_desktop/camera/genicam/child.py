"""Starting and ending the camera's process. Nothing here waits without a bound, whatever the driver does."""

from __future__ import annotations

import ctypes
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

END_WITHIN_S = 3.0
_KILLED_WITHIN_S = 2.0
_start_lock = threading.Lock()


class Child:
    """A process with a pipe and a heartbeat.

    Parameters
    ----------
    main
        A module's function ``main(pipe, heartbeat, *args)``; it must import neither Qt nor torch.

    Raises
    ------
    BrokenPipeError
        If it was ended before it had heard what to do.
    """

    def __init__(self, name: str, main: Callable[..., None], *args: object) -> None:
        context = get_context("spawn")
        self.heartbeat: Any = context.RawValue(ctypes.c_uint64, 0)
        self.pipe, theirs = context.Pipe()
        # A daemon: should we end without closing it, it does not keep us.
        self._process = context.Process(target=main, args=(theirs, self.heartbeat, *args), name=name, daemon=True)
        try:
            with _start_lock, _no_interrupt():
                self._process.start()
        except BaseException:
            self.pipe.close()
            raise
        finally:
            theirs.close()
        self.pid = self._process.pid

    @property
    def exit_code(self) -> int | None:
        """Exit code, negative for a signal; None while it lives."""
        return self._process.exitcode

    def wait_for_end(self, timeout_s: float) -> int | None:
        """Wait until it has ended; return its exit code, or None where it still lives after `timeout_s`."""
        self._process.join(timeout_s)
        return self._process.exitcode

    @property
    def waitables(self) -> list[Connection | int]:
        """What becomes ready when a message comes or the process ends."""
        return [self.pipe, self._process.sentinel]

    def end(
        self, *, politely: bool, patience_s: float = END_WITHIN_S, before_close: Callable[[], None] = lambda: None
    ) -> None:
        """End it within seconds: wait for it where it was asked to stop, else (and after that) kill it.

        `before_close` is called when it has ended and its pipe is still open.
        """
        if politely:
            self._process.join(patience_s)
        if self._process.is_alive():
            self._process.kill()
        self._process.join(_KILLED_WITHIN_S)
        before_close()
        self.pipe.close()
        if self._process.exitcode is not None:
            self._process.close()


@contextmanager
def _no_interrupt() -> Iterator[None]:
    """Let the process be born with Ctrl-C blocked: it belongs to the window or the command, not to the camera."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
