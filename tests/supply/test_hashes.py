"""The lock holds a hash of everything that a build installs, and nothing of where it came from."""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hashes import LOCK, entries, read_lock, usable_tags
from packaging.tags import sys_tags
from packaging.utils import canonicalize_name

from crane_desktop.settings.distributions import PROGRAM, required

ROOT = Path(__file__).resolve().parents[2]


def wheel(name: str, sha: str) -> dict[str, Any]:
    return {"url": f"https://somewhere/{name}", "hashes": {"sha256": sha * 64}}


def test_everything_that_is_shipped_is_locked_at_its_version() -> None:
    locked = read_lock()
    for one in required():
        if one.name != PROGRAM:
            version, hashes = locked[canonicalize_name(one.name)]
            assert version == one.version.split("+")[0], one.name
            assert hashes
            assert all(re.fullmatch("[0-9a-f]{64}", sha) for sha in hashes)


def test_it_agrees_with_the_constraints() -> None:
    pins = (ROOT / "packaging" / "requirements.lock").read_text(encoding="utf-8")
    versions = {
        canonicalize_name(name): version for name, version in re.findall(r"^([\w.-]+)==(\S+)$", pins, re.MULTILINE)
    }
    locked = read_lock()
    assert {n: v for n, (v, _) in locked.items() if n in versions} == {n: versions[n] for n in locked if n in versions}


def test_the_build_tools_are_locked() -> None:
    dev = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"][
        "dev"
    ]
    pinned = dict(line.split("==") for line in dev if "==" in line)
    tools = (ROOT / "packaging" / "supply" / "build-tools.in").read_text(encoding="utf-8").splitlines()
    locked = read_lock()
    for name in [line for line in tools if line and not line.startswith("#")]:
        assert locked[name][1]
        assert pinned.get(name, locked[name][0]) == locked[name][0]


def test_no_address_of_an_index_is_in_it() -> None:
    words = LOCK.read_text(encoding="utf-8")
    assert not re.search(r"https?:|file:|--index|--find-links|@ ", words)


def test_wheels_of_our_systems_and_pythons_are_kept() -> None:
    wheels = [
        wheel("x-1-cp311-cp311-manylinux_2_28_x86_64.whl", "1"),
        wheel("x-1-cp313-cp313-win_amd64.whl", "2"),
        wheel("x-1-cp39-abi3-manylinux2014_x86_64.manylinux_2_17_x86_64.whl", "3"),
        wheel("x-1-py3-none-any.whl", "4"),
        wheel("x-1-cp314-cp314-win_amd64.whl", "5"),
        wheel("x-1-cp311-cp311-macosx_14_0_arm64.whl", "6"),
        wheel("x-1-cp311-cp311-musllinux_1_2_x86_64.whl", "7"),
        wheel("x-1-cp311-cp311-manylinux_2_28_aarch64.whl", "8"),
    ]
    lock = {"packages": [{"name": "x", "version": "1", "wheels": wheels}]}
    assert list(entries(lock, ())) == [("x==1", [digit * 64 for digit in "1234"])]
    assert set(sys_tags()) & usable_tags()


def test_packages_of_other_systems_and_of_cuda_are_left_out() -> None:
    ours = {"name": "x", "version": "1", "wheels": [wheel("x-1-py3-none-any.whl", "1")]}
    others = [
        {"name": "mac", "version": "1", "marker": "sys_platform == 'darwin'"},
        {"name": "nvidia-cublas", "version": "1", "marker": "sys_platform == 'linux'"},
        {"name": "triton", "version": "1"},
    ]
    windows = {**ours, "name": "w", "marker": "sys_platform == 'win32'"}
    found = [line for line, _ in entries({"packages": [ours, *others, windows]}, ())]
    assert found == ["x==1", "w==1 ; sys_platform == 'win32'"]


def test_a_wheel_of_our_own_takes_the_place_of_the_index_s(tmp_path: Path) -> None:
    own = tmp_path / "torch-1+cpu-cp311-cp311-manylinux_2_28_x86_64.whl"
    own.write_bytes(b"wheel")
    wheels = [
        wheel("torch-1-cp311-cp311-manylinux_2_28_x86_64.whl", "1"),
        wheel("torch-1-cp311-cp311-win_amd64.whl", "2"),
    ]
    lock = {"packages": [{"name": "torch", "version": "1", "wheels": wheels}]}
    ((_, hashes),) = entries(lock, [own])
    assert hashes == sorted([hashlib.sha256(b"wheel").hexdigest(), "2" * 64])


def test_a_package_without_a_wheel_for_us_is_told() -> None:
    lock = {"packages": [{"name": "x", "version": "1", "wheels": [wheel("x-1-cp39-cp39-win32.whl", "1")]}]}
    with pytest.raises(ValueError, match="x 1 has no wheel"):
        list(entries(lock, ()))
