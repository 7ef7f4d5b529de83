"""One rule for files that commands write: what is there is replaced only with ``--overwrite``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import typer.main

from crane_desktop.cli.cli import cli
from crane_desktop.cli.outputs import refuse_existing
from crane_desktop.domain.errors import InputError

NEVER = {"pack keygen", "train"}
"""They never replace a file, whatever is asked for."""


def commands(group: Any, name: str = "") -> Iterator[tuple[str, click.Command]]:
    for word, command in group.commands.items():
        full = f"{name} {word}".strip()
        if hasattr(command, "commands"):
            yield from commands(command, full)
        else:
            yield full, command


def writing() -> dict[str, set[str]]:
    """Commands that write a file that somebody names, with all their options."""
    found = {}
    for name, command in commands(typer.main.get_command(cli)):
        options = {option for parameter in command.params for option in parameter.opts}
        files = [p for p in command.params if {"--out", "--report"} & set(p.opts) and str(p.metavar).startswith("FILE")]
        if files:
            found[name] = options
    return found


def test_every_command_that_writes_a_file_asks_before_it_replaces_one() -> None:
    found = writing()
    assert {"evaluate", "pack compare", "pack build", "pack sign", "recipe export", "records export"} <= set(found)
    assert {name for name, options in found.items() if "--overwrite" not in options} == NEVER


def test_nothing_that_lies_there_is_written_over_unasked(tmp_path: Path) -> None:
    for there in (tmp_path / "file", tmp_path / "folder", tmp_path / "link to nowhere"):
        {"file": Path.touch, "folder": Path.mkdir}.get(there.name, lambda p: p.symlink_to("nowhere"))(there)
        with pytest.raises(InputError):
            refuse_existing(there, overwrite=False)
        refuse_existing(there, overwrite=True)
    refuse_existing(tmp_path / "new", overwrite=False)


@pytest.mark.parametrize(
    "words",
    [
        ("evaluate", ".", "--report"),
        ("pack", "compare", "a", "b", ".", "--report"),
        ("pack", "build", "--clip", "none", "--prompts", "none", "-o"),
        ("pack", "sign", "none.cranepack", "--key", "none", "-o"),
        ("recipe", "export", "none", "-o"),
        ("records", "export", "-o"),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_it_is_said_before_anything_else_is_done(
    crane: Callable[..., Any], station_dir: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    out = tmp_path / "報告.cranerecipe"
    out.write_text("somebody's work", encoding="utf-8")
    done = crane(*words, out, "--data-dir", station_dir)
    assert done.code == 2
    assert len(done.sentences) == 1
    assert str(out) in done.err
    assert "--overwrite" in done.err
    assert out.read_text(encoding="utf-8") == "somebody's work"
