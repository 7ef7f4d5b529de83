"""The workflows cannot be run here; what can be said of them without: they are read, and what they call exists."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
OWN_FILE = re.compile(r"(?<![\w./-])((?:packaging|tests|crane_desktop|resources|\.ci)/[\w./-]*\w)")
CALL = re.compile(r"python3? (packaging/\S+\.py)([^\n|]*)")


def steps(path: Path) -> list[dict[str, Any]]:
    jobs = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]
    return [step for job in jobs.values() for step in job["steps"]]


def scripts(path: Path) -> str:
    return "\n".join(step.get("run", "") for step in steps(path))


def test_there_are_workflows_for_tests_and_for_releases() -> None:
    assert {path.name for path in WORKFLOWS} >= {"ci.yml", "release.yml"}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.name)
class TestEveryWorkflow:
    def test_it_may_do_as_little_as_possible(self, path: Path) -> None:
        whole = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert whole["permissions"] == {"contents": "read"}
        for job in whole["jobs"].values():
            assert "permissions" not in job
            assert job["timeout-minutes"] <= 180
        for step in steps(path):
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False
        assert "secrets." not in path.read_text(encoding="utf-8")

    def test_actions_are_pinned(self, path: Path) -> None:
        for step in steps(path):
            assert ("uses" in step) != ("run" in step)
            if "uses" in step:
                assert re.fullmatch(r"actions/[a-z-]+@v\d+\.\d+\.\d+", step["uses"]), step["uses"]

    def test_every_file_that_it_names_exists(self, path: Path) -> None:
        named = set(OWN_FILE.findall(scripts(path)))
        assert named
        assert sorted(one for one in named if not (ROOT / one).exists()) == []

    def test_every_option_that_it_gives_is_one(self, path: Path) -> None:
        for script, words in CALL.findall(scripts(path)):
            source = (ROOT / script).read_text(encoding="utf-8")
            for option in re.findall(r"(?<= )--[a-z-]+", words):
                assert f'"{option}"' in source, f"{script} has no {option}"


def test_what_a_job_takes_another_one_before_it_leaves() -> None:
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8"))["jobs"]

    def artifacts(name: str, action: str) -> set[str]:
        return {s["with"]["name"] for s in jobs[name]["steps"] if s.get("uses", "").startswith(f"actions/{action}@")}

    taken = 0
    for name, job in jobs.items():
        wanted = artifacts(name, "download-artifact")
        taken += len(wanted)
        assert wanted <= (artifacts(job["needs"], "upload-artifact") if "needs" in job else set())
    assert taken == 3
