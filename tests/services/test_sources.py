"""From a choice to a source: each kind gets what belongs to it, and nothing is opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from crane_desktop.camera.folder import FolderSource
from crane_desktop.camera.genicam.reconnect import ReconnectingSource
from crane_desktop.domain.errors import InputError
from crane_desktop.domain.frames import EndOfFrames, Frame
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.services.sources import make_source
from crane_desktop.simulation.source import DemoSource


@pytest.mark.parametrize(
    ("choice", "made"),
    [
        (SourceChoice(kind="folder", path="nowhere/at/all"), FolderSource),
        (SourceChoice(kind="genicam", cti="no.cti", device="SN1"), ReconnectingSource),
        (SourceChoice(kind="demo"), DemoSource),
    ],
)
def test_each_kind_has_its_source_and_none_is_opened(choice: SourceChoice, made: type[object]) -> None:
    source = make_source(choice)
    assert isinstance(source, made)
    assert source.info.kind == choice.kind
    source.close()


@pytest.mark.parametrize("path", [None, ""])
def test_a_folder_has_to_be_named(path: str | None) -> None:
    with pytest.raises(InputError) as caught:
        make_source(SourceChoice(kind="folder", path=path))
    assert caught.value.key == "camera.folder_not_given"


@pytest.mark.parametrize("kind", ["", "webcam", "Folder", "genicam "])
def test_an_unknown_kind_is_named(kind: str) -> None:
    with pytest.raises(InputError) as caught:
        make_source(SourceChoice(kind=kind, path="."))
    assert (caught.value.key, caught.value.params) == ("camera.source_unknown", {"kind": kind})


def frames_of(choice: SourceChoice) -> list[Frame]:
    source, found = make_source(choice), []
    source.open()
    try:
        while not isinstance(event := source.next_event(30.0), EndOfFrames):
            if isinstance(event, Frame):
                found.append(event)
    finally:
        source.close()
    return found


def test_a_folder_ends_after_as_many_frames_as_were_asked_for(pictures: Path) -> None:
    assert len(frames_of(SourceChoice(kind="folder", path=str(pictures)))) == 6
    two = frames_of(SourceChoice(kind="folder", path=str(pictures), frames=2))
    assert [frame.origin.file for frame in two] == ["01-部品.png", "02-部品.jpg"]


def test_the_seed_of_simulated_parts_is_the_choices() -> None:
    def seen(seed: int) -> bytes:
        (frame,) = frames_of(SourceChoice(kind="demo", frames=1, seed=seed))
        return frame.pixels.tobytes()

    first = seen(3)
    assert first == seen(3)
    assert first != seen(4)


def test_an_unknown_simulated_part_is_refused() -> None:
    with pytest.raises(InputError):
        frames_of(SourceChoice(kind="demo", device="no such part", frames=1))
