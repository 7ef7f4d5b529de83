"""Three cameras on one model: `inspect` with several ``--device``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from virtual_camera import VirtualCameras

SMALL = {"sensor_width": 64, "sensor_height": 48}
NAMES = ("VC1", "VC2", "VC3")


def test_three_cameras_each_with_its_own_balance(
    crane: Callable[..., object], station_dir: Path, tiny_pack: Path, virtual_cameras: VirtualCameras
) -> None:
    for name in NAMES:
        virtual_cameras.add(name, {"AcquisitionFrameRate": 20.0}, **SMALL)
    devices = [word for name in NAMES for word in ("--device", name)]
    done: object = crane(
        "inspect", "--source", "genicam", "--cti", virtual_cameras.cti, *devices, "--trigger", "software",
        "--frames", "8", "--pack", tiny_pack.stem, "--data-dir", station_dir, "--json",
    )  # fmt: skip
    assert done.code == 0, done.err  # type: ignore[attr-defined]
    *lines, last = done.objects  # type: ignore[attr-defined]
    verdicts = [line for line in lines if "verdict" in line]
    shares = {line["source"]: line["share"] for line in lines if "share" in line}
    assert len(shares) == 3
    counted = Counter(line["source"] for line in verdicts)
    assert counted == dict.fromkeys(shares, 8)
    for source, share in shares.items():
        assert share["frames"] == share["verdicts"] + share["losses"] == 8
        numbers = [line["frame_id"] for line in verdicts if line["source"] == source]
        assert numbers == list(range(1, 9))
    assert last["summary"]["frames"] == 24
    assert len({line["record_id"] for line in verdicts}) == 24
