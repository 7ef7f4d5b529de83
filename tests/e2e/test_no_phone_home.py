"""Nothing phones home: the main job, with every socket but loopback refused and noted below Python."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from eventually import HANG_S
from network_guard import Guard, Program, build, main_job

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the guard is preloaded, which Windows has no way for"),
    pytest.mark.timeout(1200),
]

_BY_PYTHON = """
import socket, contextlib
for attempt in (
    lambda: socket.getaddrinfo("example.org", 443),
    lambda: socket.create_connection(("192.0.2.1", 443), 1),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53)),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendmsg([b"x"], [], 0, ("192.0.2.1", 53)),
    lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).connect(("2001:db8::1", 53)),
    lambda: socket.socket().bind(("0.0.0.0", 0)),
    lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW),
):
    with contextlib.suppress(OSError):
        attempt()
        print("got through")
"""
_BY_GRANDCHILD = """
import multiprocessing, subprocess, sys
child = [sys.executable, "-c", "import socket; socket.socket().connect_ex(('192.0.2.9', 80))"]
multiprocessing.set_start_method("spawn")
if __name__ == "__main__":
    subprocess.run([sys.executable, "-c", f"import subprocess; subprocess.run({child!r})"], check=True)
"""
_BY_C = """
#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>
int main(void) {
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(443)};
    inet_pton(AF_INET, "192.0.2.7", &there.sin_addr);
    if (gethostbyname("example.org"))
        return 2;
    return connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&there, sizeof there) == 0;
}
"""
_AT_HOME = """
import asyncio, socket
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
socket.getaddrinfo("localhost", 80)
socket.socket(socket.AF_UNIX).close()
asyncio.run(asyncio.sleep(0))
print("at home")
"""


@pytest.fixture(scope="session")
def guard_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("guard"))


@pytest.fixture
def guard(guard_library: Path, tmp_path: Path) -> Guard:
    return Guard(guard_library, tmp_path / "network.log")


@pytest.fixture
def program(guard: Guard, station_dir: Path) -> Program:
    """The program from source, with the tiny pack."""
    started = (sys.executable, "-m", "crane_desktop")
    environment = {
        "CRANE_DATA_DIR": str(station_dir),
        "CRANE_LANGUAGE": "en",
        "OMP_NUM_THREADS": "1",
        "HOME": str(station_dir.parent),
        "PATH": os.environ["PATH"],
    }
    return Program(started, started, environment, guard)


def python(guard: Guard, code: str) -> str:
    words = [sys.executable, "-c", code]
    environment = {**os.environ, **guard.environment()}
    return subprocess.run(words, env=environment, capture_output=True, text=True, timeout=HANG_S, check=True).stdout


def test_the_main_job_reaches_for_nobody(program: Program, viky: Path, tmp_path: Path) -> None:
    main_job(program, ("--pack", "試験用"), viky, tmp_path / "work")
    assert program.guard.attempts == []
    # Fifteen commands, and the camera of some of them in a process of its own.
    assert len(program.guard.guarded) > 18


def test_the_window_reaches_for_nobody(program: Program) -> None:
    program.show()
    assert program.guard.attempts == []
    assert program.guard.guarded


class TestTheGuard:
    """It would find what the tests above do not."""

    def test_it_refuses_and_notes_what_python_does(self, guard: Guard) -> None:
        assert python(guard, _BY_PYTHON) == ""
        assert [line.split()[0] for line in guard.attempts] == [
            "getaddrinfo", "connect", "sendto", "sendmsg", "connect", "bind", "socket"
        ]  # fmt: skip
        assert "192.0.2.1:443" in guard.attempts[1]

    def test_it_is_in_grandchildren(self, guard: Guard) -> None:
        python(guard, _BY_GRANDCHILD)
        (attempt,) = guard.attempts
        assert attempt.endswith("192.0.2.9:80")
        assert len(guard.guarded) == 3

    def test_it_refuses_what_c_does(self, guard: Guard, tmp_path: Path) -> None:
        source, program = tmp_path / "caller.c", tmp_path / "caller"
        source.write_text(_BY_C, encoding="ascii")
        subprocess.run(["gcc", "-o", program, source], check=True, timeout=HANG_S)
        environment = {**os.environ, **guard.environment()}
        assert subprocess.run([program], env=environment, timeout=HANG_S, check=False).returncode == 0
        named, connected = guard.attempts
        assert (named.split()[0], named.split()[-1]) == ("gethostbyname", "example.org")
        assert connected.split()[0] == "connect"
        assert connected.endswith("caller 192.0.2.7:443")

    def test_it_leaves_this_computer_alone(self, guard: Guard) -> None:
        assert python(guard, _AT_HOME) == "at home\n"
        assert guard.attempts == []

    def test_it_catches_a_program_that_reaches_out(self, program: Program, tmp_path: Path) -> None:
        """The whole way: a station whose log writer swallows its failure to reach somebody is found."""
        spy = tmp_path / "spy" / "sitecustomize.py"
        spy.parent.mkdir()
        spy.write_text("import socket; socket.socket().connect_ex(('192.0.2.3', 443))", encoding="ascii")
        program.environment["PYTHONPATH"] = str(spy.parent)
        program.run("records", "stats")
        assert [line.split()[-1] for line in program.guard.attempts] == ["192.0.2.3:443"]
