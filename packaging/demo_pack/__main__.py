"""``python packaging/demo_pack train|choices|cards ...``: the factory's three steps."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1])]

STEPS = ("train", "choices", "cards")


def main() -> None:
    """Run one step; what it takes is its own."""
    step = sys.argv[1] if len(sys.argv) > 1 else ""
    if step not in STEPS:
        sys.exit(f"usage: python {HERE.parent.name}/{HERE.name} {'|'.join(STEPS)} ...")
    del sys.argv[1]
    importlib.import_module(f"demo_pack.{step}").main()


if __name__ == "__main__":
    main()
