"""Write the bill of materials of the bundle, CycloneDX 1.6: ``python packaging/supply/sbom.py FILE``.

The same inputs give the same bytes: the serial number is made from the content, and there is a time only where
SOURCE_DATE_EPOCH gives one (https://reproducible-builds.org/specs/source-date-epoch/).
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [entry for entry in (str(HERE), str(ROOT)) if entry not in sys.path]

from cyclonedx.contrib.license.factories import LicenseFactory  # noqa: E402
from cyclonedx.model import HashAlgorithm, HashType  # noqa: E402
from cyclonedx.model.bom import Bom  # noqa: E402
from cyclonedx.model.component import Component, ComponentType  # noqa: E402
from cyclonedx.output.json import JsonV1Dot6  # noqa: E402
from hashes import read_lock  # noqa: E402
from packageurl import PackageURL  # noqa: E402
from packaging.requirements import Requirement  # noqa: E402
from packaging.utils import canonicalize_name  # noqa: E402
from review import spdx_of  # noqa: E402

from crane_desktop import __version__  # noqa: E402
from crane_desktop.camera.genicam.discover import bundled_viky  # noqa: E402
from crane_desktop.model.packs import read_manifest  # noqa: E402
from crane_desktop.settings.distributions import PROGRAM, beside, licence_of, required  # noqa: E402
from crane_desktop.settings.resources import resource_path  # noqa: E402

_NAMESPACE = uuid.UUID("6d5bb0f5-6c43-5c53-9c6e-0f2c8a8d5a11")
"""Under which serial numbers are made from contents; drawn once."""

_DEMO_PACK = ("packs", "demo.cranepack")
_LITE = ("EfficientNet-Lite0 (weights)", ("weights", "efficientnet-lite0.safetensors"))
"""By its name in ``resources/licences/beside.json``; and its file."""


def write_sbom(file: Path) -> None:
    """Write what the bundle is made of here and now, with versions, licences, hashes and what needs what."""
    program = _component(ComponentType.APPLICATION, "CraneInspector", __version__, "MIT", kind="generic")
    parts = {part.name: part for part in (*_distributions(), *_beside(), *_our_files())}
    bom = Bom(components=parts.values())
    bom.metadata.component = program
    _say_what_needs_what(bom, program, parts)
    bom.metadata.timestamp = _moment()
    bom.serial_number = uuid.UUID(int=0)
    bom.serial_number = uuid.uuid5(_NAMESPACE, JsonV1Dot6(bom).output_as_string(indent=1))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(JsonV1Dot6(bom).output_as_string(indent=1) + "\n", encoding="utf-8")


def _moment() -> datetime | None:
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    return datetime.fromtimestamp(int(epoch), UTC) if epoch else None


def _component(
    type_: ComponentType, name: str, version: str, licence: str, *, kind: str, sha256: tuple[str, ...] = ()
) -> Component:
    purl = PackageURL(kind, None, canonicalize_name(name) if kind == "pypi" else name, version or None)
    return Component(
        type=type_,
        name=name,
        version=version or None,
        bom_ref=purl.to_string(),
        purl=purl,
        licenses=[LicenseFactory().make_from_string(spdx_of(name, licence))],
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=one) for one in sha256],
    )


def _distributions() -> Iterator[Component]:
    """Packages, each with the hashes of every wheel that the lock allows for its version."""
    locked = read_lock()
    for one in required():
        name = canonicalize_name(one.metadata["Name"])
        if name == PROGRAM:
            continue
        version, hashes = locked.get(name, ("", []))
        sha256 = tuple(hashes) if version == one.version.split("+")[0] else ()
        yield _component(ComponentType.LIBRARY, name, one.version, licence_of(one), kind="pypi", sha256=sha256)


def _beside() -> Iterator[Component]:
    model, (weights, file) = ComponentType.MACHINE_LEARNING_MODEL, _LITE
    for one in beside():
        is_model = one.name == weights
        type_, sha256 = (model, (_sha256(resource_path(*file)),)) if is_model else (ComponentType.LIBRARY, ())
        yield _component(type_, one.name, one.version, one.licence, kind="generic", sha256=sha256)


def _our_files() -> Iterator[Component]:
    viky = bundled_viky()
    if viky is None:
        raise FileNotFoundError("the genicam package here has no viky.cti")
    genicam = next(one for one in required() if one.name == "genicam")
    yield _component(
        ComponentType.FILE, viky.name, genicam.version, licence_of(genicam), kind="generic", sha256=(_sha256(viky),)
    )
    pack = resource_path(*_DEMO_PACK)
    manifest = read_manifest(pack)
    licence = " AND ".join(sorted({one.spdx for one in manifest.licences}))
    model = ComponentType.MACHINE_LEARNING_MODEL
    yield _component(model, pack.name, manifest.pack_version, licence, kind="generic", sha256=(_sha256(pack),))


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _say_what_needs_what(bom: Bom, program: Component, parts: dict[str, Component]) -> None:
    for one in required():
        name = canonicalize_name(one.metadata["Name"])
        needs = {canonicalize_name(Requirement(line).name) for line in one.requires or () if "extra ==" not in line}
        known = [parts[need] for need in sorted(needs & parts.keys())]
        bom.register_dependency(program if name == PROGRAM else parts[name], known)
    own = [part for part in parts.values() if part.purl is not None and part.purl.type == "generic"]
    bom.register_dependency(program, own)


def main() -> None:
    """Read the command line and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    write_sbom(parser.parse_args().file)


if __name__ == "__main__":
    main()
