"""Starts the window, or a command. Light on purpose: a camera's child process imports this module too."""

from __future__ import annotations

import multiprocessing
import sys


def main() -> None:
    """Entry point of the program ``crane-inspector``."""
    multiprocessing.freeze_support()
    from crane_desktop.app.cli import run
    from crane_desktop.app.console import settle_streams
    from crane_desktop.app.ending import leave

    settle_streams()
    leave(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
