"""`pack fetch` brings what the hub declares, or nothing; without a network it is one sentence."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import huggingface_hub
import pytest

from crane_desktop._preload import guard_torchvision
from crane_desktop.domain.errors import InputError
from crane_desktop.model.fetch import PUBLISHED, Fetched, Published, fetch
from crane_desktop.settings.texts import error_text

CONTENT = b"weights" * 1000
COMMIT = "c" * 40
WANTED = Published("dino", "timm/vit_x.lvd", "main", ("model.safetensors", "pytorch_model.bin"))


@dataclass
class Hub:
    """The two calls of huggingface_hub that are made, over a folder's worth of files."""

    files: dict[str, bytes]
    sent: bytes | None = None
    trouble: Exception | None = None
    downloads: int = 0

    def model_info(self, repo: str, *, revision: str, files_metadata: bool, timeout: float) -> Any:
        assert (repo, revision, files_metadata) == (WANTED.repo, WANTED.revision, True)
        siblings = [
            SimpleNamespace(rfilename=n, lfs=SimpleNamespace(size=len(c), sha256=hashlib.sha256(c).hexdigest()))
            for n, c in self.files.items()
        ]
        return SimpleNamespace(sha=COMMIT, siblings=[*siblings, SimpleNamespace(rfilename="README.md", lfs=None)])

    def hf_hub_download(self, repo: str, name: str, *, revision: str, local_dir: Path, tqdm_class: Any) -> str:
        assert (repo, revision) == (WANTED.repo, COMMIT)  # the commit whose checksum was read, not a moving branch
        self.downloads += 1
        content = self.files[name] if self.sent is None else self.sent
        target = Path(local_dir) / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with tqdm_class(unit="B", unit_scale=True, total=len(content), initial=0, desc=name) as bar:
            target.write_bytes(content[: len(content) // 2])
            bar.update(len(content) // 2)
            if self.trouble is not None:
                raise self.trouble
            target.write_bytes(content)
            bar.update(len(content) - len(content) // 2)
        return str(target)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Hub:
    made = Hub({"model.safetensors": CONTENT, "pytorch_model.bin": b"pickle"})
    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", lambda _self, *a, **k: made.model_info(*a, **k))
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", made.hf_hub_download)
    return made


def refusal(attempt: Callable[[], Fetched]) -> str:
    with pytest.raises(InputError) as caught:
        attempt()
    for language in ("en", "ja"):
        assert "\n" not in error_text(caught.value, language)
    return caught.value.key


def test_a_file_comes_whole_with_its_checksum_and_its_commit(hub: Hub, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    fetched = fetch(WANTED, tmp_path / "重み", lambda *what: told.append(what))
    assert fetched.file == tmp_path / "重み" / "vit_x.lvd.safetensors"
    assert fetched.file.read_bytes() == CONTENT
    assert fetched.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert (fetched.commit, fetched.size, fetched.part) == (COMMIT, len(CONTENT), "dino")
    assert [p.name for p in (tmp_path / "重み").iterdir()] == ["vit_x.lvd.safetensors"]
    assert told == [("vit_x.lvd.safetensors", 3500, 7000), ("vit_x.lvd.safetensors", 7000, 7000)]


def test_what_is_there_and_right_is_not_fetched_again(hub: Hub, tmp_path: Path) -> None:
    first = fetch(WANTED, tmp_path)
    assert fetch(WANTED, tmp_path) == first
    assert hub.downloads == 1
    first.file.write_bytes(CONTENT[:-1])
    fetch(WANTED, tmp_path)
    assert hub.downloads == 2
    assert first.file.read_bytes() == CONTENT


def test_the_older_form_is_taken_where_there_is_no_other(hub: Hub, tmp_path: Path) -> None:
    del hub.files["model.safetensors"]
    assert fetch(WANTED, tmp_path).file.name == "vit_x.lvd.bin"
    hub.files.clear()
    assert refusal(lambda: fetch(WANTED, tmp_path)) == "model.fetch_not_there"


def test_a_file_that_is_not_what_the_hub_declares_is_thrown_away(hub: Hub, tmp_path: Path) -> None:
    hub.sent = CONTENT[:-1] + b"x"
    assert refusal(lambda: fetch(WANTED, tmp_path)) == "model.fetch_damaged"
    assert list(tmp_path.iterdir()) == []


def test_a_line_that_breaks_leaves_no_weights_and_can_be_gone_on_with(hub: Hub, tmp_path: Path) -> None:
    hub.trouble = ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")
    assert refusal(lambda: fetch(WANTED, tmp_path)) == "model.fetch_offline"
    assert list(tmp_path.glob("*.safetensors")) == []
    hub.trouble = None
    assert fetch(WANTED, tmp_path).file.read_bytes() == CONTENT
    assert len(list(tmp_path.iterdir())) == 1


def test_a_full_disk_is_told_as_what_it_is(hub: Hub, tmp_path: Path) -> None:
    hub.trouble = OSError(errno.ENOSPC, "No space left on device")
    assert refusal(lambda: fetch(WANTED, tmp_path)) == "model.fetch_unwritable"
    (tmp_path / "file").write_bytes(b"")
    assert refusal(lambda: fetch(WANTED, tmp_path / "file" / "x")) != "model.fetch_damaged"


def test_the_hub_says_that_it_is_not_there(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for status, key in ((404, "model.fetch_not_there"), (503, "model.fetch_offline")):
        error = huggingface_hub.errors.HfHubHTTPError.__new__(huggingface_hub.errors.HfHubHTTPError)
        error.response = SimpleNamespace(status_code=status)  # type: ignore[assignment]

        def fail(*_: object, error: Exception = error, **__: object) -> None:
            raise error

        monkeypatch.setattr(huggingface_hub.HfApi, "model_info", fail)
        assert refusal(lambda: fetch(WANTED, tmp_path)) == key
    assert list(tmp_path.iterdir()) == []


def test_the_libraries_load_these_models_from_the_same_places() -> None:
    guard_torchvision()
    from open_clip.pretrained import get_pretrained_cfg
    from timm.models import get_pretrained_cfg as timm_cfg

    clip, dino = PUBLISHED
    assert get_pretrained_cfg("ViT-L-14-336", "openai")["hf_hub"].rstrip("/") == clip.repo
    found = timm_cfg("vit_base_patch14_reg4_dinov2.lvd142m")
    assert found is not None
    assert found.hf_hub_id == dino.repo


@pytest.mark.parametrize("language", ["en", "ja"])
def test_without_a_network_it_is_one_sentence(
    crane: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    """For real: the hub's name leads to this machine, where nothing listens."""
    monkeypatch.setenv("CRANE_LANGUAGE", language)
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    done = crane("pack", "fetch", "-o", tmp_path / "w", "--data-dir", tmp_path / "station")
    assert (done.code, done.out) == (2, "")
    assert len(done.sentences) == 1
    assert "vit_large_patch14_clip_336.openai" in done.sentences[0]
    assert "pack fetch" in done.sentences[0]
    assert not (tmp_path / "w").exists()
    assert os.environ["HF_HUB_DISABLE_TELEMETRY"] == "1"


def test_what_was_fetched_is_what_build_takes(
    crane: Callable[..., Any], hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crane_desktop.model.fetch.PUBLISHED", (WANTED,))
    done = crane("pack", "fetch", "--json", "--variant", "crane-plus", "-o", tmp_path / "w", "--data-dir", tmp_path)
    assert (done.code, done.err) == (0, "")
    (told,) = done.objects
    assert (told["part"], told["commit"], told["size"]) == ("dino", COMMIT, len(CONTENT))
    assert Path(told["file"]).read_bytes() == CONTENT
    assert COMMIT in crane("pack", "fetch", "--variant", "crane-plus", "-o", tmp_path / "w", "--data-dir", tmp_path).out
    assert crane("pack", "fetch", "--json", "-o", tmp_path / "w", "--data-dir", tmp_path).objects == []
