"""How the programs look to Windows: icon and version resource are made on every system."""

from __future__ import annotations

import ast
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image

from crane_desktop.settings.resources import resource_path


def test_the_icon_has_every_size_and_is_our_drawing(dress_tool: ModuleType, tmp_path: Path) -> None:
    file = tmp_path / "鶴.ico"
    dress_tool.write_icon(resource_path("icons", "crane.svg"), file)
    with Image.open(file) as icon:
        sizes = icon.info["sizes"]
        assert sizes == {(size, size) for size in (16, 24, 32, 48, 64, 128, 256)}
        for size in sizes:
            picture = icon.ico.getimage(size).convert("RGBA")
            assert picture.getpixel((0, 0))[3] == 0  # round corners
            assert len(picture.getcolors(1 << 16) or ()) > 10
            blue = picture.getpixel((size[0] // 2, size[1] - max(2, size[1] // 16)))
            assert blue[:3] == pytest.approx((0x1F, 0x5C, 0x99), abs=8)


@pytest.mark.parametrize(
    ("version", "numbers"),
    [("0.1.0", (0, 1, 0, 0)), ("2.10.3.4", (2, 10, 3, 4)), ("1.2.dev3", (1, 2, 0, 0)), ("1.2.3+cpu", (1, 2, 3, 0))],
)
def test_the_version_resource_tells_the_version(
    dress_tool: ModuleType, tmp_path: Path, version: str, numbers: tuple[int, ...]
) -> None:
    file = tmp_path / "version.txt"
    dress_tool.write_version_file(version, file)
    words = file.read_text(encoding="utf-8")
    tree = ast.parse(words, mode="eval")
    tuples = [ast.literal_eval(node) for node in ast.walk(tree) if isinstance(node, ast.Tuple)]
    assert tuples == [numbers, numbers]
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "StringStruct"]
    strings = dict(tuple(map(ast.literal_eval, call.args)) for call in calls)
    assert strings["ProductVersion"] == strings["FileVersion"] == version
