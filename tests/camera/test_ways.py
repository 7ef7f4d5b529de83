"""One camera that several drivers see, and the variable that names their folders as people write it."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.camera.genicam.discover import bundled_viky, enumerate_devices, list_devices
from crane_desktop.camera.genicam.messages import DeviceInfo
from crane_desktop.camera.genicam.producer_path import PRODUCER_PATH, understood, written_parts
from crane_desktop.camera.genicam.producers import configured_producers, find_device, find_same_camera, producers_for
from crane_desktop.camera.genicam.ways import grouped, one_each, same_camera
from crane_desktop.domain.errors import InputError
from crane_desktop.settings.texts import LANGUAGES, plain_text

GENERIC = DeviceInfo("cam-1", "Basler", "acA1300-30gm", "S1", "", "GEV", "mvGenTLProducer.cti", True, "MATRIX VISION")
MAKERS = replace(GENERIC, vendor="Basler AG", producer="ProducerGEV.cti", producer_vendor="Basler")
OTHER = replace(GENERIC, device_id="cam-2", serial_number="S2")


# -- two drivers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", [None, "cam-1", "S1"])
def test_a_camera_of_two_drivers_is_opened_through_its_makers(wanted: str | None) -> None:
    assert find_device([GENERIC, OTHER, MAKERS], wanted) == (2, MAKERS)
    assert find_device([MAKERS, GENERIC], wanted) == (0, MAKERS)


def test_a_driver_that_cannot_open_it_is_not_preferred() -> None:
    busy = replace(MAKERS, accessible=False)
    assert find_device([busy, GENERIC], "S1") == (1, GENERIC)


def test_between_two_strangers_the_first_driver_opens_it() -> None:
    third = replace(GENERIC, producer="other.cti", producer_vendor="Euresys")
    assert find_device([GENERIC, third], "S1")[0] == 0
    assert find_device([third, GENERIC], "S1")[0] == 0


def test_each_driver_may_have_an_id_of_its_own_for_it() -> None:
    """Who names an id names the way."""
    named = replace(MAKERS, device_id="Basler:S1")
    assert find_device([GENERIC, named], "S1") == (1, named)
    assert find_device([GENERIC, named], "cam-1") == (0, GENERIC)
    assert find_device([GENERIC, named], "Basler:S1") == (1, named)


def test_the_list_shows_it_once_with_its_drivers() -> None:
    listed = one_each([GENERIC, OTHER, MAKERS])
    assert [device.serial_number for device in listed] == ["S1", "S2"]
    assert listed[0].ways == ("ProducerGEV.cti", "mvGenTLProducer.cti")
    assert listed[0].words().endswith("[ProducerGEV.cti, mvGenTLProducer.cti]")
    assert "[" not in listed[1].words()
    assert listed[0].as_dict()["ways"] == listed[0].ways


def test_two_versions_of_a_driver_that_are_called_the_same_are_two_drivers() -> None:
    old, new = (replace(MAKERS, producer_file=f"/opt/{version}/ProducerGEV.cti") for version in (6, 7))
    for newer in (new, replace(new, device_id="Basler:S1")):
        (listed,) = one_each([old, newer])
        assert listed.ways == ("/opt/6/ProducerGEV.cti", "/opt/7/ProducerGEV.cti")
        assert find_device([old, newer], "S1") == (0, old)
        assert find_same_camera([old, newer], newer) == (1, newer), "after a loss, through the same again"
    assert one_each([old, GENERIC, new])[0].ways[-1] == "mvGenTLProducer.cti"


@pytest.mark.slow
def test_real_drivers_that_are_called_the_same_show_each_camera_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    viky = bundled_viky()
    if viky is None:
        pytest.skip("the genicam wheel of this system brings no producer")
    copies = [tmp_path / version / "viky.cti" for version in ("old", "new", "other")]
    copies[2] = copies[2].with_name("other.cti")
    for copy in copies:
        copy.parent.mkdir()
        shutil.copy(viky, copy)
    monkeypatch.setenv(PRODUCER_PATH, os.pathsep.join(str(copy.parent) for copy in copies))
    seen = enumerate_devices(producers_for(None))
    cameras = one_each(seen)
    assert (len(seen), len(cameras)) == (9, 3)
    assert {camera.ways for camera in cameras} == {(str(copies[0]), str(copies[1]), "other.cti")}
    for number, camera in enumerate(cameras):
        for name in (camera.device_id, camera.serial_number):
            assert find_device(seen, name) == (number, seen[number])
    assert [device.producer for device in list_devices(str(copies[2]))] == ["other.cti"] * 3


def test_a_camera_that_is_missing_is_told_with_each_of_the_others_once() -> None:
    with pytest.raises(InputError) as caught:
        find_device([GENERIC, MAKERS, OTHER], "S3")
    assert caught.value.params["known"] == "cam-1, cam-2"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (GENERIC, OTHER),
        (GENERIC, replace(MAKERS, serial_number="S9")),
        (GENERIC, replace(GENERIC, device_id="cam-9", producer="x.cti", vendor="JAI", model="GO-5000")),
        (replace(GENERIC, serial_number=""), replace(MAKERS, serial_number="", device_id="cam-9")),
        (GENERIC, replace(GENERIC, device_id="cam-9")),
    ],
    ids=["another serial", "same id", "same serial of another maker", "no serial", "of one driver"],
)
def test_two_cameras_are_not_taken_for_one(one: DeviceInfo, other: DeviceInfo) -> None:
    assert not same_camera(one, other)
    assert not same_camera(other, one)
    assert len(grouped([one, other])) == 2


SIGHTS = st.lists(
    st.builds(
        DeviceInfo,
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from(["Basler", "Basler AG", "JAI"]),
        st.sampled_from(["m", "n"]),
        st.sampled_from(["", "1", "2"]),
        st.just(""),
        st.just("GEV"),
        st.sampled_from(["x.cti", "y.cti"]),
        st.booleans(),
    ),
    max_size=8,
)


@given(SIGHTS)
def test_no_sight_of_a_camera_is_lost_or_counted_twice(seen: list[DeviceInfo]) -> None:
    ways = [way for camera in grouped(seen) for way in camera]
    assert sorted(ways) == sorted(enumerate(seen))
    for camera in grouped(seen):
        assert camera[0][1].accessible or not any(way.accessible for _, way in camera)


# -- the variable ----------------------------------------------------------------------------------------------


def places(value: str, separator: str = ":", there: tuple[str, ...] = (), **environment: str) -> list[str]:
    named = {PRODUCER_PATH: value, **environment}
    parts = written_parts(named, separator)
    return [str(place) for part in parts for place in understood(part, named, separator, lambda name: name in there)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("/opt/a:/opt/b", ["/opt/a", "/opt/b"]),
        (":/opt/a::", ["/opt/a"]),
        ('"/opt/a"', ["/opt/a"]),
        ("'/opt/a':\"/opt/b\"", ["/opt/a", "/opt/b"]),
        (" /opt/a : /opt/b \n", ["/opt/a", "/opt/b"]),
        ("/opt/a;/opt/b;", ["/opt/a", "/opt/b"]),
        ('"/opt/a";"/opt/b"', ["/opt/a", "/opt/b"]),
        ("/odd;name", ["/odd;name"]),
        ("~/a", ["/home/me/a"]),
        ("$ROOT/a:${ROOT}/b:%ROOT%/c", ["/r/a", "/r/b", "/r/c"]),
        ("%GONE%/a", ["%GONE%/a"]),
        ("", []),
        (' "" : ', []),
    ],
)
def test_on_linux(value: str, expected: list[str]) -> None:
    assert places(value, there=("/odd;name",), HOME="/home/me", ROOT="/r") == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (r"C:\a;D:\b", [r"C:\a", r"D:\b"]),
        (r'"C:\Program Files\a"; D:\b ;', [r"C:\Program Files\a", r"D:\b"]),
        (r"C:\a:D:\b", [r"C:\a", r"D:\b"]),
        (r"C:\a:D:\b:E:/c", [r"C:\a", r"D:\b", "E:/c"]),
        (r"\\server\share", [r"\\server\share"]),
        (r"%ProgramFiles%\a", [r"C:\P\a"]),
    ],
)
def test_on_windows(value: str, expected: list[str]) -> None:
    assert places(value, ";", ProgramFiles=r"C:\P") == expected


def test_producers_are_found_however_the_variable_is_written(tmp_path: Path) -> None:
    driver = tmp_path / "my driver"
    driver.mkdir()
    (driver / "a.cti").touch()
    for value in (f'"{driver}"', f"{driver};{tmp_path}", f" {driver}:", str(driver / "a.cti"), "$ROOT/my driver"):
        assert configured_producers({PRODUCER_PATH: value, "ROOT": str(tmp_path)}) == [str(driver / "a.cti")]


@pytest.mark.parametrize(
    ("value", "key", "named"),
    [
        ("", "camera.no_producer", ""),
        ("/no/such/folder", "camera.path_without_producer", "/no/such/folder"),
        ("%NO_SUCH_ROOT%/lib", "camera.path_unknown_variable", "%NO_SUCH_ROOT%"),
    ],
)
def test_where_it_leads_to_no_driver_the_sentence_says_what_is_wrong_with_it(
    value: str, key: str, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PRODUCER_PATH, value)
    with pytest.raises(InputError) as caught:
        producers_for(None)
    assert caught.value.key == key
    for language in LANGUAGES:
        words = plain_text(caught.value, language)
        assert named in words
        assert "--" not in words
