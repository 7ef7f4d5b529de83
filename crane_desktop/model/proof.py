"""What a station's golden scores depend on, and for which of it they were last proven."""

from __future__ import annotations

import json
import logging
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

from crane_desktop import __version__
from crane_desktop.domain.errors import InputError
from crane_desktop.domain.ports import ScorerInfo
from crane_desktop.settings.atomic import write_atomic
from crane_desktop.settings.plain_json import NoJson, parse_json
from crane_desktop.settings.regular_file import read_regular

_MOST_PACKS = 32
_LARGEST_FILE = 1 << 20
_log = logging.getLogger(__name__)


def circumstances(info: ScorerInfo) -> dict[str, str]:
    """Return everything that may change what a loaded model computes: device, driver, precision, libraries.

    Parameters
    ----------
    info
        Of the scorer; its libraries are loaded by now.
    """
    import cv2
    import numpy as np
    import open_clip
    import PIL
    import torch

    found = {
        "device": info.device,
        "profile": info.profile,
        "precision": info.precision,
        "program": __version__,
        "system": platform.platform(),
        "processor": f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}",
        "torch": str(torch.__version__),
        "open_clip": str(open_clip.__version__),
        "timm": metadata.version("timm"),  # which only Crane+ imports: it takes its time
        "numpy": np.__version__,
        "pillow": PIL.__version__,
        "opencv": str(cv2.__version__),
    }
    return found | (_of_the_gpu() if info.device.startswith("cuda") else {})


def _of_the_gpu() -> dict[str, str]:
    import torch

    driver = getattr(torch._C, "_cuda_getDriverVersion", lambda: "")  # the one that CUDA itself was told
    return {
        "driver": str(driver()),
        "cuda": str(torch.version.cuda),
        "cudnn": str(torch.backends.cudnn.version()),  # type: ignore[no-untyped-call]
    }


class ProofBook:
    """Remembers, in a file, under which circumstances each pack gave its golden scores the last time.

    A file that is missing, damaged or of another time only means that more is checked; it never fails.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def holds(self, pack_sha256: str, now: dict[str, str]) -> bool:
        """Return whether the pack was proven under just these circumstances."""
        then = self._read().get(pack_sha256)
        if then is not None and then != now:
            changed = sorted(name for name in then.keys() | now.keys() if then.get(name) != now.get(name))
            _log.info(
                "the self-test is made anew, since these changed: %s",
                ", ".join(f"{name} ({then.get(name, '-')} -> {now.get(name, '-')})" for name in changed),
            )
        return then == now

    def note(self, pack_sha256: str, now: dict[str, str]) -> None:
        """Remember that the pack was proven."""
        known = self._read()
        known.pop(pack_sha256, None)
        self._write({**known, pack_sha256: now})

    def strike(self, pack_sha256: str) -> None:
        """Forget the pack: it failed."""
        known = self._read()
        if known.pop(pack_sha256, None) is not None:
            self._write(known)

    def _read(self) -> dict[str, dict[str, str]]:
        try:
            raw: Any = parse_json(read_regular(self._file, _LARGEST_FILE))
        except (OSError, NoJson, InputError):
            return {}
        if not isinstance(raw, dict):
            return {}
        return {name: facts for name, facts in raw.items() if isinstance(facts, dict)}

    def _write(self, known: dict[str, dict[str, str]]) -> None:
        newest = dict(list(known.items())[-_MOST_PACKS:])
        try:
            write_atomic(self._file, (json.dumps(newest, indent=1) + "\n").encode("ascii"))
        except OSError as error:
            _log.warning("the passed self-test cannot be remembered in %s: %s", self._file, error)
