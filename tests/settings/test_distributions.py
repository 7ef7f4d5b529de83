"""What the installed packages say of themselves, on packages made for it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import metadata
from importlib.metadata import Distribution
from pathlib import Path, PurePosixPath

import pytest

from crane_desktop.settings import distributions
from crane_desktop.settings.distributions import licence_files, licence_of, required
from crane_desktop.settings.resources import resource_path

Install = Callable[..., Distribution]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Install a package into a folder of its own: ``install(name, *lines of METADATA, files={...})``."""
    monkeypatch.setattr(metadata, "distribution", lambda name: _found(tmp_path, name))

    def made(name: str, *lines: str, files: dict[str, str] | None = None) -> Distribution:
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        head = ("Metadata-Version: 2.4", f"Name: {name}", "Version: 1.0", *lines)
        (info / "METADATA").write_text("\n".join(head) + "\n", encoding="utf-8")
        for file, content in (files or {}).items():
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / file).write_text(content, encoding="utf-8")
        record = [f"{file},," for file in (f"{info.name}/METADATA", *(files or {}))]
        (info / "RECORD").write_text("\n".join(record) + "\n", encoding="utf-8")
        return Distribution.at(info)

    return made


def _found(folder: Path, name: str) -> Distribution:
    found = next(iter(Distribution.discover(name=name, path=[str(folder)])), None)
    if found is None:
        raise metadata.PackageNotFoundError(name)
    return found


def names(found: list[Distribution]) -> list[str]:
    return [one.metadata["Name"] for one in found]


def test_what_is_required_is_followed_to_its_end_and_named_once(install: Install) -> None:
    install("program", "Requires-Dist: alpha>=1", "Requires-Dist: beta")
    install("alpha", "Requires-Dist: gamma")
    install("beta", "Requires-Dist: gamma (>=0.5)", "Requires-Dist: alpha")
    install("gamma")
    install("bystander")
    assert names(required("program")) == ["alpha", "beta", "gamma", "program"]


def test_a_circle_of_packages_has_an_end(install: Install) -> None:
    install("alpha", "Requires-Dist: beta")
    install("beta", "Requires-Dist: alpha")
    assert names(required("alpha")) == ["alpha", "beta"]


@pytest.mark.parametrize("marker", ['sys_platform == "nowhere"', 'python_version < "3"', 'extra == "dev"'])
def test_what_is_for_others_is_left_out(install: Install, marker: str) -> None:
    install("program", f"Requires-Dist: alpha; {marker}", 'Requires-Dist: beta; python_version > "3"')
    install("alpha")
    install("beta")
    assert names(required("program")) == ["beta", "program"]


def test_a_name_may_be_spelt_in_any_way(install: Install) -> None:
    install("program", "Requires-Dist: Some_Package.Name")
    install("some_package_name")
    assert names(required("program")) == ["program", "some_package_name"]


def test_what_is_not_installed_is_left_out_and_ends_nothing(install: Install) -> None:
    install("program", "Requires-Dist: absent", "Requires-Dist: alpha")
    install("alpha")
    assert names(required("program")) == ["alpha", "program"]
    assert required("absent") == []


@pytest.mark.parametrize(
    ("lines", "licence"),
    [
        (("License-Expression: MIT OR Apache-2.0",), "MIT OR Apache-2.0"),
        (("License-Expression: MIT", "License: BSD"), "MIT"),
        (("License: BSD 3-Clause",), "BSD 3-Clause"),
        (("License: " + "x" * 81, "Classifier: License :: OSI Approved :: MIT License"), "MIT License"),
        (("License: line one\n        line two", "Classifier: License :: OSI Approved :: ISC"), "ISC"),
        (("Classifier: License :: OSI Approved :: A", "Classifier: License :: OSI Approved :: B"), "A, B"),
        (("Classifier: Topic :: Printing",), ""),
        ((), ""),
    ],
)
def test_a_licence_is_what_the_package_states_shortest(install: Install, lines: tuple[str, ...], licence: str) -> None:
    assert licence_of(install("alpha", *lines)) == licence


def test_texts_of_licences_are_found_wherever_they_came(install: Install) -> None:
    info = "alpha-1.0.dist-info"
    wanted = {
        f"{info}/LICENSE": "LICENSE",
        f"{info}/licenses/COPYING.txt": "COPYING.txt",
        f"{info}/licenses/third_party/y/any_name": "third_party/y/any_name",
        "alpha/NOTICE": "alpha/NOTICE",
        "alpha/AUTHORS.md": "alpha/AUTHORS.md",
        "alpha/ThirdPartyNotices.rst": "alpha/ThirdPartyNotices.rst",
    }
    others = ["alpha/license.py", "alpha/licence.json", f"{info}/sboms/LICENSE", "alpha/code.txt", "alpha/notice.so"]
    alpha = install("alpha", files=dict.fromkeys([*wanted, *others], "text"))
    found = dict(licence_files(alpha))
    assert {str(name) for name in found} == set(wanted.values())
    assert all(file.read_text() == "text" for file in found.values())


def test_a_text_that_is_listed_but_gone_is_left_out(install: Install, tmp_path: Path) -> None:
    alpha = install("alpha", files={"alpha/LICENSE": "x", "alpha/NOTICE": "y"})
    (tmp_path / "alpha/LICENSE").unlink()
    assert [str(name) for name, _ in licence_files(alpha)] == ["alpha/NOTICE"]


def test_a_package_without_any_text_gets_the_one_that_it_names(install: Install) -> None:
    install("shiboken6", "License-Expression: LGPL-3.0-only")
    component = distributions._component(required("shiboken6")[0])
    assert component.find_texts() == (
        (PurePosixPath("LGPL-3.0-only.txt"), resource_path("licences", "LGPL-3.0-only.txt")),
    )
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in component.text()


def test_what_comes_inside_of_packages_has_a_name_a_licence_and_a_text() -> None:
    inside = list(distributions.beside())
    assert "Python" in {one.name for one in inside}
    assert [one.name for one in inside if not (one.name and one.licence)] == []
    assert [one.name for one in inside if one.name != "Python" and not one.text()] == []
