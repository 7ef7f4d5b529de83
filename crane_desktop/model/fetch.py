"""``pack fetch``: the published weights, from the hubs of open_clip and timm. Nothing else here uses a network."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from crane_desktop.domain.errors import InputError, technical

TellBytes = Callable[[str, int, int], None]
"""Told a file's name, and how many bytes of how many are there."""
_PATIENCE_S = 20.0
_DISK = {errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EDQUOT, errno.EPERM}


@dataclass(frozen=True, slots=True)
class Published:
    """Weights on a hub.

    Attributes
    ----------
    part
        What they are for: ``"clip"`` or ``"dino"``.
    revision
        A commit where one is known; else a branch, whose commit is told with what was fetched.
    names
        What the file is called there; the first that is there is taken.
    """

    part: str
    repo: str
    revision: str
    names: tuple[str, ...]


PUBLISHED = (
    Published(
        "clip",
        "timm/vit_large_patch14_clip_336.openai",
        "main",
        ("open_clip_model.safetensors", "open_clip_pytorch_model.bin"),
    ),
    Published(
        "dino",
        "timm/vit_base_patch14_reg4_dinov2.lvd142m",
        "32195f3ad637569d156f54ce12e0629f651f669a",
        ("model.safetensors", "pytorch_model.bin"),
    ),
)
"""Where open_clip 3.3 and timm 1.0 load these two models from."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that is here now, and where it is from."""

    part: str
    file: Path
    size: int
    sha256: str
    repo: str
    commit: str


def fetch(wanted: Published, folder: Path, tell: TellBytes = lambda _name, _done, _of: None) -> Fetched:
    """Download weights into `folder`; a file that is already there and right is left alone.

    The SHA-256 that the hub declares is that of the file in the end, or there is none. A download that was broken off
    goes on where it was.

    Raises
    ------
    InputError
        If the hub cannot be reached or has no such file, the folder cannot be written, or the file arrives damaged.
    """
    commit, name, size, sha256 = _on_the_hub(wanted)
    target = folder / (wanted.repo.split("/")[-1] + Path(name).suffix)
    fetched = Fetched(wanted.part, target, size, sha256, wanted.repo, commit)
    with _no_trouble(wanted, folder):
        folder.mkdir(parents=True, exist_ok=True)
        if target.is_file() and _sha256(target) == sha256:
            tell(target.name, size, size)
            return fetched
        work = folder / f".{target.stem}.download"
        arrived = _download(wanted.repo, name, commit, work, partial(tell, target.name))
        if _sha256(arrived) != sha256:
            shutil.rmtree(work, ignore_errors=True)
            raise InputError("model.fetch_damaged", file=target.name, repo=wanted.repo)
        arrived.replace(target)
        shutil.rmtree(work, ignore_errors=True)
    return fetched


def _on_the_hub(wanted: Published) -> tuple[str, str, int, str]:
    """Return commit, name, size and declared SHA-256 of the file as it stands on the hub."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from huggingface_hub import HfApi

    with _no_trouble(wanted, None):
        found = HfApi().model_info(wanted.repo, revision=wanted.revision, files_metadata=True, timeout=_PATIENCE_S)
    files = {sibling.rfilename: sibling for sibling in found.siblings or ()}
    for name in wanted.names:
        kept = files[name].lfs if name in files else None
        if kept is not None and found.sha is not None:
            return found.sha, name, kept.size, kept.sha256
    raise InputError("model.fetch_not_there", repo=wanted.repo, revision=wanted.revision, names=", ".join(wanted.names))


def _download(repo: str, name: str, commit: str, folder: Path, tell: Callable[[int, int], None]) -> Path:
    from huggingface_hub import hf_hub_download

    bar: Any = partial(_Bar, tell=tell)
    return Path(hf_hub_download(repo, name, revision=commit, local_dir=folder, tqdm_class=bar))


class _Bar:
    """Stands where huggingface_hub wants a tqdm, and passes on how far it is."""

    def __init__(
        self, *, tell: Callable[[int, int], None], total: int | None = None, initial: int = 0, **_: Any
    ) -> None:
        self.total, self.n = total, initial
        self._tell = tell

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def update(self, count: float | None = 1) -> None:
        """Take note of `count` more bytes."""
        self.n += int(count or 0)
        if self.total:
            self._tell(min(self.n, self.total), self.total)

    def close(self) -> None:
        """Nothing was opened."""


@contextmanager
def _no_trouble(wanted: Published, folder: Path | None) -> Iterator[None]:
    """Say in one sentence what went wrong on the way: the disk, the hub's answer, or that there is no network."""
    from huggingface_hub.errors import HfHubHTTPError, HTTPError  # type: ignore[attr-defined]  # httpx's own

    try:
        yield
    except HfHubHTTPError as error:
        status = getattr(error.response, "status_code", 0)
        if status in {401, 403, 404}:
            raise InputError(
                "model.fetch_not_there", repo=wanted.repo, revision=wanted.revision, names=", ".join(wanted.names)
            ) from error
        raise InputError("model.fetch_offline", repo=wanted.repo, reason=f"HTTP {status}") from error
    except (OSError, HTTPError) as error:
        if folder is not None and getattr(error, "errno", None) in _DISK:
            raise InputError("model.fetch_unwritable", folder=folder, reason=technical(error)) from error
        raise InputError("model.fetch_offline", repo=wanted.repo, reason=technical(error)) from error


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
