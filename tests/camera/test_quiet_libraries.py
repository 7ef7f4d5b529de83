"""What a picture library thinks of a damaged file is not written to stderr: people read our sentence."""

from __future__ import annotations

import io
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

READ = """
import sys
from pathlib import Path
from crane_desktop.camera.decode import read_parts
from crane_desktop.domain.errors import InputError
if "loud" in sys.argv:
    from crane_desktop.camera.pictures import whole
    whole.silence_libtiff = lambda: None
for file in sorted(Path(sys.argv[1]).iterdir()):
    try:
        list(read_parts(file, None))
    except InputError as error:
        print(error.key)
"""


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    folder, chance = tmp_path / "壊れた画像", random.Random(3)
    folder.mkdir()
    pixels = np.random.default_rng(0).integers(0, 255, (48, 48, 3), dtype=np.uint8)
    kinds = [("TIFF", {"compression": c}) for c in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "zstd")]
    for kind, how in (*kinds, ("PNG", {}), ("JPEG", {}), ("WEBP", {}), ("JPEG2000", {})):
        whole = io.BytesIO()
        Image.fromarray(pixels).save(whole, kind, **how)
        for number in range(8):
            content = bytearray(whole.getvalue())
            for _ in range(6):
                content[chance.randrange(len(content))] = chance.randrange(256)
            (folder / f"{kind}{'-'.join(how.values())}-{number}").write_bytes(content)
    return folder


@pytest.mark.skipif(sys.platform != "linux", reason="Pillow for Windows keeps libtiff where nobody can reach it")
def test_damaged_pictures_leave_nothing_on_stderr(damaged: Path) -> None:
    def read(*words: str) -> subprocess.CompletedProcess[str]:
        asked = [sys.executable, "-c", READ, str(damaged), *words]
        return subprocess.run(asked, capture_output=True, text=True, timeout=120, check=True)

    quiet, loud = read(), read("loud")
    assert "camera.image_unreadable" in quiet.stdout
    assert quiet.stderr == ""
    assert loud.stderr, "there was something to be silenced"
    assert loud.stdout == quiet.stdout
