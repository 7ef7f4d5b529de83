"""An audit that could not look says so; only one that could look says that all is well."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from eventually import HANG_S

AUDIT = Path(__file__).resolve().parents[2] / "packaging" / "supply" / "audit.sh"
WEAK = {"id": "PYSEC-1", "fix_versions": ["2.11"], "aliases": [], "description": ""}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a script for bash")


def audit(folder: Path, control: Any, answer: Any, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run the script with a pip-audit that gives these answers; None: it writes none."""
    tools = folder / "bin"
    tools.mkdir()
    for name, found in (("control", control), ("answer", answer)):
        if found is not None:
            (folder / f"{name}.json").write_text(json.dumps({"dependencies": found}), encoding="utf-8")
    script = f"""#!/bin/bash
    kind=answer; [[ "$2" == *control.txt ]] && kind=control
    while [ "$1" != --output ]; do shift; done
    echo "no route to host" >&2
    cp "{folder}/$kind.json" "$2" 2>/dev/null
    exit {code}
    """
    (tools / "pip-audit").write_text(script, encoding="utf-8")
    (tools / "pip-audit").chmod(0o755)
    environment = {"PATH": f"{tools}:/usr/bin:/bin"}
    return subprocess.run(
        [str(AUDIT)], env=environment, capture_output=True, text=True, timeout=HANG_S, check=False, cwd=folder
    )


CONTROL = [{"name": "jinja2", "version": "2.10", "vulns": [WEAK]}]


def test_nothing_is_known(tmp_path: Path) -> None:
    done = audit(tmp_path, CONTROL, [{"name": "a", "version": "1", "vulns": []}])
    assert (done.returncode, done.stdout) == (0, "1 packages, no known weaknesses.\n")


def test_a_weakness_is_listed(tmp_path: Path) -> None:
    done = audit(tmp_path, CONTROL, [{"name": "a", "version": "1", "vulns": [WEAK]}], code=1)
    assert (done.returncode, done.stdout) == (1, "a 1: PYSEC-1, mended in 2.11\n")


def test_what_was_skipped_is_told(tmp_path: Path) -> None:
    done = audit(tmp_path, CONTROL, [{"name": "a", "skip_reason": "not on the index"}])
    assert done.stdout == "not audited: a (not on the index)\n"


@pytest.mark.parametrize(
    ("control", "answer"),
    [(None, None), ([{"name": "jinja2", "version": "2.10", "vulns": []}], []), (CONTROL, None)],
    ids=["unreachable", "an index that knows nothing", "broke off"],
)
def test_data_that_cannot_be_reached_are_no_good_news(tmp_path: Path, control: Any, answer: Any) -> None:
    done = audit(tmp_path, control, answer)
    assert done.returncode == 3
    assert "NOT AUDITED" in done.stderr


def test_without_the_tool(tmp_path: Path) -> None:
    environment = {"PATH": "/usr/bin:/bin"}
    done = subprocess.run([str(AUDIT)], env=environment, capture_output=True, text=True, timeout=HANG_S, check=False)
    assert done.returncode == 4
    assert "pip install pip-audit" in done.stderr
