"""Write how far our Crane is from every golden array: ``python tests/model/parity_table.py [--json] [FOLDER]``.

FOLDER is the golden vectors' (default: ``../shared/golden`` beside the checkout). Exit code 1 where a tolerance is
exceeded. pytest checks the same rows and prints nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch

sys.path.append(str(Path(__file__).parent))

from golden_reference import Reference, Row, read_golden
from golden_rows import measure

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "golden"


def markdown(rows: Sequence[Row]) -> str:
    lines = ["| file | array | tolerance | max abs error | |", "|---|---|---|---|---|"]
    for row in rows:
        mark = "" if row.holds else "EXCEEDED"
        lines.append(f"| {row.file} | `{row.array}` | {row.tolerance:.0e} | {row.error:.2e} | {mark} |")
    return "\n".join(lines)


def as_json(rows: Sequence[Row]) -> str:
    return json.dumps([{**asdict(row), "holds": row.holds} for row in rows], indent=1)


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=BESIDE)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(words)
    with torch.inference_mode():
        rows = measure(Reference(read_golden(asked.folder)))
    sys.stdout.write((as_json(rows) if asked.json else markdown(rows)) + "\n")
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
