"""The checksum beside a pack: compared where it is there, told where it cannot be, never guessed."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from crane_desktop.domain.errors import InputError
from crane_desktop.services.packs.checksums import SUMS, check_sum_beside

CONTENT = b"a pack, as far as its sum goes"
GOOD = hashlib.sha256(CONTENT).hexdigest()
OTHER = "0" * 64


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    file = tmp_path / "検査 A.cranepack"
    file.write_bytes(CONTENT)
    return file


def beside(pack: Path, text: str | bytes, name: str | None = None) -> None:
    content = text.encode() if isinstance(text, str) else text
    pack.with_name(name or f"{pack.name}.sha256").write_bytes(content)


def test_without_one_nothing_is_compared(pack: Path) -> None:
    assert not check_sum_beside(pack)


@pytest.mark.parametrize(
    "line",
    [
        "{sum}  {name}\n",
        "{sum} *{name}\n",
        "{sum}  ./sub/{name}\r\n",
        "\ufeff{sum}  {name}",
        "{upper}  {name}",
        "{sum}",
        "{sum}  another name.cranepack",
        "# made by hand\n\n{sum}  {name}\n",
        "{other}  another.cranepack\n{sum}  {name}\n",
    ],
)
def test_its_own_one_is_found_however_it_was_written(pack: Path, line: str) -> None:
    def text(right: str) -> str:
        return line.format(sum=right, upper=right.upper(), name=pack.name, other=OTHER)

    beside(pack, text(GOOD))
    assert check_sum_beside(pack)
    beside(pack, text("1" * 64))
    with pytest.raises(InputError) as caught:
        check_sum_beside(pack)
    assert (caught.value.key, caught.value.params["file"]) == ("app.pack_sum_differs", pack)


@pytest.mark.parametrize(
    "content",
    [b"", b"no sum at all", b"\xff\xfe\x00", (GOOD[:-1] + "  short").encode(), f"{GOOD}  a\n{GOOD}  b\n".encode()],
    ids=["empty", "words", "bytes", "too short", "two that name others"],
)
def test_one_that_says_nothing_of_it_is_told_and_not_passed_over(pack: Path, content: bytes) -> None:
    beside(pack, content)
    with pytest.raises(InputError) as caught:
        check_sum_beside(pack)
    assert caught.value.key == "app.pack_sum_unreadable"
    assert caught.value.params["file"] == pack.with_name(f"{pack.name}.sha256")


class TestOfAWholeStick:
    def test_it_counts_for_the_packs_that_it_names(self, pack: Path) -> None:
        beside(pack, f"{OTHER}  x.cranepack\n{GOOD}  {pack.name}\n", SUMS)
        assert check_sum_beside(pack)
        beside(pack, f"{GOOD}  x.cranepack\n{OTHER}  {pack.name}\n", SUMS)
        with pytest.raises(InputError) as caught:
            check_sum_beside(pack)
        assert caught.value.key == "app.pack_sum_differs"

    @pytest.mark.parametrize("text", ["", f"{OTHER}  x.cranepack\n", OTHER])
    def test_it_may_say_nothing_of_a_pack(self, pack: Path, text: str) -> None:
        beside(pack, text, SUMS)
        assert not check_sum_beside(pack)

    def test_the_packs_own_one_comes_first(self, pack: Path) -> None:
        beside(pack, f"{OTHER}  {pack.name}\n", SUMS)
        beside(pack, GOOD)
        assert check_sum_beside(pack)

    def test_one_that_cannot_be_read_is_told(self, pack: Path) -> None:
        pack.with_name(SUMS).mkdir()
        with pytest.raises(InputError) as caught:
            check_sum_beside(pack)
        assert caught.value.key == "app.pack_sum_unreadable"


def test_a_pack_that_is_gone_is_told(pack: Path) -> None:
    beside(pack, GOOD)
    pack.unlink()
    with pytest.raises(InputError) as caught:
        check_sum_beside(pack)
    assert caught.value.key == "model.no_such_pack_file"
