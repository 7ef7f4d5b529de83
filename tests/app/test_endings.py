"""How the program ends where nothing listens yet, nothing can be written, or nobody reads: silence or one sentence."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from eventually import HANG_S, eventually

from crane_desktop.app.process import interrupts, streams
from crane_desktop.app.process.interrupts import AskedToEndError
from crane_desktop.app.process.shutdown import asked_to_end
from crane_desktop.app.process.streams import OutputLostError, guard_streams
from crane_desktop.cli import cli as cli_module
from crane_desktop.cli.cli import run
from crane_desktop.cli.console import Console

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")


# -- asked to end ----------------------------------------------------------------------------------------------


class Left(BaseException):
    """The process would have ended on the spot."""


@pytest.fixture
def listening(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The handlers of signals as they were before; codes of ends on the spot."""
    codes: list[int] = []

    def leave(code: int) -> None:
        codes.append(code)
        raise Left

    monkeypatch.setattr(os, "_exit", leave)
    hook, before = sys.unraisablehook, {number: signal.getsignal(number) for number in interrupts.end_signals()}
    yield codes
    interrupts.take_over()
    interrupts._asked.clear()
    sys.unraisablehook = hook
    for number, handler in before.items():
        signal.signal(number, handler)


def ask(number: int = signal.SIGTERM) -> None:
    signal.raise_signal(number)


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_before_anything_has_begun_it_ends_on_the_spot(listening: list[int], number: int) -> None:
    interrupts.end_at_once()
    with pytest.raises(Left):
        ask(number)
    assert listening == [128 + number]


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_command_is_ended_with_one_sentence_and_the_code_that_shells_expect(
    listening: list[int], number: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    interrupts.end_in_order()
    monkeypatch.setattr(cli_module, "cli", lambda **_: ask(number))
    assert run(["pack", "list"]) == 128 + number
    assert capsys.readouterr() == ("", "Interrupted.\n")
    assert listening == []


@posix
def test_an_interrupt_that_a_library_turns_into_its_own_failure_is_an_interrupt(
    listening: list[int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def command(**_: object) -> None:
        try:
            ask()
        except AskedToEndError:
            raise ImportError("cannot import name 'half' from partially initialized module") from None

    interrupts.end_in_order()
    monkeypatch.setattr(cli_module, "cli", command)
    assert run([]) == 128 + signal.SIGTERM
    assert capsys.readouterr().err == "Interrupted.\n"


@posix
def test_who_asks_twice_does_not_wait(listening: list[int]) -> None:
    interrupts.end_in_order()
    with pytest.raises(AskedToEndError):
        ask()
    with pytest.raises(Left):
        ask()
    assert listening == [128 + signal.SIGTERM]


@posix
def test_one_that_was_swallowed_is_heard_by_whoever_listens_next(listening: list[int]) -> None:
    interrupts.end_in_order()
    with suppress(AskedToEndError):  # as some libraries do while they are imported
        ask()
    heard: list[bool] = []
    with asked_to_end(lambda: heard.append(True)):
        assert heard == [True]
        assert interrupts._last == []  # and it has all the time it needs


@posix
def test_one_that_came_where_nothing_can_be_raised_comes_again(
    listening: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python prints an exception of a finaliser and goes on."""
    again: list[tuple[Callable[..., None], tuple[int, ...]]] = []

    class Timer:
        daemon = False

        def __init__(self, _after_s: float, call: Callable[..., None], args: tuple[int, ...]) -> None:
            again.append((call, args))

        def start(self) -> None: ...

        def cancel(self) -> None: ...

    monkeypatch.setattr(interrupts.threading, "Timer", Timer)
    interrupts.end_in_order()

    class Finalised:
        def __del__(self) -> None:
            ask()

    Finalised()
    call, args = again[-1]
    with pytest.raises(AskedToEndError):
        call(*args)


@posix
def test_what_was_told_to_be_ignored_stays_ignored(listening: list[int]) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # nohup
    for listen in (interrupts.end_at_once, interrupts.end_in_order):
        listen()
        ask(signal.SIGHUP)
    assert listening == []


# -- streams that fail -----------------------------------------------------------------------------------------


class Failing:
    """A stream onto a file of our own whose flushes fail until it is turned onto nothing."""

    encoding = "utf-8"

    def __init__(self, file: int, code: int) -> None:
        self.file, self.code, self.written = file, code, ""

    def write(self, words: str) -> int:
        self.written += words
        return len(words)

    def flush(self) -> None:
        if not os.path.samestat(os.fstat(self.file), Path(os.devnull).stat()):
            raise OSError(self.code, os.strerror(self.code))

    def fileno(self) -> int:
        return self.file


@pytest.fixture
def output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, int], None]]:
    files: list[int] = []

    def failing(name: str, code: int) -> None:
        files.append(os.open(tmp_path / name, os.O_CREAT | os.O_WRONLY))
        monkeypatch.setattr(sys, "stdout", sys.stdout)  # both are put back
        monkeypatch.setattr(sys, "stderr", sys.stderr)
        monkeypatch.setattr(sys, name, Failing(files[-1], code))
        guard_streams()

    yield failing
    for file in files:
        os.close(file)


@pytest.mark.parametrize(
    ("code", "told"),
    [(errno.ENOSPC, "cannot be written (no space is left"), (errno.EIO, "cannot be written"), (errno.EPIPE, "")],
)
def test_results_that_cannot_be_written_end_a_command(
    output: Callable[[str, int], None],
    code: int,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    undone: list[bool] = []

    def command(**_: object) -> None:
        try:
            Console(as_json=False, language="en").say("a result")
        except Exception:  # noqa: BLE001 - a command that goes on to the next of many things
            pytest.fail("went on")
        finally:
            undone.append(True)

    output("stdout", code)
    monkeypatch.setattr(cli_module, "cli", command)
    assert run(["records", "stats"]) == 1
    assert undone == [True]
    said = capsys.readouterr().err
    assert (told in said) if told else (said == "")
    assert len(said.splitlines()) == (1 if told else 0)
    Console(as_json=False, language="en").say("later words go to nothing")


def test_words_beside_the_results_that_cannot_be_written_disturb_nobody(
    output: Callable[[str, int], None], capsys: pytest.CaptureFixture[str]
) -> None:
    output("stderr", errno.ENOSPC)
    console = Console(as_json=False, language="en")
    console.note("a note")
    console.say("a result")
    assert capsys.readouterr().out == "a result\n"


def test_a_guarded_stream_is_still_the_stream(capsys: pytest.CaptureFixture[str]) -> None:
    guarded: Any = streams._Guarded(sys.stdout, tell=True)
    print("word", file=guarded)
    assert guarded.encoding == sys.stdout.encoding
    assert not guarded.isatty()
    assert capsys.readouterr().out == "word\n"
    assert OutputLostError(OSError(errno.EPIPE, "")).code == 1


# -- the program itself ----------------------------------------------------------------------------------------


def program(*words: str, **streams_of_it: Any) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-m", "crane_desktop", *words], text=True, **streams_of_it)


@pytest.mark.skipif(sys.platform != "linux", reason="there is no full device elsewhere")
def test_a_full_device_and_closed_streams(tmp_path: Path) -> None:
    """All at once: each start costs a second."""
    stats = ("records", "stats", "--data-dir", str(tmp_path))
    with Path("/dev/full").open("w", encoding="ascii") as full:
        runs = {
            "full": program(*stats, stdout=full, stderr=subprocess.PIPE),
            "full help": program("--help", stdout=full, stderr=subprocess.PIPE),
            "nowhere": subprocess.Popen(
                ["sh", "-c", '"$0" -m crane_desktop "$@" >&- 2>&-', sys.executable, *stats],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            ),
        }
    ends = {name: (*one.communicate(timeout=HANG_S), one.returncode) for name, one in runs.items()}
    assert ends["nowhere"] == ("", "", 0)
    for name in ("full", "full help"):
        _, said, code = ends[name]
        assert code == 1
        assert said.count("\n") == 1
        assert "cannot be written" in said


@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel")
def test_an_interrupt_in_the_first_moment(tmp_path: Path) -> None:
    running = program("inspect", "--data-dir", str(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    eventually(lambda: _hears(running.pid))
    running.send_signal(signal.SIGTERM)
    said, trouble = running.communicate(timeout=HANG_S)
    assert running.returncode == 128 + signal.SIGTERM
    assert said == ""
    assert trouble in ("", "Interrupted.\n")


def _hears(pid: int) -> bool:
    """Whether a process has a handler of its own for the signal, by what the kernel says of it."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    caught = next(int(line.split()[1], 16) for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(caught >> (signal.SIGTERM - 1) & 1)
